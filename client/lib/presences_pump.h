/*
 * Presences and yeses on their way to the broker: put, taken back, accepted.
 *
 * What is durable here goes until there is a verdict, the same bytes under the
 * same id; what was refused is made anew on the next connection or with the
 * next directory.
 * Threads: one thread per home.  Source: PROTOCOL.md section 17.
 */
#ifndef SEIN_CLIENT_LIB_PRESENCES_PUMP_H
#define SEIN_CLIENT_LIB_PRESENCES_PUMP_H

#include "client/lib/client.h"

/** presences_pump - evaluate, put, take back and accept what can be now. */
SEIN_CHECKED enum sein_err presences_pump(struct client *client);

/** Within the transaction of a confirm, for an item of that kind of request:
 *  done, with proof; refused. */
SEIN_CHECKED enum sein_err presences_take_done(struct client *client,
                                               enum sein_kind kind,
                                               const struct client_item *item);
SEIN_CHECKED enum sein_err
presences_take_refused(struct client *client, enum sein_kind kind,
                       const struct client_item *item, enum sein_err code,
                       int64_t at_ms);

#endif
