/*
 * The verb presence: put, withdraw, accept; and what ends by itself.
 *
 * A tag comes in with a put, is used to verify it and to make the idx that the
 * presence stands under, and is kept nowhere.
 * Threads: one thread per kernel.  Source: PROTOCOL.md sections 10 and 17.
 */
#ifndef SEIN_BROKER_KERNEL_PRESENCE_H
#define SEIN_BROKER_KERNEL_PRESENCE_H

#include "broker/kernel/confirm.h"

/* How often all that stands is compared with the directory. */
#define PRESENCE_PASS_MS SEIN_MS_PER_HOUR

SEIN_CHECKED enum sein_err presence_put(struct kernel *kernel,
                                        struct request *request);
SEIN_CHECKED enum sein_err presence_withdraw(struct kernel *kernel,
                                             struct request *request);
SEIN_CHECKED enum sein_err presence_accept(struct kernel *kernel,
                                           struct request *request);

/**
 * presence_sweep - end what has expired, and what the directory does not allow
 * any more.
 *
 * max       how many of each at most
 * out_more  set when another sweep should follow; untouched otherwise
 * Errors:   those that end a turn.
 */
SEIN_CHECKED enum sein_err presence_sweep(struct kernel *kernel, size_t max,
                                          bool *out_more);

/** presence_pass_again - compare all with the directory from the start. */
void presence_pass_again(struct kernel *kernel);

#endif
