#include "proto/blind/handle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/ids.h"
#include "tests/support/vectors.h"

#define FILE_NAME "tests/vectors/handle.json"
#define MARK 0xa5
#define ADDRESS_FORMS_MIN 60

typedef void check_row(const json_t *row);

/* ---- helpers ---------------------------------------------------------- */

static struct sein_address
address_of(const json_t *row)
{
    return (struct sein_address){
        .postcode = vectors_text(row, "postcode"),
        .huisnummer = vectors_text(row, "huisnummer"),
        .huisletter = vectors_text(row, "huisletter"),
        .huisnummertoevoeging = vectors_text(row, "huisnummertoevoeging"),
        .aanduiding = vectors_text(row, "aanduiding"),
    };
}

static void
mark(struct sein_handle *handle)
{
    memset(handle, MARK, sizeof *handle);
}

static void
assert_marked(const struct sein_handle *handle)
{
    struct sein_handle untouched;

    mark(&untouched);
    assert_memory_equal(handle->text, untouched.text, sizeof handle->text);
    assert_true(handle->len == untouched.len);
    assert_true(handle->kind == untouched.kind);
}

/* A row says either its canonical text or its error; says which row it is
 * when they differ. */
static void
check_result(const json_t *row, enum sein_err err, enum sein_handle_kind kind,
             const struct sein_handle *handle)
{
    struct sein_slice canonical = vectors_text(row, "canonical");
    struct sein_slice error = vectors_text(row, "error");
    char *text = json_dumps(row, JSON_COMPACT);
    bool fits = false;

    assert_non_null(text);
    assert_true((canonical.at == NULL) != (error.at == NULL));
    if (error.at != NULL) {
        fits = sein_slice_is(error, sein_err_code(err));
        assert_marked(handle);
    } else {
        fits = err == SEIN_OK && handle->kind == kind &&
               sein_slice_equal(sein_handle_text(handle), canonical);
    }
    if (!fits)
        fail_msg("%s gave %s %.*s", text, sein_err_code(err),
                 err == SEIN_OK ? (int)handle->len : 0,
                 (const char *)handle->text);
    free(text);
}

static void
for_each(const char *name, check_row *check)
{
    json_t *document = vectors_load(FILE_NAME);
    const json_t *rows = vectors_array(document, name);

    for (size_t i = 0; i < json_array_size(rows); i++)
        check(json_array_get(rows, i));
    json_decref(document);
}

/* ---- the vectors ------------------------------------------------------ */

static void
test_version(void **state)
{
    json_t *document = vectors_load(FILE_NAME);

    (void)state;
    assert_int_equal(json_integer_value(json_object_get(document, "version")),
                     SEIN_HANDLE_VERSION);
    assert_true(json_array_size(vectors_array(document, "addresses")) >=
                ADDRESS_FORMS_MIN);
    json_decref(document);
}

static void
check_address(const json_t *row)
{
    const struct sein_address address = address_of(row);
    struct sein_slice warning = vectors_text(row, "warning");
    struct sein_handle handle;
    unsigned warnings = MARK;
    enum sein_err err = SEIN_OK;

    mark(&handle);
    err = sein_handle_from_address(&address, &handle, &warnings);
    check_result(row, err, SEIN_HANDLE_ADDRESS, &handle);
    if (err != SEIN_OK)
        assert_int_equal(warnings, MARK);
    else
        assert_int_equal(warnings, sein_slice_is(warning, "postcode_letters")
                                       ? SEIN_HANDLE_WARN_POSTCODE
                                       : 0);
}

static void
test_addresses(void **state)
{
    (void)state;
    for_each("addresses", check_address);
}

/* A canonical address, written in its parts again, is its own canonical. */
static void
check_again(const json_t *row)
{
    struct sein_slice canonical = vectors_text(row, "canonical");
    struct sein_slice parts[4] = { { 0 } };
    struct sein_address address = { 0 };
    struct sein_handle handle;
    size_t part = 0;

    if (canonical.at == NULL)
        return;
    parts[0].at = canonical.at;
    for (size_t i = 0; i < canonical.len; i++) {
        if (canonical.at[i] == '/')
            parts[++part].at = canonical.at + i + 1;
        else
            parts[part].len++;
    }
    assert_int_equal(part, 3);
    address.postcode = parts[0];
    address.huisnummer = parts[1];
    address.huisnummertoevoeging = parts[2];
    address.aanduiding = parts[3];
    assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                     SEIN_OK);
    assert_true(sein_slice_equal(sein_handle_text(&handle), canonical));
}

static void
test_canonical_addresses_stay_as_they_are(void **state)
{
    (void)state;
    for_each("addresses", check_again);
}

static struct sein_handle
address_handle(const json_t *row)
{
    const struct sein_address address = address_of(row);
    struct sein_handle handle;

    assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                     SEIN_OK);
    return handle;
}

static struct sein_handle
name_handle(const json_t *row)
{
    struct sein_handle handle;
    const char *text = json_string_value(row);

    assert_non_null(text);
    assert_int_equal(sein_handle_from_name(sein_slice_text(text),
                                           sein_slice_text("2010-01-31"),
                                           &handle),
                     SEIN_OK);
    return handle;
}

/* Every pair of every group, and there are two at least in each. */
static void
check_groups(const char *name, struct sein_handle (*make)(const json_t *),
             bool meet)
{
    json_t *document = vectors_load(FILE_NAME);
    const json_t *groups = vectors_array(document, name);

    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *group = json_array_get(groups, i);

        assert_true(json_array_size(group) >= 2);
        for (size_t j = 0; j < json_array_size(group); j++) {
            struct sein_handle a = make(json_array_get(group, j));

            for (size_t k = j + 1; k < json_array_size(group); k++) {
                struct sein_handle b = make(json_array_get(group, k));
                bool same = sein_slice_equal(sein_handle_text(&a),
                                             sein_handle_text(&b));

                if (same != meet)
                    fail_msg("%s %zu: %zu and %zu", name, i, j, k);
            }
        }
    }
    json_decref(document);
}

static void
test_which_addresses_meet(void **state)
{
    (void)state;
    check_groups("meet", address_handle, true);
    check_groups("differ", address_handle, false);
}

static void
test_which_names_meet(void **state)
{
    (void)state;
    check_groups("names_meet", name_handle, true);
    check_groups("names_differ", name_handle, false);
}

static void
check_bsn(const json_t *row)
{
    struct sein_handle handle;
    enum sein_err err = SEIN_OK;

    mark(&handle);
    err = sein_handle_from_bsn(vectors_text(row, "bsn"), &handle);
    check_result(row, err, SEIN_HANDLE_BSN, &handle);
}

static void
test_bsn(void **state)
{
    (void)state;
    for_each("bsn", check_bsn);
}

static void
check_oin(const json_t *row)
{
    struct sein_slice oin = vectors_text(row, "oin");
    struct sein_slice error = vectors_text(row, "error");
    enum sein_err err = sein_oin_check(oin);

    if (err != (error.at == NULL ? SEIN_OK : SEIN_EOIN))
        fail_msg("%s gave %s", (const char *)oin.at, sein_err_code(err));
}

static void
test_oin(void **state)
{
    (void)state;
    for_each("oin", check_oin);
}

static void
check_name(const json_t *row)
{
    struct sein_handle handle;
    enum sein_err err = SEIN_OK;

    mark(&handle);
    err = sein_handle_from_name(vectors_text(row, "name"),
                                vectors_text(row, "birth_date"), &handle);
    check_result(row, err, SEIN_HANDLE_NAME, &handle);
}

static void
test_names(void **state)
{
    (void)state;
    for_each("names", check_name);
}

/* ---- what JSON cannot hold -------------------------------------------- */

static struct sein_address
plain(void)
{
    return (struct sein_address){ .postcode = sein_slice_text("1506AB"),
                                  .huisnummer = sein_slice_text("12") };
}

static void
test_bytes_that_are_not_utf8_name_their_part(void **state)
{
    static const char *const bad[] = {
        "\xa0",         "\xff",         "\xc3", "\xe2\x80",     "\xc0\xaf",
        "\xed\xa0\x80", "\xf5\x80\x80", "\x80", "\xe0\x80\xaf", "\xf0\x9f\x98",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sein_slice bytes = sein_slice_text(bad[i]);
        struct sein_address address = plain();
        struct sein_handle handle;

        mark(&handle);
        address.postcode = bytes;
        assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                         SEIN_EPOSTCODE);
        address = plain();
        address.huisnummer = bytes;
        assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                         SEIN_EHUISNUMMER);
        address = plain();
        address.huisletter = bytes;
        assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                         SEIN_ETOEVOEGING);
        address = plain();
        address.huisnummertoevoeging = bytes;
        assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                         SEIN_ETOEVOEGING);
        address = plain();
        address.aanduiding = bytes;
        assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                         SEIN_EAANDUIDING);
        assert_int_equal(sein_handle_from_bsn(bytes, &handle), SEIN_EBSN);
        assert_int_equal(sein_handle_from_name(
                             bytes, sein_slice_text("2010-01-31"), &handle),
                         SEIN_EUTF8);
        assert_marked(&handle);
    }
}

/* A copy of the first len bytes, flush against the end of its memory so that a
 * sanitizer sees one byte more; *memory is freed by the caller. */
static struct sein_slice
cut_at(const char *text, size_t len, uint8_t **memory)
{
    *memory = malloc(len + 1);
    assert_non_null(*memory);
    memcpy(*memory + 1, text, len);
    return sein_slice_of(*memory + 1, len);
}

static void
test_truncated_address(void **state)
{
    static const char text[] = "118 B\xe2\x80\x93"
                               "2\xc2\xa0hoog";
    static const char *const want[] = {
        NULL,       NULL,        NULL,         NULL,
        "118//",    "118/B/",    NULL,         NULL,
        "118/B/",   "118/B2/",   NULL,         "118/B2/",
        "118/B2H/", "118/B2HO/", "118/B2HOO/", "118/B2HOOG/",
    };

    (void)state;
    for (size_t len = 4; len < sizeof text; len++) {
        struct sein_address address = plain();
        struct sein_handle handle;
        uint8_t *memory = NULL;
        enum sein_err err = SEIN_OK;

        address.huisnummer = cut_at(text, len, &memory);
        err = sein_handle_from_address(&address, &handle, NULL);
        assert_int_equal(err, want[len] == NULL ? SEIN_ETOEVOEGING : SEIN_OK);
        if (want[len] != NULL) {
            assert_int_equal(handle.len, 7 + strlen(want[len]));
            assert_memory_equal(handle.text + 7, want[len], handle.len - 7);
        }
        address.aanduiding = address.huisnummer;
        address.huisnummer = sein_slice_text("1");
        assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                         SEIN_EAANDUIDING);
        free(memory);
    }
}

static void
test_truncated_postcode_and_bsn(void **state)
{
    struct sein_handle handle;
    uint8_t *memory = NULL;

    (void)state;
    for (size_t len = 0; len < 6; len++) {
        struct sein_address address = plain();

        address.postcode = cut_at("1506AB", len, &memory);
        assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                         SEIN_EPOSTCODE);
        free(memory);
    }
    for (size_t len = 0; len < 9; len++) {
        assert_int_equal(
            sein_handle_from_bsn(cut_at("249566758", len, &memory), &handle),
            SEIN_EBSN);
        free(memory);
    }
}

static void
test_truncated_name(void **state)
{
    static const char text[] = "d\xc3\xa9n \xc3\xb8\xcc\x81";
    static const enum sein_err want[] = { SEIN_ENAME, SEIN_ENAME, SEIN_EUTF8,
                                          SEIN_ENAME, SEIN_ENAME, SEIN_ENAME,
                                          SEIN_EUTF8, SEIN_OK,    SEIN_EUTF8,
                                          SEIN_OK };
    struct sein_slice date = sein_slice_text("2010-01-31");

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        struct sein_handle handle;
        uint8_t *memory = NULL;
        struct sein_slice name = cut_at(text, len, &memory);

        /* Accents fold first: cut short it is de and den, prefixes both. */
        assert_int_equal(sein_handle_from_name(name, date, &handle), want[len]);
        free(memory);
    }
}

static void
test_long_fields_are_refused(void **state)
{
    static uint8_t text[100000];
    struct sein_slice bytes = sein_slice_of(text, sizeof text);
    struct sein_address address = plain();
    struct sein_handle handle;

    (void)state;
    memset(text, '0', sizeof text);
    address.huisnummertoevoeging = bytes;
    assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                     SEIN_ETOEVOEGING);
    address = plain();
    address.huisnummer = bytes;
    assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                     SEIN_EHUISNUMMER);
    text[sizeof text - 1] = '7';
    assert_int_equal(sein_handle_from_address(&address, &handle, NULL),
                     SEIN_OK);
    assert_true(sein_slice_is(sein_handle_text(&handle), "1506AB/7//"));
    assert_int_equal(sein_handle_from_bsn(bytes, &handle), SEIN_EBSN);
    assert_int_equal(sein_handle_from_name(bytes, bytes, &handle),
                     SEIN_ETOOLONG);
}

static void
test_postcode_alone(void **state)
{
    char text[SEIN_POSTCODE_CHARS + 1] = "......";
    unsigned warnings = MARK;

    (void)state;
    assert_int_equal(
        sein_handle_postcode(sein_slice_text("1506 sa"), text, &warnings),
        SEIN_EPOSTCODE);
    assert_string_equal(text, "......");
    assert_int_equal(warnings, MARK);
    assert_int_equal(
        sein_handle_postcode(sein_slice_text("1506 ab"), text, &warnings),
        SEIN_OK);
    assert_string_equal(text, "1506AB");
    assert_int_equal(warnings, 0);
    assert_int_equal(
        sein_handle_postcode(sein_slice_text("1506qu"), text, NULL), SEIN_OK);
    assert_string_equal(text, "1506QU");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_canonical_addresses_stay_as_they_are),
        cmocka_unit_test(test_which_addresses_meet),
        cmocka_unit_test(test_bsn),
        cmocka_unit_test(test_oin),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_which_names_meet),
        cmocka_unit_test(test_bytes_that_are_not_utf8_name_their_part),
        cmocka_unit_test(test_truncated_address),
        cmocka_unit_test(test_truncated_postcode_and_bsn),
        cmocka_unit_test(test_truncated_name),
        cmocka_unit_test(test_long_fields_are_refused),
        cmocka_unit_test(test_postcode_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
