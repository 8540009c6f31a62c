#include "broker/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOOD                    \
    "GET /metrics HTTP/1.1\r\n" \
    "Host: 127.0.0.1:9670\r\n"  \
    "Accept: text/plain\r\n\r\n"

static unsigned
status_of(const char *text)
{
    struct sein_slice path;
    unsigned status = 0;

    assert_int_equal(http_read(sein_slice_text(text), &status, &path),
                     HTTP_COMPLETE);
    return status;
}

static void
test_good(void **state)
{
    struct sein_slice path;
    unsigned status = 0;

    (void)state;
    assert_int_equal(http_read(sein_slice_text(GOOD), &status, &path),
                     HTTP_COMPLETE);
    assert_int_equal(status, 200);
    assert_true(sein_slice_is(path, "/metrics"));
    assert_int_equal(status_of("GET / HTTP/1.0\r\nhost: localhost\r\n\r\n"),
                     200);
    assert_int_equal(status_of("GET / HTTP/1.1\r\nHOST:[::1]:1\r\n\r\n"), 200);
}

/* Cut anywhere it is not complete yet, and one byte more is too many. */
static void
test_each_length(void **state)
{
    struct sein_slice path;
    unsigned status = 0;

    (void)state;
    for (size_t len = 0; len < sizeof GOOD - 1; len++)
        assert_int_equal(http_read(sein_slice_of((const uint8_t *)GOOD, len),
                                   &status, &path),
                         HTTP_INCOMPLETE);
    assert_int_equal(status_of(GOOD "x"), 400);
    assert_int_equal(status_of(GOOD GOOD), 400);
}

static void
test_refused(void **state)
{
    /* clang-format off */
    static const struct { const char *text; unsigned status; } rows[] = {
        { "POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 405 },
        { "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405 },
        { "get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405 },
        { "\r\n\r\n", 400 },
        { "GET  HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
        { "GET / HTTP/1.1 \r\nHost: localhost\r\n\r\n", 505 },
        { "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505 },
        { "GET / HTTP/1.1\nHost: localhost\n\n\r\n", 400 },
        { "GET / /x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
        { "GET http://x/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost:\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost:80a\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost:123456\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost\r\ncontent-length: 5\r\nContent-Length: 6\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned status = status_of(rows[i].text);

        if (status != rows[i].status)
            fail_msg("row %zu gave %u", i, status);
    }
}

static void
test_nul_is_refused(void **state)
{
    static const char text[] = "GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct sein_slice path;
    unsigned status = 0;

    (void)state;
    assert_int_equal(
        http_read(sein_slice_of((const uint8_t *)text, sizeof text - 1),
                  &status, &path),
        HTTP_COMPLETE);
    assert_int_equal(status, 400);
}

static void
test_bounded(void **state)
{
    static char text[HTTP_REQUEST_MAX + 1];
    struct sein_slice path;
    unsigned status = 0;

    (void)state;
    memset(text, 'a', sizeof text);
    assert_int_equal(
        http_read(sein_slice_of((const uint8_t *)text, HTTP_REQUEST_MAX - 1),
                  &status, &path),
        HTTP_INCOMPLETE);
    assert_int_equal(
        http_read(sein_slice_of((const uint8_t *)text, HTTP_REQUEST_MAX),
                  &status, &path),
        HTTP_COMPLETE);
    assert_int_equal(status, 431);
}

static void
test_answer(void **state)
{
    char buffer[512];
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof buffer);
    http_answer(&text, 405, "text/plain", "no\n");
    assert_false(text.failed);
    assert_non_null(strstr(buffer, "HTTP/1.1 405 Method Not Allowed\r\n"));
    assert_non_null(strstr(buffer, "Content-Length: 3\r\n"));
    assert_non_null(strstr(buffer, "Allow: GET\r\n"));
    assert_string_equal(strstr(buffer, "\r\n\r\n"), "\r\n\r\nno\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),    cmocka_unit_test(test_each_length),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_nul_is_refused),
        cmocka_unit_test(test_bounded), cmocka_unit_test(test_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
