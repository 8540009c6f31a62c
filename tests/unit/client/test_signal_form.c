#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/lib/signal_form.h"

#define PAIRS_MAX 32U

/* A row that is good, with some columns set otherwise: name, value, ..., NULL.
 * A value of NULL takes the column out. */
static enum sein_err
read_row(struct signal_form *form, const char **field, ...)
{
    static const char *const good[][2] = {
        { "source_id", "A-1" },  { "circle", "schulden" },
        { "kind", "huur" },      { "postcode", "1506 ab" },
        { "huisnummer", "118" }, { "informed", "yes" },
    };
    struct form_pair pairs[PAIRS_MAX];
    size_t count = 0;
    va_list list;
    const char *name = NULL;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        pairs[count].name = sein_slice_text(good[i][0]);
        pairs[count++].value = sein_slice_text(good[i][1]);
    }
    va_start(list, field);
    for (name = va_arg(list, const char *); name != NULL;
         name = va_arg(list, const char *)) {
        const char *value = va_arg(list, const char *);
        size_t at = 0;

        while (at < count && !sein_slice_is(pairs[at].name, name))
            at++;
        if (at == count)
            count++;
        pairs[at].name = sein_slice_text(name);
        pairs[at].value = sein_slice_text(value == NULL ? "" : value);
    }
    va_end(list);
    return signal_form_read(pairs, count, form, field);
}

static void
assert_refused(enum sein_err expected, const char *column, const char *value)
{
    struct signal_form form;
    const char *field = NULL;
    enum sein_err err = read_row(&form, &field, column, value, NULL);

    if (err != expected)
        fail_msg("%s='%s': %s, expected %s", column, value, sein_err_code(err),
                 sein_err_code(expected));
    assert_string_equal(field, column);
}

static void
a_good_row_is_read_whole(void **state)
{
    struct signal_form form;
    const char *field = NULL;

    (void)state;
    assert_int_equal(
        read_row(&form, &field, "kind", " HUUR ", "urgency", "Bedreigend",
                 "bsn", "1112.22.333", "since", "31-01-2026", "amount_cents",
                 "123456", "shielded", "ja", "to", "00000099000000005000/noord",
                 "aanduiding", "TO", "informed", "deferred", "informed_reason",
                 "onveilig", "informed_review", "2026-12-01", "contact_tried",
                 "2026-01-01", "note", "kort", NULL),
        SEIN_OK);
    assert_true(sein_slice_is(form.signal.source_id, "A-1"));
    assert_string_equal(form.circle.text, "schulden");
    assert_true(sein_slice_is(form.signal.kind, "huur"));
    assert_int_equal(form.signal.urgency, SEIN_URGENCY_THREATENING);
    assert_true(sein_slice_is(form.signal.bsn, "111222333"));
    assert_true(sein_slice_is(form.signal.since, "2026-01-31"));
    assert_int_equal(form.signal.amount_cents, 123456);
    assert_true(form.signal.shielded);
    assert_true(sein_slice_is(form.to, "00000099000000005000/noord"));
    assert_true(sein_slice_is(form.signal.aanduiding, "to"));
    assert_true(sein_slice_is(form.signal.postcode, "1506AB"));
    assert_int_equal(form.signal.informed, SEIN_INFORMED_DEFERRED);
    assert_true(sein_slice_is(form.signal.informed_review, "2026-12-01"));
    assert_true(sein_slice_is(form.signal.contact_tried, "2026-01-01"));
    assert_true(sein_slice_is(form.signal.note, "kort"));
}

static void
required_columns_are_named(void **state)
{
    (void)state;
    assert_refused(SEIN_EREQUIRED, "source_id", "  ");
    assert_refused(SEIN_EREQUIRED, "circle", NULL);
    assert_refused(SEIN_EREQUIRED, "kind", NULL);
    assert_refused(SEIN_EINFORMED, "informed", NULL);
}

static void
wrong_values_are_named(void **state)
{
    (void)state;
    assert_refused(SEIN_EINFORMED, "informed", "misschien");
    assert_refused(SEIN_EFORMAT, "urgency", "hoog");
    assert_refused(SEIN_EFORMAT, "shielded", "misschien");
    assert_refused(SEIN_EFORMAT, "amount_cents", "12,50");
    assert_refused(SEIN_ETOOLONG, "amount_cents", "1234567890123456");
    assert_refused(SEIN_EPOSTCODE, "postcode", "1506");
    assert_refused(SEIN_EPOSTCODE, "postcode", "1506SS");
    assert_refused(SEIN_EBSN, "bsn", "123456789");
    assert_refused(SEIN_EBSN, "parent_bsn", "000000000");
    assert_refused(SEIN_EDATE, "birth_date", "31-02-2010");
    assert_refused(SEIN_EDATE, "since", "2026/01/31");
    assert_refused(SEIN_EAANDUIDING, "aanduiding", "op");
    assert_refused(SEIN_EAANDUIDING, "aanduiding", "tegenover");
    assert_refused(SEIN_EDESK, "to", "noord");
    assert_refused(SEIN_ECIRCLE, "circle",
                   "een kring met een lange naam die niet kan");
    assert_refused(SEIN_ECODE, "kind", "huur & gas");
}

static void
bounds_hold_to_the_byte(void **state)
{
    static char text[FORM_VALUE_MAX + 2];
    struct signal_form form;
    const char *field = NULL;

    (void)state;
    memset(text, 'x', sizeof text);
    text[SEIN_SOURCE_ID_MAX] = '\0';
    assert_int_equal(read_row(&form, &field, "source_id", text, NULL), SEIN_OK);
    text[SEIN_SOURCE_ID_MAX] = 'x';
    text[SEIN_SOURCE_ID_MAX + 1] = '\0';
    assert_refused(SEIN_ETOOLONG, "source_id", text);
    text[SEIN_SOURCE_ID_MAX + 1] = 'x';
    text[SEIN_NOTE_CHARS_MAX] = '\0';
    assert_int_equal(read_row(&form, &field, "note", text, NULL), SEIN_OK);
    text[SEIN_NOTE_CHARS_MAX] = 'x';
    text[SEIN_NOTE_CHARS_MAX + 1] = '\0';
    assert_refused(SEIN_ENOTE, "note", text);
    text[SEIN_NOTE_CHARS_MAX + 1] = 'x';
    text[FORM_VALUE_MAX + 1] = '\0';
    assert_refused(SEIN_ETOOLONG, "huisletter", text);
}

static void
unknown_and_doubled_columns_are_refused(void **state)
{
    struct form_pair pairs[] = {
        { sein_slice_text("source_id"), sein_slice_text("1") },
        { sein_slice_text("source_id"), sein_slice_text("2") },
    };
    struct signal_form form;
    const char *field = "before";

    (void)state;
    assert_int_equal(read_row(&form, &field, "adres", "x", NULL), SEIN_ECOLUMN);
    assert_null(field);
    assert_int_equal(signal_form_read(pairs, 2, &form, &field),
                     SEIN_ECOLUMNTWICE);
    assert_string_equal(field, "source_id");
    assert_null(signal_form_column(sein_slice_text("Postcode")));
    assert_string_equal(signal_form_column(sein_slice_text("postcode")),
                        "postcode");
    assert_string_equal(signal_form_column_at(0), "source_id");
    assert_string_equal(signal_form_column_at(23), "note");
    assert_null(signal_form_column_at(24));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_row_is_read_whole),
        cmocka_unit_test(required_columns_are_named),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(bounds_hold_to_the_byte),
        cmocka_unit_test(unknown_and_doubled_columns_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
