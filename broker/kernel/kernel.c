#include "broker/kernel/kernel.h"

#include <assert.h>
#include <stdlib.h>

#include "broker/kernel/confirm.h"
#include "broker/kernel/deliver.h"
#include "broker/kernel/deposits.h"
#include "broker/kernel/directory.h"
#include "broker/kernel/hello.h"
#include "broker/kernel/letter.h"
#include "broker/kernel/presence.h"
#include "broker/kernel/relay.h"
#include "broker/kernel/state.h"
#include "broker/retention.h"
#include "proto/wire/pack.h"

/* An error frame. */
#define ERROR_MAX 64U

const struct store_ops *
kernel_ops(const struct kernel *kernel)
{
    return kernel->turn.txn->store->ops;
}

bool
kernel_is_fatal(enum sein_err err)
{
    return err == SEIN_EIO || err == SEIN_EFULL || err == SEIN_ENOMEM;
}

enum sein_err
kernel_fatal(enum sein_err err)
{
    return err == SEIN_OK || kernel_is_fatal(err) ? err : SEIN_EIO;
}

void
kernel_tell(const struct kernel *kernel, enum kernel_event_type type,
            const struct sein_key_id *key_id, const char *desk,
            const struct sein_op_id *op_id, enum sein_err err)
{
    struct kernel_event event = { .type = type, .err = err };

    if (kernel->config.event == NULL)
        return;
    if (key_id != NULL)
        event.key_id = *key_id;
    if (desk != NULL &&
        sein_slice_copy_text(sein_slice_text(desk), event.desk.text,
                             sizeof event.desk.text) != SEIN_OK)
        event.desk = (struct sein_desk_name){ "" };
    if (op_id != NULL)
        event.op_id = *op_id;
    kernel->config.event(kernel->config.event_context, &event);
}

enum sein_err
kernel_new(const struct kernel_config *config, struct sein_directory **dir,
           struct kernel **out_kernel)
{
    struct kernel *kernel = calloc(1, sizeof *kernel);
    enum sein_err err = SEIN_OK;

    if (kernel == NULL) {
        sein_directory_free(dir);
        return SEIN_ENOMEM;
    }
    kernel->config = *config;
    kernel_set_quota(kernel, &config->quota);
    if (kernel->config.lease_ms == 0)
        kernel->config.lease_ms = SEIN_LEASE_MS;
    kernel->dir = *dir;
    *dir = NULL;
    effects_init(&kernel->effects);
    receipts_init(&kernel->receipts, config->receipt_secret);
    err = table_init(&kernel->sessions);
    if (err == SEIN_OK)
        err = table_init(&kernel->desks);
    if (err == SEIN_OK)
        err = table_init(&kernel->deliveries);
    if (err == SEIN_OK)
        err = table_init(&kernel->members);
    if (err == SEIN_OK)
        err = tickets_init(&kernel->tickets);
    if (err != SEIN_OK)
        goto done;
    *out_kernel = kernel;
    kernel = NULL;

done:
    kernel_free(&kernel);
    return err;
}

void
kernel_free(struct kernel **kernel_at)
{
    struct kernel *kernel = *kernel_at;

    if (kernel == NULL)
        return;
    *kernel_at = NULL;
    sessions_free(kernel);
    tickets_free(&kernel->tickets);
    receipts_deinit(&kernel->receipts);
    effects_deinit(&kernel->effects);
    sein_directory_free(&kernel->dir);
    free(kernel);
}

const struct sein_directory *
kernel_directory(const struct kernel *kernel)
{
    return kernel->dir;
}

void
kernel_swap_directory(struct kernel *kernel, struct sein_directory **dir,
                      int64_t now_ms)
{
    sein_directory_free(&kernel->dir);
    kernel->dir = *dir;
    *dir = NULL;
    sessions_check(kernel, now_ms);
    presence_pass_again(kernel);
    if (kernel->sweep_at_ms > now_ms)
        kernel->sweep_at_ms = now_ms;
}

void
kernel_drain(struct kernel *kernel)
{
    kernel->draining = true;
    for (struct session *at = kernel->oldest; at != NULL; at = at->after)
        session_enter(at, SESSION_DRAINING);
}

/* Leases and buckets go by the distance between two moments. */
static void
set_clock(struct kernel *kernel, int64_t now_ms)
{
    if (kernel->begun && now_ms < kernel->now_ms) {
        sessions_clock_back(kernel, kernel->now_ms - now_ms);
        kernel->sweep_at_ms -= kernel->now_ms - now_ms;
    }
    kernel->now_ms = now_ms;
}

enum sein_err
kernel_begin(struct kernel *kernel, struct store_txn *txn, int64_t now_ms)
{
    enum sein_err err = SEIN_OK;

    assert(kernel->turn.txn == NULL);
    set_clock(kernel, now_ms);
    kernel->turn.txn = txn;
    kernel->turn.base = kernel->counters;
    err = receipts_begin(&kernel->receipts, txn, now_ms);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    if (!kernel->begun) {
        kernel->begun = true;
        kernel->first_head = kernel->receipts.seq + 1;
        kernel->sweep_at_ms = now_ms;
    }
    kernel->turn.changed = kernel->receipts.changed;
    return SEIN_OK;
}

/* ---- one frame ---- */

static enum sein_err
check_any(const struct kernel *kernel, struct request *request)
{
    (void)kernel;
    (void)request;
    return SEIN_OK;
}

static enum sein_err
check_no_session(const struct kernel *kernel, struct request *request)
{
    (void)kernel;
    (void)request;
    return SEIN_ESESSION;
}

static enum sein_err
check_draining(const struct kernel *kernel, struct request *request)
{
    (void)kernel;
    (void)request;
    return SEIN_EBUSY;
}

/* check refuses and changes nothing; proceed does it; then the state is next.
 * NULL for proceed: check always refuses. */
struct step {
    enum sein_err (*check)(const struct kernel *kernel,
                           struct request *request);
    enum sein_err (*proceed)(struct kernel *kernel, struct request *request);
    enum session_state next;
};

/* PROTOCOL.md section 13: one row per column of the figure there. */
/* clang-format off */
#define N SESSION_NEW
#define R SESSION_READY
#define D SESSION_DRAINING
#define SESSION(check, proceed) \
    { [N] = { check_no_session, NULL, N }, \
      [R] = { check, proceed, R }, \
      [D] = { check_draining, NULL, D } }
#define SESSION_DRAINS(check, proceed) \
    { [N] = { check_no_session, NULL, N }, \
      [R] = { check, proceed, R }, \
      [D] = { check, proceed, D } }
#define ALWAYS(check, proceed) \
    { [N] = { check, proceed, N }, \
      [R] = { check, proceed, R }, \
      [D] = { check, proceed, D } }
static const struct step steps[SEIN_KIND_COUNT][SESSION_STATE_COUNT] = {
    [SEIN_KIND_HELLO] = { [N] = { hello_check, hello_open, R },
                          [R] = { hello_check, hello_open, R },
                          [D] = { check_draining, NULL, D } },
    [SEIN_KIND_PING] = SESSION_DRAINS(check_any, hello_pong),
    [SEIN_KIND_BYE] = { [N] = { check_any, hello_bye, N },
                        [R] = { check_any, hello_bye, N },
                        [D] = { check_any, hello_bye, N } },
    [SEIN_KIND_PUT] = SESSION(check_any, letter_put),
    [SEIN_KIND_WITHDRAW] = SESSION(check_any, letter_withdraw),
    [SEIN_KIND_PREKEY_PUT] = SESSION(check_any, directory_prekey_put),
    [SEIN_KIND_RECEIPT_GET] = SESSION(directory_check, directory_receipt_get),
    [SEIN_KIND_CREDIT] = SESSION_DRAINS(check_any, letter_credit),
    [SEIN_KIND_ACK] = SESSION_DRAINS(check_any, letter_ack),
    [SEIN_KIND_PRESENCE_PUT] = SESSION(check_any, presence_put),
    [SEIN_KIND_PRESENCE_WITHDRAW] = SESSION(check_any, presence_withdraw),
    [SEIN_KIND_MATCH_ACCEPT] = SESSION(check_any, presence_accept),
    [SEIN_KIND_EVAL] = SESSION(relay_check_eval, relay_eval),
    [SEIN_KIND_EVAL_READY] = SESSION(relay_check_ready, relay_ready),
    [SEIN_KIND_EVAL_ANSWER] = SESSION_DRAINS(check_any, relay_answer),
    [SEIN_KIND_DEPOSITS_ACK] = SESSION_DRAINS(check_any, deposits_ack),
    [SEIN_KIND_DIR_GET] = ALWAYS(directory_check, directory_get),
    [SEIN_KIND_PREKEY_GET] = ALWAYS(directory_check, directory_prekey_get),
    [SEIN_KIND_HEADS_GET] = ALWAYS(directory_check, directory_heads_get),
};
#undef N
#undef R
#undef D
#undef SESSION
#undef SESSION_DRAINS
#undef ALWAYS
/* clang-format on */

static enum sein_err
refuse(struct kernel *kernel, const struct request *request, enum sein_err err)
{
    kernel_tell(kernel, KERNEL_EVENT_REFUSED, request->key_id, NULL, NULL, err);
    return effects_error(&kernel->effects, request->peer, EFFECT_SURE,
                         request->req, err, request->at_ms);
}

/* Whether the key is one that may be here now; asked of every message. */
static enum sein_err
check_key(struct kernel *kernel, struct request *request)
{
    request->session = session_find(kernel, request->peer);
    if (request->session != NULL &&
        !sein_slice_equal(
            sein_slice_of(request->session->key_id.bytes, SEIN_ID_BYTES),
            sein_slice_of(request->key_id->bytes, SEIN_ID_BYTES)))
        session_close(kernel, &request->session);
    return sein_may(kernel->dir, request->key_id, SEIN_MAY_CONNECT,
                    (struct sein_slice){ 0 }, kernel->now_ms, &request->key,
                    NULL);
}

static enum session_state
state_of(const struct request *request)
{
    return request->session == NULL ? SESSION_NEW : request->session->state;
}

static enum sein_err
take_step(struct kernel *kernel, struct request *request)
{
    const struct step *step = &steps[request->kind][state_of(request)];
    enum sein_err err = step->check(kernel, request);

    if (err == SEIN_OK)
        err = step->proceed(kernel, request);
    if (err != SEIN_OK)
        return err;
    if (step->next == SESSION_NEW)
        session_close(kernel, &request->session);
    else
        session_enter(request->session, step->next);
    return SEIN_OK;
}

static bool
is_answered(const struct effect *first, const struct request *request)
{
    for (; first != NULL; first = first->next) {
        if (first->req == request->req && first->mode != EFFECT_COMMITTED)
            return true;
    }
    return false;
}

/* Ends the turn, or is answered; nobody waits for an answer in vain. */
static enum sein_err
take_failed(struct kernel *kernel, struct request *request,
            const struct effect *answers, enum sein_err err)
{
    enum sein_err answered = SEIN_OK;

    if (!kernel_is_fatal(err))
        return refuse(kernel, request, err);
    if (err != SEIN_EFULL || is_answered(answers, request))
        return err;
    request->at_ms = kernel->now_ms + KERNEL_FULL_RETRY_MS;
    answered = refuse(kernel, request, err);
    return answered == SEIN_OK ? err : answered;
}

/* A message was heard; whatever it says, the lease begins anew. */
static enum sein_err
hear(struct kernel *kernel, struct session *session)
{
    if (session == NULL)
        return SEIN_OK;
    session_heard(kernel, session);
    return session_read(kernel, session);
}

enum sein_err
kernel_take(struct kernel *kernel, const struct kernel_peer *peer,
            const struct sein_key_id *key_id, struct sein_slice frame)
{
    struct request request = { .peer = peer, .key_id = key_id };
    struct effect *const *answers = kernel->effects.end;
    enum sein_err decoded = request_decode(frame, &request);
    enum sein_err err = check_key(kernel, &request);

    kernel->counters.frames_in++;
    if (decoded != SEIN_OK)
        kernel->counters.frames_bad++;
    if (err != SEIN_OK) {
        session_close(kernel, &request.session);
        return refuse(kernel, &request, err);
    }
    err = hear(kernel, request.session);
    if (err == SEIN_OK)
        err = decoded;
    if (err == SEIN_OK)
        err = take_step(kernel, &request);
    if (err == SEIN_OK)
        return SEIN_OK;
    return take_failed(kernel, &request, *answers, err);
}

/* ---- the end of a turn ---- */

enum sein_err
kernel_sweep(struct kernel *kernel)
{
    enum sein_err err = SEIN_OK;

    sessions_end_leases(kernel);
    err = relay_end_late(kernel);
    if (err != SEIN_OK || kernel->now_ms < kernel->sweep_at_ms)
        return err;
    return retention_sweep(kernel);
}

enum sein_err
kernel_seal(struct kernel *kernel, bool *out_changed)
{
    enum sein_err err = receipts_seal(&kernel->receipts, kernel->turn.txn);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    for (struct effect *at = kernel->effects.first; at != NULL; at = at->next) {
        if (at->verdicts == NULL)
            continue;
        err = confirm_encode(kernel, at);
        if (err != SEIN_OK)
            return err;
    }
    err = relay_tell_lost(kernel);
    if (err == SEIN_OK && !kernel->draining)
        err = deliver_all(kernel);
    if (err != SEIN_OK)
        return err;
    *out_changed = kernel->turn.changed;
    return SEIN_OK;
}

struct sending {
    struct kernel *kernel;
    kernel_send *send;
    void *context;
};

/* A peer that cannot be reached has no session any more; what it had goes back
 * to its desks. */
static void
send_frame(const struct sending *sending, const struct kernel_peer *peer,
           struct sein_slice frame)
{
    struct kernel *kernel = sending->kernel;

    if (sending->send(sending->context, peer, frame)) {
        kernel->counters.frames_out++;
    } else {
        struct session *session = session_find(kernel, peer);

        session_close(kernel, &session);
    }
}

static void
send_failed(const struct sending *sending, const struct effect *effect,
            enum sein_err err)
{
    struct sein_error_body body = { .code = (uint64_t)err };
    uint8_t buffer[ERROR_MAX];
    struct sein_slice frame = { 0 };

    body.at = (uint64_t)(sending->kernel->now_ms + KERNEL_FULL_RETRY_MS);
    if (sein_frame_encode(SEIN_KIND_ERROR, effect->req, &sein_error_schema,
                          &body, buffer, sizeof buffer, &frame) == SEIN_OK)
        send_frame(sending, &effect->peer, frame);
}

static void
send_all(const struct sending *sending, enum sein_err committed)
{
    const struct effect *at = sending->kernel->effects.first;

    for (; at != NULL; at = at->next) {
        if (committed == SEIN_OK || at->mode == EFFECT_SURE)
            send_frame(sending, &at->peer, at->frame);
        else if (at->mode == EFFECT_ANSWER)
            send_failed(sending, at, committed);
    }
}

/* What was counted did not happen; what came in, who is there and what went
 * past the store did. */
static void
uncount(struct kernel *kernel)
{
    struct kernel_counters now = kernel->counters;

    kernel->counters = kernel->turn.base;
    kernel->counters.frames_in = now.frames_in;
    kernel->counters.frames_bad = now.frames_bad;
    kernel->counters.sessions = now.sessions;
    kernel->counters.outstanding = now.outstanding;
    kernel->counters.evals_relayed = now.evals_relayed;
    kernel->counters.evals_late = now.evals_late;
    kernel->counters.evals_away = now.evals_away;
    kernel->counters.evals_stray = now.evals_stray;
    kernel->counters.evals_waiting = now.evals_waiting;
    kernel->counters.keyholders = now.keyholders;
}

void
kernel_finish(struct kernel *kernel, enum sein_err committed, kernel_send *send,
              void *context)
{
    struct sending sending = { kernel, send, context };

    /* What could not be swept now is not tried in every turn. */
    if (committed != SEIN_OK && kernel->sweep_at_ms <= kernel->now_ms)
        kernel->sweep_at_ms = kernel->now_ms + RETENTION_EVERY_MS;
    if (committed != SEIN_OK)
        presence_pass_again(kernel);
    sessions_end_turn(kernel, committed == SEIN_OK);
    receipts_end(&kernel->receipts, committed == SEIN_OK);
    if (committed != SEIN_OK)
        uncount(kernel);
    else if (kernel->turn.changed)
        kernel->counters.commits++;
    if (committed == SEIN_OK || committed == SEIN_EFULL)
        send_all(&sending, committed);
    effects_reset(&kernel->effects);
    kernel->turn = (struct turn){ 0 };
}

void
kernel_bye(struct kernel *kernel, kernel_send *send, void *context)
{
    uint8_t buffer[ERROR_MAX];
    struct sein_writer writer = sein_writer_of(buffer, sizeof buffer);
    struct sein_slice frame = { 0 };
    enum sein_err err = SEIN_OK;

    assert(kernel->turn.txn == NULL);
    sein_frame_begin(&writer, SEIN_KIND_BYE, 0);
    sein_pack_array(&writer, 0);
    err = sein_writer_done(&writer, &frame);
    while (kernel->oldest != NULL) {
        struct session *session = kernel->oldest;

        /* Whoever does not get it notices that we are gone. */
        if (err == SEIN_OK && send(context, &session->peer, frame))
            kernel->counters.frames_out++;
        session_close(kernel, &session);
    }
}

void
kernel_set_full(struct kernel *kernel, bool full)
{
    kernel->full = full;
}

void
kernel_set_quota(struct kernel *kernel, const struct kernel_quota *quota)
{
    kernel->config.quota = *quota;
    if (kernel->config.quota.items_burst > QUOTA_BURST_MAX)
        kernel->config.quota.items_burst = QUOTA_BURST_MAX;
}

bool
kernel_has_work(const struct kernel *kernel)
{
    return (kernel->hot != NULL && !kernel->draining) || relay_has_work(kernel);
}

int64_t
kernel_next_deadline(const struct kernel *kernel)
{
    int64_t at_ms = kernel->begun ? kernel->sweep_at_ms : INT64_MIN;

    if (kernel->oldest != NULL &&
        kernel->oldest->heard_at_ms + kernel->config.lease_ms < at_ms)
        at_ms = kernel->oldest->heard_at_ms + kernel->config.lease_ms;
    if (relay_deadline(kernel) < at_ms)
        at_ms = relay_deadline(kernel);
    return at_ms;
}

const struct kernel_counters *
kernel_counters(const struct kernel *kernel)
{
    return &kernel->counters;
}
