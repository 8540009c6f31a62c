#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/kernel_rig.h"

static int
setup(void **state)
{
    *state = rig_new();
    return 0;
}

static int
teardown(void **state)
{
    struct rig *rig = *state;

    rig_free(&rig);
    return 0;
}

static void
test_put_confirm_deliver_ack(void **state)
{
    struct rig *rig = *state;
    struct rig_letter letter = { 0 };
    struct rig_confirm confirm;
    struct rig_delivery delivery;
    struct rig_put put;

    rig_sender(rig, 1, FIXTURE_SCHOOL);
    rig_reader(rig, 2, FIXTURE_WIJKTEAM, 7, FIXTURE_DESK_NOORD, 10);
    rig_letter_make(rig, &letter, &put);
    rig_put(rig, 1, FIXTURE_SCHOOL, &put);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &put.item_hash,
                &confirm);
    assert_int_equal(confirm.count, 1);
    assert_int_equal(confirm.verdicts[0].code, SEIN_OK);
    assert_true(confirm.verdicts[0].receipt);
    assert_memory_equal(confirm.verdicts[0].op_id.bytes, put.letter.id.bytes,
                        SEIN_ID_BYTES);
    delivery = rig_one_delivery(rig, 2);
    assert_memory_equal(delivery.letter_id.bytes, put.letter.id.bytes,
                        SEIN_ID_BYTES);
    assert_string_equal(delivery.desk, FIXTURE_DESK_NOORD);
    assert_int_equal(delivery.accepted_at, rig->now_ms);

    rig_ack(rig, 2, FIXTURE_WIJKTEAM, delivery.seq, FIXTURE_DESK_NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_OK);
    rig_ack(rig, 2, FIXTURE_WIJKTEAM, delivery.seq, FIXTURE_DESK_NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_ECOLLECTED);
    rig_no_frame(rig, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_confirm_deliver_ack, setup,
                                        teardown),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
