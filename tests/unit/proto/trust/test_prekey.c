#include "proto/trust/prekey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/msg_directory.h"
#include "tests/support/fixture_directory.h"
#include "tests/support/schema_cases.h"

#define NOW FIXTURE_NOW_MS
#define DAY SEIN_MS_PER_DAY

/* A statement as it travels. */
struct made {
    uint8_t bytes[SEIN_PREKEY_MAX + 1];
    size_t len;
    uint8_t sig[SEIN_SIG_BYTES];
};

static struct sein_prekey
good_prekey(const struct fixture_directory *demo)
{
    return (struct sein_prekey){
        .v = 1,
        .desk = sein_slice_text(FIXTURE_DESK_NOORD),
        .prekey_id = { { 1 } },
        .pk = { 9 },
        .seq = 1,
        .not_before = (uint64_t)NOW,
        .not_after = (uint64_t)(NOW + 30 * DAY),
        .key_id = demo->members[FIXTURE_WIJKTEAM].keys[0].key_id,
    };
}

static struct sein_slice
slice_of(const struct made *made)
{
    return sein_slice_of(made->bytes, made->len);
}

static enum sein_err
sign(const struct fixture_directory *demo, const struct sein_prekey *prekey,
     struct made *out)
{
    return sein_prekey_sign(prekey,
                            demo->members[FIXTURE_WIJKTEAM].keys[0].sign_secret,
                            out->bytes, SEIN_PREKEY_MAX, &out->len, out->sig);
}

/* Signs even what sein_prekey_sign refuses to write. */
static void
sign_anyway(const uint8_t *secret, const struct sein_prekey *prekey,
            struct made *out)
{
    struct sein_writer writer = sein_writer_of(out->bytes, sizeof out->bytes);
    struct sein_slice bytes = { 0 };

    assert_int_equal(sein_schema_encode(&sein_prekey_schema, prekey, &writer),
                     SEIN_OK);
    assert_int_equal(sein_writer_done(&writer, &bytes), SEIN_OK);
    out->len = bytes.len;
    assert_int_equal(sein_sig_make(SEIN_SIG_PREKEY, bytes, secret, out->sig),
                     SEIN_OK);
}

static enum sein_err
verify(const struct fixture_directory *demo, const struct made *made,
       int64_t now_ms)
{
    struct sein_directory *dir = fixture_directory_open(demo);
    struct sein_prekey read = { 0 };
    enum sein_err err =
        sein_prekey_verify(dir, slice_of(made), made->sig, now_ms, &read);

    sein_directory_free(&dir);
    return err;
}

static void
test_schema(void **state)
{
    static const struct schema_case rows[] = {
        { "v", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "prekey_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "pk", SEIN_FIELD_FIXED, false, 0, 32 },
        { "seq", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "prev", SEIN_FIELD_FIXED, false, 0, 32 },
        { "not_before", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "not_after", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "key_id", SEIN_FIELD_FIXED, false, 0, 16 },
    };

    (void)state;
    schema_cases_run(&sein_prekey_schema, rows, sizeof rows / sizeof rows[0]);
}

static void
test_round(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *dir = fixture_directory_open(demo);
    struct sein_prekey prekey = good_prekey(demo);
    struct sein_prekey read = { 0 };
    struct made made;

    (void)state;
    assert_int_equal(sign(demo, &prekey, &made), SEIN_OK);
    assert_int_equal(
        sein_prekey_verify(dir, slice_of(&made), made.sig, NOW, &read),
        SEIN_OK);
    assert_int_equal(read.seq, 1);
    assert_memory_equal(read.pk, prekey.pk, sizeof read.pk);
    assert_true(sein_slice_is(read.desk, FIXTURE_DESK_NOORD));
    sein_directory_free(&dir);
    fixture_directory_free(&demo);
}

static void
test_each_byte_counts(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *dir = fixture_directory_open(demo);
    struct sein_prekey prekey = good_prekey(demo);
    struct sein_prekey read = { 0 };
    struct made made;

    (void)state;
    assert_int_equal(sign(demo, &prekey, &made), SEIN_OK);
    for (size_t len = 0; len < made.len; len++) {
        uint8_t *cut = malloc(len > 0 ? len : 1);

        assert_non_null(cut);
        memcpy(cut, made.bytes, len);
        assert_int_equal(sein_prekey_verify(dir, sein_slice_of(cut, len),
                                            made.sig, NOW, &read),
                         SEIN_EWIRE);
        free(cut);
    }
    for (size_t i = 0; i < made.len; i++) {
        made.bytes[i] ^= 1;
        assert_int_not_equal(
            sein_prekey_verify(dir, slice_of(&made), made.sig, NOW, &read),
            SEIN_OK);
        made.bytes[i] ^= 1;
    }
    made.bytes[made.len] = 0;
    assert_int_equal(sein_prekey_verify(dir,
                                        sein_slice_of(made.bytes, made.len + 1),
                                        made.sig, NOW, &read),
                     SEIN_ETRAILING);
    assert_int_equal(
        sein_prekey_verify(dir, sein_slice_of(made.bytes, SEIN_PREKEY_MAX + 1),
                           made.sig, NOW, &read),
        SEIN_ETOOLONG);
    sein_directory_free(&dir);
    fixture_directory_free(&demo);
}

static void
test_who_signed(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_prekey prekey = good_prekey(demo);
    const struct fixture_key *school = &demo->members[FIXTURE_SCHOOL].keys[0];
    struct made made;

    (void)state;
    sign_anyway(school->sign_secret, &prekey, &made);
    assert_int_equal(verify(demo, &made, NOW), SEIN_ESIG);
    prekey.key_id = school->key_id;
    sign_anyway(school->sign_secret, &prekey, &made);
    assert_int_equal(verify(demo, &made, NOW), SEIN_EDESKKEY);
    prekey.key_id.bytes[0] ^= 1;
    sign_anyway(school->sign_secret, &prekey, &made);
    assert_int_equal(verify(demo, &made, NOW), SEIN_EKEY);
    fixture_directory_free(&demo);
}

static void
test_desk_and_version(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_key *key = &demo->members[FIXTURE_WIJKTEAM].keys[0];
    struct sein_prekey prekey = good_prekey(demo);
    struct made made;

    (void)state;
    prekey.desk = sein_slice_text(FIXTURE_OIN_WIJKTEAM "/oost");
    sign_anyway(key->sign_secret, &prekey, &made);
    assert_int_equal(verify(demo, &made, NOW), SEIN_EDESK);
    prekey = good_prekey(demo);
    prekey.v = 2;
    sign_anyway(key->sign_secret, &prekey, &made);
    assert_int_equal(verify(demo, &made, NOW), SEIN_EVERSION);
    assert_int_equal(sign(demo, &prekey, &made), SEIN_ERANGE);
    prekey = good_prekey(demo);
    assert_int_equal(sign(demo, &prekey, &made), SEIN_OK);
    key->desks[0] = "zuid";
    key->desk_count = 1;
    assert_int_equal(verify(demo, &made, NOW), SEIN_EDESKKEY);
    fixture_directory_free(&demo);
}

static void
test_life(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    const uint8_t *secret = demo->members[FIXTURE_WIJKTEAM].keys[0].sign_secret;
    static const struct {
        int64_t life;
        enum sein_err expected;
    } lives[] = { { -1, SEIN_ERANGE },
                  { 0, SEIN_ERANGE },
                  { 1, SEIN_OK },
                  { 30 * DAY, SEIN_OK },
                  { 30 * DAY + 1, SEIN_ERANGE } };
    struct made made;

    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof lives[0]; i++) {
        struct sein_prekey prekey = good_prekey(demo);

        prekey.not_after = (uint64_t)(NOW + lives[i].life);
        assert_int_equal(sign(demo, &prekey, &made), lives[i].expected);
        sign_anyway(secret, &prekey, &made);
        assert_int_equal(verify(demo, &made, NOW), lives[i].expected);
    }
    fixture_directory_free(&demo);
}

static void
test_status_of_the_key(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_member *team = &demo->members[FIXTURE_WIJKTEAM];
    struct fixture_key *key = &team->keys[0];
    struct sein_prekey prekey = good_prekey(demo);
    struct made made;

    (void)state;
    assert_int_equal(sign(demo, &prekey, &made), SEIN_OK);
    key->active_from = (uint64_t)NOW + 5;
    assert_int_equal(verify(demo, &made, NOW), SEIN_ENOTYET);
    assert_int_equal(verify(demo, &made, NOW + 5), SEIN_OK);
    key->active_from = 0;
    key->retired_at = (uint64_t)NOW + 1; /* active when it was made */
    assert_int_equal(verify(demo, &made, NOW + 5), SEIN_OK);
    key->retired_at = (uint64_t)NOW;
    assert_int_equal(verify(demo, &made, NOW + 5), SEIN_ERETIRED);
    key->retired_at = 0;
    team->left_at = (uint64_t)NOW;
    assert_int_equal(verify(demo, &made, NOW + 5), SEIN_ELEFT);
    key->revoked_at = (uint64_t)NOW + 5; /* revoked outdoes the past */
    team->left_at = 0;
    assert_int_equal(verify(demo, &made, NOW + 4), SEIN_OK);
    assert_int_equal(verify(demo, &made, NOW + 5), SEIN_EREVOKED);
    fixture_directory_free(&demo);
}

static void
test_following(void **state)
{
    struct sein_prekey_mark mark = { 0 };
    struct sein_prekey prekey = { .seq = 1, .not_before = (uint64_t)NOW };
    struct sein_slice first = sein_slice_text("statement 1");
    struct sein_slice second = sein_slice_text("statement 2");

    (void)state;
    assert_int_equal(sein_prekey_follows(&mark, &prekey, first, NOW), SEIN_OK);
    prekey.prev.bytes[31] = 1;
    assert_int_equal(sein_prekey_follows(&mark, &prekey, first, NOW),
                     SEIN_ECHAIN);
    prekey.prev.bytes[31] = 0;
    prekey.seq = 2;
    assert_int_equal(sein_prekey_follows(&mark, &prekey, first, NOW), SEIN_OK);
    mark.seq = 1;
    sein_hash_of(first, &mark.hash);
    assert_int_equal(sein_prekey_follows(&mark, &prekey, second, NOW),
                     SEIN_ECHAIN);
    prekey.prev = mark.hash;
    assert_int_equal(sein_prekey_follows(&mark, &prekey, second, NOW), SEIN_OK);
    prekey.seq = 3;
    assert_int_equal(sein_prekey_follows(&mark, &prekey, second, NOW), SEIN_OK);
    prekey.seq = 1;
    assert_int_equal(sein_prekey_follows(&mark, &prekey, first, NOW),
                     SEIN_EEXIST);
    assert_int_equal(sein_prekey_follows(&mark, &prekey, second, NOW),
                     SEIN_EPREKEYBACK);
    mark.seq = 2;
    assert_int_equal(sein_prekey_follows(&mark, &prekey, first, NOW),
                     SEIN_EPREKEYBACK);
}

static void
test_not_too_far_ahead(void **state)
{
    struct sein_prekey_mark mark = { 0 };
    struct sein_prekey prekey = { .seq = 1 };
    struct sein_slice bytes = sein_slice_text("statement");

    (void)state;
    prekey.not_before = (uint64_t)(NOW + 31 * DAY);
    assert_int_equal(sein_prekey_follows(&mark, &prekey, bytes, NOW), SEIN_OK);
    prekey.not_before++;
    assert_int_equal(sein_prekey_follows(&mark, &prekey, bytes, NOW),
                     SEIN_ETIME);
}

static void
test_regress(void **state)
{
    struct sein_prekey_mark mark = { 0 };
    struct sein_slice seen = sein_slice_text("seen");
    struct sein_slice other = sein_slice_text("other");

    (void)state;
    assert_int_equal(sein_prekey_regress(&mark, 0, other), SEIN_OK);
    assert_int_equal(sein_prekey_regress(&mark, 5, other), SEIN_OK);
    mark.seq = 5;
    sein_hash_of(seen, &mark.hash);
    assert_int_equal(sein_prekey_regress(&mark, 0, other), SEIN_EPREKEYBACK);
    assert_int_equal(sein_prekey_regress(&mark, 4, seen), SEIN_EPREKEYBACK);
    assert_int_equal(sein_prekey_regress(&mark, 5, seen), SEIN_OK);
    assert_int_equal(sein_prekey_regress(&mark, 5, other), SEIN_EPREKEYBACK);
    assert_int_equal(sein_prekey_regress(&mark, 6, other), SEIN_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_each_byte_counts),
        cmocka_unit_test(test_who_signed),
        cmocka_unit_test(test_desk_and_version),
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_status_of_the_key),
        cmocka_unit_test(test_following),
        cmocka_unit_test(test_not_too_far_ahead),
        cmocka_unit_test(test_regress),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
