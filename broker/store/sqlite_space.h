/*
 * Room on the disk: how much a transaction may take, and a ballast file that is
 * given up when the disk is full after all, so that erasing still works.
 *
 * Moving the log into the database must always succeed, for that is what frees
 * the log: so what the database has still to grow by is set apart, and a
 * letter is taken only from what is left.
 *  1. full iff new letters are refused; it ends only in sqlite_space_look.
 * Threads: as the store.
 */
#ifndef SEIN_BROKER_STORE_SQLITE_SPACE_H
#define SEIN_BROKER_STORE_SQLITE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/error.h"

#define SQLITE_SPACE_PATH_MAX 4096U

struct sqlite_space {
    char folder[SQLITE_SPACE_PATH_MAX];
    char ballast[SQLITE_SPACE_PATH_MAX];
    uint64_t budget; /* bytes that this transaction may still take */
    bool has_ballast;
    bool full;
};

/**
 * sqlite_space_init - look at the disk under a folder, and make the ballast.
 *
 * folder   borrowed; it exists
 * Errors:  SEIN_ETOOLONG its path is.  No room is no error: full is set.
 */
SEIN_CHECKED enum sein_err sqlite_space_init(struct sqlite_space *space,
                                             const char *folder);

/** sqlite_space_begin - a transaction starts; growth is what the database has
 *  still to grow by. */
void sqlite_space_begin(struct sqlite_space *space, uint64_t growth);

/** sqlite_space_take - whether a letter of len bytes fits; if not, full. */
bool sqlite_space_take(struct sqlite_space *space, uint64_t len);

/** sqlite_space_exhausted - the disk said that it is full. */
void sqlite_space_exhausted(struct sqlite_space *space);

/** sqlite_space_look - the log was emptied: is there room again? */
void sqlite_space_look(struct sqlite_space *space);

#endif
