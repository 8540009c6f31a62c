/*
 * What the files of the SQLite store share: its handle, and a transaction's
 * way of asking.
 *
 * A query that fails ends the transaction: all its later calls and its commit
 * give the same error.  Only SEIN_EEXIST does not.
 *  1. meta is what the database holds once the transaction has committed.
 * Contracts of the functions below are those of the slots of struct store_ops.
 */
#ifndef SEIN_BROKER_STORE_SQLITE_ROOM_H
#define SEIN_BROKER_STORE_SQLITE_ROOM_H

#include "broker/store/sqlite_db.h"
#include "broker/store/sqlite_queries.h"
#include "broker/store/sqlite_space.h"
#include "broker/store/sqlite_usage.h"
#include "broker/store/store.h"

struct sqlite_meta {
    struct sein_log_id log_id;
    bool has_log;
    uint64_t item_seq;     /* the last one given */
    uint64_t item_seq_max; /* as the database has it: none above was given */
    uint64_t leaves_from;  /* heads below it have no leaves */
};

struct sqlite_txn {
    struct store_txn base;
    bool open;
    enum sein_err failed;
    struct sqlite_meta before;
};

struct sqlite_store {
    struct store base;
    struct sqlite_txn txn;
    struct sqlite_db *db;
    struct sqlite_query queries[QUERY_COUNT];
    struct sqlite_space space;
    struct sqlite_usage usage;
    struct sqlite_meta meta;
    uint8_t check_key[SEIN_KEY_BYTES];
    char path[SQLITE_SPACE_PATH_MAX]; /* of the database file */
    bool broken;                      /* the disk failed; nothing goes on */
};

/** sqlite_of - the handle behind a transaction. */
struct sqlite_store *sqlite_of(struct store_txn *txn);

/** sqlite_fail - err, noted as what the transaction ended with. */
enum sein_err sqlite_fail(struct store_txn *txn, enum sein_err err);

/**
 * sqlite_use - a query of a transaction that has not failed.
 *
 * out_query  borrowed from the store; to be reset after use
 * Errors:    what the transaction ended with.
 */
SEIN_CHECKED enum sein_err sqlite_use(struct store_txn *txn,
                                      enum sqlite_query_name name,
                                      struct sqlite_query **out_query);

/** sqlite_next - sqlite_query_step; an error ends the transaction. */
SEIN_CHECKED enum sein_err
sqlite_next(struct store_txn *txn, struct sqlite_query *query, bool *out_row);

/** sqlite_run - sqlite_query_run; an error but SEIN_EEXIST ends it. */
SEIN_CHECKED enum sein_err sqlite_run(struct store_txn *txn,
                                      struct sqlite_query *query);

#define SQLITE_CHECKSUM_BYTES 16U
/** sqlite_checksum - keyed, over fields and bytes of a row. */
void sqlite_checksum(const struct sqlite_store *sqlite,
                     struct sein_slice fields, struct sein_slice bytes,
                     uint8_t out[static SQLITE_CHECKSUM_BYTES]);

/** sqlite_tally_add - change the presences of an OIN, or, of an empty name,
 *  the matches. */
SEIN_CHECKED enum sein_err
sqlite_tally_add(struct store_txn *txn, struct sein_slice name, int64_t change);
SEIN_CHECKED enum sein_err sqlite_tally_get(struct store_txn *txn,
                                            struct sein_slice name,
                                            uint64_t *out_count);

/** sqlite_visited - a visitor's result as that of the walk. */
enum sein_err sqlite_visited(enum sein_err err);

#define SQLITE_CALL(name) store_##name sqlite_##name;
STORE_CALLS(SQLITE_CALL)
#undef SQLITE_CALL

#endif
