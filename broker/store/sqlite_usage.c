#include "broker/store/sqlite_usage.h"

#include <stdlib.h>
#include <string.h>

#include "broker/store/sqlite_room.h"
#include "proto/wire/msg_letter.h"

static size_t
seek(const struct sqlite_usage *usage, const struct sein_oin *oin)
{
    size_t low = 0;
    size_t high = usage->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(usage->rows[middle].oin.text, oin->text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum sein_err
read_row(struct store_txn *txn, const struct sein_oin *oin,
         struct store_usage *out_usage)
{
    struct store_usage read = { 0 };
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_USAGE_GET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, sein_slice_text(oin->text));
    err = sqlite_next(txn, query, &row);
    if (err == SEIN_OK && row) {
        read.letters = sqlite_column_number(query, 0);
        read.bytes = sqlite_column_number(query, 1);
    }
    sqlite_query_reset(query);
    if (err == SEIN_OK)
        *out_usage = read;
    return err;
}

static enum sein_err
reserve(struct sqlite_usage *usage)
{
    size_t max = usage->max == 0 ? 16 : usage->max * 2;
    struct sqlite_usage_row *rows = NULL;

    if (usage->count < usage->max)
        return SEIN_OK;
    rows = realloc(usage->rows, max * sizeof *rows);
    if (rows == NULL)
        return SEIN_ENOMEM;
    usage->rows = rows;
    usage->max = max;
    return SEIN_OK;
}

/* The row of a sender, read when it is not here yet; borrowed until the next
 * call. */
static enum sein_err
row_of(struct store_txn *txn, const struct sein_oin *oin,
       struct sqlite_usage_row **out_row)
{
    struct sqlite_usage *usage = &sqlite_of(txn)->usage;
    struct sqlite_usage_row row = { .oin = *oin };
    size_t at = seek(usage, oin);
    enum sein_err err = SEIN_OK;

    if (at < usage->count && strcmp(usage->rows[at].oin.text, oin->text) == 0) {
        *out_row = &usage->rows[at];
        return SEIN_OK;
    }
    err = read_row(txn, oin, &row.usage);
    if (err != SEIN_OK)
        return err;
    err = reserve(usage);
    if (err != SEIN_OK) {
        (void)sqlite_fail(txn, err);
        return err;
    }
    memmove(&usage->rows[at + 1], &usage->rows[at],
            (usage->count - at) * sizeof row);
    usage->rows[at] = row;
    usage->count++;
    *out_row = &usage->rows[at];
    return SEIN_OK;
}

static enum sein_err
row_to_change(struct store_txn *txn, uint64_t type, struct sein_slice from,
              struct sqlite_usage_row **out_row)
{
    struct sein_oin oin = { 0 };
    enum sein_err err = SEIN_OK;

    if (type == SEIN_ITEM_LETTER && from.len >= SEIN_OIN_CHARS)
        err = sein_slice_copy_text(sein_desk_oin(from), oin.text,
                                   sizeof oin.text);
    if (err == SEIN_OK)
        err = row_of(txn, &oin, out_row);
    if (err != SEIN_OK)
        return err;
    (*out_row)->dirty = true;
    sqlite_of(txn)->usage.changed = true;
    return SEIN_OK;
}

enum sein_err
sqlite_usage_add(struct store_txn *txn, uint64_t type, struct sein_slice from,
                 uint64_t len)
{
    struct sqlite_usage_row *row = NULL;
    enum sein_err err = row_to_change(txn, type, from, &row);

    if (err != SEIN_OK)
        return err;
    row->usage.letters++;
    row->usage.bytes += len;
    return SEIN_OK;
}

/* Never below nothing: a table that says less than there is is damaged, and
 * must not open a quota of 2^64. */
enum sein_err
sqlite_usage_remove(struct store_txn *txn, uint64_t type,
                    struct sein_slice from, uint64_t len)
{
    struct sqlite_usage_row *row = NULL;
    enum sein_err err = row_to_change(txn, type, from, &row);

    if (err != SEIN_OK)
        return err;
    row->usage.letters -= row->usage.letters > 0 ? 1 : 0;
    row->usage.bytes -= row->usage.bytes > len ? len : row->usage.bytes;
    return SEIN_OK;
}

static enum sein_err
write_row(struct store_txn *txn, const struct sqlite_usage_row *row)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_USAGE_PUT, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, sein_slice_text(row->oin.text));
    sqlite_bind_number(query, 2, row->usage.letters);
    sqlite_bind_number(query, 3, row->usage.bytes);
    return sqlite_run(txn, query);
}

enum sein_err
sqlite_usage_write(struct store_txn *txn)
{
    struct sqlite_usage *usage = &sqlite_of(txn)->usage;

    if (!usage->changed)
        return SEIN_OK;
    for (size_t i = 0; i < usage->count; i++) {
        struct sqlite_usage_row *row = &usage->rows[i];
        enum sein_err err = row->dirty ? write_row(txn, row) : SEIN_OK;

        if (err != SEIN_OK)
            return err;
        row->dirty = false;
    }
    return SEIN_OK;
}

void
sqlite_usage_end(struct sqlite_usage *usage, bool committed)
{
    if (usage->changed && !committed)
        usage->count = 0;
    usage->changed = false;
}

void
sqlite_usage_deinit(struct sqlite_usage *usage)
{
    free(usage->rows);
    usage->rows = NULL;
    usage->count = 0;
    usage->max = 0;
}

enum sein_err
sqlite_usage_get(struct store_txn *txn, struct sein_slice oin,
                 struct store_usage *out_usage)
{
    struct sein_oin key = { 0 };
    struct sqlite_usage_row *row = NULL;
    enum sein_err err = sein_slice_copy_text(oin, key.text, sizeof key.text);

    if (err == SEIN_OK)
        err = row_of(txn, &key, &row);
    if (err == SEIN_OK)
        *out_usage = row->usage;
    return err;
}

enum sein_err
sqlite_count(struct store_txn *txn, struct store_usage *out_all)
{
    struct store_usage all = { 0 };
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_usage_write(txn);

    if (err == SEIN_OK)
        err = sqlite_use(txn, QUERY_USAGE_ALL, &query);
    if (err != SEIN_OK)
        return err;
    err = sqlite_next(txn, query, &row);
    if (err == SEIN_OK && row) {
        all.letters = sqlite_column_number(query, 0);
        all.bytes = sqlite_column_number(query, 1);
    }
    sqlite_query_reset(query);
    if (err == SEIN_OK)
        *out_all = all;
    return err;
}
