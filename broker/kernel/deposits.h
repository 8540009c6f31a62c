/*
 * Telling keyholders which presences were put: by day (UTC), circle, epoch and
 * member, once the day is over.
 *
 * A connection that evaluates for a desk gets the lists of the epochs that the
 * desk holds, oldest first, one part at a time.
 *  1. At most one part is out on a connection; the next follows its
 *     acknowledgement.
 *  2. What was acknowledged is not sent again.
 *  3. A list is kept until all who hold its epoch acknowledged it, and for
 *     DEPOSITS_KEEP_DAYS at most.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 10, deposits.
 */
#ifndef SEIN_BROKER_KERNEL_DEPOSITS_H
#define SEIN_BROKER_KERNEL_DEPOSITS_H

#include "broker/kernel/state.h"

/* How long a list waits for a keyholder that does not come. */
#define DEPOSITS_KEEP_DAYS 60
/* How often it is looked for lists that all have. */
#define DEPOSITS_PASS_MS (10 * SEIN_MS_PER_MIN)

/** deposits_note - a presence was put.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err deposits_note(struct kernel *kernel,
                                         const struct store_presence *presence);

/**
 * deposits_tell - the next part for each desk that the session evaluates for,
 * when it is time.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err deposits_tell(struct kernel *kernel,
                                         const struct session *session);

/** deposits_ack - that part is on the keyholder's disk; any other is left.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err deposits_ack(struct kernel *kernel,
                                        struct request *request);

/**
 * deposits_sweep - forget lists that all have, and old ones.
 *
 * max       how many ids at most
 * out_more  set when another sweep should follow; untouched otherwise
 * Errors:   those that end a turn.
 */
SEIN_CHECKED enum sein_err deposits_sweep(struct kernel *kernel, size_t max,
                                          bool *out_more);

#endif
