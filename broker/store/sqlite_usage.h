/*
 * What waits per sender, kept in memory beside its table: a quota is asked for
 * at each letter, and a row need be written once a transaction only.
 *
 *  1. A row that is here is what the table will hold once the transaction has
 *     committed; dirty iff the table does not hold it yet.
 *  2. After a rollback nothing of it is here.
 * It grows to one row per sender.  Threads: as the store.
 */
#ifndef SEIN_BROKER_STORE_SQLITE_USAGE_H
#define SEIN_BROKER_STORE_SQLITE_USAGE_H

#include "broker/store/store.h"

struct sqlite_usage_row {
    struct sein_oin oin; /* empty for the events of all */
    struct store_usage usage;
    bool dirty;
};

struct sqlite_usage {
    struct sqlite_usage_row *rows; /* ascending by oin */
    size_t count;
    size_t max;
    bool changed; /* within the open transaction */
};

/**
 * sqlite_usage_add, _remove - an item comes or goes.
 *
 * from     its return desk; empty for an event
 * len      of its bytes
 */
SEIN_CHECKED enum sein_err sqlite_usage_add(struct store_txn *txn,
                                            uint64_t type,
                                            struct sein_slice from,
                                            uint64_t len);
SEIN_CHECKED enum sein_err sqlite_usage_remove(struct store_txn *txn,
                                               uint64_t type,
                                               struct sein_slice from,
                                               uint64_t len);

/** sqlite_usage_write - bring the table up to date; before a commit. */
SEIN_CHECKED enum sein_err sqlite_usage_write(struct store_txn *txn);

/** sqlite_usage_end - the transaction is over, and was it committed? */
void sqlite_usage_end(struct sqlite_usage *usage, bool committed);

/** sqlite_usage_deinit - free the rows. */
void sqlite_usage_deinit(struct sqlite_usage *usage);

#endif
