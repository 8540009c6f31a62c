/*
 * The command line of seinhuisd: one table that parses it and prints --help.
 *
 * Threads: the first one, before others are started.
 */
#ifndef SEIN_BROKER_OPTIONS_H
#define SEIN_BROKER_OPTIONS_H

#include <stdio.h>

#include "broker/config.h"

enum options_action {
    OPTIONS_RUN,
    OPTIONS_INIT,
    OPTIONS_CHECK,
    OPTIONS_ADMIN,
    OPTIONS_HELP,
    OPTIONS_HELP_CONFIG,
    OPTIONS_VERSION,
};

struct options {
    enum options_action action;
    char config_path[CONFIG_PATH_MAX];
    const char *name, *listen, *endpoint, *operator_oin, *supplier;
    const char *governance;
    char admin_line[CONFIG_PATH_MAX + 16];
};

/**
 * options_read - argv into options; out_options borrows argv.
 *
 * What is wrong is printed on stderr.
 * Errors:  SEIN_EUSAGE.
 */
SEIN_CHECKED enum sein_err options_read(int argc, char **argv,
                                        struct options *out_options);

void options_help(FILE *out);

#endif
