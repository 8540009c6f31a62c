#include "proto/wire/msg_eval.h"

#include <string.h>

#include "proto/wire/pack.h"
#include "proto/wire/unpack.h"

/* clang-format off */
static const struct sein_field eval_fields[] = {
    SEIN_ROW(TEXT, holder, false, sein_eval, 1, SEIN_DESK_MAX),
    SEIN_ROW(BYTES, request, false, sein_eval, 1, SEIN_EVAL_REQUEST_MAX),
    SEIN_ROW(FIXED, signature, false, sein_eval, 0, SEIN_SIG_BYTES),
};

static const struct sein_field ask_fields[] = {
    SEIN_ROW(UINT, ticket, false, sein_eval_ask, 0, UINT64_MAX),
    SEIN_ROW(BYTES, request, false, sein_eval_ask, 1, SEIN_EVAL_REQUEST_MAX),
    SEIN_ROW(FIXED, signature, false, sein_eval_ask, 0, SEIN_SIG_BYTES),
};

static const struct sein_field answer_fields[] = {
    SEIN_ROW(UINT, ticket, false, sein_eval_answer, 0, UINT64_MAX),
    SEIN_ROW(BYTES, reply, false, sein_eval_answer, 1, SEIN_EVAL_REPLY_MAX),
    SEIN_ROW(FIXED, signature, false, sein_eval_answer, 0, SEIN_SIG_BYTES),
};

static const struct sein_field relayed_fields[] = {
    SEIN_ROW(BYTES, reply, false, sein_eval_relayed, 1, SEIN_EVAL_REPLY_MAX),
    SEIN_ROW(FIXED, signature, false, sein_eval_relayed, 0, SEIN_SIG_BYTES),
};

static const struct sein_field ready_fields[] = {
    SEIN_ROW(TEXT, desk, false, sein_eval_ready, 1, SEIN_DESK_MAX),
    SEIN_ROW(UINT, window, false, sein_eval_ready, 0, SEIN_EVAL_WINDOW_MAX),
};

static const struct sein_field deposits_fields[] = {
    SEIN_ROW(TEXT, circle, false, sein_deposits, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_deposits, 1, UINT32_MAX),
    SEIN_ROW(UINT, day, false, sein_deposits, 0, UINT32_MAX),
    SEIN_ROW(TEXT, oin, false, sein_deposits, 1, SEIN_OIN_CHARS),
    SEIN_ROW(UINT, part, false, sein_deposits, 0, UINT32_MAX),
    SEIN_ROW(BOOL, last, false, sein_deposits, 0, 1),
    SEIN_ROW(LIST, ids, false, sein_deposits, 0, SEIN_DEPOSITS_MAX),
};

static const struct sein_field deposits_ack_fields[] = {
    SEIN_ROW(TEXT, circle, false, sein_deposits_ack, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_deposits_ack, 1, UINT32_MAX),
    SEIN_ROW(UINT, day, false, sein_deposits_ack, 0, UINT32_MAX),
    SEIN_ROW(TEXT, oin, false, sein_deposits_ack, 1, SEIN_OIN_CHARS),
    SEIN_ROW(UINT, part, false, sein_deposits_ack, 0, UINT32_MAX),
};

static const struct sein_field request_fields[] = {
    SEIN_ROW(UINT, v, false, sein_eval_request, 1, 1),
    SEIN_ROW(TEXT, circle, false, sein_eval_request, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_eval_request, 1, UINT32_MAX),
    SEIN_ROW(TEXT, holder, false, sein_eval_request, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, req_id, false, sein_eval_request, 0, SEIN_ID_BYTES),
    SEIN_ROW(UINT, ts, false, sein_eval_request, 0, INT64_MAX),
    SEIN_ROW(TEXT, desk, false, sein_eval_request, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, key_id, false, sein_eval_request, 0, SEIN_ID_BYTES),
    SEIN_ROW(UINT, dir_version, false, sein_eval_request, 0, UINT64_MAX),
    SEIN_ROW(FIXED, actor, false, sein_eval_request, 0, SEIN_ID_BYTES),
    SEIN_ROW(LIST, ids, false, sein_eval_request, 1, SEIN_EVAL_BATCH_MAX),
    SEIN_ROW(LIST, blinded, false, sein_eval_request, 1, SEIN_EVAL_BATCH_MAX),
};

static const struct sein_field reply_fields[] = {
    SEIN_ROW(UINT, v, false, sein_eval_reply, 1, 1),
    SEIN_ROW(FIXED, req_id, false, sein_eval_reply, 0, SEIN_ID_BYTES),
    SEIN_ROW(FIXED, request, false, sein_eval_reply, 0, SEIN_HASH_BYTES),
    SEIN_ROW(UINT, code, false, sein_eval_reply, 0, UINT64_MAX),
    SEIN_ROW(UINT, at, false, sein_eval_reply, 0, INT64_MAX),
    SEIN_ROW(UINT, index, false, sein_eval_reply, 0, SEIN_HOLDERS_MAX),
    SEIN_ROW(LIST, evaluated, false, sein_eval_reply, 0, SEIN_EVAL_BATCH_MAX),
    SEIN_ROW(BYTES, proof, false, sein_eval_reply, 0, SEIN_PROOF_BYTES),
};

const struct sein_schema sein_eval_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, eval_fields, struct sein_eval);
const struct sein_schema sein_eval_ask_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, ask_fields, struct sein_eval_ask);
const struct sein_schema sein_eval_answer_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, answer_fields, struct sein_eval_answer);
const struct sein_schema sein_eval_relayed_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, relayed_fields, struct sein_eval_relayed);
const struct sein_schema sein_eval_ready_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, ready_fields, struct sein_eval_ready);
const struct sein_schema sein_deposits_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, deposits_fields, struct sein_deposits);
const struct sein_schema sein_deposits_ack_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, deposits_ack_fields,
                struct sein_deposits_ack);
const struct sein_schema sein_eval_request_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, request_fields, struct sein_eval_request);
const struct sein_schema sein_eval_reply_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, reply_fields, struct sein_eval_reply);
/* clang-format on */

enum sein_err
sein_fixed_list_read(const struct sein_list *list, size_t size, size_t max,
                     uint8_t *out)
{
    struct sein_items items = { 0 };
    enum sein_err err = sein_items_begin(list->raw, max, &items);

    while (err == SEIN_OK) {
        struct sein_slice raw = { 0 };
        struct sein_slice piece = { 0 };
        struct sein_reader in = { 0 };

        err = sein_items_next_raw(&items, &raw);
        if (err != SEIN_OK)
            break;
        in = sein_reader_of(raw);
        err = sein_unpack_bytes(&in, &piece);
        if (err != SEIN_OK || piece.len != size)
            return SEIN_ECONTENT;
        memcpy(out, piece.at, size);
        out += size;
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

void
sein_fixed_list_write(struct sein_writer *out, const uint8_t *pieces,
                      size_t size, size_t count)
{
    sein_pack_array(out, count);
    for (size_t i = 0; i < count; i++)
        sein_pack_bytes(out, sein_slice_of(pieces + i * size, size));
}
