#include <string.h>

#include "broker/store/sqlite_room.h"

/* A word, six numbers, three ids, and three names with their lengths. */
#define CHECKED_MAX                                                \
    (8U + 6U * 8U + 3U * SEIN_ID_BYTES + 2U * 2U + SEIN_DESK_MAX + \
     SEIN_CIRCLE_MAX)

/* All but seq, which the database gives. */
static void
checksum(const struct sqlite_store *sqlite,
         const struct store_presence *presence,
         uint8_t out[static SQLITE_CHECKSUM_BYTES])
{
    uint8_t buffer[CHECKED_MAX];
    struct sein_writer writer = sein_writer_of(buffer, sizeof buffer);

    sein_write_text(&writer, "presence");
    sein_write_bytes(&writer, presence->presence_id.bytes, SEIN_ID_BYTES);
    sein_write_bytes(&writer, presence->idx.bytes, SEIN_ID_BYTES);
    sein_write_bytes(&writer, presence->key_id.bytes, SEIN_ID_BYTES);
    sein_write_u64(&writer, presence->epoch);
    sein_write_u64(&writer, presence->link);
    sein_write_u64(&writer, (uint64_t)presence->put_at_ms);
    sein_write_u64(&writer, (uint64_t)presence->expires_at_ms);
    sein_write_lp(&writer, sein_slice_text(presence->circle.text));
    sein_write_lp(&writer, sein_slice_text(presence->desk.text));
    sqlite_checksum(sqlite, sein_slice_of(writer.at, writer.len),
                    sein_slice_of(presence->deposit, presence->deposit_len),
                    out);
}

enum sein_err
sqlite_tally_add(struct store_txn *txn, struct sein_slice name, int64_t change)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_TALLY_ADD, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, name);
    sqlite_bind_int(query, 2, change);
    return sqlite_run(txn, query);
}

static enum sein_err
read_number(struct store_txn *txn, struct sqlite_query *query,
            uint64_t *out_number)
{
    uint64_t number = 0;
    bool row = false;
    enum sein_err err = sqlite_next(txn, query, &row);

    if (err == SEIN_OK && row)
        number = sqlite_column_number(query, 0);
    sqlite_query_reset(query);
    if (err == SEIN_OK)
        *out_number = number;
    return err;
}

enum sein_err
sqlite_tally_get(struct store_txn *txn, struct sein_slice name,
                 uint64_t *out_count)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_TALLY_GET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(query, 1, name);
    return read_number(txn, query, out_count);
}

enum sein_err
sqlite_presence_count(struct store_txn *txn, struct sein_slice oin,
                      uint64_t *out_count)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = SEIN_OK;

    if (oin.len > 0)
        return sqlite_tally_get(txn, oin, out_count);
    err = sqlite_use(txn, QUERY_TALLY_ALL, &query);
    return err == SEIN_OK ? read_number(txn, query, out_count) : err;
}

/* The columns SQLITE_PRESENCE_COLUMNS.  SEIN_EDAMAGED when the row is not what
 * was put; what can be read is in out then. */
static enum sein_err
read_row(const struct sqlite_store *sqlite, const struct sqlite_query *query,
         struct store_presence *out)
{
    struct sein_slice deposit = sqlite_column_bytes(query, 11);
    uint8_t stored[SQLITE_CHECKSUM_BYTES];
    uint8_t sum[SQLITE_CHECKSUM_BYTES];
    bool whole = true;

    *out = (struct store_presence){ .seq = sqlite_column_number(query, 0) };
    whole &= sqlite_column_fixed(query, 1, out->presence_id.bytes,
                                 SEIN_ID_BYTES) == SEIN_OK;
    whole &=
        sqlite_column_fixed(query, 2, out->idx.bytes, SEIN_ID_BYTES) == SEIN_OK;
    whole &= sqlite_column_name(query, 3, out->circle.text,
                                sizeof out->circle.text) == SEIN_OK;
    out->epoch = sqlite_column_number(query, 4);
    whole &= sqlite_column_name(query, 5, out->desk.text,
                                sizeof out->desk.text) == SEIN_OK;
    whole &= sqlite_column_fixed(query, 6, out->key_id.bytes, SEIN_ID_BYTES) ==
             SEIN_OK;
    out->link = sqlite_column_number(query, 7);
    out->put_at_ms = sqlite_column_int(query, 8);
    out->expires_at_ms = sqlite_column_int(query, 9);
    whole &= sqlite_column_fixed(query, 10, stored, sizeof stored) == SEIN_OK;
    if (!whole || deposit.len == 0 || deposit.len > sizeof out->deposit)
        return SEIN_EDAMAGED;
    memcpy(out->deposit, deposit.at, deposit.len);
    out->deposit_len = deposit.len;
    checksum(sqlite, out, sum);
    return memcmp(stored, sum, sizeof sum) == 0 ? SEIN_OK : SEIN_EDAMAGED;
}

static enum sein_err
read_one(struct store_txn *txn, struct sqlite_query *query,
         struct store_presence *out_presence)
{
    bool row = false;
    enum sein_err err = sqlite_next(txn, query, &row);

    if (err == SEIN_OK)
        err = row ? read_row(sqlite_of(txn), query, out_presence) : SEIN_ENOENT;
    sqlite_query_reset(query);
    return err;
}

enum sein_err
sqlite_presence_get(struct store_txn *txn,
                    const struct sein_presence_id *presence_id,
                    struct store_presence *out_presence)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_GET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1,
                     sein_slice_of(presence_id->bytes, SEIN_ID_BYTES));
    return read_one(txn, query, out_presence);
}

enum sein_err
sqlite_presence_at(struct store_txn *txn, const struct store_idx *idx,
                   struct sein_slice desk, struct store_presence *out_presence)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_AT, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(idx->bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 2, desk);
    return read_one(txn, query, out_presence);
}

enum sein_err
sqlite_presence_next(struct store_txn *txn, const struct store_idx *idx,
                     struct sein_slice after,
                     struct store_presence *out_presence)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_NEXT, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(idx->bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 2, after.len > 0 ? after : sein_slice_text(""));
    return read_one(txn, query, out_presence);
}

enum sein_err
sqlite_presence_under(struct store_txn *txn, const struct store_idx *idx,
                      uint64_t *out_count)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_UNDER, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(idx->bytes, SEIN_ID_BYTES));
    return read_number(txn, query, out_count);
}

enum sein_err
sqlite_presence_due(struct store_txn *txn, int64_t now_ms,
                    struct store_presence *out_presence)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_DUE, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_int(query, 1, now_ms);
    return read_one(txn, query, out_presence);
}

enum sein_err
sqlite_presence_walk(struct store_txn *txn, uint64_t after,
                     struct store_presence *out_presence)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_WALK, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, after);
    return read_one(txn, query, out_presence);
}

/* Takes out the desk's row under that idx; out_count is how many there were. */
static enum sein_err
take_out(struct store_txn *txn, const struct store_presence *presence,
         uint64_t *out_count)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_REPLACE, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1,
                     sein_slice_of(presence->idx.bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 2, sein_slice_text(presence->desk.text));
    err = sqlite_run(txn, query);
    if (err == SEIN_OK)
        *out_count = sqlite_db_changes(sqlite_of(txn)->db);
    return err;
}

static enum sein_err
insert(struct store_txn *txn, const struct store_presence *presence)
{
    struct sqlite_query *query = NULL;
    uint8_t sum[SQLITE_CHECKSUM_BYTES];
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_PUT, &query);

    if (err != SEIN_OK)
        return err;
    checksum(sqlite_of(txn), presence, sum);
    sqlite_bind_blob(query, 1,
                     sein_slice_of(presence->presence_id.bytes, SEIN_ID_BYTES));
    sqlite_bind_blob(query, 2,
                     sein_slice_of(presence->idx.bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 3, sein_slice_text(presence->circle.text));
    sqlite_bind_number(query, 4, presence->epoch);
    sqlite_bind_text(query, 5, sein_slice_text(presence->desk.text));
    sqlite_bind_blob(query, 6,
                     sein_slice_of(presence->key_id.bytes, SEIN_ID_BYTES));
    sqlite_bind_number(query, 7, presence->link);
    sqlite_bind_int(query, 8, presence->put_at_ms);
    sqlite_bind_int(query, 9, presence->expires_at_ms);
    sqlite_bind_blob(query, 10, sein_slice_of(sum, sizeof sum));
    sqlite_bind_blob(query, 11,
                     sein_slice_of(presence->deposit, presence->deposit_len));
    return sqlite_run(txn, query);
}

static struct sein_slice
oin_of(const struct store_presence *presence)
{
    return sein_slice_of((const uint8_t *)presence->desk.text, SEIN_OIN_CHARS);
}

enum sein_err
sqlite_presence_put(struct store_txn *txn,
                    const struct store_presence *presence)
{
    struct sqlite_store *sqlite = sqlite_of(txn);
    struct store_presence there;
    uint64_t replaced = 0;
    enum sein_err err =
        sqlite_presence_get(txn, &presence->presence_id, &there);

    if (err == SEIN_OK || err == SEIN_EDAMAGED)
        return SEIN_EEXIST;
    if (err != SEIN_ENOENT)
        return err;
    if (!sqlite_space_take(&sqlite->space, presence->deposit_len))
        return SEIN_EFULL;
    err = take_out(txn, presence, &replaced);
    if (err == SEIN_OK)
        err = insert(txn, presence);
    if (err == SEIN_OK && replaced == 0)
        err = sqlite_tally_add(txn, oin_of(presence), 1);
    return err;
}

static enum sein_err
owner_of(struct store_txn *txn, uint64_t seq, struct store_presence *out)
{
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_PRESENCE_OWNER, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, seq);
    err = sqlite_next(txn, query, &row);
    /* A name that is no name belongs to nobody's tally. */
    if (err == SEIN_OK && row &&
        sqlite_column_name(query, 0, out->desk.text, sizeof out->desk.text) !=
            SEIN_OK)
        out->desk.text[0] = '\0';
    sqlite_query_reset(query);
    if (err == SEIN_OK && !row)
        err = SEIN_ENOENT;
    return err;
}

enum sein_err
sqlite_presence_erase(struct store_txn *txn, uint64_t seq)
{
    struct store_presence owner = { 0 };
    struct sqlite_query *query = NULL;
    enum sein_err err = owner_of(txn, seq, &owner);

    if (err != SEIN_OK)
        return err;
    err = sqlite_use(txn, QUERY_PRESENCE_ERASE, &query);
    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, seq);
    err = sqlite_run(txn, query);
    if (err == SEIN_OK && strlen(owner.desk.text) > SEIN_OIN_CHARS)
        err = sqlite_tally_add(txn, oin_of(&owner), -1);
    return err;
}
