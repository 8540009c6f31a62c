#include "client/keyholder/evaluator.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/keyholder/audit.h"
#include "client/keyholder/ratelimit.h"
#include "client/keyholder/share_store.h"
#include "proto/blind/oprf.h"
#include "proto/trust/identity.h"
#include "proto/trust/may.h"
#include "proto/wire/msg_eval.h"

/* When a full disk is worth another try. */
#define FULL_RETRY_MS (10 * SEIN_MS_PER_MIN)
/* Shares in memory at once: more epochs than one desk holds. */
#define SHARES_MAX 64U

/* A share that fits the directory in force; in memory of sodium_malloc. */
struct ready_share {
    struct sein_share share;
    struct sein_element public_half;
};

struct holding {
    struct holding_setup setup;
    struct ready_share *shares;
    size_t share_count;
    struct holding_counters counters;
};

/* One request on its way. */
struct asking {
    struct holding *holding;
    const struct sein_directory *dir;
    const uint8_t *secret;
    int64_t now_ms;
    struct sein_slice bytes;
    struct sein_hash hash;
    struct sein_eval_request request;
    size_t count;
    struct sein_element blinded[SEIN_EVAL_BATCH_MAX];
    const struct ready_share *share;
    int64_t at_ms; /* goes with a refusal */
};

enum sein_err
holding_new(const struct holding_setup *setup, struct holding **out_holding)
{
    struct holding *holding = calloc(1, sizeof *holding);

    if (holding == NULL)
        return SEIN_ENOMEM;
    holding->setup = *setup;
    holding->shares = sodium_allocarray(SHARES_MAX, sizeof *holding->shares);
    if (holding->shares == NULL) {
        free(holding);
        return SEIN_ENOMEM;
    }
    *out_holding = holding;
    return SEIN_OK;
}

void
holding_free(struct holding **holding)
{
    if (holding == NULL || *holding == NULL)
        return;
    sodium_free((*holding)->shares); /* wipes */
    free(*holding);
    *holding = NULL;
}

void
holding_forget(struct holding *holding)
{
    sodium_memzero(holding->shares, SHARES_MAX * sizeof *holding->shares);
    holding->share_count = 0;
}

const struct holding_counters *
holding_counters(const struct holding *holding)
{
    return &holding->counters;
}

/* ---- the checks, in the order of the protocol ---- */

static enum sein_err
check_form(struct asking *asking)
{
    const struct sein_eval_request *request = &asking->request;
    uint8_t ids[SEIN_EVAL_BATCH_MAX * SEIN_ID_BYTES];
    enum sein_err err = SEIN_OK;

    if (!sein_slice_is(request->holder, asking->holding->setup.desk.text))
        return SEIN_ECONTENT;
    if (request->ids.count != request->blinded.count)
        return SEIN_ECONTENT;
    err = sein_fixed_list_read(&request->ids, SEIN_ID_BYTES,
                               SEIN_EVAL_BATCH_MAX, ids);
    asking->count = request->blinded.count;
    return err;
}

static enum sein_err
check_signature(const struct asking *asking, const uint8_t *signature)
{
    const struct sein_key *key =
        sein_directory_key(asking->dir, &asking->request.key_id);

    if (key == NULL)
        return SEIN_EKEY;
    return sein_sig_verify(SEIN_SIG_EVAL_REQ, asking->bytes, signature,
                           key->entry.sign);
}

static enum sein_err
check_right(const struct asking *asking)
{
    const struct sein_eval_request *request = &asking->request;
    const struct sein_desk *desk = NULL;
    enum sein_err err = SEIN_OK;

    if (request->dir_version > sein_directory_version(asking->dir))
        return SEIN_EDIRNEWER;
    err = sein_may(asking->dir, &request->key_id, SEIN_MAY_EVALUATE,
                   request->desk, asking->now_ms, NULL, &desk);
    if (err == SEIN_OK)
        err =
            sein_may_evaluate(asking->dir, desk, request->circle,
                              request->epoch, request->holder, asking->now_ms);
    return err;
}

static enum sein_err
check_time(const struct asking *asking)
{
    int64_t apart_ms = (int64_t)asking->request.ts - asking->now_ms;

    return apart_ms <= SEIN_EVAL_CLOCK_MS && apart_ms >= -SEIN_EVAL_CLOCK_MS
               ? SEIN_OK
               : SEIN_ETIME;
}

static enum sein_err
check_points(struct asking *asking)
{
    uint8_t points[SEIN_EVAL_BATCH_MAX * SEIN_POINT_BYTES];
    enum sein_err err =
        sein_fixed_list_read(&asking->request.blinded, SEIN_POINT_BYTES,
                             SEIN_EVAL_BATCH_MAX, points);

    for (size_t i = 0; err == SEIN_OK && i < asking->count; i++)
        err = sein_element_read(points + i * SEIN_POINT_BYTES,
                                &asking->blinded[i]);
    return err;
}

static enum sein_err
check(struct asking *asking, const uint8_t *signature)
{
    enum sein_err err = sein_schema_decode_all(&sein_eval_request_schema,
                                               asking->bytes, &asking->request);

    if (err == SEIN_OK)
        err = check_form(asking);
    if (err == SEIN_OK)
        err = check_signature(asking, signature);
    if (err == SEIN_OK)
        err = check_right(asking);
    if (err == SEIN_OK)
        err = check_time(asking);
    if (err == SEIN_OK)
        err = check_points(asking);
    return err;
}

/* ---- shares ---- */

static const struct ready_share *
share_in_memory(const struct holding *holding, struct sein_slice circle,
                uint64_t epoch)
{
    for (size_t i = 0; i < holding->share_count; i++) {
        const struct ready_share *ready = &holding->shares[i];

        if (ready->share.epoch == epoch &&
            sein_slice_is(circle, ready->share.circle.text))
            return ready;
    }
    return NULL;
}

/* SEIN_ENOENT: it was not handed over yet; SEIN_ESHARE: it does not fit. */
static enum sein_err
find_share(struct asking *asking)
{
    struct holding *holding = asking->holding;
    const struct sein_eval_request *request = &asking->request;
    struct ready_share *ready = NULL;
    enum sein_err err = SEIN_OK;

    asking->share = share_in_memory(holding, request->circle, request->epoch);
    if (asking->share != NULL)
        return SEIN_OK;
    if (holding->share_count == SHARES_MAX)
        holding_forget(holding);
    ready = &holding->shares[holding->share_count];
    err = share_store_get(holding->setup.folder, holding->setup.home_key,
                          request->circle, request->epoch, &ready->share);
    if (err == SEIN_OK)
        err = share_store_check(asking->dir, request->holder, &ready->share,
                                &ready->public_half);
    /* A damaged file stops one epoch, not the others. */
    if (err == SEIN_ETAMPERED)
        return SEIN_ESHARE;
    if (err != SEIN_OK)
        return err;
    holding->share_count++;
    asking->share = ready;
    return SEIN_OK;
}

/* ---- replies ---- */

static enum sein_err
sign(const struct asking *asking, const struct sein_eval_reply *reply,
     struct repeats_reply *out)
{
    struct sein_writer writer = sein_writer_of(out->bytes, sizeof out->bytes);
    enum sein_err err =
        sein_schema_encode(&sein_eval_reply_schema, reply, &writer);

    if (err != SEIN_OK || writer.failed)
        return SEIN_EINTERNAL;
    out->len = writer.len;
    return sein_sig_make(SEIN_SIG_EVAL_RESP,
                         sein_slice_of(out->bytes, out->len), asking->secret,
                         out->signature);
}

static struct sein_eval_reply
begin_reply(const struct asking *asking)
{
    struct sein_eval_reply reply = { .v = 1, .request = asking->hash };

    memcpy(reply.req_id, asking->request.req_id, sizeof reply.req_id);
    return reply;
}

static enum sein_err
refuse(struct asking *asking, enum sein_err code, struct repeats_reply *out)
{
    static const uint8_t no_list[] = { 0x90 };
    struct sein_eval_reply reply = begin_reply(asking);

    reply.code = (uint64_t)code;
    reply.at = asking->at_ms > 0 ? (uint64_t)asking->at_ms : 0;
    reply.evaluated.raw = sein_slice_of(no_list, sizeof no_list);
    asking->holding->counters.refused++;
    return sign(asking, &reply, out);
}

static enum sein_err
compute(const struct asking *asking, struct repeats_reply *out)
{
    struct sein_eval_reply reply = begin_reply(asking);
    struct sein_element evaluated[SEIN_EVAL_BATCH_MAX];
    struct sein_proof proof;
    uint8_t list[SEIN_EVAL_REPLY_MAX];
    struct sein_writer writer = sein_writer_of(list, sizeof list);
    const struct ready_share *ready = asking->share;
    enum sein_err err = sein_oprf_blind_evaluate(
        &ready->share.secret, asking->blinded, asking->count, evaluated);

    if (err == SEIN_OK)
        err = sein_oprf_generate_proof(&ready->share.secret,
                                       &ready->public_half, asking->blinded,
                                       evaluated, asking->count, NULL, &proof);
    if (err != SEIN_OK)
        return SEIN_EINTERNAL; /* every element and the share were checked */
    _Static_assert(sizeof evaluated[0] == SEIN_POINT_BYTES, "no padding");
    sein_fixed_list_write(&writer, evaluated[0].bytes, SEIN_POINT_BYTES,
                          asking->count);
    reply.index = ready->share.index;
    reply.evaluated.count = asking->count;
    reply.evaluated.raw = sein_slice_of(list, writer.len);
    reply.proof = sein_slice_of(proof.bytes, sizeof proof.bytes);
    return sign(asking, &reply, out);
}

/* ---- what is written down before and after ---- */

/* Quota, log and the mark that this was paid for, in one commit. */
static enum sein_err
charge(struct asking *asking)
{
    static const struct repeats_reply nothing_yet;
    struct records *records = asking->holding->setup.records;
    const struct sein_eval_request *request = &asking->request;
    const struct sein_circle *circle =
        sein_directory_circle(asking->dir, request->circle);
    struct sein_slice oin = sein_desk_oin(request->desk);
    enum sein_err err = records_begin(records);

    if (err == SEIN_OK)
        err = ratelimit_take(records, request->circle, oin, asking->count,
                             ratelimit_quota(circle, oin, asking->now_ms),
                             asking->now_ms, &asking->at_ms);
    if (err == SEIN_OK)
        err = audit_note(records, request, &asking->hash, asking->now_ms);
    if (err == SEIN_OK)
        err = repeats_forget(records, asking->now_ms);
    if (err == SEIN_OK)
        err =
            repeats_keep(records, &asking->hash, &nothing_yet, asking->now_ms);
    if (err == SEIN_OK)
        err = records_commit(records);
    records_rollback(records); /* no-op when committed */
    if (err == SEIN_EFULL)
        asking->at_ms = asking->now_ms + FULL_RETRY_MS;
    return err;
}

/* Without it the next asking computes again, which was paid for. */
static enum sein_err
keep(const struct asking *asking, const struct repeats_reply *reply)
{
    struct records *records = asking->holding->setup.records;
    enum sein_err err = records_begin(records);

    if (err == SEIN_OK)
        err = repeats_keep(records, &asking->hash, reply, asking->now_ms);
    if (err == SEIN_OK)
        err = records_commit(records);
    records_rollback(records); /* no-op when committed */
    return err == SEIN_EFULL ? SEIN_OK : err;
}

static bool
is_own(enum sein_err err)
{
    return err == SEIN_EIO || err == SEIN_ENOMEM || err == SEIN_ETAMPERED ||
           err == SEIN_ELOCKED || err == SEIN_EINTERNAL || err == SEIN_EEXIST;
}

static enum sein_err
evaluate(struct asking *asking, struct repeats_reply *out)
{
    struct holding_counters *counters = &asking->holding->counters;
    enum sein_err err = repeats_find(asking->holding->setup.records,
                                     &asking->hash, asking->now_ms, out);

    if (err == SEIN_OK && out->len > 0) {
        counters->repeated++;
        return SEIN_OK;
    }
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    {
        bool paid = err == SEIN_OK;

        err = find_share(asking);
        if (err == SEIN_OK && !paid)
            err = charge(asking);
    }
    if (err == SEIN_OK)
        err = compute(asking, out);
    if (err == SEIN_OK)
        err = keep(asking, out);
    if (err == SEIN_OK) {
        counters->evaluated++;
        counters->elements += asking->count;
    }
    return err;
}

enum sein_err
evaluator_answer(struct holding *holding, const struct sein_directory *dir,
                 const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                 struct sein_slice request,
                 const uint8_t signature[static SEIN_SIG_BYTES], int64_t now_ms,
                 struct repeats_reply *out_reply, enum sein_err *out_code)
{
    struct asking asking = { .holding = holding,
                             .dir = dir,
                             .secret = secret,
                             .now_ms = now_ms,
                             .bytes = request };
    enum sein_err err = SEIN_OK;

    sein_hash_of(request, &asking.hash);
    err = check(&asking, signature);
    if (err == SEIN_OK)
        err = evaluate(&asking, out_reply);
    if (is_own(err))
        return err;
    *out_code = err;
    return err == SEIN_OK ? SEIN_OK : refuse(&asking, err, out_reply);
}
