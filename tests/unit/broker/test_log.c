#include "broker/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/store_folder.h"

/* 2026-01-31 12:00:00.007 UTC. */
#define NOW_MS INT64_C(1769860800007)

struct fixture {
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    struct log *log;
    char text[65536];
};

static void
open_log(struct fixture *fixture, enum log_level level)
{
    const struct clock clock = { .now_ms = NOW_MS, .mono_ms = 1000 };

    memset(fixture, 0, sizeof *fixture);
    store_folder_make(fixture->folder);
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/l.log",
                   fixture->folder);
    assert_int_equal(log_new(fixture->path, level, &fixture->log), SEIN_OK);
    log_tick(fixture->log, &clock);
}

static const char *
read_log(struct fixture *fixture)
{
    FILE *file = fopen(fixture->path, "r");
    size_t len = 0;

    assert_non_null(file);
    len = fread(fixture->text, 1, sizeof fixture->text - 1, file);
    fixture->text[len] = '\0';
    (void)fclose(file);
    return fixture->text;
}

static void
close_log(struct fixture *fixture)
{
    log_free(&fixture->log);
    assert_null(fixture->log);
    store_folder_remove(fixture->folder);
}

static size_t
count_lines(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void
test_a_line(void **state)
{
    static const uint8_t id[SEIN_ID_BYTES] = { 1, 2,  3,  4,  5,  6,  7,  8,
                                               9, 10, 11, 12, 13, 14, 15, 16 };
    static const struct sein_desk_name desk = { "00000099000000001000/team" };
    static struct fixture fixture;

    (void)state;
    open_log(&fixture, LOG_INFO);
    log_write(fixture.log, LOG_REFUSED,
              LOG_FIELDS(log_id(LOG_KEY_KEY, id), log_desk(LOG_KEY_DESK, &desk),
                         log_err(LOG_KEY_REASON, SEIN_EROLE),
                         log_int(LOG_KEY_SEQ, -3)));
    assert_string_equal(read_log(&fixture),
                        "2026-01-31T12:00:00.007Z info refused key=0d0e0f10 "
                        "desk=00000099000000001000/team reason=role_missing "
                        "seq=-3\n");
    close_log(&fixture);
}

/* Whatever a desk's name claims to be, a line stays one line. */
static void
test_only_desks_are_written_as_desks(void **state)
{
    static const struct sein_desk_name bad = { "x\nadmin=1" };
    static struct fixture fixture;

    (void)state;
    open_log(&fixture, LOG_INFO);
    log_write(fixture.log, LOG_REFUSED,
              LOG_FIELDS(log_desk(LOG_KEY_DESK, &bad)));
    assert_string_equal(read_log(&fixture),
                        "2026-01-31T12:00:00.007Z info refused desk=-\n");
    close_log(&fixture);
}

static void
test_own_text_is_quoted(void **state)
{
    static struct fixture fixture;

    (void)state;
    open_log(&fixture, LOG_INFO);
    log_write(fixture.log, LOG_READY,
              LOG_FIELDS(log_own(LOG_KEY_FILE, "/a b\n\"c"),
                         log_own(LOG_KEY_FOLDER, ""),
                         log_own(LOG_KEY_ENDPOINT, "tcp://[::1]:5")));
    assert_string_equal(read_log(&fixture),
                        "2026-01-31T12:00:00.007Z info ready file=\"/a "
                        "b\\u000a\\\"c\" folder=\"\" "
                        "endpoint=tcp://[::1]:5\n");
    close_log(&fixture);
}

static void
test_levels(void **state)
{
    static struct fixture fixture;
    enum log_level level = LOG_DEBUG;

    (void)state;
    open_log(&fixture, LOG_WARN);
    log_write(fixture.log, LOG_READY, NULL, 0);
    log_write(fixture.log, LOG_DIRECTORY_ENDING, NULL, 0);
    assert_int_equal(count_lines(read_log(&fixture)), 1);
    assert_int_equal(log_level_find("error", &level), SEIN_OK);
    assert_int_equal(level, LOG_ERROR);
    assert_string_equal(log_level_name(LOG_WARN), "warn");
    assert_int_equal(log_level_find("Error", &level), SEIN_EFORMAT);
    close_log(&fixture);
}

/* A peer that misbehaves all day fills no disk, and what is left out is told.
 */
static void
test_bursts_are_bounded(void **state)
{
    struct clock clock = { .now_ms = NOW_MS, .mono_ms = 1000 };
    static struct fixture fixture;

    (void)state;
    open_log(&fixture, LOG_INFO);
    for (unsigned i = 0; i < LOG_BURST + 7; i++)
        log_write(fixture.log, LOG_REFUSED, NULL, 0);
    log_write(fixture.log, LOG_READY, NULL, 0); /* another event goes on */
    assert_int_equal(count_lines(read_log(&fixture)), LOG_BURST + 1);
    clock.mono_ms += LOG_WINDOW_MS - 1;
    log_tick(fixture.log, &clock);
    log_write(fixture.log, LOG_REFUSED, NULL, 0);
    assert_int_equal(count_lines(read_log(&fixture)), LOG_BURST + 1);
    clock.mono_ms += 1;
    log_tick(fixture.log, &clock);
    log_write(fixture.log, LOG_REFUSED, NULL, 0);
    assert_int_equal(count_lines(read_log(&fixture)), LOG_BURST + 2);
    assert_non_null(strstr(fixture.text, "refused left_out=8\n"));
    close_log(&fixture);
}

static void
test_files_are_ours_alone(void **state)
{
    static struct fixture fixture;
    struct stat about;
    mode_t before = umask(0);

    (void)state;
    open_log(&fixture, LOG_INFO);
    (void)umask(before);
    assert_int_equal(stat(fixture.path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    close_log(&fixture);
}

static void
test_reopened_after_it_was_renamed(void **state)
{
    static struct fixture fixture;
    char old[STORE_FOLDER_MAX + 32];

    (void)state;
    open_log(&fixture, LOG_INFO);
    (void)snprintf(old, sizeof old, "%s.1", fixture.path);
    log_write(fixture.log, LOG_READY, NULL, 0);
    assert_int_equal(rename(fixture.path, old), 0);
    assert_int_equal(log_reopen(fixture.log, fixture.path, LOG_INFO), SEIN_OK);
    log_write(fixture.log, LOG_STOPPED, NULL, 0);
    assert_non_null(strstr(read_log(&fixture), "stopped"));
    assert_null(strstr(fixture.text, "ready"));
    /* Another place that cannot be: the old one stays. */
    assert_int_equal(log_reopen(fixture.log, "/nowhere/at/all", LOG_ERROR),
                     SEIN_EIO);
    log_write(fixture.log, LOG_READY, NULL, 0);
    assert_non_null(strstr(read_log(&fixture), "ready"));
    close_log(&fixture);
}

static void
test_a_full_disk_is_counted(void **state)
{
    struct log *log = NULL;

    (void)state;
    assert_int_equal(log_new("/dev/full", LOG_INFO, &log), SEIN_OK);
    log_write(log, LOG_READY, NULL, 0);
    assert_int_equal(log_lost(log), 1);
    log_free(&log);
}

/* Every event has a name and a level, and a long field breaks no line. */
static void
test_every_event(void **state)
{
    static struct fixture fixture;
    char long_text[4096];

    (void)state;
    open_log(&fixture, LOG_DEBUG);
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    for (int i = 0; i < LOG_EVENT_COUNT; i++)
        log_write(fixture.log, (enum log_event)i,
                  LOG_FIELDS(log_own(LOG_KEY_FILE, long_text)));
    assert_int_equal(count_lines(read_log(&fixture)), LOG_EVENT_COUNT);
    assert_null(strstr(fixture.text, "(null)"));
    close_log(&fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line),
        cmocka_unit_test(test_only_desks_are_written_as_desks),
        cmocka_unit_test(test_own_text_is_quoted),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_bursts_are_bounded),
        cmocka_unit_test(test_files_are_ours_alone),
        cmocka_unit_test(test_reopened_after_it_was_renamed),
        cmocka_unit_test(test_a_full_disk_is_counted),
        cmocka_unit_test(test_every_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
