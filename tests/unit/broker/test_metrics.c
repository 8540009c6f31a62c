#include "broker/metrics.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
write_all(const struct metrics *metrics, char *buffer, size_t max)
{
    struct text text;

    text_init(&text, buffer, max);
    metrics_write(metrics, &text);
    assert_false(text.failed);
}

static void
test_values(void **state)
{
    struct metrics metrics = { .ready = true };
    static char buffer[METRICS_TEXT_MAX];

    (void)state;
    metrics.kernel.items_put = 7;
    metrics.zap.refused = 8;
    metrics.front.multipart = 9;
    metrics.waiting.letters = 10;
    metrics.directory_expires_at_ms = 11999;
    write_all(&metrics, buffer, sizeof buffer);
    assert_non_null(strstr(buffer, "\nseinhuis_items_accepted_total 7\n"));
    assert_non_null(strstr(buffer, "\nseinhuis_connections_refused_total 8\n"));
    assert_non_null(strstr(buffer, "\nseinhuis_dropped_multipart_total 9\n"));
    assert_non_null(strstr(buffer, "\nseinhuis_waiting_items 10\n"));
    assert_non_null(
        strstr(buffer, "\nseinhuis_directory_expires_seconds 11\n"));
    assert_non_null(strstr(buffer, "\nseinhuis_ready 1\n"));
}

/* The largest numbers still fit the buffer that the program gives. */
static void
test_the_largest(void **state)
{
    struct metrics metrics;
    static char buffer[METRICS_TEXT_MAX];

    (void)state;
    memset(&metrics, 0xff, sizeof metrics);
    metrics.ready = false;
    metrics.directory_expires_at_ms = INT64_MAX;
    metrics.started_at_ms = -1;
    write_all(&metrics, buffer, sizeof buffer);
    assert_non_null(strstr(buffer, " 18446744073709551615\n"));
    assert_non_null(strstr(buffer, "\nseinhuis_started_seconds 0\n"));
}

/* Every line is a comment or a name with a number: no label, so no text of a
 * member anywhere. */
static void
test_the_form(void **state)
{
    static const struct metrics metrics;
    static char buffer[METRICS_TEXT_MAX];
    char *line = NULL;
    char *rest = NULL;
    unsigned values = 0;

    (void)state;
    write_all(&metrics, buffer, sizeof buffer);
    assert_int_equal(buffer[strlen(buffer) - 1], '\n');
    for (line = strtok_r(buffer, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz_");

        if (strncmp(line, "# HELP seinhuis_", 16) == 0 ||
            strncmp(line, "# TYPE seinhuis_", 16) == 0)
            continue;
        assert_int_equal(strncmp(line, "seinhuis_", 9), 0);
        assert_int_equal(line[name], ' ');
        assert_true(isdigit((unsigned char)line[name + 1]));
        values++;
    }
    assert_true(values >= 30);
}

static void
test_memory(void **state)
{
    (void)state;
    assert_true(metrics_resident() > 100000);
}

static void
test_text(void **state)
{
    char buffer[32];
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof buffer);
    text_add_json(&text, "a\"\\\n\x7f\xc3\xa9");
    assert_string_equal(buffer, "\"a\\\"\\\\\\u000a\\u007f\xc3\xa9\"");
    text_init(&text, buffer, sizeof buffer);
    text_add_time(&text, INT64_C(951782400001)); /* a leap day */
    assert_string_equal(buffer, "2000-02-29T00:00:00.001Z");
    text_init(&text, buffer, sizeof buffer);
    text_add_time(&text, -1);
    assert_string_equal(buffer, "-");
}

/* What does not fit is left out whole, and so is all that follows. */
static void
test_text_is_bounded(void **state)
{
    char buffer[8];
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof buffer);
    text_add(&text, "1234567");
    assert_false(text.failed);
    text_add(&text, "8");
    assert_true(text.failed);
    assert_string_equal(buffer, "1234567");
    text_init(&text, buffer, sizeof buffer);
    text_add(&text, "123");
    text_add(&text, "45678");
    text_add(&text, "4");
    assert_true(text.failed);
    assert_string_equal(buffer, "123");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_the_largest),
        cmocka_unit_test(test_the_form), cmocka_unit_test(test_memory),
        cmocka_unit_test(test_text),     cmocka_unit_test(test_text_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
