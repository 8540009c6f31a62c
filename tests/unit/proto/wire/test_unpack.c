#include "proto/wire/unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bytes, and what stepping over them as one value gives. */
struct sample {
    uint8_t bytes[16];
    size_t len;
    enum sein_err expected;
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* From memory that ends where the bytes end, for the sanitizer to see. */
static enum sein_err
step_over(const uint8_t *bytes, size_t len, size_t *out_left)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    struct sein_reader in = { 0 };
    struct sein_slice raw = { 0 };
    enum sein_err err = SEIN_OK;

    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, bytes, len);
    in = sein_reader_of(sein_slice_of(copy, len));
    err = sein_unpack_value(&in, &raw);
    if (err == SEIN_OK) {
        assert_ptr_equal(raw.at, copy);
        assert_int_equal(raw.len + in.left, len);
    } else {
        assert_int_equal(in.left, len);
    }
    if (out_left != NULL)
        *out_left = in.left;
    free(copy);
    return err;
}

static void
run_samples(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum sein_err err = step_over(samples[i].bytes, samples[i].len, NULL);

        if (err != samples[i].expected)
            print_error("sample %zu: %s\n", i, sein_err_code(err));
        assert_int_equal(err, samples[i].expected);
    }
}

/* clang-format off */
static void
test_forbidden_types(void **state)
{
    static const struct sample samples[] = {
        { { 0xc0 }, 1, SEIN_EWIRE },                           /* nil */
        { { 0xc1 }, 1, SEIN_EWIRE },                           /* never used */
        { { 0xff }, 1, SEIN_EWIRE },                           /* -1 */
        { { 0xe0 }, 1, SEIN_EWIRE },                           /* -32 */
        { { 0xd0, 0x80 }, 2, SEIN_EWIRE },                     /* int 8 */
        { { 0xd0, 0x01 }, 2, SEIN_EWIRE },                     /* positive */
        { { 0xd1, 0, 1 }, 3, SEIN_EWIRE },                     /* int 16 */
        { { 0xd2, 0, 0, 0, 1 }, 5, SEIN_EWIRE },               /* int 32 */
        { { 0xd3, 0, 0, 0, 0, 0, 0, 0, 1 }, 9, SEIN_EWIRE },   /* int 64 */
        { { 0xca, 0, 0, 0, 0 }, 5, SEIN_EWIRE },               /* float 32 */
        { { 0xcb, 0, 0, 0, 0, 0, 0, 0, 0 }, 9, SEIN_EWIRE },   /* float 64 */
        { { 0xd4, 1, 0 }, 3, SEIN_EWIRE },                     /* fixext 1 */
        { { 0xd5, 1, 0, 0 }, 4, SEIN_EWIRE },                  /* fixext 2 */
        { { 0xd6, 1, 0, 0, 0, 0 }, 6, SEIN_EWIRE },            /* fixext 4 */
        { { 0xd7, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 10, SEIN_EWIRE }, /* fixext 8 */
        { { 0xd8, 1 }, 2, SEIN_EWIRE },                        /* fixext 16 */
        { { 0xc7, 0, 1 }, 3, SEIN_EWIRE },                     /* ext 8 */
        { { 0xc8, 0, 0, 1 }, 4, SEIN_EWIRE },                  /* ext 16 */
        { { 0xc9, 0, 0, 0, 0, 1 }, 6, SEIN_EWIRE },            /* ext 32 */
        { { 0x91, 0xc0 }, 2, SEIN_EWIRE },                     /* inside */
        { { 0x81, 0xa1, 'a', 0xca, 0, 0, 0, 0 }, 8, SEIN_EWIRE },
    };

    (void)state;
    run_samples(samples, COUNT(samples));
}

static void
test_not_the_shortest_form(void **state)
{
    static const struct sample samples[] = {
        { { 0xcc, 0x00 }, 2, SEIN_ECANON },
        { { 0xcc, 0x7f }, 2, SEIN_ECANON },
        { { 0xcc, 0x80 }, 2, SEIN_OK },
        { { 0xcd, 0x00, 0xff }, 3, SEIN_ECANON },
        { { 0xcd, 0x01, 0x00 }, 3, SEIN_OK },
        { { 0xce, 0x00, 0x00, 0xff, 0xff }, 5, SEIN_ECANON },
        { { 0xce, 0x00, 0x01, 0x00, 0x00 }, 5, SEIN_OK },
        { { 0xcf, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, 9, SEIN_ECANON },
        { { 0xcf, 0, 0, 0, 1, 0, 0, 0, 0 }, 9, SEIN_OK },
        { { 0xc4, 0x00 }, 2, SEIN_OK }, /* bin has no shorter form */
        { { 0xc5, 0x00, 0x01, 'a' }, 4, SEIN_ECANON },
        { { 0xc6, 0, 0, 0, 1, 'a' }, 6, SEIN_ECANON },
        { { 0xd9, 0x01, 'a' }, 3, SEIN_ECANON },
        { { 0xda, 0x00, 0x01, 'a' }, 4, SEIN_ECANON },
        { { 0xdb, 0, 0, 0, 1, 'a' }, 6, SEIN_ECANON },
        { { 0xdc, 0x00, 0x01, 0x00 }, 4, SEIN_ECANON },
        { { 0xdd, 0, 0, 0, 1, 0x00 }, 6, SEIN_ECANON },
        { { 0xde, 0x00, 0x01, 0xa1, 'a', 0x00 }, 6, SEIN_ECANON },
        { { 0xdf, 0, 0, 0, 1, 0xa1, 'a', 0x00 }, 8, SEIN_ECANON },
    };

    (void)state;
    run_samples(samples, COUNT(samples));
}

/* The first are the five bytes that make another decoder reserve 8 GiB. */
static const struct sample lies[] = {
    { { 0xdd, 0x10, 0x00, 0x00, 0x00 }, 5, SEIN_EWIRE },
    { { 0xdd, 0xff, 0xff, 0xff, 0xff }, 5, SEIN_EWIRE },
    { { 0xdd, 0x10, 0x00, 0x00, 0x00, 0, 0, 0, 0 }, 9, SEIN_EWIRE },
    { { 0xdc, 0xff, 0xff }, 3, SEIN_EWIRE },
    { { 0x9f }, 1, SEIN_EWIRE },
    { { 0x92, 0x00 }, 2, SEIN_EWIRE },
    { { 0xdf, 0x10, 0x00, 0x00, 0x00 }, 5, SEIN_EWIRE },
    { { 0xdf, 0xff, 0xff, 0xff, 0xff }, 5, SEIN_EWIRE },
    { { 0xdf, 0x80, 0x00, 0x00, 0x00, 0xa0 }, 6, SEIN_EWIRE },
    { { 0xde, 0xff, 0xff }, 3, SEIN_EWIRE },
    { { 0x8f }, 1, SEIN_EWIRE },
    { { 0x81, 0xa0 }, 2, SEIN_EWIRE },
    { { 0xc6, 0x10, 0x00, 0x00, 0x00 }, 5, SEIN_EWIRE },
    { { 0xc6, 0xff, 0xff, 0xff, 0xff }, 5, SEIN_EWIRE },
    { { 0xdb, 0xff, 0xff, 0xff, 0xff }, 5, SEIN_EWIRE },
    { { 0x91, 0xdd, 0x10, 0x00, 0x00, 0x00 }, 6, SEIN_EWIRE },
    { { 0x81, 0xa1, 'a', 0xdd, 0x10, 0x00, 0x00, 0x00 }, 8, SEIN_EWIRE },
};

static void
test_map_keys(void **state)
{
    static const struct sample samples[] = {
        { { 0x82, 0xa1, 'a', 0, 0xa1, 'b', 0 }, 7, SEIN_OK },
        { { 0x82, 0xa1, 'a', 0, 0xa1, 'a', 0 }, 7, SEIN_ECANON }, /* twice */
        { { 0x82, 0xa1, 'b', 0, 0xa1, 'a', 0 }, 7, SEIN_ECANON },
        { { 0x82, 0xa1, 'a', 0, 0xa2, 'a', 'a', 0 }, 8, SEIN_OK },
        { { 0x82, 0xa2, 'a', 'a', 0, 0xa1, 'a', 0 }, 8, SEIN_ECANON },
        { { 0x82, 0xa0, 0, 0xa0, 0 }, 5, SEIN_ECANON },
        { { 0x81, 0x01, 0 }, 3, SEIN_EWIRE },            /* a number */
        { { 0x81, 0xc4, 0x01, 'a', 0 }, 5, SEIN_EWIRE }, /* bytes */
    };

    (void)state;
    run_samples(samples, COUNT(samples));
}

static const struct sample texts[] = {
    { { 0xa0 }, 1, SEIN_OK },
    { { 0xa2, 0xc3, 0xa9 }, 3, SEIN_OK },
    { { 0xa4, 0xf0, 0x9f, 0x9a, 0x82 }, 5, SEIN_OK },
    { { 0xa1, 0xe9 }, 2, SEIN_EUTF8 },                   /* Latin-1 */
    { { 0xa1, 0x80 }, 2, SEIN_EUTF8 },                   /* a lone tail */
    { { 0xa2, 0xc0, 0x80 }, 3, SEIN_EUTF8 },             /* overlong NUL */
    { { 0xa3, 0xed, 0xa0, 0x80 }, 4, SEIN_EUTF8 },       /* a surrogate */
    { { 0xa4, 0xf4, 0x90, 0x80, 0x80 }, 5, SEIN_EUTF8 }, /* too large */
    { { 0xa1, 0xc3 }, 2, SEIN_EUTF8 },                   /* cut short */
};
/* clang-format on */

static void
test_counts_are_not_believed(void **state)
{
    (void)state;
    run_samples(lies, COUNT(lies));
    for (size_t i = 0; i < 12; i++) {
        struct sein_reader in =
            sein_reader_of(sein_slice_of(lies[i].bytes, lies[i].len));
        size_t count = 7;
        enum sein_err err = i < 6 ? sein_unpack_array(&in, &count)
                                  : sein_unpack_map(&in, &count);

        assert_int_equal(err, SEIN_EWIRE);
        assert_int_equal(count, 7);
        assert_int_equal(in.left, lies[i].len);
    }
}

static void
test_text_is_utf8(void **state)
{
    (void)state;
    run_samples(texts, COUNT(texts));
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct sein_reader in =
            sein_reader_of(sein_slice_of(texts[i].bytes, texts[i].len));
        struct sein_slice text = { 0 };

        assert_int_equal(sein_unpack_text(&in, &text), texts[i].expected);
    }
}

/* Containers are counted, the values inside the deepest are not. */
static void
test_depth(void **state)
{
    uint8_t arrays[16];
    uint8_t maps[32];

    (void)state;
    memset(arrays, 0x91, sizeof arrays);
    for (size_t depth = 1; depth <= 10; depth++) {
        arrays[depth] = 0x00;
        assert_int_equal(step_over(arrays, depth + 1, NULL),
                         depth <= 8 ? SEIN_OK : SEIN_EDEPTH);
        arrays[depth] = 0x91;
    }
    for (size_t depth = 1; depth <= 10; depth++) {
        for (size_t i = 0; i < depth; i++) {
            maps[2 * i] = 0x81;
            maps[2 * i + 1] = 0xa0;
        }
        maps[2 * depth] = 0x00;
        assert_int_equal(step_over(maps, 2 * depth + 1, NULL),
                         depth <= 8 ? SEIN_OK : SEIN_EDEPTH);
    }
}

static void
test_a_very_deep_value_ends_soon(void **state)
{
    uint8_t *deep = malloc(100000);

    (void)state;
    assert_non_null(deep);
    memset(deep, 0x91, 100000);
    assert_int_equal(step_over(deep, 100000, NULL), SEIN_EDEPTH);
    free(deep);
}

/* {"a": [1, 300, true], "b": bin, "cc": {"x": "text"}} */
static const uint8_t mixed[] = { 0x83, 0xa1, 'a',  0x93, 0x01, 0xcd, 0x01,
                                 0x2c, 0xc3, 0xa1, 'b',  0xc4, 0x02, 0x09,
                                 0x08, 0xa2, 'c',  'c',  0x81, 0xa1, 'x',
                                 0xa4, 't',  'e',  'x',  't' };

static void
test_truncated_at_each_byte(void **state)
{
    uint8_t more[sizeof mixed + 1] = { 0 };
    size_t left = 0;

    (void)state;
    for (size_t len = 0; len < sizeof mixed; len++)
        assert_int_equal(step_over(mixed, len, NULL), SEIN_EWIRE);
    assert_int_equal(step_over(mixed, sizeof mixed, &left), SEIN_OK);
    assert_int_equal(left, 0);
    memcpy(more, mixed, sizeof mixed);
    assert_int_equal(step_over(more, sizeof more, &left), SEIN_OK);
    assert_int_equal(left, 1);
}

#define TYPES 6U

/* Asks for each type in turn. */
static enum sein_err
ask(size_t type, struct sein_reader *in)
{
    struct sein_slice slice = { 0 };
    uint64_t value = 0;
    size_t count = 0;
    bool flag = false;

    switch (type) {
    case 0:
        return sein_unpack_uint(in, &value);
    case 1:
        return sein_unpack_bool(in, &flag);
    case 2:
        return sein_unpack_bytes(in, &slice);
    case 3:
        return sein_unpack_text(in, &slice);
    case 4:
        return sein_unpack_array(in, &count);
    default:
        return sein_unpack_map(in, &count);
    }
}

static void
test_another_type_consumes_nothing(void **state)
{
    static const struct sample values[TYPES] = {
        { { 0x05 }, 1, SEIN_OK },       { { 0xc3 }, 1, SEIN_OK },
        { { 0xc4, 0x00 }, 2, SEIN_OK }, { { 0xa1, 'a' }, 2, SEIN_OK },
        { { 0x91, 0x00 }, 2, SEIN_OK }, { { 0x81, 0xa0, 0x00 }, 3, SEIN_OK },
    };

    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        for (size_t type = 0; type < TYPES; type++) {
            struct sein_reader in =
                sein_reader_of(sein_slice_of(values[i].bytes, values[i].len));

            assert_int_equal(ask(type, &in), type == i ? SEIN_OK : SEIN_EWIRE);
            if (type != i)
                assert_int_equal(in.left, values[i].len);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forbidden_types),
        cmocka_unit_test(test_not_the_shortest_form),
        cmocka_unit_test(test_counts_are_not_believed),
        cmocka_unit_test(test_map_keys),
        cmocka_unit_test(test_text_is_utf8),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_a_very_deep_value_ends_soon),
        cmocka_unit_test(test_truncated_at_each_byte),
        cmocka_unit_test(test_another_type_consumes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
