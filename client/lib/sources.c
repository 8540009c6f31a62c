#include "client/lib/sources.h"

#include <string.h>

#define SOURCE_BYTES (2U * SEIN_ID_BYTES + LOCALDB_HASH_BYTES)

void
sources_hash(const struct localdb *db, struct sein_slice circle,
             struct sein_slice source_id, struct localdb_hash *out_hash)
{
    localdb_hash_of(db, "source", circle, source_id, out_hash);
}

static struct sein_slice
hash_slice(const struct localdb_hash *hash)
{
    return sein_slice_of(hash->bytes, sizeof hash->bytes);
}

enum sein_err
sources_find(struct localdb *db, struct sein_slice circle,
             struct sein_slice source_id, struct source *out_source)
{
    static const char sql[] = "SELECT sealed FROM source WHERE source = ?1";
    struct localdb_query *query = NULL;
    struct localdb_plain plain = { 0 };
    struct localdb_hash hash;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    sources_hash(db, circle, source_id, &hash);
    localdb_set_hash(query, 1, &hash);
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = localdb_get_sealed(query, 0, "source", hash_slice(&hash), &plain);
    if (err == SEIN_OK && plain.bytes.len != SOURCE_BYTES)
        err = SEIN_ETAMPERED;
    if (err == SEIN_OK) {
        memcpy(out_source->first.bytes, plain.bytes.at, SEIN_ID_BYTES);
        memcpy(out_source->latest.bytes, plain.bytes.at + SEIN_ID_BYTES,
               SEIN_ID_BYTES);
        memcpy(out_source->content.bytes,
               plain.bytes.at + 2 * (size_t)SEIN_ID_BYTES, LOCALDB_HASH_BYTES);
    }
    localdb_end(&query);
    localdb_plain_free(&plain);
    return err;
}

enum sein_err
sources_set(struct localdb *db, struct sein_slice circle,
            struct sein_slice source_id, const struct source *source)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO source (source, sealed) VALUES (?1, ?2)";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    uint8_t bytes[SOURCE_BYTES];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    sources_hash(db, circle, source_id, &hash);
    sein_write_bytes(&out, source->first.bytes, SEIN_ID_BYTES);
    sein_write_bytes(&out, source->latest.bytes, SEIN_ID_BYTES);
    sein_write_bytes(&out, source->content.bytes, LOCALDB_HASH_BYTES);
    localdb_set_hash(query, 1, &hash);
    localdb_set_sealed(query, 2, "source", hash_slice(&hash),
                       sein_slice_of(bytes, sizeof bytes));
    return localdb_run(&query);
}
