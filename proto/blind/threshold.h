/*
 * A key that nobody holds alone: Shamir shares over ristretto255, checked
 * against Feldman's commitments, and evaluations put together from t of them.
 *
 * The key is f(0) of a polynomial f of degree t - 1; share i is f(i), i from 1;
 * A[j] is coefficient j times the generator.
 * Threads: all functions are safe.
 * Source:  Feldman 1987; RFC 9591 appendix C (the same sharing).
 */
#ifndef SEIN_PROTO_BLIND_THRESHOLD_H
#define SEIN_PROTO_BLIND_THRESHOLD_H

#include "proto/blind/ristretto.h"

/**
 * sein_share_public - P_i, what the proofs of holder i are checked against.
 *
 * commitments  A[0..t-1], each out of sein_element_read
 * index    1..SEIN_HOLDERS_MAX
 *
 * Errors:  SEIN_ERANGE t or index; SEIN_ELOWORDER it comes out as the identity.
 * Cost:    t - 1 multiplications.
 */
SEIN_CHECKED enum sein_err
sein_share_public(const struct sein_element *commitments, size_t t,
                  uint64_t index, struct sein_element *out_public);

/** sein_share_check - SEIN_OK iff share is f(index) of those commitments.
 *
 * Errors:  SEIN_ESHARE it is not; SEIN_ERANGE t or index. */
SEIN_CHECKED enum sein_err
sein_share_check(const struct sein_element *commitments, size_t t,
                 uint64_t index, const struct sein_scalar *share);

/**
 * sein_threshold_combine - what the whole key would have answered.
 *
 * indices  t holders, all different, 1..SEIN_HOLDERS_MAX
 * evaluated  their answers for one blinded element, each verified, same order
 *
 * Errors:  SEIN_ESHARES t < 2 or an index twice; SEIN_ERANGE an index or t;
 *          SEIN_ELOWORDER the result is the identity.
 * Cost:    t multiplications and one inversion each.
 */
SEIN_CHECKED enum sein_err
sein_threshold_combine(const uint64_t *indices,
                       const struct sein_element *evaluated, size_t t,
                       struct sein_element *out_evaluated);

#endif
