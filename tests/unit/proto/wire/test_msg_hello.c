#include "proto/wire/msg_hello.h"

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
test_hello(void **state)
{
    static const struct schema_case rows[] = {
        { "home_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "dir_version", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "take_over", SEIN_FIELD_BOOL, false, 0, 1 },
        { "desks", SEIN_FIELD_LIST, false, 0, 64 },
    };

    (void)state;
    RUN(sein_hello_schema, rows);
}

static void
test_welcome(void **state)
{
    static const struct schema_case rows[] = {
        { "log_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "dir_version", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "now", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "lease_ms", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "credit_max", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
    };

    (void)state;
    RUN(sein_welcome_schema, rows);
}

static void
test_pong(void **state)
{
    static const struct schema_case rows[] = {
        { "now", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "dir_version", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
    };

    (void)state;
    RUN(sein_pong_schema, rows);
}

static void
test_error(void **state)
{
    static const struct schema_case rows[] = {
        { "code", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "at", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
    };

    (void)state;
    RUN(sein_error_schema, rows);
}
/* clang-format on */

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_welcome),
        cmocka_unit_test(test_pong),
        cmocka_unit_test(test_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
