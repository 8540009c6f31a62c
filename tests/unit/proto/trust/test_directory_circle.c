/* What a circle answers of its epochs, links and quotas. */
#include "proto/trust/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_epoch.h"

#define NOW FIXTURE_NOW_MS
#define DAY SEIN_MS_PER_DAY

/* Circle jeugd as a test made it; free with close_jeugd. */
struct opened {
    struct sein_directory *dir;
    const struct sein_circle *jeugd;
};

static struct opened
open_jeugd(const struct fixture_directory *demo)
{
    struct opened opened = { .dir = fixture_directory_open(demo) };

    opened.jeugd = sein_directory_circle(opened.dir, sein_slice_text("jeugd"));
    return opened;
}

static const char *const three[] = { FIXTURE_DESK_CORPORATIE,
                                     FIXTURE_DESK_ENERGIE,
                                     FIXTURE_DESK_JEUGDHULP };
static const uint8_t points[2][SEIN_POINT_BYTES] = { { 5 }, { 6 } };

/* Epochs 1 and 2 overlap for a day; 3 is only named. */
static struct fixture_directory *
demo_with_epochs(void)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_circle *jeugd = &demo->circles[FIXTURE_JEUGD];

    for (int i = 0; i < 3; i++) {
        struct fixture_epoch *epoch =
            fixture_epoch_name(demo, jeugd, 2, three, 3);

        epoch->not_before = (uint64_t)(NOW + i * 9 * DAY);
        epoch->match_until = (uint64_t)(NOW + i * 9 * DAY + 10 * DAY);
        if (i < 2)
            fixture_epoch_sign(demo, jeugd, epoch, points);
    }
    return demo;
}

static uint64_t
epoch_now(const struct opened *opened, int64_t now_ms)
{
    struct sein_dir_epoch epoch = { 0 };

    return sein_circle_epoch_now(opened->jeugd, now_ms, &epoch) ? epoch.epoch
                                                                : 0;
}

static void
test_epochs(void **state)
{
    struct fixture_directory *demo = demo_with_epochs();
    struct opened opened = open_jeugd(demo);
    struct sein_dir_epoch epoch = { 0 };

    (void)state;
    assert_true(sein_circle_epoch(opened.jeugd, 1, &epoch));
    assert_int_equal(epoch.t, 2);
    assert_false(sein_epoch_open(&epoch, NOW - 1));
    assert_true(sein_epoch_open(&epoch, NOW));
    assert_true(sein_epoch_open(&epoch, NOW + 10 * DAY - 1));
    assert_false(sein_epoch_open(&epoch, NOW + 10 * DAY));
    assert_true(sein_circle_epoch(opened.jeugd, 3, &epoch));
    assert_false(sein_epoch_open(&epoch, NOW + 20 * DAY));
    assert_false(sein_circle_epoch(opened.jeugd, 0, &epoch));
    assert_false(sein_circle_epoch(opened.jeugd, 4, &epoch));
    assert_int_equal(epoch_now(&opened, NOW - 1), 0);
    assert_int_equal(epoch_now(&opened, NOW), 1);
    assert_int_equal(epoch_now(&opened, NOW + 9 * DAY - 1), 1);
    assert_int_equal(epoch_now(&opened, NOW + 9 * DAY), 2);
    assert_int_equal(epoch_now(&opened, NOW + 19 * DAY - 1), 2);
    assert_int_equal(epoch_now(&opened, NOW + 19 * DAY), 0);
    sein_directory_free(&opened.dir);
    fixture_directory_free(&demo);
}

static void
test_a_circle_without_epochs(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct opened opened = open_jeugd(demo);
    struct sein_dir_epoch epoch = { 0 };

    (void)state;
    assert_false(sein_circle_epoch(opened.jeugd, 1, &epoch));
    assert_int_equal(epoch_now(&opened, NOW), 0);
    assert_false(sein_circle_links_match(opened.jeugd, SEIN_LINK_ADDRESS,
                                         SEIN_LINK_ADDRESS));
    sein_directory_free(&opened.dir);
    fixture_directory_free(&demo);
}

static void
test_holders(void **state)
{
    struct fixture_directory *demo = demo_with_epochs();
    struct opened opened = open_jeugd(demo);
    struct sein_dir_epoch epoch = { 0 };
    struct sein_slice desk = { 0 };

    (void)state;
    assert_true(sein_circle_epoch(opened.jeugd, 1, &epoch));
    for (uint64_t i = 1; i <= 3; i++) {
        assert_true(sein_epoch_holder_desk(&epoch, i, &desk));
        assert_true(sein_slice_is(desk, three[i - 1]));
        assert_int_equal(sein_epoch_holder_index(&epoch, desk), i);
    }
    assert_false(sein_epoch_holder_desk(&epoch, 0, &desk));
    assert_false(sein_epoch_holder_desk(&epoch, 4, &desk));
    assert_false(sein_epoch_holder_desk(&epoch, UINT64_MAX, &desk));
    assert_int_equal(
        sein_epoch_holder_index(&epoch, sein_slice_text(FIXTURE_DESK_NOORD)),
        0);
    sein_directory_free(&opened.dir);
    fixture_directory_free(&demo);
}

/* Every pair of links there is, and one on each side that there is not. */
static void
test_links_that_can_meet(void **state)
{
    static const char *const meets[6] = { "......", ".x....", "..xx..",
                                          "..xx..", "....x.", "......" };

    (void)state;
    for (uint64_t a = 0; a < 6; a++) {
        for (uint64_t b = 0; b < 6; b++)
            assert_int_equal(sein_link_pair_can_meet(a, b), meets[a][b] == 'x');
    }
}

static void
test_links_that_match(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_circle *jeugd = &demo->circles[FIXTURE_JEUGD];
    struct opened opened = { 0 };

    (void)state;
    jeugd->link_pairs[0] =
        (struct sein_dir_link_pair){ SEIN_LINK_ADDRESS, SEIN_LINK_ADDRESS };
    jeugd->link_pairs[1] =
        (struct sein_dir_link_pair){ SEIN_LINK_PERSON, SEIN_LINK_PARENT };
    jeugd->link_pair_count = 2;
    opened = open_jeugd(demo);
    for (uint64_t a = 0; a < 6; a++) {
        for (uint64_t b = 0; b < 6; b++) {
            bool wanted =
                (a == 1 && b == 1) || (a == 2 && b == 3) || (a == 3 && b == 2);

            assert_int_equal(sein_circle_links_match(opened.jeugd, a, b),
                             wanted);
        }
    }
    sein_directory_free(&opened.dir);
    fixture_directory_free(&demo);
}

static void
test_links_of_a_desk(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_desk *school = &demo->members[FIXTURE_SCHOOL].desks[0];
    struct opened opened = { 0 };
    const struct sein_desk *desk = NULL;

    (void)state;
    school->roles[0].links =
        SEIN_LINK_BIT(SEIN_LINK_ADDRESS) | SEIN_LINK_BIT(SEIN_LINK_NAME);
    opened = open_jeugd(demo);
    desk =
        sein_directory_desk(opened.dir, sein_slice_text(FIXTURE_DESK_SCHOOL));
    assert_int_equal(sein_desk_links(desk, sein_slice_text("jeugd")), 9);
    assert_int_equal(sein_desk_links(desk, sein_slice_text("schulden")), 0);
    desk = sein_directory_desk(opened.dir,
                               sein_slice_text(FIXTURE_DESK_JEUGDHULP));
    assert_int_equal(sein_desk_links(desk, sein_slice_text("jeugd")), 15);
    sein_directory_free(&opened.dir);
    fixture_directory_free(&demo);
}

static uint64_t
quota(const struct opened *opened, const char *oin, int64_t now_ms)
{
    return sein_circle_quota(opened->jeugd, sein_slice_text(oin), now_ms);
}

static void
test_quotas(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_circle *jeugd = &demo->circles[FIXTURE_JEUGD];
    struct opened opened = open_jeugd(demo);

    (void)state;
    assert_int_equal(quota(&opened, FIXTURE_OIN_SCHOOL, NOW), 200);
    sein_directory_free(&opened.dir);
    jeugd->quota_per_day = 50;
    jeugd->quotas[0] =
        (struct fixture_quota){ (uint64_t)NOW, FIXTURE_OIN_SCHOOL, 900,
                                (uint64_t)(NOW + DAY) };
    jeugd->quotas[1] = jeugd->quotas[0];
    jeugd->quotas[1].per_day = 7;
    jeugd->quotas[1].until = (uint64_t)(NOW + 2 * DAY);
    jeugd->quota_count = 2;
    opened = open_jeugd(demo);
    assert_int_equal(quota(&opened, FIXTURE_OIN_JEUGDHULP, NOW), 50);
    assert_int_equal(quota(&opened, FIXTURE_OIN_SCHOOL, NOW - 1), 50);
    assert_int_equal(quota(&opened, FIXTURE_OIN_SCHOOL, NOW), 900);
    assert_int_equal(quota(&opened, FIXTURE_OIN_SCHOOL, NOW + DAY - 1), 900);
    assert_int_equal(quota(&opened, FIXTURE_OIN_SCHOOL, NOW + DAY), 7);
    assert_int_equal(quota(&opened, FIXTURE_OIN_SCHOOL, NOW + 2 * DAY), 50);
    sein_directory_free(&opened.dir);
    fixture_directory_free(&demo);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_a_circle_without_epochs),
        cmocka_unit_test(test_holders),
        cmocka_unit_test(test_links_that_can_meet),
        cmocka_unit_test(test_links_that_match),
        cmocka_unit_test(test_links_of_a_desk),
        cmocka_unit_test(test_quotas),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
