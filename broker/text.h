/*
 * Building a bounded text: log lines, JSON answers, metrics.
 *
 *  1. text.at[text.len] is NUL.
 *  2. text.failed iff some addition did not fit; then nothing more is added.
 * Threads: safe on distinct texts.
 */
#ifndef SEIN_BROKER_TEXT_H
#define SEIN_BROKER_TEXT_H

#include "proto/base/bytes.h"

struct text {
    char *at;
    size_t len;
    size_t max; /* with the NUL */
    bool failed;
};

/** text_init - an empty text in a buffer of at least 1 byte; borrows it for
 *  as long as the text is used. */
void text_init(struct text *text, char *buffer, size_t max);

/** text_add - like printf, behind what is there. */
void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** text_add_json - a string between quotes, escaped as RFC 8259 section 7
 *  asks; bytes outside ASCII are passed on as they are. */
void text_add_json(struct text *text, const char *string);

/** text_add_time - milliseconds since 1970 as 2026-01-31T12:00:00.000Z. */
void text_add_time(struct text *text, int64_t at_ms);

#endif
