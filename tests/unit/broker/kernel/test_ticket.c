#include "broker/kernel/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "broker/kernel/evaluator.h"
#include "broker/kernel/quota.h"
#include "broker/kernel/state.h"

#define CLIENTS 3U
#define HOLDER "00000099000000070000/loket"
#define HOLDER2 "00000099000000080000/loket"

/* Tables and clients, and two keyholders; nothing of a turn is needed. */
struct bench {
    struct kernel kernel;
    struct member members[CLIENTS];
    struct session clients[CLIENTS];
    struct session holder;
    struct evaluator *one, *two;
};

static int
setup(void **state)
{
    static struct bench bench;

    bench = (struct bench){ 0 };
    bench.kernel.now_ms = 1000;
    assert_int_equal(tickets_init(&bench.kernel.tickets), SEIN_OK);
    for (size_t i = 0; i < CLIENTS; i++)
        bench.clients[i].member = &bench.members[i];
    assert_int_equal(evaluator_open(&bench.kernel, &bench.holder,
                                    sein_slice_text(HOLDER), &bench.one),
                     SEIN_OK);
    assert_int_equal(evaluator_open(&bench.kernel, &bench.holder,
                                    sein_slice_text(HOLDER2), &bench.two),
                     SEIN_OK);
    bench.one->window = 2;
    bench.two->window = 2;
    *state = &bench;
    return 0;
}

static int
teardown(void **state)
{
    struct bench *bench = *state;

    tickets_free(&bench->kernel.tickets);
    return 0;
}

/* One more request of a client to the first keyholder; its number. */
static uint64_t
ask_of(struct bench *bench, struct evaluator *evaluator, unsigned client,
       const char *text)
{
    struct sein_eval eval = { .request = sein_slice_text(text) };

    memset(eval.signature, text[0], sizeof eval.signature);
    assert_int_equal(ticket_new(&bench->kernel, &bench->clients[client],
                                100 + client, evaluator, &eval),
                     SEIN_OK);
    return bench->kernel.tickets.next_number - 1;
}

static uint64_t
ask(struct bench *bench, unsigned client, const char *text)
{
    return ask_of(bench, bench->one, client, text);
}

static const struct ticket *
pass_on(struct bench *bench)
{
    struct ticket *ticket = ticket_next(bench->one);

    if (ticket != NULL)
        ticket_asked(&bench->kernel, ticket);
    return ticket;
}

static void
test_from_asked_to_answered(void **state)
{
    struct bench *bench = *state;
    uint64_t number = ask(bench, 1, "a request");
    struct ticket *ticket = ticket_find(&bench->kernel, number);

    assert_non_null(ticket);
    assert_int_equal(ticket->req, 101);
    assert_int_equal(ticket->taken_at_ms, 1000);
    assert_int_equal(ticket->request_len, strlen("a request"));
    assert_memory_equal(ticket->request, "a request", strlen("a request"));
    assert_int_equal(ticket->signature[0], 'a');
    assert_int_equal(ticket->signature[SEIN_SIG_BYTES - 1], 'a');
    assert_int_equal(bench->kernel.counters.evals_waiting, 1);
    assert_ptr_equal(ticket_next(bench->one), ticket);
    assert_null(ticket_next(bench->two));
    ticket_asked(&bench->kernel, ticket);
    assert_null(ticket_next(bench->one));
    assert_null(ticket->queue);
    assert_int_equal(bench->one->asked_count, 1);
    assert_int_equal(bench->kernel.counters.evals_waiting, 0);
    assert_ptr_equal(ticket_find(&bench->kernel, number), ticket);
    assert_null(ticket_find(&bench->kernel, number + 1));
    ticket_free(&bench->kernel, &ticket);
    assert_null(ticket);
    ticket_free(&bench->kernel, &ticket);
    assert_null(ticket_find(&bench->kernel, number));
    assert_int_equal(bench->one->asked_count, 0);
    assert_null(bench->clients[1].tickets.first);
    assert_null(bench->kernel.tickets.by_age.first);
}

/* Numbers begin where nobody knows, and do not come back. */
static void
test_numbers(void **state)
{
    struct bench *bench = *state;
    struct tickets other = { 0 };
    uint64_t first = bench->kernel.tickets.next_number;

    assert_int_equal(tickets_init(&other), SEIN_OK);
    assert_int_not_equal(other.next_number, first);
    assert_true(first < UINT64_C(1) << 62);
    tickets_free(&other);
    for (uint64_t i = 0; i < 5; i++) {
        uint64_t number = ask(bench, 0, "x");
        struct ticket *ticket = ticket_find(&bench->kernel, number);

        assert_int_equal(number, first + i);
        ticket_free(&bench->kernel, &ticket);
    }
}

/* One request of each member, round and round, each member's in its order. */
static void
test_turns(void **state)
{
    static const char *const expected[] = { "a1", "b1", "c1", "a2",
                                            "b2", "a3", "a4" };
    struct bench *bench = *state;

    bench->one->window = 100;
    for (unsigned i = 0; i < 4; i++) {
        char text[3] = { 'a', (char)('1' + i), '\0' };

        (void)ask(bench, 0, text);
    }
    (void)ask(bench, 1, "b1");
    (void)ask(bench, 2, "c1");
    (void)ask(bench, 1, "b2");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct ticket *ticket = pass_on(bench);

        assert_non_null(ticket);
        assert_memory_equal(ticket->request, expected[i], 2);
    }
    assert_null(pass_on(bench));
    assert_null(bench->one->turn);
    assert_int_equal(bench->kernel.tickets.queues.count, 0);
}

/* What leaves a queue from the middle, or ends it, leaves the ring whole. */
static void
test_leaving_in_between(void **state)
{
    struct bench *bench = *state;
    uint64_t numbers[5];
    struct ticket *ticket = NULL;

    numbers[0] = ask(bench, 0, "a1");
    numbers[1] = ask(bench, 0, "a2");
    numbers[2] = ask(bench, 0, "a3");
    numbers[3] = ask(bench, 1, "b1");
    numbers[4] = ask(bench, 2, "c1");
    ticket = ticket_find(&bench->kernel, numbers[1]);
    ticket_free(&bench->kernel, &ticket);
    ticket = ticket_find(&bench->kernel, numbers[3]);
    ticket_free(&bench->kernel, &ticket);
    assert_int_equal(bench->kernel.tickets.queues.count, 2);
    assert_memory_equal(pass_on(bench)->request, "a1", 2);
    assert_memory_equal(pass_on(bench)->request, "c1", 2);
    ticket = ticket_find(&bench->kernel, numbers[0]);
    ticket_free(&bench->kernel, &ticket);
    assert_memory_equal(pass_on(bench)->request, "a3", 2);
    assert_null(pass_on(bench));
}

static void
test_window(void **state)
{
    struct bench *bench = *state;

    for (unsigned i = 0; i < 4; i++)
        (void)ask(bench, 0, "a");
    assert_non_null(pass_on(bench));
    assert_non_null(pass_on(bench));
    assert_null(pass_on(bench));
    bench->one->window = 3;
    assert_non_null(pass_on(bench));
    assert_null(pass_on(bench));
    bench->one->window = 0;
    assert_null(pass_on(bench));
}

/* A member's limit is its own, and one for each keyholder; all have one. */
static void
test_limits(void **state)
{
    struct bench *bench = *state;
    struct sein_eval eval = { .request = sein_slice_text("x") };

    for (unsigned i = 0; i < SEIN_EVAL_WAITING_MAX; i++)
        (void)ask(bench, 0, "x");
    assert_int_equal(
        ticket_new(&bench->kernel, &bench->clients[0], 1, bench->one, &eval),
        SEIN_EBUSY);
    (void)ask(bench, 1, "x");
    (void)ask_of(bench, bench->two, 0, "x");
    assert_non_null(pass_on(bench));
    (void)ask(bench, 0, "x");
    bench->kernel.tickets.by_number.count += TICKETS_MAX;
    assert_int_equal(
        ticket_new(&bench->kernel, &bench->clients[2], 1, bench->two, &eval),
        SEIN_EBUSY);
    bench->kernel.tickets.by_number.count -= TICKETS_MAX;
}

static void
test_lost(void **state)
{
    struct bench *bench = *state;
    uint64_t waits = ask(bench, 0, "waits");
    uint64_t asked = ask(bench, 1, "asked");
    struct ticket *ticket = ticket_find(&bench->kernel, asked);

    bench->one->turn = ticket->queue;
    ticket_asked(&bench->kernel, ticket);
    ticket_lose(&bench->kernel, ticket);
    ticket_lose(&bench->kernel, ticket_find(&bench->kernel, waits));
    assert_int_equal(bench->one->asked_count, 0);
    assert_null(bench->one->turn);
    assert_ptr_equal(bench->kernel.tickets.lost.first, ticket);
    assert_null(ticket->evaluator);
    assert_int_equal(bench->kernel.counters.evals_waiting, 0);
    ticket_free(&bench->kernel, &ticket);
    ticket = bench->kernel.tickets.lost.first;
    assert_int_equal(ticket->number, waits);
    ticket_free(&bench->kernel, &ticket);
    assert_null(bench->kernel.tickets.lost.first);
}

/* What a keyholder has keeps its room there when the client goes; the rest
 * goes with the client. */
static void
test_client_that_goes(void **state)
{
    struct bench *bench = *state;
    uint64_t asked = ask(bench, 0, "asked");
    uint64_t waits = 0;
    uint64_t lost = 0;
    uint64_t others = 0;
    struct ticket *ticket = NULL;

    assert_non_null(pass_on(bench));
    waits = ask(bench, 0, "waits");
    lost = ask_of(bench, bench->two, 0, "lost");
    others = ask(bench, 1, "another's");
    ticket_lose(&bench->kernel, ticket_find(&bench->kernel, lost));
    tickets_forget(&bench->kernel, &bench->clients[0]);
    assert_null(bench->clients[0].tickets.first);
    assert_null(ticket_find(&bench->kernel, waits));
    assert_null(ticket_find(&bench->kernel, lost));
    assert_null(bench->kernel.tickets.lost.first);
    assert_non_null(ticket_find(&bench->kernel, others));
    ticket = ticket_find(&bench->kernel, asked);
    assert_non_null(ticket);
    assert_null(ticket->client);
    assert_int_equal(bench->one->asked_count, 1);
    /* Nobody is to hear of it when the keyholder goes too. */
    ticket_lose(&bench->kernel, ticket);
    assert_null(ticket_find(&bench->kernel, asked));
    assert_null(bench->kernel.tickets.lost.first);
}

static void
test_clock_that_goes_back(void **state)
{
    struct bench *bench = *state;
    uint64_t first = ask(bench, 0, "a");
    uint64_t second = 0;

    bench->kernel.now_ms += 10;
    second = ask(bench, 1, "b");
    tickets_clock_back(&bench->kernel, 400);
    assert_int_equal(ticket_find(&bench->kernel, first)->taken_at_ms, 600);
    assert_int_equal(ticket_find(&bench->kernel, second)->taken_at_ms, 610);
    assert_int_equal(bench->kernel.tickets.by_age.first->number, first);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_from_asked_to_answered),
        CASE(test_numbers),
        CASE(test_turns),
        CASE(test_leaving_in_between),
        CASE(test_window),
        CASE(test_limits),
        CASE(test_lost),
        CASE(test_client_that_goes),
        CASE(test_clock_that_goes_back),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
