#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define TEAM FIXTURE_WIJKTEAM
#define NOORD FIXTURE_DESK_NOORD
#define DAY SEIN_MS_PER_DAY

static struct rig_confirm confirm;
static struct rig_put put;
static struct rig_put other;

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

/* Puts it and takes the confirm, whose receipt verified if there is one. */
static const struct rig_verdict *
put_and_confirm(struct rig *rig, struct rig_put *one)
{
    rig_put(rig, 1, SCHOOL, one);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &one->item_hash,
                &confirm);
    assert_int_equal(confirm.count, 1);
    return &confirm.verdicts[0];
}

static void
accept(struct rig *rig, struct rig_put *one)
{
    const struct rig_letter letter = { 0 };

    rig_letter_make(rig, &letter, one);
    assert_int_equal(put_and_confirm(rig, one)->code, SEIN_OK);
}

static enum sein_err
put_code(struct rig *rig, const struct rig_letter *letter)
{
    const struct rig_verdict *verdict = NULL;

    rig_letter_make(rig, letter, &put);
    verdict = put_and_confirm(rig, &put);
    assert_int_equal(verdict->receipt, verdict->code == SEIN_OK);
    assert_memory_equal(verdict->op_id.bytes, put.letter.id.bytes,
                        SEIN_ID_BYTES);
    return verdict->code;
}

static uint64_t
waiting(struct rig *rig)
{
    struct store_txn *txn = NULL;
    struct store_usage all = { 0 };

    assert_int_equal(rig->store->ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(rig->store->ops->count(txn, &all), SEIN_OK);
    rig->store->ops->rollback(&txn);
    return all.letters;
}

static void
test_put_confirm_deliver_ack(void **state)
{
    struct rig *rig = *state;
    struct rig_delivery delivery;

    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    accept(rig, &put);
    assert_true(confirm.verdicts[0].receipt);
    assert_int_equal(confirm.heads, 1);
    assert_memory_equal(confirm.verdicts[0].op_id.bytes, put.letter.id.bytes,
                        SEIN_ID_BYTES);
    delivery = rig_one_delivery(rig, 2);
    assert_memory_equal(delivery.letter_id.bytes, put.letter.id.bytes,
                        SEIN_ID_BYTES);
    assert_string_equal(delivery.desk, NOORD);
    assert_int_equal(delivery.accepted_at, rig->now_ms);
    assert_int_equal(delivery.type, SEIN_ITEM_LETTER);
    assert_int_equal(waiting(rig), 1);

    rig_ack(rig, 2, TEAM, delivery.seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_OK);
    assert_int_equal(waiting(rig), 0);
    rig_ack(rig, 2, TEAM, delivery.seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_ECOLLECTED);
    rig_no_frame(rig, 2);
}

/* ---- once ---- */

static void
test_same_bytes_same_receipt(void **state)
{
    struct rig *rig = *state;
    struct rig_verdict first;
    const struct rig_verdict *again = NULL;

    accept(rig, &put);
    first = confirm.verdicts[0];
    rig->now_ms += 1000;
    accept(rig, &other); /* another head in between */
    rig->now_ms += 1000;
    again = put_and_confirm(rig, &put);
    assert_int_equal(again->code, SEIN_EDUPLICATE);
    assert_true(again->receipt);
    assert_int_equal(again->head.seq, first.head.seq);
    assert_int_equal(again->time, first.time);
    assert_memory_equal(&again->head, &first.head, sizeof first.head);
    assert_int_equal(waiting(rig), 2);
    assert_false(rig->changed);
    /* After a restart too. */
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
    again = put_and_confirm(rig, &put);
    assert_int_equal(again->code, SEIN_EDUPLICATE);
    assert_memory_equal(&again->head, &first.head, sizeof first.head);
}

static void
test_same_id_other_bytes(void **state)
{
    struct rig *rig = *state;
    struct rig_letter letter = { .fill = 9 };
    struct rig_verdict first;

    accept(rig, &put);
    first = confirm.verdicts[0];
    letter.id = put.letter.id;
    rig_letter_make(rig, &letter, &other);
    rig_put(rig, 1, SCHOOL, &other);
    rig_run(rig);
    /* The receipt is over what was accepted, not over what was sent now. */
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &put.item_hash,
                &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_ECONFLICT);
    assert_true(confirm.verdicts[0].receipt);
    assert_memory_equal(&confirm.verdicts[0].head, &first.head,
                        sizeof first.head);
    assert_int_equal(waiting(rig), 1);
}

static void
test_duplicate_within_one_request(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter letter = { 0 };
    struct sein_put_item items[3] = { 0 };

    rig_letter_make(rig, &letter, &put);
    for (size_t i = 0; i < 3; i++) {
        items[i].from = sein_slice_text(FIXTURE_DESK_SCHOOL);
        items[i].letter = sein_slice_of(put.letter_bytes, put.letter_len);
    }
    rig_items(rig, 1, SCHOOL, SEIN_KIND_PUT, &sein_put_item_schema, items, 3);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &put.item_hash,
                &confirm);
    assert_int_equal(confirm.count, 3);
    assert_int_equal(confirm.heads, 1);
    assert_int_equal(confirm.verdicts[0].code, SEIN_OK);
    assert_int_equal(confirm.verdicts[1].code, SEIN_EDUPLICATE);
    assert_int_equal(confirm.verdicts[2].code, SEIN_EDUPLICATE);
    for (size_t i = 0; i < 3; i++)
        assert_true(confirm.verdicts[i].receipt);
    assert_int_equal(waiting(rig), 1);
}

static void
test_duplicate_within_one_turn_and_one_verdict_each(void **state)
{
    struct rig *rig = *state;
    struct rig_letter letter = { 0 };
    const struct rig_letter bad = { .circle = "geen" };
    struct sein_put_item items[2] = { 0 };

    rig_letter_make(rig, &letter, &put);
    rig_letter_make(rig, &bad, &other);
    items[0].from = sein_slice_text(FIXTURE_DESK_SCHOOL);
    items[0].letter = sein_slice_of(other.letter_bytes, other.letter_len);
    items[1].from = sein_slice_text(FIXTURE_DESK_SCHOOL);
    items[1].letter = sein_slice_of(put.letter_bytes, put.letter_len);
    rig_items(rig, 1, SCHOOL, SEIN_KIND_PUT, &sein_put_item_schema, items, 2);
    rig_put(rig, 1, SCHOOL, &put);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &put.item_hash,
                &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_ECIRCLE);
    assert_false(confirm.verdicts[0].receipt);
    assert_int_equal(confirm.verdicts[1].code, SEIN_OK);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, FIXTURE_OIN_SCHOOL, &put.item_hash,
                &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_EDUPLICATE);
    assert_true(confirm.verdicts[0].receipt);
}

static void
test_repeat_outlives_life_quota_and_leaving(void **state)
{
    struct rig *rig = *state;

    accept(rig, &put);
    rig->now_ms += 29 * DAY;
    rig->fixture->expires = (uint64_t)rig->now_ms - 1;
    rig->fixture->members[SCHOOL].left_at = 1;
    rig->fixture->members[TEAM].desks[0].role_count = 0;
    rig_swap(rig);
    rig->config.quota = (struct kernel_quota){ .sessions_max = 9 };
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
    assert_int_equal(put_and_confirm(rig, &put)->code, SEIN_EDUPLICATE);
    assert_true(confirm.verdicts[0].receipt);
    /* But not for a key that was revoked. */
    rig->fixture->members[SCHOOL].keys[0].revoked_at = 1;
    rig_swap(rig);
    rig_put(rig, 1, SCHOOL, &put);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EREVOKED);
}

static void
test_id_of_another_member(void **state)
{
    struct rig *rig = *state;
    struct rig_letter letter = { .from = FIXTURE_DESK_JEUGDHULP };

    accept(rig, &put);
    letter.id = put.letter.id;
    rig_letter_make(rig, &letter, &other);
    rig_sender(rig, 4, FIXTURE_JEUGDHULP);
    rig_put(rig, 4, FIXTURE_JEUGDHULP, &other);
    rig_run(rig);
    rig_confirm(rig, 4, SEIN_LEAF_LETTER, NULL, NULL, &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_ECONFLICT);
    assert_false(confirm.verdicts[0].receipt);
    assert_int_equal(waiting(rig), 1);
}

static void
test_heads_chain(void **state)
{
    struct rig *rig = *state;
    struct sein_head heads[5];

    for (size_t i = 0; i < 5; i++) {
        rig->now_ms += 10;
        if (i == 3) {
            rig_restart(rig);
            rig_sender(rig, 1, SCHOOL);
        }
        accept(rig, &put);
        heads[i] = confirm.verdicts[0].head;
        assert_int_equal(heads[i].seq, i + 1);
        assert_int_equal(heads[i].time, rig->now_ms);
        assert_int_equal(heads[i].count, 1);
        if (i > 0) {
            assert_memory_equal(&heads[i].log_id, &heads[0].log_id,
                                SEIN_ID_BYTES);
            assert_memory_not_equal(&heads[i].prev, &heads[i - 1].prev,
                                    SEIN_HASH_BYTES);
        }
    }
}

/* ---- what a put is refused for ---- */

static void
test_refused_for_its_outside(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter version = { .v = 2 };
    const struct rig_letter suite = { .suite = 2 };
    const struct rig_letter size = { .ct_len = 1025 + SEIN_HPKE_TAG_BYTES };
    const struct rig_letter names = { .circle = "Jeugd" };
    const struct rig_letter desk = { .to = "wijkteam" };
    const struct rig_letter hour = { .expires_ms = FIXTURE_NOW_MS + DAY + 1 };

    assert_int_equal(put_code(rig, &version), SEIN_EVERSION);
    assert_int_equal(put_code(rig, &suite), SEIN_ESUITE);
    assert_int_equal(put_code(rig, &size), SEIN_ESIZE);
    assert_int_equal(put_code(rig, &names), SEIN_ECIRCLE);
    assert_int_equal(put_code(rig, &desk), SEIN_EDESK);
    assert_int_equal(put_code(rig, &hour), SEIN_ELIFE);
    assert_int_equal(waiting(rig), 0);
    assert_false(rig->changed);
}

static void
test_refused_for_a_broken_letter(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter letter = { 0 };

    rig_letter_make(rig, &letter, &put);
    put.letter_len = 40; /* within the header */
    rig_put(rig, 1, SCHOOL, &put);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_LETTER, NULL, NULL, &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_EWIRE);
    for (size_t i = 0; i < SEIN_ID_BYTES; i++)
        assert_int_equal(confirm.verdicts[0].op_id.bytes[i], 0);
}

static void
test_refused_for_who_and_where(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter circle = { .circle = "geen" };
    const struct rig_letter role = { .circle = "schulden" };
    const struct rig_letter to = { .to = FIXTURE_OIN_WIJKTEAM "/oost" };
    const struct rig_letter to_role = { .to = FIXTURE_DESK_ENERGIE };
    const struct rig_letter from = { .from = FIXTURE_DESK_JEUGDHULP };
    const struct rig_letter no_from = { .from = FIXTURE_OIN_SCHOOL "/geen" };

    assert_int_equal(put_code(rig, &circle), SEIN_ECIRCLE);
    assert_int_equal(put_code(rig, &role), SEIN_EROLE);
    assert_int_equal(put_code(rig, &to), SEIN_EDESK);
    assert_int_equal(put_code(rig, &to_role), SEIN_EROLE);
    assert_int_equal(put_code(rig, &from), SEIN_EDESKKEY);
    assert_int_equal(put_code(rig, &no_from), SEIN_EDESK);
}

static void
test_refused_for_what_has_ended(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter letter = { 0 };

    rig->fixture->members[TEAM].left_at = (uint64_t)rig->now_ms;
    rig_swap(rig);
    assert_int_equal(put_code(rig, &letter), SEIN_ELEFT);
    rig->fixture->members[TEAM].left_at = 0;
    rig->fixture->circles[FIXTURE_JEUGD].basis_ends = (uint64_t)rig->now_ms;
    rig_swap(rig);
    assert_int_equal(put_code(rig, &letter), SEIN_ECIRCLEENDED);
    rig->fixture->circles[FIXTURE_JEUGD].basis_ends = (uint64_t)rig->now_ms + 1;
    rig_swap(rig);
    assert_int_equal(put_code(rig, &letter), SEIN_OK);
    rig->now_ms += 1;
    assert_int_equal(put_code(rig, &letter), SEIN_ECIRCLEENDED);
}

static void
test_refused_when_the_directory_is_over(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter letter = { 0 };
    struct rig_delivery delivery;

    accept(rig, &other);
    rig->fixture->expires = (uint64_t)rig->now_ms + 5;
    rig_swap(rig);
    assert_int_equal(put_code(rig, &letter), SEIN_OK);
    rig->now_ms += 5;
    assert_int_equal(put_code(rig, &letter), SEIN_EDIREXPIRED);
    /* Reading and withdrawing go on. */
    rig_withdraw(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &other.letter.id, 1);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 1), SEIN_OK);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    delivery = rig_one_delivery(rig, 2);
    rig_ack(rig, 2, TEAM, delivery.seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_OK);
}

static int64_t
hour_up(int64_t ms)
{
    int64_t last = ms + SEIN_MS_PER_HOUR - 1;

    return last - last % SEIN_MS_PER_HOUR;
}

static void
test_times_at_their_bounds(void **state)
{
    struct rig *rig = *state;
    struct rig_letter letter = { 0 };

    rig->now_ms += 12345; /* not on the hour */
    letter.made_ms = rig->now_ms + SEIN_CLOCK_AHEAD_MS;
    assert_int_equal(put_code(rig, &letter), SEIN_OK);
    letter.made_ms += 1;
    assert_int_equal(put_code(rig, &letter), SEIN_ETIME);

    letter.made_ms = rig->now_ms - SEIN_LETTER_LIFE_MS;
    letter.expires_ms = hour_up(rig->now_ms);
    assert_int_equal(put_code(rig, &letter), SEIN_OK);
    letter.made_ms -= 1;
    assert_int_equal(put_code(rig, &letter), SEIN_ELIFE);

    letter.made_ms = rig->now_ms;
    letter.expires_ms = hour_up(rig->now_ms + SEIN_LETTER_LIFE_MS);
    assert_int_equal(put_code(rig, &letter), SEIN_OK);
    letter.expires_ms += SEIN_MS_PER_HOUR;
    assert_int_equal(put_code(rig, &letter), SEIN_ELIFE);

    letter.expires_ms = hour_up(rig->now_ms) - SEIN_MS_PER_HOUR;
    assert_int_equal(put_code(rig, &letter), SEIN_ELIFE);
    rig->now_ms = hour_up(rig->now_ms);
    letter.made_ms = rig->now_ms;
    letter.expires_ms = rig->now_ms; /* expires now */
    assert_int_equal(put_code(rig, &letter), SEIN_ELIFE);
    /* On the hour, nothing is rounded up. */
    letter.expires_ms = rig->now_ms + SEIN_LETTER_LIFE_MS;
    assert_int_equal(put_code(rig, &letter), SEIN_OK);
    letter.expires_ms += SEIN_MS_PER_HOUR;
    assert_int_equal(put_code(rig, &letter), SEIN_ELIFE);
}

static void
test_four_sizes(void **state)
{
    struct rig *rig = *state;
    const size_t sizes[] = { 1024, 4096, 16384, 65536 };
    static struct rig_delivery all[RIG_DELIVERIES_MAX];

    for (size_t i = 0; i < 4; i++) {
        const struct rig_letter letter = { .ct_len =
                                               sizes[i] + SEIN_HPKE_TAG_BYTES };

        for (unsigned n = 0; n < 3; n++)
            assert_int_equal(put_code(rig, &letter), SEIN_OK);
    }
    /* 12 letters of 260 KiB together need two frames; all in order. */
    rig_reader(rig, 2, TEAM, 7, NOORD, 100);
    assert_int_equal(rig_deliveries(rig, 2, all), 11);
    assert_int_equal(rig_deliveries(rig, 2, all), 1);
    rig_no_frame(rig, 2);
}

/* ---- a whole request ---- */

static void
test_256_items_and_one_more(void **state)
{
    struct rig *rig = *state;
    static struct sein_withdraw_item items[SEIN_ITEMS_MAX + 1];
    size_t count = SEIN_ITEMS_MAX;

    for (size_t i = 0; i <= count; i++) {
        items[i].from = sein_slice_text(FIXTURE_DESK_SCHOOL);
        memcpy(items[i].op_id.bytes, &i, sizeof i);
    }
    rig_items(rig, 1, SCHOOL, SEIN_KIND_WITHDRAW, &sein_withdraw_item_schema,
              items, count);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_WITHDRAW, NULL, NULL, &confirm);
    assert_int_equal(confirm.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(confirm.verdicts[i].code, SEIN_ENOENT);
        assert_memory_equal(confirm.verdicts[i].op_id.bytes, &i, sizeof i);
    }
    rig_items(rig, 1, SCHOOL, SEIN_KIND_WITHDRAW, &sein_withdraw_item_schema,
              items, count + 1);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_ERANGE);
    rig_items(rig, 1, SCHOOL, SEIN_KIND_WITHDRAW, &sein_withdraw_item_schema,
              items, 0);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_ERANGE);
}

/* The longest confirm: 256 repeats, each under a head of its own. */
static void
test_256_receipts_under_256_heads(void **state)
{
    struct rig *rig = *state;
    static struct sein_withdraw_item items[SEIN_ITEMS_MAX];

    for (size_t i = 0; i < SEIN_ITEMS_MAX; i++) {
        const struct rig_letter letter = { 0 };

        rig_letter_make(rig, &letter, &put);
        assert_int_equal(put_and_confirm(rig, &put)->code, SEIN_OK);
        items[i].from = sein_slice_text(FIXTURE_DESK_SCHOOL);
        items[i].letter_id = put.letter.id;
        memcpy(items[i].op_id.bytes, &i, sizeof i);
        rig_items(rig, 1, SCHOOL, SEIN_KIND_WITHDRAW,
                  &sein_withdraw_item_schema, &items[i], 1);
        rig_run(rig);
        assert_int_equal(rig_code(rig, 1), SEIN_OK);
    }
    rig_items(rig, 1, SCHOOL, SEIN_KIND_WITHDRAW, &sein_withdraw_item_schema,
              items, SEIN_ITEMS_MAX);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_WITHDRAW, NULL, NULL, &confirm);
    assert_int_equal(confirm.count, SEIN_ITEMS_MAX);
    assert_int_equal(confirm.heads, SEIN_HEADS_MAX);
    for (size_t i = 0; i < SEIN_ITEMS_MAX; i++) {
        assert_int_equal(confirm.verdicts[i].code, SEIN_EDUPLICATE);
        assert_true(confirm.verdicts[i].receipt);
        assert_int_equal(confirm.verdicts[i].head.seq, 2 * i + 2);
    }
}

/* ---- withdraw ---- */

static enum sein_err
withdraw_code(struct rig *rig, uint8_t op)
{
    rig_withdraw(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &put.letter.id, op);
    rig_run(rig);
    return rig_code(rig, 1);
}

static void
test_withdraw_while_it_waits(void **state)
{
    struct rig *rig = *state;
    struct sein_withdraw_item item = { 0 };
    uint8_t buffer[128];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_hash hash;

    accept(rig, &put);
    item.from = sein_slice_text(FIXTURE_DESK_SCHOOL);
    item.letter_id = put.letter.id;
    memset(item.op_id.bytes, 5, sizeof item.op_id.bytes);
    assert_int_equal(
        sein_schema_encode(&sein_withdraw_item_schema, &item, &out), SEIN_OK);
    sein_hash_of(sein_slice_of(buffer, out.len), &hash);
    for (unsigned n = 0; n < 2; n++) {
        rig_withdraw(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &put.letter.id, 5);
        rig_run(rig);
        rig_confirm(rig, 1, SEIN_LEAF_WITHDRAW, FIXTURE_OIN_SCHOOL, &hash,
                    &confirm);
        assert_int_equal(confirm.verdicts[0].code,
                         n == 0 ? SEIN_OK : SEIN_EDUPLICATE);
        assert_true(confirm.verdicts[0].receipt);
        assert_int_equal(waiting(rig), 0);
    }
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig_no_frame(rig, 2);
    /* The letter's own operation stays: it is not put again. */
    assert_int_equal(put_and_confirm(rig, &put)->code, SEIN_EDUPLICATE);
    rig_no_frame(rig, 2);
    assert_int_equal(waiting(rig), 0);
}

static void
test_withdraw_when_it_is_out(void **state)
{
    struct rig *rig = *state;
    struct sein_frame frame = { 0 };
    uint64_t seq = 0;

    accept(rig, &put);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    seq = rig_one_delivery(rig, 2).seq;
    assert_int_equal(withdraw_code(rig, 1), SEIN_EDELIVERED);
    /* It went back, but was seen. */
    rig_empty(rig, 2, TEAM, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, 2, SEIN_KIND_BYE, &frame);
    assert_int_equal(withdraw_code(rig, 2), SEIN_EDELIVERED);
    /* The broker forgot that it was out, and must not say otherwise. */
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
    assert_int_equal(withdraw_code(rig, 3), SEIN_EDELIVERED);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    assert_int_equal(rig_one_delivery(rig, 2).seq, seq);
    rig_ack(rig, 2, TEAM, seq, NOORD, 0);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, seq), SEIN_OK);
    assert_int_equal(withdraw_code(rig, 4), SEIN_EDELIVERED);
}

static void
test_withdraw_after_a_restart_that_nobody_read_before(void **state)
{
    struct rig *rig = *state;
    struct sein_frame frame = { 0 };

    /* It was read, long before the letter came. */
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig_empty(rig, 2, TEAM, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, 2, SEIN_KIND_BYE, &frame);
    rig->now_ms += SEIN_MS_PER_HOUR;
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
    accept(rig, &put);
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
    assert_int_equal(withdraw_code(rig, 1), SEIN_OK);
}

static void
test_withdraw_after_a_restart_with_a_reader_since(void **state)
{
    struct rig *rig = *state;
    static struct rig_delivery all[RIG_DELIVERIES_MAX];

    accept(rig, &put);
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
    rig_hello(rig, 2, TEAM, 7, false, NOORD); /* reads, but has no credit */
    rig_run(rig);
    rig_welcome(rig, 2);
    assert_int_equal(withdraw_code(rig, 1), SEIN_OK);
    /* What comes in this kernel's life is known for certain. */
    accept(rig, &put);
    assert_int_equal(withdraw_code(rig, 2), SEIN_OK);
    accept(rig, &put);
    rig_credit(rig, 2, TEAM, 1);
    rig_run(rig);
    assert_int_equal(rig_deliveries(rig, 2, all), 1);
    assert_int_equal(withdraw_code(rig, 3), SEIN_EDELIVERED);
}

static void
test_withdraw_what_is_not_ones_own(void **state)
{
    struct rig *rig = *state;
    const struct sein_letter_id none = { { 1, 2, 3 } };

    accept(rig, &put);
    rig_sender(rig, 4, FIXTURE_JEUGDHULP);
    rig_withdraw(rig, 4, FIXTURE_JEUGDHULP, FIXTURE_DESK_JEUGDHULP,
                 &put.letter.id, 1);
    rig_withdraw(rig, 4, FIXTURE_JEUGDHULP, FIXTURE_DESK_SCHOOL, &put.letter.id,
                 2);
    rig_withdraw(rig, 4, FIXTURE_JEUGDHULP, FIXTURE_DESK_JEUGDHULP, &none, 3);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 4), SEIN_ENOENT);
    assert_int_equal(rig_code(rig, 4), SEIN_EDESKKEY);
    assert_int_equal(rig_code(rig, 4), SEIN_ENOENT);
    assert_int_equal(waiting(rig), 1);
}

static void
test_withdraw_from_another_desk_of_the_member(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter letter = { .from = NOORD,
                                       .to = FIXTURE_DESK_SCHOOL };

    rig_sender(rig, 5, TEAM);
    rig_letter_make(rig, &letter, &put);
    rig_put(rig, 5, TEAM, &put);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 5), SEIN_OK);
    rig_withdraw(rig, 5, TEAM, FIXTURE_DESK_ZUID, &put.letter.id, 1);
    rig_withdraw(rig, 5, TEAM, NOORD, &put.letter.id, 2);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 5), SEIN_ENOENT);
    assert_int_equal(rig_code(rig, 5), SEIN_OK);
}

static void
test_withdraw_twice_under_two_ops(void **state)
{
    struct rig *rig = *state;

    accept(rig, &put);
    assert_int_equal(withdraw_code(rig, 1), SEIN_OK);
    assert_int_equal(withdraw_code(rig, 2), SEIN_EDELIVERED);
    /* The op id was used for another letter before. */
    accept(rig, &put);
    assert_int_equal(withdraw_code(rig, 1), SEIN_ECONFLICT);
    assert_int_equal(waiting(rig), 1);
}

/* ---- refused by the recipient ---- */

static void
refuse_with(struct rig *rig, uint64_t status)
{
    struct rig_delivery delivery;

    accept(rig, &put);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    delivery = rig_one_delivery(rig, 2);
    rig_ack(rig, 2, TEAM, delivery.seq, NOORD, status);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_OK);
}

static void
test_refused_ack_makes_one_event(void **state)
{
    struct rig *rig = *state;
    struct rig_delivery event;

    refuse_with(rig, 87);
    rig_reader(rig, 3, SCHOOL, 5, FIXTURE_DESK_SCHOOL, 10);
    event = rig_one_delivery(rig, 3);
    rig_no_frame(rig, 3);
    assert_int_equal(event.type, SEIN_ITEM_EVENT);
    assert_int_equal(event.event.type, SEIN_EVENT_REFUSED);
    assert_int_equal(event.event.code, 87);
    assert_int_equal(event.event.at, rig->now_ms);
    assert_string_equal(event.event_desk, NOORD);
    assert_string_equal(event.event_circle, "jeugd");
    assert_memory_equal(&event.letter_id, &put.letter.id, SEIN_ID_BYTES);
    assert_int_equal(waiting(rig), 1);
    /* An event is acknowledged like a letter, and refusing it tells nobody. */
    rig_ack(rig, 3, SCHOOL, event.seq, FIXTURE_DESK_SCHOOL, 87);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 3, event.seq), SEIN_OK);
    assert_int_equal(waiting(rig), 0);
    rig_no_frame(rig, 3);
}

static void
test_refused_with_a_code_that_nobody_knows(void **state)
{
    struct rig *rig = *state;

    refuse_with(rig, UINT64_MAX);
    rig_reader(rig, 3, SCHOOL, 5, FIXTURE_DESK_SCHOOL, 10);
    assert_true(rig_one_delivery(rig, 3).event.code == UINT64_MAX);
}

static void
test_event_has_a_receipt(void **state)
{
    struct rig *rig = *state;
    struct sein_op_item asked = { 0 };
    struct rig_delivery event;

    refuse_with(rig, 87);
    rig_reader(rig, 3, SCHOOL, 5, FIXTURE_DESK_SCHOOL, 10);
    event = rig_one_delivery(rig, 3);
    asked.op_id = event.event.event_id;
    rig_items(rig, 3, SCHOOL, SEIN_KIND_RECEIPT_GET, &sein_op_item_schema,
              &asked, 1);
    rig_run(rig);
    rig_confirm(rig, 3, SEIN_LEAF_EVENT, FIXTURE_OIN_SCHOOL, &event.item_hash,
                &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_OK);
    assert_true(confirm.verdicts[0].receipt);
}

static void
test_refused_twice_is_told_once(void **state)
{
    struct rig *rig = *state;
    struct rig_delivery delivery;

    accept(rig, &put);
    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    delivery = rig_one_delivery(rig, 2);
    rig_ack(rig, 2, TEAM, delivery.seq, NOORD, 87);
    rig_ack(rig, 2, TEAM, delivery.seq, NOORD, 87);
    rig_run(rig);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_OK);
    assert_int_equal(rig_acked(rig, 2, delivery.seq), SEIN_ECOLLECTED);
    assert_int_equal(waiting(rig), 1);
    assert_int_equal(kernel_counters(rig->kernel)->events_made, 1);
}

/* ---- when the commit fails ---- */

static void
test_put_that_does_not_commit(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter letter = { 0 };
    struct kernel_counters before = *kernel_counters(rig->kernel);

    rig_reader(rig, 2, TEAM, 7, NOORD, 10);
    rig_letter_make(rig, &letter, &put);
    rig_put(rig, 1, SCHOOL, &put);
    rig->fail_with = SEIN_EFULL;
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EFULL);
    rig_no_frame(rig, 1);
    rig_no_frame(rig, 2);
    assert_int_equal(waiting(rig), 0);
    assert_int_equal(kernel_counters(rig->kernel)->items_put, before.items_put);
    /* Again: accepted now, not a duplicate, and delivered. */
    assert_int_equal(put_and_confirm(rig, &put)->code, SEIN_OK);
    assert_int_equal(confirm.verdicts[0].head.seq, 1);
    (void)rig_one_delivery(rig, 2);
}

static void
test_disk_that_fails_says_nothing(void **state)
{
    struct rig *rig = *state;
    const struct rig_letter letter = { 0 };

    rig_letter_make(rig, &letter, &put);
    rig_put(rig, 1, SCHOOL, &put);
    rig_empty(rig, 1, SCHOOL, SEIN_KIND_PING);
    rig->fail_with = SEIN_EIO;
    rig_run(rig);
    rig_no_frame(rig, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_put_confirm_deliver_ack),
        CASE(test_same_bytes_same_receipt),
        CASE(test_same_id_other_bytes),
        CASE(test_duplicate_within_one_request),
        CASE(test_duplicate_within_one_turn_and_one_verdict_each),
        CASE(test_repeat_outlives_life_quota_and_leaving),
        CASE(test_id_of_another_member),
        CASE(test_heads_chain),
        CASE(test_refused_for_its_outside),
        CASE(test_refused_for_a_broken_letter),
        CASE(test_refused_for_who_and_where),
        CASE(test_refused_for_what_has_ended),
        CASE(test_refused_when_the_directory_is_over),
        CASE(test_times_at_their_bounds),
        CASE(test_four_sizes),
        CASE(test_256_items_and_one_more),
        CASE(test_256_receipts_under_256_heads),
        CASE(test_withdraw_while_it_waits),
        CASE(test_withdraw_when_it_is_out),
        CASE(test_withdraw_after_a_restart_that_nobody_read_before),
        CASE(test_withdraw_after_a_restart_with_a_reader_since),
        CASE(test_withdraw_what_is_not_ones_own),
        CASE(test_withdraw_from_another_desk_of_the_member),
        CASE(test_withdraw_twice_under_two_ops),
        CASE(test_refused_ack_makes_one_event),
        CASE(test_refused_with_a_code_that_nobody_knows),
        CASE(test_event_has_a_receipt),
        CASE(test_refused_twice_is_told_once),
        CASE(test_put_that_does_not_commit),
        CASE(test_disk_that_fails_says_nothing),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
