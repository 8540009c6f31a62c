/*
 * What the broker says of matches: judged, kept, and answered.
 *
 * Nothing is shown or sent because the broker says so: a notice needs its MAC
 * under our key of the household, a reveal the whole deposit's.  What does not
 * hold is an alarm with the bytes as evidence, and changes nothing.
 * Threads: one thread per home.  Source: PROTOCOL.md section 17.
 */
#ifndef SEIN_CLIENT_LIB_MEETINGS_TAKE_H
#define SEIN_CLIENT_LIB_MEETINGS_TAKE_H

#include "client/lib/client.h"
#include "client/lib/letters.h"
#include "client/lib/meetings.h"

/**
 * meetings_take - one delivered item of type SEIN_ITEM_MATCH; within a
 * transaction.
 *
 * desk     whose queue it came from
 * Errors:  SEIN_EDIRNEWER it waits for a newer directory; refusals, after an
 *          alarm where the broker or a member broke its word; those of
 *          localdb.h.
 */
SEIN_CHECKED enum sein_err meetings_take(struct client *client,
                                         struct sein_slice desk,
                                         struct sein_slice item,
                                         int64_t now_ms);

/** meetings_take_introduction - the deposit of an introduction letter, from the
 *  desk that the meeting names; its newest is kept.
 *
 * Errors:  as above. */
SEIN_CHECKED enum sein_err
meetings_take_introduction(struct client *client, struct meeting *meeting,
                           const struct presence *own,
                           const struct letter_row *row, int64_t now_ms);

#endif
