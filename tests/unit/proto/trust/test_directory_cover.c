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

static const char *
desk_for(const struct sein_directory *dir, const char *circle,
         uint64_t postcode)
{
    const struct sein_desk *desk = NULL;
    enum sein_err err =
        sein_directory_desk_for(dir, sein_slice_text(circle), postcode, &desk);

    if (err == SEIN_ENODESK)
        return NULL;
    assert_int_equal(err, SEIN_OK);
    return desk->id.text;
}

static enum sein_err
read_demo(const struct fixture_directory *demo)
{
    struct fixture_bytes bytes = { 0 };
    struct sein_directory *dir = NULL;
    enum sein_err err = fixture_directory_encode(demo, &bytes);

    assert_int_equal(err, SEIN_OK);
    err = sein_directory_read(fixture_bytes_slice(&bytes), &dir);
    sein_directory_free(&dir);
    fixture_bytes_free(&bytes);
    return err;
}

static struct fixture_desk *
desks_of(struct fixture_directory *demo)
{
    return demo->members[FIXTURE_WIJKTEAM].desks;
}

static void
test_both_ends_are_covered(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *dir = fixture_directory_open(demo);
    static const char *const circles[] = { "jeugd", "schulden" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_null(desk_for(dir, circles[i], 0));
        assert_null(desk_for(dir, circles[i], 1000));
        assert_null(desk_for(dir, circles[i], 1499));
        assert_string_equal(desk_for(dir, circles[i], 1500),
                            FIXTURE_DESK_NOORD);
        assert_string_equal(desk_for(dir, circles[i], 1599),
                            FIXTURE_DESK_NOORD);
        assert_null(desk_for(dir, circles[i], 1600));
        assert_null(desk_for(dir, circles[i], 1699));
        assert_string_equal(desk_for(dir, circles[i], 1700), FIXTURE_DESK_ZUID);
        assert_string_equal(desk_for(dir, circles[i], 1799), FIXTURE_DESK_ZUID);
        assert_null(desk_for(dir, circles[i], 1800));
        assert_null(desk_for(dir, circles[i], 9999));
    }
    sein_directory_free(&dir);
    fixture_directory_free(&demo);
}

static void
test_an_unknown_circle(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct sein_directory *dir = fixture_directory_open(demo);
    const struct sein_desk *desk = NULL;

    (void)state;
    assert_int_equal(
        sein_directory_desk_for(dir, sein_slice_text("wonen"), 1500, &desk),
        SEIN_ECIRCLE);
    assert_null(desk);
    sein_directory_free(&dir);
    fixture_directory_free(&demo);
}

/* An area belongs to a desk; only where it coordinates does it take part. */
static void
test_only_who_coordinates(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_desk *school = &demo->members[FIXTURE_SCHOOL].desks[0];
    struct sein_directory *dir = NULL;

    (void)state;
    school->areas[0] = (struct sein_dir_area){ 1000, 9999 };
    school->area_count = 1;
    desks_of(demo)[1].roles[1].roles = SEIN_ROLE_WATCH;
    dir = fixture_directory_open(demo);
    assert_null(desk_for(dir, "schulden", 1750));
    assert_null(desk_for(dir, "jeugd", 1650));
    assert_string_equal(desk_for(dir, "jeugd", 1750), FIXTURE_DESK_ZUID);
    sein_directory_free(&dir);
    fixture_directory_free(&demo);
}

static void
test_two_desks_of_one_postcode(void **state)
{
    static const struct {
        struct sein_dir_area area;
        enum sein_err expected;
    } samples[] = {
        { { 1600, 1699 }, SEIN_OK },
        { { 1599, 1699 }, SEIN_EAMBIGUOUS },
        { { 1400, 1499 }, SEIN_OK },
        { { 1400, 1500 }, SEIN_EAMBIGUOUS },
        { { 1550, 1550 }, SEIN_EAMBIGUOUS },
        { { 1500, 1599 }, SEIN_EAMBIGUOUS },
        { { 1000, 9999 }, SEIN_EAMBIGUOUS },
    };
    struct fixture_directory *demo = fixture_directory_new(NOW);

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        desks_of(demo)[1].areas[0] = samples[i].area;
        assert_int_equal(read_demo(demo), samples[i].expected);
    }
    /* In different circles they do not meet. */
    desks_of(demo)[0].role_count = 1;
    desks_of(demo)[1].roles[0].roles = SEIN_ROLE_INTRODUCED;
    assert_int_equal(read_demo(demo), SEIN_OK);
    fixture_directory_free(&demo);
}

/* One desk may name a postcode twice, in any order. */
static void
test_overlaps_of_one_desk(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_desk *noord = &desks_of(demo)[0];
    struct sein_directory *dir = NULL;

    (void)state;
    noord->areas[0] = (struct sein_dir_area){ 1550, 1560 };
    noord->areas[1] = (struct sein_dir_area){ 1500, 1599 };
    noord->areas[2] = (struct sein_dir_area){ 1590, 1610 };
    noord->areas[3] = (struct sein_dir_area){ 1300, 1310 };
    noord->area_count = 4;
    dir = fixture_directory_open(demo);
    for (uint64_t postcode = 1290; postcode < 1710; postcode++) {
        bool inside = (postcode >= 1300 && postcode <= 1310) ||
                      (postcode >= 1500 && postcode <= 1610);
        const char *desk = desk_for(dir, "schulden", postcode);

        if (postcode >= 1700)
            assert_string_equal(desk, FIXTURE_DESK_ZUID);
        else if (inside)
            assert_string_equal(desk, FIXTURE_DESK_NOORD);
        else
            assert_null(desk);
    }
    sein_directory_free(&dir);
    /* The other desk begins inside the longest of them. */
    desks_of(demo)[1].areas[0] = (struct sein_dir_area){ 1605, 1605 };
    assert_int_equal(read_demo(demo), SEIN_EAMBIGUOUS);
    fixture_directory_free(&demo);
}

/* Four desks that coordinate 256 circles in 256 places each, and a fifth. */
static void
fill_covers(struct fixture_directory *demo, char names[static 256][8])
{
    struct fixture_member *team = &demo->members[0];

    demo->member_count = 1;
    demo->circle_count = 256;
    for (size_t i = 0; i < 256; i++) {
        (void)snprintf(names[i], 8, "c-%03zu", i);
        demo->circles[i] = demo->circles[FIXTURE_SCHULDEN];
        demo->circles[i].id = names[i];
    }
    team->desk_count = 5;
    for (size_t d = 0; d < 5; d++) {
        static const char *const desks[] = { "a", "b", "c", "d", "e" };
        struct fixture_desk *desk = &team->desks[d];

        *desk = (struct fixture_desk){ .name = desks[d], .title = "Team" };
        for (size_t i = 0; i < 256; i++) {
            uint64_t postcode = 1000 + d * 256 + i;

            desk->areas[i] = (struct sein_dir_area){ postcode, postcode };
            fixture_role_add(desk, names[i], SEIN_ROLE_COORDINATE);
        }
        desk->area_count = d < 4 ? 256 : 0;
    }
}

static void
test_the_most_that_can_be_covered(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_desk *last = &demo->members[0].desks[4];
    struct sein_directory *dir = NULL;
    char names[256][8];

    (void)state;
    fill_covers(demo, names);
    dir = fixture_directory_open(demo);
    assert_string_equal(desk_for(dir, "c-255", 1000 + 3 * 256 + 255),
                        FIXTURE_OIN_CORPORATIE "/d");
    sein_directory_free(&dir);
    last->area_count = 1;
    last->role_count = 1;
    assert_int_equal(read_demo(demo), SEIN_EDIRINVALID);
    fixture_directory_free(&demo);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_are_covered),
        cmocka_unit_test(test_an_unknown_circle),
        cmocka_unit_test(test_only_who_coordinates),
        cmocka_unit_test(test_two_desks_of_one_postcode),
        cmocka_unit_test(test_overlaps_of_one_desk),
        cmocka_unit_test(test_the_most_that_can_be_covered),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
