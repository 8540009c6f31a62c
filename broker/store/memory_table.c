#include "broker/store/memory_table.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void
memory_table_deinit(struct memory_table *table)
{
    for (size_t i = 0; table->owns && i < table->count; i++)
        free(table->rows[i]);
    free(table->rows);
    table->rows = NULL;
    table->count = 0;
    table->max = 0;
}

size_t
memory_table_seek(const struct memory_table *table, const void *key)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (table->compare(table->rows[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void *
memory_table_find(const struct memory_table *table, const void *key)
{
    size_t at = memory_table_seek(table, key);

    if (at == table->count || table->compare(table->rows[at], key) != 0)
        return NULL;
    return table->rows[at];
}

/* Room for one more element of a growing array. */
static enum sein_err
reserve(void **array, size_t count, size_t *max, size_t each)
{
    size_t more = *max == 0 ? 16 : *max * 2;
    void *grown = NULL;

    if (count < *max)
        return SEIN_OK;
    if (more > SIZE_MAX / each)
        return SEIN_ENOMEM;
    grown = realloc(*array, more * each);
    if (grown == NULL)
        return SEIN_ENOMEM;
    *array = grown;
    *max = more;
    return SEIN_OK;
}

static enum sein_err
reserve_row(struct memory_table *table)
{
    void *array = table->rows;
    enum sein_err err =
        reserve(&array, table->count, &table->max, sizeof table->rows[0]);

    table->rows = array;
    return err;
}

static enum sein_err
reserve_change(struct memory_undo *undo)
{
    void *array = undo->changes;
    enum sein_err err =
        reserve(&array, undo->count, &undo->max, sizeof undo->changes[0]);

    undo->changes = array;
    return err;
}

static void
insert_at(struct memory_table *table, size_t at, void *row)
{
    memmove(&table->rows[at + 1], &table->rows[at],
            (table->count - at) * sizeof table->rows[0]);
    table->rows[at] = row;
    table->count++;
}

static void
remove_at(struct memory_table *table, size_t at)
{
    table->count--;
    memmove(&table->rows[at], &table->rows[at + 1],
            (table->count - at) * sizeof table->rows[0]);
}

static void
note(struct memory_undo *undo, struct memory_table *table, void *row,
     bool added)
{
    undo->changes[undo->count++] =
        (struct memory_change){ .table = table, .row = row, .added = added };
}

enum sein_err
memory_table_add(struct memory_table *table, struct memory_undo *undo,
                 void *row)
{
    size_t at = memory_table_seek(table, row);
    enum sein_err err = SEIN_OK;

    if (at < table->count && table->compare(table->rows[at], row) == 0)
        return SEIN_EEXIST;
    err = reserve_row(table);
    if (err != SEIN_OK)
        return err;
    err = reserve_change(undo);
    if (err != SEIN_OK)
        return err;
    insert_at(table, at, row);
    note(undo, table, row, true);
    return SEIN_OK;
}

enum sein_err
memory_table_drop(struct memory_table *table, struct memory_undo *undo,
                  const void *key)
{
    size_t at = memory_table_seek(table, key);
    enum sein_err err = reserve_change(undo);

    if (err != SEIN_OK)
        return err;
    assert(at < table->count && table->compare(table->rows[at], key) == 0);
    note(undo, table, table->rows[at], false);
    remove_at(table, at);
    return SEIN_OK;
}

void
memory_undo_commit(struct memory_undo *undo)
{
    for (size_t i = 0; i < undo->count; i++) {
        const struct memory_change *change = &undo->changes[i];

        if (!change->added && change->table->owns)
            free(change->row);
    }
    undo->count = 0;
}

/* Backwards, so that each table holds what it held when the change was made:
 * what was dropped fits again in the array that it was dropped from.  Owned
 * rows are freed last, when no index compares with them any more. */
void
memory_undo_rollback(struct memory_undo *undo)
{
    for (size_t i = undo->count; i > 0; i--) {
        const struct memory_change *change = &undo->changes[i - 1];
        size_t at = memory_table_seek(change->table, change->row);

        if (change->added)
            remove_at(change->table, at);
        else
            insert_at(change->table, at, change->row);
    }
    for (size_t i = 0; i < undo->count; i++) {
        const struct memory_change *change = &undo->changes[i];

        if (change->added && change->table->owns)
            free(change->row);
    }
    undo->count = 0;
}

void
memory_undo_deinit(struct memory_undo *undo)
{
    assert(undo->count == 0);
    free(undo->changes);
    undo->changes = NULL;
    undo->max = 0;
}
