/*
 * The verb directory: parts of the signed directory, prekeys, heads, receipts
 * asked again.
 *
 * Threads: one thread per kernel.  Source: PROTOCOL.md sections 7, 10 and 11.
 * Errors of all: SEIN_EBUSY the turn made as much as it may; those that end a
 * turn; what is named here.
 */
#ifndef SEIN_BROKER_KERNEL_DIRECTORY_H
#define SEIN_BROKER_KERNEL_DIRECTORY_H

#include "broker/kernel/confirm.h"

/** directory_check - whether this turn still reads for others. */
SEIN_CHECKED enum sein_err directory_check(const struct kernel *kernel,
                                           struct request *request);

/** directory_get - Errors: SEIN_ENOENT no such version; SEIN_ERANGE an offset
 *  behind its end. */
SEIN_CHECKED enum sein_err directory_get(struct kernel *kernel,
                                         struct request *request);
SEIN_CHECKED enum sein_err directory_prekey_put(struct kernel *kernel,
                                                struct request *request);
SEIN_CHECKED enum sein_err directory_prekey_get(struct kernel *kernel,
                                                struct request *request);
SEIN_CHECKED enum sein_err directory_heads_get(struct kernel *kernel,
                                               struct request *request);
SEIN_CHECKED enum sein_err directory_receipt_get(struct kernel *kernel,
                                                 struct request *request);

#endif
