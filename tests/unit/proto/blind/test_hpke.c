#include "proto/blind/hpke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/vectors.h"

#define FIELD_MAX 128U
#define MARK 0xa5

struct fixture {
    struct sein_hpke_pair pair;
    struct sein_hpke_pair other;
    uint8_t psk[SEIN_KEY_BYTES];
    uint8_t psk_id[SEIN_HASH_BYTES];
    struct sein_hpke_psk with;
    struct sein_slice info;
    struct sein_slice aad;
    struct sein_slice text;
    uint8_t sealed[FIELD_MAX];
    size_t sealed_len;
};

static void
fixture_make(struct fixture *f)
{
    sein_hpke_generate(&f->pair);
    sein_hpke_generate(&f->other);
    randombytes_buf(f->psk, sizeof f->psk);
    randombytes_buf(f->psk_id, sizeof f->psk_id);
    f->with.psk = f->psk;
    f->with.psk_id = sein_slice_of(f->psk_id, sizeof f->psk_id);
    f->info = sein_slice_text("info");
    f->aad = sein_slice_text("header");
    f->text = sein_slice_text("a letter");
    f->sealed_len = f->text.len + SEIN_HPKE_OVERHEAD;
}

static void
fixture_seal(struct fixture *f, const struct sein_hpke_psk *psk)
{
    assert_int_equal(sein_hpke_seal(f->pair.pk, psk, f->info, f->aad, f->text,
                                    f->sealed, f->sealed_len),
                     SEIN_OK);
}

/* Opens with what is in the fixture; an error must leave the output alone. */
static enum sein_err
fixture_open(const struct fixture *f, const struct sein_hpke_psk *psk,
             struct sein_slice sealed)
{
    uint8_t out[FIELD_MAX];
    enum sein_err err = SEIN_OK;

    memset(out, MARK, sizeof out);
    err =
        sein_hpke_open(&f->pair, psk, f->info, f->aad, sealed, out, sizeof out);
    if (err == SEIN_OK) {
        assert_memory_equal(out, f->text.at, f->text.len);
        assert_int_equal(out[f->text.len], MARK);
        return err;
    }
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], MARK);
    return err;
}

static struct sein_slice
all_of(const struct fixture *f)
{
    return sein_slice_of(f->sealed, f->sealed_len);
}

/* ---- the published vectors ------------------------------------------- */

struct suite {
    struct sein_hpke_pair ephemeral;
    struct sein_hpke_pair pair;
    uint8_t info_bytes[FIELD_MAX];
    struct sein_slice info;
    uint8_t psk_bytes[SEIN_KEY_BYTES];
    uint8_t psk_id_bytes[FIELD_MAX];
    struct sein_hpke_psk with;
    const struct sein_hpke_psk *psk; /* NULL in mode base */
};

static void
check_pair(const json_t *row, const char *ikm_name, const char *sk_name,
           const char *pk_name, struct sein_hpke_pair *out_pair)
{
    uint8_t ikm[SEIN_KEY_BYTES];
    uint8_t want[SEIN_KEY_BYTES];

    sein_hpke_derive_pair(vectors_hex(row, ikm_name, ikm, sizeof ikm),
                          out_pair);
    (void)vectors_hex(row, sk_name, want, sizeof want);
    assert_memory_equal(out_pair->sk, want, sizeof want);
    (void)vectors_hex(row, pk_name, want, sizeof want);
    assert_memory_equal(out_pair->pk, want, sizeof want);
}

static void
suite_load(const json_t *row, struct suite *suite)
{
    struct sein_slice psk = { 0 };

    memset(suite, 0, sizeof *suite);
    check_pair(row, "ikmE", "skEm", "pkEm", &suite->ephemeral);
    check_pair(row, "ikmR", "skRm", "pkRm", &suite->pair);
    suite->info = vectors_hex(row, "info", suite->info_bytes, FIELD_MAX);
    if (json_object_get(row, "psk") == NULL)
        return;
    psk = vectors_hex(row, "psk", suite->psk_bytes, SEIN_KEY_BYTES);
    assert_int_equal(psk.len, SEIN_KEY_BYTES);
    suite->with.psk = suite->psk_bytes;
    suite->with.psk_id =
        vectors_hex(row, "psk_id", suite->psk_id_bytes, FIELD_MAX);
    suite->psk = &suite->with;
}

static void
check_context(const json_t *row, const struct sein_hpke_context *context)
{
    uint8_t want[SEIN_KEY_BYTES];

    (void)vectors_hex(row, "key", want, sizeof want);
    assert_memory_equal(context->key, want, sizeof context->key);
    (void)vectors_hex(row, "base_nonce", want, sizeof want);
    assert_memory_equal(context->base_nonce, want, sizeof context->base_nonce);
}

static void
check_encryption(const json_t *row, const struct sein_hpke_context *context)
{
    struct sein_hpke_context sender = *context;
    struct sein_hpke_context recipient = *context;
    uint8_t pt_bytes[FIELD_MAX];
    uint8_t aad_bytes[FIELD_MAX];
    uint8_t ct_bytes[FIELD_MAX];
    uint8_t out[FIELD_MAX];
    struct sein_slice pt = vectors_hex(row, "pt", pt_bytes, FIELD_MAX);
    struct sein_slice aad = vectors_hex(row, "aad", aad_bytes, FIELD_MAX);
    struct sein_slice ct = vectors_hex(row, "ct", ct_bytes, FIELD_MAX);
    const char *seq =
        json_string_value(json_object_get(row, "sequence number"));

    assert_non_null(seq);
    sender.seq = strtoull(seq, NULL, 10);
    recipient.seq = sender.seq;
    assert_int_equal(sein_hpke_context_seal(&sender, aad, pt, out, ct.len),
                     SEIN_OK);
    assert_memory_equal(out, ct.at, ct.len);
    assert_true(sender.seq == context->seq + strtoull(seq, NULL, 10) + 1);
    assert_int_equal(sein_hpke_context_open(&recipient, aad, ct, out, pt.len),
                     SEIN_OK);
    assert_memory_equal(out, pt.at, pt.len);
    assert_true(recipient.seq == sender.seq);
}

/* Sequence 0 is what the single shot opens; sealing takes a random pair. */
static void
check_single_shot(const json_t *suite_row, const struct suite *suite)
{
    const json_t *row =
        json_array_get(vectors_array(suite_row, "encryptions"), 0);
    uint8_t sealed[2 * FIELD_MAX];
    uint8_t pt_bytes[FIELD_MAX];
    uint8_t aad_bytes[FIELD_MAX];
    uint8_t out[FIELD_MAX];
    struct sein_slice enc =
        vectors_hex(suite_row, "enc", sealed, SEIN_HPKE_ENC_BYTES);
    struct sein_slice ct =
        vectors_hex(row, "ct", sealed + SEIN_HPKE_ENC_BYTES, FIELD_MAX);
    struct sein_slice pt = vectors_hex(row, "pt", pt_bytes, FIELD_MAX);
    struct sein_slice aad = vectors_hex(row, "aad", aad_bytes, FIELD_MAX);

    assert_memory_equal(enc.at, suite->ephemeral.pk, SEIN_HPKE_ENC_BYTES);
    assert_int_equal(
        sein_hpke_open(&suite->pair, suite->psk, suite->info, aad,
                       sein_slice_of(sealed, SEIN_HPKE_ENC_BYTES + ct.len), out,
                       pt.len),
        SEIN_OK);
    assert_memory_equal(out, pt.at, pt.len);
}

static void
check_suite(const json_t *row)
{
    struct suite suite;
    struct sein_hpke_context sender = { 0 };
    struct sein_hpke_context recipient = { 0 };
    const json_t *encryptions = vectors_array(row, "encryptions");

    suite_load(row, &suite);
    assert_int_equal(sein_hpke_setup_sender(&suite.ephemeral, suite.pair.pk,
                                            suite.psk, suite.info, &sender),
                     SEIN_OK);
    check_context(row, &sender);
    assert_int_equal(sein_hpke_setup_recipient(suite.ephemeral.pk, &suite.pair,
                                               suite.psk, suite.info,
                                               &recipient),
                     SEIN_OK);
    check_context(row, &recipient);
    assert_int_equal(json_array_size(encryptions), 6);
    for (size_t i = 0; i < json_array_size(encryptions); i++)
        check_encryption(json_array_get(encryptions, i), &sender);
    check_single_shot(row, &suite);
}

static void
test_published_vectors(void **state)
{
    json_t *document =
        vectors_load("tests/vectors/rfc9180-x25519-sha256-chacha.json");
    const json_t *suites = vectors_array(document, "suites");
    size_t checked = 0;

    (void)state;
    for (size_t i = 0; i < json_array_size(suites); i++) {
        const json_t *row = json_array_get(suites, i);
        struct sein_slice mode = vectors_text(row, "mode");

        if (!sein_slice_is(mode, "0") && !sein_slice_is(mode, "1"))
            continue;
        assert_int_equal(json_object_get(row, "psk") != NULL,
                         sein_slice_is(mode, "1"));
        check_suite(row);
        checked++;
    }
    assert_int_equal(checked, 2);
    json_decref(document);
}

/* ---- our own --------------------------------------------------------- */

static void
test_every_length_goes_there_and_back(void **state)
{
    static const size_t lens[] = { 0, 1, 15, 16, 17, 63, 64, 65, 1024, 65536 };
    struct fixture f;
    uint8_t *text = malloc(65536);
    uint8_t *back = malloc(65536);
    uint8_t *sealed = malloc(65536 + SEIN_HPKE_OVERHEAD);

    (void)state;
    fixture_make(&f);
    assert_true(text != NULL && back != NULL && sealed != NULL);
    randombytes_buf(text, 65536);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t len = lens[i];
        size_t sealed_len = len + SEIN_HPKE_OVERHEAD;

        assert_int_equal(sein_hpke_seal(f.pair.pk, &f.with, f.info, f.aad,
                                        sein_slice_of(text, len), sealed,
                                        sealed_len),
                         SEIN_OK);
        assert_int_equal(sein_hpke_open(&f.pair, &f.with, f.info, f.aad,
                                        sein_slice_of(sealed, sealed_len), back,
                                        len),
                         SEIN_OK);
        assert_memory_equal(text, back, len);
    }
    free(sealed);
    free(back);
    free(text);
}

static void
test_empty_everything(void **state)
{
    struct sein_slice none = { 0 };
    struct fixture f;

    (void)state;
    fixture_make(&f);
    assert_int_equal(sein_hpke_seal(f.pair.pk, NULL, none, none, none, f.sealed,
                                    SEIN_HPKE_OVERHEAD),
                     SEIN_OK);
    assert_int_equal(sein_hpke_open(&f.pair, NULL, none, none,
                                    sein_slice_of(f.sealed, SEIN_HPKE_OVERHEAD),
                                    NULL, 0),
                     SEIN_OK);
}

static void
test_each_sealing_is_fresh(void **state)
{
    struct fixture a;
    struct fixture b;

    (void)state;
    fixture_make(&a);
    fixture_seal(&a, NULL);
    b = a;
    fixture_seal(&b, NULL);
    assert_memory_not_equal(a.sealed, b.sealed, SEIN_HPKE_ENC_BYTES);
    assert_memory_not_equal(a.sealed + SEIN_HPKE_ENC_BYTES,
                            b.sealed + SEIN_HPKE_ENC_BYTES, a.text.len);
}

static void
test_truncated_or_longer(void **state)
{
    struct fixture f;

    (void)state;
    fixture_make(&f);
    fixture_seal(&f, NULL);
    for (size_t len = 0; len < f.sealed_len; len++) {
        uint8_t *cut = malloc(len + 1);

        assert_non_null(cut);
        memcpy(cut + 1, f.sealed, len);
        assert_int_equal(fixture_open(&f, NULL, sein_slice_of(cut + 1, len)),
                         SEIN_EOPEN);
        free(cut);
    }
    f.sealed[f.sealed_len] = 0;
    assert_int_equal(
        fixture_open(&f, NULL, sein_slice_of(f.sealed, f.sealed_len + 1)),
        SEIN_EOPEN);
    assert_int_equal(fixture_open(&f, NULL, all_of(&f)), SEIN_OK);
}

/* The highest bit of enc is the one that X25519 masks away, yet it is part of
 * the key schedule, so that flipping it shows too. */
static void
test_every_flipped_bit(void **state)
{
    struct fixture f;

    (void)state;
    fixture_make(&f);
    fixture_seal(&f, &f.with);
    for (size_t bit = 0; bit < 8 * f.sealed_len; bit++) {
        f.sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(fixture_open(&f, &f.with, all_of(&f)), SEIN_EOPEN);
        f.sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(fixture_open(&f, &f.with, all_of(&f)), SEIN_OK);
}

static void
test_other_key_info_or_aad(void **state)
{
    struct fixture f;
    struct fixture g;

    (void)state;
    fixture_make(&f);
    fixture_seal(&f, NULL);
    g = f;
    g.pair = f.other;
    assert_int_equal(fixture_open(&g, NULL, all_of(&f)), SEIN_EOPEN);
    g = f;
    memcpy(g.pair.pk, f.other.pk, sizeof g.pair.pk);
    assert_int_equal(fixture_open(&g, NULL, all_of(&f)), SEIN_EOPEN);
    g = f;
    g.info = sein_slice_text("inf");
    assert_int_equal(fixture_open(&g, NULL, all_of(&f)), SEIN_EOPEN);
    g = f;
    g.aad = sein_slice_text("headex");
    assert_int_equal(fixture_open(&g, NULL, all_of(&f)), SEIN_EOPEN);
    g.aad = (struct sein_slice){ 0 };
    assert_int_equal(fixture_open(&g, NULL, all_of(&f)), SEIN_EOPEN);
    assert_int_equal(fixture_open(&f, NULL, all_of(&f)), SEIN_OK);
}

static void
test_base_and_psk_do_not_mix(void **state)
{
    struct fixture f;
    uint8_t other_psk[SEIN_KEY_BYTES] = { 7 };
    struct sein_hpke_psk with;

    (void)state;
    fixture_make(&f);
    fixture_seal(&f, NULL);
    assert_int_equal(fixture_open(&f, &f.with, all_of(&f)), SEIN_EOPEN);
    fixture_seal(&f, &f.with);
    assert_int_equal(fixture_open(&f, NULL, all_of(&f)), SEIN_EOPEN);
    assert_int_equal(fixture_open(&f, &f.with, all_of(&f)), SEIN_OK);
    with = f.with;
    with.psk = other_psk;
    assert_int_equal(fixture_open(&f, &with, all_of(&f)), SEIN_EOPEN);
    with = f.with;
    with.psk_id.len--;
    assert_int_equal(fixture_open(&f, &with, all_of(&f)), SEIN_EOPEN);
}

static void
test_points_of_low_order(void **state)
{
    static const char *const points[] = {
        "00000000000000000000000000000000"
        "00000000000000000000000000000000",
        "01000000000000000000000000000000"
        "00000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46a"
        "da098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b"
        "04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffff"
        "ffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffff"
        "ffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffff"
        "ffffffffffffffffffffffffffffff7f",
        "00000000000000000000000000000000"
        "00000000000000000000000000000080",
        "eeffffffffffffffffffffffffffffff"
        "ffffffffffffffffffffffffffffffff",
    };
    struct fixture f;
    uint8_t point[SEIN_KEY_BYTES];
    uint8_t out[FIELD_MAX];

    (void)state;
    fixture_make(&f);
    fixture_seal(&f, NULL);
    memset(out, MARK, sizeof out);
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        assert_int_equal(
            sein_unhex(sein_slice_text(points[i]), point, sizeof point),
            SEIN_OK);
        assert_int_equal(
            sein_hpke_seal(point, NULL, f.info, f.aad, f.text, out, sizeof out),
            SEIN_ELOWORDER);
        for (size_t at = 0; at < sizeof out; at++)
            assert_int_equal(out[at], MARK);
        memcpy(f.sealed, point, sizeof point);
        assert_int_equal(fixture_open(&f, NULL, all_of(&f)), SEIN_ELOWORDER);
    }
}

static void
test_output_too_small(void **state)
{
    struct fixture f;
    uint8_t out[FIELD_MAX];

    (void)state;
    fixture_make(&f);
    fixture_seal(&f, NULL);
    for (size_t max = 0; max < f.sealed_len; max++) {
        memset(out, MARK, sizeof out);
        assert_int_equal(
            sein_hpke_seal(f.pair.pk, NULL, f.info, f.aad, f.text, out, max),
            SEIN_ETOOLONG);
        assert_int_equal(out[0], MARK);
    }
    for (size_t max = 0; max < f.text.len; max++) {
        memset(out, MARK, sizeof out);
        assert_int_equal(
            sein_hpke_open(&f.pair, NULL, f.info, f.aad, all_of(&f), out, max),
            SEIN_ETOOLONG);
        assert_int_equal(out[0], MARK);
    }
}

static void
test_context_ends(void **state)
{
    struct sein_hpke_context context = { .seq = UINT64_MAX };
    struct sein_slice none = { 0 };
    uint8_t out[SEIN_HPKE_TAG_BYTES] = { 0 };

    (void)state;
    assert_int_equal(
        sein_hpke_context_seal(&context, none, none, out, sizeof out),
        SEIN_ERANGE);
    assert_int_equal(sein_hpke_context_open(&context, none,
                                            sein_slice_of(out, sizeof out),
                                            NULL, 0),
                     SEIN_ERANGE);
    assert_true(context.seq == UINT64_MAX);
}

static void
test_context_counts_only_what_opened(void **state)
{
    struct sein_hpke_context sender = { .key = { 1 } };
    struct sein_hpke_context recipient = sender;
    uint8_t ct[SEIN_HPKE_TAG_BYTES + 2] = { 0 };
    uint8_t out[2];
    struct sein_slice none = { 0 };
    struct sein_slice all = sein_slice_of(ct, sizeof ct);

    (void)state;
    assert_int_equal(sein_hpke_context_seal(
                         &sender, none, sein_slice_text("hi"), ct, sizeof ct),
                     SEIN_OK);
    ct[0] ^= 1;
    assert_int_equal(
        sein_hpke_context_open(&recipient, none, all, out, sizeof out),
        SEIN_EOPEN);
    assert_true(recipient.seq == 0);
    ct[0] ^= 1;
    assert_int_equal(
        sein_hpke_context_open(&recipient, none, all, out, sizeof out),
        SEIN_OK);
    assert_int_equal(
        sein_hpke_context_open(&recipient, none, all, out, sizeof out),
        SEIN_EOPEN);
    assert_true(recipient.seq == 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_every_length_goes_there_and_back),
        cmocka_unit_test(test_empty_everything),
        cmocka_unit_test(test_each_sealing_is_fresh),
        cmocka_unit_test(test_truncated_or_longer),
        cmocka_unit_test(test_every_flipped_bit),
        cmocka_unit_test(test_other_key_info_or_aad),
        cmocka_unit_test(test_base_and_psk_do_not_mix),
        cmocka_unit_test(test_points_of_low_order),
        cmocka_unit_test(test_output_too_small),
        cmocka_unit_test(test_context_ends),
        cmocka_unit_test(test_context_counts_only_what_opened),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
