#include "client/lib/localdb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>
#include <sqlite3.h>

#define SCHEMA_VERSION 3
#define STATEMENTS_MAX 128U
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEAL_BYTES (NONCE_BYTES + TAG_BYTES)
#define AAD_MAX 256U
#define BUSY_TIMEOUT_MS 2000

/* Subkeys of the home key; the keystore has its own context. */
#define KDF_CONTEXT "seinhome"
#define KDF_ROWS 1U
#define KDF_LOOKUP 2U

struct localdb_query {
    struct localdb *db;
    const char *sql;
    sqlite3_stmt *statement;
    bool busy;
    bool kept; /* stays prepared after localdb_end */
    enum sein_err failed;
};

struct localdb {
    sqlite3 *sqlite;
    uint8_t *keys; /* sodium_malloc: rows, then lookup */
    struct localdb_query statements[STATEMENTS_MAX];
    size_t statement_count;
    bool in_transaction;
};

/* Letter rows are found by id, threads by their opening letter's id; the two
 * partial indexes are what the outbox walks and what a thread's other letters
 * are found by, so that a plain signal costs one index entry. */
static const char schema_sql[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE directory (version INTEGER PRIMARY KEY,"
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE prekey (prekey_id BLOB PRIMARY KEY, desk BLOB NOT NULL,"
    " seq INTEGER NOT NULL, erase_at INTEGER NOT NULL,"
    " confirmed INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX prekey_desk ON prekey (desk);"
    "CREATE TABLE mark (desk BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE letter (id INTEGER PRIMARY KEY, letter_id BLOB NOT NULL,"
    " thread BLOB NOT NULL, direction INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " state INTEGER NOT NULL, wait INTEGER NOT NULL DEFAULT 0,"
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX letter_id ON letter (letter_id, direction);"
    "CREATE INDEX letter_thread ON letter (thread) WHERE thread <> letter_id;"
    "CREATE INDEX letter_queued ON letter (id) WHERE state = 1;"
    "CREATE INDEX letter_withdrawing ON letter (id) WHERE state = 8;"
    "CREATE TABLE outgoing (id INTEGER PRIMARY KEY, letter_id BLOB NOT NULL,"
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE source (source BLOB PRIMARY KEY, sealed BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE seen (letter_id BLOB PRIMARY KEY, until INTEGER NOT NULL,"
    " status INTEGER NOT NULL, hash BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX seen_until ON seen (until);"
    "CREATE TABLE head (log BLOB NOT NULL, seq INTEGER NOT NULL,"
    " sealed BLOB NOT NULL, PRIMARY KEY (log, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal (id INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    " log INTEGER NOT NULL, op BLOB NOT NULL, handle1 BLOB, handle2 BLOB,"
    " handle3 BLOB, sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE evidence (id INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    " code INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;";

/* Version 2: presences, the letters that they are for, and who else stands
 * there.  A presence is found by its id, and by its desk and handle; what the
 * broker said about a former id still finds it. */
static const char meeting_sql[] =
    "CREATE TABLE presence (id INTEGER PRIMARY KEY,"
    " presence_id BLOB NOT NULL, former BLOB NOT NULL, handle BLOB NOT NULL,"
    " state INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX presence_id ON presence (presence_id);"
    "CREATE INDEX presence_handle ON presence (handle);"
    "CREATE INDEX presence_state ON presence (state);"
    "CREATE TABLE presence_for (presence INTEGER NOT NULL,"
    " thread BLOB NOT NULL, PRIMARY KEY (presence, thread)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE INDEX presence_for_thread ON presence_for (thread);"
    "CREATE TABLE meeting (id INTEGER PRIMARY KEY, match_id BLOB NOT NULL,"
    " presence INTEGER NOT NULL, thread BLOB NOT NULL,"
    " state INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX meeting_match ON meeting (match_id, presence);"
    "CREATE INDEX meeting_presence ON meeting (presence);"
    "CREATE INDEX meeting_thread ON meeting (thread);"
    "CREATE INDEX meeting_state ON meeting (state);"
    "CREATE TABLE parted (pair BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID;";

/* Version 3: what was said of the regie under a presence, and goes with it. */
static const char regie_sql[] =
    "CREATE TABLE regie (id INTEGER PRIMARY KEY, presence INTEGER NOT NULL,"
    " mark BLOB NOT NULL, kind INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX regie_mark ON regie (presence, mark);"
    "CREATE TRIGGER regie_gone AFTER DELETE ON presence BEGIN"
    " DELETE FROM regie WHERE presence = old.id; END;";

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

bool
localdb_is_trouble(enum sein_err err)
{
    return err == SEIN_EIO || err == SEIN_EFULL || err == SEIN_ENOMEM ||
           err == SEIN_ETAMPERED || err == SEIN_ELOCKED;
}

static enum sein_err
execute(struct localdb *db, const char *sql)
{
    return translate(sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));
}

static enum sein_err
read_version(struct localdb *db, int *out_version)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db->sqlite, "PRAGMA user_version", -1,
                                    &statement, NULL);

    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *out_version = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement); /* tells the step's error again */
    return translate(result);
}

/* From any earlier version, 0 for an empty file, to ours. */
static enum sein_err
make_schema(struct localdb *db, int version)
{
    enum sein_err err = execute(db, "BEGIN IMMEDIATE");

    if (err == SEIN_OK && version < 1)
        err = execute(db, schema_sql);
    if (err == SEIN_OK && version < 2)
        err = execute(db, meeting_sql);
    if (err == SEIN_OK)
        err = execute(db, regie_sql);
    if (err == SEIN_OK)
        err = execute(db, "PRAGMA user_version = 3");
    if (err == SEIN_OK)
        err = execute(db, "COMMIT");
    static_assert(SCHEMA_VERSION == 3, "the pragma above says so too");
    return err;
}

static enum sein_err
prepare_file(struct localdb *db)
{
    int version = 0;
    enum sein_err err = execute(db, "PRAGMA page_size = 8192;"
                                    "PRAGMA journal_mode = WAL;"
                                    "PRAGMA synchronous = FULL;"
                                    "PRAGMA secure_delete = ON;"
                                    "PRAGMA trusted_schema = OFF;"
                                    "PRAGMA temp_store = MEMORY;"
                                    "PRAGMA cache_size = -16384;"
                                    "PRAGMA journal_size_limit = 16777216;");

    if (err == SEIN_OK)
        err = read_version(db, &version);
    if (err != SEIN_OK)
        return err;
    if (version > SCHEMA_VERSION)
        return SEIN_EVERSION;
    return version == SCHEMA_VERSION ? SEIN_OK : make_schema(db, version);
}

static enum sein_err
derive_keys(struct localdb *db, const uint8_t *home_key)
{
    db->keys = sodium_malloc(2 * (size_t)SEIN_KEY_BYTES);
    if (db->keys == NULL)
        return SEIN_ENOMEM;
    (void)crypto_kdf_derive_from_key(db->keys, SEIN_KEY_BYTES, KDF_ROWS,
                                     KDF_CONTEXT, home_key);
    (void)crypto_kdf_derive_from_key(db->keys + SEIN_KEY_BYTES, SEIN_KEY_BYTES,
                                     KDF_LOOKUP, KDF_CONTEXT, home_key);
    return SEIN_OK;
}

enum sein_err
localdb_open(const char *path, const uint8_t home_key[static SEIN_KEY_BYTES],
             struct localdb **out_db)
{
    struct localdb *db = calloc(1, sizeof *db);
    mode_t before = 0;
    enum sein_err err = SEIN_OK;

    if (db == NULL)
        return SEIN_ENOMEM;
    err = derive_keys(db, home_key);
    if (err != SEIN_OK)
        goto done;
    /* SQLite makes the log and the shared file like the database itself. */
    before = umask(077);
    err = translate(sqlite3_open_v2(
        path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
    if (err == SEIN_OK) {
        (void)sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS);
        err = prepare_file(db);
    }
    (void)umask(before);
    if (err != SEIN_OK)
        goto done;
    *out_db = db;
    db = NULL;

done:
    localdb_close(&db);
    return err;
}

void
localdb_close(struct localdb **db)
{
    if (db == NULL || *db == NULL)
        return;
    localdb_rollback(*db);
    for (size_t i = 0; i < (*db)->statement_count; i++)
        (void)sqlite3_finalize((*db)->statements[i].statement);
    if ((*db)->sqlite != NULL) {
        /* The last connection checkpoints and removes the log by itself; a
         * failure leaves a log that the next opening takes in. */
        (void)sqlite3_close((*db)->sqlite);
    }
    sodium_free((*db)->keys);
    free(*db);
    *db = NULL;
}

enum sein_err
localdb_check(struct localdb *db)
{
    static const char sql[] = "PRAGMA integrity_check(1)";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err == SEIN_OK)
        err = localdb_step(query);
    if (err == SEIN_OK && !sein_slice_is(localdb_get_bytes(query, 0), "ok"))
        err = SEIN_ETAMPERED;
    localdb_end(&query);
    return err;
}

enum sein_err
localdb_begin(struct localdb *db)
{
    enum sein_err err = SEIN_OK;

    assert(!db->in_transaction);
    err = execute(db, "BEGIN IMMEDIATE");
    db->in_transaction = err == SEIN_OK;
    return err;
}

enum sein_err
localdb_commit(struct localdb *db)
{
    enum sein_err err = SEIN_OK;

    assert(db->in_transaction);
    err = execute(db, "COMMIT");
    if (err == SEIN_OK)
        db->in_transaction = false;
    return err;
}

void
localdb_rollback(struct localdb *db)
{
    if (!db->in_transaction)
        return;
    /* SQLite rolls back by itself after some errors; then this one fails. */
    (void)execute(db, "ROLLBACK");
    db->in_transaction = false;
}

enum sein_err
localdb_scrub(struct localdb *db)
{
    return translate(sqlite3_wal_checkpoint_v2(
        db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

static struct localdb_query *
find_statement(struct localdb *db, const char *sql)
{
    for (size_t i = 0; i < db->statement_count; i++) {
        struct localdb_query *query = &db->statements[i];

        if (query->sql == sql && !query->busy)
            return query;
    }
    return NULL;
}

static struct localdb_query *
new_statement(struct localdb *db)
{
    struct localdb_query *query = NULL;

    if (db->statement_count < STATEMENTS_MAX) {
        query = &db->statements[db->statement_count];
        *query = (struct localdb_query){ .db = db, .kept = true };
        return query;
    }
    query = calloc(1, sizeof *query);
    if (query != NULL)
        query->db = db;
    return query;
}

enum sein_err
localdb_start(struct localdb *db, const char *sql,
              struct localdb_query **out_query)
{
    struct localdb_query *query = find_statement(db, sql);
    enum sein_err err = SEIN_OK;

    if (query == NULL) {
        query = new_statement(db);
        if (query == NULL)
            return SEIN_ENOMEM;
        err = translate(sqlite3_prepare_v3(db->sqlite, sql, -1,
                                           SQLITE_PREPARE_PERSISTENT,
                                           &query->statement, NULL));
        if (err != SEIN_OK) {
            if (!query->kept)
                free(query);
            return err;
        }
        query->sql = sql;
        if (query->kept)
            db->statement_count++;
    }
    query->busy = true;
    query->failed = SEIN_OK;
    *out_query = query;
    return SEIN_OK;
}

static void
note(struct localdb_query *query, int result)
{
    if (query->failed == SEIN_OK)
        query->failed = translate(result);
}

void
localdb_set_int(struct localdb_query *query, int index, int64_t value)
{
    note(query, sqlite3_bind_int64(query->statement, index, value));
}

void
localdb_set_bytes(struct localdb_query *query, int index,
                  struct sein_slice bytes)
{
    if (bytes.len == 0)
        note(query, sqlite3_bind_zeroblob(query->statement, index, 0));
    else
        note(query, sqlite3_bind_blob64(query->statement, index, bytes.at,
                                        bytes.len, SQLITE_STATIC));
}

void
localdb_set_hash(struct localdb_query *query, int index,
                 const struct localdb_hash *hash)
{
    localdb_set_bytes(query, index,
                      sein_slice_of(hash->bytes, sizeof hash->bytes));
}

void
localdb_set_null(struct localdb_query *query, int index)
{
    note(query, sqlite3_bind_null(query->statement, index));
}

/* What a seal is bound to: the table's name and the row's key. */
static enum sein_err
write_aad(const char *table, struct sein_slice key, uint8_t *out,
          struct sein_slice *out_aad)
{
    struct sein_writer writer = sein_writer_of(out, AAD_MAX);

    sein_write_lp(&writer, sein_slice_text(table));
    sein_write_lp(&writer, key);
    return sein_writer_done(&writer, out_aad);
}

void
localdb_set_sealed(struct localdb_query *query, int index, const char *table,
                   struct sein_slice key, struct sein_slice plain)
{
    uint8_t aad_bytes[AAD_MAX];
    struct sein_slice aad = { 0 };
    uint8_t *sealed = NULL;
    size_t len = 0;

    if (write_aad(table, key, aad_bytes, &aad) != SEIN_OK ||
        sein_add_len(plain.len, SEAL_BYTES, &len) != SEIN_OK) {
        query->failed = SEIN_EINTERNAL;
        return;
    }
    sealed = sqlite3_malloc64(len);
    if (sealed == NULL) {
        query->failed = SEIN_ENOMEM;
        return;
    }
    randombytes_buf(sealed, NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed + NONCE_BYTES, NULL, plain.at, plain.len, aad.at, aad.len, NULL,
        sealed, query->db->keys);
    note(query, sqlite3_bind_blob64(query->statement, index, sealed, len,
                                    sqlite3_free));
}

enum sein_err
localdb_step(struct localdb_query *query)
{
    int result = SQLITE_OK;

    if (query->failed != SEIN_OK)
        return query->failed;
    result = sqlite3_step(query->statement);
    if (result == SQLITE_DONE)
        return SEIN_ENOENT;
    return translate(result);
}

enum sein_err
localdb_run(struct localdb_query **query)
{
    enum sein_err err = localdb_step(*query);

    localdb_end(query);
    if (err == SEIN_ENOENT)
        return SEIN_OK;
    return err;
}

int64_t
localdb_get_int(struct localdb_query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

struct sein_slice
localdb_get_bytes(struct localdb_query *query, int column)
{
    const uint8_t *at = sqlite3_column_blob(query->statement, column);
    int len = sqlite3_column_bytes(query->statement, column);

    return sein_slice_of(at, len < 0 ? 0 : (size_t)len);
}

enum sein_err
localdb_get_sealed(struct localdb_query *query, int column, const char *table,
                   struct sein_slice key, struct localdb_plain *out_plain)
{
    struct sein_slice sealed = localdb_get_bytes(query, column);
    struct sein_slice aad = { 0 };
    uint8_t aad_bytes[AAD_MAX];
    uint8_t *plain = NULL;
    size_t len = 0;
    enum sein_err err = write_aad(table, key, aad_bytes, &aad);

    if (err != SEIN_OK)
        return SEIN_EINTERNAL;
    if (sealed.len < SEAL_BYTES)
        return SEIN_ETAMPERED;
    len = sealed.len - SEAL_BYTES;
    plain = malloc(len + 1); /* never of 0 bytes */
    if (plain == NULL)
        return SEIN_ENOMEM;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, sealed.at + NONCE_BYTES,
            sealed.len - NONCE_BYTES, aad.at, aad.len, sealed.at,
            query->db->keys) != 0) {
        free(plain);
        return SEIN_ETAMPERED;
    }
    out_plain->bytes = sein_slice_of(plain, len);
    out_plain->owned = plain;
    return SEIN_OK;
}

void
localdb_plain_free(struct localdb_plain *plain)
{
    if (plain->owned == NULL)
        return;
    sodium_memzero(plain->owned, plain->bytes.len);
    free(plain->owned);
    *plain = (struct localdb_plain){ 0 };
}

void
localdb_end(struct localdb_query **query)
{
    if (query == NULL || *query == NULL)
        return;
    (void)sqlite3_reset((*query)->statement); /* the step told the error */
    (void)sqlite3_clear_bindings((*query)->statement);
    (*query)->busy = false;
    if (!(*query)->kept) {
        (void)sqlite3_finalize((*query)->statement);
        free(*query);
    }
    *query = NULL;
}

int64_t
localdb_last_row(const struct localdb *db)
{
    return sqlite3_last_insert_rowid(db->sqlite);
}

int64_t
localdb_changes(const struct localdb *db)
{
    return sqlite3_changes64(db->sqlite);
}

static void
hash_lp(crypto_generichash_state *state, struct sein_slice bytes)
{
    uint8_t len[4];
    struct sein_writer writer = sein_writer_of(len, sizeof len);

    sein_write_u32(&writer, (uint32_t)bytes.len);
    (void)crypto_generichash_update(state, len, sizeof len);
    (void)crypto_generichash_update(state, bytes.at, bytes.len);
}

void
localdb_hash_of(const struct localdb *db, const char *purpose,
                struct sein_slice a, struct sein_slice b,
                struct localdb_hash *out_hash)
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, db->keys + SEIN_KEY_BYTES,
                                  SEIN_KEY_BYTES, LOCALDB_HASH_BYTES);
    hash_lp(&state, sein_slice_text(purpose));
    hash_lp(&state, a);
    hash_lp(&state, b);
    (void)crypto_generichash_final(&state, out_hash->bytes, LOCALDB_HASH_BYTES);
}

enum sein_err
localdb_set_meta(struct localdb *db, const char *name, struct sein_slice value)
{
    static const char set_sql[] =
        "INSERT INTO meta (name, sealed) VALUES (CAST(?1 AS TEXT), ?2)"
        " ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed";
    static const char remove_sql[] =
        "DELETE FROM meta WHERE name = CAST(?1 AS TEXT)";
    struct localdb_query *query = NULL;
    enum sein_err err =
        localdb_start(db, value.len == 0 ? remove_sql : set_sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1, sein_slice_text(name));
    if (value.len > 0)
        localdb_set_sealed(query, 2, "meta", sein_slice_text(name), value);
    return localdb_run(&query);
}

enum sein_err
localdb_get_meta(struct localdb *db, const char *name,
                 struct localdb_plain *out_value)
{
    static const char sql[] =
        "SELECT sealed FROM meta WHERE name = CAST(?1 AS TEXT)";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1, sein_slice_text(name));
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = localdb_get_sealed(query, 0, "meta", sein_slice_text(name),
                                 out_value);
    localdb_end(&query);
    return err;
}

enum sein_err
localdb_set_meta_int(struct localdb *db, const char *name, int64_t value)
{
    uint8_t bytes[8];
    struct sein_writer writer = sein_writer_of(bytes, sizeof bytes);

    sein_write_u64(&writer, (uint64_t)value);
    return localdb_set_meta(db, name, sein_slice_of(bytes, sizeof bytes));
}

enum sein_err
localdb_get_meta_int(struct localdb *db, const char *name, int64_t *out_value)
{
    struct localdb_plain plain = { 0 };
    struct sein_reader reader = { 0 };
    uint64_t value = 0;
    enum sein_err err = localdb_get_meta(db, name, &plain);

    if (err == SEIN_ENOENT) {
        *out_value = 0;
        return SEIN_OK;
    }
    if (err != SEIN_OK)
        return err;
    reader = sein_reader_of(plain.bytes);
    err = sein_read_u64(&reader, &value);
    if (err == SEIN_OK)
        *out_value = (int64_t)value;
    localdb_plain_free(&plain);
    return err == SEIN_OK ? SEIN_OK : SEIN_ETAMPERED;
}
