#include "client/keyholder/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_directory.h"
#include "tests/support/store_folder.h"

#define SCHOOL FIXTURE_OIN_SCHOOL
#define YOUTH FIXTURE_OIN_JEUGDHULP
#define DAY 20000

struct place {
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    struct records *records;
};

static int
setup(void **state)
{
    static struct place place;

    place = (struct place){ 0 };
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

/* count ids, the first with that number. */
static struct sein_list
make_ids(uint8_t first, size_t count, size_t size, struct sein_writer *out)
{
    uint8_t ids[SEIN_EVAL_BATCH_MAX * SEIN_POINT_BYTES] = { 0 };

    for (size_t i = 0; i < count; i++)
        memset(ids + i * size, first + (int)i, size);
    sein_fixed_list_write(out, ids, size, count);
    return (struct sein_list){ sein_slice_of(out->at, out->len), count };
}

static void
note(struct place *place, const char *desk, int64_t day, uint8_t first,
     size_t count)
{
    uint8_t buffer[SEIN_EVAL_REQUEST_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_hash hash = { { first } };
    struct sein_eval_request request = { .v = 1, .epoch = 1 };

    request.circle = sein_slice_text("jeugd");
    request.holder = sein_slice_text(FIXTURE_DESK_ENERGIE);
    request.desk = sein_slice_text(desk);
    request.ids = make_ids(first, count, SEIN_ID_BYTES, &out);
    assert_int_equal(records_begin(place->records), SEIN_OK);
    assert_int_equal(
        audit_note(place->records, &request, &hash, day * SEIN_MS_PER_DAY + 7),
        SEIN_OK);
    assert_int_equal(records_commit(place->records), SEIN_OK);
}

static enum sein_err
deposit(struct place *place, const char *oin, int64_t day, uint8_t first,
        size_t count, size_t size)
{
    uint8_t buffer[SEIN_EVAL_REQUEST_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_deposits deposits = { .epoch = 1, .day = (uint64_t)day };

    deposits.circle = sein_slice_text("jeugd");
    deposits.oin = sein_slice_text(oin);
    deposits.ids = make_ids(first, count, size, &out);
    return audit_note_deposits(place->records, &deposits);
}

struct seen {
    size_t count;
    char oin[4][SEIN_OIN_CHARS + 1];
    uint64_t evaluated[4], deposited[4], newest_day[4];
};

static bool
visit(void *context, const struct audit_member *member)
{
    struct seen *seen = context;

    assert_true(seen->count < 4);
    assert_true(sein_slice_is(member->circle, "jeugd"));
    assert_int_equal(member->epoch, 1);
    assert_int_equal(sein_slice_copy_text(member->oin, seen->oin[seen->count],
                                          sizeof seen->oin[0]),
                     SEIN_OK);
    seen->evaluated[seen->count] = member->evaluated;
    seen->deposited[seen->count] = member->deposited;
    seen->newest_day[seen->count] = member->newest_day;
    seen->count++;
    return true;
}

static struct seen
look(struct place *place, int64_t from_day, int64_t to_day)
{
    struct seen seen = { 0 };

    assert_int_equal(
        audit_members(place->records, from_day, to_day, visit, &seen), SEIN_OK);
    return seen;
}

static void
test_evaluated_and_deposited(void **state)
{
    struct place *place = *state;
    struct seen seen = look(place, 0, INT32_MAX);

    assert_int_equal(seen.count, 0);
    note(place, FIXTURE_DESK_SCHOOL, DAY, 1, 5);
    note(place, FIXTURE_DESK_SCHOOL, DAY + 1, 10, 2);
    /* The same presence asked again, at another moment, is one presence. */
    note(place, FIXTURE_DESK_SCHOOL, DAY + 2, 1, 1);
    note(place, FIXTURE_DESK_JEUGDHULP, DAY, 1, 3);
    assert_int_equal(deposit(place, SCHOOL, DAY, 1, 4, SEIN_ID_BYTES), SEIN_OK);
    /* What was put and never evaluated here is no matter of this holder. */
    assert_int_equal(deposit(place, SCHOOL, DAY, 90, 9, SEIN_ID_BYTES),
                     SEIN_OK);
    /* The same part again changes nothing. */
    assert_int_equal(deposit(place, SCHOOL, DAY, 1, 4, SEIN_ID_BYTES), SEIN_OK);
    seen = look(place, 0, INT32_MAX);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.oin[0], SCHOOL);
    assert_int_equal(seen.evaluated[0], 7);
    assert_int_equal(seen.deposited[0], 4);
    assert_int_equal(seen.newest_day[0], DAY + 1);
    assert_string_equal(seen.oin[1], YOUTH);
    assert_int_equal(seen.evaluated[1], 3);
    assert_int_equal(seen.deposited[1], 0);
    seen = look(place, DAY + 1, DAY + 1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.evaluated[0], 2);
    assert_int_equal(seen.deposited[0], 0);
}

static void
test_bad_lists(void **state)
{
    struct place *place = *state;

    assert_int_equal(deposit(place, SCHOOL, DAY, 1, 2, SEIN_ID_BYTES - 1),
                     SEIN_ECONTENT);
    assert_int_equal(deposit(place, SCHOOL, DAY, 1, 0, SEIN_ID_BYTES), SEIN_OK);
}

static void
run(struct place *place, const char *sql)
{
    struct records_query *query = NULL;

    assert_int_equal(records_start(place->records, sql, &query), SEIN_OK);
    assert_int_equal(records_run(&query), SEIN_OK);
}

static void
test_chain(void **state)
{
    static const char *const spoils[] = {
        "UPDATE log SET entry = x'00' WHERE seq = 2",
        "UPDATE log SET hash = x'00' WHERE seq = 3",
        "DELETE FROM log WHERE seq = 1",
        "DELETE FROM log WHERE seq = 2",
        "INSERT INTO log SELECT 9, entry, hash FROM log WHERE seq = 3",
    };
    struct place *place = *state;
    struct sein_hash first = { { 0 } };
    struct sein_hash hash = { { 1 } };
    uint64_t count = 9;

    assert_int_equal(audit_check(place->records, &count, &hash), SEIN_OK);
    assert_int_equal(count, 0);
    assert_memory_equal(hash.bytes, first.bytes, sizeof hash.bytes);
    note(place, FIXTURE_DESK_SCHOOL, DAY, 1, 1);
    assert_int_equal(audit_check(place->records, &count, &first), SEIN_OK);
    note(place, FIXTURE_DESK_SCHOOL, DAY, 2, 32);
    note(place, FIXTURE_DESK_JEUGDHULP, DAY, 3, 3);
    records_close(&place->records);
    assert_int_equal(records_open(place->path, &place->records), SEIN_OK);
    assert_int_equal(audit_check(place->records, &count, &hash), SEIN_OK);
    assert_int_equal(count, 3);
    assert_memory_not_equal(hash.bytes, first.bytes, sizeof hash.bytes);
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        assert_int_equal(records_begin(place->records), SEIN_OK);
        run(place, spoils[i]);
        assert_int_equal(audit_check(place->records, &count, &hash),
                         SEIN_ETAMPERED);
        records_rollback(place->records);
    }
    /* The last line taken away is told by the hash that was written down. */
    run(place, "DELETE FROM log WHERE seq = 3");
    assert_int_equal(audit_check(place->records, &count, &first), SEIN_OK);
    assert_memory_not_equal(hash.bytes, first.bytes, sizeof hash.bytes);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_evaluated_and_deposited),
        CASE(test_bad_lists),
        CASE(test_chain),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
