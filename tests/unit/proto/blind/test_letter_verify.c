#include "proto/blind/letter_verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/trust/may.h"
#include "tests/support/fixture_directory.h"
#include "tests/support/letter_craft.h"

#define NOW FIXTURE_NOW_MS
#define VERSION 4U

/* The corporatie writes to the wijkteam's desk noord. */
struct fixture {
    struct fixture_directory *demo;
    struct sein_directory *dir;
    struct fixture_key *key; /* the corporatie's, in demo */
    struct sein_hpke_pair pair;
    struct sein_letter_draft draft;
    uint8_t letter[SEIN_LETTER_MAX];
    size_t letter_len;
    uint8_t scratch[SEIN_LETTER_BUCKET_MAX];
    struct sein_opened_letter opened;
    enum sein_letter_standing standing;
    struct craft craft;
};

/* After a test altered demo: the letter names what is now the newest. */
static void
reopen(struct fixture *fix)
{
    sein_directory_free(&fix->dir);
    fix->dir = fixture_directory_open(fix->demo);
    fix->draft.dir_version = sein_directory_version(fix->dir);
    fix->draft.dir_hash = *sein_directory_hash(fix->dir);
}

static void
set_id_time(struct fixture *fix, int64_t at)
{
    sein_letter_id_new(at, &fix->draft.letter_id);
    memcpy(fix->draft.thread.bytes, fix->draft.letter_id.bytes, SEIN_ID_BYTES);
}

static int
setup(void **state)
{
    struct fixture *fix = calloc(1, sizeof *fix);

    if (fix == NULL)
        return -1;
    fix->demo = fixture_directory_new(NOW);
    fix->demo->version = VERSION;
    memset(fix->demo->prev, 0x11, sizeof fix->demo->prev);
    fix->key = &fix->demo->members[FIXTURE_CORPORATIE].keys[0];
    sein_hpke_generate(&fix->pair);
    reopen(fix);
    fix->draft.circle = sein_slice_text("schulden");
    fix->draft.from = sein_slice_text(FIXTURE_DESK_CORPORATIE);
    fix->draft.to = sein_slice_text(FIXTURE_DESK_NOORD);
    fix->draft.key_id = fix->key->key_id;
    fix->draft.created = NOW;
    fix->draft.kind = SEIN_LETTER_SIGNAL;
    fix->draft.content = sein_slice_text("inhoud");
    fix->draft.expires = NOW + SEIN_MS_PER_DAY;
    sein_random_id(fix->draft.to_prekey_id.bytes);
    set_id_time(fix, NOW);
    *state = fix;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *fix = *state;

    sein_directory_free(&fix->dir);
    fixture_directory_free(&fix->demo);
    free(fix);
    return 0;
}

static void
seal_by(struct fixture *fix,
        const uint8_t secret[static SEIN_SIGN_SECRET_BYTES])
{
    assert_int_equal(sein_letter_seal(&fix->draft, fix->pair.pk, secret, NULL,
                                      fix->letter, sizeof fix->letter,
                                      &fix->letter_len),
                     SEIN_OK);
    assert_int_equal(
        sein_letter_open(sein_slice_of(fix->letter, fix->letter_len),
                         &fix->pair, NULL, fix->scratch, sizeof fix->scratch,
                         &fix->opened),
        SEIN_OK);
}

static void
seal_own(struct fixture *fix)
{
    seal_by(fix, fix->key->sign_secret);
}

static enum sein_err
verify_at(struct fixture *fix, int64_t accepted_at, int64_t now)
{
    return sein_letter_verify(fix->dir, &fix->opened,
                              sein_slice_text(FIXTURE_DESK_NOORD), accepted_at,
                              now, &fix->standing);
}

/* Verified at NOW: SEIN_OK only together with the standing. */
static void
expect_standing(struct fixture *fix, enum sein_letter_standing standing)
{
    fix->standing = standing == SEIN_LETTER_GENUINE ? SEIN_LETTER_QUARANTINE
                                                    : SEIN_LETTER_GENUINE;
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_OK);
    assert_int_equal(fix->standing, standing);
}

static void
test_genuine(void **state)
{
    struct fixture *fix = *state;

    seal_own(fix);
    expect_standing(fix, SEIN_LETTER_GENUINE);
}

static void
test_another_desk(void **state)
{
    struct fixture *fix = *state;

    seal_own(fix);
    assert_int_equal(sein_letter_verify(fix->dir, &fix->opened,
                                        sein_slice_text(FIXTURE_DESK_ZUID), NOW,
                                        NOW, &fix->standing),
                     SEIN_EOPEN);
}

static void
test_expiry_and_its_hour(void **state)
{
    struct fixture *fix = *state;
    int64_t last = fix->draft.expires + SEIN_MS_PER_HOUR - 1;

    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, last), SEIN_OK);
    assert_int_equal(verify_at(fix, NOW, last + 1), SEIN_EEXPIRED);
    assert_int_equal(verify_at(fix, NOW, INT64_MAX - SEIN_MS_PER_DAY),
                     SEIN_EEXPIRED);
}

static void
test_clocks_ahead(void **state)
{
    struct fixture *fix = *state;
    int64_t ahead = 2 * SEIN_MS_PER_MIN;

    set_id_time(fix, NOW + ahead);
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_OK);
    assert_int_equal(verify_at(fix, NOW, NOW - 1), SEIN_ETIME);
    set_id_time(fix, NOW);
    fix->draft.created = NOW + ahead;
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_OK);
    fix->draft.created = NOW + ahead + 1;
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_ETIME);
    fix->draft.created = INT64_MAX;
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_ETIME);
}

static void
test_directory_versions(void **state)
{
    struct fixture *fix = *state;

    fix->draft.dir_version = VERSION + 1;
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_EDIRNEWER);
    fix->draft.dir_version = VERSION - 1;
    randombytes_buf(&fix->draft.dir_hash, sizeof fix->draft.dir_hash);
    seal_own(fix);
    expect_standing(fix, SEIN_LETTER_GENUINE);
    /* Two directories of one version: somebody is shown another one. */
    fix->draft.dir_version = VERSION;
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_EDIRROLLBACK);
}

/* Whoever cannot sign must not make us look for a newer directory. */
static void
test_forged_version_of_a_known_key(void **state)
{
    struct fixture *fix = *state;

    fix->draft.dir_version = VERSION + 1000;
    seal_by(fix, fix->demo->members[FIXTURE_ENERGIE].keys[0].sign_secret);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_ESIG);
}

static void
test_unknown_key(void **state)
{
    struct fixture *fix = *state;

    fix->draft.key_id.bytes[0] ^= 1;
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_EKEY);
    fix->draft.dir_version = VERSION + 1;
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_EDIRNEWER);
}

static void
test_wrong_signer(void **state)
{
    struct fixture *fix = *state;
    const struct fixture_key *other =
        &fix->demo->members[FIXTURE_ENERGIE].keys[0];

    seal_by(fix, other->sign_secret);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_ESIG);
    /* It signs as itself, but for somebody else's desk. */
    fix->draft.key_id = other->key_id;
    seal_by(fix, other->sign_secret);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_EDESKKEY);
    fix->draft.from = sein_slice_text(FIXTURE_DESK_ENERGIE);
    seal_by(fix, other->sign_secret);
    expect_standing(fix, SEIN_LETTER_GENUINE);
}

static void
test_unknown_sender_desk(void **state)
{
    struct fixture *fix = *state;

    fix->draft.from = sein_slice_text(FIXTURE_OIN_CORPORATIE "/weg");
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_EDESK);
}

static void
test_key_of_some_desks(void **state)
{
    struct fixture *fix = *state;
    struct fixture_key *key = &fix->demo->members[FIXTURE_WIJKTEAM].keys[0];

    key->desks[0] = "zuid";
    key->desk_count = 1;
    reopen(fix);
    fix->draft.key_id = key->key_id;
    fix->draft.from = sein_slice_text(FIXTURE_DESK_NOORD);
    seal_by(fix, key->sign_secret);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_EDESKKEY);
    fix->draft.from = sein_slice_text(FIXTURE_DESK_ZUID);
    seal_by(fix, key->sign_secret);
    expect_standing(fix, SEIN_LETTER_GENUINE);
}

static void
test_revoked_goes_to_quarantine(void **state)
{
    struct fixture *fix = *state;

    fix->key->revoked_at = (uint64_t)NOW + 1;
    reopen(fix);
    seal_own(fix);
    expect_standing(fix, SEIN_LETTER_GENUINE);
    fix->key->revoked_at = (uint64_t)NOW;
    reopen(fix);
    seal_own(fix);
    expect_standing(fix, SEIN_LETTER_QUARANTINE);
    /* Retired too: revoked counts. */
    fix->key->retired_at = (uint64_t)NOW - 5;
    reopen(fix);
    seal_own(fix);
    expect_standing(fix, SEIN_LETTER_QUARANTINE);
    fix->draft.from = sein_slice_text(FIXTURE_DESK_ENERGIE);
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_EDESKKEY);
}

static void
test_retired_before_and_after(void **state)
{
    struct fixture *fix = *state;
    int64_t retired_at = NOW - SEIN_MS_PER_HOUR;

    fix->key->retired_at = (uint64_t)retired_at;
    reopen(fix);
    set_id_time(fix, retired_at - 1);
    fix->draft.created = retired_at - 1;
    seal_own(fix);
    fix->standing = SEIN_LETTER_QUARANTINE;
    assert_int_equal(verify_at(fix, retired_at - 1, NOW), SEIN_OK);
    assert_int_equal(fix->standing, SEIN_LETTER_GENUINE);
    assert_int_equal(verify_at(fix, retired_at, NOW), SEIN_ERETIRED);
    fix->draft.created = retired_at;
    seal_own(fix);
    assert_int_equal(verify_at(fix, retired_at - 1, NOW), SEIN_ERETIRED);
    /* As long as the day has not come, nothing has happened. */
    assert_int_equal(verify_at(fix, NOW, retired_at - 1), SEIN_OK);
}

static void
test_left_is_genuine(void **state)
{
    struct fixture *fix = *state;

    fix->demo->members[FIXTURE_CORPORATIE].left_at = (uint64_t)NOW - 1;
    reopen(fix);
    seal_own(fix);
    expect_standing(fix, SEIN_LETTER_GENUINE);
}

static void
test_not_yet(void **state)
{
    struct fixture *fix = *state;

    fix->key->active_from = (uint64_t)NOW + 1;
    reopen(fix);
    seal_own(fix);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_ENOTYET);
    assert_int_equal(verify_at(fix, NOW, NOW + 1), SEIN_OK);
}

static void
test_standing_only_when_ok(void **state)
{
    struct fixture *fix = *state;

    seal_by(fix, fix->demo->members[FIXTURE_ENERGIE].keys[0].sign_secret);
    fix->standing = SEIN_LETTER_QUARANTINE;
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_ESIG);
    assert_int_equal(fix->standing, SEIN_LETTER_QUARANTINE);
}

static void
test_every_signed_byte_counts(void **state)
{
    struct fixture *fix = *state;
    uint8_t body[1024];

    seal_own(fix);
    assert_true(fix->opened.signed_bytes.len <= sizeof body);
    memcpy(body, fix->opened.signed_bytes.at, fix->opened.signed_bytes.len);
    fix->opened.signed_bytes.at = body;
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_OK);
    for (size_t i = 0; i < fix->opened.signed_bytes.len; i++) {
        body[i] ^= 1;
        assert_int_equal(verify_at(fix, NOW, NOW), SEIN_ESIG);
        body[i] ^= 1;
    }
}

/* Seals a changed header and body under the signature of the letter before. */
static void
replay_signature(struct fixture *fix, const struct sein_letter_header *header,
                 struct sein_letter_body body)
{
    struct craft *craft = &fix->craft;
    uint8_t signature[SEIN_SIG_BYTES];
    char circle[SEIN_CIRCLE_MAX + 1];

    memcpy(signature, fix->opened.signature, sizeof signature);
    assert_int_equal(
        sein_slice_copy_text(header->circle, circle, sizeof circle), SEIN_OK);
    craft_header(craft, header);
    body.header = craft->header;
    craft_body(craft, &body);
    craft_plain(craft, fix->key->sign_secret, 1024);
    memcpy(craft->plain_bytes + 8 + craft->body.len, signature,
           sizeof signature);
    craft_seal(craft, circle, (uint32_t)header->epoch, fix->pair.pk, NULL);
    assert_int_equal(sein_letter_open(craft->letter, &fix->pair, NULL,
                                      fix->scratch, sizeof fix->scratch,
                                      &fix->opened),
                     SEIN_OK);
    assert_int_equal(verify_at(fix, NOW, NOW), SEIN_ESIG);
}

/* Which part of the letter the replay changes. */
enum change {
    CHANGE_CIRCLE,
    CHANGE_EPOCH,
    CHANGE_EXPIRES,
    CHANGE_ID,
    CHANGE_PREKEY,
    CHANGE_HINT,
    CHANGE_THREAD,
    CHANGE_KIND,
    CHANGE_CREATED,
    CHANGE_CONTENT,
    CHANGE_COUNT,
};

static void
change(enum change what, struct sein_letter_header *header,
       struct sein_letter_body *body)
{
    switch (what) {
    case CHANGE_CIRCLE:
        header->circle = sein_slice_text("jeugd");
        break;
    case CHANGE_EPOCH:
        header->epoch++;
        break;
    case CHANGE_EXPIRES:
        header->expires += (uint64_t)SEIN_MS_PER_HOUR;
        break;
    case CHANGE_ID:
        header->letter_id.bytes[15] ^= 1;
        memcpy(body->thread.bytes, header->letter_id.bytes, SEIN_ID_BYTES);
        break;
    case CHANGE_PREKEY:
        header->to_prekey_id.bytes[0] ^= 1;
        break;
    case CHANGE_HINT:
        header->hint[0] ^= 1;
        break;
    case CHANGE_THREAD:
        body->kind = SEIN_LETTER_MESSAGE;
        body->thread.bytes[0] ^= 1;
        break;
    case CHANGE_KIND:
        body->kind = SEIN_LETTER_REFERRAL;
        break;
    case CHANGE_CREATED:
        body->created--;
        break;
    case CHANGE_CONTENT:
        body->content = sein_slice_text("anders");
        break;
    case CHANGE_COUNT:
        fail();
    }
}

static void
test_replayed_signature(void **state)
{
    struct fixture *fix = *state;

    for (enum change what = CHANGE_CIRCLE; what < CHANGE_COUNT; what++) {
        struct sein_letter_header header = { 0 };
        struct sein_letter_body body = { 0 };
        uint8_t letter[2048];
        uint8_t scratch[1024];

        seal_own(fix);
        /* The views outlive what the replay writes over. */
        assert_true(fix->letter_len <= sizeof letter);
        memcpy(letter, fix->letter, fix->letter_len);
        assert_int_equal(
            sein_letter_open(sein_slice_of(letter, fix->letter_len), &fix->pair,
                             NULL, scratch, sizeof scratch, &fix->opened),
            SEIN_OK);
        header = fix->opened.view.header;
        body = fix->opened.body;
        change(what, &header, &body);
        replay_signature(fix, &header, body);
    }
}

/* The same bytes, signed by the same key for another purpose. */
static void
test_signature_of_another_type(void **state)
{
    struct fixture *fix = *state;
    uint8_t signature[SEIN_SIG_BYTES];

    seal_own(fix);
    for (enum sein_sig_type type = 0; type < SEIN_SIG_TYPE_COUNT; type++) {
        assert_int_equal(sein_sig_make(type, fix->opened.signed_bytes,
                                       fix->key->sign_secret, signature),
                         SEIN_OK);
        fix->opened.signature = signature;
        assert_int_equal(verify_at(fix, NOW, NOW),
                         type == SEIN_SIG_LETTER ? SEIN_OK : SEIN_ESIG);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_genuine),
        TEST(test_another_desk),
        TEST(test_expiry_and_its_hour),
        TEST(test_clocks_ahead),
        TEST(test_directory_versions),
        TEST(test_forged_version_of_a_known_key),
        TEST(test_unknown_key),
        TEST(test_wrong_signer),
        TEST(test_unknown_sender_desk),
        TEST(test_key_of_some_desks),
        TEST(test_revoked_goes_to_quarantine),
        TEST(test_retired_before_and_after),
        TEST(test_left_is_genuine),
        TEST(test_not_yet),
        TEST(test_standing_only_when_ok),
        TEST(test_every_signed_byte_counts),
        TEST(test_replayed_signature),
        TEST(test_signature_of_another_type),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
