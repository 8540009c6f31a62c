#include "broker/store/sqlite_db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "broker/store/sqlite_scrub.h"
#ifdef SEIN_TEST_BUILD
#include "tests/support/vfs_lossy.h"
#endif

#define VFS_NAME_MAX 40
/* What SQLite puts around a page in its log (File Format, section 4.1). */
#define FRAME_HEADER_BYTES 24U

/* The system's VFS, but for the database file's xWrite. */
struct scrub_vfs {
    sqlite3_vfs vfs; /* first: SQLite hands this back to vfs_open */
    sqlite3_vfs *base;
    char name[VFS_NAME_MAX];
};

/* Lies behind the base's own file.  pMethods of a database file points here. */
struct scrub_file {
    sqlite3_io_methods methods; /* first: found through pMethods */
    const sqlite3_io_methods *base;
    uint8_t *page;
    uint8_t scratch[SQLITE_DB_PAGE_BYTES];
};

struct sqlite_db {
    sqlite3 *connection;
    struct scrub_vfs vfs;
    uint64_t log_pages;
};

static enum sein_err
error_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return SEIN_OK;
    case SQLITE_CONSTRAINT:
        return SEIN_EEXIST;
    case SQLITE_FULL:
        return SEIN_EFULL;
    case SQLITE_NOMEM:
        return SEIN_ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SEIN_EBUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return SEIN_EDAMAGED;
    case SQLITE_TOOBIG:
        return SEIN_ETOOLONG;
    case SQLITE_IOERR:
        return code == SQLITE_IOERR_NOMEM ? SEIN_ENOMEM : SEIN_EIO;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return SEIN_EIO;
    default:
        return SEIN_EINTERNAL;
    }
}

static int
scrub_write(sqlite3_file *file, const void *at, int len, sqlite3_int64 offset)
{
    const struct scrub_file *scrub = (const struct scrub_file *)file->pMethods;

    if (len != (int)SQLITE_DB_PAGE_BYTES || offset % len != 0)
        return scrub->base->xWrite(file, at, len, offset);
    memcpy(scrub->page, at, SQLITE_DB_PAGE_BYTES);
    sqlite_scrub_page(scrub->page, SQLITE_DB_PAGE_BYTES, offset == 0);
    return scrub->base->xWrite(file, scrub->page, len, offset);
}

static size_t
base_file_bytes(const sqlite3_vfs *base)
{
    size_t align = _Alignof(max_align_t);

    return ((size_t)base->szOsFile + align - 1) / align * align;
}

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
         int *out_flags)
{
    sqlite3_vfs *base = ((struct scrub_vfs *)vfs)->base;
    int code = base->xOpen(base, name, file, flags, out_flags);
    struct scrub_file *scrub = NULL;
    void *behind = (uint8_t *)file + base_file_bytes(base);

    if (code != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0)
        return code;
    scrub = behind;
    scrub->base = file->pMethods;
    scrub->methods = *file->pMethods;
    scrub->methods.xWrite = scrub_write;
    scrub->page = scrub->scratch;
    file->pMethods = &scrub->methods;
    return SQLITE_OK;
}

static enum sein_err
vfs_register(struct scrub_vfs *scrub)
{
    sqlite3_vfs *base = sqlite3_vfs_find(NULL);

    if (base == NULL)
        return SEIN_EINTERNAL;
    (void)snprintf(scrub->name, sizeof scrub->name, "scrub-%p", (void *)scrub);
    scrub->base = base;
    scrub->vfs = *base;
    scrub->vfs.pNext = NULL;
    scrub->vfs.zName = scrub->name;
    scrub->vfs.xOpen = vfs_open;
    scrub->vfs.szOsFile =
        (int)(base_file_bytes(base) + sizeof(struct scrub_file));
    return error_of(sqlite3_vfs_register(&scrub->vfs, 0));
}

/* SQLite gives its log the rights that the database file has.  A file that is
 * there is not opened: closing it again would let go of every lock on it. */
static enum sein_err
create_private(const char *path)
{
    int fd =
        open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd >= 0)
        (void)close(fd); /* nothing was written */
    else if (errno == ENOSPC)
        return SEIN_EFULL;
    else if (errno != EEXIST)
        return SEIN_EIO;
    return chmod(path, S_IRUSR | S_IWUSR) == 0 ? SEIN_OK : SEIN_EIO;
}

static int
count_log(void *context, sqlite3 *connection, const char *schema, int pages)
{
    struct sqlite_db *db = context;

    (void)connection;
    (void)schema;
    db->log_pages = (uint64_t)pages;
    return SQLITE_OK;
}

static const char *
synchronous(void)
{
#ifdef SEIN_TEST_BUILD
    const char *value = getenv("SEIN_TEST_SYNCHRONOUS");

    if (value != NULL && strcmp(value, "OFF") == 0)
        return "PRAGMA synchronous = OFF";
#endif
    return "PRAGMA synchronous = FULL";
}

/* Exclusive before the log is first looked at: then its index is ordinary
 * memory.  Checkpoints are the caller's, so that no commit waits for one. */
static enum sein_err
set_up(struct sqlite_db *db)
{
    static const char before[] = "PRAGMA page_size = 8192;"
                                 "PRAGMA locking_mode = EXCLUSIVE;"
                                 "PRAGMA temp_store = MEMORY;"
                                 "PRAGMA secure_delete = ON;"
                                 "PRAGMA cell_size_check = ON;"
                                 "PRAGMA trusted_schema = OFF;"
                                 "PRAGMA cache_size = -4096;"
                                 "PRAGMA journal_mode = WAL;";
    int64_t page_bytes = 0;
    enum sein_err err = sqlite_db_run(db, before);

    if (err != SEIN_OK)
        return err;
    err = sqlite_db_run(db, synchronous());
    if (err != SEIN_OK)
        return err;
    err = sqlite_db_number(db, "PRAGMA page_size", &page_bytes);
    if (err != SEIN_OK)
        return err;
    (void)sqlite3_wal_hook(db->connection, count_log, db);
    return page_bytes == SQLITE_DB_PAGE_BYTES ? SEIN_OK : SEIN_EDAMAGED;
}

enum sein_err
sqlite_db_open(const char *path, struct sqlite_db **out_db)
{
    struct sqlite_db *db = NULL;
    enum sein_err err = SEIN_OK;

#ifdef SEIN_TEST_BUILD
    vfs_lossy_from_environment();
#endif
    err = create_private(path);
    if (err != SEIN_OK)
        return err;
    db = calloc(1, sizeof *db);
    if (db == NULL)
        return SEIN_ENOMEM;
    err = vfs_register(&db->vfs);
    if (err != SEIN_OK)
        goto done;
    err = error_of(sqlite3_open_v2(path, &db->connection,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                       SQLITE_OPEN_EXRESCODE,
                                   db->vfs.name));
    if (err != SEIN_OK)
        goto done;
    err = set_up(db);
    if (err != SEIN_OK)
        goto done;
    *out_db = db;
    db = NULL;

done:
    sqlite_db_close(&db);
    return err;
}

void
sqlite_db_close(struct sqlite_db **db)
{
    if (*db == NULL)
        return;
    /* What could not be moved now is moved when the file is opened again. */
    (void)sqlite3_close((*db)->connection);
    (void)sqlite3_vfs_unregister(&(*db)->vfs.vfs);
    free(*db);
    *db = NULL;
}

enum sein_err
sqlite_db_run(struct sqlite_db *db, const char *sql)
{
    return error_of(sqlite3_exec(db->connection, sql, NULL, NULL, NULL));
}

enum sein_err
sqlite_db_number(struct sqlite_db *db, const char *sql, int64_t *out_number)
{
    struct sqlite_query query = { 0 };
    bool row = false;
    enum sein_err err = sqlite_query_prepare(db, sql, &query);

    if (err == SEIN_OK)
        err = sqlite_query_step(&query, &row);
    if (err == SEIN_OK && !row)
        err = SEIN_ENOENT;
    if (err == SEIN_OK)
        *out_number = sqlite_column_int(&query, 0);
    sqlite_query_finish(&query);
    return err;
}

void
sqlite_db_keep_log(struct sqlite_db *db)
{
    (void)sqlite3_db_config(db->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                            NULL); /* known since 3.16 */
}

bool
sqlite_db_in_transaction(const struct sqlite_db *db)
{
    return sqlite3_get_autocommit(db->connection) == 0;
}

uint64_t
sqlite_db_changes(const struct sqlite_db *db)
{
    return (uint64_t)sqlite3_changes64(db->connection);
}

uint64_t
sqlite_db_log_bytes(const struct sqlite_db *db)
{
    return db->log_pages * (SQLITE_DB_PAGE_BYTES + FRAME_HEADER_BYTES);
}

enum sein_err
sqlite_db_move_log(struct sqlite_db *db)
{
    int code = sqlite3_wal_checkpoint_v2(
        db->connection, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    if (code != SQLITE_OK)
        return error_of(code);
    db->log_pages = 0;
    return error_of(sqlite3_db_release_memory(db->connection));
}

enum sein_err
sqlite_db_copy(struct sqlite_db *db, const char *to_path)
{
    struct sqlite_query query = { 0 };
    enum sein_err err = create_private(to_path);

    if (err != SEIN_OK)
        return err;
    err = sqlite_query_prepare(db, "VACUUM INTO ?1", &query);
    if (err != SEIN_OK)
        return err;
    sqlite_bind_text(&query, 1, sein_slice_text(to_path));
    err = sqlite_query_run(&query);
    sqlite_query_finish(&query);
    return err;
}

/* Reads len bytes straight into the writer's buffer. */
static enum sein_err
blob_append(sqlite3_blob *blob, size_t offset, size_t len,
            struct sein_writer *out)
{
    enum sein_err err = SEIN_OK;

    if (out->failed || len > out->max - out->len)
        return SEIN_ETOOLONG;
    if (len == 0)
        return SEIN_OK;
    err = error_of(
        sqlite3_blob_read(blob, out->at + out->len, (int)len, (int)offset));
    if (err == SEIN_OK)
        out->len += len;
    return err;
}

enum sein_err
sqlite_db_read_blob(struct sqlite_db *db, const char *table, const char *column,
                    int64_t row, size_t offset, size_t max,
                    struct sein_writer *out, size_t *out_total)
{
    sqlite3_blob *blob = NULL;
    size_t total = 0;
    size_t len = 0;
    enum sein_err err = SEIN_OK;
    int code =
        sqlite3_blob_open(db->connection, "main", table, column, row, 0, &blob);

    /* SQLITE_ERROR is what a row that is not there gives. */
    if (code == SQLITE_ERROR)
        return SEIN_ENOENT;
    if (code != SQLITE_OK)
        return error_of(code);
    total = (size_t)sqlite3_blob_bytes(blob);
    if (offset < total)
        len = total - offset < max ? total - offset : max;
    err = blob_append(blob, offset, len, out);
    if (err == SEIN_OK)
        *out_total = total;
    (void)sqlite3_blob_close(blob); /* was opened to read */
    return err;
}

enum sein_err
sqlite_query_prepare(struct sqlite_db *db, const char *sql,
                     struct sqlite_query *out_query)
{
    int code =
        sqlite3_prepare_v3(db->connection, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &out_query->statement, NULL);

    out_query->err = SEIN_OK;
    return error_of(code);
}

void
sqlite_query_finish(struct sqlite_query *query)
{
    (void)sqlite3_finalize(query->statement); /* repeats the last error */
    query->statement = NULL;
}

static void
note(struct sqlite_query *query, int code)
{
    if (code != SQLITE_OK && query->err == SEIN_OK)
        query->err = error_of(code);
}

void
sqlite_bind_int(struct sqlite_query *query, int at, int64_t value)
{
    note(query, sqlite3_bind_int64(query->statement, at, value));
}

void
sqlite_bind_number(struct sqlite_query *query, int at, uint64_t value)
{
    sqlite_bind_int(query, at, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void
sqlite_bind_text(struct sqlite_query *query, int at, struct sein_slice text)
{
    note(query, sqlite3_bind_text64(query->statement, at, (const char *)text.at,
                                    text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
sqlite_bind_blob(struct sqlite_query *query, int at, struct sein_slice bytes)
{
    note(query, sqlite3_bind_blob64(query->statement, at, bytes.at, bytes.len,
                                    SQLITE_STATIC));
}

void
sqlite_bind_blob_or_empty(struct sqlite_query *query, int at,
                          struct sein_slice bytes)
{
    if (bytes.len == 0)
        note(query, sqlite3_bind_zeroblob(query->statement, at, 0));
    else
        sqlite_bind_blob(query, at, bytes);
}

enum sein_err
sqlite_query_step(struct sqlite_query *query, bool *out_row)
{
    int code = SQLITE_OK;

    if (query->err != SEIN_OK)
        return query->err;
    code = sqlite3_step(query->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return error_of(code);
    *out_row = code == SQLITE_ROW;
    return SEIN_OK;
}

void
sqlite_query_reset(struct sqlite_query *query)
{
    (void)sqlite3_reset(query->statement); /* repeats what step gave */
    (void)sqlite3_clear_bindings(query->statement);
    query->err = SEIN_OK;
}

enum sein_err
sqlite_query_run(struct sqlite_query *query)
{
    bool row = false;
    enum sein_err err = sqlite_query_step(query, &row);

    assert(err != SEIN_OK || !row);
    sqlite_query_reset(query);
    return err;
}

int64_t
sqlite_column_int(const struct sqlite_query *query, int at)
{
    return sqlite3_column_int64(query->statement, at);
}

uint64_t
sqlite_column_number(const struct sqlite_query *query, int at)
{
    int64_t value = sqlite_column_int(query, at);

    return value < 0 ? 0 : (uint64_t)value;
}

struct sein_slice
sqlite_column_bytes(const struct sqlite_query *query, int at)
{
    const uint8_t *bytes = sqlite3_column_blob(query->statement, at);

    return sein_slice_of(bytes,
                         (size_t)sqlite3_column_bytes(query->statement, at));
}

enum sein_err
sqlite_column_fixed(const struct sqlite_query *query, int at, uint8_t *out,
                    size_t len)
{
    struct sein_slice bytes = sqlite_column_bytes(query, at);

    if (bytes.len != len || bytes.at == NULL)
        return SEIN_EDAMAGED;
    memcpy(out, bytes.at, len);
    return SEIN_OK;
}

enum sein_err
sqlite_column_name(const struct sqlite_query *query, int at, char *out,
                   size_t out_max)
{
    struct sein_slice text = sqlite_column_bytes(query, at);

    return sein_slice_copy_text(text, out, out_max) == SEIN_OK ? SEIN_OK
                                                               : SEIN_EDAMAGED;
}
