#include "broker/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/store_folder.h"

struct fixture {
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 8];
    int manager; /* what systemd would listen on */
};

static int
set_up(void **state)
{
    static struct fixture fixture;
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    store_folder_make(fixture.folder);
    (void)snprintf(fixture.path, sizeof fixture.path, "%s/n", fixture.folder);
    assert_true(strlen(fixture.path) < sizeof address.sun_path);
    memcpy(address.sun_path, fixture.path, strlen(fixture.path));
    fixture.manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fixture.manager, (const struct sockaddr *)&address,
                          sizeof address),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", fixture.path, 1), 0);
    assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
    assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    (void)close(fixture->manager);
    store_folder_remove(fixture->folder);
    return 0;
}

static void
expect(struct fixture *fixture, const char *said)
{
    char buffer[64] = "";
    ssize_t got =
        recv(fixture->manager, buffer, sizeof buffer - 1, MSG_DONTWAIT);

    if (said == NULL) {
        assert_true(got < 0);
        return;
    }
    assert_true(got > 0);
    assert_string_equal(buffer, said);
}

static void
test_said(void **state)
{
    struct fixture *fixture = *state;
    struct notify notify;

    notify_open(&notify);
    notify_say(&notify, "READY=1");
    expect(fixture, "READY=1");
    notify_alive(&notify, 1000000);
    expect(fixture, NULL);
    notify_close(&notify);
}

static void
test_watchdog(void **state)
{
    struct fixture *fixture = *state;
    struct notify notify;

    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    notify_open(&notify);
    assert_int_equal(notify.watchdog_ms, 15000);
    notify_alive(&notify, 20000);
    expect(fixture, "WATCHDOG=1");
    notify_alive(&notify, 34999);
    expect(fixture, NULL);
    notify_alive(&notify, 35000);
    expect(fixture, "WATCHDOG=1");
    notify_close(&notify);
    /* The watchdog of another process is none of ours. */
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
    notify_open(&notify);
    assert_int_equal(notify.watchdog_ms, 0);
    notify_close(&notify);
}

static void
test_deaf_managers(void **state)
{
    struct notify notify;
    char big[256];

    (void)state;
    assert_int_equal(setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1), 0);
    notify_open(&notify);
    assert_int_equal(notify.fd, -1);
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", big, 1), 0);
    notify_open(&notify);
    assert_int_equal(notify.fd, -1);
    notify_say(&notify, "READY=1");
}

static void
test_nobody_to_notify(void **state)
{
    struct notify notify;

    (void)state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    notify_open(&notify);
    assert_int_equal(notify.fd, -1);
    notify_say(&notify, "READY=1");
    notify_alive(&notify, 1000);
    notify_close(&notify);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_said),
        TEST(test_watchdog),
        TEST(test_deaf_managers),
        TEST(test_nobody_to_notify),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
