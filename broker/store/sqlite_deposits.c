#include "broker/store/sqlite_room.h"

static void
bind_deposits(struct sqlite_query *query, const struct store_deposits *deposits)
{
    sqlite_bind_number(query, 1, deposits->day);
    sqlite_bind_text(query, 2, sein_slice_text(deposits->circle.text));
    sqlite_bind_number(query, 3, deposits->epoch);
    sqlite_bind_text(query, 4, sein_slice_text(deposits->oin.text));
}

enum sein_err
sqlite_deposit_put(struct store_txn *txn, const struct store_deposits *deposits,
                   const struct sein_presence_id *presence_id)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_DEPOSIT_PUT, &query);

    if (err != SEIN_OK)
        return err;
    bind_deposits(query, deposits);
    sqlite_bind_blob(query, 5,
                     sein_slice_of(presence_id->bytes, SEIN_ID_BYTES));
    return sqlite_run(txn, query);
}

/* The one list that a query gives.  SEIN_ENOENT it gives none. */
static enum sein_err
read_deposits(struct store_txn *txn, struct sqlite_query *query,
              struct store_deposits *out_deposits)
{
    struct store_deposits read = { 0 };
    bool row = false;
    enum sein_err err = sqlite_next(txn, query, &row);

    if (err == SEIN_OK && !row)
        err = SEIN_ENOENT;
    if (err == SEIN_OK)
        err = sqlite_column_name(query, 1, read.circle.text,
                                 sizeof read.circle.text);
    if (err == SEIN_OK)
        err = sqlite_column_name(query, 3, read.oin.text, sizeof read.oin.text);
    if (err == SEIN_OK) {
        read.day = sqlite_column_number(query, 0);
        read.epoch = sqlite_column_number(query, 2);
        *out_deposits = read;
    }
    sqlite_query_reset(query);
    return err;
}

enum sein_err
sqlite_deposit_next(struct store_txn *txn, const struct store_deposits *after,
                    struct store_deposits *out_deposits)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(
        txn, after == NULL ? QUERY_DEPOSIT_FIRST : QUERY_DEPOSIT_NEXT, &query);

    if (err != SEIN_OK)
        return err;
    if (after != NULL)
        bind_deposits(query, after);
    return read_deposits(txn, query, out_deposits);
}

enum sein_err
sqlite_deposit_ids(struct store_txn *txn, const struct store_deposits *deposits,
                   const struct sein_presence_id *after, size_t max,
                   struct sein_presence_id *out_ids, size_t *out_count)
{
    struct sqlite_query *query = NULL;
    size_t count = 0;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_DEPOSIT_IDS, &query);

    if (err != SEIN_OK)
        return err;
    bind_deposits(query, deposits);
    sqlite_bind_blob_or_empty(query, 5,
                              after == NULL
                                  ? sein_slice_text("")
                                  : sein_slice_of(after->bytes, SEIN_ID_BYTES));
    sqlite_bind_number(query, 6, max);
    err = sqlite_next(txn, query, &row);
    while (err == SEIN_OK && row) {
        err =
            sqlite_column_fixed(query, 0, out_ids[count].bytes, SEIN_ID_BYTES);
        count++;
        if (err == SEIN_OK)
            err = sqlite_next(txn, query, &row);
    }
    sqlite_query_reset(query);
    if (err == SEIN_OK)
        *out_count = count;
    return err;
}

enum sein_err
sqlite_deposit_forget(struct store_txn *txn, uint64_t before_day, size_t max,
                      size_t *out_count)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_DEPOSIT_FORGET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, before_day);
    sqlite_bind_number(query, 2, max);
    err = sqlite_run(txn, query);
    if (err == SEIN_OK)
        *out_count = (size_t)sqlite_db_changes(sqlite_of(txn)->db);
    return err;
}

enum sein_err
sqlite_deposit_drop(struct store_txn *txn,
                    const struct store_deposits *deposits, size_t max,
                    size_t *out_count)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_DEPOSIT_DROP, &query);

    if (err != SEIN_OK)
        return err;
    bind_deposits(query, deposits);
    sqlite_bind_number(query, 5, max);
    err = sqlite_run(txn, query);
    if (err == SEIN_OK)
        *out_count = (size_t)sqlite_db_changes(sqlite_of(txn)->db);
    return err;
}

/* ---- who acknowledged what ---- */

enum sein_err
sqlite_listed_get(struct store_txn *txn, struct sein_slice desk,
                  struct store_deposits *out_deposits)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_LISTED_GET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, desk);
    return read_deposits(txn, query, out_deposits);
}

enum sein_err
sqlite_listed_put(struct store_txn *txn, struct sein_slice desk,
                  const struct store_deposits *deposits)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_LISTED_PUT, &query);

    if (err != SEIN_OK)
        return err;
    bind_deposits(query, deposits);
    sqlite_bind_text(query, 5, desk);
    return sqlite_run(txn, query);
}

enum sein_err
sqlite_listed_day(struct store_txn *txn, uint64_t *out_day)
{
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_LISTED_DAY, &query);

    if (err != SEIN_OK)
        return err;
    err = sqlite_next(txn, query, &row);
    if (err == SEIN_OK)
        *out_day = row ? sqlite_column_number(query, 0) : 0;
    sqlite_query_reset(query);
    return err;
}
