/*
 * The Dutch calendar: which day it is in Amsterdam, which days are worked, and
 * when the clock of a signal runs out.
 *
 * No time zone database: the European rule (last Sundays of March and October
 * at 01:00 UTC) has held since 1996 and is computed.
 * Threads: all functions are safe.
 * Source:  Algemene termijnenwet art. 1-3 (terms end on a day that is worked;
 *          which days are general holidays; Good Friday is put on a par);
 *          Directive 2000/84/EC (summer time).
 */
#ifndef SEIN_CLIENT_LIB_CALENDAR_H
#define SEIN_CLIENT_LIB_CALENDAR_H

#include "proto/base/date.h"

/** calendar_day_of - the day in Europe/Amsterdam at a moment in UTC.
 *
 * Errors:  SEIN_EDATE outside the years of base/date.h. */
SEIN_CHECKED enum sein_err calendar_day_of(int64_t at_ms,
                                           struct sein_date *out_day);

/** calendar_is_worked - not a Saturday, Sunday or general holiday. */
bool calendar_is_worked(struct sein_date day);

/** calendar_add_worked_days - the count-th worked day after a day. */
SEIN_CHECKED enum sein_err calendar_add_worked_days(struct sein_date day,
                                                    unsigned count,
                                                    struct sein_date *out_day);

/**
 * calendar_deadline - until when a signal asks for contact.
 *
 * received_ms  when it reached the desk
 * threatening  true: 3 worked days; false: 4 weeks, and the next worked day
 *              when that is not one
 * Errors:  SEIN_EDATE.
 */
SEIN_CHECKED enum sein_err calendar_deadline(int64_t received_ms,
                                             bool threatening,
                                             struct sein_date *out_day);

/** calendar_worked_days_between - worked days after from, up to and with to; a
 *  negative count when to lies before from. */
int calendar_worked_days_between(struct sein_date from, struct sein_date to);

#endif
