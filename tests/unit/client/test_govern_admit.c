/* Members and their keys: admitted, added to, rotated, retired, revoked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/govern/govern.h"
#include "proto/trust/directory.h"
#include "tests/support/govern_folder.h"

#define NOW INT64_C(1800000000000)
#define DAY SEIN_MS_PER_DAY
#define SCHOOL "00000099000000003000"

static const char *const no_desks[] = { NULL };
static const char *const north[] = { "noord", NULL };

static enum sein_err
admit(struct govern *govern, const struct govern_admission *admission,
      const char *field)
{
    enum sein_err err = govern_admit(govern, admission);

    if (err != SEIN_OK) {
        assert_non_null(govern_why(govern));
        assert_int_equal(govern_why(govern)->err, err);
        assert_string_equal(govern_why(govern)->field, field);
        assert_non_null(strstr(govern_why(govern)->nl, "; "));
        assert_non_null(strstr(govern_why(govern)->en, "; "));
    }
    return err;
}

static void
a_new_member_needs_domain_and_desk(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    char line[SEIN_LINE_MAX];
    struct sein_key_id id;
    struct govern_desk desk = { .name = "A" };
    struct govern_admission admission = { .line = line };

    (void)state;
    govern_folder_make(&folder, NOW);
    govern = govern_folder_open(&folder, NOW);
    govern_folder_join_line(SCHOOL, "School", no_desks, line, &id);
    assert_int_equal(admit(govern, &admission, "--domain"), SEIN_EREQUIRED);
    admission.domain = "On Derwijs";
    assert_int_equal(admit(govern, &admission, "--domain"), SEIN_ECODE);
    admission.domain = "onderwijs";
    assert_int_equal(admit(govern, &admission, "--desk"), SEIN_EREQUIRED);
    admission.desks = &desk;
    admission.desk_count = 1;
    assert_int_equal(admit(govern, &admission, "--desk"), SEIN_ECODE);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
desk_options_are_checked(void **state)
{
    static const struct {
        const char *role;
        enum sein_err err;
    } roles[] = {
        { "schulden", SEIN_EFORMAT },
        { "=signal", SEIN_EFORMAT },
        { "onbekend=signal", SEIN_ECIRCLE },
        { "schulden=baas", SEIN_EROLE },
        { "schulden=signal,", SEIN_EROLE },
        { "schulden=signal, watch", SEIN_OK },
    };
    static const char *const areas[] = { "150",       "15000",     "0999",
                                         "1599-1500", "1500 1599", "1500-159",
                                         "abcd" };
    struct govern_folder folder;
    struct govern *govern = NULL;
    char line[SEIN_LINE_MAX];
    struct sein_key_id id;

    (void)state;
    govern_folder_make(&folder, NOW);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        struct govern_desk desk = { .name = "balie",
                                    .roles = &roles[i].role,
                                    .role_count = 1 };
        struct govern_admission admission = {
            .line = line, .domain = "onderwijs", .desks = &desk, .desk_count = 1
        };

        govern = govern_folder_open(&folder, NOW);
        govern_folder_join_line(SCHOOL, "School", no_desks, line, &id);
        assert_int_equal(admit(govern, &admission, "--role"), roles[i].err);
        govern_close(&govern);
    }
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        struct govern_desk desk = { .name = "balie",
                                    .areas = &areas[i],
                                    .area_count = 1 };
        struct govern_admission admission = {
            .line = line, .domain = "onderwijs", .desks = &desk, .desk_count = 1
        };

        govern = govern_folder_open(&folder, NOW);
        assert_int_equal(admit(govern, &admission, "--area"), SEIN_ERANGE);
        govern_close(&govern);
    }
    govern_folder_remove(&folder);
}

static void
a_further_key_loses_nothing(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    const struct govern_change *changes = NULL;
    size_t count = 0;
    char line[SEIN_LINE_MAX];
    struct sein_key_id id;
    struct govern_request request;
    struct govern_admission admission = { .line = line };

    (void)state;
    govern_folder_make(&folder, NOW);
    govern = govern_folder_open(&folder, NOW + DAY);
    govern_folder_join_line(GOVERN_FOLDER_WIJKTEAM, "Wijkteam", north, line,
                            &id);
    assert_int_equal(govern_request_read(govern, line, &request), SEIN_OK);
    assert_true(request.known);
    assert_memory_equal(request.key_id.bytes, id.bytes, sizeof id.bytes);
    assert_int_equal(admit(govern, &admission, ""), SEIN_OK);
    assert_int_equal(
        govern_changes(govern, GOVERN_SINCE_OPENED, &changes, &count), SEIN_OK);
    /* The key and its four fields, nothing else. */
    assert_int_equal(count, 5);
    assert_int_equal(changes[0].op, '+');
    assert_string_equal(changes[0].kind, "key");
    for (size_t i = 1; i < count; i++)
        assert_string_equal(changes[i].id, changes[0].id);
    assert_string_equal(changes[3].field, "desks");
    assert_string_equal(changes[3].after, "noord");
    /* The same line again. */
    assert_int_equal(admit(govern, &admission, ""), SEIN_EEXIST);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
what_the_request_says_is_verified(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    char line[SEIN_LINE_MAX];
    struct sein_key_id id;
    struct govern_request request;
    struct govern_admission admission = { .line = "seinhuis-join-1:AA:00" };

    (void)state;
    govern_folder_make(&folder, NOW);
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(admit(govern, &admission, "LINE"), SEIN_EFORMAT);
    govern_folder_join_line(SCHOOL, "School", no_desks, line, &id);
    assert_int_equal(govern_request_read(govern, line, &request), SEIN_OK);
    assert_false(request.known);
    assert_string_equal(request.name, "School");
    line[40] = line[40] == 'A' ? 'B' : 'A';
    assert_int_equal(govern_request_read(govern, line, &request), SEIN_EFORMAT);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
fingerprints_compare_as_people_type(void **state)
{
    const char *fingerprint = "3a07 e1a1 7866 be78 ec5f 2cac 930d 0748";

    (void)state;
    assert_true(govern_fingerprint_equal(
        "3a07 e1a1 7866 be78 ec5f 2cac 930d 0748", fingerprint));
    assert_true(govern_fingerprint_equal("3A07E1A17866BE78EC5F2CAC930D0748",
                                         fingerprint));
    assert_true(govern_fingerprint_equal(
        " 3a07-e1a1-7866-be78-ec5f-2cac-930d-0748\n", fingerprint));
    assert_false(govern_fingerprint_equal("", fingerprint));
    assert_false(govern_fingerprint_equal("3a07", fingerprint));
    assert_false(govern_fingerprint_equal(
        "3a07 e1a1 7866 be78 ec5f 2cac 930d 0749", fingerprint));
    assert_false(govern_fingerprint_equal(
        "3a07 e1a1 7866 be78 ec5f 2cac 930d 0748 0", fingerprint));
}

/* The text of a field in the folder's file of the wijkteam. */
static bool
file_says(struct govern_folder *folder, const char *text)
{
    return strstr((const char *)govern_folder_read(
                      folder, "members/" GOVERN_FOLDER_WIJKTEAM ".conf")
                      .at,
                  text) != NULL;
}

static void
keys_are_retired_and_revoked(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    char line[SEIN_LINE_MAX];
    char hex[2 * SEIN_ID_BYTES + 1];
    char start[9];
    struct sein_key_id id;
    struct sein_key_id ended;
    struct govern_admission admission = { .line = line };

    (void)state;
    govern_folder_make(&folder, NOW);
    govern = govern_folder_open(&folder, NOW);
    govern_folder_join_line(GOVERN_FOLDER_WIJKTEAM, "Wijkteam", north, line,
                            &id);
    assert_int_equal(admit(govern, &admission, ""), SEIN_OK);
    sein_hex(sein_slice_of(id.bytes, sizeof id.bytes), hex, sizeof hex);
    memcpy(start, hex, 8);
    start[8] = '\0';

    assert_int_equal(
        govern_end_key(govern, "00000000", GOVERN_RETIRE, NOW, &ended),
        SEIN_EKEY);
    start[7] = '\0'; /* too few digits */
    assert_int_equal(govern_end_key(govern, start, GOVERN_RETIRE, NOW, &ended),
                     SEIN_EKEY);
    start[7] = hex[7];
    assert_int_equal(govern_end_key(govern, start, GOVERN_RETIRE, NOW, &ended),
                     SEIN_OK);
    assert_memory_equal(ended.bytes, id.bytes, sizeof id.bytes);
    assert_int_equal(govern_end_key(govern, hex, GOVERN_RETIRE, NOW, &ended),
                     SEIN_ERETIRED);
    assert_int_equal(
        govern_end_key(govern, hex, GOVERN_REVOKE, NOW + DAY, &ended), SEIN_OK);
    assert_int_equal(govern_end_key(govern, hex, GOVERN_REVOKE, NOW, &ended),
                     SEIN_EREVOKED);
    /* A revoked key is not let in by the back door. */
    assert_int_equal(admit(govern, &admission, "LINE"), SEIN_EREVOKED);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    assert_true(file_says(&folder, "retired_at = 2027-01-15T08:00:00Z\n"));
    assert_true(file_says(&folder, "revoked_at = 2027-01-16T08:00:00Z\n"));
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
rotating_retires_the_same_desks(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    const struct govern_change *changes = NULL;
    size_t count = 0;
    size_t retired = 0;
    char line[SEIN_LINE_MAX];
    struct sein_key_id id;
    struct govern_admission admission = { .line = line,
                                          .rotate = true,
                                          .retire_at_ms = NOW + 7 * DAY };

    (void)state;
    govern_folder_make(&folder, NOW);
    govern = govern_folder_open(&folder, NOW);
    /* The wijkteam's key acts for all its desks: another one it does not
     * replace. */
    govern_folder_join_line(GOVERN_FOLDER_WIJKTEAM, "Wijkteam", north, line,
                            &id);
    assert_int_equal(admit(govern, &admission, ""), SEIN_EKEY);
    govern_close(&govern);

    govern = govern_folder_open(&folder, NOW);
    govern_folder_join_line(SCHOOL, "School", no_desks, line, &id);
    admission.domain = "onderwijs";
    assert_int_equal(admit(govern, &admission, "LINE"), SEIN_EMEMBER);
    govern_close(&govern);

    govern = govern_folder_open(&folder, NOW);
    admission.domain = NULL;
    govern_folder_join_line(GOVERN_FOLDER_WIJKTEAM, "Wijkteam", no_desks, line,
                            &id);
    assert_int_equal(admit(govern, &admission, ""), SEIN_OK);
    assert_int_equal(
        govern_changes(govern, GOVERN_SINCE_OPENED, &changes, &count), SEIN_OK);
    for (size_t i = 0; i < count; i++)
        retired += strcmp(changes[i].field, "retired_at") == 0;
    assert_int_equal(retired, 1);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
invitations_pin_what_is_signed(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    struct govern_signed result;
    struct govern_signing signing = { 0 };
    struct sein_invitation first;
    struct sein_invitation second;
    char line[GOVERN_LINE_BYTES];
    char fingerprint[GOVERN_FINGERPRINT_BYTES];

    (void)state;
    govern_folder_begin(&folder);
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_invite(govern, NULL, line, fingerprint),
                     SEIN_ENOENT);
    govern_close(&govern);
    govern_folder_remove(&folder);

    govern_folder_make(&folder, NOW);
    signing.key_file = folder.key[0];
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_invite(govern, "Elders", line, fingerprint),
                     SEIN_ENOENT);
    assert_int_equal(govern_invite(govern, NULL, line, fingerprint), SEIN_OK);
    assert_int_equal(sein_invitation_read(line, &first), SEIN_OK);
    assert_string_equal(first.endpoint, "tcp://127.0.0.1:5600");
    assert_int_equal(govern_sign(govern, &signing, &result), SEIN_OK);
    govern_close(&govern);

    /* A governor more in the folder is not yet one for who joins. */
    govern_folder_governors(&folder, 2, 2, NOW);
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_invite(govern, "Seinhuis Regio", line, fingerprint),
                     SEIN_OK);
    assert_int_equal(sein_invitation_read(line, &second), SEIN_OK);
    assert_memory_equal(first.fingerprint.bytes, second.fingerprint.bytes,
                        SEIN_HASH_BYTES);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
notes_are_told(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    struct govern_signed result;
    struct govern_signing signing = { 0 };
    const struct govern_problem *notes = NULL;
    size_t count = 0;

    (void)state;
    govern_folder_make(&folder, NOW);
    signing.key_file = folder.key[0];
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_notes(govern, &notes, &count), SEIN_OK);
    assert_int_equal(count, 0);
    assert_int_equal(govern_sign(govern, &signing, &result), SEIN_OK);
    govern_close(&govern);

    govern_folder_unlink(&folder, "members/" GOVERN_FOLDER_CORPORATIE ".conf");
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_leave(govern, GOVERN_FOLDER_WIJKTEAM, NOW + DAY),
                     SEIN_OK);
    assert_int_equal(govern_notes(govern, &notes, &count), SEIN_OK);
    assert_int_equal(count, 3); /* a key gone, two desks with postcodes */
    govern_close(&govern);
    govern = govern_folder_open(&folder, NOW + 5000 * DAY);
    assert_int_equal(govern_notes(govern, &notes, &count), SEIN_OK);
    assert_int_equal(count, 2); /* the key, and the basis */
    govern_close(&govern);
    govern_folder_remove(&folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_member_needs_domain_and_desk),
        cmocka_unit_test(desk_options_are_checked),
        cmocka_unit_test(a_further_key_loses_nothing),
        cmocka_unit_test(what_the_request_says_is_verified),
        cmocka_unit_test(fingerprints_compare_as_people_type),
        cmocka_unit_test(keys_are_retired_and_revoked),
        cmocka_unit_test(rotating_retires_the_same_desks),
        cmocka_unit_test(invitations_pin_what_is_signed),
        cmocka_unit_test(notes_are_told),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
