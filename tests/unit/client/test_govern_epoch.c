/* A circle's key in the governance's folder: named before the ceremony, its
 * pepper check, and the record that all its holders signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/epoch.h"
#include "tests/support/fixture_directory.h"
#include "tests/support/govern_folder.h"

#define NOW INT64_C(1800000000000) /* 2027-01-15 */
#define HOLDERS 3U
#define CIRCLE_FILE "circles/schulden.conf"
#define CHECK "00112233445566778899aabbccddeeff"

static const char *const oins[HOLDERS] = {
    "00000099000000007000",
    "00000099000000008000",
    "00000099000000003000",
};

/* A folder with three members that can hold a share. */
struct town {
    struct govern_folder folder;
    struct fixture_key keys[HOLDERS];
    char desks[HOLDERS][SEIN_DESK_MAX + 1];
    char all[3 * (SEIN_DESK_MAX + 2)];
};

static void
admit_holder(struct town *town, struct govern *govern, size_t at)
{
    struct sein_join_request request = {
        .name = "Houder", .desks = { "sleutel" }, .desk_count = 1, .at_ms = NOW
    };
    char line[SEIN_LINE_MAX];
    struct govern_admission admission = { .line = line, .domain = "beheer" };
    struct fixture_key *key = &town->keys[at];

    fixture_key_make(key, (uint8_t)(50 + at));
    (void)snprintf(request.oin.text, sizeof request.oin.text, "%s", oins[at]);
    memcpy(request.sign, key->sign, sizeof request.sign);
    memcpy(request.curve, key->curve, sizeof request.curve);
    assert_int_equal(sein_join_write(&request, key->sign_secret, line),
                     SEIN_OK);
    assert_int_equal(govern_admit(govern, &admission), SEIN_OK);
    (void)snprintf(town->desks[at], sizeof town->desks[at], "%s/sleutel",
                   oins[at]);
}

static void
make_town(struct town *town)
{
    struct govern *govern = NULL;

    memset(town, 0, sizeof *town);
    govern_folder_make(&town->folder, NOW);
    govern = govern_folder_open(&town->folder, NOW);
    for (size_t i = 0; i < HOLDERS; i++)
        admit_holder(town, govern, i);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);
    (void)snprintf(town->all, sizeof town->all, "%s,%s , %s", town->desks[0],
                   town->desks[1], town->desks[2]);
}

static struct govern_epoch
epoch_of(const struct town *town)
{
    return (struct govern_epoch){ .circle = "schulden",
                                  .number = 1,
                                  .threshold = "2",
                                  .holders = town->all,
                                  .not_before = "2027-02-01",
                                  .match_until = "2027-12-31" };
}

static size_t
problem_count(const struct govern *govern)
{
    size_t count = 0;
    const struct govern_problem *problems = govern_problems(govern, &count);

    for (size_t i = 0; i < count; i++)
        print_message("%s:%zu %s %s: %s %s\n", problems[i].file,
                      problems[i].line, problems[i].section, problems[i].field,
                      sein_err_code(problems[i].err), problems[i].detail);
    return count;
}

static void
name_it(struct town *town)
{
    struct govern *govern = govern_folder_open(&town->folder, NOW);
    struct govern_epoch epoch = epoch_of(town);

    assert_int_equal(govern_name_epoch(govern, &epoch), SEIN_OK);
    assert_int_equal(problem_count(govern), 0);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);
}

static uint64_t
sign_version(struct town *town)
{
    struct govern *govern = govern_folder_open(&town->folder, NOW);
    struct govern_signing signing = { .key_file = town->folder.key[0],
                                      .days = 30 };
    struct govern_signed done;
    const struct govern_change *changes = NULL;
    size_t count = 0;

    assert_int_equal(govern_sign(govern, &signing, &done), SEIN_OK);
    assert_true(done.complete);
    govern_close(&govern);
    /* What was signed reads back as what the folder says. */
    govern = govern_folder_open(&town->folder, NOW);
    assert_int_equal(
        govern_changes(govern, GOVERN_SINCE_SIGNED, &changes, &count), SEIN_OK);
    assert_int_equal(count, 0);
    govern_close(&govern);
    return done.version;
}

/* The record as the folder names the epoch: 2027-02-01 to the end of
 * 2027-12-31, in Amsterdam. */
static struct sein_epoch_record
record_of(const struct town *town)
{
    struct sein_epoch_record record = {
        .circle = sein_slice_text("schulden"),
        .epoch = 1,
        .t = 2,
        .n = HOLDERS,
        .commitments = { { 1 }, { 2 } },
        .not_before = UINT64_C(1801436400000),
        .match_until = UINT64_C(1830294000000),
    };

    for (size_t i = 0; i < HOLDERS; i++)
        record.holders[i] = (struct sein_epoch_holder){
            .index = i + 1,
            .desk = sein_slice_text(town->desks[i]),
            .key_id = town->keys[i].key_id,
        };
    return record;
}

static void
write_record(struct town *town, const struct sein_epoch_record *record,
             bool right)
{
    struct sein_epoch_line line = { .signature_count = HOLDERS };
    char text[SEIN_LINE_MAX];

    assert_int_equal(sein_epoch_record_encode(record, line.record,
                                              sizeof line.record,
                                              &line.record_len),
                     SEIN_OK);
    for (size_t i = 0; i < HOLDERS; i++)
        assert_int_equal(
            sein_sig_make(SEIN_SIG_EPOCH,
                          sein_slice_of(line.record, line.record_len),
                          town->keys[i].sign_secret, line.signatures[i]),
            SEIN_OK);
    if (!right)
        line.signatures[1][7] ^= 1;
    assert_int_equal(sein_epoch_line_write(&line, text), SEIN_OK);
    govern_folder_write(&town->folder, "record.txt", text);
}

static enum sein_err
take_it(struct town *town)
{
    struct govern *govern = govern_folder_open(&town->folder, NOW);
    char path[400];
    enum sein_err err = SEIN_OK;

    (void)snprintf(path, sizeof path, "%s/record.txt", town->folder.path);
    err = govern_take_record(govern, path);
    if (err == SEIN_OK) {
        assert_int_equal(problem_count(govern), 0);
        assert_int_equal(govern_commit(govern), SEIN_OK);
    } else {
        assert_non_null(govern_why(govern));
    }
    govern_close(&govern);
    return err;
}

static void
from_naming_to_record(void **state)
{
    struct town town;
    struct sein_epoch_record record;
    struct govern *govern = NULL;

    (void)state;
    make_town(&town);
    name_it(&town);
    assert_non_null(
        strstr((const char *)govern_folder_read(&town.folder, CIRCLE_FILE).at,
               "[epoch 1]\nthreshold = 2\n"));
    assert_non_null(
        strstr((const char *)govern_folder_read(
                   &town.folder, "members/00000099000000008000.conf")
                   .at,
               "role.schulden = keyholder\n"));
    assert_int_equal(sign_version(&town), 1);
    govern = govern_folder_open(&town.folder, NOW);
    assert_int_equal(govern_set_pepper(govern, "schulden", 1, CHECK), SEIN_OK);
    assert_int_equal(problem_count(govern), 0);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);
    record = record_of(&town);
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_OK);
    assert_int_equal(sign_version(&town), 2);
    /* Again is no change. */
    assert_int_equal(take_it(&town), SEIN_OK);
    govern_folder_remove(&town.folder);
}

static void
what_is_shown(void **state)
{
    static const char *const wanted[] = {
        "threshold",      "holders", "not_before", "match_until",
        "handle_version", "record",  "signatures",
    };
    struct town town;
    struct sein_epoch_record record;
    struct govern *govern = NULL;
    const struct govern_change *changes = NULL;
    size_t count = 0;

    (void)state;
    make_town(&town);
    name_it(&town);
    record = record_of(&town);
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_OK);
    govern = govern_folder_open(&town.folder, NOW);
    assert_int_equal(govern_contents(govern, 0, &changes, &count), SEIN_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        bool found = false;

        for (size_t j = 0; j < count; j++)
            found |= strcmp(changes[j].kind, "epoch") == 0 &&
                     strcmp(changes[j].id, "schulden 1") == 0 &&
                     strcmp(changes[j].field, wanted[i]) == 0;
        if (!found)
            fail_msg("%s is not shown", wanted[i]);
    }
    govern_close(&govern);
    govern_folder_remove(&town.folder);
}

static void
records_that_are_refused(void **state)
{
    struct town town;
    struct sein_epoch_record record;

    (void)state;
    make_town(&town);
    assert_int_equal(take_it(&town), SEIN_ENOENT);
    govern_folder_write(&town.folder, "record.txt", "hello");
    assert_int_equal(take_it(&town), SEIN_EFORMAT);
    record = record_of(&town);
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_ENOENT); /* it is not named */
    name_it(&town);
    record.circle = sein_slice_text("jeugd");
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_ECIRCLE);
    record = record_of(&town);
    record.match_until++;
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_ERECORD);
    record = record_of(&town);
    write_record(&town, &record, false);
    assert_int_equal(take_it(&town), SEIN_ESIG);
    record.holders[0].key_id.bytes[0] ^= 1;
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_EKEY);
    record = record_of(&town);
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_OK);
    record.transcript.bytes[0] ^= 1;
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_EEXIST);
    govern_folder_remove(&town.folder);
}

static void
names_that_are_refused(void **state)
{
    struct town town;
    struct govern *govern = NULL;
    struct govern_epoch epoch;

    (void)state;
    make_town(&town);
    govern = govern_folder_open(&town.folder, NOW);
    epoch = epoch_of(&town);
    epoch.circle = "jeugd";
    assert_int_equal(govern_name_epoch(govern, &epoch), SEIN_ECIRCLE);
    epoch = epoch_of(&town);
    epoch.number = 0;
    assert_int_equal(govern_name_epoch(govern, &epoch), SEIN_ERANGE);
    epoch = epoch_of(&town);
    epoch.threshold = NULL;
    assert_int_equal(govern_name_epoch(govern, &epoch), SEIN_EREQUIRED);
    epoch = epoch_of(&town);
    epoch.match_until = NULL;
    assert_int_equal(govern_name_epoch(govern, &epoch), SEIN_EREQUIRED);
    epoch = epoch_of(&town);
    epoch.holders = "00000099000000007000/elders";
    assert_int_equal(govern_name_epoch(govern, &epoch), SEIN_EDESK);
    assert_int_equal(govern_set_pepper(govern, "schulden", 1, CHECK),
                     SEIN_ENOENT);
    assert_int_equal(govern_set_pepper(govern, "jeugd", 1, CHECK),
                     SEIN_ECIRCLE);
    govern_close(&govern);
    name_it(&town);
    govern = govern_folder_open(&town.folder, NOW);
    assert_int_equal(govern_set_pepper(govern, "schulden", 1, "0011"),
                     SEIN_EFORMAT);
    epoch = (struct govern_epoch){ .circle = "schulden",
                                   .number = 1,
                                   .threshold = "3" };
    assert_int_equal(govern_name_epoch(govern, &epoch), SEIN_OK);
    assert_int_equal(problem_count(govern), 0);
    govern_close(&govern);
    govern_folder_remove(&town.folder);
}

static void
a_made_key_is_not_named_otherwise(void **state)
{
    struct town town;
    struct sein_epoch_record record;
    struct govern *govern = NULL;
    struct govern_epoch epoch;

    (void)state;
    make_town(&town);
    name_it(&town);
    record = record_of(&town);
    write_record(&town, &record, true);
    assert_int_equal(take_it(&town), SEIN_OK);
    govern = govern_folder_open(&town.folder, NOW);
    epoch = epoch_of(&town);
    assert_int_equal(govern_name_epoch(govern, &epoch), SEIN_EEXIST);
    govern_close(&govern);
    govern_folder_remove(&town.folder);
}

/* One line of the circle's file replaced; what it says then. */
struct fault {
    const char *find;
    const char *put;
    enum sein_err err;
    const char *field;
};

static void
replace(struct town *town, const struct fault *fault)
{
    const char *whole =
        (const char *)govern_folder_read(&town->folder, CIRCLE_FILE).at;
    const char *at = strstr(whole, fault->find);
    size_t max = strlen(whole) + strlen(fault->put) + 1;
    char *out = malloc(max);

    if (at == NULL)
        fail_msg("the file does not say %s", fault->find);
    assert_non_null(out);
    (void)snprintf(out, max, "%.*s%s%s", (int)(at - whole), whole, fault->put,
                   at + strlen(fault->find));
    govern_folder_write(&town->folder, CIRCLE_FILE, out);
    free(out);
}

static void
expect(struct town *town, const struct fault *fault)
{
    struct govern *govern = govern_folder_open(&town->folder, NOW);
    size_t count = 0;
    const struct govern_problem *problems = govern_problems(govern, &count);
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(problems[i].nl, "; "));
        assert_non_null(strstr(problems[i].en, "; "));
        found |= problems[i].err == fault->err &&
                 strcmp(problems[i].file, CIRCLE_FILE) == 0 &&
                 strcmp(problems[i].field, fault->field) == 0;
    }
    if (!found)
        fail_msg("'%s' gave no %s at '%s'", fault->put,
                 sein_err_code(fault->err), fault->field);
    govern_close(&govern);
}

static void
what_is_written_is_checked(void **state)
{
    static const struct fault faults[] = {
        { "[epoch 1]", "[epoch 01]", SEIN_ERANGE, "" },
        { "[epoch 1]", "[epoch een]", SEIN_ERANGE, "" },
        { "[epoch 1]", "[epoch 4294967296]", SEIN_ERANGE, "" },
        { "threshold = 2", "threshold = 1", SEIN_ERANGE, "threshold" },
        { "threshold = 2", "threshold = 4", SEIN_EDIRINVALID, "threshold" },
        { "threshold = 2", "drempel = 2", SEIN_ECONFIG, "drempel" },
        { "not_before = 2027-02-01", "not_before = 2028-02-01",
          SEIN_EDIRINVALID, "match_until" },
        { "match_until = 2027-12-31", "match_until = 2027-12-32", SEIN_EDATE,
          "match_until" },
        { "handle_version = 1", "", SEIN_EREQUIRED, "handle_version" },
        { "handle_version = 1", "handle_version = 1\npepper_check = 0011",
          SEIN_EFORMAT, "pepper_check" },
        { "handle_version = 1", "handle_version = 1\nrecord = 001",
          SEIN_EFORMAT, "record" },
        { "handle_version = 1", "handle_version = 1\nrecord = 0011",
          SEIN_ERECORD, "record" },
        { "00000099000000007000/sleutel", "00000099000000007000/elders",
          SEIN_EDESK, "holders" },
        { "00000099000000007000/sleutel", "sleutel", SEIN_EDESK, "holders" },
        { "00000099000000007000/sleutel", "00000099000000008000/sleutel",
          SEIN_ETWICE, "holders" },
        { "00000099000000007000/sleutel", GOVERN_FOLDER_WIJKTEAM "/noord",
          SEIN_EROLE, "holders" },
        { "retention_days", "link_pairs = address-name\nretention_days",
          SEIN_EFORMAT, "link_pairs" },
        { "retention_days", "link_pairs = adres\nretention_days", SEIN_EFORMAT,
          "link_pairs" },
        { "retention_days", "quota_per_day = 0\nretention_days", SEIN_ERANGE,
          "quota_per_day" },
        { "retention_days", "regie_silence_days = 732\nretention_days",
          SEIN_ERANGE, "regie_silence_days" },
        { "retention_days", "regie_order = noord\nretention_days", SEIN_EDESK,
          "regie_order" },
        { "retention_days",
          "regie_order = " GOVERN_FOLDER_WIJKTEAM "/noord\nretention_days",
          SEIN_EROLE, "regie_order" },
        { "[epoch 1]", "[quotas]\n123 = 9|2027-01-01|2027-01-31\n[epoch 1]",
          SEIN_EOIN, "123" },
        { "[epoch 1]",
          "[quotas]\n00000099000000007000 = 9|2027-01-02|2027-01-01\n[epoch 1]",
          SEIN_EFORMAT, "00000099000000007000" },
        { "[epoch 1]", "[quotas]\n00000099000000007000 = 9\n[epoch 1]",
          SEIN_EFORMAT, "00000099000000007000" },
        { "[epoch 1]",
          "[quotas]\n00000099000000007000 = veel|2027-01-01|2027-01-02\n"
          "[epoch 1]",
          SEIN_EFORMAT, "00000099000000007000" },
    };
    struct town town;

    (void)state;
    make_town(&town);
    name_it(&town);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct sein_slice before =
            govern_folder_read(&town.folder, CIRCLE_FILE);

        replace(&town, &faults[i]);
        expect(&town, &faults[i]);
        govern_folder_write(&town.folder, CIRCLE_FILE, (const char *)before.at);
    }
    govern_folder_remove(&town.folder);
}

static void
set_supplier(struct town *town, size_t at, const char *supplier)
{
    char file[64];
    char text[2048];

    (void)snprintf(file, sizeof file, "members/%s.conf", oins[at]);
    (void)snprintf(text, sizeof text, "supplier = %s\n%s", supplier,
                   (const char *)govern_folder_read(&town->folder, file).at);
    govern_folder_write(&town->folder, file, text);
}

static void
holders_are_apart(void **state)
{
    static const struct fault close = { "", "", SEIN_EHOLDERS, "holders" };
    struct town town;
    struct govern *govern = NULL;

    (void)state;
    make_town(&town);
    name_it(&town);
    set_supplier(&town, 0, "Een");
    govern = govern_folder_open(&town.folder, NOW);
    assert_int_equal(problem_count(govern), 0);
    govern_close(&govern);
    set_supplier(&town, 2, "Een");
    expect(&town, &close);
    govern_folder_remove(&town.folder);
}

static void
a_circle_says_who_meets(void **state)
{
    static const char *const quotas[] = {
        "00000099000000007000=900|2027-03-01|2027-03-31",
    };
    const struct govern_circle rules = {
        .id = "schulden",
        .link_pairs = "parent-person, address-address",
        .quota_per_day = "50",
        .quotas = quotas,
        .quota_count = 1,
        .regie_silence_days = "14",
    };
    static const struct {
        const char *kind;
        const char *field;
        const char *value;
    } wanted[] = {
        { "circle", "link_pairs", "address-address, person-parent" },
        { "circle", "quota_per_day", "50" },
        { "circle", "regie_silence_days", "14" },
        { "quota", "per_day", "900" },
        { "quota", "from", "2027-03-01" },
        { "quota", "until", "2027-03-31" },
    };
    struct town town;
    struct govern *govern = NULL;
    const struct govern_change *changes = NULL;
    size_t count = 0;

    (void)state;
    make_town(&town);
    govern = govern_folder_open(&town.folder, NOW);
    assert_int_equal(govern_set_circle(govern, &rules), SEIN_OK);
    assert_int_equal(problem_count(govern), 0);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);
    assert_int_equal(sign_version(&town), 1);
    govern = govern_folder_open(&town.folder, NOW);
    assert_int_equal(govern_contents(govern, 1, &changes, &count), SEIN_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        bool found = false;

        for (size_t j = 0; j < count; j++)
            found |= strcmp(changes[j].kind, wanted[i].kind) == 0 &&
                     strcmp(changes[j].field, wanted[i].field) == 0 &&
                     strcmp(changes[j].after, wanted[i].value) == 0;
        if (!found)
            fail_msg("%s is not %s", wanted[i].field, wanted[i].value);
    }
    govern_close(&govern);
    govern_folder_remove(&town.folder);
}

static void
admit_with_links(struct town *town, const char *links, enum sein_err expected)
{
    const char *const roles[] = { "schulden=introduced" };
    const struct govern_desk every = {
        .roles = roles, .role_count = 1, .links = &links, .link_count = 1
    };
    const char *const desks[] = { "balie", NULL };
    struct govern *govern = govern_folder_open(&town->folder, NOW);
    char line[SEIN_LINE_MAX];
    struct sein_key_id id;
    struct govern_admission admission = { .line = line,
                                          .domain = "zorg",
                                          .every = &every };

    govern_folder_join_line("00000099000000006000", "Zorg", desks, line, &id);
    assert_int_equal(govern_admit(govern, &admission), expected);
    if (expected == SEIN_OK) {
        assert_int_equal(problem_count(govern), 0);
        assert_int_equal(govern_commit(govern), SEIN_OK);
    }
    govern_close(&govern);
}

static size_t
note_count(struct town *town, int64_t now_ms, const char *field)
{
    struct govern *govern = govern_folder_open(&town->folder, now_ms);
    const struct govern_problem *notes = NULL;
    size_t count = 0;
    size_t found = 0;

    assert_int_equal(govern_notes(govern, &notes, &count), SEIN_OK);
    for (size_t i = 0; i < count; i++)
        found += strcmp(notes[i].field, field) == 0;
    govern_close(&govern);
    return found;
}

static void
what_is_worth_a_look(void **state)
{
    static const struct fault cure = {
        "retention_days",
        "link_pairs = address-address\nreveal = direct\nretention_days",
        SEIN_OK, ""
    };
    const int64_t end = INT64_C(1830294000000);
    struct town town;

    (void)state;
    make_town(&town);
    assert_int_equal(note_count(&town, NOW, "link_pairs"), 0);
    name_it(&town);
    assert_int_equal(note_count(&town, NOW, "link_pairs"), 1);
    assert_int_equal(note_count(&town, NOW, "reveal"), 1);
    replace(&town, &cure);
    assert_int_equal(note_count(&town, NOW, "link_pairs"), 0);
    assert_int_equal(note_count(&town, NOW, "reveal"), 0);
    assert_int_equal(
        note_count(&town, end - 60 * SEIN_MS_PER_DAY - 1, "match_until"), 0);
    assert_int_equal(
        note_count(&town, end - 60 * SEIN_MS_PER_DAY, "match_until"), 1);
    govern_folder_remove(&town.folder);
}

static void
desks_have_links(void **state)
{
    struct town town;

    (void)state;
    make_town(&town);
    admit_with_links(&town, "schulden=adres", SEIN_EFORMAT);
    admit_with_links(&town, "schulden", SEIN_EFORMAT);
    admit_with_links(&town, "schulden=parent,address", SEIN_OK);
    assert_non_null(
        strstr((const char *)govern_folder_read(
                   &town.folder, "members/00000099000000006000.conf")
                   .at,
               "links.schulden = address, parent\n"));
    assert_int_equal(sign_version(&town), 1);
    govern_folder_remove(&town.folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_naming_to_record),
        cmocka_unit_test(what_is_shown),
        cmocka_unit_test(records_that_are_refused),
        cmocka_unit_test(names_that_are_refused),
        cmocka_unit_test(a_made_key_is_not_named_otherwise),
        cmocka_unit_test(what_is_written_is_checked),
        cmocka_unit_test(holders_are_apart),
        cmocka_unit_test(a_circle_says_who_meets),
        cmocka_unit_test(what_is_worth_a_look),
        cmocka_unit_test(desks_have_links),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
