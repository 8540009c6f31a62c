#include "proto/blind/content/message.h"

static const struct sein_field message_fields[] = {
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_message, at), 0,
      INT64_MAX },
    { "text", SEIN_FIELD_TEXT, false, offsetof(struct sein_message, text), 1,
      SEIN_NOTE_MAX },
};
const struct sein_schema sein_message_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, message_fields, struct sein_message);
