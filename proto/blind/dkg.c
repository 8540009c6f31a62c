#include "proto/blind/dkg.h"

#include <string.h>

#include <sodium.h>

#define POSSESSION_DST "seinhuis/1/dkg-possession"
#define NONCE_DST "seinhuis/1/dkg-nonce"

/* c = H(context || index || A[0] || R) */
static enum sein_err
challenge_of(const struct sein_hash *context, uint64_t index,
             const struct sein_element *key, const struct sein_element *nonce,
             struct sein_scalar *out)
{
    const uint8_t number = (uint8_t)index;
    const struct sein_slice parts[] = {
        sein_slice_of(context->bytes, sizeof context->bytes),
        sein_slice_of(&number, sizeof number),
        sein_slice_of(key->bytes, SEIN_POINT_BYTES),
        sein_slice_of(nonce->bytes, SEIN_POINT_BYTES),
    };

    return sein_hash_to_scalar(parts, sizeof parts / sizeof parts[0],
                               sein_slice_text(POSSESSION_DST), out);
}

/* Made from the secret, so that who begins again after a restart says the same
 * once more: two proofs would look like two stories. */
static enum sein_err
nonce_of(const struct sein_dkg_polynomial *polynomial,
         const struct sein_hash *context, uint64_t index,
         struct sein_scalar *out)
{
    const uint8_t number = (uint8_t)index;
    const struct sein_slice parts[] = {
        sein_slice_of(polynomial->coefficients[0].bytes, SEIN_SCALAR_BYTES),
        sein_slice_of(context->bytes, sizeof context->bytes),
        sein_slice_of(&number, sizeof number),
    };

    return sein_hash_to_scalar(parts, sizeof parts / sizeof parts[0],
                               sein_slice_text(NONCE_DST), out);
}

static enum sein_err
prove(const struct sein_dkg_polynomial *polynomial,
      const struct sein_hash *context, uint64_t index,
      const struct sein_element *key, struct sein_dkg_possession *out)
{
    struct sein_scalar random;
    struct sein_scalar c;
    struct sein_scalar s;
    struct sein_element nonce;
    enum sein_err err = nonce_of(polynomial, context, index, &random);

    if (err == SEIN_OK)
        err = sein_element_base(&random, &nonce);
    if (err == SEIN_OK)
        err = challenge_of(context, index, key, &nonce, &c);
    if (err == SEIN_OK) {
        sein_scalar_mul(&c, &polynomial->coefficients[0], &s);
        sein_scalar_add(&random, &s, &s);
        memcpy(out->bytes, nonce.bytes, SEIN_POINT_BYTES);
        memcpy(out->bytes + SEIN_POINT_BYTES, s.bytes, SEIN_SCALAR_BYTES);
        sodium_memzero(&s, sizeof s);
    }
    sodium_memzero(&random, sizeof random);
    return err;
}

static enum sein_err
check_range(size_t t, uint64_t index)
{
    return t < SEIN_HOLDERS_MIN || t > SEIN_HOLDERS_MAX || index == 0 ||
                   index > SEIN_HOLDERS_MAX
               ? SEIN_ERANGE
               : SEIN_OK;
}

enum sein_err
sein_dkg_commit(const struct sein_dkg_polynomial *polynomial,
                const struct sein_hash *context, uint64_t index,
                struct sein_dkg_public *out_public)
{
    struct sein_dkg_public made = { .t = polynomial->t };
    enum sein_err err = check_range(polynomial->t, index);

    for (size_t j = 0; err == SEIN_OK && j < polynomial->t; j++)
        err = sein_element_base(&polynomial->coefficients[j],
                                &made.commitments[j]);
    if (err == SEIN_OK)
        err = prove(polynomial, context, index, &made.commitments[0],
                    &made.possession);
    if (err == SEIN_OK)
        *out_public = made;
    return err;
}

enum sein_err
sein_dkg_begin(size_t t, const struct sein_hash *context, uint64_t index,
               struct sein_dkg_polynomial *out_polynomial,
               struct sein_dkg_public *out_public)
{
    enum sein_err err = check_range(t, index);

    if (err != SEIN_OK)
        return err;
    memset(out_polynomial, 0, sizeof *out_polynomial);
    out_polynomial->t = t;
    for (size_t j = 0; j < t; j++)
        sein_scalar_random(&out_polynomial->coefficients[j]);
    return sein_dkg_commit(out_polynomial, context, index, out_public);
}

void
sein_dkg_share(const struct sein_dkg_polynomial *polynomial, uint64_t index,
               struct sein_scalar *out_share)
{
    struct sein_scalar at = sein_scalar_small(index);
    struct sein_scalar sum = polynomial->coefficients[polynomial->t - 1];

    for (size_t j = polynomial->t - 1; j > 0; j--) {
        sein_scalar_mul(&at, &sum, &sum);
        sein_scalar_add(&sum, &polynomial->coefficients[j - 1], &sum);
    }
    *out_share = sum;
    sodium_memzero(&sum, sizeof sum);
}

/* s G = R + c A[0] */
enum sein_err
sein_dkg_check(const struct sein_dkg_public *made,
               const struct sein_hash *context, uint64_t index)
{
    struct sein_element nonce;
    struct sein_element left;
    struct sein_element right;
    struct sein_scalar s;
    struct sein_scalar c;
    enum sein_err err = check_range(made->t, index);

    if (err != SEIN_OK)
        return err;
    err = sein_element_read(made->possession.bytes, &nonce);
    if (err == SEIN_OK)
        err = sein_scalar_read(made->possession.bytes + SEIN_POINT_BYTES, &s);
    if (err == SEIN_OK)
        err = challenge_of(context, index, &made->commitments[0], &nonce, &c);
    if (err == SEIN_OK)
        err = sein_element_mul(&c, &made->commitments[0], &right);
    if (err == SEIN_OK)
        err = sein_element_add(&right, &nonce, &right);
    if (err == SEIN_OK)
        err = sein_element_base(&s, &left);
    return err == SEIN_OK && sein_element_equal(&left, &right) ? SEIN_OK
                                                               : SEIN_ESHARE;
}

enum sein_err
sein_dkg_sum(const struct sein_dkg_public *publics, size_t n,
             struct sein_element *out_commitments)
{
    enum sein_err err = SEIN_OK;

    if (n < SEIN_HOLDERS_MIN || n > SEIN_HOLDERS_MAX ||
        publics[0].t < SEIN_HOLDERS_MIN || publics[0].t > n)
        return SEIN_ERANGE;
    for (size_t i = 0; err == SEIN_OK && i < n; i++) {
        if (publics[i].t != publics[0].t)
            return SEIN_ERANGE;
        for (size_t j = 0; err == SEIN_OK && j < publics[i].t; j++) {
            if (i == 0)
                out_commitments[j] = publics[i].commitments[j];
            else
                err = sein_element_add(&out_commitments[j],
                                       &publics[i].commitments[j],
                                       &out_commitments[j]);
        }
    }
    return err;
}

void
sein_dkg_forget(struct sein_dkg_polynomial *polynomial)
{
    sodium_memzero(polynomial, sizeof *polynomial);
}
