#include "proto/wire/msg_confirm.h"

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
test_confirm(void **state)
{
    static const struct schema_case rows[] = {
        { "heads", SEIN_FIELD_LIST, false, 0, 256 },
        { "verdicts", SEIN_FIELD_LIST, false, 0, 256 },
    };

    (void)state;
    RUN(sein_confirm_schema, rows);
}

static void
test_signed_head(void **state)
{
    static const struct schema_case rows[] = {
        { "head", SEIN_FIELD_BYTES, false, 1, 160 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    RUN(sein_signed_head_schema, rows);
}

static void
test_verdict(void **state)
{
    static const struct schema_case rows[] = {
        { "op_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "code", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "at", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "receipt", SEIN_FIELD_BYTES, false, 0, 642 },
    };

    (void)state;
    RUN(sein_verdict_schema, rows);
}
/* clang-format on */

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_signed_head),
        cmocka_unit_test(test_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
