/* The SQLite store on a disk of a few MiB: a mount of its own, that only this
 * process sees and that goes when it ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "broker/store/store.h"
#include "tests/support/store_folder.h"

#define BODY_BYTES 1200
#define DISK_OPTIONS "size=8m,mode=700"
#define LETTERS_MAX 20000

static const struct store_ops *const ops = &store_sqlite_ops;

struct fixture {
    char folder[STORE_FOLDER_MAX];
    struct store *store;
    struct store_txn *txn;
    uint64_t seqs[LETTERS_MAX];
    uint64_t count;
};

static bool
write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = false;

    if (fd < 0)
        return false;
    good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    (void)close(fd); /* a write to /proc is done at once */
    return good;
}

static bool
map_to_root(const char *path, unsigned id)
{
    char map[64];

    (void)snprintf(map, sizeof map, "0 %u 1", id);
    return write_text(path, map);
}

/* As root, a mount namespace is enough; else we become root in one of ours. */
static bool
enter_namespace(void)
{
    unsigned user = (unsigned)geteuid();
    unsigned group = (unsigned)getegid();

    if (user == 0) {
        if (unshare(CLONE_NEWNS) != 0)
            return false;
    } else if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
               !map_to_root("/proc/self/uid_map", user) ||
               !write_text("/proc/self/setgroups", "deny") ||
               !map_to_root("/proc/self/gid_map", group)) {
        return false;
    }
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    store_folder_make(f->folder);
    assert_int_equal(mount("none", f->folder, "tmpfs", 0, DISK_OPTIONS), 0);
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_OK);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    ops->close(&f->store);
    assert_int_equal(umount(f->folder), 0);
    store_folder_remove(f->folder);
    free(f);
    return 0;
}

static bool
file_is_there(const struct fixture *f, const char *name)
{
    char path[STORE_FOLDER_MAX + 16];
    struct stat file;

    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    return stat(path, &file) == 0;
}

static enum sein_err
put_one(struct fixture *f)
{
    uint8_t body[BODY_BYTES];
    struct store_item item = store_letter(f->count, body, sizeof body);
    enum sein_err err =
        ops->item_put(f->txn, &item, &f->seqs[f->count % LETTERS_MAX]);

    if (err == SEIN_OK)
        f->count++;
    return err;
}

static enum sein_err
put_eight(struct fixture *f)
{
    enum sein_err err = SEIN_OK;

    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
    for (int i = 0; err == SEIN_OK && i < 8; i++)
        err = put_one(f);
    assert_int_equal(ops->commit(&f->txn), SEIN_OK);
    return err;
}

/* As a broker: a maintain now and then, and when letters are refused. */
static void
put_until_refused(struct fixture *f)
{
    do {
        enum sein_err err = SEIN_OK;

        for (int turn = 0; err == SEIN_OK && turn < 4; turn++)
            err = put_eight(f);
        assert_true(err == SEIN_OK || err == SEIN_EFULL);
        assert_int_equal(ops->full(f->store), err == SEIN_EFULL);
        assert_int_equal(ops->maintain(f->store), SEIN_OK);
    } while (!ops->full(f->store));
}

static void
erase_one(struct fixture *f, uint64_t n)
{
    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
    assert_int_equal(ops->item_erase(f->txn, f->seqs[n]), SEIN_OK);
    assert_int_equal(ops->commit(&f->txn), SEIN_OK);
}

static void
assert_count(struct fixture *f, uint64_t letters)
{
    struct store_usage all = { 0 };

    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
    assert_int_equal(ops->count(f->txn, &all), SEIN_OK);
    assert_int_equal(all.letters, letters);
    ops->rollback(&f->txn);
}

static void
test_letters_stop_before_the_disk_does(void **state)
{
    struct fixture *f = *state;

    put_until_refused(f);
    assert_true(f->count > 500);
    assert_true(ops->full(f->store));
    assert_true(file_is_there(f, "ballast"));
    /* The rest goes on, as long as it takes. */
    for (uint64_t n = 0; n < 300; n++) {
        erase_one(f, n);
        if (n % 16 == 15)
            assert_int_equal(ops->maintain(f->store), SEIN_OK);
    }
    assert_count(f, f->count - 300);
}

/* What letters leave free within the database is room for letters. */
static void
test_erasing_makes_room(void **state)
{
    struct fixture *f = *state;
    uint64_t first = 0;

    put_until_refused(f);
    first = f->count;
    for (uint64_t n = 0; n < first; n++) {
        erase_one(f, n);
        if (n % 16 == 15)
            assert_int_equal(ops->maintain(f->store), SEIN_OK);
    }
    assert_count(f, 0);
    assert_int_equal(ops->maintain(f->store), SEIN_OK);
    assert_false(ops->full(f->store));
    put_until_refused(f);
    assert_true(f->count - first > first / 2);
}

static void
fill_disk(const struct fixture *f)
{
    char path[STORE_FOLDER_MAX + 16];
    static const uint8_t zeros[4096];
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s/filler", f->folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    assert_true(fd >= 0);
    while (write(fd, zeros, sizeof zeros) > 0)
        continue;
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(close(fd), 0);
}

static void
test_somebody_else_fills_the_disk(void **state)
{
    struct fixture *f = *state;
    char path[STORE_FOLDER_MAX + 16];

    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
    for (int i = 0; i < 40; i++)
        assert_int_equal(put_one(f), SEIN_OK);
    assert_int_equal(ops->commit(&f->txn), SEIN_OK);
    assert_int_equal(ops->maintain(f->store), SEIN_OK);
    fill_disk(f);
    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
    assert_int_equal(put_one(f), SEIN_EFULL);
    ops->rollback(&f->txn);
    assert_true(ops->full(f->store));
    /* The ballast was given up for what follows. */
    assert_false(file_is_there(f, "ballast"));
    for (uint64_t n = 0; n < 20; n++) {
        erase_one(f, n);
        if (n % 4 == 3)
            assert_int_equal(ops->maintain(f->store), SEIN_OK);
        assert_true(ops->full(f->store));
    }
    assert_count(f, 20);
    (void)snprintf(path, sizeof path, "%s/filler", f->folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ops->maintain(f->store), SEIN_OK);
    assert_false(ops->full(f->store));
    assert_true(file_is_there(f, "ballast"));
    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
    assert_int_equal(put_one(f), SEIN_OK);
    assert_int_equal(ops->commit(&f->txn), SEIN_OK);
}

static void
test_opens_on_a_full_disk(void **state)
{
    struct fixture *f = *state;
    char path[STORE_FOLDER_MAX + 16];

    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
    for (int i = 0; i < 40; i++)
        assert_int_equal(put_one(f), SEIN_OK);
    assert_int_equal(ops->commit(&f->txn), SEIN_OK);
    ops->close(&f->store);
    (void)snprintf(path, sizeof path, "%s/ballast", f->folder);
    assert_int_equal(unlink(path), 0);
    fill_disk(f);
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_OK);
    assert_true(ops->full(f->store));
    assert_count(f, 40);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_letters_stop_before_the_disk_does,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_erasing_makes_room, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_somebody_else_fills_the_disk,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_opens_on_a_full_disk, set_up,
                                        tear_down),
    };

    if (sodium_init() < 0)
        return 1;
    if (!enter_namespace()) {
        print_message("this system lets nobody mount a small disk\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
