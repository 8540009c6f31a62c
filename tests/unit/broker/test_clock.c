#include "broker/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/store_folder.h"

static void
write_offset(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    (void)fclose(file);
}

static void
test_it_is_now(void **state)
{
    struct clock clock = { 0 };
    int64_t before_ms = (int64_t)time(NULL) * 1000;
    int64_t first_ms = 0;

    (void)state;
    assert_int_equal(unsetenv("SEIN_TEST_CLOCK"), 0);
    clock_read(&clock);
    assert_true(clock.now_ms >= before_ms && clock.now_ms < before_ms + 60000);
    assert_false(clock_is_tested());
    first_ms = clock.mono_ms;
    clock_read(&clock);
    assert_true(clock.mono_ms >= first_ms);
}

/* What was read last is never undercut. */
static void
test_mono_never_goes_back(void **state)
{
    struct clock clock = { 0 };
    int64_t ahead_ms = 0;

    (void)state;
    clock_read(&clock);
    ahead_ms = clock.mono_ms + 3600000;
    clock.mono_ms = ahead_ms;
    clock_read(&clock);
    assert_true(clock.mono_ms == ahead_ms);
}

/* Only a build for tests takes its time from a file. */
static void
test_the_file(void **state)
{
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 8];
    struct clock plain = { 0 };
    struct clock clock = { 0 };
    int64_t ahead_ms = 0;
#ifdef SEIN_TEST_BUILD
    const int64_t day_ms = 86400000;
#else
    const int64_t day_ms = 0;
#endif

    (void)state;
    store_folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/clock", folder);
    clock_read(&plain);
    write_offset(path, "86400000\n");
    assert_int_equal(setenv("SEIN_TEST_CLOCK", path, 1), 0);
    assert_int_equal(clock_is_tested(), day_ms != 0);
    clock_read(&clock);
    assert_true(clock.now_ms - plain.now_ms >= day_ms &&
                clock.now_ms - plain.now_ms < day_ms + 60000);
    ahead_ms = clock.mono_ms;
    /* Unreadable for a moment: nothing changes. */
    write_offset(path, "");
    clock_read(&clock);
    assert_true(clock.now_ms - plain.now_ms >= day_ms);
    /* Back: wall time goes, the other does not. */
    write_offset(path, "-86400000\n");
    clock_read(&clock);
    assert_true(clock.now_ms - plain.now_ms < 60000);
    assert_true(clock.mono_ms >= ahead_ms);
    assert_int_equal(unsetenv("SEIN_TEST_CLOCK"), 0);
    store_folder_remove(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_now),
        cmocka_unit_test(test_mono_never_goes_back),
        cmocka_unit_test(test_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
