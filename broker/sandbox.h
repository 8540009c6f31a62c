/*
 * What the process gives up before it reads the network.
 *
 * Threads: before any thread is started.
 */
#ifndef SEIN_BROKER_SANDBOX_H
#define SEIN_BROKER_SANDBOX_H

#include "proto/base/bytes.h"

/**
 * sandbox_early - files for us alone, no core dump, not readable by others'
 * debuggers, no new privileges, no signal for a broken pipe or a file limit.
 *
 * A test build keeps its core dump when SEIN_TEST_CORE is set.
 * Errors:  SEIN_EIO the system refused one of them.
 */
SEIN_CHECKED enum sein_err sandbox_early(void);

/**
 * sandbox_descriptors - raise the limit of open files.
 *
 * wanted   so many, or as many as may be
 * out_got  set to what was reached
 * Errors:  SEIN_EIO.
 */
SEIN_CHECKED enum sein_err sandbox_descriptors(uint64_t wanted,
                                               uint64_t *out_got);

/**
 * sandbox_become - when started as root, become another user for good.
 *
 * user     borrows; empty: stay who we are
 * Errors:  SEIN_ENOENT no such user; SEIN_EIO it could not be done, or could
 *          be undone.
 */
SEIN_CHECKED enum sein_err sandbox_become(const char *user);

#endif
