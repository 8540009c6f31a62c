#include "proto/blind/hkdf.h"

#include <string.h>

#include <sodium.h>

static void
hash_slice(crypto_auth_hmacsha256_state *hmac, struct sein_slice bytes)
{
    if (bytes.len > 0)
        (void)crypto_auth_hmacsha256_update(hmac, bytes.at, bytes.len);
}

static void
hash_parts(crypto_auth_hmacsha256_state *hmac, const struct sein_slice *parts,
           size_t part_count)
{
    for (size_t i = 0; i < part_count; i++)
        hash_slice(hmac, parts[i]);
}

void
sein_hkdf_extract(struct sein_slice salt, const struct sein_slice *parts,
                  size_t part_count,
                  uint8_t out_prk[static SEIN_HKDF_PRK_BYTES])
{
    static const uint8_t zeros[SEIN_HKDF_PRK_BYTES];
    crypto_auth_hmacsha256_state hmac;

    if (salt.len == 0)
        salt = sein_slice_of(zeros, sizeof zeros);
    (void)crypto_auth_hmacsha256_init(&hmac, salt.at, salt.len);
    hash_parts(&hmac, parts, part_count);
    (void)crypto_auth_hmacsha256_final(&hmac, out_prk);
    sodium_memzero(&hmac, sizeof hmac);
}

enum sein_err
sein_hkdf_expand(const uint8_t prk[static SEIN_HKDF_PRK_BYTES],
                 const struct sein_slice *parts, size_t part_count,
                 uint8_t *out, size_t out_len)
{
    crypto_auth_hmacsha256_state hmac;
    uint8_t block[SEIN_HKDF_PRK_BYTES];
    struct sein_slice previous = { 0 };
    uint8_t counter = 0;

    if (out_len > SEIN_HKDF_OUT_MAX)
        return SEIN_ETOOLONG;
    while (out_len > 0) {
        size_t take = out_len < sizeof block ? out_len : sizeof block;

        counter++;
        (void)crypto_auth_hmacsha256_init(&hmac, prk, SEIN_HKDF_PRK_BYTES);
        hash_slice(&hmac, previous);
        hash_parts(&hmac, parts, part_count);
        hash_slice(&hmac, sein_slice_of(&counter, sizeof counter));
        (void)crypto_auth_hmacsha256_final(&hmac, block);
        memcpy(out, block, take);
        previous = sein_slice_of(block, sizeof block);
        out += take;
        out_len -= take;
    }
    sodium_memzero(&hmac, sizeof hmac);
    sodium_memzero(block, sizeof block);
    return SEIN_OK;
}
