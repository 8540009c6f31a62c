/* Power cuts and failing disks under the SQLite store: what was committed is
 * there, what was not is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "broker/store/store.h"
#include "tests/support/store_folder.h"
#include "tests/support/vfs_lossy.h"

#define BODY_MAX 70000
#define NUMBERS_MAX 20000
#define CUTS 150
/* In a cycle of some ten commits and a maintain. */
#define STEPS_MAX 120U

static const struct store_ops *const ops = &store_sqlite_ops;

/* What the test knows of a letter, from what commit told it. */
enum known {
    NEVER,
    PUTTING, /* in a transaction that has no answer */
    THERE,   /* committed */
    ERASING, /* in a transaction that has no answer */
    ERASED,  /* committed */
};

struct world {
    char folder[STORE_FOLDER_MAX];
    struct store *store;
    struct store_txn *txn;
    enum known known[NUMBERS_MAX];
    uint64_t seqs[NUMBERS_MAX];
    uint64_t count;
    uint64_t lost;  /* committed, and not as it was */
    uint64_t split; /* transactions of which a part is there */
    uint64_t broken;
    uint8_t body[BODY_MAX];
};

static struct world *
world_new(uint64_t torn_seed)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    store_folder_make(world->folder);
    vfs_lossy_register(torn_seed);
    return world;
}

static void
world_free(struct world *world)
{
    ops->close(&world->store);
    vfs_lossy_unregister();
    store_folder_remove(world->folder);
    free(world);
}

static bool
put_some(struct world *world)
{
    static const size_t sizes[] = { 100, 1200, 1200, 4300, 17000 };

    for (int i = 0; i < 5; i++) {
        struct store_item item = store_letter(world->count, world->body,
                                              sizes[randombytes_uniform(5)]);
        enum sein_err err = SEIN_OK;

        assert_true(world->count < NUMBERS_MAX);
        err = ops->item_put(world->txn, &item, &world->seqs[world->count]);
        if (err != SEIN_OK)
            return false;
        world->known[world->count++] = PUTTING;
    }
    return true;
}

static bool
erase_some(struct world *world)
{
    for (uint64_t n = 0; n < world->count; n++) {
        if (world->known[n] != THERE || randombytes_uniform(8) != 0)
            continue;
        world->known[n] = ERASING;
        if (ops->item_erase(world->txn, world->seqs[n]) != SEIN_OK)
            return false;
    }
    return true;
}

static void
settle(struct world *world)
{
    for (uint64_t n = 0; n < world->count; n++) {
        if (world->known[n] == PUTTING)
            world->known[n] = THERE;
        if (world->known[n] == ERASING)
            world->known[n] = ERASED;
    }
}

/* One transaction with everything that is asked of it; false: no power. */
static bool
turn(struct world *world)
{
    bool good = false;

    if (ops->begin(world->store, &world->txn) != SEIN_OK)
        return false;
    good = put_some(world) && erase_some(world);
    if (good)
        good = ops->commit(&world->txn) == SEIN_OK;
    ops->rollback(&world->txn);
    if (good)
        settle(world);
    return good;
}

static void
run_until_dark(struct world *world)
{
    vfs_lossy_cut_after(1 + randombytes_uniform(STEPS_MAX));
    while (turn(world)) {
        if (randombytes_uniform(6) == 0 &&
            ops->maintain(world->store) != SEIN_OK)
            break;
    }
    vfs_lossy_cut();
    ops->close(&world->store);
    vfs_lossy_power_on();
}

static enum sein_err
check_bytes(void *context, const struct store_item *item)
{
    struct world *world = context;
    uint64_t number = 0;
    struct sein_reader reader =
        sein_reader_of(sein_slice_of(item->letter_id.bytes, SEIN_ID_BYTES));
    struct store_item want = { 0 };

    assert_int_equal(sein_read_u64(&reader, &number), SEIN_OK);
    want = store_letter(number, world->body, item->bytes.len);
    assert_true(sein_slice_equal(want.bytes, item->bytes));
    return SEIN_OK;
}

static void
count_state(struct world *world, uint64_t n, bool there, size_t yes[2],
            size_t no[2])
{
    switch (world->known[n]) {
    case PUTTING:
        *(there ? &yes[0] : &no[0]) += 1;
        world->known[n] = there ? THERE : NEVER;
        break;
    case ERASING:
        *(there ? &no[1] : &yes[1]) += 1;
        world->known[n] = there ? THERE : ERASED;
        break;
    case THERE:
        world->lost += there ? 0 : 1;
        break;
    case ERASED:
    case NEVER:
        world->lost += there ? 1 : 0;
        break;
    }
}

/* The transaction without an answer is there wholly or not at all. */
static void
look_at_all(struct world *world)
{
    static const char *const desks[] = { "00000099000000001000/wijkteam-0",
                                         "00000099000000001000/wijkteam-1",
                                         "00000099000000001000/wijkteam-2" };
    size_t yes[2] = { 0, 0 };
    size_t no[2] = { 0, 0 };

    for (uint64_t n = 0; n < world->count; n++) {
        struct store_item item = store_letter(n, world->body, 1);
        enum sein_err err = ops->item_find(world->txn, &item.letter_id, &item);

        if (err != SEIN_OK && err != SEIN_ENOENT) {
            world->broken++;
            return;
        }
        count_state(world, n, err == SEIN_OK, yes, no);
    }
    if ((yes[0] + yes[1] > 0) && (no[0] + no[1] > 0))
        world->split++;
    for (size_t i = 0; i < 3; i++) {
        if (ops->item_each(world->txn, sein_slice_text(desks[i]), 0,
                           NUMBERS_MAX, check_bytes, world) != SEIN_OK)
            world->broken++;
    }
}

static void
run_cuts(struct world *world)
{
    for (int i = 0; i < CUTS && world->broken == 0; i++) {
        if (ops->open(world->folder, &world->store) != SEIN_OK) {
            world->broken++;
            return;
        }
        assert_int_equal(ops->begin(world->store, &world->txn), SEIN_OK);
        look_at_all(world);
        ops->rollback(&world->txn);
        run_until_dark(world);
    }
}

static void
test_nothing_is_lost(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    run_cuts(world);
    assert_int_equal(world->broken, 0);
    assert_int_equal(world->lost, 0);
    assert_int_equal(world->split, 0);
    assert_true(world->count > CUTS);
    world_free(world);
}

static void
test_nothing_is_lost_on_a_torn_disk(void **state)
{
    struct world *world = world_new(randombytes_random() | 1U);

    (void)state;
    run_cuts(world);
    assert_int_equal(world->broken, 0);
    assert_int_equal(world->lost, 0);
    assert_int_equal(world->split, 0);
    world_free(world);
}

#ifdef SEIN_TEST_BUILD
/* The test can fail: without syncs, it does. */
static void
test_without_syncs_it_is_seen(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    assert_int_equal(setenv("SEIN_TEST_SYNCHRONOUS", "OFF", 1), 0);
    run_cuts(world);
    assert_int_equal(unsetenv("SEIN_TEST_SYNCHRONOUS"), 0);
    assert_true(world->lost + world->split + world->broken > 0);
    world_free(world);
}
#endif

/* A store with one letter that is committed, on a good disk until now. */
static struct world *
world_with_one(void)
{
    struct world *world = world_new(0);

    assert_int_equal(ops->open(world->folder, &world->store), SEIN_OK);
    assert_true(turn(world));
    return world;
}

static enum sein_err
try_turn(struct world *world)
{
    struct store_item item = store_letter(9999, world->body, 1200);
    uint64_t seq = 0;
    enum sein_err err = ops->begin(world->store, &world->txn);

    if (err != SEIN_OK)
        return err;
    err = ops->item_put(world->txn, &item, &seq);
    if (err == SEIN_OK)
        err = ops->commit(&world->txn);
    ops->rollback(&world->txn);
    return err;
}

static void
test_failing_disk_stops_the_store(void **state)
{
    (void)state;
    for (uint64_t step = 1; step <= 3; step++) {
        struct world *world = world_with_one();

        vfs_lossy_fail_after(step, SQLITE_IOERR_FSYNC);
        assert_int_equal(try_turn(world), SEIN_EIO);
        /* The disk is good again, but what it holds is not known. */
        assert_int_equal(try_turn(world), SEIN_EIO);
        assert_int_equal(ops->maintain(world->store), SEIN_EIO);
        ops->close(&world->store);
        assert_int_equal(ops->open(world->folder, &world->store), SEIN_OK);
        assert_int_equal(ops->begin(world->store, &world->txn), SEIN_OK);
        look_at_all(world);
        assert_int_equal(world->lost + world->broken, 0);
        ops->rollback(&world->txn);
        world_free(world);
    }
}

static void
test_full_disk_keeps_what_is_there(void **state)
{
    struct world *world = world_with_one();

    (void)state;
    vfs_lossy_fail_after(1, SQLITE_FULL);
    assert_int_equal(try_turn(world), SEIN_EFULL);
    assert_true(ops->full(world->store));
    assert_int_equal(try_turn(world), SEIN_EFULL);
    /* Erasing goes on. */
    assert_int_equal(ops->begin(world->store, &world->txn), SEIN_OK);
    assert_int_equal(ops->item_erase(world->txn, world->seqs[0]), SEIN_OK);
    assert_int_equal(ops->commit(&world->txn), SEIN_OK);
    world->known[0] = ERASED;
    /* There is room again. */
    assert_int_equal(ops->maintain(world->store), SEIN_OK);
    assert_false(ops->full(world->store));
    assert_int_equal(try_turn(world), SEIN_OK);
    assert_int_equal(ops->begin(world->store, &world->txn), SEIN_OK);
    look_at_all(world);
    assert_int_equal(world->lost + world->broken, 0);
    world_free(world);
}

/* A transaction that met the full disk gives the same answer to the end. */
static void
test_full_within_a_transaction(void **state)
{
    struct world *world = world_with_one();
    struct store_item item = store_letter(9999, world->body, BODY_MAX);
    uint64_t seq = 0;
    enum sein_err err = SEIN_OK;

    (void)state;
    vfs_lossy_room(300000);
    assert_int_equal(ops->begin(world->store, &world->txn), SEIN_OK);
    for (uint64_t n = 10000; err == SEIN_OK && n < 10200; n++) {
        item = store_letter(n, world->body, BODY_MAX);
        err = ops->item_put(world->txn, &item, &seq);
    }
    assert_int_equal(err, SEIN_EFULL);
    assert_int_equal(ops->item_erase(world->txn, world->seqs[0]), SEIN_EFULL);
    assert_int_equal(ops->commit(&world->txn), SEIN_EFULL);
    assert_null(world->txn);
    vfs_lossy_room(UINT64_MAX);
    assert_int_equal(ops->maintain(world->store), SEIN_OK);
    assert_int_equal(try_turn(world), SEIN_OK);
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_nothing_is_lost_on_a_torn_disk),
#ifdef SEIN_TEST_BUILD
        cmocka_unit_test(test_without_syncs_it_is_seen),
#endif
        cmocka_unit_test(test_failing_disk_stops_the_store),
        cmocka_unit_test(test_full_disk_keeps_what_is_there),
        cmocka_unit_test(test_full_within_a_transaction),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
