#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"

struct tally_row {
    struct sein_oin oin;
    uint64_t count;
};

static int
compare_seq(const void *a, const void *b)
{
    const struct store_presence *left = a;
    const struct store_presence *right = b;

    return memory_order(left->seq, right->seq);
}

static int
compare_presence_id(const void *a, const void *b)
{
    const struct store_presence *left = a;
    const struct store_presence *right = b;

    return memory_order_id(&left->presence_id, &right->presence_id);
}

static int
compare_idx(const void *a, const void *b)
{
    const struct store_presence *left = a;
    const struct store_presence *right = b;
    int order = memory_order_id(&left->idx, &right->idx);

    return order != 0 ? order : strcmp(left->desk.text, right->desk.text);
}

static int
compare_due(const void *a, const void *b)
{
    const struct store_presence *left = a;
    const struct store_presence *right = b;
    int order = (left->expires_at_ms > right->expires_at_ms) -
                (left->expires_at_ms < right->expires_at_ms);

    return order != 0 ? order : compare_seq(a, b);
}

static int
compare_tally(const void *a, const void *b)
{
    const struct tally_row *left = a;
    const struct tally_row *right = b;

    return strcmp(left->oin.text, right->oin.text);
}

void
memory_presence_init(struct memory_store *memory)
{
    memory->presences.compare = compare_seq;
    memory->presences.owns = true;
    memory->presence_ids.compare = compare_presence_id;
    memory->presence_idx.compare = compare_idx;
    memory->presence_due.compare = compare_due;
    memory->tallies.compare = compare_tally;
    memory->tallies.owns = true;
}

/* Indexes first: the owner frees the rows. */
void
memory_presence_deinit(struct memory_store *memory)
{
    memory_table_deinit(&memory->presence_ids);
    memory_table_deinit(&memory->presence_idx);
    memory_table_deinit(&memory->presence_due);
    memory_table_deinit(&memory->presences);
    memory_table_deinit(&memory->tallies);
}

/* A row changes by a drop and an add. */
static enum sein_err
tally(struct memory_store *memory, const struct store_presence *presence,
      bool more)
{
    struct tally_row key = { 0 };
    const struct tally_row *old = NULL;
    struct tally_row *row = malloc(sizeof *row);
    enum sein_err err = SEIN_OK;

    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    memcpy(key.oin.text, presence->desk.text, SEIN_OIN_CHARS);
    old = memory_table_find(&memory->tallies, &key);
    *row = old != NULL ? *old : key;
    row->count += more ? 1 : UINT64_MAX;
    if (old != NULL)
        err = memory_drop(memory, &memory->tallies, old);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->tallies, row);
    if (err != SEIN_OK)
        free(row);
    return err;
}

/* takes row, whatever the result */
static enum sein_err
link_row(struct memory_store *memory, struct store_presence *row)
{
    enum sein_err err = memory_add(memory, &memory->presences, row);

    if (err != SEIN_OK) {
        free(row);
        return err;
    }
    err = memory_add(memory, &memory->presence_ids, row);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->presence_idx, row);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->presence_due, row);
    return err == SEIN_OK ? tally(memory, row, true) : err;
}

static enum sein_err
unlink_row(struct memory_store *memory, const struct store_presence *row)
{
    enum sein_err err = tally(memory, row, false);

    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->presence_ids, row);
    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->presence_idx, row);
    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->presence_due, row);
    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->presences, row);
    return err;
}

enum sein_err
memory_presence_put(struct store_txn *txn,
                    const struct store_presence *presence)
{
    struct memory_store *memory = memory_of(txn);
    const struct store_presence *old = NULL;
    struct store_presence *row = NULL;
    enum sein_err err = SEIN_OK;

    if (memory_table_find(&memory->presence_ids, presence) != NULL)
        return SEIN_EEXIST;
    row = malloc(sizeof *row);
    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    *row = *presence;
    row->seq = ++memory->meta.presence_seq;
    old = memory_table_find(&memory->presence_idx, presence);
    if (old != NULL)
        err = unlink_row(memory, old);
    if (err != SEIN_OK) {
        free(row);
        return err;
    }
    return link_row(memory, row);
}

static enum sein_err
give(const struct store_presence *row, struct store_presence *out_presence)
{
    if (row == NULL)
        return SEIN_ENOENT;
    *out_presence = *row;
    return SEIN_OK;
}

enum sein_err
memory_presence_get(struct store_txn *txn,
                    const struct sein_presence_id *presence_id,
                    struct store_presence *out_presence)
{
    const struct store_presence key = { .presence_id = *presence_id };

    return give(memory_table_find(&memory_of(txn)->presence_ids, &key),
                out_presence);
}

enum sein_err
memory_presence_at(struct store_txn *txn, const struct store_idx *idx,
                   struct sein_slice desk, struct store_presence *out_presence)
{
    struct store_presence key = { .idx = *idx };
    enum sein_err err =
        sein_slice_copy_text(desk, key.desk.text, sizeof key.desk.text);

    if (err != SEIN_OK)
        return err;
    return give(memory_table_find(&memory_of(txn)->presence_idx, &key),
                out_presence);
}

/* The row at a place of an index over idx; NULL when it is another idx's. */
static const struct store_presence *
row_under(const struct memory_table *table, size_t at,
          const struct store_idx *idx)
{
    const struct store_presence *row = NULL;

    if (at >= table->count)
        return NULL;
    row = table->rows[at];
    return memory_order_id(&row->idx, idx) == 0 ? row : NULL;
}

enum sein_err
memory_presence_next(struct store_txn *txn, const struct store_idx *idx,
                     struct sein_slice after,
                     struct store_presence *out_presence)
{
    const struct memory_table *table = &memory_of(txn)->presence_idx;
    struct store_presence key = { .idx = *idx };
    const struct store_presence *row = NULL;
    size_t at = 0;
    enum sein_err err =
        sein_slice_copy_text(after, key.desk.text, sizeof key.desk.text);

    if (err != SEIN_OK)
        return err;
    at = memory_table_seek(table, &key);
    row = row_under(table, at, idx);
    if (row != NULL && strcmp(row->desk.text, key.desk.text) == 0)
        row = row_under(table, at + 1, idx);
    return give(row, out_presence);
}

enum sein_err
memory_presence_under(struct store_txn *txn, const struct store_idx *idx,
                      uint64_t *out_count)
{
    const struct memory_table *table = &memory_of(txn)->presence_idx;
    const struct store_presence key = { .idx = *idx };
    size_t first = memory_table_seek(table, &key);
    size_t at = first;

    while (row_under(table, at, idx) != NULL)
        at++;
    *out_count = at - first;
    return SEIN_OK;
}

enum sein_err
memory_presence_due(struct store_txn *txn, int64_t now_ms,
                    struct store_presence *out_presence)
{
    const struct memory_table *table = &memory_of(txn)->presence_due;
    const struct store_presence *row = table->count > 0 ? table->rows[0] : NULL;

    if (row == NULL || row->expires_at_ms > now_ms)
        return SEIN_ENOENT;
    return give(row, out_presence);
}

enum sein_err
memory_presence_walk(struct store_txn *txn, uint64_t after,
                     struct store_presence *out_presence)
{
    const struct memory_table *table = &memory_of(txn)->presences;
    const struct store_presence key = { .seq = after + 1 };
    size_t at = memory_table_seek(table, &key);

    return give(at < table->count ? table->rows[at] : NULL, out_presence);
}

enum sein_err
memory_presence_erase(struct store_txn *txn, uint64_t seq)
{
    struct memory_store *memory = memory_of(txn);
    const struct store_presence key = { .seq = seq };
    const struct store_presence *row =
        memory_table_find(&memory->presences, &key);

    return row == NULL ? SEIN_ENOENT : unlink_row(memory, row);
}

enum sein_err
memory_presence_count(struct store_txn *txn, struct sein_slice oin,
                      uint64_t *out_count)
{
    const struct memory_store *memory = memory_of(txn);
    struct tally_row key = { 0 };
    const struct tally_row *row = NULL;
    enum sein_err err =
        sein_slice_copy_text(oin, key.oin.text, sizeof key.oin.text);

    if (err != SEIN_OK)
        return err;
    row = memory_table_find(&memory->tallies, &key);
    *out_count =
        oin.len == 0 ? memory->presences.count : (row == NULL ? 0 : row->count);
    return SEIN_OK;
}
