#include "broker/kernel/ticket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/kernel/quota.h"
#include "broker/kernel/state.h"

/* Tickets count up from a number that nobody knows, so that an answer to a
 * former run is an answer to nothing.  There is room for 2^63 of them. */
#define FIRST_NUMBER_BITS 62

/* ---- lists ---- */

static void
list_add(struct ticket_list *list, enum ticket_order order,
         struct ticket *ticket)
{
    ticket->before[order] = list->last;
    ticket->after[order] = NULL;
    if (list->last != NULL)
        list->last->after[order] = ticket;
    else
        list->first = ticket;
    list->last = ticket;
}

static void
list_remove(struct ticket_list *list, enum ticket_order order,
            struct ticket *ticket)
{
    struct ticket *before = ticket->before[order];
    struct ticket *after = ticket->after[order];

    if (before != NULL)
        before->after[order] = after;
    else
        list->first = after;
    if (after != NULL)
        after->before[order] = before;
    else
        list->last = before;
    ticket->before[order] = NULL;
    ticket->after[order] = NULL;
}

/* ---- queues ---- */

static uint64_t
queue_hash(const struct kernel *kernel, const struct evaluator *evaluator,
           const struct member *member)
{
    const void *key[2] = { evaluator, member };

    return table_hash(&kernel->tickets.queues,
                      sein_slice_of((const uint8_t *)key, sizeof key));
}

static struct queue *
queue_find(const struct kernel *kernel, const struct evaluator *evaluator,
           const struct member *member, uint64_t hash)
{
    struct table_node *node = table_first(&kernel->tickets.queues, hash);

    for (; node != NULL; node = table_again(node)) {
        struct queue *queue = (struct queue *)node;

        if (queue->evaluator == evaluator && queue->member == member)
            return queue;
    }
    return NULL;
}

/* Behind all others: whoever comes now is last. */
static struct queue *
queue_new(struct kernel *kernel, struct evaluator *evaluator,
          const struct member *member, uint64_t hash)
{
    struct queue *queue = calloc(1, sizeof *queue);
    struct queue *turn = evaluator->turn;

    if (queue == NULL)
        return NULL;
    queue->evaluator = evaluator;
    queue->member = member;
    queue->after = turn == NULL ? queue : turn;
    queue->before = turn == NULL ? queue : turn->before;
    queue->before->after = queue;
    queue->after->before = queue;
    if (turn == NULL)
        evaluator->turn = queue;
    table_insert(&kernel->tickets.queues, &queue->node, hash);
    return queue;
}

static void
queue_free(struct kernel *kernel, struct queue *queue)
{
    struct evaluator *evaluator = queue->evaluator;

    if (queue->after == queue) {
        evaluator->turn = NULL;
    } else {
        queue->before->after = queue->after;
        queue->after->before = queue->before;
        if (evaluator->turn == queue)
            evaluator->turn = queue->after;
    }
    table_remove(&kernel->tickets.queues, &queue->node);
    free(queue);
}

/* Out of wherever it stands. */
static void
leave_place(struct kernel *kernel, struct ticket *ticket)
{
    struct queue *queue = ticket->queue;

    if (queue != NULL) {
        list_remove(&queue->tickets, TICKET_BY_PLACE, ticket);
        queue->count--;
        kernel->counters.evals_waiting--;
        ticket->queue = NULL;
        if (queue->count == 0)
            queue_free(kernel, queue);
    } else if (ticket->evaluator != NULL) {
        list_remove(&ticket->evaluator->asked, TICKET_BY_PLACE, ticket);
        ticket->evaluator->asked_count--;
    } else {
        list_remove(&kernel->tickets.lost, TICKET_BY_PLACE, ticket);
    }
}

/* ---- tickets ---- */

static struct sein_slice
number_key(const uint64_t *number)
{
    return sein_slice_of((const uint8_t *)number, sizeof *number);
}

static struct ticket *
ticket_alloc(const struct sein_eval *eval)
{
    struct ticket *ticket = calloc(1, sizeof *ticket + eval->request.len);

    if (ticket == NULL)
        return NULL;
    memcpy(ticket->signature, eval->signature, sizeof ticket->signature);
    memcpy(ticket->request, eval->request.at, eval->request.len);
    ticket->request_len = eval->request.len;
    return ticket;
}

enum sein_err
ticket_new(struct kernel *kernel, struct session *client, uint64_t req,
           struct evaluator *evaluator, const struct sein_eval *eval)
{
    struct tickets *tickets = &kernel->tickets;
    uint64_t hash = queue_hash(kernel, evaluator, client->member);
    struct queue *queue = queue_find(kernel, evaluator, client->member, hash);
    struct ticket *ticket = NULL;

    if (tickets->by_number.count >= TICKETS_MAX ||
        (queue != NULL && queue->count >= SEIN_EVAL_WAITING_MAX))
        return SEIN_EBUSY;
    ticket = ticket_alloc(eval);
    if (ticket == NULL)
        return SEIN_ENOMEM;
    if (queue == NULL)
        queue = queue_new(kernel, evaluator, client->member, hash);
    if (queue == NULL) {
        free(ticket);
        return SEIN_ENOMEM;
    }
    ticket->number = tickets->next_number++;
    ticket->req = req;
    ticket->taken_at_ms = kernel->now_ms;
    ticket->client = client;
    ticket->evaluator = evaluator;
    ticket->queue = queue;
    queue->count++;
    kernel->counters.evals_waiting++;
    list_add(&queue->tickets, TICKET_BY_PLACE, ticket);
    list_add(&client->tickets, TICKET_BY_CLIENT, ticket);
    list_add(&tickets->by_age, TICKET_BY_AGE, ticket);
    table_insert(&tickets->by_number, &ticket->node,
                 table_hash(&tickets->by_number, number_key(&ticket->number)));
    return SEIN_OK;
}

struct ticket *
ticket_find(const struct kernel *kernel, uint64_t number)
{
    const struct table *table = &kernel->tickets.by_number;
    struct table_node *node =
        table_first(table, table_hash(table, number_key(&number)));

    for (; node != NULL; node = table_again(node)) {
        struct ticket *ticket = (struct ticket *)node;

        if (ticket->number == number)
            return ticket;
    }
    return NULL;
}

struct ticket *
ticket_next(const struct evaluator *evaluator)
{
    if (evaluator->turn == NULL || evaluator->asked_count >= evaluator->window)
        return NULL;
    return evaluator->turn->tickets.first;
}

void
ticket_asked(struct kernel *kernel, struct ticket *ticket)
{
    struct evaluator *evaluator = ticket->evaluator;

    assert(ticket->queue == evaluator->turn);
    evaluator->turn = ticket->queue->after;
    leave_place(kernel, ticket);
    list_add(&evaluator->asked, TICKET_BY_PLACE, ticket);
    evaluator->asked_count++;
}

void
ticket_free(struct kernel *kernel, struct ticket **ticket_at)
{
    struct tickets *tickets = &kernel->tickets;
    struct ticket *ticket = *ticket_at;

    if (ticket == NULL)
        return;
    *ticket_at = NULL;
    leave_place(kernel, ticket);
    if (ticket->client != NULL)
        list_remove(&ticket->client->tickets, TICKET_BY_CLIENT, ticket);
    list_remove(&tickets->by_age, TICKET_BY_AGE, ticket);
    table_remove(&tickets->by_number, &ticket->node);
    free(ticket);
}

void
ticket_lose(struct kernel *kernel, struct ticket *ticket)
{
    if (ticket->client == NULL) {
        ticket_free(kernel, &ticket);
        return;
    }
    leave_place(kernel, ticket);
    ticket->evaluator = NULL;
    list_add(&kernel->tickets.lost, TICKET_BY_PLACE, ticket);
}

void
tickets_forget(struct kernel *kernel, struct session *session)
{
    struct ticket *next = NULL;

    for (struct ticket *at = session->tickets.first; at != NULL; at = next) {
        next = at->after[TICKET_BY_CLIENT];
        if (at->queue == NULL && at->evaluator != NULL) {
            list_remove(&session->tickets, TICKET_BY_CLIENT, at);
            at->client = NULL;
        } else {
            ticket_free(kernel, &at);
        }
    }
}

void
tickets_clock_back(struct kernel *kernel, int64_t by_ms)
{
    struct ticket *at = kernel->tickets.by_age.first;

    for (; at != NULL; at = at->after[TICKET_BY_AGE])
        at->taken_at_ms -= by_ms;
}

/* ---- all of them ---- */

enum sein_err
tickets_init(struct tickets *tickets)
{
    enum sein_err err = table_init(&tickets->by_number);

    if (err == SEIN_OK)
        err = table_init(&tickets->evaluators);
    if (err == SEIN_OK)
        err = table_init(&tickets->queues);
    if (err != SEIN_OK)
        return err;
    randombytes_buf(&tickets->next_number, sizeof tickets->next_number);
    tickets->next_number >>= 64 - FIRST_NUMBER_BITS;
    return SEIN_OK;
}

static void
free_nodes(struct table *table)
{
    size_t at = 0;
    struct table_node *node = NULL;

    if (table->slots == NULL)
        return;
    while ((node = table_pop(table, &at)) != NULL)
        free(node);
    table_deinit(table);
}

void
tickets_free(struct tickets *tickets)
{
    free_nodes(&tickets->by_number);
    free_nodes(&tickets->evaluators);
    free_nodes(&tickets->queues);
    *tickets = (struct tickets){ 0 };
}
