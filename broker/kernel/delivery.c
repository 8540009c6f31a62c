#include "broker/kernel/delivery.h"

#include <assert.h>
#include <stdlib.h>

#include "broker/kernel/state.h"

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
}

static void
hand_out(struct kernel *kernel, struct delivery *delivery,
         struct session *session)
{
    attach(kernel, delivery, session);
    delivery->fresh = true;
    delivery->turn_next = kernel->turn.fresh;
    kernel->turn.fresh = delivery;
}

void
delivery_give_back(struct kernel *kernel, struct delivery *delivery)
{
    detach(kernel, delivery);
    list_add(&delivery->desk->back, delivery);
    desk_wake(kernel, delivery->desk);
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
    hand_out(kernel, delivery, session);
    return SEIN_OK;
}

void
delivery_out_again(struct kernel *kernel, struct session *session,
                   struct delivery *delivery)
{
    list_remove(&delivery->desk->back, delivery);
    delivery->again = true;
    hand_out(kernel, delivery, session);
}

void
delivery_acked(struct kernel *kernel, struct delivery *delivery)
{
    delivery->acker = delivery->session;
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

/* The peer was told that its acknowledgement failed, and gives it again; when
 * it has gone meanwhile, somebody else gets the item. */
static void
undo_acked(struct kernel *kernel, struct delivery *delivery)
{
    struct session *acker = delivery->acker;

    assert(acker != NULL); /* it stands on the list of what was acked */
    delivery->acker = NULL;
    if (acker->closed) {
        list_add(&delivery->desk->back, delivery);
        desk_wake(kernel, delivery->desk);
    } else {
        attach(kernel, delivery, acker);
    }
}

static void
end_acked(struct kernel *kernel, bool committed)
{
    while (kernel->turn.acked.first != NULL) {
        struct delivery *delivery = kernel->turn.acked.first;

        list_remove(&kernel->turn.acked, delivery);
        if (committed)
            release(kernel, delivery);
        else
            undo_acked(kernel, delivery);
    }
}

void
deliveries_end_turn(struct kernel *kernel, bool committed)
{
    end_fresh(kernel, committed);
    end_acked(kernel, committed);
}
