/*
 * One operation of a member: accepted once, whatever is sent how often.
 *
 * Operations are scoped by the OIN of the key's member.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 10, verdict.
 * Errors of all: those that end a turn.
 */
#ifndef SEIN_BROKER_KERNEL_OPERATION_H
#define SEIN_BROKER_KERNEL_OPERATION_H

#include "broker/kernel/confirm.h"

/**
 * operation_repeat - whether an operation was accepted before.
 *
 * verdict  op_id is set, beside what confirm_each set; when it is a
 *          repeat, code is SEIN_EDUPLICATE or SEIN_ECONFLICT and op the first
 *          one's
 * Returns  whether it is a repeat, in out_repeat.
 */
SEIN_CHECKED enum sein_err operation_repeat(struct kernel *kernel,
                                            const struct request *request,
                                            struct verdict *verdict,
                                            bool *out_repeat);

/** operation_accept - make it a leaf of the turn. */
SEIN_CHECKED enum sein_err operation_accept(struct kernel *kernel,
                                            const struct request *request,
                                            enum sein_leaf_type type,
                                            struct verdict *verdict);

/**
 * operation_room - whether something more may be kept.
 *
 * Errors:  SEIN_EFULL the disk is full, with at_ms; SEIN_EBUSY the turn takes
 *          no more.
 */
SEIN_CHECKED enum sein_err operation_room(const struct kernel *kernel,
                                          struct verdict *verdict);

#endif
