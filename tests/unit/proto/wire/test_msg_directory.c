#include "proto/wire/msg_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/schema_cases.h"

#define RUN(schema, rows) \
    schema_cases_run(&(schema), rows, sizeof(rows) / sizeof((rows)[0]))

/* The rows of PROTOCOL.md. */
/* clang-format off */
static void
test_dir_get(void **state)
{
    static const struct schema_case rows[] = {
        { "version", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "offset", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
    };

    (void)state;
    RUN(sein_dir_get_schema, rows);
}

static void
test_dir_part(void **state)
{
    static const struct schema_case rows[] = {
        { "version", SEIN_FIELD_UINT, false, 1, UINT64_MAX },
        { "newest", SEIN_FIELD_UINT, false, 1, UINT64_MAX },
        { "total", SEIN_FIELD_UINT, false, 1, 4194304 },
        { "offset", SEIN_FIELD_UINT, false, 0, 4194304 },
        { "part", SEIN_FIELD_BYTES, false, 0, 131072 },
    };

    (void)state;
    RUN(sein_dir_part_schema, rows);
}

static void
test_signed_prekey(void **state)
{
    static const struct schema_case rows[] = {
        { "statement", SEIN_FIELD_BYTES, false, 1, 256 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    RUN(sein_signed_prekey_schema, rows);
}

static void
test_prekeys_item(void **state)
{
    static const struct schema_case rows[] = {
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "last_read_at", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "prekeys", SEIN_FIELD_LIST, false, 0, 3 },
    };

    (void)state;
    RUN(sein_prekeys_item_schema, rows);
}

static void
test_heads_get(void **state)
{
    static const struct schema_case rows[] = {
        { "from", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "count", SEIN_FIELD_UINT, false, 1, 256 },
    };

    (void)state;
    RUN(sein_heads_get_schema, rows);
}

static void
test_op_item(void **state)
{
    static const struct schema_case rows[] = {
        { "op_id", SEIN_FIELD_FIXED, false, 0, 16 },
    };

    (void)state;
    RUN(sein_op_item_schema, rows);
}
/* clang-format on */

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dir_get),
        cmocka_unit_test(test_dir_part),
        cmocka_unit_test(test_signed_prekey),
        cmocka_unit_test(test_prekeys_item),
        cmocka_unit_test(test_heads_get),
        cmocka_unit_test(test_op_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
