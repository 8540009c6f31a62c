#include "proto/blind/hpke.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "proto/blind/hkdf.h"

#define MODE_BASE 0x00
#define MODE_PSK 0x01

/* key_schedule_context: mode, hash of psk_id, hash of info. */
#define SCHEDULE_BYTES (1U + 2U * SEIN_HKDF_PRK_BYTES)

/* kem_context: enc, then the recipient's public key. */
#define KEM_CONTEXT_BYTES (2U * SEIN_KEY_BYTES)

/* RFC 9180 sections 4.1 and 5.1: DHKEM(X25519, HKDF-SHA256) is 0x0020, then
 * HKDF-SHA256 0x0001 and ChaCha20Poly1305 0x0003. */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const uint8_t hpke_suite[] = { 'H',  'P',  'K',  'E',  0x00,
                                      0x20, 0x00, 0x01, 0x00, 0x03 };

#define KEM_SUITE sein_slice_of(kem_suite, sizeof kem_suite)
#define HPKE_SUITE sein_slice_of(hpke_suite, sizeof hpke_suite)

static void
labeled_extract(struct sein_slice suite, struct sein_slice salt,
                const char *label, struct sein_slice ikm,
                uint8_t out_prk[static SEIN_HKDF_PRK_BYTES])
{
    const struct sein_slice parts[] = { sein_slice_text("HPKE-v1"), suite,
                                        sein_slice_text(label), ikm };

    sein_hkdf_extract(salt, parts, sizeof parts / sizeof parts[0], out_prk);
}

/* All lengths here are ours and small, so expanding cannot fail. */
static void
labeled_expand(struct sein_slice suite,
               const uint8_t prk[static SEIN_HKDF_PRK_BYTES], const char *label,
               struct sein_slice info, uint8_t *out, size_t out_len)
{
    const uint8_t len_be[] = { (uint8_t)(out_len >> 8), (uint8_t)out_len };
    const struct sein_slice parts[] = { sein_slice_of(len_be, sizeof len_be),
                                        sein_slice_text("HPKE-v1"), suite,
                                        sein_slice_text(label), info };
    enum sein_err err = sein_hkdf_expand(
        prk, parts, sizeof parts / sizeof parts[0], out, out_len);

    assert(err == SEIN_OK);
    (void)err; /* without asserts nobody looks, and it cannot differ */
}

void
sein_hpke_generate(struct sein_hpke_pair *out_pair)
{
    randombytes_buf(out_pair->sk, sizeof out_pair->sk);
    (void)crypto_scalarmult_curve25519_base(out_pair->pk, out_pair->sk);
}

void
sein_hpke_derive_pair(struct sein_slice ikm, struct sein_hpke_pair *out_pair)
{
    const struct sein_slice none = { 0 };
    uint8_t prk[SEIN_HKDF_PRK_BYTES];

    labeled_extract(KEM_SUITE, none, "dkp_prk", ikm, prk);
    labeled_expand(KEM_SUITE, prk, "sk", none, out_pair->sk,
                   sizeof out_pair->sk);
    (void)crypto_scalarmult_curve25519_base(out_pair->pk, out_pair->sk);
    sodium_memzero(prk, sizeof prk);
}

/* The shared secret of section 4.1, the same from both ends. */
static enum sein_err
agree(const uint8_t sk[static SEIN_KEY_BYTES],
      const uint8_t pk[static SEIN_KEY_BYTES],
      const uint8_t enc[static SEIN_HPKE_ENC_BYTES],
      const uint8_t recipient_pk[static SEIN_KEY_BYTES],
      uint8_t out_secret[static SEIN_KEY_BYTES])
{
    uint8_t dh[SEIN_KEY_BYTES];
    uint8_t prk[SEIN_HKDF_PRK_BYTES];
    uint8_t kem_context[KEM_CONTEXT_BYTES];

    /* Fails when pk is of low order: the result would be all zeros. */
    if (crypto_scalarmult_curve25519(dh, sk, pk) != 0) {
        sodium_memzero(dh, sizeof dh);
        return SEIN_ELOWORDER;
    }
    memcpy(kem_context, enc, SEIN_HPKE_ENC_BYTES);
    memcpy(kem_context + SEIN_HPKE_ENC_BYTES, recipient_pk, SEIN_KEY_BYTES);
    labeled_extract(KEM_SUITE, (struct sein_slice){ 0 }, "eae_prk",
                    sein_slice_of(dh, sizeof dh), prk);
    labeled_expand(KEM_SUITE, prk, "shared_secret",
                   sein_slice_of(kem_context, sizeof kem_context), out_secret,
                   SEIN_KEY_BYTES);
    sodium_memzero(dh, sizeof dh);
    sodium_memzero(prk, sizeof prk);
    return SEIN_OK;
}

/* KeySchedule of section 5.1, without the exporter's secret. */
static void
schedule(const uint8_t shared_secret[static SEIN_KEY_BYTES],
         const struct sein_hpke_psk *psk, struct sein_slice info,
         struct sein_hpke_context *out_context)
{
    const struct sein_slice none = { 0 };
    struct sein_slice psk_bytes = none;
    struct sein_slice psk_id = none;
    uint8_t bytes[SCHEDULE_BYTES] = { MODE_BASE };
    const struct sein_slice context = sein_slice_of(bytes, sizeof bytes);
    uint8_t secret[SEIN_HKDF_PRK_BYTES];

    if (psk != NULL) {
        assert(psk->psk_id.len > 0);
        bytes[0] = MODE_PSK;
        psk_bytes = sein_slice_of(psk->psk, SEIN_KEY_BYTES);
        psk_id = psk->psk_id;
    }
    labeled_extract(HPKE_SUITE, none, "psk_id_hash", psk_id, bytes + 1);
    labeled_extract(HPKE_SUITE, none, "info_hash", info,
                    bytes + 1 + SEIN_HKDF_PRK_BYTES);
    labeled_extract(HPKE_SUITE, sein_slice_of(shared_secret, SEIN_KEY_BYTES),
                    "secret", psk_bytes, secret);
    labeled_expand(HPKE_SUITE, secret, "key", context, out_context->key,
                   sizeof out_context->key);
    labeled_expand(HPKE_SUITE, secret, "base_nonce", context,
                   out_context->base_nonce, sizeof out_context->base_nonce);
    out_context->seq = 0;
    sodium_memzero(secret, sizeof secret);
}

enum sein_err
sein_hpke_setup_sender(const struct sein_hpke_pair *ephemeral,
                       const uint8_t pk[static SEIN_KEY_BYTES],
                       const struct sein_hpke_psk *psk, struct sein_slice info,
                       struct sein_hpke_context *out_context)
{
    uint8_t secret[SEIN_KEY_BYTES];
    enum sein_err err = agree(ephemeral->sk, pk, ephemeral->pk, pk, secret);

    if (err == SEIN_OK)
        schedule(secret, psk, info, out_context);
    sodium_memzero(secret, sizeof secret);
    return err;
}

enum sein_err
sein_hpke_setup_recipient(const uint8_t enc[static SEIN_HPKE_ENC_BYTES],
                          const struct sein_hpke_pair *pair,
                          const struct sein_hpke_psk *psk,
                          struct sein_slice info,
                          struct sein_hpke_context *out_context)
{
    uint8_t secret[SEIN_KEY_BYTES];
    enum sein_err err = agree(pair->sk, enc, enc, pair->pk, secret);

    if (err == SEIN_OK)
        schedule(secret, psk, info, out_context);
    sodium_memzero(secret, sizeof secret);
    return err;
}

static void
nonce_of(const struct sein_hpke_context *context,
         uint8_t out_nonce[static SEIN_HPKE_NONCE_BYTES])
{
    memcpy(out_nonce, context->base_nonce, SEIN_HPKE_NONCE_BYTES);
    for (size_t i = 0; i < sizeof context->seq; i++)
        out_nonce[SEIN_HPKE_NONCE_BYTES - 1 - i] ^=
            (uint8_t)(context->seq >> (8 * i));
}

enum sein_err
sein_hpke_context_seal(struct sein_hpke_context *context, struct sein_slice aad,
                       struct sein_slice plaintext, uint8_t *out_ct,
                       size_t ct_max)
{
    uint8_t nonce[SEIN_HPKE_NONCE_BYTES];

    if (ct_max < SEIN_HPKE_TAG_BYTES ||
        plaintext.len > ct_max - SEIN_HPKE_TAG_BYTES)
        return SEIN_ETOOLONG;
    if (context->seq == UINT64_MAX)
        return SEIN_ERANGE;
    nonce_of(context, nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        out_ct, NULL, plaintext.at, plaintext.len, aad.at, aad.len, NULL, nonce,
        context->key);
    context->seq++;
    return SEIN_OK;
}

enum sein_err
sein_hpke_context_open(struct sein_hpke_context *context, struct sein_slice aad,
                       struct sein_slice ct, uint8_t *out_plaintext,
                       size_t plaintext_max)
{
    uint8_t nonce[SEIN_HPKE_NONCE_BYTES];

    if (ct.len < SEIN_HPKE_TAG_BYTES)
        return SEIN_EOPEN;
    if (ct.len - SEIN_HPKE_TAG_BYTES > plaintext_max)
        return SEIN_ETOOLONG;
    if (context->seq == UINT64_MAX)
        return SEIN_ERANGE;
    nonce_of(context, nonce);
    /* Without an output it only verifies; with one it would fill that with
     * zeros on a failure, and our caller's buffer must stay as it was. */
    if (crypto_aead_chacha20poly1305_ietf_decrypt(NULL, NULL, NULL, ct.at,
                                                  ct.len, aad.at, aad.len,
                                                  nonce, context->key) != 0)
        return SEIN_EOPEN;
    /* Verified, so only the cipher is left to do: RFC 8439 section 2.8 starts
     * the counter of the text at 1. */
    if (ct.len > SEIN_HPKE_TAG_BYTES)
        (void)crypto_stream_chacha20_ietf_xor_ic(out_plaintext, ct.at,
                                                 ct.len - SEIN_HPKE_TAG_BYTES,
                                                 nonce, 1, context->key);
    context->seq++;
    return SEIN_OK;
}

enum sein_err
sein_hpke_seal(const uint8_t pk[static SEIN_KEY_BYTES],
               const struct sein_hpke_psk *psk, struct sein_slice info,
               struct sein_slice aad, struct sein_slice plaintext,
               uint8_t *out_sealed, size_t sealed_max)
{
    struct sein_hpke_pair ephemeral;
    struct sein_hpke_context context;
    enum sein_err err = SEIN_OK;

    if (sealed_max < SEIN_HPKE_OVERHEAD ||
        plaintext.len > sealed_max - SEIN_HPKE_OVERHEAD)
        return SEIN_ETOOLONG;
    sein_hpke_generate(&ephemeral);
    err = sein_hpke_setup_sender(&ephemeral, pk, psk, info, &context);
    if (err != SEIN_OK)
        goto done;
    err = sein_hpke_context_seal(&context, aad, plaintext,
                                 out_sealed + SEIN_HPKE_ENC_BYTES,
                                 sealed_max - SEIN_HPKE_ENC_BYTES);
    if (err != SEIN_OK)
        goto done;
    memcpy(out_sealed, ephemeral.pk, SEIN_HPKE_ENC_BYTES);

done:
    sodium_memzero(&ephemeral, sizeof ephemeral);
    sodium_memzero(&context, sizeof context);
    return err;
}

enum sein_err
sein_hpke_open(const struct sein_hpke_pair *pair,
               const struct sein_hpke_psk *psk, struct sein_slice info,
               struct sein_slice aad, struct sein_slice sealed,
               uint8_t *out_plaintext, size_t plaintext_max)
{
    struct sein_hpke_context context;
    struct sein_slice ct = { 0 };
    enum sein_err err = SEIN_OK;

    if (sealed.len < SEIN_HPKE_OVERHEAD)
        return SEIN_EOPEN;
    ct = sein_slice_of(sealed.at + SEIN_HPKE_ENC_BYTES,
                       sealed.len - SEIN_HPKE_ENC_BYTES);
    err = sein_hpke_setup_recipient(sealed.at, pair, psk, info, &context);
    if (err == SEIN_OK)
        err = sein_hpke_context_open(&context, aad, ct, out_plaintext,
                                     plaintext_max);
    sodium_memzero(&context, sizeof context);
    return err;
}
