#include "proto/blind/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static struct sein_share
sample(void)
{
    struct sein_share share = { .circle = { "jeugd" },
                                .epoch = 7,
                                .index = SEIN_HOLDERS_MAX };

    sein_scalar_random(&share.secret);
    return share;
}

static void
test_there_and_back(void **state)
{
    struct sein_share share = sample();
    struct sein_share read = { 0 };
    uint8_t bytes[SEIN_SHARE_FILE_MAX];
    size_t len = 0;

    (void)state;
    assert_int_equal(sein_share_encode(&share, bytes, &len), SEIN_OK);
    assert_int_equal(sein_share_decode(sein_slice_of(bytes, len), &read),
                     SEIN_OK);
    assert_string_equal(read.circle.text, "jeugd");
    assert_int_equal(read.epoch, 7);
    assert_int_equal(read.index, SEIN_HOLDERS_MAX);
    assert_memory_equal(read.secret.bytes, share.secret.bytes,
                        SEIN_SCALAR_BYTES);
}

static void
test_cut_at_each_byte_and_one_more(void **state)
{
    struct sein_share share = sample();
    const struct sein_share none = { 0 };
    struct sein_share read = { 0 };
    uint8_t bytes[SEIN_SHARE_FILE_MAX];
    size_t len = 0;

    (void)state;
    assert_int_equal(sein_share_encode(&share, bytes, &len), SEIN_OK);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_not_equal(
            sein_share_decode(sein_slice_of(bytes, cut), &read), SEIN_OK);
    bytes[len] = 0;
    assert_int_equal(sein_share_decode(sein_slice_of(bytes, len + 1), &read),
                     SEIN_ETRAILING);
    assert_memory_equal(&read, &none, sizeof none);
}

static void
test_the_longest_and_the_limits(void **state)
{
    struct sein_share share = sample();
    uint8_t bytes[SEIN_SHARE_FILE_MAX];
    size_t len = 0;

    (void)state;
    memset(share.circle.text, 'a', SEIN_CIRCLE_MAX);
    share.epoch = UINT32_MAX;
    assert_int_equal(sein_share_encode(&share, bytes, &len), SEIN_OK);
    share.index = SEIN_HOLDERS_MAX + 1;
    assert_int_not_equal(sein_share_encode(&share, bytes, &len), SEIN_OK);
    share.index = 0;
    assert_int_not_equal(sein_share_encode(&share, bytes, &len), SEIN_OK);
}

static void
test_a_secret_that_is_none(void **state)
{
    struct sein_share share = sample();
    struct sein_share read = { 0 };
    uint8_t bytes[SEIN_SHARE_FILE_MAX];
    size_t len = 0;

    (void)state;
    memset(share.secret.bytes, 0, SEIN_SCALAR_BYTES);
    assert_int_equal(sein_share_encode(&share, bytes, &len), SEIN_OK);
    assert_int_equal(sein_share_decode(sein_slice_of(bytes, len), &read),
                     SEIN_ESCALAR);
    memset(share.secret.bytes, 0xff, SEIN_SCALAR_BYTES);
    assert_int_equal(sein_share_encode(&share, bytes, &len), SEIN_OK);
    assert_int_equal(sein_share_decode(sein_slice_of(bytes, len), &read),
                     SEIN_ESCALAR);
    memcpy(share.circle.text, "Jeugd", 5);
    assert_int_equal(sein_share_encode(&share, bytes, &len), SEIN_OK);
    assert_int_equal(sein_share_decode(sein_slice_of(bytes, len), &read),
                     SEIN_ECIRCLE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_cut_at_each_byte_and_one_more),
        cmocka_unit_test(test_the_longest_and_the_limits),
        cmocka_unit_test(test_a_secret_that_is_none),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
