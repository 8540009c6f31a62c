#include "proto/blind/content/receipt.h"

static const struct sein_field receipt_fields[] = {
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_receipt_content, at),
      0, INT64_MAX },
    { "letter_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_receipt_content, letter_id), 0, SEIN_ID_BYTES },
    { "status", SEIN_FIELD_UINT, false,
      offsetof(struct sein_receipt_content, status), SEIN_RECEIPT_RECEIVED,
      SEIN_RECEIPT_ERASED },
};
const struct sein_schema sein_receipt_content_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, receipt_fields, struct sein_receipt_content);
