/* Readable files: what is refused, where, and what a change leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/govern/conf.h"
#include "client/govern/moment.h"
#include "proto/base/limits.h"

struct page {
    struct arena arena;
    struct problems problems;
    struct conf conf;
};

static enum sein_err
read_page(struct page *page, const char *text)
{
    memset(page, 0, sizeof *page);
    page->problems.arena = &page->arena;
    return conf_read("file.conf", text, &page->problems, &page->conf);
}

/* A text with one fault, at that line. */
static void
refused_at(const char *text, size_t line)
{
    struct page page;

    assert_int_equal(read_page(&page, text), SEIN_ECONFIG);
    assert_int_equal(page.problems.count, 1);
    assert_string_equal(page.problems.items[0].file, "file.conf");
    assert_int_equal(page.problems.items[0].line, line);
    assert_non_null(strstr(page.problems.items[0].nl, "; "));
    assert_non_null(strstr(page.problems.items[0].en, "; "));
    arena_free(&page.arena);
}

static void
sections_and_fields_are_found(void **state)
{
    struct page page;
    const struct conf_section *section = NULL;

    (void)state;
    assert_int_equal(read_page(&page, "# head\n"
                                      "a = 1\r\n"
                                      "; other comment\n"
                                      "\n"
                                      "[desk noord]\n"
                                      "title = Wijkteam\n"
                                      "    Noord\n"
                                      "\t en Oost\n"
                                      "empty =\n"
                                      "[desk zuid]\n"
                                      "url = a=b:c"),
                     SEIN_OK);
    assert_int_equal(page.conf.count, 3);
    assert_string_equal(conf_entry(&page.conf.sections[0], "a")->value, "1");
    section = conf_section(&page.conf, "desk", "noord");
    assert_non_null(section);
    assert_int_equal(section->line, 5);
    assert_int_equal(section->last_line, 9);
    assert_string_equal(conf_entry(section, "title")->value,
                        "Wijkteam Noord en Oost");
    assert_int_equal(conf_entry(section, "title")->first_line, 6);
    assert_int_equal(conf_entry(section, "title")->last_line, 8);
    assert_string_equal(conf_entry(section, "empty")->value, "");
    assert_null(conf_entry(section, "url"));
    section = conf_section(&page.conf, "desk", "zuid");
    assert_string_equal(conf_entry(section, "url")->value, "a=b:c");
    assert_null(conf_section(&page.conf, "desk", "west"));
    arena_free(&page.arena);
}

static void
what_inih_lets_pass_is_refused(void **state)
{
    char line[400];

    (void)state;
    refused_at("a = 1\nb = 2\na = 3\n", 3);
    refused_at("[x y]\na = 1\n[z]\n[x y]\nb = 1\n", 4);
    refused_at("a = 1 ; the rest is lost\n", 1);
    refused_at("a = 1\n  b = 2\n", 2);
    refused_at("a: 1\n", 1);
    refused_at("= 1\n", 1);
    refused_at("word\n", 1);
    refused_at("[open\na = 1\n", 1);
    refused_at("[]\n", 1);
    refused_at("[x] a = 1\n", 1);
    refused_at("a = 1\nb = \x01\n", 2);

    /* 190 bytes are read whole, 191 are refused. */
    (void)snprintf(line, sizeof line, "a = %0186d\n", 1);
    {
        struct page page;

        assert_int_equal(read_page(&page, line), SEIN_OK);
        assert_int_equal(strlen(conf_entry(&page.conf.sections[0], "a")->value),
                         186);
        arena_free(&page.arena);
    }
    (void)snprintf(line, sizeof line, "b = 1\na = %0187d\n", 1);
    refused_at(line, 2);
    /* A comment is not read, so it may be long. */
    (void)snprintf(line, sizeof line, "# %0300d\na = 1\na = 1\n", 1);
    refused_at(line, 3);

    (void)snprintf(line, sizeof line, "%048d = 1\n%049d = 1\n", 1, 2);
    refused_at(line, 2);
    (void)snprintf(line, sizeof line, "[%048d]\n[%049d]\n", 1, 2);
    refused_at(line, 2);
}

static void
text_that_is_not_utf8_is_refused(void **state)
{
    struct page page;

    (void)state;
    assert_int_equal(read_page(&page, "a = \xe9\n"), SEIN_ECONFIG);
    assert_int_equal(page.problems.items[0].err, SEIN_EUTF8);
    arena_free(&page.arena);
}

static void
a_change_leaves_the_rest_alone(void **state)
{
    struct page page;

    (void)state;
    assert_int_equal(read_page(&page, "# mine\n"
                                      "\n"
                                      "a = 1\n"
                                      "# about the desk\n"
                                      "[desk noord]\n"
                                      "title = Lang\n"
                                      "   en langer\n"
                                      "# phone at night\n"
                                      "phone = 1\n"
                                      "\n"
                                      "[desk zuid]\n"
                                      "title = Zuid"),
                     SEIN_OK);
    assert_int_equal(
        conf_set(&page.conf, &page.arena, "desk", "noord", "title", "Noord"),
        SEIN_OK);
    assert_int_equal(
        conf_set(&page.conf, &page.arena, "desk", "noord", "hours", "9-17"),
        SEIN_OK);
    assert_int_equal(conf_set(&page.conf, &page.arena, "", "", "b", "2"),
                     SEIN_OK);
    assert_int_equal(conf_set(&page.conf, &page.arena, "", "", "a", NULL),
                     SEIN_OK);
    assert_int_equal(
        conf_set(&page.conf, &page.arena, "desk", "zuid", "phone", "2"),
        SEIN_OK);
    assert_int_equal(
        conf_set(&page.conf, &page.arena, "key", "00", "sign", "x"), SEIN_OK);
    assert_int_equal(conf_set(&page.conf, &page.arena, "key", "01", "sign", ""),
                     SEIN_OK);
    assert_string_equal(page.conf.text, "# mine\n"
                                        "\n"
                                        "# about the desk\n"
                                        "b = 2\n"
                                        "[desk noord]\n"
                                        "title = Noord\n"
                                        "# phone at night\n"
                                        "phone = 1\n"
                                        "hours = 9-17\n"
                                        "\n"
                                        "[desk zuid]\n"
                                        "title = Zuid\n"
                                        "phone = 2\n"
                                        "\n"
                                        "[key 00]\n"
                                        "sign = x\n");
    assert_int_equal(conf_drop(&page.conf, &page.arena, "desk", "west"),
                     SEIN_ENOENT);
    assert_int_equal(conf_drop(&page.conf, &page.arena, "desk", "zuid"),
                     SEIN_OK);
    assert_null(strstr(page.conf.text, "zuid"));
    assert_non_null(conf_section(&page.conf, "key", "00"));
    arena_free(&page.arena);
}

static void
a_head_stays_in_front(void **state)
{
    struct page page;

    (void)state;
    assert_int_equal(read_page(&page, "# one\n# two\n"), SEIN_OK);
    assert_int_equal(conf_set(&page.conf, &page.arena, "", "", "a", "1"),
                     SEIN_OK);
    assert_string_equal(page.conf.text, "# one\n# two\na = 1\n");
    arena_free(&page.arena);
}

static void
set_refuses(struct page *page, const char *name, const char *value)
{
    const char *before = page->conf.text;

    assert_int_equal(
        conf_set(&page->conf, &page->arena, "desk", name, "title", value),
        SEIN_EFORMAT);
    assert_ptr_equal(page->conf.text, before);
}

static void
values_come_back_or_are_refused(void **state)
{
    struct page page;
    char word[300];
    char many[600];
    static const char sentence[] = "a sentence that = goes on ";

    (void)state;
    assert_int_equal(read_page(&page, "a = 1\n"), SEIN_OK);
    memset(many, 0, sizeof many);
    for (size_t at = 0; at < 490; at += sizeof sentence - 1)
        memcpy(many + at, sentence, sizeof sentence);
    many[strlen(many) - 1] = '\0';
    /* An equals sign inside a wrapped line is still the value's. */
    assert_int_equal(
        conf_set(&page.conf, &page.arena, "desk", "x", "title", "\xc3\xa9 | b"),
        SEIN_OK);
    memset(word, 'w', 180);
    word[180] = '\0';
    assert_int_equal(
        conf_set(&page.conf, &page.arena, "desk", "x", "title", word), SEIN_OK);
    memset(word, 'w', 250);
    word[250] = '\0';
    set_refuses(&page, "x", word);
    set_refuses(&page, "x", "two\nlines");
    set_refuses(&page, "x", "cut ; off");
    set_refuses(&page, "x", " in front");
    set_refuses(&page, "x", "behind ");
    set_refuses(&page, "x", "tab\x01");
    set_refuses(&page, "x", "\xff");
    set_refuses(&page, "x]", "title");
    set_refuses(&page, "0123456789012345678901234567890123456789012345", "t");
    arena_free(&page.arena);

    assert_int_equal(read_page(&page, ""), SEIN_OK);
    for (size_t len = 1; len < strlen(many); len++) {
        char part[600];
        enum sein_err err = SEIN_OK;

        memcpy(part, many, len);
        part[len] = '\0';
        if (part[len - 1] == ' ')
            continue;
        err = conf_set(&page.conf, &page.arena, "", "", "purpose", part);
        /* Never another value than was meant. */
        if (err == SEIN_OK)
            assert_string_equal(
                conf_entry(&page.conf.sections[0], "purpose")->value, part);
        else
            assert_int_equal(err, SEIN_EFORMAT);
    }
    arena_free(&page.arena);
}

#ifdef SEIN_TEST_BUILD
static void
a_test_moves_the_clock(void **state)
{
    char path[] = "/tmp/test_govern.XXXXXX";
    int fd = mkstemp(path);
    int64_t before = 0;
    int64_t after = 0;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(moment_now(&before), SEIN_OK);
    assert_int_equal(setenv("SEIN_TEST_CLOCK", path, 1), 0);
    assert_int_equal(moment_now(&after), SEIN_EFORMAT);
    assert_int_equal(write(fd, "86400000\n", 9), 9);
    assert_int_equal(close(fd), 0);
    assert_int_equal(moment_now(&after), SEIN_OK);
    assert_in_range(after - before, SEIN_MS_PER_DAY,
                    SEIN_MS_PER_DAY + SEIN_MS_PER_MIN);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(moment_now(&after), SEIN_EIO);
    assert_int_equal(unsetenv("SEIN_TEST_CLOCK"), 0);
}
#endif

/* ---- moments ----------------------------------------------------------------
 */

static void
moment_is(const char *text, enum moment_edge edge, int64_t ms)
{
    char back[MOMENT_TEXT_BYTES];
    int64_t seen = 0;

    assert_int_equal(moment_parse(sein_slice_text(text), edge, &seen), SEIN_OK);
    assert_int_equal(seen, ms);
    moment_format(ms, edge, back);
    assert_string_equal(back, text);
}

static void
days_are_those_of_amsterdam(void **state)
{
    (void)state;
    /* Checked with GNU date, TZ=Europe/Amsterdam. */
    moment_is("2027-12-31", MOMENT_BEGINS, INT64_C(1830207600000));
    moment_is("2027-12-31", MOMENT_ENDS, INT64_C(1830294000000));
    moment_is("2027-07-01", MOMENT_BEGINS, INT64_C(1814392800000));
    /* 28 March 2027 has 23 hours, 31 October 25. */
    moment_is("2027-03-28", MOMENT_BEGINS, INT64_C(1806188400000));
    moment_is("2027-03-28", MOMENT_ENDS, INT64_C(1806271200000));
    moment_is("2027-10-31", MOMENT_BEGINS, INT64_C(1824933600000));
    moment_is("2027-10-31", MOMENT_ENDS, INT64_C(1825023600000));
    moment_is("2027-12-31T12:00:00Z", MOMENT_ENDS, INT64_C(1830254400000));
    moment_is("2027-12-31T12:00:00.007Z", MOMENT_BEGINS,
              INT64_C(1830254400007));
    moment_is("1970-01-01T00:00:00Z", MOMENT_BEGINS, 0);
}

static void
other_moments_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "2027-02-29",
        "2027-1-1",
        "2027-12-31 12:00:00Z",
        "2027-12-31T24:00:00Z",
        "2027-12-31T12:60:00Z",
        "2027-12-31T12:00:60Z",
        "2027-12-31T12:00:00",
        "2027-12-31T12:00:00.1Z",
        "2027-12-31T12:00:00.1234Z",
        "2027-12-31T12:00:00.12xZ",
        "2027-02-30T12:00:00Z",
        "1969-12-31T12:00:00Z",
        "1970-01-01",
        "soon",
    };
    int64_t ms = 5;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(
            moment_parse(sein_slice_text(wrong[i]), MOMENT_BEGINS, &ms),
            SEIN_EDATE);
    assert_int_equal(ms, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_fields_are_found),
        cmocka_unit_test(what_inih_lets_pass_is_refused),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(a_change_leaves_the_rest_alone),
        cmocka_unit_test(a_head_stays_in_front),
        cmocka_unit_test(values_come_back_or_are_refused),
#ifdef SEIN_TEST_BUILD
        cmocka_unit_test(a_test_moves_the_clock),
#endif
        cmocka_unit_test(days_are_those_of_amsterdam),
        cmocka_unit_test(other_moments_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
