#include "proto/blind/regie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/trust/presence.h"
#include "tests/support/fixture_directory.h"
#include "tests/support/schema_cases.h"
#include "tests/support/vectors.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define NOW FIXTURE_NOW_MS
#define EPOCH 7U
#define SCHOOL FIXTURE_DESK_SCHOOL
#define CARE FIXTURE_DESK_JEUGDHULP

/* The demo in which school and jeugdhulp are introduced in jeugd, and what one
 * of them says; a test changes it before it is signed. */
struct rig {
    struct fixture_directory *demo;
    struct sein_directory *dir;
    struct sein_household_keys keys;
    const struct fixture_key *key; /* that signs */
    struct sein_presence_note note;
    struct sein_presence_core core;
    struct sein_release release;
    struct sein_regie_statement statement;
    uint8_t parts[2][SEIN_CORE_MAX];
    uint8_t deposit[SEIN_DEPOSIT_MAX];
    uint8_t released[SEIN_RELEASE_MAX];
    uint8_t bytes[SEIN_REGIE_MAX];
    size_t len;
};

static struct sein_slice
encode(const struct sein_schema *schema, const void *object, uint8_t *buffer,
       size_t max)
{
    struct sein_writer out = sein_writer_of(buffer, max);

    assert_int_equal(sein_schema_encode(schema, object, &out), SEIN_OK);
    assert_false(out.failed);
    return sein_slice_of(out.at, out.len);
}

static void
make_deposit(struct rig *rig)
{
    struct sein_deposit deposit = { .nmac = { 0 } };
    const struct fixture_key *key =
        &rig->demo
             ->members[sein_slice_is(rig->core.desk, SCHOOL)
                           ? FIXTURE_SCHOOL
                           : FIXTURE_JEUGDHULP]
             .keys[0];

    rig->core.key_id = key->key_id;
    rig->note.expires = rig->core.expires / (uint64_t)SEIN_MS_PER_DAY;
    deposit.note = encode(&sein_presence_note_schema, &rig->note, rig->parts[0],
                          sizeof rig->parts[0]);
    sein_hash_of(deposit.note, &rig->core.note_hash);
    deposit.core = encode(&sein_presence_core_schema, &rig->core, rig->parts[1],
                          sizeof rig->parts[1]);
    sein_note_mac(&rig->keys, deposit.note, deposit.nmac);
    sein_presence_mac(&rig->keys, deposit.core, deposit.mac);
    assert_int_equal(sein_presence_sign(deposit.core, deposit.mac,
                                        &rig->keys.tag, key->sign_secret,
                                        deposit.psig),
                     SEIN_OK);
    rig->statement.deposit = encode(&sein_deposit_schema, &deposit,
                                    rig->deposit, sizeof rig->deposit);
}

static void
use_deposit_of(struct rig *rig, const char *desk)
{
    rig->core.desk = sein_slice_text(desk);
    rig->core.org = sein_desk_oin(rig->core.desk);
    make_deposit(rig);
}

static struct sein_slice
make(struct rig *rig)
{
    rig->statement.key_id = rig->key->key_id;
    assert_int_equal(sein_regie_sign(&rig->keys, &rig->statement,
                                     rig->key->sign_secret, rig->bytes,
                                     sizeof rig->bytes, &rig->len),
                     SEIN_OK);
    return sein_slice_of(rig->bytes, rig->len);
}

/* The release of the school, in what jeugdhulp says next. */
static void
make_release(struct rig *rig)
{
    const struct fixture_key *school =
        &rig->demo->members[FIXTURE_SCHOOL].keys[0];
    size_t len = 0;

    rig->release.key_id = school->key_id;
    assert_int_equal(sein_release_sign(&rig->keys, &rig->release,
                                       school->sign_secret, rig->released,
                                       sizeof rig->released, &len),
                     SEIN_OK);
    rig->statement.release = sein_slice_of(rig->released, len);
}

static struct sein_regie_place
place_of(const struct rig *rig)
{
    return (struct sein_regie_place){ rig->dir,
                                      &rig->keys,
                                      { sein_slice_text("jeugd"), EPOCH } };
}

static enum sein_err
verify_at(const struct rig *rig, struct sein_slice bytes, int64_t now_ms)
{
    struct sein_regie_place place = place_of(rig);
    struct sein_regie_view view;

    return sein_regie_verify(&place, bytes, now_ms, &view);
}

static void
reopen(struct rig *rig)
{
    sein_directory_free(&rig->dir);
    rig->dir = fixture_directory_open(rig->demo);
}

static int
setup(void **state)
{
    static const enum fixture_member_index introduced[] = { FIXTURE_SCHOOL,
                                                            FIXTURE_JEUGDHULP };
    struct rig *rig = calloc(1, sizeof *rig);

    assert_non_null(rig);
    rig->demo = fixture_directory_new(NOW);
    rig->demo->circles[FIXTURE_JEUGD].reveal = SEIN_REVEAL_NONE;
    for (size_t i = 0; i < COUNT(introduced); i++) {
        struct fixture_desk *desk = &rig->demo->members[introduced[i]].desks[0];

        desk->role_count = 0;
        fixture_role_add(desk, "jeugd", SEIN_ROLE_INTRODUCED);
    }
    rig->dir = fixture_directory_open(rig->demo);
    rig->keys.intro_psk[0] = 5;
    rig->key = &rig->demo->members[FIXTURE_SCHOOL].keys[0];
    rig->note = (struct sein_presence_note){
        .v = 1, .circle = sein_slice_text("jeugd"), .epoch = EPOCH, .link = 1
    };
    rig->core = (struct sein_presence_core){
        .v = 1,
        .circle = sein_slice_text("jeugd"),
        .epoch = EPOCH,
        .link = 1,
        .created = (uint64_t)NOW - 1000,
        .expires = (uint64_t)(NOW + 90 * SEIN_MS_PER_DAY),
        .dir_version = 1,
    };
    rig->statement = (struct sein_regie_statement){
        .circle = sein_slice_text("jeugd"),
        .epoch = EPOCH,
        .seq = 1,
        .holder = sein_slice_text(SCHOOL),
        .at = (uint64_t)NOW,
    };
    use_deposit_of(rig, SCHOOL);
    *state = rig;
    return 0;
}

/* Instead of the school's first: what jeugdhulp says after its release. */
static void
hand_over(struct rig *rig)
{
    rig->statement.seq = 2;
    rig->statement.prev.bytes[0] = 0x77;
    rig->statement.holder = sein_slice_text(CARE);
    rig->statement.vacancy = SEIN_REGIE_RELEASED;
    rig->key = &rig->demo->members[FIXTURE_JEUGDHULP].keys[0];
    use_deposit_of(rig, CARE);
    rig->release = (struct sein_release){
        .circle = sein_slice_text("jeugd"),
        .epoch = EPOCH,
        .seq = 1,
        .statement = { { 0x77 } },
        .holder = sein_slice_text(SCHOOL),
        .to = sein_slice_text(CARE),
        .at = (uint64_t)NOW - 1,
    };
    make_release(rig);
}

static int
teardown(void **state)
{
    struct rig *rig = *state;

    sein_directory_free(&rig->dir);
    fixture_directory_free(&rig->demo);
    free(rig);
    return 0;
}

static void
test_what_is_signed_verifies(void **state)
{
    struct rig *rig = *state;
    struct sein_regie_place place = place_of(rig);
    struct sein_regie_view view = { .ends = 0 };
    struct sein_slice bytes = make(rig);
    struct sein_regie_signed travels;
    struct sein_hash hash;

    assert_int_equal(sein_regie_verify(&place, bytes, NOW, &view), SEIN_OK);
    assert_true(sein_slice_is(view.statement.holder, SCHOOL));
    assert_int_equal(view.ends, rig->core.expires);
    assert_int_equal(view.release.v, 0);
    assert_int_equal(
        sein_schema_decode_all(&sein_regie_signed_schema, bytes, &travels),
        SEIN_OK);
    sein_hash_of(travels.statement, &hash);
    assert_memory_equal(&view.hash, &hash, sizeof hash);
    hand_over(rig);
    assert_int_equal(sein_regie_verify(&place, make(rig), NOW, &view), SEIN_OK);
    assert_true(sein_slice_is(view.release.holder, SCHOOL));
}

/* No byte can change, none be missing, none be added. */
static void
test_every_byte_counts(void **state)
{
    struct rig *rig = *state;
    uint8_t copy[SEIN_REGIE_MAX + 1];
    struct sein_slice bytes;

    hand_over(rig);
    bytes = make(rig);
    for (size_t i = 0; i < bytes.len; i++) {
        memcpy(copy, bytes.at, bytes.len);
        copy[i] ^= 0x01;
        assert_int_not_equal(
            verify_at(rig, sein_slice_of(copy, bytes.len), NOW), SEIN_OK);
        assert_int_not_equal(verify_at(rig, sein_slice_of(bytes.at, i), NOW),
                             SEIN_OK);
    }
    memcpy(copy, bytes.at, bytes.len);
    copy[bytes.len] = 0xc2;
    assert_int_equal(verify_at(rig, sein_slice_of(copy, bytes.len + 1), NOW),
                     SEIN_ETRAILING);
    assert_int_equal(verify_at(rig, bytes, NOW), SEIN_OK);
}

static void
test_other_places(void **state)
{
    struct rig *rig = *state;
    struct sein_slice bytes = make(rig);
    struct sein_regie_place place = place_of(rig);
    struct sein_household_keys other = rig->keys;
    struct sein_regie_view view;

    place.scope.epoch = EPOCH + 1;
    assert_int_equal(sein_regie_verify(&place, bytes, NOW, &view), SEIN_EEPOCH);
    place = place_of(rig);
    place.scope.circle = sein_slice_text("schulden");
    assert_int_equal(sein_regie_verify(&place, bytes, NOW, &view),
                     SEIN_ECIRCLE);
    place = place_of(rig);
    other.intro_psk[31] = 1;
    place.keys = &other;
    assert_int_equal(sein_regie_verify(&place, bytes, NOW, &view), SEIN_EMAC);
}

static void
test_who_signed(void **state)
{
    struct rig *rig = *state;
    struct fixture_key *key = &rig->demo->members[FIXTURE_SCHOOL].keys[0];
    const int64_t past = NOW - 1;
    struct sein_slice bytes = make(rig);

    assert_int_equal(verify_at(rig, bytes, NOW), SEIN_OK);
    assert_int_equal(verify_at(rig, bytes, NOW - SEIN_CLOCK_AHEAD_MS), SEIN_OK);
    assert_int_equal(verify_at(rig, bytes, NOW - SEIN_CLOCK_AHEAD_MS - 1),
                     SEIN_ETIME);
    key->active_from = (uint64_t)NOW + 1;
    reopen(rig);
    assert_int_equal(verify_at(rig, bytes, NOW + 9), SEIN_ENOTYET);
    key->active_from = 0;
    key->retired_at = (uint64_t)NOW + 1;
    reopen(rig);
    assert_int_equal(verify_at(rig, bytes, NOW + 9), SEIN_OK);
    key->retired_at = (uint64_t)past;
    reopen(rig);
    assert_int_equal(verify_at(rig, bytes, NOW), SEIN_ERETIRED);
    key->retired_at = 0;
    key->revoked_at = (uint64_t)NOW + 1;
    reopen(rig);
    assert_int_equal(verify_at(rig, bytes, NOW + 9), SEIN_EREVOKED);
    key->revoked_at = 0;
    rig->demo->members[FIXTURE_SCHOOL].left_at = (uint64_t)past;
    reopen(rig);
    assert_int_equal(verify_at(rig, bytes, NOW), SEIN_ELEFT);
    rig->demo->members[FIXTURE_SCHOOL].left_at = 0;
    rig->demo->members[FIXTURE_SCHOOL].desks[0].roles[0].roles =
        SEIN_ROLE_SIGNAL;
    reopen(rig);
    assert_int_equal(verify_at(rig, bytes, NOW), SEIN_EROLE);
}

static void
test_who_may_not_sign(void **state)
{
    struct rig *rig = *state;

    rig->key = &rig->demo->members[FIXTURE_JEUGDHULP].keys[0];
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_EDESKKEY);
    rig->statement.holder = sein_slice_text(FIXTURE_OIN_SCHOOL "/nergens");
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_EDESK);
    rig->statement.holder = sein_slice_text(SCHOOL);
    rig->key = &rig->demo->members[FIXTURE_SCHOOL].keys[0];
    {
        struct fixture_key stranger = *rig->key;

        stranger.key_id.bytes[0] ^= 1;
        rig->key = &stranger;
        assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_EKEY);
        stranger = rig->demo->members[FIXTURE_JEUGDHULP].keys[0];
        stranger.key_id = rig->demo->members[FIXTURE_SCHOOL].keys[0].key_id;
        assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ESIG);
    }
}

static void
test_deposits_that_contradict(void **state)
{
    struct rig *rig = *state;

    use_deposit_of(rig, CARE);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_EDEPOSIT);
    rig->core.epoch = EPOCH + 1;
    rig->note.epoch = EPOCH + 1;
    use_deposit_of(rig, SCHOOL);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_EDEPOSIT);
    rig->core.epoch = EPOCH;
    rig->note.epoch = EPOCH;
    rig->core.expires = (uint64_t)NOW;
    make_deposit(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_EDEPOSIT);
    rig->core.expires++;
    make_deposit(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_OK);
}

/* The holder's deposit of another household proves nothing here. */
static void
test_deposits_of_another_tag(void **state)
{
    struct rig *rig = *state;
    struct sein_household_keys own = rig->keys;

    rig->keys.presence[0] ^= 1;
    make_deposit(rig);
    rig->keys = own;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_EMAC);
    rig->keys.tag.bytes[0] ^= 1;
    make_deposit(rig);
    rig->keys = own;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ESIG);
    make_deposit(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_OK);
}

static void
test_shapes(void **state)
{
    struct rig *rig = *state;

    rig->statement.prev.bytes[3] = 1;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
    rig->statement.seq = 2;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_OK);
    rig->statement.vacancy = SEIN_REGIE_RELEASED;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
    rig->statement.vacancy = SEIN_REGIE_SILENT;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_OK);
    rig->statement.prev.bytes[3] = 0;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
    rig->statement.seq = 1;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
    hand_over(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_OK);
    rig->statement.vacancy = SEIN_REGIE_SILENT;
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
}

/* A release of another statement, to another desk, or after it was used. */
static void
test_releases_that_do_not_belong(void **state)
{
    struct rig *rig = *state;

    hand_over(rig);
    rig->release.to = (struct sein_slice){ 0 };
    make_release(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_OK);
    rig->release.to = sein_slice_text(SCHOOL);
    make_release(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
    hand_over(rig);
    rig->release.seq = 2;
    make_release(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
    hand_over(rig);
    rig->release.statement.bytes[0] ^= 1;
    make_release(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
    hand_over(rig);
    rig->release.at = (uint64_t)NOW + 1;
    make_release(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_ECONTENT);
    hand_over(rig);
    rig->release.holder = sein_slice_text(CARE);
    make_release(rig);
    assert_int_equal(verify_at(rig, make(rig), NOW), SEIN_EDESKKEY);
}

static void
test_releases_by_themselves(void **state)
{
    struct rig *rig = *state;
    struct sein_regie_place place = place_of(rig);
    struct sein_release release = { .v = 0 };
    uint8_t copy[SEIN_RELEASE_MAX];
    struct sein_slice bytes;

    hand_over(rig);
    bytes = rig->statement.release;
    assert_int_equal(sein_release_verify(&place, bytes, NOW, &release),
                     SEIN_OK);
    assert_true(sein_slice_is(release.to, CARE));
    for (size_t i = 0; i < bytes.len; i++) {
        memcpy(copy, bytes.at, bytes.len);
        copy[i] ^= 0x10;
        assert_int_not_equal(sein_release_verify(&place,
                                                 sein_slice_of(copy, bytes.len),
                                                 NOW, &release),
                             SEIN_OK);
    }
    rig->release.to = sein_slice_text("zorgteam");
    make_release(rig);
    assert_int_equal(
        sein_release_verify(&place, rig->statement.release, NOW, &release),
        SEIN_EDESK);
    /* A statement is no release, and the other way round. */
    assert_int_not_equal(sein_release_verify(&place, make(rig), NOW, &release),
                         SEIN_OK);
    assert_int_not_equal(verify_at(rig, bytes, NOW), SEIN_OK);
}

static void
test_what_cannot_be_written(void **state)
{
    struct rig *rig = *state;
    size_t len = 7;

    rig->statement.seq = 0;
    assert_int_equal(sein_regie_sign(&rig->keys, &rig->statement,
                                     rig->key->sign_secret, rig->bytes,
                                     sizeof rig->bytes, &len),
                     SEIN_ERANGE);
    rig->statement.seq = 1;
    assert_int_equal(sein_regie_sign(&rig->keys, &rig->statement,
                                     rig->key->sign_secret, rig->bytes, 100,
                                     &len),
                     SEIN_ETOOLONG);
    assert_int_equal(sein_release_sign(&rig->keys, &rig->release,
                                       rig->key->sign_secret, rig->bytes, 100,
                                       &len),
                     SEIN_ERANGE);
    assert_int_equal(len, 7);
}

/* ---- bytes ------------------------------------------------------------------
 */

static void
expect_hex(const json_t *document, const char *name, struct sein_slice found)
{
    uint8_t want[SEIN_REGIE_MAX];
    struct sein_slice bytes = vectors_hex(document, name, want, sizeof want);

    assert_int_equal(found.len, bytes.len);
    assert_memory_equal(found.at, bytes.at, bytes.len);
}

/* Our own vector: the bytes of another implementation. */
static void
test_our_own_vector(void **state)
{
    struct rig *rig = *state;
    json_t *document = vectors_load("tests/vectors/regie.json");
    struct fixture_key key = { .active_from = 0 };
    uint8_t seed[crypto_sign_SEEDBYTES];
    uint8_t deposit[16];
    uint64_t at = (uint64_t)json_integer_value(json_object_get(document, "at"));
    size_t len = 0;

    (void)vectors_hex(document, "seed", seed, sizeof seed);
    (void)crypto_sign_seed_keypair(key.sign, key.sign_secret, seed);
    (void)vectors_hex(document, "key_id", key.key_id.bytes, SEIN_ID_BYTES);
    (void)vectors_hex(document, "intro-psk", rig->keys.intro_psk,
                      SEIN_KEY_BYTES);
    rig->key = &key;
    rig->statement.holder = vectors_text(document, "first");
    rig->statement.deposit =
        vectors_hex(document, "deposit", deposit, sizeof deposit);
    rig->statement.at = at;
    expect_hex(document, "accept", make(rig));
    rig->release = (struct sein_release){
        .circle = vectors_text(document, "circle"),
        .epoch = EPOCH,
        .seq = 1,
        .holder = vectors_text(document, "first"),
        .key_id = key.key_id,
        .to = vectors_text(document, "second"),
        .at = at + 1,
    };
    (void)vectors_hex(document, "hash", rig->release.statement.bytes,
                      SEIN_HASH_BYTES);
    assert_int_equal(sein_release_sign(&rig->keys, &rig->release,
                                       key.sign_secret, rig->released,
                                       sizeof rig->released, &len),
                     SEIN_OK);
    rig->statement.release = sein_slice_of(rig->released, len);
    expect_hex(document, "release", rig->statement.release);
    rig->statement.seq = 2;
    rig->statement.prev = rig->release.statement;
    rig->statement.holder = vectors_text(document, "second");
    rig->statement.vacancy = SEIN_REGIE_RELEASED;
    rig->statement.at = at + 2;
    expect_hex(document, "handed_over", make(rig));
    json_decref(document);
}

#define UINT SEIN_FIELD_UINT
#define BYTES SEIN_FIELD_BYTES
#define FIXED SEIN_FIELD_FIXED
#define TEXT SEIN_FIELD_TEXT

/* PROTOCOL.md section 16 once more, with bare numbers. */
static void
test_forms(void **state)
{
    static const struct schema_case statement[] = {
        { "v", UINT, false, 0, UINT64_MAX },
        { "circle", TEXT, false, 1, 32 },
        { "epoch", UINT, false, 1, UINT32_MAX },
        { "seq", UINT, false, 1, INT64_MAX },
        { "prev", FIXED, false, 32, 32 },
        { "holder", TEXT, false, 1, 53 },
        { "key_id", FIXED, false, 16, 16 },
        { "deposit", BYTES, false, 1, 736 },
        { "release", BYTES, false, 0, 336 },
        { "vacancy", UINT, false, 0, 3 },
        { "at", UINT, false, 0, INT64_MAX },
    };
    static const struct schema_case release[] = {
        { "v", UINT, false, 0, UINT64_MAX },
        { "circle", TEXT, false, 1, 32 },
        { "epoch", UINT, false, 1, UINT32_MAX },
        { "seq", UINT, false, 1, INT64_MAX },
        { "statement", FIXED, false, 32, 32 },
        { "holder", TEXT, false, 1, 53 },
        { "key_id", FIXED, false, 16, 16 },
        { "to", TEXT, false, 0, 53 },
        { "at", UINT, false, 0, INT64_MAX },
    };
    static const struct schema_case travels[] = {
        { "statement", BYTES, false, 1, 1264 },
        { "mac", FIXED, false, 32, 32 },
        { "signature", FIXED, false, 64, 64 },
    };
    static const struct schema_case release_travels[] = {
        { "body", BYTES, false, 1, 224 },
        { "mac", FIXED, false, 32, 32 },
        { "signature", FIXED, false, 64, 64 },
    };

    (void)state;
    schema_cases_run(&sein_regie_statement_schema, statement, COUNT(statement));
    schema_cases_run(&sein_release_schema, release, COUNT(release));
    schema_cases_run(&sein_regie_signed_schema, travels, COUNT(travels));
    schema_cases_run(&sein_release_signed_schema, release_travels,
                     COUNT(release_travels));
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_what_is_signed_verifies),
        CASE(test_every_byte_counts),
        CASE(test_other_places),
        CASE(test_who_signed),
        CASE(test_who_may_not_sign),
        CASE(test_deposits_that_contradict),
        CASE(test_deposits_of_another_tag),
        CASE(test_shapes),
        CASE(test_releases_that_do_not_belong),
        CASE(test_releases_by_themselves),
        CASE(test_what_cannot_be_written),
        CASE(test_our_own_vector),
        cmocka_unit_test(test_forms),
    };
#undef CASE

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
