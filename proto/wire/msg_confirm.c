#include "proto/wire/msg_confirm.h"

static const struct sein_field confirm_fields[] = {
    { "heads", SEIN_FIELD_LIST, false, offsetof(struct sein_confirm, heads), 0,
      SEIN_ITEMS_MAX },
    { "verdicts", SEIN_FIELD_LIST, false,
      offsetof(struct sein_confirm, verdicts), 0, SEIN_ITEMS_MAX },
};
const struct sein_schema sein_confirm_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, confirm_fields, struct sein_confirm);

static const struct sein_field signed_head_fields[] = {
    { "head", SEIN_FIELD_BYTES, false, offsetof(struct sein_signed_head, head),
      1, SEIN_HEAD_MAX },
    { "signature", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_signed_head, signature), 0, SEIN_SIG_BYTES },
};
const struct sein_schema sein_signed_head_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, signed_head_fields, struct sein_signed_head);

static const struct sein_field verdict_fields[] = {
    { "op_id", SEIN_FIELD_FIXED, false, offsetof(struct sein_verdict, op_id), 0,
      SEIN_ID_BYTES },
    { "code", SEIN_FIELD_UINT, false, offsetof(struct sein_verdict, code), 0,
      UINT64_MAX },
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_verdict, at), 0,
      UINT64_MAX },
    { "receipt", SEIN_FIELD_BYTES, false,
      offsetof(struct sein_verdict, receipt), 0, SEIN_RECEIPT_MAX },
};
const struct sein_schema sein_verdict_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, verdict_fields, struct sein_verdict);
