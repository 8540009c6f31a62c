#include <string.h>

#include "broker/store/sqlite_room.h"

/* A word, eight numbers, two ids, and two names with their lengths. */
#define CHECKED_MAX \
    (4U + 8U * 8U + 2U * SEIN_ID_BYTES + 2U * (2U + SEIN_DESK_MAX))

#define FLAG_HERE 1U
#define FLAG_TOLD 2U
#define FLAG_ACCEPTED 4U

static uint64_t
flags_of(const struct store_side *side)
{
    return (side->here ? FLAG_HERE : 0U) | (side->told ? FLAG_TOLD : 0U) |
           (side->accepted ? FLAG_ACCEPTED : 0U);
}

static void
checksum(const struct sqlite_store *sqlite, const struct store_match *match,
         uint8_t out[static SQLITE_CHECKSUM_BYTES])
{
    uint8_t buffer[CHECKED_MAX];
    struct sein_writer writer = sein_writer_of(buffer, sizeof buffer);

    sein_write_text(&writer, "pair");
    sein_write_bytes(&writer, match->match_id.bytes, SEIN_ID_BYTES);
    sein_write_bytes(&writer, match->idx.bytes, SEIN_ID_BYTES);
    for (size_t i = 0; i < 2; i++) {
        const struct store_side *side = &match->sides[i];

        sein_write_u64(&writer, side->link);
        sein_write_u64(&writer, side->item_seq);
        sein_write_u64(&writer, flags_of(side));
        sein_write_lp(&writer, sein_slice_text(side->desk.text));
    }
    sein_write_u64(&writer, match->revealed ? 1U : 0U);
    sein_write_u64(&writer, match->ended ? 1U : 0U);
    sqlite_checksum(sqlite, sein_slice_of(writer.at, writer.len),
                    sein_slice_of(NULL, 0), out);
}

static void
bind(struct sqlite_query *query, const struct store_match *match,
     const uint8_t sum[static SQLITE_CHECKSUM_BYTES])
{
    sqlite_bind_blob(query, 1,
                     sein_slice_of(match->match_id.bytes, SEIN_ID_BYTES));
    for (int i = 0; i < 2; i++) {
        const struct store_side *side = &match->sides[i];

        sqlite_bind_number(query, 5 + i, side->link);
        sqlite_bind_number(query, 7 + i, side->item_seq);
        sqlite_bind_number(query, 9 + i, flags_of(side));
    }
    sqlite_bind_number(query, 11, match->revealed ? 1U : 0U);
    sqlite_bind_number(query, 12, match->ended ? 1U : 0U);
    sqlite_bind_blob(query, 13, sein_slice_of(sum, SQLITE_CHECKSUM_BYTES));
}

enum sein_err
sqlite_match_put(struct store_txn *txn, const struct store_match *match)
{
    uint8_t sum[SQLITE_CHECKSUM_BYTES];
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PAIR_PUT, &query);

    if (err != SEIN_OK)
        return err;
    checksum(sqlite_of(txn), match, sum);
    bind(query, match, sum);
    sqlite_bind_blob(query, 2, sein_slice_of(match->idx.bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 3, sein_slice_text(match->sides[0].desk.text));
    sqlite_bind_text(query, 4, sein_slice_text(match->sides[1].desk.text));
    err = sqlite_run(txn, query);
    return err == SEIN_OK ? sqlite_tally_add(txn, sein_slice_text(""), 1) : err;
}

static bool
read_side(const struct sqlite_query *query, int at, struct store_side *out)
{
    uint64_t flags = sqlite_column_number(query, 8 + at);

    out->link = sqlite_column_number(query, 4 + at);
    out->item_seq = sqlite_column_number(query, 6 + at);
    out->here = (flags & FLAG_HERE) != 0;
    out->told = (flags & FLAG_TOLD) != 0;
    out->accepted = (flags & FLAG_ACCEPTED) != 0;
    return sqlite_column_name(query, 2 + at, out->desk.text,
                              sizeof out->desk.text) == SEIN_OK;
}

/* The columns SQLITE_PAIR_COLUMNS. */
static enum sein_err
read_row(const struct sqlite_store *sqlite, const struct sqlite_query *query,
         struct store_match *out)
{
    uint8_t stored[SQLITE_CHECKSUM_BYTES];
    uint8_t sum[SQLITE_CHECKSUM_BYTES];
    bool whole = true;

    *out = (struct store_match){ 0 };
    whole &= sqlite_column_fixed(query, 0, out->match_id.bytes,
                                 SEIN_ID_BYTES) == SEIN_OK;
    whole &=
        sqlite_column_fixed(query, 1, out->idx.bytes, SEIN_ID_BYTES) == SEIN_OK;
    whole &= read_side(query, 0, &out->sides[0]);
    whole &= read_side(query, 1, &out->sides[1]);
    out->revealed = sqlite_column_number(query, 10) != 0;
    out->ended = sqlite_column_number(query, 11) != 0;
    whole &= sqlite_column_fixed(query, 12, stored, sizeof stored) == SEIN_OK;
    if (!whole)
        return SEIN_EDAMAGED;
    checksum(sqlite, out, sum);
    return memcmp(stored, sum, sizeof sum) == 0 ? SEIN_OK : SEIN_EDAMAGED;
}

static enum sein_err
read_one(struct store_txn *txn, struct sqlite_query *query,
         struct store_match *out_match)
{
    bool row = false;
    enum sein_err err = sqlite_next(txn, query, &row);

    if (err == SEIN_OK)
        err = row ? read_row(sqlite_of(txn), query, out_match) : SEIN_ENOENT;
    sqlite_query_reset(query);
    return err;
}

enum sein_err
sqlite_match_get(struct store_txn *txn, const struct sein_match_id *match_id,
                 struct store_match *out_match)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PAIR_GET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(match_id->bytes, SEIN_ID_BYTES));
    return read_one(txn, query, out_match);
}

enum sein_err
sqlite_match_pair(struct store_txn *txn, const struct store_idx *idx,
                  struct sein_slice first, struct sein_slice second,
                  struct store_match *out_match)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PAIR_LIVE, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(idx->bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 2, first);
    sqlite_bind_text(query, 3, second);
    return read_one(txn, query, out_match);
}

enum sein_err
sqlite_match_next(struct store_txn *txn, const struct store_idx *idx,
                  struct sein_slice desk, const struct sein_match_id *after,
                  struct store_match *out_match)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PAIR_NEXT, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(idx->bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 2, desk);
    sqlite_bind_blob_or_empty(query, 3,
                              after == NULL
                                  ? sein_slice_text("")
                                  : sein_slice_of(after->bytes, SEIN_ID_BYTES));
    return read_one(txn, query, out_match);
}

static enum sein_err
run_on_one(struct store_txn *txn, struct sqlite_query *query)
{
    enum sein_err err = sqlite_run(txn, query);

    if (err != SEIN_OK)
        return err;
    return sqlite_db_changes(sqlite_of(txn)->db) > 0 ? SEIN_OK : SEIN_ENOENT;
}

enum sein_err
sqlite_match_update(struct store_txn *txn, const struct store_match *match)
{
    uint8_t sum[SQLITE_CHECKSUM_BYTES];
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PAIR_UPDATE, &query);

    if (err != SEIN_OK)
        return err;
    checksum(sqlite_of(txn), match, sum);
    bind(query, match, sum);
    return run_on_one(txn, query);
}

enum sein_err
sqlite_match_erase(struct store_txn *txn, const struct sein_match_id *match_id)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_PAIR_ERASE, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(match_id->bytes, SEIN_ID_BYTES));
    err = run_on_one(txn, query);
    return err == SEIN_OK ? sqlite_tally_add(txn, sein_slice_text(""), -1)
                          : err;
}

enum sein_err
sqlite_match_count(struct store_txn *txn, uint64_t *out_count)
{
    return sqlite_tally_get(txn, sein_slice_text(""), out_count);
}
