#include "proto/trust/epoch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/pack.h"
#include "tests/support/fixture_epoch.h"
#include "tests/support/schema_cases.h"

#define NOW FIXTURE_NOW_MS
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define RUN(schema, rows) schema_cases_run(&(schema), rows, COUNT(rows))

/* clang-format off */
static void
test_forms(void **state)
{
    static const struct schema_case holder[] = {
        { "index", SEIN_FIELD_UINT, false, 1, 16 },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "key_id", SEIN_FIELD_FIXED, false, 0, 16 },
    };
    static const struct schema_case form[] = {
        { "v", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "t", SEIN_FIELD_UINT, false, 2, 16 },
        { "n", SEIN_FIELD_UINT, false, 2, 16 },
        { "holders", SEIN_FIELD_LIST, false, 2, 16 },
        { "commitments", SEIN_FIELD_LIST, false, 2, 16 },
        { "not_before", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "match_until", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "transcript", SEIN_FIELD_FIXED, false, 0, 32 },
    };

    (void)state;
    RUN(sein_epoch_holder_schema, holder);
    RUN(sein_epoch_form_schema, form);
}
/* clang-format on */

/* ---- decode and encode ----------------------------------------------------
 */

/* A record that may contradict itself: what is written is written. */
struct draft {
    struct sein_epoch_record record;
    uint64_t v, t, n;
    size_t commitment_bytes;
};

struct bytes {
    uint8_t at[2 * SEIN_EPOCH_RECORD_MAX];
    size_t len;
};

static struct draft
good_draft(void)
{
    struct draft draft = {
        .record = {
            .circle = sein_slice_text("jeugd"),
            .epoch = 7,
            .t = 2,
            .n = 3,
            .not_before = 1000,
            .match_until = 2000,
            .transcript = { { 9 } },
        },
        .v = 1,
        .t = 2,
        .n = 3,
        .commitment_bytes = SEIN_POINT_BYTES,
    };
    static const char *const desks[] = { FIXTURE_DESK_ENERGIE,
                                         FIXTURE_DESK_SCHOOL,
                                         FIXTURE_DESK_CORPORATIE };

    for (size_t i = 0; i < 3; i++) {
        draft.record.holders[i] = (struct sein_epoch_holder){
            .index = i + 1,
            .desk = sein_slice_text(desks[i]),
            .key_id = { { (uint8_t)(i + 1) } },
        };
        draft.record.commitments[i][0] = (uint8_t)(i + 1);
    }
    return draft;
}

static void
write_draft(const struct draft *draft, struct bytes *out)
{
    const struct sein_epoch_record *record = &draft->record;
    uint8_t lists[2][SEIN_EPOCH_RECORD_MAX];
    struct sein_epoch_form form = {
        .v = draft->v,
        .circle = record->circle,
        .epoch = record->epoch,
        .t = draft->t,
        .n = draft->n,
        .holders.count = record->n,
        .commitments.count = record->t,
        .not_before = record->not_before,
        .match_until = record->match_until,
        .transcript = record->transcript,
    };
    struct sein_writer writer = sein_writer_of(lists[0], sizeof lists[0]);
    struct sein_slice whole = { 0 };

    sein_pack_array(&writer, record->n);
    for (size_t i = 0; i < record->n; i++)
        assert_int_equal(sein_schema_encode(&sein_epoch_holder_schema,
                                            &record->holders[i], &writer),
                         SEIN_OK);
    assert_int_equal(sein_writer_done(&writer, &form.holders.raw), SEIN_OK);
    writer = sein_writer_of(lists[1], sizeof lists[1]);
    sein_fixed_list_write(&writer, record->commitments[0],
                          draft->commitment_bytes, record->t);
    assert_int_equal(sein_writer_done(&writer, &form.commitments.raw), SEIN_OK);
    writer = sein_writer_of(out->at, sizeof out->at);
    assert_int_equal(
        sein_schema_encode(&sein_epoch_form_schema, &form, &writer), SEIN_OK);
    assert_int_equal(sein_writer_done(&writer, &whole), SEIN_OK);
    out->len = whole.len;
}

/* From bytes of just that length, so that a read too far shows. */
static enum sein_err
decode(const uint8_t *at, size_t len, struct sein_epoch_record *out)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    enum sein_err err = SEIN_OK;

    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, at, len);
    err = sein_epoch_record_decode(sein_slice_of(copy, len), out);
    free(copy);
    return err;
}

static void
test_there_and_back(void **state)
{
    const struct draft draft = good_draft();
    struct sein_epoch_record read = { 0 };
    struct bytes bytes = { 0 };
    uint8_t again[SEIN_EPOCH_RECORD_MAX];
    size_t len = 0;

    (void)state;
    write_draft(&draft, &bytes);
    assert_int_equal(
        sein_epoch_record_decode(sein_slice_of(bytes.at, bytes.len), &read),
        SEIN_OK);
    assert_true(sein_slice_is(read.circle, "jeugd"));
    assert_int_equal(read.epoch, 7);
    assert_int_equal(read.t, 2);
    assert_int_equal(read.n, 3);
    assert_true(sein_slice_is(read.holders[2].desk, FIXTURE_DESK_CORPORATIE));
    assert_int_equal(read.holders[2].key_id.bytes[0], 3);
    assert_int_equal(read.commitments[1][0], 2);
    assert_int_equal(read.not_before, 1000);
    assert_int_equal(read.match_until, 2000);
    assert_int_equal(read.transcript.bytes[0], 9);
    assert_int_equal(sein_epoch_record_encode(&read, again, sizeof again, &len),
                     SEIN_OK);
    assert_int_equal(len, bytes.len);
    assert_memory_equal(again, bytes.at, len);
    for (size_t max = 0; max < len; max++)
        assert_int_equal(sein_epoch_record_encode(&read, again, max, &len),
                         SEIN_ETOOLONG);
}

static void
test_cut_short_and_lengthened(void **state)
{
    const struct draft draft = good_draft();
    struct sein_epoch_record read = { 0 };
    struct bytes bytes = { 0 };

    (void)state;
    write_draft(&draft, &bytes);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(decode(bytes.at, len, &read), SEIN_OK);
    assert_int_equal(decode(bytes.at, bytes.len + 1, &read), SEIN_ETRAILING);
    assert_int_equal(decode(bytes.at, SEIN_EPOCH_RECORD_MAX + 1, &read),
                     SEIN_ETOOLONG);
}

/* The largest that the bounds allow fits its own bound. */
static void
test_the_largest(void **state)
{
    static const char *const name = "abcdefghijklmnopqrstuvwxyz012345";
    char desks[SEIN_HOLDERS_MAX][SEIN_DESK_MAX + 1];
    struct draft draft = good_draft();
    struct sein_epoch_record read = { 0 };
    uint8_t out[SEIN_EPOCH_RECORD_MAX];
    size_t len = 0;

    (void)state;
    draft.record.circle = sein_slice_text(name);
    draft.record.epoch = UINT32_MAX;
    draft.record.t = SEIN_HOLDERS_MAX;
    draft.record.n = SEIN_HOLDERS_MAX;
    draft.record.match_until = INT64_MAX;
    for (size_t i = 0; i < SEIN_HOLDERS_MAX; i++) {
        memcpy(desks[i], FIXTURE_OIN_SCHOOL "/", SEIN_OIN_CHARS + 1);
        memcpy(desks[i] + SEIN_OIN_CHARS + 1, name, SEIN_DESK_NAME_MAX + 1);
        desks[i][SEIN_DESK_MAX - 1] = (char)('a' + i);
        draft.record.holders[i] = (struct sein_epoch_holder){
            .index = i + 1,
            .desk = sein_slice_text(desks[i]),
            .key_id = { { (uint8_t)(i + 1) } },
        };
        draft.record.commitments[i][31] = (uint8_t)(i + 1);
    }
    assert_int_equal(
        sein_epoch_record_encode(&draft.record, out, sizeof out, &len),
        SEIN_OK);
    assert_int_equal(decode(out, len, &read), SEIN_OK);
    draft.record.n++;
    assert_int_equal(
        sein_epoch_record_encode(&draft.record, out, sizeof out, &len),
        SEIN_ERECORD);
}

static void
nothing(struct draft *draft)
{
    (void)draft;
}

static void
another_version(struct draft *draft)
{
    draft->v = 2;
}

static void
a_threshold_of_all(struct draft *draft)
{
    draft->t = draft->record.t = 3;
}

static void
a_threshold_above_all(struct draft *draft)
{
    draft->record.n = draft->n = 2;
    draft->t = draft->record.t = 3;
}

static void
a_commitment_too_many(struct draft *draft)
{
    draft->record.t = 3;
}

static void
a_commitment_too_few(struct draft *draft)
{
    draft->t = 3;
}

static void
a_holder_too_many(struct draft *draft)
{
    draft->n = 2;
}

static void
a_holder_too_few(struct draft *draft)
{
    draft->n = 4;
}

static void
a_short_commitment(struct draft *draft)
{
    draft->commitment_bytes = SEIN_POINT_BYTES - 1;
}

static void
a_commitment_of_zeros(struct draft *draft)
{
    memset(draft->record.commitments[1], 0, SEIN_POINT_BYTES);
}

static void
a_commitment_twice(struct draft *draft)
{
    memcpy(draft->record.commitments[1], draft->record.commitments[0],
           SEIN_POINT_BYTES);
}

static void
an_index_twice(struct draft *draft)
{
    draft->record.holders[1].index = 1;
}

static void
an_index_too_high(struct draft *draft)
{
    draft->record.holders[2].index = 4;
}

static void
indexes_turned(struct draft *draft)
{
    draft->record.holders[0].index = 2;
    draft->record.holders[1].index = 1;
}

static void
a_desk_twice(struct draft *draft)
{
    draft->record.holders[2].desk = draft->record.holders[0].desk;
}

static void
a_key_twice(struct draft *draft)
{
    draft->record.holders[2].key_id = draft->record.holders[0].key_id;
}

static void
a_desk_that_is_no_name(struct draft *draft)
{
    draft->record.holders[2].desk = sein_slice_text("noord");
}

static void
a_circle_that_is_no_name(struct draft *draft)
{
    draft->record.circle = sein_slice_text("Jeugd");
}

static void
no_time_to_match(struct draft *draft)
{
    draft->record.match_until = draft->record.not_before;
}

static void
test_contradictions(void **state)
{
    static const struct {
        void (*make)(struct draft *draft);
        enum sein_err expected;
    } changes[] = {
        { nothing, SEIN_OK },
        { another_version, SEIN_EVERSION },
        { a_threshold_of_all, SEIN_OK },
        { a_threshold_above_all, SEIN_ERECORD },
        { a_commitment_too_many, SEIN_ERECORD },
        { a_commitment_too_few, SEIN_ERECORD },
        { a_holder_too_many, SEIN_ERECORD },
        { a_holder_too_few, SEIN_ERECORD },
        { a_short_commitment, SEIN_ECONTENT },
        { a_commitment_of_zeros, SEIN_ERECORD },
        { a_commitment_twice, SEIN_ERECORD },
        { an_index_twice, SEIN_ERECORD },
        { an_index_too_high, SEIN_ERECORD },
        { indexes_turned, SEIN_ERECORD },
        { a_desk_twice, SEIN_ERECORD },
        { a_key_twice, SEIN_ERECORD },
        { a_desk_that_is_no_name, SEIN_ERECORD },
        { a_circle_that_is_no_name, SEIN_ERECORD },
        { no_time_to_match, SEIN_ERECORD },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct draft draft = good_draft();
        struct sein_epoch_record read = { 0 };
        struct bytes bytes = { 0 };
        enum sein_err err = SEIN_OK;

        changes[i].make(&draft);
        write_draft(&draft, &bytes);
        err = decode(bytes.at, bytes.len, &read);
        if (err != changes[i].expected)
            print_error("change %zu: %s\n", i, sein_err_code(err));
        assert_int_equal(err, changes[i].expected);
    }
}

static void
test_nothing_wrong_is_written(void **state)
{
    static void (*const changes[])(struct draft * draft) = {
        a_threshold_above_all, a_commitment_of_zeros,  a_commitment_twice,
        an_index_twice,        indexes_turned,         a_desk_twice,
        a_key_twice,           a_desk_that_is_no_name, a_circle_that_is_no_name,
        no_time_to_match,
    };
    uint8_t out[SEIN_EPOCH_RECORD_MAX];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct draft draft = good_draft();

        changes[i](&draft);
        assert_int_equal(
            sein_epoch_record_encode(&draft.record, out, sizeof out, &len),
            SEIN_ERECORD);
    }
    for (size_t t = 0; t < 2; t++) {
        struct draft draft = good_draft();

        draft.record.t = t;
        assert_int_equal(
            sein_epoch_record_encode(&draft.record, out, sizeof out, &len),
            SEIN_ERECORD);
    }
}

/* ---- sein_epoch_check ------------------------------------------------------
 */

/* The demo with epoch 1 of jeugd; what is checked may be altered. */
struct world {
    struct fixture_directory *demo;
    struct fixture_epoch *epoch;
    const char *circle;
};

/* The directory names the epoch as it was made; the record is as it is now. */
static enum sein_err
check(const struct world *world, const struct fixture_directory *names)
{
    struct sein_directory *dir = fixture_directory_open(names);
    const struct fixture_epoch *epoch = world->epoch;
    uint8_t packed[2 * SEIN_HOLDERS_MAX * SEIN_SIG_BYTES];
    struct sein_writer writer = sein_writer_of(packed, sizeof packed);
    struct sein_list signatures = { .count = epoch->signature_count };
    struct sein_dir_epoch named = { 0 };
    struct sein_epoch_record record = { 0 };
    enum sein_err err = SEIN_OK;

    sein_fixed_list_write(&writer, epoch->signatures[0], SEIN_SIG_BYTES,
                          epoch->signature_count);
    assert_int_equal(sein_writer_done(&writer, &signatures.raw), SEIN_OK);
    assert_true(sein_circle_epoch(
        sein_directory_circle(dir, sein_slice_text("jeugd")), 1, &named));
    err = sein_epoch_check(dir, sein_slice_text(world->circle), &named,
                           sein_slice_of(epoch->record, epoch->record_len),
                           &signatures, &record);
    assert_true((record.n == 3) == (err == SEIN_OK));
    sein_directory_free(&dir);
    return err;
}

static void
as_it_is(struct world *world)
{
    (void)world;
}

static void
of_another_circle(struct world *world)
{
    world->circle = "schulden";
}

/* Makes the record anew from an entry that differs from the one named. */
static void
sign_now(struct world *world)
{
    static const uint8_t points[3][SEIN_POINT_BYTES] = { { 1 }, { 2 }, { 3 } };

    fixture_epoch_sign(world->demo, &world->demo->circles[FIXTURE_JEUGD],
                       world->epoch, points);
}

static void
of_another_epoch(struct world *world)
{
    world->epoch->epoch++;
    sign_now(world);
}

static void
with_another_threshold(struct world *world)
{
    world->epoch->t = 3;
    sign_now(world);
}

static void
from_another_day(struct world *world)
{
    world->epoch->not_before++;
    sign_now(world);
}

static void
until_another_day(struct world *world)
{
    world->epoch->match_until++;
    sign_now(world);
}

static void
with_another_holder(struct world *world)
{
    world->epoch->holders[1] = FIXTURE_DESK_SCHOOL;
    sign_now(world);
}

static void
with_holders_turned(struct world *world)
{
    world->epoch->holders[0] = FIXTURE_DESK_ENERGIE;
    world->epoch->holders[1] = FIXTURE_DESK_CORPORATIE;
    sign_now(world);
}

static void
with_a_holder_less(struct world *world)
{
    world->epoch->holder_count = 2;
    sign_now(world);
}

static void
with_a_signature_less(struct world *world)
{
    world->epoch->signature_count = 2;
}

static void
with_a_signature_more(struct world *world)
{
    world->epoch->signature_count = 4;
}

static void
with_a_wrong_signature(struct world *world)
{
    world->epoch->signatures[2][0] ^= 1;
}

static void
with_signatures_turned(struct world *world)
{
    uint8_t kept[SEIN_SIG_BYTES];

    memcpy(kept, world->epoch->signatures[0], sizeof kept);
    memcpy(world->epoch->signatures[0], world->epoch->signatures[1],
           sizeof kept);
    memcpy(world->epoch->signatures[1], kept, sizeof kept);
}

/* A signature that is good, for something else. */
static void
signed_as_another_thing(struct world *world)
{
    struct fixture_epoch *epoch = world->epoch;

    assert_int_equal(
        sein_sig_make(
            SEIN_SIG_PACK, sein_slice_of(epoch->record, epoch->record_len),
            world->demo->members[FIXTURE_CORPORATIE].keys[0].sign_secret,
            epoch->signatures[0]),
        SEIN_OK);
}

static void
changed_after_signing(struct world *world)
{
    world->epoch->record[world->epoch->record_len - 1] ^= 1;
}

static void
cut_short(struct world *world)
{
    world->epoch->record_len--;
}

/* The key of another desk's member signs for this one. */
static void
signed_by_anothers_key(struct world *world)
{
    struct fixture_member *members = world->demo->members;
    struct fixture_key kept = members[FIXTURE_CORPORATIE].keys[0];

    members[FIXTURE_CORPORATIE].keys[0] = members[FIXTURE_SCHOOL].keys[0];
    sign_now(world);
    members[FIXTURE_CORPORATIE].keys[0] = kept;
}

static void
signed_by_an_unknown_key(struct world *world)
{
    struct fixture_member *member = &world->demo->members[FIXTURE_CORPORATIE];
    struct fixture_key kept = member->keys[0];

    fixture_key_make(&member->keys[0], 99);
    sign_now(world);
    member->keys[0] = kept;
}

static void
test_what_the_directory_named(void **state)
{
    static const struct {
        void (*make)(struct world *world);
        enum sein_err expected;
    } changes[] = {
        { as_it_is, SEIN_OK },
        { of_another_circle, SEIN_ERECORD },
        { of_another_epoch, SEIN_ERECORD },
        { with_another_threshold, SEIN_ERECORD },
        { from_another_day, SEIN_ERECORD },
        { until_another_day, SEIN_ERECORD },
        { with_another_holder, SEIN_ERECORD },
        { with_holders_turned, SEIN_ERECORD },
        { with_a_holder_less, SEIN_ERECORD },
        { with_a_signature_less, SEIN_ERECORD },
        { with_a_signature_more, SEIN_ERECORD },
        { with_a_wrong_signature, SEIN_ESIG },
        { with_signatures_turned, SEIN_ESIG },
        { signed_as_another_thing, SEIN_ESIG },
        { changed_after_signing, SEIN_ESIG },
        { cut_short, SEIN_EWIRE },
        { signed_by_anothers_key, SEIN_EDESKKEY },
        { signed_by_an_unknown_key, SEIN_EKEY },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct fixture_directory *names = fixture_directory_new(NOW);
        struct world world = { fixture_directory_new(NOW), NULL, "jeugd" };
        enum sein_err err = SEIN_OK;

        (void)fixture_epoch_demo(names, NULL);
        world.epoch = fixture_epoch_demo(world.demo, NULL);
        changes[i].make(&world);
        err = check(&world, names);
        if (err != changes[i].expected)
            print_error("change %zu: %s\n", i, sein_err_code(err));
        assert_int_equal(err, changes[i].expected);
        fixture_directory_free(&names);
        fixture_directory_free(&world.demo);
    }
}

/* A key that may act for some desks signs for those only. */
static void
test_a_key_of_other_desks(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_key *key = &demo->members[FIXTURE_ENERGIE].keys[0];
    struct world world = { demo, fixture_epoch_demo(demo, NULL), "jeugd" };
    struct fixture_directory *names = fixture_directory_new(NOW);

    (void)state;
    (void)fixture_epoch_demo(names, NULL);
    names->circles[FIXTURE_JEUGD].epochs[0].record_len = 0;
    names->circles[FIXTURE_JEUGD].epochs[0].signature_count = 0;
    names->members[FIXTURE_ENERGIE].keys[0] = *key;
    names->members[FIXTURE_ENERGIE].keys[0].desks[0] = "balie";
    names->members[FIXTURE_ENERGIE].keys[0].desk_count = 1;
    assert_int_equal(check(&world, names), SEIN_EDESKKEY);
    fixture_directory_free(&names);
    fixture_directory_free(&demo);
}

/* What was signed stays signed. */
static void
test_a_key_that_ended_since(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_key *key = &demo->members[FIXTURE_ENERGIE].keys[0];
    struct world world = { demo, fixture_epoch_demo(demo, NULL), "jeugd" };

    (void)state;
    key->retired_at = (uint64_t)NOW;
    assert_int_equal(check(&world, demo), SEIN_OK);
    key->revoked_at = (uint64_t)NOW;
    assert_int_equal(check(&world, demo), SEIN_OK);
    fixture_directory_free(&demo);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_cut_short_and_lengthened),
        cmocka_unit_test(test_the_largest),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_nothing_wrong_is_written),
        cmocka_unit_test(test_what_the_directory_named),
        cmocka_unit_test(test_a_key_of_other_desks),
        cmocka_unit_test(test_a_key_that_ended_since),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
