#include "proto/trust/identity.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define PREFIX "seinhuis/1/"
#define KEY_ID_PREFIX PREFIX "key-id"

_Static_assert(crypto_sign_PUBLICKEYBYTES == SEIN_KEY_BYTES, "Ed25519 key");
_Static_assert(crypto_sign_SECRETKEYBYTES == SEIN_SIGN_SECRET_BYTES,
               "Ed25519 secret");
_Static_assert(crypto_sign_BYTES == SEIN_SIG_BYTES, "Ed25519 signature");
_Static_assert(crypto_hash_sha256_BYTES == SEIN_HASH_BYTES, "SHA-256");

static const char *const sig_types[SEIN_SIG_TYPE_COUNT] = {
    [SEIN_SIG_DIR] = "dir",
    [SEIN_SIG_PREKEY] = "prekey",
    [SEIN_SIG_LETTER] = "letter",
    [SEIN_SIG_HEAD] = "head",
    [SEIN_SIG_JOIN] = "join",
    [SEIN_SIG_BROKER] = "broker",
    [SEIN_SIG_PRESENCE] = "presence",
    [SEIN_SIG_EVAL_REQ] = "eval-req",
    [SEIN_SIG_EVAL_RESP] = "eval-resp",
    [SEIN_SIG_EPOCH] = "epoch",
    [SEIN_SIG_PACK] = "pack",
    [SEIN_SIG_REGIE] = "regie",
    [SEIN_SIG_REGIE_RELEASE] = "regie-release",
};

/* What is signed, in one piece: "seinhuis/1/" || type || 0x00 || bytes. */
static enum sein_err
lay_out(enum sein_sig_type type, struct sein_slice bytes,
        struct sein_writer *out)
{
    const char *text = sig_types[type];
    uint8_t *buffer = NULL;
    size_t max = 0;
    enum sein_err err =
        sein_add_len(bytes.len, strlen(PREFIX) + strlen(text) + 1, &max);

    if (err != SEIN_OK)
        return err;
    buffer = malloc(max);
    if (buffer == NULL)
        return SEIN_ENOMEM;
    *out = sein_writer_of(buffer, max);
    sein_write_text(out, PREFIX);
    sein_write_text(out, text);
    sein_write_u8(out, 0);
    sein_write_slice(out, bytes);
    return SEIN_OK;
}

/* A letter's body is in it. */
static void
wipe(struct sein_writer *laid)
{
    if (laid->at != NULL)
        sodium_memzero(laid->at, laid->len);
    free(laid->at);
}

enum sein_err
sein_sig_make(enum sein_sig_type type, struct sein_slice bytes,
              const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
              uint8_t out_sig[static SEIN_SIG_BYTES])
{
    struct sein_writer laid = { 0 };
    enum sein_err err = lay_out(type, bytes, &laid);

    if (err != SEIN_OK)
        return err;
    (void)crypto_sign_detached(out_sig, NULL, laid.at, laid.len,
                               secret); /* never fails */
    wipe(&laid);
    return SEIN_OK;
}

enum sein_err
sein_sig_verify(enum sein_sig_type type, struct sein_slice bytes,
                const uint8_t sig[static SEIN_SIG_BYTES],
                const uint8_t public_key[static SEIN_KEY_BYTES])
{
    struct sein_writer laid = { 0 };
    enum sein_err err = lay_out(type, bytes, &laid);

    if (err != SEIN_OK)
        return err;
    if (crypto_sign_verify_detached(sig, laid.at, laid.len, public_key) != 0)
        err = SEIN_ESIG;
    wipe(&laid);
    return err;
}

void
sein_mac(const uint8_t key[static SEIN_KEY_BYTES], const char *type,
         struct sein_slice bytes, uint8_t out_mac[static SEIN_HASH_BYTES])
{
    crypto_auth_hmacsha512_state state;
    uint8_t whole[crypto_auth_hmacsha512_BYTES];

    crypto_auth_hmacsha512_init(&state, key, SEIN_KEY_BYTES);
    crypto_auth_hmacsha512_update(&state, (const uint8_t *)PREFIX,
                                  strlen(PREFIX));
    crypto_auth_hmacsha512_update(&state, (const uint8_t *)type,
                                  strlen(type) + 1);
    crypto_auth_hmacsha512_update(&state, bytes.at, bytes.len);
    crypto_auth_hmacsha512_final(&state, whole);
    memcpy(out_mac, whole, SEIN_HASH_BYTES);
    sodium_memzero(whole, sizeof whole);
    sodium_memzero(&state, sizeof state);
}

void
sein_hash_of(struct sein_slice bytes, struct sein_hash *out_hash)
{
    (void)crypto_hash_sha256(out_hash->bytes, bytes.at, bytes.len);
}

void
sein_key_id_of(const uint8_t sign[static SEIN_KEY_BYTES],
               const uint8_t curve[static SEIN_KEY_BYTES],
               struct sein_key_id *out_id)
{
    crypto_hash_sha256_state state;
    struct sein_hash hash;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)KEY_ID_PREFIX,
                              strlen(KEY_ID_PREFIX));
    crypto_hash_sha256_update(&state, sign, SEIN_KEY_BYTES);
    crypto_hash_sha256_update(&state, curve, SEIN_KEY_BYTES);
    crypto_hash_sha256_final(&state, hash.bytes);
    memcpy(out_id->bytes, hash.bytes, sizeof out_id->bytes);
}

void
sein_fingerprint_text(const uint8_t bytes[static SEIN_ID_BYTES],
                      char out_text[static SEIN_FINGERPRINT_TEXT_BYTES])
{
    char hex[2 * SEIN_ID_BYTES + 1];
    char *to = out_text;

    sein_hex(sein_slice_of(bytes, SEIN_ID_BYTES), hex, sizeof hex);
    for (size_t i = 0; i < 2 * SEIN_ID_BYTES; i++) {
        if (i > 0 && i % 4 == 0)
            *to++ = ' ';
        *to++ = hex[i];
    }
    *to = '\0';
}
