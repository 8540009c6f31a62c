#include "proto/blind/dkg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/vectors.h"

#define HOLDERS 5U
#define THRESHOLD 3U

static const struct sein_hash context = { { 1, 2, 3 } };

static void
read_text(const json_t *text, uint8_t out[static 32])
{
    assert_true(json_is_string(text));
    assert_int_equal(
        sein_unhex(sein_slice_text(json_string_value(text)), out, 32), SEIN_OK);
}

static void
check_holder(const json_t *row, const struct sein_element *commitments,
             size_t t)
{
    uint64_t index =
        (uint64_t)json_integer_value(json_object_get(row, "participant_id"));
    uint8_t bytes[32];
    struct sein_scalar share;
    struct sein_element known;
    struct sein_element found;

    read_text(json_object_get(row, "secret_share"), bytes);
    assert_int_equal(sein_scalar_read(bytes, &share), SEIN_OK);
    read_text(json_object_get(row, "verification_share"), bytes);
    assert_int_equal(sein_element_read(bytes, &known), SEIN_OK);
    assert_int_equal(sein_share_public(commitments, t, index, &found), SEIN_OK);
    assert_true(sein_element_equal(&found, &known));
    assert_int_equal(sein_share_check(commitments, t, index, &share), SEIN_OK);
}

/* COCKTAIL: the commitments of all sum up to the key and its shares. */
static void
check_vector(const json_t *vector)
{
    static struct sein_dkg_public publics[SEIN_HOLDERS_MAX];
    struct sein_element sum[SEIN_HOLDERS_MAX];
    struct sein_element key;
    const json_t *first = vectors_array(vector, "round1");
    const json_t *second = vectors_array(vector, "round2");
    size_t n = json_array_size(first);
    size_t t = (size_t)json_integer_value(json_object_get(vector, "t"));
    uint8_t bytes[32];

    assert_true(n <= SEIN_HOLDERS_MAX);
    for (size_t i = 0; i < n; i++) {
        const json_t *commitment =
            vectors_array(json_array_get(first, i), "vss_commitment");

        publics[i].t = json_array_size(commitment);
        assert_int_equal(publics[i].t, t);
        for (size_t j = 0; j < t; j++) {
            read_text(json_array_get(commitment, j), bytes);
            assert_int_equal(
                sein_element_read(bytes, &publics[i].commitments[j]), SEIN_OK);
        }
    }
    assert_int_equal(sein_dkg_sum(publics, n, sum), SEIN_OK);
    read_text(json_object_get(vector, "group_public_key"), bytes);
    assert_int_equal(sein_element_read(bytes, &key), SEIN_OK);
    assert_true(sein_element_equal(&sum[0], &key));
    assert_int_equal(json_array_size(second), n);
    for (size_t i = 0; i < n; i++)
        check_holder(json_array_get(second, i), sum, t);
}

static void
test_published_vectors(void **state)
{
    json_t *document =
        vectors_load("tests/vectors/cocktail-dkg-ristretto255-sha512.json");
    const json_t *rows = vectors_array(document, "vectors");

    (void)state;
    assert_int_equal(json_array_size(rows), 4);
    for (size_t i = 0; i < json_array_size(rows); i++)
        check_vector(json_array_get(rows, i));
    json_decref(document);
}

struct ceremony {
    struct sein_dkg_polynomial polynomials[HOLDERS];
    struct sein_dkg_public publics[HOLDERS];
};

static void
begin(struct ceremony *ceremony)
{
    for (size_t i = 0; i < HOLDERS; i++)
        assert_int_equal(sein_dkg_begin(THRESHOLD, &context, i + 1,
                                        &ceremony->polynomials[i],
                                        &ceremony->publics[i]),
                         SEIN_OK);
}

static void
test_a_whole_ceremony(void **state)
{
    static struct ceremony ceremony;
    struct sein_element sum[SEIN_HOLDERS_MAX];

    (void)state;
    begin(&ceremony);
    assert_int_equal(sein_dkg_sum(ceremony.publics, HOLDERS, sum), SEIN_OK);
    for (uint64_t j = 1; j <= HOLDERS; j++) {
        struct sein_scalar total = sein_scalar_small(0);

        for (size_t i = 0; i < HOLDERS; i++) {
            struct sein_scalar share;

            assert_int_equal(
                sein_dkg_check(&ceremony.publics[i], &context, i + 1), SEIN_OK);
            sein_dkg_share(&ceremony.polynomials[i], j, &share);
            assert_int_equal(sein_share_check(ceremony.publics[i].commitments,
                                              THRESHOLD, j, &share),
                             SEIN_OK);
            sein_scalar_add(&total, &share, &total);
        }
        assert_int_equal(sein_share_check(sum, THRESHOLD, j, &total), SEIN_OK);
    }
    sein_dkg_forget(&ceremony.polynomials[0]);
    assert_int_equal(sodium_is_zero((const uint8_t *)&ceremony.polynomials[0],
                                    sizeof ceremony.polynomials[0]),
                     1);
}

static void
test_a_proof_is_of_one_holder_and_ceremony(void **state)
{
    static struct ceremony ceremony;
    static const struct sein_hash other = { { 9 } };
    struct sein_dkg_public bent;

    (void)state;
    begin(&ceremony);
    assert_int_equal(sein_dkg_check(&ceremony.publics[0], &context, 2),
                     SEIN_ESHARE);
    assert_int_equal(sein_dkg_check(&ceremony.publics[0], &other, 1),
                     SEIN_ESHARE);
    /* Somebody else's commitment, with the proof that was made for it. */
    bent = ceremony.publics[0];
    bent.commitments[0] = ceremony.publics[1].commitments[0];
    assert_int_equal(sein_dkg_check(&bent, &context, 1), SEIN_ESHARE);
    bent.possession = ceremony.publics[1].possession;
    assert_int_equal(sein_dkg_check(&bent, &context, 1), SEIN_ESHARE);
    for (size_t i = 0; i < sizeof bent.possession.bytes; i++) {
        bent = ceremony.publics[0];
        bent.possession.bytes[i] ^= 1;
        assert_int_equal(sein_dkg_check(&bent, &context, 1), SEIN_ESHARE);
    }
}

static void
test_bounds(void **state)
{
    static struct ceremony ceremony;
    struct sein_dkg_polynomial polynomial;
    struct sein_dkg_public made;
    struct sein_element sum[SEIN_HOLDERS_MAX];

    (void)state;
    assert_int_equal(sein_dkg_begin(1, &context, 1, &polynomial, &made),
                     SEIN_ERANGE);
    assert_int_equal(
        sein_dkg_begin(SEIN_HOLDERS_MAX + 1, &context, 1, &polynomial, &made),
        SEIN_ERANGE);
    assert_int_equal(sein_dkg_begin(2, &context, 0, &polynomial, &made),
                     SEIN_ERANGE);
    begin(&ceremony);
    assert_int_equal(sein_dkg_sum(ceremony.publics, 1, sum), SEIN_ERANGE);
    assert_int_equal(sein_dkg_sum(ceremony.publics, 2, sum), SEIN_ERANGE);
    ceremony.publics[4].t = THRESHOLD - 1;
    assert_int_equal(sein_dkg_sum(ceremony.publics, HOLDERS, sum), SEIN_ERANGE);
    ceremony.publics[4].t = 0;
    assert_int_equal(sein_dkg_check(&ceremony.publics[4], &context, 5),
                     SEIN_ERANGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_a_whole_ceremony),
        cmocka_unit_test(test_a_proof_is_of_one_holder_and_ceremony),
        cmocka_unit_test(test_bounds),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
