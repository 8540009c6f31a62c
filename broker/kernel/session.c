#include "broker/kernel/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
list_add(struct delivery_list *list, struct delivery *delivery)
{
    delivery->before = list->last;
    delivery->after = NULL;
    if (list->last != NULL)
        list->last->after = delivery;
    else
        list->first = delivery;
    list->last = delivery;
}

static void
list_add_first(struct delivery_list *list, struct delivery *delivery)
{
    delivery->before = NULL;
    delivery->after = list->first;
    if (list->first != NULL)
        list->first->before = delivery;
    else
        list->last = delivery;
    list->first = delivery;
}

static void
list_remove(struct delivery_list *list, struct delivery *delivery)
{
    if (delivery->before != NULL)
        delivery->before->after = delivery->after;
    else
        list->first = delivery->after;
    if (delivery->after != NULL)
        delivery->after->before = delivery->before;
    else
        list->last = delivery->before;
    delivery->before = NULL;
    delivery->after = NULL;
}

/* Off its session's list. */
static void
detach(struct kernel *kernel, struct delivery *delivery)
{
    struct session *session = delivery->session;

    list_remove(&session->deliveries, delivery);
    session->outstanding--;
    kernel->counters.outstanding--;
    delivery->session = NULL;
}

static void
attach(struct kernel *kernel, struct delivery *delivery,
       struct session *session)
{
    list_add(&session->deliveries, delivery);
    session->outstanding++;
    kernel->counters.outstanding++;
    delivery->session = session;
    delivery->fresh = true;
    delivery->turn_next = kernel->turn.fresh;
    kernel->turn.fresh = delivery;
}

static void
give_back(struct kernel *kernel, struct delivery *delivery)
{
    detach(kernel, delivery);
    list_add(&delivery->desk->back, delivery);
    desk_wake(kernel, delivery->desk);
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
        give_back(kernel, session->deliveries.first);
    unlink_heard(kernel, session);
    table_remove(&kernel->sessions, &session->node);
    session->member->sessions--;
    kernel->counters.sessions--;
    kernel_tell(kernel, KERNEL_EVENT_SESSION_CLOSED, &session->key_id, NULL,
                NULL, SEIN_OK);
    free(session->desks);
    free(session);
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
            give_back(kernel, at);
    }
}

enum sein_err
desk_write_read(struct kernel *kernel, struct desk *desk)
{
    struct store_desk row = { .home_id = desk->home_id,
                              .last_read_ms = kernel->now_ms };
    enum sein_err err = SEIN_OK;

    desk_touch(kernel, desk);
    err = kernel_ops(kernel)->desk_put(kernel->turn.txn,
                                       sein_slice_text(desk->name.text), &row);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    desk->last_read_ms = kernel->now_ms;
    return SEIN_OK;
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
        if (err == SEIN_OK)
            check_desks(kernel, at, now_ms);
        else
            session_close(kernel, &at);
    }
}

void
sessions_clock_back(struct kernel *kernel, int64_t by_ms)
{
    for (struct session *at = kernel->oldest; at != NULL; at = at->after) {
        at->heard_at_ms -= by_ms;
        at->touch_at_ms -= by_ms;
    }
}

struct desk *
desk_find(const struct kernel *kernel, struct sein_slice name)
{
    struct table_node *node =
        table_first(&kernel->desks, table_hash(&kernel->desks, name));

    for (; node != NULL; node = table_again(node)) {
        struct desk *desk = (struct desk *)node;

        if (sein_slice_is(name, desk->name.text))
            return desk;
    }
    return NULL;
}

enum sein_err
desk_open(struct kernel *kernel, struct sein_slice name, struct desk **out_desk)
{
    struct store_desk row = { 0 };
    struct desk *desk = desk_find(kernel, name);
    enum sein_err err = SEIN_OK;

    if (desk != NULL)
        goto done;
    err = kernel_ops(kernel)->desk_get(kernel->turn.txn, name, &row);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    desk = calloc(1, sizeof *desk);
    if (desk == NULL)
        return SEIN_ENOMEM;
    err = sein_slice_copy_text(name, desk->name.text, sizeof desk->name.text);
    if (err != SEIN_OK) {
        free(desk);
        return err;
    }
    desk->home_id = row.home_id;
    desk->last_read_ms = row.last_read_ms;
    desk->read_before_ms = row.last_read_ms;
    table_insert(&kernel->desks, &desk->node, table_hash(&kernel->desks, name));

done:
    *out_desk = desk;
    return SEIN_OK;
}

void
desk_touch(struct kernel *kernel, struct desk *desk)
{
    if (desk->touched)
        return;
    desk->touched = true;
    desk->was_cursor = desk->cursor;
    desk->was_home_id = desk->home_id;
    desk->was_last_read_ms = desk->last_read_ms;
    desk->touched_next = kernel->turn.touched;
    kernel->turn.touched = desk;
}

void
desk_wake(struct kernel *kernel, struct desk *desk)
{
    if (desk->hot || desk->reader == NULL ||
        (!desk->more && desk->back.first == NULL))
        return;
    desk->hot = true;
    desk->hot_next = NULL;
    if (kernel->hot_last != NULL)
        kernel->hot_last->hot_next = desk;
    else
        kernel->hot = desk;
    kernel->hot_last = desk;
}

struct desk *
desk_take_hot(struct kernel *kernel)
{
    struct desk *desk = kernel->hot;

    if (desk == NULL)
        return NULL;
    kernel->hot = desk->hot_next;
    if (kernel->hot == NULL)
        kernel->hot_last = NULL;
    desk->hot = false;
    desk->hot_next = NULL;
    return desk;
}

static uint64_t
hash_seq(const struct kernel *kernel, uint64_t seq)
{
    return table_hash(&kernel->deliveries,
                      sein_slice_of((const uint8_t *)&seq, sizeof seq));
}

struct delivery *
delivery_find(const struct kernel *kernel, uint64_t seq)
{
    struct table_node *node =
        table_first(&kernel->deliveries, hash_seq(kernel, seq));

    for (; node != NULL; node = table_again(node)) {
        struct delivery *delivery = (struct delivery *)node;

        if (delivery->seq == seq)
            return delivery;
    }
    return NULL;
}

enum sein_err
delivery_out(struct kernel *kernel, struct session *session, struct desk *desk,
             uint64_t seq)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);

    if (delivery == NULL)
        return SEIN_ENOMEM;
    delivery->seq = seq;
    delivery->desk = desk;
    table_insert(&kernel->deliveries, &delivery->node, hash_seq(kernel, seq));
    attach(kernel, delivery, session);
    return SEIN_OK;
}

void
delivery_out_again(struct kernel *kernel, struct session *session,
                   struct delivery *delivery)
{
    list_remove(&delivery->desk->back, delivery);
    delivery->again = true;
    attach(kernel, delivery, session);
}

void
delivery_acked(struct kernel *kernel, struct delivery *delivery)
{
    detach(kernel, delivery);
    list_add(&kernel->turn.acked, delivery);
}

/* Only what went back, or is on no list: nothing fresh. */
static void
release(struct kernel *kernel, struct delivery *delivery)
{
    table_remove(&kernel->deliveries, &delivery->node);
    free(delivery);
}

void
delivery_forget(struct kernel *kernel, struct delivery *delivery)
{
    assert(!delivery->fresh && delivery->session == NULL);
    list_remove(&delivery->desk->back, delivery);
    release(kernel, delivery);
}

/* Nobody saw what the turn handed out: the cursor goes back over what was new,
 * and what was handed out before waits first again. */
static void
undo_fresh(struct kernel *kernel, struct delivery *delivery)
{
    detach(kernel, delivery);
    delivery->fresh = false;
    if (delivery->again) {
        delivery->again = false;
        list_add_first(&delivery->desk->back, delivery);
    } else {
        release(kernel, delivery);
    }
}

static void
end_fresh(struct kernel *kernel, bool committed)
{
    while (kernel->turn.fresh != NULL) {
        struct delivery *delivery = kernel->turn.fresh;

        kernel->turn.fresh = delivery->turn_next;
        delivery->turn_next = NULL;
        if (committed) {
            delivery->fresh = false;
            delivery->again = false;
        } else {
            undo_fresh(kernel, delivery);
        }
    }
}

/* The peer was told that its acknowledgement failed; it gets the item again,
 * with the same seq. */
static void
end_acked(struct kernel *kernel, bool committed)
{
    while (kernel->turn.acked.first != NULL) {
        struct delivery *delivery = kernel->turn.acked.first;

        list_remove(&kernel->turn.acked, delivery);
        if (committed)
            release(kernel, delivery);
        else
            list_add(&delivery->desk->back, delivery);
    }
}

static void
end_touched(struct kernel *kernel, bool committed)
{
    while (kernel->turn.touched != NULL) {
        struct desk *desk = kernel->turn.touched;

        kernel->turn.touched = desk->touched_next;
        desk->touched_next = NULL;
        desk->touched = false;
        if (committed)
            continue;
        desk->cursor = desk->was_cursor;
        desk->home_id = desk->was_home_id;
        desk->last_read_ms = desk->was_last_read_ms;
    }
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
    end_fresh(kernel, committed);
    end_acked(kernel, committed);
    end_touched(kernel, committed);
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
    for (struct session *at = kernel->oldest; at != NULL; at = at->after)
        free(at->desks);
    free_nodes(&kernel->sessions);
    free_nodes(&kernel->deliveries);
    free_nodes(&kernel->desks);
    free_nodes(&kernel->members);
}
