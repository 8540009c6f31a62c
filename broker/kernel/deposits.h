/*
 * Telling keyholders which presences were put: by day (UTC), circle, epoch and
 * member, once the day is over.
 *
 * A connection that evaluates for a desk gets the lists of the epochs that the
 * desk holds, oldest first, one part at a time.
 *  1. At most one part is out on a connection; the next follows its
 *     acknowledgement.
 *  2. What was acknowledged is not sent again while this kernel lives.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 10, deposits.
 */
#ifndef SEIN_BROKER_KERNEL_DEPOSITS_H
#define SEIN_BROKER_KERNEL_DEPOSITS_H

#include "broker/kernel/state.h"

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

#endif
