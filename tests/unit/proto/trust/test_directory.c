/* Who may make a directory believed, and in which order versions follow. */
#include "proto/trust/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/pack.h"
#include "tests/support/fixture_directory.h"

#define NOW FIXTURE_NOW_MS
#define DAY SEIN_MS_PER_DAY
#define MINUTE SEIN_MS_PER_MIN

static enum sein_err
accept_bytes(const struct sein_hash *fingerprint, struct sein_slice bytes,
             int64_t now_ms)
{
    struct sein_directory *dir = NULL;
    enum sein_err err =
        sein_directory_accept_first(bytes, fingerprint, now_ms, &dir);

    assert_true((dir != NULL) == (err == SEIN_OK));
    sein_directory_free(&dir);
    return err;
}

static struct sein_hash
fingerprint_of(const struct fixture_directory *demo)
{
    struct sein_directory *dir = fixture_directory_open(demo);
    struct sein_hash fingerprint;

    sein_directory_fingerprint(dir, &fingerprint);
    sein_directory_free(&dir);
    return fingerprint;
}

/* What a joiner says to the demo, signed by those given. */
static enum sein_err
accept_first(const struct fixture_directory *demo,
             const struct fixture_governor *signers, size_t count,
             int64_t now_ms)
{
    struct sein_hash fingerprint = fingerprint_of(demo);
    struct fixture_bytes bytes = { 0 };
    enum sein_err err =
        fixture_directory_encode_by(demo, signers, count, &bytes);

    assert_int_equal(err, SEIN_OK);
    err = accept_bytes(&fingerprint, fixture_bytes_slice(&bytes), now_ms);
    fixture_bytes_free(&bytes);
    return err;
}

/* What a holder of old says to the demo, signed by those given. */
static enum sein_err
accept_next(const struct sein_directory *old,
            const struct fixture_directory *demo,
            const struct fixture_governor *signers, size_t count,
            int64_t now_ms, struct sein_directory **out_dir)
{
    struct fixture_bytes bytes = { 0 };
    struct sein_directory *dir = NULL;
    enum sein_err err =
        fixture_directory_encode_by(demo, signers, count, &bytes);

    assert_int_equal(err, SEIN_OK);
    err = sein_directory_accept_next(old, fixture_bytes_slice(&bytes), now_ms,
                                     &dir);
    assert_true((dir != NULL) == (err == SEIN_OK));
    fixture_bytes_free(&bytes);
    if (out_dir != NULL)
        *out_dir = dir;
    else
        sein_directory_free(&dir);
    return err;
}

static enum sein_err
next_by_all(const struct sein_directory *old,
            const struct fixture_directory *demo)
{
    return accept_next(old, demo, demo->governors, demo->governor_count, NOW,
                       NULL);
}

static void
test_first_needs_the_threshold(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_governor signers[3];

    (void)state;
    memcpy(signers, demo->governors, sizeof signers);
    assert_int_equal(accept_first(demo, signers, 3, NOW), SEIN_OK);
    assert_int_equal(accept_first(demo, signers, 2, NOW), SEIN_OK);
    assert_int_equal(accept_first(demo, signers + 1, 2, NOW), SEIN_OK);
    assert_int_equal(accept_first(demo, signers, 1, NOW), SEIN_EDIRTHRESHOLD);
    fixture_governor_make(&signers[1], "stranger", 1);
    fixture_governor_make(&signers[2], "stranger", 2);
    assert_int_equal(accept_first(demo, signers, 3, NOW), SEIN_EDIRTHRESHOLD);
    fixture_directory_free(&demo);
}

static void
test_one_governor_does_not_count_twice(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_governor signers[2];

    (void)state;
    signers[0] = demo->governors[0];
    signers[1] = demo->governors[0];
    assert_int_equal(accept_first(demo, signers, 2, NOW), SEIN_EDIRINVALID);
    fixture_directory_free(&demo);
}

static void
test_a_wrong_signature_of_a_governor(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_governor signers[3];

    (void)state;
    memcpy(signers, demo->governors, sizeof signers);
    signers[2].secret[0] ^= 1; /* signs with another key than it names */
    assert_int_equal(accept_first(demo, signers, 3, NOW), SEIN_ESIG);
    fixture_directory_free(&demo);
}

static void
test_first_needs_the_invited_fingerprint(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_hash fingerprint = fingerprint_of(demo);
    struct sein_hash other;
    struct fixture_bytes bytes = { 0 };

    (void)state;
    demo->threshold = 3; /* the threshold is a part of it */
    other = fingerprint_of(demo);
    assert_memory_not_equal(&fingerprint, &other, sizeof other);
    assert_int_equal(fixture_directory_encode(demo, &bytes), SEIN_OK);
    assert_int_equal(
        accept_bytes(&fingerprint, fixture_bytes_slice(&bytes), NOW),
        SEIN_EFINGERPRINT);
    assert_int_equal(accept_bytes(&other, fixture_bytes_slice(&bytes), NOW),
                     SEIN_OK);
    fixture_bytes_free(&bytes);
    fixture_directory_free(&demo);
}

/* PROTOCOL.md section 6, laid out by hand. */
static void
test_fingerprint_bytes(void **state)
{
    uint8_t laid[21 + 1 + 2 * 32] = "seinhuis/1/governance";
    struct sein_dir_governor governors[2] = { { .pk = { 1 } },
                                              { .pk = { 2 } } };
    struct sein_hash known;
    struct sein_hash made;

    (void)state;
    laid[21] = 2;
    laid[22] = 1;
    laid[22 + 32] = 2;
    sein_hash_of(sein_slice_of(laid, sizeof laid), &known);
    sein_governance_fingerprint(2, governors, 2, &made);
    assert_memory_equal(&made, &known, sizeof made);
}

static void
test_first_and_the_clock(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    const struct fixture_governor *all = demo->governors;
    int64_t end = (int64_t)demo->expires;

    (void)state;
    assert_int_equal(accept_first(demo, all, 3, end - 1), SEIN_OK);
    assert_int_equal(accept_first(demo, all, 3, end), SEIN_EDIREXPIRED);
    assert_int_equal(accept_first(demo, all, 3, NOW - 2 * MINUTE), SEIN_OK);
    assert_int_equal(accept_first(demo, all, 3, NOW - 2 * MINUTE - 1),
                     SEIN_ETIME);
    fixture_directory_free(&demo);
}

/* Who signed is settled before anything below the root is looked at. */
static void
test_signatures_come_first(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_hash fingerprint = fingerprint_of(demo);
    struct fixture_bytes bytes = { 0 };

    (void)state;
    demo->members[FIXTURE_SCHOOL].oin = "broken";
    assert_int_equal(
        fixture_directory_encode_by(demo, demo->governors, 1, &bytes), SEIN_OK);
    assert_int_equal(
        accept_bytes(&fingerprint, fixture_bytes_slice(&bytes), NOW),
        SEIN_EDIRTHRESHOLD);
    fixture_bytes_free(&bytes);
    assert_int_equal(fixture_directory_encode(demo, &bytes), SEIN_OK);
    assert_int_equal(
        accept_bytes(&fingerprint, fixture_bytes_slice(&bytes), NOW),
        SEIN_EDIRINVALID);
    fixture_bytes_free(&bytes);
    fixture_directory_free(&demo);
}

static void
test_every_byte_is_covered(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_hash fingerprint = fingerprint_of(demo);
    struct fixture_bytes bytes = { 0 };

    (void)state;
    demo->member_count = 1; /* keep it short */
    demo->circles[FIXTURE_JEUGD].label_count = 0;
    assert_int_equal(
        fixture_directory_encode_by(demo, demo->governors, 2, &bytes), SEIN_OK);
    assert_int_equal(
        accept_bytes(&fingerprint, fixture_bytes_slice(&bytes), NOW), SEIN_OK);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.at[i] ^= 1;
        assert_int_not_equal(
            accept_bytes(&fingerprint, fixture_bytes_slice(&bytes), NOW),
            SEIN_OK);
        bytes.at[i] ^= 1;
    }
    fixture_bytes_free(&bytes);
    fixture_directory_free(&demo);
}

static void
test_truncated_at_each_byte_and_one_more(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_hash fingerprint = fingerprint_of(demo);
    struct fixture_bytes bytes = { 0 };
    uint8_t *more = NULL;

    (void)state;
    assert_int_equal(fixture_directory_encode(demo, &bytes), SEIN_OK);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_equal(
            accept_bytes(&fingerprint, sein_slice_of(bytes.at, len), NOW),
            SEIN_EWIRE);
    }
    more = calloc(1, bytes.len + 1);
    assert_non_null(more);
    memcpy(more, bytes.at, bytes.len);
    assert_int_equal(
        accept_bytes(&fingerprint, sein_slice_of(more, bytes.len + 1), NOW),
        SEIN_ETRAILING);
    free(more);
    fixture_bytes_free(&bytes);
    fixture_directory_free(&demo);
}

static void
test_too_large(void **state)
{
    uint8_t *bytes = calloc(1, SEIN_DIRECTORY_MAX + 1);
    struct sein_directory *dir = NULL;

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(
        sein_directory_read(sein_slice_of(bytes, SEIN_DIRECTORY_MAX), &dir),
        SEIN_EWIRE);
    assert_int_equal(
        sein_directory_read(sein_slice_of(bytes, SEIN_DIRECTORY_MAX + 1), &dir),
        SEIN_ETOOLONG);
    assert_null(dir);
    free(bytes);
}

/* A root that promises 2^28 members in five bytes. */
static void
test_a_count_is_not_believed(void **state)
{
    static const uint8_t lie[] = { 0x82, 0xa7, 'b',  'r',  'o', 'k', 'e',
                                   'r',  's',  0xdd, 0x10, 0,   0,   0 };
    uint8_t buffer[256];
    uint8_t zeros[SEIN_SIG_BYTES] = { 0 };
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_directory *dir = NULL;

    (void)state;
    sein_pack_array(&out, 2);
    sein_pack_bytes(&out, sein_slice_of(lie, sizeof lie));
    sein_pack_array(&out, 1);
    sein_pack_array(&out, 2);
    sein_pack_bytes(&out, sein_slice_of(zeros, SEIN_KEY_BYTES));
    sein_pack_bytes(&out, sein_slice_of(zeros, SEIN_SIG_BYTES));
    assert_int_equal(sein_directory_read(sein_slice_of(buffer, out.len), &dir),
                     SEIN_EWIRE);
}

static void
test_next_version(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *old = fixture_directory_open(demo);
    struct sein_directory *next = NULL;

    (void)state;
    fixture_directory_follow(demo, old);
    demo->members[FIXTURE_SCHOOL].name = "Andere naam";
    assert_int_equal(accept_next(old, demo, demo->governors, 2, NOW, &next),
                     SEIN_OK);
    assert_int_equal(sein_directory_version(next), 2);
    sein_directory_free(&next);
    assert_int_equal(accept_next(old, demo, demo->governors, 1, NOW, NULL),
                     SEIN_EDIRTHRESHOLD);
    assert_int_equal(
        accept_next(old, demo, demo->governors, 3, NOW - 2 * MINUTE - 1, NULL),
        SEIN_ETIME);
    demo->governors[0].secret[0] ^= 1;
    assert_int_equal(next_by_all(old, demo), SEIN_ESIG);
    sein_directory_free(&old);
    fixture_directory_free(&demo);
}

static void
test_the_same_again(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *old = fixture_directory_open(demo);

    (void)state;
    assert_int_equal(next_by_all(old, demo), SEIN_EEXIST);
    /* Fewer signatures under the same bytes are still the same version. */
    assert_int_equal(accept_next(old, demo, demo->governors, 2, NOW, NULL),
                     SEIN_EEXIST);
    sein_directory_free(&old);
    fixture_directory_free(&demo);
}

static void
test_a_fork_and_a_rollback(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *first = fixture_directory_open(demo);
    struct sein_directory *second = NULL;

    (void)state;
    fixture_directory_follow(demo, first);
    second = fixture_directory_open(demo);
    demo->members[FIXTURE_SCHOOL].name = "Andere naam";
    assert_int_equal(next_by_all(second, demo), SEIN_EDIRROLLBACK);
    assert_int_equal(accept_next(second, demo, demo->governors, 1, NOW, NULL),
                     SEIN_EDIRTHRESHOLD);
    demo->version = 1;
    memset(demo->prev, 0, sizeof demo->prev);
    assert_int_equal(next_by_all(second, demo), SEIN_EDIRROLLBACK);
    demo->members[FIXTURE_SCHOOL].name = "Scholengroep";
    assert_int_equal(next_by_all(second, demo), SEIN_EDIRROLLBACK);
    sein_directory_free(&second);
    sein_directory_free(&first);
    fixture_directory_free(&demo);
}

static void
test_a_broken_chain(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *old = fixture_directory_open(demo);

    (void)state;
    fixture_directory_follow(demo, old);
    demo->version = 3;
    assert_int_equal(next_by_all(old, demo), SEIN_EDIRCHAIN);
    demo->version = 2;
    demo->prev[0] ^= 1;
    assert_int_equal(next_by_all(old, demo), SEIN_EDIRCHAIN);
    demo->prev[0] ^= 1;
    assert_int_equal(next_by_all(old, demo), SEIN_OK);
    sein_directory_free(&old);
    fixture_directory_free(&demo);
}

static void
test_an_expired_link_counts(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *first = fixture_directory_open(demo);
    struct sein_directory *second = NULL;
    struct sein_directory *third = NULL;
    int64_t later = NOW + 60 * DAY;

    (void)state;
    fixture_directory_follow(demo, first);
    assert_int_equal(
        accept_next(first, demo, demo->governors, 2, later, &second), SEIN_OK);
    assert_true(sein_directory_expired(second, later));
    fixture_directory_follow(demo, second);
    demo->issued = (uint64_t)later;
    demo->expires = (uint64_t)(later + 45 * DAY);
    assert_int_equal(
        accept_next(second, demo, demo->governors, 2, later, &third), SEIN_OK);
    assert_false(sein_directory_expired(third, later));
    assert_true(sein_directory_expires_at(third) == later + 45 * DAY);
    sein_directory_free(&third);
    sein_directory_free(&second);
    sein_directory_free(&first);
    fixture_directory_free(&demo);
}

/* Three new governors, all of whom must sign; signers are 3 old, 3 new. */
static void
change_governance(struct fixture_directory *demo,
                  struct fixture_governor signers[static 6])
{
    memcpy(signers, demo->governors, 3 * sizeof *signers);
    for (size_t i = 0; i < 3; i++)
        fixture_governor_make(&demo->governors[i], "new", (uint8_t)(10 + i));
    fixture_governors_sort(demo);
    memcpy(signers + 3, demo->governors, 3 * sizeof *signers);
    demo->threshold = 3;
}

static void
test_a_governance_change_needs_both(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *old = fixture_directory_open(demo);
    struct fixture_governor by[6];

    (void)state;
    fixture_directory_follow(demo, old);
    change_governance(demo, by);
    assert_int_equal(accept_next(old, demo, by, 6, NOW, NULL), SEIN_OK);
    assert_int_equal(accept_next(old, demo, by + 1, 5, NOW, NULL), SEIN_OK);
    assert_int_equal(accept_next(old, demo, by + 2, 4, NOW, NULL),
                     SEIN_EDIRTHRESHOLD); /* one of the old */
    assert_int_equal(accept_next(old, demo, by + 3, 3, NOW, NULL),
                     SEIN_EDIRTHRESHOLD); /* none of the old */
    assert_int_equal(accept_next(old, demo, by, 3, NOW, NULL),
                     SEIN_EDIRTHRESHOLD); /* none of the new */
    assert_int_equal(accept_next(old, demo, by, 5, NOW, NULL),
                     SEIN_EDIRTHRESHOLD); /* two of the new */
    sein_directory_free(&old);
    fixture_directory_free(&demo);
}

/* The old governors can no longer lead anybody back. */
static void
test_rolling_back_over_a_governance_change(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_directory *before = fixture_directory_new(NOW);
    struct sein_directory *old = fixture_directory_open(demo);
    struct sein_directory *next = NULL;
    struct fixture_governor by[6];

    (void)state;
    fixture_directory_follow(demo, old);
    change_governance(demo, by);
    assert_int_equal(accept_next(old, demo, by, 6, NOW, &next), SEIN_OK);
    assert_int_equal(next_by_all(next, before), SEIN_EDIRROLLBACK);
    fixture_directory_follow(before, next);
    assert_int_equal(next_by_all(next, before), SEIN_EDIRTHRESHOLD);
    sein_directory_free(&next);
    sein_directory_free(&old);
    fixture_directory_free(&before);
    fixture_directory_free(&demo);
}

static void
test_what_it_gives_back(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_bytes bytes = { 0 };
    struct sein_directory *dir = NULL;
    struct sein_dir_signed envelope = { 0 };
    struct sein_hash hash;

    (void)state;
    assert_int_equal(fixture_directory_encode(demo, &bytes), SEIN_OK);
    assert_int_equal(sein_directory_read(fixture_bytes_slice(&bytes), &dir),
                     SEIN_OK);
    assert_true(sein_slice_equal(sein_directory_bytes(dir),
                                 fixture_bytes_slice(&bytes)));
    assert_int_equal(sein_schema_decode_all(&sein_dir_signed_schema,
                                            fixture_bytes_slice(&bytes),
                                            &envelope),
                     SEIN_OK);
    sein_hash_of(envelope.dir, &hash);
    assert_memory_equal(&hash, sein_directory_hash(dir), sizeof hash);
    assert_int_equal(sein_directory_root(dir)->issued, NOW);
    assert_false(sein_directory_expired(dir, NOW));
    sein_directory_free(&dir);
    assert_null(dir);
    sein_directory_free(&dir);
    fixture_bytes_free(&bytes);
    fixture_directory_free(&demo);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_needs_the_threshold),
        cmocka_unit_test(test_one_governor_does_not_count_twice),
        cmocka_unit_test(test_a_wrong_signature_of_a_governor),
        cmocka_unit_test(test_first_needs_the_invited_fingerprint),
        cmocka_unit_test(test_fingerprint_bytes),
        cmocka_unit_test(test_first_and_the_clock),
        cmocka_unit_test(test_signatures_come_first),
        cmocka_unit_test(test_every_byte_is_covered),
        cmocka_unit_test(test_truncated_at_each_byte_and_one_more),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_a_count_is_not_believed),
        cmocka_unit_test(test_next_version),
        cmocka_unit_test(test_the_same_again),
        cmocka_unit_test(test_a_fork_and_a_rollback),
        cmocka_unit_test(test_a_broken_chain),
        cmocka_unit_test(test_an_expired_link_counts),
        cmocka_unit_test(test_a_governance_change_needs_both),
        cmocka_unit_test(test_rolling_back_over_a_governance_change),
        cmocka_unit_test(test_what_it_gives_back),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
