#include "proto/wire/msg_presence.h"

/* clang-format off */
static const struct sein_field deposit_fields[] = {
    SEIN_ROW(BYTES, note, false, sein_deposit, 1, SEIN_NOTE_STATEMENT_MAX),
    SEIN_ROW(FIXED, nmac, false, sein_deposit, 0, SEIN_HASH_BYTES),
    SEIN_ROW(BYTES, core, false, sein_deposit, 1, SEIN_CORE_MAX),
    SEIN_ROW(FIXED, mac, false, sein_deposit, 0, SEIN_HASH_BYTES),
    SEIN_ROW(FIXED, psig, false, sein_deposit, 0, SEIN_SIG_BYTES),
};

static const struct sein_field deposit_note_fields[] = {
    SEIN_ROW(BYTES, note, false, sein_deposit_note, 1,
        SEIN_NOTE_STATEMENT_MAX),
    SEIN_ROW(FIXED, nmac, false, sein_deposit_note, 0, SEIN_HASH_BYTES),
};

static const struct sein_field put_fields[] = {
    SEIN_ROW(TEXT, from, false, sein_presence_put_item, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, tag, false, sein_presence_put_item, 0, SEIN_HASH_BYTES),
    SEIN_ROW(BYTES, deposit, false, sein_presence_put_item, 1,
        SEIN_DEPOSIT_MAX),
};

static const struct sein_field withdraw_fields[] = {
    SEIN_ROW(TEXT, from, false, sein_presence_withdraw_item, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, presence_id, false, sein_presence_withdraw_item, 0,
        SEIN_ID_BYTES),
    SEIN_ROW(FIXED, op_id, false, sein_presence_withdraw_item, 0,
        SEIN_ID_BYTES),
};

static const struct sein_field accept_fields[] = {
    SEIN_ROW(TEXT, from, false, sein_match_accept_item, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, match_id, false, sein_match_accept_item, 0, SEIN_ID_BYTES),
    SEIN_ROW(FIXED, op_id, false, sein_match_accept_item, 0, SEIN_ID_BYTES),
};

static const struct sein_field match_fields[] = {
    SEIN_ROW(UINT, v, false, sein_match_item, 1, 1),
    SEIN_ROW(UINT, type, false, sein_match_item, 0, UINT64_MAX),
    SEIN_ROW(FIXED, event_id, false, sein_match_item, 0, SEIN_ID_BYTES),
    SEIN_ROW(FIXED, match_id, false, sein_match_item, 0, SEIN_ID_BYTES),
    SEIN_ROW(FIXED, presence_id, false, sein_match_item, 0, SEIN_ID_BYTES),
    SEIN_ROW(TEXT, desk, false, sein_match_item, 1, SEIN_DESK_MAX),
    SEIN_ROW(TEXT, circle, false, sein_match_item, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_match_item, 1, UINT32_MAX),
    SEIN_ROW(UINT, at, false, sein_match_item, 0, UINT64_MAX),
    SEIN_ROW(BYTES, deposit, false, sein_match_item, 0, SEIN_DEPOSIT_MAX),
};

const struct sein_schema sein_deposit_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, deposit_fields, struct sein_deposit);
const struct sein_schema sein_deposit_note_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, deposit_note_fields,
                struct sein_deposit_note);
const struct sein_schema sein_presence_put_item_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, put_fields, struct sein_presence_put_item);
const struct sein_schema sein_presence_withdraw_item_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, withdraw_fields,
                struct sein_presence_withdraw_item);
const struct sein_schema sein_match_accept_item_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, accept_fields,
                struct sein_match_accept_item);
const struct sein_schema sein_match_item_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, match_fields, struct sein_match_item);
/* clang-format on */
