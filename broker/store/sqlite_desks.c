#include "broker/store/sqlite_room.h"

enum sein_err
sqlite_unread_told(struct store_txn *txn, struct sein_slice desk,
                   struct sein_slice from)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_TOLD_PUT, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, desk);
    sqlite_bind_text(query, 2, from);
    return sqlite_run(txn, query);
}

enum sein_err
sqlite_desk_get(struct store_txn *txn, struct sein_slice desk,
                struct store_desk *out_desk)
{
    struct store_desk read = { 0 };
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_DESK_GET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, desk);
    err = sqlite_next(txn, query, &row);
    if (err == SEIN_OK && row) {
        read.last_read_ms = sqlite_column_int(query, 1);
        err = sqlite_column_fixed(query, 0, read.home_id.bytes, SEIN_ID_BYTES);
    }
    sqlite_query_reset(query);
    if (err == SEIN_OK)
        *out_desk = read;
    return err;
}

enum sein_err
sqlite_desk_put(struct store_txn *txn, struct sein_slice desk,
                const struct store_desk *desk_row)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_TOLD_FORGET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, desk);
    err = sqlite_run(txn, query);
    if (err != SEIN_OK)
        return err;
    err = sqlite_use(txn, QUERY_DESK_PUT, &query);
    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, desk);
    sqlite_bind_blob(query, 2,
                     sein_slice_of(desk_row->home_id.bytes, SEIN_ID_BYTES));
    sqlite_bind_int(query, 3, desk_row->last_read_ms);
    return sqlite_run(txn, query);
}

static enum sein_err
prekey_visit(const struct sqlite_query *query, store_prekey_visit *visit,
             void *context)
{
    struct store_prekey prekey = { 0 };
    enum sein_err err =
        sqlite_column_fixed(query, 3, prekey.signature, SEIN_SIG_BYTES);

    if (err != SEIN_OK)
        return err;
    prekey.seq = sqlite_column_number(query, 0);
    prekey.not_after_ms = sqlite_column_int(query, 1);
    prekey.statement = sqlite_column_bytes(query, 2);
    return visit(context, &prekey);
}

enum sein_err
sqlite_prekey_each(struct store_txn *txn, struct sein_slice desk, size_t max,
                   store_prekey_visit *visit, void *context)
{
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_PREKEY_EACH, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, desk);
    sqlite_bind_number(query, 2, max);
    err = sqlite_next(txn, query, &row);
    while (err == SEIN_OK && row) {
        err = prekey_visit(query, visit, context);
        if (err == SEIN_OK)
            err = sqlite_next(txn, query, &row);
    }
    sqlite_query_reset(query);
    return sqlite_visited(err);
}

static enum sein_err
prekey_trim(struct store_txn *txn, struct sein_slice desk)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PREKEY_TRIM, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, desk);
    sqlite_bind_number(query, 2, SEIN_PREKEYS_SERVED_MAX);
    return sqlite_run(txn, query);
}

enum sein_err
sqlite_prekey_put(struct store_txn *txn, struct sein_slice desk,
                  const struct store_prekey *prekey)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PREKEY_PUT, &query);

    if (err != SEIN_OK)
        return err;
    if (prekey->seq >= INT64_MAX)
        return SEIN_ERANGE;
    sqlite_bind_text(query, 1, desk);
    sqlite_bind_number(query, 2, prekey->seq);
    sqlite_bind_int(query, 3, prekey->not_after_ms);
    sqlite_bind_blob_or_empty(query, 4, prekey->statement);
    sqlite_bind_blob(query, 5,
                     sein_slice_of(prekey->signature, SEIN_SIG_BYTES));
    err = sqlite_run(txn, query);
    return err == SEIN_OK ? prekey_trim(txn, desk) : err;
}

enum sein_err
sqlite_directory_put(struct store_txn *txn, uint64_t version,
                     int64_t issued_at_ms, struct sein_slice bytes)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_DIRECTORY_PUT, &query);

    if (err != SEIN_OK)
        return err;
    if (version == 0 || version >= INT64_MAX)
        return SEIN_ERANGE;
    sqlite_bind_number(query, 1, version);
    sqlite_bind_int(query, 2, issued_at_ms);
    sqlite_bind_blob_or_empty(query, 3, bytes);
    return sqlite_run(txn, query);
}

/* max() of no rows is a row with NULL, which reads as 0. */
static enum sein_err
directory_newest(struct store_txn *txn, uint64_t *out_version)
{
    struct sqlite_query *query = NULL;
    uint64_t version = 0;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_DIRECTORY_NEWEST, &query);

    if (err != SEIN_OK)
        return err;
    err = sqlite_next(txn, query, &row);
    if (err == SEIN_OK && row)
        version = sqlite_column_number(query, 0);
    sqlite_query_reset(query);
    if (err != SEIN_OK)
        return err;
    if (version == 0)
        return SEIN_ENOENT;
    *out_version = version;
    return SEIN_OK;
}

enum sein_err
sqlite_directory_read(struct store_txn *txn, uint64_t version, size_t offset,
                      size_t max, struct sein_writer *out, size_t *out_total,
                      uint64_t *out_version)
{
    struct sqlite_store *sqlite = sqlite_of(txn);
    enum sein_err err = sqlite->txn.failed;

    if (err == SEIN_OK && version == 0)
        err = directory_newest(txn, &version);
    if (err != SEIN_OK)
        return err;
    if (version >= INT64_MAX)
        return SEIN_ENOENT;
    err = sqlite_db_read_blob(sqlite->db, "directory", "bytes",
                              (int64_t)version, offset, max, out, out_total);
    if (err == SEIN_OK)
        *out_version = version;
    else if (err != SEIN_ENOENT && err != SEIN_ETOOLONG)
        (void)sqlite_fail(txn, err);
    return err;
}

enum sein_err
sqlite_directory_forget(struct store_txn *txn, int64_t issued_before_ms)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_DIRECTORY_FORGET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_int(query, 1, issued_before_ms);
    return sqlite_run(txn, query);
}
