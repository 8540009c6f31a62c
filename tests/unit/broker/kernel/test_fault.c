/*
 * Each call of the store fails once, on each path: the turn is as if it had not
 * been, whoever asked hears so, and asking again does it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "broker/retention.h"
#include "proto/trust/identity.h"
#include "proto/trust/prekey.h"
#include "proto/wire/pack.h"
#include "tests/support/faulty_store.h"
#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define TEAM FIXTURE_WIJKTEAM
#define NOORD FIXTURE_DESK_NOORD
#define CALLS_MAX 200U

static struct rig_put put;
static uint64_t seq;

static struct rig *
faulty_rig(void)
{
    struct store *inner = NULL;
    struct store *store = NULL;

    assert_int_equal(store_memory_ops.open("", &inner), SEIN_OK);
    store = faulty_store_new(&inner);
    assert_non_null(store);
    return rig_new_on(store);
}

static void
make_letter(struct rig *rig)
{
    const struct rig_letter letter = { .expires_ms = FIXTURE_NOW_MS +
                                                     20 * SEIN_MS_PER_DAY };

    rig_letter_make(rig, &letter, &put);
}

/* One way through the kernel: what comes before, what is asked, and whether it
 * was done.  peer 1 is the school's, 2 the team's. */
struct path {
    const char *name;
    void (*prepare)(struct rig *rig);
    void (*ask)(struct rig *rig);
    void (*done)(struct rig *rig);
    unsigned asks; /* the peer that waits for an answer; 0: none does */
};

static void
prepare_sender(struct rig *rig)
{
    rig_sender(rig, 1, SCHOOL);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    make_letter(rig);
}

static void
ask_put(struct rig *rig)
{
    rig_put(rig, 1, SCHOOL, &put);
}

static void
done_put(struct rig *rig)
{
    assert_int_equal(rig_code(rig, 1), SEIN_OK);
    seq = rig_one_delivery(rig, 2).seq;
}

static void
prepare_put(struct rig *rig)
{
    prepare_sender(rig);
    ask_put(rig);
    rig_run(rig);
    done_put(rig);
}

static void
done_duplicate(struct rig *rig)
{
    static struct rig_confirm confirm;

    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &put.item_hash,
                &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_EDUPLICATE);
    assert_true(confirm.verdicts[0].receipt);
}

static void
prepare_waiting(struct rig *rig)
{
    rig_sender(rig, 1, SCHOOL);
    make_letter(rig);
    ask_put(rig);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_OK);
}

static void
ask_withdraw(struct rig *rig)
{
    rig_withdraw(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &put.letter.id, 3);
}

static void
done_withdraw(struct rig *rig)
{
    assert_int_equal(rig_code(rig, 1), SEIN_OK);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig_no_frame(rig, 2);
}

static void
ask_withdraw_late(struct rig *rig)
{
    ask_withdraw(rig);
}

static void
done_withdraw_late(struct rig *rig)
{
    assert_int_equal(rig_code(rig, 1), SEIN_EDELIVERED);
}

static void
prepare_restarted(struct rig *rig)
{
    prepare_put(rig);
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
}

static void
ask_ack(struct rig *rig)
{
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
}

static void
done_ack(struct rig *rig)
{
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_OK);
    rig_hello(rig, 2, TEAM, 7, false, NOORD);
    rig_credit(rig, 2, TEAM, 10);
    rig_run(rig);
    rig_welcome(rig, 2);
    rig_no_frame(rig, 2);
}

static void
ask_refuse(struct rig *rig)
{
    rig_ack(rig, 2, TEAM, seq, NOORD, 87);
}

static void
done_refuse(struct rig *rig)
{
    done_ack(rig);
    rig_reader(rig, 3, SCHOOL, 5, FIXTURE_DESK_SCHOOL, 10);
    assert_int_equal(rig_one_delivery(rig, 3).event.type, SEIN_EVENT_REFUSED);
    rig_no_frame(rig, 3);
}

static void
ask_hello(struct rig *rig)
{
    rig_hello(rig, 2, TEAM, 7, false, NOORD);
}

static void
done_hello(struct rig *rig)
{
    rig_welcome(rig, 2);
    rig_hello(rig, 4, TEAM, 8, false, NOORD);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 4, NULL), SEIN_EHOME);
}

static void
ask_take_over(struct rig *rig)
{
    rig_hello(rig, 4, TEAM, 8, true, NOORD);
    rig_credit(rig, 4, TEAM, 10);
}

static void
done_take_over(struct rig *rig)
{
    assert_int_equal(rig_error(rig, 2, NULL), SEIN_EHOME);
    rig_welcome(rig, 4);
    assert_int_equal(rig_one_delivery(rig, 4).seq, seq);
    rig_no_frame(rig, 2);
}

static void
prepare_minute(struct rig *rig)
{
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig->now_ms += SEIN_MS_PER_MIN;
}

static void
ask_ping(struct rig *rig)
{
    rig_empty(rig, 2, TEAM, SEIN_KIND_PING);
}

static void
done_ping(struct rig *rig)
{
    struct sein_frame frame = { 0 };

    rig_take_frame(rig, 2, SEIN_KIND_PONG, &frame);
}

static void
ask_prekey(struct rig *rig)
{
    const struct fixture_key *key = &rig->fixture->members[TEAM].keys[0];
    struct sein_prekey prekey = { .v = 1, .seq = 1 };
    uint8_t bytes[SEIN_PREKEY_MAX];
    struct sein_signed_prekey item = { 0 };
    size_t len = 0;

    prekey.desk = sein_slice_text(NOORD);
    prekey.key_id = key->key_id;
    prekey.not_before = (uint64_t)FIXTURE_NOW_MS;
    prekey.not_after = (uint64_t)(FIXTURE_NOW_MS + SEIN_PREKEY_LIFE_MS);
    assert_int_equal(sein_prekey_sign(&prekey, key->sign_secret, bytes,
                                      sizeof bytes, &len, item.signature),
                     SEIN_OK);
    item.statement = sein_slice_of(bytes, len);
    rig_items(rig, 2, TEAM, SEIN_KIND_PREKEY_PUT, &sein_signed_prekey_schema,
              &item, 1);
}

static void
done_prekey(struct rig *rig)
{
    assert_int_equal(rig_code(rig, 2), SEIN_OK);
}

static void
ask_prekeys(struct rig *rig)
{
    uint8_t buffer[256];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);

    sein_frame_begin(&out, SEIN_KIND_PREKEY_GET, ++rig->req);
    sein_pack_array(&out, 2);
    sein_pack_text(&out, sein_slice_text(NOORD));
    sein_pack_text(&out, sein_slice_text(FIXTURE_DESK_ZUID));
    rig_ask(rig, 1, SCHOOL, sein_slice_of(buffer, out.len));
}

static void
done_prekeys(struct rig *rig)
{
    struct sein_frame frame = { 0 };

    rig_take_frame(rig, 1, SEIN_KIND_PREKEYS, &frame);
}

static void
ask_heads(struct rig *rig)
{
    const struct sein_heads_get get = { .from = 1, .count = 5 };
    uint8_t buffer[64];
    struct sein_slice frame = { 0 };

    assert_int_equal(sein_frame_encode(SEIN_KIND_HEADS_GET, ++rig->req,
                                       &sein_heads_get_schema, &get, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    rig_ask(rig, 1, SCHOOL, frame);
}

static void
done_heads(struct rig *rig)
{
    struct sein_frame frame = { 0 };

    rig_take_frame(rig, 1, SEIN_KIND_HEADS, &frame);
}

static void
prepare_old_directory(struct rig *rig)
{
    const struct store_ops *ops = rig->store->ops;
    struct store_txn *txn = NULL;

    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(
        ops->directory_put(txn, 1, rig->now_ms, sein_slice_text("dir")),
        SEIN_OK);
    assert_int_equal(ops->commit(&txn), SEIN_OK);
    rig_swap(rig);
}

static void
ask_directory(struct rig *rig)
{
    const struct sein_dir_get get = { .version = 1 };
    uint8_t buffer[64];
    struct sein_slice frame = { 0 };

    assert_int_equal(sein_frame_encode(SEIN_KIND_DIR_GET, ++rig->req,
                                       &sein_dir_get_schema, &get, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    rig_ask(rig, 1, SCHOOL, frame);
}

static void
done_directory(struct rig *rig)
{
    struct sein_frame frame = { 0 };

    rig_take_frame(rig, 1, SEIN_KIND_DIR_PART, &frame);
}

static void
ask_receipt(struct rig *rig)
{
    struct sein_op_item item = { 0 };

    memcpy(item.op_id.bytes, put.letter.id.bytes, sizeof item.op_id.bytes);
    rig_items(rig, 1, SCHOOL, SEIN_KIND_RECEIPT_GET, &sein_op_item_schema,
              &item, 1);
}

static void
done_receipt(struct rig *rig)
{
    static struct rig_confirm confirm;

    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &put.item_hash,
                &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_OK);
    assert_true(confirm.verdicts[0].receipt);
}

/* Longer than a sweep that failed is put off. */
static void
ask_sweep(struct rig *rig)
{
    rig->now_ms += RETENTION_EVERY_MS;
    rig->sweep = true;
}

static void
prepare_expired(struct rig *rig)
{
    prepare_waiting(rig);
    rig->now_ms += 20 * SEIN_MS_PER_DAY;
}

static void
prepare_due(struct rig *rig)
{
    prepare_waiting(rig);
    rig->now_ms += 14 * SEIN_MS_PER_DAY;
}

static void
prepare_unread(struct rig *rig)
{
    prepare_waiting(rig);
    rig->now_ms += SEIN_MS_PER_DAY;
}

static void
done_told(struct rig *rig, enum sein_event_type type)
{
    static struct rig_delivery all[RIG_DELIVERIES_MAX];
    size_t count = 0;
    size_t found = 0;

    rig_reader(rig, 3, SCHOOL, 5, FIXTURE_DESK_SCHOOL, 10);
    count = rig_deliveries(rig, 3, all);
    for (size_t i = 0; i < count; i++)
        found += all[i].event.type == type;
    assert_int_equal(found, 1);
    rig_no_frame(rig, 3);
}

static void
done_not_collected(struct rig *rig)
{
    done_told(rig, SEIN_EVENT_NOT_COLLECTED);
}

static void
done_unread(struct rig *rig)
{
    done_told(rig, SEIN_EVENT_DESK_UNREAD);
}

static void
prepare_nothing(struct rig *rig)
{
    (void)rig;
}

static void
prepare_returned(struct rig *rig)
{
    struct sein_frame frame = { 0 };

    prepare_put(rig);
    rig_empty(rig, 2, TEAM, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, 2, SEIN_KIND_BYE, &frame);
}

static void
ask_reader(struct rig *rig)
{
    rig_hello(rig, 2, TEAM, 7, false, NOORD);
    rig_credit(rig, 2, TEAM, 1);
}

static void
done_reader(struct rig *rig)
{
    rig_welcome(rig, 2);
    assert_int_equal(rig_one_delivery(rig, 2).seq, seq);
}

static const struct path paths[] = {
    { "put", prepare_sender, ask_put, done_put, 1 },
    { "put again", prepare_put, ask_put, done_duplicate, 1 },
    { "withdraw", prepare_waiting, ask_withdraw, done_withdraw, 1 },
    { "withdraw late", prepare_restarted, ask_withdraw_late, done_withdraw_late,
      1 },
    { "ack", prepare_put, ask_ack, done_ack, 2 },
    { "refuse", prepare_put, ask_refuse, done_refuse, 2 },
    { "hello", prepare_nothing, ask_hello, done_hello, 2 },
    { "take over", prepare_put, ask_take_over, done_take_over, 4 },
    { "deliver again", prepare_returned, ask_reader, done_reader, 2 },
    { "ping", prepare_minute, ask_ping, done_ping, 2 },
    { "prekey put", prepare_minute, ask_prekey, done_prekey, 2 },
    { "prekey get", prepare_waiting, ask_prekeys, done_prekeys, 1 },
    { "heads get", prepare_waiting, ask_heads, done_heads, 1 },
    { "dir get", prepare_old_directory, ask_directory, done_directory, 1 },
    { "receipt get", prepare_waiting, ask_receipt, done_receipt, 1 },
    { "expire", prepare_expired, ask_sweep, done_not_collected, 0 },
    { "not collected", prepare_due, ask_sweep, done_not_collected, 0 },
    { "unread", prepare_unread, ask_sweep, done_unread, 0 },
};

/* Everything sent after a turn that failed is an error, or nothing. */
static void
only_refusals(struct rig *rig, const struct path *path, enum sein_err with)
{
    size_t answers = 0;

    for (unsigned peer = 1; peer <= 4; peer++) {
        struct sein_frame frame = { 0 };

        while (rig_take_any(rig, peer, &frame)) {
            assert_int_equal(with, SEIN_EFULL);
            assert_int_equal(peer, path->asks);
            assert_true(frame.kind == SEIN_KIND_ERROR ||
                        frame.kind == SEIN_KIND_PONG);
            answers++;
        }
    }
    if (with == SEIN_EFULL && path->asks != 0)
        assert_true(answers > 0);
}

/* A put that finds the disk full is refused by its own verdict. */
static bool
was_refused(struct rig *rig, const struct path *path)
{
    if (strcmp(path->name, "put") != 0 ||
        kernel_counters(rig->kernel)->items_put > 0)
        return false;
    assert_int_equal(rig_code(rig, 1), SEIN_EFULL);
    return true;
}

/* Returns false when the path makes fewer calls than nth. */
static bool
fail_once(const struct path *path, uint64_t nth, enum sein_err with)
{
    struct rig *rig = faulty_rig();
    bool fired = false;

    path->prepare(rig);
    faulty_store_arm(rig->store, nth, with);
    path->ask(rig);
    rig_run(rig);
    fired = faulty_store_fired(rig->store);
    faulty_store_arm(rig->store, 0, SEIN_OK);
    if (fired && !rig->failed && with == SEIN_EFULL && was_refused(rig, path)) {
        path->ask(rig);
        rig_run(rig);
    } else if (fired) {
        /* begin and commit fail outside of what took says. */
        assert_true(rig->failed);
        only_refusals(rig, path, rig->begun ? with : SEIN_OK);
        path->ask(rig);
        rig_run(rig);
    }
    path->done(rig);
    rig_free(&rig);
    return fired;
}

static void
fail_each(enum sein_err with)
{
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        uint64_t nth = 1;

        while (nth < CALLS_MAX && fail_once(&paths[i], nth, with))
            nth++;
        /* It ended because the path did, and it is no empty path. */
        assert_in_range(nth, 3, CALLS_MAX - 1);
    }
}

static void
test_each_call_fails_with_io(void **state)
{
    (void)state;
    fail_each(SEIN_EIO);
}

static void
test_each_call_finds_the_disk_full(void **state)
{
    (void)state;
    fail_each(SEIN_EFULL);
}

static void
test_each_call_finds_no_memory(void **state)
{
    (void)state;
    fail_each(SEIN_ENOMEM);
}

/* A result that no contract names is a failing disk, not a peer's mistake. */
static void
test_each_call_is_mistaken(void **state)
{
    (void)state;
    fail_each(SEIN_EINTERNAL);
}

static void
test_full_kernel_refuses_only_what_is_new(void **state)
{
    struct rig *rig = faulty_rig();
    static struct rig_put late;
    const struct rig_letter letter = { 0 };

    (void)state;
    prepare_put(rig);
    kernel_set_full(rig->kernel, true);
    rig_letter_make(rig, &letter, &late);
    rig_put(rig, 1, SCHOOL, &late);
    ask_put(rig);
    ask_ack(rig);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_EFULL);
    done_duplicate(rig);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_OK);
    assert_int_equal(rig->took, SEIN_OK);
    ask_prekey(rig);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 2), SEIN_EFULL);
    kernel_set_full(rig->kernel, false);
    rig_put(rig, 1, SCHOOL, &late);
    rig_run(rig);
    done_put(rig);
    kernel_set_full(rig->kernel, true);
    rig_withdraw(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &late.letter.id, 9);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_EDELIVERED);
    rig_free(&rig);
}

/* A sweep that finds the disk full does not fail the turns of others too. */
static void
test_sweep_that_failed_is_put_off(void **state)
{
    struct rig *rig = faulty_rig();

    (void)state;
    prepare_expired(rig);
    rig->fail_with = SEIN_EFULL;
    rig_sweep(rig);
    assert_true(kernel_next_deadline(rig->kernel) > rig->now_ms);
    rig_free(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_fails_with_io),
        cmocka_unit_test(test_each_call_finds_the_disk_full),
        cmocka_unit_test(test_each_call_finds_no_memory),
        cmocka_unit_test(test_each_call_is_mistaken),
        cmocka_unit_test(test_full_kernel_refuses_only_what_is_new),
        cmocka_unit_test(test_sweep_that_failed_is_put_off),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
