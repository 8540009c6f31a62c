#include "proto/blind/hkdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/vectors.h"

#define FIELD_MAX 128U

static const uint8_t prk[SEIN_HKDF_PRK_BYTES] = { 1, 2, 3 };

static void
check_case(const json_t *row)
{
    uint8_t ikm_bytes[FIELD_MAX];
    uint8_t salt_bytes[FIELD_MAX];
    uint8_t info_bytes[FIELD_MAX];
    uint8_t want_bytes[FIELD_MAX];
    uint8_t got_prk[SEIN_HKDF_PRK_BYTES];
    uint8_t okm[FIELD_MAX];
    struct sein_slice ikm = vectors_hex(row, "ikm", ikm_bytes, FIELD_MAX);
    struct sein_slice salt = vectors_hex(row, "salt", salt_bytes, FIELD_MAX);
    struct sein_slice info = vectors_hex(row, "info", info_bytes, FIELD_MAX);
    struct sein_slice want = vectors_hex(row, "prk", want_bytes, FIELD_MAX);

    sein_hkdf_extract(salt, &ikm, 1, got_prk);
    assert_int_equal(want.len, sizeof got_prk);
    assert_memory_equal(got_prk, want.at, want.len);
    want = vectors_hex(row, "okm", want_bytes, FIELD_MAX);
    assert_int_equal(sein_hkdf_expand(got_prk, &info, 1, okm, want.len),
                     SEIN_OK);
    assert_memory_equal(okm, want.at, want.len);
}

static void
test_published_vectors(void **state)
{
    json_t *document = vectors_load("tests/vectors/rfc5869-sha256.json");
    const json_t *cases = vectors_array(document, "cases");

    (void)state;
    assert_int_equal(json_array_size(cases), 3);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i));
    json_decref(document);
}

static void
test_parts_are_hashed_as_one(void **state)
{
    const struct sein_slice whole = sein_slice_text("abcdef");
    const struct sein_slice parts[] = { sein_slice_text("ab"),
                                        { 0 },
                                        sein_slice_text("cdef") };
    uint8_t a[40];
    uint8_t b[40];

    (void)state;
    sein_hkdf_extract(sein_slice_text("salt"), &whole, 1, a);
    sein_hkdf_extract(sein_slice_text("salt"), parts, 3, b);
    assert_memory_equal(a, b, SEIN_HKDF_PRK_BYTES);
    assert_int_equal(sein_hkdf_expand(prk, &whole, 1, a, sizeof a), SEIN_OK);
    assert_int_equal(sein_hkdf_expand(prk, parts, 3, b, sizeof b), SEIN_OK);
    assert_memory_equal(a, b, sizeof a);
}

static void
test_expand_is_a_prefix_at_every_length(void **state)
{
    uint8_t whole[3 * SEIN_HKDF_PRK_BYTES];

    (void)state;
    assert_int_equal(sein_hkdf_expand(prk, NULL, 0, whole, sizeof whole),
                     SEIN_OK);
    for (size_t len = 0; len <= sizeof whole; len++) {
        uint8_t *cut = malloc(len + 1);

        /* Flush against the end, so that a sanitizer sees one byte more. */
        assert_non_null(cut);
        assert_int_equal(sein_hkdf_expand(prk, NULL, 0, cut + 1, len), SEIN_OK);
        assert_memory_equal(cut + 1, whole, len);
        free(cut);
    }
}

static void
test_expand_limit(void **state)
{
    uint8_t *out = calloc(1, SEIN_HKDF_OUT_MAX + 1);

    (void)state;
    assert_non_null(out);
    assert_int_equal(sein_hkdf_expand(prk, NULL, 0, out, SEIN_HKDF_OUT_MAX + 1),
                     SEIN_ETOOLONG);
    assert_true(sodium_is_zero(out, SEIN_HKDF_OUT_MAX + 1));
    assert_int_equal(sein_hkdf_expand(prk, NULL, 0, out, SEIN_HKDF_OUT_MAX),
                     SEIN_OK);
    assert_int_equal(out[SEIN_HKDF_OUT_MAX], 0);
    free(out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_parts_are_hashed_as_one),
        cmocka_unit_test(test_expand_is_a_prefix_at_every_length),
        cmocka_unit_test(test_expand_limit),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
