#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/say.h"

/* What one call wrote, in text. */
struct page {
    char *text;
    size_t len;
    struct cli_context context;
};

static void
page_open(struct page *page, const char *lang, bool json)
{
    memset(page, 0, sizeof(*page));
    page->context.out = open_memstream(&page->text, &page->len);
    assert_non_null(page->context.out);
    page->context.err = page->context.out;
    page->context.lang = lang;
    page->context.json = json;
}

static const char *
page_read(struct page *page)
{
    assert_int_equal(fflush(page->context.out), 0);
    return page->text;
}

static void
page_close(struct page *page)
{
    (void)fclose(page->context.out);
    free(page->text);
}

static void
errors_are_said_in_both_languages(void **state)
{
    struct page page;

    (void)state;
    page_open(&page, "en", false);
    assert_int_equal(
        say_error(&page.context, SEIN_EOIN, "members/x.conf", "0123"),
        CLI_DATA);
    assert_string_equal(page_read(&page),
                        "sein: oin_invalid: members/x.conf: 0123: the OIN is "
                        "not 20 characters with a known prefix and zeros at "
                        "its end; correct it\n");
    page_close(&page);

    page_open(&page, "nl", false);
    assert_int_equal(say_error(&page.context, SEIN_ENOHOME, NULL, ""),
                     CLI_NO_INPUT);
    assert_string_equal(page_read(&page),
                        "sein: home_missing: er is geen thuismap op die plek; "
                        "maak er een met sein init\n");
    page_close(&page);
}

static void
errors_as_json_are_one_object(void **state)
{
    struct page page;

    (void)state;
    page_open(&page, "nl", true);
    assert_int_equal(say_error(&page.context, SEIN_EEXIST, "a\"b\\c\n\x01",
                               "\xc3\xa9\xff\xe2\x82"),
                     CLI_CANNOT_CREATE);
    assert_string_equal(
        page_read(&page),
        "{\"error\":\"exists\",\"field\":\"a\\\"b\\\\c\\n\\u0001\","
        "\"detail\":\"\xc3\xa9\\ufffd\\ufffd\\ufffd\","
        "\"reason\":{\"nl\":\"dat bestaat al\",\"en\":\"that exists "
        "already\"},\"mend\":{\"nl\":\"kies een andere naam of verwijder het "
        "eerst\",\"en\":\"choose another name or remove it first\"}}\n");
    page_close(&page);
}

static void
usage_shows_the_form(void **state)
{
    struct page page;

    (void)state;
    page_open(&page, "en", false);
    assert_int_equal(say_usage(&page.context, "sein x FILE", "--wrong"),
                     CLI_USAGE);
    assert_string_equal(page_read(&page),
                        "sein: usage: --wrong: the command is not written as "
                        "it should be; see --help\nusage: sein x FILE\n");
    page_close(&page);
}

static void
every_error_has_an_exit_code(void **state)
{
    (void)state;
    assert_int_equal(say_exit(SEIN_OK), CLI_OK);
#define ROW(symbol, number, code, en, nl)                      \
    if ((symbol) != SEIN_OK) {                                 \
        assert_in_range(say_exit(symbol), CLI_INCOMPLETE, 78); \
        if ((symbol) != SEIN_EINTERNAL)                        \
            assert_int_not_equal(say_exit(symbol), 70);        \
    }
    SEIN_ERROR_LIST(ROW)
#undef ROW
    assert_int_equal(say_exit(SEIN_EUNREACHABLE), CLI_UNAVAILABLE);
    assert_int_equal(say_exit(SEIN_EPASSPHRASE), CLI_POLICY);
    assert_int_equal(say_exit(SEIN_ECONFIG), CLI_CONFIG);
    assert_int_equal(say_exit(SEIN_EWIRE), CLI_PROTOCOL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_said_in_both_languages),
        cmocka_unit_test(errors_as_json_are_one_object),
        cmocka_unit_test(usage_shows_the_form),
        cmocka_unit_test(every_error_has_an_exit_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
