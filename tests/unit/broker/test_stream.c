#include "broker/stream.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "broker/admin.h"
#include "tests/support/store_folder.h"

struct fixture {
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    struct stream *stream;
    unsigned asked;
};

/* Answers a line with itself, or with a lot when it says so. */
static enum stream_next
echo(void *context, struct sein_slice request, struct text *answer)
{
    struct fixture *fixture = context;

    fixture->asked++;
    if (request.at[request.len - 1] != '\n')
        return STREAM_MORE;
    if (request.at[0] == '*')
        text_add(answer, "%*d", (int)STREAM_ANSWER_MAX - 1, 7);
    else
        text_add(answer, "%.*s", (int)request.len, (const char *)request.at);
    return STREAM_ANSWER;
}

static int
set_up(void **state)
{
    static struct fixture fixture;
    int fd = -1;

    memset(&fixture, 0, sizeof fixture);
    store_folder_make(fixture.folder);
    (void)snprintf(fixture.path, sizeof fixture.path, "%s/s", fixture.folder);
    assert_int_equal(stream_listen_local(fixture.path, &fd), SEIN_OK);
    assert_int_equal(stream_new(fd, echo, &fixture, &fixture.stream), SEIN_OK);
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    stream_free(&fixture->stream);
    assert_null(fixture->stream);
    store_folder_remove(fixture->folder);
    return 0;
}

static int
join(struct fixture *fixture)
{
    int fd = -1;

    assert_int_equal(stream_connect_local(fixture->path, &fd), SEIN_OK);
    return fd;
}

/* Rounds of the loop until nothing happens any more. */
static void
serve(struct fixture *fixture, int64_t mono_ms)
{
    for (int i = 0; i < 100; i++) {
        zmq_pollitem_t items[STREAM_ITEMS_MAX];
        size_t count = stream_items(fixture->stream, items);
        int ready = zmq_poll(items, (int)count, 10);

        assert_true(ready >= 0);
        stream_handle(fixture->stream, items, mono_ms);
        if (ready == 0)
            return;
    }
}

static void
expect_rest(int fd, const char *text)
{
    char buffer[256] = "";
    size_t len = 0;
    ssize_t got = 0;

    while ((got = recv(fd, buffer + len, sizeof buffer - 1 - len, 0)) > 0)
        len += (size_t)got;
    buffer[len] = '\0';
    assert_string_equal(buffer, text);
}

static void
test_one_question(void **state)
{
    struct fixture *fixture = *state;
    int fd = join(fixture);

    assert_int_equal(send(fd, "hal", 3, 0), 3);
    serve(fixture, 0);
    assert_int_equal(send(fd, "lo\n", 3, 0), 3);
    serve(fixture, 0);
    expect_rest(fd, "hallo\n");
    assert_int_equal(stream_deadline(fixture->stream), INT64_MAX);
    (void)close(fd);
}

static void
test_a_large_answer(void **state)
{
    struct fixture *fixture = *state;
    int fd = join(fixture);
    static char buffer[STREAM_ANSWER_MAX];
    size_t len = 0;
    ssize_t got = 0;

    assert_int_equal(send(fd, "*\n", 2, 0), 2);
    do {
        serve(fixture, 0);
        got = recv(fd, buffer + len, sizeof buffer - len, MSG_DONTWAIT);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EAGAIN));
    assert_int_equal(len, STREAM_ANSWER_MAX - 1);
    assert_int_equal(buffer[len - 1], '7');
    (void)close(fd);
}

static void
test_too_long_a_question(void **state)
{
    struct fixture *fixture = *state;
    int fd = join(fixture);
    char big[STREAM_REQUEST_MAX];

    memset(big, 'x', sizeof big);
    assert_int_equal(send(fd, big, sizeof big - 1, 0), sizeof big - 1);
    serve(fixture, 0);
    assert_int_equal(stream_deadline(fixture->stream), STREAM_DEADLINE_MS);
    assert_int_equal(send(fd, big, 1, 0), 1);
    serve(fixture, 0);
    expect_rest(fd, "");
    assert_int_equal(stream_deadline(fixture->stream), INT64_MAX);
    (void)close(fd);
}

static void
test_the_slow_are_cut(void **state)
{
    struct fixture *fixture = *state;
    int fd = join(fixture);

    serve(fixture, 1000);
    assert_int_equal(stream_deadline(fixture->stream),
                     1000 + STREAM_DEADLINE_MS);
    assert_int_equal(send(fd, "x", 1, 0), 1);
    serve(fixture, 1000 + STREAM_DEADLINE_MS - 1);
    assert_int_equal(stream_deadline(fixture->stream),
                     1000 + STREAM_DEADLINE_MS);
    serve(fixture, 1000 + STREAM_DEADLINE_MS);
    assert_int_equal(stream_deadline(fixture->stream), INT64_MAX);
    expect_rest(fd, "");
    (void)close(fd);
}

/* More than there is room for: they wait, and are served after the slow ones
 * were cut. */
static void
test_the_many_wait(void **state)
{
    struct fixture *fixture = *state;
    int fds[STREAM_CONNECTIONS_MAX + 3];
    size_t count = sizeof fds / sizeof fds[0];
    zmq_pollitem_t items[STREAM_ITEMS_MAX];

    for (size_t i = 0; i < count; i++)
        fds[i] = join(fixture);
    serve(fixture, 0);
    /* All places taken: the listener is not polled. */
    assert_int_equal(stream_items(fixture->stream, items),
                     STREAM_CONNECTIONS_MAX);
    assert_int_equal(send(fds[count - 1], "hoi\n", 4, 0), 4);
    serve(fixture, 1);
    serve(fixture, STREAM_DEADLINE_MS);
    serve(fixture, STREAM_DEADLINE_MS);
    expect_rest(fds[count - 1], "hoi\n");
    for (size_t i = 0; i < count; i++)
        (void)close(fds[i]);
}

static void
test_whoever_leaves_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    int fd = join(fixture);

    assert_int_equal(send(fd, "hoi", 3, 0), 3);
    serve(fixture, 0);
    (void)close(fd);
    serve(fixture, 0);
    assert_int_equal(stream_deadline(fixture->stream), INT64_MAX);
}

static void
test_local_sockets(void **state)
{
    struct fixture *fixture = *state;
    struct stat about;
    int fd = -1;

    assert_int_equal(stat(fixture->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    /* Somebody listens there. */
    assert_int_equal(stream_listen_local(fixture->path, &fd), SEIN_EEXIST);
    /* Nobody does any more: what is left behind is replaced. */
    stream_free(&fixture->stream);
    assert_int_equal(stream_connect_local(fixture->path, &fd),
                     SEIN_EUNREACHABLE);
    assert_int_equal(stream_listen_local(fixture->path, &fd), SEIN_OK);
    assert_int_equal(stream_new(fd, echo, fixture, &fixture->stream), SEIN_OK);
    assert_int_equal(stream_listen_local("/nowhere/at/all", &fd), SEIN_EIO);
}

/* A file of somebody's is never taken for a dead socket. */
static void
test_files_are_not_replaced(void **state)
{
    struct fixture *fixture = *state;
    char path[STORE_FOLDER_MAX + 16];
    FILE *file = NULL;
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s/file", fixture->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(stream_listen_local(path, &fd), SEIN_EEXIST);
    assert_int_equal(access(path, F_OK), 0);
}

static void
test_loopback_only(void **state)
{
    static const char *const bad[] = {
        "0.0.0.0:0",       "127.0.0.2:0", "192.168.0.1:0", "127.0.0.1",
        "127.0.0.1:65536", "127.0.0.1:",  "127.0.0.1:1x",  "localhost:0"
    };
    struct sockaddr_in address = { .sin_family = AF_INET };
    uint16_t port = 0;
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd = -1;
    int second = -1;
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(stream_listen_loopback(bad[i], &fd, &port),
                         SEIN_EFORMAT);
    assert_int_equal(stream_listen_loopback("127.0.0.1:0", &fd, &port),
                     SEIN_OK);
    assert_true(port > 0);
    (void)snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)port);
    assert_int_equal(stream_listen_loopback(text, &second, &port), SEIN_EEXIST);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(
        connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    (void)close(client);
    (void)close(fd);
}

static void
test_admin_lines(void **state)
{
    static const char *const bad[] = {
        "\n",           "stat\n",     "status \n",      "status x\n",
        "statusx\n",    "backup\n",   "backup \n",      "backup x\n",
        "backup  /x\n", "status\n\n", "status\nstatus", "drain\r\n",
    };
    static const char nul[] = "backup /a\0b\n";
    struct admin_command command;
    char big[ADMIN_PATH_MAX + 16];

    (void)state;
    assert_int_equal(admin_read(sein_slice_text(""), &command), SEIN_EWIRE);
    assert_int_equal(admin_read(sein_slice_text("status"), &command),
                     SEIN_EWIRE);
    assert_int_equal(admin_read(sein_slice_text("status\n"), &command),
                     SEIN_OK);
    assert_int_equal(command.verb, ADMIN_STATUS);
    assert_int_equal(admin_read(sein_slice_text("backup /a b\n"), &command),
                     SEIN_OK);
    assert_int_equal(command.verb, ADMIN_BACKUP);
    assert_string_equal(command.path, "/a b");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(admin_read(sein_slice_text(bad[i]), &command),
                         SEIN_EUSAGE);
    assert_int_equal(
        admin_read(sein_slice_of((const uint8_t *)nul, sizeof nul - 1),
                   &command),
        SEIN_EUSAGE);
    (void)snprintf(big, sizeof big, "backup /%0*d\n", (int)ADMIN_PATH_MAX - 2,
                   1);
    assert_int_equal(admin_read(sein_slice_text(big), &command), SEIN_OK);
    (void)snprintf(big, sizeof big, "backup /%0*d\n", (int)ADMIN_PATH_MAX - 1,
                   1);
    assert_int_equal(admin_read(sein_slice_text(big), &command), SEIN_EUSAGE);
}

static void
test_nobody_to_ask(void **state)
{
    bool ok = true;

    (void)state;
    assert_int_equal(admin_ask("/nowhere/at/all", "status", stdout, &ok),
                     SEIN_EUNREACHABLE);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_question),
        TEST(test_a_large_answer),
        TEST(test_too_long_a_question),
        TEST(test_the_slow_are_cut),
        TEST(test_the_many_wait),
        TEST(test_whoever_leaves_is_forgotten),
        TEST(test_local_sockets),
        TEST(test_files_are_not_replaced),
        cmocka_unit_test(test_loopback_only),
        cmocka_unit_test(test_admin_lines),
        cmocka_unit_test(test_nobody_to_ask),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
