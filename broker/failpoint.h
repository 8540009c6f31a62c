/*
 * What only a test build can do: die at a named step, carry a planted bug, and
 * write down every message.  In a production build all three are nothing.
 *
 *     SEIN_TEST_FAILPOINT=before_commit       die there, with SIGKILL
 *     SEIN_TEST_FAILPOINT=before_commit:7     die there the seventh time
 *     SEIN_TEST_PLANT=receipt_before_commit   do it wrong, so that a test that
 *                                             should notice can show it does
 *     SEIN_TEST_TAP=file                      append each frame, after its
 *                                             length as u32be
 * Steps: frame_read, authorised, begin, taken, sealed, before_commit,
 * after_commit, before_receipt, after_receipt, deliver, ack, withdraw, expiry,
 * checkpoint, directory_swap, backup; of a presence: rows, match, notice.
 */
#ifndef SEIN_BROKER_FAILPOINT_H
#define SEIN_BROKER_FAILPOINT_H

#include "proto/base/bytes.h"

#ifdef SEIN_TEST_BUILD
void failpoint_hit(const char *name);
bool failpoint_planted(const char *bug);
void failpoint_tap(struct sein_slice frame);
/** failpoint_hit_frame - a step named after the kind of frame that is being
 *  handled: ack, withdraw, deliver. */
void failpoint_hit_frame(struct sein_slice frame);
#define FAILPOINT(name) failpoint_hit(name)
#define FAILPOINT_FRAME(frame) failpoint_hit_frame(frame)
#define FAILPOINT_PLANTED(bug) failpoint_planted(bug)
#define FAILPOINT_TAP(frame) failpoint_tap(frame)
#else
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_FRAME(frame) ((void)(frame))
#define FAILPOINT_PLANTED(bug) false
#define FAILPOINT_TAP(frame) ((void)(frame))
#endif

#endif
