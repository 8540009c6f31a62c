/*
 * Making a shared key without a dealer: each holder shares a random number of
 * its own, and the key is the sum that nobody ever holds.
 *
 * This is the arithmetic; the rounds travel as sealed letters (PROTOCOL.md
 * section 19), and a signed letter that does not hold here names its maker.
 *  1. A share of the key exists iff every holder's commitments, proof and share
 *     were found right.
 * Threads: safe on distinct objects.
 * Source:  Pedersen 1991 with the proofs of possession of RFC 9591 and
 *          c2sp.org/cocktail-dkg against rogue keys.
 */
#ifndef SEIN_PROTO_BLIND_DKG_H
#define SEIN_PROTO_BLIND_DKG_H

#include "proto/base/ids.h"
#include "proto/blind/threshold.h"

/** One holder's secret polynomial; wipe with sein_dkg_forget. */
struct sein_dkg_polynomial {
    size_t t;
    struct sein_scalar coefficients[SEIN_HOLDERS_MAX];
};

/** A Schnorr proof that its maker knows the number behind A[0]: R, then s. */
struct sein_dkg_possession {
    uint8_t bytes[SEIN_POINT_BYTES + SEIN_SCALAR_BYTES];
};

/** What one holder contributes, in the open. */
struct sein_dkg_public {
    size_t t;
    struct sein_element commitments[SEIN_HOLDERS_MAX];
    struct sein_dkg_possession possession;
};

/**
 * sein_dkg_begin - a random polynomial with its commitments and proof.
 *
 * t        SEIN_HOLDERS_MIN..SEIN_HOLDERS_MAX
 * context  hash of the ceremony: a proof is worth nothing in another
 * index    of this holder, 1..SEIN_HOLDERS_MAX
 *
 * Errors:  SEIN_ERANGE t or index; SEIN_ELOWORDER.
 */
SEIN_CHECKED enum sein_err
sein_dkg_begin(size_t t, const struct sein_hash *context, uint64_t index,
               struct sein_dkg_polynomial *out_polynomial,
               struct sein_dkg_public *out_public);

/** sein_dkg_commit - the same for a polynomial that is there: once more the
 *  same commitments and proof. */
SEIN_CHECKED enum sein_err
sein_dkg_commit(const struct sein_dkg_polynomial *polynomial,
                const struct sein_hash *context, uint64_t index,
                struct sein_dkg_public *out_public);

/** sein_dkg_share - f(index), what holder index gets, sealed to it alone. */
void sein_dkg_share(const struct sein_dkg_polynomial *polynomial,
                    uint64_t index, struct sein_scalar *out_share);

/**
 * sein_dkg_check - whether a holder's open part holds.
 *
 * commitments are out of sein_element_read; a wrong number of them is found
 * where they are decoded.
 * Errors:  SEIN_ERANGE t or index; SEIN_ESHARE the proof does not verify.
 */
SEIN_CHECKED enum sein_err sein_dkg_check(const struct sein_dkg_public *made,
                                          const struct sein_hash *context,
                                          uint64_t index);

/**
 * sein_dkg_sum - the key's commitments out of those of all holders.
 *
 * publics  n of them, all with the same t
 * Errors:  SEIN_ERANGE n, or t differs; SEIN_ELOWORDER a sum is the identity:
 *          the holders must begin again.
 */
SEIN_CHECKED enum sein_err sein_dkg_sum(const struct sein_dkg_public *publics,
                                        size_t n,
                                        struct sein_element *out_commitments);

/** sein_dkg_forget - wipe a polynomial. */
void sein_dkg_forget(struct sein_dkg_polynomial *polynomial);

#endif
