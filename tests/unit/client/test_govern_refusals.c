/* Every contradiction in a folder: told with file, place and what to do, and
 * never signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/govern/govern.h"
#include "tests/support/govern_folder.h"

#define NOW INT64_C(1800000000000)
#define CIRCLE "circles/schulden.conf"
#define MEMBER "members/" GOVERN_FOLDER_WIJKTEAM ".conf"
#define OTHER "members/" GOVERN_FOLDER_CORPORATIE ".conf"
#define BROKER "brokers/seinhuis-regio.conf"
#define GOVERNANCE "governance.conf"
#define HEX32 "00000000000000000000000000000000"

/* One file with one text replaced. */
struct fault {
    const char *file;
    const char *find; /* what stands there; NULL: behind the end */
    const char *put;
    enum sein_err err;
    const char *field;
};

static void
replace(struct govern_folder *folder, const struct fault *fault)
{
    struct sein_slice text = govern_folder_read(folder, fault->file);
    const char *whole = (const char *)text.at;
    const char *at =
        fault->find == NULL ? whole + text.len : strstr(whole, fault->find);
    size_t gone = fault->find == NULL ? 0 : strlen(fault->find);
    size_t max = text.len + strlen(fault->put) + 1;
    char *out = malloc(max);

    if (at == NULL)
        fail_msg("%s does not say %s", fault->file, fault->find);
    assert_non_null(out);
    (void)snprintf(out, max, "%.*s%s%s", (int)(at - whole), whole, fault->put,
                   at + gone);
    govern_folder_write(folder, fault->file, out);
    free(out);
}

/* The problem that the fault must give, and that it stops signing. */
static void
expect(struct govern_folder *folder, const struct fault *fault)
{
    struct govern *govern = govern_folder_open(folder, NOW);
    struct govern_signing signing = { .key_file = folder->key[0] };
    struct govern_signed result;
    size_t count = 0;
    const struct govern_problem *problems = govern_problems(govern, &count);
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(problems[i].nl, "; "));
        assert_non_null(strstr(problems[i].en, "; "));
        found |= problems[i].err == fault->err &&
                 strcmp(problems[i].file, fault->file) == 0 &&
                 strcmp(problems[i].field, fault->field) == 0;
    }
    if (!found) {
        for (size_t i = 0; i < count; i++)
            print_message("%s:%zu [%s] %s: %s %s\n", problems[i].file,
                          problems[i].line, problems[i].section,
                          problems[i].field, sein_err_code(problems[i].err),
                          problems[i].detail);
        fail_msg("%s with %s gave no %s at '%s'", fault->file, fault->put,
                 sein_err_code(fault->err), fault->field);
    }
    assert_int_equal(govern_sign(govern, &signing, &result), problems[0].err);
    govern_close(&govern);
}

static void
try_faults(const struct fault *faults, size_t count)
{
    struct govern_folder folder;

    govern_folder_make(&folder, NOW);
    for (size_t i = 0; i < count; i++) {
        struct sein_slice before = govern_folder_read(&folder, faults[i].file);

        replace(&folder, &faults[i]);
        expect(&folder, &faults[i]);
        govern_folder_write(&folder, faults[i].file, (const char *)before.at);
    }
    govern_folder_remove(&folder);
}

#define TRY(faults) try_faults(faults, sizeof(faults) / sizeof(faults)[0])

static void
circles_are_checked(void **state)
{
    static const struct fault faults[] = {
        { CIRCLE, "title = Vroeg", "titel = Vroeg", SEIN_ECONFIG, "titel" },
        { CIRCLE, "title = Vroegsignalering schulden\n", "", SEIN_EREQUIRED,
          "title" },
        { CIRCLE, "retention_days = 90", "retention_days = 0", SEIN_ERANGE,
          "retention_days" },
        { CIRCLE, "retention_days = 90", "retention_days = 732", SEIN_ERANGE,
          "retention_days" },
        { CIRCLE, "retention_days = 90", "retention_days = 9O", SEIN_ERANGE,
          "retention_days" },
        { CIRCLE, "retention_days = 90",
          "retention_days = 90\ncollect_days = 31", SEIN_ERANGE,
          "collect_days" },
        { CIRCLE, "retention_days = 90", "retention_days = 90\nreveal = soms",
          SEIN_EFORMAT, "reveal" },
        { CIRCLE, "basis_ends = 2030-12-31", "basis_ends = 2030-12-32",
          SEIN_EDATE, "basis_ends" },
        { CIRCLE, "basis_ends = 2030-12-31\n", "", SEIN_EREQUIRED,
          "basis_ends" },
        { CIRCLE, "huur = arrears|", "huur = achterstand|", SEIN_EFORMAT,
          "huur" },
        { CIRCLE, "huur = arrears|", "Huur = arrears|", SEIN_ECODE, "Huur" },
        { CIRCLE, "overig = Overig|Other", "overig = Overig", SEIN_EFORMAT,
          "overig" },
        { CIRCLE, "overig = Overig|Other", "overig = Overig|", SEIN_EFORMAT,
          "overig" },
        { CIRCLE, "overig = Overig|Other", "overig = arrears|a|b|c",
          SEIN_EFORMAT, "overig" },
        /* An outcome is no arrears. */
        { CIRCLE, "contact = Contact", "contact = arrears|Contact",
          SEIN_EFORMAT, "contact" },
        { CIRCLE, NULL, "[regels]\na = 1\n", SEIN_ECONFIG, "" },
        { CIRCLE, NULL, "[labels]\n123 = zorg\n", SEIN_EOIN, "123" },
        { CIRCLE, NULL, "[exceptions]\nzorg =\n", SEIN_EREQUIRED, "zorg" },
    };

    (void)state;
    TRY(faults);
}

static void
members_are_checked(void **state)
{
    static const struct fault faults[] = {
        { MEMBER, "name = Wijkteam\n", "", SEIN_EREQUIRED, "name" },
        { MEMBER, "domain = wijkteam", "domain = Wijk Team", SEIN_ECODE,
          "domain" },
        { MEMBER, "domain = wijkteam", "domain = wijkteam\nleft_at = gisteren",
          SEIN_EDATE, "left_at" },
        { MEMBER, "[desk noord]", "[desk Noord]", SEIN_ECODE, "" },
        { MEMBER, "[desk noord]", "[desk]", SEIN_ECODE, "" },
        { MEMBER, "[desk noord]", "[loket noord]", SEIN_ECONFIG, "" },
        { MEMBER, "title = Wijkteam Noord\n", "", SEIN_EREQUIRED, "title" },
        { MEMBER, "areas = 1500-1549, 1560", "areas = 1500-1549 1560",
          SEIN_ERANGE, "areas" },
        { MEMBER, "areas = 1500-1549, 1560", "areas = 1500-1549,", SEIN_ERANGE,
          "areas" },
        { MEMBER, "role.schulden = coordinate", "role.schulden = chef",
          SEIN_EROLE, "role.schulden" },
        { MEMBER, "role.schulden = coordinate", "role.jeugd = coordinate",
          SEIN_ECIRCLE, "role.jeugd" },
        { MEMBER, "role.schulden = coordinate", "rol = coordinate",
          SEIN_ECONFIG, "rol" },
        { MEMBER, "title = Wijkteam Noord",
          "title = Wijkteam Noord\nstand_in = " GOVERN_FOLDER_WIJKTEAM "/west",
          SEIN_EDESK, "stand_in" },
        { MEMBER, "areas = 1700-1799", "areas = 1540-1799", SEIN_EAMBIGUOUS,
          "areas" },
        { MEMBER, "areas = 1700-1799", "areas = 1000-9999", SEIN_EAMBIGUOUS,
          "areas" },
        { MEMBER, "active_from = 2027-01-15T08:00:00Z\n", "", SEIN_EREQUIRED,
          "active_from" },
        { MEMBER, "active_from = 2027-01-15T08:00:00Z\n",
          "active_from = 2027-01-15T08:00:00Z\ndesks = west\n", SEIN_EDESK,
          "desks" },
        { MEMBER, "active_from = 2027-01-15T08:00:00Z\n",
          "active_from = 2027-01-15T08:00:00Z\nretired_at = ooit\n", SEIN_EDATE,
          "retired_at" },
        { MEMBER, "curve = ", "curve = 00", SEIN_ETOOLONG, "curve" },
        { MEMBER, "sign = ", "sign = xx", SEIN_ETOOLONG, "sign" },
        { MEMBER, "\nsign = ", "\ngeheim = 1\nsign = ", SEIN_ECONFIG,
          "geheim" },
        { MEMBER, "[key ", "[key 00", SEIN_EDIRINVALID, "" },
        { MEMBER, NULL, "[key " HEX32 "]\n", SEIN_EREQUIRED, "sign" },
    };

    (void)state;
    TRY(faults);
}

static void
brokers_and_governance_are_checked(void **state)
{
    static const struct fault faults[] = {
        { BROKER, "tcp://127.0.0.1:5600", "127.0.0.1:5600", SEIN_EFORMAT,
          "endpoint" },
        { BROKER, "tcp://127.0.0.1:5600", "tcp://127.0.0.1:0", SEIN_EFORMAT,
          "endpoint" },
        { BROKER, "operator = 00000099000000009000", "operator = 9", SEIN_EOIN,
          "operator" },
        { BROKER, "operator = 00000099000000009000\n", "", SEIN_EREQUIRED,
          "operator" },
        { BROKER, NULL, "areas = 15\n", SEIN_ERANGE, "areas" },
        { BROKER, NULL, "[x]\n", SEIN_ECONFIG, "" },
        { GOVERNANCE, "threshold = 1", "threshold = 2", SEIN_EDIRINVALID,
          "threshold" },
        { GOVERNANCE, "threshold = 1", "threshold = 17", SEIN_ERANGE,
          "threshold" },
        { GOVERNANCE, "threshold = 1\n", "", SEIN_EREQUIRED, "threshold" },
        { GOVERNANCE, "[governor Anna]", "[governor]", SEIN_EREQUIRED, "" },
        { GOVERNANCE, "pk = ", "pk = 0", SEIN_ETOOLONG, "pk" },
        { GOVERNANCE, NULL, "[governor Bram]\n", SEIN_EREQUIRED, "pk" },
        { GOVERNANCE, NULL, "geheim = 1\n", SEIN_ECONFIG, "geheim" },
    };

    (void)state;
    TRY(faults);
}

/* ---- what takes more than one text ------------------------------------------
 */

static bool
has_problem(struct govern *govern, enum sein_err err, const char *file)
{
    size_t count = 0;
    const struct govern_problem *problems = govern_problems(govern, &count);

    for (size_t i = 0; i < count; i++) {
        if (problems[i].err == err && strcmp(problems[i].file, file) == 0)
            return true;
    }
    return false;
}

static void
a_key_stands_once(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    struct sein_slice other;
    char *key = NULL;
    char *text = NULL;

    (void)state;
    govern_folder_make(&folder, NOW);
    other = govern_folder_read(&folder, OTHER);
    key = strstr((const char *)other.at, "[key ");
    assert_non_null(key);
    text = malloc(other.len + 4096);
    assert_non_null(text);
    (void)snprintf(text, other.len + 4096, "%s%s",
                   (const char *)govern_folder_read(&folder, MEMBER).at, key);
    *strstr(text, "desks = incasso") = '#';
    govern_folder_write(&folder, MEMBER, text);
    free(text);
    govern = govern_folder_open(&folder, NOW);
    assert_true(has_problem(govern, SEIN_EDIRINVALID, MEMBER) ||
                has_problem(govern, SEIN_EDIRINVALID, OTHER));
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
a_member_needs_desk_and_key(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    size_t count = 0;

    (void)state;
    govern_folder_make(&folder, NOW);
    govern_folder_write(&folder, "members/00000099000000007000.conf",
                        "name = Leeg\ndomain = wonen\n");
    govern = govern_folder_open(&folder, NOW);
    (void)govern_problems(govern, &count);
    assert_int_equal(count, 2);
    assert_true(has_problem(govern, SEIN_EDIRINVALID,
                            "members/00000099000000007000.conf"));
    govern_close(&govern);
    govern_folder_write(&folder, "members/123.conf",
                        "name = Leeg\ndomain = wonen\n");
    govern = govern_folder_open(&folder, NOW);
    assert_true(has_problem(govern, SEIN_EOIN, "members/123.conf"));
    govern_close(&govern);
    govern_folder_unlink(&folder, "members/123.conf");
    govern_folder_write(&folder, "circles/Schulden 2.conf", "title = x\n");
    govern = govern_folder_open(&folder, NOW);
    assert_true(has_problem(govern, SEIN_ECIRCLE, "circles/Schulden 2.conf"));
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
without_a_broker_nothing_is_signed(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    struct govern_signing signing = { 0 };
    struct govern_signed result;

    (void)state;
    govern_folder_begin(&folder);
    signing.key_file = folder.key[0];
    govern = govern_folder_open(&folder, NOW);
    assert_true(has_problem(govern, SEIN_EDIRINVALID, "brokers/"));
    assert_int_equal(govern_sign(govern, &signing, &result), SEIN_EDIRINVALID);
    govern_close(&govern);
    assert_int_equal(govern_open(folder.outside, NOW, &govern), SEIN_ENOENT);
    govern_folder_remove(&folder);
}

static void
a_broken_file_is_not_changed(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;

    (void)state;
    govern_folder_make(&folder, NOW);
    govern_folder_write(&folder, OTHER, "name = a\nname = b\n");
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_leave(govern, GOVERN_FOLDER_CORPORATIE, NOW),
                     SEIN_ECONFIG);
    assert_string_equal(govern_why(govern)->file, OTHER);
    assert_int_equal(govern_why(govern)->line, 2);
    assert_int_equal(govern_leave(govern, "00000099000000007000", NOW),
                     SEIN_EMEMBER);
    govern_close(&govern);
    govern_folder_remove(&folder);
}

/* Three members behind a label, two, and two with the exception. */
static void
small_labels_need_a_reason(void **state)
{
    static const char *const role = "jeugd=introduced";
    struct govern_folder folder;
    struct govern *govern = NULL;
    struct govern_circle jeugd = { .id = "jeugd",
                                   .title = "Jeugd",
                                   .purpose = "Jeugd",
                                   .basis = "Jeugdwet",
                                   .basis_ends = "2030-12-31",
                                   .retention_days = "90",
                                   .reveal = "mutual" };
    const char *const first = "00000099000000031000=zorg";
    const char *const exception = "zorg=Proef met twee deelnemers";

    (void)state;
    govern_folder_make(&folder, NOW);
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_set_circle(govern, &jeugd), SEIN_OK);
    for (unsigned i = 1; i <= 3; i++) {
        static const char *const none[] = { NULL };
        static const char *const label = "jeugd=zorg";
        struct govern_desk desk = { .name = "balie",
                                    .roles = &role,
                                    .role_count = 1 };
        char oin[32];
        char line[SEIN_LINE_MAX];
        struct sein_key_id id;
        struct govern_admission admission = {
            .line = line, .domain = "zorg", .desks = &desk, .desk_count = 1
        };

        (void)snprintf(oin, sizeof oin, "0000009900000003%u000", i);
        govern_folder_join_line(oin, "Zorg", none, line, &id);
        if (i == 1) {
            /* A label is needed at all. */
            assert_int_equal(govern_admit(govern, &admission), SEIN_OK);
            assert_true(
                has_problem(govern, SEIN_EDIRINVALID, "circles/jeugd.conf"));
            jeugd.labels = &first;
            jeugd.label_count = 1;
            assert_int_equal(govern_set_circle(govern, &jeugd), SEIN_OK);
        } else {
            admission.labels = &label;
            admission.label_count = 1;
            assert_int_equal(govern_admit(govern, &admission), SEIN_OK);
        }
        assert_int_equal(has_problem(govern, SEIN_ELABEL, "circles/jeugd.conf"),
                         i < 3);
        if (i == 2) {
            struct govern_circle with = jeugd;
            struct govern_circle without = { .id = "jeugd" };
            const char *const gone = "zorg=";

            with.exceptions = &exception;
            with.exception_count = 1;
            assert_int_equal(govern_set_circle(govern, &with), SEIN_OK);
            assert_false(
                has_problem(govern, SEIN_ELABEL, "circles/jeugd.conf"));
            without.exceptions = &gone;
            without.exception_count = 1;
            assert_int_equal(govern_set_circle(govern, &without), SEIN_OK);
        }
    }
    govern_close(&govern);
    govern_folder_remove(&folder);
}

static void
circles_are_made_and_changed(void **state)
{
    struct govern_folder folder;
    struct govern *govern = NULL;
    struct govern_circle rules = { .id = "Niet Goed" };
    char from[400];

    (void)state;
    govern_folder_make(&folder, NOW);
    govern = govern_folder_open(&folder, NOW);
    assert_int_equal(govern_set_circle(govern, &rules), SEIN_ECIRCLE);
    rules.id = "schulden";
    rules.from = "/nonexistent.conf";
    assert_int_equal(govern_set_circle(govern, &rules), SEIN_EEXIST);
    rules.id = "zorg";
    assert_int_equal(govern_set_circle(govern, &rules), SEIN_ENOENT);
    (void)snprintf(from, sizeof from, "%s/" CIRCLE, folder.path);
    rules.from = from;
    rules.title = "Zorg";
    assert_int_equal(govern_set_circle(govern, &rules), SEIN_OK);
    assert_true(govern_has_circle(govern, "zorg"));
    assert_int_equal(govern_commit(govern), SEIN_OK);
    assert_non_null(strstr(
        (const char *)govern_folder_read(&folder, "circles/zorg.conf").at,
        "title = Zorg\n"));
    govern_close(&govern);
    govern_folder_remove(&folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_are_checked),
        cmocka_unit_test(members_are_checked),
        cmocka_unit_test(brokers_and_governance_are_checked),
        cmocka_unit_test(a_key_stands_once),
        cmocka_unit_test(a_member_needs_desk_and_key),
        cmocka_unit_test(without_a_broker_nothing_is_signed),
        cmocka_unit_test(a_broken_file_is_not_changed),
        cmocka_unit_test(small_labels_need_a_reason),
        cmocka_unit_test(circles_are_made_and_changed),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
