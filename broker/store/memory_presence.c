#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"

struct tally_row {
    struct sein_oin oin;
    uint64_t count;
};

struct deposit_row {
    struct store_deposits deposits;
    struct sein_presence_id presence_id;
};

static int
order_id(const void *a, const void *b)
{
    return memcmp(a, b, SEIN_ID_BYTES);
}

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

    return order_id(&left->presence_id, &right->presence_id);
}

static int
compare_idx(const void *a, const void *b)
{
    const struct store_presence *left = a;
    const struct store_presence *right = b;
    int order = order_id(&left->idx, &right->idx);

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

static int
compare_match_id(const void *a, const void *b)
{
    const struct store_match *left = a;
    const struct store_match *right = b;

    return order_id(&left->match_id, &right->match_id);
}

static int
compare_side(const struct store_match *a, const struct store_match *b,
             size_t side)
{
    int order = order_id(&a->idx, &b->idx);

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

static int
order_deposits(const struct store_deposits *a, const struct store_deposits *b)
{
    int order = memory_order(a->day, b->day);

    if (order == 0)
        order = strcmp(a->circle.text, b->circle.text);
    if (order == 0)
        order = memory_order(a->epoch, b->epoch);
    return order != 0 ? order : strcmp(a->oin.text, b->oin.text);
}

static int
compare_deposit(const void *a, const void *b)
{
    const struct deposit_row *left = a;
    const struct deposit_row *right = b;
    int order = order_deposits(&left->deposits, &right->deposits);

    return order != 0 ? order
                      : order_id(&left->presence_id, &right->presence_id);
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
    memory->matches.compare = compare_match_id;
    memory->matches.owns = true;
    memory->match_sides[0].compare = compare_first;
    memory->match_sides[1].compare = compare_second;
    memory->deposits.compare = compare_deposit;
    memory->deposits.owns = true;
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
    memory_table_deinit(&memory->match_sides[0]);
    memory_table_deinit(&memory->match_sides[1]);
    memory_table_deinit(&memory->matches);
    memory_table_deinit(&memory->deposits);
}

/* ---- presences ---- */

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
    return order_id(&row->idx, idx) == 0 ? row : NULL;
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

/* ---- matches ---- */

static const struct store_match *
live_pair(const struct memory_store *memory, const struct store_match *key)
{
    const struct memory_table *table = &memory->match_sides[0];
    struct store_match from = *key;

    memset(&from.match_id, 0, sizeof from.match_id);
    for (size_t at = memory_table_seek(table, &from); at < table->count; at++) {
        const struct store_match *row = table->rows[at];

        if (order_id(&row->idx, &key->idx) != 0 ||
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
    return order_id(&row->idx, &key->idx) == 0 &&
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

/* ---- what the keyholders are told ---- */

enum sein_err
memory_deposit_put(struct store_txn *txn, const struct store_deposits *deposits,
                   const struct sein_presence_id *presence_id)
{
    struct memory_store *memory = memory_of(txn);
    struct deposit_row *row = malloc(sizeof *row);
    enum sein_err err = SEIN_OK;

    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    *row = (struct deposit_row){ *deposits, *presence_id };
    err = memory_add(memory, &memory->deposits, row);
    if (err != SEIN_OK)
        free(row);
    return err == SEIN_EEXIST ? SEIN_OK : err;
}

enum sein_err
memory_deposit_next(struct store_txn *txn, const struct store_deposits *after,
                    struct store_deposits *out_deposits)
{
    const struct memory_table *table = &memory_of(txn)->deposits;
    struct deposit_row key = { 0 };
    const struct deposit_row *row = NULL;
    size_t at = 0;

    if (after != NULL) {
        key.deposits = *after;
        memset(&key.presence_id, 0xff, sizeof key.presence_id);
        at = memory_table_seek(table, &key);
    }
    if (at < table->count && after != NULL &&
        table->compare(table->rows[at], &key) == 0)
        at++;
    if (at >= table->count)
        return SEIN_ENOENT;
    row = table->rows[at];
    *out_deposits = row->deposits;
    return SEIN_OK;
}

enum sein_err
memory_deposit_ids(struct store_txn *txn, const struct store_deposits *deposits,
                   const struct sein_presence_id *after, size_t max,
                   struct sein_presence_id *out_ids, size_t *out_count)
{
    const struct memory_table *table = &memory_of(txn)->deposits;
    struct deposit_row key = { .deposits = *deposits };
    size_t count = 0;
    size_t at = 0;

    if (after != NULL)
        key.presence_id = *after;
    at = memory_table_seek(table, &key);
    if (after != NULL && at < table->count &&
        table->compare(table->rows[at], &key) == 0)
        at++;
    for (; count < max && at < table->count; at++) {
        const struct deposit_row *row = table->rows[at];

        if (order_deposits(&row->deposits, deposits) != 0)
            break;
        out_ids[count++] = row->presence_id;
    }
    *out_count = count;
    return SEIN_OK;
}

enum sein_err
memory_deposit_forget(struct store_txn *txn, uint64_t before_day, size_t max,
                      size_t *out_count)
{
    struct memory_store *memory = memory_of(txn);
    const struct memory_table *table = &memory->deposits;
    size_t count = 0;

    while (count < max && table->count > 0) {
        const struct deposit_row *row = table->rows[0];
        enum sein_err err = SEIN_OK;

        if (row->deposits.day >= before_day)
            break;
        err = memory_drop(memory, &memory->deposits, row);
        if (err != SEIN_OK)
            return err;
        count++;
    }
    *out_count = count;
    return SEIN_OK;
}
