#include "proto/blind/oprf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/vectors.h"

#define FIELD_MAX 256U
#define BATCH_MAX SEIN_EVAL_BATCH_MAX
#define VECTORS "tests/vectors/rfc9497-ristretto255.json"

/* A key as RFC 9497 section 3.2.1 derives it: the DST has no dash. */
#define DERIVE "DeriveKeyPairOPRFV1-\x01-ristretto255-SHA512"

struct batch {
    size_t count;
    struct sein_scalar blind[BATCH_MAX];
    struct sein_element blinded[BATCH_MAX];
    struct sein_element evaluated[BATCH_MAX];
    uint8_t input[BATCH_MAX][FIELD_MAX];
    size_t input_len[BATCH_MAX];
    uint8_t output[BATCH_MAX][SEIN_OPRF_OUTPUT_BYTES];
};

struct keys {
    struct sein_scalar secret;
    struct sein_element public_key;
};

/* Item number at of a field with commas; its length in bytes. */
static size_t
item_of(const json_t *row, const char *name, size_t at, uint8_t *out)
{
    struct sein_slice text = vectors_text(row, name);
    size_t from = 0;
    size_t to = 0;

    for (;;) {
        to = from;
        while (to < text.len && text.at[to] != ',')
            to++;
        if (at == 0)
            break;
        assert_true(to < text.len);
        from = to + 1;
        at--;
    }
    assert_true((to - from) / 2 <= SEIN_UNHEX_MAX);
    assert_int_equal(sein_unhex(sein_slice_of(text.at + from, to - from), out,
                                (to - from) / 2),
                     SEIN_OK);
    return (to - from) / 2;
}

static void
read_batch(const json_t *row, struct batch *batch)
{
    batch->count = (size_t)json_integer_value(json_object_get(row, "Batch"));
    for (size_t i = 0; i < batch->count; i++) {
        uint8_t bytes[FIELD_MAX];

        batch->input_len[i] = item_of(row, "Input", i, batch->input[i]);
        (void)item_of(row, "Output", i, batch->output[i]);
        (void)item_of(row, "Blind", i, bytes);
        assert_int_equal(sein_scalar_read(bytes, &batch->blind[i]), SEIN_OK);
        (void)item_of(row, "BlindedElement", i, bytes);
        assert_int_equal(sein_element_read(bytes, &batch->blinded[i]), SEIN_OK);
        (void)item_of(row, "EvaluationElement", i, bytes);
        assert_int_equal(sein_element_read(bytes, &batch->evaluated[i]),
                         SEIN_OK);
    }
}

static struct keys
read_keys(const json_t *suite)
{
    static const uint8_t info_len[] = { 0, 8 };
    static const uint8_t counter = 0;
    struct keys keys;
    uint8_t seed[32];
    uint8_t info[8];
    uint8_t known[32];
    const struct sein_slice parts[] = {
        vectors_hex(suite, "seed", seed, sizeof seed),
        sein_slice_of(info_len, sizeof info_len),
        vectors_hex(suite, "keyInfo", info, sizeof info),
        sein_slice_of(&counter, sizeof counter),
    };

    assert_int_equal(sein_hash_to_scalar(parts, 4,
                                         sein_slice_of((const uint8_t *)DERIVE,
                                                       sizeof DERIVE - 1),
                                         &keys.secret),
                     SEIN_OK);
    (void)vectors_hex(suite, "skSm", known, sizeof known);
    assert_memory_equal(keys.secret.bytes, known, sizeof known);
    assert_int_equal(sein_element_base(&keys.secret, &keys.public_key),
                     SEIN_OK);
    (void)vectors_hex(suite, "pkSm", known, sizeof known);
    assert_memory_equal(keys.public_key.bytes, known, sizeof known);
    return keys;
}

static void
check_proof(const json_t *row, const struct keys *keys,
            const struct batch *batch)
{
    const json_t *proof = json_object_get(row, "Proof");
    uint8_t bytes[SEIN_PROOF_BYTES];
    struct sein_scalar nonce;
    struct sein_proof made;

    (void)vectors_hex(proof, "r", bytes, sizeof bytes);
    assert_int_equal(sein_scalar_read(bytes, &nonce), SEIN_OK);
    assert_int_equal(sein_oprf_generate_proof(&keys->secret, &keys->public_key,
                                              batch->blinded, batch->evaluated,
                                              batch->count, &nonce, &made),
                     SEIN_OK);
    (void)vectors_hex(proof, "proof", bytes, sizeof bytes);
    assert_memory_equal(made.bytes, bytes, sizeof bytes);
    assert_int_equal(sein_oprf_verify_proof(&keys->public_key, batch->blinded,
                                            batch->evaluated, batch->count,
                                            &made),
                     SEIN_OK);
}

static void
check_vector(const json_t *row, const struct keys *keys)
{
    static struct batch batch;
    struct sein_element evaluated[BATCH_MAX];

    read_batch(row, &batch);
    assert_int_equal(sein_oprf_blind_evaluate(&keys->secret, batch.blinded,
                                              batch.count, evaluated),
                     SEIN_OK);
    for (size_t i = 0; i < batch.count; i++) {
        struct sein_slice input =
            sein_slice_of(batch.input[i], batch.input_len[i]);
        struct sein_scalar blind;
        struct sein_element blinded;
        uint8_t output[SEIN_OPRF_OUTPUT_BYTES];

        assert_int_equal(
            sein_oprf_blind(input, &batch.blind[i], &blind, &blinded), SEIN_OK);
        assert_true(sein_element_equal(&blinded, &batch.blinded[i]));
        assert_true(sein_element_equal(&evaluated[i], &batch.evaluated[i]));
        assert_int_equal(
            sein_oprf_finalize(input, &blind, &evaluated[i], output), SEIN_OK);
        assert_memory_equal(output, batch.output[i], sizeof output);
    }
    check_proof(row, keys, &batch);
}

/* The suite of mode 1; the document lives as long as the test. */
static const json_t *
voprf(json_t **out_document)
{
    const json_t *suites = NULL;

    *out_document = vectors_load(VECTORS);
    suites = vectors_array(*out_document, "suites");
    for (size_t i = 0; i < json_array_size(suites); i++) {
        const json_t *suite = json_array_get(suites, i);

        if (json_integer_value(json_object_get(suite, "mode")) == 1)
            return suite;
    }
    fail_msg("no mode 1 in %s", VECTORS);
    return NULL;
}

static void
test_published_vectors(void **state)
{
    json_t *document = NULL;
    const json_t *suite = voprf(&document);
    const json_t *rows = vectors_array(suite, "vectors");
    struct keys keys = read_keys(suite);

    (void)state;
    assert_int_equal(json_array_size(rows), 3);
    for (size_t i = 0; i < json_array_size(rows); i++)
        check_vector(json_array_get(rows, i), &keys);
    json_decref(document);
}

static struct keys
new_keys(void)
{
    struct keys keys;

    sein_scalar_random(&keys.secret);
    assert_int_equal(sein_element_base(&keys.secret, &keys.public_key),
                     SEIN_OK);
    return keys;
}

static void
fill_batch(struct batch *batch, size_t count, const struct keys *keys)
{
    batch->count = count;
    for (size_t i = 0; i < count; i++) {
        batch->input[i][0] = (uint8_t)i;
        batch->input_len[i] = 1;
        assert_int_equal(sein_oprf_blind(sein_slice_of(batch->input[i], 1),
                                         NULL, &batch->blind[i],
                                         &batch->blinded[i]),
                         SEIN_OK);
    }
    assert_int_equal(sein_oprf_blind_evaluate(&keys->secret, batch->blinded,
                                              count, batch->evaluated),
                     SEIN_OK);
}

static enum sein_err
verify(const struct keys *keys, const struct batch *batch,
       const struct sein_proof *proof)
{
    return sein_oprf_verify_proof(&keys->public_key, batch->blinded,
                                  batch->evaluated, batch->count, proof);
}

static void
prove(const struct keys *keys, const struct batch *batch,
      struct sein_proof *proof)
{
    assert_int_equal(sein_oprf_generate_proof(&keys->secret, &keys->public_key,
                                              batch->blinded, batch->evaluated,
                                              batch->count, NULL, proof),
                     SEIN_OK);
}

static void
test_a_full_batch(void **state)
{
    static struct batch batch;
    struct keys keys = new_keys();
    struct sein_proof proof;

    (void)state;
    fill_batch(&batch, BATCH_MAX, &keys);
    prove(&keys, &batch, &proof);
    assert_int_equal(verify(&keys, &batch, &proof), SEIN_OK);
    for (size_t i = 0; i < BATCH_MAX; i++) {
        struct sein_slice input = sein_slice_of(batch.input[i], 1);
        uint8_t output[SEIN_OPRF_OUTPUT_BYTES];
        uint8_t again[SEIN_OPRF_OUTPUT_BYTES];
        struct sein_scalar blind;
        struct sein_element blinded;
        struct sein_element evaluated;

        /* Another blind gives another question and the same answer. */
        assert_int_equal(sein_oprf_finalize(input, &batch.blind[i],
                                            &batch.evaluated[i], output),
                         SEIN_OK);
        assert_int_equal(sein_oprf_blind(input, NULL, &blind, &blinded),
                         SEIN_OK);
        assert_false(sein_element_equal(&blinded, &batch.blinded[i]));
        assert_int_equal(
            sein_oprf_blind_evaluate(&keys.secret, &blinded, 1, &evaluated),
            SEIN_OK);
        assert_int_equal(sein_oprf_finalize(input, &blind, &evaluated, again),
                         SEIN_OK);
        assert_memory_equal(output, again, sizeof output);
    }
    batch.count = BATCH_MAX + 1;
    assert_int_equal(verify(&keys, &batch, &proof), SEIN_ERANGE);
    batch.count = 0;
    assert_int_equal(verify(&keys, &batch, &proof), SEIN_ERANGE);
}

static void
test_each_fault_in_a_proof(void **state)
{
    static struct batch batch;
    struct keys keys = new_keys();
    struct keys other = new_keys();
    struct sein_proof proof;
    struct sein_proof bent;
    struct sein_element kept;

    (void)state;
    fill_batch(&batch, 3, &keys);
    prove(&keys, &batch, &proof);
    assert_int_equal(verify(&keys, &batch, &proof), SEIN_OK);
    assert_int_equal(verify(&other, &batch, &proof), SEIN_EDLEQ);
    for (size_t i = 0; i < sizeof proof.bytes; i++) {
        bent = proof;
        bent.bytes[i] ^= 1;
        assert_int_equal(verify(&keys, &batch, &bent), SEIN_EDLEQ);
    }
    memset(&bent, 0, sizeof bent);
    assert_int_equal(verify(&keys, &batch, &bent), SEIN_EDLEQ);
    memset(&bent, 0xff, sizeof bent);
    assert_int_equal(verify(&keys, &batch, &bent), SEIN_EDLEQ);
    /* One answer with another key, two answers swapped, a shorter batch. */
    kept = batch.evaluated[1];
    assert_int_equal(
        sein_element_mul(&other.secret, &batch.blinded[1], &batch.evaluated[1]),
        SEIN_OK);
    assert_int_equal(verify(&keys, &batch, &proof), SEIN_EDLEQ);
    batch.evaluated[1] = batch.evaluated[0];
    batch.evaluated[0] = kept;
    assert_int_equal(verify(&keys, &batch, &proof), SEIN_EDLEQ);
    batch.evaluated[0] = batch.evaluated[1];
    batch.evaluated[1] = kept;
    assert_int_equal(verify(&keys, &batch, &proof), SEIN_OK);
    batch.count = 2;
    assert_int_equal(verify(&keys, &batch, &proof), SEIN_EDLEQ);
}

static void
test_bounds(void **state)
{
    static const uint8_t input[0x10000];
    const struct sein_scalar zero = sein_scalar_small(0);
    uint8_t output[SEIN_OPRF_OUTPUT_BYTES];
    struct sein_scalar blind;
    struct sein_element blinded;

    (void)state;
    assert_int_equal(sein_oprf_blind(sein_slice_of(input, sizeof input), NULL,
                                     &blind, &blinded),
                     SEIN_ETOOLONG);
    assert_int_equal(
        sein_oprf_blind(sein_slice_of(input, 0xffff), NULL, &blind, &blinded),
        SEIN_OK);
    assert_int_equal(sein_oprf_finalize(sein_slice_of(input, sizeof input),
                                        &blind, &blinded, output),
                     SEIN_ETOOLONG);
    assert_int_equal(
        sein_oprf_finalize(sein_slice_of(input, 1), &zero, &blinded, output),
        SEIN_ESCALAR);
    assert_int_equal(
        sein_oprf_blind(sein_slice_of(input, 1), &zero, &blind, &blinded),
        SEIN_ELOWORDER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_a_full_batch),
        cmocka_unit_test(test_each_fault_in_a_proof),
        cmocka_unit_test(test_bounds),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
