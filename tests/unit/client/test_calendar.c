#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/lib/calendar.h"
#include "proto/base/limits.h"

static struct sein_date
date(const char *text)
{
    struct sein_date value = { 0 };

    assert_int_equal(sein_date_parse(sein_slice_text(text), &value), SEIN_OK);
    return value;
}

static int64_t
utc(const char *day, int64_t hour, int64_t minute)
{
    return sein_date_to_days(date(day)) * SEIN_MS_PER_DAY +
           hour * SEIN_MS_PER_HOUR + minute * SEIN_MS_PER_MIN;
}

static void
assert_day(int64_t at_ms, const char *expected)
{
    struct sein_date day = { 0 };
    char text[SEIN_DATE_CHARS + 1];

    assert_int_equal(calendar_day_of(at_ms, &day), SEIN_OK);
    sein_date_format(day, text);
    assert_string_equal(text, expected);
}

static void
day_in_amsterdam_follows_summer_time(void **state)
{
    (void)state;
    assert_day(utc("2026-01-31", 22, 59), "2026-01-31");
    assert_day(utc("2026-01-31", 23, 0), "2026-02-01");
    assert_day(utc("2026-07-01", 21, 59), "2026-07-01");
    assert_day(utc("2026-07-01", 22, 0), "2026-07-02");
    /* 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC */
    assert_day(utc("2026-03-28", 22, 59), "2026-03-28");
    assert_day(utc("2026-03-28", 23, 0), "2026-03-29");
    assert_day(utc("2026-03-29", 22, 0), "2026-03-30");
    assert_day(utc("2026-10-24", 22, 0), "2026-10-25");
    assert_day(utc("2026-10-25", 22, 59), "2026-10-25");
    assert_day(utc("2026-10-25", 23, 0), "2026-10-26");
}

static void
holidays_are_not_worked(void **state)
{
    static const char *const holidays[] = {
        "2026-01-01", "2026-04-03", "2026-04-06", "2026-04-27", "2026-05-05",
        "2026-05-14", "2026-05-25", "2026-12-25", "2027-03-26", "2027-03-29",
        "2027-05-06", "2027-05-17", "2025-04-26", "2025-04-21", "2024-05-20",
    };
    static const char *const worked[] = {
        "2026-01-02", "2026-04-07", "2026-04-28", "2026-12-24",
        "2025-04-28", "2026-05-15", "2027-04-27",
    };

    (void)state;
    for (size_t i = 0; i < sizeof holidays / sizeof holidays[0]; i++) {
        if (calendar_is_worked(date(holidays[i])))
            fail_msg("%s is a holiday", holidays[i]);
    }
    /* 27 April 2027 is a Tuesday and King's Day; the others are worked. */
    for (size_t i = 0; i + 1 < sizeof worked / sizeof worked[0]; i++) {
        if (!calendar_is_worked(date(worked[i])))
            fail_msg("%s is worked", worked[i]);
    }
    assert_false(calendar_is_worked(date("2027-04-27")));
    assert_false(calendar_is_worked(date("2026-11-21")));
    assert_false(calendar_is_worked(date("2026-11-22")));
}

static void
assert_deadline(int64_t at_ms, bool threatening, const char *expected)
{
    struct sein_date day = { 0 };
    char text[SEIN_DATE_CHARS + 1];

    assert_int_equal(calendar_deadline(at_ms, threatening, &day), SEIN_OK);
    sein_date_format(day, text);
    assert_string_equal(text, expected);
}

static void
clocks_count_worked_days(void **state)
{
    (void)state;
    /* Thursday: Friday, Monday, Tuesday. */
    assert_deadline(utc("2026-11-19", 12, 0), true, "2026-11-24");
    /* Thursday before Easter: Tuesday, Wednesday, Thursday. */
    assert_deadline(utc("2026-04-02", 12, 0), true, "2026-04-09");
    assert_deadline(utc("2026-12-24", 12, 0), true, "2026-12-30");
    /* Four weeks on; the last falls on a holiday and moves. */
    assert_deadline(utc("2026-11-19", 12, 0), false, "2026-12-17");
    assert_deadline(utc("2026-11-27", 12, 0), false, "2026-12-28");
    /* Received at 23:30 in Amsterdam is the next day's only after midnight. */
    assert_deadline(utc("2026-11-19", 22, 30), true, "2026-11-24");
    assert_deadline(utc("2026-11-19", 23, 30), true, "2026-11-25");
}

static void
worked_days_between_counts_both_ways(void **state)
{
    (void)state;
    assert_int_equal(
        calendar_worked_days_between(date("2026-11-19"), date("2026-11-24")),
        3);
    assert_int_equal(
        calendar_worked_days_between(date("2026-11-24"), date("2026-11-19")),
        -3);
    assert_int_equal(
        calendar_worked_days_between(date("2026-11-21"), date("2026-11-22")),
        0);
}

static void
outside_the_years_is_an_error(void **state)
{
    struct sein_date day = { 0 };

    (void)state;
    assert_int_equal(calendar_day_of(INT64_MAX, &day), SEIN_EDATE);
    assert_int_equal(calendar_deadline(utc("2199-12-31", 12, 0), false, &day),
                     SEIN_EDATE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(day_in_amsterdam_follows_summer_time),
        cmocka_unit_test(holidays_are_not_worked),
        cmocka_unit_test(clocks_count_worked_days),
        cmocka_unit_test(worked_days_between_counts_both_ways),
        cmocka_unit_test(outside_the_years_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
