/*
 * What the files of the in-memory store share: its rows and its handle.
 *
 *  1. by_id, by_desk and by_due hold every item; by_sender the letters.
 *  2. op_times holds every operation.
 * Contracts of the functions are those of the slots of struct store_ops.
 */
#ifndef SEIN_BROKER_STORE_MEMORY_ROOM_H
#define SEIN_BROKER_STORE_MEMORY_ROOM_H

#include "broker/store/memory_table.h"
#include "broker/store/store.h"

struct memory_item {
    struct store_item item; /* item.bytes is a view of bytes */
    uint8_t bytes[];
};

struct memory_op {
    struct sein_oin oin;
    struct sein_op_id op_id;
    struct store_op op;
};

struct memory_head {
    struct store_head head; /* its slices are views of bytes */
    uint8_t bytes[];
};

/* A store's own numbers; small enough to be copied when a transaction opens. */
struct memory_meta {
    struct sein_log_id log_id;
    bool has_log;
    uint64_t seq;          /* the last one given */
    uint64_t presence_seq; /* the same of presences */
    struct store_usage all;
};

struct memory_txn {
    struct store_txn base;
    bool open;
    enum sein_err failed; /* what every later call and the commit give */
    struct memory_meta before;
};

struct memory_store {
    struct store base;
    struct memory_txn txn;
    struct memory_undo undo;
    struct memory_meta meta;
    struct memory_table items;
    struct memory_table by_id;
    struct memory_table by_desk;
    struct memory_table by_sender;
    struct memory_table by_due;
    struct memory_table ops;
    struct memory_table op_times;
    struct memory_table heads;
    struct memory_table desks;
    struct memory_table told;
    struct memory_table prekeys;
    struct memory_table directories;
    struct memory_table usage;
    struct memory_table presences; /* by seq */
    struct memory_table presence_ids;
    struct memory_table presence_idx; /* by idx and desk */
    struct memory_table presence_due; /* by expiry */
    struct memory_table tallies;
    struct memory_table matches;        /* by match_id */
    struct memory_table match_sides[2]; /* by idx and the side's desk */
    struct memory_table deposits;
};

/** memory_of - the handle behind a transaction. */
struct memory_store *memory_of(struct store_txn *txn);

/** memory_fail - err, after which the transaction can only be rolled back. */
enum sein_err memory_fail(struct memory_store *memory, enum sein_err err);

/** memory_add, _drop - as memory_table's; what fails ends the transaction, but
 *  SEIN_EEXIST does not. */
SEIN_CHECKED enum sein_err memory_add(struct memory_store *memory,
                                      struct memory_table *table, void *row);
SEIN_CHECKED enum sein_err memory_drop(struct memory_store *memory,
                                       struct memory_table *table,
                                       const void *key);

/** memory_visited - a visitor's result as that of the walk. */
enum sein_err memory_visited(enum sein_err err);

/** memory_order - -1, 0 or 1 as a is below, equal to or above b. */
int memory_order(uint64_t a, uint64_t b);

void memory_log_init(struct memory_store *memory);
enum sein_err memory_log_get(struct store_txn *txn,
                             struct sein_log_id *out_log_id);
enum sein_err memory_log_start(struct store_txn *txn,
                               const struct sein_log_id *log_id);
enum sein_err memory_head_put(struct store_txn *txn,
                              const struct store_head *head);
enum sein_err memory_head_each(struct store_txn *txn, uint64_t from, size_t max,
                               store_head_visit *visit, void *context);
enum sein_err memory_head_last(struct store_txn *txn, store_head_visit *visit,
                               void *context);
enum sein_err memory_op_get(struct store_txn *txn, struct sein_slice oin,
                            const struct sein_op_id *op_id,
                            struct store_op *out_op);
enum sein_err memory_op_put(struct store_txn *txn, struct sein_slice oin,
                            const struct sein_op_id *op_id,
                            const struct store_op *op);
enum sein_err memory_op_forget(struct store_txn *txn, int64_t before_ms,
                               size_t max, size_t *out_count);

void memory_items_init(struct memory_store *memory);
enum sein_err memory_item_put(struct store_txn *txn,
                              const struct store_item *item, uint64_t *out_seq);
enum sein_err memory_item_each(struct store_txn *txn, struct sein_slice desk,
                               uint64_t after, size_t max,
                               store_item_visit *visit, void *context);
enum sein_err memory_item_get(struct store_txn *txn, uint64_t seq,
                              struct store_item *out_item);
enum sein_err memory_item_find(struct store_txn *txn,
                               const struct sein_letter_id *letter_id,
                               struct store_item *out_item);
enum sein_err memory_item_erase(struct store_txn *txn, uint64_t seq);
enum sein_err memory_item_reported(struct store_txn *txn, uint64_t seq);
enum sein_err memory_item_due(struct store_txn *txn, enum store_due due,
                              int64_t now_ms, size_t max,
                              store_item_visit *visit, void *context);
enum sein_err memory_unread_due(struct store_txn *txn, int64_t read_before_ms,
                                size_t max, store_item_visit *visit,
                                void *context);
enum sein_err memory_usage_get(struct store_txn *txn, struct sein_slice oin,
                               struct store_usage *out_usage);

void memory_desks_init(struct memory_store *memory);
bool memory_desk_unread(const struct memory_store *memory,
                        const struct sein_desk_name *desk,
                        const struct sein_desk_name *from,
                        int64_t read_before_ms);
enum sein_err memory_unread_told(struct store_txn *txn, struct sein_slice desk,
                                 struct sein_slice from);
enum sein_err memory_desk_get(struct store_txn *txn, struct sein_slice desk,
                              struct store_desk *out_desk);
enum sein_err memory_desk_put(struct store_txn *txn, struct sein_slice desk,
                              const struct store_desk *desk_row);
enum sein_err memory_prekey_each(struct store_txn *txn, struct sein_slice desk,
                                 size_t max, store_prekey_visit *visit,
                                 void *context);
enum sein_err memory_prekey_put(struct store_txn *txn, struct sein_slice desk,
                                const struct store_prekey *prekey);
enum sein_err memory_directory_put(struct store_txn *txn, uint64_t version,
                                   int64_t issued_at_ms,
                                   struct sein_slice bytes);
enum sein_err memory_directory_read(struct store_txn *txn, uint64_t version,
                                    size_t offset, size_t max,
                                    struct sein_writer *out, size_t *out_total,
                                    uint64_t *out_version);
enum sein_err memory_directory_forget(struct store_txn *txn,
                                      int64_t issued_before_ms);

void memory_presence_init(struct memory_store *memory);
void memory_presence_deinit(struct memory_store *memory);
enum sein_err memory_presence_put(struct store_txn *txn,
                                  const struct store_presence *presence);
enum sein_err memory_presence_get(struct store_txn *txn,
                                  const struct sein_presence_id *presence_id,
                                  struct store_presence *out_presence);
enum sein_err memory_presence_at(struct store_txn *txn,
                                 const struct store_idx *idx,
                                 struct sein_slice desk,
                                 struct store_presence *out_presence);
enum sein_err memory_presence_next(struct store_txn *txn,
                                   const struct store_idx *idx,
                                   struct sein_slice after,
                                   struct store_presence *out_presence);
enum sein_err memory_presence_under(struct store_txn *txn,
                                    const struct store_idx *idx,
                                    uint64_t *out_count);
enum sein_err memory_presence_due(struct store_txn *txn, int64_t now_ms,
                                  struct store_presence *out_presence);
enum sein_err memory_presence_walk(struct store_txn *txn, uint64_t after,
                                   struct store_presence *out_presence);
enum sein_err memory_presence_erase(struct store_txn *txn, uint64_t seq);
enum sein_err memory_presence_count(struct store_txn *txn,
                                    struct sein_slice oin, uint64_t *out_count);

enum sein_err memory_match_put(struct store_txn *txn,
                               const struct store_match *match);
enum sein_err memory_match_get(struct store_txn *txn,
                               const struct sein_match_id *match_id,
                               struct store_match *out_match);
enum sein_err memory_match_pair(struct store_txn *txn,
                                const struct store_idx *idx,
                                struct sein_slice first,
                                struct sein_slice second,
                                struct store_match *out_match);
enum sein_err memory_match_next(struct store_txn *txn,
                                const struct store_idx *idx,
                                struct sein_slice desk,
                                const struct sein_match_id *after,
                                struct store_match *out_match);
enum sein_err memory_match_update(struct store_txn *txn,
                                  const struct store_match *match);
enum sein_err memory_match_erase(struct store_txn *txn,
                                 const struct sein_match_id *match_id);
enum sein_err memory_match_count(struct store_txn *txn, uint64_t *out_count);

enum sein_err memory_deposit_put(struct store_txn *txn,
                                 const struct store_deposits *deposits,
                                 const struct sein_presence_id *presence_id);
enum sein_err memory_deposit_next(struct store_txn *txn,
                                  const struct store_deposits *after,
                                  struct store_deposits *out_deposits);
enum sein_err memory_deposit_ids(struct store_txn *txn,
                                 const struct store_deposits *deposits,
                                 const struct sein_presence_id *after,
                                 size_t max, struct sein_presence_id *out_ids,
                                 size_t *out_count);
enum sein_err memory_deposit_forget(struct store_txn *txn, uint64_t before_day,
                                    size_t max, size_t *out_count);

#endif
