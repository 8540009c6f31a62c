#include "broker/receipts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "tests/support/faulty_store.h"

#define OIN "00000099000000030000"
#define NOW INT64_C(1767614400000)

struct fixture {
    struct store *store;
    struct store_txn *txn;
    struct receipts receipts;
    uint8_t secret[SEIN_SIGN_SECRET_BYTES];
    uint8_t public_key[SEIN_KEY_BYTES];
};

static int
setup(void **state)
{
    static struct fixture fixture;
    struct store *inner = NULL;

    memset(&fixture, 0, sizeof fixture);
    if (store_memory_ops.open("", &inner) != SEIN_OK)
        return 1;
    fixture.store = faulty_store_new(&inner);
    if (fixture.store == NULL)
        return 1;
    crypto_sign_keypair(fixture.public_key, fixture.secret);
    receipts_init(&fixture.receipts, fixture.secret);
    *state = &fixture;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *fixture = *state;

    receipts_deinit(&fixture->receipts);
    fixture->store->ops->rollback(&fixture->txn);
    fixture->store->ops->close(&fixture->store);
    return 0;
}

static void
begin(struct fixture *fixture, int64_t now_ms)
{
    assert_int_equal(fixture->store->ops->begin(fixture->store, &fixture->txn),
                     SEIN_OK);
    assert_int_equal(receipts_begin(&fixture->receipts, fixture->txn, now_ms),
                     SEIN_OK);
}

static void
commit(struct fixture *fixture)
{
    assert_int_equal(fixture->store->ops->commit(&fixture->txn), SEIN_OK);
    receipts_end(&fixture->receipts, true);
}

static void
undo(struct fixture *fixture)
{
    fixture->store->ops->rollback(&fixture->txn);
    receipts_end(&fixture->receipts, false);
}

/* As after a restart of the program. */
static void
forget(struct fixture *fixture)
{
    receipts_deinit(&fixture->receipts);
    receipts_init(&fixture->receipts, fixture->secret);
}

static struct sein_leaf_event
event_of(uint32_t number)
{
    struct sein_leaf_event event = { .type = SEIN_LEAF_LETTER };

    event.oin = sein_slice_text(OIN);
    for (size_t i = 0; i < sizeof number; i++)
        event.op_id.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
    memset(event.item_hash.bytes, (int)(number & 0xff), SEIN_HASH_BYTES);
    return event;
}

static void
add(struct fixture *fixture, uint32_t number, struct store_op *out_op)
{
    const struct sein_leaf_event event = event_of(number);

    assert_int_equal(
        receipts_add(&fixture->receipts, fixture->txn, &event, out_op),
        SEIN_OK);
}

/* The receipt of an operation verifies under its head. */
static void
verify(struct fixture *fixture, uint32_t number, const struct store_op *op,
       struct sein_head *out_head)
{
    const struct receipts_page *page = NULL;
    struct sein_leaf_event event = event_of(number);
    uint8_t bytes[SEIN_RECEIPT_MAX];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);

    assert_int_equal(
        receipts_page_of(&fixture->receipts, fixture->txn, op->head_seq, &page),
        SEIN_OK);
    assert_int_equal(sein_head_verify(sein_slice_of(page->head, page->head_len),
                                      page->signature, fixture->public_key,
                                      out_head),
                     SEIN_OK);
    assert_int_equal(receipts_write(page, event.oin, &event.op_id, op, 0, &out),
                     SEIN_OK);
    assert_int_equal(
        sein_receipt_verify(sein_slice_of(bytes, out.len), event, out_head),
        SEIN_OK);
    /* It proves this operation and no other. */
    event.item_hash.bytes[0] ^= 1;
    assert_int_equal(
        sein_receipt_verify(sein_slice_of(bytes, out.len), event, out_head),
        SEIN_EPROOF);
}

static void
test_receipts_for_trees_of_each_size(void **state)
{
    struct fixture *fixture = *state;
    static struct store_op ops[70];
    uint32_t first = 0;

    for (uint32_t count = 1; count <= 70; count++) {
        struct sein_head head;

        begin(fixture, NOW + count);
        for (uint32_t i = 0; i < count; i++)
            add(fixture, first + i, &ops[i]);
        assert_int_equal(receipts_seal(&fixture->receipts, fixture->txn),
                         SEIN_OK);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(ops[i].head_seq, count);
            assert_int_equal(ops[i].leaf_index, i);
            verify(fixture, first + i, &ops[i], &head);
        }
        assert_int_equal(head.count, count);
        assert_int_equal(head.time, NOW + count);
        commit(fixture);
        first += count;
    }
}

static void
test_chain_over_turns_failures_and_restarts(void **state)
{
    struct fixture *fixture = *state;
    struct sein_head before = { 0 };
    uint8_t before_bytes[SEIN_HEAD_MAX];
    size_t before_len = 0;

    for (uint32_t turn = 0; turn < 9; turn++) {
        const struct receipts_page *page = NULL;
        struct sein_head head;
        struct store_op op;

        begin(fixture, NOW + turn);
        add(fixture, turn, &op);
        assert_int_equal(receipts_seal(&fixture->receipts, fixture->txn),
                         SEIN_OK);
        verify(fixture, turn, &op, &head);
        if (turn % 3 == 1) {
            undo(fixture); /* as if it never was */
            continue;
        }
        assert_int_equal(receipts_page_of(&fixture->receipts, fixture->txn,
                                          op.head_seq, &page),
                         SEIN_OK);
        if (before_len > 0)
            assert_int_equal(
                sein_head_follows(
                    &before, sein_slice_of(before_bytes, before_len), &head),
                SEIN_OK);
        else
            assert_int_equal(head.seq, 1);
        before = head;
        memcpy(before_bytes, page->head, page->head_len);
        before_len = page->head_len;
        commit(fixture);
        if (turn % 3 == 2)
            forget(fixture);
    }
    assert_int_equal(before.seq, 6);
}

static void
test_log_that_was_started_in_a_turn_that_failed(void **state)
{
    struct fixture *fixture = *state;
    struct sein_log_id first;

    begin(fixture, NOW);
    assert_true(fixture->receipts.changed);
    first = fixture->receipts.log_id;
    undo(fixture);
    begin(fixture, NOW);
    assert_true(fixture->receipts.changed); /* started anew, and kept */
    assert_memory_not_equal(&fixture->receipts.log_id, &first, sizeof first);
    first = fixture->receipts.log_id;
    commit(fixture);
    forget(fixture);
    begin(fixture, NOW);
    assert_false(fixture->receipts.changed);
    assert_memory_equal(&fixture->receipts.log_id, &first, sizeof first);
}

static void
test_no_leaves_no_head(void **state)
{
    struct fixture *fixture = *state;
    const struct receipts_page *page = NULL;

    begin(fixture, NOW);
    assert_int_equal(receipts_seal(&fixture->receipts, fixture->txn), SEIN_OK);
    commit(fixture);
    begin(fixture, NOW);
    assert_int_equal(
        receipts_page_of(&fixture->receipts, fixture->txn, 1, &page),
        SEIN_ENOENT);
    assert_int_equal(
        receipts_page_of(&fixture->receipts, fixture->txn, 0, &page),
        SEIN_ENOENT);
}

static void
test_receipts_of_before(void **state)
{
    struct fixture *fixture = *state;
    struct store_op ops[3];

    for (uint32_t i = 0; i < 3; i++) {
        begin(fixture, NOW + i);
        add(fixture, i, &ops[i]);
        assert_int_equal(receipts_seal(&fixture->receipts, fixture->txn),
                         SEIN_OK);
        commit(fixture);
    }
    forget(fixture);
    begin(fixture, NOW + 10);
    for (uint32_t i = 3; i > 0; i--) {
        struct sein_head head;

        verify(fixture, i - 1, &ops[i - 1], &head);
        assert_int_equal(head.seq, i);
        assert_int_equal(head.time, NOW + i - 1);
    }
}

static void
test_row_that_does_not_fit_its_head(void **state)
{
    struct fixture *fixture = *state;
    const struct receipts_page *page = NULL;
    const struct sein_leaf_event event = event_of(1);
    uint8_t bytes[SEIN_RECEIPT_MAX];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct store_op ops[2];
    struct store_op bad;

    begin(fixture, NOW);
    add(fixture, 1, &ops[0]);
    add(fixture, 2, &ops[1]);
    assert_int_equal(receipts_seal(&fixture->receipts, fixture->txn), SEIN_OK);
    assert_int_equal(
        receipts_page_of(&fixture->receipts, fixture->txn, 1, &page), SEIN_OK);
    bad = ops[0];
    bad.leaf_index = 1;
    assert_int_equal(
        receipts_write(page, event.oin, &event.op_id, &bad, 0, &out),
        SEIN_ENOENT);
    bad.leaf_index = 2;
    assert_int_equal(
        receipts_write(page, event.oin, &event.op_id, &bad, 0, &out),
        SEIN_ENOENT);
    bad = ops[0];
    bad.head_seq = 2;
    assert_int_equal(
        receipts_write(page, event.oin, &event.op_id, &bad, 0, &out),
        SEIN_ENOENT);
    bad = ops[0];
    bad.k_event[5] ^= 1;
    assert_int_equal(
        receipts_write(page, event.oin, &event.op_id, &bad, 0, &out),
        SEIN_ENOENT);
    bad = ops[0];
    bad.type = 9;
    assert_int_equal(
        receipts_write(page, event.oin, &event.op_id, &bad, 0, &out),
        SEIN_ENOENT);
    assert_int_equal(out.len, 0);
}

static void
test_full_tree(void **state)
{
    struct fixture *fixture = *state;
    const struct sein_leaf_event event = event_of(SEIN_TREE_LEAVES_MAX);
    struct sein_head head;
    struct store_op op;
    struct store_op last;

    begin(fixture, NOW);
    for (uint32_t i = 0; i < SEIN_TREE_LEAVES_MAX; i++) {
        assert_true(receipts_room(&fixture->receipts));
        add(fixture, i, &last);
    }
    assert_false(receipts_room(&fixture->receipts));
    assert_int_equal(
        receipts_add(&fixture->receipts, fixture->txn, &event, &op),
        SEIN_ERANGE);
    assert_int_equal(receipts_seal(&fixture->receipts, fixture->txn), SEIN_OK);
    verify(fixture, SEIN_TREE_LEAVES_MAX - 1, &last, &head);
    assert_int_equal(head.count, SEIN_TREE_LEAVES_MAX);
}

static void
test_same_operation_twice(void **state)
{
    struct fixture *fixture = *state;
    const struct sein_leaf_event event = event_of(1);
    struct store_op op;

    begin(fixture, NOW);
    add(fixture, 1, &op);
    assert_int_equal(
        receipts_add(&fixture->receipts, fixture->txn, &event, &op),
        SEIN_EEXIST);
    assert_int_equal(fixture->receipts.count, 1);
}

static void
test_leaves_that_are_forgotten(void **state)
{
    struct fixture *fixture = *state;
    const struct receipts_page *page = NULL;
    struct store_op op;
    size_t count = 0;

    begin(fixture, NOW);
    add(fixture, 1, &op);
    assert_int_equal(receipts_seal(&fixture->receipts, fixture->txn), SEIN_OK);
    commit(fixture);
    begin(fixture, NOW + 2);
    assert_int_equal(
        fixture->store->ops->op_forget(fixture->txn, NOW + 1, 10, &count),
        SEIN_OK);
    assert_int_equal(
        receipts_page_of(&fixture->receipts, fixture->txn, 1, &page),
        SEIN_ENOENT);
    /* The chain goes on. */
    add(fixture, 2, &op);
    assert_int_equal(op.head_seq, 2);
}

static void
test_store_that_fails(void **state)
{
    struct fixture *fixture = *state;
    const struct receipts_page *page = NULL;
    const struct sein_leaf_event event = event_of(2);
    struct store_op op;

    assert_int_equal(fixture->store->ops->begin(fixture->store, &fixture->txn),
                     SEIN_OK);
    for (uint64_t nth = 1; nth <= 3; nth++) {
        faulty_store_arm(fixture->store, nth, SEIN_EIO);
        assert_int_equal(receipts_begin(&fixture->receipts, fixture->txn, NOW),
                         SEIN_EIO);
        assert_false(fixture->receipts.loaded);
        fixture->store->ops->rollback(&fixture->txn);
        faulty_store_arm(fixture->store, 0, SEIN_OK);
        assert_int_equal(
            fixture->store->ops->begin(fixture->store, &fixture->txn), SEIN_OK);
    }
    assert_int_equal(receipts_begin(&fixture->receipts, fixture->txn, NOW),
                     SEIN_OK);
    faulty_store_arm(fixture->store, 1, SEIN_EFULL);
    assert_int_equal(
        receipts_add(&fixture->receipts, fixture->txn, &event, &op),
        SEIN_EFULL);
    assert_int_equal(fixture->receipts.count, 0);
    add(fixture, 1, &op);
    faulty_store_arm(fixture->store, 1, SEIN_EFULL);
    assert_int_equal(receipts_seal(&fixture->receipts, fixture->txn),
                     SEIN_EFULL);
    undo(fixture);
    begin(fixture, NOW);
    faulty_store_arm(fixture->store, 1, SEIN_EIO);
    assert_int_equal(
        receipts_page_of(&fixture->receipts, fixture->txn, 1, &page), SEIN_EIO);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_receipts_for_trees_of_each_size),
        CASE(test_chain_over_turns_failures_and_restarts),
        CASE(test_log_that_was_started_in_a_turn_that_failed),
        CASE(test_no_leaves_no_head),
        CASE(test_receipts_of_before),
        CASE(test_row_that_does_not_fit_its_head),
        CASE(test_full_tree),
        CASE(test_same_operation_twice),
        CASE(test_leaves_that_are_forgotten),
        CASE(test_store_that_fails),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
