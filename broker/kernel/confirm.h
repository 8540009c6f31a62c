/*
 * The answer to put, withdraw, prekey_put and receipt_get: a verdict per item,
 * with receipts that are known only when the turn is sealed.
 *
 *  1. A confirm has as many verdicts as its request has items, in that order.
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

/** confirm_open - the answer to a request, in its place among the frames.
 *
 * Errors:  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err confirm_open(struct kernel *kernel,
                                        const struct request *request,
                                        struct verdicts **out_verdicts);

/** confirm_add - the next item's; at most request->count. */
struct verdict *confirm_add(struct verdicts *verdicts);

/** confirm_encode - write the frame, after receipts_seal.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err confirm_encode(struct kernel *kernel,
                                          struct effect *effect);

#endif
