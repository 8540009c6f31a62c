#include "client/lib/csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

struct csv {
    uint8_t *bytes;
    size_t len;
    size_t at;   /* the next row begins here */
    size_t line; /* and this is its number */
    uint8_t separator;
};

static const uint8_t utf8_mark[] = { 0xef, 0xbb, 0xbf };

/* A zero byte stands in every other place of UTF-16; in no other encoding that
 * a spreadsheet writes. */
static enum sein_err
check_encoding(const struct csv *csv, const char **out_encoding)
{
    const char *encoding = NULL;

    if (memchr(csv->bytes, 0, csv->len) != NULL)
        encoding = "UTF-16";
    else if (sein_utf8_check(sein_slice_of(csv->bytes, csv->len)) != SEIN_OK)
        encoding = "WINDOWS-1252";
    if (encoding == NULL)
        return SEIN_OK;
    if (out_encoding != NULL)
        *out_encoding = encoding;
    return SEIN_EUTF8;
}

/* Column names hold neither sign, so the header tells which one separates. */
static uint8_t
find_separator(const struct csv *csv)
{
    for (size_t i = csv->at; i < csv->len && csv->bytes[i] != '\n'; i++) {
        if (csv->bytes[i] == ';' || csv->bytes[i] == ',')
            return csv->bytes[i];
    }
    return ',';
}

static enum sein_err
prepare(struct csv *csv, const char **out_encoding)
{
    enum sein_err err = SEIN_OK;

    if (csv->len == 0)
        return SEIN_EEMPTYFILE;
    err = check_encoding(csv, out_encoding);
    if (err != SEIN_OK)
        return err;
    if (csv->len >= sizeof utf8_mark &&
        memcmp(csv->bytes, utf8_mark, sizeof utf8_mark) == 0)
        csv->at = sizeof utf8_mark;
    csv->line = 1;
    csv->separator = find_separator(csv);
    return SEIN_OK;
}

static enum sein_err
read_file(FILE *file, struct csv *csv)
{
    size_t max = 65536;

    for (;;) {
        uint8_t *grown = realloc(csv->bytes, max);

        if (grown == NULL)
            return SEIN_ENOMEM;
        csv->bytes = grown;
        csv->len += fread(csv->bytes + csv->len, 1, max - csv->len, file);
        if (ferror(file) != 0)
            return SEIN_EIO;
        if (csv->len < max)
            return SEIN_OK;
        if (max >= CSV_FILE_MAX)
            return SEIN_ETOOLONG;
        max *= 2;
    }
}

enum sein_err
csv_open(const char *path, const char **out_encoding, struct csv **out_csv)
{
    struct csv *csv = NULL;
    FILE *file = fopen(path, "rb");
    enum sein_err err = SEIN_OK;

    if (file == NULL)
        return errno == ENOENT ? SEIN_ENOENT : SEIN_EIO;
    csv = calloc(1, sizeof *csv);
    if (csv == NULL) {
        err = SEIN_ENOMEM;
        goto done;
    }
    err = read_file(file, csv);
    if (err != SEIN_OK)
        goto done;
    err = prepare(csv, out_encoding);
    if (err != SEIN_OK)
        goto done;
    *out_csv = csv;
    csv = NULL;

done:
    csv_close(&csv);
    (void)fclose(file); /* it was only read */
    return err;
}

enum sein_err
csv_of_text(struct sein_slice text, const char **out_encoding,
            struct csv **out_csv)
{
    struct csv *csv = calloc(1, sizeof *csv);
    enum sein_err err = SEIN_OK;

    if (csv == NULL)
        return SEIN_ENOMEM;
    csv->bytes = malloc(text.len + 1);
    if (csv->bytes == NULL) {
        err = SEIN_ENOMEM;
        goto done;
    }
    if (text.len > 0)
        memcpy(csv->bytes, text.at, text.len);
    csv->len = text.len;
    err = prepare(csv, out_encoding);
    if (err != SEIN_OK)
        goto done;
    *out_csv = csv;
    csv = NULL;

done:
    csv_close(&csv);
    return err;
}

void
csv_close(struct csv **csv)
{
    if (*csv == NULL)
        return;
    free((*csv)->bytes);
    free(*csv);
    *csv = NULL;
}

void
csv_progress(const struct csv *csv, uint64_t *out_done, uint64_t *out_total)
{
    *out_done = csv->at;
    *out_total = csv->len;
}

static bool
at_line_end(const struct csv *csv, size_t at)
{
    return at >= csv->len || csv->bytes[at] == '\n' ||
           (csv->bytes[at] == '\r' &&
            (at + 1 >= csv->len || csv->bytes[at + 1] == '\n'));
}

static bool
at_field_end(const struct csv *csv, size_t at)
{
    return at_line_end(csv, at) || csv->bytes[at] == csv->separator;
}

/* The quote that closes the one at `at`; csv->len when there is none. */
static size_t
find_closing_quote(const struct csv *csv, size_t at)
{
    for (size_t i = at + 1; i < csv->len; i++) {
        if (csv->bytes[i] != '"')
            continue;
        if (i + 1 >= csv->len || csv->bytes[i + 1] != '"')
            return i;
        i++;
    }
    return csv->len;
}

/* First only look: nothing is moved before the whole row is known to be good,
 * so that reading can go on at its next line when it is not. */
static enum sein_err
find_field_end(const struct csv *csv, size_t at, size_t *out_end)
{
    size_t end = at;

    if (at < csv->len && csv->bytes[at] == '"') {
        end = find_closing_quote(csv, at);
        if (end == csv->len || !at_field_end(csv, end + 1))
            return SEIN_EQUOTES;
        *out_end = end + 1;
        return SEIN_OK;
    }
    while (!at_field_end(csv, end))
        end++;
    *out_end = end;
    return SEIN_OK;
}

/* Takes the quotes off in place: the text only gets shorter. */
static struct sein_slice
unquote(const struct csv *csv, size_t from, size_t end)
{
    uint8_t *at = csv->bytes + from + 1;
    size_t len = 0;

    if (from == end || csv->bytes[from] != '"')
        return sein_slice_of(csv->bytes + from, end - from);
    for (size_t i = from + 1; i < end - 1; i++) {
        at[len++] = csv->bytes[i];
        if (csv->bytes[i] == '"')
            i++;
    }
    return sein_slice_of(at, len);
}

static void
step_over_line_end(struct csv *csv)
{
    if (csv->at < csv->len && csv->bytes[csv->at] == '\r')
        csv->at++;
    if (csv->at < csv->len)
        csv->at++;
    csv->line++;
}

static void
skip_line(struct csv *csv)
{
    while (!at_line_end(csv, csv->at))
        csv->at++;
    step_over_line_end(csv);
}

static void
skip_blank_lines(struct csv *csv)
{
    while (csv->at < csv->len && at_line_end(csv, csv->at))
        step_over_line_end(csv);
}

static size_t
count_line_ends(const struct csv *csv, size_t from, size_t end)
{
    size_t count = 0;

    for (size_t i = from; i < end; i++)
        count += csv->bytes[i] == '\n';
    return count;
}

enum sein_err
csv_next(struct csv *csv, struct csv_row *out_row)
{
    size_t ends[CSV_FIELDS_MAX];
    size_t at = 0;
    size_t from = 0;
    enum sein_err err = SEIN_OK;

    skip_blank_lines(csv);
    if (csv->at >= csv->len)
        return SEIN_ENOENT;
    out_row->count = 0;
    out_row->line = csv->line;
    for (at = csv->at;; at++) {
        if (out_row->count == CSV_FIELDS_MAX)
            err = SEIN_ERANGE;
        else
            err = find_field_end(csv, at, &ends[out_row->count]);
        if (err != SEIN_OK) {
            skip_line(csv);
            return err;
        }
        at = ends[out_row->count++];
        if (at_line_end(csv, at))
            break;
    }
    from = csv->at;
    csv->line += count_line_ends(csv, from, at);
    for (size_t i = 0; i < out_row->count; i++) {
        out_row->fields[i] = unquote(csv, from, ends[i]);
        from = ends[i] + 1;
    }
    csv->at = at;
    step_over_line_end(csv);
    return SEIN_OK;
}
