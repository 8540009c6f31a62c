#include "proto/wire/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/wire/unpack.h"

/* A number, and the head that the shortest form of it has. */
struct form {
    uint64_t value;
    uint8_t head[9];
    size_t head_len;
};

static const struct form uint_forms[] = {
    { 0, { 0x00 }, 1 },
    { 127, { 0x7f }, 1 },
    { 128, { 0xcc, 0x80 }, 2 },
    { 255, { 0xcc, 0xff }, 2 },
    { 256, { 0xcd, 0x01, 0x00 }, 3 },
    { 65535, { 0xcd, 0xff, 0xff }, 3 },
    { 65536, { 0xce, 0x00, 0x01, 0x00, 0x00 }, 5 },
    { UINT32_MAX, { 0xce, 0xff, 0xff, 0xff, 0xff }, 5 },
    { (uint64_t)UINT32_MAX + 1, { 0xcf, 0, 0, 0, 1, 0, 0, 0, 0 }, 9 },
    { UINT64_MAX, { 0xcf, 255, 255, 255, 255, 255, 255, 255, 255 }, 9 },
};

static const struct form bytes_forms[] = {
    { 0, { 0xc4, 0x00 }, 2 },
    { 255, { 0xc4, 0xff }, 2 },
    { 256, { 0xc5, 0x01, 0x00 }, 3 },
    { 65535, { 0xc5, 0xff, 0xff }, 3 },
    { 65536, { 0xc6, 0x00, 0x01, 0x00, 0x00 }, 5 },
};

static const struct form text_forms[] = {
    { 0, { 0xa0 }, 1 },
    { 31, { 0xbf }, 1 },
    { 32, { 0xd9, 0x20 }, 2 },
    { 255, { 0xd9, 0xff }, 2 },
    { 256, { 0xda, 0x01, 0x00 }, 3 },
    { 65535, { 0xda, 0xff, 0xff }, 3 },
    { 65536, { 0xdb, 0x00, 0x01, 0x00, 0x00 }, 5 },
};

static const struct form array_forms[] = {
    { 0, { 0x90 }, 1 },
    { 15, { 0x9f }, 1 },
    { 16, { 0xdc, 0x00, 0x10 }, 3 },
    { 65535, { 0xdc, 0xff, 0xff }, 3 },
    { 65536, { 0xdd, 0x00, 0x01, 0x00, 0x00 }, 5 },
};

static const struct form map_forms[] = {
    { 0, { 0x80 }, 1 },
    { 15, { 0x8f }, 1 },
    { 16, { 0xde, 0x00, 0x10 }, 3 },
    { 65535, { 0xde, 0xff, 0xff }, 3 },
    { 65536, { 0xdf, 0x00, 0x01, 0x00, 0x00 }, 5 },
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ROOM (65536U + 16U)

static void
expect(const struct sein_writer *out, const struct form *form, size_t body_len)
{
    assert_false(out->failed);
    assert_int_equal(out->len, form->head_len + body_len);
    assert_memory_equal(out->at, form->head, form->head_len);
}

static void
test_bytes_and_text(void **state)
{
    uint8_t *buffer = malloc(ROOM);
    uint8_t *body = malloc(ROOM);
    struct sein_writer out = { 0 };

    (void)state;
    assert_non_null(buffer);
    assert_non_null(body);
    memset(body, 'x', ROOM);
    for (size_t i = 0; i < COUNT(bytes_forms); i++) {
        out = sein_writer_of(buffer, ROOM);
        sein_pack_bytes(&out, sein_slice_of(body, bytes_forms[i].value));
        expect(&out, &bytes_forms[i], bytes_forms[i].value);
    }
    for (size_t i = 0; i < COUNT(text_forms); i++) {
        out = sein_writer_of(buffer, ROOM);
        sein_pack_text(&out, sein_slice_of(body, text_forms[i].value));
        expect(&out, &text_forms[i], text_forms[i].value);
    }
    free(body);
    free(buffer);
}

static void
test_numbers_and_heads(void **state)
{
    uint8_t buffer[16];
    struct sein_writer out = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(uint_forms); i++) {
        out = sein_writer_of(buffer, sizeof buffer);
        sein_pack_uint(&out, uint_forms[i].value);
        expect(&out, &uint_forms[i], 0);
    }
    for (size_t i = 0; i < COUNT(array_forms); i++) {
        out = sein_writer_of(buffer, sizeof buffer);
        sein_pack_array(&out, array_forms[i].value);
        expect(&out, &array_forms[i], 0);
    }
    for (size_t i = 0; i < COUNT(map_forms); i++) {
        out = sein_writer_of(buffer, sizeof buffer);
        sein_pack_map(&out, map_forms[i].value);
        expect(&out, &map_forms[i], 0);
    }
    out = sein_writer_of(buffer, sizeof buffer);
    sein_pack_bool(&out, true);
    sein_pack_bool(&out, false);
    assert_int_equal(out.len, 2);
    assert_int_equal(buffer[0], 0xc3);
    assert_int_equal(buffer[1], 0xc2);
}

/* One byte too little room fails, whatever is written. */
static void
test_an_overflow_is_remembered(void **state)
{
    uint8_t buffer[16];

    (void)state;
    for (size_t max = 0; max <= 9; max++) {
        struct sein_writer out = sein_writer_of(buffer, max);

        sein_pack_uint(&out, UINT64_MAX);
        assert_true(out.failed == (max < 9));
    }
    for (size_t max = 0; max <= 6; max++) {
        struct sein_writer out = sein_writer_of(buffer, max);

        sein_pack_text(&out, sein_slice_text("vijf!"));
        assert_true(out.failed == (max < 6));
        sein_pack_bool(&out, true);
        assert_true(out.failed);
    }
}

/* What is written is read back. */
static void
test_round(void **state)
{
    uint8_t buffer[128];

    (void)state;
    for (size_t i = 0; i < COUNT(uint_forms); i++) {
        struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
        struct sein_reader in = { 0 };
        uint64_t value = 1;

        sein_pack_uint(&out, uint_forms[i].value);
        in = sein_reader_of(sein_slice_of(buffer, out.len));
        assert_int_equal(sein_unpack_uint(&in, &value), SEIN_OK);
        assert_true(value == uint_forms[i].value);
        assert_int_equal(sein_read_end(&in), SEIN_OK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_and_text),
        cmocka_unit_test(test_numbers_and_heads),
        cmocka_unit_test(test_an_overflow_is_remembered),
        cmocka_unit_test(test_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
