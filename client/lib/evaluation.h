/*
 * Evaluation over the connection: batches of wanted presences go to keyholders
 * through the broker, and come back as tags.
 *
 * One batch at a time, of one circle and desk.  A letter never waits for it:
 * what keyholders cannot help with now stays WANTED and says why, and is tried
 * again later.  A keyholder whose answer is wrong is named in an alarm, with
 * the answer as evidence.
 * Threads: one thread per home.  Source: PROTOCOL.md section 18.
 */
#ifndef SEIN_CLIENT_LIB_EVALUATION_H
#define SEIN_CLIENT_LIB_EVALUATION_H

#include "client/lib/client.h"

/** evaluation_pump - begin a batch, ask whom it needs, or take it in.
 *
 * Errors:  those of localdb.h. */
SEIN_CHECKED enum sein_err evaluation_pump(struct client *client);

/** evaluation_take - what a keyholder answered to the request req. */
SEIN_CHECKED enum sein_err evaluation_take(struct client *client, uint64_t req,
                                           struct sein_slice body);

/** evaluation_refused - the broker could not ask: that keyholder is away. */
void evaluation_refused(struct client *client, uint64_t req);

/** evaluation_cut - the connection is gone, and what was asked over it. */
void evaluation_cut(struct client *client);

/** evaluation_under_way - whether a batch is. */
bool evaluation_under_way(const struct client *client);

/** evaluation_retry - look at what waits again, not only after a while. */
void evaluation_retry(struct client *client);

void evaluation_free(struct evaluation **evaluation);

#endif
