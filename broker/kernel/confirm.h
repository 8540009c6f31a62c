/*
 * The answer to what is asked in items: a verdict for each, with receipts that
 * are known only when the turn is sealed.
 *
 *  1. A confirm has as many verdicts as its request has items, in that order;
 *     or its turn did not happen.
 * Threads: one thread per kernel.  Source: PROTOCOL.md sections 10 and 11.
 */
#ifndef SEIN_BROKER_KERNEL_CONFIRM_H
#define SEIN_BROKER_KERNEL_CONFIRM_H

#include "broker/kernel/state.h"

struct verdict {
    struct sein_op_id op_id;
    enum sein_err code;
    int64_t at_ms;
    bool has_op; /* a receipt over op goes with it */
    struct store_op op;
};

struct verdicts {
    struct sein_oin oin; /* whose operations they are */
    size_t count, max;
    struct verdict *list;
};

/**
 * What handles one item.
 *
 * item     borrows; wiped after it
 * verdict  all zeros but op.item_hash, of the item as sent
 * Returns  SEIN_OK, the verdict being whole; an error that ends the turn; or
 *          one that refuses this item, of which nothing was done.  A disk
 *          found full before anything was written refuses too, at_ms being
 *          set.
 */
typedef enum sein_err confirm_one(struct kernel *kernel,
                                  const struct request *request,
                                  const struct request_item *item,
                                  struct verdict *verdict);

/**
 * confirm_each - one after the other, the items of a request; its answer, in
 * its place among the frames.
 *
 * What refuses an item is its verdict, counted and told.
 * Errors:  those that end a turn.
 */
SEIN_CHECKED enum sein_err confirm_each(struct kernel *kernel,
                                        const struct request *request,
                                        confirm_one *one);

/** confirm_encode - write the frame, after receipts_seal.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err confirm_encode(struct kernel *kernel,
                                          struct effect *effect);

#endif
