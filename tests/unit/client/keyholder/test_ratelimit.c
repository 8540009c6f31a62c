#include "client/keyholder/ratelimit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_directory.h"
#include "tests/support/store_folder.h"

struct place {
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    struct records *records;
    int64_t now_ms;
    int64_t at_ms;
};

static int
setup(void **state)
{
    static struct place place;

    place = (struct place){ .now_ms = FIXTURE_NOW_MS };
    store_folder_make(place.folder);
    (void)snprintf(place.path, sizeof place.path, "%s/records.db",
                   place.folder);
    assert_int_equal(records_open(place.path, &place.records), SEIN_OK);
    *state = &place;
    return 0;
}

static int
teardown(void **state)
{
    struct place *place = *state;

    records_close(&place->records);
    store_folder_remove(place->folder);
    return 0;
}

static enum sein_err
take(struct place *place, const char *circle, const char *oin, uint64_t count,
     uint64_t per_day)
{
    enum sein_err err = records_begin(place->records);

    assert_int_equal(err, SEIN_OK);
    err = ratelimit_take(place->records, sein_slice_text(circle),
                         sein_slice_text(oin), count, per_day, place->now_ms,
                         &place->at_ms);
    if (err == SEIN_OK)
        assert_int_equal(records_commit(place->records), SEIN_OK);
    records_rollback(place->records);
    return err;
}

static void
test_to_the_last_element(void **state)
{
    struct place *place = *state;

    assert_int_equal(take(place, "jeugd", "a", 32, 100), SEIN_OK);
    assert_int_equal(take(place, "jeugd", "a", 32, 100), SEIN_OK);
    assert_int_equal(take(place, "jeugd", "a", 32, 100), SEIN_OK);
    /* One too many takes none. */
    assert_int_equal(take(place, "jeugd", "a", 5, 100), SEIN_EQUOTA);
    assert_int_equal(place->at_ms % SEIN_MS_PER_DAY, 0);
    assert_int_equal(place->at_ms / SEIN_MS_PER_DAY,
                     place->now_ms / SEIN_MS_PER_DAY + 1);
    assert_int_equal(take(place, "jeugd", "a", 4, 100), SEIN_OK);
    assert_int_equal(take(place, "jeugd", "a", 1, 100), SEIN_EQUOTA);
    /* Of another member, or in another circle, nothing was taken. */
    assert_int_equal(take(place, "jeugd", "b", 100, 100), SEIN_OK);
    assert_int_equal(take(place, "schulden", "a", 100, 100), SEIN_OK);
    /* A lower quota than what was used is no surprise. */
    assert_int_equal(take(place, "jeugd", "a", 1, 50), SEIN_EQUOTA);
    assert_int_equal(take(place, "jeugd", "c", UINT64_MAX, 50), SEIN_EQUOTA);
}

static void
test_a_day_is_of_utc(void **state)
{
    struct place *place = *state;

    place->now_ms = 20000 * SEIN_MS_PER_DAY + SEIN_MS_PER_DAY - 1;
    assert_int_equal(take(place, "jeugd", "a", 10, 10), SEIN_OK);
    assert_int_equal(take(place, "jeugd", "a", 1, 10), SEIN_EQUOTA);
    place->now_ms++;
    assert_int_equal(place->at_ms, place->now_ms);
    assert_int_equal(take(place, "jeugd", "a", 10, 10), SEIN_OK);
    /* A clock that goes back finds what it used. */
    place->now_ms--;
    assert_int_equal(take(place, "jeugd", "a", 1, 10), SEIN_EQUOTA);
}

static void
test_it_survives_a_restart(void **state)
{
    struct place *place = *state;

    assert_int_equal(take(place, "jeugd", "a", 10, 10), SEIN_OK);
    records_close(&place->records);
    assert_int_equal(records_open(place->path, &place->records), SEIN_OK);
    assert_int_equal(take(place, "jeugd", "a", 1, 10), SEIN_EQUOTA);
}

static void
test_what_was_not_committed_was_not_taken(void **state)
{
    struct place *place = *state;

    assert_int_equal(records_begin(place->records), SEIN_OK);
    assert_int_equal(ratelimit_take(place->records, sein_slice_text("jeugd"),
                                    sein_slice_text("a"), 10, 10, place->now_ms,
                                    &place->at_ms),
                     SEIN_OK);
    records_rollback(place->records);
    assert_int_equal(take(place, "jeugd", "a", 10, 10), SEIN_OK);
}

static void
test_forgetting(void **state)
{
    struct place *place = *state;

    assert_int_equal(take(place, "jeugd", "a", 10, 10), SEIN_OK);
    /* A clock that jumps ahead for a day opens nothing anew. */
    assert_int_equal(
        ratelimit_forget(place->records, place->now_ms + 2 * SEIN_MS_PER_DAY),
        SEIN_OK);
    assert_int_equal(take(place, "jeugd", "a", 1, 10), SEIN_EQUOTA);
    assert_int_equal(
        ratelimit_forget(place->records, place->now_ms + 61 * SEIN_MS_PER_DAY),
        SEIN_OK);
    assert_int_equal(take(place, "jeugd", "a", 10, 10), SEIN_OK);
}

static uint64_t
quota_of(const struct fixture_directory *fixture, const char *oin,
         int64_t now_ms)
{
    struct sein_directory *dir = fixture_directory_open(fixture);
    uint64_t quota =
        ratelimit_quota(sein_directory_circle(dir, sein_slice_text("jeugd")),
                        sein_slice_text(oin), now_ms);

    sein_directory_free(&dir);
    return quota;
}

static void
test_quota_of_the_directory(void **state)
{
    struct fixture_directory *fixture = fixture_directory_new(FIXTURE_NOW_MS);
    struct fixture_circle *circle = &fixture->circles[FIXTURE_JEUGD];
    int64_t from_ms = FIXTURE_NOW_MS;
    int64_t until_ms = from_ms + SEIN_MS_PER_DAY;

    (void)state;
    assert_int_equal(quota_of(fixture, FIXTURE_OIN_SCHOOL, from_ms),
                     SEIN_QUOTA_DEFAULT);
    circle->quota_per_day = 300;
    circle->quotas[0] =
        (struct fixture_quota){ (uint64_t)from_ms, FIXTURE_OIN_SCHOOL, 5000,
                                (uint64_t)until_ms };
    circle->quotas[1] =
        (struct fixture_quota){ (uint64_t)from_ms, FIXTURE_OIN_JEUGDHULP, 7,
                                (uint64_t)until_ms };
    circle->quota_count = 2;
    assert_int_equal(quota_of(fixture, FIXTURE_OIN_SCHOOL, from_ms - 1), 300);
    assert_int_equal(quota_of(fixture, FIXTURE_OIN_SCHOOL, from_ms), 5000);
    assert_int_equal(quota_of(fixture, FIXTURE_OIN_SCHOOL, until_ms - 1), 5000);
    assert_int_equal(quota_of(fixture, FIXTURE_OIN_SCHOOL, until_ms), 300);
    assert_int_equal(quota_of(fixture, FIXTURE_OIN_JEUGDHULP, from_ms), 7);
    assert_int_equal(quota_of(fixture, FIXTURE_OIN_WIJKTEAM, from_ms), 300);
    fixture_directory_free(&fixture);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_to_the_last_element),
        CASE(test_a_day_is_of_utc),
        CASE(test_it_survives_a_restart),
        CASE(test_what_was_not_committed_was_not_taken),
        CASE(test_forgetting),
        cmocka_unit_test(test_quota_of_the_directory),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
