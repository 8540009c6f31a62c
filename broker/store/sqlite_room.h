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

enum sein_err sqlite_log_get(struct store_txn *txn,
                             struct sein_log_id *out_log_id);
enum sein_err sqlite_log_start(struct store_txn *txn,
                               const struct sein_log_id *log_id);
enum sein_err sqlite_head_put(struct store_txn *txn,
                              const struct store_head *head);
enum sein_err sqlite_head_each(struct store_txn *txn, uint64_t from, size_t max,
                               store_head_visit *visit, void *context);
enum sein_err sqlite_head_last(struct store_txn *txn, store_head_visit *visit,
                               void *context);
enum sein_err sqlite_op_get(struct store_txn *txn, struct sein_slice oin,
                            const struct sein_op_id *op_id,
                            struct store_op *out_op);
enum sein_err sqlite_op_put(struct store_txn *txn, struct sein_slice oin,
                            const struct sein_op_id *op_id,
                            const struct store_op *op);
enum sein_err sqlite_op_forget(struct store_txn *txn, int64_t before_ms,
                               size_t max, size_t *out_count);

enum sein_err sqlite_item_put(struct store_txn *txn,
                              const struct store_item *item, uint64_t *out_seq);
enum sein_err sqlite_item_each(struct store_txn *txn, struct sein_slice desk,
                               uint64_t after, size_t max,
                               store_item_visit *visit, void *context);
enum sein_err sqlite_item_get(struct store_txn *txn, uint64_t seq,
                              struct store_item *out_item);
enum sein_err sqlite_item_find(struct store_txn *txn,
                               const struct sein_letter_id *letter_id,
                               struct store_item *out_item);
enum sein_err sqlite_item_erase(struct store_txn *txn, uint64_t seq);
enum sein_err sqlite_item_reported(struct store_txn *txn, uint64_t seq);
enum sein_err sqlite_item_due(struct store_txn *txn, enum store_due due,
                              int64_t now_ms, size_t max,
                              store_item_visit *visit, void *context);
enum sein_err sqlite_unread_due(struct store_txn *txn, int64_t read_before_ms,
                                size_t max, store_item_visit *visit,
                                void *context);
enum sein_err sqlite_usage_get(struct store_txn *txn, struct sein_slice oin,
                               struct store_usage *out_usage);
enum sein_err sqlite_count(struct store_txn *txn, struct store_usage *out_all);

enum sein_err sqlite_unread_told(struct store_txn *txn, struct sein_slice desk,
                                 struct sein_slice from);
enum sein_err sqlite_desk_get(struct store_txn *txn, struct sein_slice desk,
                              struct store_desk *out_desk);
enum sein_err sqlite_desk_put(struct store_txn *txn, struct sein_slice desk,
                              const struct store_desk *desk_row);
enum sein_err sqlite_prekey_each(struct store_txn *txn, struct sein_slice desk,
                                 size_t max, store_prekey_visit *visit,
                                 void *context);
enum sein_err sqlite_prekey_put(struct store_txn *txn, struct sein_slice desk,
                                const struct store_prekey *prekey);
enum sein_err sqlite_directory_put(struct store_txn *txn, uint64_t version,
                                   int64_t issued_at_ms,
                                   struct sein_slice bytes);
enum sein_err sqlite_directory_read(struct store_txn *txn, uint64_t version,
                                    size_t offset, size_t max,
                                    struct sein_writer *out, size_t *out_total,
                                    uint64_t *out_version);
enum sein_err sqlite_directory_forget(struct store_txn *txn,
                                      int64_t issued_before_ms);

enum sein_err sqlite_presence_put(struct store_txn *txn,
                                  const struct store_presence *presence);
enum sein_err sqlite_presence_get(struct store_txn *txn,
                                  const struct sein_presence_id *presence_id,
                                  struct store_presence *out_presence);
enum sein_err sqlite_presence_at(struct store_txn *txn,
                                 const struct store_idx *idx,
                                 struct sein_slice desk,
                                 struct store_presence *out_presence);
enum sein_err sqlite_presence_next(struct store_txn *txn,
                                   const struct store_idx *idx,
                                   struct sein_slice after,
                                   struct store_presence *out_presence);
enum sein_err sqlite_presence_under(struct store_txn *txn,
                                    const struct store_idx *idx,
                                    uint64_t *out_count);
enum sein_err sqlite_presence_due(struct store_txn *txn, int64_t now_ms,
                                  struct store_presence *out_presence);
enum sein_err sqlite_presence_walk(struct store_txn *txn, uint64_t after,
                                   struct store_presence *out_presence);
enum sein_err sqlite_presence_erase(struct store_txn *txn, uint64_t seq);
enum sein_err sqlite_presence_count(struct store_txn *txn,
                                    struct sein_slice oin, uint64_t *out_count);

enum sein_err sqlite_match_put(struct store_txn *txn,
                               const struct store_match *match);
enum sein_err sqlite_match_get(struct store_txn *txn,
                               const struct sein_match_id *match_id,
                               struct store_match *out_match);
enum sein_err sqlite_match_pair(struct store_txn *txn,
                                const struct store_idx *idx,
                                struct sein_slice first,
                                struct sein_slice second,
                                struct store_match *out_match);
enum sein_err sqlite_match_next(struct store_txn *txn,
                                const struct store_idx *idx,
                                struct sein_slice desk,
                                const struct sein_match_id *after,
                                struct store_match *out_match);
enum sein_err sqlite_match_update(struct store_txn *txn,
                                  const struct store_match *match);
enum sein_err sqlite_match_erase(struct store_txn *txn,
                                 const struct sein_match_id *match_id);
enum sein_err sqlite_match_count(struct store_txn *txn, uint64_t *out_count);

enum sein_err sqlite_deposit_put(struct store_txn *txn,
                                 const struct store_deposits *deposits,
                                 const struct sein_presence_id *presence_id);
enum sein_err sqlite_deposit_next(struct store_txn *txn,
                                  const struct store_deposits *after,
                                  struct store_deposits *out_deposits);
enum sein_err sqlite_deposit_ids(struct store_txn *txn,
                                 const struct store_deposits *deposits,
                                 const struct sein_presence_id *after,
                                 size_t max, struct sein_presence_id *out_ids,
                                 size_t *out_count);
enum sein_err sqlite_deposit_forget(struct store_txn *txn, uint64_t before_day,
                                    size_t max, size_t *out_count);

#endif
