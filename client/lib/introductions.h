/*
 * What two desks say first and last to each other around a household: who we
 * are and when we can be reached; that it is another household after all.
 *
 * An introduction carries no substance.  It goes once to a desk around a
 * household, however many links both share.
 * All within a transaction of the caller.
 * Threads: one thread per home.  Errors of all calls: those of localdb.h.
 * Source: PROTOCOL.md section 16.
 */
#ifndef SEIN_CLIENT_LIB_INTRODUCTIONS_H
#define SEIN_CLIENT_LIB_INTRODUCTIONS_H

#include "client/lib/home.h"
#include "client/lib/meetings.h"

/** introductions_send - to the peer of a meeting that has just been revealed,
 *  unless it had ours already. */
SEIN_CHECKED enum sein_err introductions_send(struct sein_home *home,
                                              const struct presence *own,
                                              struct meeting *meeting,
                                              int64_t now_ms);

/** introductions_part - tell the peer that it is another household, and
 *  remember it. */
SEIN_CHECKED enum sein_err introductions_part(struct sein_home *home,
                                              const struct presence *own,
                                              struct meeting *meeting,
                                              int64_t now_ms);

#endif
