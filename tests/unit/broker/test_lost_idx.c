#include "broker/lost_idx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "broker/keys.h"
#include "broker/store/store.h"
#include "tests/support/store_folder.h"

#define A "00000099000000001000/noord"
#define B "00000099000000002000/loket"

/* Keys that are whole, and a database with two presences that match, for one
 * of which an item waits. */
struct fixture {
    struct config config;
    char folder[STORE_FOLDER_MAX];
    char keys[STORE_FOLDER_MAX];
    char idx[CONFIG_PATH_MAX + 32];
    uint64_t item_seq;
};

static void
put(struct store_txn *txn, uint8_t number, const char *desk)
{
    struct store_presence row = { .presence_id = { { 0x70, number } },
                                  .idx = { { 0x69 } },
                                  .epoch = 1,
                                  .link = 1,
                                  .expires_at_ms = 5000,
                                  .deposit_len = 600 };

    (void)snprintf(row.circle.text, sizeof row.circle.text, "jeugd");
    (void)snprintf(row.desk.text, sizeof row.desk.text, "%s", desk);
    memset(row.deposit, number, sizeof row.deposit);
    assert_int_equal(txn->store->ops->presence_put(txn, &row), SEIN_OK);
}

static void
fill(struct fixture *f)
{
    const struct store_ops *ops = &store_sqlite_ops;
    struct store_match match = { .match_id = { { 1 } }, .idx = { { 0x69 } } };
    uint8_t bytes[200];
    struct store_item item = store_letter(1, bytes, sizeof bytes);
    struct store_txn *txn = NULL;
    struct store *store = NULL;

    assert_int_equal(ops->open(f->config.store_dir, &store), SEIN_OK);
    assert_int_equal(ops->begin(store, &txn), SEIN_OK);
    put(txn, 'x', A);
    put(txn, 'y', B);
    assert_int_equal(ops->item_put(txn, &item, &f->item_seq), SEIN_OK);
    (void)snprintf(match.sides[0].desk.text, sizeof match.sides[0].desk.text,
                   "%s", A);
    (void)snprintf(match.sides[1].desk.text, sizeof match.sides[1].desk.text,
                   "%s", B);
    match.sides[1].item_seq = f->item_seq;
    assert_int_equal(ops->match_put(txn, &match), SEIN_OK);
    assert_int_equal(ops->commit(&txn), SEIN_OK);
    ops->close(&store);
}

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    size_t made = 0;

    assert_non_null(f);
    store_folder_make(f->folder);
    (void)snprintf(f->config.store_dir, sizeof f->config.store_dir, "%s",
                   f->folder);
    store_folder_make(f->keys);
    (void)snprintf(f->config.keys_dir, sizeof f->config.keys_dir, "%s",
                   f->keys);
    (void)snprintf(f->idx, sizeof f->idx, "%s/" KEYS_IDX_FILE,
                   f->config.keys_dir);
    assert_int_equal(keys_make(f->config.keys_dir, &made), SEIN_OK);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    store_folder_remove(f->keys);
    store_folder_remove(f->folder);
    free(f);
    return 0;
}

/* How many presences and matches there are, and whether the item waits. */
static void
assert_holds(const struct fixture *f, uint64_t presences, uint64_t matches)
{
    const struct store_ops *ops = &store_sqlite_ops;
    struct store_item item = { 0 };
    struct store_txn *txn = NULL;
    struct store *store = NULL;
    uint64_t count = 0;

    assert_int_equal(ops->open(f->config.store_dir, &store), SEIN_OK);
    assert_int_equal(ops->begin(store, &txn), SEIN_OK);
    assert_int_equal(ops->presence_count(txn, sein_slice_text(""), &count),
                     SEIN_OK);
    assert_int_equal(count, presences);
    assert_int_equal(ops->match_count(txn, &count), SEIN_OK);
    assert_int_equal(count, matches);
    assert_int_equal(ops->item_get(txn, f->item_seq, &item),
                     matches > 0 ? SEIN_OK : SEIN_ENOENT);
    ops->rollback(&txn);
    ops->close(&store);
}

static void
test_nothing_is_lost(void **state)
{
    struct fixture *f = *state;

    /* No database: none is made. */
    assert_int_equal(unlink(f->idx), 0);
    assert_int_equal(lost_idx_check(&f->config, false), SEIN_OK);
    assert_int_equal(rmdir(f->folder), 0); /* it is empty */
    store_folder_make(f->folder);
}

/* With the key there, neither is anything erased. */
static void
test_key_that_is_there(void **state)
{
    struct fixture *f = *state;

    fill(f);
    assert_int_equal(lost_idx_check(&f->config, false), SEIN_OK);
    assert_int_equal(lost_idx_check(&f->config, true), SEIN_OK);
    assert_holds(f, 2, 1);
}

static void
test_presences_without_their_key(void **state)
{
    struct fixture *f = *state;
    uint8_t deposit[64];

    fill(f);
    memset(deposit, 'x', sizeof deposit);
    assert_int_equal(unlink(f->idx), 0);
    assert_int_equal(lost_idx_check(&f->config, false), SEIN_ECONFIG);
    assert_holds(f, 2, 1);
    assert_true(
        store_folder_holds(f->folder, sein_slice_of(deposit, sizeof deposit)));
    assert_int_equal(lost_idx_check(&f->config, true), SEIN_OK);
    assert_holds(f, 0, 0);
    assert_false(
        store_folder_holds(f->folder, sein_slice_of(deposit, sizeof deposit)));
    assert_int_equal(lost_idx_check(&f->config, false), SEIN_OK);
}

static void
test_broker_that_runs(void **state)
{
    struct fixture *f = *state;
    struct store *store = NULL;

    fill(f);
    assert_int_equal(unlink(f->idx), 0);
    assert_int_equal(store_sqlite_ops.open(f->config.store_dir, &store),
                     SEIN_OK);
    assert_int_equal(lost_idx_check(&f->config, true), SEIN_EBUSY);
    store_sqlite_ops.close(&store);
    assert_holds(f, 2, 1);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_nothing_is_lost),
        CASE(test_key_that_is_there),
        CASE(test_presences_without_their_key),
        CASE(test_broker_that_runs),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
