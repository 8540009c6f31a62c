/*
 * The words of documents in the reader's language: states, events, kinds, what
 * was done; and times as people write them.
 *
 * Threads: safe.
 */
#ifndef SEIN_CLIENT_CLI_WORDS_H
#define SEIN_CLIENT_CLI_WORDS_H

#include "client/cli/command.h"

#define WORDS_TIME_MAX 20U

/** words_say - a word of a document as people say it; the word itself when it
 *  is not in the table (a newer libsein may know more). */
const char *words_say(const struct cli_context *context, const char *word);

/** words_time - 2026-01-31T12:00:00.000Z in local time, to the minute:
 * 31-01-2026 13:00, in English 2026-01-31 13:00; "" for a text that is no time.
 */
const char *words_time(const struct cli_context *context, const char *text,
                       char out[static WORDS_TIME_MAX]);

#endif
