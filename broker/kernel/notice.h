/*
 * The broker's own items: what it has to say to a sender about a letter, and to
 * a desk about a match.
 *
 * A notice is an item on that desk and a leaf of the turn,
 * written in the transaction of its cause, so that it comes about once.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 10, Event.
 */
#ifndef SEIN_BROKER_KERNEL_NOTICE_H
#define SEIN_BROKER_KERNEL_NOTICE_H

#include "broker/kernel/state.h"
#include "proto/wire/msg_event.h"

/**
 * notice_put - tell the return desk of a letter.
 *
 * letter   the item it is about; an event has no return desk: nothing is done,
 *          nor when the return desk is in the directory no more
 * code     goes with the event; any number
 * Errors:  SEIN_EBUSY the turn takes no more; those that end a turn.
 */
SEIN_CHECKED enum sein_err notice_put(struct kernel *kernel,
                                      enum sein_event_type type,
                                      const struct store_item *letter,
                                      uint64_t code);

/**
 * notice_put_match - an item about a match on the desk of a presence.
 *
 * bytes    borrowed; an encoded sein_match_item with that event_id
 * out_seq  the item's; untouched when the desk is in the directory no more
 * Errors:  as notice_put.
 */
SEIN_CHECKED enum sein_err
notice_put_match(struct kernel *kernel, const struct store_presence *own,
                 const struct sein_op_id *event_id, struct sein_slice bytes,
                 int64_t expires_at_ms, uint64_t *out_seq);

#endif
