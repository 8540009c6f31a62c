#include "proto/wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/limits.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/msg_letter.h"
#include "proto/wire/pack.h"

static enum sein_err
decode(const uint8_t *at, size_t len, struct sein_frame *out_frame)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    enum sein_err err = SEIN_OK;

    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, at, len);
    err = sein_frame_decode(sein_slice_of(copy, len), out_frame);
    free(copy);
    return err;
}

static void
test_round(void **state)
{
    struct sein_credit credit = { .window = 300 };
    struct sein_credit read = { 0 };
    struct sein_frame frame = { 0 };
    struct sein_slice bytes = { 0 };
    uint8_t buffer[64];

    (void)state;
    assert_int_equal(sein_frame_encode(SEIN_KIND_CREDIT, 77,
                                       &sein_credit_schema, &credit, buffer,
                                       sizeof buffer, &bytes),
                     SEIN_OK);
    assert_int_equal(sein_frame_decode(bytes, &frame), SEIN_OK);
    assert_int_equal(frame.version, 1);
    assert_int_equal(frame.kind, 13);
    assert_int_equal(frame.req, 77);
    assert_int_equal(
        sein_schema_decode_all(&sein_credit_schema, frame.body, &read),
        SEIN_OK);
    assert_int_equal(read.window, 300);
}

static void
test_truncated_at_each_byte_and_one_more(void **state)
{
    struct sein_error_body body = { .code = 300, .at = UINT64_MAX };
    struct sein_frame frame = { 0 };
    struct sein_slice bytes = { 0 };
    uint8_t buffer[64] = { 0 };

    (void)state;
    assert_int_equal(sein_frame_encode(SEIN_KIND_ERROR, 1, &sein_error_schema,
                                       &body, buffer, sizeof buffer, &bytes),
                     SEIN_OK);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_equal(decode(buffer, len, &frame), SEIN_EWIRE);
    assert_int_equal(decode(buffer, bytes.len + 1, &frame), SEIN_ETRAILING);
}

static void
test_a_frame_that_does_not_fit_its_buffer(void **state)
{
    struct sein_error_body body = { .code = 300, .at = UINT64_MAX };
    struct sein_slice bytes = { 0 };
    uint8_t buffer[64];
    size_t needed = 4 + 1 + 3 + 9;

    (void)state;
    for (size_t max = 0; max < needed; max++)
        assert_int_equal(sein_frame_encode(SEIN_KIND_ERROR, 1,
                                           &sein_error_schema, &body, buffer,
                                           max, &bytes),
                         SEIN_ETOOLONG);
    assert_int_equal(sein_frame_encode(SEIN_KIND_ERROR, 1, &sein_error_schema,
                                       &body, buffer, needed, &bytes),
                     SEIN_OK);
}

static void
test_another_version_can_be_answered(void **state)
{
    static const uint8_t bytes[] = { 0x94, 0x02, 0x0a, 0xcc, 0xc8, 0x90 };
    struct sein_frame frame = { 0 };

    (void)state;
    assert_int_equal(decode(bytes, sizeof bytes, &frame), SEIN_EVERSION);
    assert_int_equal(frame.req, 200);
    assert_int_equal(frame.version, 2);
}

static void
test_an_unknown_kind_is_a_frame(void **state)
{
    static const uint8_t bytes[] = { 0x94, 0x01, 0xcd, 0x7f, 0xff, 0x00, 0x90 };
    struct sein_frame frame = { 0 };

    (void)state;
    assert_int_equal(decode(bytes, sizeof bytes, &frame), SEIN_OK);
    assert_int_equal(frame.kind, 0x7fff);
}

static void
test_not_a_frame(void **state)
{
    static const struct {
        uint8_t bytes[8];
        size_t len;
        enum sein_err expected;
    } samples[] = {
        { { 0 }, 0, SEIN_EWIRE },
        { { 0x93, 1, 1, 1 }, 4, SEIN_ECONTENT },
        { { 0x95, 1, 1, 1, 0x90, 0 }, 6, SEIN_ECONTENT },
        { { 0x84, 1, 1, 1, 0x90 }, 5, SEIN_EWIRE },
        { { 0x94, 1, 1, 1, 0xc0 }, 5, SEIN_EWIRE },
        { { 0x94, 0xc3, 1, 1, 0x90 }, 5, SEIN_EWIRE },
        { { 0x94, 1, 1, 0xa1, 'x', 0x90 }, 6, SEIN_EWIRE },
        { { 0x94, 1, 0xcc, 1, 1, 0x90 }, 6, SEIN_ECANON },
        { { 0xdd, 0x10, 0, 0, 0 }, 5, SEIN_EWIRE },
        { { 0x94, 1, 1, 1, 0xdd, 0x10, 0, 0 }, 8, SEIN_EWIRE },
    };
    struct sein_frame frame = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        assert_int_equal(decode(samples[i].bytes, samples[i].len, &frame),
                         samples[i].expected);
}

/* The frame is depth 1, so its body may nest seven deep. */
static void
test_depth_counts_from_the_frame(void **state)
{
    struct sein_frame frame = { 0 };

    (void)state;
    for (size_t body = 1; body <= 9; body++) {
        uint8_t bytes[16] = { 0x94, 1, 1, 1 };

        memset(bytes + 4, 0x91, body);
        bytes[4 + body - 1] = 0x90;
        assert_int_equal(decode(bytes, 4 + body, &frame),
                         body <= 7 ? SEIN_OK : SEIN_EDEPTH);
    }
}

static void
test_the_largest_frame(void **state)
{
    size_t head = 4 + 5;
    size_t max = SEIN_FRAME_MAX;
    uint8_t *bytes = malloc(max + 1);
    uint8_t *body = calloc(1, max);
    struct sein_frame frame = { 0 };
    struct sein_writer out = { 0 };

    (void)state;
    assert_non_null(bytes);
    assert_non_null(body);
    for (size_t more = 0; more < 2; more++) {
        out = sein_writer_of(bytes, max + 1);
        sein_frame_begin(&out, SEIN_KIND_PUT, 1);
        sein_pack_bytes(&out, sein_slice_of(body, max - head + more));
        assert_int_equal(out.len, max + more);
        assert_int_equal(
            sein_frame_decode(sein_slice_of(bytes, out.len), &frame),
            more == 0 ? SEIN_OK : SEIN_ETOOLONG);
    }
    free(body);
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_truncated_at_each_byte_and_one_more),
        cmocka_unit_test(test_a_frame_that_does_not_fit_its_buffer),
        cmocka_unit_test(test_another_version_can_be_answered),
        cmocka_unit_test(test_an_unknown_kind_is_a_frame),
        cmocka_unit_test(test_not_a_frame),
        cmocka_unit_test(test_depth_counts_from_the_frame),
        cmocka_unit_test(test_the_largest_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
