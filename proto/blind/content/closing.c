#include "proto/blind/content/closing.h"

#include "proto/base/limits.h"

static const struct sein_field ending_fields[] = {
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_ending, at), 0,
      INT64_MAX },
    { "letter_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_ending, letter_id), 0, SEIN_ID_BYTES },
    { "reason", SEIN_FIELD_TEXT, true, offsetof(struct sein_ending, reason), 1,
      SEIN_TEXT_MAX },
};
const struct sein_schema sein_ending_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, ending_fields, struct sein_ending);
