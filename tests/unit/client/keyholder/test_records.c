#include "client/keyholder/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/store_folder.h"

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

static enum sein_err
run(struct place *place, const char *sql)
{
    struct records_query *query = NULL;
    enum sein_err err = records_start(place->records, sql, &query);

    return err == SEIN_OK ? records_run(&query) : err;
}

static int64_t
count_rows(struct place *place)
{
    struct records_query *query = NULL;
    int64_t count = 0;

    assert_int_equal(
        records_start(place->records, "SELECT count(*) FROM used", &query),
        SEIN_OK);
    assert_int_equal(records_step(query), SEIN_OK);
    count = records_get_int(query, 0);
    assert_int_equal(records_step(query), SEIN_ENOENT);
    records_end(&query);
    return count;
}

static void
test_nobody_else_reads_it(void **state)
{
    struct place *place = *state;
    struct stat about;

    assert_int_equal(stat(place->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void
test_transactions(void **state)
{
    static const char insert[] = "INSERT INTO used (day, circle, oin, count) "
                                 "VALUES (1, x'61', x'62', 3)";
    struct place *place = *state;

    assert_int_equal(records_begin(place->records), SEIN_OK);
    assert_int_equal(run(place, insert), SEIN_OK);
    records_rollback(place->records);
    records_rollback(place->records);
    assert_int_equal(count_rows(place), 0);
    assert_int_equal(records_begin(place->records), SEIN_OK);
    assert_int_equal(run(place, insert), SEIN_OK);
    assert_int_equal(records_commit(place->records), SEIN_OK);
    assert_int_equal(run(place, insert), SEIN_EEXIST);
    records_close(&place->records);
    assert_int_equal(records_open(place->path, &place->records), SEIN_OK);
    assert_int_equal(count_rows(place), 1);
}

static void
test_two_programs(void **state)
{
    struct place *place = *state;
    struct records *other = NULL;

    assert_int_equal(records_open(place->path, &other), SEIN_OK);
    assert_int_equal(records_begin(place->records), SEIN_OK);
    assert_int_equal(records_begin(other), SEIN_ELOCKED);
    records_rollback(place->records);
    assert_int_equal(records_begin(other), SEIN_OK);
    records_close(&other);
}

static void
test_files_that_are_not_ours(void **state)
{
    struct place *place = *state;
    FILE *file = NULL;

    assert_int_equal(run(place, "PRAGMA user_version = 2"), SEIN_OK);
    records_close(&place->records);
    assert_int_equal(records_open(place->path, &place->records), SEIN_EVERSION);
    file = fopen(place->path, "we");
    assert_non_null(file);
    for (unsigned i = 0; i < 500; i++)
        (void)fputs("this is no database. ", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(records_open(place->path, &place->records),
                     SEIN_ETAMPERED);
    assert_null(place->records);
    assert_int_equal(records_open("/nonexistent/records.db", &place->records),
                     SEIN_EIO);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_nobody_else_reads_it),
        CASE(test_transactions),
        CASE(test_two_programs),
        CASE(test_files_that_are_not_ours),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
