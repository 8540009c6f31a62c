#include "proto/blind/threshold.h"

#include <sodium.h>

enum sein_err
sein_share_public(const struct sein_element *commitments, size_t t,
                  uint64_t index, struct sein_element *out_public)
{
    struct sein_scalar at = sein_scalar_small(index);
    struct sein_element sum;
    enum sein_err err = SEIN_OK;

    if (t < SEIN_HOLDERS_MIN || t > SEIN_HOLDERS_MAX || index == 0 ||
        index > SEIN_HOLDERS_MAX)
        return SEIN_ERANGE;
    sum = commitments[t - 1];
    for (size_t j = t - 1; err == SEIN_OK && j > 0; j--) {
        err = sein_element_mul(&at, &sum, &sum);
        if (err == SEIN_OK)
            err = sein_element_add(&sum, &commitments[j - 1], &sum);
    }
    if (err == SEIN_OK)
        *out_public = sum;
    return err;
}

enum sein_err
sein_share_check(const struct sein_element *commitments, size_t t,
                 uint64_t index, const struct sein_scalar *share)
{
    struct sein_element expected;
    struct sein_element found;
    enum sein_err err = sein_share_public(commitments, t, index, &expected);

    if (err == SEIN_ERANGE)
        return err;
    if (err != SEIN_OK || sein_element_base(share, &found) != SEIN_OK ||
        !sein_element_equal(&expected, &found))
        return SEIN_ESHARE;
    return SEIN_OK;
}

static enum sein_err
check_indices(const uint64_t *indices, size_t t)
{
    uint64_t seen = 0;

    if (t < SEIN_HOLDERS_MIN)
        return SEIN_ESHARES;
    if (t > SEIN_HOLDERS_MAX)
        return SEIN_ERANGE;
    for (size_t i = 0; i < t; i++) {
        if (indices[i] == 0 || indices[i] > SEIN_HOLDERS_MAX)
            return SEIN_ERANGE;
        if ((seen & (UINT64_C(1) << indices[i])) != 0)
            return SEIN_ESHARES;
        seen |= UINT64_C(1) << indices[i];
    }
    return SEIN_OK;
}

/* Lagrange's coefficient of one index at 0: product of j / (j - i). */
static enum sein_err
coefficient(const uint64_t *indices, size_t t, size_t which,
            struct sein_scalar *out)
{
    struct sein_scalar own = sein_scalar_small(indices[which]);
    struct sein_scalar above = sein_scalar_small(1);
    struct sein_scalar below = sein_scalar_small(1);
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < t; i++) {
        struct sein_scalar other = sein_scalar_small(indices[i]);
        struct sein_scalar difference;

        if (i == which)
            continue;
        sein_scalar_sub(&other, &own, &difference);
        sein_scalar_mul(&above, &other, &above);
        sein_scalar_mul(&below, &difference, &below);
    }
    err = sein_scalar_invert(&below, &below);
    if (err == SEIN_OK)
        sein_scalar_mul(&above, &below, out);
    return err;
}

enum sein_err
sein_threshold_combine(const uint64_t *indices,
                       const struct sein_element *evaluated, size_t t,
                       struct sein_element *out_evaluated)
{
    struct sein_element sum = { { 0 } };
    enum sein_err err = check_indices(indices, t);

    for (size_t i = 0; err == SEIN_OK && i < t; i++) {
        struct sein_scalar lambda;
        struct sein_element term;

        err = coefficient(indices, t, i, &lambda);
        if (err == SEIN_OK)
            err = sein_element_mul(&lambda, &evaluated[i], &term);
        if (err == SEIN_OK && i > 0)
            err = sein_element_add(&sum, &term, &sum);
        else if (err == SEIN_OK)
            sum = term;
    }
    if (err == SEIN_OK)
        *out_evaluated = sum;
    sodium_memzero(&sum, sizeof sum);
    return err;
}
