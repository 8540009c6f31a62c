#include <string.h>

#include "broker/store/sqlite_room.h"
#include "proto/wire/msg_letter.h"

#define CHECKSUM_BYTES SQLITE_CHECKSUM_BYTES
/* Four numbers, two ids, and three names with their lengths. */
#define CHECKED_MAX                                                \
    (4U * 8U + 2U * SEIN_ID_BYTES + 3U * 2U + 2U * SEIN_DESK_MAX + \
     SEIN_CIRCLE_MAX)

/* Over all that a delivery goes by; collect_by_ms changes and stays out. */
static void
checksum(const struct sqlite_store *sqlite, const struct store_item *item,
         uint8_t out[static CHECKSUM_BYTES])
{
    uint8_t buffer[CHECKED_MAX];
    struct sein_writer writer = sein_writer_of(buffer, sizeof buffer);

    sein_write_u64(&writer, item->seq);
    sein_write_u64(&writer, item->type);
    sein_write_u64(&writer, (uint64_t)item->accepted_at_ms);
    sein_write_u64(&writer, (uint64_t)item->expires_at_ms);
    sein_write_bytes(&writer, item->letter_id.bytes, SEIN_ID_BYTES);
    sein_write_bytes(&writer, item->from_key.bytes, SEIN_ID_BYTES);
    sein_write_lp(&writer, sein_slice_text(item->desk.text));
    sein_write_lp(&writer, sein_slice_text(item->from.text));
    sein_write_lp(&writer, sein_slice_text(item->circle.text));
    sqlite_checksum(sqlite, sein_slice_of(writer.at, writer.len), item->bytes,
                    out);
}

static int64_t
due_of(const struct store_item *item)
{
    if (item->collect_by_ms == 0 || item->collect_by_ms > item->expires_at_ms)
        return item->expires_at_ms;
    return item->collect_by_ms;
}

static void
bind_item(struct sqlite_query *query, const struct store_item *item)
{
    sqlite_bind_number(query, 1, item->seq);
    sqlite_bind_number(query, 2, item->type);
    sqlite_bind_text(query, 3, sein_slice_text(item->desk.text));
    sqlite_bind_blob(query, 4,
                     sein_slice_of(item->letter_id.bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 5, sein_slice_text(item->from.text));
    sqlite_bind_blob(query, 6,
                     sein_slice_of(item->from_key.bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 7, sein_slice_text(item->circle.text));
    sqlite_bind_int(query, 8, item->accepted_at_ms);
    sqlite_bind_int(query, 9, item->expires_at_ms);
    sqlite_bind_int(query, 10, item->collect_by_ms);
    sqlite_bind_int(query, 11, due_of(item));
}

enum sein_err
sqlite_item_put(struct store_txn *txn, const struct store_item *item,
                uint64_t *out_seq)
{
    struct sqlite_store *sqlite = sqlite_of(txn);
    struct store_item row = *item;
    uint8_t sum[CHECKSUM_BYTES];
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_ITEM_PUT, &query);

    if (err != SEIN_OK)
        return err;
    if (item->type == SEIN_ITEM_LETTER &&
        !sqlite_space_take(&sqlite->space, item->bytes.len))
        return SEIN_EFULL;
    row.seq = sqlite->meta.item_seq + 1;
    checksum(sqlite, &row, sum);
    bind_item(query, &row);
    sqlite_bind_blob(query, 12, sein_slice_of(sum, sizeof sum));
    sqlite_bind_blob_or_empty(query, 13, row.bytes);
    err = sqlite_run(txn, query);
    if (err != SEIN_OK)
        return err;
    err = sqlite_usage_add(txn, row.type, sein_slice_text(row.from.text),
                           row.bytes.len);
    if (err != SEIN_OK)
        return err;
    sqlite->meta.item_seq = row.seq;
    *out_seq = row.seq;
    return SEIN_OK;
}

/* The columns SQLITE_ITEM_COLUMNS; bytes is left empty. */
static enum sein_err
item_read(const struct sqlite_query *query, struct store_item *out_item)
{
    struct store_item item = { 0 };
    enum sein_err err =
        sqlite_column_name(query, 2, item.desk.text, sizeof item.desk.text);

    if (err == SEIN_OK)
        err =
            sqlite_column_fixed(query, 3, item.letter_id.bytes, SEIN_ID_BYTES);
    if (err == SEIN_OK)
        err =
            sqlite_column_name(query, 4, item.from.text, sizeof item.from.text);
    if (err == SEIN_OK)
        err = sqlite_column_fixed(query, 5, item.from_key.bytes, SEIN_ID_BYTES);
    if (err == SEIN_OK)
        err = sqlite_column_name(query, 6, item.circle.text,
                                 sizeof item.circle.text);
    if (err != SEIN_OK)
        return err;
    item.seq = sqlite_column_number(query, 0);
    item.type = sqlite_column_number(query, 1);
    item.accepted_at_ms = sqlite_column_int(query, 7);
    item.expires_at_ms = sqlite_column_int(query, 8);
    item.collect_by_ms = sqlite_column_int(query, 9);
    *out_item = item;
    return SEIN_OK;
}

/* SEIN_EDAMAGED when the row is not what was put. */
static enum sein_err
item_read_whole(const struct sqlite_store *sqlite,
                const struct sqlite_query *query, struct store_item *out_item)
{
    uint8_t stored[CHECKSUM_BYTES];
    uint8_t sum[CHECKSUM_BYTES];
    enum sein_err err = item_read(query, out_item);

    if (err != SEIN_OK)
        return err;
    err = sqlite_column_fixed(query, 10, stored, sizeof stored);
    if (err != SEIN_OK)
        return err;
    out_item->bytes = sqlite_column_bytes(query, 11);
    checksum(sqlite, out_item, sum);
    return memcmp(stored, sum, sizeof sum) == 0 ? SEIN_OK : SEIN_EDAMAGED;
}

enum sein_err
sqlite_item_each(struct store_txn *txn, struct sein_slice desk, uint64_t after,
                 size_t max, store_item_visit *visit, void *context)
{
    const struct sqlite_store *sqlite = sqlite_of(txn);
    struct sqlite_query *query = NULL;
    bool damaged = false;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_ITEM_EACH, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, desk);
    sqlite_bind_number(query, 2, after);
    for (size_t n = 0; err == SEIN_OK && n < max;) {
        struct store_item item = { 0 };

        err = sqlite_next(txn, query, &row);
        if (err != SEIN_OK || !row)
            break;
        if (item_read_whole(sqlite, query, &item) != SEIN_OK) {
            damaged = true;
            continue;
        }
        err = visit(context, &item);
        n++;
    }
    sqlite_query_reset(query);
    if (err != SEIN_OK && err != SEIN_ECANCELED)
        return err;
    return damaged ? SEIN_EDAMAGED : SEIN_OK;
}

static enum sein_err
item_one(struct store_txn *txn, struct sqlite_query *query,
         struct store_item *out_item)
{
    bool row = false;
    enum sein_err err = sqlite_next(txn, query, &row);

    if (err == SEIN_OK)
        err = row ? item_read(query, out_item) : SEIN_ENOENT;
    sqlite_query_reset(query);
    return err;
}

enum sein_err
sqlite_item_get(struct store_txn *txn, uint64_t seq,
                struct store_item *out_item)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_ITEM_GET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, seq);
    return item_one(txn, query, out_item);
}

enum sein_err
sqlite_item_find(struct store_txn *txn, const struct sein_letter_id *letter_id,
                 struct store_item *out_item)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_ITEM_FIND, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(letter_id->bytes, SEIN_ID_BYTES));
    return item_one(txn, query, out_item);
}

/* Takes what an item counts for out of the usage. */
static enum sein_err
item_uncount(struct store_txn *txn, uint64_t seq)
{
    struct sqlite_query *query = NULL;
    struct sein_desk_name from = { 0 };
    uint64_t type = 0;
    uint64_t len = 0;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_ITEM_SIZE, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, seq);
    err = sqlite_next(txn, query, &row);
    if (err == SEIN_OK && row) {
        type = sqlite_column_number(query, 0);
        err = sqlite_column_name(query, 1, from.text, sizeof from.text);
        len = sqlite_column_number(query, 2);
    }
    sqlite_query_reset(query);
    if (err != SEIN_OK)
        return err;
    if (!row)
        return SEIN_ENOENT;
    return sqlite_usage_remove(txn, type, sein_slice_text(from.text), len);
}

enum sein_err
sqlite_item_erase(struct store_txn *txn, uint64_t seq)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = item_uncount(txn, seq);

    if (err != SEIN_OK)
        return err;
    err = sqlite_use(txn, QUERY_ITEM_ERASE, &query);
    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, seq);
    return sqlite_run(txn, query);
}

enum sein_err
sqlite_item_reported(struct store_txn *txn, uint64_t seq)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_ITEM_REPORTED, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, seq);
    err = sqlite_run(txn, query);
    if (err != SEIN_OK)
        return err;
    return sqlite_db_changes(sqlite_of(txn)->db) > 0 ? SEIN_OK : SEIN_ENOENT;
}

/* Rows of a query that is bound by (time, max), without their bytes. */
static enum sein_err
walk(struct store_txn *txn, enum sqlite_query_name name, int64_t time_ms,
     size_t max, store_item_visit *visit, void *context)
{
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, name, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_int(query, 1, time_ms);
    sqlite_bind_number(query, 2, max);
    err = sqlite_next(txn, query, &row);
    while (err == SEIN_OK && row) {
        struct store_item item = { 0 };

        err = item_read(query, &item);
        if (err == SEIN_OK)
            err = visit(context, &item);
        if (err == SEIN_OK)
            err = sqlite_next(txn, query, &row);
    }
    sqlite_query_reset(query);
    return sqlite_visited(err);
}

enum sein_err
sqlite_item_due(struct store_txn *txn, enum store_due due, int64_t now_ms,
                size_t max, store_item_visit *visit, void *context)
{
    return walk(
        txn, due == STORE_DUE_COLLECT ? QUERY_DUE_COLLECT : QUERY_DUE_EXPIRED,
        now_ms, max, visit, context);
}

enum sein_err
sqlite_unread_due(struct store_txn *txn, int64_t read_before_ms, size_t max,
                  store_item_visit *visit, void *context)
{
    return walk(txn, QUERY_DUE_UNREAD, read_before_ms, max, visit, context);
}
