#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"

static int
compare_match_id(const void *a, const void *b)
{
    const struct store_match *left = a;
    const struct store_match *right = b;

    return memory_order_id(&left->match_id, &right->match_id);
}

static int
compare_side(const struct store_match *a, const struct store_match *b,
             size_t side)
{
    int order = memory_order_id(&a->idx, &b->idx);

    if (order == 0)
        order = strcmp(a->sides[side].desk.text, b->sides[side].desk.text);
    return order != 0 ? order : compare_match_id(a, b);
}

static int
compare_first(const void *a, const void *b)
{
    return compare_side(a, b, 0);
}

static int
compare_second(const void *a, const void *b)
{
    return compare_side(a, b, 1);
}

void
memory_matches_init(struct memory_store *memory)
{
    memory->matches.compare = compare_match_id;
    memory->matches.owns = true;
    memory->match_sides[0].compare = compare_first;
    memory->match_sides[1].compare = compare_second;
}

/* Indexes first: the owner frees the rows. */
void
memory_matches_deinit(struct memory_store *memory)
{
    memory_table_deinit(&memory->match_sides[0]);
    memory_table_deinit(&memory->match_sides[1]);
    memory_table_deinit(&memory->matches);
}

static const struct store_match *
live_pair(const struct memory_store *memory, const struct store_match *key)
{
    const struct memory_table *table = &memory->match_sides[0];
    struct store_match from = *key;

    memset(&from.match_id, 0, sizeof from.match_id);
    for (size_t at = memory_table_seek(table, &from); at < table->count; at++) {
        const struct store_match *row = table->rows[at];

        if (memory_order_id(&row->idx, &key->idx) != 0 ||
            strcmp(row->sides[0].desk.text, key->sides[0].desk.text) != 0)
            return NULL;
        if (!row->ended &&
            strcmp(row->sides[1].desk.text, key->sides[1].desk.text) == 0)
            return row;
    }
    return NULL;
}

/* takes row, whatever the result */
static enum sein_err
link_match(struct memory_store *memory, struct store_match *row)
{
    enum sein_err err = memory_add(memory, &memory->matches, row);

    if (err != SEIN_OK) {
        free(row);
        return err;
    }
    err = memory_add(memory, &memory->match_sides[0], row);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->match_sides[1], row);
    return err;
}

static enum sein_err
unlink_match(struct memory_store *memory, const struct store_match *row)
{
    enum sein_err err = memory_drop(memory, &memory->match_sides[0], row);

    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->match_sides[1], row);
    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->matches, row);
    return err;
}

static enum sein_err
copy_match(struct memory_store *memory, const struct store_match *match,
           struct store_match **out_row)
{
    struct store_match *row = malloc(sizeof *row);

    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    *row = *match;
    *out_row = row;
    return SEIN_OK;
}

enum sein_err
memory_match_put(struct store_txn *txn, const struct store_match *match)
{
    struct memory_store *memory = memory_of(txn);
    struct store_match *row = NULL;
    enum sein_err err = SEIN_OK;

    if (memory_table_find(&memory->matches, match) != NULL ||
        (!match->ended && live_pair(memory, match) != NULL))
        return SEIN_EEXIST;
    err = copy_match(memory, match, &row);
    return err == SEIN_OK ? link_match(memory, row) : err;
}

static enum sein_err
give_match(const struct store_match *row, struct store_match *out_match)
{
    if (row == NULL)
        return SEIN_ENOENT;
    *out_match = *row;
    return SEIN_OK;
}

enum sein_err
memory_match_get(struct store_txn *txn, const struct sein_match_id *match_id,
                 struct store_match *out_match)
{
    const struct store_match key = { .match_id = *match_id };

    return give_match(memory_table_find(&memory_of(txn)->matches, &key),
                      out_match);
}

enum sein_err
memory_match_pair(struct store_txn *txn, const struct store_idx *idx,
                  struct sein_slice first, struct sein_slice second,
                  struct store_match *out_match)
{
    struct store_match key = { .idx = *idx };
    enum sein_err err = sein_slice_copy_text(first, key.sides[0].desk.text,
                                             sizeof key.sides[0].desk.text);

    if (err == SEIN_OK)
        err = sein_slice_copy_text(second, key.sides[1].desk.text,
                                   sizeof key.sides[1].desk.text);
    if (err != SEIN_OK)
        return err;
    return give_match(live_pair(memory_of(txn), &key), out_match);
}

/* The next of a desk on one side; NULL: none. */
static const struct store_match *
next_on(const struct memory_table *table, const struct store_match *key,
        size_t side, bool past)
{
    size_t at = memory_table_seek(table, key);
    const struct store_match *row = NULL;

    if (past && at < table->count && table->compare(table->rows[at], key) == 0)
        at++;
    if (at >= table->count)
        return NULL;
    row = table->rows[at];
    return memory_order_id(&row->idx, &key->idx) == 0 &&
                   strcmp(row->sides[side].desk.text,
                          key->sides[side].desk.text) == 0
               ? row
               : NULL;
}

enum sein_err
memory_match_next(struct store_txn *txn, const struct store_idx *idx,
                  struct sein_slice desk, const struct sein_match_id *after,
                  struct store_match *out_match)
{
    const struct memory_store *memory = memory_of(txn);
    struct store_match key = { .idx = *idx };
    const struct store_match *found[2] = { NULL, NULL };

    if (after != NULL)
        key.match_id = *after;
    for (size_t i = 0; i < 2; i++) {
        enum sein_err err = sein_slice_copy_text(desk, key.sides[i].desk.text,
                                                 sizeof key.sides[i].desk.text);

        if (err != SEIN_OK)
            return err;
        found[i] = next_on(&memory->match_sides[i], &key, i, after != NULL);
    }
    if (found[0] == NULL ||
        (found[1] != NULL && compare_match_id(found[1], found[0]) < 0))
        found[0] = found[1];
    return give_match(found[0], out_match);
}

enum sein_err
memory_match_update(struct store_txn *txn, const struct store_match *match)
{
    struct memory_store *memory = memory_of(txn);
    const struct store_match *old = memory_table_find(&memory->matches, match);
    struct store_match changed = *match;
    struct store_match *row = NULL;
    enum sein_err err = SEIN_OK;

    if (old == NULL)
        return SEIN_ENOENT;
    changed.idx = old->idx;
    for (size_t i = 0; i < 2; i++)
        changed.sides[i].desk = old->sides[i].desk;
    err = copy_match(memory, &changed, &row);
    if (err != SEIN_OK)
        return err;
    err = unlink_match(memory, old);
    if (err != SEIN_OK) {
        free(row);
        return err;
    }
    return link_match(memory, row);
}

enum sein_err
memory_match_erase(struct store_txn *txn, const struct sein_match_id *match_id)
{
    struct memory_store *memory = memory_of(txn);
    const struct store_match key = { .match_id = *match_id };
    const struct store_match *row = memory_table_find(&memory->matches, &key);

    return row == NULL ? SEIN_ENOENT : unlink_match(memory, row);
}

enum sein_err
memory_match_count(struct store_txn *txn, uint64_t *out_count)
{
    *out_count = memory_of(txn)->matches.count;
    return SEIN_OK;
}
