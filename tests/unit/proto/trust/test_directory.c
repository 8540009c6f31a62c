#include "proto/trust/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_directory.h"

static void
test_the_demo_is_valid(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(FIXTURE_NOW_MS);
    struct sein_directory *dir = fixture_directory_open(demo);
    const struct sein_desk *desk = NULL;

    (void)state;
    assert_int_equal(sein_directory_version(dir), 1);
    assert_int_equal(
        sein_directory_desk_for(dir, sein_slice_text("schulden"), 1506, &desk),
        SEIN_OK);
    assert_string_equal(desk->id.text, FIXTURE_DESK_NOORD);
    sein_directory_free(&dir);
    fixture_directory_free(&demo);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_demo_is_valid),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
