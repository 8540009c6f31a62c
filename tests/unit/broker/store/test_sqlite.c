/* What only the SQLite store promises: its files. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "broker/store/store.h"
#include "tests/support/store_folder.h"

#define BODY_MAX 70000
#define MARK_BYTES 32
#define NUMBERS_MAX 4000

static const struct store_ops *const ops = &store_sqlite_ops;

struct fixture {
    char folder[STORE_FOLDER_MAX];
    struct store *store;
    struct store_txn *txn;
    uint8_t body[BODY_MAX];
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    store_folder_make(f->folder);
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_OK);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    ops->close(&f->store);
    store_folder_remove(f->folder);
    free(f);
    return 0;
}

static uint64_t
put(struct fixture *f, uint64_t number, size_t len)
{
    struct store_item item = store_letter(number, f->body, len);
    uint64_t seq = 0;

    assert_int_equal(ops->item_put(f->txn, &item, &seq), SEIN_OK);
    return seq;
}

static void
begin(struct fixture *f)
{
    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
}

static void
commit(struct fixture *f)
{
    assert_int_equal(ops->commit(&f->txn), SEIN_OK);
}

static bool
holds(const struct fixture *f, uint64_t number)
{
    uint8_t mark[MARK_BYTES];

    store_letter_mark(number, mark);
    return store_folder_holds(f->folder, sein_slice_of(mark, sizeof mark));
}

static void
test_erased_is_gone(void **state)
{
    static const size_t sizes[] = { 100, 1200, 4300, 17000, 66000 };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t seq = 0;

        begin(f);
        seq = put(f, i, sizes[i]);
        commit(f);
        assert_true(holds(f, i));
        assert_true(ops->unmaintained(f->store) > 0);
        assert_int_equal(ops->maintain(f->store), SEIN_OK);
        assert_true(holds(f, i));
        begin(f);
        assert_int_equal(ops->item_erase(f->txn, seq), SEIN_OK);
        commit(f);
        assert_int_equal(ops->maintain(f->store), SEIN_OK);
        assert_false(holds(f, i));
    }
}

/* All files as one piece of memory, to look for many marks in. */
struct dump {
    uint8_t *bytes;
    size_t len;
};

static void
dump_file(void *context, const char *path)
{
    struct dump *dump = context;
    FILE *file = fopen(path, "rb");
    uint8_t chunk[65536];
    size_t got = 0;

    assert_non_null(file);
    do {
        uint8_t *grown = NULL;

        got = fread(chunk, 1, sizeof chunk, file);
        grown = realloc(dump->bytes, dump->len + sizeof chunk);
        assert_non_null(grown);
        dump->bytes = grown;
        memcpy(dump->bytes + dump->len, chunk, got);
        dump->len += got;
    } while (got == sizeof chunk);
    assert_int_equal(fclose(file), 0);
}

static uint64_t
first_eight(const uint8_t *at)
{
    uint64_t value = 0;

    memcpy(&value, at, sizeof value);
    return value;
}

static int
compare_u64(const void *a, const void *b)
{
    uint64_t left = 0;
    uint64_t right = 0;

    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

/* How many of the marks stand anywhere in the folder, by their first bytes. */
static size_t
count_marks(const struct fixture *f, uint64_t *marks, size_t count)
{
    struct dump dump = { 0 };
    size_t hits = 0;

    store_folder_each(f->folder, dump_file, &dump);
    qsort(marks, count, sizeof marks[0], compare_u64);
    for (size_t i = 0; i + 8 <= dump.len; i++) {
        uint64_t here = first_eight(dump.bytes + i);

        if (bsearch(&here, marks, count, sizeof here, compare_u64) != NULL)
            hits++;
    }
    free(dump.bytes);
    return hits;
}

static uint64_t
mark_of(uint64_t number)
{
    uint8_t mark[MARK_BYTES];

    store_letter_mark(number, mark);
    return first_eight(mark);
}

/* The same numbers for the same seed: a failure comes back. */
static uint32_t
pick(uint64_t *seed, uint32_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed % below);
}

struct turnover {
    uint64_t seed;
    uint64_t seqs[NUMBERS_MAX]; /* by number; 0 once erased */
    uint64_t number;
    uint64_t erased[NUMBERS_MAX]; /* marks */
    size_t erased_count;
};

static void
turn_over(struct fixture *f, struct turnover *work)
{
    static const size_t sizes[] = { 200, 1220, 1220, 1220, 4300, 16500, 66000 };
    uint32_t part = 1 + pick(&work->seed, 9);

    begin(f);
    for (int i = 0; i < 60; i++, work->number++)
        work->seqs[work->number] =
            put(f, work->number, sizes[pick(&work->seed, 7)]);
    commit(f);
    begin(f);
    for (uint64_t n = 0; n < work->number; n++) {
        if (work->seqs[n] == 0 || pick(&work->seed, 10) >= part)
            continue;
        assert_int_equal(ops->item_erase(f->txn, work->seqs[n]), SEIN_OK);
        work->seqs[n] = 0;
        work->erased[work->erased_count++] = mark_of(n);
    }
    commit(f);
}

/* Writes every page with a letter again, as it stands in memory. */
static void
touch_all(struct fixture *f, const struct turnover *work)
{
    begin(f);
    for (uint64_t n = 0; n < work->number; n++) {
        if (work->seqs[n] != 0)
            assert_int_equal(ops->item_reported(f->txn, work->seqs[n]),
                             SEIN_OK);
    }
    commit(f);
}

/* Rows of many sizes, erased in any order: SQLite moves those that stay from
 * page to page, and what they leave behind must go too. */
static void
test_erased_is_gone_after_moves(void **state)
{
    struct fixture *f = *state;
    struct turnover *work = calloc(1, sizeof *work);

    assert_non_null(work);
    work->seed = 3;
    for (int round = 0; round < 60; round++) {
        turn_over(f, work);
        if (round % 4 != 0)
            continue;
        assert_int_equal(ops->maintain(f->store), SEIN_OK);
        assert_int_equal(count_marks(f, work->erased, work->erased_count), 0);
        /* Nor does what is written next bring something back. */
        touch_all(f, work);
        assert_int_equal(count_marks(f, work->erased, work->erased_count), 0);
    }
    assert_true(work->erased_count > 1000);
    free(work);
}

static void
check_private(void *context, const char *path)
{
    struct stat file;
    size_t *count = context;

    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    (*count)++;
}

static void
test_files_are_private_under_umask_0(void **state)
{
    struct fixture *f = *state;
    mode_t mask = umask(0);
    char folder[STORE_FOLDER_MAX];
    size_t count = 0;

    ops->close(&f->store);
    store_folder_remove(f->folder);
    store_folder_make(f->folder);
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_OK);
    begin(f);
    (void)put(f, 1, 1000);
    commit(f);
    store_folder_each(f->folder, check_private, &count);
    assert_int_equal(count, 3); /* database, log, ballast */
    store_folder_make(folder);
    assert_int_equal(ops->backup(f->store, folder), SEIN_OK);
    store_folder_each(folder, check_private, &count);
    assert_int_equal(count, 4);
    store_folder_remove(folder);
    (void)umask(mask);
}

static enum sein_err
count_item(void *context, const struct store_item *item)
{
    size_t *count = context;

    assert_true(item->bytes.len > 0);
    (*count)++;
    return SEIN_OK;
}

static enum sein_err
walk(struct fixture *f, size_t *out_count)
{
    size_t count = 0;
    enum sein_err err = ops->item_each(
        f->txn, sein_slice_text("00000099000000001000/wijkteam-0"), 0, 99,
        count_item, &count);

    *out_count = count;
    return err;
}

static void
test_flipped_bit_is_noticed(void **state)
{
    struct fixture *f = *state;
    uint8_t mark[MARK_BYTES];
    struct store_item item = { 0 };
    size_t count = 0;

    begin(f);
    for (uint64_t number = 0; number < 9; number += 3)
        (void)put(f, number, 1200);
    commit(f);
    ops->close(&f->store);
    store_letter_mark(3, mark);
    store_folder_flip(f->folder, sein_slice_of(mark, sizeof mark));
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_OK);
    begin(f);
    assert_int_equal(walk(f, &count), SEIN_EDAMAGED);
    assert_int_equal(count, 2);
    /* It can still be seen without its bytes, and erased. */
    assert_int_equal(ops->item_get(f->txn, 2, &item), SEIN_OK);
    assert_int_equal(ops->item_erase(f->txn, 2), SEIN_OK);
    assert_int_equal(walk(f, &count), SEIN_OK);
    assert_int_equal(count, 2);
    commit(f);
}

static void
write_database(const char *folder, const char *sql)
{
    char path[STORE_FOLDER_MAX + 16];
    sqlite3 *connection = NULL;

    (void)snprintf(path, sizeof path, "%s/seinhuis.db", folder);
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static void
test_what_is_not_ours_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[STORE_FOLDER_MAX + 16];
    FILE *file = NULL;

    ops->close(&f->store);
    write_database(f->folder, "PRAGMA user_version = 99");
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_EVERSION);
    assert_null(f->store);
    write_database(f->folder, "PRAGMA application_id = 5");
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_EDAMAGED);
    assert_null(f->store);
    (void)snprintf(path, sizeof path, "%s/seinhuis.db", f->folder);
    file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 3000; i++)
        assert_true(fputs("no database ", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_EDAMAGED);
    assert_int_equal(ops->open("/nowhere", &f->store), SEIN_EIO);
}

static void
test_one_process_at_a_time(void **state)
{
    struct fixture *f = *state;
    int status = 0;
    pid_t child = 0;

    begin(f);
    (void)put(f, 1, 100);
    commit(f);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *second = NULL;

        _exit(ops->open(f->folder, &second) == SEIN_EBUSY ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
test_copy_is_an_ordinary_database(void **state)
{
    struct fixture *f = *state;
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;

    begin(f);
    (void)put(f, 1, 100);
    (void)put(f, 2, 100);
    commit(f);
    store_folder_make(folder);
    assert_int_equal(ops->backup(f->store, folder), SEIN_OK);
    (void)snprintf(path, sizeof path, "%s/seinhuis.db", folder);
    assert_int_equal(
        sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(connection,
                                        "SELECT count(*) FROM item "
                                        "WHERE circle = 'schulden'",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 2);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    store_folder_remove(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_erased_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_erased_is_gone_after_moves, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_files_are_private_under_umask_0,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flipped_bit_is_noticed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_ours_is_refused,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_process_at_a_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_copy_is_an_ordinary_database,
                                        set_up, tear_down),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
