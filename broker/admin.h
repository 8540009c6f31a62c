/*
 * What an operator may ask a running broker: one line over the local socket,
 * answered with one or more lines of JSON.
 *
 *     status        what it is doing
 *     reload        the configuration and the incoming directories
 *     drain         take nothing new, finish, stop
 *     backup DIR    a consistent copy of the store into an empty folder
 *
 * This file is the line's grammar and the asking side; control.h answers.
 * Threads: safe on distinct objects.
 */
#ifndef SEIN_BROKER_ADMIN_H
#define SEIN_BROKER_ADMIN_H

#include <stdio.h>

#include "proto/base/bytes.h"

#define ADMIN_PATH_MAX 1024U

enum admin_verb { ADMIN_STATUS, ADMIN_RELOAD, ADMIN_DRAIN, ADMIN_BACKUP };

struct admin_command {
    enum admin_verb verb;
    char path[ADMIN_PATH_MAX]; /* of backup, begins with '/' */
};

/**
 * admin_read - a line.
 *
 * Errors:  SEIN_EWIRE no newline yet; SEIN_EUSAGE it is none of the four, or
 *          something stands behind it, or a path is not absolute.
 */
SEIN_CHECKED enum sein_err admin_read(struct sein_slice request,
                                      struct admin_command *out_command);

/**
 * admin_ask - ask a running broker, and print its answer.
 *
 * line     borrows; without newline
 * out_ok   whether the answer begins with {"ok":true
 * Errors:  SEIN_EUNREACHABLE no broker listens there; SEIN_EIO; SEIN_ETOOLONG.
 */
SEIN_CHECKED enum sein_err admin_ask(const char *socket_path, const char *line,
                                     FILE *out, bool *out_ok);

#endif
