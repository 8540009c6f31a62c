/*
 * Opening, keeping and closing a session: hello, ping, bye.
 *
 * Threads: one thread per kernel.  Source: PROTOCOL.md sections 10 and 13.
 */
#ifndef SEIN_BROKER_KERNEL_HELLO_H
#define SEIN_BROKER_KERNEL_HELLO_H

#include "broker/kernel/state.h"

/**
 * hello_check - whether the session may be opened with these desks.
 *
 * Errors:  SEIN_EBUSY draining, or too many sessions; SEIN_EQUOTA of the
 *          member; SEIN_EHOME a desk is read by another home, and at_ms since
 *          when it was last read; SEIN_ERANGE desks without a home id; those
 *          of sein_may; those that end a turn.
 */
SEIN_CHECKED enum sein_err hello_check(const struct kernel *kernel,
                                       struct request *request);

/** hello_open - open it, take over the desks, answer welcome.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err hello_open(struct kernel *kernel,
                                      struct request *request);

SEIN_CHECKED enum sein_err hello_pong(struct kernel *kernel,
                                      struct request *request);
SEIN_CHECKED enum sein_err hello_bye(struct kernel *kernel,
                                     struct request *request);

#endif
