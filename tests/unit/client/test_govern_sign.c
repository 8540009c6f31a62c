/* From a folder of readable files to bytes that a member's own code accepts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/govern/govern.h"
#include "proto/trust/directory.h"
#include "tests/support/govern_folder.h"

#define NOW INT64_C(1800000000000)
#define DAY SEIN_MS_PER_DAY

static struct sein_slice
read_version(struct govern_folder *folder, unsigned version)
{
    char name[32];

    (void)snprintf(name, sizeof name, "signed/%06u.dir", version);
    return govern_folder_read(folder, name);
}

static struct sein_directory *
accept_first(struct govern_folder *folder, int64_t now_ms)
{
    struct sein_slice bytes = read_version(folder, 1);
    struct sein_directory *plain = NULL;
    struct sein_directory *dir = NULL;
    struct sein_hash fingerprint;

    assert_int_equal(sein_directory_read(bytes, &plain), SEIN_OK);
    sein_directory_fingerprint(plain, &fingerprint);
    sein_directory_free(&plain);
    assert_int_equal(
        sein_directory_accept_first(bytes, &fingerprint, now_ms, &dir),
        SEIN_OK);
    return dir;
}

static struct sein_directory *
accept_next(struct govern_folder *folder, struct sein_directory **old,
            unsigned version, int64_t now_ms)
{
    struct sein_directory *dir = NULL;

    assert_int_equal(sein_directory_accept_next(
                         *old, read_version(folder, version), now_ms, &dir),
                     SEIN_OK);
    sein_directory_free(old);
    return dir;
}

static enum sein_err
sign(struct govern_folder *folder, int64_t now_ms, const char *key,
     const char *detached, struct govern_signed *out)
{
    struct govern *govern = govern_folder_open(folder, now_ms);
    struct govern_signing signing = { .key_file = key, .detached = detached };
    enum sein_err err = govern_sign(govern, &signing, out);

    govern_close(&govern);
    return err;
}

static void
one_governor_signs_at_once(void **state)
{
    struct govern_folder folder;
    struct govern_signed result;
    struct sein_directory *dir = NULL;
    const struct sein_desk *desk = NULL;
    struct sein_dir_code code;

    (void)state;
    govern_folder_make(&folder, NOW);
    assert_int_equal(sign(&folder, NOW, folder.key[0], NULL, &result), SEIN_OK);
    assert_true(result.complete);
    assert_int_equal(result.version, 1);
    assert_int_equal(result.expires_at_ms, NOW + 45 * DAY);

    dir = accept_first(&folder, NOW);
    assert_int_equal(sein_directory_version(dir), 1);
    assert_int_equal(
        sein_directory_desk_for(dir, sein_slice_text("schulden"), 1523, &desk),
        SEIN_OK);
    assert_string_equal(desk->id.text, GOVERN_FOLDER_WIJKTEAM "/noord");
    assert_int_equal(sein_desk_roles(desk, sein_slice_text("schulden")),
                     SEIN_ROLE_COORDINATE);
    assert_true(sein_circle_kind(
        sein_directory_circle(dir, sein_slice_text("schulden")),
        sein_slice_text("huur"), &code));
    assert_true(code.arrears);
    assert_false(sein_circle_ended(
        sein_directory_circle(dir, sein_slice_text("schulden")), NOW));
    sein_directory_free(&dir);
    govern_folder_remove(&folder);
}

static void
versions_follow_on_each_other(void **state)
{
    struct govern_folder folder;
    struct govern_signed result;
    struct sein_directory *dir = NULL;
    struct govern *govern = NULL;

    (void)state;
    govern_folder_make(&folder, NOW);
    assert_int_equal(sign(&folder, NOW, folder.key[0], NULL, &result), SEIN_OK);
    dir = accept_first(&folder, NOW);

    govern = govern_folder_open(&folder, NOW + DAY);
    assert_int_equal(govern_leave(govern, GOVERN_FOLDER_CORPORATIE, NOW),
                     SEIN_OK);
    assert_int_equal(govern_leave(govern, GOVERN_FOLDER_CORPORATIE, NOW),
                     SEIN_ELEFT);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);
    assert_int_equal(sign(&folder, NOW + DAY, folder.key[0], NULL, &result),
                     SEIN_OK);
    assert_int_equal(result.version, 2);
    dir = accept_next(&folder, &dir, 2, NOW + DAY);
    assert_int_equal(
        sein_directory_member(dir, sein_slice_text(GOVERN_FOLDER_CORPORATIE))
            ->entry.left_at,
        NOW);
    /* A clock that went back would make a version older than the last. */
    assert_int_equal(sign(&folder, NOW, folder.key[0], NULL, &result),
                     SEIN_ETIME);
    sein_directory_free(&dir);
    govern_folder_remove(&folder);
}

static void
two_of_three_gather(void **state)
{
    struct govern_folder folder;
    struct govern_signed result;
    struct sein_directory *dir = NULL;
    struct govern *govern = NULL;
    char detached[GOVERN_PATH_MAX];

    (void)state;
    govern_folder_make(&folder, NOW);
    govern_folder_governors(&folder, 3, 2, NOW);
    (void)snprintf(detached, sizeof detached, "%s/one.sig", folder.outside);
    /* Without a draft there is nothing to sign elsewhere. */
    assert_int_equal(sign(&folder, NOW, folder.key[1], detached, &result),
                     SEIN_ENOENT);

    assert_int_equal(sign(&folder, NOW, folder.key[0], NULL, &result), SEIN_OK);
    assert_false(result.complete);
    assert_int_equal(result.new_have, 1);
    assert_int_equal(result.new_need, 2);
    assert_int_equal(result.old_need, 0);
    assert_int_equal(sign(&folder, NOW + 5, folder.key[0], NULL, &result),
                     SEIN_EEXIST);

    assert_int_equal(sign(&folder, NOW + DAY, folder.key[1], detached, &result),
                     SEIN_OK);
    assert_false(result.complete);
    govern = govern_folder_open(&folder, NOW + DAY);
    assert_int_equal(govern_gather(govern, detached, false, &result), SEIN_OK);
    govern_close(&govern);
    assert_true(result.complete);
    dir = accept_first(&folder, NOW + DAY);
    sein_directory_free(&dir);
    /* The draft is gone with its signatures. */
    govern = govern_folder_open(&folder, NOW + DAY);
    assert_int_equal(govern_gather(govern, detached, false, &result),
                     SEIN_ENOENT);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
a_changed_folder_makes_a_new_draft(void **state)
{
    struct govern_folder folder;
    struct govern_signed result;
    struct govern *govern = NULL;
    char detached[GOVERN_PATH_MAX];

    (void)state;
    govern_folder_make(&folder, NOW);
    govern_folder_governors(&folder, 3, 2, NOW);
    (void)snprintf(detached, sizeof detached, "%s/two.sig", folder.outside);
    assert_int_equal(sign(&folder, NOW, folder.key[0], NULL, &result), SEIN_OK);
    assert_int_equal(sign(&folder, NOW, folder.key[1], detached, &result),
                     SEIN_OK);

    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_leave(govern, GOVERN_FOLDER_CORPORATIE, NOW),
                     SEIN_OK);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);
    /* Elsewhere one signs what one sees, or not at all. */
    assert_int_equal(sign(&folder, NOW, folder.key[2], detached, &result),
                     SEIN_EDIRNEWER);
    assert_int_equal(sign(&folder, NOW + 1, folder.key[2], NULL, &result),
                     SEIN_OK);
    assert_true(result.drafted);
    assert_int_equal(result.new_have, 1); /* the first one's is worth nothing */
    govern = govern_folder_open(&folder, NOW + 1);
    assert_int_equal(govern_gather(govern, detached, false, &result),
                     SEIN_EDIRCHAIN);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
a_change_of_governance_needs_old_and_new(void **state)
{
    struct govern_folder folder;
    struct govern_signed result;
    struct sein_directory *dir = NULL;
    struct govern *govern = NULL;

    (void)state;
    govern_folder_make(&folder, NOW);
    assert_int_equal(sign(&folder, NOW, folder.key[0], NULL, &result), SEIN_OK);
    dir = accept_first(&folder, NOW);

    /* Two others take over from the first, who goes. */
    govern_folder_governors(&folder, 3, 2, NOW);
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_drop_governor(govern, "Niemand"), SEIN_ENOENT);
    assert_int_equal(govern_drop_governor(govern, "Anna"), SEIN_OK);
    assert_int_equal(govern_set_threshold(govern, 3), SEIN_ERANGE);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);

    assert_int_equal(sign(&folder, NOW + 1, folder.key[1], NULL, &result),
                     SEIN_OK);
    assert_int_equal(result.old_have, 0);
    assert_int_equal(result.old_need, 1);
    assert_int_equal(sign(&folder, NOW + 2, folder.key[2], NULL, &result),
                     SEIN_OK);
    assert_false(result.complete);
    assert_int_equal(result.new_have, 2);
    assert_int_equal(sign(&folder, NOW + 3, folder.key[0], NULL, &result),
                     SEIN_OK);
    assert_true(result.complete);
    dir = accept_next(&folder, &dir, 2, NOW + 3);
    sein_directory_free(&dir);
    /* Who went signs nothing any more. */
    assert_int_equal(sign(&folder, NOW + 4, folder.key[0], NULL, &result),
                     SEIN_EKEY);
    govern_folder_remove(&folder);
}

static void
verify_sees_what_is_wrong(void **state)
{
    struct govern_folder folder;
    struct govern_signed result;
    struct govern_state seen;
    struct govern *govern = NULL;

    (void)state;
    govern_folder_make(&folder, NOW);
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_verify(govern, &seen), SEIN_ENOENT);
    govern_close(&govern);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sign(&folder, NOW + i, folder.key[0], NULL, &result),
                         SEIN_OK);

    govern = govern_folder_open(&folder, NOW + 2 + 40 * DAY);
    assert_int_equal(govern_verify(govern, &seen), SEIN_OK);
    assert_int_equal(seen.version, 3);
    assert_int_equal(seen.days_left, 5);
    govern_close(&govern);
    govern = govern_folder_open(&folder, NOW + 2 + 46 * DAY);
    assert_int_equal(govern_verify(govern, &seen), SEIN_OK);
    assert_int_equal(seen.days_left, -2); /* begun, the second day over */
    govern_close(&govern);

    govern_folder_flip(&folder, "signed/000002.dir", 60);
    govern = govern_folder_open(&folder, NOW + DAY);
    assert_int_not_equal(govern_verify(govern, &seen), SEIN_OK);
    govern_close(&govern);
    govern_folder_unlink(&folder, "signed/000002.dir");
    govern = govern_folder_open(&folder, NOW + DAY);
    assert_int_equal(govern_verify(govern, &seen), SEIN_EDIRCHAIN);
    assert_string_equal(govern_why(govern)->file, "signed/000002.dir");
    govern_close(&govern);
    assert_int_equal(sign(&folder, NOW + DAY, folder.key[0], NULL, &result),
                     SEIN_EDIRCHAIN);
    govern_folder_remove(&folder);
}

static void
keys_of_governors_are_kept_apart(void **state)
{
    struct govern_folder folder;
    struct govern_signed result;
    struct govern_key key;
    struct stat info;

    (void)state;
    govern_folder_make(&folder, NOW);
    assert_int_equal(stat(folder.key[0], &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(govern_keygen(folder.key[0], "Anna", &key), SEIN_EEXIST);
    assert_int_equal(govern_keygen("/nowhere", "a]b", &key), SEIN_EFORMAT);
    assert_int_equal(govern_key_read("/nonexistent/key", &key), SEIN_ENOENT);
    assert_int_equal(chmod(folder.key[0], 0640), 0);
    assert_int_equal(govern_key_read(folder.key[0], &key), SEIN_EKEY);
    assert_int_equal(sign(&folder, NOW, folder.key[0], NULL, &result),
                     SEIN_EKEY);
    assert_int_equal(chmod(folder.key[0], 0600), 0);
    assert_int_equal(sign(&folder, NOW, folder.key[3], NULL, &result),
                     SEIN_EKEY);
    govern_folder_remove(&folder);
}

static void
days_are_bounded(void **state)
{
    struct govern_folder folder;
    struct govern_signed result;
    struct govern *govern = NULL;
    struct govern_signing signing = { .days = 46 };

    (void)state;
    govern_folder_make(&folder, NOW);
    signing.key_file = folder.key[0];
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_sign(govern, &signing, &result), SEIN_ERANGE);
    signing.days = 3;
    assert_int_equal(govern_sign(govern, &signing, &result), SEIN_OK);
    assert_int_equal(result.expires_at_ms, NOW + 3 * DAY);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_governor_signs_at_once),
        cmocka_unit_test(versions_follow_on_each_other),
        cmocka_unit_test(two_of_three_gather),
        cmocka_unit_test(a_changed_folder_makes_a_new_draft),
        cmocka_unit_test(a_change_of_governance_needs_old_and_new),
        cmocka_unit_test(verify_sees_what_is_wrong),
        cmocka_unit_test(keys_of_governors_are_kept_apart),
        cmocka_unit_test(days_are_bounded),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
