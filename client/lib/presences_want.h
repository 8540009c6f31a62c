/*
 * Which presences a signal asks for, and when nothing asks for one any more.
 *
 *  1. A shielded household makes none.
 *  2. A desk without role introduced makes none, nor a link that no pair of the
 *     circle lets meet, nor one that the desk may not use.
 * Nothing here reaches the broker: rows change, presences_pump does the rest.
 * All within a transaction of the caller.
 * Threads: one thread per home.  Source: PROTOCOL.md sections 6 and 17.
 */
#ifndef SEIN_CLIENT_LIB_PRESENCES_WANT_H
#define SEIN_CLIENT_LIB_PRESENCES_WANT_H

#include "client/lib/home.h"
#include "proto/blind/content/signal.h"

/** A household that a desk is involved with. */
struct presences_wish {
    struct sein_slice circle;
    struct sein_slice desk; /* of this home, for which they are */
    struct sein_thread_id thread;
    const struct sein_signal *signal;
};

/**
 * presences_want - bring the rows of a thread in line with what its signal
 * says now.
 *
 * What is there already is shared; what the thread no longer asks for is
 * released.
 * Errors:  those of localdb.h.
 */
SEIN_CHECKED enum sein_err presences_want(struct sein_home *home,
                                          const struct presences_wish *wish);

/** presences_release - the thread needs none any more: those that were only
 *  for it are taken back. */
SEIN_CHECKED enum sein_err
presences_release(struct sein_home *home, const struct sein_thread_id *thread);

/**
 * presences_renew - a new time for those of a thread that are live or lapsed.
 *
 * out_count  set to how many
 */
SEIN_CHECKED enum sein_err presences_renew(struct sein_home *home,
                                           const struct sein_thread_id *thread,
                                           int64_t now_ms, size_t *out_count);

#endif
