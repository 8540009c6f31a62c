#include "broker/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/config_table.h"
#include "tests/support/store_folder.h"

#define GOVERNANCE \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char good[] = "[broker]\n"
                           "name = Seinhuis Zaanstreek\n"
                           "listen = tcp://0.0.0.0:5670\n"
                           "endpoint = tcp://seinhuis.example.nl:5670\n"
                           "operator = 00000099000000001000\n"
                           "[store]\n"
                           "dir = store\n"
                           "[keys]\n"
                           "dir = /etc/keys\n"
                           "[directory]\n"
                           "incoming = incoming\n"
                           "governance = " GOVERNANCE "\n";

static enum sein_err
parse(const char *text, struct config *config, struct config_fault *fault)
{
    return config_parse(sein_slice_text(text), "/etc/seinhuis", config, fault);
}

/* The good text with more behind it. */
static enum sein_err
parse_with(const char *more, struct config *config, struct config_fault *fault)
{
    char text[4096];

    (void)snprintf(text, sizeof text, "%s%s", good, more);
    return parse(text, config, fault);
}

static void
expect_fault(const char *more, unsigned line, const char *said)
{
    struct config config;
    struct config_fault fault = { 0 };

    assert_int_equal(parse_with(more, &config, &fault), SEIN_ECONFIG);
    if (strstr(fault.text, said) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.text, said);
    assert_int_equal(fault.line, line);
}

static void
test_good(void **state)
{
    struct config config;
    struct config_fault fault = { 0 };
    struct sein_hash fingerprint;

    (void)state;
    assert_int_equal(parse(good, &config, &fault), SEIN_OK);
    assert_int_equal(config_check_run(&config, &fault), SEIN_OK);
    assert_string_equal(config.name, "Seinhuis Zaanstreek");
    assert_string_equal(config.store_dir, "/etc/seinhuis/store");
    assert_string_equal(config.mark, "/etc/seinhuis/log.mark");
    assert_string_equal(config.keys_dir, "/etc/keys");
    assert_string_equal(config.log_file, "stderr");
    assert_int_equal(config.log_level, LOG_INFO);
    assert_int_equal(config.io_threads, 2);
    assert_string_equal(config.admin_socket, "");
    config_governance(&config, &fingerprint);
    assert_int_equal(fingerprint.bytes[1], 0x11);
}

static void
test_what_is_missing_is_named(void **state)
{
    static const char *const lines[] = { "name", "listen", "endpoint",
                                         "operator", "incoming" };
    struct config config;
    struct config_fault fault = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[sizeof good];
        char wanted[40];
        char *line = NULL;

        memcpy(text, good, sizeof good);
        (void)snprintf(wanted, sizeof wanted, "\n%s =", lines[i]);
        line = strstr(text, wanted);
        assert_non_null(line);
        line[1] = '#';
        assert_int_equal(parse(text, &config, &fault), SEIN_ECONFIG);
        (void)snprintf(wanted, sizeof wanted, "\"%s\" in [", lines[i]);
        assert_non_null(strstr(fault.text, wanted));
        assert_int_equal(fault.line, 0);
    }
}

/* Making keys comes before the governance is known; running does not. */
static void
test_governance_is_needed_to_run_only(void **state)
{
    struct config config;
    struct config_fault fault = { 0 };
    char text[sizeof good];

    (void)state;
    memcpy(text, good, sizeof good);
    *strstr(text, "governance") = '#';
    assert_int_equal(parse(text, &config, &fault), SEIN_OK);
    assert_int_equal(config_check_run(&config, &fault), SEIN_ECONFIG);
    assert_non_null(strstr(fault.text, "governance"));
}

static void
test_unknown_and_twice(void **state)
{
    (void)state;
    expect_fault("[limits]\nletters_maxx = 5\n", 14,
                 "did you mean \"letters_max\" in [limits]?");
    expect_fault("[broker]\nsocket = x\n", 14,
                 "did you mean \"socket\" in [admin]?");
    expect_fault("[limits]\nsomething_else_entirely = 5\n", 14,
                 "unknown key \"something_else_entirely\"");
    expect_fault("[limit]\n", 13, "did you mean [limits]?");
    expect_fault("[quite other]\n", 13, "unknown section [quite other]");
    expect_fault("[limits]\nio_threads = 1\nio_threads = 1\n", 15,
                 "stands there twice");
    expect_fault("[broker]\nname = other\n", 14, "stands there twice");
    /* A line that begins with white space goes on with the one before. */
    expect_fault("[limits]\nio_threads = 1\n  2\n", 15, "twice");
}

static void
test_lines(void **state)
{
    char more[512];
    struct config config;
    struct config_fault fault = { 0 };
    size_t fits = CONFIG_LINE_MAX - strlen("supplier = ");

    (void)state;
    /* Comments may be long, but not so long that the reader cuts them. */
    more[0] = '#';
    memset(more + 1, 'x', CONFIG_LINE_MAX - 1);
    (void)snprintf(more + CONFIG_LINE_MAX, 2, "\n");
    assert_int_equal(parse_with(more, &config, &fault), SEIN_OK);
    memset(more + 1, 'x', CONFIG_LINE_MAX);
    (void)snprintf(more + CONFIG_LINE_MAX + 1, 2, "\n");
    expect_fault(more, 13, "longer than");
    /* The same as last line, without an end. */
    more[CONFIG_LINE_MAX + 1] = '\0';
    expect_fault(more, 13, "longer than");
    (void)snprintf(more, sizeof more, "[broker]\nsupplier = %0*d\n", (int)fits,
                   1);
    expect_fault(more, 14, "at most 128 bytes");
    expect_fault("[limits\n", 13, "written as [name]");
    expect_fault("[limits] x = 1\n", 13, "nothing may follow");
    expect_fault("[limits]\nnonsense\n", 14, "no key = value");
    assert_int_equal(parse("name = x\n", &config, &fault), SEIN_ECONFIG);
    assert_non_null(strstr(fault.text, "before the first [section]"));
}

static void
test_nul_is_refused(void **state)
{
    static const char text[] = "[broker]\nname = a\0b\n";
    struct config config;
    struct config_fault fault = { 0 };

    (void)state;
    assert_int_equal(
        config_parse(sein_slice_of((const uint8_t *)text, sizeof text - 1), "/",
                     &config, &fault),
        SEIN_ECONFIG);
    assert_int_equal(fault.line, 2);
    assert_non_null(strstr(fault.text, "NUL"));
}

static void
test_values(void **state)
{
    /* clang-format off */
    static const struct { const char *section, *key, *value; bool ok; } rows[] = {
        { "limits", "io_threads", "1", true },
        { "limits", "io_threads", "16", true },
        { "limits", "io_threads", "0", false },
        { "limits", "io_threads", "17", false },
        { "limits", "io_threads", "-1", false },
        { "limits", "io_threads", "1 ", true }, /* the reader trims */
        { "limits", "io_threads", "0x2", false },
        { "limits", "io_threads", "", false },
        { "limits", "io_threads", "99999999999999999999", false },
        { "limits", "letters_max", "4294967296", true },
        { "limits", "letters_max", "4294967297", false },
        { "limits", "bytes_max", "65535", false },
        { "metrics", "listen", "127.0.0.1:9670", true },
        { "metrics", "listen", "127.0.0.1:0", true },
        { "metrics", "listen", "[::1]:9670", true },
        { "metrics", "listen", "127.0.0.1:65536", false },
        { "metrics", "listen", "0.0.0.0:9670", false },
        { "metrics", "listen", "192.168.1.1:9670", false },
        { "metrics", "listen", "127.0.0.10:9670", false },
        { "metrics", "listen", "localhost:9670", false },
        { "metrics", "listen", "9670", false },
        { "log", "level", "debug", true },
        { "log", "level", "loud", false },
        { "log", "file", "stderr", true },
        { "admin", "socket", "a.sock", true },
        { "broker", "supplier", "Voorbeeld B.V.", true },
    };
    /* clang-format on */
    struct config config;
    struct config_fault fault = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char more[256];
        enum sein_err err = SEIN_OK;

        (void)snprintf(more, sizeof more, "[%s]\n%s = %s\n", rows[i].section,
                       rows[i].key, rows[i].value);
        err = parse_with(more, &config, &fault);
        if (err != (rows[i].ok ? SEIN_OK : SEIN_ECONFIG))
            fail_msg("%s = %s gave %s", rows[i].key, rows[i].value,
                     sein_err_code(err));
    }
}

/* One line of the good text with another value. */
static enum sein_err
parse_changed(const char *key, const char *value)
{
    struct config config;
    struct config_fault fault = { 0 };
    char text[4096];
    char from[64];
    const char *at = NULL;
    const char *end = NULL;

    (void)snprintf(from, sizeof from, "\n%s = ", key);
    at = strstr(good, from);
    assert_non_null(at);
    at += strlen(from);
    end = strchr(at, '\n');
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, value,
                   end);
    return parse(text, &config, &fault);
}

static void
test_addresses(void **state)
{
    static const char long_path[] = "/0123456789/0123456789/0123456789/"
                                    "0123456789/0123456789/0123456789/"
                                    "0123456789/0123456789/0123456789/";
    struct config config;
    struct config_fault fault = { 0 };
    char more[256];

    (void)state;
    assert_int_equal(parse_changed("listen", "tcp://127.0.0.1:*"), SEIN_OK);
    assert_int_equal(parse_changed("listen", "tcp://127.0.0.1:0"), SEIN_OK);
    assert_int_equal(parse_changed("listen", "tcp://*:5670"), SEIN_OK);
    assert_int_equal(parse_changed("listen", "tcp://[::]:5670"), SEIN_OK);
    assert_int_equal(parse_changed("listen", "ipc:///tmp/x"), SEIN_ECONFIG);
    assert_int_equal(parse_changed("listen", "tcp://127.0.0.1"), SEIN_ECONFIG);
    assert_int_equal(parse_changed("endpoint", "tcp://a.nl:1"), SEIN_OK);
    assert_int_equal(parse_changed("endpoint", "tcp://a.nl:0"), SEIN_ECONFIG);
    assert_int_equal(parse_changed("endpoint", "tcp://a.nl:*"), SEIN_ECONFIG);
    assert_int_equal(parse_changed("endpoint", "tcp://*:1"), SEIN_ECONFIG);
    assert_int_equal(parse_changed("endpoint", "tcp://a b:1"), SEIN_ECONFIG);
    assert_int_equal(parse_changed("operator", "123"), SEIN_ECONFIG);
    assert_int_equal(parse_changed("governance", "0011 2233"), SEIN_ECONFIG);
    assert_int_equal(
        parse_changed("governance",
                      "00112233 44556677 8899AABB CCDDEEFF 00112233 "
                      "44556677 8899AABB CCDDEEFF"),
        SEIN_OK);
    assert_int_equal(parse_changed("governance", GOVERNANCE "00"),
                     SEIN_ECONFIG);
    /* sockaddr_un holds 107 bytes. */
    assert_int_equal(sizeof long_path - 1, 100);
    (void)snprintf(more, sizeof more, "[admin]\nsocket = %s%s\n", long_path,
                   "1234567");
    assert_int_equal(parse_with(more, &config, &fault), SEIN_OK);
    (void)snprintf(more, sizeof more, "[admin]\nsocket = %s%s\n", long_path,
                   "12345678");
    assert_int_equal(parse_with(more, &config, &fault), SEIN_ECONFIG);
}

/* What --init writes is read back, help and all. */
static void
test_written_is_read(void **state)
{
    const struct config_setting settings[] = {
        { "broker", "name", "Proef" },
        { "broker", "listen", "tcp://127.0.0.1:*" },
        { "broker", "endpoint", "tcp://127.0.0.1:5670" },
        { "broker", "operator", "00000099000000001000" },
        { "broker", "supplier", NULL },
        { "store", "dir", "store" },
        { "keys", "dir", "keys" },
        { "directory", "incoming", "incoming" },
    };
    struct config config;
    struct config_fault fault = { 0 };
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);

    (void)state;
    assert_int_equal(
        config_write(file, settings, sizeof settings / sizeof settings[0]),
        SEIN_OK);
    (void)fclose(file);
    assert_int_equal(parse(text, &config, &fault), SEIN_OK);
    assert_string_equal(config.name, "Proef");
    assert_string_equal(config.keys_dir, "/etc/seinhuis/keys");
    free(text);
}

/* Uncommenting a default that the first file shows changes nothing. */
static void
test_every_default_is_a_good_value(void **state)
{
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);
    struct config plain;
    struct config config;
    struct config_fault fault = { 0 };

    (void)state;
    assert_int_equal(parse(good, &plain, &fault), SEIN_OK);
    for (size_t i = 0; i < count; i++) {
        char more[256];
        char name[64];
        size_t at = 0;

        if (rows[i].standard == NULL)
            continue;
        (void)snprintf(more, sizeof more, "[%s]\n%s = %s\n", rows[i].section,
                       rows[i].key, rows[i].standard);
        assert_int_equal(parse_with(more, &config, &fault), SEIN_OK);
        assert_null(
            config_needs_restart(&plain, &config, &at, name, sizeof name));
    }
}

static void
test_needs_restart(void **state)
{
    struct config before;
    struct config after;
    struct config_fault fault = { 0 };
    char name[64];
    size_t at = 0;

    (void)state;
    assert_int_equal(parse(good, &before, &fault), SEIN_OK);
    assert_int_equal(parse_with("[limits]\nio_threads = 3\nletters_max = 7\n"
                                "[log]\nfile = x\nlevel = warn\n",
                                &after, &fault),
                     SEIN_OK);
    assert_string_equal(
        config_needs_restart(&before, &after, &at, name, sizeof name),
        "limits.io_threads");
    assert_null(config_needs_restart(&before, &after, &at, name, sizeof name));
}

/* The file that is shipped is right but for the governance, which is to be
 * compared by people. */
static void
test_the_shipped_file(void **state)
{
    struct config config;
    struct config_fault fault = { 0 };

    (void)state;
    assert_int_equal(config_read("deploy/conf/seinhuisd.conf", &config, &fault),
                     SEIN_OK);
    assert_string_equal(config.store_dir, "/var/lib/seinhuis/store");
    assert_int_equal(config_check_run(&config, &fault), SEIN_ECONFIG);
}

static bool
page_has(const char *page, const struct config_row *row)
{
    char wanted[128];

    (void)snprintf(wanted, sizeof wanted, "\n# [%s]\n", row->section);
    if (strstr(page, wanted) == NULL)
        return false;
    (void)snprintf(wanted, sizeof wanted, "\n*%s* = ", row->key);
    if (strstr(page, wanted) == NULL)
        return false;
    (void)snprintf(wanted, sizeof wanted, "%s",
                   row->standard == NULL ? "" : row->standard);
    return strstr(page, wanted) != NULL;
}

/* The manual names every key, and its default as the table has it. */
static void
test_the_manual(void **state)
{
    static char page[32768];
    FILE *file = fopen("broker/seinhuisd.conf.5.scd", "r");
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);

    (void)state;
    assert_non_null(file);
    assert_true(fread(page, 1, sizeof page - 1, file) > 0);
    (void)fclose(file);
    for (size_t i = 0; i < count; i++) {
        if (!page_has(page, &rows[i]))
            fail_msg("[%s] %s is not in the manual", rows[i].section,
                     rows[i].key);
    }
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void
test_files(void **state)
{
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    char wanted[STORE_FOLDER_MAX + 16];
    struct config config;
    struct config_fault fault = { 0 };

    (void)state;
    store_folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/c.conf", folder);
    assert_int_equal(config_read(path, &config, &fault), SEIN_ENOENT);
    write_file(path, good, 0600);
    assert_int_equal(config_read(path, &config, &fault), SEIN_OK);
    (void)snprintf(wanted, sizeof wanted, "%s/store", folder);
    assert_string_equal(config.store_dir, wanted);
    write_file(path, good, 0602);
    assert_int_equal(config_read(path, &config, &fault), SEIN_EIO);
    assert_non_null(strstr(fault.text, "chmod o-w"));
    assert_int_equal(config_read(folder, &config, &fault), SEIN_EIO);
    store_folder_remove(folder);
}

/* A path without folder starts where we are, a relative one below it. */
static void
test_relative_paths(void **state)
{
    char folder[STORE_FOLDER_MAX];
    char here[CONFIG_PATH_MAX];
    char wanted[CONFIG_PATH_MAX + 16];
    struct config config;
    struct config_fault fault = { 0 };

    (void)state;
    store_folder_make(folder);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    write_file("c.conf", good, 0600);
    assert_int_equal(config_read("c.conf", &config, &fault), SEIN_OK);
    (void)snprintf(wanted, sizeof wanted, "%s/incoming", folder);
    assert_string_equal(config.incoming, wanted);
    assert_int_equal(config_read("./c.conf", &config, &fault), SEIN_OK);
    (void)snprintf(wanted, sizeof wanted, "%s/./incoming", folder);
    assert_string_equal(config.incoming, wanted);
    assert_int_equal(chdir(here), 0);
    store_folder_remove(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_what_is_missing_is_named),
        cmocka_unit_test(test_governance_is_needed_to_run_only),
        cmocka_unit_test(test_unknown_and_twice),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_nul_is_refused),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_written_is_read),
        cmocka_unit_test(test_every_default_is_a_good_value),
        cmocka_unit_test(test_needs_restart),
        cmocka_unit_test(test_the_shipped_file),
        cmocka_unit_test(test_the_manual),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_relative_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
