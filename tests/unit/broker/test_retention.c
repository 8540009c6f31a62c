#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "broker/retention.h"
#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define TEAM FIXTURE_WIJKTEAM
#define NOORD FIXTURE_DESK_NOORD
#define DAY SEIN_MS_PER_DAY

static struct rig_put put;
static struct rig_delivery all[RIG_DELIVERIES_MAX];

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

static uint64_t
waiting(struct rig *rig)
{
    struct store_txn *txn = NULL;
    struct store_usage count = { 0 };

    assert_int_equal(rig->store->ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(rig->store->ops->count(txn, &count), SEIN_OK);
    rig->store->ops->rollback(&txn);
    return count.letters;
}

static void
put_until(struct rig *rig, int64_t expires_ms)
{
    struct rig_letter letter = { .expires_ms = expires_ms };

    rig_sender(rig, 1, SCHOOL);
    rig_letter_make(rig, &letter, &put);
    rig_put(rig, 1, SCHOOL, &put);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_OK);
}

/* Takes one frame of events and acknowledges them all. */
static size_t
take_events(struct rig *rig)
{
    size_t count = rig_deliveries(rig, 3, all);

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(all[i].type, SEIN_ITEM_EVENT);
        assert_string_equal(all[i].event_desk, NOORD);
        assert_string_equal(all[i].event_circle, "jeugd");
        rig_ack(rig, 3, SCHOOL, all[i].seq, FIXTURE_DESK_SCHOOL, 0);
    }
    rig_run(rig);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rig_acked(rig, 3, all[i].seq), SEIN_OK);
    return count;
}

/* What the school's desk was told since it last looked. */
static size_t
told(struct rig *rig)
{
    struct sein_frame frame = { 0 };
    size_t count = 0;

    rig_reader(rig, 3, SCHOOL, 5, FIXTURE_DESK_SCHOOL, 256);
    for (size_t more = 1; more > 0; count += more)
        more = take_events(rig);
    rig_empty(rig, 3, SCHOOL, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, 3, SEIN_KIND_BYE, &frame);
    return count;
}

static void
assert_told(struct rig *rig, enum sein_event_type type, uint64_t code)
{
    assert_int_equal(told(rig), 1);
    assert_int_equal(all[0].event.type, type);
    assert_int_equal(all[0].event.code, code);
    assert_memory_equal(&all[0].letter_id, &put.letter.id, SEIN_ID_BYTES);
}

/* The team's desk is being read, so that nothing is unread. */
static void
read_noord(struct rig *rig, uint64_t window)
{
    rig_reader(rig, 2, TEAM, 7, NOORD, window);
}

static void
test_not_collected_once_then_expired_in_silence(void **state)
{
    struct rig *rig = *state;
    int64_t start_ms = rig->now_ms;

    put_until(rig, start_ms + 20 * DAY);
    rig->now_ms = start_ms + 14 * DAY - 1;
    read_noord(rig, 0);
    rig_sweep(rig);
    assert_int_equal(told(rig), 0);
    rig->now_ms = start_ms + 14 * DAY;
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_told(rig, SEIN_EVENT_NOT_COLLECTED, 0);
    assert_int_equal(rig->told[KERNEL_EVENT_NOT_COLLECTED], 1);
    /* It still waits, and can still be collected. */
    assert_int_equal(waiting(rig), 1);
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_int_equal(told(rig), 0);
    rig->now_ms = start_ms + 20 * DAY - 1;
    read_noord(rig, 0);
    rig_sweep(rig);
    assert_int_equal(waiting(rig), 1);
    rig->now_ms += 1 + RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_int_equal(waiting(rig), 0);
    assert_int_equal(told(rig), 0);
    assert_int_equal(rig->told[KERNEL_EVENT_EXPIRED], 1);
}

static void
test_collect_days_of_the_circle(void **state)
{
    struct rig *rig = *state;
    int64_t start_ms = rig->now_ms;

    rig->fixture->circles[FIXTURE_JEUGD].collect_days = 3;
    rig_swap(rig);
    put_until(rig, 0);
    rig->now_ms = start_ms + 3 * DAY - 1;
    read_noord(rig, 0);
    rig_sweep(rig);
    assert_int_equal(told(rig), 0);
    rig->now_ms += 1 + RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_told(rig, SEIN_EVENT_NOT_COLLECTED, 0);
}

static void
test_expired_before_it_was_told(void **state)
{
    struct rig *rig = *state;
    int64_t expires_ms = rig->now_ms + 2 * SEIN_MS_PER_HOUR;

    put_until(rig, expires_ms);
    rig->now_ms = expires_ms;
    /* Not swept yet, but not delivered any more either. */
    read_noord(rig, 10);
    rig_no_frame(rig, 2);
    rig_sweep(rig);
    assert_int_equal(waiting(rig), 1); /* the event */
    assert_told(rig, SEIN_EVENT_NOT_COLLECTED, SEIN_EEXPIRED);
    assert_int_equal(waiting(rig), 0);
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_int_equal(told(rig), 0);
}

static void
test_expires_while_it_is_out(void **state)
{
    struct rig *rig = *state;
    int64_t expires_ms = rig->now_ms + SEIN_MS_PER_HOUR;
    uint64_t seq = 0;

    put_until(rig, expires_ms);
    rig->now_ms = expires_ms - 1;
    read_noord(rig, 10);
    seq = rig_one_delivery(rig, 2).seq;
    rig->now_ms = expires_ms + RETENTION_EVERY_MS;
    rig_sweep(rig);
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_OK);
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_ECOLLECTED);
}

static void
test_expired_is_not_delivered_again(void **state)
{
    struct rig *rig = *state;
    int64_t expires_ms = rig->now_ms + SEIN_MS_PER_HOUR;

    put_until(rig, expires_ms);
    rig->now_ms = expires_ms - 1;
    read_noord(rig, 10);
    (void)rig_one_delivery(rig, 2);
    rig->now_ms = expires_ms;
    read_noord(rig, 10); /* hello again: it went back, and is over */
    rig_no_frame(rig, 2);
}

static void
test_desk_unread_once_until_read_again(void **state)
{
    struct rig *rig = *state;
    int64_t start_ms = rig->now_ms;

    put_until(rig, start_ms + 20 * DAY);
    rig->now_ms = start_ms + DAY;
    rig_sweep(rig);
    assert_int_equal(told(rig), 0); /* 24 h have to be over */
    rig->now_ms = start_ms + DAY + RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_told(rig, SEIN_EVENT_DESK_UNREAD, 0);
    rig->now_ms += DAY;
    rig_sweep(rig);
    assert_int_equal(told(rig), 0);
    /* Read again, without taking the letter; then not for a day. */
    read_noord(rig, 0);
    rig->now_ms += DAY;
    rig_sweep(rig);
    assert_int_equal(told(rig), 0);
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_told(rig, SEIN_EVENT_DESK_UNREAD, 0);
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_int_equal(told(rig), 0);
}

static void
test_desk_that_is_read_is_not_unread(void **state)
{
    struct rig *rig = *state;

    put_until(rig, rig->now_ms + 13 * DAY);
    read_noord(rig, 0);
    for (unsigned hour = 0; hour < 60; hour++) {
        rig->now_ms += SEIN_MS_PER_HOUR;
        read_noord(rig, 0);
        rig_sweep(rig);
    }
    assert_int_equal(told(rig), 0);
}

static void
test_nothing_is_told_when_the_commit_fails(void **state)
{
    struct rig *rig = *state;
    int64_t expires_ms = rig->now_ms + 2 * SEIN_MS_PER_HOUR;

    put_until(rig, expires_ms);
    rig->now_ms = expires_ms;
    rig->fail_with = SEIN_EFULL;
    rig_sweep(rig);
    assert_int_equal(waiting(rig), 1); /* the letter */
    assert_int_equal(told(rig), 0);
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_told(rig, SEIN_EVENT_NOT_COLLECTED, SEIN_EEXPIRED);
}

static void
test_events_expire_too(void **state)
{
    struct rig *rig = *state;
    int64_t expires_ms = rig->now_ms + 2 * SEIN_MS_PER_HOUR;

    put_until(rig, expires_ms);
    rig->now_ms = expires_ms;
    rig_sweep(rig);
    assert_int_equal(waiting(rig), 1);
    rig->now_ms += SEIN_LETTER_LIFE_MS - 1;
    rig_sweep(rig);
    assert_int_equal(waiting(rig), 1);
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_int_equal(waiting(rig), 0); /* and nobody is told of that */
}

static void
test_return_desk_that_is_no_more(void **state)
{
    struct rig *rig = *state;
    struct fixture_member *school = &rig->fixture->members[SCHOOL];
    int64_t expires_ms = rig->now_ms + 2 * SEIN_MS_PER_HOUR;

    put_until(rig, expires_ms);
    school->desks[0].name = "anders";
    rig_swap(rig);
    rig->now_ms = expires_ms;
    rig_sweep(rig);
    assert_int_equal(waiting(rig), 0);
}

static void
test_many_at_once_take_several_sweeps(void **state)
{
    struct rig *rig = *state;
    int64_t expires_ms = rig->now_ms + SEIN_MS_PER_HOUR;
    unsigned count = RETENTION_SWEEP_MAX + 10;
    unsigned sweeps = 0;

    for (unsigned i = 0; i < count; i++)
        put_until(rig, expires_ms);
    rig->now_ms = expires_ms;
    do {
        assert_true(kernel_next_deadline(rig->kernel) <= rig->now_ms);
        rig_sweep(rig);
        sweeps++;
    } while (kernel_next_deadline(rig->kernel) <= rig->now_ms);
    assert_int_equal(sweeps, 2);
    assert_int_equal(waiting(rig), count); /* an event each */
    assert_int_equal(kernel_counters(rig->kernel)->items_expired, count);
    assert_int_equal(told(rig), count);
    assert_int_equal(waiting(rig), 0);
}

static void
test_operations_are_forgotten(void **state)
{
    struct rig *rig = *state;
    struct rig_confirm confirm;
    struct rig_put first;

    put_until(rig, 0);
    first = put;
    rig->now_ms += SEIN_RECEIPT_KEEP_MS;
    rig_sweep(rig);
    rig_sender(rig, 1, SCHOOL);
    rig_put(rig, 1, SCHOOL, &first);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &first.item_hash,
                &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_EDUPLICATE);
    assert_true(confirm.verdicts[0].receipt);
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    rig_sender(rig, 1, SCHOOL);
    rig_put(rig, 1, SCHOOL, &first);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_ELIFE);
}

static void
test_directories_are_forgotten(void **state)
{
    struct rig *rig = *state;
    const struct store_ops *ops = rig->store->ops;
    uint8_t bytes[8] = { 0 };
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct store_txn *txn = NULL;
    uint64_t version = 0;
    size_t total = 0;

    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    for (uint64_t i = 1; i <= 2; i++)
        assert_int_equal(
            ops->directory_put(txn, i, rig->now_ms, sein_slice_text("dir")),
            SEIN_OK);
    assert_int_equal(ops->commit(&txn), SEIN_OK);
    rig->now_ms += SEIN_DIRECTORY_KEEP_MS + RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(ops->directory_read(txn, 1, 0, 8, &out, &total, &version),
                     SEIN_ENOENT);
    assert_int_equal(ops->directory_read(txn, 2, 0, 8, &out, &total, &version),
                     SEIN_OK);
    ops->rollback(&txn);
}

static void
test_idle_sweep_changes_nothing(void **state)
{
    struct rig *rig = *state;

    rig_sweep(rig);
    assert_true(rig->changed); /* the log is started */
    rig->now_ms += RETENTION_EVERY_MS;
    rig_sweep(rig);
    assert_false(rig->changed);
    assert_int_equal(kernel_next_deadline(rig->kernel),
                     rig->now_ms + RETENTION_EVERY_MS);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_not_collected_once_then_expired_in_silence),
        CASE(test_collect_days_of_the_circle),
        CASE(test_expired_before_it_was_told),
        CASE(test_expires_while_it_is_out),
        CASE(test_expired_is_not_delivered_again),
        CASE(test_desk_unread_once_until_read_again),
        CASE(test_desk_that_is_read_is_not_unread),
        CASE(test_nothing_is_told_when_the_commit_fails),
        CASE(test_events_expire_too),
        CASE(test_return_desk_that_is_no_more),
        CASE(test_many_at_once_take_several_sweeps),
        CASE(test_operations_are_forgotten),
        CASE(test_directories_are_forgotten),
        CASE(test_idle_sweep_changes_nothing),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
