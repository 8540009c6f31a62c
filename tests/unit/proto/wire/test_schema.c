#include "proto/wire/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/wire/pack.h"
#include "tests/support/schema_cases.h"

/* An object with a field of every type. */
struct thing {
    uint64_t number;
    bool flag;
    uint8_t fixed[4];
    struct sein_slice bytes;
    struct sein_slice text;
    struct sein_list list;
    struct sein_slice inner;
};

#define ROW(type, name, optional, min, max)                                    \
    {                                                                          \
#name, SEIN_FIELD_##type, optional, offsetof(struct thing, name), min, \
            max                                                                \
    }

/* clang-format off */
static const struct sein_field array_fields[] = {
    ROW(UINT, number, false, 3, 300),
    ROW(BOOL, flag, false, 0, 0),
    ROW(FIXED, fixed, false, 0, 4),
    ROW(BYTES, bytes, false, 1, 5),
    ROW(TEXT, text, false, 0, 5),
    ROW(LIST, list, false, 0, 3),
    ROW(MAP, inner, false, 0, 0),
};
static const struct sein_field map_fields[] = {
    ROW(BYTES, bytes, true, 0, 5),
    ROW(FIXED, fixed, true, 0, 4),
    ROW(BOOL, flag, true, 0, 0),
    ROW(MAP, inner, true, 0, 0),
    ROW(LIST, list, true, 0, 3),
    ROW(UINT, number, false, 0, 300),
    ROW(TEXT, text, true, 0, 5),
};
/* clang-format on */

static const struct sein_schema array_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, array_fields, struct thing);
static const struct sein_schema map_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, map_fields, struct thing);

static struct thing
good_thing(void)
{
    static const uint8_t list[] = { 0x92, 0x01, 0x02 };
    static const uint8_t inner[] = { 0x81, 0xa1, 'k', 0x05 };

    return (struct thing){
        .number = 300,
        .flag = true,
        .fixed = { 1, 2, 3, 4 },
        .bytes = sein_slice_text("bytes"),
        .text = sein_slice_text("text"),
        .list = { sein_slice_of(list, sizeof list), 2 },
        .inner = sein_slice_of(inner, sizeof inner),
    };
}

static void
test_rows_of_an_array(void **state)
{
    static const struct schema_case rows[] = {
        { "number", SEIN_FIELD_UINT, false, 3, 300 },
        { "flag", SEIN_FIELD_BOOL, false, 0, 1 },
        { "fixed", SEIN_FIELD_FIXED, false, 0, 4 },
        { "bytes", SEIN_FIELD_BYTES, false, 1, 5 },
        { "text", SEIN_FIELD_TEXT, false, 0, 5 },
        { "list", SEIN_FIELD_LIST, false, 0, 3 },
        { "inner", SEIN_FIELD_MAP, false, 0, 0 },
    };

    (void)state;
    schema_cases_run(&array_schema, rows, sizeof rows / sizeof rows[0]);
}

static void
test_rows_of_a_map(void **state)
{
    static const struct schema_case rows[] = {
        { "bytes", SEIN_FIELD_BYTES, true, 0, 5 },
        { "fixed", SEIN_FIELD_FIXED, true, 0, 4 },
        { "flag", SEIN_FIELD_BOOL, true, 0, 1 },
        { "inner", SEIN_FIELD_MAP, true, 0, 0 },
        { "list", SEIN_FIELD_LIST, true, 0, 3 },
        { "number", SEIN_FIELD_UINT, false, 0, 300 },
        { "text", SEIN_FIELD_TEXT, true, 0, 5 },
    };

    (void)state;
    schema_cases_run(&map_schema, rows, sizeof rows / sizeof rows[0]);
}

static enum sein_err
encode(const struct sein_schema *schema, const struct thing *thing)
{
    uint8_t buffer[256];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);

    return sein_schema_encode(schema, thing, &out);
}

/* What was written decodes: our own values are checked like a peer's. */
static void
test_encoding_checks_values(void **state)
{
    struct thing thing = good_thing();

    (void)state;
    assert_int_equal(encode(&array_schema, &thing), SEIN_OK);
    thing.number = 2;
    assert_int_equal(encode(&array_schema, &thing), SEIN_ERANGE);
    thing.number = 301;
    assert_int_equal(encode(&array_schema, &thing), SEIN_ERANGE);
    assert_int_equal(encode(&map_schema, &thing), SEIN_ERANGE);
    thing = good_thing();
    thing.bytes = sein_slice_text("");
    assert_int_equal(encode(&array_schema, &thing), SEIN_ERANGE);
    assert_int_equal(encode(&map_schema, &thing), SEIN_OK);
    thing.bytes = sein_slice_text("bytes!");
    assert_int_equal(encode(&map_schema, &thing), SEIN_ERANGE);
    thing = good_thing();
    thing.text = sein_slice_text("caf\xe9");
    assert_int_equal(encode(&array_schema, &thing), SEIN_EUTF8);
    assert_int_equal(encode(&map_schema, &thing), SEIN_EUTF8);
    thing = good_thing();
    thing.list.count = 4;
    assert_int_equal(encode(&array_schema, &thing), SEIN_ERANGE);
    thing = good_thing();
    thing.inner = (struct sein_slice){ 0 };
    assert_int_equal(encode(&array_schema, &thing), SEIN_ECONTENT);
    assert_int_equal(encode(&map_schema, &thing), SEIN_OK);
}

static void
test_a_map_leaves_zeros_out(void **state)
{
    static const uint8_t expected[] = { 0x81, 0xa6, 'n', 'u', 'm',
                                        'b',  'e',  'r', 0x00 };
    struct thing thing = { 0 };
    struct thing read = { .number = 9 };
    uint8_t buffer[256];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_slice bytes = { 0 };

    (void)state;
    assert_int_equal(sein_schema_encode(&map_schema, &thing, &out), SEIN_OK);
    assert_int_equal(sein_writer_done(&out, &bytes), SEIN_OK);
    assert_int_equal(bytes.len, sizeof expected);
    assert_memory_equal(bytes.at, expected, sizeof expected);
    assert_int_equal(sein_schema_decode_all(&map_schema, bytes, &read),
                     SEIN_OK);
    assert_int_equal(read.number, 0);
    assert_null(read.bytes.at);
}

static enum sein_err
decode_map(const char *bytes, size_t len)
{
    struct thing thing = { 0 };

    return sein_schema_decode_all(
        &map_schema, sein_slice_of((const uint8_t *)bytes, len), &thing);
}

static void
test_keys_out_of_order_and_twice(void **state)
{
    static const char good[] = "\x82\xa4"
                               "flag\xc3\xa6"
                               "number\x05";
    static const char turned[] = "\x82\xa6"
                                 "number\x05\xa4"
                                 "flag\xc3";
    static const char twice[] = "\x83\xa4"
                                "flag\xc3\xa4"
                                "flag\xc3\xa6"
                                "number\x05";

    (void)state;
    assert_int_equal(decode_map(good, sizeof good - 1), SEIN_OK);
    assert_int_equal(decode_map(turned, sizeof turned - 1), SEIN_ECANON);
    assert_int_equal(decode_map(twice, sizeof twice - 1), SEIN_ECANON);
}

/* The object, the list and what is in the list each count. */
static void
test_depth_of_fields(void **state)
{
    static const struct sein_field fields[] = {
        { "a", SEIN_FIELD_LIST, false, offsetof(struct thing, list), 0, 3 },
    };
    static const struct sein_schema schema =
        SEIN_SCHEMA(SEIN_LAYOUT_MAP, fields, struct thing);
    struct thing thing = { 0 };

    (void)state;
    for (size_t list = 1; list <= 8; list++) {
        uint8_t bytes[16] = { 0x81, 0xa1, 'a' };

        memset(bytes + 3, 0x91, list);
        bytes[3 + list - 1] = 0x90;
        assert_int_equal(sein_schema_decode_all(
                             &schema, sein_slice_of(bytes, 3 + list), &thing),
                         list <= 7 ? SEIN_OK : SEIN_EDEPTH);
    }
}

/* Elements of an inner array: [{"number": 1}, {"number": 2}]. */
static const uint8_t two[] = { 0x92, 0x81, 0xa6, 'n',  'u',  'm', 'b',
                               'e',  'r',  0x01, 0x81, 0xa6, 'n', 'u',
                               'm',  'b',  'e',  'r',  0x02 };

static void
test_items(void **state)
{
    struct sein_items items = { 0 };
    struct thing thing = { 0 };
    struct sein_slice raw = { 0 };
    struct sein_slice bytes = sein_slice_of(two, sizeof two);
    size_t count = 0;

    (void)state;
    assert_int_equal(sein_items_begin(bytes, 1, &items), SEIN_ERANGE);
    assert_int_equal(sein_items_begin(bytes, 2, &items), SEIN_OK);
    assert_int_equal(sein_items_next(&items, &map_schema, &thing, &raw),
                     SEIN_OK);
    assert_int_equal(thing.number, 1);
    assert_ptr_equal(raw.at, two + 1);
    assert_int_equal(raw.len, 9);
    assert_int_equal(sein_items_next(&items, &map_schema, &thing, NULL),
                     SEIN_OK);
    assert_int_equal(thing.number, 2);
    assert_int_equal(sein_items_next(&items, &map_schema, &thing, NULL),
                     SEIN_ENOENT);
    assert_int_equal(sein_items_check(bytes, 2, &map_schema, &count), SEIN_OK);
    assert_int_equal(count, 2);
    assert_int_equal(sein_items_check(bytes, 1, &map_schema, &count),
                     SEIN_ERANGE);
}

static void
test_items_cut_and_trailing(void **state)
{
    uint8_t more[sizeof two + 1] = { 0 };
    size_t count = 7;

    (void)state;
    for (size_t len = 1; len < sizeof two; len++) {
        uint8_t *cut = malloc(len);

        assert_non_null(cut);
        memcpy(cut, two, len);
        assert_int_equal(
            sein_items_check(sein_slice_of(cut, len), 2, &map_schema, &count),
            SEIN_EWIRE);
        free(cut);
    }
    memcpy(more, two, sizeof two);
    assert_int_equal(sein_items_check(sein_slice_of(more, sizeof more), 2,
                                      &map_schema, &count),
                     SEIN_ETRAILING);
    assert_int_equal(count, 7);
}

static void
test_items_of_nothing(void **state)
{
    struct sein_items items = { 0 };
    struct sein_slice text = { 0 };
    size_t count = 7;

    (void)state;
    assert_int_equal(sein_items_begin((struct sein_slice){ 0 }, 0, &items),
                     SEIN_OK);
    assert_int_equal(sein_items_next_text(&items, &text), SEIN_ENOENT);
    assert_int_equal(
        sein_items_check((struct sein_slice){ 0 }, 0, &map_schema, &count),
        SEIN_OK);
    assert_int_equal(count, 0);
}

static void
test_items_of_text_and_any_value(void **state)
{
    static const uint8_t texts[] = { 0x92, 0xa1, 'a', 0xa2, 'b', 'c' };
    static const uint8_t mixed[] = { 0x92, 0xa1, 'a', 0x05 };
    struct sein_items items = { 0 };
    struct sein_slice text = { 0 };

    (void)state;
    assert_int_equal(
        sein_items_begin(sein_slice_of(texts, sizeof texts), 2, &items),
        SEIN_OK);
    assert_int_equal(sein_items_next_text(&items, &text), SEIN_OK);
    assert_true(sein_slice_is(text, "a"));
    assert_int_equal(sein_items_next_text(&items, &text), SEIN_OK);
    assert_true(sein_slice_is(text, "bc"));
    assert_int_equal(sein_items_next_text(&items, &text), SEIN_ENOENT);
    assert_int_equal(
        sein_items_begin(sein_slice_of(mixed, sizeof mixed), 2, &items),
        SEIN_OK);
    assert_int_equal(sein_items_next_raw(&items, &text), SEIN_OK);
    assert_int_equal(text.len, 2);
    assert_int_equal(sein_items_next_text(&items, &text), SEIN_EWIRE);
    assert_int_equal(sein_items_next_raw(&items, &text), SEIN_OK);
    assert_int_equal(text.len, 1);
    assert_int_equal(sein_items_next_raw(&items, &text), SEIN_ENOENT);
}

static void
test_counts_are_not_believed(void **state)
{
    static const uint8_t lie[] = { 0xdd, 0x10, 0x00, 0x00, 0x00 };
    struct sein_slice bytes = sein_slice_of(lie, sizeof lie);
    struct sein_items items = { 0 };
    struct thing thing = { 0 };
    size_t count = 0;

    (void)state;
    assert_int_equal(sein_items_begin(bytes, SIZE_MAX, &items), SEIN_EWIRE);
    assert_int_equal(sein_items_check(bytes, SIZE_MAX, &map_schema, &count),
                     SEIN_EWIRE);
    assert_int_equal(sein_schema_decode_all(&array_schema, bytes, &thing),
                     SEIN_EWIRE);
    assert_int_equal(sein_schema_decode_all(&map_schema, bytes, &thing),
                     SEIN_EWIRE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_an_array),
        cmocka_unit_test(test_rows_of_a_map),
        cmocka_unit_test(test_encoding_checks_values),
        cmocka_unit_test(test_a_map_leaves_zeros_out),
        cmocka_unit_test(test_keys_out_of_order_and_twice),
        cmocka_unit_test(test_depth_of_fields),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_items_cut_and_trailing),
        cmocka_unit_test(test_items_of_nothing),
        cmocka_unit_test(test_items_of_text_and_any_value),
        cmocka_unit_test(test_counts_are_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
