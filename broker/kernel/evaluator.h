/*
 * Connections that evaluate for a desk.
 *
 * A desk has at most one; what is asked of it stands in broker/kernel/ticket.h.
 * Threads: one thread per kernel.  Source: PROTOCOL.md sections 10 and 13.
 */
#ifndef SEIN_BROKER_KERNEL_EVALUATOR_H
#define SEIN_BROKER_KERNEL_EVALUATOR_H

#include "broker/kernel/ticket.h"

/** evaluator_find - of a desk; NULL when no connection evaluates for it. */
struct evaluator *evaluator_find(const struct kernel *kernel,
                                 struct sein_slice desk);

/**
 * evaluator_open - this session evaluates for the desk from now on.
 *
 * Nobody else does: the caller ended the one before.
 * Errors:  SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err evaluator_open(struct kernel *kernel,
                                          struct session *session,
                                          struct sein_slice desk,
                                          struct evaluator **out_evaluator);

/** evaluator_lose_waiting - nothing that waits will be asked: all of it is
 *  lost. */
void evaluator_lose_waiting(struct kernel *kernel, struct evaluator *evaluator);

/** evaluator_end - it evaluates no more; all it had is lost.  Frees it. */
void evaluator_end(struct kernel *kernel, struct evaluator *evaluator);

/** evaluators_session_gone - what the session asked is forgotten, what it was
 *  asked is lost. */
void evaluators_session_gone(struct kernel *kernel, struct session *session);

#endif
