#include "proto/trust/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_directory.h"

#define NOW FIXTURE_NOW_MS
#define MORE_MEMBERS 20U

/* The demo and its directory, with more members than a handful. */
struct world {
    struct fixture_directory *demo;
    struct sein_directory *dir;
    char oins[MORE_MEMBERS][SEIN_OIN_CHARS + 1];
};

static int
make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    if (world == NULL)
        return -1;
    world->demo = fixture_directory_new(NOW);
    for (size_t i = 0; i < MORE_MEMBERS; i++) {
        (void)snprintf(world->oins[i], sizeof world->oins[i],
                       "000000990000%04zu0000", 100 + i);
        (void)fixture_member_add(world->demo, world->oins[i], "Deelnemer",
                                 (uint8_t)(20 + i));
    }
    world->dir = fixture_directory_open(world->demo);
    *state = world;
    return 0;
}

static int
free_world(void **state)
{
    struct world *world = *state;

    sein_directory_free(&world->dir);
    fixture_directory_free(&world->demo);
    free(world);
    return 0;
}

static void
test_keys(void **state)
{
    const struct world *world = *state;
    struct sein_key_id id = { { 0 } };
    uint8_t curve[SEIN_KEY_BYTES] = { 0 };

    for (size_t i = 0; i < world->demo->member_count; i++) {
        const struct fixture_member *member = &world->demo->members[i];
        const struct fixture_key *key = &member->keys[0];
        const struct sein_key *found =
            sein_directory_key(world->dir, &key->key_id);

        assert_non_null(found);
        assert_memory_equal(found->entry.sign, key->sign, SEIN_KEY_BYTES);
        assert_true(sein_slice_is(found->member->entry.oin, member->oin));
        assert_ptr_equal(sein_directory_key_by_curve(world->dir, key->curve),
                         found);
    }
    assert_null(sein_directory_key(world->dir, &id));
    assert_null(sein_directory_key_by_curve(world->dir, curve));
}

static void
test_members_and_desks(void **state)
{
    const struct world *world = *state;
    size_t count = 0;
    const struct sein_member *all = sein_directory_members(world->dir, &count);

    assert_int_equal(count, world->demo->member_count);
    for (size_t i = 0; i < count; i++) {
        struct sein_slice oin = all[i].entry.oin;

        assert_true(sein_slice_is(oin, world->demo->members[i].oin));
        assert_ptr_equal(sein_directory_member(world->dir, oin), &all[i]);
        for (size_t j = 0; j < all[i].desk_count; j++) {
            const struct sein_desk *desk = &all[i].desks[j];

            assert_ptr_equal(desk->member, &all[i]);
            assert_ptr_equal(
                sein_directory_desk(world->dir, sein_slice_text(desk->id.text)),
                desk);
        }
    }
    assert_null(sein_directory_member(world->dir,
                                      sein_slice_text("00000099000000070000")));
    assert_null(sein_directory_member(world->dir, (struct sein_slice){ 0 }));
}

static void
test_desks_that_are_not_there(void **state)
{
    static const char *const absent[] = {
        "",
        "noord",
        FIXTURE_OIN_WIJKTEAM,
        FIXTURE_OIN_WIJKTEAM "/",
        FIXTURE_OIN_WIJKTEAM "/oost",
        FIXTURE_OIN_WIJKTEAM "/noor",
        FIXTURE_OIN_WIJKTEAM "/noordd",
        FIXTURE_OIN_SCHOOL "/noord",
        "00000099000000070000/noord",
    };
    const struct world *world = *state;

    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_null(
            sein_directory_desk(world->dir, sein_slice_text(absent[i])));
}

static void
test_circles_and_brokers(void **state)
{
    const struct world *world = *state;
    const struct fixture_broker *broker = &world->demo->brokers[0];
    uint8_t curve[SEIN_KEY_BYTES] = { 0 };
    size_t count = 0;
    const struct sein_circle *circles =
        sein_directory_circles(world->dir, &count);
    const struct sein_broker *brokers = NULL;

    assert_int_equal(count, 2);
    assert_ptr_equal(
        sein_directory_circle(world->dir, sein_slice_text("jeugd")),
        &circles[FIXTURE_JEUGD]);
    assert_ptr_equal(
        sein_directory_circle(world->dir, sein_slice_text("schulden")),
        &circles[FIXTURE_SCHULDEN]);
    assert_null(sein_directory_circle(world->dir, sein_slice_text("schuld")));
    brokers = sein_directory_brokers(world->dir, &count);
    assert_int_equal(count, 1);
    assert_ptr_equal(sein_directory_broker_by_curve(world->dir, broker->curve),
                     brokers);
    assert_memory_equal(brokers->entry.receipt, broker->receipt,
                        SEIN_KEY_BYTES);
    assert_null(sein_directory_broker_by_curve(world->dir, curve));
}

static void
test_roles(void **state)
{
    const struct world *world = *state;
    struct sein_slice jeugd = sein_slice_text("jeugd");
    struct sein_slice schulden = sein_slice_text("schulden");
    const struct sein_desk *noord =
        sein_directory_desk(world->dir, sein_slice_text(FIXTURE_DESK_NOORD));
    const struct sein_desk *energie =
        sein_directory_desk(world->dir, sein_slice_text(FIXTURE_DESK_ENERGIE));

    assert_int_equal(sein_desk_roles(noord, jeugd),
                     SEIN_ROLE_INTRODUCED | SEIN_ROLE_COORDINATE);
    assert_int_equal(sein_desk_roles(noord, schulden), SEIN_ROLE_COORDINATE);
    assert_int_equal(sein_desk_roles(energie, schulden),
                     SEIN_ROLE_SIGNAL | SEIN_ROLE_FEEDBACK);
    assert_int_equal(sein_desk_roles(energie, jeugd), 0);
}

static void
test_codes_and_terms(void **state)
{
    const struct world *world = *state;
    const struct sein_circle *jeugd =
        sein_directory_circle(world->dir, sein_slice_text("jeugd"));
    const struct sein_circle *schulden =
        sein_directory_circle(world->dir, sein_slice_text("schulden"));
    int64_t end = (int64_t)jeugd->entry.basis_ends;
    struct sein_dir_code code = { 0 };

    assert_true(
        sein_circle_kind(schulden, sein_slice_text("drinkwater"), &code));
    assert_true(code.arrears);
    assert_true(sein_circle_kind(jeugd, sein_slice_text("verzuim"), &code));
    assert_false(code.arrears);
    assert_false(sein_circle_kind(jeugd, sein_slice_text("huur"), &code));
    assert_true(sein_circle_outcome(jeugd, sein_slice_text("hulp"), &code));
    assert_false(sein_circle_outcome(jeugd, sein_slice_text("verzuim"), &code));
    assert_int_equal(sein_circle_collect_days(jeugd), 14);
    assert_int_equal(sein_circle_collect_days(schulden), 7);
    assert_false(sein_circle_ended(jeugd, end - 1));
    assert_true(sein_circle_ended(jeugd, end));
}

static enum sein_key_status
status(uint64_t active_from, uint64_t retired_at, uint64_t revoked_at,
       uint64_t left_at)
{
    struct sein_member member = { .entry = { .left_at = left_at } };
    struct sein_key key = { .entry = { .active_from = active_from,
                                       .retired_at = retired_at,
                                       .revoked_at = revoked_at },
                            .member = &member };

    return sein_key_status_at(&key, 100);
}

/* The first condition that holds, in the order of PROTOCOL.md section 6. */
static void
test_key_status(void **state)
{
    (void)state;
    assert_int_equal(status(0, 0, 0, 0), SEIN_KEY_ACTIVE);
    assert_int_equal(status(100, 101, 101, 101), SEIN_KEY_ACTIVE);
    assert_int_equal(status(0, 0, 0, 100), SEIN_KEY_LEFT);
    assert_int_equal(status(101, 0, 0, 100), SEIN_KEY_NOT_YET);
    assert_int_equal(status(101, 100, 0, 100), SEIN_KEY_RETIRED);
    assert_int_equal(status(101, 100, 100, 100), SEIN_KEY_REVOKED);
    assert_int_equal(status(INT64_MAX, 0, INT64_MAX, 0), SEIN_KEY_NOT_YET);
}

static void
test_a_key_of_some_desks(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_member *team = &demo->members[FIXTURE_WIJKTEAM];
    struct sein_directory *dir = NULL;
    const struct sein_key *all = NULL;
    const struct sein_key *some = NULL;
    const struct sein_desk *noord = NULL;
    const struct sein_desk *zuid = NULL;

    (void)state;
    fixture_key_make(&team->keys[1], 50);
    team->keys[1].desks[0] = "oost"; /* a desk that is no more */
    team->keys[1].desks[1] = "zuid";
    team->keys[1].desk_count = 2;
    team->key_count = 2;
    dir = fixture_directory_open(demo);
    all = sein_directory_key(dir, &team->keys[0].key_id);
    some = sein_directory_key(dir, &team->keys[1].key_id);
    noord = sein_directory_desk(dir, sein_slice_text(FIXTURE_DESK_NOORD));
    zuid = sein_directory_desk(dir, sein_slice_text(FIXTURE_DESK_ZUID));
    assert_true(sein_key_acts_for(all, noord));
    assert_true(sein_key_acts_for(all, zuid));
    assert_false(sein_key_acts_for(some, noord));
    assert_true(sein_key_acts_for(some, zuid));
    all =
        sein_directory_key(dir, &demo->members[FIXTURE_SCHOOL].keys[0].key_id);
    assert_false(sein_key_acts_for(all, noord));
    sein_directory_free(&dir);
    fixture_directory_free(&demo);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_members_and_desks),
        cmocka_unit_test(test_desks_that_are_not_there),
        cmocka_unit_test(test_circles_and_brokers),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_codes_and_terms),
        cmocka_unit_test(test_key_status),
        cmocka_unit_test(test_a_key_of_some_desks),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, make_world, free_world);
}
