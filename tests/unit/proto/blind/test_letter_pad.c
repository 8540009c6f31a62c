#include "proto/blind/letter_pad.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define SIZES 4U
/* u32be(len), lp32's length, the signature. */
#define AROUND (4U + 4U + 64U)

static const size_t sizes[SIZES] = { 1024, 4096, 16384, 65536 };

struct fixture {
    uint8_t body[65537];
    uint8_t signature[SEIN_SIG_BYTES];
    uint8_t plain[65536 + 1];
    size_t plain_len;
};

static int
setup(void **state)
{
    struct fixture *fix = test_calloc(1, sizeof *fix);

    memset(fix->body, 'b', sizeof fix->body);
    memset(fix->signature, 's', sizeof fix->signature);
    *state = fix;
    return 0;
}

static int
teardown(void **state)
{
    test_free(*state);
    return 0;
}

static enum sein_err
pad(struct fixture *fix, size_t body_len, size_t max)
{
    return sein_letter_pad(sein_slice_of(fix->body, body_len), fix->signature,
                           fix->plain, max, &fix->plain_len);
}

static enum sein_err
unpad(const struct fixture *fix, struct sein_letter_inner *out_inner)
{
    return sein_letter_unpad(sein_slice_of(fix->plain, fix->plain_len),
                             out_inner);
}

static void
check_round(struct fixture *fix, size_t body_len, size_t size)
{
    struct sein_letter_inner inner = { 0 };

    memset(fix->plain, 0xee, sizeof fix->plain);
    assert_int_equal(pad(fix, body_len, size), SEIN_OK);
    assert_int_equal(fix->plain_len, size);
    assert_int_equal(fix->plain[size], 0xee);
    assert_int_equal(unpad(fix, &inner), SEIN_OK);
    assert_int_equal(inner.body.len, body_len);
    assert_memory_equal(inner.body.at, fix->body, body_len);
    assert_memory_equal(inner.signature, fix->signature, SEIN_SIG_BYTES);
    assert_int_equal(pad(fix, body_len, size - 1), SEIN_ETOOLONG);
}

static void
test_each_size_to_its_limit(void **state)
{
    struct fixture *fix = *state;

    check_round(fix, 0, sizes[0]);
    for (size_t i = 0; i < SIZES; i++) {
        check_round(fix, sizes[i] - AROUND, sizes[i]);
        if (i + 1 < SIZES)
            check_round(fix, sizes[i] - AROUND + 1, sizes[i + 1]);
    }
}

static void
test_too_long_leaves_all_untouched(void **state)
{
    struct fixture *fix = *state;

    memset(fix->plain, 0xee, sizeof fix->plain);
    fix->plain_len = 5;
    assert_int_equal(pad(fix, sizes[3] - AROUND + 1, sizeof fix->plain),
                     SEIN_ETOOLONG);
    assert_int_equal(sein_letter_pad((struct sein_slice){ fix->body, SIZE_MAX },
                                     fix->signature, fix->plain,
                                     sizeof fix->plain, &fix->plain_len),
                     SEIN_ETOOLONG);
    assert_int_equal(fix->plain_len, 5);
    for (size_t i = 0; i < sizeof fix->plain; i++)
        assert_int_equal(fix->plain[i], 0xee);
}

static void
test_layout_is_as_written(void **state)
{
    struct fixture *fix = *state;
    static const uint8_t front[8] = { 0, 0, 0, 71, 0, 0, 0, 3 };

    assert_int_equal(pad(fix, 3, sizes[0]), SEIN_OK);
    assert_memory_equal(fix->plain, front, sizeof front);
    assert_memory_equal(fix->plain + 8, "bbb", 3);
    assert_memory_equal(fix->plain + 11, fix->signature, SEIN_SIG_BYTES);
    assert_true(sodium_is_zero(fix->plain + 75, sizes[0] - 75));
}

static void
test_unpad_refuses_other_lengths(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_inner inner = { 0 };

    assert_int_equal(pad(fix, 300, sizes[0]), SEIN_OK);
    for (size_t len = 0; len <= sizes[0] + 1; len++) {
        fix->plain_len = len;
        assert_int_equal(unpad(fix, &inner),
                         len == sizes[0] ? SEIN_OK : SEIN_EPADDING);
    }
}

/* Every other length in front, of the inner part and of the body. */
static void
test_unpad_refuses_other_inner_lengths(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_inner inner = { 0 };

    assert_int_equal(pad(fix, 300, sizes[0]), SEIN_OK);
    for (size_t at = 0; at < 8; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            fix->plain[at] ^= (uint8_t)(1U << bit);
            assert_int_equal(unpad(fix, &inner), SEIN_EPADDING);
            fix->plain[at] ^= (uint8_t)(1U << bit);
        }
    }
    assert_int_equal(unpad(fix, &inner), SEIN_OK);
}

/* An inner part that says it is empty, in a size that is all zeros. */
static void
test_unpad_refuses_nothing_at_all(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_inner inner = { 0 };

    fix->plain_len = sizes[0];
    assert_int_equal(unpad(fix, &inner), SEIN_EPADDING);
}

static void
test_unpad_wants_zeros(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_inner inner = { 0 };

    assert_int_equal(pad(fix, 300, sizes[0]), SEIN_OK);
    for (size_t at = AROUND + 300; at < sizes[0]; at++) {
        fix->plain[at] = 1;
        assert_int_equal(unpad(fix, &inner), SEIN_EPADDING);
        fix->plain[at] = 0;
    }
    assert_int_equal(unpad(fix, &inner), SEIN_OK);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_each_size_to_its_limit),
        TEST(test_too_long_leaves_all_untouched),
        TEST(test_layout_is_as_written),
        TEST(test_unpad_refuses_other_lengths),
        TEST(test_unpad_refuses_other_inner_lengths),
        TEST(test_unpad_refuses_nothing_at_all),
        TEST(test_unpad_wants_zeros),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
