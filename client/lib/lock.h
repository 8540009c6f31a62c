/*
 * The lock of a home: a file that says who has it, under flock.
 *
 * Threads: safe on distinct paths.
 */
#ifndef SEIN_CLIENT_LIB_LOCK_H
#define SEIN_CLIENT_LIB_LOCK_H

#include <stddef.h>

#include "proto/base/error.h"

/** The longest text that says who has a home, with its NUL. */
#define LOCK_HOLDER_MAX 128U

/**
 * lock_take - lock a home and write down who has it.
 *
 * out_fd   gives; lock_release
 * Errors:  SEIN_ELOCKED somebody else has it; SEIN_EIO, SEIN_ETOOLONG.
 */
SEIN_CHECKED enum sein_err lock_take(const char *folder, int *out_fd);
void lock_release(int *fd);

/**
 * lock_holder - who has a home: "pid 12 (sein watch)".
 *
 * Errors:  SEIN_ENOENT nobody; SEIN_EIO, SEIN_ETOOLONG.
 */
SEIN_CHECKED enum sein_err lock_holder(const char *folder, char *out_text,
                                       size_t out_max);

#endif
