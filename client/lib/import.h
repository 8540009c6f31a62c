/*
 * A CSV file into the outbox, a verdict per row.
 *
 * Rows are read, judged and stored in batches of one transaction each; what a
 * batch stored travels while the next one is read.  A row is told accepted when
 * the broker's receipt is there; when the broker cannot be reached, or the
 * letter must wait, it is told accepted with "queued", which means durable in
 * this home.  Verdicts come in the order of the file.
 * What was stored is known by its source_id, in the same transaction: whoever
 * stops anywhere and imports again goes on and doubles nothing.
 * Threads: one thread per home; sealing uses one more.
 */
#ifndef SEIN_CLIENT_LIB_IMPORT_H
#define SEIN_CLIENT_LIB_IMPORT_H

#include "client/include/sein.h"
#include "client/lib/home.h"

/** What an import is asked to do; borrowed. */
struct import_request {
    const char *path;
    const char *member; /* NULL: no such column */
    sein_visit *visit;
    sein_progress *progress; /* may be NULL */
    void *context;
};

/**
 * import_run - the whole file.
 *
 * out_rejected  rows that were rejected; set whatever the result
 * Errors:  of the file: SEIN_ENOENT, SEIN_EUTF8, SEIN_ECOLUMN, SEIN_EREQUIRED,
 *          SEIN_ETWICE a column, ...; SEIN_ENOTJOINED; SEIN_ENOTADMITTED;
 *          SEIN_ECANCELED; those of localdb.h.
 */
SEIN_CHECKED enum sein_err import_run(struct sein_home *home,
                                      const struct import_request *request,
                                      uint64_t *out_rejected);

#endif
