/*
 * HKDF with SHA-256 (RFC 5869), which libsodium 1.0.18 does not have.
 *
 * Input comes in parts that are hashed one behind the other, so that nobody
 * has to copy secrets together first.  No allocation; what it computes on the
 * way is wiped.
 */
#ifndef SEIN_PROTO_BLIND_HKDF_H
#define SEIN_PROTO_BLIND_HKDF_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/error.h"

#define SEIN_HKDF_PRK_BYTES 32U
/** RFC 5869 section 2.3: at most 255 blocks of one hash. */
#define SEIN_HKDF_OUT_MAX ((size_t)255 * SEIN_HKDF_PRK_BYTES)

/**
 * sein_hkdf_extract - HMAC-SHA256(salt, parts one behind the other).
 *
 * salt     borrowed; may be empty, which stands for 32 zeros
 * parts    borrowed, part_count of them; the input keying material
 * out_prk  written; may not overlap the input
 *
 * Threads: safe.  Source: RFC 5869 section 2.2.
 */
void sein_hkdf_extract(struct sein_slice salt, const struct sein_slice *parts,
                       size_t part_count,
                       uint8_t out_prk[static SEIN_HKDF_PRK_BYTES]);

/**
 * sein_hkdf_expand - out_len bytes from a key and an info in parts.
 *
 * parts    borrowed, part_count of them; the info
 * out      written, out_len bytes; untouched on an error; may not overlap the
 *          input
 *
 * Errors:  SEIN_ETOOLONG out_len is above SEIN_HKDF_OUT_MAX.
 * Threads: safe.  Source: RFC 5869 section 2.3.
 */
SEIN_CHECKED enum sein_err
sein_hkdf_expand(const uint8_t prk[static SEIN_HKDF_PRK_BYTES],
                 const struct sein_slice *parts, size_t part_count,
                 uint8_t *out, size_t out_len);

#endif
