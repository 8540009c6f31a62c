/*
 * Calendar dates without a time of day: birth dates, attestations, ends.
 *
 * No clock and no time zone here; which day it is in Amsterdam is the
 * client's affair (client/lib/calendar).
 *  1. A struct sein_date that a function of this module gave names a day that
 *     exists, in the years SEIN_YEAR_MIN to SEIN_YEAR_MAX.
 */
#ifndef SEIN_PROTO_BASE_DATE_H
#define SEIN_PROTO_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/error.h"

/** Whoever lives was born after the first; no end date lies after the last. */
#define SEIN_YEAR_MIN 1900
#define SEIN_YEAR_MAX 2199

/** "2026-01-31" without its NUL. */
#define SEIN_DATE_CHARS 10U

struct sein_date {
    int16_t year;
    uint8_t month; /* 1..12 */
    uint8_t day;   /* 1..31 */
};

/** sein_date_valid - whether the day exists and lies in the years we take. */
bool sein_date_valid(struct sein_date date);

/**
 * sein_date_parse - 2026-01-31 or 31-01-2026; every digit is written.
 *
 * text     borrowed; nothing is trimmed
 * Errors:  SEIN_EDATE it is written otherwise, does not exist or lies outside
 *          the years we take.
 * Threads: safe.
 */
SEIN_CHECKED enum sein_err sein_date_parse(struct sein_slice text,
                                           struct sein_date *out_date);

/**
 * sein_date_format - the date as 2026-01-31, with a NUL.
 *
 * date     valid; another one is our own mistake and stops the program
 */
void sein_date_format(struct sein_date date,
                      char out_text[static SEIN_DATE_CHARS + 1]);

/**
 * sein_date_to_days - days since 1970-01-01, negative before it.
 *
 * date     valid; another one is our own mistake and stops the program
 */
int32_t sein_date_to_days(struct sein_date date);

/**
 * sein_date_from_days - the date that many days after 1970-01-01.
 *
 * Errors:  SEIN_EDATE it lies outside the years we take.
 */
SEIN_CHECKED enum sein_err sein_date_from_days(int64_t days,
                                               struct sein_date *out_date);

/** sein_date_compare - below, equal to or above 0, as a lies before b. */
int sein_date_compare(struct sein_date a, struct sein_date b);

#endif
