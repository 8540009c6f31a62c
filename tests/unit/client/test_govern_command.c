/* `sein directory` as people and scripts use it: exit codes and what is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/cli/options.h"
#include "client/cli/say.h"
#include "tests/support/govern_folder.h"

#define ARGUMENTS_MAX 40

/* The frame's table is in main.c, which tests do not link. */
const struct cli_command cli_commands[] = {
    { NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, false },
};

struct shell {
    struct govern_folder folder;
    char *out;
    char *err;
    size_t out_len;
    size_t err_len;
    bool json;
    bool dry_run;
    const char *lang;
};

static void
shell_open(struct shell *shell)
{
    memset(shell, 0, sizeof *shell);
    shell->lang = "en";
    govern_folder_make(&shell->folder, 1);
}

static void
shell_close(struct shell *shell)
{
    free(shell->out);
    free(shell->err);
    govern_folder_remove(&shell->folder);
}

/* Runs `sein directory words... --folder FOLDER`; words end with NULL. */
static int
run(struct shell *shell, const char *const *words)
{
    char *argv[ARGUMENTS_MAX] = { (char[]){ "directory" } };
    struct cli_context context = { .json = shell->json,
                                   .dry_run = shell->dry_run,
                                   .lang = shell->lang };
    int argc = 1;
    int code = 0;
    bool folder = false;

    for (; *words != NULL; words++) {
        assert_true(argc + 3 < ARGUMENTS_MAX);
        argv[argc++] = strdup(*words);
        folder |= strcmp(*words, "--folder") == 0;
    }
    if (argc > 1 && !folder && strcmp(argv[1], "init") != 0 &&
        strcmp(argv[1], "keygen") != 0 && argv[1][0] != '-') {
        argv[argc++] = strdup("--folder");
        argv[argc++] = strdup(shell->folder.path);
    }
    free(shell->out);
    free(shell->err);
    context.out = open_memstream(&shell->out, &shell->out_len);
    context.err = open_memstream(&shell->err, &shell->err_len);
    assert_non_null(context.out);
    assert_non_null(context.err);
    code = cmd_directory(&context, argc, argv);
    assert_int_equal(fclose(context.out), 0);
    assert_int_equal(fclose(context.err), 0);
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return code;
}

#define RUN(shell, ...) run(shell, (const char *const[]){ __VA_ARGS__, NULL })

static void
says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void
a_command_is_needed(void **state)
{
    struct shell shell;
    static const char *const names[] = {
        "init",   "keygen", "governor",     "broker", "invite",
        "admit",  "leave",  "retire",       "revoke", "rotate",
        "circle", "sign",   "gather",       "diff",   "verify",
        "show",   "epoch",  "epoch-record", "pepper",
    };

    (void)state;
    shell_open(&shell);
    assert_int_equal(run(&shell, (const char *const[]){ NULL }), CLI_USAGE);
    assert_int_equal(RUN(&shell, "nonsense"), CLI_USAGE);
    says(shell.err, "nonsense");
    assert_int_equal(RUN(&shell, "--help"), CLI_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char begin[40];

        says(shell.out, names[i]);
        assert_int_equal(RUN(&shell, names[i], "--help"), CLI_OK);
        (void)snprintf(begin, sizeof begin, "sein directory %s", names[i]);
        says(shell.out, begin);
        assert_int_equal(RUN(&shell, names[i], "a", "b", "--unknown"),
                         CLI_USAGE);
        says(shell.err, "--unknown");
        assert_int_equal(RUN(&shell, "--help"), CLI_OK);
    }
    shell_close(&shell);
}

static void
a_folder_is_needed(void **state)
{
    struct shell shell;

    (void)state;
    shell_open(&shell);
    assert_int_equal(RUN(&shell, "show", "--folder", "/nonexistent"),
                     CLI_NO_INPUT);
    says(shell.err, "governance.conf");
    shell.json = true;
    assert_int_equal(RUN(&shell, "show", "--folder", "/nonexistent"),
                     CLI_NO_INPUT);
    says(shell.err, "{\"error\":\"absent\",\"field\":\"--folder\"");
    says(shell.err, "\"mend\":{\"nl\":\"geef de map");
    shell_close(&shell);
}

static void
init_makes_a_folder_and_a_key(void **state)
{
    struct shell shell;
    char folder[300];
    char key[300];

    (void)state;
    shell_open(&shell);
    (void)snprintf(folder, sizeof folder, "%.200s/new/er",
                   shell.folder.outside);
    (void)snprintf(key, sizeof key, "%.200s/new.key", shell.folder.outside);
    assert_int_equal(RUN(&shell, "init", folder), CLI_DATA);
    says(shell.err, "field_missing: governor");
    assert_int_equal(
        RUN(&shell, "init", folder, "--governor", "E[a", "--key", key),
        CLI_DATA);
    assert_int_equal(RUN(&shell, "init", folder, "--governor", "Eva", "--key",
                         key, "--threshold", "17"),
                     CLI_DATA);
    shell.dry_run = true;
    assert_int_equal(
        RUN(&shell, "init", folder, "--governor", "Eva", "--key", key), CLI_OK);
    assert_int_not_equal(access(key, F_OK), 0);
    shell.dry_run = false;
    assert_int_equal(
        RUN(&shell, "init", folder, "--governor", "Eva", "--key", key), CLI_OK);
    assert_int_equal(access(key, F_OK), 0);
    assert_int_equal(
        RUN(&shell, "init", folder, "--governor", "Eva", "--key", key),
        CLI_CANNOT_CREATE);
    assert_int_equal(RUN(&shell, "keygen", key, "--name", "Eva"),
                     CLI_CANNOT_CREATE);
    assert_int_equal(RUN(&shell, "show", "--folder", folder), CLI_OK);
    says(shell.out, "governor Eva");
    assert_int_equal(RUN(&shell, "sign", "--folder", folder, "--key", key),
                     CLI_DATA);
    says(shell.err, "brokers/");
    shell_close(&shell);
}

static void
admit_wants_the_fingerprint_compared(void **state)
{
    static const char *const desks[] = { "balie", NULL };
    struct shell shell;
    char line[SEIN_LINE_MAX];
    char fingerprint[40];
    struct sein_key_id id;

    (void)state;
    shell_open(&shell);
    govern_folder_join_line("00000099000000003000", "School", desks, line, &id);
    sein_fingerprint_text(id.bytes, fingerprint);
    shell.json = true;
    assert_int_equal(RUN(&shell, "admit", line, "--domain", "onderwijs"),
                     CLI_POLICY);
    says(shell.err, fingerprint);
    assert_int_equal(RUN(&shell, "admit", line, "--domain", "onderwijs",
                         "--fingerprint", "3a07"),
                     CLI_POLICY);
    shell.json = false;
    shell.dry_run = true;
    assert_int_equal(RUN(&shell, "admit", line, "--domain", "onderwijs",
                         "--fingerprint", fingerprint),
                     CLI_OK);
    says(shell.out, "+ member 00000099000000003000");
    says(shell.out, "nothing was written");
    assert_int_equal(RUN(&shell, "show"), CLI_OK);
    assert_null(strstr(shell.out, "School"));
    shell.dry_run = false;
    shell.json = true;
    assert_int_equal(RUN(&shell, "admit", line, "--domain", "onderwijs",
                         "--fingerprint", fingerprint, "--role",
                         "schulden=signal", "--desk", "zij", "--title",
                         "Zij-ingang", "--role", "schulden=feedback"),
                     CLI_OK);
    says(shell.out, "\"dry_run\":false,\"oin\":\"00000099000000003000\"");
    says(shell.out, fingerprint);
    says(shell.out, "\"files\":[\"members/00000099000000003000.conf\"]");
    says(shell.out, "{\"op\":\"~\",\"kind\":\"desk\",\"id\":"
                    "\"00000099000000003000/zij\",\"field\":\"title\","
                    "\"before\":\"\",\"after\":\"Zij-ingang\"}");
    /* Before the first --desk: for all; behind it: for that one. */
    says(shell.out, "00000099000000003000/balie\",\"field\":\"role.schulden\","
                    "\"before\":\"\",\"after\":\"signal\"");
    says(shell.out, "00000099000000003000/zij\",\"field\":\"role.schulden\","
                    "\"before\":\"\",\"after\":\"feedback\"");
    assert_int_equal(RUN(&shell, "admit", line, "--yes"), CLI_CANNOT_CREATE);
    shell_close(&shell);
}

static void
signing_shows_what_changes(void **state)
{
    struct shell shell;
    const char *key = NULL;

    (void)state;
    shell_open(&shell);
    key = shell.folder.key[0];
    assert_int_equal(RUN(&shell, "verify"), CLI_NO_INPUT);
    shell.dry_run = true;
    assert_int_equal(RUN(&shell, "sign", "--key", key), CLI_OK);
    says(shell.out, "nothing was signed");
    shell.dry_run = false;
    assert_int_equal(RUN(&shell, "sign", "--key", key, "--days", "46"),
                     CLI_DATA);
    assert_int_equal(RUN(&shell, "sign", "--key", key, "--days", "x"),
                     CLI_DATA);
    assert_int_equal(RUN(&shell, "sign", "--detached", "/nowhere"), CLI_DATA);
    assert_int_equal(RUN(&shell, "sign", "--key", "/nonexistent"),
                     CLI_NO_INPUT);
    assert_int_equal(RUN(&shell, "sign", "--key", key, "--days", "13"), CLI_OK);
    says(shell.out, "signed: version 1");
    assert_int_equal(RUN(&shell, "diff"), CLI_OK);
    says(shell.out, "no difference");
    shell.lang = "nl";
    assert_int_equal(RUN(&shell, "verify"), CLI_OK);
    says(shell.err, "let op: teken binnenkort");
    shell.json = true;
    assert_int_equal(RUN(&shell, "verify"), CLI_OK);
    says(shell.out, "{\"version\":1,");
    says(shell.out, "\"expired\":false,\"threshold\":1,\"governors\":1,");
    shell.json = false;
    shell.lang = "en";

    assert_int_equal(
        RUN(&shell, "leave", GOVERN_FOLDER_CORPORATIE, "--at", "2027-12-31"),
        CLI_OK);
    assert_int_equal(
        RUN(&shell, "leave", GOVERN_FOLDER_CORPORATIE, "--at", "ooit"),
        CLI_DATA);
    assert_int_equal(RUN(&shell, "leave", "123"), CLI_NO_INPUT);
    assert_int_equal(RUN(&shell, "diff"), CLI_OK);
    assert_string_equal(shell.out, "  ~ member " GOVERN_FOLDER_CORPORATIE
                                   ": left_at: (nothing) -> 2027-12-31\n");
    assert_int_equal(RUN(&shell, "sign", "--key", key), CLI_OK);
    assert_int_equal(RUN(&shell, "diff", "1", "2"), CLI_OK);
    says(shell.out, "left_at: (nothing) -> 2027-12-31");
    assert_int_equal(RUN(&shell, "diff", "2", "1"), CLI_OK);
    says(shell.out, "left_at: 2027-12-31 -> (nothing)");
    assert_int_equal(RUN(&shell, "diff", "7"), CLI_NO_INPUT);
    assert_int_equal(RUN(&shell, "show", "0"), CLI_DATA);
    assert_int_equal(RUN(&shell, "show", "1"), CLI_OK);
    assert_null(strstr(shell.out, "left_at"));
    shell_close(&shell);
}

static void
problems_stop_signing_all_at_once(void **state)
{
    struct shell shell;

    (void)state;
    shell_open(&shell);
    govern_folder_write(&shell.folder, "members/00000099000000007000.conf",
                        "name = A\nfoo = 1\n");
    govern_folder_write(&shell.folder, "circles/x.conf", "a\n");
    assert_int_equal(RUN(&shell, "sign", "--key", shell.folder.key[0]),
                     CLI_CONFIG);
    says(shell.err, "members/00000099000000007000.conf:2: foo: ");
    says(shell.err, "circles/x.conf:1: ");
    shell.json = true;
    assert_int_equal(RUN(&shell, "circle", "x"), CLI_DATA);
    says(shell.err, "\"error\":\"configuration\",\"field\":"
                    "\"circles/x.conf:1\"");
    shell_close(&shell);
}

static void
governors_gather(void **state)
{
    struct shell shell;
    char hex[2 * SEIN_KEY_BYTES + 1];
    char signature[300];

    (void)state;
    shell_open(&shell);
    sein_hex(sein_slice_of(shell.folder.pk[1], SEIN_KEY_BYTES), hex,
             sizeof hex);
    (void)snprintf(signature, sizeof signature, "%.200s/bram.sig",
                   shell.folder.outside);
    assert_int_equal(RUN(&shell, "governor"), CLI_USAGE);
    assert_int_equal(RUN(&shell, "governor", "Bram"), CLI_DATA);
    assert_int_equal(RUN(&shell, "governor", "Bram", "--pk", "12"), CLI_DATA);
    assert_int_equal(
        RUN(&shell, "governor", "Bram", "--pk", hex, "--threshold", "2"),
        CLI_OK);
    assert_int_equal(RUN(&shell, "governor", "Bram", "--pk", hex),
                     CLI_CANNOT_CREATE);
    assert_int_equal(RUN(&shell, "governor", "--threshold", "3"), CLI_DATA);
    assert_int_equal(RUN(&shell, "governor", "Cato", "--remove"), CLI_NO_INPUT);
    assert_int_equal(RUN(&shell, "sign", "--key", shell.folder.key[0]), CLI_OK);
    says(shell.out, "1/2");
    assert_int_equal(RUN(&shell, "sign", "--key", shell.folder.key[1],
                         "--detached", signature),
                     CLI_OK);
    shell.dry_run = true;
    shell.json = true;
    assert_int_equal(RUN(&shell, "gather", signature), CLI_OK);
    says(shell.out, "\"complete\":false");
    says(shell.out, "\"new\":{\"have\":2,\"need\":2}");
    shell.dry_run = false;
    assert_int_equal(RUN(&shell, "gather", signature), CLI_OK);
    says(shell.out, "\"complete\":true");
    assert_int_equal(RUN(&shell, "gather", signature), CLI_NO_INPUT);
    shell_close(&shell);
}

static void
invite_gives_the_line_alone(void **state)
{
    struct shell shell;

    (void)state;
    shell_open(&shell);
    assert_int_equal(RUN(&shell, "invite"), CLI_OK);
    assert_int_equal(strncmp(shell.out, "seinhuis-invite-1:", 18), 0);
    assert_ptr_equal(strchr(shell.out, '\n'), shell.out + shell.out_len - 1);
    says(shell.err, "fingerprint");
    shell.json = true;
    assert_int_equal(RUN(&shell, "invite"), CLI_OK);
    says(shell.out, "{\"invitation\":\"seinhuis-invite-1:");
    assert_int_equal(RUN(&shell, "invite", "--broker", "Elders"), CLI_NO_INPUT);
    shell_close(&shell);
}

static void
keyholders_are_named(void **state)
{
    static const char holders[] =
        GOVERN_FOLDER_CORPORATIE "/incasso," GOVERN_FOLDER_WIJKTEAM "/noord";
    static const char check[] = "00112233445566778899aabbccddeeff";
    struct shell shell;

    (void)state;
    shell_open(&shell);
    assert_int_equal(RUN(&shell, "epoch", "schulden"), CLI_DATA);
    says(shell.err, "field_missing: --epoch");
    assert_int_equal(RUN(&shell, "epoch", "schulden", "--epoch", "0"),
                     CLI_DATA);
    assert_int_equal(RUN(&shell, "epoch", "schulden", "--epoch", "1x"),
                     CLI_DATA);
    assert_int_equal(RUN(&shell, "epoch", "schulden", "--epoch", "1"),
                     CLI_DATA);
    says(shell.err, "field_missing: --threshold");
    assert_int_equal(RUN(&shell, "epoch", "schulden", "--epoch", "1",
                         "--threshold", "2", "--holders", holders,
                         "--not-before", "2030-01-01", "--match-until",
                         "2030-12-31"),
                     CLI_OK);
    says(shell.out, "holders");
    assert_int_equal(RUN(&shell, "pepper", "schulden", "1", check), CLI_OK);
    says(shell.out, "pepper_check");
    assert_int_equal(RUN(&shell, "pepper", "schulden", "2", check),
                     CLI_NO_INPUT);
    says(shell.err, "sein directory epoch");
    assert_int_equal(RUN(&shell, "epoch-record", "/nonexistent"), CLI_NO_INPUT);
    says(shell.err, "absent: FILE");
    assert_int_equal(RUN(&shell, "circle", "schulden", "--link-pairs",
                         "address-address", "--quota-per-day", "50"),
                     CLI_OK);
    says(shell.out, "address-address");
    assert_int_equal(RUN(&shell, "sign", "--key", shell.folder.key[0]), CLI_OK);
    assert_int_equal(RUN(&shell, "verify"), CLI_OK);
    says(shell.out, "key of schulden 1: through 2030-12-31, not made yet");
    assert_int_equal(
        RUN(&shell, "circle", "schulden", "--link-pairs", "address-name"),
        CLI_DATA);
    shell_close(&shell);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_needed),
        cmocka_unit_test(a_folder_is_needed),
        cmocka_unit_test(init_makes_a_folder_and_a_key),
        cmocka_unit_test(admit_wants_the_fingerprint_compared),
        cmocka_unit_test(signing_shows_what_changes),
        cmocka_unit_test(problems_stop_signing_all_at_once),
        cmocka_unit_test(governors_gather),
        cmocka_unit_test(invite_gives_the_line_alone),
        cmocka_unit_test(keyholders_are_named),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
