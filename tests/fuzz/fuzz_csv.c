/* A CSV file, and every row of it as a signal. */
#include "client/lib/csv.h"
#include "client/lib/signal_form.h"
#include "tests/fuzz/require.h"

/* The static names of the header's columns; NULL for an unknown one. */
struct columns {
    const char *names[CSV_FIELDS_MAX];
    size_t count;
};

static void
read_header(const struct csv_row *row, struct columns *columns)
{
    columns->count = row->count;
    for (size_t i = 0; i < row->count; i++)
        columns->names[i] = signal_form_column(row->fields[i]);
}

static void
read_form(const struct columns *columns, const struct csv_row *row)
{
    struct form_pair pairs[CSV_FIELDS_MAX];
    struct signal_form form;
    const char *field = NULL;
    size_t count = 0;

    for (size_t i = 0; i < columns->count && i < row->count; i++) {
        if (columns->names[i] == NULL)
            continue;
        pairs[count].name = sein_slice_text(columns->names[i]);
        pairs[count].value = row->fields[i];
        count++;
    }
    (void)signal_form_read(pairs, count, &form, &field);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *encoding = NULL;
    struct columns columns = { 0 };
    struct csv_row row = { 0 };
    struct csv *csv = NULL;
    size_t line = 0;
    size_t turns = 0;
    enum sein_err err = csv_of_text(sein_slice_of(data, size), &encoding, &csv);

    if (err != SEIN_OK)
        return 0;
    while ((err = csv_next(csv, &row)) != SEIN_ENOENT) {
        require(++turns <= size, "every turn reads something");
        require(row.line > line, "lines go on");
        line = row.line;
        if (err != SEIN_OK)
            continue;
        require(row.count > 0 && row.count <= CSV_FIELDS_MAX,
                "a row has a bounded number of fields");
        if (columns.count == 0)
            read_header(&row, &columns);
        else
            read_form(&columns, &row);
    }
    csv_close(&csv);
    return 0;
}
