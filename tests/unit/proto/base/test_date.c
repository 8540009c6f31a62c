#include "proto/base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum sein_err
parse(const char *text, struct sein_date *out_date)
{
    return sein_date_parse(sein_slice_text(text), out_date);
}

static void
test_parse_takes_both_forms(void **state)
{
    static const struct {
        const char *text;
        struct sein_date date;
    } rows[] = {
        { "2026-01-31", { 2026, 1, 31 } }, { "31-01-2026", { 2026, 1, 31 } },
        { "1900-01-01", { 1900, 1, 1 } },  { "31-12-2199", { 2199, 12, 31 } },
        { "2000-02-29", { 2000, 2, 29 } }, { "29-02-2024", { 2024, 2, 29 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sein_date date = { 0 };

        assert_int_equal(parse(rows[i].text, &date), SEIN_OK);
        assert_int_equal(sein_date_compare(date, rows[i].date), 0);
    }
}

static void
test_parse_refuses_the_rest(void **state)
{
    static const char *const rows[] = {
        "",           "2026",       "2026-1-31",  "2026-01-3",   "2026-01-32",
        "2026-00-10", "2026-13-10", "2026-04-31", "2026-02-29",  "1900-02-29",
        "2100-02-29", "1899-12-31", "2200-01-01", "31-13-2026",  "00-01-2026",
        "31/01/2026", "2026/01/31", "20260131  ", " 2026-01-31", "2026-01-31 ",
        "2o26-01-31", "2026-0x-31", "2026-01-3x", "-026-01-31",  "2026-01-031",
        "12-34-5678", "+026-01-31", "31-01-26",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sein_date date = { 1, 2, 3 };

        assert_int_equal(parse(rows[i], &date), SEIN_EDATE);
        assert_true(date.year == 1 && date.month == 2 && date.day == 3);
    }
}

static void
test_parse_refuses_every_truncation(void **state)
{
    static const char text[] = "2026-01-31";
    struct sein_date date = { 0 };

    (void)state;
    for (size_t len = 0; len < SEIN_DATE_CHARS; len++) {
        uint8_t *copy = malloc(len + 1);
        struct sein_slice cut = { 0 };

        assert_non_null(copy);
        memcpy(copy, text, len);
        cut = sein_slice_of(copy, len);
        assert_int_equal(sein_date_parse(cut, &date), SEIN_EDATE);
        free(copy);
    }
}

static void
test_days_known(void **state)
{
    static const struct {
        struct sein_date date;
        int32_t days;
    } rows[] = {
        { { 1970, 1, 1 }, 0 },       { { 1969, 12, 31 }, -1 },
        { { 1900, 1, 1 }, -25567 },  { { 2000, 2, 29 }, 11016 },
        { { 2000, 3, 1 }, 11017 },   { { 2026, 11, 21 }, 20778 },
        { { 2199, 12, 31 }, 84005 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sein_date_to_days(rows[i].date), rows[i].days);
}

static void
test_days_every_day_and_back(void **state)
{
    struct sein_date before = { 0 };
    struct sein_date date = { 0 };

    (void)state;
    for (int32_t days = -25567; days <= 84005; days++) {
        char text[SEIN_DATE_CHARS + 1];
        struct sein_date again = { 0 };

        assert_int_equal(sein_date_from_days(days, &date), SEIN_OK);
        assert_true(sein_date_valid(date));
        assert_int_equal(sein_date_to_days(date), days);
        assert_true(sein_date_compare(before, date) < 0);
        assert_true(sein_date_compare(date, before) > 0);
        sein_date_format(date, text);
        assert_int_equal(parse(text, &again), SEIN_OK);
        assert_int_equal(sein_date_compare(date, again), 0);
        before = date;
    }
    assert_int_equal(date.year, SEIN_YEAR_MAX);
}

static void
test_days_outside_refused(void **state)
{
    static const int64_t rows[] = { -25568,    84006,     INT64_MIN,
                                    INT64_MAX, INT32_MIN, INT32_MAX };
    struct sein_date date = { 1, 2, 3 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sein_date_from_days(rows[i], &date), SEIN_EDATE);
    assert_int_equal(date.year, 1);
}

static void
test_format(void **state)
{
    char text[SEIN_DATE_CHARS + 1];

    (void)state;
    sein_date_format((struct sein_date){ 2010, 1, 31 }, text);
    assert_string_equal(text, "2010-01-31");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_takes_both_forms),
        cmocka_unit_test(test_parse_refuses_the_rest),
        cmocka_unit_test(test_parse_refuses_every_truncation),
        cmocka_unit_test(test_days_known),
        cmocka_unit_test(test_days_every_day_and_back),
        cmocka_unit_test(test_days_outside_refused),
        cmocka_unit_test(test_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
