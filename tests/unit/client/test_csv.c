#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/lib/csv.h"

static struct csv *
csv_of(const char *text)
{
    struct csv *csv = NULL;

    assert_int_equal(csv_of_text(sein_slice_text(text), NULL, &csv), SEIN_OK);
    return csv;
}

/* Compares one row with texts; NULL ends them. */
static void
assert_row(struct csv *csv, size_t line, const char *const *expected)
{
    struct csv_row row;
    size_t count = 0;

    assert_int_equal(csv_next(csv, &row), SEIN_OK);
    assert_int_equal(row.line, line);
    for (; expected[count] != NULL; count++) {
        assert_true(count < row.count);
        if (!sein_slice_is(row.fields[count], expected[count]))
            fail_msg("field %zu: '%.*s', expected '%s'", count,
                     (int)row.fields[count].len,
                     (const char *)row.fields[count].at, expected[count]);
    }
    assert_int_equal(row.count, count);
}
#define ROW(csv, line, ...) \
    assert_row(csv, line, (const char *const[]){ __VA_ARGS__, NULL })

static void
assert_bad(struct csv *csv, size_t line, enum sein_err expected)
{
    struct csv_row row;

    assert_int_equal(csv_next(csv, &row), expected);
    assert_int_equal(row.line, line);
}

static void
assert_end(struct csv **csv)
{
    struct csv_row row;

    assert_int_equal(csv_next(*csv, &row), SEIN_ENOENT);
    assert_int_equal(csv_next(*csv, &row), SEIN_ENOENT);
    csv_close(csv);
}

static void
comma_and_semicolon_with_and_without_mark(void **state)
{
    struct csv *csv = csv_of("a,b;x,c\n1,2,3\n");

    (void)state;
    ROW(csv, 1, "a", "b;x", "c");
    ROW(csv, 2, "1", "2", "3");
    assert_end(&csv);
    csv = csv_of("\xef\xbb\xbf"
                 "a;b\r\n1,5;\"x;y\"\r\n");
    ROW(csv, 1, "a", "b");
    ROW(csv, 2, "1,5", "x;y");
    assert_end(&csv);
}

static void
quotes_hold_separators_quotes_and_lines(void **state)
{
    struct csv *csv = csv_of("a,b\n\"x, \"\"y\"\"\",\"one\ntwo\"\n\n\"\",z");

    (void)state;
    ROW(csv, 1, "a", "b");
    ROW(csv, 2, "x, \"y\"", "one\ntwo");
    ROW(csv, 5, "", "z");
    assert_end(&csv);
}

static void
a_bad_row_costs_itself_only(void **state)
{
    struct csv *csv = csv_of("a,b\n\"x\"y,1\n2,\"open\n3,4\n5,6\n");

    (void)state;
    ROW(csv, 1, "a", "b");
    assert_bad(csv, 2, SEIN_EQUOTES);
    assert_bad(csv, 3, SEIN_EQUOTES);
    ROW(csv, 4, "3", "4");
    ROW(csv, 5, "5", "6");
    assert_end(&csv);
}

static void
too_many_fields_are_one_bad_row(void **state)
{
    char text[2 * CSV_FIELDS_MAX + 16];
    struct csv *csv = NULL;
    struct csv_row row;

    (void)state;
    memset(text, ',', CSV_FIELDS_MAX - 1);
    memcpy(text + CSV_FIELDS_MAX - 1, "\nx\n", 4);
    csv = csv_of(text);
    assert_int_equal(csv_next(csv, &row), SEIN_OK);
    assert_int_equal(row.count, CSV_FIELDS_MAX);
    ROW(csv, 2, "x");
    csv_close(&csv);
    memset(text, ',', CSV_FIELDS_MAX);
    memcpy(text + CSV_FIELDS_MAX, "\nx\n", 4);
    csv = csv_of(text);
    assert_bad(csv, 1, SEIN_ERANGE);
    ROW(csv, 2, "x");
    assert_end(&csv);
}

static void
other_encodings_are_named(void **state)
{
    static const uint8_t wide[] = { 0xff, 0xfe, 'a', 0, ',', 0 };
    const char *encoding = NULL;
    struct csv *csv = NULL;

    (void)state;
    assert_int_equal(
        csv_of_text(sein_slice_text("a\nM\xfcller\n"), &encoding, &csv),
        SEIN_EUTF8);
    assert_string_equal(encoding, "WINDOWS-1252");
    assert_int_equal(
        csv_of_text(sein_slice_of(wide, sizeof wide), &encoding, &csv),
        SEIN_EUTF8);
    assert_string_equal(encoding, "UTF-16");
    assert_int_equal(csv_of_text(sein_slice_text(""), &encoding, &csv),
                     SEIN_EEMPTYFILE);
    assert_null(csv);
}

static void
a_missing_file_is_said(void **state)
{
    struct csv *csv = NULL;

    (void)state;
    assert_int_equal(csv_open("no/such/file.csv", NULL, &csv), SEIN_ENOENT);
    assert_int_equal(csv_open("tests", NULL, &csv), SEIN_EIO);
    assert_null(csv);
}

static void
every_prefix_is_read_to_its_end(void **state)
{
    static const char text[] = "a;b\r\n\"x\"\"\";\"y\nz\"\r\n;\r\n\"q\";w\n";
    size_t len = strlen(text);

    (void)state;
    for (size_t cut = 1; cut <= len; cut++) {
        struct csv *csv = NULL;
        struct csv_row row;
        enum sein_err err = SEIN_OK;
        size_t rows = 0;

        assert_int_equal(
            csv_of_text(sein_slice_of((const uint8_t *)text, cut), NULL, &csv),
            SEIN_OK);
        while (err != SEIN_ENOENT && rows < 100) {
            err = csv_next(csv, &row);
            assert_true(err == SEIN_OK || err == SEIN_ENOENT ||
                        err == SEIN_EQUOTES);
            rows++;
        }
        assert_true(rows < 8);
        csv_close(&csv);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comma_and_semicolon_with_and_without_mark),
        cmocka_unit_test(quotes_hold_separators_quotes_and_lines),
        cmocka_unit_test(a_bad_row_costs_itself_only),
        cmocka_unit_test(too_many_fields_are_one_bad_row),
        cmocka_unit_test(other_encodings_are_named),
        cmocka_unit_test(a_missing_file_is_said),
        cmocka_unit_test(every_prefix_is_read_to_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
