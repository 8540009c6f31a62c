/*
 * Prekey statements: the X25519 keys that letters to a desk are sealed to.
 *
 * Threads: safe.  Source: PROTOCOL.md section 7.
 */
#ifndef SEIN_PROTO_TRUST_PREKEY_H
#define SEIN_PROTO_TRUST_PREKEY_H

#include "proto/trust/directory.h"

/** One statement, an array; views borrow its bytes. */
struct sein_prekey {
    uint64_t v;
    struct sein_slice desk;
    struct sein_prekey_id prekey_id;
    uint8_t pk[SEIN_KEY_BYTES];
    uint64_t seq;
    struct sein_hash prev;
    uint64_t not_before;
    uint64_t not_after;
    struct sein_key_id key_id;
};
extern const struct sein_schema sein_prekey_schema;

/**
 * sein_prekey_sign - encode and sign a statement.
 *
 * out_statement  written, at most SEIN_PREKEY_MAX bytes; out_len set
 * Errors:  SEIN_ERANGE a field outside its bounds, its life not 1 ms..30 days;
 *          SEIN_ETOOLONG; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err
sein_prekey_sign(const struct sein_prekey *prekey,
                 const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                 uint8_t *out_statement, size_t max, size_t *out_len,
                 uint8_t out_sig[static SEIN_SIG_BYTES]);

/**
 * sein_prekey_verify - decode a statement and check who signed it.
 *
 * The key must be in the directory, be allowed for the desk and have been
 * active at not_before or at now, and not be revoked.
 * Errors:  SEIN_ETOOLONG; SEIN_ESIG; SEIN_EKEY; SEIN_EREVOKED; SEIN_ERETIRED;
 * SEIN_ELEFT; SEIN_EDESK; SEIN_EDESKKEY; SEIN_ERANGE its life is not 1 ms..30
 *          days; SEIN_EVERSION; else those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
sein_prekey_verify(const struct sein_directory *dir,
                   struct sein_slice statement,
                   const uint8_t sig[static SEIN_SIG_BYTES], int64_t now_ms,
                   struct sein_prekey *out_prekey);

/** The newest statement known of a desk; seq 0 iff none. */
struct sein_prekey_mark {
    uint64_t seq;
    struct sein_hash hash;
};

/**
 * sein_prekey_follows - whether a statement may come after the newest known.
 *
 * The broker's rule.  Errors: SEIN_EEXIST the same seq and bytes;
 * SEIN_EPREKEYBACK a lower seq, or the same seq with other bytes;
 * SEIN_ECHAIN seq is one ahead and prev is not the mark's hash;
 * SEIN_ETIME not_before is more than 31 days ahead of now.
 */
SEIN_CHECKED enum sein_err
sein_prekey_follows(const struct sein_prekey_mark *mark,
                    const struct sein_prekey *prekey,
                    struct sein_slice statement, int64_t now_ms);

/**
 * sein_prekey_regress - whether what a broker serves as newest is older than,
 * or another than, what was seen before.  The sender's rule.
 *
 * Errors: SEIN_EPREKEYBACK.
 */
SEIN_CHECKED enum sein_err
sein_prekey_regress(const struct sein_prekey_mark *mark, uint64_t seq,
                    struct sein_slice statement);

#endif
