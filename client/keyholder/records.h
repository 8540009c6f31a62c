/*
 * What a keyholder keeps on disk: the only user of SQLite of this program.
 *
 * Nothing in it is secret: who asked how much, hashes of requests, ids of
 * presences, the directory.  Shares and keys have files of their own.
 *  1. A transaction is durable iff records_commit returned SEIN_OK.
 * Threads: one thread per records.
 * Errors of all calls that can fail: SEIN_EIO, SEIN_EFULL, SEIN_ENOMEM,
 * SEIN_ETAMPERED the file is damaged, SEIN_ELOCKED, SEIN_EEXIST a row that must
 * be unique.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_RECORDS_H
#define SEIN_CLIENT_KEYHOLDER_RECORDS_H

#include "proto/base/bytes.h"

struct records;
struct records_query;

/**
 * records_open - open or make the database, mode 0600.
 *
 * out_records  gives; records_close
 * Errors:  also SEIN_EVERSION it was made by a newer version.
 */
SEIN_CHECKED enum sein_err records_open(const char *path,
                                        struct records **out_records);
void records_close(struct records **records);

/** One transaction at a time.  Rollback is a no-op when none is open. */
SEIN_CHECKED enum sein_err records_begin(struct records *records);
SEIN_CHECKED enum sein_err records_commit(struct records *records);
void records_rollback(struct records *records);

/** records_start - begin a statement.
 *
 * sql      one statement
 * out_query  gives; records_end or records_run */
SEIN_CHECKED enum sein_err records_start(struct records *records,
                                         const char *sql,
                                         struct records_query **out_query);

/** Values of its parameters, from 1; what fails is told by the next step.
 *  Bytes are borrowed until records_end. */
void records_set_int(struct records_query *query, int index, int64_t value);
void records_set_bytes(struct records_query *query, int index,
                       struct sein_slice bytes);

/** records_step - the next row.  Errors: SEIN_ENOENT there is none (any more).
 */
SEIN_CHECKED enum sein_err records_step(struct records_query *query);

/** records_run - step a statement that gives no rows, and end it. */
SEIN_CHECKED enum sein_err records_run(struct records_query **query);

/** Columns of the row, from 0; bytes are valid until the next step. */
int64_t records_get_int(struct records_query *query, int column);
struct sein_slice records_get_bytes(struct records_query *query, int column);

void records_end(struct records_query **query);

#endif
