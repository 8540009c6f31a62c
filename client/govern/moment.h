/*
 * Moments as people write them: days in Amsterdam, or full UTC times.
 *
 * "2027-12-31" is a whole day; "2027-12-31T12:00:00Z" (or with .250 before the
 * Z) a moment.  What ends on a day ends when that day is over.
 * Threads: safe.
 */
#ifndef SEIN_CLIENT_GOVERN_MOMENT_H
#define SEIN_CLIENT_GOVERN_MOMENT_H

#include "proto/base/bytes.h"

/** "2027-12-31T12:00:00.250Z" and a NUL. */
#define MOMENT_TEXT_BYTES 25U

enum moment_edge {
    MOMENT_BEGINS, /* a day stands for its first millisecond */
    MOMENT_ENDS,   /* a day stands for the first millisecond after it */
};

/**
 * moment_now - the time of the machine, in ms since 1970 UTC.
 *
 * A build for tests adds the number of ms in the file that the environment's
 * SEIN_TEST_CLOCK names.
 * Errors:  SEIN_EIO the clock or that file cannot be read; SEIN_EFORMAT that
 *          file holds no number.
 */
SEIN_CHECKED enum sein_err moment_now(int64_t *out_ms);

/**
 * moment_parse - a day or a moment.
 *
 * Errors:  SEIN_EDATE it is neither, or does not exist, or lies before 1970.
 */
SEIN_CHECKED enum sein_err moment_parse(struct sein_slice text,
                                        enum moment_edge edge, int64_t *out_ms);

/** moment_format - the shortest text that moment_parse reads back as it. */
void moment_format(int64_t ms, enum moment_edge edge,
                   char out_text[static MOMENT_TEXT_BYTES]);

#endif
