/*
 * A hash table of nodes that live in their owners' structs.
 *
 * Peers choose some of the keys (a routing id, an OIN), so the hash is keyed
 * with a random key of this table.  Nothing is owned; nothing fails but making.
 *  1. A node is in at most one table, at most once.
 * Threads: one thread per table.  Cost: O(1) expected.
 */
#ifndef SEIN_BROKER_KERNEL_TABLE_H
#define SEIN_BROKER_KERNEL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"

struct table_node {
    struct table_node *next;
    uint64_t hash;
};

#define TABLE_KEY_BYTES 16U /* of SipHash-2-4 */

struct table {
    struct table_node **slots;
    size_t slot_count; /* a power of two */
    size_t count;
    uint8_t key[TABLE_KEY_BYTES];
};

/** table_init - an empty table; table_deinit frees it, not its nodes.
 *
 * Errors:  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err table_init(struct table *table);
void table_deinit(struct table *table);

uint64_t table_hash(const struct table *table, struct sein_slice key);

/** table_first, table_again - nodes with that hash, one after the other; the
 *  caller compares the key itself.  NULL when there is none (any more). */
struct table_node *table_first(const struct table *table, uint64_t hash);
struct table_node *table_again(const struct table_node *node);

/** table_insert - keeps node until table_remove.  It grows when it can, and
 *  gets slower when there is no memory to grow. */
void table_insert(struct table *table, struct table_node *node, uint64_t hash);
void table_remove(struct table *table, struct table_node *node);

/** table_pop - takes out any node; NULL when the table is empty.
 *
 * at       0 at first, then as it was left; emptying costs O(count) in all */
struct table_node *table_pop(struct table *table, size_t *at);

#endif
