#include "proto/base/date.h"

#include <assert.h>

#define MONTHS 12
#define DAYS_PER_YEAR 365
/* Days from 0000-03-01 to 1970-01-01, in the Gregorian calendar. */
#define EPOCH_DAY 719468
/* 400 years repeat exactly. */
#define DAYS_PER_ERA 146097
#define YEARS_PER_ERA 400

static bool
is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in_month(int year, int month)
{
    static const uint8_t days[MONTHS] = { 31, 28, 31, 30, 31, 30,
                                          31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

bool
sein_date_valid(struct sein_date date)
{
    if (date.year < SEIN_YEAR_MIN || date.year > SEIN_YEAR_MAX)
        return false;
    if (date.month < 1 || date.month > MONTHS)
        return false;
    return date.day >= 1 && date.day <= days_in_month(date.year, date.month);
}

/* Exactly len digits, at most four; -1 when one of them is something else. */
static int
read_number(const uint8_t *at, size_t len)
{
    int value = 0;

    for (size_t i = 0; i < len; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = 10 * value + (at[i] - '0');
    }
    return value;
}

enum sein_err
sein_date_parse(struct sein_slice text, struct sein_date *out_date)
{
    const uint8_t *at = text.at;
    struct sein_date date = { 0 };
    bool iso = false;
    int year = 0;
    int month = 0;
    int day = 0;

    if (text.len != SEIN_DATE_CHARS)
        return SEIN_EDATE;
    iso = at[4] == '-' && at[7] == '-';
    if (!iso && (at[2] != '-' || at[5] != '-'))
        return SEIN_EDATE;
    year = read_number(iso ? at : at + 6, 4);
    month = read_number(iso ? at + 5 : at + 3, 2);
    day = read_number(iso ? at + 8 : at, 2);
    if (year < 0 || month < 0 || day < 0)
        return SEIN_EDATE;
    date = (struct sein_date){ .year = (int16_t)year,
                               .month = (uint8_t)month,
                               .day = (uint8_t)day };
    if (!sein_date_valid(date))
        return SEIN_EDATE;
    *out_date = date;
    return SEIN_OK;
}

static void
write_number(char *at, size_t len, int value)
{
    for (size_t i = len; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

void
sein_date_format(struct sein_date date,
                 char out_text[static SEIN_DATE_CHARS + 1])
{
    assert(sein_date_valid(date));
    write_number(out_text, 4, date.year);
    out_text[4] = '-';
    write_number(out_text + 5, 2, date.month);
    out_text[7] = '-';
    write_number(out_text + 8, 2, date.day);
    out_text[SEIN_DATE_CHARS] = '\0';
}

/* A year begins in March here, so that the leap day is its last one. */
int32_t
sein_date_to_days(struct sein_date date)
{
    int32_t year = date.year - (date.month <= 2 ? 1 : 0);
    int32_t era = year / YEARS_PER_ERA;
    int32_t year_of_era = year - era * YEARS_PER_ERA;
    int32_t month = (date.month + 9) % MONTHS;
    int32_t day_of_year = (153 * month + 2) / 5 + date.day - 1;

    assert(sein_date_valid(date));
    return era * DAYS_PER_ERA + year_of_era * DAYS_PER_YEAR + year_of_era / 4 -
           year_of_era / 100 + day_of_year - EPOCH_DAY;
}

enum sein_err
sein_date_from_days(int64_t days, struct sein_date *out_date)
{
    static const struct sein_date first = { SEIN_YEAR_MIN, 1, 1 };
    static const struct sein_date last = { SEIN_YEAR_MAX, MONTHS, 31 };
    int32_t since = 0;
    int32_t era = 0;
    int32_t day = 0;
    int32_t year = 0;
    int32_t month = 0;

    if (days < sein_date_to_days(first) || days > sein_date_to_days(last))
        return SEIN_EDATE;
    since = (int32_t)days + EPOCH_DAY;
    era = since / DAYS_PER_ERA;
    day = since % DAYS_PER_ERA;
    year = (day - day / 1460 + day / 36524 - day / (DAYS_PER_ERA - 1)) /
           DAYS_PER_YEAR;
    day -= DAYS_PER_YEAR * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    month = month < 10 ? month + 3 : month - 9;
    year += era * YEARS_PER_ERA + (month <= 2 ? 1 : 0);
    *out_date = (struct sein_date){ .year = (int16_t)year,
                                    .month = (uint8_t)month,
                                    .day = (uint8_t)(day + 1) };
    return SEIN_OK;
}

int
sein_date_compare(struct sein_date a, struct sein_date b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return (a.day > b.day) - (a.day < b.day);
}
