#include "broker/mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/store_folder.h"

/* A store in memory and a mark on disk: either can be put back alone. */
struct fixture {
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    struct store *store;
    struct mark *mark;
};

static int
set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof fixture);
    store_folder_make(fixture.folder);
    (void)snprintf(fixture.path, sizeof fixture.path, "%s/log.mark",
                   fixture.folder);
    assert_int_equal(store_memory_ops.open("", &fixture.store), SEIN_OK);
    assert_int_equal(mark_open(fixture.path, &fixture.mark), SEIN_OK);
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    mark_free(&fixture->mark);
    if (fixture->store != NULL)
        fixture->store->ops->close(&fixture->store);
    store_folder_remove(fixture->folder);
    return 0;
}

static enum mark_finding
resume(struct fixture *fixture)
{
    enum mark_finding finding = MARK_CONTINUES;

    assert_int_equal(mark_resume(fixture->mark, fixture->store, &finding),
                     SEIN_OK);
    return finding;
}

static enum mark_finding
restart(struct fixture *fixture)
{
    mark_free(&fixture->mark);
    assert_int_equal(mark_open(fixture->path, &fixture->mark), SEIN_OK);
    return resume(fixture);
}

/* A head whose bytes are its number and a mood. */
static void
put_head(struct store *store, uint64_t seq, uint8_t mood)
{
    const uint8_t bytes[2] = { (uint8_t)seq, mood };
    const struct store_head head = { .seq = seq,
                                     .time_ms = 1,
                                     .head = sein_slice_of(bytes, 2) };
    struct store_txn *txn = NULL;

    assert_int_equal(store->ops->begin(store, &txn), SEIN_OK);
    assert_int_equal(store->ops->head_put(txn, &head), SEIN_OK);
    assert_int_equal(store->ops->commit(&txn), SEIN_OK);
}

static void
note(struct fixture *fixture, int64_t mono_ms)
{
    struct store_txn *txn = NULL;

    assert_int_equal(fixture->store->ops->begin(fixture->store, &txn), SEIN_OK);
    assert_int_equal(mark_prepare(fixture->mark, txn), SEIN_OK);
    fixture->store->ops->rollback(&txn);
    assert_int_equal(mark_write(fixture->mark, mono_ms), SEIN_OK);
}

static struct sein_log_id
log_id(const struct fixture *fixture)
{
    return *mark_log_id(fixture->mark);
}

static bool
same(struct sein_log_id a, struct sein_log_id b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

/* Another store with the same log, that has come as far as seq. */
static void
put_back(struct fixture *fixture, uint64_t seq, uint8_t mood)
{
    struct sein_log_id id = log_id(fixture);
    struct store_txn *txn = NULL;

    fixture->store->ops->close(&fixture->store);
    assert_int_equal(store_memory_ops.open("", &fixture->store), SEIN_OK);
    assert_int_equal(fixture->store->ops->begin(fixture->store, &txn), SEIN_OK);
    assert_int_equal(fixture->store->ops->log_start(txn, &id), SEIN_OK);
    assert_int_equal(fixture->store->ops->commit(&txn), SEIN_OK);
    for (uint64_t i = 1; i <= seq; i++)
        put_head(fixture->store, i, mood);
}

static void
test_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct sein_log_id first;

    assert_int_equal(resume(fixture), MARK_FIRST);
    first = log_id(fixture);
    assert_int_equal(restart(fixture), MARK_CONTINUES);
    put_head(fixture->store, 1, 0);
    note(fixture, 0);
    assert_int_equal(restart(fixture), MARK_CONTINUES);
    /* Killed before the mark was written again: the store is ahead. */
    put_head(fixture->store, 2, 0);
    put_head(fixture->store, 3, 0);
    assert_int_equal(restart(fixture), MARK_CONTINUES);
    assert_int_equal(mark_seq(fixture->mark), 3);
    assert_true(same(first, log_id(fixture)));
}

static void
test_put_back_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    struct sein_log_id first;

    assert_int_equal(resume(fixture), MARK_FIRST);
    for (uint64_t i = 1; i <= 3; i++)
        put_head(fixture->store, i, 0);
    note(fixture, 0);
    first = log_id(fixture);
    put_back(fixture, 2, 0);
    assert_int_equal(restart(fixture), MARK_RESTORED);
    assert_false(same(first, log_id(fixture)));
    assert_int_equal(mark_seq(fixture->mark), 0);
    assert_int_equal(restart(fixture), MARK_CONTINUES);
}

/* As far as the mark, but with other heads: an older life went on there. */
static void
test_another_history_is_noticed(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(resume(fixture), MARK_FIRST);
    put_head(fixture->store, 1, 0);
    put_head(fixture->store, 2, 0);
    note(fixture, 0);
    put_back(fixture, 5, 1);
    assert_int_equal(restart(fixture), MARK_RESTORED);
}

static void
test_an_empty_store_beside_a_mark(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(resume(fixture), MARK_FIRST);
    put_head(fixture->store, 1, 0);
    note(fixture, 0);
    fixture->store->ops->close(&fixture->store);
    assert_int_equal(store_memory_ops.open("", &fixture->store), SEIN_OK);
    assert_int_equal(restart(fixture), MARK_RESTORED);
}

static void
test_a_missing_mark(void **state)
{
    struct fixture *fixture = *state;
    struct sein_log_id first;

    assert_int_equal(resume(fixture), MARK_FIRST);
    put_head(fixture->store, 1, 0);
    note(fixture, 0);
    first = log_id(fixture);
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(restart(fixture), MARK_MISSING);
    assert_false(same(first, log_id(fixture)));
}

/* A mark with any one byte changed is no mark. */
static void
test_a_damaged_mark(void **state)
{
    struct fixture *fixture = *state;
    char text[256];
    size_t len = 0;
    FILE *file = NULL;

    assert_int_equal(resume(fixture), MARK_FIRST);
    put_head(fixture->store, 1, 0);
    note(fixture, 0);
    file = fopen(fixture->path, "r");
    len = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    assert_true(len > 100 && len < sizeof text);
    for (size_t i = 0; i < len; i += 7) {
        text[i] ^= 1;
        file = fopen(fixture->path, "w");
        assert_int_equal(fwrite(text, 1, len, file), len);
        (void)fclose(file);
        text[i] ^= 1;
        put_head(fixture->store, 1 + mark_seq(fixture->mark), 0);
        assert_int_equal(restart(fixture), MARK_MISSING);
    }
}

static void
test_when_it_is_due(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(resume(fixture), MARK_FIRST);
    /* The first head after a start, whatever the clock says. */
    assert_true(mark_is_due(fixture->mark, 0));
    put_head(fixture->store, 1, 0);
    note(fixture, 5000);
    assert_false(mark_is_due(fixture->mark, 5999));
    assert_true(mark_is_due(fixture->mark, 6000));
    mark_after_backup(fixture->mark);
    assert_true(mark_is_due(fixture->mark, 5000));
}

static void
test_one_broker_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    struct mark *second = NULL;

    assert_int_equal(mark_open(fixture->path, &second), SEIN_EEXIST);
    assert_null(second);
    mark_free(&fixture->mark);
    assert_int_equal(mark_open(fixture->path, &second), SEIN_OK);
    mark_free(&second);
    assert_int_equal(mark_open("/nowhere/at/all", &second), SEIN_EIO);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_goes_on),
        TEST(test_put_back_is_noticed),
        TEST(test_another_history_is_noticed),
        TEST(test_an_empty_store_beside_a_mark),
        TEST(test_a_missing_mark),
        TEST(test_a_damaged_mark),
        TEST(test_when_it_is_due),
        TEST(test_one_broker_at_a_time),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
