/*
 * What the commands say: in the reader's language, or as JSON for programs.
 *
 * Nothing here knows a household: detail is what the caller found fit to show.
 * Threads: safe on distinct contexts.
 */
#ifndef SEIN_CLIENT_CLI_SAY_H
#define SEIN_CLIENT_CLI_SAY_H

#include "client/cli/command.h"
#include "proto/base/error.h"

/** say_text - the one of two texts that is in the context's language. */
const char *say_text(const struct cli_context *context, const char *nl,
                     const char *en);

/** say_line - that text and a newline to context->out, unless quiet or json. */
void say_line(const struct cli_context *context, const char *nl,
              const char *en);

/**
 * say_error - tell what went wrong, and give the exit code that goes with it.
 *
 * To context->err: "sein: CODE: FIELD: DETAIL: sentence; mend", or with json
 * one line {"error":CODE,"field":..,"detail":..,"reason":{nl,en},
 * "mend":{nl,en}}.
 *
 * field    the option, column or file with its place; NULL or "": none
 * detail   what was found, without household data; NULL or "": nothing
 *
 * Returns say_exit(err).
 */
int say_error(const struct cli_context *context, enum sein_err err,
              const char *field, const char *detail);

/** say_reason - say_error with a sentence of its own; mend behind "; ". */
int say_reason(const struct cli_context *context, enum sein_err err,
               const char *field, const char *detail, const char *nl,
               const char *en);

/** say_usage - how the command is written, to context->err; CLI_USAGE. */
int say_usage(const struct cli_context *context, const char *usage,
              const char *wrong);

/** say_exit - the exit code of an error; CLI_OK for SEIN_OK. */
int say_exit(enum sein_err err);

/** say_json_text - a text as a JSON string with its quotes; NULL gives null.
 *  Bytes that are no UTF-8 are written as U+FFFD. */
void say_json_text(FILE *out, const char *text);

#endif
