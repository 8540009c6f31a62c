#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"

struct deposit_row {
    struct store_deposits deposits;
    struct sein_presence_id presence_id;
};

/* How far a desk acknowledged them. */
struct listed_row {
    struct sein_desk_name desk;
    struct store_deposits upto;
};

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

    return order != 0
               ? order
               : memory_order_id(&left->presence_id, &right->presence_id);
}

static int
compare_listed(const void *a, const void *b)
{
    const struct listed_row *left = a;
    const struct listed_row *right = b;

    return strcmp(left->desk.text, right->desk.text);
}

void
memory_deposits_init(struct memory_store *memory)
{
    memory->listed.compare = compare_listed;
    memory->listed.owns = true;
    memory->deposits.compare = compare_deposit;
    memory->deposits.owns = true;
}

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

enum sein_err
memory_deposit_drop(struct store_txn *txn,
                    const struct store_deposits *deposits, size_t max,
                    size_t *out_count)
{
    struct memory_store *memory = memory_of(txn);
    const struct memory_table *table = &memory->deposits;
    const struct deposit_row key = { .deposits = *deposits };
    size_t at = memory_table_seek(table, &key);
    size_t count = 0;

    while (count < max && at < table->count) {
        const struct deposit_row *row = table->rows[at];
        enum sein_err err = SEIN_OK;

        if (order_deposits(&row->deposits, deposits) != 0)
            break;
        err = memory_drop(memory, &memory->deposits, row);
        if (err != SEIN_OK)
            return err;
        count++;
    }
    *out_count = count;
    return SEIN_OK;
}

/* ---- who acknowledged what ---- */

enum sein_err
memory_listed_get(struct store_txn *txn, struct sein_slice desk,
                  struct store_deposits *out_deposits)
{
    struct listed_row key = { 0 };
    const struct listed_row *row = NULL;
    enum sein_err err =
        sein_slice_copy_text(desk, key.desk.text, sizeof key.desk.text);

    if (err != SEIN_OK)
        return err;
    row = memory_table_find(&memory_of(txn)->listed, &key);
    if (row == NULL)
        return SEIN_ENOENT;
    *out_deposits = row->upto;
    return SEIN_OK;
}

enum sein_err
memory_listed_put(struct store_txn *txn, struct sein_slice desk,
                  const struct store_deposits *deposits)
{
    struct memory_store *memory = memory_of(txn);
    struct listed_row key = { .upto = *deposits };
    const struct listed_row *old = NULL;
    struct listed_row *row = NULL;
    enum sein_err err =
        sein_slice_copy_text(desk, key.desk.text, sizeof key.desk.text);

    if (err != SEIN_OK)
        return err;
    row = malloc(sizeof *row);
    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    *row = key;
    old = memory_table_find(&memory->listed, &key);
    if (old != NULL)
        err = memory_drop(memory, &memory->listed, old);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->listed, row);
    if (err != SEIN_OK)
        free(row);
    return err;
}

enum sein_err
memory_listed_day(struct store_txn *txn, uint64_t *out_day)
{
    const struct memory_table *table = &memory_of(txn)->listed;
    uint64_t day = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct listed_row *row = table->rows[i];

        if (row->upto.day > day)
            day = row->upto.day;
    }
    *out_day = day;
    return SEIN_OK;
}
