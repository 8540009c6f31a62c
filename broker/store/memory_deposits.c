#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"

struct deposit_row {
    struct store_deposits deposits;
    struct sein_presence_id presence_id;
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

void
memory_deposits_init(struct memory_store *memory)
{
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
