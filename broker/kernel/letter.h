/*
 * The verb letter: put, withdraw, credit, ack.  Delivering is deliver.h.
 *
 * Every item has its own verdict.  The order of the checks is a promise: who
 * sends the same bytes again gets the first receipt again, whatever has become
 * of quotas, times and the directory since; only a key that may not connect
 * gets nothing.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 10.
 * Errors of all: those that end a turn.
 */
#ifndef SEIN_BROKER_KERNEL_LETTER_H
#define SEIN_BROKER_KERNEL_LETTER_H

#include "broker/kernel/confirm.h"

SEIN_CHECKED enum sein_err letter_put(struct kernel *kernel,
                                      struct request *request);
SEIN_CHECKED enum sein_err letter_withdraw(struct kernel *kernel,
                                           struct request *request);
SEIN_CHECKED enum sein_err letter_credit(struct kernel *kernel,
                                         struct request *request);
SEIN_CHECKED enum sein_err letter_ack(struct kernel *kernel,
                                      struct request *request);

#endif
