/*
 * Matches: who is told of whom when two desks stand under one tag.
 *
 * What a side gets is an item on its desk's queue and a leaf of the turn,
 * written in the transaction of its cause.
 *  1. Two desks under one tag have at most one match that has not ended.
 *  2. A side has at most one item with something of the other's deposit that it
 *     has not acknowledged; that item goes when either presence goes.
 *  3. Nobody can tell from what the broker does whether a side that was not
 *     revealed is silent, has declined, or is gone.
 *  4. Whether two may be told of each other is asked whenever they are.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 17.
 * Errors of all: those that end a turn.
 */
#ifndef SEIN_BROKER_KERNEL_MATCH_H
#define SEIN_BROKER_KERNEL_MATCH_H

#include "broker/kernel/state.h"

/** match_stands - whether a presence still counts: its key, desk, role, link
 *  and epoch, now. */
bool match_stands(const struct kernel *kernel,
                  const struct store_presence *presence);

/**
 * match_leaves - the most leaves that a change to what stands under an idx can
 * make.
 */
SEIN_CHECKED enum sein_err match_leaves(struct kernel *kernel,
                                        const struct store_idx *idx,
                                        size_t *out_count);

/** match_meet - a presence was put: tell whom it makes a difference for.
 *
 * There is room for match_leaves(). */
SEIN_CHECKED enum sein_err match_meet(struct kernel *kernel,
                                      const struct store_presence *presence);

/** match_accept - a side says yes; match->sides[side] is that of own. */
SEIN_CHECKED enum sein_err match_accept(struct kernel *kernel,
                                        const struct store_presence *own,
                                        struct store_match *match, size_t side);

/** match_leave - a presence is about to be erased.
 *
 * There is room for match_leaves(). */
SEIN_CHECKED enum sein_err match_leave(struct kernel *kernel,
                                       const struct store_presence *presence);

#endif
