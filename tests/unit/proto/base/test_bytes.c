#include "proto/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static void
test_slice_compare(void **state)
{
    struct sein_slice absent = { 0 };
    struct sein_slice ab = sein_slice_text("ab");

    (void)state;
    assert_int_equal(ab.len, 2);
    assert_true(sein_slice_equal(ab, sein_slice_text("ab")));
    assert_false(sein_slice_equal(ab, sein_slice_text("aB")));
    assert_false(sein_slice_equal(ab, sein_slice_text("abc")));
    assert_true(sein_slice_equal(absent, sein_slice_text("")));
    assert_true(sein_slice_is(ab, "ab"));
    assert_false(sein_slice_is(ab, "a"));
    assert_true(sein_slice_compare(ab, sein_slice_text("abc")) < 0);
    assert_true(sein_slice_compare(sein_slice_text("b"), ab) > 0);
    assert_true(sein_slice_compare(absent, ab) < 0);
    assert_int_equal(sein_slice_compare(absent, absent), 0);
}

static void
test_slice_copy_text(void **state)
{
    static const uint8_t nul[] = { 'a', 0, 'b' };
    char out[4] = "xyz";

    (void)state;
    assert_int_equal(sein_slice_copy_text(sein_slice_text("abcd"), out, 4),
                     SEIN_ETOOLONG);
    assert_int_equal(sein_slice_copy_text(sein_slice_of(nul, 3), out, 4),
                     SEIN_EFORMAT);
    assert_int_equal(sein_slice_copy_text((struct sein_slice){ 0 }, out, 0),
                     SEIN_ETOOLONG);
    assert_string_equal(out, "xyz");
    assert_int_equal(sein_slice_copy_text(sein_slice_text("abc"), out, 4),
                     SEIN_OK);
    assert_string_equal(out, "abc");
    assert_int_equal(sein_slice_copy_text((struct sein_slice){ 0 }, out, 1),
                     SEIN_OK);
    assert_string_equal(out, "");
}

static void
test_checked_lengths(void **state)
{
    size_t out = 7;

    (void)state;
    assert_int_equal(sein_add_len(SIZE_MAX, 1, &out), SEIN_ETOOLONG);
    assert_int_equal(sein_mul_len(SIZE_MAX / 2 + 1, 2, &out), SEIN_ETOOLONG);
    assert_int_equal(out, 7);
    assert_int_equal(sein_add_len(SIZE_MAX - 1, 1, &out), SEIN_OK);
    assert_true(out == SIZE_MAX);
    assert_int_equal(sein_mul_len(6, 7, &out), SEIN_OK);
    assert_int_equal(out, 42);
}

static const uint8_t wire[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                                0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e,
                                0x0f, 0x00, 0x02, 'h',  'i',  0x00, 0x00,
                                0x00, 0x01, '!',  'e',  'n',  'd' };

/* The whole walk; the first error, or SEIN_OK. */
static enum sein_err
walk(struct sein_slice bytes)
{
    struct sein_reader reader = sein_reader_of(bytes);
    struct sein_slice got = { 0 };
    uint8_t u8 = 0;
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    uint64_t u64 = 0;

    if (sein_read_u8(&reader, &u8) != SEIN_OK ||
        sein_read_u16(&reader, &u16) != SEIN_OK ||
        sein_read_u32(&reader, &u32) != SEIN_OK ||
        sein_read_u64(&reader, &u64) != SEIN_OK)
        return SEIN_EWIRE;
    assert_int_equal(u8, 0x01);
    assert_int_equal(u16, 0x0203);
    assert_int_equal(u32, 0x04050607);
    assert_true(u64 == UINT64_C(0x08090a0b0c0d0e0f));
    if (sein_read_lp(&reader, &got) != SEIN_OK)
        return SEIN_EWIRE;
    assert_true(sein_slice_is(got, "hi"));
    if (sein_read_lp32(&reader, &got) != SEIN_OK)
        return SEIN_EWIRE;
    assert_true(sein_slice_is(got, "!"));
    if (sein_read_bytes(&reader, 3, &got) != SEIN_OK)
        return SEIN_EWIRE;
    assert_true(sein_slice_is(got, "end"));
    return sein_read_end(&reader);
}

static void
test_reader_walks_and_refuses_truncation(void **state)
{
    uint8_t more[sizeof wire + 1] = { 0 };

    (void)state;
    assert_int_equal(walk(sein_slice_of(wire, sizeof wire)), SEIN_OK);
    for (size_t len = 0; len < sizeof wire; len++) {
        uint8_t *cut = malloc(len + 1);

        /* Flush against the end, so that a sanitizer sees one byte more. */
        assert_non_null(cut);
        memcpy(cut + 1, wire, len);
        assert_int_equal(walk(sein_slice_of(cut + 1, len)), SEIN_EWIRE);
        free(cut);
    }
    memcpy(more, wire, sizeof wire);
    assert_int_equal(walk(sein_slice_of(more, sizeof more)), SEIN_ETRAILING);
}

static void
test_reader_consumes_nothing_on_error(void **state)
{
    static const uint8_t short_lp[] = { 0x00, 0x03, 'a', 'b' };
    static const uint8_t huge_lp32[] = { 0xff, 0xff, 0xff, 0xff, 'a' };
    struct sein_reader reader = sein_reader_of(sein_slice_of(short_lp, 4));
    struct sein_slice got = { 0 };
    uint64_t u64 = 9;

    (void)state;
    assert_int_equal(sein_read_lp(&reader, &got), SEIN_EWIRE);
    assert_int_equal(sein_read_u64(&reader, &u64), SEIN_EWIRE);
    assert_int_equal(sein_read_bytes(&reader, SIZE_MAX, &got), SEIN_EWIRE);
    assert_int_equal(reader.left, 4);
    assert_ptr_equal(reader.at, short_lp);
    assert_null(got.at);
    assert_int_equal(u64, 9);
    reader = sein_reader_of(sein_slice_of(huge_lp32, 5));
    assert_int_equal(sein_read_lp32(&reader, &got), SEIN_EWIRE);
    assert_int_equal(reader.left, 5);
}

static void
test_reader_of_nothing(void **state)
{
    struct sein_reader reader = sein_reader_of((struct sein_slice){ 0 });
    struct sein_slice got = sein_slice_text("x");

    (void)state;
    assert_int_equal(sein_read_end(&reader), SEIN_OK);
    assert_int_equal(sein_read_bytes(&reader, 0, &got), SEIN_OK);
    assert_int_equal(got.len, 0);
}

static void
write_all(struct sein_writer *writer)
{
    sein_write_u8(writer, 0x01);
    sein_write_u16(writer, 0x0203);
    sein_write_u32(writer, 0x04050607);
    sein_write_u64(writer, UINT64_C(0x08090a0b0c0d0e0f));
    sein_write_lp(writer, sein_slice_text("hi"));
    sein_write_lp32(writer, sein_slice_text("!"));
    sein_write_text(writer, "en");
    sein_write_bytes(writer, (const uint8_t *)"d", 1);
}

static void
test_writer_writes_what_the_reader_reads(void **state)
{
    uint8_t buffer[sizeof wire];
    struct sein_writer writer = sein_writer_of(buffer, sizeof buffer);
    struct sein_slice out = { 0 };

    (void)state;
    write_all(&writer);
    assert_int_equal(sein_writer_done(&writer, &out), SEIN_OK);
    assert_int_equal(out.len, sizeof wire);
    assert_memory_equal(out.at, wire, sizeof wire);
}

static void
test_writer_overflow_at_every_size(void **state)
{
    (void)state;
    for (size_t max = 0; max < sizeof wire; max++) {
        uint8_t *buffer = malloc(max + 1);
        struct sein_writer writer = { 0 };
        struct sein_slice out = { 0 };

        assert_non_null(buffer);
        writer = sein_writer_of(buffer + 1, max);
        write_all(&writer);
        assert_true(writer.failed);
        assert_int_equal(sein_writer_done(&writer, &out), SEIN_ETOOLONG);
        assert_null(out.at);
        free(buffer);
    }
}

static void
test_writer_stays_failed(void **state)
{
    uint8_t buffer[4] = { 9, 9, 9, 9 };
    struct sein_writer writer = sein_writer_of(buffer, sizeof buffer);

    (void)state;
    sein_write_zeros(&writer, 2);
    sein_write_zeros(&writer, SIZE_MAX);
    assert_true(writer.failed);
    sein_write_u8(&writer, 1);
    sein_write_zeros(&writer, 1);
    assert_int_equal(writer.len, 2);
    assert_int_equal(buffer[1], 0);
    assert_int_equal(buffer[2], 9);
}

static void
test_writer_refuses_a_length_that_does_not_fit(void **state)
{
    size_t len = UINT16_MAX;
    uint8_t *big = calloc(1, len + 1);
    uint8_t *buffer = malloc(len + 8);
    struct sein_writer writer = { 0 };

    (void)state;
    assert_non_null(big);
    assert_non_null(buffer);
    writer = sein_writer_of(buffer, len + 8);
    sein_write_lp(&writer, sein_slice_of(big, len));
    assert_false(writer.failed);
    writer = sein_writer_of(buffer, len + 8);
    sein_write_lp(&writer, sein_slice_of(big, len + 1));
    assert_true(writer.failed);
    free(buffer);
    free(big);
}

static void
test_hex(void **state)
{
    static const uint8_t bytes[] = { 0x00, 0x7f, 0xff };
    char text[7];
    uint8_t back[3] = { 1, 1, 1 };

    (void)state;
    sein_hex(sein_slice_of(bytes, 3), text, sizeof text);
    assert_string_equal(text, "007fff");
    assert_int_equal(sein_unhex(sein_slice_text("007fFF"), back, 3), SEIN_OK);
    assert_memory_equal(back, bytes, 3);
    sein_hex((struct sein_slice){ 0 }, text, 1);
    assert_string_equal(text, "");
}

static void
test_unhex_refuses(void **state)
{
    static const char *const rows[] = { "",        "0",        "007ff",
                                        "007ffff", "007fff00", "007ffg",
                                        "g07fff",  "00 7ff",   "0x7fff" };
    uint8_t back[SEIN_UNHEX_MAX + 1] = { 1 };
    char big[2 * (SEIN_UNHEX_MAX + 1) + 1];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sein_unhex(sein_slice_text(rows[i]), back, 3),
                         SEIN_EFORMAT);
    assert_int_equal(back[0], 1);
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    assert_int_equal(sein_unhex(sein_slice_text(big), back, SEIN_UNHEX_MAX + 1),
                     SEIN_EFORMAT);
    big[2 * SEIN_UNHEX_MAX] = '\0';
    assert_int_equal(sein_unhex(sein_slice_text(big), back, SEIN_UNHEX_MAX),
                     SEIN_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice_compare),
        cmocka_unit_test(test_slice_copy_text),
        cmocka_unit_test(test_checked_lengths),
        cmocka_unit_test(test_reader_walks_and_refuses_truncation),
        cmocka_unit_test(test_reader_consumes_nothing_on_error),
        cmocka_unit_test(test_reader_of_nothing),
        cmocka_unit_test(test_writer_writes_what_the_reader_reads),
        cmocka_unit_test(test_writer_overflow_at_every_size),
        cmocka_unit_test(test_writer_stays_failed),
        cmocka_unit_test(test_writer_refuses_a_length_that_does_not_fit),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_unhex_refuses),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
