#include "proto/blind/content/parting.h"

/* clang-format off */
static const struct sein_field parting_fields[] = {
    SEIN_ROW(UINT, at, false, sein_parting, 0, INT64_MAX),
    SEIN_ROW(TEXT, reason, false, sein_parting, 1, SEIN_CODE_MAX),
};
const struct sein_schema sein_parting_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, parting_fields, struct sein_parting);
/* clang-format on */

enum sein_err
sein_parting_check(const struct sein_parting *parting)
{
    return sein_slice_is(parting->reason, SEIN_PARTING_NOT_SAME) ||
                   sein_slice_is(parting->reason, SEIN_PARTING_ENDED)
               ? SEIN_OK
               : SEIN_ECODE;
}
