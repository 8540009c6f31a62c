#include "proto/blind/content/day.h"

#include "proto/base/date.h"

enum sein_err
sein_day_check(struct sein_slice day)
{
    struct sein_date date = { 0 };

    /* People may write 31-01-2026; between programs there is one form. */
    if (day.len != SEIN_DAY_CHARS || day.at[4] != '-')
        return SEIN_EDATE;
    return sein_date_parse(day, &date);
}
