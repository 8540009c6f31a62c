/*
 * Sorted tables of rows in memory, with an undo list over several tables: what
 * the in-memory store keeps its rows in.
 *
 * Rows are heap blocks that nobody changes once they are in a table; a change
 * is a drop and an add.  A row may stand in several tables, one of which owns
 * it.
 *  1. rows[0..count) ascend strictly by compare.
 *  2. A row that was dropped from its owner is freed iff the transaction
 *     commits; a row that was added to its owner is freed iff it does not.
 * Threads: safe on distinct undo lists and tables.
 */
#ifndef SEIN_BROKER_STORE_MEMORY_TABLE_H
#define SEIN_BROKER_STORE_MEMORY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/error.h"

/** Like memcmp over the key fields of two rows. */
typedef int memory_table_compare(const void *a, const void *b);

struct memory_table {
    void **rows;
    size_t count;
    size_t max;
    memory_table_compare *compare;
    bool owns;
};

struct memory_change {
    struct memory_table *table;
    void *row;
    bool added;
};

/** The changes of the open transaction, oldest first. */
struct memory_undo {
    struct memory_change *changes;
    size_t count;
    size_t max;
};

/** memory_table_deinit - free the array, and the rows when the table owns. */
void memory_table_deinit(struct memory_table *table);

/**
 * memory_table_seek - the place of the first row whose key is not below key's.
 *
 * key      borrowed; a row of which only the key fields are set
 * Returns table->count when there is none.  Cost: logarithmic.
 */
size_t memory_table_seek(const struct memory_table *table, const void *key);

/** memory_table_find - the row with key's key, borrowed; NULL when absent. */
void *memory_table_find(const struct memory_table *table, const void *key);

/**
 * memory_table_add - put a row in its place.
 *
 * row      kept on SEIN_OK, borrowed otherwise
 * Errors:  SEIN_EEXIST a row with that key is there; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err memory_table_add(struct memory_table *table,
                                            struct memory_undo *undo,
                                            void *row);

/**
 * memory_table_drop - take out the row with key's key, which is there.
 *
 * Errors:  SEIN_ENOMEM; the row is still there.
 */
SEIN_CHECKED enum sein_err memory_table_drop(struct memory_table *table,
                                             struct memory_undo *undo,
                                             const void *key);

/** memory_undo_commit, _rollback - end the list's transaction. */
void memory_undo_commit(struct memory_undo *undo);
void memory_undo_rollback(struct memory_undo *undo);

/** memory_undo_deinit - free the list itself, which is empty. */
void memory_undo_deinit(struct memory_undo *undo);

#endif
