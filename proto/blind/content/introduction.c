#include "proto/blind/content/introduction.h"

#include "proto/trust/presence.h"
#include "proto/wire/unpack.h"

/* clang-format off */
static const struct sein_field introduction_fields[] = {
    SEIN_ROW(UINT, at, false, sein_introduction, 0, INT64_MAX),
    SEIN_ROW(TEXT, contact, true, sein_introduction, 1, SEIN_CONTACT_MAX),
    SEIN_ROW(BYTES, deposit, false, sein_introduction, 1, SEIN_DEPOSIT_MAX),
    SEIN_ROW(LIST, regie, true, sein_introduction, 0, SEIN_REGIE_CHAIN_MAX),
};
const struct sein_schema sein_introduction_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, introduction_fields, struct sein_introduction);
/* clang-format on */

enum sein_err
sein_introduction_next(struct sein_items *items,
                       struct sein_slice *out_statement)
{
    struct sein_slice raw = { 0 };
    struct sein_slice statement = { 0 };
    struct sein_reader in;
    enum sein_err err = sein_items_next_raw(items, &raw);

    if (err != SEIN_OK)
        return err;
    in = sein_reader_of(raw);
    err = sein_unpack_bytes(&in, &statement);
    if (err != SEIN_OK)
        return err;
    if (statement.len == 0 || statement.len > SEIN_REGIE_MAX)
        return SEIN_ERANGE;
    *out_statement = statement;
    return SEIN_OK;
}

enum sein_err
sein_introduction_check(const struct sein_introduction *introduction)
{
    struct sein_presence_view view = { 0 };
    struct sein_items items = { 0 };
    struct sein_slice statement = { 0 };
    enum sein_err err = sein_presence_open(introduction->deposit, &view);

    if (err == SEIN_OK)
        err = sein_items_begin(introduction->regie.raw, SEIN_REGIE_CHAIN_MAX,
                               &items);
    while (err == SEIN_OK)
        err = sein_introduction_next(&items, &statement);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}
