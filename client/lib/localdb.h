/*
 * What a home keeps on disk: the only user of SQLite in libsein.
 *
 * Other modules own their tables' SQL and say it through a query; this one owns
 * the file, the transactions, and the seal that lies on every row: what a row
 * says is in one sealed column (XChaCha20-Poly1305 under a key derived from the
 * home key, bound to table and row key), and what it is found by is a keyed
 * hash, so that no household, number of a sender or text stands in the clear.
 *  1. A transaction is durable iff localdb_commit returned SEIN_OK.
 *  2. A row whose bytes were changed, or moved to another row, is
 *     SEIN_ETAMPERED, never shown.
 *  3. What was deleted is overwritten in the file (secure_delete), and leaves
 *     the write-ahead log with localdb_scrub or localdb_close.
 * Not kept from whoever can write in the folder: how many rows there are, and
 * that a row was put back to an older one of itself.
 * Threads: one thread per localdb.
 * Errors of all calls that can fail: SEIN_EIO, SEIN_EFULL, SEIN_ENOMEM,
 * SEIN_ETAMPERED, SEIN_ELOCKED; SEIN_EEXIST a row that must be unique.
 */
#ifndef SEIN_CLIENT_LIB_LOCALDB_H
#define SEIN_CLIENT_LIB_LOCALDB_H

#include "proto/base/bytes.h"
#include "proto/base/limits.h"

struct localdb;
struct localdb_query;

#define LOCALDB_HASH_BYTES 16U

/** A keyed hash: what a sealed row is found by. */
struct localdb_hash {
    uint8_t bytes[LOCALDB_HASH_BYTES];
};

/** What stood in a sealed column; wiped and freed by localdb_plain_free. */
struct localdb_plain {
    struct sein_slice bytes;
    uint8_t *owned;
};

/** localdb_is_trouble - whether an error is one of those above: of this home's
 *  disk or memory, not of what somebody said. */
bool localdb_is_trouble(enum sein_err err);

/**
 * localdb_open - open or make the database of a home.
 *
 * path     of the file; made 0600
 * home_key borrowed
 * out_db   gives; localdb_close
 * Errors:  also SEIN_EVERSION it was made by a newer version.
 */
SEIN_CHECKED enum sein_err
localdb_open(const char *path, const uint8_t home_key[static SEIN_KEY_BYTES],
             struct localdb **out_db);
void localdb_close(struct localdb **db);

/** localdb_check - read every page and index; for the doctor.
 *
 * Errors:  SEIN_ETAMPERED it is not whole.  Cost: linear in the file. */
SEIN_CHECKED enum sein_err localdb_check(struct localdb *db);

/** One transaction at a time.  Rollback is a no-op when none is open. */
SEIN_CHECKED enum sein_err localdb_begin(struct localdb *db);
SEIN_CHECKED enum sein_err localdb_commit(struct localdb *db);
void localdb_rollback(struct localdb *db);

/** localdb_scrub - empty the write-ahead log, so that what was erased is gone
 *  from it too.  Outside a transaction. */
SEIN_CHECKED enum sein_err localdb_scrub(struct localdb *db);

/**
 * localdb_start - begin a statement.
 *
 * sql      a text that lives as long as the program: statements are kept
 *          prepared by its address
 * out_query  gives; localdb_end
 */
SEIN_CHECKED enum sein_err localdb_start(struct localdb *db, const char *sql,
                                         struct localdb_query **out_query);

/** Values of its parameters, from 1; what fails is told by the next step.
 *  Bytes are borrowed until localdb_end; a slice of length 0 is an empty one,
 *  not NULL. */
void localdb_set_int(struct localdb_query *query, int index, int64_t value);
void localdb_set_bytes(struct localdb_query *query, int index,
                       struct sein_slice bytes);
void localdb_set_hash(struct localdb_query *query, int index,
                      const struct localdb_hash *hash);
void localdb_set_null(struct localdb_query *query, int index);

/** localdb_set_sealed - seal plain for the row key of a table. */
void localdb_set_sealed(struct localdb_query *query, int index,
                        const char *table, struct sein_slice key,
                        struct sein_slice plain);

/** localdb_step - the next row.  Errors: SEIN_ENOENT there is none (any more).
 */
SEIN_CHECKED enum sein_err localdb_step(struct localdb_query *query);

/** localdb_run - step a statement that gives no rows, and end it. */
SEIN_CHECKED enum sein_err localdb_run(struct localdb_query **query);

/** Columns of the row, from 0; bytes are valid until the next step. */
int64_t localdb_get_int(struct localdb_query *query, int column);
struct sein_slice localdb_get_bytes(struct localdb_query *query, int column);

/** localdb_get_sealed - open a sealed column of the row.
 *
 * out_plain  gives; localdb_plain_free */
SEIN_CHECKED enum sein_err localdb_get_sealed(struct localdb_query *query,
                                              int column, const char *table,
                                              struct sein_slice key,
                                              struct localdb_plain *out_plain);
void localdb_plain_free(struct localdb_plain *plain);

void localdb_end(struct localdb_query **query);

/** localdb_last_row - the rowid of the last insert. */
int64_t localdb_last_row(const struct localdb *db);
/** localdb_changes - how many rows the last statement changed. */
int64_t localdb_changes(const struct localdb *db);

/** localdb_hash_of - the keyed hash of up to two values for one purpose. */
void localdb_hash_of(const struct localdb *db, const char *purpose,
                     struct sein_slice a, struct sein_slice b,
                     struct localdb_hash *out_hash);

/**
 * localdb_set_meta, localdb_get_meta - a named value of the home itself.
 *
 * name     of ours, at most 64 characters; an empty value removes it
 * Errors:  get: SEIN_ENOENT.
 */
SEIN_CHECKED enum sein_err
localdb_set_meta(struct localdb *db, const char *name, struct sein_slice value);
SEIN_CHECKED enum sein_err localdb_get_meta(struct localdb *db,
                                            const char *name,
                                            struct localdb_plain *out_value);
/** The same for a number; absent reads as 0. */
SEIN_CHECKED enum sein_err
localdb_set_meta_int(struct localdb *db, const char *name, int64_t value);
SEIN_CHECKED enum sein_err
localdb_get_meta_int(struct localdb *db, const char *name, int64_t *out_value);

#endif
