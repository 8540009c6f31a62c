#include "broker/kernel/session.h"

#include <stdlib.h>
#include <string.h>

#include "broker/kernel/evaluator.h"
#include "broker/kernel/quota.h"
#include "broker/kernel/relay.h"
#include "broker/kernel/state.h"

#define READ_WRITTEN_EVERY_MS SEIN_MS_PER_MIN

struct session *
session_find(const struct kernel *kernel, const struct kernel_peer *peer)
{
    uint64_t hash =
        table_hash(&kernel->sessions, sein_slice_of(peer->bytes, peer->len));
    struct table_node *node = table_first(&kernel->sessions, hash);

    for (; node != NULL; node = table_again(node)) {
        struct session *session = (struct session *)node;

        if (session->peer.len == peer->len &&
            memcmp(session->peer.bytes, peer->bytes, peer->len) == 0)
            return session;
    }
    return NULL;
}

static void
unlink_heard(struct kernel *kernel, struct session *session)
{
    if (session->before != NULL)
        session->before->after = session->after;
    else
        kernel->oldest = session->after;
    if (session->after != NULL)
        session->after->before = session->before;
    else
        kernel->newest = session->before;
    session->before = NULL;
    session->after = NULL;
}

static void
link_heard(struct kernel *kernel, struct session *session)
{
    session->heard_at_ms = kernel->now_ms;
    session->before = kernel->newest;
    if (kernel->newest != NULL)
        kernel->newest->after = session;
    else
        kernel->oldest = session;
    kernel->newest = session;
}

void
session_heard(struct kernel *kernel, struct session *session)
{
    unlink_heard(kernel, session);
    link_heard(kernel, session);
}

enum sein_err
session_open(struct kernel *kernel, const struct kernel_peer *peer,
             const struct sein_key_id *key_id, struct member *member,
             struct session **out_session)
{
    struct session *old = session_find(kernel, peer);
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return SEIN_ENOMEM;
    if (old != NULL)
        session_close(kernel, &old);
    session->peer = *peer;
    session->key_id = *key_id;
    session->member = member;
    session->opened = true;
    member->sessions++;
    link_heard(kernel, session);
    table_insert(
        &kernel->sessions, &session->node,
        table_hash(&kernel->sessions, sein_slice_of(peer->bytes, peer->len)));
    kernel->counters.sessions++;
    *out_session = session;
    return SEIN_OK;
}

void
session_enter(struct session *session, enum session_state state)
{
    session->state = state;
}

static void
unsubscribe(struct subscription *subscription)
{
    struct desk *desk = subscription->desk;

    if (desk == NULL)
        return;
    if (subscription->after == subscription) {
        desk->reader = NULL;
    } else {
        subscription->before->after = subscription->after;
        subscription->after->before = subscription->before;
        if (desk->reader == subscription)
            desk->reader = subscription->after;
    }
    subscription->desk = NULL;
}

/* An acknowledgement that fails looks at who gave it. */
static void
dispose(struct kernel *kernel, struct session *session)
{
    free(session->desks);
    session->desks = NULL;
    session->desk_count = 0;
    if (kernel->turn.acked.first == NULL) {
        free(session);
        return;
    }
    session->closed = true;
    session->after = kernel->turn.closed;
    kernel->turn.closed = session;
}

static void
free_closed(struct kernel *kernel)
{
    while (kernel->turn.closed != NULL) {
        struct session *session = kernel->turn.closed;

        kernel->turn.closed = session->after;
        free(session);
    }
}

void
session_close(struct kernel *kernel, struct session **session_at)
{
    struct session *session = *session_at;

    if (session == NULL)
        return;
    *session_at = NULL;
    for (size_t i = 0; i < session->desk_count; i++)
        unsubscribe(&session->desks[i]);
    while (session->deliveries.first != NULL)
        delivery_give_back(kernel, session->deliveries.first);
    evaluators_session_gone(kernel, session);
    unlink_heard(kernel, session);
    table_remove(&kernel->sessions, &session->node);
    session->member->sessions--;
    kernel->counters.sessions--;
    kernel_tell(kernel, KERNEL_EVENT_SESSION_CLOSED, &session->key_id, NULL,
                NULL, SEIN_OK);
    dispose(kernel, session);
}

enum sein_err
session_subscribe(struct kernel *kernel, struct session *session,
                  struct desk *const *desks, size_t count)
{
    struct subscription *all = NULL;

    if (count == 0)
        return SEIN_OK;
    all = calloc(count, sizeof *all);
    if (all == NULL)
        return SEIN_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct subscription *one = &all[i];
        struct subscription *reader = desks[i]->reader;

        one->session = session;
        one->desk = desks[i];
        one->after = reader == NULL ? one : reader;
        one->before = reader == NULL ? one : reader->before;
        one->before->after = one;
        one->after->before = one;
        if (reader == NULL)
            desks[i]->reader = one;
        desks[i]->more = true;
        desk_wake(kernel, desks[i]);
    }
    session->desks = all;
    session->desk_count = count;
    return SEIN_OK;
}

void
session_give_back(struct kernel *kernel, struct session *session,
                  struct desk *desk)
{
    struct delivery *next = NULL;

    for (struct delivery *at = session->deliveries.first; at != NULL;
         at = next) {
        next = at->after;
        if (at->desk == desk)
            delivery_give_back(kernel, at);
    }
}

/* Another connection of the same home may have written it already. */
static bool
read_is_old(const struct kernel *kernel, const struct session *session,
            const struct desk *desk)
{
    int64_t since_ms = kernel->now_ms - desk->last_read_ms;

    return memcmp(&desk->home_id, &session->home_id, sizeof desk->home_id) ==
               0 &&
           (since_ms >= READ_WRITTEN_EVERY_MS || since_ms < 0);
}

enum sein_err
session_read(struct kernel *kernel, struct session *session)
{
    if (kernel->now_ms < session->touch_at_ms)
        return SEIN_OK;
    for (size_t i = 0; i < session->desk_count; i++) {
        struct desk *desk = session->desks[i].desk;
        enum sein_err err = SEIN_OK;

        if (desk == NULL || !read_is_old(kernel, session, desk))
            continue;
        err = desk_write_read(kernel, desk);
        if (err != SEIN_OK)
            return err;
    }
    session->touch_at_ms = kernel->now_ms + READ_WRITTEN_EVERY_MS;
    return SEIN_OK;
}

uint64_t
session_room(const struct session *session)
{
    return session->window > session->outstanding
               ? session->window - session->outstanding
               : 0;
}

void
session_wake(struct kernel *kernel, struct session *session)
{
    if (session_room(session) == 0)
        return;
    for (size_t i = 0; i < session->desk_count; i++) {
        if (session->desks[i].desk != NULL)
            desk_wake(kernel, session->desks[i].desk);
    }
}

void
sessions_end_leases(struct kernel *kernel)
{
    while (kernel->oldest != NULL &&
           kernel->now_ms - kernel->oldest->heard_at_ms >=
               kernel->config.lease_ms) {
        struct session *session = kernel->oldest;

        kernel_tell(kernel, KERNEL_EVENT_LEASE_OVER, &session->key_id, NULL,
                    NULL, SEIN_OK);
        session_close(kernel, &session);
    }
}

static void
check_desks(struct kernel *kernel, struct session *session, int64_t now_ms)
{
    for (size_t i = 0; i < session->desk_count; i++) {
        struct desk *desk = session->desks[i].desk;
        enum sein_err err = SEIN_OK;

        if (desk == NULL)
            continue;
        err = sein_may(kernel->dir, &session->key_id, SEIN_MAY_READ,
                       sein_slice_text(desk->name.text), now_ms, NULL, NULL);
        if (err == SEIN_OK)
            continue;
        unsubscribe(&session->desks[i]);
        session_give_back(kernel, session, desk);
    }
}

void
sessions_check(struct kernel *kernel, int64_t now_ms)
{
    struct session *next = NULL;

    for (struct session *at = kernel->oldest; at != NULL; at = next) {
        enum sein_err err =
            sein_may(kernel->dir, &at->key_id, SEIN_MAY_CONNECT,
                     (struct sein_slice){ 0 }, now_ms, NULL, NULL);

        next = at->after;
        if (err != SEIN_OK) {
            session_close(kernel, &at);
            continue;
        }
        check_desks(kernel, at, now_ms);
        relay_check_session(kernel, at, now_ms);
    }
}

void
sessions_clock_back(struct kernel *kernel, int64_t by_ms)
{
    for (struct session *at = kernel->oldest; at != NULL; at = at->after) {
        at->heard_at_ms -= by_ms;
        at->touch_at_ms -= by_ms;
    }
    tickets_clock_back(kernel, by_ms);
}

static void
end_opened(struct kernel *kernel, bool committed)
{
    struct session *before = NULL;

    /* Whoever said hello in this turn was heard in it, so stands at the end. */
    for (struct session *at = kernel->newest;
         at != NULL && at->heard_at_ms == kernel->now_ms; at = before) {
        before = at->before;
        if (!committed)
            at->touch_at_ms = 0;
        if (at->opened && !committed)
            session_close(kernel, &at);
        else
            at->opened = false;
    }
}

/* After an undo any desk may have something again. */
static void
wake_all(struct kernel *kernel)
{
    for (struct session *at = kernel->oldest; at != NULL; at = at->after) {
        for (size_t i = 0; i < at->desk_count; i++) {
            if (at->desks[i].desk == NULL)
                continue;
            at->desks[i].desk->more = true;
            desk_wake(kernel, at->desks[i].desk);
        }
    }
}

void
sessions_end_turn(struct kernel *kernel, bool committed)
{
    deliveries_end_turn(kernel, committed);
    free_closed(kernel);
    desks_end_turn(kernel, committed);
    end_opened(kernel, committed);
    if (!committed)
        wake_all(kernel);
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
sessions_free(struct kernel *kernel)
{
    free_closed(kernel);
    for (struct session *at = kernel->oldest; at != NULL; at = at->after)
        free(at->desks);
    free_nodes(&kernel->sessions);
    free_nodes(&kernel->deliveries);
    free_nodes(&kernel->desks);
    free_nodes(&kernel->members);
}
