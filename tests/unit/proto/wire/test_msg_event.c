#include "proto/wire/msg_event.h"

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
test_event(void **state)
{
    static const struct schema_case rows[] = {
        { "v", SEIN_FIELD_UINT, false, 1, 1 },
        { "type", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "event_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "letter_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "at", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "code", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
    };

    (void)state;
    RUN(sein_event_schema, rows);
}
/* clang-format on */

static void
test_the_largest_event_fits(void **state)
{
    char desk[SEIN_DESK_MAX];
    char circle[SEIN_CIRCLE_MAX];
    uint8_t buffer[SEIN_EVENT_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_event event = {
        .v = 1,
        .type = UINT64_MAX,
        .desk = sein_slice_of((const uint8_t *)desk, sizeof desk),
        .circle = sein_slice_of((const uint8_t *)circle, sizeof circle),
        .at = UINT64_MAX,
        .code = UINT64_MAX,
    };

    (void)state;
    memset(desk, 'd', sizeof desk);
    memset(circle, 'c', sizeof circle);
    assert_int_equal(sein_schema_encode(&sein_event_schema, &event, &out),
                     SEIN_OK);
    assert_false(out.failed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_the_largest_event_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
