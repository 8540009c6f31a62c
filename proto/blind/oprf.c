#include "proto/blind/oprf.h"

#include <string.h>

#include <sodium.h>

/* contextString of RFC 9497 section 3.1, mode 1.  The byte of the mode is why
 * these are not plain texts. */
#define CONTEXT "OPRFV1-\x01-ristretto255-SHA512"
#define DST(name) \
    sein_slice_of((const uint8_t *)(name CONTEXT), sizeof(name CONTEXT) - 1)
#define DST_GROUP DST("HashToGroup-")
#define DST_SCALAR DST("HashToScalar-")
#define DST_SEED DST("Seed-")
#define INPUT_MAX 0xffffU
#define LEN_BYTES 2U

static void
put_len(uint8_t out[static LEN_BYTES], size_t len)
{
    out[0] = (uint8_t)(len >> 8);
    out[1] = (uint8_t)len;
}

static struct sein_slice
slice_of_element(const struct sein_element *element)
{
    return sein_slice_of(element->bytes, SEIN_POINT_BYTES);
}

enum sein_err
sein_oprf_blind(struct sein_slice input, const struct sein_scalar *blind,
                struct sein_scalar *out_blind, struct sein_element *out_blinded)
{
    struct sein_element element;
    struct sein_scalar used;
    enum sein_err err = SEIN_OK;

    if (input.len > INPUT_MAX)
        return SEIN_ETOOLONG;
    if (blind != NULL)
        used = *blind;
    else
        sein_scalar_random(&used);
    err = sein_hash_to_element(&input, 1, DST_GROUP, &element);
    if (err == SEIN_OK)
        err = sein_element_mul(&used, &element, out_blinded);
    if (err == SEIN_OK)
        *out_blind = used;
    sodium_memzero(&element, sizeof element);
    sodium_memzero(&used, sizeof used);
    return err;
}

enum sein_err
sein_oprf_blind_evaluate(const struct sein_scalar *secret,
                         const struct sein_element *blinded, size_t count,
                         struct sein_element *out_evaluated)
{
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < count; i++)
        err = sein_element_mul(secret, &blinded[i], &out_evaluated[i]);
    return err;
}

/* The seed that binds the weights of a batch to the public key. */
static void
seed_of(const struct sein_element *public_key,
        uint8_t out_seed[static crypto_hash_sha512_BYTES])
{
    struct sein_slice dst = DST_SEED;
    crypto_hash_sha512_state hash;
    uint8_t len[LEN_BYTES];

    (void)crypto_hash_sha512_init(&hash);
    put_len(len, SEIN_POINT_BYTES);
    (void)crypto_hash_sha512_update(&hash, len, sizeof len);
    (void)crypto_hash_sha512_update(&hash, public_key->bytes, SEIN_POINT_BYTES);
    put_len(len, dst.len);
    (void)crypto_hash_sha512_update(&hash, len, sizeof len);
    (void)crypto_hash_sha512_update(&hash, dst.at, dst.len);
    (void)crypto_hash_sha512_final(&hash, out_seed);
}

/* d_i of RFC 9497 section 2.2.1. */
static enum sein_err
weight_of(const uint8_t seed[static crypto_hash_sha512_BYTES], size_t index,
          const struct sein_element *blinded,
          const struct sein_element *evaluated, struct sein_scalar *out)
{
    uint8_t seed_len[LEN_BYTES];
    uint8_t number[LEN_BYTES];
    uint8_t len[LEN_BYTES];
    const struct sein_slice parts[] = {
        sein_slice_of(seed_len, sizeof seed_len),
        sein_slice_of(seed, crypto_hash_sha512_BYTES),
        sein_slice_of(number, sizeof number),
        sein_slice_of(len, sizeof len),
        slice_of_element(blinded),
        sein_slice_of(len, sizeof len),
        slice_of_element(evaluated),
        sein_slice_text("Composite"),
    };

    put_len(seed_len, crypto_hash_sha512_BYTES);
    put_len(number, index);
    put_len(len, SEIN_POINT_BYTES);
    return sein_hash_to_scalar(parts, sizeof parts / sizeof parts[0],
                               DST_SCALAR, out);
}

/* total += weight * element; the first term begins the sum. */
static enum sein_err
add_weighted(const struct sein_scalar *weight,
             const struct sein_element *element, bool first,
             struct sein_element *total)
{
    struct sein_element term;
    enum sein_err err = sein_element_mul(weight, element, &term);

    if (err != SEIN_OK)
        return err;
    if (!first)
        return sein_element_add(total, &term, total);
    *total = term;
    return SEIN_OK;
}

/* M = sum of d_i C_i, and Z = sum of d_i D_i unless out_z is NULL. */
static enum sein_err
composites(const struct sein_element *public_key,
           const struct sein_element *blinded,
           const struct sein_element *evaluated, size_t count,
           struct sein_element *out_m, struct sein_element *out_z)
{
    uint8_t seed[crypto_hash_sha512_BYTES];
    enum sein_err err = SEIN_OK;

    if (count == 0 || count > SEIN_EVAL_BATCH_MAX)
        return SEIN_ERANGE;
    seed_of(public_key, seed);
    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        struct sein_scalar weight;

        err = weight_of(seed, i, &blinded[i], &evaluated[i], &weight);
        if (err == SEIN_OK)
            err = add_weighted(&weight, &blinded[i], i == 0, out_m);
        if (err == SEIN_OK && out_z != NULL)
            err = add_weighted(&weight, &evaluated[i], i == 0, out_z);
    }
    return err;
}

/* What both sides of a proof hash: B, M, Z, t2, t3. */
static enum sein_err
challenge_of(const struct sein_element elements[static 5],
             struct sein_scalar *out)
{
    uint8_t len[LEN_BYTES];
    struct sein_slice parts[11];

    put_len(len, SEIN_POINT_BYTES);
    for (size_t i = 0; i < 5; i++) {
        parts[2 * i] = sein_slice_of(len, sizeof len);
        parts[2 * i + 1] = slice_of_element(&elements[i]);
    }
    parts[10] = sein_slice_text("Challenge");
    return sein_hash_to_scalar(parts, sizeof parts / sizeof parts[0],
                               DST_SCALAR, out);
}

enum sein_err
sein_oprf_generate_proof(const struct sein_scalar *secret,
                         const struct sein_element *public_key,
                         const struct sein_element *blinded,
                         const struct sein_element *evaluated, size_t count,
                         const struct sein_scalar *nonce,
                         struct sein_proof *out_proof)
{
    struct sein_element hashed[5] = { *public_key };
    struct sein_scalar random;
    struct sein_scalar c;
    struct sein_scalar s;
    enum sein_err err = SEIN_OK;

    if (nonce != NULL)
        random = *nonce;
    else
        sein_scalar_random(&random);
    err = composites(public_key, blinded, evaluated, count, &hashed[1], NULL);
    if (err == SEIN_OK)
        err = sein_element_mul(secret, &hashed[1], &hashed[2]);
    if (err == SEIN_OK)
        err = sein_element_base(&random, &hashed[3]);
    if (err == SEIN_OK)
        err = sein_element_mul(&random, &hashed[1], &hashed[4]);
    if (err == SEIN_OK)
        err = challenge_of(hashed, &c);
    if (err == SEIN_OK) {
        sein_scalar_mul(&c, secret, &s);
        sein_scalar_sub(&random, &s, &s);
        memcpy(out_proof->bytes, c.bytes, SEIN_SCALAR_BYTES);
        memcpy(out_proof->bytes + SEIN_SCALAR_BYTES, s.bytes,
               SEIN_SCALAR_BYTES);
        sodium_memzero(&s, sizeof s);
    }
    sodium_memzero(&random, sizeof random);
    return err;
}

/* out = s * a + c * b. */
static enum sein_err
two_terms(const struct sein_scalar *s, const struct sein_element *a,
          const struct sein_scalar *c, const struct sein_element *b,
          struct sein_element *out)
{
    struct sein_element right;
    enum sein_err err = SEIN_OK;

    if (a == NULL)
        err = sein_element_base(s, out);
    else
        err = sein_element_mul(s, a, out);
    if (err == SEIN_OK)
        err = sein_element_mul(c, b, &right);
    if (err == SEIN_OK)
        err = sein_element_add(out, &right, out);
    return err;
}

static enum sein_err
verify(const struct sein_element *public_key,
       const struct sein_element *blinded, const struct sein_element *evaluated,
       size_t count, const struct sein_proof *proof)
{
    struct sein_element hashed[5] = { *public_key };
    struct sein_scalar c;
    struct sein_scalar s;
    struct sein_scalar expected;
    enum sein_err err = sein_scalar_read(proof->bytes, &c);

    if (err == SEIN_OK)
        err = sein_scalar_read(proof->bytes + SEIN_SCALAR_BYTES, &s);
    if (err == SEIN_OK)
        err = composites(public_key, blinded, evaluated, count, &hashed[1],
                         &hashed[2]);
    if (err == SEIN_OK)
        err = two_terms(&s, NULL, &c, public_key, &hashed[3]);
    if (err == SEIN_OK)
        err = two_terms(&s, &hashed[1], &c, &hashed[2], &hashed[4]);
    if (err == SEIN_OK)
        err = challenge_of(hashed, &expected);
    if (err != SEIN_OK)
        return err;
    return sodium_memcmp(expected.bytes, c.bytes, SEIN_SCALAR_BYTES) == 0
               ? SEIN_OK
               : SEIN_EDLEQ;
}

enum sein_err
sein_oprf_verify_proof(const struct sein_element *public_key,
                       const struct sein_element *blinded,
                       const struct sein_element *evaluated, size_t count,
                       const struct sein_proof *proof)
{
    enum sein_err err = verify(public_key, blinded, evaluated, count, proof);

    return err == SEIN_OK || err == SEIN_ERANGE ? err : SEIN_EDLEQ;
}

static void
hash_lp(crypto_hash_sha512_state *hash, struct sein_slice bytes)
{
    uint8_t len[LEN_BYTES];

    put_len(len, bytes.len);
    (void)crypto_hash_sha512_update(hash, len, sizeof len);
    if (bytes.len > 0)
        (void)crypto_hash_sha512_update(hash, bytes.at, bytes.len);
}

enum sein_err
sein_oprf_finalize(struct sein_slice input, const struct sein_scalar *blind,
                   const struct sein_element *evaluated,
                   uint8_t out_output[static SEIN_OPRF_OUTPUT_BYTES])
{
    struct sein_slice end = sein_slice_text("Finalize");
    crypto_hash_sha512_state hash;
    struct sein_scalar inverse;
    struct sein_element element;
    enum sein_err err = SEIN_OK;

    if (input.len > INPUT_MAX)
        return SEIN_ETOOLONG;
    err = sein_scalar_invert(blind, &inverse);
    if (err == SEIN_OK)
        err = sein_element_mul(&inverse, evaluated, &element);
    if (err == SEIN_OK) {
        (void)crypto_hash_sha512_init(&hash);
        hash_lp(&hash, input);
        hash_lp(&hash, slice_of_element(&element));
        (void)crypto_hash_sha512_update(&hash, end.at, end.len);
        (void)crypto_hash_sha512_final(&hash, out_output);
        sodium_memzero(&hash, sizeof hash);
    }
    sodium_memzero(&inverse, sizeof inverse);
    sodium_memzero(&element, sizeof element);
    return err;
}
