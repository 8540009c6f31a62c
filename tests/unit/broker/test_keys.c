#include "broker/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/store_folder.h"

struct fixture {
    char folder[STORE_FOLDER_MAX];
    char keys[STORE_FOLDER_MAX + 8];
    char curve[STORE_FOLDER_MAX + 32];
    char receipt[STORE_FOLDER_MAX + 32];
    char idx[STORE_FOLDER_MAX + 32];
};

static int
set_up(void **state)
{
    static struct fixture fixture;

    store_folder_make(fixture.folder);
    (void)snprintf(fixture.keys, sizeof fixture.keys, "%s/keys",
                   fixture.folder);
    (void)snprintf(fixture.curve, sizeof fixture.curve, "%s/" KEYS_CURVE_FILE,
                   fixture.keys);
    (void)snprintf(fixture.receipt, sizeof fixture.receipt,
                   "%s/" KEYS_RECEIPT_FILE, fixture.keys);
    (void)snprintf(fixture.idx, sizeof fixture.idx, "%s/" KEYS_IDX_FILE,
                   fixture.keys);
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    store_folder_remove(fixture->keys);
    store_folder_remove(fixture->folder);
    return 0;
}

static mode_t
mode_of(const char *path)
{
    struct stat about;

    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 0777;
}

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    (void)fclose(file);
}

static void
test_made_once(void **state)
{
    struct fixture *fixture = *state;
    struct keys *first = NULL;
    struct keys *second = NULL;
    const char *why = NULL;
    size_t made = 9;
    mode_t before = umask(0);

    assert_int_equal(keys_make(fixture->keys, &made), SEIN_OK);
    (void)umask(before);
    assert_int_equal(made, 3);
    assert_int_equal(mode_of(fixture->keys), 0700);
    assert_int_equal(mode_of(fixture->curve), 0600);
    assert_int_equal(mode_of(fixture->receipt), 0600);
    assert_int_equal(mode_of(fixture->idx), 0600);
    assert_int_equal(keys_load(fixture->keys, &first, &why), SEIN_OK);
    assert_int_equal(keys_make(fixture->keys, &made), SEIN_OK);
    assert_int_equal(made, 0);
    assert_int_equal(keys_load(fixture->keys, &second, &why), SEIN_OK);
    assert_memory_equal(first, second, sizeof *first);
    keys_free(&first);
    keys_free(&second);
    assert_null(first);
    /* One of them is gone: only that one is made. */
    assert_int_equal(unlink(fixture->receipt), 0);
    assert_int_equal(keys_make(fixture->keys, &made), SEIN_OK);
    assert_int_equal(made, 1);
}

/* The public halves belong to the secret ones, as libzmq and libsodium see. */
static void
test_pairs_belong_together(void **state)
{
    struct fixture *fixture = *state;
    struct keys *keys = NULL;
    const char *why = NULL;
    uint8_t public_key[SEIN_KEY_BYTES];
    uint8_t signature[SEIN_SIG_BYTES];
    size_t made = 0;

    assert_int_equal(keys_make(fixture->keys, &made), SEIN_OK);
    assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_OK);
    (void)crypto_scalarmult_base(public_key, keys->curve_secret);
    assert_memory_equal(public_key, keys->curve_public, sizeof public_key);
    (void)crypto_sign_detached(signature, NULL, (const uint8_t *)"x", 1,
                               keys->receipt_secret);
    assert_int_equal(crypto_sign_verify_detached(signature,
                                                 (const uint8_t *)"x", 1,
                                                 keys->receipt_public),
                     0);
    assert_memory_not_equal(keys->curve_secret, keys->receipt_secret,
                            SEIN_KEY_BYTES);
    keys_free(&keys);
}

static void
test_missing(void **state)
{
    struct fixture *fixture = *state;
    struct keys *keys = NULL;
    const char *why = NULL;
    size_t made = 0;

    assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_ENOENT);
    assert_non_null(strstr(why, "--init"));
    assert_int_equal(keys_make(fixture->keys, &made), SEIN_OK);
    assert_int_equal(unlink(fixture->receipt), 0);
    assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_ENOENT);
    assert_null(keys);
}

static void
test_readable_by_others(void **state)
{
    static const mode_t modes[] = { 0640, 0604, 0620, 0610, 0601 };
    struct fixture *fixture = *state;
    struct keys *keys = NULL;
    const char *why = NULL;
    size_t made = 0;

    assert_int_equal(keys_make(fixture->keys, &made), SEIN_OK);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(fixture->curve, modes[i]), 0);
        assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_ECONFIG);
        assert_non_null(strstr(why, "mode 0600"));
    }
    assert_int_equal(chmod(fixture->curve, 0400), 0);
    assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_OK);
    keys_free(&keys);
}

static void
test_damaged(void **state)
{
#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    static const char *const texts[] = {
        "",           "\n",           HEX32,           HEX32 "0\n",
        HEX32 "\n\n", " " HEX32 "\n", "zz" HEX32 "\n",
    };
    struct fixture *fixture = *state;
    struct keys *keys = NULL;
    const char *why = NULL;
    size_t made = 0;

    assert_int_equal(keys_make(fixture->keys, &made), SEIN_OK);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file(fixture->receipt, texts[i]);
        assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_ECONFIG);
        assert_non_null(strstr(why, "64 hex digits"));
    }
    write_file(fixture->receipt, HEX32 "\n");
    assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_OK);
    keys_free(&keys);
}

/* The key that presences stand under is read by itself: a broker from before
 * there were presences does not have it. */
static void
test_idx_key(void **state)
{
    static const uint8_t zeros[SEIN_KEY_BYTES] = { 0 };
    struct fixture *fixture = *state;
    struct keys *keys = NULL;
    uint8_t first[SEIN_KEY_BYTES];
    const char *why = NULL;
    size_t made = 0;

    assert_int_equal(keys_make(fixture->keys, &made), SEIN_OK);
    assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_OK);
    assert_memory_equal(keys->idx, zeros, sizeof zeros);
    assert_int_equal(keys_load_idx(fixture->keys, keys, &why), SEIN_OK);
    assert_memory_not_equal(keys->idx, zeros, sizeof zeros);
    assert_memory_not_equal(keys->idx, keys->curve_secret, sizeof zeros);
    memcpy(first, keys->idx, sizeof first);
    assert_int_equal(chmod(fixture->idx, 0640), 0);
    assert_int_equal(keys_load_idx(fixture->keys, keys, &why), SEIN_ECONFIG);
    assert_int_equal(chmod(fixture->idx, 0600), 0);
    write_file(fixture->idx, HEX32);
    assert_int_equal(keys_load_idx(fixture->keys, keys, &why), SEIN_ECONFIG);
    assert_int_equal(unlink(fixture->idx), 0);
    assert_int_equal(keys_load_idx(fixture->keys, keys, &why), SEIN_ENOENT);
    assert_non_null(strstr(why, "backup"));
    assert_memory_equal(keys->idx, first, sizeof first);
    keys_free(&keys);
    /* The other two are there without it. */
    assert_int_equal(keys_load(fixture->keys, &keys, &why), SEIN_OK);
    keys_free(&keys);
}

static void
test_nowhere(void **state)
{
    size_t made = 0;

    (void)state;
    assert_int_equal(keys_make("/nowhere/at/all", &made), SEIN_EIO);
    assert_int_equal(made, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pairs_belong_together, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_readable_by_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_idx_key, set_up, tear_down),
        cmocka_unit_test(test_nowhere),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
