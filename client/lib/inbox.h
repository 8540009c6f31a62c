/*
 * The inbox: what the broker delivers is judged, stored, and only then
 * acknowledged.
 *
 * The letters of one frame are taken in one transaction.  A letter that was
 * seen before gets the answer that it got before.  A letter that does not hold
 * is refused with its reason, which the broker tells its sender; one of a kind
 * that this version does not know is kept whole; one under a revoked key is
 * kept in quarantine and has no effect.
 *  1. An item is acknowledged iff what it did is durable.
 *  2. A letter id has an effect once.
 * Threads: one thread per home.  Source: PROTOCOL.md sections 8 to 10.
 */
#ifndef SEIN_CLIENT_LIB_INBOX_H
#define SEIN_CLIENT_LIB_INBOX_H

#include "client/lib/client.h"
#include "client/lib/letters.h"
#include "proto/blind/letter.h"

/** inbox_take - the items of one deliver frame. */
SEIN_CHECKED enum sein_err inbox_take(struct client *client,
                                      struct sein_slice body);

/** inbox_retry_held - again what waited for a newer directory. */
SEIN_CHECKED enum sein_err inbox_retry_held(struct client *client);

/**
 * inbox_apply - let a verified letter have its effect; within a transaction.
 *
 * row      of the letter, not stored yet
 * Errors:  what it is refused with, after which nothing was changed:
 * SEIN_EPARTY it is about a letter that is not there or not theirs; else those
 * of localdb.h.
 */
SEIN_CHECKED enum sein_err inbox_apply(struct client *client,
                                       struct letter_row *row, int64_t now_ms);

/** inbox_take_event - an event of the broker; within a transaction. */
SEIN_CHECKED enum sein_err inbox_take_event(struct client *client,
                                            struct sein_slice bytes,
                                            int64_t now_ms);

#endif
