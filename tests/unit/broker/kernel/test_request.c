/*
 * What a peer may send: each request cut at each byte, one byte more, each
 * limit and one beyond, and bytes turned at random.  The session goes on, the
 * answer is an error with the right req, and nothing is done.
 */
#include "broker/kernel/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/wire/pack.h"
#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define REQ 77U
#define BUFFER_MAX 4096U

/* ---- one sound request of each kind ---- */

static void
pack_texts(struct sein_writer *out, const char *text, size_t count)
{
    sein_pack_array(out, count);
    for (size_t i = 0; i < count; i++)
        sein_pack_text(out, sein_slice_text(text));
}

static void
pack_items(struct sein_writer *out, const struct sein_schema *schema,
           const void *item, size_t count)
{
    sein_pack_array(out, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sein_schema_encode(schema, item, out), SEIN_OK);
}

static void
pack_hello(struct sein_writer *out, const char *desk, size_t count)
{
    struct sein_hello hello = { .home_id = { { 1 } } };
    uint8_t bytes[BUFFER_MAX];
    struct sein_writer desks = sein_writer_of(bytes, sizeof bytes);

    pack_texts(&desks, desk, count);
    sein_pack_array(out, 4);
    sein_pack_bytes(out, sein_slice_of(hello.home_id.bytes, SEIN_ID_BYTES));
    sein_pack_uint(out, 1);
    sein_pack_bool(out, false);
    sein_write_bytes(out, desks.at, desks.len);
}

static void
pack_put(struct sein_writer *out, size_t count)
{
    struct sein_put_item item = { 0 };

    item.from = sein_slice_text(FIXTURE_DESK_SCHOOL);
    item.letter = sein_slice_text("no letter");
    pack_items(out, &sein_put_item_schema, &item, count);
}

static void
pack_withdraw(struct sein_writer *out, size_t count)
{
    struct sein_withdraw_item item = { 0 };

    item.from = sein_slice_text(FIXTURE_DESK_SCHOOL);
    pack_items(out, &sein_withdraw_item_schema, &item, count);
}

static void
pack_ack(struct sein_writer *out, size_t count)
{
    struct sein_ack_item item = { .seq = 99, .status = UINT64_MAX };

    item.desk = sein_slice_text(FIXTURE_DESK_SCHOOL);
    pack_items(out, &sein_ack_item_schema, &item, count);
}

static void
pack_prekey_put(struct sein_writer *out, size_t count)
{
    struct sein_signed_prekey item = { 0 };

    item.statement = sein_slice_text("no statement");
    pack_items(out, &sein_signed_prekey_schema, &item, count);
}

static void
pack_receipt_get(struct sein_writer *out, size_t count)
{
    const struct sein_op_item item = { 0 };

    pack_items(out, &sein_op_item_schema, &item, count);
}

/* count ids and as many points. */
static void
pack_eval(struct sein_writer *out, size_t count)
{
    const struct rig rig = { .now_ms = FIXTURE_NOW_MS };
    const struct rig_eval eval = { .ids = count, .blinded = count };

    rig_eval_write(&rig, &eval, out);
}

/* With count items or desks, where the kind has them. */
static bool
pack_request(struct sein_writer *out, enum sein_kind kind, size_t count)
{
    struct sein_eval_answer answer = { .ticket = 1 };
    struct sein_deposits_ack listed = { .epoch = 1 };
    struct sein_eval_ready ready = { .window = SEIN_EVAL_WINDOW_MAX };
    const struct sein_dir_get dir_get = { 0 };
    const struct sein_heads_get heads = { .from = 1, .count = 1 };
    const struct sein_credit credit = { .window = SEIN_CREDIT_MAX };

    sein_frame_begin(out, kind, REQ);
    switch ((unsigned)kind) {
    case SEIN_KIND_HELLO:
        pack_hello(out, FIXTURE_DESK_SCHOOL, count);
        return true;
    case SEIN_KIND_PUT:
        pack_put(out, count);
        return true;
    case SEIN_KIND_WITHDRAW:
        pack_withdraw(out, count);
        return true;
    case SEIN_KIND_ACK:
        pack_ack(out, count);
        return true;
    case SEIN_KIND_PREKEY_PUT:
        pack_prekey_put(out, count);
        return true;
    case SEIN_KIND_RECEIPT_GET:
        pack_receipt_get(out, count);
        return true;
    case SEIN_KIND_PREKEY_GET:
        pack_texts(out, FIXTURE_DESK_SCHOOL, count);
        return true;
    case SEIN_KIND_DIR_GET:
        return sein_schema_encode(&sein_dir_get_schema, &dir_get, out) ==
               SEIN_OK;
    case SEIN_KIND_HEADS_GET:
        return sein_schema_encode(&sein_heads_get_schema, &heads, out) ==
               SEIN_OK;
    case SEIN_KIND_CREDIT:
        return sein_schema_encode(&sein_credit_schema, &credit, out) == SEIN_OK;
    case SEIN_KIND_EVAL:
        pack_eval(out, count);
        return true;
    case SEIN_KIND_EVAL_ANSWER:
        answer.reply = sein_slice_text("no reply");
        return sein_schema_encode(&sein_eval_answer_schema, &answer, out) ==
               SEIN_OK;
    case SEIN_KIND_DEPOSITS_ACK:
        listed.circle = sein_slice_text("jeugd");
        listed.oin = sein_slice_text(FIXTURE_OIN_SCHOOL);
        return sein_schema_encode(&sein_deposits_ack_schema, &listed, out) ==
               SEIN_OK;
    case SEIN_KIND_EVAL_READY:
        ready.desk = sein_slice_text(FIXTURE_DESK_SCHOOL);
        return sein_schema_encode(&sein_eval_ready_schema, &ready, out) ==
               SEIN_OK;
    case SEIN_KIND_PING:
    case SEIN_KIND_BYE:
        sein_pack_array(out, 0);
        return true;
    default:
        return false;
    }
}

static void
expect_error(struct rig *rig, const uint8_t *bytes, size_t len)
{
    struct sein_frame frame = { 0 };

    /* A copy of exactly that size, so that reading on is seen. */
    rig_ask(rig, 1, SCHOOL, sein_slice_of(bytes, len));
    rig_run(rig);
    rig_take_frame(rig, 1, SEIN_KIND_ERROR, &frame);
    assert_true(frame.req == 0 || frame.req == REQ);
    rig_no_frame(rig, 1);
    assert_false(rig->changed);
}

static void
test_each_kind_cut_at_each_byte_and_one_more(void **state)
{
    struct rig *rig = rig_new();
    uint8_t buffer[BUFFER_MAX];

    (void)state;
    rig_sender(rig, 1, SCHOOL);
    for (unsigned kind = 0; kind < SEIN_KIND_COUNT; kind++) {
        struct sein_writer out = sein_writer_of(buffer, sizeof buffer - 1);

        if (!pack_request(&out, (enum sein_kind)kind, 2))
            continue;
        for (size_t len = 0; len < out.len; len++)
            expect_error(rig, buffer, len);
        buffer[out.len] = 0;
        expect_error(rig, buffer, out.len + 1);
    }
    /* Whatever came, the session is still there. */
    rig_empty(rig, 1, SCHOOL, SEIN_KIND_PING);
    rig_run(rig);
    {
        struct sein_frame frame = { 0 };

        rig_take_frame(rig, 1, SEIN_KIND_PONG, &frame);
    }
    rig_free(&rig);
}

/* Kind, the most items it may have, and the fewest. */
static const struct limit {
    enum sein_kind kind;
    size_t min, max;
} limits[] = {
    { SEIN_KIND_HELLO, 0, SEIN_DESKS_MAX },
    { SEIN_KIND_PUT, 1, SEIN_ITEMS_MAX },
    { SEIN_KIND_WITHDRAW, 1, SEIN_ITEMS_MAX },
    { SEIN_KIND_ACK, 1, SEIN_ITEMS_MAX },
    { SEIN_KIND_PREKEY_PUT, 1, SEIN_ITEMS_MAX },
    { SEIN_KIND_RECEIPT_GET, 1, SEIN_ITEMS_MAX },
    { SEIN_KIND_PREKEY_GET, 1, SEIN_DESKS_MAX },
};

static enum sein_err
decode_count(enum sein_kind kind, size_t count, size_t *out_count)
{
    static uint8_t buffer[64 * BUFFER_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct request request = { 0 };
    enum sein_err err = SEIN_OK;

    assert_true(pack_request(&out, kind, count));
    assert_false(out.failed);
    err = request_decode(sein_slice_of(buffer, out.len), &request);
    assert_int_equal(request.req, REQ);
    *out_count = request.count;
    return err;
}

static void
test_counts_at_their_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const struct limit *limit = &limits[i];
        size_t count = 0;

        assert_int_equal(decode_count(limit->kind, limit->max, &count),
                         SEIN_OK);
        assert_int_equal(count, limit->max);
        assert_int_equal(decode_count(limit->kind, limit->max + 1, &count),
                         SEIN_ERANGE);
        assert_int_equal(decode_count(limit->kind, limit->min, &count),
                         SEIN_OK);
        assert_int_equal(count, limit->min);
        if (limit->min > 0)
            assert_int_equal(decode_count(limit->kind, 0, &count), SEIN_ERANGE);
    }
}

static enum sein_err
decode_object(enum sein_kind kind, uint64_t first, uint64_t second,
              size_t fields)
{
    uint8_t buffer[128];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct request request = { 0 };

    sein_frame_begin(&out, kind, REQ);
    sein_pack_array(&out, fields);
    sein_pack_uint(&out, first);
    if (fields > 1)
        sein_pack_uint(&out, second);
    return request_decode(sein_slice_of(buffer, out.len), &request);
}

static void
test_numbers_at_their_limits(void **state)
{
    (void)state;
    assert_int_equal(decode_object(SEIN_KIND_CREDIT, SEIN_CREDIT_MAX, 0, 1),
                     SEIN_OK);
    assert_int_equal(decode_object(SEIN_KIND_CREDIT, SEIN_CREDIT_MAX + 1, 0, 1),
                     SEIN_ERANGE);
    assert_int_equal(decode_object(SEIN_KIND_HEADS_GET, 1, SEIN_HEADS_MAX, 2),
                     SEIN_OK);
    assert_int_equal(
        decode_object(SEIN_KIND_HEADS_GET, 1, SEIN_HEADS_MAX + 1, 2),
        SEIN_ERANGE);
    assert_int_equal(decode_object(SEIN_KIND_HEADS_GET, 1, 0, 2), SEIN_ERANGE);
    assert_int_equal(decode_object(SEIN_KIND_PING, 1, 0, 1), SEIN_ERANGE);
}

static void
test_desks_at_their_limits(void **state)
{
    char name[SEIN_DESK_MAX + 2];
    uint8_t buffer[256];

    (void)state;
    memset(name, 'a', sizeof name);
    for (unsigned more = 0; more < 2; more++) {
        struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
        struct request request = { 0 };

        name[SEIN_DESK_MAX + more] = '\0';
        sein_frame_begin(&out, SEIN_KIND_PREKEY_GET, REQ);
        pack_texts(&out, name, 1);
        assert_int_equal(
            request_decode(sein_slice_of(buffer, out.len), &request),
            more == 0 ? SEIN_OK : SEIN_ERANGE);
        name[SEIN_DESK_MAX] = 'a';
    }
}

static enum sein_err
decode_eval(const struct rig_eval *eval)
{
    static uint8_t buffer[4 * BUFFER_MAX];
    const struct rig rig = { .now_ms = FIXTURE_NOW_MS };
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct request request = { 0 };

    sein_frame_begin(&out, SEIN_KIND_EVAL, REQ);
    rig_eval_write(&rig, eval, &out);
    return request_decode(sein_slice_of(buffer, out.len), &request);
}

static void
test_batches_of_a_keyholder(void **state)
{
    static const struct {
        struct rig_eval eval;
        enum sein_err err;
    } cases[] = {
        { { .ids = 1, .blinded = 1 }, SEIN_OK },
        { { .ids = SEIN_EVAL_BATCH_MAX, .blinded = SEIN_EVAL_BATCH_MAX },
          SEIN_OK },
        { { .ids = 2, .blinded = 1 }, SEIN_ECONTENT },
        { { .ids = 1, .blinded = 2 }, SEIN_ECONTENT },
        { { .ids = 2, .blinded = 2, .id_len = 15 }, SEIN_ECONTENT },
        { { .ids = 2, .blinded = 2, .id_len = 17 }, SEIN_ECONTENT },
        { { .ids = 2, .blinded = 2, .point_len = 31 }, SEIN_ECONTENT },
        { { .ids = 2, .blinded = 2, .point_len = 33 }, SEIN_ECONTENT },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(decode_eval(&cases[i].eval), cases[i].err);
}

static void
test_versions_and_what_is_no_frame(void **state)
{
    struct rig *rig = rig_new();
    const uint8_t newer[] = { 0x94, 2, SEIN_KIND_PING, REQ, 0x90 };
    const uint8_t no_frame[] = { 0x93, 1, SEIN_KIND_PING, REQ };
    const uint8_t bomb[] = { 0xdd, 0x10, 0, 0, 0 };
    struct sein_frame frame = { 0 };

    (void)state;
    rig_sender(rig, 1, SCHOOL);
    rig_ask(rig, 1, SCHOOL, sein_slice_of(newer, sizeof newer));
    rig_run(rig);
    rig_take_frame(rig, 1, SEIN_KIND_ERROR, &frame);
    assert_int_equal(frame.req, REQ);
    rig_ask(rig, 1, SCHOOL, sein_slice_of(no_frame, sizeof no_frame));
    rig_ask(rig, 1, SCHOOL, sein_slice_of(bomb, sizeof bomb));
    rig_ask(rig, 1, SCHOOL, sein_slice_of(bomb, 0));
    rig_run(rig);
    for (unsigned i = 0; i < 3; i++) {
        rig_take_frame(rig, 1, SEIN_KIND_ERROR, &frame);
        assert_int_equal(frame.req, 0);
    }
    assert_int_equal(kernel_counters(rig->kernel)->frames_bad, 4);
    rig_free(&rig);
}

static void
test_frame_of_the_largest_size(void **state)
{
    struct rig *rig = rig_new();
    static uint8_t bytes[SEIN_FRAME_MAX + 1];

    (void)state;
    rig_sender(rig, 1, SCHOOL);
    rig_ask(rig, 1, SCHOOL, sein_slice_of(bytes, SEIN_FRAME_MAX));
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EWIRE);
    rig_ask(rig, 1, SCHOOL, sein_slice_of(bytes, SEIN_FRAME_MAX + 1));
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_ETOOLONG);
    rig_free(&rig);
}

/* Any bytes at all: an answer or none, never a crash, never a second one. */
static void
test_bytes_turned_at_random(void **state)
{
    static const uint8_t seed[randombytes_SEEDBYTES] = { 5 };
    static uint8_t noise[60000];
    struct rig *rig = rig_new();
    uint8_t buffer[BUFFER_MAX];
    size_t at = 0;

    (void)state;
    randombytes_buf_deterministic(noise, sizeof noise, seed);
    while (at + 8 < sizeof noise) {
        struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
        unsigned kind = noise[at++] % SEIN_KIND_COUNT;
        struct sein_frame frame = { 0 };

        if (!pack_request(&out, (enum sein_kind)kind, 1 + noise[at++] % 3))
            continue;
        for (unsigned n = 1 + noise[at++] % 3U; n > 0; n--, at++)
            buffer[(noise[at] * 7U + n) % out.len] = noise[at + 1];
        rig_hello(rig, 1, SCHOOL, 1, false, FIXTURE_DESK_SCHOOL);
        rig_ask(rig, 1, SCHOOL, sein_slice_of(buffer, out.len));
        rig_run(rig);
        assert_int_equal(rig->took, SEIN_OK);
        rig_welcome(rig, 1);
        (void)rig_take_any(rig, 1, &frame);
        rig_no_frame(rig, 1);
    }
    rig_free(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_cut_at_each_byte_and_one_more),
        cmocka_unit_test(test_counts_at_their_limits),
        cmocka_unit_test(test_numbers_at_their_limits),
        cmocka_unit_test(test_desks_at_their_limits),
        cmocka_unit_test(test_batches_of_a_keyholder),
        cmocka_unit_test(test_versions_and_what_is_no_frame),
        cmocka_unit_test(test_frame_of_the_largest_size),
        cmocka_unit_test(test_bytes_turned_at_random),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
