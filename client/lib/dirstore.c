#include "client/lib/dirstore.h"

/* Old versions explain old letters; a year of weekly ones is kept. */
#define VERSIONS_KEPT 64

static struct sein_slice
version_key(uint64_t version, uint8_t *buffer)
{
    struct sein_writer out = sein_writer_of(buffer, 8);

    sein_write_u64(&out, version);
    return sein_slice_of(buffer, out.len);
}

enum sein_err
dirstore_load(struct sein_home *home)
{
    static const char sql[] = "SELECT version, sealed FROM directory"
                              " ORDER BY version DESC LIMIT 1";
    struct localdb_query *query = NULL;
    struct localdb_plain plain = { 0 };
    uint8_t key[8];
    uint64_t version = 0;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err == SEIN_OK)
        err = localdb_step(query);
    if (err == SEIN_OK) {
        version = (uint64_t)localdb_get_int(query, 0);
        err = localdb_get_sealed(query, 1, "directory",
                                 version_key(version, key), &plain);
    }
    localdb_end(&query);
    if (err != SEIN_OK)
        return err == SEIN_ENOENT ? SEIN_OK : err;
    /* It was checked when it was taken, and the seal says it is the same. */
    err = sein_directory_read(plain.bytes, &home->dir);
    localdb_plain_free(&plain);
    return err == SEIN_OK || err == SEIN_ENOMEM ? err : SEIN_ETAMPERED;
}

static enum sein_err
store(struct sein_home *home, const struct sein_directory *dir)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO directory (version, sealed) VALUES (?1, ?2)";
    static const char prune_sql[] = "DELETE FROM directory WHERE version < ?1";
    struct localdb_query *query = NULL;
    uint64_t version = sein_directory_version(dir);
    uint8_t key[8];
    enum sein_err err = localdb_begin(home->db);

    if (err == SEIN_OK)
        err = localdb_start(home->db, sql, &query);
    if (err != SEIN_OK)
        goto done;
    localdb_set_int(query, 1, (int64_t)version);
    localdb_set_sealed(query, 2, "directory", version_key(version, key),
                       sein_directory_bytes(dir));
    err = localdb_run(&query);
    if (err == SEIN_OK)
        err = localdb_start(home->db, prune_sql, &query);
    if (err != SEIN_OK)
        goto done;
    localdb_set_int(query, 1, (int64_t)version - VERSIONS_KEPT);
    err = localdb_run(&query);
    if (err == SEIN_OK)
        err = localdb_commit(home->db);

done:
    localdb_end(&query);
    localdb_rollback(home->db); /* no-op when committed */
    return err;
}

enum sein_err
dirstore_accept(struct sein_home *home, struct sein_slice bytes, int64_t now_ms)
{
    struct sein_directory *dir = NULL;
    enum sein_err err = SEIN_OK;

    if (!home->trust.joined)
        return SEIN_ENOTJOINED;
    if (home->dir == NULL)
        err = sein_directory_accept_first(bytes, &home->trust.fingerprint,
                                          now_ms, &dir);
    else
        err = sein_directory_accept_next(home->dir, bytes, now_ms, &dir);
    if (err == SEIN_OK)
        err = store(home, dir);
    if (err == SEIN_OK) {
        sein_directory_free(&home->dir);
        home->dir = dir;
        dir = NULL;
    }
    sein_directory_free(&dir);
    return err;
}

void
dirstore_desk_title(const struct sein_home *home, struct sein_slice desk,
                    struct sein_slice *out_title, struct sein_slice *out_member)
{
    const struct sein_desk *found =
        home->dir == NULL ? NULL : sein_directory_desk(home->dir, desk);

    *out_title = found == NULL ? (struct sein_slice){ 0 } : found->entry.title;
    *out_member =
        found == NULL ? (struct sein_slice){ 0 } : found->member->entry.name;
}
