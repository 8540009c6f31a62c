#include "proto/blind/content/day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_one_form_only(void **state)
{
    static const char *const bad[] = {
        "",           "31-01-2026",  "2026-02-30",  "2026-1-31",
        "2026-01-3",  "2026-01-31 ", " 2026-01-31", "2026/01/31",
        "20260131",   "1899-12-31",  "2200-01-01",  "2026-01/31",
        "2026-13-01",
    };

    (void)state;
    assert_int_equal(sein_day_check(sein_slice_text("2026-01-31")), SEIN_OK);
    assert_int_equal(sein_day_check(sein_slice_text("2024-02-29")), SEIN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sein_day_check(sein_slice_text(bad[i])), SEIN_EDATE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_form_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
