#include "proto/blind/content/regie.h"

#include "proto/base/ids.h"

/* clang-format off */
static const struct sein_field regie_fields[] = {
    SEIN_ROW(UINT, at, false, sein_regie_content, 0, INT64_MAX),
    SEIN_ROW(TEXT, propose, true, sein_regie_content, 1, SEIN_DESK_MAX),
    SEIN_ROW(BYTES, release, true, sein_regie_content, 1, SEIN_RELEASE_MAX),
    SEIN_ROW(BYTES, statement, true, sein_regie_content, 1, SEIN_REGIE_MAX),
};
const struct sein_schema sein_regie_content_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, regie_fields, struct sein_regie_content);
/* clang-format on */

enum sein_err
sein_regie_content_check(const struct sein_regie_content *regie)
{
    int there = (regie->propose.len > 0) + (regie->release.len > 0) +
                (regie->statement.len > 0);

    if (there != 1)
        return SEIN_ECONTENT;
    return regie->propose.len > 0 ? sein_desk_check(regie->propose) : SEIN_OK;
}
