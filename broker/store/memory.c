#include <stdlib.h>

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

static enum sein_err
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

const struct store_ops store_memory_ops = {
    .scheme = "memory",
    .open = memory_open,
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .log_get = memory_log_get,
    .log_start = memory_log_start,
    .head_put = memory_head_put,
    .head_each = memory_head_each,
    .head_last = memory_head_last,
    .op_get = memory_op_get,
    .op_put = memory_op_put,
    .op_forget = memory_op_forget,
    .item_put = memory_item_put,
    .item_each = memory_item_each,
    .item_get = memory_item_get,
    .item_find = memory_item_find,
    .item_erase = memory_item_erase,
    .item_reported = memory_item_reported,
    .item_due = memory_item_due,
    .unread_due = memory_unread_due,
    .unread_told = memory_unread_told,
    .desk_get = memory_desk_get,
    .desk_put = memory_desk_put,
    .prekey_each = memory_prekey_each,
    .prekey_put = memory_prekey_put,
    .directory_put = memory_directory_put,
    .directory_read = memory_directory_read,
    .directory_forget = memory_directory_forget,
    .usage_get = memory_usage_get,
    .presence_put = memory_presence_put,
    .presence_get = memory_presence_get,
    .presence_at = memory_presence_at,
    .presence_next = memory_presence_next,
    .presence_under = memory_presence_under,
    .presence_due = memory_presence_due,
    .presence_walk = memory_presence_walk,
    .presence_erase = memory_presence_erase,
    .presence_count = memory_presence_count,
    .match_put = memory_match_put,
    .match_get = memory_match_get,
    .match_pair = memory_match_pair,
    .match_next = memory_match_next,
    .match_update = memory_match_update,
    .match_erase = memory_match_erase,
    .match_count = memory_match_count,
    .deposit_put = memory_deposit_put,
    .deposit_next = memory_deposit_next,
    .deposit_ids = memory_deposit_ids,
    .deposit_forget = memory_deposit_forget,
    .count = memory_count,
    .maintain = memory_maintain,
    .full = memory_full,
    .unmaintained = memory_unmaintained,
    .backup = memory_backup,
};
