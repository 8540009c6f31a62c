#include "proto/trust/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

/* RFC 8032 section 7.1, test 2: its secret seed and public key. */
static const char seed_hex[] =
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
static const char public_hex[] =
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

struct pair {
    uint8_t public_key[SEIN_KEY_BYTES];
    uint8_t secret[SEIN_SIGN_SECRET_BYTES];
};

static struct pair
rfc_pair(void)
{
    struct pair pair;
    uint8_t seed[SEIN_KEY_BYTES];
    uint8_t known[SEIN_KEY_BYTES];

    assert_int_equal(sein_unhex(sein_slice_text(seed_hex), seed, sizeof seed),
                     SEIN_OK);
    assert_int_equal(
        sein_unhex(sein_slice_text(public_hex), known, sizeof known), SEIN_OK);
    crypto_sign_seed_keypair(pair.public_key, pair.secret, seed);
    assert_memory_equal(pair.public_key, known, sizeof known);
    return pair;
}

static void
test_signature_covers_prefix_type_and_nul(void **state)
{
    static const char *const types[] = {
        "dir",    "prekey",   "letter",        "head",      "join",
        "broker", "presence", "eval-req",      "eval-resp", "epoch",
        "pack",   "regie",    "regie-release",
    };
    struct pair pair = rfc_pair();

    (void)state;
    for (size_t i = 0; i < SEIN_SIG_TYPE_COUNT; i++) {
        uint8_t laid[64] = "seinhuis/1/";
        uint8_t sig[SEIN_SIG_BYTES];
        size_t len = strlen("seinhuis/1/");

        memcpy(laid + len, types[i], strlen(types[i]) + 1);
        len += strlen(types[i]) + 1;
        memcpy(laid + len, "bytes", 5);
        len += 5;
        assert_int_equal(sein_sig_make((enum sein_sig_type)i,
                                       sein_slice_text("bytes"), pair.secret,
                                       sig),
                         SEIN_OK);
        assert_int_equal(
            crypto_sign_verify_detached(sig, laid, len, pair.public_key), 0);
    }
}

static void
test_a_signature_is_for_one_type_only(void **state)
{
    struct pair pair = rfc_pair();
    struct sein_slice bytes = sein_slice_text("the same bytes");

    (void)state;
    for (size_t made = 0; made < SEIN_SIG_TYPE_COUNT; made++) {
        uint8_t sig[SEIN_SIG_BYTES];

        assert_int_equal(
            sein_sig_make((enum sein_sig_type)made, bytes, pair.secret, sig),
            SEIN_OK);
        for (size_t asked = 0; asked < SEIN_SIG_TYPE_COUNT; asked++) {
            assert_int_equal(sein_sig_verify((enum sein_sig_type)asked, bytes,
                                             sig, pair.public_key),
                             made == asked ? SEIN_OK : SEIN_ESIG);
        }
    }
}

static void
test_a_changed_bit_does_not_verify(void **state)
{
    struct pair pair = rfc_pair();
    uint8_t bytes[] = "a statement";
    uint8_t sig[SEIN_SIG_BYTES];
    struct sein_slice slice = sein_slice_of(bytes, sizeof bytes - 1);

    (void)state;
    assert_int_equal(sein_sig_make(SEIN_SIG_HEAD, slice, pair.secret, sig),
                     SEIN_OK);
    for (size_t i = 0; i < slice.len; i++) {
        bytes[i] ^= 1;
        assert_int_equal(
            sein_sig_verify(SEIN_SIG_HEAD, slice, sig, pair.public_key),
            SEIN_ESIG);
        bytes[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof sig; i++) {
        sig[i] ^= 1;
        assert_int_equal(
            sein_sig_verify(SEIN_SIG_HEAD, slice, sig, pair.public_key),
            SEIN_ESIG);
        sig[i] ^= 1;
    }
    assert_int_equal(sein_sig_verify(SEIN_SIG_HEAD,
                                     sein_slice_of(bytes, slice.len - 1), sig,
                                     pair.public_key),
                     SEIN_ESIG);
    assert_int_equal(
        sein_sig_verify(SEIN_SIG_HEAD, slice, sig, pair.public_key), SEIN_OK);
}

static void
test_signing_nothing(void **state)
{
    struct pair pair = rfc_pair();
    struct sein_slice none = { 0 };
    uint8_t sig[SEIN_SIG_BYTES];

    (void)state;
    assert_int_equal(sein_sig_make(SEIN_SIG_JOIN, none, pair.secret, sig),
                     SEIN_OK);
    assert_int_equal(sein_sig_verify(SEIN_SIG_JOIN, none, sig, pair.public_key),
                     SEIN_OK);
}

static void
test_mac_is_the_first_half_of_hmac_sha512(void **state)
{
    static const uint8_t laid[] = "seinhuis/1/hint\0value";
    uint8_t key[SEIN_KEY_BYTES];
    uint8_t whole[crypto_auth_hmacsha512_BYTES];
    uint8_t mac[SEIN_HASH_BYTES];

    (void)state;
    memset(key, 0x0b, sizeof key);
    crypto_auth_hmacsha512(whole, laid, sizeof laid - 1, key);
    sein_mac(key, "hint", sein_slice_text("value"), mac);
    assert_memory_equal(mac, whole, sizeof mac);
    sein_mac(key, "hin", sein_slice_text("tvalue"), mac);
    assert_memory_not_equal(mac, whole, sizeof mac);
}

static void
test_hash_of_abc(void **state)
{
    /* FIPS 180-2, appendix B.1. */
    static const char known_hex[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    uint8_t known[SEIN_HASH_BYTES];
    struct sein_hash hash;

    (void)state;
    assert_int_equal(
        sein_unhex(sein_slice_text(known_hex), known, sizeof known), SEIN_OK);
    sein_hash_of(sein_slice_text("abc"), &hash);
    assert_memory_equal(hash.bytes, known, sizeof known);
}

static void
test_key_id_covers_both_keys(void **state)
{
    uint8_t laid[17 + 2 * SEIN_KEY_BYTES] = "seinhuis/1/key-id";
    uint8_t *sign = laid + 17;
    uint8_t *curve = sign + SEIN_KEY_BYTES;
    struct sein_hash hash;
    struct sein_key_id id;
    struct sein_key_id other;

    (void)state;
    memset(sign, 1, SEIN_KEY_BYTES);
    memset(curve, 2, SEIN_KEY_BYTES);
    sein_hash_of(sein_slice_of(laid, sizeof laid), &hash);
    sein_key_id_of(sign, curve, &id);
    assert_memory_equal(id.bytes, hash.bytes, sizeof id.bytes);
    sein_key_id_of(curve, sign, &other);
    assert_memory_not_equal(id.bytes, other.bytes, sizeof id.bytes);
}

static void
test_fingerprint_text(void **state)
{
    uint8_t bytes[SEIN_ID_BYTES];
    char text[SEIN_FINGERPRINT_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 17);
    sein_fingerprint_text(bytes, text);
    assert_string_equal(text, "0011 2233 4455 6677 8899 aabb ccdd eeff");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature_covers_prefix_type_and_nul),
        cmocka_unit_test(test_a_signature_is_for_one_type_only),
        cmocka_unit_test(test_a_changed_bit_does_not_verify),
        cmocka_unit_test(test_signing_nothing),
        cmocka_unit_test(test_mac_is_the_first_half_of_hmac_sha512),
        cmocka_unit_test(test_hash_of_abc),
        cmocka_unit_test(test_key_id_covers_both_keys),
        cmocka_unit_test(test_fingerprint_text),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
