#include "client/keyholder/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/store_folder.h"

#define DESK "00000099000000010000/sleutels"
#define WHOLE                                            \
    "[keyholder]\ndesk = " DESK "\nname = Houder\n"      \
    "dir = data ; beside this file\nkey_file = /run/k\n" \
    "[broker]\ninvitation = invitation\n"

static enum sein_err
parse(const char *text, struct settings *out, struct settings_fault *fault)
{
    return settings_parse(sein_slice_text(text), "/etc/seinhuis", out, fault);
}

static void
test_a_whole_file(void **state)
{
    struct settings settings;
    struct settings_fault fault;

    (void)state;
    assert_int_equal(parse(WHOLE, &settings, &fault), SEIN_OK);
    assert_string_equal(settings.desk, DESK);
    assert_string_equal(settings.name, "Houder");
    assert_string_equal(settings.folder, "/etc/seinhuis/data");
    assert_string_equal(settings.key_file, "/run/k");
    assert_string_equal(settings.invitation, "/etc/seinhuis/invitation");
    assert_int_equal(settings.window, 64);
    assert_int_equal(
        parse("[keyholder]\nwindow = 256\n" WHOLE, &settings, &fault), SEIN_OK);
    assert_int_equal(settings.window, 256);
}

static void
test_what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *says;
    } cases[] = {
        { "", 0, "\"desk\" in [keyholder] is missing" },
        { "[keyholder]\nwindw = 3\n", 2, "did you mean \"window\"" },
        { "[broker]\ndesk = " DESK "\n", 2, "\"desk\" in [keyholder]?" },
        { "[keyholders]\n", 1, "did you mean [keyholder]?" },
        { "[nothing like it]\n", 1, "unknown section [nothing like it]" },
        { "[keyholder]\nzzzzzzzzzzzz = 1\n", 2, "see --help-config" },
        { "desk = x\n", 1, "stands before the first [section]" },
        { "[keyholder]\nwindow = 3\nwindow = 4\n", 3, "twice" },
        { "[keyholder]\nwindow =\n", 2, "is empty" },
        { "[keyholder]\nwindow = 0\n", 2, "from 1 to 256" },
        { "[keyholder]\nwindow = 257\n", 2, "from 1 to 256" },
        { "[keyholder]\nwindow = 99999999999999999999999\n", 2, "from 1" },
        { "[keyholder]\nwindow = 3x\n", 2, "from 1 to 256" },
        { "[keyholder]\ndesk = 123/x\n", 2, "a desk, as" },
        { "[keyholder]\nno line of ours\n", 2, "no comment, no [section]" },
        { "[keyholder\n", 1, "written as [name]" },
        { "[keyholder] more\n", 1, "nothing may follow" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct settings settings = { .window = 7 };
        struct settings_fault fault = { 0 };

        assert_int_equal(parse(cases[i].text, &settings, &fault), SEIN_ECONFIG);
        if (strstr(fault.text, cases[i].says) == NULL)
            fail_msg("%zu: %s", i, fault.text);
        assert_int_equal(fault.line, cases[i].line);
        assert_int_equal(settings.window, 7);
    }
}

static void
test_lines_at_their_limit(void **state)
{
    char text[SETTINGS_LINE_MAX + 64];
    struct settings settings;
    struct settings_fault fault;

    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        int len = snprintf(text, sizeof text, "[keyholder]\n# ");

        memset(text + len, 'x', SETTINGS_LINE_MAX - 2 + more);
        text[(size_t)len + SETTINGS_LINE_MAX - 2 + more] = '\0';
        assert_int_equal(parse(text, &settings, &fault), SEIN_ECONFIG);
        assert_int_equal(strstr(fault.text, "longer than") != NULL, more == 1);
    }
    assert_int_equal(
        settings_parse(sein_slice_of((const uint8_t *)"[k\0]\n", 5), "/",
                       &settings, &fault),
        SEIN_ECONFIG);
    assert_non_null(strstr(fault.text, "NUL"));
}

static void
test_files(void **state)
{
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    struct settings settings;
    struct settings_fault fault;
    FILE *file = NULL;

    (void)state;
    store_folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/k.conf", folder);
    assert_int_equal(settings_read(path, &settings, &fault), SEIN_ENOENT);
    assert_int_equal(settings_read(folder, &settings, &fault), SEIN_EIO);
    file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs(WHOLE, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(settings_read(path, &settings, &fault), SEIN_OK);
    assert_memory_equal(settings.folder, folder, strlen(folder));
    assert_string_equal(settings.folder + strlen(folder), "/data");
    assert_int_equal(chmod(path, 0646), 0);
    assert_int_equal(settings_read(path, &settings, &fault), SEIN_EIO);
    assert_non_null(strstr(fault.text, "chmod o-w"));
    store_folder_remove(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_file),
        cmocka_unit_test(test_what_is_wrong_is_told),
        cmocka_unit_test(test_lines_at_their_limit),
        cmocka_unit_test(test_files),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
