#include "proto/blind/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "tests/support/fixture_epoch.h"
#include "tests/support/schema_cases.h"

#define NOW FIXTURE_NOW_MS
#define JEUGD sein_slice_text("jeugd")

static const char *const holders[] = { FIXTURE_DESK_CORPORATIE,
                                       FIXTURE_DESK_ENERGIE,
                                       FIXTURE_DESK_JEUGDHULP };
static const uint8_t pepper[SEIN_PEPPER_BYTES] = { 5, 6 };

/* The wijkteam's desk zuid is the steward of circle jeugd. */
struct town {
    struct fixture_directory *fixture;
    struct fixture_epoch *epoch;
    struct sein_directory *dir;
    uint8_t pack[SEIN_PACK_MAX];
    size_t len;
};

static struct fixture_key *
steward_key(const struct town *town)
{
    return &town->fixture->members[FIXTURE_WIJKTEAM].keys[0];
}

static void
reopen(struct town *town)
{
    sein_directory_free(&town->dir);
    town->dir = fixture_directory_open(town->fixture);
}

static struct sein_pack
blank(const struct town *town)
{
    struct sein_pack pack = { .circle = JEUGD,
                              .epoch = 1,
                              .desk = sein_slice_text(FIXTURE_DESK_ZUID),
                              .key_id = steward_key(town)->key_id,
                              .made_at = NOW };

    memcpy(pack.pepper, pepper, sizeof pepper);
    return pack;
}

static void
make(struct town *town, const struct sein_pack *pack,
     uint8_t (*marks)[SEIN_ID_BYTES], size_t count)
{
    assert_int_equal(sein_pack_write(pack, marks, count,
                                     steward_key(town)->sign_secret, town->pack,
                                     sizeof town->pack, &town->len),
                     SEIN_OK);
}

static enum sein_err
open_pack(const struct town *town, struct sein_pack *out)
{
    return sein_pack_open(town->dir, sein_slice_of(town->pack, town->len), NOW,
                          out);
}

static int
set_up(void **state)
{
    struct town *town = calloc(1, sizeof *town);
    const struct sein_blind_scope scope = { JEUGD, 1 };
    struct fixture_desk *desk = NULL;
    struct sein_pack pack;

    assert_non_null(town);
    town->fixture = fixture_directory_new(NOW);
    town->epoch = fixture_epoch_name(
        town->fixture, &town->fixture->circles[FIXTURE_JEUGD], 2, holders, 3);
    sein_pepper_check(pepper, &scope, town->epoch->pepper_check);
    town->epoch->pepper_check_len = SEIN_ID_BYTES;
    desk = &town->fixture->members[FIXTURE_WIJKTEAM].desks[1];
    for (size_t i = 0; i < desk->role_count; i++) {
        if (strcmp(desk->roles[i].circle, "jeugd") == 0)
            desk->roles[i].roles |= SEIN_ROLE_STEWARD;
    }
    reopen(town);
    pack = blank(town);
    make(town, &pack, NULL, 0);
    *state = town;
    return 0;
}

static int
tear_down(void **state)
{
    struct town *town = *state;

    sein_directory_free(&town->dir);
    fixture_directory_free(&town->fixture);
    free(town);
    return 0;
}

/* clang-format off */
static void
test_rows(void **state)
{
    static const struct schema_case pack[] = {
        { "v", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "pepper", SEIN_FIELD_FIXED, false, 0, 32 },
        { "marks", SEIN_FIELD_LIST, false, 0, 2048 },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "key_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "made_at", SEIN_FIELD_UINT, false, 0, INT64_MAX },
    };
    static const struct schema_case made[] = {
        { "pack", SEIN_FIELD_BYTES, false, 1, 40960 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    schema_cases_run(&sein_pack_schema, pack, sizeof pack / sizeof pack[0]);
    schema_cases_run(&sein_signed_pack_schema, made,
                     sizeof made / sizeof made[0]);
}
/* clang-format on */

static void
test_a_pack_is_believed(void **state)
{
    struct town *town = *state;
    struct sein_pack pack = { 0 };

    assert_int_equal(open_pack(town, &pack), SEIN_OK);
    assert_memory_equal(pack.pepper, pepper, sizeof pepper);
    assert_true(sein_slice_is(pack.circle, "jeugd"));
    assert_int_equal(pack.marks.count, 0);
    assert_false(sein_pack_lists(&pack, sein_slice_text("1506AB/12")));
}

static void
test_institutions(void **state)
{
    struct town *town = *state;
    static uint8_t marks[SEIN_PACK_MARKS_MAX + 1][SEIN_ID_BYTES];
    struct sein_pack blank_pack = blank(town);
    struct sein_pack pack = { 0 };

    sein_institution_mark(pepper, sein_slice_text("1506AB/12"), marks[0]);
    sein_institution_mark(pepper, sein_slice_text("1506AB/14"), marks[1]);
    memcpy(marks[2], marks[0], SEIN_ID_BYTES);
    make(town, &blank_pack, marks, 3);
    assert_int_equal(open_pack(town, &pack), SEIN_OK);
    assert_int_equal(pack.marks.count, 2);
    assert_true(sein_pack_lists(&pack, sein_slice_text("1506AB/12")));
    assert_true(sein_pack_lists(&pack, sein_slice_text("1506AB/14")));
    assert_false(sein_pack_lists(&pack, sein_slice_text("1506AB/1")));
    for (size_t i = 0; i < SEIN_PACK_MARKS_MAX; i++)
        randombytes_buf(marks[i], SEIN_ID_BYTES);
    make(town, &blank_pack, marks, SEIN_PACK_MARKS_MAX);
    assert_int_equal(open_pack(town, &pack), SEIN_OK);
    assert_int_equal(pack.marks.count, SEIN_PACK_MARKS_MAX);
    assert_int_equal(sein_pack_write(&blank_pack, marks,
                                     SEIN_PACK_MARKS_MAX + 1,
                                     steward_key(town)->sign_secret, town->pack,
                                     sizeof town->pack, &town->len),
                     SEIN_ERANGE);
}

static void
test_every_bit_is_signed(void **state)
{
    struct town *town = *state;
    struct sein_pack pack = { 0 };
    const size_t len = town->len;

    for (size_t i = 0; i < len; i++) {
        town->pack[i] ^= 1;
        assert_int_not_equal(open_pack(town, &pack), SEIN_OK);
        town->pack[i] ^= 1;
        town->len = i;
        assert_int_not_equal(open_pack(town, &pack), SEIN_OK);
        town->len = len;
    }
    town->pack[len] = 0;
    town->len = len + 1;
    assert_int_equal(open_pack(town, &pack), SEIN_ETRAILING);
    town->len = len;
    assert_int_equal(open_pack(town, &pack), SEIN_OK);
}

static void
test_another_pepper_or_normaliser(void **state)
{
    struct town *town = *state;
    struct sein_pack other = blank(town);
    struct sein_pack pack = { 0 };

    other.pepper[31] ^= 1;
    make(town, &other, NULL, 0);
    assert_int_equal(open_pack(town, &pack), SEIN_EPEPPER);
    other = blank(town);
    make(town, &other, NULL, 0);
    town->epoch->handle_version = SEIN_HANDLE_VERSION + 1;
    reopen(town);
    assert_int_equal(open_pack(town, &pack), SEIN_ENORMALISER);
    town->epoch->handle_version = SEIN_HANDLE_VERSION;
    town->epoch->pepper_check_len = 0;
    reopen(town);
    assert_int_equal(open_pack(town, &pack), SEIN_EPEPPER);
    other.epoch = 2;
    make(town, &other, NULL, 0);
    assert_int_equal(open_pack(town, &pack), SEIN_EEPOCH);
    other = blank(town);
    other.circle = sein_slice_text("geen");
    make(town, &other, NULL, 0);
    assert_int_equal(open_pack(town, &pack), SEIN_ECIRCLE);
}

static void
test_only_a_steward_signs(void **state)
{
    struct town *town = *state;
    struct sein_pack other = blank(town);
    struct sein_pack pack = { 0 };
    const struct fixture_key *school =
        &town->fixture->members[FIXTURE_SCHOOL].keys[0];

    /* Signed by another, in the steward's name. */
    assert_int_equal(sein_pack_write(&other, NULL, 0, school->sign_secret,
                                     town->pack, sizeof town->pack, &town->len),
                     SEIN_OK);
    assert_int_equal(open_pack(town, &pack), SEIN_ESIG);
    /* By another in its own name, which is no steward's. */
    other.key_id = school->key_id;
    assert_int_equal(sein_pack_write(&other, NULL, 0, school->sign_secret,
                                     town->pack, sizeof town->pack, &town->len),
                     SEIN_OK);
    assert_int_equal(open_pack(town, &pack), SEIN_EDESKKEY);
    other.desk = sein_slice_text(FIXTURE_DESK_SCHOOL);
    assert_int_equal(sein_pack_write(&other, NULL, 0, school->sign_secret,
                                     town->pack, sizeof town->pack, &town->len),
                     SEIN_OK);
    assert_int_equal(open_pack(town, &pack), SEIN_EROLE);
    other.desk = sein_slice_text(FIXTURE_OIN_SCHOOL "/geen");
    assert_int_equal(sein_pack_write(&other, NULL, 0, school->sign_secret,
                                     town->pack, sizeof town->pack, &town->len),
                     SEIN_OK);
    assert_int_equal(open_pack(town, &pack), SEIN_EDESK);
    other = blank(town);
    other.key_id.bytes[0] ^= 1;
    make(town, &other, NULL, 0);
    assert_int_equal(open_pack(town, &pack), SEIN_EKEY);
    other = blank(town);
    make(town, &other, NULL, 0);
    steward_key(town)->revoked_at = (uint64_t)NOW - 1;
    reopen(town);
    assert_int_equal(open_pack(town, &pack), SEIN_EREVOKED);
}

/* A pack whose marks are out of order, signed as it should be. */
static void
test_marks_stand_in_order(void **state)
{
    struct town *town = *state;
    uint8_t marks[2][SEIN_ID_BYTES] = { { 1 }, { 2 } };
    struct sein_pack other = blank(town);
    struct sein_signed_pack made = { { 0 }, { 0 } };
    struct sein_pack pack = { 0 };
    uint8_t inner[SEIN_PACK_MAX];
    struct sein_writer out = sein_writer_of(town->pack, sizeof town->pack);
    uint8_t *second = NULL;

    make(town, &other, marks, 2);
    assert_int_equal(
        sein_schema_decode_all(&sein_signed_pack_schema,
                               sein_slice_of(town->pack, town->len), &made),
        SEIN_OK);
    memcpy(inner, made.pack.at, made.pack.len);
    /* The marks differ in their first byte only: swap it. */
    for (size_t i = 0; second == NULL && i + 18 < made.pack.len; i++) {
        if (inner[i] == 1 && inner[i + 18] == 2 && inner[i - 1] == 0x10)
            second = &inner[i];
    }
    if (second == NULL) {
        fail_msg("the marks are not where they were laid");
        return;
    }
    for (unsigned bent = 1; bent <= 2; bent++) {
        second[0] = 2;
        second[18] = bent == 1 ? 1 : 2;
        made.pack = sein_slice_of(inner, made.pack.len);
        assert_int_equal(sein_sig_make(SEIN_SIG_PACK, made.pack,
                                       steward_key(town)->sign_secret,
                                       made.signature),
                         SEIN_OK);
        out = sein_writer_of(town->pack, sizeof town->pack);
        assert_int_equal(
            sein_schema_encode(&sein_signed_pack_schema, &made, &out), SEIN_OK);
        town->len = out.len;
        assert_int_equal(open_pack(town, &pack), SEIN_ECANON);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_a_pack_is_believed),
        TEST(test_institutions),
        TEST(test_every_bit_is_signed),
        TEST(test_another_pepper_or_normaliser),
        TEST(test_only_a_steward_signs),
        TEST(test_marks_stand_in_order),
#undef TEST
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
