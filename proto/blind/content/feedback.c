#include "proto/blind/content/feedback.h"

#include "proto/base/ids.h"

static const struct sein_field feedback_fields[] = {
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_feedback, at), 0,
      INT64_MAX },
    { "outcome", SEIN_FIELD_TEXT, false,
      offsetof(struct sein_feedback, outcome), 1, SEIN_CODE_MAX },
};
const struct sein_schema sein_feedback_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, feedback_fields, struct sein_feedback);

enum sein_err
sein_feedback_check(const struct sein_feedback *feedback)
{
    return sein_code_check(feedback->outcome);
}
