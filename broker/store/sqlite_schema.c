#include "broker/store/sqlite_schema.h"

#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "proto/base/limits.h"

#define PRAGMA_MAX 64
#define APPLICATION_ID 0x5365696e /* "Sein" */

/* Letter ids and operation ids have their time in front, expiry and collection
 * follow it: every index grows at its end, so that a commit touches few pages.
 * item_by_desk holds what unread_due asks for, so that it reads no letters. */
/* clang-format off */
static const char step_1[] =
    "CREATE TABLE meta ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1),"
    "  log_id BLOB,"                  /* NULL before the first log_start */
    "  item_seq INTEGER NOT NULL,"    /* none above it was given */
    "  leaves_from INTEGER NOT NULL," /* heads below it have no leaves */
    "  check_key BLOB NOT NULL"       /* keys the checksums */
    ") STRICT;"

    "CREATE TABLE head ("
    "  seq INTEGER PRIMARY KEY,"
    "  time_ms INTEGER NOT NULL,"
    "  head BLOB NOT NULL,"
    "  signature BLOB NOT NULL,"
    "  leaves BLOB"                   /* NULL once forgotten */
    ") STRICT;"

    "CREATE TABLE op ("
    "  op_id BLOB NOT NULL,"
    "  oin TEXT NOT NULL,"
    "  type INTEGER NOT NULL,"        /* 0 letter */
    "  time_ms INTEGER NOT NULL,"
    "  head_seq INTEGER NOT NULL,"    /* 0: of a log before */
    "  leaf_index INTEGER NOT NULL,"
    "  item_hash BLOB NOT NULL,"
    "  k_event BLOB NOT NULL,"
    "  PRIMARY KEY (op_id, oin)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX op_by_time ON op (time_ms) WHERE type <> 0;"

    "CREATE TABLE item ("
    "  seq INTEGER PRIMARY KEY,"
    "  type INTEGER NOT NULL,"        /* 0 letter, 1 event, 2 match */
    "  desk TEXT NOT NULL,"
    "  letter_id BLOB NOT NULL,"
    "  sender TEXT NOT NULL,"         /* empty for an event */
    "  sender_key BLOB NOT NULL,"
    "  circle TEXT NOT NULL,"
    "  accepted_at_ms INTEGER NOT NULL,"
    "  expires_at_ms INTEGER NOT NULL,"
    "  collect_by_ms INTEGER NOT NULL," /* 0: reported, or never */
    "  due_ms INTEGER NOT NULL,"      /* the earlier of the two that is set */
    "  checksum BLOB NOT NULL,"
    "  bytes BLOB NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX item_by_id ON item (letter_id);"
    "CREATE INDEX item_by_desk ON item (desk, seq, type, accepted_at_ms,"
    "  sender);"
    "CREATE INDEX item_by_due ON item (due_ms);"

    /* Letters per OIN of the sender; the events stand under ''. */
    "CREATE TABLE usage ("
    "  oin TEXT PRIMARY KEY,"
    "  letters INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE desk ("
    "  desk TEXT PRIMARY KEY,"
    "  home_id BLOB NOT NULL,"
    "  last_read_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    /* Which senders know that a desk is not read. */
    "CREATE TABLE told ("
    "  desk TEXT NOT NULL,"
    "  sender TEXT NOT NULL,"
    "  PRIMARY KEY (desk, sender)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE prekey ("
    "  desk TEXT NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  not_after_ms INTEGER NOT NULL,"
    "  statement BLOB NOT NULL,"
    "  signature BLOB NOT NULL,"
    "  PRIMARY KEY (desk, seq)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE directory ("
    "  version INTEGER PRIMARY KEY,"
    "  issued_at_ms INTEGER NOT NULL,"
    "  bytes BLOB NOT NULL"
    ") STRICT;";

/* Presences come under random keys, so their two indexes are touched anywhere;
 * looking one up costs the depth of a tree however many there are. */
static const char step_2[] =
    "CREATE TABLE presence ("
    "  seq INTEGER PRIMARY KEY,"
    "  presence_id BLOB NOT NULL,"
    "  idx BLOB NOT NULL,"            /* never the tag */
    "  circle TEXT NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  desk TEXT NOT NULL,"
    "  key_id BLOB NOT NULL,"
    "  link INTEGER NOT NULL,"
    "  put_at_ms INTEGER NOT NULL,"
    "  expires_at_ms INTEGER NOT NULL,"
    "  checksum BLOB NOT NULL,"
    "  deposit BLOB NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX presence_by_id ON presence (presence_id);"
    "CREATE UNIQUE INDEX presence_by_idx ON presence (idx, desk);"
    "CREATE INDEX presence_by_expiry ON presence (expires_at_ms);"

    /* A match: desk_a is below desk_b. */
    "CREATE TABLE pair ("
    "  match_id BLOB PRIMARY KEY,"
    "  idx BLOB NOT NULL,"
    "  desk_a TEXT NOT NULL,"
    "  desk_b TEXT NOT NULL,"
    "  link_a INTEGER NOT NULL,"
    "  link_b INTEGER NOT NULL,"
    "  item_a INTEGER NOT NULL,"      /* item.seq; 0: none */
    "  item_b INTEGER NOT NULL,"
    "  flags_a INTEGER NOT NULL,"     /* 1 here, 2 told, 4 accepted */
    "  flags_b INTEGER NOT NULL,"
    "  revealed INTEGER NOT NULL,"
    "  ended INTEGER NOT NULL,"
    "  checksum BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX pair_live ON pair (idx, desk_a, desk_b)"
    "  WHERE ended = 0;"
    "CREATE INDEX pair_by_first ON pair (idx, desk_a, match_id);"
    "CREATE INDEX pair_by_second ON pair (idx, desk_b, match_id);"

    /* What was put, for the keyholders. */
    "CREATE TABLE deposit ("
    "  day INTEGER NOT NULL,"
    "  circle TEXT NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  oin TEXT NOT NULL,"
    "  presence_id BLOB NOT NULL,"
    "  PRIMARY KEY (day, circle, epoch, oin, presence_id)"
    ") STRICT, WITHOUT ROWID;"

    /* Presences per OIN; the pairs stand under ''. */
    "CREATE TABLE tally ("
    "  name TEXT PRIMARY KEY,"
    "  count INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;";

/* How far each keyholder's desk acknowledged what is in deposit. */
static const char step_3[] =
    "CREATE TABLE listed ("
    "  desk TEXT PRIMARY KEY,"
    "  day INTEGER NOT NULL,"
    "  circle TEXT NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  oin TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;";
/* clang-format on */

static const char *const steps[] = { step_1, step_2, step_3 };

#define STEP_COUNT ((int64_t)(sizeof steps / sizeof steps[0]))

static enum sein_err
set_pragma(struct sqlite_db *db, const char *name, int64_t value)
{
    char sql[PRAGMA_MAX];

    (void)snprintf(sql, sizeof sql, "PRAGMA %s = %" PRId64, name, value);
    return sqlite_db_run(db, sql);
}

static enum sein_err
insert_meta(struct sqlite_db *db)
{
    uint8_t key[SEIN_KEY_BYTES];
    struct sqlite_query query = { 0 };
    enum sein_err err = sqlite_query_prepare(
        db,
        "INSERT INTO meta (id, item_seq, leaves_from, check_key) "
        "VALUES (1, 0, 1, ?1)",
        &query);

    if (err != SEIN_OK)
        return err;
    randombytes_buf(key, sizeof key);
    sqlite_bind_blob(&query, 1, sein_slice_of(key, sizeof key));
    err = sqlite_query_run(&query);
    sqlite_query_finish(&query);
    sodium_memzero(key, sizeof key);
    return err;
}

static enum sein_err
take_steps(struct sqlite_db *db, int64_t taken)
{
    enum sein_err err = SEIN_OK;

    for (int64_t i = taken; i < STEP_COUNT; i++) {
        err = sqlite_db_run(db, steps[i]);
        if (err != SEIN_OK)
            return err;
    }
    if (taken == 0)
        err = insert_meta(db);
    if (err == SEIN_OK)
        err = set_pragma(db, "application_id", APPLICATION_ID);
    if (err == SEIN_OK)
        err = set_pragma(db, "user_version", STEP_COUNT);
    return err;
}

/* A database without steps and without our mark must have no tables either. */
static enum sein_err
check_ours(struct sqlite_db *db, int64_t taken)
{
    int64_t tables = 0;
    int64_t mark = 0;
    enum sein_err err =
        sqlite_db_number(db, "SELECT count(*) FROM sqlite_schema", &tables);

    if (err != SEIN_OK)
        return err;
    err = sqlite_db_number(db, "PRAGMA application_id", &mark);
    if (err != SEIN_OK)
        return err;
    if (taken == 0 && mark == 0 && tables == 0)
        return SEIN_OK;
    return mark == APPLICATION_ID ? SEIN_OK : SEIN_EDAMAGED;
}

enum sein_err
sqlite_schema_apply(struct sqlite_db *db)
{
    int64_t taken = 0;
    enum sein_err err = sqlite_db_number(db, "PRAGMA user_version", &taken);

    if (err != SEIN_OK)
        return err;
    err = check_ours(db, taken);
    if (err != SEIN_OK)
        return err;
    if (taken < 0 || taken > STEP_COUNT)
        return SEIN_EVERSION;
    if (taken == STEP_COUNT)
        return SEIN_OK;
    err = sqlite_db_run(db, "BEGIN IMMEDIATE");
    if (err != SEIN_OK)
        return err;
    /* What is not committed is undone when the caller closes. */
    err = take_steps(db, taken);
    return err == SEIN_OK ? sqlite_db_run(db, "COMMIT") : err;
}
