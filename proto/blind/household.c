#include "proto/blind/household.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"

#define PROTOCOL "seinhuis/1"
#define SCOPE_MAX (2U + SEIN_CIRCLE_MAX + 4U)

_Static_assert(crypto_auth_hmacsha512_BYTES == SEIN_OPRF_INPUT_BYTES, "input");

/* lp(circle) || u32be(epoch) */
static struct sein_slice
lay_out_scope(const struct sein_blind_scope *scope, uint8_t out[SCOPE_MAX])
{
    struct sein_writer writer = sein_writer_of(out, SCOPE_MAX);

    sein_write_lp(&writer, scope->circle);
    sein_write_u32(&writer, scope->epoch);
    return sein_slice_of(out, writer.len);
}

static void
hmac_slice(crypto_auth_hmacsha512_state *hmac, struct sein_slice bytes)
{
    if (bytes.len > 0)
        (void)crypto_auth_hmacsha512_update(hmac, bytes.at, bytes.len);
}

static void
hmac_lp(crypto_auth_hmacsha512_state *hmac, struct sein_slice bytes)
{
    const uint8_t len[2] = { (uint8_t)(bytes.len >> 8), (uint8_t)bytes.len };

    hmac_slice(hmac, sein_slice_of(len, sizeof len));
    hmac_slice(hmac, bytes);
}

static void
hmac_end(crypto_auth_hmacsha512_state *hmac, uint8_t *out, size_t out_len)
{
    uint8_t whole[crypto_auth_hmacsha512_BYTES];

    (void)crypto_auth_hmacsha512_final(hmac, whole);
    memcpy(out, whole, out_len);
    sodium_memzero(whole, sizeof whole);
    sodium_memzero(hmac, sizeof *hmac);
}

void
sein_household_input(const uint8_t pepper[static SEIN_PEPPER_BYTES],
                     const struct sein_blind_scope *scope, uint8_t kind,
                     struct sein_slice canonical,
                     uint8_t out_input[static SEIN_OPRF_INPUT_BYTES])
{
    crypto_auth_hmacsha512_state hmac;
    uint8_t laid[SCOPE_MAX];

    (void)crypto_auth_hmacsha512_init(&hmac, pepper, SEIN_PEPPER_BYTES);
    hmac_lp(&hmac, sein_slice_text(PROTOCOL "/oprf-in"));
    hmac_slice(&hmac, lay_out_scope(scope, laid));
    hmac_slice(&hmac, sein_slice_of(&kind, sizeof kind));
    hmac_lp(&hmac, canonical);
    hmac_end(&hmac, out_input, SEIN_OPRF_INPUT_BYTES);
}

/* HKDF-Expand of one block: HMAC(y, info || 0x01). */
static void
expand(const uint8_t output[static SEIN_OPRF_OUTPUT_BYTES], const char *label,
       const struct sein_blind_scope *scope,
       uint8_t out_key[static SEIN_KEY_BYTES])
{
    static const uint8_t first = 1;
    crypto_auth_hmacsha512_state hmac;
    uint8_t laid[SCOPE_MAX];

    (void)crypto_auth_hmacsha512_init(&hmac, output, SEIN_OPRF_OUTPUT_BYTES);
    hmac_lp(&hmac, sein_slice_text(PROTOCOL));
    hmac_lp(&hmac, sein_slice_text(label));
    hmac_slice(&hmac, lay_out_scope(scope, laid));
    hmac_slice(&hmac, sein_slice_of(&first, sizeof first));
    hmac_end(&hmac, out_key, SEIN_KEY_BYTES);
}

void
sein_household_derive(const uint8_t output[static SEIN_OPRF_OUTPUT_BYTES],
                      const struct sein_blind_scope *scope,
                      struct sein_household_keys *out_keys)
{
    expand(output, "tag", scope, out_keys->tag.bytes);
    expand(output, "presence", scope, out_keys->presence);
    expand(output, "intro-psk", scope, out_keys->intro_psk);
}

void
sein_note_mac(const struct sein_household_keys *keys, struct sein_slice note,
              uint8_t out_mac[static SEIN_HASH_BYTES])
{
    sein_mac(keys->presence, "note-mac", note, out_mac);
}

void
sein_presence_mac(const struct sein_household_keys *keys,
                  struct sein_slice core,
                  uint8_t out_mac[static SEIN_HASH_BYTES])
{
    sein_mac(keys->presence, "presence-mac", core, out_mac);
}

void
sein_pair_thread(const struct sein_household_keys *keys,
                 struct sein_slice desk_a, struct sein_slice desk_b,
                 struct sein_thread_id *out_thread)
{
    uint8_t laid[2U * (2U + SEIN_DESK_MAX)];
    struct sein_writer writer = sein_writer_of(laid, sizeof laid);
    uint8_t mac[SEIN_HASH_BYTES];
    bool in_order = sein_slice_compare(desk_a, desk_b) <= 0;

    sein_write_lp(&writer, in_order ? desk_a : desk_b);
    sein_write_lp(&writer, in_order ? desk_b : desk_a);
    assert(!writer.failed); /* names that sein_desk_check passed */
    sein_mac(keys->intro_psk, "thread", sein_slice_of(laid, writer.len), mac);
    memcpy(out_thread->bytes, mac, sizeof out_thread->bytes);
    sodium_memzero(mac, sizeof mac);
}

enum sein_err
sein_mac_check(const uint8_t expected[static SEIN_HASH_BYTES],
               const uint8_t found[static SEIN_HASH_BYTES])
{
    return sodium_memcmp(expected, found, SEIN_HASH_BYTES) == 0 ? SEIN_OK
                                                                : SEIN_EMAC;
}

void
sein_pepper_check(const uint8_t pepper[static SEIN_PEPPER_BYTES],
                  const struct sein_blind_scope *scope,
                  uint8_t out_check[static SEIN_ID_BYTES])
{
    crypto_auth_hmacsha512_state hmac;
    uint8_t laid[SCOPE_MAX];

    (void)crypto_auth_hmacsha512_init(&hmac, pepper, SEIN_PEPPER_BYTES);
    hmac_lp(&hmac, sein_slice_text(PROTOCOL "/pepper-check"));
    hmac_slice(&hmac, lay_out_scope(scope, laid));
    hmac_end(&hmac, out_check, SEIN_ID_BYTES);
}

void
sein_institution_mark(const uint8_t pepper[static SEIN_PEPPER_BYTES],
                      struct sein_slice canonical,
                      uint8_t out_mark[static SEIN_ID_BYTES])
{
    crypto_auth_hmacsha512_state hmac;

    (void)crypto_auth_hmacsha512_init(&hmac, pepper, SEIN_PEPPER_BYTES);
    hmac_slice(&hmac, canonical);
    hmac_end(&hmac, out_mark, SEIN_ID_BYTES);
}
