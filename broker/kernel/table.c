#include "broker/kernel/table.h"

#include <assert.h>
#include <stdlib.h>

#include <sodium.h>

#define TABLE_SLOTS_MIN 16U

_Static_assert(TABLE_KEY_BYTES == crypto_shorthash_KEYBYTES, "hash key");
_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "hash size");

static struct table_node **
slot_of(const struct table *table, uint64_t hash)
{
    return &table->slots[hash & (table->slot_count - 1)];
}

enum sein_err
table_init(struct table *table)
{
    struct table_node **slots = calloc(TABLE_SLOTS_MIN, sizeof *slots);

    if (slots == NULL)
        return SEIN_ENOMEM;
    *table = (struct table){ .slots = slots, .slot_count = TABLE_SLOTS_MIN };
    crypto_shorthash_keygen(table->key);
    return SEIN_OK;
}

void
table_deinit(struct table *table)
{
    free(table->slots);
    *table = (struct table){ 0 };
}

uint64_t
table_hash(const struct table *table, struct sein_slice key)
{
    uint64_t hash = 0;

    crypto_shorthash((unsigned char *)&hash, key.at, key.len, table->key);
    return hash;
}

struct table_node *
table_first(const struct table *table, uint64_t hash)
{
    struct table_node *node = *slot_of(table, hash);

    while (node != NULL && node->hash != hash)
        node = node->next;
    return node;
}

struct table_node *
table_again(const struct table_node *node)
{
    struct table_node *next = node->next;

    while (next != NULL && next->hash != node->hash)
        next = next->next;
    return next;
}

static void
push(struct table *table, struct table_node *node)
{
    struct table_node **slot = slot_of(table, node->hash);

    node->next = *slot;
    *slot = node;
}

static void
grow(struct table *table)
{
    struct table_node **old = table->slots;
    size_t old_count = table->slot_count;
    struct table_node **slots = calloc(old_count * 2, sizeof *slots);

    if (slots == NULL)
        return;
    table->slots = slots;
    table->slot_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i] != NULL) {
            struct table_node *node = old[i];

            old[i] = node->next;
            push(table, node);
        }
    }
    free(old);
}

void
table_insert(struct table *table, struct table_node *node, uint64_t hash)
{
    if (table->count >= table->slot_count)
        grow(table);
    node->hash = hash;
    push(table, node);
    table->count++;
}

void
table_remove(struct table *table, struct table_node *node)
{
    struct table_node **link = slot_of(table, node->hash);

    while (*link != NULL && *link != node)
        link = &(*link)->next;
    assert(*link == node);
    *link = node->next;
    node->next = NULL;
    table->count--;
}

struct table_node *
table_pop(struct table *table, size_t *at)
{
    for (; *at < table->slot_count; (*at)++) {
        struct table_node *node = table->slots[*at];

        if (node != NULL) {
            table_remove(table, node);
            return node;
        }
    }
    return NULL;
}
