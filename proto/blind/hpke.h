/*
 * HPKE (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305,
 * in the modes base and psk.
 *
 * Deliberately not here: the modes with authentication (a letter is signed
 * inside), the exporter, and any other suite.  No allocation; every secret that
 * is made on the way is wiped, whatever the result.
 * A sealed message is enc || ct: 32 bytes of encapsulated key, then the
 * ciphertext with its tag of 16.
 *  1. context.seq is the number of messages that the context sealed or opened.
 */
#ifndef SEIN_PROTO_BLIND_HPKE_H
#define SEIN_PROTO_BLIND_HPKE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/error.h"
#include "proto/base/limits.h"

#define SEIN_HPKE_NONCE_BYTES 12U
/** What a sealed message is longer than its plaintext. */
#define SEIN_HPKE_OVERHEAD (SEIN_HPKE_ENC_BYTES + SEIN_HPKE_TAG_BYTES)

/** A recipient's X25519 pair; pk belongs to sk. */
struct sein_hpke_pair {
    uint8_t sk[SEIN_KEY_BYTES];
    uint8_t pk[SEIN_KEY_BYTES];
};

/** The two inputs of mode psk, both borrowed. */
struct sein_hpke_psk {
    const uint8_t *psk;       /* SEIN_KEY_BYTES of full entropy, secret */
    struct sein_slice psk_id; /* not empty */
};

/** One direction between one sender and one recipient; secret. */
struct sein_hpke_context {
    uint8_t key[SEIN_KEY_BYTES];
    uint8_t base_nonce[SEIN_HPKE_NONCE_BYTES];
    uint64_t seq;
};

/** sein_hpke_generate - a fresh random pair; the caller wipes it. */
void sein_hpke_generate(struct sein_hpke_pair *out_pair);

/**
 * sein_hpke_derive_pair - the pair that an ikm stands for.
 *
 * ikm      borrowed; 32 bytes of full entropy.  Our programs use
 *          sein_hpke_generate; this is what the published vectors begin with.
 * Source:  RFC 9180 section 7.1.3, DeriveKeyPair.
 */
void sein_hpke_derive_pair(struct sein_slice ikm,
                           struct sein_hpke_pair *out_pair);

/**
 * sein_hpke_seal - encrypt one message to one public key.
 *
 * pk         borrowed, the recipient's
 * psk        borrowed; NULL for mode base
 * info       borrowed, the application's context; may be empty
 * aad        borrowed, authenticated but not encrypted; may be empty
 * plaintext  borrowed
 * out_sealed written, sealed_max bytes: enc || ct of plaintext.len +
 *            SEIN_HPKE_OVERHEAD bytes; untouched unless SEIN_OK is returned;
 *            may not overlap the input
 *
 * Errors:  SEIN_ETOOLONG   the sealed message does not fit sealed_max
 *          SEIN_ELOWORDER  pk is a point of low order
 * Threads: safe on distinct buffers.
 * Secret:  constant time in the keys and the plaintext, not in the lengths.
 * Source:  RFC 9180 section 6.1; PROTOCOL.md, letters.
 */
SEIN_CHECKED enum sein_err
sein_hpke_seal(const uint8_t pk[static SEIN_KEY_BYTES],
               const struct sein_hpke_psk *psk, struct sein_slice info,
               struct sein_slice aad, struct sein_slice plaintext,
               uint8_t *out_sealed, size_t sealed_max);

/**
 * sein_hpke_open - decrypt what sein_hpke_seal made.
 *
 * pair          borrowed, the recipient's
 * psk           borrowed; NULL for mode base; must be the sender's
 * info, aad     borrowed; must be the sender's
 * sealed        borrowed, enc || ct
 * out_plaintext written, sealed.len - SEIN_HPKE_OVERHEAD bytes; untouched
 *               unless SEIN_OK is returned; may not overlap the input
 *
 * Errors:  SEIN_EOPEN      another key, psk, info or aad, bytes that were
 *                          changed, or fewer than SEIN_HPKE_OVERHEAD of them
 *          SEIN_ELOWORDER  enc is a point of low order
 *          SEIN_ETOOLONG   the plaintext does not fit plaintext_max
 * Threads: safe on distinct buffers.
 * Source:  RFC 9180 section 6.1; PROTOCOL.md, letters.
 */
SEIN_CHECKED enum sein_err
sein_hpke_open(const struct sein_hpke_pair *pair,
               const struct sein_hpke_psk *psk, struct sein_slice info,
               struct sein_slice aad, struct sein_slice sealed,
               uint8_t *out_plaintext, size_t plaintext_max);

/**
 * The layer below, which the published vectors need: a sender whose ephemeral
 * pair is given, and contexts that seal more than one message.  Letters use
 * the two functions above, which take a fresh pair each time: an ephemeral
 * pair that is used twice with one recipient gives both messages away.
 *
 * Errors:  setup: SEIN_ELOWORDER; seal: SEIN_ETOOLONG; open: SEIN_EOPEN,
 *          SEIN_ETOOLONG; on an error the output and context are untouched.
 *          SEIN_ERANGE after 2^64 - 1 messages.
 * Source:  RFC 9180 sections 5.1 and 5.2.
 */
SEIN_CHECKED enum sein_err
sein_hpke_setup_sender(const struct sein_hpke_pair *ephemeral,
                       const uint8_t pk[static SEIN_KEY_BYTES],
                       const struct sein_hpke_psk *psk, struct sein_slice info,
                       struct sein_hpke_context *out_context);
SEIN_CHECKED enum sein_err sein_hpke_setup_recipient(
    const uint8_t enc[static SEIN_HPKE_ENC_BYTES],
    const struct sein_hpke_pair *pair, const struct sein_hpke_psk *psk,
    struct sein_slice info, struct sein_hpke_context *out_context);
SEIN_CHECKED enum sein_err
sein_hpke_context_seal(struct sein_hpke_context *context, struct sein_slice aad,
                       struct sein_slice plaintext, uint8_t *out_ct,
                       size_t ct_max);
SEIN_CHECKED enum sein_err
sein_hpke_context_open(struct sein_hpke_context *context, struct sein_slice aad,
                       struct sein_slice ct, uint8_t *out_plaintext,
                       size_t plaintext_max);

#endif
