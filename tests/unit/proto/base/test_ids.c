#include "proto/base/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define OIN "00000099000000001000"

static void
test_letter_id_layout(void **state)
{
    static const int64_t times[] = { 0, 1, INT64_C(1763754000123),
                                     (INT64_C(1) << 48) - 1 };
    struct sein_letter_id a;
    struct sein_letter_id b;

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        sein_letter_id_new(times[i], &a);
        sein_letter_id_new(times[i], &b);
        assert_int_equal(a.bytes[6] & 0xf0, 0x70);
        assert_int_equal(a.bytes[8] & 0xc0, 0x80);
        assert_true(sein_letter_id_time(&a) == times[i]);
        assert_memory_not_equal(a.bytes, b.bytes, sizeof a.bytes);
    }
}

static void
test_letter_ids_are_in_order_of_time(void **state)
{
    struct sein_letter_id a;
    struct sein_letter_id b;

    (void)state;
    for (int64_t now = 1; now < INT64_C(1) << 47; now *= 3) {
        sein_letter_id_new(now, &a);
        sein_letter_id_new(now + 1, &b);
        assert_true(memcmp(a.bytes, b.bytes, sizeof a.bytes) < 0);
    }
}

static void
test_random_ids_differ(void **state)
{
    uint8_t a[SEIN_ID_BYTES] = { 0 };
    uint8_t b[SEIN_ID_BYTES] = { 0 };

    (void)state;
    sein_random_id(a);
    sein_random_id(b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void
test_desk(void **state)
{
    static const char *const good[] = { OIN "/team", OIN "/a", OIN "/wijk-3_b",
                                        OIN
                                        "/12345678901234567890123456789012" };
    static const char *const bad[] = { "",
                                       OIN,
                                       OIN "/",
                                       OIN "/Team",
                                       OIN "/team noord",
                                       OIN "/t/m",
                                       OIN "-team",
                                       "00000098000000001000/team",
                                       "team",
                                       "/team",
                                       OIN "/123456789012345678901234567890123",
                                       OIN "/t\xc3\xa9" };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct sein_slice desk = sein_slice_text(good[i]);

        assert_int_equal(sein_desk_check(desk), SEIN_OK);
        assert_true(sein_slice_is(sein_desk_oin(desk), OIN));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sein_desk_check(sein_slice_text(bad[i])), SEIN_EDESK);
}

static void
test_desk_refuses_truncation_inside_the_oin(void **state)
{
    static const char desk[] = OIN "/t";

    (void)state;
    for (size_t len = 0; len < sizeof desk - 2; len++) {
        uint8_t *cut = malloc(len + 1);

        assert_non_null(cut);
        memcpy(cut + 1, desk, len);
        assert_int_equal(sein_desk_check(sein_slice_of(cut + 1, len)),
                         SEIN_EDESK);
        free(cut);
    }
}

static void
test_names_hold_no_nul(void **state)
{
    static const uint8_t nul[] = { 'a', 0, 'b' };

    (void)state;
    assert_int_equal(sein_circle_check(sein_slice_of(nul, 3)), SEIN_ECIRCLE);
    assert_int_equal(sein_code_check(sein_slice_of(nul, 3)), SEIN_ECODE);
    assert_int_equal(sein_circle_check((struct sein_slice){ 0 }), SEIN_ECIRCLE);
    assert_int_equal(sein_code_check((struct sein_slice){ 0 }), SEIN_ECODE);
}

static void
test_circle_and_code(void **state)
{
    static const char max[] = "a2345678901234567890123456789012";
    static const char more[] = "a23456789012345678901234567890123";

    (void)state;
    assert_int_equal(sein_circle_check(sein_slice_text("schulden")), SEIN_OK);
    assert_int_equal(sein_circle_check(sein_slice_text("jeugd-2026")), SEIN_OK);
    assert_int_equal(sein_circle_check(sein_slice_text(max)), SEIN_OK);
    assert_int_equal(sein_circle_check(sein_slice_text(more)), SEIN_ECIRCLE);
    assert_int_equal(sein_circle_check(sein_slice_text("a_b")), SEIN_ECIRCLE);
    assert_int_equal(sein_circle_check(sein_slice_text("Jeugd")), SEIN_ECIRCLE);
    assert_int_equal(sein_code_check(sein_slice_text("a_b-3")), SEIN_OK);
    assert_int_equal(sein_code_check(sein_slice_text(max)), SEIN_OK);
    assert_int_equal(sein_code_check(sein_slice_text(more)), SEIN_ECODE);
    assert_int_equal(sein_code_check(sein_slice_text("a/b")), SEIN_ECODE);
    assert_int_equal(sein_code_check(sein_slice_text("A")), SEIN_ECODE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letter_id_layout),
        cmocka_unit_test(test_letter_ids_are_in_order_of_time),
        cmocka_unit_test(test_random_ids_differ),
        cmocka_unit_test(test_desk),
        cmocka_unit_test(test_desk_refuses_truncation_inside_the_oin),
        cmocka_unit_test(test_names_hold_no_nul),
        cmocka_unit_test(test_circle_and_code),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
