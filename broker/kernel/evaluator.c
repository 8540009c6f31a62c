#include "broker/kernel/evaluator.h"

#include <stdlib.h>

#include "broker/kernel/state.h"

struct evaluator *
evaluator_find(const struct kernel *kernel, struct sein_slice desk)
{
    const struct table *table = &kernel->tickets.evaluators;
    struct table_node *node = table_first(table, table_hash(table, desk));

    for (; node != NULL; node = table_again(node)) {
        struct evaluator *evaluator = (struct evaluator *)node;

        if (sein_slice_is(desk, evaluator->desk.text))
            return evaluator;
    }
    return NULL;
}

enum sein_err
evaluator_open(struct kernel *kernel, struct session *session,
               struct sein_slice desk, struct evaluator **out_evaluator)
{
    struct table *table = &kernel->tickets.evaluators;
    struct evaluator *evaluator = calloc(1, sizeof *evaluator);
    enum sein_err err = SEIN_OK;

    if (evaluator == NULL)
        return SEIN_ENOMEM;
    err = sein_slice_copy_text(desk, evaluator->desk.text,
                               sizeof evaluator->desk.text);
    if (err != SEIN_OK) {
        free(evaluator);
        return err;
    }
    evaluator->session = session;
    evaluator->next = session->evaluators;
    session->evaluators = evaluator;
    table_insert(table, &evaluator->node, table_hash(table, desk));
    kernel->counters.keyholders++;
    *out_evaluator = evaluator;
    return SEIN_OK;
}

void
evaluator_lose_waiting(struct kernel *kernel, struct evaluator *evaluator)
{
    while (evaluator->turn != NULL)
        ticket_lose(kernel, evaluator->turn->tickets.first);
}

void
evaluator_end(struct kernel *kernel, struct evaluator *evaluator)
{
    struct evaluator **link = &evaluator->session->evaluators;

    evaluator_lose_waiting(kernel, evaluator);
    while (evaluator->asked.first != NULL)
        ticket_lose(kernel, evaluator->asked.first);
    while (*link != evaluator)
        link = &(*link)->next;
    *link = evaluator->next;
    table_remove(&kernel->tickets.evaluators, &evaluator->node);
    kernel->counters.keyholders--;
    kernel_tell(kernel, KERNEL_EVENT_KEYHOLDER_GONE,
                &evaluator->session->key_id, evaluator->desk.text, NULL,
                SEIN_OK);
    free(evaluator);
}

void
evaluators_session_gone(struct kernel *kernel, struct session *session)
{
    struct evaluator *next = NULL;

    tickets_forget(kernel, session);
    for (struct evaluator *at = session->evaluators; at != NULL; at = next) {
        next = at->next;
        evaluator_end(kernel, at);
    }
}
