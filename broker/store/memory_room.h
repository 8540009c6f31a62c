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
    struct memory_table listed; /* by desk */
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

/** memory_order_id - memcmp of two ids. */
int memory_order_id(const void *a, const void *b);

/* The comparing functions of the tables. */
void memory_log_init(struct memory_store *memory);
void memory_items_init(struct memory_store *memory);
void memory_desks_init(struct memory_store *memory);
void memory_presence_init(struct memory_store *memory);
void memory_matches_init(struct memory_store *memory);
void memory_deposits_init(struct memory_store *memory);

/* Of tables with indexes beside them. */
void memory_presence_deinit(struct memory_store *memory);
void memory_matches_deinit(struct memory_store *memory);

/** memory_desk_unread - what unread_due asks of one desk and sender. */
bool memory_desk_unread(const struct memory_store *memory,
                        const struct sein_desk_name *desk,
                        const struct sein_desk_name *from,
                        int64_t read_before_ms);

#define MEMORY_CALL(name) store_##name memory_##name;
STORE_CALLS(MEMORY_CALL)
#undef MEMORY_CALL

#endif
