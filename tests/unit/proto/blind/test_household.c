#include "proto/blind/household.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/vectors.h"

static const uint8_t pepper[SEIN_PEPPER_BYTES] = { 7, 7 };
static const uint8_t handle[] = "1506AB/12";

static struct sein_blind_scope
scope_of(const char *circle, uint32_t epoch)
{
    return (struct sein_blind_scope){ sein_slice_text(circle), epoch };
}

/* Our own vector: the keys that the first output of RFC 9497 A.1.2 leads to. */
static void
test_our_own_vector(void **state)
{
    json_t *document = vectors_load("tests/vectors/household.json");
    const json_t *rows = vectors_array(document, "keys");

    (void)state;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct sein_blind_scope scope = { vectors_text(row, "circle"),
                                          (uint32_t)json_integer_value(
                                              json_object_get(row, "epoch")) };
        uint8_t output[SEIN_OPRF_OUTPUT_BYTES];
        uint8_t want[SEIN_KEY_BYTES];
        struct sein_household_keys keys;

        (void)vectors_hex(row, "output", output, sizeof output);
        sein_household_derive(output, &scope, &keys);
        (void)vectors_hex(row, "tag", want, sizeof want);
        assert_memory_equal(keys.tag.bytes, want, sizeof want);
        (void)vectors_hex(row, "presence", want, sizeof want);
        assert_memory_equal(keys.presence, want, sizeof want);
        (void)vectors_hex(row, "intro-psk", want, sizeof want);
        assert_memory_equal(keys.intro_psk, want, sizeof want);
    }
    json_decref(document);
}

static void
input_of(const uint8_t *of_pepper, const char *circle, uint32_t epoch,
         uint8_t kind, struct sein_slice canonical,
         uint8_t out[static SEIN_OPRF_INPUT_BYTES])
{
    struct sein_blind_scope scope = scope_of(circle, epoch);

    sein_household_input(of_pepper, &scope, kind, canonical, out);
}

/* The construction once more, with the bytes laid out by hand. */
static void
test_the_input_is_laid_out_as_written(void **state)
{
    static const uint8_t laid[] =
        "\x00\x12seinhuis/1/oprf-in\x00\x05jeugd\x00\x00\x00\x02\x01"
        "\x00\x09"
        "1506AB/12";
    uint8_t want[SEIN_OPRF_INPUT_BYTES];
    uint8_t got[SEIN_OPRF_INPUT_BYTES];
    crypto_auth_hmacsha512_state hmac;

    (void)state;
    crypto_auth_hmacsha512_init(&hmac, pepper, sizeof pepper);
    crypto_auth_hmacsha512_update(&hmac, laid, sizeof laid - 1);
    crypto_auth_hmacsha512_final(&hmac, want);
    input_of(pepper, "jeugd", 2, SEIN_HANDLE_ADDRESS,
             sein_slice_of(handle, sizeof handle - 1), got);
    assert_memory_equal(got, want, sizeof want);
}

static void
test_every_part_of_the_input_counts(void **state)
{
    static const uint8_t other_pepper[SEIN_PEPPER_BYTES] = { 7, 8 };
    const struct sein_slice canonical =
        sein_slice_of(handle, sizeof handle - 1);
    uint8_t inputs[6][SEIN_OPRF_INPUT_BYTES];

    (void)state;
    input_of(pepper, "jeugd", 2, SEIN_HANDLE_ADDRESS, canonical, inputs[0]);
    input_of(other_pepper, "jeugd", 2, SEIN_HANDLE_ADDRESS, canonical,
             inputs[1]);
    input_of(pepper, "schulden", 2, SEIN_HANDLE_ADDRESS, canonical, inputs[2]);
    input_of(pepper, "jeugd", 3, SEIN_HANDLE_ADDRESS, canonical, inputs[3]);
    input_of(pepper, "jeugd", 2, SEIN_HANDLE_BSN, canonical, inputs[4]);
    input_of(pepper, "jeugd", 2, SEIN_HANDLE_ADDRESS,
             sein_slice_of(handle, sizeof handle - 2), inputs[5]);
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(inputs[i], inputs[j], sizeof inputs[0]);
    }
}

/* P6: of one output, keys of two circles and of two epochs share nothing. */
static void
test_circles_and_epochs_are_unrelated(void **state)
{
    static const uint8_t output[SEIN_OPRF_OUTPUT_BYTES] = { 1 };
    const struct sein_blind_scope scopes[] = { scope_of("jeugd", 1),
                                               scope_of("jeugd", 2),
                                               scope_of("schulden", 1) };
    struct sein_household_keys keys[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sein_household_derive(output, &scopes[i], &keys[i]);
        assert_memory_not_equal(keys[i].tag.bytes, keys[i].presence, 32);
        assert_memory_not_equal(keys[i].presence, keys[i].intro_psk, 32);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(&keys[i].tag, &keys[j].tag, 32);
            assert_memory_not_equal(keys[i].presence, keys[j].presence, 32);
            assert_memory_not_equal(keys[i].intro_psk, keys[j].intro_psk, 32);
        }
    }
}

static void
test_macs(void **state)
{
    struct sein_household_keys keys = { .presence = { 1 } };
    struct sein_household_keys other = { .presence = { 2 } };
    const struct sein_slice bytes = sein_slice_text("the same bytes");
    uint8_t note[SEIN_HASH_BYTES];
    uint8_t core[SEIN_HASH_BYTES];
    uint8_t theirs[SEIN_HASH_BYTES];

    (void)state;
    sein_note_mac(&keys, bytes, note);
    sein_presence_mac(&keys, bytes, core);
    sein_note_mac(&other, bytes, theirs);
    assert_int_equal(sein_mac_check(note, note), SEIN_OK);
    assert_int_equal(sein_mac_check(note, core), SEIN_EMAC);
    assert_int_equal(sein_mac_check(note, theirs), SEIN_EMAC);
    for (size_t i = 0; i < sizeof note; i++) {
        memcpy(theirs, note, sizeof note);
        theirs[i] ^= 0x80;
        assert_int_equal(sein_mac_check(note, theirs), SEIN_EMAC);
    }
}

static void
thread_of(uint8_t key, const char *a, const char *b,
          struct sein_thread_id *out_thread)
{
    struct sein_household_keys keys = { .intro_psk = { key } };

    sein_pair_thread(&keys, sein_slice_text(a), sein_slice_text(b), out_thread);
}

/* Both sides name one thread; another pair or household has another. */
static void
test_a_pair_has_one_thread(void **state)
{
    static const char *const desks[] = { "00000099000000030000/zorgteam",
                                         "00000099000000040000/aanmelding",
                                         "00000099000000040000/aanmeldingen" };
    struct sein_thread_id there;
    struct sein_thread_id back;
    struct sein_thread_id other;

    (void)state;
    thread_of(1, desks[0], desks[1], &there);
    thread_of(1, desks[1], desks[0], &back);
    assert_memory_equal(&there, &back, sizeof there);
    thread_of(1, desks[0], desks[2], &other);
    assert_memory_not_equal(&there, &other, sizeof there);
    thread_of(1, desks[1], desks[2], &other);
    thread_of(1, desks[2], desks[1], &back);
    assert_memory_equal(&other, &back, sizeof other);
    thread_of(2, desks[0], desks[1], &other);
    assert_memory_not_equal(&there, &other, sizeof there);
}

/* Our own vector, computed with another implementation. */
static void
test_threads_of_the_vector(void **state)
{
    json_t *document = vectors_load("tests/vectors/household.json");
    const json_t *rows = vectors_array(document, "threads");

    (void)state;
    assert_true(json_array_size(rows) > 0);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct sein_household_keys keys = { .intro_psk = { 0 } };
        struct sein_thread_id thread;
        uint8_t want[SEIN_ID_BYTES];

        (void)vectors_hex(row, "intro-psk", keys.intro_psk,
                          sizeof keys.intro_psk);
        (void)vectors_hex(row, "thread", want, sizeof want);
        sein_pair_thread(&keys, vectors_text(row, "a"), vectors_text(row, "b"),
                         &thread);
        assert_memory_equal(&thread, want, sizeof want);
    }
    json_decref(document);
}

static void
test_pepper_and_marks(void **state)
{
    json_t *document = vectors_load("tests/vectors/household.json");
    const json_t *rows = vectors_array(document, "packs");

    (void)state;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct sein_blind_scope scope = { vectors_text(row, "circle"),
                                          (uint32_t)json_integer_value(
                                              json_object_get(row, "epoch")) };
        uint8_t of_pack[SEIN_PEPPER_BYTES];
        uint8_t want[SEIN_ID_BYTES];
        uint8_t got[SEIN_ID_BYTES];

        (void)vectors_hex(row, "pepper", of_pack, sizeof of_pack);
        (void)vectors_hex(row, "pepper_check", want, sizeof want);
        sein_pepper_check(of_pack, &scope, got);
        assert_memory_equal(got, want, sizeof want);
        (void)vectors_hex(row, "mark", want, sizeof want);
        sein_institution_mark(of_pack, vectors_text(row, "institution"), got);
        assert_memory_equal(got, want, sizeof want);
    }
    json_decref(document);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_our_own_vector),
        cmocka_unit_test(test_the_input_is_laid_out_as_written),
        cmocka_unit_test(test_every_part_of_the_input_counts),
        cmocka_unit_test(test_circles_and_epochs_are_unrelated),
        cmocka_unit_test(test_macs),
        cmocka_unit_test(test_a_pair_has_one_thread),
        cmocka_unit_test(test_threads_of_the_vector),
        cmocka_unit_test(test_pepper_and_marks),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
