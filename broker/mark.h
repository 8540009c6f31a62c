/*
 * The mark: how far the log of heads is known to have come, in a small file
 * outside what is backed up.
 *
 * A database that was put back from a backup would sign other heads under
 * numbers that members already saw.  So the broker notes its newest head here,
 * before the receipts under it leave: after starting, after a backup, and at
 * least once a second.  A database that does not contain what the mark names
 * was put back, and gets a new log id.
 *  1. No receipt leaves under the first head after a start or a backup before
 *     the mark names that head.
 *  2. The file is locked while a broker runs: one broker for a store.
 * Threads: one thread per mark.  Source: PROTOCOL.md section 11.
 */
#ifndef SEIN_BROKER_MARK_H
#define SEIN_BROKER_MARK_H

#include "broker/store/store.h"

struct mark;

enum mark_finding {
    MARK_CONTINUES, /* the database contains what the mark names */
    MARK_FIRST,     /* nothing was there yet */
    MARK_RESTORED,  /* the database is behind or beside the mark */
    MARK_MISSING,   /* there are heads, and no readable mark */
};

/**
 * mark_open - open or make the file, and lock it.
 *
 * out_mark  gives; free with mark_free
 * Errors:   SEIN_EEXIST another broker has it; SEIN_EIO; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err mark_open(const char *path, struct mark **out_mark);
void mark_free(struct mark **mark);

/**
 * mark_resume - compare with the store; start a new log where they differ.
 *
 * Errors:  those of the store; SEIN_EIO the mark cannot be written.
 */
SEIN_CHECKED enum sein_err mark_resume(struct mark *mark, struct store *store,
                                       enum mark_finding *out_finding);

/** mark_is_due - whether the head of this turn must be noted. */
bool mark_is_due(const struct mark *mark, int64_t mono_ms);

/** mark_after_backup - from now on the next head is due. */
void mark_after_backup(struct mark *mark);

/** mark_prepare - read the newest head in a transaction that is about to
 *  commit.  Errors: those of the store. */
SEIN_CHECKED enum sein_err mark_prepare(struct mark *mark,
                                        struct store_txn *txn);

/** mark_write - on disk what was prepared, after the commit.
 *  Errors: SEIN_EIO. */
SEIN_CHECKED enum sein_err mark_write(struct mark *mark, int64_t mono_ms);

/** mark_log_id, mark_seq - what was written last. */
const struct sein_log_id *mark_log_id(const struct mark *mark);
uint64_t mark_seq(const struct mark *mark);

#endif
