#include "client/keyholder/repeats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/store_folder.h"

#define NOW INT64_C(1767614400000)

struct place {
    char folder[STORE_FOLDER_MAX];
    struct records *records;
};

static int
setup(void **state)
{
    static struct place place;
    char path[STORE_FOLDER_MAX + 16];

    store_folder_make(place.folder);
    (void)snprintf(path, sizeof path, "%s/records.db", place.folder);
    assert_int_equal(records_open(path, &place.records), SEIN_OK);
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

static void
test_kept_for_its_time(void **state)
{
    struct place *place = *state;
    const struct sein_hash request = { { 1 } };
    const struct sein_hash other = { { 2 } };
    struct repeats_reply reply = { .len = SEIN_EVAL_REPLY_MAX };
    struct repeats_reply found;
    int64_t last = NOW + SEIN_EVAL_REPEAT_MS;

    memset(reply.bytes, 7, sizeof reply.bytes);
    memset(reply.signature, 8, sizeof reply.signature);
    assert_int_equal(repeats_find(place->records, &request, NOW, &found),
                     SEIN_ENOENT);
    assert_int_equal(repeats_keep(place->records, &request, &reply, NOW),
                     SEIN_OK);
    assert_int_equal(repeats_find(place->records, &request, last, &found),
                     SEIN_OK);
    assert_memory_equal(&found, &reply, sizeof found);
    assert_int_equal(repeats_find(place->records, &request, last + 1, &found),
                     SEIN_ENOENT);
    assert_int_equal(repeats_find(place->records, &request, NOW - 1, &found),
                     SEIN_OK);
    assert_int_equal(repeats_find(place->records, &other, NOW, &found),
                     SEIN_ENOENT);
    assert_int_equal(repeats_forget(place->records, last), SEIN_OK);
    assert_int_equal(repeats_find(place->records, &request, NOW, &found),
                     SEIN_OK);
    assert_int_equal(repeats_forget(place->records, last + 1), SEIN_OK);
    assert_int_equal(repeats_find(place->records, &request, NOW, &found),
                     SEIN_ENOENT);
}

static void
test_charged_first(void **state)
{
    struct place *place = *state;
    const struct sein_hash request = { { 1 } };
    struct repeats_reply reply = { 0 };
    struct repeats_reply found = { .len = 9 };

    assert_int_equal(repeats_keep(place->records, &request, &reply, NOW),
                     SEIN_OK);
    assert_int_equal(repeats_find(place->records, &request, NOW, &found),
                     SEIN_OK);
    assert_int_equal(found.len, 0);
    reply.len = 3;
    assert_int_equal(repeats_keep(place->records, &request, &reply, NOW),
                     SEIN_OK);
    assert_int_equal(repeats_find(place->records, &request, NOW, &found),
                     SEIN_OK);
    assert_int_equal(found.len, 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_kept_for_its_time),
        CASE(test_charged_first),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
