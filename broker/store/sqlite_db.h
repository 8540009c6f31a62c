/*
 * The broker's one user of SQLite: a database file, prepared statements with
 * bound values, and what SQLite says as an enum sein_err.
 *
 * The file is an ordinary SQLite database in WAL mode.  It is opened for one
 * connection only, so that the index of the log lives in memory and nothing is
 * shared; every page that reaches the database file was scrubbed
 * (sqlite_scrub.h).
 * Errors of every function that has some: SEIN_EIO, SEIN_EFULL, SEIN_ENOMEM,
 * SEIN_EBUSY the file is in use, SEIN_EDAMAGED the file is no sound database,
 * SEIN_EEXIST a key is there.
 * Threads: one thread per database.
 */
#ifndef SEIN_BROKER_STORE_SQLITE_DB_H
#define SEIN_BROKER_STORE_SQLITE_DB_H

#include <stdbool.h>

#include "proto/base/bytes.h"

/* Small commits write few bytes, large ones few pages: measured. */
#define SQLITE_DB_PAGE_BYTES 8192U

struct sqlite_db;
struct sqlite3_stmt;

/** A prepared statement with the first error of what was bound to it. */
struct sqlite_query {
    struct sqlite3_stmt *statement;
    enum sein_err err;
};

/**
 * sqlite_db_open - open or create a database file, rights 0600.
 *
 * path     borrowed; its folder exists
 * out_db   gives: sqlite_db_close frees it
 */
SEIN_CHECKED enum sein_err sqlite_db_open(const char *path,
                                          struct sqlite_db **out_db);

/** sqlite_db_close - moves the log and closes; the queries are finished. */
void sqlite_db_close(struct sqlite_db **db);

/** sqlite_db_keep_log - closing shall not move the log: the disk failed, and
 *  what is on it is looked at afresh when the file is opened again. */
void sqlite_db_keep_log(struct sqlite_db *db);

/** sqlite_db_run - any number of statements without values or rows. */
SEIN_CHECKED enum sein_err sqlite_db_run(struct sqlite_db *db, const char *sql);

/** sqlite_db_number - the one integer that sql asks for. */
SEIN_CHECKED enum sein_err
sqlite_db_number(struct sqlite_db *db, const char *sql, int64_t *out_number);

/** sqlite_db_in_transaction - false after SQLite itself rolled back. */
bool sqlite_db_in_transaction(const struct sqlite_db *db);

/** sqlite_db_changes - rows that the last query inserted, changed, deleted. */
uint64_t sqlite_db_changes(const struct sqlite_db *db);

/** sqlite_db_log_bytes - what the write-ahead log holds since it was moved. */
uint64_t sqlite_db_log_bytes(const struct sqlite_db *db);

/**
 * sqlite_db_move_log - move the log into the database and empty it.
 *
 * Forgets the cached pages too: what they hold beside their rows would be
 * written again.
 */
SEIN_CHECKED enum sein_err sqlite_db_move_log(struct sqlite_db *db);

/**
 * sqlite_db_copy - a consistent and compact copy.
 *
 * to_path  borrowed; a file that does not exist or is empty
 */
SEIN_CHECKED enum sein_err sqlite_db_copy(struct sqlite_db *db,
                                          const char *to_path);

/**
 * sqlite_db_read_blob - append a part of one blob to out.
 *
 * row      the integer key in table
 * Errors:  SEIN_ENOENT no such row; SEIN_ETOOLONG out is too small.
 */
SEIN_CHECKED enum sein_err
sqlite_db_read_blob(struct sqlite_db *db, const char *table, const char *column,
                    int64_t row, size_t offset, size_t max,
                    struct sein_writer *out, size_t *out_total);

/** sqlite_query_prepare - sql holds one statement; _finish frees it. */
SEIN_CHECKED enum sein_err sqlite_query_prepare(struct sqlite_db *db,
                                                const char *sql,
                                                struct sqlite_query *out_query);
void sqlite_query_finish(struct sqlite_query *query);

/**
 * Binding: at counts from 1.  What is borrowed must stay until the query is
 * reset.  A number above INT64_MAX counts as INT64_MAX, which no row has; an
 * absent slice (at NULL) is NULL, except for _blob_or_empty.
 */
void sqlite_bind_int(struct sqlite_query *query, int at, int64_t value);
void sqlite_bind_number(struct sqlite_query *query, int at, uint64_t value);
void sqlite_bind_text(struct sqlite_query *query, int at,
                      struct sein_slice text);
void sqlite_bind_blob(struct sqlite_query *query, int at,
                      struct sein_slice bytes);
void sqlite_bind_blob_or_empty(struct sqlite_query *query, int at,
                               struct sein_slice bytes);

/** sqlite_query_step - to the next row; out_row false: there is none. */
SEIN_CHECKED enum sein_err sqlite_query_step(struct sqlite_query *query,
                                             bool *out_row);

/** sqlite_query_reset - done with the rows; forgets what was bound. */
void sqlite_query_reset(struct sqlite_query *query);

/** sqlite_query_run - step once for a query without rows, and reset. */
SEIN_CHECKED enum sein_err sqlite_query_run(struct sqlite_query *query);

/** Columns of the current row, from 0; views live until the next step. */
int64_t sqlite_column_int(const struct sqlite_query *query, int at);
uint64_t sqlite_column_number(const struct sqlite_query *query, int at);
struct sein_slice sqlite_column_bytes(const struct sqlite_query *query, int at);

/**
 * sqlite_column_fixed - exactly len bytes.
 *
 * Errors:  SEIN_EDAMAGED the column has another length; out is untouched.
 */
SEIN_CHECKED enum sein_err sqlite_column_fixed(const struct sqlite_query *query,
                                               int at, uint8_t *out,
                                               size_t len);

/** sqlite_column_name - text of less than out_max bytes, with its NUL.
 *
 * Errors:  SEIN_EDAMAGED it is longer or holds a NUL. */
SEIN_CHECKED enum sein_err sqlite_column_name(const struct sqlite_query *query,
                                              int at, char *out,
                                              size_t out_max);

#endif
