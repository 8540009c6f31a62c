#include "proto/wire/msg_eval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/wire/pack.h"
#include "tests/support/schema_cases.h"

#define RUN(schema, rows) \
    schema_cases_run(&(schema), rows, sizeof(rows) / sizeof((rows)[0]))

/* The rows of PROTOCOL.md. */
/* clang-format off */
static void
test_eval(void **state)
{
    static const struct schema_case rows[] = {
        { "holder", SEIN_FIELD_TEXT, false, 1, 53 },
        { "request", SEIN_FIELD_BYTES, false, 1, 2304 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    RUN(sein_eval_schema, rows);
}

static void
test_eval_ask(void **state)
{
    static const struct schema_case rows[] = {
        { "ticket", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "request", SEIN_FIELD_BYTES, false, 1, 2304 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    RUN(sein_eval_ask_schema, rows);
}

static void
test_eval_answer(void **state)
{
    static const struct schema_case rows[] = {
        { "ticket", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "reply", SEIN_FIELD_BYTES, false, 1, 1536 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    RUN(sein_eval_answer_schema, rows);
}

static void
test_eval_relayed(void **state)
{
    static const struct schema_case rows[] = {
        { "reply", SEIN_FIELD_BYTES, false, 1, 1536 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    RUN(sein_eval_relayed_schema, rows);
}

static void
test_eval_ready(void **state)
{
    static const struct schema_case rows[] = {
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "window", SEIN_FIELD_UINT, false, 0, 256 },
    };

    (void)state;
    RUN(sein_eval_ready_schema, rows);
}

static void
test_deposits(void **state)
{
    static const struct schema_case rows[] = {
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "day", SEIN_FIELD_UINT, false, 0, UINT32_MAX },
        { "oin", SEIN_FIELD_TEXT, false, 1, 20 },
        { "part", SEIN_FIELD_UINT, false, 0, UINT32_MAX },
        { "last", SEIN_FIELD_BOOL, false, 0, 1 },
        { "ids", SEIN_FIELD_LIST, false, 0, 4096 },
    };

    (void)state;
    RUN(sein_deposits_schema, rows);
}

static void
test_deposits_ack(void **state)
{
    static const struct schema_case rows[] = {
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "day", SEIN_FIELD_UINT, false, 0, UINT32_MAX },
        { "oin", SEIN_FIELD_TEXT, false, 1, 20 },
        { "part", SEIN_FIELD_UINT, false, 0, UINT32_MAX },
    };

    (void)state;
    RUN(sein_deposits_ack_schema, rows);
}

static void
test_eval_request(void **state)
{
    static const struct schema_case rows[] = {
        { "v", SEIN_FIELD_UINT, false, 1, 1 },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "holder", SEIN_FIELD_TEXT, false, 1, 53 },
        { "req_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "ts", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "key_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "dir_version", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "actor", SEIN_FIELD_FIXED, false, 0, 16 },
        { "ids", SEIN_FIELD_LIST, false, 1, 32 },
        { "blinded", SEIN_FIELD_LIST, false, 1, 32 },
    };

    (void)state;
    RUN(sein_eval_request_schema, rows);
}

static void
test_eval_reply(void **state)
{
    static const struct schema_case rows[] = {
        { "v", SEIN_FIELD_UINT, false, 1, 1 },
        { "req_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "request", SEIN_FIELD_FIXED, false, 0, 32 },
        { "code", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "at", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "index", SEIN_FIELD_UINT, false, 0, 16 },
        { "evaluated", SEIN_FIELD_LIST, false, 0, 32 },
        { "proof", SEIN_FIELD_BYTES, false, 0, 64 },
    };

    (void)state;
    RUN(sein_eval_reply_schema, rows);
}
/* clang-format on */

static void
test_fixed_lists(void **state)
{
    uint8_t pieces[2 * SEIN_ID_BYTES];
    uint8_t read[2 * SEIN_ID_BYTES] = { 0 };
    uint8_t buffer[64];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_list list = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof pieces; i++)
        pieces[i] = (uint8_t)i;
    sein_fixed_list_write(&out, pieces, SEIN_ID_BYTES, 2);
    list.raw = sein_slice_of(buffer, out.len);
    list.count = 2;
    assert_int_equal(sein_fixed_list_read(&list, SEIN_ID_BYTES, 2, read),
                     SEIN_OK);
    assert_memory_equal(read, pieces, sizeof pieces);
    assert_int_equal(sein_fixed_list_read(&list, SEIN_ID_BYTES, 1, read),
                     SEIN_ERANGE);
    assert_int_equal(sein_fixed_list_read(&list, SEIN_ID_BYTES - 1, 2, read),
                     SEIN_ECONTENT);
    assert_int_equal(sein_fixed_list_read(&list, SEIN_ID_BYTES + 1, 2, read),
                     SEIN_ECONTENT);
    out = sein_writer_of(buffer, sizeof buffer);
    sein_pack_array(&out, 1);
    sein_pack_text(&out, sein_slice_text("sixteen letters."));
    list.raw = sein_slice_of(buffer, out.len);
    assert_int_equal(sein_fixed_list_read(&list, SEIN_ID_BYTES, 2, read),
                     SEIN_ECONTENT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eval),
        cmocka_unit_test(test_eval_ask),
        cmocka_unit_test(test_eval_answer),
        cmocka_unit_test(test_eval_relayed),
        cmocka_unit_test(test_eval_ready),
        cmocka_unit_test(test_deposits),
        cmocka_unit_test(test_deposits_ack),
        cmocka_unit_test(test_eval_request),
        cmocka_unit_test(test_eval_reply),
        cmocka_unit_test(test_fixed_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
