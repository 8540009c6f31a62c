#include "client/lib/ceremony.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/blind/oprf.h"
#include "proto/trust/identity.h"
#include "proto/wire/msg_eval.h"
#include "tests/support/fixture_epoch.h"
#include "tests/support/schema_cases.h"

#define HOLDERS 5U
#define THRESHOLD 3U
#define NOW FIXTURE_NOW_MS
#define JEUGD sein_slice_text("jeugd")

static const char *const desks[HOLDERS] = {
    FIXTURE_DESK_CORPORATIE, FIXTURE_DESK_ENERGIE, FIXTURE_DESK_SCHOOL,
    FIXTURE_DESK_JEUGDHULP,  FIXTURE_DESK_ZUID,
};
static const enum fixture_member_index members[HOLDERS] = {
    FIXTURE_CORPORATIE, FIXTURE_ENERGIE,  FIXTURE_SCHOOL,
    FIXTURE_JEUGDHULP,  FIXTURE_WIJKTEAM,
};

struct town {
    struct fixture_directory *fixture;
    struct sein_directory *dir;
    struct sein_dir_epoch named;
    struct sein_epoch_holder holders[HOLDERS];
    struct ceremony_content open;
    struct ceremony *all[HOLDERS];
};

static struct sein_slice
slice(const struct ceremony_content *content)
{
    return sein_slice_of(content->bytes, content->len);
}

static const struct fixture_key *
key_of(const struct town *town, size_t at)
{
    return &town->fixture->members[members[at]].keys[0];
}

static int
set_up(void **state)
{
    struct town *town = calloc(1, sizeof *town);

    assert_non_null(town);
    town->fixture = fixture_directory_new(NOW);
    (void)fixture_epoch_name(town->fixture,
                             &town->fixture->circles[FIXTURE_JEUGD], THRESHOLD,
                             desks, HOLDERS);
    town->dir = fixture_directory_open(town->fixture);
    assert_true(sein_circle_epoch(sein_directory_circle(town->dir, JEUGD), 1,
                                  &town->named));
    for (size_t i = 0; i < HOLDERS; i++) {
        town->holders[i].index = i + 1;
        town->holders[i].desk = sein_slice_text(desks[i]);
        town->holders[i].key_id = key_of(town, i)->key_id;
    }
    assert_int_equal(ceremony_open(JEUGD, sein_slice_text("eerste sleutel"),
                                   &town->named, town->holders, HOLDERS,
                                   &town->open),
                     SEIN_OK);
    for (size_t i = 0; i < HOLDERS; i++)
        assert_int_equal(ceremony_new(town->dir, slice(&town->open),
                                      sein_slice_text(desks[i]), NULL,
                                      &town->all[i]),
                         SEIN_OK);
    *state = town;
    return 0;
}

static int
tear_down(void **state)
{
    struct town *town = *state;

    for (size_t i = 0; i < HOLDERS; i++)
        ceremony_free(&town->all[i]);
    sein_directory_free(&town->dir);
    fixture_directory_free(&town->fixture);
    free(town);
    return 0;
}

static enum sein_err
deal(struct town *town, size_t from, size_t to)
{
    struct ceremony_content content;

    assert_int_equal(ceremony_deal(town->all[from], to + 1, &content), SEIN_OK);
    return ceremony_take(town->all[to], sein_slice_text(desks[from]),
                         slice(&content));
}

static void
deal_all(struct town *town)
{
    for (size_t from = 0; from < HOLDERS; from++) {
        for (size_t to = 0; to < HOLDERS; to++) {
            if (from != to)
                assert_int_equal(deal(town, from, to), SEIN_OK);
        }
    }
}

static void
seal_of(struct town *town, size_t from, struct ceremony_content *out)
{
    assert_int_equal(
        ceremony_seal(town->all[from], key_of(town, from)->sign_secret, out),
        SEIN_OK);
}

static void
seal_all(struct town *town)
{
    for (size_t from = 0; from < HOLDERS; from++) {
        struct ceremony_content content;

        seal_of(town, from, &content);
        for (size_t to = 0; to < HOLDERS; to++) {
            if (from != to)
                assert_int_equal(ceremony_take(town->all[to],
                                               sein_slice_text(desks[from]),
                                               slice(&content)),
                                 SEIN_OK);
        }
    }
}

/* All have one record, that the directory would carry, and shares that make
 * one key. */
static void
check_end(struct town *town)
{
    static struct sein_epoch_line lines[HOLDERS];
    struct sein_share shares[HOLDERS];
    struct sein_epoch_record record;
    struct sein_element commitments[THRESHOLD];
    struct sein_element found[HOLDERS];
    struct sein_element base;
    struct sein_element whole;
    const struct sein_scalar one = sein_scalar_small(1);
    uint64_t indices[HOLDERS];

    for (size_t i = 0; i < HOLDERS; i++) {
        assert_int_equal(ceremony_finish(town->all[i], &lines[i], &shares[i]),
                         SEIN_OK);
        assert_memory_equal(&lines[i], &lines[0], sizeof lines[0]);
        assert_int_equal(shares[i].index, i + 1);
        assert_string_equal(shares[i].circle.text, "jeugd");
    }
    assert_int_equal(
        sein_epoch_record_decode(
            sein_slice_of(lines[0].record, lines[0].record_len), &record),
        SEIN_OK);
    for (size_t i = 0; i < HOLDERS; i++)
        assert_int_equal(
            sein_sig_verify(SEIN_SIG_EPOCH,
                            sein_slice_of(lines[0].record, lines[0].record_len),
                            lines[0].signatures[i], key_of(town, i)->sign),
            SEIN_OK);
    assert_int_equal(sein_element_base(&one, &base), SEIN_OK);
    for (size_t j = 0; j < THRESHOLD; j++)
        assert_int_equal(
            sein_element_read(record.commitments[j], &commitments[j]), SEIN_OK);
    for (size_t i = 0; i < HOLDERS; i++) {
        indices[i] = i + 1;
        assert_int_equal(
            sein_share_check(commitments, THRESHOLD, i + 1, &shares[i].secret),
            SEIN_OK);
        assert_int_equal(
            sein_oprf_blind_evaluate(&shares[i].secret, &base, 1, &found[i]),
            SEIN_OK);
    }
    for (size_t from = 0; from + THRESHOLD <= HOLDERS; from++) {
        assert_int_equal(sein_threshold_combine(indices + from, found + from,
                                                THRESHOLD, &whole),
                         SEIN_OK);
        assert_true(sein_element_equal(&whole, &commitments[0]));
    }
}

/* Told before or not: both are fine here. */
static void
ignore(enum sein_err err)
{
    assert_true(err == SEIN_OK || err == SEIN_EEXIST);
}

static void
test_a_whole_ceremony(void **state)
{
    struct town *town = *state;
    unsigned round = 0;

    assert_int_equal(ceremony_holder_count(town->all[0]), HOLDERS);
    assert_int_equal(ceremony_missing(town->all[0], &round), 0x3c);
    assert_int_equal(round, 1);
    deal_all(town);
    assert_int_equal(ceremony_missing(town->all[0], &round), 0x3e);
    assert_int_equal(round, 2);
    seal_all(town);
    check_end(town);
}

/* Every content in a random order, each twice, each holder stopped and started
 * anew in between. */
static void
test_any_order_and_restarts(void **state)
{
    struct town *town = *state;
    static struct ceremony_content deals[HOLDERS][HOLDERS];
    static struct ceremony_content seals[HOLDERS];

    for (size_t from = 0; from < HOLDERS; from++) {
        for (size_t to = 0; to < HOLDERS; to++)
            assert_int_equal(
                ceremony_deal(town->all[from], to + 1, &deals[from][to]),
                SEIN_OK);
    }
    deal_all(town);
    for (size_t i = 0; i < HOLDERS; i++)
        seal_of(town, i, &seals[i]);
    for (size_t to = 0; to < HOLDERS; to++) {
        struct sein_dkg_polynomial secret = *ceremony_secret(town->all[to]);
        unsigned round = 0;
        uint64_t seen = 0;
        struct ceremony_content again;

        ceremony_free(&town->all[to]);
        assert_int_equal(ceremony_new(town->dir, slice(&town->open),
                                      sein_slice_text(desks[to]), &secret,
                                      &town->all[to]),
                         SEIN_OK);
        /* 2 * HOLDERS contents, the own ones left out. */
        for (unsigned count = 0; count < 8 * HOLDERS;) {
            size_t which = randombytes_uniform(2 * HOLDERS);
            size_t from = which % HOLDERS;
            bool before = (seen & (UINT64_C(1) << which)) != 0;

            if (from == to)
                continue;
            assert_int_equal(
                ceremony_take(
                    town->all[to], sein_slice_text(desks[from]),
                    slice(which < HOLDERS ? &deals[from][to] : &seals[from])),
                before ? SEIN_EEXIST : SEIN_OK);
            seen |= UINT64_C(1) << which;
            count++;
        }
        for (size_t from = 0; from < HOLDERS; from++) {
            if (from != to) {
                ignore(ceremony_take(town->all[to],
                                     sein_slice_text(desks[from]),
                                     slice(&deals[from][to])));
                ignore(ceremony_take(town->all[to],
                                     sein_slice_text(desks[from]),
                                     slice(&seals[from])));
            }
        }
        assert_int_equal(ceremony_missing(town->all[to], &round),
                         UINT64_C(1) << (to + 1));
        /* What it deals and seals is what it did before. */
        for (size_t other = 0; other < HOLDERS; other++) {
            assert_int_equal(ceremony_deal(town->all[to], other + 1, &again),
                             SEIN_OK);
            assert_int_equal(again.len, deals[to][other].len);
            assert_memory_equal(again.bytes, deals[to][other].bytes, again.len);
        }
        seal_of(town, to, &again);
        assert_int_equal(again.len, seals[to].len);
        assert_memory_equal(again.bytes, seals[to].bytes, again.len);
    }
    check_end(town);
}

static void
test_a_missing_holder_is_named(void **state)
{
    struct town *town = *state;
    static struct sein_epoch_line line;
    struct sein_share share;
    struct ceremony_content content;
    unsigned round = 0;

    for (size_t from = 1; from < HOLDERS; from++) {
        if (from != 3)
            assert_int_equal(deal(town, from, 0), SEIN_OK);
    }
    assert_int_equal(ceremony_missing(town->all[0], &round), UINT64_C(1) << 4);
    assert_int_equal(round, 1);
    assert_int_equal(
        ceremony_seal(town->all[0], key_of(town, 0)->sign_secret, &content),
        SEIN_ESHARES);
    assert_int_equal(ceremony_finish(town->all[0], &line, &share),
                     SEIN_ESHARES);
}

/* A deal that is bent at a place, signed as it should be. */
static void
test_each_fault_in_a_deal(void **state)
{
    struct town *town = *state;
    struct ceremony_content good;
    size_t refused = 0;

    assert_int_equal(ceremony_deal(town->all[1], 1, &good), SEIN_OK);
    for (size_t i = 0; i < good.len; i += 3) {
        struct ceremony *fresh = NULL;
        struct ceremony_content bent = good;
        enum sein_err err = SEIN_OK;

        bent.bytes[i] ^= 1;
        assert_int_equal(ceremony_new(town->dir, slice(&town->open),
                                      sein_slice_text(desks[0]), NULL, &fresh),
                         SEIN_OK);
        err = ceremony_take(fresh, sein_slice_text(desks[1]), slice(&bent));
        assert_int_not_equal(err, SEIN_OK);
        if (err == SEIN_ESHARE) {
            assert_int_equal(ceremony_culprit(fresh), 2);
            refused++;
        } else {
            assert_int_equal(ceremony_culprit(fresh), 0);
        }
        ceremony_free(&fresh);
    }
    assert_true(refused > 50);
}

static void
test_a_deal_of_another_or_another_ceremony(void **state)
{
    struct town *town = *state;
    struct ceremony_content content;
    struct ceremony_content other_open;
    struct ceremony *other = NULL;

    /* Meant for another holder. */
    assert_int_equal(ceremony_deal(town->all[1], 3, &content), SEIN_OK);
    assert_int_equal(
        ceremony_take(town->all[0], sein_slice_text(desks[1]), slice(&content)),
        SEIN_ESHARE);
    assert_int_equal(ceremony_culprit(town->all[0]), 2);
    /* Of somebody who is no holder, and of oneself. */
    assert_int_equal(ceremony_take(town->all[2],
                                   sein_slice_text(FIXTURE_DESK_NOORD),
                                   slice(&content)),
                     SEIN_EPARTY);
    assert_int_equal(
        ceremony_take(town->all[1], sein_slice_text(desks[1]), slice(&content)),
        SEIN_EPARTY);
    /* Of another opening by the same people. */
    assert_int_equal(ceremony_open(JEUGD, sein_slice_text("opnieuw"),
                                   &town->named, town->holders, HOLDERS,
                                   &other_open),
                     SEIN_OK);
    assert_int_equal(ceremony_new(town->dir, slice(&other_open),
                                  sein_slice_text(desks[1]), NULL, &other),
                     SEIN_OK);
    assert_int_equal(ceremony_deal(other, 3, &content), SEIN_OK);
    assert_int_equal(
        ceremony_take(town->all[2], sein_slice_text(desks[1]), slice(&content)),
        SEIN_EPARTY);
    assert_int_equal(ceremony_culprit(town->all[2]), 0);
    assert_int_equal(ceremony_take(town->all[2], sein_slice_text(desks[1]),
                                   slice(&other_open)),
                     SEIN_EPARTY);
    ceremony_free(&other);
}

/* Holder 2 deals another polynomial to holder 1 than to the rest: nobody's
 * record passes for the other's. */
static void
test_two_stories(void **state)
{
    struct town *town = *state;
    static struct sein_epoch_line line;
    struct sein_share share;
    struct ceremony *liar = NULL;
    struct ceremony_content content;

    assert_int_equal(ceremony_new(town->dir, slice(&town->open),
                                  sein_slice_text(desks[1]), NULL, &liar),
                     SEIN_OK);
    assert_int_equal(ceremony_deal(liar, 1, &content), SEIN_OK);
    assert_int_equal(
        ceremony_take(town->all[0], sein_slice_text(desks[1]), slice(&content)),
        SEIN_OK);
    ceremony_free(&liar);
    for (size_t from = 0; from < HOLDERS; from++) {
        for (size_t to = 0; to < HOLDERS; to++) {
            if (from != to && !(from == 1 && to == 0))
                assert_int_equal(deal(town, from, to), SEIN_OK);
        }
    }
    seal_of(town, 0, &content);
    assert_int_equal(
        ceremony_take(town->all[2], sein_slice_text(desks[0]), slice(&content)),
        SEIN_ERECORD);
    seal_of(town, 2, &content);
    assert_int_equal(
        ceremony_take(town->all[0], sein_slice_text(desks[2]), slice(&content)),
        SEIN_ERECORD);
    assert_int_equal(ceremony_finish(town->all[0], &line, &share),
                     SEIN_ERECORD);
    assert_int_equal(ceremony_finish(town->all[2], &line, &share),
                     SEIN_ERECORD);
    /* And both stories at one holder name who told them. */
    assert_int_equal(deal(town, 1, 0), SEIN_ESHARE);
    assert_int_equal(ceremony_culprit(town->all[0]), 2);
}

static void
test_a_seal_by_another_key(void **state)
{
    struct town *town = *state;
    static struct sein_epoch_line line;
    struct sein_share share;
    struct ceremony_content content;

    deal_all(town);
    assert_int_equal(
        ceremony_seal(town->all[1], key_of(town, 2)->sign_secret, &content),
        SEIN_OK);
    assert_int_equal(
        ceremony_take(town->all[0], sein_slice_text(desks[1]), slice(&content)),
        SEIN_ERECORD);
    assert_int_equal(ceremony_culprit(town->all[0]), 2);
    assert_int_equal(ceremony_finish(town->all[0], &line, &share),
                     SEIN_ERECORD);
}

static void
test_what_was_not_named(void **state)
{
    struct town *town = *state;
    struct ceremony_content open;
    struct ceremony *ceremony = NULL;
    struct sein_dir_epoch bent = town->named;
    struct sein_dkg_polynomial secret = *ceremony_secret(town->all[0]);

    assert_int_equal(ceremony_open(JEUGD, sein_slice_text("x"), &town->named,
                                   town->holders, HOLDERS - 1, &open),
                     SEIN_ERECORD);
    bent.record = sein_slice_text("made");
    assert_int_equal(ceremony_open(JEUGD, sein_slice_text("x"), &bent,
                                   town->holders, HOLDERS, &open),
                     SEIN_EEXIST);
    bent = town->named;
    bent.t = THRESHOLD + 1;
    assert_int_equal(ceremony_open(JEUGD, sein_slice_text("x"), &bent,
                                   town->holders, HOLDERS, &open),
                     SEIN_OK);
    assert_int_equal(ceremony_new(town->dir, slice(&open),
                                  sein_slice_text(desks[0]), NULL, &ceremony),
                     SEIN_ERECORD);
    bent = town->named;
    bent.epoch = 9;
    assert_int_equal(ceremony_open(JEUGD, sein_slice_text("x"), &bent,
                                   town->holders, HOLDERS, &open),
                     SEIN_OK);
    assert_int_equal(ceremony_new(town->dir, slice(&open),
                                  sein_slice_text(desks[0]), NULL, &ceremony),
                     SEIN_EEPOCH);
    assert_int_equal(ceremony_new(town->dir, slice(&town->open),
                                  sein_slice_text(FIXTURE_DESK_NOORD), NULL,
                                  &ceremony),
                     SEIN_EROLE);
    secret.t--;
    assert_int_equal(ceremony_new(town->dir, slice(&town->open),
                                  sein_slice_text(desks[0]), &secret,
                                  &ceremony),
                     SEIN_ERECORD);
    assert_int_equal(
        ceremony_new(town->dir,
                     sein_slice_of(town->open.bytes, town->open.len - 1),
                     sein_slice_text(desks[0]), NULL, &ceremony),
        SEIN_EWIRE);
    assert_null(ceremony);
}

/* clang-format off */
static void
test_rows(void **state)
{
    static const struct schema_case open[] = {
        { "v", SEIN_FIELD_UINT, false, 1, 1 },
        { "round", SEIN_FIELD_UINT, false, 0, 0 },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "purpose", SEIN_FIELD_TEXT, false, 1, 512 },
        { "t", SEIN_FIELD_UINT, false, 2, 16 },
        { "holders", SEIN_FIELD_LIST, false, 2, 16 },
        { "not_before", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "match_until", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "random", SEIN_FIELD_FIXED, false, 0, 32 },
    };
    static const struct schema_case deal_rows[] = {
        { "v", SEIN_FIELD_UINT, false, 1, 1 },
        { "round", SEIN_FIELD_UINT, false, 1, 1 },
        { "context", SEIN_FIELD_FIXED, false, 0, 32 },
        { "commitments", SEIN_FIELD_LIST, false, 2, 16 },
        { "possession", SEIN_FIELD_FIXED, false, 0, 64 },
        { "share", SEIN_FIELD_FIXED, false, 0, 32 },
    };
    static const struct schema_case seal[] = {
        { "v", SEIN_FIELD_UINT, false, 1, 1 },
        { "round", SEIN_FIELD_UINT, false, 2, 2 },
        { "context", SEIN_FIELD_FIXED, false, 0, 32 },
        { "transcript", SEIN_FIELD_FIXED, false, 0, 32 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    schema_cases_run(&sein_ceremony_open_schema, open,
                     sizeof open / sizeof open[0]);
    schema_cases_run(&sein_ceremony_deal_schema, deal_rows,
                     sizeof deal_rows / sizeof deal_rows[0]);
    schema_cases_run(&sein_ceremony_seal_schema, seal,
                     sizeof seal / sizeof seal[0]);
}
/* clang-format on */

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_a_whole_ceremony),
        TEST(test_any_order_and_restarts),
        TEST(test_a_missing_holder_is_named),
        TEST(test_each_fault_in_a_deal),
        TEST(test_a_deal_of_another_or_another_ceremony),
        TEST(test_two_stories),
        TEST(test_a_seal_by_another_key),
        TEST(test_what_was_not_named),
#undef TEST
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
