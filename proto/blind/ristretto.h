/*
 * ristretto255 (RFC 9496) with scalars and elements as types of their own, and
 * hashing to both (RFC 9380).
 *
 *  1. A struct sein_element holds a canonical encoding that is not the identity
 *     iff it came out of this module.
 *  2. A struct sein_scalar holds a canonical number below the group's order,
 *     not 0 where a function says so.
 * libsodium 1.0.18 accepts the identity and takes scalars that are not reduced;
 * what comes from outside is therefore read here and nowhere else.
 * Threads: all functions are safe.  Secret: arithmetic is constant-time.
 */
#ifndef SEIN_PROTO_BLIND_RISTRETTO_H
#define SEIN_PROTO_BLIND_RISTRETTO_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/bytes.h"
#include "proto/base/limits.h"

struct sein_scalar {
    uint8_t bytes[SEIN_SCALAR_BYTES]; /* little-endian */
};

struct sein_element {
    uint8_t bytes[SEIN_POINT_BYTES];
};

/** RFC 9380 section 5.3.3: a longer tag would have to be hashed first. */
#define SEIN_DST_MAX 255U
/** Hashed to an element or a scalar: twice the size of both. */
#define SEIN_UNIFORM_BYTES 64U

/**
 * sein_scalar_read - a scalar from outside.
 *
 * Errors:  SEIN_ESCALAR it is 0, or not below the group's order.
 * Source:  RFC 9497 section 2.1, DeserializeScalar.
 */
SEIN_CHECKED enum sein_err
sein_scalar_read(const uint8_t bytes[static SEIN_SCALAR_BYTES],
                 struct sein_scalar *out_scalar);

/** sein_scalar_random - uniform, not 0. */
void sein_scalar_random(struct sein_scalar *out_scalar);

/** sein_scalar_small - a small number, as an index is one. */
struct sein_scalar sein_scalar_small(uint64_t number);

/** Sums, differences and products; out may be an operand. */
void sein_scalar_add(const struct sein_scalar *a, const struct sein_scalar *b,
                     struct sein_scalar *out);
void sein_scalar_sub(const struct sein_scalar *a, const struct sein_scalar *b,
                     struct sein_scalar *out);
void sein_scalar_mul(const struct sein_scalar *a, const struct sein_scalar *b,
                     struct sein_scalar *out);
/** sein_scalar_invert - SEIN_ESCALAR of 0; out may be a. */
SEIN_CHECKED enum sein_err sein_scalar_invert(const struct sein_scalar *a,
                                              struct sein_scalar *out);

/**
 * sein_element_read - an element from outside.
 *
 * Errors:  SEIN_ELOWORDER it is the identity, or no canonical encoding.
 * Source:  RFC 9497 section 2.1, DeserializeElement; RFC 9496 section 4.3.1.
 */
SEIN_CHECKED enum sein_err
sein_element_read(const uint8_t bytes[static SEIN_POINT_BYTES],
                  struct sein_element *out_element);

/** sein_element_add, _mul, _base - a + b, scalar * a, scalar * generator; out
 *  may be an operand.
 *
 * Errors:  SEIN_ELOWORDER the result is the identity. */
SEIN_CHECKED enum sein_err sein_element_add(const struct sein_element *a,
                                            const struct sein_element *b,
                                            struct sein_element *out);
SEIN_CHECKED enum sein_err sein_element_mul(const struct sein_scalar *scalar,
                                            const struct sein_element *a,
                                            struct sein_element *out);
SEIN_CHECKED enum sein_err sein_element_base(const struct sein_scalar *scalar,
                                             struct sein_element *out);

/** sein_element_equal - in constant time. */
bool sein_element_equal(const struct sein_element *a,
                        const struct sein_element *b);

/**
 * sein_expand_message - expand_message_xmd with SHA-512.
 *
 * parts    borrowed, part_count of them: the message, one behind the other
 * dst      the domain separation tag, 1..SEIN_DST_MAX bytes
 * out      written, out_len bytes, 1..255 * 64
 *
 * Errors:  SEIN_ERANGE the tag or out_len is outside its bounds.
 * Source:  RFC 9380 section 5.3.1.
 */
SEIN_CHECKED enum sein_err sein_expand_message(const struct sein_slice *parts,
                                               size_t part_count,
                                               struct sein_slice dst,
                                               uint8_t *out, size_t out_len);

/** sein_hash_to_element - HashToGroup of RFC 9497 section 4.1 with that DST.
 *
 * Errors:  SEIN_ELOWORDER it comes out as the identity, which nobody has seen;
 *          SEIN_ERANGE the tag is empty or too long. */
SEIN_CHECKED enum sein_err sein_hash_to_element(const struct sein_slice *parts,
                                                size_t part_count,
                                                struct sein_slice dst,
                                                struct sein_element *out);

/** sein_hash_to_scalar - HashToScalar of RFC 9497 section 4.1 with that DST.
 *
 * Errors:  SEIN_ERANGE the tag is empty or too long. */
SEIN_CHECKED enum sein_err sein_hash_to_scalar(const struct sein_slice *parts,
                                               size_t part_count,
                                               struct sein_slice dst,
                                               struct sein_scalar *out);

#endif
