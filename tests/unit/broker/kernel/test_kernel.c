#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/wire/msg_directory.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/pack.h"
#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define NOORD FIXTURE_DESK_NOORD

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

/* ---- every cell of PROTOCOL.md section 13 ---- */

enum session { IN_NEW, IN_READY, IN_DRAINING, SESSION_COUNT };

/* What a cell answers: a kind, or an error. */
struct cell {
    enum sein_kind answer; /* 0: none */
    enum sein_err err;     /* of SEIN_KIND_ERROR */
};
#define OK_WITH(kind) \
    {                 \
        kind, SEIN_OK \
    }
#define ERR(code)             \
    {                         \
        SEIN_KIND_ERROR, code \
    }
#define NOTHING                    \
    {                              \
        (enum sein_kind)0, SEIN_OK \
    }

static const struct row {
    enum sein_kind kind;
    struct cell cells[SESSION_COUNT]; /* new, ready, draining */
} figure[] = {
    { SEIN_KIND_HELLO,
      { OK_WITH(SEIN_KIND_WELCOME), OK_WITH(SEIN_KIND_WELCOME),
        ERR(SEIN_EBUSY) } },
    { SEIN_KIND_PING,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_PONG),
        OK_WITH(SEIN_KIND_PONG) } },
    { SEIN_KIND_PUT,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_CONFIRM), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_WITHDRAW,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_CONFIRM), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_PREKEY_PUT,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_CONFIRM), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_RECEIPT_GET,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_CONFIRM), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_CREDIT, { ERR(SEIN_ESESSION), NOTHING, NOTHING } },
    { SEIN_KIND_ACK,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_ACKED),
        OK_WITH(SEIN_KIND_ACKED) } },
    { SEIN_KIND_DIR_GET,
      { OK_WITH(SEIN_KIND_DIR_PART), OK_WITH(SEIN_KIND_DIR_PART),
        OK_WITH(SEIN_KIND_DIR_PART) } },
    { SEIN_KIND_PREKEY_GET,
      { OK_WITH(SEIN_KIND_PREKEYS), OK_WITH(SEIN_KIND_PREKEYS),
        OK_WITH(SEIN_KIND_PREKEYS) } },
    { SEIN_KIND_HEADS_GET,
      { OK_WITH(SEIN_KIND_HEADS), OK_WITH(SEIN_KIND_HEADS),
        OK_WITH(SEIN_KIND_HEADS) } },
    { SEIN_KIND_BYE,
      { OK_WITH(SEIN_KIND_BYE), OK_WITH(SEIN_KIND_BYE),
        OK_WITH(SEIN_KIND_BYE) } },
    { SEIN_KIND_WELCOME,
      { ERR(SEIN_EKIND), ERR(SEIN_EKIND), ERR(SEIN_EKIND) } },
    { SEIN_KIND_DELIVER,
      { ERR(SEIN_EKIND), ERR(SEIN_EKIND), ERR(SEIN_EKIND) } },
    { SEIN_KIND_PRESENCE_PUT,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_CONFIRM), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_PRESENCE_WITHDRAW,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_CONFIRM), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_MATCH_ACCEPT,
      { ERR(SEIN_ESESSION), OK_WITH(SEIN_KIND_CONFIRM), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_EVAL,
      { ERR(SEIN_ESESSION), ERR(SEIN_EEPOCH), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_EVAL_READY,
      { ERR(SEIN_ESESSION), ERR(SEIN_EROLE), ERR(SEIN_EBUSY) } },
    { SEIN_KIND_EVAL_ANSWER, { ERR(SEIN_ESESSION), NOTHING, NOTHING } },
    { SEIN_KIND_EVAL_ASK,
      { ERR(SEIN_EKIND), ERR(SEIN_EKIND), ERR(SEIN_EKIND) } },
    { SEIN_KIND_EVAL_RELAYED,
      { ERR(SEIN_EKIND), ERR(SEIN_EKIND), ERR(SEIN_EKIND) } },
    { SEIN_KIND_DEPOSITS,
      { ERR(SEIN_EKIND), ERR(SEIN_EKIND), ERR(SEIN_EKIND) } },
    { SEIN_KIND_DEPOSITS_ACK, { ERR(SEIN_ESESSION), NOTHING, NOTHING } },
    { SEIN_KIND_COUNT, { ERR(SEIN_EKIND), ERR(SEIN_EKIND), ERR(SEIN_EKIND) } },
    { (enum sein_kind)0,
      { ERR(SEIN_EKIND), ERR(SEIN_EKIND), ERR(SEIN_EKIND) } },
};

static void
ask_object(struct rig *rig, enum sein_kind kind,
           const struct sein_schema *schema, const void *object)
{
    uint8_t buffer[128];
    struct sein_slice frame = { 0 };

    assert_int_equal(sein_frame_encode(kind, ++rig->req, schema, object, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    rig_ask(rig, 1, SCHOOL, frame);
}

static void
ask_desk(struct rig *rig)
{
    uint8_t buffer[128];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);

    sein_frame_begin(&out, SEIN_KIND_PREKEY_GET, ++rig->req);
    sein_pack_array(&out, 1);
    sein_pack_text(&out, sein_slice_text(NOORD));
    rig_ask(rig, 1, SCHOOL, sein_slice_of(buffer, out.len));
}

static void
ask_put(struct rig *rig)
{
    struct rig_letter letter = { 0 };
    struct rig_put *put = malloc(sizeof *put);

    assert_non_null(put);
    rig_letter_make(rig, &letter, put);
    rig_put(rig, 1, SCHOOL, put);
    free(put);
}

static void
ask_presence(struct rig *rig)
{
    const struct rig_presence presence = { 0 };
    struct rig_presence_put put;

    rig_presence_make(rig, &presence, &put);
    rig_presence_put(rig, 1, SCHOOL, &put);
}

static void
ask_kind(struct rig *rig, enum sein_kind kind)
{
    const struct sein_dir_get dir_get = { 0 };
    const struct sein_heads_get heads_get = { .from = 1, .count = 10 };
    struct sein_signed_prekey prekey = { 0 };
    struct sein_op_item op = { 0 };
    struct sein_letter_id letter_id = { { 1 } };
    const struct rig_eval eval = { 0 };
    struct sein_deposits_ack listed = { .epoch = 1 };
    const struct sein_presence_id presence_id = { { 1 } };
    const struct sein_match_id match_id = { { 1 } };

    prekey.statement = sein_slice_text("no statement");
    switch ((unsigned)kind) {
    case SEIN_KIND_HELLO:
        rig_hello(rig, 1, SCHOOL, 3, false, NULL);
        break;
    case SEIN_KIND_PUT:
        ask_put(rig);
        break;
    case SEIN_KIND_WITHDRAW:
        rig_withdraw(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &letter_id, 1);
        break;
    case SEIN_KIND_PREKEY_PUT:
        rig_items(rig, 1, SCHOOL, kind, &sein_signed_prekey_schema, &prekey, 1);
        break;
    case SEIN_KIND_RECEIPT_GET:
        rig_items(rig, 1, SCHOOL, kind, &sein_op_item_schema, &op, 1);
        break;
    case SEIN_KIND_CREDIT:
        rig_credit(rig, 1, SCHOOL, 5);
        break;
    case SEIN_KIND_ACK:
        rig_ack(rig, 1, SCHOOL, 99, FIXTURE_DESK_SCHOOL, 0);
        break;
    case SEIN_KIND_DIR_GET:
        ask_object(rig, kind, &sein_dir_get_schema, &dir_get);
        break;
    case SEIN_KIND_PREKEY_GET:
        ask_desk(rig);
        break;
    case SEIN_KIND_HEADS_GET:
        ask_object(rig, kind, &sein_heads_get_schema, &heads_get);
        break;
    case SEIN_KIND_PRESENCE_PUT:
        ask_presence(rig);
        break;
    case SEIN_KIND_PRESENCE_WITHDRAW:
        rig_presence_withdraw(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &presence_id,
                              1);
        break;
    case SEIN_KIND_MATCH_ACCEPT:
        rig_accept(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, &match_id, 1);
        break;
    case SEIN_KIND_EVAL:
        rig_eval(rig, 1, SCHOOL, &eval);
        break;
    case SEIN_KIND_EVAL_READY:
        rig_eval_ready(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, 4);
        break;
    case SEIN_KIND_DEPOSITS_ACK:
        listed.circle = sein_slice_text("jeugd");
        listed.oin = sein_slice_text(FIXTURE_OIN_SCHOOL);
        ask_object(rig, kind, &sein_deposits_ack_schema, &listed);
        break;
    case SEIN_KIND_EVAL_ANSWER:
        rig_eval_answer(rig, 1, SCHOOL, 1, "no reply");
        break;
    default:
        rig_empty(rig, 1, SCHOOL, kind);
        break;
    }
}

static void
enter(struct rig *rig, enum session session)
{
    if (session != IN_NEW)
        rig_sender(rig, 1, SCHOOL);
    if (session == IN_DRAINING)
        kernel_drain(rig->kernel);
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
walk_cell(const struct row *row, enum session session)
{
    const struct cell *cell = &row->cells[session];
    struct rig *rig = rig_new();
    struct sein_frame frame = { 0 };
    bool was_open = false;

    enter(rig, session);
    was_open = is_open(rig);
    ask_kind(rig, row->kind);
    rig_run(rig);
    if (cell->answer == SEIN_KIND_ERROR) {
        assert_int_equal(rig_error(rig, 1, NULL), cell->err);
    } else if (cell->answer != 0) {
        rig_take_frame(rig, 1, cell->answer, &frame);
        assert_int_equal(frame.req, rig->req);
    }
    rig_no_frame(rig, 1);
    /* Only hello opens, only bye closes. */
    if (row->kind == SEIN_KIND_HELLO && session != IN_DRAINING)
        assert_true(is_open(rig));
    else if (row->kind == SEIN_KIND_BYE)
        assert_false(is_open(rig));
    else
        assert_int_equal(is_open(rig), was_open);
    rig_free(&rig);
}

static void
test_every_cell(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof figure / sizeof figure[0]; i++) {
        for (unsigned session = 0; session < SESSION_COUNT; session++)
            walk_cell(&figure[i], (enum session)session);
    }
}

static void
test_hello_in_draining_kernel_without_session(void **state)
{
    struct rig *rig = *state;

    kernel_drain(rig->kernel);
    rig_hello(rig, 1, SCHOOL, 3, false, NULL);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EBUSY);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell),
        CASE(test_hello_in_draining_kernel_without_session),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
