/*
 * Room on the disk: how much a transaction may take, and a ballast file that is
 * given up when the disk is full after all, so that erasing still works.
 *
 * Moving the log into the database must always succeed, for that is what frees
 * the log: so what the database has still to grow by is set apart.  A letter
 * takes room in the log for a while, and in the database a free page or growth;
 * growth stops while there is still log enough to use the free pages.
 *  1. full iff new letters are refused; it ends only in sqlite_space_look.
 *  2. Acknowledgements, receipts and heads are never refused here.
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
    uint64_t log_left;  /* bytes that this transaction may still log */
    uint64_t page_left; /* bytes of pages that its letters may still fill */
    bool has_ballast;
    bool full;
};

/** What the database file is about to need. */
struct sqlite_demand {
    uint64_t growth;     /* when the log is moved, bytes */
    uint64_t free_pages; /* free within the file, bytes */
};

/**
 * sqlite_space_init - look at the disk under a folder, and make the ballast.
 *
 * folder   borrowed; it exists
 * Errors:  SEIN_ETOOLONG its path is.  No room is no error: full is set.
 */
SEIN_CHECKED enum sein_err sqlite_space_init(struct sqlite_space *space,
                                             const char *folder);

/** sqlite_space_begin - a transaction starts.  When the disk is as good as
 *  full, the ballast goes now, so that the transaction succeeds. */
void sqlite_space_begin(struct sqlite_space *space,
                        struct sqlite_demand demand);

/** sqlite_space_take - whether a letter of len bytes fits; if not, full. */
bool sqlite_space_take(struct sqlite_space *space, uint64_t len);

/** sqlite_space_exhausted - the disk said that it is full. */
void sqlite_space_exhausted(struct sqlite_space *space);

/** sqlite_space_look - the log was emptied: is there room again? */
void sqlite_space_look(struct sqlite_space *space, struct sqlite_demand demand);

#endif
