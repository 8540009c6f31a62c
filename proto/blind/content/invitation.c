#include "proto/blind/content/invitation.h"

#include "proto/blind/content/day.h"

static const struct sein_field invitation_fields[] = {
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_table_invitation, at),
      0, INT64_MAX },
    { "day", SEIN_FIELD_TEXT, false,
      offsetof(struct sein_table_invitation, day), SEIN_DAY_CHARS,
      SEIN_DAY_CHARS },
    { "headings", SEIN_FIELD_TEXT, false,
      offsetof(struct sein_table_invitation, headings), 1, SEIN_HEADINGS_MAX },
    { "purpose", SEIN_FIELD_TEXT, false,
      offsetof(struct sein_table_invitation, purpose), 1, SEIN_TEXT_MAX },
};
const struct sein_schema sein_table_invitation_schema = SEIN_SCHEMA(
    SEIN_LAYOUT_MAP, invitation_fields, struct sein_table_invitation);

static const struct sein_field consult_fields[] = {
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_consult, at), 0,
      INT64_MAX },
    { "text", SEIN_FIELD_TEXT, false, offsetof(struct sein_consult, text), 1,
      SEIN_NOTE_MAX },
};
const struct sein_schema sein_consult_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, consult_fields, struct sein_consult);

enum sein_err
sein_table_invitation_check(const struct sein_table_invitation *invitation)
{
    return sein_day_check(invitation->day);
}
