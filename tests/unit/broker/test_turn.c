/* Turns and upkeep on a disk that fails, with a member on the real socket. */
#include "broker/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <zmq.h>

#include "broker/upkeep.h"
#include "proto/wire/msg_confirm.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/pack.h"
#include "tests/support/kernel_rig.h"
#include "tests/support/store_folder.h"

struct fixture {
    char folder[STORE_FOLDER_MAX];
    struct broker broker;
    struct fixture_directory *demo;
    void *member; /* DEALER of the school */
    uint64_t req;
};

/* What the next commit and the next clean-up say; read by the store below,
 * whose functions have no other way to be told. */
static enum sein_err commit_says;
static enum sein_err maintain_says;
static unsigned maintained;

static enum sein_err
shaky_commit(struct store_txn **txn)
{
    enum sein_err says = commit_says;

    commit_says = SEIN_OK;
    if (says == SEIN_OK)
        return store_memory_ops.commit(txn);
    store_memory_ops.rollback(txn);
    *txn = NULL;
    return says;
}

static enum sein_err
shaky_maintain(struct store *store)
{
    enum sein_err says = maintain_says;

    maintained++;
    maintain_says = SEIN_OK;
    return says == SEIN_OK ? store_memory_ops.maintain(store) : says;
}

static uint64_t unmaintained;

static uint64_t
shaky_unmaintained(const struct store *store)
{
    (void)store;
    return unmaintained;
}

static bool full;

static bool
shaky_full(const struct store *store)
{
    (void)store;
    return full;
}

static struct store_ops shaky_ops;

static enum sein_err
look_up(void *context, const uint8_t curve[static SEIN_KEY_BYTES],
        struct sein_key_id *out_key_id)
{
    const struct broker *broker = context;
    const struct sein_key *key =
        sein_directory_key_by_curve(broker_directory(broker), curve);

    if (key == NULL)
        return SEIN_EKEY;
    *out_key_id = key->entry.key_id;
    return SEIN_OK;
}

static void
open_kernel(struct fixture *fixture)
{
    struct broker *broker = &fixture->broker;
    struct sein_directory *dir = fixture_directory_open(fixture->demo);
    struct kernel_config config = {
        .receipt_secret = broker->keys->receipt_secret,
        .idx_key = broker->keys->idx,
    };

    broker->config.letters_max = 100;
    broker->config.bytes_max = 1000000;
    broker->config.presences_max = 100;
    broker->config.items_per_s = 100;
    broker->config.items_burst = 100;
    broker->config.sessions_max = 5;
    config.quota = broker_quota(&broker->config);
    assert_int_equal(kernel_new(&config, &dir, &broker->kernel), SEIN_OK);
}

static void
connect_member(struct fixture *fixture)
{
    const struct fixture_key *key =
        &fixture->demo->members[FIXTURE_SCHOOL].keys[0];
    struct broker *broker = &fixture->broker;
    int zero = 0;

    fixture->member = zmq_socket(broker->zmq, ZMQ_DEALER);
    (void)zmq_setsockopt(fixture->member, ZMQ_LINGER, &zero, sizeof zero);
    (void)zmq_setsockopt(fixture->member, ZMQ_CURVE_SERVERKEY,
                         broker->keys->curve_public, SEIN_KEY_BYTES);
    (void)zmq_setsockopt(fixture->member, ZMQ_CURVE_PUBLICKEY, key->curve,
                         SEIN_KEY_BYTES);
    (void)zmq_setsockopt(fixture->member, ZMQ_CURVE_SECRETKEY,
                         key->curve_secret, SEIN_KEY_BYTES);
    assert_int_equal(
        zmq_connect(fixture->member, front_endpoint(broker->front)), 0);
}

static void
open_parts(struct fixture *fixture)
{
    struct broker *broker = &fixture->broker;
    char path[STORE_FOLDER_MAX + 16];
    enum mark_finding finding = MARK_CONTINUES;
    const char *why = NULL;
    size_t made = 0;

    (void)snprintf(path, sizeof path, "%s/keys", fixture->folder);
    assert_int_equal(keys_make(path, &made), SEIN_OK);
    assert_int_equal(keys_load(path, &broker->keys, &why), SEIN_OK);
    (void)snprintf(path, sizeof path, "%s/log", fixture->folder);
    assert_int_equal(log_new(path, LOG_DEBUG, &broker->log), SEIN_OK);
    assert_int_equal(store_memory_ops.open("", &broker->store), SEIN_OK);
    shaky_ops = store_memory_ops;
    shaky_ops.commit = shaky_commit;
    shaky_ops.maintain = shaky_maintain;
    shaky_ops.unmaintained = shaky_unmaintained;
    shaky_ops.full = shaky_full;
    broker->store->ops = &shaky_ops;
    (void)snprintf(path, sizeof path, "%s/log.mark", fixture->folder);
    assert_int_equal(mark_open(path, &broker->mark), SEIN_OK);
    assert_int_equal(mark_resume(broker->mark, broker->store, &finding),
                     SEIN_OK);
    open_kernel(fixture);
    broker->zmq = zmq_ctx_new();
    assert_int_equal(
        zap_new(broker->zmq, FRONT_ZAP_DOMAIN, look_up, broker, &broker->zap),
        SEIN_OK);
    assert_int_equal(front_new(broker->zmq, "tcp://127.0.0.1:*",
                               broker->keys->curve_secret, &broker->front),
                     SEIN_OK);
}

static int
set_up(void **state)
{
    static struct fixture fixture;
    struct broker *broker = &fixture.broker;

    memset(&fixture, 0, sizeof fixture);
    commit_says = SEIN_OK;
    maintain_says = SEIN_OK;
    maintained = 0;
    unmaintained = 0;
    full = false;
    store_folder_make(fixture.folder);
    fixture.demo = fixture_directory_new(FIXTURE_NOW_MS);
    broker->notify.fd = -1;
    broker->state = BROKER_SERVING;
    broker->clock.now_ms = FIXTURE_NOW_MS;
    broker->clock.mono_ms = 1000000;
    broker->upkeep.maintained_ms = broker->clock.mono_ms;
    (void)snprintf(broker->config.store_dir, sizeof broker->config.store_dir,
                   "%s", fixture.folder);
    open_parts(&fixture);
    connect_member(&fixture);
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;
    char path[STORE_FOLDER_MAX + 16];

    (void)zmq_close(fixture->member);
    fixture->broker.store->ops = &store_memory_ops;
    broker_close(&fixture->broker);
    fixture_directory_free(&fixture->demo);
    (void)snprintf(path, sizeof path, "%s/keys", fixture->folder);
    store_folder_remove(path);
    store_folder_remove(fixture->folder);
    return 0;
}

/* ---- the member ------------------------------------------------------------
 */

static void
say(struct fixture *fixture, struct sein_slice frame)
{
    assert_true(zmq_send(fixture->member, frame.at, frame.len, 0) >= 0);
}

static void
say_hello(struct fixture *fixture)
{
    struct sein_hello hello = { .home_id = { { 7 } } };
    const uint8_t no_desks[] = { 0x90 };
    uint8_t buffer[256];
    struct sein_slice frame = { 0 };

    hello.desks.raw = sein_slice_of(no_desks, sizeof no_desks);
    assert_int_equal(sein_frame_encode(SEIN_KIND_HELLO, ++fixture->req,
                                       &sein_hello_schema, &hello, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    say(fixture, frame);
}

static void
say_put(struct fixture *fixture)
{
    static struct rig_put put;
    static uint8_t buffer[SEIN_LETTER_MAX + 256];
    const struct rig rig = { .now_ms = FIXTURE_NOW_MS };
    const struct rig_letter letter = { 0 };
    struct sein_put_item item = { 0 };
    struct sein_writer writer = sein_writer_of(buffer, sizeof buffer);
    struct sein_slice frame = { 0 };

    rig_letter_make(&rig, &letter, &put);
    item.from = sein_slice_text(FIXTURE_DESK_SCHOOL);
    item.letter = sein_slice_of(put.letter_bytes, put.letter_len);
    sein_frame_begin(&writer, SEIN_KIND_PUT, ++fixture->req);
    sein_pack_array(&writer, 1);
    assert_int_equal(sein_schema_encode(&sein_put_item_schema, &item, &writer),
                     SEIN_OK);
    assert_int_equal(sein_writer_done(&writer, &frame), SEIN_OK);
    say(fixture, frame);
}

/* The kind of the next frame to the member; 0 when nothing comes. */
static uint64_t
hear(struct fixture *fixture, struct sein_frame *out_frame, int wait_ms)
{
    static uint8_t buffer[65536];
    zmq_pollitem_t item = { .socket = fixture->member, .events = ZMQ_POLLIN };
    int len = 0;

    if (zmq_poll(&item, 1, wait_ms) <= 0)
        return 0;
    len = zmq_recv(fixture->member, buffer, sizeof buffer, 0);
    assert_true(len > 0);
    assert_int_equal(
        sein_frame_decode(sein_slice_of(buffer, (size_t)len), out_frame),
        SEIN_OK);
    return out_frame->kind;
}

static enum sein_err
hear_error(struct fixture *fixture)
{
    struct sein_frame frame = { 0 };
    struct sein_error_body body;

    assert_int_equal(hear(fixture, &frame, 2000), SEIN_KIND_ERROR);
    assert_int_equal(
        sein_schema_decode_all(&sein_error_schema, frame.body, &body), SEIN_OK);
    return sein_err_from_wire(body.code);
}

/* The code of the one verdict of a confirm. */
static enum sein_err
hear_verdict(struct fixture *fixture)
{
    struct sein_frame frame = { 0 };
    struct sein_confirm confirm;
    struct sein_verdict verdict;
    struct sein_items items;

    assert_int_equal(hear(fixture, &frame, 2000), SEIN_KIND_CONFIRM);
    assert_int_equal(
        sein_schema_decode_all(&sein_confirm_schema, frame.body, &confirm),
        SEIN_OK);
    assert_int_equal(confirm.verdicts.count, 1);
    assert_int_equal(sein_items_begin(confirm.verdicts.raw, 1, &items),
                     SEIN_OK);
    assert_int_equal(
        sein_items_next(&items, &sein_verdict_schema, &verdict, NULL), SEIN_OK);
    return sein_err_from_wire(verdict.code);
}

/* ---- the loop --------------------------------------------------------------
 */

/* Reads until some frames are there, and runs one turn over them. */
static enum sein_err
turn(struct fixture *fixture)
{
    struct broker *broker = &fixture->broker;
    size_t count = 0;
    size_t next = 0;
    enum sein_err err = SEIN_OK;

    for (int i = 0; i < 100 && count == 0; i++) {
        zmq_pollitem_t items[2] = {
            { .socket = front_socket(broker->front), .events = ZMQ_POLLIN },
            { .socket = zap_socket(broker->zap), .events = ZMQ_POLLIN },
        };

        assert_true(zmq_poll(items, 2, 100) >= 0);
        assert_int_equal(zap_handle(broker->zap), SEIN_OK);
        assert_int_equal(front_read(broker->front, &count), SEIN_OK);
    }
    assert_true(count > 0);
    err = turn_run(broker, 0, count, &next);
    if (err == SEIN_OK)
        assert_int_equal(next, count);
    return err;
}

static void
open_session(struct fixture *fixture)
{
    struct sein_frame frame = { 0 };

    say_hello(fixture);
    assert_int_equal(turn(fixture), SEIN_OK);
    assert_int_equal(hear(fixture, &frame, 2000), SEIN_KIND_WELCOME);
}

static uint64_t
waiting(struct fixture *fixture)
{
    const struct store_ops *ops = fixture->broker.store->ops;
    struct store_txn *txn = NULL;
    struct store_usage usage = { 0 };

    assert_int_equal(ops->begin(fixture->broker.store, &txn), SEIN_OK);
    assert_int_equal(ops->count(txn, &usage), SEIN_OK);
    ops->rollback(&txn);
    return usage.letters;
}

/* ---- tests -----------------------------------------------------------------
 */

static void
test_committed_then_confirmed(void **state)
{
    struct fixture *fixture = *state;
    struct sein_frame frame = { 0 };

    open_session(fixture);
    say_put(fixture);
    assert_int_equal(turn(fixture), SEIN_OK);
    assert_int_equal(hear(fixture, &frame, 2000), SEIN_KIND_CONFIRM);
    assert_int_equal(frame.req, fixture->req);
    assert_int_equal(waiting(fixture), 1);
    /* The mark named the head before the receipt left. */
    assert_int_equal(mark_seq(fixture->broker.mark), 1);
    assert_false(
        mark_is_due(fixture->broker.mark, fixture->broker.clock.mono_ms));
    assert_true(fixture->broker.dirty);
}

/* After a failed fsync nothing may be said: not even an error, for nobody
 * knows what is on the disk. */
static void
test_a_failed_disk_ends_it(void **state)
{
    struct fixture *fixture = *state;
    struct sein_frame frame = { 0 };

    open_session(fixture);
    say_put(fixture);
    commit_says = SEIN_EIO;
    assert_int_equal(turn(fixture), SEIN_EIO);
    assert_int_equal(hear(fixture, &frame, 200), 0);
    assert_int_equal(waiting(fixture), 0);
    assert_int_equal(mark_seq(fixture->broker.mark), 0);
}

static void
test_a_full_disk_does_not(void **state)
{
    struct fixture *fixture = *state;
    struct sein_frame frame = { 0 };

    open_session(fixture);
    say_put(fixture);
    commit_says = SEIN_EFULL;
    assert_int_equal(turn(fixture), SEIN_OK);
    assert_int_equal(hear_error(fixture), SEIN_EFULL);
    assert_int_equal(waiting(fixture), 0);
    assert_true(fixture->broker.full);
    assert_int_equal(fixture->broker.store_full, 1);
    assert_false(broker_ready(&fixture->broker));
    /* As long as it is full new letters are refused at once ... */
    say_put(fixture);
    assert_int_equal(turn(fixture), SEIN_OK);
    assert_int_equal(hear_verdict(fixture), SEIN_EFULL);
    assert_int_equal(fixture->broker.store_full, 1);
    /* ... and when there is room again they are taken, without a restart. */
    fixture->broker.clock.mono_ms += UPKEEP_DISK_MS;
    assert_int_equal(upkeep_run(&fixture->broker, true), SEIN_OK);
    assert_false(fixture->broker.full);
    say_put(fixture);
    assert_int_equal(turn(fixture), SEIN_OK);
    assert_int_equal(hear(fixture, &frame, 2000), SEIN_KIND_CONFIRM);
    assert_int_equal(waiting(fixture), 1);
}

/* The store knows first; and on a full disk its log is moved often, for that is
 * what makes room. */
static void
test_the_store_says_full(void **state)
{
    struct fixture *fixture = *state;
    struct broker *broker = &fixture->broker;

    open_session(fixture);
    assert_int_equal(upkeep_run(broker, false), SEIN_OK);
    full = true;
    assert_int_equal(upkeep_run(broker, false), SEIN_OK);
    assert_true(broker->full);
    assert_int_equal(maintained, 0);
    unmaintained = UINT64_C(256) * 1024;
    assert_int_equal(upkeep_run(broker, false), SEIN_OK);
    assert_int_equal(maintained, 1);
    unmaintained = 0;
    broker->clock.mono_ms += UPKEEP_DISK_MS - 1;
    assert_int_equal(upkeep_run(broker, false), SEIN_OK);
    assert_int_equal(maintained, 1);
    /* Nothing to move, but only this finds out that there is room again. */
    full = false;
    broker->clock.mono_ms += 1;
    assert_int_equal(upkeep_run(broker, false), SEIN_OK);
    assert_false(broker->full);
}

static void
pass(struct fixture *fixture, int64_t ms, bool idle)
{
    fixture->broker.clock.mono_ms += ms;
    assert_int_equal(upkeep_run(&fixture->broker, idle), SEIN_OK);
}

static void
test_when_files_are_cleaned(void **state)
{
    struct fixture *fixture = *state;
    struct broker *broker = &fixture->broker;
    struct sein_frame frame = { 0 };

    /* Nothing was written: never, and nothing to wait for. */
    pass(fixture, UPKEEP_QUIET_MS, true);
    assert_int_equal(maintained, 0);
    assert_true(upkeep_wait_ms(broker) == INT64_MAX);
    open_session(fixture);
    say_put(fixture);
    assert_int_equal(turn(fixture), SEIN_OK);
    assert_int_equal(hear(fixture, &frame, 2000), SEIN_KIND_CONFIRM);
    broker->upkeep.maintained_ms = broker->clock.mono_ms;
    /* Written but nothing erased: some day. */
    pass(fixture, UPKEEP_QUIET_MS - 1, true);
    assert_int_equal(maintained, 0);
    assert_int_equal(upkeep_wait_ms(broker), 1);
    pass(fixture, 1, true);
    assert_int_equal(maintained, 1);
    assert_false(broker->dirty);
    /* Much was written: now. */
    broker->dirty = true;
    unmaintained = UPKEEP_BYTES_MAX;
    pass(fixture, 0, false);
    assert_int_equal(maintained, 2);
    unmaintained = 0;
    /* A disk without room for it is told and tried again; a bad one ends. */
    broker->dirty = true;
    maintain_says = SEIN_EFULL;
    pass(fixture, UPKEEP_QUIET_MS, true);
    assert_int_equal(maintained, 3);
    assert_true(broker->dirty);
    maintain_says = SEIN_EIO;
    broker->clock.mono_ms += UPKEEP_QUIET_MS;
    assert_int_equal(upkeep_run(broker, true), SEIN_EIO);
}

/* Erased by expiry: gone from the files soon when nobody waits, a little later
 * when members keep coming. */
static void
test_erased_is_gone_from_the_files(void **state)
{
    struct fixture *fixture = *state;
    struct broker *broker = &fixture->broker;
    struct sein_frame frame = { 0 };
    size_t next = 0;

    open_session(fixture);
    say_put(fixture);
    assert_int_equal(turn(fixture), SEIN_OK);
    assert_int_equal(hear(fixture, &frame, 2000), SEIN_KIND_CONFIRM);
    broker->clock.now_ms += 31 * SEIN_MS_PER_DAY;
    assert_true(turn_is_due(broker));
    for (int i = 0; i < 10 && turn_is_due(broker); i++)
        assert_int_equal(turn_run(broker, 0, 0, &next), SEIN_OK);
    assert_true(kernel_counters(broker->kernel)->items_expired >= 1);
    broker->upkeep.maintained_ms = broker->clock.mono_ms;
    pass(fixture, UPKEEP_IDLE_MS - 1, true);
    assert_int_equal(maintained, 0);
    pass(fixture, 1, false);
    assert_int_equal(maintained, 0);
    pass(fixture, 0, true);
    assert_int_equal(maintained, 1);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_committed_then_confirmed),
        TEST(test_a_failed_disk_ends_it),
        TEST(test_a_full_disk_does_not),
        TEST(test_the_store_says_full),
        TEST(test_when_files_are_cleaned),
        TEST(test_erased_is_gone_from_the_files),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
