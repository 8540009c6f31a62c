/*
 * One turn: what waits, into one transaction, committed, then answered.
 *
 *  1. No answer that confirms leaves before its commit is on disk, nor before
 *     the mark names its head when that is due.
 *  2. A disk that fails (SEIN_EIO) ends the program without another answer: an
 *     fsync that failed must not be tried again.  A full disk does not.
 * Threads: the loop's.  Source: PROTOCOL.md sections 10 and 11.
 */
#ifndef SEIN_BROKER_TURN_H
#define SEIN_BROKER_TURN_H

#include "broker/broker.h"

/**
 * turn_run - take the frames that the front has read, from one index on.
 *
 * from, count  of front_frame; may be equal: a turn without frames delivers
 *              and sweeps
 * out_next     set to the first frame that is left for another turn
 *
 * Errors:  SEIN_EIO, SEIN_ENOMEM and what else must end the program.
 */
SEIN_CHECKED enum sein_err turn_run(struct broker *broker, size_t from,
                                    size_t count, size_t *out_next);

/** turn_is_due - whether a turn should follow even without frames. */
bool turn_is_due(const struct broker *broker);

#endif
