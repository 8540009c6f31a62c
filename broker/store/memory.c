#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"

struct memory_store *
memory_of(struct store_txn *txn)
{
    return (struct memory_store *)txn->store;
}

enum sein_err
memory_fail(struct memory_store *memory, enum sein_err err)
{
    memory->txn.failed = err;
    return err;
}

enum sein_err
memory_add(struct memory_store *memory, struct memory_table *table, void *row)
{
    enum sein_err err = memory_table_add(table, &memory->undo, row);

    if (err != SEIN_OK && err != SEIN_EEXIST)
        return memory_fail(memory, err);
    return err;
}

enum sein_err
memory_drop(struct memory_store *memory, struct memory_table *table,
            const void *key)
{
    enum sein_err err = memory_table_drop(table, &memory->undo, key);

    if (err != SEIN_OK)
        return memory_fail(memory, err);
    return SEIN_OK;
}

enum sein_err
memory_visited(enum sein_err err)
{
    return err == SEIN_ECANCELED ? SEIN_OK : err;
}

int
memory_order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int
memory_order_id(const void *a, const void *b)
{
    return memcmp(a, b, SEIN_ID_BYTES);
}

static enum sein_err
memory_open(const char *path, struct store **out_store)
{
    struct memory_store *memory = calloc(1, sizeof *memory);

    (void)path; /* nothing is kept there */
    if (memory == NULL)
        return SEIN_ENOMEM;
    memory->base.ops = &store_memory_ops;
    memory->txn.base.store = &memory->base;
    memory_log_init(memory);
    memory_items_init(memory);
    memory_desks_init(memory);
    memory_presence_init(memory);
    memory_matches_init(memory);
    memory_deposits_init(memory);
    *out_store = &memory->base;
    return SEIN_OK;
}

static void
memory_rollback(struct store_txn **txn)
{
    struct memory_store *memory = NULL;

    if (*txn == NULL)
        return;
    memory = memory_of(*txn);
    memory_undo_rollback(&memory->undo);
    memory->meta = memory->txn.before;
    memory->txn.open = false;
    *txn = NULL;
}

static void
memory_close(struct store **store)
{
    struct memory_store *memory = (struct memory_store *)*store;
    struct store_txn *open = NULL;

    if (memory == NULL)
        return;
    if (memory->txn.open)
        open = &memory->txn.base;
    memory_rollback(&open);
    /* Indexes first: the owner frees the rows. */
    memory_table_deinit(&memory->by_id);
    memory_table_deinit(&memory->by_desk);
    memory_table_deinit(&memory->by_sender);
    memory_table_deinit(&memory->by_due);
    memory_table_deinit(&memory->items);
    memory_table_deinit(&memory->op_times);
    memory_table_deinit(&memory->ops);
    memory_table_deinit(&memory->heads);
    memory_table_deinit(&memory->desks);
    memory_table_deinit(&memory->told);
    memory_table_deinit(&memory->prekeys);
    memory_table_deinit(&memory->directories);
    memory_table_deinit(&memory->usage);
    memory_presence_deinit(memory);
    memory_matches_deinit(memory);
    memory_table_deinit(&memory->deposits);
    memory_table_deinit(&memory->listed);
    memory_undo_deinit(&memory->undo);
    free(memory);
    *store = NULL;
}

static enum sein_err
memory_begin(struct store *store, struct store_txn **out_txn)
{
    struct memory_store *memory = (struct memory_store *)store;

    if (memory->txn.open)
        return SEIN_EINTERNAL;
    memory->txn.open = true;
    memory->txn.failed = SEIN_OK;
    memory->txn.before = memory->meta;
    *out_txn = &memory->txn.base;
    return SEIN_OK;
}

static enum sein_err
memory_commit(struct store_txn **txn)
{
    struct memory_store *memory = memory_of(*txn);
    enum sein_err err = memory->txn.failed;

    if (err != SEIN_OK) {
        memory_rollback(txn);
        return err;
    }
    memory_undo_commit(&memory->undo);
    memory->txn.open = false;
    *txn = NULL;
    return SEIN_OK;
}

enum sein_err
memory_count(struct store_txn *txn, struct store_usage *out_all)
{
    *out_all = memory_of(txn)->meta.all;
    return SEIN_OK;
}

/* An erased row was freed when its transaction committed. */
static enum sein_err
memory_maintain(struct store *store)
{
    const struct memory_store *memory = (const struct memory_store *)store;

    return memory->txn.open ? SEIN_EINTERNAL : SEIN_OK;
}

static bool
memory_full(const struct store *store)
{
    (void)store; /* no memory is SEIN_ENOMEM */
    return false;
}

static uint64_t
memory_unmaintained(const struct store *store)
{
    (void)store; /* there is no log to move */
    return 0;
}

static enum sein_err
memory_backup(struct store *store, const char *to_path)
{
    (void)store;
    (void)to_path;
    return SEIN_ENOTSUP;
}

/* clang-format off */
#define MEMORY_SLOT(name) .name = memory_##name,
const struct store_ops store_memory_ops = {
    .scheme = "memory",
    .open = memory_open,
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .maintain = memory_maintain,
    .full = memory_full,
    .unmaintained = memory_unmaintained,
    .backup = memory_backup,
    STORE_CALLS(MEMORY_SLOT)
};
/* clang-format on */
