#include "client/lib/calendar.h"

#include <stddef.h>

#include "proto/base/limits.h"

#define THREATENING_WORKED_DAYS 3U
#define NORMAL_DAYS 28
#define DAYS_PER_WEEK 7

/* 1970-01-01 was a Thursday; 0 is Sunday. */
static int
weekday(int32_t days)
{
    int day = (int)((days + 4) % DAYS_PER_WEEK);

    return day < 0 ? day + DAYS_PER_WEEK : day;
}

static int64_t
floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* The last Sunday of March or October, both of 31 days. */
static int32_t
last_sunday(int16_t year, uint8_t month)
{
    int32_t last = sein_date_to_days((struct sein_date){ year, month, 31 });

    return last - weekday(last);
}

static bool
is_summer_time(int64_t at_ms, int16_t year)
{
    int64_t begins = last_sunday(year, 3) * SEIN_MS_PER_DAY + SEIN_MS_PER_HOUR;
    int64_t ends = last_sunday(year, 10) * SEIN_MS_PER_DAY + SEIN_MS_PER_HOUR;

    return at_ms >= begins && at_ms < ends;
}

enum sein_err
calendar_day_of(int64_t at_ms, struct sein_date *out_day)
{
    struct sein_date utc = { 0 };
    int64_t offset = SEIN_MS_PER_HOUR;
    enum sein_err err =
        sein_date_from_days(floor_div(at_ms, SEIN_MS_PER_DAY), &utc);

    if (err != SEIN_OK)
        return err;
    if (is_summer_time(at_ms, utc.year))
        offset += SEIN_MS_PER_HOUR;
    return sein_date_from_days(floor_div(at_ms + offset, SEIN_MS_PER_DAY),
                               out_day);
}

/* Easter Sunday by the Gregorian computus of Meeus, Jones and Butcher. */
static int32_t
easter(int16_t year)
{
    int a = year % 19;
    int b = year / 100;
    int c = year % 100;
    int d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    int e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7;
    int f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;

    return sein_date_to_days(
        (struct sein_date){ year, (uint8_t)(f / 31), (uint8_t)(f % 31 + 1) });
}

/* King's Day is 27 April, and the day before when that is a Sunday. */
static bool
is_kings_day(struct sein_date day)
{
    int32_t kings = sein_date_to_days((struct sein_date){ day.year, 4, 27 });

    if (weekday(kings) == 0)
        kings--;
    return sein_date_to_days(day) == kings;
}

static bool
is_fixed_holiday(struct sein_date day)
{
    static const struct {
        uint8_t month, day;
    } fixed[] = { { 1, 1 }, { 5, 5 }, { 12, 25 }, { 12, 26 } };

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (day.month == fixed[i].month && day.day == fixed[i].day)
            return true;
    }
    return is_kings_day(day);
}

/* Good Friday, Easter Monday, Ascension Day, Whit Monday; the Sundays are not
 * worked anyhow. */
static bool
is_moving_holiday(struct sein_date day)
{
    static const int after_easter[] = { -2, 1, 39, 50 };
    int32_t since = sein_date_to_days(day) - easter(day.year);

    for (size_t i = 0; i < sizeof after_easter / sizeof after_easter[0]; i++) {
        if (since == after_easter[i])
            return true;
    }
    return false;
}

bool
calendar_is_worked(struct sein_date day)
{
    int in_week = weekday(sein_date_to_days(day));

    return in_week != 0 && in_week != 6 && !is_fixed_holiday(day) &&
           !is_moving_holiday(day);
}

static enum sein_err
next_worked(int32_t days, struct sein_date *out_day)
{
    struct sein_date day = { 0 };
    enum sein_err err = sein_date_from_days(days, &day);

    while (err == SEIN_OK && !calendar_is_worked(day))
        err = sein_date_from_days(++days, &day);
    if (err == SEIN_OK)
        *out_day = day;
    return err;
}

enum sein_err
calendar_add_worked_days(struct sein_date day, unsigned count,
                         struct sein_date *out_day)
{
    struct sein_date at = day;

    for (unsigned i = 0; i < count; i++) {
        enum sein_err err = next_worked(sein_date_to_days(at) + 1, &at);

        if (err != SEIN_OK)
            return err;
    }
    *out_day = at;
    return SEIN_OK;
}

enum sein_err
calendar_deadline(int64_t received_ms, bool threatening,
                  struct sein_date *out_day)
{
    struct sein_date received = { 0 };
    enum sein_err err = calendar_day_of(received_ms, &received);

    if (err != SEIN_OK)
        return err;
    if (threatening)
        return calendar_add_worked_days(received, THREATENING_WORKED_DAYS,
                                        out_day);
    return next_worked(sein_date_to_days(received) + NORMAL_DAYS, out_day);
}

int
calendar_worked_days_between(struct sein_date from, struct sein_date to)
{
    int32_t first = sein_date_to_days(from);
    int32_t last = sein_date_to_days(to);
    int sign = first <= last ? 1 : -1;
    int count = 0;

    if (sign < 0) {
        int32_t swap = first;

        first = last;
        last = swap;
    }
    for (int32_t days = first + 1; days <= last; days++) {
        struct sein_date day = { 0 };

        if (sein_date_from_days(days, &day) == SEIN_OK &&
            calendar_is_worked(day))
            count++;
    }
    return sign * count;
}
