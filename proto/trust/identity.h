/*
 * Signatures, MACs and hashes of the suite, each bound to what it is for.
 *
 * A signature covers "seinhuis/1/" || type || 0x00 || the bytes as they travel:
 * verify first, decode after, never encode again to verify.
 * Threads: all functions are safe; sodium_init must have been called.
 * Source:  PROTOCOL.md section 5; RFC 8032 (Ed25519), RFC 2104 (HMAC).
 */
#ifndef SEIN_PROTO_TRUST_IDENTITY_H
#define SEIN_PROTO_TRUST_IDENTITY_H

#include "proto/base/ids.h"

/* What a signature is for; each has its own text in the signed bytes. */
enum sein_sig_type {
    SEIN_SIG_DIR,
    SEIN_SIG_PREKEY,
    SEIN_SIG_LETTER,
    SEIN_SIG_HEAD,
    SEIN_SIG_JOIN,
    SEIN_SIG_BROKER,
    SEIN_SIG_PRESENCE,
    SEIN_SIG_EVAL_REQ,
    SEIN_SIG_EVAL_RESP,
    SEIN_SIG_EPOCH,
    SEIN_SIG_PACK,
    SEIN_SIG_REGIE,
    SEIN_SIG_REGIE_RELEASE,
    SEIN_SIG_TYPE_COUNT,
};

/** The public half of a member's key: what the directory lists. */
struct sein_public_key {
    struct sein_key_id key_id;
    uint8_t sign[SEIN_KEY_BYTES];  /* Ed25519 */
    uint8_t curve[SEIN_KEY_BYTES]; /* CURVE, ZeroMQ RFC 26 */
};

/**
 * sein_sig_make - sign bytes for one purpose.
 *
 * bytes    borrowed; any length
 * secret   an Ed25519 secret key as libsodium keeps it (seed || public)
 * out_sig  written; untouched on error
 *
 * Errors:  SEIN_ENOMEM Ed25519 reads its message twice, so prefix and bytes
 *          are laid side by side first.
 */
SEIN_CHECKED enum sein_err
sein_sig_make(enum sein_sig_type type, struct sein_slice bytes,
              const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
              uint8_t out_sig[static SEIN_SIG_BYTES]);

/**
 * sein_sig_verify - check a signature made for one purpose.
 *
 * Errors:  SEIN_ESIG it does not verify, or was made for something else;
 *          SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err
sein_sig_verify(enum sein_sig_type type, struct sein_slice bytes,
                const uint8_t sig[static SEIN_SIG_BYTES],
                const uint8_t public_key[static SEIN_KEY_BYTES]);

/**
 * sein_mac - first 32 bytes of HMAC-SHA512 over the prefixed bytes.
 *
 * type     a text of the protocol ("hint"), without NUL inside
 */
void sein_mac(const uint8_t key[static SEIN_KEY_BYTES], const char *type,
              struct sein_slice bytes, uint8_t out_mac[static SEIN_HASH_BYTES]);

/** sein_hash_of - SHA-256. */
void sein_hash_of(struct sein_slice bytes, struct sein_hash *out_hash);

/** sein_key_id_of - the key id that belongs to a pair of public keys. */
void sein_key_id_of(const uint8_t sign[static SEIN_KEY_BYTES],
                    const uint8_t curve[static SEIN_KEY_BYTES],
                    struct sein_key_id *out_id);

/** Eight groups of four hex digits, spaces between, and a NUL. */
#define SEIN_FINGERPRINT_TEXT_BYTES 40U

/** sein_fingerprint_text - 16 bytes as people read them out by telephone. */
void sein_fingerprint_text(const uint8_t bytes[static SEIN_ID_BYTES],
                           char out_text[static SEIN_FINGERPRINT_TEXT_BYTES]);

#endif
