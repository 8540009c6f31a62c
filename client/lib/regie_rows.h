/*
 * What the files of regie.h share: its rows.
 *
 * Threads: one thread per home.  Errors of all calls: those of localdb.h.
 */
#ifndef SEIN_CLIENT_LIB_REGIE_ROWS_H
#define SEIN_CLIENT_LIB_REGIE_ROWS_H

#include "client/lib/regie.h"

/** regie_insert - one more, which is not held yet; regie_holds asks. */
SEIN_CHECKED enum sein_err regie_insert(struct localdb *db,
                                        const struct presence *own,
                                        bool is_release,
                                        struct sein_slice bytes);
SEIN_CHECKED enum sein_err regie_holds(struct localdb *db,
                                       const struct presence *own,
                                       struct sein_slice bytes,
                                       bool *out_holds);

/** regie_row_bytes - a view of the row. */
struct sein_slice regie_row_bytes(const struct regie_row *row);

/** regie_place - where statements under a presence are judged; borrows. */
struct sein_regie_place regie_place(const struct sein_home *home,
                                    const struct presence *own);

#endif
