#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define TEAM FIXTURE_WIJKTEAM

static struct rig_confirm confirm;
static struct rig_put put;

static int
teardown(void **state)
{
    struct rig *rig = *state;

    rig_free(&rig);
    return 0;
}

static int
setup(void **state)
{
    *state = rig_new();
    return 0;
}

/* A kernel with this quota, and the school connected to it. */
static void
limit(struct rig *rig, struct kernel_quota quota)
{
    rig->config.quota = quota;
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
}

static const struct rig_verdict *
put_new(struct rig *rig, unsigned peer, unsigned member, const char *from)
{
    struct rig_letter letter = { .from = from };

    rig_letter_make(rig, &letter, &put);
    rig_put(rig, peer, member, &put);
    rig_run(rig);
    rig_confirm(rig, peer, SEIN_LEAF_LETTER, NULL, NULL, &confirm);
    return &confirm.verdicts[0];
}

static enum sein_err
put_code(struct rig *rig)
{
    return put_new(rig, 1, SCHOOL, NULL)->code;
}

static void
test_items_a_second(void **state)
{
    struct rig *rig = *state;

    limit(rig, (struct kernel_quota){ 1000, 1000000, 9, 4, 3, 10 });
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(put_code(rig), SEIN_OK);
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    /* At the time that was given, and not a moment before. */
    assert_int_equal(confirm.verdicts[0].at, rig->now_ms + 250);
    rig->now_ms += 249;
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    assert_int_equal(confirm.verdicts[0].at, rig->now_ms + 1);
    rig->now_ms += 1;
    assert_int_equal(put_code(rig), SEIN_OK);
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    /* A long rest fills it, and no more than full. */
    rig->now_ms += SEIN_MS_PER_HOUR;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(put_code(rig), SEIN_OK);
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    /* It is a member's own. */
    rig_sender(rig, 2, FIXTURE_JEUGDHULP);
    assert_int_equal(
        put_new(rig, 2, FIXTURE_JEUGDHULP, FIXTURE_DESK_JEUGDHULP)->code,
        SEIN_OK);
}

static void
test_clock_that_goes_back_fills_nothing(void **state)
{
    struct rig *rig = *state;

    limit(rig, (struct kernel_quota){ 1000, 1000000, 9, 1, 1, 10 });
    assert_int_equal(put_code(rig), SEIN_OK);
    rig->now_ms -= SEIN_MS_PER_HOUR;
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    rig->now_ms += 1000;
    assert_int_equal(put_code(rig), SEIN_OK);
}

static void
test_zero_allows_nothing(void **state)
{
    struct rig *rig = *state;

    limit(rig, (struct kernel_quota){ 1000, 1000000, 9, 0, 0, 10 });
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    assert_true(confirm.verdicts[0].at > (uint64_t)rig->now_ms);
    limit(rig, (struct kernel_quota){ 0, 1000000, 9, 10, 10, 10 });
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    limit(rig, (struct kernel_quota){ 1000, 0, 9, 10, 10, 10 });
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
}

static void
test_letters_waiting(void **state)
{
    struct rig *rig = *state;
    uint64_t seq = 0;

    limit(rig, (struct kernel_quota){ 2, 1000000, 9, 100, 100, 10 });
    assert_int_equal(put_code(rig), SEIN_OK);
    assert_int_equal(put_code(rig), SEIN_OK);
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    assert_true(confirm.verdicts[0].at > (uint64_t)rig->now_ms);
    /* One is collected: there is room for one. */
    rig_reader(rig, 2, TEAM, 7, FIXTURE_DESK_NOORD, 1);
    seq = rig_one_delivery(rig, 2).seq;
    rig_ack(rig, 2, TEAM, seq, FIXTURE_DESK_NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_OK);
    assert_int_equal(put_code(rig), SEIN_OK);
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
}

static void
test_bytes_waiting(void **state)
{
    struct rig *rig = *state;
    uint64_t len = 0;

    assert_int_equal((rig_sender(rig, 1, SCHOOL), put_code(rig)), SEIN_OK);
    len = put.letter_len;
    limit(rig, (struct kernel_quota){ 100, 2 * len, 9, 100, 100, 10 });
    assert_int_equal(put_code(rig), SEIN_OK); /* the second, to the byte */
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
    limit(rig, (struct kernel_quota){ 100, 3 * len - 1, 9, 100, 100, 10 });
    assert_int_equal(put_code(rig), SEIN_EQUOTA);
}

static void
test_connections(void **state)
{
    struct rig *rig = *state;
    uint64_t at = 0;

    limit(rig, (struct kernel_quota){ 10, 1000000, 9, 10, 10, 2 });
    rig_sender(rig, 2, SCHOOL);
    rig_hello(rig, 3, SCHOOL, 1, false, NULL);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 3, &at), SEIN_EQUOTA);
    assert_int_equal(at, rig->now_ms + SEIN_LEASE_MS);
    /* Hello again on one that is open is no third. */
    rig_sender(rig, 2, SCHOOL);
    rig_sender(rig, 4, TEAM);
    rig->now_ms += SEIN_LEASE_MS;
    rig_sweep(rig);
    rig_sender(rig, 3, SCHOOL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_items_a_second),
        CASE(test_clock_that_goes_back_fills_nothing),
        CASE(test_zero_allows_nothing),
        CASE(test_letters_waiting),
        CASE(test_bytes_waiting),
        CASE(test_connections),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
