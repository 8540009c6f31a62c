/*
 * What every command of `sein` is given, and what it answers.
 *
 * A command is `int cmd_NAME(struct cli_context *context, int argc,
 * char **argv)`: argv[0] is its own name, what follows are its options and
 * arguments.  It prints to context->out what was asked, to context->err what
 * went wrong (say.h), and returns an exit code of the list below.
 * The frame (main.c) reads the options that all commands share before it calls
 * one: --json, --quiet, --dry-run, --lang, --home, --as and the like.
 */
#ifndef SEIN_CLIENT_CLI_COMMAND_H
#define SEIN_CLIENT_CLI_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

/* Exit codes, as sysexits.h has them (which POSIX does not). */
enum cli_exit {
    CLI_OK = 0,
    CLI_NO = 1,           /* a negative answer: rejected rows, a check failed */
    CLI_INCOMPLETE = 2,   /* done in part; running it again goes on */
    CLI_USAGE = 64,       /* the command is not written as it should be */
    CLI_DATA = 65,        /* what was given is wrong */
    CLI_NO_INPUT = 66,    /* a file, home or thing that is not there */
    CLI_UNAVAILABLE = 69, /* the broker does not answer */
    CLI_SOFTWARE = 70,    /* a mistake of the program itself */
    CLI_OS = 71,          /* out of memory and the like */
    CLI_CANNOT_CREATE = 73,
    CLI_IO = 74,
    CLI_TRY_LATER = 75,
    CLI_PROTOCOL = 76, /* the other side is broken, or lies */
    CLI_POLICY = 77,   /* not admitted, no such role, wrong passphrase */
    CLI_CONFIG = 78,
};

/** Borrowed by a command for as long as it runs. */
struct cli_context {
    bool json;
    bool quiet;
    bool dry_run;
    const char *lang;            /* "nl" | "en" */
    const char *home;            /* folder; NULL: none was named */
    const char *key_file;        /* NULL: none was named */
    const char *passphrase_file; /* NULL: none was named */
    int timeout_ms;              /* for the broker */
    bool offline;                /* do not connect */
    const char *actor;           /* who acts, for the access log */
    FILE *out;
    FILE *err;
};

/** cmd_directory - `sein directory ...`: the governance, offline. */
int cmd_directory(struct cli_context *context, int argc, char **argv);

#endif
