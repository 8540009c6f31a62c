#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/store/sqlite_room.h"
#include "broker/store/sqlite_schema.h"

#define SEQS_AHEAD 1000U

#define QUERY_SQL(name, sql) sql,
static const char *const query_sql[] = { SQLITE_QUERY_LIST(QUERY_SQL) };
#undef QUERY_SQL

struct sqlite_store *
sqlite_of(struct store_txn *txn)
{
    return (struct sqlite_store *)txn->store;
}

static enum sein_err
note_failure(struct sqlite_store *sqlite, enum sein_err err)
{
    if (err == SEIN_EFULL)
        sqlite_space_exhausted(&sqlite->space);
    if (err == SEIN_EIO || err == SEIN_EDAMAGED)
        sqlite->broken = true;
    return err;
}

enum sein_err
sqlite_fail(struct store_txn *txn, enum sein_err err)
{
    struct sqlite_store *sqlite = sqlite_of(txn);

    sqlite->txn.failed = err;
    return note_failure(sqlite, err);
}

enum sein_err
sqlite_use(struct store_txn *txn, enum sqlite_query_name name,
           struct sqlite_query **out_query)
{
    struct sqlite_store *sqlite = sqlite_of(txn);

    if (sqlite->txn.failed != SEIN_OK)
        return sqlite->txn.failed;
    *out_query = &sqlite->queries[name];
    return SEIN_OK;
}

enum sein_err
sqlite_next(struct store_txn *txn, struct sqlite_query *query, bool *out_row)
{
    enum sein_err err = sqlite_query_step(query, out_row);

    return err == SEIN_OK ? SEIN_OK : sqlite_fail(txn, err);
}

enum sein_err
sqlite_run(struct store_txn *txn, struct sqlite_query *query)
{
    enum sein_err err = sqlite_query_run(query);

    if (err == SEIN_OK || err == SEIN_EEXIST)
        return err;
    return sqlite_fail(txn, err);
}

enum sein_err
sqlite_visited(enum sein_err err)
{
    return err == SEIN_ECANCELED ? SEIN_OK : err;
}

void
sqlite_checksum(const struct sqlite_store *sqlite, struct sein_slice fields,
                struct sein_slice bytes,
                uint8_t out[static SQLITE_CHECKSUM_BYTES])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, sqlite->check_key,
                                  sizeof sqlite->check_key,
                                  SQLITE_CHECKSUM_BYTES);
    (void)crypto_generichash_update(&state, fields.at, fields.len);
    (void)crypto_generichash_update(&state, bytes.at, bytes.len);
    (void)crypto_generichash_final(&state, out, SQLITE_CHECKSUM_BYTES);
}

static enum sein_err
prepare_all(struct sqlite_store *sqlite)
{
    for (size_t i = 0; i < QUERY_COUNT; i++) {
        enum sein_err err =
            sqlite_query_prepare(sqlite->db, query_sql[i], &sqlite->queries[i]);

        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}

static enum sein_err
read_meta(struct sqlite_store *sqlite)
{
    struct sqlite_query *query = &sqlite->queries[QUERY_META_GET];
    bool row = false;
    enum sein_err err = sqlite_query_step(query, &row);

    if (err == SEIN_OK && !row)
        err = SEIN_EDAMAGED;
    if (err != SEIN_OK)
        goto done;
    sqlite->meta.has_log = sqlite_column_bytes(query, 0).at != NULL;
    if (sqlite->meta.has_log)
        err = sqlite_column_fixed(query, 0, sqlite->meta.log_id.bytes,
                                  SEIN_ID_BYTES);
    if (err != SEIN_OK)
        goto done;
    sqlite->meta.item_seq = sqlite_column_number(query, 1);
    sqlite->meta.item_seq_max = sqlite->meta.item_seq;
    sqlite->meta.leaves_from = sqlite_column_number(query, 3);
    err = sqlite_column_fixed(query, 2, sqlite->check_key,
                              sizeof sqlite->check_key);

done:
    sqlite_query_reset(query);
    return err;
}

/* A file that was made is there after a crash once its folder is synced. */
static enum sein_err
sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum sein_err err = SEIN_OK;

    if (fd < 0)
        return SEIN_EIO;
    if (fsync(fd) != 0)
        err = SEIN_EIO;
    (void)close(fd); /* was synced */
    return err;
}

static enum sein_err
database_path(const char *folder, char *out, size_t out_max)
{
    int len = snprintf(out, out_max, "%s/%s", folder, STORE_SQLITE_FILE);

    return len >= 0 && (size_t)len < out_max ? SEIN_OK : SEIN_ETOOLONG;
}

/* A log that was left by a crash is moved now, if there is room. */
static enum sein_err
open_database(struct sqlite_store *sqlite)
{
    enum sein_err err = sqlite_db_open(sqlite->path, &sqlite->db);

    if (err != SEIN_OK)
        return err;
    err = sqlite_schema_apply(sqlite->db);
    if (err != SEIN_OK)
        return err;
    err = sqlite_db_move_log(sqlite->db);
    if (err == SEIN_EFULL)
        err = SEIN_OK;
    if (err != SEIN_OK)
        return err;
    err = sync_path(sqlite->space.folder);
    if (err != SEIN_OK)
        return err;
    err = prepare_all(sqlite);
    if (err != SEIN_OK)
        return err;
    return read_meta(sqlite);
}

static void sqlite_close(struct store **store);

static enum sein_err
sqlite_open(const char *path, struct store **out_store)
{
    struct sqlite_store *sqlite = calloc(1, sizeof *sqlite);
    struct store *store = NULL;
    enum sein_err err = SEIN_OK;

    if (sqlite == NULL)
        return SEIN_ENOMEM;
    store = &sqlite->base;
    store->ops = &store_sqlite_ops;
    sqlite->txn.base.store = store;
    err = database_path(path, sqlite->path, sizeof sqlite->path);
    if (err != SEIN_OK)
        goto done;
    err = sqlite_space_init(&sqlite->space, path);
    if (err != SEIN_OK)
        goto done;
    err = open_database(sqlite);
    if (err != SEIN_OK)
        goto done;
    *out_store = store;
    store = NULL;

done:
    sqlite_close(&store);
    return err;
}

static void
sqlite_rollback(struct store_txn **txn)
{
    struct sqlite_store *sqlite = NULL;

    if (*txn == NULL)
        return;
    sqlite = sqlite_of(*txn);
    if (sqlite_db_in_transaction(sqlite->db) &&
        sqlite_query_run(&sqlite->queries[QUERY_ROLLBACK]) != SEIN_OK)
        sqlite->broken = true;
    sqlite->meta = sqlite->txn.before;
    sqlite_usage_end(&sqlite->usage, false);
    sqlite->txn.open = false;
    *txn = NULL;
}

static void
sqlite_close(struct store **store)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)*store;
    struct store_txn *open = NULL;

    if (sqlite == NULL)
        return;
    if (sqlite->txn.open)
        open = &sqlite->txn.base;
    sqlite_rollback(&open);
    for (size_t i = 0; i < QUERY_COUNT; i++)
        sqlite_query_finish(&sqlite->queries[i]);
    if (sqlite->broken)
        sqlite_db_keep_log(sqlite->db);
    sqlite_db_close(&sqlite->db);
    sqlite_usage_deinit(&sqlite->usage);
    sodium_memzero(sqlite->check_key, sizeof sqlite->check_key);
    free(sqlite);
    *store = NULL;
}

static enum sein_err
read_pages(struct sqlite_store *sqlite, enum sqlite_query_name name,
           uint64_t *out_bytes)
{
    struct sqlite_query *query = &sqlite->queries[name];
    bool row = false;
    enum sein_err err = sqlite_query_step(query, &row);

    if (err == SEIN_OK && row)
        *out_bytes = sqlite_column_number(query, 0) * SQLITE_DB_PAGE_BYTES;
    sqlite_query_reset(query);
    return err;
}

static enum sein_err
demand_of(struct sqlite_store *sqlite, struct sqlite_demand *out_demand)
{
    struct stat file;
    uint64_t all = 0;
    uint64_t left = 0;
    enum sein_err err = read_pages(sqlite, QUERY_PAGES, &all);

    if (err == SEIN_OK)
        err = read_pages(sqlite, QUERY_FREE_PAGES, &left);
    if (err != SEIN_OK)
        return err;
    if (stat(sqlite->path, &file) != 0)
        return SEIN_EIO;
    out_demand->growth =
        all > (uint64_t)file.st_size ? all - (uint64_t)file.st_size : 0;
    out_demand->free_pages = left;
    return SEIN_OK;
}

static enum sein_err
sqlite_begin(struct store *store, struct store_txn **out_txn)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    struct store_txn *txn = &sqlite->txn.base;
    struct sqlite_demand demand = { 0 };
    enum sein_err err = SEIN_OK;

    if (sqlite->broken)
        return SEIN_EIO;
    if (sqlite->txn.open)
        return SEIN_EINTERNAL;
    err = sqlite_query_run(&sqlite->queries[QUERY_BEGIN]);
    if (err != SEIN_OK)
        return note_failure(sqlite, err);
    sqlite->txn.open = true;
    sqlite->txn.failed = SEIN_OK;
    sqlite->txn.before = sqlite->meta;
    err = demand_of(sqlite, &demand);
    if (err != SEIN_OK) {
        sqlite_rollback(&txn);
        return note_failure(sqlite, err);
    }
    sqlite_space_begin(&sqlite->space, demand);
    *out_txn = txn;
    return SEIN_OK;
}

/* Numbers are set apart by the thousand, so that most commits need not write
 * where they are; what a crash leaves of them is never given. */
static enum sein_err
write_meta(struct sqlite_store *sqlite)
{
    struct sqlite_query *query = &sqlite->queries[QUERY_META_SEQ];

    if (sqlite->meta.item_seq <= sqlite->meta.item_seq_max)
        return SEIN_OK;
    sqlite->meta.item_seq_max = sqlite->meta.item_seq + SEQS_AHEAD;
    sqlite_bind_number(query, 1, sqlite->meta.item_seq_max);
    return sqlite_query_run(query);
}

static enum sein_err
sqlite_commit(struct store_txn **txn)
{
    struct sqlite_store *sqlite = sqlite_of(*txn);
    enum sein_err err = sqlite->txn.failed;

    if (err == SEIN_OK)
        err = sqlite_usage_write(*txn);
    if (err == SEIN_OK)
        err = write_meta(sqlite);
    if (err == SEIN_OK)
        err = sqlite_query_run(&sqlite->queries[QUERY_COMMIT]);
    if (err != SEIN_OK) {
        sqlite_rollback(txn);
        return note_failure(sqlite, err);
    }
    sqlite_usage_end(&sqlite->usage, true);
    sqlite->txn.open = false;
    *txn = NULL;
    return SEIN_OK;
}

static enum sein_err
sqlite_maintain(struct store *store)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    struct sqlite_demand demand = { 0 };
    enum sein_err err = SEIN_OK;

    if (sqlite->broken)
        return SEIN_EIO;
    if (sqlite->txn.open)
        return SEIN_EINTERNAL;
    err = sqlite_db_move_log(sqlite->db);
    if (err == SEIN_EFULL) {
        sqlite_space_exhausted(&sqlite->space);
        err = sqlite_db_move_log(sqlite->db);
    }
    if (err == SEIN_OK)
        err = demand_of(sqlite, &demand);
    if (err != SEIN_OK)
        return note_failure(sqlite, err);
    sqlite_space_look(&sqlite->space, demand);
    return SEIN_OK;
}

static bool
sqlite_full(const struct store *store)
{
    return ((const struct sqlite_store *)store)->space.full;
}

static uint64_t
sqlite_unmaintained(const struct store *store)
{
    return sqlite_db_log_bytes(((const struct sqlite_store *)store)->db);
}

static enum sein_err
sqlite_backup(struct store *store, const char *to_path)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    char path[SQLITE_SPACE_PATH_MAX];
    struct stat file;
    enum sein_err err = database_path(to_path, path, sizeof path);

    if (err != SEIN_OK)
        return err;
    if (sqlite->txn.open)
        return SEIN_EINTERNAL;
    (void)mkdir(to_path, S_IRWXU); /* it may be there; else the copy fails */
    if (stat(path, &file) == 0)
        return SEIN_EEXIST;
    err = sqlite_db_copy(sqlite->db, path);
    if (err == SEIN_OK)
        err = sync_path(path);
    if (err == SEIN_OK)
        err = sync_path(to_path);
    if (err != SEIN_OK)
        (void)unlink(path); /* half a copy helps nobody */
    return err;
}

/* clang-format off */
#define SQLITE_SLOT(name) .name = sqlite_##name,
const struct store_ops store_sqlite_ops = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .maintain = sqlite_maintain,
    .full = sqlite_full,
    .unmaintained = sqlite_unmaintained,
    .backup = sqlite_backup,
    STORE_CALLS(SQLITE_SLOT)
};
/* clang-format on */
