#include "proto/base/error.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct row {
    int number;
    const char *code;
    const char *en;
    const char *nl;
};

#define ROW(symbol, number, code, en, nl) { symbol, code, en, nl },
static const struct row rows[] = { SEIN_ERROR_LIST(ROW) };
#undef ROW
#define ROWS (sizeof rows / sizeof rows[0])

static void
test_numbers_and_codes_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = i + 1; j < ROWS; j++) {
            assert_int_not_equal(rows[i].number, rows[j].number);
            assert_string_not_equal(rows[i].code, rows[j].code);
        }
    }
}

static void
test_numbers_fit_their_range(void **state)
{
    (void)state;
    assert_int_equal(SEIN_OK, 0);
    for (size_t i = 0; i < ROWS; i++)
        assert_in_range(rows[i].number, 0, 199);
}

static void
test_codes_are_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(strlen(rows[i].code) > 0);
        for (const char *at = rows[i].code; *at != '\0'; at++)
            assert_true(islower((unsigned char)*at) ||
                        isdigit((unsigned char)*at) || *at == '_');
    }
}

/* What is wrong, exactly one semicolon, what to do. */
static void
check_text(const char *text)
{
    const char *mend = strstr(text, "; ");

    assert_non_null(mend);
    assert_true(mend > text);
    assert_true(strlen(mend) > 2);
    assert_ptr_equal(strchr(text, ';'), mend);
    assert_null(strchr(mend + 1, ';'));
    assert_true(text[strlen(text) - 1] != '.');
    for (const char *at = text; *at != '\0'; at++)
        assert_true((unsigned char)*at >= ' ');
}

static void
test_texts_say_what_and_mend(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(strlen(rows[i].en) > 0);
        assert_true(strlen(rows[i].nl) > 0);
        if (rows[i].number == SEIN_OK)
            continue;
        check_text(rows[i].en);
        check_text(rows[i].nl);
        assert_string_not_equal(rows[i].en, rows[i].nl);
    }
}

static void
test_lookup_finds_every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        enum sein_err err = (enum sein_err)rows[i].number;

        assert_string_equal(sein_err_code(err), rows[i].code);
        assert_string_equal(sein_err_text(err), rows[i].en);
        assert_string_equal(sein_err_text_nl(err), rows[i].nl);
        assert_int_equal(sein_err_from_wire((uint64_t)rows[i].number), err);
    }
}

static void
test_lookup_of_other_numbers_is_unknown(void **state)
{
    static const uint64_t others[] = {
        199, 200, 4096, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(sein_err_from_wire(others[i]), SEIN_EUNKNOWN);
    assert_string_equal(sein_err_code((enum sein_err)250), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_and_codes_are_unique),
        cmocka_unit_test(test_numbers_fit_their_range),
        cmocka_unit_test(test_codes_are_words),
        cmocka_unit_test(test_texts_say_what_and_mend),
        cmocka_unit_test(test_lookup_finds_every_row),
        cmocka_unit_test(test_lookup_of_other_numbers_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
