#include "broker/kernel/relay.h"

#include <string.h>

#include "broker/kernel/deposits.h"
#include "broker/kernel/evaluator.h"
#include "broker/kernel/quota.h"

/* What stands around a request or a reply in a frame: heads, numbers and a
 * signature. */
#define AROUND_MAX 128U
/* When there may be room for another request: the slowest keyholder that is of
 * use answers a batch in that time. */
#define BUSY_RETRY_MS SEIN_MS_PER_S

/* ---- keyholders ---- */

static enum sein_err
may_hold(const struct kernel *kernel, const struct sein_key_id *key_id,
         struct sein_slice desk, int64_t now_ms)
{
    return sein_may(kernel->dir, key_id, SEIN_MAY_HOLD, desk, now_ms, NULL,
                    NULL);
}

enum sein_err
relay_check_ready(const struct kernel *kernel, struct request *request)
{
    return may_hold(kernel, request->key_id, request->as.eval_ready.desk,
                    kernel->now_ms);
}

static enum sein_err
ask(struct kernel *kernel, const struct evaluator *evaluator,
    const struct ticket *ticket)
{
    struct sein_eval_ask body = { .ticket = ticket->number };

    body.request = sein_slice_of(ticket->request, ticket->request_len);
    memcpy(body.signature, ticket->signature, sizeof body.signature);
    return effects_object(&kernel->effects, &evaluator->session->peer,
                          EFFECT_SURE, SEIN_KIND_EVAL_ASK, 0,
                          &sein_eval_ask_schema, &body,
                          SEIN_EVAL_REQUEST_MAX + AROUND_MAX);
}

/* It is over; whoever still waits for it hears why. */
static enum sein_err
fail(struct kernel *kernel, struct ticket *ticket, enum sein_err code)
{
    enum sein_err err = SEIN_OK;

    if (ticket->client != NULL)
        err = effects_error(&kernel->effects, &ticket->client->peer,
                            EFFECT_SURE, ticket->req, code, 0);
    if (err == SEIN_OK)
        ticket_free(kernel, &ticket);
    return err;
}

static bool
is_late(const struct kernel *kernel, const struct ticket *ticket)
{
    return kernel->now_ms - ticket->taken_at_ms >= SEIN_EVAL_WAIT_MS;
}

static enum sein_err
fail_late(struct kernel *kernel, struct ticket *ticket)
{
    kernel->counters.evals_late += ticket->client == NULL ? 0 : 1;
    return fail(kernel, ticket, SEIN_ETIMEOUT);
}

/* Something changed at a keyholder: it gets as much as its window has room for,
 * and one that took itself back goes with its last request. */
static enum sein_err
settle(struct kernel *kernel, struct evaluator *evaluator)
{
    struct ticket *ticket = NULL;
    enum sein_err err = SEIN_OK;

    if (evaluator->window == 0 && evaluator->asked_count == 0) {
        evaluator_end(kernel, evaluator);
        return SEIN_OK;
    }
    while (err == SEIN_OK && (ticket = ticket_next(evaluator)) != NULL) {
        if (is_late(kernel, ticket)) {
            err = fail_late(kernel, ticket);
            continue;
        }
        err = ask(kernel, evaluator, ticket);
        if (err == SEIN_OK)
            ticket_asked(kernel, ticket);
    }
    return err;
}

/* Another connection evaluates now; what the former had is lost with it. */
static enum sein_err
end_former(struct kernel *kernel, struct evaluator *former)
{
    const struct kernel_peer peer = former->session->peer;

    evaluator_end(kernel, former);
    return effects_error(&kernel->effects, &peer, EFFECT_SURE, 0, SEIN_EHOME,
                         kernel->now_ms);
}

static enum sein_err
begin_window(struct kernel *kernel, struct request *request,
             struct evaluator *evaluator, uint64_t window)
{
    enum sein_err err = SEIN_OK;

    if (evaluator == NULL) {
        err = evaluator_open(kernel, request->session,
                             request->as.eval_ready.desk, &evaluator);
        if (err != SEIN_OK)
            return err;
    }
    if (evaluator->window == 0)
        kernel_tell(kernel, KERNEL_EVENT_KEYHOLDER_READY, request->key_id,
                    evaluator->desk.text, NULL, SEIN_OK);
    evaluator->window = window;
    err = settle(kernel, evaluator);
    return err == SEIN_OK ? deposits_tell(kernel, request->session) : err;
}

enum sein_err
relay_ready(struct kernel *kernel, struct request *request)
{
    const struct sein_eval_ready *ready = &request->as.eval_ready;
    struct evaluator *evaluator = evaluator_find(kernel, ready->desk);
    bool other = evaluator != NULL && evaluator->session != request->session;
    enum sein_err err = SEIN_OK;

    if (ready->window == 0) {
        if (evaluator == NULL || other)
            return SEIN_OK;
        /* What it was asked it may still answer. */
        evaluator->window = 0;
        evaluator_lose_waiting(kernel, evaluator);
        return settle(kernel, evaluator);
    }
    if (other) {
        err = end_former(kernel, evaluator);
        evaluator = NULL;
    }
    if (err == SEIN_OK)
        err = begin_window(kernel, request, evaluator, ready->window);
    return err;
}

void
relay_check_session(struct kernel *kernel, struct session *session,
                    int64_t now_ms)
{
    struct evaluator *next = NULL;

    for (struct evaluator *at = session->evaluators; at != NULL; at = next) {
        enum sein_err err = may_hold(kernel, &session->key_id,
                                     sein_slice_text(at->desk.text), now_ms);

        next = at->next;
        if (err != SEIN_OK)
            evaluator_end(kernel, at);
    }
}

/* ---- members ---- */

enum sein_err
relay_check_eval(const struct kernel *kernel, struct request *request)
{
    const struct sein_eval *eval = &request->as.eval.frame;
    const struct sein_eval_request *inner = &request->as.eval.request;
    const struct sein_desk *desk = NULL;
    const struct evaluator *evaluator = NULL;
    enum sein_err err = SEIN_OK;

    if (!sein_slice_equal(eval->holder, inner->holder))
        return SEIN_ECONTENT;
    err = sein_may(kernel->dir, request->key_id, SEIN_MAY_EVALUATE, inner->desk,
                   kernel->now_ms, NULL, &desk);
    if (err == SEIN_OK)
        err = sein_may_evaluate(kernel->dir, desk, inner->circle, inner->epoch,
                                inner->holder, kernel->now_ms);
    if (err != SEIN_OK)
        return err;
    evaluator = evaluator_find(kernel, eval->holder);
    return evaluator == NULL || evaluator->window == 0 ? SEIN_EAWAY : SEIN_OK;
}

enum sein_err
relay_eval(struct kernel *kernel, struct request *request)
{
    const struct sein_eval *eval = &request->as.eval.frame;
    struct evaluator *evaluator = evaluator_find(kernel, eval->holder);
    enum sein_err err =
        quota_take_item(kernel, request->session->member, &request->at_ms);

    if (err != SEIN_OK)
        return err;
    err = ticket_new(kernel, request->session, request->req, evaluator, eval);
    if (err == SEIN_EBUSY)
        request->at_ms = kernel->now_ms + BUSY_RETRY_MS;
    if (err != SEIN_OK)
        return err;
    return settle(kernel, evaluator);
}

static enum sein_err
relay_to(struct kernel *kernel, const struct ticket *ticket,
         const struct sein_eval_answer *answer)
{
    struct sein_eval_relayed body = { .reply = answer->reply };

    memcpy(body.signature, answer->signature, sizeof body.signature);
    return effects_object(&kernel->effects, &ticket->client->peer, EFFECT_SURE,
                          SEIN_KIND_EVAL_RELAYED, ticket->req,
                          &sein_eval_relayed_schema, &body,
                          SEIN_EVAL_REPLY_MAX + AROUND_MAX);
}

enum sein_err
relay_answer(struct kernel *kernel, struct request *request)
{
    const struct sein_eval_answer *answer = &request->as.eval_answer;
    struct ticket *ticket = ticket_find(kernel, answer->ticket);
    struct evaluator *evaluator = NULL;
    enum sein_err err = SEIN_OK;

    /* One that waits was not asked of anybody yet. */
    if (ticket == NULL || ticket->queue != NULL || ticket->evaluator == NULL ||
        ticket->evaluator->session != request->session) {
        kernel->counters.evals_stray++;
        return SEIN_OK;
    }
    evaluator = ticket->evaluator;
    if (ticket->client != NULL) {
        err = relay_to(kernel, ticket, answer);
        if (err != SEIN_OK)
            return err;
        kernel->counters.evals_relayed++;
    }
    ticket_free(kernel, &ticket);
    return settle(kernel, evaluator);
}

/* ---- those who get no answer ---- */

int64_t
relay_deadline(const struct kernel *kernel)
{
    const struct ticket *oldest = kernel->tickets.by_age.first;

    return oldest == NULL ? INT64_MAX : oldest->taken_at_ms + SEIN_EVAL_WAIT_MS;
}

enum sein_err
relay_end_late(struct kernel *kernel)
{
    enum sein_err err = SEIN_OK;

    while (err == SEIN_OK && relay_deadline(kernel) <= kernel->now_ms) {
        struct ticket *ticket = kernel->tickets.by_age.first;
        struct evaluator *evaluator = ticket->evaluator;

        err = fail_late(kernel, ticket);
        if (err == SEIN_OK && evaluator != NULL)
            err = settle(kernel, evaluator);
    }
    return err;
}

bool
relay_has_work(const struct kernel *kernel)
{
    return kernel->tickets.lost.first != NULL;
}

enum sein_err
relay_tell_lost(struct kernel *kernel)
{
    enum sein_err err = SEIN_OK;

    while (err == SEIN_OK && kernel->tickets.lost.first != NULL) {
        kernel->counters.evals_away++;
        err = fail(kernel, kernel->tickets.lost.first, SEIN_EAWAY);
    }
    return err;
}
