/*
 * The command line of seinhuisd: one table that parses it and prints --help.
 *
 * Threads: the first one, before others are started.
 */
#ifndef SEIN_BROKER_ARGUMENTS_H
#define SEIN_BROKER_ARGUMENTS_H

#include <stdio.h>

#include "broker/config.h"

enum arguments_action {
    ARGUMENTS_RUN,
    ARGUMENTS_INIT,
    ARGUMENTS_CHECK,
    ARGUMENTS_ADMIN,
    ARGUMENTS_HELP,
    ARGUMENTS_HELP_CONFIG,
    ARGUMENTS_VERSION,
};

struct arguments {
    enum arguments_action action;
    char config_path[CONFIG_PATH_MAX];
    const char *name, *listen, *endpoint, *operator_oin, *supplier;
    const char *governance;
    bool drop_presences; /* when the key that they stand under is lost */
    char admin_line[CONFIG_PATH_MAX + 16];
};

/**
 * arguments_read - argv into arguments; out_arguments borrows argv.
 *
 * What is wrong is printed on stderr.
 * Errors:  SEIN_EUSAGE.
 */
SEIN_CHECKED enum sein_err arguments_read(int argc, char **argv,
                                          struct arguments *out_arguments);

void arguments_help(FILE *out);

#endif
