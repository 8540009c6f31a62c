#include "proto/wire/msg_letter.h"

static const struct sein_field put_item_fields[] = {
    { "from", SEIN_FIELD_TEXT, false, offsetof(struct sein_put_item, from), 1,
      SEIN_DESK_MAX },
    { "letter", SEIN_FIELD_BYTES, false, offsetof(struct sein_put_item, letter),
      1, SEIN_LETTER_MAX },
};
const struct sein_schema sein_put_item_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, put_item_fields, struct sein_put_item);

static const struct sein_field withdraw_item_fields[] = {
    { "from", SEIN_FIELD_TEXT, false, offsetof(struct sein_withdraw_item, from),
      1, SEIN_DESK_MAX },
    { "letter_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_withdraw_item, letter_id), 0, SEIN_ID_BYTES },
    { "op_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_withdraw_item, op_id), 0, SEIN_ID_BYTES },
};
const struct sein_schema sein_withdraw_item_schema = SEIN_SCHEMA(
    SEIN_LAYOUT_ARRAY, withdraw_item_fields, struct sein_withdraw_item);

static const struct sein_field credit_fields[] = {
    { "window", SEIN_FIELD_UINT, false, offsetof(struct sein_credit, window), 0,
      SEIN_CREDIT_MAX },
};
const struct sein_schema sein_credit_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, credit_fields, struct sein_credit);

static const struct sein_field deliver_item_fields[] = {
    { "seq", SEIN_FIELD_UINT, false, offsetof(struct sein_deliver_item, seq), 0,
      UINT64_MAX },
    { "desk", SEIN_FIELD_TEXT, false, offsetof(struct sein_deliver_item, desk),
      1, SEIN_DESK_MAX },
    { "accepted_at", SEIN_FIELD_UINT, false,
      offsetof(struct sein_deliver_item, accepted_at), 0, UINT64_MAX },
    { "type", SEIN_FIELD_UINT, false, offsetof(struct sein_deliver_item, type),
      0, SEIN_ITEM_MATCH },
    { "item", SEIN_FIELD_BYTES, false, offsetof(struct sein_deliver_item, item),
      1, SEIN_LETTER_MAX },
};
const struct sein_schema sein_deliver_item_schema = SEIN_SCHEMA(
    SEIN_LAYOUT_ARRAY, deliver_item_fields, struct sein_deliver_item);

static const struct sein_field ack_item_fields[] = {
    { "seq", SEIN_FIELD_UINT, false, offsetof(struct sein_ack_item, seq), 0,
      UINT64_MAX },
    { "desk", SEIN_FIELD_TEXT, false, offsetof(struct sein_ack_item, desk), 1,
      SEIN_DESK_MAX },
    { "status", SEIN_FIELD_UINT, false, offsetof(struct sein_ack_item, status),
      0, UINT64_MAX },
};
const struct sein_schema sein_ack_item_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, ack_item_fields, struct sein_ack_item);

static const struct sein_field acked_item_fields[] = {
    { "seq", SEIN_FIELD_UINT, false, offsetof(struct sein_acked_item, seq), 0,
      UINT64_MAX },
    { "code", SEIN_FIELD_UINT, false, offsetof(struct sein_acked_item, code), 0,
      UINT64_MAX },
};
const struct sein_schema sein_acked_item_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, acked_item_fields, struct sein_acked_item);

static const struct sein_field letter_header_fields[] = {
    { "v", SEIN_FIELD_UINT, false, offsetof(struct sein_letter_header, v), 0,
      UINT64_MAX },
    { "suite", SEIN_FIELD_UINT, false,
      offsetof(struct sein_letter_header, suite), 0, UINT64_MAX },
    { "circle", SEIN_FIELD_TEXT, false,
      offsetof(struct sein_letter_header, circle), 1, SEIN_CIRCLE_MAX },
    { "epoch", SEIN_FIELD_UINT, false,
      offsetof(struct sein_letter_header, epoch), 0, UINT32_MAX },
    { "letter_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_letter_header, letter_id), 0, SEIN_ID_BYTES },
    { "to", SEIN_FIELD_TEXT, false, offsetof(struct sein_letter_header, to), 1,
      SEIN_DESK_MAX },
    { "to_prekey_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_letter_header, to_prekey_id), 0, SEIN_ID_BYTES },
    { "expires", SEIN_FIELD_UINT, false,
      offsetof(struct sein_letter_header, expires), 1, INT64_MAX },
    { "hint", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_letter_header, hint), 0, SEIN_ID_BYTES },
};
const struct sein_schema sein_letter_header_schema = SEIN_SCHEMA(
    SEIN_LAYOUT_ARRAY, letter_header_fields, struct sein_letter_header);

#define LETTER_VERSION 1U
#define LETTER_SUITE 1U

size_t
sein_letter_bucket(size_t len)
{
    static const size_t buckets[] = { 1024, 4096, 16384,
                                      SEIN_LETTER_BUCKET_MAX };

    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
        if (len <= buckets[i])
            return buckets[i];
    }
    return 0;
}

static enum sein_err
check_header(const struct sein_letter_header *header)
{
    if (header->v != LETTER_VERSION)
        return SEIN_EVERSION;
    if (header->suite != LETTER_SUITE)
        return SEIN_ESUITE;
    if (sein_circle_check(header->circle) != SEIN_OK)
        return SEIN_ECIRCLE;
    if (sein_desk_check(header->to) != SEIN_OK)
        return SEIN_EDESK;
    return header->expires % SEIN_MS_PER_HOUR == 0 ? SEIN_OK : SEIN_ELIFE;
}

enum sein_err
sein_letter_split(struct sein_slice letter, struct sein_letter_view *out_view)
{
    struct sein_letter_view view = { 0 };
    struct sein_reader in = sein_reader_of(letter);
    struct sein_slice enc = { 0 };
    enum sein_err err = sein_read_lp(&in, &view.header_bytes);

    if (err != SEIN_OK)
        return err;
    if (view.header_bytes.len > SEIN_LETTER_HEADER_MAX)
        return SEIN_ETOOLONG;
    err = sein_read_bytes(&in, SEIN_HPKE_ENC_BYTES, &enc);
    if (err != SEIN_OK)
        return err;
    view.enc = enc.at;
    view.ct = sein_slice_of(in.at, in.left);
    err = sein_schema_decode_all(&sein_letter_header_schema, view.header_bytes,
                                 &view.header);
    if (err != SEIN_OK)
        return err;
    err = check_header(&view.header);
    if (err != SEIN_OK)
        return err;
    if (view.ct.len <= SEIN_HPKE_TAG_BYTES ||
        sein_letter_bucket(view.ct.len - SEIN_HPKE_TAG_BYTES) !=
            view.ct.len - SEIN_HPKE_TAG_BYTES)
        return SEIN_ESIZE;
    *out_view = view;
    return SEIN_OK;
}
