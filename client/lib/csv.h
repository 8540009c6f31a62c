/*
 * A CSV file, row by row: UTF-8, comma or semicolon, RFC 4180 quoting.
 *
 * Strict where a silent guess would lose or shift data: a row whose quotes are
 * wrong is reported by itself, and reading goes on at its next line, so that
 * every line of the file is accounted for.
 *  1. A row's fields are views into the file's own memory, good until the next
 *     csv_next.
 *  2. Lines count from 1, the header's; a quoted field may span lines.
 * Threads: one at a time per reader.
 */
#ifndef SEIN_CLIENT_LIB_CSV_H
#define SEIN_CLIENT_LIB_CSV_H

#include "proto/base/bytes.h"

/** More columns than any form has; a row with more is refused. */
#define CSV_FIELDS_MAX 64U
/** A municipality's month is 60,000 rows of some 300 bytes; ten times that. */
#define CSV_FILE_MAX (256U * 1024U * 1024U)

struct csv;

struct csv_row {
    struct sein_slice fields[CSV_FIELDS_MAX];
    size_t count;
    size_t line; /* its first */
};

/**
 * csv_open - read a whole file and look at its encoding.
 *
 * out_encoding  may be NULL; on SEIN_EUTF8 set to the static iconv name that it
 *               most likely is: "UTF-16", "WINDOWS-1252"
 * out_csv       gives; csv_close
 * Errors:  SEIN_ENOENT no such file; SEIN_EIO; SEIN_ETOOLONG more than
 *          CSV_FILE_MAX; SEIN_EUTF8; SEIN_EEMPTYFILE the file is empty;
 *          SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err csv_open(const char *path, const char **out_encoding,
                                    struct csv **out_csv);

/** csv_of_text - the same of bytes in memory, which are copied. */
SEIN_CHECKED enum sein_err csv_of_text(struct sein_slice text,
                                       const char **out_encoding,
                                       struct csv **out_csv);
void csv_close(struct csv **csv);

/**
 * csv_next - the next row that is not blank; the first is the header.
 *
 * Errors:  SEIN_ENOENT none is left.  Of one row, after which reading goes on
 *          with its next line, and out_row->line is set: SEIN_EQUOTES a quote
 *          that is not closed, or text behind a closing quote; SEIN_ERANGE more
 *          than CSV_FIELDS_MAX fields.
 */
SEIN_CHECKED enum sein_err csv_next(struct csv *csv, struct csv_row *out_row);

/** csv_progress - bytes read and in all, for a progress bar. */
void csv_progress(const struct csv *csv, uint64_t *out_done,
                  uint64_t *out_total);

#endif
