/*
 * The ends of what was sent: withdrawn (it was wrong) or closed (the risk is
 * gone).
 *
 * A withdrawal takes everything of a thread back: what was not sent yet is
 * removed here, what waits at the broker is erased there, what was collected is
 * followed by a letter that makes the recipient erase it.
 * Threads: one thread per home.  Within a transaction.
 */
#ifndef SEIN_CLIENT_LIB_ENDING_H
#define SEIN_CLIENT_LIB_ENDING_H

#include "client/lib/home.h"
#include "client/lib/letters.h"

/** ending_withdraw_thread - withdraw the signal of a thread and all that
 *  corrects it.  reason may be empty.  Errors: those of localdb.h. */
SEIN_CHECKED enum sein_err
ending_withdraw_thread(struct sein_home *home,
                       const struct sein_thread_id *thread,
                       struct sein_slice reason, int64_t now_ms);

/** ending_close - tell the recipient that the risk is gone.
 *
 * row      the signal or its newest correction; its state is set, and stored
 * Errors:  SEIN_EWITHDRAWN, SEIN_ECLOSED it was ended before; those of
 *          outbox_may; those of localdb.h. */
SEIN_CHECKED enum sein_err ending_close(struct sein_home *home,
                                        struct letter_row *row,
                                        struct sein_slice reason,
                                        const struct sein_op_id *operation,
                                        int64_t now_ms);

#endif
