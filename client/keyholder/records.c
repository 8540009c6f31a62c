#include "client/keyholder/records.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <sqlite3.h>

#define SCHEMA_VERSION 1
#define BUSY_TIMEOUT_MS 2000

struct records_query {
    sqlite3_stmt *statement;
    enum sein_err failed;
};

struct records {
    sqlite3 *sqlite;
    bool in_transaction;
};

/* used, repeat: ratelimit.c, repeats.c; log, evaluated, deposited: audit.c;
 * directory: chain.c. */
static const char schema_sql[] =
    "CREATE TABLE directory (version INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"
    " STRICT;"
    "CREATE TABLE used (day INTEGER NOT NULL, circle BLOB NOT NULL,"
    " oin BLOB NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (day, circle, oin)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE repeat (request BLOB PRIMARY KEY, at INTEGER NOT NULL,"
    " reply BLOB NOT NULL, signature BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX repeat_at ON repeat (at);"
    "CREATE TABLE log (seq INTEGER PRIMARY KEY, entry BLOB NOT NULL,"
    " hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE evaluated (circle BLOB NOT NULL, epoch INTEGER NOT NULL,"
    " oin BLOB NOT NULL, id BLOB NOT NULL, day INTEGER NOT NULL,"
    " PRIMARY KEY (circle, epoch, oin, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE deposited (circle BLOB NOT NULL, epoch INTEGER NOT NULL,"
    " oin BLOB NOT NULL, id BLOB NOT NULL, day INTEGER NOT NULL,"
    " PRIMARY KEY (circle, epoch, oin, id)) STRICT, WITHOUT ROWID;";

static enum sein_err
translate(int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return SEIN_OK;
    case SQLITE_FULL:
        return SEIN_EFULL;
    case SQLITE_NOMEM:
        return SEIN_ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return SEIN_ETAMPERED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SEIN_ELOCKED;
    case SQLITE_CONSTRAINT:
        return SEIN_EEXIST;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_ERROR:
        return SEIN_EINTERNAL;
    default:
        return SEIN_EIO;
    }
}

static enum sein_err
execute(struct records *records, const char *sql)
{
    return translate(sqlite3_exec(records->sqlite, sql, NULL, NULL, NULL));
}

static enum sein_err
read_version(struct records *records, int64_t *out_version)
{
    struct records_query *query = NULL;
    enum sein_err err = records_start(records, "PRAGMA user_version", &query);

    if (err == SEIN_OK)
        err = records_step(query);
    if (err == SEIN_OK)
        *out_version = records_get_int(query, 0);
    records_end(&query);
    return err;
}

static enum sein_err
make_schema(struct records *records)
{
    enum sein_err err = records_begin(records);

    if (err == SEIN_OK)
        err = execute(records, schema_sql);
    if (err == SEIN_OK)
        err = execute(records, "PRAGMA user_version = 1");
    static_assert(SCHEMA_VERSION == 1, "the pragma above says so too");
    if (err == SEIN_OK)
        err = records_commit(records);
    records_rollback(records); /* no-op when committed */
    return err;
}

/* What was charged must not be forgotten by a power cut: FULL. */
static enum sein_err
prepare_file(struct records *records)
{
    int64_t version = 0;
    enum sein_err err = execute(records, "PRAGMA journal_mode = WAL;"
                                         "PRAGMA synchronous = FULL;"
                                         "PRAGMA trusted_schema = OFF;"
                                         "PRAGMA journal_size_limit = 1048576");

    if (err == SEIN_OK)
        err = read_version(records, &version);
    if (err != SEIN_OK)
        return err;
    if (version > SCHEMA_VERSION)
        return SEIN_EVERSION;
    return version == SCHEMA_VERSION ? SEIN_OK : make_schema(records);
}

enum sein_err
records_open(const char *path, struct records **out_records)
{
    struct records *records = calloc(1, sizeof *records);
    mode_t before = 0;
    enum sein_err err = SEIN_OK;

    if (records == NULL)
        return SEIN_ENOMEM;
    /* SQLite makes the log and the shared file like the database itself. */
    before = umask(077);
    err = translate(sqlite3_open_v2(path, &records->sqlite,
                                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                    NULL));
    if (err == SEIN_OK) {
        (void)sqlite3_busy_timeout(records->sqlite, BUSY_TIMEOUT_MS);
        err = prepare_file(records);
    }
    (void)umask(before);
    if (err == SEIN_OK) {
        *out_records = records;
        records = NULL;
    }
    records_close(&records);
    return err;
}

void
records_close(struct records **records)
{
    if (records == NULL || *records == NULL)
        return;
    records_rollback(*records);
    /* A log that stays behind is taken in by the next opening. */
    if ((*records)->sqlite != NULL)
        (void)sqlite3_close((*records)->sqlite);
    free(*records);
    *records = NULL;
}

enum sein_err
records_begin(struct records *records)
{
    enum sein_err err = SEIN_OK;

    assert(!records->in_transaction);
    err = execute(records, "BEGIN IMMEDIATE");
    records->in_transaction = err == SEIN_OK;
    return err;
}

enum sein_err
records_commit(struct records *records)
{
    enum sein_err err = SEIN_OK;

    assert(records->in_transaction);
    err = execute(records, "COMMIT");
    if (err == SEIN_OK)
        records->in_transaction = false;
    return err;
}

void
records_rollback(struct records *records)
{
    if (!records->in_transaction)
        return;
    /* SQLite rolls back by itself after some errors; then this one fails. */
    (void)execute(records, "ROLLBACK");
    records->in_transaction = false;
}

enum sein_err
records_start(struct records *records, const char *sql,
              struct records_query **out_query)
{
    struct records_query *query = calloc(1, sizeof *query);
    enum sein_err err = SEIN_OK;

    if (query == NULL)
        return SEIN_ENOMEM;
    err = translate(
        sqlite3_prepare_v2(records->sqlite, sql, -1, &query->statement, NULL));
    if (err != SEIN_OK) {
        free(query);
        return err;
    }
    *out_query = query;
    return SEIN_OK;
}

static void
note(struct records_query *query, int result)
{
    if (query->failed == SEIN_OK)
        query->failed = translate(result);
}

void
records_set_int(struct records_query *query, int index, int64_t value)
{
    note(query, sqlite3_bind_int64(query->statement, index, value));
}

void
records_set_bytes(struct records_query *query, int index,
                  struct sein_slice bytes)
{
    if (bytes.len == 0)
        note(query, sqlite3_bind_zeroblob(query->statement, index, 0));
    else
        note(query, sqlite3_bind_blob64(query->statement, index, bytes.at,
                                        bytes.len, SQLITE_STATIC));
}

enum sein_err
records_step(struct records_query *query)
{
    int result = SQLITE_OK;

    if (query->failed != SEIN_OK)
        return query->failed;
    result = sqlite3_step(query->statement);
    return result == SQLITE_DONE ? SEIN_ENOENT : translate(result);
}

enum sein_err
records_run(struct records_query **query)
{
    enum sein_err err = records_step(*query);

    records_end(query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

int64_t
records_get_int(struct records_query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

struct sein_slice
records_get_bytes(struct records_query *query, int column)
{
    const uint8_t *at = sqlite3_column_blob(query->statement, column);
    int len = sqlite3_column_bytes(query->statement, column);

    return sein_slice_of(at, len < 0 ? 0 : (size_t)len);
}

void
records_end(struct records_query **query)
{
    if (query == NULL || *query == NULL)
        return;
    (void)sqlite3_finalize((*query)->statement); /* tells the step's error */
    free(*query);
    *query = NULL;
}
