#include "proto/blind/threshold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/blind/dkg.h"
#include "proto/blind/oprf.h"
#include "tests/support/vectors.h"

/* Only tests deal: a key whose shares one place has known. */
struct dealt {
    size_t t;
    struct sein_dkg_polynomial polynomial;
    struct sein_element commitments[SEIN_HOLDERS_MAX];
    struct sein_scalar shares[SEIN_HOLDERS_MAX + 1]; /* by index */
};

static void
deal(struct dealt *dealt, size_t t)
{
    static const struct sein_hash context;
    struct sein_dkg_public made;

    dealt->t = t;
    assert_int_equal(sein_dkg_begin(t, &context, 1, &dealt->polynomial, &made),
                     SEIN_OK);
    memcpy(dealt->commitments, made.commitments, sizeof made.commitments);
    for (uint64_t i = 1; i <= SEIN_HOLDERS_MAX; i++)
        sein_dkg_share(&dealt->polynomial, i, &dealt->shares[i]);
}

static void
read_element(const json_t *object, const char *name, struct sein_element *out)
{
    uint8_t bytes[SEIN_POINT_BYTES];

    (void)vectors_hex(object, name, bytes, sizeof bytes);
    assert_int_equal(sein_element_read(bytes, out), SEIN_OK);
}

static void
read_scalar(const json_t *object, const char *name, struct sein_scalar *out)
{
    uint8_t bytes[SEIN_SCALAR_BYTES];

    (void)vectors_hex(object, name, bytes, sizeof bytes);
    assert_int_equal(sein_scalar_read(bytes, out), SEIN_OK);
}

/* The sharing of RFC 9591 appendix E: secret, coefficient, three shares. */
static void
test_published_shares(void **state)
{
    json_t *document =
        vectors_load("tests/vectors/rfc9591-frost-ristretto255.json");
    const json_t *inputs = json_object_get(document, "inputs");
    const json_t *rows = vectors_array(inputs, "participant_shares");
    struct sein_dkg_polynomial polynomial = { .t = 2 };
    struct sein_element commitments[2];
    struct sein_element known;
    uint8_t bytes[SEIN_SCALAR_BYTES];
    const json_t *text = json_array_get(
        vectors_array(inputs, "share_polynomial_coefficients"), 0);

    (void)state;
    read_scalar(inputs, "group_secret_key", &polynomial.coefficients[0]);
    assert_int_equal(sein_unhex(sein_slice_text(json_string_value(text)), bytes,
                                sizeof bytes),
                     SEIN_OK);
    assert_int_equal(sein_scalar_read(bytes, &polynomial.coefficients[1]),
                     SEIN_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            sein_element_base(&polynomial.coefficients[i], &commitments[i]),
            SEIN_OK);
    read_element(inputs, "group_public_key", &known);
    assert_true(sein_element_equal(&known, &commitments[0]));
    assert_int_equal(json_array_size(rows), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *row = json_array_get(rows, i);
        uint64_t index =
            (uint64_t)json_integer_value(json_object_get(row, "identifier"));
        struct sein_scalar share;
        struct sein_scalar published;

        read_scalar(row, "participant_share", &published);
        sein_dkg_share(&polynomial, index, &share);
        assert_memory_equal(share.bytes, published.bytes, sizeof share.bytes);
        assert_int_equal(sein_share_check(commitments, 2, index, &published),
                         SEIN_OK);
        assert_int_equal(
            sein_share_check(commitments, 2, index + 1, &published),
            SEIN_ESHARE);
    }
    json_decref(document);
}

/* Every choice of t of n holders answers as the whole key would. */
static void
check_choice(const struct dealt *dealt, uint64_t choice)
{
    struct sein_scalar blind;
    struct sein_element blinded;
    struct sein_element whole;
    struct sein_element combined;
    struct sein_element evaluated[SEIN_HOLDERS_MAX];
    uint64_t indices[SEIN_HOLDERS_MAX];
    size_t count = 0;

    assert_int_equal(
        sein_oprf_blind(sein_slice_text("x"), NULL, &blind, &blinded), SEIN_OK);
    for (uint64_t i = 1; i <= 5; i++) {
        struct sein_element public_key;
        struct sein_proof proof;

        if ((choice & (UINT64_C(1) << i)) == 0)
            continue;
        indices[count] = i;
        assert_int_equal(sein_oprf_blind_evaluate(&dealt->shares[i], &blinded,
                                                  1, &evaluated[count]),
                         SEIN_OK);
        assert_int_equal(
            sein_share_public(dealt->commitments, dealt->t, i, &public_key),
            SEIN_OK);
        assert_int_equal(
            sein_oprf_generate_proof(&dealt->shares[i], &public_key, &blinded,
                                     &evaluated[count], 1, NULL, &proof),
            SEIN_OK);
        assert_int_equal(sein_oprf_verify_proof(&public_key, &blinded,
                                                &evaluated[count], 1, &proof),
                         SEIN_OK);
        count++;
    }
    if (count < 2)
        return;
    assert_int_equal(
        sein_oprf_blind_evaluate(&dealt->polynomial.coefficients[0], &blinded,
                                 1, &whole),
        SEIN_OK);
    assert_int_equal(
        sein_threshold_combine(indices, evaluated, count, &combined), SEIN_OK);
    assert_int_equal(sein_element_equal(&whole, &combined), count >= dealt->t);
}

static void
test_any_t_of_n(void **state)
{
    static struct dealt dealt;

    (void)state;
    deal(&dealt, 3);
    for (uint64_t choice = 0; choice < 64; choice += 2)
        check_choice(&dealt, choice);
    deal(&dealt, 2);
    for (uint64_t choice = 0; choice < 64; choice += 2)
        check_choice(&dealt, choice);
}

static void
test_what_is_not_combined(void **state)
{
    static struct dealt dealt;
    const uint64_t twice[] = { 1, 2, 1 };
    const uint64_t none[] = { 1, 0, 2 };
    const uint64_t beyond[] = { 1, SEIN_HOLDERS_MAX + 1, 2 };
    struct sein_element evaluated[3];
    struct sein_element out;

    (void)state;
    deal(&dealt, 3);
    for (size_t i = 0; i < 3; i++)
        evaluated[i] = dealt.commitments[i];
    assert_int_equal(sein_threshold_combine(twice, evaluated, 3, &out),
                     SEIN_ESHARES);
    assert_int_equal(sein_threshold_combine(none, evaluated, 3, &out),
                     SEIN_ERANGE);
    assert_int_equal(sein_threshold_combine(beyond, evaluated, 3, &out),
                     SEIN_ERANGE);
    assert_int_equal(sein_threshold_combine(twice, evaluated, 1, &out),
                     SEIN_ESHARES);
    assert_int_equal(sein_threshold_combine(twice, evaluated, 0, &out),
                     SEIN_ESHARES);
    assert_int_equal(
        sein_threshold_combine(twice, evaluated, SEIN_HOLDERS_MAX + 1, &out),
        SEIN_ERANGE);
}

static void
test_wrong_shares(void **state)
{
    static struct dealt dealt;
    static struct dealt other;
    struct sein_element public_key;
    const struct sein_scalar zero = sein_scalar_small(0);

    (void)state;
    deal(&dealt, 3);
    deal(&other, 3);
    for (uint64_t i = 1; i <= SEIN_HOLDERS_MAX; i++) {
        assert_int_equal(
            sein_share_check(dealt.commitments, 3, i, &dealt.shares[i]),
            SEIN_OK);
        assert_int_equal(
            sein_share_check(dealt.commitments, 3, i, &other.shares[i]),
            SEIN_ESHARE);
        assert_int_equal(
            sein_share_check(dealt.commitments, 2, i, &dealt.shares[i]),
            SEIN_ESHARE);
    }
    assert_int_equal(sein_share_check(dealt.commitments, 3, 1, &zero),
                     SEIN_ESHARE);
    assert_int_equal(sein_share_check(dealt.commitments, 3, 0, &zero),
                     SEIN_ERANGE);
    assert_int_equal(sein_share_public(dealt.commitments, 1, 1, &public_key),
                     SEIN_ERANGE);
    assert_int_equal(sein_share_public(dealt.commitments, SEIN_HOLDERS_MAX + 1,
                                       1, &public_key),
                     SEIN_ERANGE);
    assert_int_equal(sein_share_public(dealt.commitments, 3,
                                       SEIN_HOLDERS_MAX + 1, &public_key),
                     SEIN_ERANGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_shares),
        cmocka_unit_test(test_any_t_of_n),
        cmocka_unit_test(test_what_is_not_combined),
        cmocka_unit_test(test_wrong_shares),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
