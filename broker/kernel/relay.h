/*
 * The verb evaluate: from a member to one keyholder and back.
 *
 * The broker looks into a request only as far as its form and the sender's
 * right to ask; it keeps nothing of it, and writes nothing.
 *  1. A request is answered once: by what the keyholder said, or by an error.
 *  2. A keyholder has at most its window of requests that it did not answer and
 *     that are not too late.
 *  3. Members take turns at a keyholder, a request each.
 * Threads: one thread per kernel.  Source: PROTOCOL.md sections 10 and 13.
 */
#ifndef SEIN_BROKER_KERNEL_RELAY_H
#define SEIN_BROKER_KERNEL_RELAY_H

#include "broker/kernel/state.h"

/**
 * relay_check_ready - whether the connection may evaluate for the desk.
 *
 * Errors:  those of sein_may.
 */
SEIN_CHECKED enum sein_err relay_check_ready(const struct kernel *kernel,
                                             struct request *request);

/** relay_ready - it does from now on, the newest alone; or takes it back.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err relay_ready(struct kernel *kernel,
                                       struct request *request);

/**
 * relay_check_eval - whether the sender may ask that keyholder.
 *
 * Errors:  SEIN_ECONTENT the request is to another holder; those of sein_may
 *          and sein_may_evaluate; SEIN_EAWAY no connection evaluates for the
 *          holder.
 */
SEIN_CHECKED enum sein_err relay_check_eval(const struct kernel *kernel,
                                            struct request *request);

/** relay_eval - pass it on, now or when it is its turn.
 *
 * Errors:  SEIN_EQUOTA of the member; SEIN_EBUSY too much waits; both with
 *          at_ms; those that end a turn. */
SEIN_CHECKED enum sein_err relay_eval(struct kernel *kernel,
                                      struct request *request);

/** relay_answer - back to whoever asked; what was not asked of this connection
 *  is counted and left.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err relay_answer(struct kernel *kernel,
                                        struct request *request);

/** relay_end_late - an error to those who waited too long.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err relay_end_late(struct kernel *kernel);

/** relay_tell_lost - an error to those whose keyholder went away.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err relay_tell_lost(struct kernel *kernel);

/** relay_has_work - whether somebody is to be told so. */
bool relay_has_work(const struct kernel *kernel);

/** relay_deadline - when relay_end_late has something to do; INT64_MAX for
 *  never. */
int64_t relay_deadline(const struct kernel *kernel);

/** relay_check_session - another directory is in force: what the session may
 *  not evaluate for any more, it does not. */
void relay_check_session(struct kernel *kernel, struct session *session,
                         int64_t now_ms);

#endif
