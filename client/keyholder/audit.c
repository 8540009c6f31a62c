#include "client/keyholder/audit.h"

#include <string.h>

#include <sodium.h>

#define ENTRY_MAX 2048U

/* clang-format off */
static const struct sein_field entry_fields[] = {
    SEIN_ROW(UINT, v, false, audit_entry, 1, 1),
    SEIN_ROW(UINT, at, false, audit_entry, 0, INT64_MAX),
    SEIN_ROW(TEXT, circle, false, audit_entry, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, audit_entry, 1, UINT32_MAX),
    SEIN_ROW(TEXT, oin, false, audit_entry, 1, SEIN_OIN_CHARS),
    SEIN_ROW(TEXT, desk, false, audit_entry, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, key_id, false, audit_entry, 0, SEIN_ID_BYTES),
    SEIN_ROW(FIXED, actor, false, audit_entry, 0, SEIN_ID_BYTES),
    SEIN_ROW(FIXED, request, false, audit_entry, 0, SEIN_HASH_BYTES),
    SEIN_ROW(LIST, ids, false, audit_entry, 1, SEIN_EVAL_BATCH_MAX),
};
const struct sein_schema audit_entry_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, entry_fields, struct audit_entry);
/* clang-format on */

static void
chain(const struct sein_hash *before, struct sein_slice entry,
      struct sein_hash *out_hash)
{
    crypto_hash_sha256_state state;

    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, before->bytes,
                                    sizeof before->bytes);
    (void)crypto_hash_sha256_update(&state, entry.at, entry.len);
    (void)crypto_hash_sha256_final(&state, out_hash->bytes);
}

static enum sein_err
read_newest(struct records *records, int64_t *out_seq,
            struct sein_hash *out_hash)
{
    struct records_query *query = NULL;
    enum sein_err err = records_start(
        records, "SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1", &query);

    *out_seq = 0;
    *out_hash = (struct sein_hash){ { 0 } };
    if (err == SEIN_OK)
        err = records_step(query);
    if (err == SEIN_OK) {
        struct sein_slice hash = records_get_bytes(query, 1);

        *out_seq = records_get_int(query, 0);
        if (hash.len == sizeof out_hash->bytes)
            memcpy(out_hash->bytes, hash.at, hash.len);
        else
            err = SEIN_ETAMPERED;
    }
    records_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
append(struct records *records, struct sein_slice entry)
{
    struct records_query *query = NULL;
    struct sein_hash hash;
    int64_t seq = 0;
    enum sein_err err = read_newest(records, &seq, &hash);

    if (err == SEIN_OK)
        err = records_start(
            records, "INSERT INTO log (seq, entry, hash) VALUES (?1, ?2, ?3)",
            &query);
    if (err != SEIN_OK)
        return err;
    chain(&hash, entry, &hash);
    records_set_int(query, 1, seq + 1);
    records_set_bytes(query, 2, entry);
    records_set_bytes(query, 3, sein_slice_of(hash.bytes, sizeof hash.bytes));
    return records_run(&query);
}

struct row {
    struct sein_slice circle;
    uint64_t epoch;
    struct sein_slice oin;
    int64_t day;
};

static enum sein_err
add_id(struct records *records, const char *sql, const struct row *row,
       const uint8_t *id)
{
    struct records_query *query = NULL;
    enum sein_err err = records_start(records, sql, &query);

    if (err != SEIN_OK)
        return err;
    records_set_bytes(query, 1, row->circle);
    records_set_int(query, 2, (int64_t)row->epoch);
    records_set_bytes(query, 3, row->oin);
    records_set_bytes(query, 4, sein_slice_of(id, SEIN_ID_BYTES));
    records_set_int(query, 5, row->day);
    return records_run(&query);
}

static enum sein_err
add_ids(struct records *records, const char *sql, const struct row *row,
        const struct sein_list *ids, uint8_t *buffer, size_t max)
{
    enum sein_err err = sein_fixed_list_read(ids, SEIN_ID_BYTES, max, buffer);

    for (size_t i = 0; err == SEIN_OK && i < ids->count; i++)
        err = add_id(records, sql, row, buffer + i * SEIN_ID_BYTES);
    return err;
}

enum sein_err
audit_note(struct records *records, const struct sein_eval_request *request,
           const struct sein_hash *hash, int64_t now_ms)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO evaluated (circle, epoch, oin, id, day)"
        " VALUES (?1, ?2, ?3, ?4, ?5)";
    struct audit_entry entry = { .v = 1,
                                 .at = (uint64_t)now_ms,
                                 .circle = request->circle,
                                 .epoch = request->epoch,
                                 .oin = sein_desk_oin(request->desk),
                                 .desk = request->desk,
                                 .key_id = request->key_id,
                                 .request = *hash,
                                 .ids = request->ids };
    const struct row row = { request->circle, request->epoch, entry.oin,
                             now_ms / SEIN_MS_PER_DAY };
    uint8_t ids[SEIN_EVAL_BATCH_MAX * SEIN_ID_BYTES];
    uint8_t bytes[ENTRY_MAX];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    enum sein_err err = SEIN_OK;

    memcpy(entry.actor, request->actor, sizeof entry.actor);
    err = sein_schema_encode(&audit_entry_schema, &entry, &out);
    if (err == SEIN_OK && out.failed)
        err = SEIN_EINTERNAL;
    if (err == SEIN_OK)
        err = append(records, sein_slice_of(bytes, out.len));
    if (err == SEIN_OK)
        err = add_ids(records, sql, &row, &request->ids, ids,
                      SEIN_EVAL_BATCH_MAX);
    return err;
}

enum sein_err
audit_note_deposits(struct records *records,
                    const struct sein_deposits *deposits)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO deposited (circle, epoch, oin, id, day)"
        " VALUES (?1, ?2, ?3, ?4, ?5)";
    const struct row row = { deposits->circle, deposits->epoch, deposits->oin,
                             (int64_t)deposits->day };
    uint8_t ids[SEIN_DEPOSITS_MAX * SEIN_ID_BYTES];

    return add_ids(records, sql, &row, &deposits->ids, ids, SEIN_DEPOSITS_MAX);
}

enum sein_err
audit_check(struct records *records, uint64_t *out_count,
            struct sein_hash *out_hash)
{
    struct records_query *query = NULL;
    struct sein_hash hash = { { 0 } };
    uint64_t count = 0;
    enum sein_err err = records_start(
        records, "SELECT seq, entry, hash FROM log ORDER BY seq", &query);

    while (err == SEIN_OK) {
        err = records_step(query);
        if (err != SEIN_OK)
            break;
        count++;
        chain(&hash, records_get_bytes(query, 1), &hash);
        if ((uint64_t)records_get_int(query, 0) != count ||
            !sein_slice_equal(records_get_bytes(query, 2),
                              sein_slice_of(hash.bytes, sizeof hash.bytes)))
            err = SEIN_ETAMPERED;
    }
    records_end(&query);
    if (err != SEIN_ENOENT)
        return err;
    *out_count = count;
    *out_hash = hash;
    return SEIN_OK;
}

enum sein_err
audit_members(struct records *records, int64_t from_day, int64_t to_day,
              audit_visit *visit, void *context)
{
    static const char sql[] =
        "SELECT e.oin, e.circle, e.epoch, count(*), count(d.id), max(e.day)"
        " FROM evaluated AS e LEFT JOIN deposited AS d"
        " ON d.circle = e.circle AND d.epoch = e.epoch AND d.oin = e.oin"
        " AND d.id = e.id WHERE e.day BETWEEN ?1 AND ?2"
        " GROUP BY e.oin, e.circle, e.epoch ORDER BY e.oin, e.circle, e.epoch";
    struct records_query *query = NULL;
    enum sein_err err = records_start(records, sql, &query);
    bool more = true;

    if (err != SEIN_OK)
        return err;
    records_set_int(query, 1, from_day);
    records_set_int(query, 2, to_day);
    while (more && (err = records_step(query)) == SEIN_OK) {
        const struct audit_member member = {
            .oin = records_get_bytes(query, 0),
            .circle = records_get_bytes(query, 1),
            .epoch = (uint64_t)records_get_int(query, 2),
            .evaluated = (uint64_t)records_get_int(query, 3),
            .deposited = (uint64_t)records_get_int(query, 4),
            .newest_day = (uint64_t)records_get_int(query, 5),
        };

        more = visit(context, &member);
    }
    records_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}
