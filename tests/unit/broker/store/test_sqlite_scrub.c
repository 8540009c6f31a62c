#include "broker/store/sqlite_scrub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PAGE_BYTES 512

/* A page of ones with a header that says: cells of two bytes each, content
 * from `content` on. */
static void
make_page(uint8_t page[static PAGE_BYTES], size_t start, uint8_t kind,
          uint16_t cells, uint16_t content)
{
    memset(page, 1, PAGE_BYTES);
    page[start] = kind;
    page[start + 3] = (uint8_t)(cells >> 8);
    page[start + 4] = (uint8_t)cells;
    page[start + 5] = (uint8_t)(content >> 8);
    page[start + 6] = (uint8_t)content;
}

static void
assert_zeros(const uint8_t page[static PAGE_BYTES], size_t from, size_t to)
{
    for (size_t i = 0; i < PAGE_BYTES; i++)
        assert_int_equal(page[i] == 0 && i >= 16, i >= from && i < to);
}

static void
assert_untouched(uint8_t kind, uint16_t cells, uint16_t content, size_t len)
{
    uint8_t page[PAGE_BYTES];
    uint8_t before[PAGE_BYTES];

    make_page(page, 0, kind, cells, content);
    memcpy(before, page, sizeof before);
    sqlite_scrub_page(page, len, false);
    assert_memory_equal(page, before, sizeof before);
}

static void
test_gap_of_every_kind(void **state)
{
    static const struct {
        uint8_t kind;
        size_t header;
    } rows[] = { { 2, 12 }, { 5, 12 }, { 10, 8 }, { 13, 8 } };
    uint8_t page[PAGE_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make_page(page, 0, rows[i].kind, 10, 300);
        sqlite_scrub_page(page, PAGE_BYTES, false);
        assert_zeros(page, rows[i].header + 20, 300);
    }
}

static void
test_first_page_has_its_file_header(void **state)
{
    uint8_t page[PAGE_BYTES];

    (void)state;
    make_page(page, 100, 13, 5, 400);
    sqlite_scrub_page(page, PAGE_BYTES, true);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(page[i], 1);
    for (size_t i = 100 + 8 + 10; i < 400; i++)
        assert_int_equal(page[i], 0);
    for (size_t i = 400; i < PAGE_BYTES; i++)
        assert_int_equal(page[i], 1);
}

static void
test_gap_up_to_the_end(void **state)
{
    uint8_t page[PAGE_BYTES];

    (void)state;
    make_page(page, 0, 13, 10, PAGE_BYTES);
    sqlite_scrub_page(page, PAGE_BYTES, false);
    assert_zeros(page, 28, PAGE_BYTES);
}

static void
test_what_is_no_sound_page_stays(void **state)
{
    (void)state;
    assert_untouched(0, 10, 300, PAGE_BYTES); /* a page number */
    assert_untouched(1, 10, 300, PAGE_BYTES);
    assert_untouched(14, 10, 300, PAGE_BYTES);
    assert_untouched(13, 146, 300, PAGE_BYTES); /* no gap */
    assert_untouched(13, 500, 300, PAGE_BYTES);
    assert_untouched(13, 65535, 65535, PAGE_BYTES);
    assert_untouched(13, 10, PAGE_BYTES + 1, PAGE_BYTES);
    assert_untouched(13, 10, 0, PAGE_BYTES);
    assert_untouched(13, 10, 300, 11);
    assert_untouched(13, 10, 300, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gap_of_every_kind),
        cmocka_unit_test(test_first_page_has_its_file_header),
        cmocka_unit_test(test_gap_up_to_the_end),
        cmocka_unit_test(test_what_is_no_sound_page_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
