#include "client/lib/packs_marks.h"

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "client/lib/csv.h"

enum column {
    POSTCODE,
    HUISNUMMER,
    HUISLETTER,
    HUISNUMMERTOEVOEGING,
    AANDUIDING,
    COLUMN_COUNT,
};
static const char *const names[COLUMN_COUNT] = {
    "postcode",   "huisnummer", "huisletter", "huisnummertoevoeging",
    "aanduiding",
};

/* Where each column stands; CSV_FIELDS_MAX: nowhere. */
struct columns {
    size_t at[COLUMN_COUNT];
    size_t count;
};

void
packs_marks_deinit(struct packs_marks *marks)
{
    free(marks->at);
    *marks = (struct packs_marks){ NULL, 0 };
}

static enum sein_err
wrong(struct sein_home *home, enum sein_err err, const char *column,
      size_t line)
{
    char detail[32];

    (void)snprintf(detail, sizeof detail, "line %zu", line);
    return home_note(home, err, column, detail);
}

static enum sein_err
read_header(struct sein_home *home, const struct csv_row *row,
            struct columns *columns)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        columns->at[i] = CSV_FIELDS_MAX;
    columns->count = row->count;
    for (size_t i = 0; i < row->count; i++) {
        size_t name = 0;

        while (name < COLUMN_COUNT &&
               !sein_slice_is(row->fields[i], names[name]))
            name++;
        if (name == COLUMN_COUNT)
            return wrong(home, SEIN_ECOLUMN, "", row->line);
        if (columns->at[name] != CSV_FIELDS_MAX)
            return wrong(home, SEIN_ECOLUMNTWICE, names[name], row->line);
        columns->at[name] = i;
    }
    for (size_t i = POSTCODE; i <= HUISNUMMER; i++) {
        if (columns->at[i] == CSV_FIELDS_MAX)
            return home_note(home, SEIN_ENOCOLUMN, names[i], NULL);
    }
    return SEIN_OK;
}

static struct sein_slice
field_of(const struct columns *columns, const struct csv_row *row,
         enum column column)
{
    return columns->at[column] == CSV_FIELDS_MAX
               ? (struct sein_slice){ 0 }
               : row->fields[columns->at[column]];
}

static const char *
field_name(enum sein_err err)
{
    if (err == SEIN_EPOSTCODE)
        return names[POSTCODE];
    if (err == SEIN_EHUISNUMMER)
        return names[HUISNUMMER];
    return names[err == SEIN_EAANDUIDING ? AANDUIDING : HUISNUMMERTOEVOEGING];
}

static enum sein_err
add_row(struct sein_home *home, const struct columns *columns,
        const struct csv_row *row,
        const uint8_t pepper[static SEIN_PEPPER_BYTES],
        struct packs_marks *marks)
{
    const struct sein_address address = {
        .postcode = field_of(columns, row, POSTCODE),
        .huisnummer = field_of(columns, row, HUISNUMMER),
        .huisletter = field_of(columns, row, HUISLETTER),
        .huisnummertoevoeging = field_of(columns, row, HUISNUMMERTOEVOEGING),
        .aanduiding = field_of(columns, row, AANDUIDING),
    };
    struct sein_handle handle = { 0 };
    unsigned warnings = 0;
    enum sein_err err = SEIN_OK;

    if (row->count != columns->count)
        return wrong(home, SEIN_EFIELDS, "", row->line);
    if (marks->count == SEIN_PACK_MARKS_MAX)
        return wrong(home, SEIN_ERANGE, "institutions", row->line);
    err = sein_handle_from_address(&address, &handle, &warnings);
    if (err != SEIN_OK)
        return wrong(home, err, field_name(err), row->line);
    sein_institution_mark(pepper, sein_handle_text(&handle),
                          marks->at[marks->count++]);
    return SEIN_OK;
}

static enum sein_err
read_rows(struct sein_home *home, struct csv *csv,
          const uint8_t pepper[static SEIN_PEPPER_BYTES],
          struct packs_marks *marks)
{
    struct columns columns = { { 0 }, 0 };
    struct csv_row row;
    enum sein_err err = csv_next(csv, &row);

    if (err == SEIN_ENOENT)
        return home_note(home, SEIN_EEMPTYFILE, "", NULL);
    if (err == SEIN_OK)
        err = read_header(home, &row, &columns);
    while (err == SEIN_OK) {
        err = csv_next(csv, &row);
        if (err == SEIN_ENOENT)
            return SEIN_OK;
        if (err != SEIN_OK)
            return wrong(home, err, "", row.line);
        err = add_row(home, &columns, &row, pepper, marks);
    }
    return err;
}

enum sein_err
packs_marks_read(struct sein_home *home, const char *path,
                 const uint8_t pepper[static SEIN_PEPPER_BYTES],
                 struct packs_marks *out_marks)
{
    struct csv *csv = NULL;
    enum sein_err err = SEIN_OK;

    out_marks->count = 0;
    out_marks->at = calloc(SEIN_PACK_MARKS_MAX, SEIN_ID_BYTES);
    if (out_marks->at == NULL)
        return SEIN_ENOMEM;
    err = csv_open(path, NULL, &csv);
    if (err != SEIN_OK)
        return home_note(home, err, "", path);
    err = read_rows(home, csv, pepper, out_marks);
    csv_close(&csv);
    return err;
}
