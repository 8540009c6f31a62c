#include "client/govern/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/date.h"
#include "proto/base/limits.h"

/* 1970-01-01 was a Thursday: day 3 counted from Sunday 0 is a Sunday. */
#define DAYS_TO_SUNDAY 3
#define SUMMER_FIRST_MONTH 3U
#define SUMMER_LAST_MONTH 10U

#ifdef SEIN_TEST_BUILD
static enum sein_err
test_offset(int64_t *out_ms)
{
    const char *path = getenv("SEIN_TEST_CLOCK");
    char text[32] = "";
    char *end = NULL;
    FILE *file = NULL;

    *out_ms = 0;
    if (path == NULL)
        return SEIN_OK;
    file = fopen(path, "re");
    if (file == NULL)
        return SEIN_EIO;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file); /* only read */
    *out_ms = strtoll(text, &end, 10);
    if (end == text || (*end != '\0' && *end != '\n'))
        return SEIN_EFORMAT;
    return SEIN_OK;
}
#else
static enum sein_err
test_offset(int64_t *out_ms)
{
    *out_ms = 0;
    return SEIN_OK;
}
#endif

enum sein_err
moment_now(int64_t *out_ms)
{
    struct timespec now;
    int64_t offset = 0;
    enum sein_err err = SEIN_OK;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return SEIN_EIO;
    err = test_offset(&offset);
    if (err == SEIN_OK)
        *out_ms = (int64_t)now.tv_sec * SEIN_MS_PER_S +
                  now.tv_nsec / INT64_C(1000000) + offset;
    return err;
}

/* Days since 1970 of the last Sunday of a month that has 31 days. */
static int32_t
last_sunday(int16_t year, uint8_t month)
{
    int32_t last = sein_date_to_days((struct sein_date){ year, month, 31 });

    return last - ((last - DAYS_TO_SUNDAY) % 7 + 7) % 7;
}

/* The clock moves at 01:00 UTC of those Sundays: their midnights still have
 * the time of the day before.  Source: directive 2000/84/EC. */
static int64_t
midnight_ms(struct sein_date date)
{
    int32_t day = sein_date_to_days(date);
    bool summer = day > last_sunday(date.year, SUMMER_FIRST_MONTH) &&
                  day <= last_sunday(date.year, SUMMER_LAST_MONTH);

    return day * SEIN_MS_PER_DAY - (summer ? 2 : 1) * SEIN_MS_PER_HOUR;
}

static enum sein_err
parse_day(struct sein_slice text, enum moment_edge edge, int64_t *out_ms)
{
    struct sein_date date;
    enum sein_err err = sein_date_parse(text, &date);

    if (err == SEIN_OK && edge == MOMENT_ENDS)
        err = sein_date_from_days((int64_t)sein_date_to_days(date) + 1, &date);
    if (err == SEIN_OK && date.year <= 1970)
        err = SEIN_EDATE;
    if (err == SEIN_OK)
        *out_ms = midnight_ms(date);
    return err;
}

/* Two digits below max, or -1. */
static int64_t
two_digits(const uint8_t *at, int64_t max)
{
    int64_t value = 0;

    for (size_t i = 0; i < 2; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value < max ? value : -1;
}

/* ".250", or nothing: -1 when it is neither. */
static int64_t
fraction_ms(struct sein_slice text)
{
    int64_t value = 0;

    if (text.len == 0)
        return 0;
    if (text.len != 4 || text.at[0] != '.')
        return -1;
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return -1;
        value = value * 10 + (text.at[i] - '0');
    }
    return value;
}

/* 2027-12-31T12:00:00Z, 2027-12-31T12:00:00.250Z */
static enum sein_err
parse_moment(struct sein_slice text, int64_t *out_ms)
{
    const uint8_t *at = text.at;
    struct sein_date date;
    int64_t hour, minute, second, ms;
    enum sein_err err = SEIN_OK;

    if (text.len < 20 || at[10] != 'T' || at[13] != ':' || at[16] != ':' ||
        at[text.len - 1] != 'Z')
        return SEIN_EDATE;
    hour = two_digits(at + 11, 24);
    minute = two_digits(at + 14, 60);
    second = two_digits(at + 17, 60);
    ms = fraction_ms(sein_slice_of(at + 19, text.len - 20));
    if (hour < 0 || minute < 0 || second < 0 || ms < 0)
        return SEIN_EDATE;
    err = sein_date_parse(sein_slice_of(at, SEIN_DATE_CHARS), &date);
    if (err != SEIN_OK)
        return err;
    if (date.year < 1970)
        return SEIN_EDATE;
    *out_ms = sein_date_to_days(date) * SEIN_MS_PER_DAY +
              hour * SEIN_MS_PER_HOUR + minute * SEIN_MS_PER_MIN +
              second * SEIN_MS_PER_S + ms;
    return SEIN_OK;
}

enum sein_err
moment_parse(struct sein_slice text, enum moment_edge edge, int64_t *out_ms)
{
    if (text.len == SEIN_DATE_CHARS)
        return parse_day(text, edge, out_ms);
    return parse_moment(text, out_ms);
}

/* Whether ms is the midnight of a day of Amsterdam. */
static bool
is_midnight(int64_t ms, struct sein_date *out_date)
{
    /* Three hours on it is that same day in UTC, in summer and winter. */
    int64_t day = (ms + 3 * SEIN_MS_PER_HOUR) / SEIN_MS_PER_DAY;

    return sein_date_from_days(day, out_date) == SEIN_OK &&
           midnight_ms(*out_date) == ms;
}

void
moment_format(int64_t ms, enum moment_edge edge,
              char out_text[static MOMENT_TEXT_BYTES])
{
    struct sein_date date = { 0 };
    char day[SEIN_DATE_CHARS + 1] = "";
    int64_t rest = ms % SEIN_MS_PER_DAY;

    if (is_midnight(ms, &date) &&
        sein_date_from_days(
            sein_date_to_days(date) - (edge == MOMENT_ENDS ? 1 : 0), &date) ==
            SEIN_OK) {
        sein_date_format(date, out_text);
        return;
    }
    if (ms < 0 || sein_date_from_days(ms / SEIN_MS_PER_DAY, &date) != SEIN_OK) {
        (void)snprintf(out_text, MOMENT_TEXT_BYTES, "%lld", (long long)ms);
        return;
    }
    sein_date_format(date, day);
    (void)snprintf(out_text, MOMENT_TEXT_BYTES, "%sT%02d:%02d:%02d", day,
                   (int)(rest / SEIN_MS_PER_HOUR),
                   (int)(rest / SEIN_MS_PER_MIN % 60),
                   (int)(rest / SEIN_MS_PER_S % 60));
    if (rest % SEIN_MS_PER_S != 0)
        (void)snprintf(out_text + strlen(out_text),
                       MOMENT_TEXT_BYTES - strlen(out_text), ".%03d",
                       (int)(rest % SEIN_MS_PER_S));
    (void)snprintf(out_text + strlen(out_text),
                   MOMENT_TEXT_BYTES - strlen(out_text), "Z");
}
