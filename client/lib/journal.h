/*
 * The member's own two logs, joined by an operation id.
 *
 * The processing log says what was done with data about a household, and names
 * no user; the access log says who did it, on whose behalf, when.  Both answer
 * a resident's right of access: what concerns a household is found by the
 * keyed hashes of its handles, because the rows name it nowhere.
 *  1. A row that was written is never changed.
 * Threads: one thread per home.  Errors of all calls: those of localdb.h.
 */
#ifndef SEIN_CLIENT_LIB_JOURNAL_H
#define SEIN_CLIENT_LIB_JOURNAL_H

#include "client/lib/localdb.h"
#include "proto/base/ids.h"

struct sein_signal;

enum journal_log { JOURNAL_PROCESSING = 0, JOURNAL_ACCESS = 1 };

#define JOURNAL_HANDLES_MAX 3U

/** Address, BSN and parent's BSN, as far as there are. */
struct journal_handles {
    struct localdb_hash hashes[JOURNAL_HANDLES_MAX];
    size_t count;
};

/** One row; views are borrowed, empty ones are absent. */
struct journal_entry {
    int64_t at_ms;
    enum journal_log log;
    struct sein_op_id operation;
    struct sein_slice action; /* a word of ours: "send", "receive", "show" */
    struct sein_letter_id letter_id; /* zeros: none */
    struct sein_letter_id former_id; /* sealed anew: the id before */
    struct sein_slice circle;
    struct sein_slice from;
    struct sein_slice to;
    struct sein_slice detail; /* a code or a file's name; no household */
    struct sein_slice actor;  /* access log only */
    uint64_t count;           /* how many it concerned, 0: one */
    struct journal_handles handles;
};

/** journal_handles_of - what a signal is found by; a part that has no canonical
 *  form is left out. */
void journal_handles_of(const struct localdb *db,
                        const struct sein_signal *signal,
                        struct journal_handles *out_handles);

/** journal_add - append one row. */
SEIN_CHECKED enum sein_err journal_add(struct localdb *db,
                                       const struct journal_entry *entry);

/** Called per row; its views are valid until it returns.  Other than SEIN_OK
 *  ends the walk and is returned by it. */
typedef enum sein_err journal_visit(void *context,
                                    const struct journal_entry *entry);

/**
 * journal_walk - all rows, oldest first.
 *
 * handles  NULL: all; else rows that share one of them, and the access rows of
 *          their operations
 */
SEIN_CHECKED enum sein_err journal_walk(struct localdb *db,
                                        const struct journal_handles *handles,
                                        journal_visit *visit, void *context);

#endif
