/*
 * One table per command: the same rows parse its options, make its --help, its
 * part of the manual and its completion.
 *
 * Options that every command shares (--home, --json, ...) are read by the frame
 * and never reach a command.
 */
#ifndef SEIN_CLIENT_CLI_OPTIONS_H
#define SEIN_CLIENT_CLI_OPTIONS_H

#include <stddef.h>

#include "client/cli/command.h"

/** One option; texts are static. */
struct cli_option {
    const char *name;  /* without dashes */
    const char *value; /* what stands behind it; NULL: a flag */
    const char *nl;
    const char *en;
};

/** One command; texts are static. */
struct cli_command {
    const char *name;
    int (*run)(struct cli_context *context, int argc, char **argv);
    const char *arguments; /* as in the synopsis, "" for none */
    int arguments_min, arguments_max;
    const char *nl;
    const char *en;
    const struct cli_option *options; /* name NULL ends; NULL: none */
    bool own_options;                 /* reads its arguments itself */
};

#define OPTIONS_GIVEN_MAX 128

/** What was typed; borrows argv. */
struct cli_parsed {
    struct {
        const struct cli_option *option;
        const char *value; /* NULL for a flag */
    } given[OPTIONS_GIVEN_MAX];
    size_t given_count;
    char **arguments;
    int argument_count;
};

/**
 * options_parse - read argv by a command's table.
 *
 * Returns CLI_OK, or CLI_USAGE after saying what is wrong.
 */
int options_parse(const struct cli_context *context,
                  const struct cli_command *command, int argc, char **argv,
                  struct cli_parsed *out_parsed);

/** options_value - the last value of an option, NULL when it was not given; of
 *  a flag, its own name. */
const char *options_value(const struct cli_parsed *parsed, const char *name);

/** options_values - every value of an option, at most max; returns how many. */
size_t options_values(const struct cli_parsed *parsed, const char *name,
                      const char **out_values, size_t max);

/** options_help - synopsis, purpose and options to context->out. */
void options_help(const struct cli_context *context,
                  const struct cli_command *command);

/** The options that the frame reads for all commands. */
extern const struct cli_option options_shared[];

/** All commands, in the order of the manual; name NULL ends. */
extern const struct cli_command cli_commands[];

const struct cli_command *options_command(const char *name);

#endif
