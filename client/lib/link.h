/*
 * The connection to a broker: one DEALER with CURVE, and its monitor.
 *
 * libzmq retries a refused handshake for ever and without a word; here a
 * connection is tried once, its end is seen, and who refused is told apart from
 * who is not there.  Trying again is the caller's.
 *  1. state goes DIALLING → UP → DOWN or DIALLING → DOWN, never back.
 *  2. reason is set iff state is LINK_DOWN.
 * Threads: one thread per link.
 */
#ifndef SEIN_CLIENT_LIB_LINK_H
#define SEIN_CLIENT_LIB_LINK_H

#include "client/lib/keystore.h"

struct link;

enum link_state { LINK_DIALLING, LINK_UP, LINK_DOWN };

/**
 * link_open - start connecting.
 *
 * endpoint tcp://host:port
 * server   the broker's CURVE key; pair our own
 * out_link gives; link_close
 * Errors:  SEIN_EFORMAT the endpoint is not written so; SEIN_ENOMEM; SEIN_EIO
 *          no socket or thread to be had.
 */
SEIN_CHECKED enum sein_err
link_open(const char *endpoint, const uint8_t server[static SEIN_KEY_BYTES],
          const struct keystore_pair *pair, struct link **out_link);
void link_close(struct link **link);

/** link_fd - readable when link_poll has something to see; for a loop. */
int link_fd(const struct link *link);

/**
 * link_poll - look at the monitor; wait at most timeout_ms for anything.
 *
 * out_reason  may be NULL; set when the state is LINK_DOWN: SEIN_ENOTADMITTED
 *             refused at the handshake, SEIN_EUNREACHABLE anything else
 */
enum link_state link_poll(struct link *link, int timeout_ms,
                          enum sein_err *out_reason);

/**
 * link_send - hand over one frame.
 *
 * Errors:  SEIN_EBUSY the queue is full; SEIN_EUNREACHABLE; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err link_send(struct link *link,
                                     struct sein_slice frame);

/**
 * link_receive - the next frame that came in.
 *
 * out_frame  borrowed until the next link_receive or link_close
 * Errors:  SEIN_ENOENT none waits; SEIN_EWIRE a message of several parts.
 */
SEIN_CHECKED enum sein_err link_receive(struct link *link,
                                        struct sein_slice *out_frame);

#endif
