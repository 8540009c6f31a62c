/*
 * What was handed out and is not acknowledged.
 *
 * A letter that waits costs nothing; one that is out, or came back, has a
 * struct delivery.
 *  1. A delivery is in the list of its session, or of its desk (it went back),
 *     or of the turn (acknowledged, not committed yet).
 *  2. session.outstanding is the length of session.deliveries.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 13.
 */
#ifndef SEIN_BROKER_KERNEL_DELIVERY_H
#define SEIN_BROKER_KERNEL_DELIVERY_H

#include <stdbool.h>

#include "broker/kernel/table.h"

struct kernel;
struct session;
struct desk;

struct delivery {
    struct table_node node; /* by seq; first, so that it is the struct */
    uint64_t seq;
    struct desk *desk;
    struct session *session; /* NULL iff it went back, or is acknowledged ... */
    struct session *acker;   /* ... by this one */
    struct delivery *before, *after;
    struct delivery *turn_next; /* of turn.fresh */
    bool fresh;                 /* handed out by this turn */
    bool again;                 /* and not for the first time */
};

struct delivery_list {
    struct delivery *first, *last;
};

/** delivery_find - what is out, or went back; NULL when the item is neither. */
struct delivery *delivery_find(const struct kernel *kernel, uint64_t seq);

/** delivery_out - note that an item is handed out by this turn.
 *
 * Errors:  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err delivery_out(struct kernel *kernel,
                                        struct session *session,
                                        struct desk *desk, uint64_t seq);
/** delivery_out_again - the same for one that went back. */
void delivery_out_again(struct kernel *kernel, struct session *session,
                        struct delivery *delivery);

/** delivery_give_back - from its session to its desk, to be handed out again.
 */
void delivery_give_back(struct kernel *kernel, struct delivery *delivery);

/** delivery_acked - it is over iff this turn is committed; else it is out as it
 *  was before. */
void delivery_acked(struct kernel *kernel, struct delivery *delivery);

/** delivery_forget - the item is gone; frees it. */
void delivery_forget(struct kernel *kernel, struct delivery *delivery);

/** deliveries_end_turn - make what the turn did last, or undo it. */
void deliveries_end_turn(struct kernel *kernel, bool committed);

#endif
