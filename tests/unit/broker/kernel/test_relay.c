#include "broker/kernel/relay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "broker/kernel/deposits.h"
#include "tests/support/kernel_rig.h"
#include "tests/support/store_folder.h"

#define SCHOOL FIXTURE_SCHOOL
#define YOUTH FIXTURE_JEUGDHULP
#define HOLDER RIG_HOLDER
#define HOLDER2 RIG_HOLDER2

/* Peers: 1 the school's, 2 the youth care's, 3 and 4 keyholders'. */

static int
setup(void **state)
{
    struct rig *rig = rig_new();

    rig_add_holders(rig);
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

static const struct kernel_counters *
counters(const struct rig *rig)
{
    return kernel_counters(rig->kernel);
}

static void
ready(struct rig *rig, unsigned peer, uint64_t window)
{
    rig_sender(rig, peer, HOLDER);
    rig_eval_ready(rig, peer, HOLDER, RIG_DESK_HOLDER, window);
    rig_run(rig);
    rig_no_frame(rig, peer);
}

/* Nothing of it reaches the store. */
static void
run(struct rig *rig)
{
    rig_run(rig);
    assert_int_equal(rig->took, SEIN_OK);
    assert_false(rig->changed);
}

static uint64_t
school_asks(struct rig *rig, uint8_t fill)
{
    const struct rig_eval eval = { .fill = fill };

    rig_eval(rig, 1, SCHOOL, &eval);
    return rig->req;
}

static uint64_t
youth_asks(struct rig *rig, uint8_t fill)
{
    const struct rig_eval eval = { .fill = fill,
                                   .desk = FIXTURE_DESK_JEUGDHULP };

    rig_eval(rig, 2, YOUTH, &eval);
    return rig->req;
}

/* The next request that a keyholder's connection got, by its fill. */
static uint64_t
take_ask(struct rig *rig, unsigned peer, uint8_t fill)
{
    struct sein_frame frame = { 0 };
    struct sein_eval_ask ask = { 0 };
    struct sein_eval_request request = { 0 };

    rig_take_frame(rig, peer, SEIN_KIND_EVAL_ASK, &frame);
    assert_int_equal(frame.req, 0);
    assert_int_equal(
        sein_schema_decode_all(&sein_eval_ask_schema, frame.body, &ask),
        SEIN_OK);
    assert_int_equal(sein_schema_decode_all(&sein_eval_request_schema,
                                            ask.request, &request),
                     SEIN_OK);
    assert_int_equal(request.req_id[0], fill);
    assert_int_equal(ask.signature[0], fill);
    assert_int_equal(ask.signature[SEIN_SIG_BYTES - 1], fill);
    return ask.ticket;
}

static void
take_relayed(struct rig *rig, unsigned peer, uint64_t req, const char *reply)
{
    struct sein_frame frame = { 0 };
    struct sein_eval_relayed relayed = { 0 };

    rig_take_frame(rig, peer, SEIN_KIND_EVAL_RELAYED, &frame);
    assert_int_equal(frame.req, req);
    assert_int_equal(
        sein_schema_decode_all(&sein_eval_relayed_schema, frame.body, &relayed),
        SEIN_OK);
    assert_true(sein_slice_is(relayed.reply, reply));
    assert_int_equal(relayed.signature[0], 0x5a);
}

static void
take_error(struct rig *rig, unsigned peer, uint64_t req, enum sein_err code)
{
    struct sein_frame frame = { 0 };
    struct sein_error_body body = { 0 };

    rig_take_frame(rig, peer, SEIN_KIND_ERROR, &frame);
    assert_int_equal(frame.req, req);
    assert_int_equal(
        sein_schema_decode_all(&sein_error_schema, frame.body, &body), SEIN_OK);
    assert_int_equal(body.code, code);
}

static void
answer(struct rig *rig, unsigned peer, uint64_t ticket, const char *reply)
{
    rig_eval_answer(rig, peer, HOLDER, ticket, reply);
    run(rig);
}

/* ---- there and back ---- */

static void
test_there_and_back(void **state)
{
    struct rig *rig = *state;
    uint64_t req = 0;
    uint64_t ticket = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 2);
    assert_int_equal(rig->told[KERNEL_EVENT_KEYHOLDER_READY], 1);
    assert_int_equal(counters(rig)->keyholders, 1);
    req = school_asks(rig, 7);
    run(rig);
    ticket = take_ask(rig, 3, 7);
    rig_no_frame(rig, 1);
    answer(rig, 3, ticket, "a reply");
    take_relayed(rig, 1, req, "a reply");
    rig_no_frame(rig, 3);
    assert_int_equal(counters(rig)->evals_relayed, 1);
    assert_int_equal(counters(rig)->evals_waiting, 0);
    /* It is answered once. */
    answer(rig, 3, ticket, "another");
    rig_no_frame(rig, 1);
    rig_no_frame(rig, 3);
    assert_int_equal(counters(rig)->evals_stray, 1);
    assert_int_equal(counters(rig)->commits, 1); /* the log's first */
}

static void
test_who_may_evaluate(void **state)
{
    struct rig *rig = *state;

    /* Another member's desk, one that is no keyholder, one that is not there,
     * the other keyholder's. */
    rig_sender(rig, 1, SCHOOL);
    rig_sender(rig, 3, HOLDER);
    rig_eval_ready(rig, 1, SCHOOL, RIG_DESK_HOLDER, 4);
    rig_eval_ready(rig, 1, SCHOOL, FIXTURE_DESK_SCHOOL, 4);
    rig_eval_ready(rig, 1, SCHOOL, FIXTURE_OIN_SCHOOL "/nergens", 4);
    rig_eval_ready(rig, 3, HOLDER, RIG_DESK_HOLDER2, 4);
    run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EDESKKEY);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EROLE);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EDESK);
    assert_int_equal(rig_error(rig, 3, NULL), SEIN_EDESKKEY);
    assert_int_equal(counters(rig)->keyholders, 0);
    assert_int_equal(rig->told[KERNEL_EVENT_KEYHOLDER_READY], 0);
}

struct refusal {
    struct rig_eval eval;
    enum sein_err err;
};

static void
test_what_is_not_passed_on(void **state)
{
    static const struct refusal refusals[] = {
        { { .named = RIG_DESK_HOLDER2 }, SEIN_ECONTENT },
        { { .desk = FIXTURE_DESK_JEUGDHULP }, SEIN_EDESKKEY },
        { { .desk = FIXTURE_OIN_SCHOOL "/nergens" }, SEIN_EDESK },
        { { .circle = "nergens" }, SEIN_ECIRCLE },
        { { .circle = "schulden" }, SEIN_EROLE },
        { { .holder = RIG_DESK_HOLDER2 }, SEIN_EAWAY },
        { { .holder = FIXTURE_DESK_NOORD }, SEIN_EROLE },
        { { .later = 1 }, SEIN_EEPOCH },
    };
    struct rig *rig = *state;
    uint64_t at = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 4);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        rig_eval(rig, 1, SCHOOL, &refusals[i].eval);
        run(rig);
        assert_int_equal(rig_error(rig, 1, &at), refusals[i].err);
        assert_int_equal(at, 0);
        rig_no_frame(rig, 3);
    }
    /* A desk that only signals evaluates nothing. */
    rig->fixture->members[SCHOOL].desks[0].roles[0].roles = SEIN_ROLE_SIGNAL;
    rig_swap(rig);
    (void)school_asks(rig, 1);
    run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EROLE);
    /* Nor does one of a circle whose basis is over. */
    rig->fixture->members[SCHOOL].desks[0].roles[0].roles =
        SEIN_ROLE_INTRODUCED;
    rig->fixture->circles[FIXTURE_JEUGD].basis_ends = (uint64_t)rig->now_ms;
    rig_swap(rig);
    (void)school_asks(rig, 1);
    run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_ECIRCLEENDED);
    rig_no_frame(rig, 3);
}

static void
test_directory_that_expired(void **state)
{
    struct rig *rig = *state;

    rig->now_ms = sein_directory_expires_at(kernel_directory(rig->kernel)) + 1;
    rig_sender(rig, 1, SCHOOL);
    rig_sender(rig, 3, HOLDER);
    rig_eval_ready(rig, 3, HOLDER, RIG_DESK_HOLDER, 4);
    run(rig);
    assert_int_equal(rig_error(rig, 3, NULL), SEIN_EDIREXPIRED);
    (void)school_asks(rig, 1);
    run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EDIREXPIRED);
}

static void
test_quota_of_the_sender(void **state)
{
    struct rig *rig = *state;
    uint64_t at = 0;

    rig->config.quota.items_per_s = 1;
    rig->config.quota.items_burst = 1;
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 4);
    (void)school_asks(rig, 1);
    (void)school_asks(rig, 2);
    run(rig);
    (void)take_ask(rig, 3, 1);
    rig_no_frame(rig, 3);
    assert_int_equal(rig_error(rig, 1, &at), SEIN_EQUOTA);
    assert_int_equal(at, rig->now_ms + SEIN_MS_PER_S);
}

/* ---- windows and turns ---- */

static void
test_window(void **state)
{
    struct rig *rig = *state;
    uint64_t tickets[4] = { 0 };

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 2);
    for (uint8_t i = 1; i <= 4; i++)
        (void)school_asks(rig, i);
    run(rig);
    tickets[0] = take_ask(rig, 3, 1);
    tickets[1] = take_ask(rig, 3, 2);
    rig_no_frame(rig, 3);
    assert_int_equal(counters(rig)->evals_waiting, 2);
    answer(rig, 3, tickets[1], "two");
    tickets[2] = take_ask(rig, 3, 3);
    rig_no_frame(rig, 3);
    /* A larger one is used at once; a smaller one takes nothing back. */
    rig_eval_ready(rig, 3, HOLDER, RIG_DESK_HOLDER, 3);
    run(rig);
    tickets[3] = take_ask(rig, 3, 4);
    rig_eval_ready(rig, 3, HOLDER, RIG_DESK_HOLDER, 1);
    (void)school_asks(rig, 5);
    run(rig);
    answer(rig, 3, tickets[0], "one");
    answer(rig, 3, tickets[2], "three");
    rig_no_frame(rig, 3);
    answer(rig, 3, tickets[3], "four");
    (void)take_ask(rig, 3, 5);
    assert_int_equal(rig->told[KERNEL_EVENT_KEYHOLDER_READY], 1);
}

/* Who has much waiting delays another by one request. */
static void
test_members_take_turns(void **state)
{
    struct rig *rig = *state;
    uint64_t ticket = 0;
    uint64_t req = 0;
    uint64_t at = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_sender(rig, 2, YOUTH);
    ready(rig, 3, 1);
    for (unsigned i = 0; i <= SEIN_EVAL_WAITING_MAX; i++)
        (void)school_asks(rig, (uint8_t)(100 + i));
    run(rig);
    rig_no_frame(rig, 1);
    assert_int_equal(counters(rig)->evals_waiting, SEIN_EVAL_WAITING_MAX);
    /* One more than may wait, of this member; the other has room. */
    req = school_asks(rig, 99);
    (void)youth_asks(rig, 1);
    (void)youth_asks(rig, 2);
    run(rig);
    assert_int_equal(rig_error(rig, 1, &at), SEIN_EBUSY);
    assert_int_equal(at, rig->now_ms + SEIN_MS_PER_S);
    assert_int_equal(req + 2, rig->req);
    ticket = take_ask(rig, 3, 100);
    answer(rig, 3, ticket, "x");
    ticket = take_ask(rig, 3, 101);
    answer(rig, 3, ticket, "x");
    ticket = take_ask(rig, 3, 1);
    answer(rig, 3, ticket, "x");
    ticket = take_ask(rig, 3, 102);
    answer(rig, 3, ticket, "x");
    ticket = take_ask(rig, 3, 2);
    answer(rig, 3, ticket, "x");
    for (unsigned i = 3; i <= SEIN_EVAL_WAITING_MAX; i++) {
        ticket = take_ask(rig, 3, (uint8_t)(100 + i));
        answer(rig, 3, ticket, "x");
    }
    rig_no_frame(rig, 3);
    assert_int_equal(counters(rig)->evals_waiting, 0);
}

static void
test_what_one_member_may_have(void **state)
{
    struct rig *rig = *state;
    enum sein_err err = SEIN_OK;
    size_t waiting = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, SEIN_EVAL_WINDOW_MAX);
    while (err == SEIN_OK && waiting < 2 * SEIN_EVAL_WINDOW_MAX) {
        struct sein_frame frame = { 0 };

        (void)school_asks(rig, 1);
        run(rig);
        err = rig_take_any(rig, 1, &frame) ? SEIN_EBUSY : SEIN_OK;
        waiting += err == SEIN_OK ? 1 : 0;
    }
    assert_int_equal(waiting, SEIN_EVAL_WINDOW_MAX + SEIN_EVAL_WAITING_MAX);
}

/* ---- no answer ---- */

static void
test_deadline(void **state)
{
    struct rig *rig = *state;
    uint64_t first = 0;
    uint64_t second = 0;
    uint64_t ticket = 0;
    int64_t begin_ms = rig->now_ms;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    rig_sweep(rig);
    first = school_asks(rig, 1);
    second = school_asks(rig, 2);
    run(rig);
    ticket = take_ask(rig, 3, 1);
    rig->now_ms = begin_ms + 1;
    (void)school_asks(rig, 3);
    run(rig);
    assert_int_equal(kernel_next_deadline(rig->kernel),
                     begin_ms + SEIN_EVAL_WAIT_MS);
    rig->now_ms = begin_ms + SEIN_EVAL_WAIT_MS - 1;
    rig_sweep(rig);
    rig_no_frame(rig, 1);
    rig->now_ms++;
    rig_sweep(rig);
    take_error(rig, 1, first, SEIN_ETIMEOUT);
    take_error(rig, 1, second, SEIN_ETIMEOUT);
    rig_no_frame(rig, 1);
    assert_int_equal(counters(rig)->evals_late, 2);
    /* Its room is free: what is not late yet is asked; what comes late is of
     * no use. */
    (void)take_ask(rig, 3, 3);
    answer(rig, 3, ticket, "late");
    rig_no_frame(rig, 1);
    assert_int_equal(counters(rig)->evals_stray, 1);
}

static void
test_late_one_is_not_asked(void **state)
{
    struct rig *rig = *state;
    uint64_t ticket = 0;
    uint64_t req = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    (void)school_asks(rig, 1);
    req = school_asks(rig, 2);
    run(rig);
    ticket = take_ask(rig, 3, 1);
    /* The answer comes before the sweep does. */
    rig->now_ms += SEIN_EVAL_WAIT_MS;
    answer(rig, 3, ticket, "just");
    rig_no_frame(rig, 3);
    {
        struct sein_frame frame = { 0 };

        rig_take_frame(rig, 1, SEIN_KIND_EVAL_RELAYED, &frame);
    }
    take_error(rig, 1, req, SEIN_ETIMEOUT);
}

static void
test_clock_that_goes_back(void **state)
{
    struct rig *rig = *state;
    uint64_t req = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    req = school_asks(rig, 1);
    run(rig);
    rig->now_ms -= SEIN_MS_PER_HOUR;
    run(rig);
    rig->now_ms += SEIN_EVAL_WAIT_MS;
    rig_sweep(rig);
    take_error(rig, 1, req, SEIN_ETIMEOUT);
}

static void
test_keyholder_that_goes(void **state)
{
    struct rig *rig = *state;
    uint64_t asked = 0;
    uint64_t waiting = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    asked = school_asks(rig, 1);
    waiting = school_asks(rig, 2);
    run(rig);
    rig_empty(rig, 3, HOLDER, SEIN_KIND_BYE);
    run(rig);
    take_error(rig, 1, waiting, SEIN_EAWAY);
    take_error(rig, 1, asked, SEIN_EAWAY);
    assert_int_equal(counters(rig)->evals_away, 2);
    assert_int_equal(counters(rig)->evals_waiting, 0);
    assert_int_equal(counters(rig)->keyholders, 0);
    assert_int_equal(rig->told[KERNEL_EVENT_KEYHOLDER_GONE], 1);
    (void)school_asks(rig, 3);
    run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EAWAY);
}

static void
test_keyholder_that_cannot_be_reached(void **state)
{
    struct rig *rig = *state;
    uint64_t req = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    rig->deaf_peer = 3;
    req = school_asks(rig, 1);
    run(rig);
    /* It is found out when the turn is over, and told in the next. */
    rig_no_frame(rig, 1);
    assert_true(kernel_has_work(rig->kernel));
    run(rig);
    take_error(rig, 1, req, SEIN_EAWAY);
    assert_false(kernel_has_work(rig->kernel));
}

static void
test_keyholder_that_is_silent_for_a_lease(void **state)
{
    struct rig *rig = *state;

    ready(rig, 3, 1);
    rig->now_ms += SEIN_LEASE_MS;
    rig_sender(rig, 1, SCHOOL);
    rig_sweep(rig);
    (void)school_asks(rig, 1);
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EAWAY);
}

static void
test_client_that_goes(void **state)
{
    struct rig *rig = *state;
    uint64_t ticket = 0;

    rig_sender(rig, 1, SCHOOL);
    rig_sender(rig, 2, YOUTH);
    ready(rig, 3, 1);
    (void)school_asks(rig, 1);
    (void)school_asks(rig, 2);
    (void)youth_asks(rig, 3);
    run(rig);
    ticket = take_ask(rig, 3, 1);
    rig_sender(rig, 1, SCHOOL); /* a new session: it asked nothing */
    assert_int_equal(counters(rig)->evals_waiting, 1);
    rig_no_frame(rig, 3);
    /* The keyholder still works on it, so it keeps its room. */
    answer(rig, 3, ticket, "for nobody");
    rig_no_frame(rig, 1);
    (void)take_ask(rig, 3, 3);
    assert_int_equal(counters(rig)->evals_relayed, 0);
    assert_int_equal(counters(rig)->evals_stray, 0);
    /* And nobody hears of one that is late or lost. */
    rig_empty(rig, 2, YOUTH, SEIN_KIND_BYE);
    run(rig);
    rig_empty(rig, 3, HOLDER, SEIN_KIND_BYE);
    run(rig);
    assert_int_equal(counters(rig)->evals_away, 0);
}

static void
test_newest_connection_evaluates(void **state)
{
    struct rig *rig = *state;
    uint64_t asked = 0;
    uint64_t waiting = 0;
    uint64_t ticket = 0;
    uint64_t req = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    asked = school_asks(rig, 1);
    waiting = school_asks(rig, 2);
    run(rig);
    ticket = take_ask(rig, 3, 1);
    ready(rig, 4, 1);
    take_error(rig, 3, 0, SEIN_EHOME);
    take_error(rig, 1, waiting, SEIN_EAWAY);
    take_error(rig, 1, asked, SEIN_EAWAY);
    answer(rig, 3, ticket, "too late");
    rig_no_frame(rig, 1);
    req = school_asks(rig, 3);
    run(rig);
    rig_no_frame(rig, 3);
    ticket = take_ask(rig, 4, 3);
    /* The former cannot answer for it, nor take it back. */
    answer(rig, 3, ticket, "foreign");
    rig_eval_ready(rig, 3, HOLDER, RIG_DESK_HOLDER, 0);
    run(rig);
    rig_no_frame(rig, 1);
    assert_int_equal(counters(rig)->evals_stray, 2);
    answer(rig, 4, ticket, "own");
    take_relayed(rig, 1, req, "own");
    rig_empty(rig, 3, HOLDER, SEIN_KIND_BYE);
    (void)school_asks(rig, 4);
    run(rig);
    (void)take_ask(rig, 4, 4);
}

static void
test_keyholder_that_takes_it_back(void **state)
{
    struct rig *rig = *state;
    uint64_t asked = 0;
    uint64_t waiting = 0;
    uint64_t ticket = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    asked = school_asks(rig, 1);
    waiting = school_asks(rig, 2);
    run(rig);
    ticket = take_ask(rig, 3, 1);
    rig_eval_ready(rig, 3, HOLDER, RIG_DESK_HOLDER, 0);
    run(rig);
    take_error(rig, 1, waiting, SEIN_EAWAY);
    (void)school_asks(rig, 3);
    run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EAWAY);
    /* What it had it still answers; then it is gone. */
    assert_int_equal(rig->told[KERNEL_EVENT_KEYHOLDER_GONE], 0);
    answer(rig, 3, ticket, "last");
    take_relayed(rig, 1, asked, "last");
    assert_int_equal(rig->told[KERNEL_EVENT_KEYHOLDER_GONE], 1);
    assert_int_equal(counters(rig)->keyholders, 0);
    /* Twice is once, and it may come again. */
    rig_eval_ready(rig, 3, HOLDER, RIG_DESK_HOLDER, 0);
    rig_eval_ready(rig, 3, HOLDER, RIG_DESK_HOLDER, 1);
    (void)school_asks(rig, 4);
    run(rig);
    (void)take_ask(rig, 3, 4);
}

static void
test_two_keyholders(void **state)
{
    struct rig *rig = *state;
    const struct rig_eval other = { .holder = RIG_DESK_HOLDER2, .fill = 2 };
    uint64_t first = 0;
    uint64_t second = 0;
    uint64_t tickets[2] = { 0 };

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    rig_sender(rig, 4, HOLDER2);
    rig_eval_ready(rig, 4, HOLDER2, RIG_DESK_HOLDER2, 1);
    first = school_asks(rig, 1);
    rig_eval(rig, 1, SCHOOL, &other);
    second = rig->req;
    run(rig);
    tickets[0] = take_ask(rig, 3, 1);
    tickets[1] = take_ask(rig, 4, 2);
    /* One cannot answer for the other. */
    answer(rig, 3, tickets[1], "foreign");
    rig_no_frame(rig, 1);
    rig_eval_answer(rig, 4, HOLDER2, tickets[1], "two");
    run(rig);
    take_relayed(rig, 1, second, "two");
    answer(rig, 3, tickets[0], "one");
    take_relayed(rig, 1, first, "one");
}

static void
test_answer_to_one_that_waits(void **state)
{
    struct rig *rig = *state;
    uint64_t ticket = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    (void)school_asks(rig, 1);
    (void)school_asks(rig, 2);
    run(rig);
    ticket = take_ask(rig, 3, 1);
    answer(rig, 3, ticket + 1, "guessed");
    rig_no_frame(rig, 1);
    assert_int_equal(counters(rig)->evals_stray, 1);
}

/* ---- directories, draining, failing commits ---- */

static void
test_another_directory(void **state)
{
    struct rig *rig = *state;
    uint64_t req = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    req = school_asks(rig, 1);
    run(rig);
    (void)take_ask(rig, 3, 1);
    rig_swap(rig); /* the same again: nothing changes */
    run(rig);
    rig_no_frame(rig, 1);
    rig->fixture->members[HOLDER].left_at = (uint64_t)rig->now_ms;
    rig_swap(rig);
    run(rig);
    take_error(rig, 1, req, SEIN_EAWAY);
    assert_int_equal(counters(rig)->keyholders, 0);
}

static void
test_revoked_keyholder(void **state)
{
    struct rig *rig = *state;
    uint64_t req = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    req = school_asks(rig, 1);
    run(rig);
    (void)take_ask(rig, 3, 1);
    rig->fixture->members[HOLDER].keys[0].revoked_at = (uint64_t)rig->now_ms;
    rig_swap(rig);
    run(rig);
    take_error(rig, 1, req, SEIN_EAWAY);
}

static void
test_draining(void **state)
{
    struct rig *rig = *state;
    uint64_t req = 0;
    uint64_t ticket = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    req = school_asks(rig, 1);
    run(rig);
    ticket = take_ask(rig, 3, 1);
    kernel_drain(rig->kernel);
    (void)school_asks(rig, 2);
    run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EBUSY);
    answer(rig, 3, ticket, "a reply");
    take_relayed(rig, 1, req, "a reply");
}

/* What a commit does is another matter. */
static void
test_commit_that_fails(void **state)
{
    struct rig *rig = *state;
    static struct rig_put put;
    const struct rig_letter letter = { 0 };
    uint64_t req = 0;
    uint64_t ticket = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    rig_letter_make(rig, &letter, &put);
    rig_put(rig, 1, SCHOOL, &put);
    req = school_asks(rig, 1);
    rig->fail_with = SEIN_EFULL;
    rig_run(rig);
    assert_int_equal(rig_error(rig, 1, NULL), SEIN_EFULL);
    ticket = take_ask(rig, 3, 1);
    answer(rig, 3, ticket, "a reply");
    take_relayed(rig, 1, req, "a reply");
    assert_int_equal(counters(rig)->evals_relayed, 1);
    /* Of a turn that is not known to have happened nothing is sent; the
     * deadline ends it. */
    req = school_asks(rig, 2);
    rig->fail_with = SEIN_EIO;
    rig_run(rig);
    rig_no_frame(rig, 3);
    rig->now_ms += SEIN_EVAL_WAIT_MS;
    rig_sweep(rig);
    take_error(rig, 1, req, SEIN_ETIMEOUT);
}

static void
test_restart_forgets(void **state)
{
    struct rig *rig = *state;
    uint64_t ticket = 0;

    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    (void)school_asks(rig, 1);
    (void)school_asks(rig, 2);
    run(rig);
    ticket = take_ask(rig, 3, 1);
    rig_restart(rig);
    rig_sender(rig, 1, SCHOOL);
    ready(rig, 3, 1);
    (void)school_asks(rig, 3);
    rig_run(rig);
    answer(rig, 3, ticket, "of a former run");
    rig_no_frame(rig, 1);
    assert_int_equal(counters(rig)->evals_stray, 1);
}

/* ---- lists of deposits ---- */

#define TODAY (FIXTURE_NOW_MS / SEIN_MS_PER_DAY)

static void
put_deposits(struct rig *rig, const char *circle, uint64_t epoch, int64_t day,
             const char *oin, unsigned count)
{
    const struct store_ops *ops = rig->store->ops;
    struct store_deposits list = { .epoch = epoch, .day = (uint64_t)day };
    struct store_txn *txn = NULL;

    assert_int_equal(sein_slice_copy_text(sein_slice_text(circle),
                                          list.circle.text,
                                          sizeof list.circle.text),
                     SEIN_OK);
    assert_int_equal(sein_slice_copy_text(sein_slice_text(oin), list.oin.text,
                                          sizeof list.oin.text),
                     SEIN_OK);
    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    for (unsigned i = 0; i < count; i++) {
        struct sein_presence_id id = { { (uint8_t)(i >> 8), (uint8_t)i } };

        assert_int_equal(ops->deposit_put(txn, &list, &id), SEIN_OK);
    }
    assert_int_equal(ops->commit(&txn), SEIN_OK);
    ops->rollback(&txn);
}

/* The next part; the frame lives until the next is taken. */
static struct sein_deposits
take_list(struct rig *rig, unsigned peer)
{
    struct sein_frame frame = { 0 };
    struct sein_deposits list = { 0 };

    rig_take_frame(rig, peer, SEIN_KIND_DEPOSITS, &frame);
    assert_int_equal(frame.req, 0);
    assert_int_equal(
        sein_schema_decode_all(&sein_deposits_schema, frame.body, &list),
        SEIN_OK);
    assert_true(sein_slice_is(list.circle, "jeugd"));
    assert_int_equal(list.epoch, 1);
    return list;
}

static void
ack_list_of(struct rig *rig, unsigned peer, unsigned member, int64_t day,
            const char *oin, uint64_t part)
{
    struct sein_deposits_ack ack = { .epoch = 1,
                                     .day = (uint64_t)day,
                                     .part = part };
    uint8_t buffer[128];
    struct sein_slice frame = { 0 };

    ack.circle = sein_slice_text("jeugd");
    ack.oin = sein_slice_text(oin);
    assert_int_equal(sein_frame_encode(SEIN_KIND_DEPOSITS_ACK, ++rig->req,
                                       &sein_deposits_ack_schema, &ack, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    rig_ask(rig, peer, member, frame);
    rig_run(rig);
    assert_int_equal(rig->took, SEIN_OK);
}

static void
ack_list(struct rig *rig, unsigned peer, int64_t day, const char *oin,
         uint64_t part)
{
    ack_list_of(rig, peer, HOLDER, day, oin, part);
}

static void
holder2_ready(struct rig *rig, unsigned peer)
{
    rig_sender(rig, peer, HOLDER2);
    rig_eval_ready(rig, peer, HOLDER2, RIG_DESK_HOLDER2, 4);
    run(rig);
}

static void
holder_ready(struct rig *rig, unsigned peer)
{
    rig_sender(rig, peer, HOLDER);
    rig_eval_ready(rig, peer, HOLDER, RIG_DESK_HOLDER, 4);
    run(rig);
}

static void
ping(struct rig *rig)
{
    rig_empty(rig, 3, HOLDER, SEIN_KIND_PING);
    run(rig);
}

static void
take_pong(struct rig *rig)
{
    struct sein_frame frame = { 0 };

    rig_take_frame(rig, 3, SEIN_KIND_PONG, &frame);
}

static void
test_lists_of_days_that_are_over(void **state)
{
    struct rig *rig = *state;
    struct sein_deposits list = { 0 };

    put_deposits(rig, "jeugd", 1, TODAY - 2, FIXTURE_OIN_SCHOOL, 3);
    put_deposits(rig, "jeugd", 1, TODAY - 1, FIXTURE_OIN_JEUGDHULP, 1);
    put_deposits(rig, "jeugd", 1, TODAY, FIXTURE_OIN_SCHOOL, 2);
    /* Of another epoch and circle: no matter of this holder. */
    put_deposits(rig, "jeugd", 2, TODAY - 2, FIXTURE_OIN_SCHOOL, 1);
    put_deposits(rig, "schulden", 1, TODAY - 2, FIXTURE_OIN_SCHOOL, 1);
    holder_ready(rig, 3);
    list = take_list(rig, 3);
    assert_int_equal(list.day, TODAY - 2);
    assert_true(sein_slice_is(list.oin, FIXTURE_OIN_SCHOOL));
    assert_int_equal(list.ids.count, 3);
    assert_int_equal(list.part, 0);
    assert_true(list.last);
    /* One at a time: nothing more comes, not for an ack of another either. */
    ack_list(rig, 3, TODAY - 1, FIXTURE_OIN_SCHOOL, 0);
    ack_list(rig, 3, TODAY - 2, FIXTURE_OIN_SCHOOL, 1);
    rig_no_frame(rig, 3);
    ack_list(rig, 3, TODAY - 2, FIXTURE_OIN_SCHOOL, 0);
    list = take_list(rig, 3);
    assert_int_equal(list.day, TODAY - 1);
    assert_true(sein_slice_is(list.oin, FIXTURE_OIN_JEUGDHULP));
    ack_list(rig, 3, TODAY - 1, FIXTURE_OIN_JEUGDHULP, 0);
    rig_no_frame(rig, 3);
    /* The day goes by: at its next sign of life it gets today's. */
    rig->now_ms += SEIN_MS_PER_HOUR;
    ping(rig);
    take_pong(rig);
    rig_no_frame(rig, 3);
    rig->now_ms = (TODAY + 1) * SEIN_MS_PER_DAY;
    ping(rig);
    list = take_list(rig, 3);
    assert_int_equal(list.day, TODAY);
    assert_int_equal(list.ids.count, 2);
    take_pong(rig);
}

static void
test_list_in_parts(void **state)
{
    struct rig *rig = *state;
    struct sein_deposits list = { 0 };

    put_deposits(rig, "jeugd", 1, TODAY - 1, FIXTURE_OIN_SCHOOL,
                 SEIN_DEPOSITS_MAX + 2);
    holder_ready(rig, 3);
    list = take_list(rig, 3);
    assert_int_equal(list.ids.count, SEIN_DEPOSITS_MAX);
    assert_false(list.last);
    /* What is not acknowledged for a lease comes again. */
    rig->now_ms += SEIN_LEASE_MS - 1;
    ping(rig);
    take_pong(rig);
    rig_no_frame(rig, 3);
    rig->now_ms++;
    ping(rig);
    assert_int_equal(take_list(rig, 3).part, 0);
    take_pong(rig);
    ack_list(rig, 3, TODAY - 1, FIXTURE_OIN_SCHOOL, 0);
    list = take_list(rig, 3);
    assert_int_equal(list.part, 1);
    assert_int_equal(list.ids.count, 2);
    assert_true(list.last);
    /* A new connection begins a list that was not wholly taken again ... */
    holder_ready(rig, 4);
    assert_int_equal(take_list(rig, 4).part, 0);
    ack_list(rig, 4, TODAY - 1, FIXTURE_OIN_SCHOOL, 0);
    assert_int_equal(take_list(rig, 4).part, 1);
    ack_list(rig, 4, TODAY - 1, FIXTURE_OIN_SCHOOL, 1);
    rig_no_frame(rig, 4);
    /* ... and not one that was. */
    holder_ready(rig, 5);
    rig_no_frame(rig, 5);
}

/* How many ids are on lists of a day; at most a part of each is counted. */
static size_t
listed(struct rig *rig, int64_t day)
{
    static struct sein_presence_id ids[SEIN_DEPOSITS_MAX];
    const struct store_ops *ops = rig->store->ops;
    struct store_deposits list = { 0 };
    struct store_txn *txn = NULL;
    bool any = false;
    size_t all = 0;

    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    while (ops->deposit_next(txn, any ? &list : NULL, &list) == SEIN_OK) {
        size_t count = 0;

        any = true;
        assert_int_equal(
            ops->deposit_ids(txn, &list, NULL, SEIN_DEPOSITS_MAX, ids, &count),
            SEIN_OK);
        all += list.day == (uint64_t)day ? count : 0;
    }
    ops->rollback(&txn);
    return all;
}

static void
pass_over_lists(struct rig *rig)
{
    rig->now_ms += DEPOSITS_PASS_MS;
    rig_sweep(rig);
    assert_int_equal(rig->took, SEIN_OK);
}

/* What was acknowledged is known after a restart, of each keyholder by itself;
 * a part of a list is not a list. */
static void
acknowledged_once(struct rig *rig)
{
    put_deposits(rig, "jeugd", 1, TODAY - 2, FIXTURE_OIN_SCHOOL, 3);
    put_deposits(rig, "jeugd", 1, TODAY - 1, FIXTURE_OIN_SCHOOL,
                 SEIN_DEPOSITS_MAX + 2);
    holder_ready(rig, 3);
    assert_int_equal(take_list(rig, 3).day, TODAY - 2);
    ack_list(rig, 3, TODAY - 2, FIXTURE_OIN_SCHOOL, 0);
    assert_true(rig->changed);
    assert_int_equal(take_list(rig, 3).day, TODAY - 1);
    ack_list(rig, 3, TODAY - 1, FIXTURE_OIN_SCHOOL, 0);
    assert_false(rig->changed);
    rig_restart(rig);
    holder_ready(rig, 3);
    assert_int_equal(take_list(rig, 3).day, TODAY - 1);
    ack_list(rig, 3, TODAY - 1, FIXTURE_OIN_SCHOOL, 0);
    assert_int_equal(take_list(rig, 3).part, 1);
    ack_list(rig, 3, TODAY - 1, FIXTURE_OIN_SCHOOL, 1);
    rig_no_frame(rig, 3);
    rig_restart(rig);
    holder_ready(rig, 3);
    rig_no_frame(rig, 3);
    holder2_ready(rig, 4);
    assert_int_equal(take_list(rig, 4).day, TODAY - 2);
}

static void
test_acknowledged_once(void **state)
{
    acknowledged_once(*state);
}

/* A list goes when all who hold its epoch have it, and not before. */
static void
dropped_when_all_have_it(struct rig *rig)
{
    put_deposits(rig, "jeugd", 1, TODAY - 2, FIXTURE_OIN_SCHOOL, 3);
    put_deposits(rig, "jeugd", 1, TODAY - 1, FIXTURE_OIN_SCHOOL, 2);
    put_deposits(rig, "jeugd", 2, TODAY - 2, FIXTURE_OIN_SCHOOL, 1);
    holder_ready(rig, 3);
    (void)take_list(rig, 3);
    ack_list(rig, 3, TODAY - 2, FIXTURE_OIN_SCHOOL, 0);
    (void)take_list(rig, 3);
    ack_list(rig, 3, TODAY - 1, FIXTURE_OIN_SCHOOL, 0);
    pass_over_lists(rig);
    assert_int_equal(listed(rig, TODAY - 2), 4);
    holder2_ready(rig, 4);
    (void)take_list(rig, 4);
    ack_list_of(rig, 4, HOLDER2, TODAY - 2, FIXTURE_OIN_SCHOOL, 0);
    pass_over_lists(rig);
    /* Of an epoch that nobody knows it waits. */
    assert_int_equal(listed(rig, TODAY - 2), 1);
    assert_int_equal(listed(rig, TODAY - 1), 2);
    assert_int_equal(counters(rig)->deposits_forgotten, 3);
    rig->now_ms += (DEPOSITS_KEEP_DAYS + 1) * SEIN_MS_PER_DAY;
    rig_sweep(rig);
    assert_int_equal(listed(rig, TODAY - 2), 0);
    assert_int_equal(listed(rig, TODAY - 1), 0);
    assert_int_equal(counters(rig)->deposits_forgotten, 6);
}

static void
test_dropped_when_all_have_it(void **state)
{
    dropped_when_all_have_it(*state);
}

/* The same on a disk, whose files hold nothing of it afterwards. */
static void
test_lists_on_disk(void **state)
{
    static const uint8_t mark[SEIN_ID_BYTES] = "a presence's id";
    char folder[STORE_FOLDER_MAX];
    struct store_deposits list = { .epoch = 1, .day = TODAY - 3 };
    struct sein_presence_id id;
    struct store_txn *txn = NULL;
    struct store *store = NULL;
    struct rig *rig = NULL;

    (void)state;
    store_folder_make(folder);
    assert_int_equal(store_sqlite_ops.open(folder, &store), SEIN_OK);
    rig = rig_new_on(store);
    rig_add_holders(rig);
    acknowledged_once(rig);
    ack_list_of(rig, 4, HOLDER2, TODAY - 2, FIXTURE_OIN_SCHOOL, 0);
    memcpy(id.bytes, mark, sizeof id.bytes);
    memcpy(list.circle.text, "jeugd", sizeof "jeugd");
    memcpy(list.oin.text, FIXTURE_OIN_SCHOOL, sizeof FIXTURE_OIN_SCHOOL);
    assert_int_equal(store->ops->begin(store, &txn), SEIN_OK);
    assert_int_equal(store->ops->deposit_put(txn, &list, &id), SEIN_OK);
    assert_int_equal(store->ops->commit(&txn), SEIN_OK);
    assert_true(store_folder_holds(folder, sein_slice_of(mark, sizeof mark)));
    rig_sweep(rig);
    assert_int_equal(listed(rig, TODAY - 2), 0);
    assert_int_equal(listed(rig, TODAY - 1), SEIN_DEPOSITS_MAX);
    assert_int_equal(store->ops->maintain(store), SEIN_OK);
    assert_false(store_folder_holds(folder, sein_slice_of(mark, sizeof mark)));
    rig_free(&rig);
    store_folder_remove(folder);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_there_and_back),
        CASE(test_who_may_evaluate),
        CASE(test_what_is_not_passed_on),
        CASE(test_directory_that_expired),
        CASE(test_quota_of_the_sender),
        CASE(test_window),
        CASE(test_members_take_turns),
        CASE(test_what_one_member_may_have),
        CASE(test_deadline),
        CASE(test_late_one_is_not_asked),
        CASE(test_clock_that_goes_back),
        CASE(test_keyholder_that_goes),
        CASE(test_keyholder_that_cannot_be_reached),
        CASE(test_keyholder_that_is_silent_for_a_lease),
        CASE(test_client_that_goes),
        CASE(test_newest_connection_evaluates),
        CASE(test_keyholder_that_takes_it_back),
        CASE(test_two_keyholders),
        CASE(test_answer_to_one_that_waits),
        CASE(test_another_directory),
        CASE(test_revoked_keyholder),
        CASE(test_draining),
        CASE(test_commit_that_fails),
        CASE(test_restart_forgets),
        CASE(test_lists_of_days_that_are_over),
        CASE(test_list_in_parts),
        CASE(test_acknowledged_once),
        CASE(test_dropped_when_all_have_it),
        cmocka_unit_test(test_lists_on_disk),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
