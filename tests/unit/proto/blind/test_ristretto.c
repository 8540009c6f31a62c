#include "proto/blind/ristretto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/vectors.h"

#define FIELD_MAX 512U

/* The group's order, little-endian: RFC 9496 section 4. */
static const uint8_t order[SEIN_SCALAR_BYTES] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
    0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10,
};

static void
check_expansion(const json_t *row, struct sein_slice dst)
{
    uint8_t want_bytes[FIELD_MAX];
    uint8_t got[FIELD_MAX];
    struct sein_slice message = vectors_text(row, "msg");
    struct sein_slice want =
        vectors_hex(row, "uniform_bytes", want_bytes, FIELD_MAX);
    struct sein_slice len = vectors_text(row, "len_in_bytes");

    assert_int_equal(strtoul((const char *)len.at, NULL, 16), want.len);
    assert_int_equal(sein_expand_message(&message, 1, dst, got, want.len),
                     SEIN_OK);
    assert_memory_equal(got, want.at, want.len);
}

static void
test_expand_message_vectors(void **state)
{
    json_t *document =
        vectors_load("tests/vectors/rfc9380-expand-xmd-sha512.json");
    const json_t *cases = vectors_array(document, "tests");

    (void)state;
    assert_int_equal(json_array_size(cases), 10);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_expansion(json_array_get(cases, i),
                        vectors_text(document, "DST"));
    json_decref(document);
}

static void
test_expand_message_bounds(void **state)
{
    static uint8_t out[255 * 64 + 1];
    static const uint8_t dst[SEIN_DST_MAX + 1] = { 1 };
    const struct sein_slice longest = sein_slice_of(dst, SEIN_DST_MAX);

    (void)state;
    assert_int_equal(sein_expand_message(NULL, 0, longest, out, 255 * 64),
                     SEIN_OK);
    assert_int_equal(sein_expand_message(NULL, 0, longest, out, sizeof out),
                     SEIN_ERANGE);
    assert_int_equal(sein_expand_message(NULL, 0, longest, out, 0),
                     SEIN_ERANGE);
    assert_int_equal(
        sein_expand_message(NULL, 0, sein_slice_of(dst, sizeof dst), out, 1),
        SEIN_ERANGE);
    assert_int_equal(
        sein_expand_message(NULL, 0, sein_slice_of(dst, 0), out, 1),
        SEIN_ERANGE);
}

static void
test_scalars_from_outside(void **state)
{
    uint8_t bytes[SEIN_SCALAR_BYTES] = { 0 };
    struct sein_scalar scalar;

    (void)state;
    assert_int_equal(sein_scalar_read(bytes, &scalar), SEIN_ESCALAR);
    bytes[0] = 1;
    assert_int_equal(sein_scalar_read(bytes, &scalar), SEIN_OK);
    assert_memory_equal(scalar.bytes, bytes, sizeof bytes);
    assert_int_equal(sein_scalar_read(order, &scalar), SEIN_ESCALAR);
    memcpy(bytes, order, sizeof bytes);
    bytes[0]--;
    assert_int_equal(sein_scalar_read(bytes, &scalar), SEIN_OK);
    bytes[0] += 2;
    assert_int_equal(sein_scalar_read(bytes, &scalar), SEIN_ESCALAR);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(sein_scalar_read(bytes, &scalar), SEIN_ESCALAR);
}

/* RFC 9496 appendix A.2: encodings that must be refused, one of each kind. */
static void
test_elements_from_outside(void **state)
{
    static const char *const bad[] = {
        /* the identity */
        "00000000000000000000000000000000000000000000000000000000000000"
        "00",
        /* not below the field's prime */
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "7f",
        /* negative */
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e"
        "20",
        /* no square */
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d3"
        "71",
        /* negative product of coordinates */
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
        /* y is 0 */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "7f",
    };
    struct sein_scalar two = sein_scalar_small(2);
    struct sein_element element;
    uint8_t bytes[SEIN_POINT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            sein_unhex(sein_slice_text(bad[i]), bytes, sizeof bytes), SEIN_OK);
        assert_int_equal(sein_element_read(bytes, &element), SEIN_ELOWORDER);
    }
    assert_int_equal(sein_element_base(&two, &element), SEIN_OK);
    assert_int_equal(sein_element_read(element.bytes, &element), SEIN_OK);
}

static void
test_the_identity_never_comes_out(void **state)
{
    const struct sein_scalar zero = sein_scalar_small(0);
    const struct sein_scalar one = sein_scalar_small(1);
    struct sein_scalar minus;
    struct sein_element element;
    struct sein_element negative;

    (void)state;
    sein_scalar_sub(&zero, &one, &minus);
    assert_int_equal(sein_element_base(&one, &element), SEIN_OK);
    assert_int_equal(sein_element_mul(&minus, &element, &negative), SEIN_OK);
    assert_int_equal(sein_element_add(&element, &negative, &negative),
                     SEIN_ELOWORDER);
    assert_int_equal(sein_element_mul(&zero, &element, &negative),
                     SEIN_ELOWORDER);
    assert_int_equal(sein_element_base(&zero, &negative), SEIN_ELOWORDER);
    assert_int_equal(sein_scalar_invert(&zero, &minus), SEIN_ESCALAR);
}

static void
test_arithmetic(void **state)
{
    const struct sein_scalar three = sein_scalar_small(3);
    const struct sein_scalar five = sein_scalar_small(5);
    const struct sein_scalar wide = sein_scalar_small(0x0102030405060708);
    struct sein_scalar inverse;
    struct sein_scalar result;
    struct sein_scalar random;
    struct sein_element left;
    struct sein_element right;

    (void)state;
    assert_int_equal(wide.bytes[0], 8);
    assert_int_equal(wide.bytes[7], 1);
    sein_scalar_mul(&three, &five, &result);
    assert_memory_equal(result.bytes, sein_scalar_small(15).bytes, 32);
    sein_scalar_add(&three, &five, &result);
    assert_memory_equal(result.bytes, sein_scalar_small(8).bytes, 32);
    sein_scalar_sub(&five, &three, &result);
    assert_memory_equal(result.bytes, sein_scalar_small(2).bytes, 32);
    assert_int_equal(sein_scalar_invert(&three, &inverse), SEIN_OK);
    sein_scalar_mul(&three, &inverse, &result);
    assert_memory_equal(result.bytes, sein_scalar_small(1).bytes, 32);
    sein_scalar_random(&random);
    assert_int_equal(sein_scalar_read(random.bytes, &result), SEIN_OK);
    /* 3 (5 G) = 15 G = 7 G + 8 G */
    assert_int_equal(sein_element_base(&five, &left), SEIN_OK);
    assert_int_equal(sein_element_mul(&three, &left, &left), SEIN_OK);
    result = sein_scalar_small(7);
    assert_int_equal(sein_element_base(&result, &right), SEIN_OK);
    assert_false(sein_element_equal(&left, &right));
    result = sein_scalar_small(8);
    {
        struct sein_element eight;

        assert_int_equal(sein_element_base(&result, &eight), SEIN_OK);
        assert_int_equal(sein_element_add(&right, &eight, &right), SEIN_OK);
    }
    assert_true(sein_element_equal(&left, &right));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expand_message_vectors),
        cmocka_unit_test(test_expand_message_bounds),
        cmocka_unit_test(test_scalars_from_outside),
        cmocka_unit_test(test_elements_from_outside),
        cmocka_unit_test(test_the_identity_never_comes_out),
        cmocka_unit_test(test_arithmetic),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
