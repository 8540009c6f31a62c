#include "proto/wire/msg_presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/schema_cases.h"

#define RUN(schema, rows) \
    schema_cases_run(&(schema), rows, sizeof(rows) / sizeof((rows)[0]))

/* The rows of PROTOCOL.md. */
/* clang-format off */
static void
test_deposit(void **state)
{
    static const struct schema_case rows[] = {
        { "note", SEIN_FIELD_BYTES, false, 1, 192 },
        { "nmac", SEIN_FIELD_FIXED, false, 0, 32 },
        { "core", SEIN_FIELD_BYTES, false, 1, 384 },
        { "mac", SEIN_FIELD_FIXED, false, 0, 32 },
        { "psig", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    RUN(sein_deposit_schema, rows);
}

static void
test_deposit_note(void **state)
{
    static const struct schema_case rows[] = {
        { "note", SEIN_FIELD_BYTES, false, 1, 192 },
        { "nmac", SEIN_FIELD_FIXED, false, 0, 32 },
    };

    (void)state;
    RUN(sein_deposit_note_schema, rows);
}

static void
test_presence_put_item(void **state)
{
    static const struct schema_case rows[] = {
        { "from", SEIN_FIELD_TEXT, false, 1, 53 },
        { "tag", SEIN_FIELD_FIXED, false, 0, 32 },
        { "deposit", SEIN_FIELD_BYTES, false, 1, 736 },
    };

    (void)state;
    RUN(sein_presence_put_item_schema, rows);
}

static void
test_presence_withdraw_item(void **state)
{
    static const struct schema_case rows[] = {
        { "from", SEIN_FIELD_TEXT, false, 1, 53 },
        { "presence_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "op_id", SEIN_FIELD_FIXED, false, 0, 16 },
    };

    (void)state;
    RUN(sein_presence_withdraw_item_schema, rows);
}

static void
test_match_accept_item(void **state)
{
    static const struct schema_case rows[] = {
        { "from", SEIN_FIELD_TEXT, false, 1, 53 },
        { "match_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "op_id", SEIN_FIELD_FIXED, false, 0, 16 },
    };

    (void)state;
    RUN(sein_match_accept_item_schema, rows);
}

static void
test_match_item(void **state)
{
    static const struct schema_case rows[] = {
        { "v", SEIN_FIELD_UINT, false, 1, 1 },
        { "type", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "event_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "match_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "presence_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "at", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "deposit", SEIN_FIELD_BYTES, false, 0, 736 },
    };

    (void)state;
    RUN(sein_match_item_schema, rows);
}
/* clang-format on */

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deposit),
        cmocka_unit_test(test_deposit_note),
        cmocka_unit_test(test_presence_put_item),
        cmocka_unit_test(test_presence_withdraw_item),
        cmocka_unit_test(test_match_accept_item),
        cmocka_unit_test(test_match_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
