#include "broker/directories.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_directory.h"
#include "tests/support/store_folder.h"

#define TOLD_MAX 16U

struct told {
    char file[64];
    uint64_t version;
    enum sein_err err;
};

struct fixture {
    char folder[STORE_FOLDER_MAX];
    struct store *store;
    struct fixture_directory *demo; /* the next version to be made */
    struct sein_hash fingerprint;
    struct sein_directory *current; /* in force, as the kernel has it */
    int64_t now_ms;
    struct told told[TOLD_MAX];
    size_t told_count;
};

static int
set_up(void **state)
{
    static struct fixture fixture;
    struct sein_directory *dir = NULL;

    memset(&fixture, 0, sizeof fixture);
    store_folder_make(fixture.folder);
    assert_int_equal(store_memory_ops.open("", &fixture.store), SEIN_OK);
    fixture.now_ms = FIXTURE_NOW_MS + SEIN_MS_PER_MIN;
    fixture.demo = fixture_directory_new(FIXTURE_NOW_MS);
    dir = fixture_directory_open(fixture.demo);
    sein_directory_fingerprint(dir, &fixture.fingerprint);
    sein_directory_free(&dir);
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    sein_directory_free(&fixture->current);
    fixture_directory_free(&fixture->demo);
    fixture->store->ops->close(&fixture->store);
    store_folder_remove(fixture->folder);
    return 0;
}

static void
note(void *context, const char *file, uint64_t version, enum sein_err err)
{
    struct fixture *fixture = context;
    struct told *told = &fixture->told[fixture->told_count];

    assert_true(fixture->told_count < TOLD_MAX);
    (void)snprintf(told->file, sizeof told->file, "%s", file);
    told->version = version;
    told->err = err;
    fixture->told_count++;
}

static void
path_of(const struct fixture *fixture, const char *name, char *out, size_t max)
{
    (void)snprintf(out, max, "%s/%s", fixture->folder, name);
}

static void
put_bytes(struct fixture *fixture, const char *name, const uint8_t *at,
          size_t len)
{
    char path[STORE_FOLDER_MAX + 64];
    FILE *file = NULL;

    path_of(fixture, name, path, sizeof path);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(at, 1, len, file), len);
    (void)fclose(file);
}

/* The demo as it is now, into a file; the next one follows on it. */
static void
put_version(struct fixture *fixture, const char *name)
{
    struct fixture_bytes bytes = { 0 };
    struct sein_directory *dir = NULL;

    assert_int_equal(fixture_directory_encode(fixture->demo, &bytes), SEIN_OK);
    put_bytes(fixture, name, bytes.at, bytes.len);
    assert_int_equal(sein_directory_read(fixture_bytes_slice(&bytes), &dir),
                     SEIN_OK);
    fixture_directory_follow(fixture->demo, dir);
    sein_directory_free(&dir);
    fixture_bytes_free(&bytes);
}

static void
take_out(struct fixture *fixture, const char *name)
{
    char path[STORE_FOLDER_MAX + 64];

    path_of(fixture, name, path, sizeof path);
    assert_int_equal(unlink(path), 0);
}

/* One look at the folder; what is given is in force from then on. */
static uint64_t
take(struct fixture *fixture)
{
    struct sein_directory *dir = NULL;

    fixture->told_count = 0;
    assert_int_equal(directories_take(fixture->store, fixture->folder,
                                      &fixture->fingerprint, fixture->now_ms,
                                      fixture->current, note, fixture, &dir),
                     SEIN_OK);
    if (dir == NULL)
        return 0;
    sein_directory_free(&fixture->current);
    fixture->current = dir;
    return sein_directory_version(dir);
}

static uint64_t
load(struct fixture *fixture, enum sein_err wanted)
{
    struct sein_directory *dir = NULL;
    uint64_t version = 0;

    assert_int_equal(directories_load(fixture->store, &fixture->fingerprint,
                                      fixture->now_ms, &dir),
                     wanted);
    if (dir != NULL)
        version = sein_directory_version(dir);
    sein_directory_free(&dir);
    return version;
}

static void
expect_told(const struct fixture *fixture, size_t at, const char *file,
            uint64_t version, enum sein_err err)
{
    assert_true(at < fixture->told_count);
    assert_string_equal(fixture->told[at].file, file);
    assert_string_equal(sein_err_code(fixture->told[at].err),
                        sein_err_code(err));
    assert_int_equal(fixture->told[at].version, version);
}

static void
test_nothing(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(load(fixture, SEIN_ENOENT), 0);
    assert_int_equal(take(fixture), 0);
    assert_int_equal(fixture->told_count, 0);
}

static void
test_the_first_and_the_next(void **state)
{
    struct fixture *fixture = *state;

    put_version(fixture, "a.dir");
    assert_int_equal(take(fixture), 1);
    expect_told(fixture, 0, "a.dir", 1, SEIN_OK);
    assert_int_equal(load(fixture, SEIN_OK), 1);
    /* The same again is no news. */
    assert_int_equal(take(fixture), 0);
    assert_int_equal(fixture->told_count, 0);
    /* Names say nothing of the order. */
    put_version(fixture, "z.dir");
    put_version(fixture, "b.dir");
    assert_int_equal(take(fixture), 3);
    assert_int_equal(fixture->told_count, 2);
    expect_told(fixture, 0, "z.dir", 2, SEIN_OK);
    expect_told(fixture, 1, "b.dir", 3, SEIN_OK);
    assert_int_equal(load(fixture, SEIN_OK), 3);
}

static void
test_a_whole_chain_at_once(void **state)
{
    struct fixture *fixture = *state;

    put_version(fixture, "1.dir");
    put_version(fixture, "2.dir");
    put_version(fixture, "3.dir");
    assert_int_equal(take(fixture), 3);
    /* Members that come with version 1 need 2 as well. */
    assert_int_equal(fixture->told_count, 3);
    take_out(fixture, "1.dir");
    take_out(fixture, "2.dir");
    assert_int_equal(take(fixture), 0);
    assert_int_equal(fixture->told_count, 0);
}

static void
test_other_files_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    char path[STORE_FOLDER_MAX + 64];

    put_version(fixture, "1.txt");
    put_bytes(fixture, ".hidden.dir", (const uint8_t *)"x", 1);
    put_bytes(fixture, ".dir", (const uint8_t *)"x", 1);
    assert_int_equal(take(fixture), 0);
    assert_int_equal(fixture->told_count, 0);
    path_of(fixture, "folder.dir", path, sizeof path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "folder.dir", 0, SEIN_EIO);
    assert_int_equal(rmdir(path), 0);
    path_of(fixture, ".hidden.dir", path, sizeof path);
    assert_int_equal(unlink(path), 0);
    path_of(fixture, ".dir", path, sizeof path);
    assert_int_equal(unlink(path), 0);
}

static void
test_a_hole_in_the_chain(void **state)
{
    struct fixture *fixture = *state;

    put_version(fixture, "1.dir");
    put_version(fixture, "2.dir");
    put_version(fixture, "3.dir");
    take_out(fixture, "2.dir");
    assert_int_equal(take(fixture), 1);
    assert_int_equal(fixture->told_count, 2);
    expect_told(fixture, 0, "3.dir", 3, SEIN_EDIRCHAIN);
    expect_told(fixture, 1, "1.dir", 1, SEIN_OK);
}

static void
test_a_rolled_back_one(void **state)
{
    struct fixture *fixture = *state;

    put_version(fixture, "1.dir");
    put_version(fixture, "2.dir");
    assert_int_equal(take(fixture), 2);
    take_out(fixture, "2.dir");
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "1.dir", 1, SEIN_EDIRROLLBACK);
    assert_int_equal(load(fixture, SEIN_OK), 2);
}

/* Rightly signed, of a version that we have, with other contents. */
static void
test_a_forked_one(void **state)
{
    struct fixture *fixture = *state;

    put_version(fixture, "1.dir");
    put_version(fixture, "2.dir");
    assert_int_equal(take(fixture), 2);
    fixture->demo->version = 2;
    fixture->demo->members[FIXTURE_SCHOOL].name = "Andere school";
    put_version(fixture, "2b.dir");
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "2b.dir", 2, SEIN_EDIRROLLBACK);
    fixture->demo->version = 1;
    memset(fixture->demo->prev, 0, sizeof fixture->demo->prev);
    put_version(fixture, "1b.dir");
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "1b.dir", 1, SEIN_EDIRROLLBACK);
}

static void
test_an_under_signed_one(void **state)
{
    struct fixture *fixture = *state;
    struct fixture_bytes bytes = { 0 };

    put_version(fixture, "1.dir");
    assert_int_equal(take(fixture), 1);
    assert_int_equal(fixture_directory_encode_by(
                         fixture->demo, fixture->demo->governors, 1, &bytes),
                     SEIN_OK);
    put_bytes(fixture, "2.dir", bytes.at, bytes.len);
    fixture_bytes_free(&bytes);
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "2.dir", 2, SEIN_EDIRTHRESHOLD);
    assert_int_equal(load(fixture, SEIN_OK), 1);
}

/* Any bit of it: refused, and the old one stays. */
static void
test_a_tampered_one(void **state)
{
    struct fixture *fixture = *state;
    struct fixture_bytes bytes = { 0 };

    put_version(fixture, "1.dir");
    assert_int_equal(take(fixture), 1);
    /* As many signatures as are needed, so that none can be missed. */
    assert_int_equal(
        fixture_directory_encode_by(fixture->demo, fixture->demo->governors,
                                    fixture->demo->threshold, &bytes),
        SEIN_OK);
    for (size_t at = 0; at < bytes.len; at += 97) {
        bytes.at[at] ^= 4;
        put_bytes(fixture, "2.dir", bytes.at, bytes.len);
        bytes.at[at] ^= 4;
        assert_int_equal(take(fixture), 0);
        assert_int_equal(fixture->told_count, 1);
        assert_int_equal(load(fixture, SEIN_OK), 1);
    }
    put_bytes(fixture, "2.dir", bytes.at, bytes.len - 1);
    assert_int_equal(take(fixture), 0);
    put_bytes(fixture, "2.dir", bytes.at, bytes.len);
    assert_int_equal(take(fixture), 2);
    fixture_bytes_free(&bytes);
}

static void
test_too_large_a_file(void **state)
{
    struct fixture *fixture = *state;
    uint8_t *big = calloc(1, SEIN_DIRECTORY_MAX + 1);

    assert_non_null(big);
    put_bytes(fixture, "1.dir", big, SEIN_DIRECTORY_MAX + 1);
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "1.dir", 0, SEIN_ETOOLONG);
    free(big);
}

static void
test_another_governance(void **state)
{
    struct fixture *fixture = *state;

    fixture->fingerprint.bytes[0] ^= 1;
    put_version(fixture, "1.dir");
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "1.dir", 1, SEIN_EFINGERPRINT);
    assert_int_equal(load(fixture, SEIN_ENOENT), 0);
}

/* An expired version is a link of the chain, never its end. */
static void
test_expired(void **state)
{
    struct fixture *fixture = *state;

    put_version(fixture, "1.dir");
    fixture->now_ms = FIXTURE_NOW_MS + SEIN_DIRECTORY_LIFE_MS + 1;
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "1.dir", 1, SEIN_EDIREXPIRED);
    assert_int_equal(load(fixture, SEIN_ENOENT), 0);
    fixture->demo->issued = (uint64_t)fixture->now_ms;
    fixture->demo->expires = fixture->demo->issued + SEIN_DIRECTORY_LIFE_MS;
    put_version(fixture, "2.dir");
    assert_int_equal(take(fixture), 2);
    assert_int_equal(load(fixture, SEIN_OK), 2);
    /* What is in force may run out; it is still what we have. */
    fixture->now_ms += SEIN_DIRECTORY_LIFE_MS + 1;
    assert_int_equal(load(fixture, SEIN_OK), 2);
}

static void
test_from_the_future(void **state)
{
    struct fixture *fixture = *state;

    put_version(fixture, "1.dir");
    fixture->now_ms = FIXTURE_NOW_MS - SEIN_CLOCK_AHEAD_MS - 1;
    assert_int_equal(take(fixture), 0);
    expect_told(fixture, 0, "1.dir", 1, SEIN_ETIME);
    fixture->now_ms = FIXTURE_NOW_MS - SEIN_CLOCK_AHEAD_MS;
    assert_int_equal(take(fixture), 1);
}

/* The governance changes its keys: who believed the old ones goes on, for the
 * chain says so; and the new fingerprint is believed as well. */
static void
test_a_change_of_governance(void **state)
{
    struct fixture *fixture = *state;
    struct fixture_bytes bytes = { 0 };
    struct fixture_governor both[2 * FIXTURE_GOVERNORS_MAX];
    struct fixture_directory *demo = fixture->demo;
    struct sein_hash renewed;
    size_t count = demo->governor_count;

    put_version(fixture, "1.dir");
    memcpy(both, demo->governors, count * sizeof both[0]);
    for (size_t i = 0; i < count; i++)
        fixture_governor_make(&demo->governors[i], "nieuw", (uint8_t)(240 + i));
    fixture_governors_sort(demo);
    memcpy(both + count, demo->governors, count * sizeof both[0]);
    assert_int_equal(fixture_directory_encode_by(demo, both, 2 * count, &bytes),
                     SEIN_OK);
    put_bytes(fixture, "2.dir", bytes.at, bytes.len);
    fixture_bytes_free(&bytes);
    assert_int_equal(take(fixture), 2);
    expect_told(fixture, 1, "2.dir", 2, SEIN_OK);
    assert_int_equal(load(fixture, SEIN_OK), 2);
    sein_directory_fingerprint(fixture->current, &renewed);
    fixture->fingerprint = renewed;
    assert_int_equal(load(fixture, SEIN_OK), 2);
    fixture->fingerprint.bytes[3] ^= 1;
    assert_int_equal(load(fixture, SEIN_EFINGERPRINT), 0);
}

static void
test_no_folder(void **state)
{
    struct fixture *fixture = *state;
    struct sein_directory *dir = NULL;

    assert_int_equal(directories_take(fixture->store, "/nowhere/at/all",
                                      &fixture->fingerprint, fixture->now_ms,
                                      NULL, note, fixture, &dir),
                     SEIN_EIO);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),
        TEST(test_the_first_and_the_next),
        TEST(test_a_whole_chain_at_once),
        TEST(test_other_files_are_left_alone),
        TEST(test_a_hole_in_the_chain),
        TEST(test_a_rolled_back_one),
        TEST(test_a_forked_one),
        TEST(test_an_under_signed_one),
        TEST(test_a_tampered_one),
        TEST(test_too_large_a_file),
        TEST(test_another_governance),
        TEST(test_expired),
        TEST(test_from_the_future),
        TEST(test_a_change_of_governance),
        TEST(test_no_folder),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
