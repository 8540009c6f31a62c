/*
 * Short questions over a stream socket: one request, one answer, closed.
 * Both the admin socket and the metrics speak through it.
 *
 *  1. At most STREAM_CONNECTIONS_MAX are open; others wait in the backlog.
 *  2. A connection is open at most STREAM_DEADLINE_MS, whatever it does.
 *  3. It never makes the loop wait.
 * Threads: one thread per server.
 */
#ifndef SEIN_BROKER_STREAM_H
#define SEIN_BROKER_STREAM_H

#include <zmq.h>

#include "broker/text.h"

#define STREAM_CONNECTIONS_MAX 8U
#define STREAM_ITEMS_MAX (STREAM_CONNECTIONS_MAX + 1U)
#define STREAM_REQUEST_MAX 4096U
#define STREAM_ANSWER_MAX (32U * 1024U)
#define STREAM_DEADLINE_MS 5000

enum stream_next {
    STREAM_MORE,   /* the request is not complete */
    STREAM_ANSWER, /* send what stands in answer, then close */
};

/** Called when bytes came in, with all of them so far.  A connection whose
 *  request is not complete at STREAM_REQUEST_MAX bytes is cut. */
typedef enum stream_next
stream_handler(void *context, struct sein_slice request, struct text *answer);

struct stream;

/**
 * stream_new - serve a listening socket.
 *
 * fd       takes: a listening, non-blocking socket; closed by stream_free, and
 *          also when this fails
 * handler  keeps, with context
 * Errors:  SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err stream_new(int fd, stream_handler *handler,
                                      void *context,
                                      struct stream **out_stream);
void stream_free(struct stream **stream);

/** stream_items - what to poll for; items has room for STREAM_ITEMS_MAX.
 *  Returns how many were written; NULL: none. */
size_t stream_items(const struct stream *stream, zmq_pollitem_t *items);

/** stream_handle - the same items, after zmq_poll. */
void stream_handle(struct stream *stream, const zmq_pollitem_t *items,
                   int64_t mono_ms);

/** stream_deadline - when the next connection must be cut; INT64_MAX: none. */
int64_t stream_deadline(const struct stream *stream);

/**
 * stream_listen_loopback - a listening socket on 127.0.0.1:port or [::1]:port.
 *
 * out_port  as really bound
 * Errors:   SEIN_EEXIST in use; SEIN_EFORMAT; SEIN_EIO.
 */
SEIN_CHECKED enum sein_err
stream_listen_loopback(const char *address, int *out_fd, uint16_t *out_port);

/**
 * stream_listen_local - a local socket, mode 0600; a dead one is replaced.
 *
 * Errors:  SEIN_EEXIST somebody listens there; SEIN_EIO.
 */
SEIN_CHECKED enum sein_err stream_listen_local(const char *path, int *out_fd);

/** stream_connect_local - the other end.  Errors: SEIN_EUNREACHABLE. */
SEIN_CHECKED enum sein_err stream_connect_local(const char *path, int *out_fd);

#endif
