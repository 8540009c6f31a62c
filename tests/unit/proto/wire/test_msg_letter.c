#include "proto/wire/msg_letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/schema_cases.h"

#define RUN(schema, rows) \
    schema_cases_run(&(schema), rows, sizeof(rows) / sizeof((rows)[0]))

/* The rows of PROTOCOL.md. */
/* clang-format off */
static void
test_put_item(void **state)
{
    static const struct schema_case rows[] = {
        { "from", SEIN_FIELD_TEXT, false, 1, 53 },
        { "letter", SEIN_FIELD_BYTES, false, 1, 65842 },
    };

    (void)state;
    RUN(sein_put_item_schema, rows);
}

static void
test_withdraw_item(void **state)
{
    static const struct schema_case rows[] = {
        { "from", SEIN_FIELD_TEXT, false, 1, 53 },
        { "letter_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "op_id", SEIN_FIELD_FIXED, false, 0, 16 },
    };

    (void)state;
    RUN(sein_withdraw_item_schema, rows);
}

static void
test_credit(void **state)
{
    static const struct schema_case rows[] = {
        { "window", SEIN_FIELD_UINT, false, 0, 1024 },
    };

    (void)state;
    RUN(sein_credit_schema, rows);
}

static void
test_deliver_item(void **state)
{
    static const struct schema_case rows[] = {
        { "seq", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "accepted_at", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "type", SEIN_FIELD_UINT, false, 0, 2 },
        { "item", SEIN_FIELD_BYTES, false, 1, 65842 },
    };

    (void)state;
    RUN(sein_deliver_item_schema, rows);
}

static void
test_ack_item(void **state)
{
    static const struct schema_case rows[] = {
        { "seq", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "status", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
    };

    (void)state;
    RUN(sein_ack_item_schema, rows);
}

static void
test_acked_item(void **state)
{
    static const struct schema_case rows[] = {
        { "seq", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "code", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
    };

    (void)state;
    RUN(sein_acked_item_schema, rows);
}

static void
test_header(void **state)
{
    static const struct schema_case rows[] = {
        { "v", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "suite", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 0, UINT32_MAX },
        { "letter_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "to", SEIN_FIELD_TEXT, false, 1, 53 },
        { "to_prekey_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "expires", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "hint", SEIN_FIELD_FIXED, false, 0, 16 },
    };

    (void)state;
    RUN(sein_letter_header_schema, rows);
}
/* clang-format on */

#define DESK "00000099000000010000/incasso"
#define HOUR INT64_C(3600000)

static struct sein_letter_header
good_header(void)
{
    return (struct sein_letter_header){
        .v = 1,
        .suite = 1,
        .circle = sein_slice_text("schulden"),
        .to = sein_slice_text(DESK),
        .expires = 24 * HOUR,
    };
}

/* A header followed by enc and so many bytes of ciphertext; free it. */
static struct sein_slice
lay_out(const struct sein_letter_header *header, size_t ct_len)
{
    uint8_t header_bytes[512];
    struct sein_writer inner =
        sein_writer_of(header_bytes, sizeof header_bytes);
    struct sein_writer out = { 0 };
    struct sein_slice bytes = { 0 };
    size_t max = 2 + sizeof header_bytes + SEIN_HPKE_ENC_BYTES + ct_len;
    uint8_t *buffer = malloc(max);

    assert_non_null(buffer);
    out = sein_writer_of(buffer, max);
    assert_int_equal(
        sein_schema_encode(&sein_letter_header_schema, header, &inner),
        SEIN_OK);
    assert_int_equal(sein_writer_done(&inner, &bytes), SEIN_OK);
    sein_write_lp(&out, bytes);
    sein_write_zeros(&out, SEIN_HPKE_ENC_BYTES + ct_len);
    assert_int_equal(sein_writer_done(&out, &bytes), SEIN_OK);
    return bytes;
}

static void
release(struct sein_slice letter)
{
    free((void *)(uintptr_t)letter.at);
}

static enum sein_err
split(const struct sein_letter_header *header, size_t ct_len)
{
    struct sein_letter_view view;
    struct sein_slice letter = lay_out(header, ct_len);
    enum sein_err err = sein_letter_split(letter, &view);

    release(letter);
    return err;
}

static void
test_split_takes_the_four_sizes_only(void **state)
{
    static const size_t sizes[] = { 1024, 4096, 16384, 65536 };
    struct sein_letter_header header = good_header();

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(split(&header, sizes[i] + 16), SEIN_OK);
        assert_int_equal(split(&header, sizes[i] + 15), SEIN_ESIZE);
        assert_int_equal(split(&header, sizes[i] + 17), SEIN_ESIZE);
    }
    assert_int_equal(split(&header, 0), SEIN_ESIZE);
    assert_int_equal(split(&header, 16), SEIN_ESIZE);
    assert_int_equal(split(&header, 17), SEIN_ESIZE);
}

static void
test_split_gives_views(void **state)
{
    struct sein_letter_header header = good_header();
    struct sein_letter_view view;
    struct sein_slice letter = lay_out(&header, 1024 + 16);

    (void)state;
    assert_int_equal(sein_letter_split(letter, &view), SEIN_OK);
    assert_ptr_equal(view.header_bytes.at, letter.at + 2);
    assert_ptr_equal(view.enc, letter.at + 2 + view.header_bytes.len);
    assert_ptr_equal(view.ct.at, view.enc + 32);
    assert_int_equal(view.ct.len, 1040);
    assert_true(sein_slice_is(view.header.to, DESK));
    release(letter);
}

static void
test_split_checks_the_header(void **state)
{
    struct sein_letter_header header = good_header();

    (void)state;
    header.v = 2;
    assert_int_equal(split(&header, 1040), SEIN_EVERSION);
    header = good_header();
    header.suite = 2;
    assert_int_equal(split(&header, 1040), SEIN_ESUITE);
    header = good_header();
    header.circle = sein_slice_text("Schulden");
    assert_int_equal(split(&header, 1040), SEIN_ECIRCLE);
    header = good_header();
    header.to = sein_slice_text("incasso");
    assert_int_equal(split(&header, 1040), SEIN_EDESK);
    header = good_header();
    header.expires++;
    assert_int_equal(split(&header, 1040), SEIN_ELIFE);
}

static void
test_split_at_each_byte(void **state)
{
    struct sein_letter_header header = good_header();
    struct sein_letter_view view;
    struct sein_slice letter = lay_out(&header, 1024 + 16);
    size_t front = letter.len - 1024 - 16;

    (void)state;
    for (size_t len = 0; len < letter.len; len++) {
        uint8_t *cut = malloc(len > 0 ? len : 1);

        assert_non_null(cut);
        memcpy(cut, letter.at, len);
        assert_int_equal(sein_letter_split(sein_slice_of(cut, len), &view),
                         len < front ? SEIN_EWIRE : SEIN_ESIZE);
        free(cut);
    }
    release(letter);
}

/* 256 bytes are read, and are no header; 257 are not looked at. */
static void
test_split_bounds_the_header(void **state)
{
    uint8_t bytes[2 + 257 + 32 + 1040] = { 0x01, 0x00 };
    struct sein_slice letter = sein_slice_of(bytes, sizeof bytes);
    struct sein_letter_view view;

    (void)state;
    assert_int_equal(sein_letter_split(letter, &view), SEIN_EWIRE);
    bytes[1] = 0x01;
    assert_int_equal(sein_letter_split(letter, &view), SEIN_ETOOLONG);
}

static void
test_split_refuses_a_longer_header(void **state)
{
    struct sein_letter_header header = good_header();
    struct sein_letter_view view;
    struct sein_slice letter = lay_out(&header, 1024 + 16);

    (void)state;
    ((uint8_t *)(uintptr_t)letter.at)[1]++; /* takes a byte of enc */
    assert_int_equal(sein_letter_split(letter, &view), SEIN_ETRAILING);
    release(letter);
}

static void
test_buckets(void **state)
{
    static const size_t sizes[] = { 1024, 4096, 16384, 65536 };

    (void)state;
    assert_int_equal(sein_letter_bucket(0), 1024);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(sein_letter_bucket(sizes[i]), sizes[i]);
        assert_int_equal(sein_letter_bucket(sizes[i] + 1),
                         i < 3 ? sizes[i + 1] : 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_item),
        cmocka_unit_test(test_withdraw_item),
        cmocka_unit_test(test_credit),
        cmocka_unit_test(test_deliver_item),
        cmocka_unit_test(test_ack_item),
        cmocka_unit_test(test_acked_item),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_split_takes_the_four_sizes_only),
        cmocka_unit_test(test_split_gives_views),
        cmocka_unit_test(test_split_checks_the_header),
        cmocka_unit_test(test_split_at_each_byte),
        cmocka_unit_test(test_split_bounds_the_header),
        cmocka_unit_test(test_split_refuses_a_longer_header),
        cmocka_unit_test(test_buckets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
