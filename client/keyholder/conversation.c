#include "client/keyholder/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "client/keyholder/audit.h"
#include "client/lib/clock.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/pack.h"

#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 60000
#define ANSWER_MS 30000
#define PING_MS 15000
/* Requests say which version they were made under; a broker that hides one is
 * asked for it no more than that often. */
#define DIRECTORY_ASK_MS 5000
#define FRAMES_PER_TURN 64U

static void
tell(const struct conversation *conversation, const char *event,
     enum sein_err err, const char *text)
{
    conversation->setup.tell(conversation->setup.context, event, err, text);
}

enum sein_err
conversation_new(const struct conversation_setup *setup,
                 struct conversation **out_conversation)
{
    struct conversation *conversation = calloc(1, sizeof *conversation);

    if (conversation == NULL)
        return SEIN_ENOMEM;
    conversation->setup = *setup;
    conversation->backoff_ms = BACKOFF_MIN_MS;
    conversation->frame = malloc(SEIN_FRAME_MAX);
    if (conversation->frame == NULL) {
        conversation_free(&conversation);
        return SEIN_ENOMEM;
    }
    *out_conversation = conversation;
    return SEIN_OK;
}

static void
forget_connection(struct conversation *conversation)
{
    link_close(&conversation->link);
    conversation_forget_fetch(conversation);
    conversation->waiting = false;
    conversation->ready_req = 0;
}

void
conversation_free(struct conversation **conversation)
{
    if (conversation == NULL || *conversation == NULL)
        return;
    forget_connection(*conversation);
    free((*conversation)->frame);
    free(*conversation);
    *conversation = NULL;
}

void
conversation_give_up(struct conversation *conversation, enum sein_err reason,
                     bool final)
{
    /* What is told once need not be told at every try. */
    bool again = conversation->reason == reason &&
                 conversation->stage != CONVERSATION_READY;

    forget_connection(conversation);
    conversation->stage = CONVERSATION_DOWN;
    conversation->reason = reason;
    conversation->final = final;
    conversation->retry_at_ms =
        sein_clock_monotonic_ms() + conversation->backoff_ms;
    conversation->backoff_ms *= 2;
    if (conversation->backoff_ms > BACKOFF_MAX_MS)
        conversation->backoff_ms = BACKOFF_MAX_MS;
    if (!again)
        tell(conversation,
             reason == SEIN_ENOTADMITTED ? "not_admitted" : "disconnected",
             reason, sein_err_text(reason));
}

/* ---- sending ---- */

static void
send_frame(struct conversation *conversation, struct sein_writer *out)
{
    struct sein_slice frame = { 0 };
    enum sein_err err = sein_writer_done(out, &frame);

    if (err == SEIN_OK && conversation->link != NULL)
        err = link_send(conversation->link, frame);
    conversation->sent_at_ms = sein_clock_monotonic_ms();
    if (err != SEIN_OK)
        conversation_give_up(conversation, SEIN_EUNREACHABLE, false);
}

void
conversation_send(struct conversation *conversation, enum sein_kind kind,
                  const struct sein_schema *schema, const void *object)
{
    struct sein_writer out =
        sein_writer_of(conversation->frame, SEIN_FRAME_MAX);
    enum sein_err err = SEIN_OK;

    sein_frame_begin(&out, kind, ++conversation->next_req);
    if (schema == NULL)
        sein_pack_array(&out, 0);
    else
        err = sein_schema_encode(schema, object, &out);
    if (err == SEIN_OK)
        send_frame(conversation, &out);
    else
        conversation_give_up(conversation, SEIN_EINTERNAL, false);
}

/* The newest pair that the directory lists as active; else the newest. */
static const struct keystore_pair *
own_pair(const struct conversation *conversation)
{
    const struct sein_directory *dir = conversation->setup.chain->dir;
    size_t count = 0;
    const struct keystore_pair *pairs =
        keystore_pairs(conversation->setup.keys, &count);

    for (size_t i = count; dir != NULL && i > 0; i--) {
        const struct sein_key *key =
            sein_directory_key(dir, &pairs[i - 1].public_key.key_id);

        if (key != NULL &&
            sein_key_status_at(key, sein_clock_ms()) == SEIN_KEY_ACTIVE)
            return &pairs[i - 1];
    }
    return &pairs[count - 1];
}

static enum sein_err
dial(struct conversation *conversation)
{
    const struct conversation_setup *setup = &conversation->setup;
    enum sein_err err = link_open(setup->endpoint, setup->broker_curve,
                                  own_pair(conversation), &conversation->link);

    if (err == SEIN_ENOMEM)
        return err;
    if (err != SEIN_OK) {
        conversation_give_up(conversation, SEIN_EUNREACHABLE, false);
        return SEIN_OK;
    }
    conversation->stage = CONVERSATION_DIALLING;
    conversation->sent_at_ms = sein_clock_monotonic_ms();
    return SEIN_OK;
}

void
conversation_say_hello(struct conversation *conversation)
{
    static const uint8_t no_desks[] = { 0x90 };
    struct sein_hello hello = {
        .home_id = *keystore_home_id(conversation->setup.keys),
        .dir_version = sein_directory_version(conversation->setup.chain->dir),
    };

    hello.desks.raw = sein_slice_of(no_desks, sizeof no_desks);
    conversation->stage = CONVERSATION_HELLO;
    conversation->waiting = true;
    conversation_send(conversation, SEIN_KIND_HELLO, &sein_hello_schema,
                      &hello);
}

static void
say_ready(struct conversation *conversation)
{
    struct sein_eval_ready ready = { .window = conversation->setup.window };

    ready.desk = sein_slice_text(conversation->setup.desk.text);
    conversation_send(conversation, SEIN_KIND_EVAL_READY,
                      &sein_eval_ready_schema, &ready);
    conversation->ready_req = conversation->next_req;
}

/* ---- what comes in ---- */

static void
saw_version(struct conversation *conversation, uint64_t version)
{
    if (version != conversation->refused_version &&
        version > conversation->newest_seen)
        conversation->newest_seen = version;
}

static enum sein_err
take_welcome(struct conversation *conversation, struct sein_slice body)
{
    struct sein_welcome welcome = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_welcome_schema, body, &welcome);

    if (err != SEIN_OK || conversation->stage != CONVERSATION_HELLO)
        return err;
    conversation->waiting = false;
    conversation->backoff_ms = BACKOFF_MIN_MS;
    conversation->reason = SEIN_OK;
    conversation->stage = CONVERSATION_READY;
    saw_version(conversation, welcome.dir_version);
    tell(conversation, "ready", SEIN_OK, "");
    say_ready(conversation);
    return SEIN_OK;
}

static enum sein_err
take_pong(struct conversation *conversation, struct sein_slice body)
{
    struct sein_pong pong = { 0 };
    enum sein_err err = sein_schema_decode_all(&sein_pong_schema, body, &pong);

    if (err != SEIN_OK)
        return err;
    conversation->waiting = false;
    saw_version(conversation, pong.dir_version);
    return SEIN_OK;
}

static void
ask_directory(struct conversation *conversation)
{
    int64_t now_ms = sein_clock_monotonic_ms();

    if (conversation->fetch.under_way ||
        (conversation->asked_at_ms != 0 &&
         now_ms - conversation->asked_at_ms < DIRECTORY_ASK_MS))
        return;
    conversation->asked_at_ms = now_ms;
    conversation_begin_directory(conversation);
}

static enum sein_err
take_ask(struct conversation *conversation, struct sein_slice body)
{
    const struct conversation_setup *setup = &conversation->setup;
    struct sein_eval_ask ask = { 0 };
    struct sein_eval_answer answer = { 0 };
    struct repeats_reply reply;
    enum sein_err code = SEIN_OK;
    enum sein_err err =
        sein_schema_decode_all(&sein_eval_ask_schema, body, &ask);

    if (err != SEIN_OK)
        return err;
    err = evaluator_answer(setup->holding, setup->chain->dir,
                           own_pair(conversation)->sign_secret, ask.request,
                           ask.signature, sein_clock_ms(), &reply, &code);
    if (err != SEIN_OK)
        return err;
    if (code != SEIN_OK)
        tell(conversation, "refused", code, "");
    answer.ticket = ask.ticket;
    answer.reply = sein_slice_of(reply.bytes, reply.len);
    memcpy(answer.signature, reply.signature, sizeof answer.signature);
    conversation_send(conversation, SEIN_KIND_EVAL_ANSWER,
                      &sein_eval_answer_schema, &answer);
    if (code == SEIN_EDIRNEWER && conversation->link != NULL)
        ask_directory(conversation);
    return SEIN_OK;
}

static enum sein_err
take_deposits(struct conversation *conversation, struct sein_slice body)
{
    struct records *records = conversation->setup.records;
    struct sein_deposits list = { 0 };
    struct sein_deposits_ack ack = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_deposits_schema, body, &list);

    if (err == SEIN_OK)
        err = records_begin(records);
    if (err == SEIN_OK)
        err = audit_note_deposits(records, &list);
    if (err == SEIN_OK)
        err = records_commit(records);
    records_rollback(records); /* no-op when committed */
    /* Not acknowledged it comes again, when there is room. */
    if (err == SEIN_EFULL) {
        tell(conversation, "disk_full", err, "");
        return SEIN_OK;
    }
    if (err != SEIN_OK)
        return err;
    ack = (struct sein_deposits_ack){ list.circle, list.epoch, list.day,
                                      list.oin, list.part };
    conversation_send(conversation, SEIN_KIND_DEPOSITS_ACK,
                      &sein_deposits_ack_schema, &ack);
    return SEIN_OK;
}

/* Of the key, or of a session that is not there any more. */
static bool
ends_session(enum sein_err code)
{
    return code == SEIN_ESESSION || code == SEIN_EKEY ||
           code == SEIN_EREVOKED || code == SEIN_ERETIRED ||
           code == SEIN_ENOTYET;
}

static enum sein_err
take_error(struct conversation *conversation, uint64_t req,
           struct sein_slice body)
{
    struct sein_error_body error = { 0 };
    enum sein_err code = SEIN_OK;
    enum sein_err err =
        sein_schema_decode_all(&sein_error_schema, body, &error);

    if (err != SEIN_OK)
        return err;
    code = sein_err_from_wire(error.code);
    if (req == 0 && code == SEIN_EHOME) {
        tell(conversation, "taken_over", code,
             "another connection evaluates for this desk; run one program");
        conversation_give_up(conversation, code, true);
    } else if (req != 0 && req == conversation->ready_req) {
        tell(conversation, "not_a_keyholder", code, sein_err_text(code));
        conversation_give_up(conversation, code, false);
    } else if (conversation->stage == CONVERSATION_READY &&
               !ends_session(code)) {
        /* The directory that we asked for, most likely. */
        conversation->waiting = false;
        conversation_forget_fetch(conversation);
        tell(conversation, "error", code, "");
    } else {
        conversation_give_up(conversation, code, false);
    }
    return SEIN_OK;
}

static enum sein_err
take_known(struct conversation *conversation, const struct sein_frame *frame)
{
    switch (frame->kind) {
    case SEIN_KIND_WELCOME:
        return take_welcome(conversation, frame->body);
    case SEIN_KIND_PONG:
        return take_pong(conversation, frame->body);
    case SEIN_KIND_BYE:
        conversation_give_up(conversation, SEIN_EUNREACHABLE, false);
        return SEIN_OK;
    case SEIN_KIND_ERROR:
        return take_error(conversation, frame->req, frame->body);
    case SEIN_KIND_DIR_PART:
        return conversation_take_dir_part(conversation, frame->body);
    case SEIN_KIND_EVAL_ASK:
        return conversation->stage == CONVERSATION_READY
                   ? take_ask(conversation, frame->body)
                   : SEIN_OK;
    case SEIN_KIND_DEPOSITS:
        return conversation->stage == CONVERSATION_READY
                   ? take_deposits(conversation, frame->body)
                   : SEIN_OK;
    default:
        return SEIN_OK; /* what a newer broker may say */
    }
}

/* Errors of this program; all others are the broker's fault. */
static bool
is_own(enum sein_err err)
{
    return err == SEIN_EIO || err == SEIN_ENOMEM || err == SEIN_ETAMPERED ||
           err == SEIN_ELOCKED || err == SEIN_EINTERNAL || err == SEIN_EEXIST;
}

static enum sein_err
take_frame(struct conversation *conversation, struct sein_slice bytes)
{
    struct sein_frame frame = { 0 };
    enum sein_err err = sein_frame_decode(bytes, &frame);

    if (err == SEIN_OK)
        err = take_known(conversation, &frame);
    if (err == SEIN_OK || is_own(err))
        return err;
    /* A broker that talks nonsense is left. */
    conversation_give_up(conversation, err, false);
    return SEIN_OK;
}

static enum sein_err
take_frames(struct conversation *conversation)
{
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < FRAMES_PER_TURN; i++) {
        struct sein_slice bytes = { 0 };

        if (conversation->link == NULL)
            return SEIN_OK;
        err = link_receive(conversation->link, &bytes);
        if (err == SEIN_ENOENT)
            return SEIN_OK;
        if (err == SEIN_OK)
            err = take_frame(conversation, bytes);
        else
            err = SEIN_OK; /* of several parts: ignored */
    }
    return err;
}

/* ---- what is next ---- */

static void
go_on(struct conversation *conversation)
{
    const struct sein_directory *dir = conversation->setup.chain->dir;
    int64_t now_ms = sein_clock_monotonic_ms();

    if (conversation->waiting &&
        now_ms - conversation->sent_at_ms > ANSWER_MS) {
        conversation_give_up(conversation, SEIN_EUNREACHABLE, false);
        return;
    }
    if (conversation->stage != CONVERSATION_READY || conversation->waiting)
        return;
    if (dir != NULL &&
        conversation->newest_seen > sein_directory_version(dir)) {
        ask_directory(conversation);
    } else if (now_ms - conversation->pinged_at_ms >= PING_MS) {
        conversation->pinged_at_ms = now_ms;
        conversation->waiting = true;
        conversation_send(conversation, SEIN_KIND_PING, NULL, NULL);
    }
}

static enum sein_err
look_at_link(struct conversation *conversation)
{
    enum sein_err reason = SEIN_OK;
    enum link_state state = link_poll(conversation->link, 0, &reason);
    enum sein_err err = SEIN_OK;

    if (state == LINK_UP && conversation->stage == CONVERSATION_DIALLING) {
        conversation->stage = CONVERSATION_DIRECTORY;
        conversation->pinged_at_ms = sein_clock_monotonic_ms();
        conversation_begin_directory(conversation);
    }
    if (state != LINK_DIALLING)
        err = take_frames(conversation);
    if (err == SEIN_OK && state == LINK_DOWN && conversation->link != NULL)
        conversation_give_up(conversation, reason, false);
    return err;
}

enum sein_err
conversation_turn(struct conversation *conversation)
{
    enum sein_err err = SEIN_OK;

    if (conversation->stage == CONVERSATION_DOWN) {
        if (conversation->final ||
            sein_clock_monotonic_ms() < conversation->retry_at_ms)
            return SEIN_OK;
        return dial(conversation);
    }
    err = look_at_link(conversation);
    if (err == SEIN_OK && conversation->link != NULL)
        go_on(conversation);
    return err;
}

int
conversation_fd(const struct conversation *conversation)
{
    return conversation->link == NULL ? -1 : link_fd(conversation->link);
}

int
conversation_next_ms(const struct conversation *conversation)
{
    int64_t left_ms = conversation->retry_at_ms - sein_clock_monotonic_ms();

    if (conversation->stage != CONVERSATION_DOWN)
        return 1000; /* deadlines and pings are no finer than that */
    return left_ms < 0 ? 0 : (int)left_ms;
}

void
conversation_bye(struct conversation *conversation)
{
    struct sein_eval_ready ready = { .window = 0 };

    if (conversation->stage == CONVERSATION_READY) {
        ready.desk = sein_slice_text(conversation->setup.desk.text);
        conversation_send(conversation, SEIN_KIND_EVAL_READY,
                          &sein_eval_ready_schema, &ready);
    }
    if (conversation->link != NULL)
        conversation_send(conversation, SEIN_KIND_BYE, NULL, NULL);
    forget_connection(conversation);
    conversation->stage = CONVERSATION_DOWN;
}
