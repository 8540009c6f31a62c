#include "client/lib/blinder.h"

#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/msg_eval.h"

#define EVAL_VERSION 1U
#define IDS_LIST_MAX (3U + SEIN_EVAL_BATCH_MAX * (2U + SEIN_ID_BYTES))
#define POINTS_LIST_MAX (3U + SEIN_EVAL_BATCH_MAX * (2U + SEIN_POINT_BYTES))

enum holder_state {
    HOLDER_FRESH,
    HOLDER_ASKED,
    HOLDER_ANSWERED,
    HOLDER_FAILED
};

struct holder {
    uint64_t index;
    enum holder_state state;
    int64_t asked_ms;
    uint8_t req_id[SEIN_ID_BYTES];
    struct sein_hash request;
    struct sein_element evaluated[SEIN_EVAL_BATCH_MAX];
};

struct blinder {
    const struct blinder_epoch *epoch;
    const struct blinder_asker *asker;
    size_t count; /* of items */
    uint8_t inputs[SEIN_EVAL_BATCH_MAX][SEIN_OPRF_INPUT_BYTES];
    struct sein_scalar blinds[SEIN_EVAL_BATCH_MAX];
    struct sein_element blinded[SEIN_EVAL_BATCH_MAX];
    uint8_t ids[SEIN_EVAL_BATCH_MAX][SEIN_ID_BYTES];
    struct holder holders[SEIN_HOLDERS_MAX]; /* in the order of asking */
    uint8_t request[SEIN_EVAL_REQUEST_MAX];
    uint64_t culprits;
    enum sein_err reason;
    int64_t retry_at_ms;
};

enum sein_err
blinder_epoch_read(struct sein_slice record, struct blinder_epoch *out_epoch)
{
    struct sein_epoch_record *read = &out_epoch->record;
    struct sein_element commitments[SEIN_HOLDERS_MAX];
    enum sein_err err = SEIN_OK;

    if (record.len > sizeof out_epoch->bytes)
        return SEIN_ETOOLONG;
    memcpy(out_epoch->bytes, record.at, record.len);
    err = sein_epoch_record_decode(sein_slice_of(out_epoch->bytes, record.len),
                                   read);
    for (size_t j = 0; err == SEIN_OK && j < read->t; j++)
        err = sein_element_read(read->commitments[j], &commitments[j]);
    for (size_t i = 0; err == SEIN_OK && i < read->n; i++)
        err = sein_share_public(commitments, read->t, i + 1,
                                &out_epoch->publics[i]);
    return err;
}

/* In random order, so that the work spreads; those to avoid go last. */
static void
order_holders(struct blinder *blinder, uint64_t avoid)
{
    size_t n = blinder->epoch->record.n;
    size_t last = n;

    for (size_t i = 0; i < n; i++)
        blinder->holders[i].index = i + 1;
    for (size_t i = n; i > 1; i--) {
        size_t other = randombytes_uniform((uint32_t)i);
        uint64_t index = blinder->holders[i - 1].index;

        blinder->holders[i - 1].index = blinder->holders[other].index;
        blinder->holders[other].index = index;
    }
    for (size_t i = 0; i < last;) {
        uint64_t index = blinder->holders[i].index;

        if ((avoid & BLINDER_HOLDER_BIT(index)) == 0) {
            i++;
            continue;
        }
        last--;
        blinder->holders[i].index = blinder->holders[last].index;
        blinder->holders[last].index = index;
    }
}

static enum sein_err
blind_items(struct blinder *blinder,
            const uint8_t pepper[static SEIN_PEPPER_BYTES],
            const struct blinder_item *items)
{
    const struct sein_epoch_record *record = &blinder->epoch->record;
    const struct sein_blind_scope scope = { record->circle,
                                            (uint32_t)record->epoch };
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < blinder->count; i++) {
        memcpy(blinder->ids[i], items[i].presence_id.bytes, SEIN_ID_BYTES);
        sein_household_input(pepper, &scope, items[i].kind, items[i].canonical,
                             blinder->inputs[i]);
        err = sein_oprf_blind(
            sein_slice_of(blinder->inputs[i], SEIN_OPRF_INPUT_BYTES), NULL,
            &blinder->blinds[i], &blinder->blinded[i]);
    }
    return err;
}

enum sein_err
blinder_new(const struct blinder_epoch *epoch,
            const struct blinder_asker *asker,
            const uint8_t pepper[static SEIN_PEPPER_BYTES],
            const struct blinder_item *items, size_t count, uint64_t avoid,
            struct blinder **out_blinder)
{
    struct blinder *blinder = NULL;
    enum sein_err err = SEIN_OK;

    if (count == 0 || count > SEIN_EVAL_BATCH_MAX)
        return SEIN_ERANGE;
    blinder = sodium_malloc(sizeof *blinder);
    if (blinder == NULL)
        return SEIN_ENOMEM;
    memset(blinder, 0, sizeof *blinder);
    blinder->epoch = epoch;
    blinder->asker = asker;
    blinder->count = count;
    blinder->reason = SEIN_ESHARES;
    order_holders(blinder, avoid);
    err = blind_items(blinder, pepper, items);
    if (err != SEIN_OK)
        blinder_free(&blinder);
    else
        *out_blinder = blinder;
    return err;
}

void
blinder_free(struct blinder **blinder)
{
    sodium_free(*blinder); /* wipes */
    *blinder = NULL;
}

static size_t
count_state(const struct blinder *blinder, enum holder_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < blinder->epoch->record.n; i++) {
        if (blinder->holders[i].state == state)
            count++;
    }
    return count;
}

/* Those whose answer may still be waited for without a colleague. */
static size_t
count_patient(const struct blinder *blinder, int64_t now_ms)
{
    size_t count = 0;

    for (size_t i = 0; i < blinder->epoch->record.n; i++) {
        const struct holder *holder = &blinder->holders[i];

        if (holder->state == HOLDER_ASKED &&
            now_ms - holder->asked_ms < BLINDER_PATIENCE_MS)
            count++;
    }
    return count;
}

static struct holder *
find_holder(struct blinder *blinder, uint64_t index)
{
    for (size_t i = 0; i < blinder->epoch->record.n; i++) {
        if (blinder->holders[i].index == index)
            return &blinder->holders[i];
    }
    return NULL;
}

static struct holder *
first_fresh(struct blinder *blinder)
{
    for (size_t i = 0; i < blinder->epoch->record.n; i++) {
        if (blinder->holders[i].state == HOLDER_FRESH)
            return &blinder->holders[i];
    }
    return NULL;
}

static enum sein_err
write_request(struct blinder *blinder, const struct holder *holder,
              int64_t now_ms, struct sein_slice *out_request)
{
    const struct sein_epoch_record *record = &blinder->epoch->record;
    const struct blinder_asker *asker = blinder->asker;
    struct sein_eval_request request = { .v = EVAL_VERSION };
    struct sein_writer out =
        sein_writer_of(blinder->request, sizeof blinder->request);
    uint8_t ids[IDS_LIST_MAX];
    uint8_t points[POINTS_LIST_MAX];
    struct sein_writer list = sein_writer_of(ids, sizeof ids);
    enum sein_err err = SEIN_OK;

    sein_fixed_list_write(&list, blinder->ids[0], SEIN_ID_BYTES,
                          blinder->count);
    request.ids.raw = sein_slice_of(ids, list.len);
    request.ids.count = blinder->count;
    list = sein_writer_of(points, sizeof points);
    sein_fixed_list_write(&list, blinder->blinded[0].bytes, SEIN_POINT_BYTES,
                          blinder->count);
    request.blinded.raw = sein_slice_of(points, list.len);
    request.blinded.count = blinder->count;
    request.circle = record->circle;
    request.epoch = record->epoch;
    request.holder = record->holders[holder->index - 1].desk;
    memcpy(request.req_id, holder->req_id, SEIN_ID_BYTES);
    request.ts = (uint64_t)now_ms;
    request.desk = asker->desk;
    request.key_id = asker->key_id;
    request.dir_version = asker->dir_version;
    memcpy(request.actor, asker->actor, SEIN_ID_BYTES);
    err = sein_schema_encode(&sein_eval_request_schema, &request, &out);
    return err == SEIN_OK ? sein_writer_done(&out, out_request) : err;
}

enum sein_err
blinder_next(struct blinder *blinder, int64_t now_ms,
             struct blinder_ask *out_ask)
{
    size_t t = blinder->epoch->record.t;
    size_t answered = count_state(blinder, HOLDER_ANSWERED);
    struct holder *holder = first_fresh(blinder);
    enum sein_err err = SEIN_OK;

    if (answered >= t)
        return SEIN_ENOENT;
    if (holder == NULL)
        return answered + count_state(blinder, HOLDER_ASKED) < t ? SEIN_ESHARES
                                                                 : SEIN_ENOENT;
    if (answered + count_patient(blinder, now_ms) >= t)
        return SEIN_ENOENT;
    sein_random_id(holder->req_id);
    err = write_request(blinder, holder, now_ms, &out_ask->request);
    if (err == SEIN_OK)
        err = sein_sig_make(SEIN_SIG_EVAL_REQ, out_ask->request,
                            blinder->asker->sign_secret, out_ask->signature);
    if (err != SEIN_OK)
        return err;
    sein_hash_of(out_ask->request, &holder->request);
    holder->state = HOLDER_ASKED;
    holder->asked_ms = now_ms;
    out_ask->index = holder->index;
    out_ask->holder = blinder->epoch->record.holders[holder->index - 1].desk;
    return SEIN_OK;
}

int64_t
blinder_deadline(const struct blinder *blinder)
{
    int64_t deadline = INT64_MAX;

    if (blinder_done(blinder) || count_state(blinder, HOLDER_FRESH) == 0)
        return deadline;
    for (size_t i = 0; i < blinder->epoch->record.n; i++) {
        const struct holder *holder = &blinder->holders[i];
        int64_t patience_ms = holder->asked_ms + BLINDER_PATIENCE_MS;

        if (holder->state == HOLDER_ASKED && patience_ms < deadline)
            deadline = patience_ms;
    }
    return deadline;
}

/* Signed by any key that acts for the holder's desk now. */
static enum sein_err
check_signer(const struct sein_directory *dir, struct sein_slice desk_name,
             struct sein_slice reply,
             const uint8_t signature[static SEIN_SIG_BYTES], int64_t now_ms)
{
    const struct sein_desk *desk = sein_directory_desk(dir, desk_name);
    const struct sein_member *member = desk == NULL ? NULL : desk->member;

    for (size_t i = 0; member != NULL && i < member->key_count; i++) {
        const struct sein_key *key = &member->keys[i];

        if (sein_key_acts_for(key, desk) &&
            sein_key_status_at(key, now_ms) == SEIN_KEY_ACTIVE &&
            sein_sig_verify(SEIN_SIG_EVAL_RESP, reply, signature,
                            key->entry.sign) == SEIN_OK)
            return SEIN_OK;
    }
    return SEIN_EEVAL;
}

/* Whether the reply is to what this holder was asked. */
static enum sein_err
check_reply(const struct blinder *blinder, const struct holder *holder,
            const struct sein_eval_reply *reply)
{
    bool fits = memcmp(reply->req_id, holder->req_id, SEIN_ID_BYTES) == 0 &&
                memcmp(reply->request.bytes, holder->request.bytes,
                       SEIN_HASH_BYTES) == 0;

    if (!fits)
        return SEIN_EEVAL;
    if (reply->code != 0)
        return SEIN_OK;
    return reply->index == holder->index &&
                   reply->evaluated.count == blinder->count &&
                   reply->proof.len == SEIN_PROOF_BYTES
               ? SEIN_OK
               : SEIN_EEVAL;
}

static enum sein_err
take_evaluated(struct blinder *blinder, struct holder *holder,
               const struct sein_eval_reply *reply)
{
    uint8_t points[SEIN_EVAL_BATCH_MAX][SEIN_POINT_BYTES];
    struct sein_proof proof;
    enum sein_err err = sein_fixed_list_read(
        &reply->evaluated, SEIN_POINT_BYTES, SEIN_EVAL_BATCH_MAX, points[0]);

    for (size_t i = 0; err == SEIN_OK && i < blinder->count; i++)
        err = sein_element_read(points[i], &holder->evaluated[i]);
    if (err != SEIN_OK)
        return SEIN_EEVAL;
    memcpy(proof.bytes, reply->proof.at, sizeof proof.bytes);
    return sein_oprf_verify_proof(&blinder->epoch->publics[holder->index - 1],
                                  blinder->blinded, holder->evaluated,
                                  blinder->count, &proof);
}

static enum sein_err
judge(struct blinder *blinder, struct holder *holder, struct sein_slice bytes)
{
    struct sein_eval_reply reply = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_eval_reply_schema, bytes, &reply);

    if (err != SEIN_OK)
        return SEIN_EEVAL;
    err = check_reply(blinder, holder, &reply);
    if (err == SEIN_OK && reply.code != 0) {
        if ((int64_t)reply.at > blinder->retry_at_ms)
            blinder->retry_at_ms = (int64_t)reply.at;
        blinder->reason = sein_err_from_wire(reply.code);
        return blinder->reason;
    }
    return err == SEIN_OK ? take_evaluated(blinder, holder, &reply) : err;
}

enum sein_err
blinder_take(struct blinder *blinder, const struct sein_directory *dir,
             uint64_t index, struct sein_slice reply,
             const uint8_t signature[static SEIN_SIG_BYTES], int64_t now_ms)
{
    struct holder *holder = find_holder(blinder, index);
    enum sein_err err = SEIN_OK;

    if (holder == NULL || holder->state != HOLDER_ASKED)
        return SEIN_ENOENT;
    err = check_signer(dir, blinder->epoch->record.holders[index - 1].desk,
                       reply, signature, now_ms);
    if (err == SEIN_OK)
        err = judge(blinder, holder, reply);
    holder->state = err == SEIN_OK ? HOLDER_ANSWERED : HOLDER_FAILED;
    if (err == SEIN_EEVAL || err == SEIN_EDLEQ)
        blinder->culprits |= BLINDER_HOLDER_BIT(index);
    return err;
}

void
blinder_fail(struct blinder *blinder, uint64_t index)
{
    struct holder *holder = find_holder(blinder, index);

    if (holder != NULL && holder->state == HOLDER_ASKED)
        holder->state = HOLDER_FAILED;
}

uint64_t
blinder_culprits(const struct blinder *blinder)
{
    return blinder->culprits;
}

enum sein_err
blinder_reason(const struct blinder *blinder)
{
    return blinder->reason;
}

int64_t
blinder_retry_at(const struct blinder *blinder)
{
    return blinder->retry_at_ms;
}

bool
blinder_done(const struct blinder *blinder)
{
    return count_state(blinder, HOLDER_ANSWERED) >= blinder->epoch->record.t;
}

/* The answers of t holders for one item, put together and unblinded. */
static enum sein_err
finish_item(const struct blinder *blinder, size_t item,
            struct sein_household_keys *out_keys)
{
    const struct sein_epoch_record *record = &blinder->epoch->record;
    const struct sein_blind_scope scope = { record->circle,
                                            (uint32_t)record->epoch };
    uint64_t indices[SEIN_HOLDERS_MAX];
    struct sein_element evaluated[SEIN_HOLDERS_MAX];
    struct sein_element whole;
    uint8_t output[SEIN_OPRF_OUTPUT_BYTES];
    size_t count = 0;
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < record->n && count < record->t; i++) {
        const struct holder *holder = &blinder->holders[i];

        if (holder->state != HOLDER_ANSWERED)
            continue;
        indices[count] = holder->index;
        evaluated[count++] = holder->evaluated[item];
    }
    if (count < record->t)
        return SEIN_ESHARES;
    err = sein_threshold_combine(indices, evaluated, count, &whole);
    if (err == SEIN_OK)
        err = sein_oprf_finalize(
            sein_slice_of(blinder->inputs[item], SEIN_OPRF_INPUT_BYTES),
            &blinder->blinds[item], &whole, output);
    if (err == SEIN_OK)
        sein_household_derive(output, &scope, out_keys);
    sodium_memzero(output, sizeof output);
    sodium_memzero(&whole, sizeof whole);
    sodium_memzero(evaluated, sizeof evaluated);
    return err;
}

enum sein_err
blinder_finish(struct blinder *blinder, struct sein_household_keys *out_keys)
{
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < blinder->count; i++)
        err = finish_item(blinder, i, &out_keys[i]);
    if (err != SEIN_OK)
        return err;
    sodium_memzero(blinder->inputs, sizeof blinder->inputs);
    sodium_memzero(blinder->blinds, sizeof blinder->blinds);
    for (size_t i = 0; i < blinder->epoch->record.n; i++)
        sodium_memzero(blinder->holders[i].evaluated,
                       sizeof blinder->holders[i].evaluated);
    return SEIN_OK;
}
