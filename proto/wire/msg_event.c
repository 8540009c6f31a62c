#include "proto/wire/msg_event.h"

static const struct sein_field event_fields[] = {
    { "v", SEIN_FIELD_UINT, false, offsetof(struct sein_event, v), 1, 1 },
    { "type", SEIN_FIELD_UINT, false, offsetof(struct sein_event, type), 0,
      UINT64_MAX },
    { "event_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_event, event_id), 0, SEIN_ID_BYTES },
    { "letter_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_event, letter_id), 0, SEIN_ID_BYTES },
    { "desk", SEIN_FIELD_TEXT, false, offsetof(struct sein_event, desk), 1,
      SEIN_DESK_MAX },
    { "circle", SEIN_FIELD_TEXT, false, offsetof(struct sein_event, circle), 1,
      SEIN_CIRCLE_MAX },
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_event, at), 0,
      UINT64_MAX },
    { "code", SEIN_FIELD_UINT, false, offsetof(struct sein_event, code), 0,
      UINT64_MAX },
};
const struct sein_schema sein_event_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, event_fields, struct sein_event);
