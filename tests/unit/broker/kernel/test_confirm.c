#include "broker/kernel/confirm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "broker/kernel/operation.h"
#include "proto/trust/identity.h"
#include "proto/wire/msg_confirm.h"
#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define PLAYED_MAX 8U

/* ---- a handler that is played ---- */

/* A withdrawal whose letter id says what becomes of it: the error, and whether
 * it says when to try again. */
static struct sein_withdraw_item
played(uint8_t op, enum sein_err err, bool later)
{
    struct sein_withdraw_item item = { .from = sein_slice_text(
                                           FIXTURE_DESK_SCHOOL) };

    item.op_id.bytes[0] = op;
    item.letter_id.bytes[0] = (uint8_t)err;
    item.letter_id.bytes[1] = later;
    return item;
}

static enum sein_err
play_one(struct kernel *kernel, const struct request *request,
         const struct request_item *item, struct verdict *verdict)
{
    const struct sein_withdraw_item *asked = &item->as.withdraw;
    enum sein_err err = (enum sein_err)asked->letter_id.bytes[0];
    struct sein_hash hash;

    sein_hash_of(item->raw, &hash);
    assert_memory_equal(&verdict->op.item_hash, &hash, sizeof hash);
    assert_int_equal(verdict->at_ms, 0);
    assert_false(verdict->has_op);
    verdict->op_id = asked->op_id;
    if (asked->letter_id.bytes[1] != 0)
        verdict->at_ms = kernel->now_ms + 1;
    return err == SEIN_OK
               ? operation_accept(kernel, request, SEIN_LEAF_WITHDRAW, verdict)
               : err;
}

struct turn_played {
    struct rig *rig;
    struct store_txn *txn;
    struct request request;
    struct sein_frame answer; /* of what was sent; views into bytes */
    size_t len;
    uint8_t bytes[SEIN_FRAME_MAX];
};

/* As the kernel does with a frame of a peer that it knows. */
static void
begin(struct turn_played *turn, struct rig *rig,
      const struct sein_withdraw_item *items, size_t count)
{
    struct session *session = rig->kernel->oldest;
    struct request *request = &turn->request;
    const struct rig_asked *asked = NULL;

    memset(turn, 0, sizeof *turn);
    turn->rig = rig;
    rig_items(rig, 1, SCHOOL, SEIN_KIND_WITHDRAW, &sein_withdraw_item_schema,
              items, count);
    asked = rig->asked;
    while (asked->next != NULL)
        asked = asked->next;
    assert_int_equal(
        request_decode(sein_slice_of(asked->bytes, asked->len), request),
        SEIN_OK);
    assert_int_equal(request->count, count);
    assert_ptr_equal(request->schema, &sein_withdraw_item_schema);
    request->session = session;
    request->peer = &session->peer;
    request->key_id = &session->key_id;
    assert_int_equal(rig->store->ops->begin(rig->store, &turn->txn), SEIN_OK);
    assert_int_equal(kernel_begin(rig->kernel, turn->txn, rig->now_ms),
                     SEIN_OK);
    assert_int_equal(sein_may(rig->kernel->dir, request->key_id,
                              SEIN_MAY_CONNECT, (struct sein_slice){ 0 },
                              rig->now_ms, &request->key, NULL),
                     SEIN_OK);
}

static bool
keep_frame(void *context, const struct kernel_peer *peer,
           struct sein_slice frame)
{
    struct turn_played *turn = context;

    (void)peer;
    assert_int_equal(turn->len, 0);
    turn->len = frame.len;
    memcpy(turn->bytes, frame.at, frame.len);
    return true;
}

static void
end(struct turn_played *turn, enum sein_err err)
{
    const struct store_ops *ops = turn->rig->store->ops;
    bool changed = false;

    if (err == SEIN_OK)
        err = kernel_seal(turn->rig->kernel, &changed);
    if (err == SEIN_OK && changed)
        assert_int_equal(ops->commit(&turn->txn), SEIN_OK);
    ops->rollback(&turn->txn);
    kernel_finish(turn->rig->kernel, err, keep_frame, turn);
    if (turn->len > 0)
        assert_int_equal(
            sein_frame_decode(sein_slice_of(turn->bytes, turn->len),
                              &turn->answer),
            SEIN_OK);
}

/* The verdicts of the confirm that was sent. */
static void
read_verdicts(const struct turn_played *turn, size_t count,
              struct sein_verdict *verdicts)
{
    struct sein_confirm confirm = { 0 };
    struct sein_items items = { 0 };

    assert_int_equal(turn->answer.kind, SEIN_KIND_CONFIRM);
    assert_int_equal(turn->answer.req, turn->request.req);
    assert_int_equal(sein_schema_decode_all(&sein_confirm_schema,
                                            turn->answer.body, &confirm),
                     SEIN_OK);
    assert_int_equal(confirm.verdicts.count, count);
    assert_int_equal(
        sein_items_begin(confirm.verdicts.raw, SEIN_ITEMS_MAX, &items),
        SEIN_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            sein_items_next(&items, &sein_verdict_schema, &verdicts[i], NULL),
            SEIN_OK);
}

static struct turn_played turn;

static int
setup(void **state)
{
    struct rig *rig = rig_new();

    rig_sender(rig, 1, SCHOOL);
    *state = rig;
    return 0;
}

static int
teardown(void **state)
{
    struct rig *rig = *state;

    rig_free(&rig);
    return 0;
}

/* Each item has its own verdict, in its own place; that one is absent is not
 * the end of them. */
static void
test_a_verdict_for_each(void **state)
{
    static const enum sein_err results[] = { SEIN_OK, SEIN_ENOENT, SEIN_EROLE,
                                             SEIN_OK, SEIN_EQUOTA };
    struct sein_withdraw_item items[5];
    struct sein_verdict verdicts[5] = { 0 };
    struct rig *rig = *state;

    for (uint8_t i = 0; i < 5; i++)
        items[i] =
            played((uint8_t)(i + 1), results[i], results[i] == SEIN_EQUOTA);
    begin(&turn, rig, items, 5);
    end(&turn, confirm_each(rig->kernel, &turn.request, play_one));
    read_verdicts(&turn, 5, verdicts);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(verdicts[i].op_id.bytes[0], i + 1);
        assert_int_equal(verdicts[i].code, results[i]);
        assert_int_equal(verdicts[i].at,
                         results[i] == SEIN_EQUOTA ? rig->now_ms + 1 : 0);
        assert_int_equal(verdicts[i].receipt.len > 0, results[i] == SEIN_OK);
    }
    assert_int_equal(kernel_counters(rig->kernel)->items_refused, 3);
    assert_int_equal(rig->told[KERNEL_EVENT_REFUSED], 3);
    assert_int_equal(rig->last_event.op_id.bytes[0], 5);
    assert_int_equal(rig->last_event.err, SEIN_EQUOTA);
}

/* Before anything was written a full disk is a refusal like another. */
static void
test_full_disk_in_time(void **state)
{
    struct sein_withdraw_item items[2] = { played(1, SEIN_EFULL, true),
                                           played(2, SEIN_OK, false) };
    struct sein_verdict verdicts[2] = { 0 };
    struct rig *rig = *state;

    begin(&turn, rig, items, 2);
    end(&turn, confirm_each(rig->kernel, &turn.request, play_one));
    read_verdicts(&turn, 2, verdicts);
    assert_int_equal(verdicts[0].code, SEIN_EFULL);
    assert_int_equal(verdicts[0].at, rig->now_ms + 1);
    assert_int_equal(verdicts[1].code, SEIN_OK);
}

/* What ends the turn ends it at that item, and nothing is confirmed. */
static void
test_end_of_the_turn(void **state)
{
    static const enum sein_err ends[] = { SEIN_EIO, SEIN_ENOMEM, SEIN_EFULL };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct sein_withdraw_item items[3] = { played(1, SEIN_OK, false),
                                               played(2, ends[i], false),
                                               played(3, SEIN_EROLE, false) };
        enum sein_err err = SEIN_OK;

        begin(&turn, rig, items, 3);
        err = confirm_each(rig->kernel, &turn.request, play_one);
        assert_int_equal(err, ends[i]);
        end(&turn, err);
        assert_int_equal(rig->told[KERNEL_EVENT_REFUSED], 0);
        assert_int_equal(kernel_counters(rig->kernel)->items_refused, 0);
        if (turn.len > 0)
            assert_int_equal(turn.answer.kind, SEIN_KIND_ERROR);
        assert_int_equal(turn.len > 0, ends[i] == SEIN_EFULL);
    }
}

/* ---- heads and receipts ---- */

static struct rig_confirm confirm;
static struct rig_put letters[4];

static void
put_turn(struct rig *rig, struct rig_put *one)
{
    const struct rig_letter letter = { 0 };

    rig_letter_make(rig, &letter, one);
    rig_put(rig, 1, SCHOOL, one);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_OK);
}

/* Of items accepted in other turns each head stands there once, however they
 * are mixed, and every receipt is under its own. */
static void
test_heads_of_many_turns(void **state)
{
    static const size_t order[] = { 2, 0, 3, 1, 0, 2 };
    struct sein_put_item items[6];
    struct rig *rig = *state;
    const struct rig_letter letter = { 0 };

    for (size_t i = 0; i < 3; i++)
        put_turn(rig, &letters[i]);
    rig_letter_make(rig, &letter, &letters[3]);
    for (size_t i = 0; i < 6; i++) {
        const struct rig_put *one = &letters[order[i]];

        items[i].from = sein_slice_text(FIXTURE_DESK_SCHOOL);
        items[i].letter = sein_slice_of(one->letter_bytes, one->letter_len);
    }
    rig_items(rig, 1, SCHOOL, SEIN_KIND_PUT, &sein_put_item_schema, items, 6);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, NULL, &confirm);
    assert_int_equal(confirm.count, 6);
    assert_int_equal(confirm.heads, 4);
    for (size_t i = 0; i < 6; i++) {
        const struct rig_verdict *verdict = &confirm.verdicts[i];

        assert_memory_equal(&verdict->op_id, &letters[order[i]].letter.id,
                            sizeof verdict->op_id);
        assert_int_equal(verdict->code,
                         order[i] == 3 ? SEIN_OK : SEIN_EDUPLICATE);
        assert_true(verdict->receipt);
    }
    assert_int_equal(confirm.verdicts[0].head.seq,
                     confirm.verdicts[5].head.seq);
    assert_int_equal(confirm.verdicts[1].head.seq,
                     confirm.verdicts[4].head.seq);
    assert_true(confirm.verdicts[1].head.seq < confirm.verdicts[3].head.seq);
    assert_true(confirm.verdicts[3].head.seq < confirm.verdicts[0].head.seq);
    assert_true(confirm.verdicts[0].head.seq < confirm.verdicts[2].head.seq);
}

/* As many as a frame may have, each under a head of its own, fit. */
static void
test_longest_confirm(void **state)
{
    static struct sein_op_item asked[SEIN_ITEMS_MAX];
    struct rig *rig = *state;

    for (size_t i = 0; i < SEIN_ITEMS_MAX; i++) {
        put_turn(rig, &letters[0]);
        memcpy(asked[SEIN_ITEMS_MAX - 1 - i].op_id.bytes,
               letters[0].letter.id.bytes, SEIN_ID_BYTES);
    }
    rig_items(rig, 1, SCHOOL, SEIN_KIND_RECEIPT_GET, &sein_op_item_schema,
              asked, SEIN_ITEMS_MAX);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, NULL, &confirm);
    assert_int_equal(confirm.count, SEIN_ITEMS_MAX);
    assert_int_equal(confirm.heads, SEIN_ITEMS_MAX);
    for (size_t i = 0; i < SEIN_ITEMS_MAX; i++) {
        assert_memory_equal(&confirm.verdicts[i].op_id, &asked[i].op_id,
                            sizeof asked[i].op_id);
        assert_true(confirm.verdicts[i].receipt);
    }
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_a_verdict_for_each), CASE(test_full_disk_in_time),
        CASE(test_end_of_the_turn),    CASE(test_heads_of_many_turns),
        CASE(test_longest_confirm),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
