#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/wire/msg_hello.h"
#include "proto/wire/pack.h"
#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define TEAM FIXTURE_WIJKTEAM
#define NOORD FIXTURE_DESK_NOORD
#define ZUID FIXTURE_DESK_ZUID

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
put_letter(struct rig *rig, unsigned peer, const char *to,
           struct sein_letter_id *out_id)
{
    struct rig_letter letter = { .to = to };
    struct rig_put *put = malloc(sizeof *put);

    assert_non_null(put);
    rig_letter_make(rig, &letter, put);
    rig_put(rig, peer, SCHOOL, put);
    rig_run(rig);
    assert_int_equal(rig_code(rig, peer), SEIN_OK);
    if (out_id != NULL)
        *out_id = put->letter.id;
    free(put);
}

/* Whether there is a session now: a ping tells. */
static bool
is_open(struct rig *rig)
{
    struct sein_frame frame = { 0 };

    rig_empty(rig, 1, SCHOOL, SEIN_KIND_PING);
    rig_run(rig);
    assert_true(rig_take_any(rig, 1, &frame));
    return frame.kind == SEIN_KIND_PONG;
}

static void
test_draining_delivers_nothing_and_takes_acks(void **state)
{
    struct rig *rig = *state;
    struct rig_delivery delivery;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 1);
    put_letter(rig, 1, NOORD, NULL);
    delivery = rig_one_delivery(rig, 2);
    put_letter(rig, 1, NOORD, NULL);
    kernel_drain(rig->kernel);
    rig_ack(rig, 2, TEAM, delivery.seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_OK);
    rig_no_frame(rig, 2);
    assert_false(kernel_has_work(rig->kernel));
}

/* ---- hello ---- */

static void
test_hello_refuses_desks_not_of_the_key(void **state)
{
    struct rig *rig = *state;

    rig_hello(rig, 1, SCHOOL, 3, false, NOORD);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EDESKKEY);
    rig_hello(rig, 1, SCHOOL, 3, false, FIXTURE_OIN_SCHOOL "/geen");
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EDESK);
    rig_hello(rig, 1, SCHOOL, 0, false, FIXTURE_DESK_SCHOOL);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_ERANGE);
    assert_false(is_open(rig));
}

static void
test_unknown_key(void **state)
{
    struct rig *rig = *state;
    const struct sein_key_id none = { { 9 } };
    uint8_t ping[] = { 0x94, 1, SEIN_KIND_PING, 77, 0x90 };

    rig_ask_key(rig, 1, &none, sein_slice_of(ping, sizeof ping));
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EKEY);
}

static void
test_hello_twice_with_a_desk_named_twice(void **state)
{
    struct rig *rig = *state;
    struct sein_hello hello = { .desks = { .count = 2 } };
    uint8_t desks[160];
    uint8_t buffer[300];
    struct sein_writer out = sein_writer_of(desks, sizeof desks);
    struct sein_slice frame = { 0 };

    hello.home_id.bytes[0] = 7;
    sein_pack_array(&out, 2);
    sein_pack_text(&out, sein_slice_text(NOORD));
    sein_pack_text(&out, sein_slice_text(NOORD));
    hello.desks.raw = sein_slice_of(desks, out.len);
    assert_int_equal(sein_frame_encode(SEIN_KIND_HELLO, 5, &sein_hello_schema,
                                       &hello, buffer, sizeof buffer, &frame),
                     SEIN_OK);
    rig_sender(rig, 1, SCHOOL);
    put_letter(rig, 1, NOORD, NULL);
    rig_ask(rig, 2, TEAM, frame);
    rig_credit(rig, 2, TEAM, 5);
    rig_run(rig);
    rig_welcome(rig, 2);
    (void)rig_one_delivery(rig, 2);
    rig_no_frame(rig, 2);
}

static void
test_hello_again_begins_anew(void **state)
{
    struct rig *rig = *state;
    struct rig_delivery first;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 5);
    put_letter(rig, 1, NOORD, NULL);
    first = rig_one_delivery(rig, 2);
    rig_hello(rig, 2, TEAM, 7, false, NOORD);
    rig_run(rig);
    rig_welcome(rig, 2);
    rig_no_frame(rig, 2); /* no window yet */
    rig_ack(rig, 2, TEAM, first.seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, first.seq), SEIN_ECOLLECTED);
    rig_credit(rig, 2, TEAM, 1);
    rig_run(rig);
    assert_int_equal(rig_one_delivery(rig, 2).seq, first.seq);
    assert_int_equal(kernel_counters(rig->kernel)->items_redelivered, 1);
}

static void
test_second_home_is_refused_with_time(void **state)
{
    struct rig *rig = *state;
    int64_t read_ms = rig->now_ms;
    uint64_t at = 0;

    rig_reader(rig, 2, TEAM, 7, NOORD, 5);
    rig->now_ms += 10 * SEIN_MS_PER_S;
    rig_hello(rig, 3, TEAM, 8, false, NOORD);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 3, &at), SEIN_EHOME);
    assert_int_equal(at, read_ms);
    /* The other desk of the same key is nobody's. */
    rig_hello(rig, 3, TEAM, 8, false, ZUID);
    rig_run(rig);
    rig_welcome(rig, 3);
    /* Nor is it forgotten by a kernel that was started again. */
    rig_restart(rig);
    rig_hello(rig, 3, TEAM, 8, false, NOORD);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 3, NULL), SEIN_EHOME);
    rig_hello(rig, 3, TEAM, 7, false, NOORD);
    rig_run(rig);
    rig_welcome(rig, 3);
}

static void
test_take_over(void **state)
{
    struct rig *rig = *state;
    struct rig_delivery delivery;
    uint64_t at = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 5);
    put_letter(rig, 1, NOORD, NULL);
    delivery = rig_one_delivery(rig, 2);
    rig_hello(rig, 3, TEAM, 8, true, NOORD);
    rig_credit(rig, 3, TEAM, 5);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, &at), SEIN_EHOME);
    assert_int_equal(at, rig->now_ms);
    rig_welcome(rig, 3);
    assert_int_equal(rig_one_delivery(rig, 3).seq, delivery.seq);
    assert_int_equal(rig->told[KERNEL_EVENT_TAKEN_OVER], 1);
    /* The other home gets nothing and acknowledges nothing. */
    rig_ack(rig, 2, TEAM, delivery.seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_ECOLLECTED);
    put_letter(rig, 1, NOORD, NULL);
    rig_no_frame(rig, 2);
    (void)rig_one_delivery(rig, 3);
    rig_hello(rig, 2, TEAM, 7, false, NOORD);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_EHOME);
}

static void
test_take_over_that_does_not_commit(void **state)
{
    struct rig *rig = *state;
    struct rig_delivery delivery;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 5);
    put_letter(rig, 1, NOORD, NULL);
    delivery = rig_one_delivery(rig, 2);
    rig_hello(rig, 3, TEAM, 8, true, NOORD);
    rig_credit(rig, 3, TEAM, 5);
    rig->fail_with = SEIN_EFULL;
    rig_run(rig);
    assert_int_equal(rig_error(rig, 3, NULL), SEIN_EFULL);
    rig_no_frame(rig, 3);
    rig_no_frame(rig, 2); /* it was not taken over */
    rig_run(rig);
    assert_int_equal(rig_one_delivery(rig, 2).seq, delivery.seq);
    rig_empty(rig, 3, TEAM, SEIN_KIND_PING);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 3, NULL), SEIN_ESESSION);
    rig_hello(rig, 3, TEAM, 8, false, NOORD);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 3, NULL), SEIN_EHOME);
}

/* ---- who gets what ---- */

static void
test_credit_is_never_exceeded(void **state)
{
    struct rig *rig = *state;
    static struct rig_delivery all[RIG_DELIVERIES_MAX];
    size_t outstanding = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 3);
    for (unsigned i = 0; i < 10; i++)
        put_letter(rig, 1, NOORD, NULL);
    for (size_t n = 1; n > 0; outstanding += n)
        n = rig_deliveries(rig, 2, all);
    assert_int_equal(outstanding, 3);
    assert_int_equal(kernel_counters(rig->kernel)->outstanding, 3);
    /* One acknowledged, one more. */
    rig_ack(rig, 2, TEAM, all[0].seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, all[0].seq), SEIN_OK);
    assert_int_equal(rig_deliveries(rig, 2, all), 1);
    rig_no_frame(rig, 2);
    /* A window that shrinks takes nothing back. */
    rig_credit(rig, 2, TEAM, 1);
    rig_run(rig);
    rig_no_frame(rig, 2);
    rig_ack(rig, 2, TEAM, all[0].seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, all[0].seq), SEIN_OK);
    rig_no_frame(rig, 2);
    rig_credit(rig, 2, TEAM, 1024);
    rig_run(rig);
    assert_int_equal(rig_deliveries(rig, 2, all), 6);
    rig_no_frame(rig, 2);
}

static void
test_no_credit_no_delivery(void **state)
{
    struct rig *rig = *state;

    rig_sender(rig, 1, SCHOOL);
    rig_hello(rig, 2, TEAM, 7, false, NOORD);
    rig_run(rig);
    rig_welcome(rig, 2);
    put_letter(rig, 1, NOORD, NULL);
    rig_no_frame(rig, 2);
    assert_false(kernel_has_work(rig->kernel));
}

static void
test_vanished_session_redelivered_to_the_other(void **state)
{
    struct rig *rig = *state;
    struct sein_letter_id ids[4];
    struct rig_delivery got[4];

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig_reader(rig, 3, TEAM, 7, NOORD, 10);
    for (unsigned i = 0; i < 4; i++)
        put_letter(rig, 1, NOORD, &ids[i]);
    /* They take turns. */
    got[0] = rig_one_delivery(rig, 2);
    got[1] = rig_one_delivery(rig, 2);
    got[2] = rig_one_delivery(rig, 3);
    got[3] = rig_one_delivery(rig, 3);
    rig_no_frame(rig, 2);
    rig_no_frame(rig, 3);
    rig->now_ms += SEIN_LEASE_MS - 1;
    rig_empty(rig, 3, TEAM, SEIN_KIND_PING);
    rig_sweep(rig);
    assert_int_equal(rig->told[KERNEL_EVENT_LEASE_OVER], 0);
    rig->now_ms += 1;
    assert_int_equal(kernel_next_deadline(rig->kernel), rig->now_ms);
    rig_sweep(rig);
    /* 1 and 2 were not heard. */
    assert_int_equal(rig->told[KERNEL_EVENT_LEASE_OVER], 2);
    {
        static struct rig_delivery all[RIG_DELIVERIES_MAX];
        struct sein_frame frame = { 0 };

        rig_take_frame(rig, 3, SEIN_KIND_PONG, &frame);
        assert_int_equal(rig_deliveries(rig, 3, all), 2);
        assert_int_equal(all[0].seq, got[0].seq);
        assert_int_equal(all[1].seq, got[1].seq);
        assert_memory_equal(&all[0].letter_id, &got[0].letter_id,
                            SEIN_ID_BYTES);
    }
    rig_no_frame(rig, 3);
    /* The late acknowledgement of the one that vanished. */
    rig_ack(rig, 2, TEAM, got[0].seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_ESESSION);
    rig_ack(rig, 3, TEAM, got[0].seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 3, got[0].seq), SEIN_OK);
}

static void
test_peer_that_cannot_be_reached(void **state)
{
    struct rig *rig = *state;
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig->deaf_peer = 2;
    put_letter(rig, 1, NOORD, NULL);
    assert_int_equal(kernel_counters(rig->kernel)->outstanding, 0);
    rig->deaf_peer = 0;
    rig_no_frame(rig, 2);
    rig_reader(rig, 3, TEAM, 7, NOORD, 10);
    seq = rig_one_delivery(rig, 3).seq;
    assert_int_equal(kernel_counters(rig->kernel)->items_redelivered, 1);
    rig_ack(rig, 3, TEAM, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 3, seq), SEIN_OK);
}

static void
test_bye_gives_back(void **state)
{
    struct rig *rig = *state;
    struct sein_frame frame = { 0 };
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    put_letter(rig, 1, NOORD, NULL);
    seq = rig_one_delivery(rig, 2).seq;
    rig_empty(rig, 2, TEAM, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, 2, SEIN_KIND_BYE, &frame);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    assert_int_equal(rig_one_delivery(rig, 2).seq, seq);
}

static void
test_other_key_on_the_same_connection(void **state)
{
    struct rig *rig = *state;
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    put_letter(rig, 1, NOORD, NULL);
    seq = rig_one_delivery(rig, 2).seq;
    /* The same routing id, another key: it is nobody's session. */
    rig_ack(rig, 2, SCHOOL, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_ESESSION);
    assert_int_equal(kernel_counters(rig->kernel)->outstanding, 0);
    rig_reader(rig, 3, TEAM, 7, NOORD, 10);
    assert_int_equal(rig_one_delivery(rig, 3).seq, seq);
}

static void
test_ack_only_what_is_outstanding_here(void **state)
{
    struct rig *rig = *state;
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    put_letter(rig, 1, NOORD, NULL);
    seq = rig_one_delivery(rig, 2).seq;
    rig_reader(rig, 3, TEAM, 7, NOORD, 10);
    rig_ack(rig, 3, TEAM, seq, NOORD, 0);
    rig_ack(rig, 1, SCHOOL, seq, NOORD, 0);
    rig_ack(rig, 2, TEAM, seq, ZUID, 0);
    rig_ack(rig, 2, TEAM, seq + 1, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 3, seq), SEIN_ECOLLECTED);
    assert_int_equal(rig_acked(rig, 1, seq), SEIN_ECOLLECTED);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_ECOLLECTED);
    assert_int_equal(rig_acked(rig, 2, seq + 1), SEIN_ECOLLECTED);
    assert_int_equal(kernel_counters(rig->kernel)->outstanding, 1);
}

static void
test_ack_that_does_not_commit_is_given_again(void **state)
{
    struct rig *rig = *state;
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    put_letter(rig, 1, NOORD, NULL);
    seq = rig_one_delivery(rig, 2).seq;
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig->fail_with = SEIN_EFULL;
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_EFULL);
    assert_int_equal(kernel_counters(rig->kernel)->outstanding, 1);
    rig_run(rig);
    rig_no_frame(rig, 2);
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_OK);
    rig_restart(rig);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig_no_frame(rig, 2);
}

static void
test_ack_and_bye_in_a_turn_that_fails(void **state)
{
    struct rig *rig = *state;
    struct sein_frame frame = { 0 };
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    put_letter(rig, 1, NOORD, NULL);
    seq = rig_one_delivery(rig, 2).seq;
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig_empty(rig, 2, TEAM, SEIN_KIND_BYE);
    rig->fail_with = SEIN_EFULL;
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_EFULL);
    rig_take_frame(rig, 2, SEIN_KIND_BYE, &frame);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    assert_int_equal(rig_one_delivery(rig, 2).seq, seq);
}

/* ---- time ---- */

static int64_t
stored_read_at(struct rig *rig, const char *desk)
{
    struct store_txn *txn = NULL;
    struct store_desk row = { 0 };

    assert_int_equal(rig->store->ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(
        rig->store->ops->desk_get(txn, sein_slice_text(desk), &row), SEIN_OK);
    rig->store->ops->rollback(&txn);
    return row.last_read_ms;
}

static void
test_last_read_is_written_once_a_minute(void **state)
{
    struct rig *rig = *state;
    int64_t first_ms = rig->now_ms;

    assert_int_equal(stored_read_at(rig, NOORD), 0);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    assert_int_equal(stored_read_at(rig, NOORD), first_ms);
    rig->now_ms += SEIN_MS_PER_MIN - 1;
    rig_empty(rig, 2, TEAM, SEIN_KIND_PING);
    rig_run(rig);
    assert_false(rig->changed);
    assert_int_equal(stored_read_at(rig, NOORD), first_ms);
    rig->now_ms += 1;
    rig_empty(rig, 2, TEAM, SEIN_KIND_PING);
    rig_run(rig);
    assert_true(rig->changed);
    assert_int_equal(stored_read_at(rig, NOORD), rig->now_ms);
    rig_empty(rig, 2, TEAM, SEIN_KIND_PING);
    rig_run(rig);
    assert_false(rig->changed);
}

static void
test_last_read_that_was_not_committed_is_written_again(void **state)
{
    struct rig *rig = *state;
    int64_t first_ms = rig->now_ms;
    struct sein_frame frame = { 0 };

    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig->now_ms += SEIN_MS_PER_MIN;
    rig_empty(rig, 2, TEAM, SEIN_KIND_PING);
    rig->fail_with = SEIN_EFULL;
    rig_run(rig);
    rig_take_frame(rig, 2, SEIN_KIND_PONG, &frame);
    assert_int_equal(stored_read_at(rig, NOORD), first_ms);
    rig_empty(rig, 2, TEAM, SEIN_KIND_PING);
    rig_run(rig);
    assert_int_equal(stored_read_at(rig, NOORD), rig->now_ms);
}

static void
test_clock_that_goes_back_ends_no_lease_late(void **state)
{
    struct rig *rig = *state;

    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig->now_ms -= SEIN_MS_PER_DAY;
    rig_run(rig);
    assert_true(kernel_next_deadline(rig->kernel) <=
                rig->now_ms + SEIN_LEASE_MS);
    rig->now_ms += SEIN_LEASE_MS;
    rig_sweep(rig);
    assert_int_equal(rig->told[KERNEL_EVENT_LEASE_OVER], 1);
}

/* ---- the directory changes ---- */

static void
test_revoked_on_an_open_connection(void **state)
{
    struct rig *rig = *state;
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    put_letter(rig, 1, NOORD, NULL);
    seq = rig_one_delivery(rig, 2).seq;
    rig->fixture->members[TEAM].keys[0].revoked_at = (uint64_t)rig->now_ms;
    rig_swap(rig);
    assert_int_equal(kernel_counters(rig->kernel)->outstanding, 0);
    put_letter(rig, 1, NOORD, NULL);
    rig_no_frame(rig, 2);
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_EREVOKED);
    rig_hello(rig, 2, TEAM, 7, false, NOORD);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_EREVOKED);
}

/* No swap, only time: the moment stood in the directory already. */
static void
test_revoked_at_a_moment_between_two_turns(void **state)
{
    struct rig *rig = *state;

    rig->fixture->members[TEAM].keys[0].revoked_at =
        (uint64_t)rig->now_ms + 1000;
    rig_swap(rig);
    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    put_letter(rig, 1, NOORD, NULL);
    (void)rig_one_delivery(rig, 2);
    rig->now_ms += 1000;
    put_letter(rig, 1, NOORD, NULL);
    rig_no_frame(rig, 2);
    rig_empty(rig, 2, TEAM, SEIN_KIND_PING);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_EREVOKED);
    assert_int_equal(kernel_counters(rig->kernel)->outstanding, 0);
}

static void
test_retired_key_does_nothing(void **state)
{
    struct rig *rig = *state;

    rig_sender(rig, 1, SCHOOL);
    rig->fixture->members[SCHOOL].keys[0].retired_at = (uint64_t)rig->now_ms;
    rig_swap(rig);
    rig_empty(rig, 1, SCHOOL, SEIN_KIND_PING);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_ERETIRED);
}

static void
test_key_loses_one_desk(void **state)
{
    struct rig *rig = *state;
    struct fixture_key *key = &rig->fixture->members[TEAM].keys[0];
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    put_letter(rig, 1, NOORD, NULL);
    seq = rig_one_delivery(rig, 2).seq;
    key->desks[0] = "zuid";
    key->desk_count = 1;
    rig_swap(rig);
    assert_int_equal(kernel_counters(rig->kernel)->outstanding, 0);
    put_letter(rig, 1, NOORD, NULL);
    rig_no_frame(rig, 2);
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_ECOLLECTED);
}

static void
test_left_member_reads_and_withdraws_but_puts_nothing(void **state)
{
    struct rig *rig = *state;
    struct sein_letter_id id;
    struct rig_letter letter = { 0 };
    static struct rig_put put;
    uint64_t seq = 0;

    rig_sender(rig, 1, SCHOOL);
    put_letter(rig, 1, NOORD, NULL);
    put_letter(rig, 1, NOORD, &id);
    rig->fixture->members[SCHOOL].left_at = (uint64_t)rig->now_ms;
    rig->fixture->members[TEAM].left_at = (uint64_t)rig->now_ms;
    rig_swap(rig);
    rig_letter_make(rig, &letter, &put);
    rig_put(rig, 1, SCHOOL, &put);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_ELEFT);
    rig_withdraw(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &id, 1);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_OK);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    seq = rig_one_delivery(rig, 2).seq;
    rig_no_frame(rig, 2);
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_draining_delivers_nothing_and_takes_acks),
        CASE(test_hello_refuses_desks_not_of_the_key),
        CASE(test_unknown_key),
        CASE(test_hello_twice_with_a_desk_named_twice),
        CASE(test_hello_again_begins_anew),
        CASE(test_second_home_is_refused_with_time),
        CASE(test_take_over),
        CASE(test_take_over_that_does_not_commit),
        CASE(test_credit_is_never_exceeded),
        CASE(test_no_credit_no_delivery),
        CASE(test_vanished_session_redelivered_to_the_other),
        CASE(test_peer_that_cannot_be_reached),
        CASE(test_bye_gives_back),
        CASE(test_other_key_on_the_same_connection),
        CASE(test_ack_only_what_is_outstanding_here),
        CASE(test_ack_that_does_not_commit_is_given_again),
        CASE(test_ack_and_bye_in_a_turn_that_fails),
        CASE(test_last_read_is_written_once_a_minute),
        CASE(test_last_read_that_was_not_committed_is_written_again),
        CASE(test_clock_that_goes_back_ends_no_lease_late),
        CASE(test_revoked_on_an_open_connection),
        CASE(test_revoked_at_a_moment_between_two_turns),
        CASE(test_retired_key_does_nothing),
        CASE(test_key_loses_one_desk),
        CASE(test_left_member_reads_and_withdraws_but_puts_nothing),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
