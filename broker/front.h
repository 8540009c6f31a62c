/*
 * The one socket that members reach: a ROUTER as CURVE server.
 *
 * It bounds what comes in, reads who sent it from the message itself, and
 * sends without waiting.  It knows nothing of what frames say.
 *  1. A frame that is handed out has one part behind the routing id, at most
 *     SEIN_FRAME_MAX bytes, and the key id that ZAP gave its connection.
 *  2. Its routing id was made by us: a connection that chose its own could
 *     take the place of another one that is gone, and get its deliveries.
 * Threads: one thread per front.
 * Source:  PROTOCOL.md section 3; zmq_setsockopt(3).
 */
#ifndef SEIN_BROKER_FRONT_H
#define SEIN_BROKER_FRONT_H

#include "broker/kernel/kernel.h"

/** Frames, and their bytes, that one turn takes at most: what waits beyond
 *  that is taken in the next one. */
#define FRONT_TURN_FRAMES 256U
#define FRONT_TURN_BYTES (8U * 1024U * 1024U)

#define FRONT_ENDPOINT_MAX 256U
#define FRONT_ZAP_DOMAIN "seinhuis"

struct front;

struct front_frame {
    struct kernel_peer peer;
    struct sein_key_id key_id;
    struct sein_slice bytes;
};

/* Messages that never became a frame, and sends that found nobody. */
struct front_counters {
    uint64_t multipart;   /* not one part behind the routing id */
    uint64_t anonymous;   /* no user id on the message */
    uint64_t own_routing; /* the connection chose its routing id */
    uint64_t unsent;      /* the peer was gone or its queue full */
};

/**
 * front_new - bind.
 *
 * zmq           a zmq context; keeps
 * listen        tcp://address:port, port 0 or * for any free one
 * curve_secret  borrows; libzmq keeps a copy
 * out_front     gives; free with front_free
 *
 * Errors:  SEIN_EEXIST the address is in use; SEIN_EIO it cannot be bound;
 *          SEIN_ENOMEM; SEIN_EINTERNAL libzmq refused an option that this
 *          broker relies on.
 */
SEIN_CHECKED enum sein_err
front_new(void *zmq, const char *listen,
          const uint8_t curve_secret[static SEIN_KEY_BYTES],
          struct front **out_front);
void front_free(struct front **front);

/** front_socket - for zmq_poll.  front_endpoint - as really bound. */
void *front_socket(const struct front *front);
const char *front_endpoint(const struct front *front);

/**
 * front_read - take what waits, up to the bounds of a turn.
 *
 * The frames of the turn before are released.
 * Errors:  SEIN_EIO the socket is gone.
 */
SEIN_CHECKED enum sein_err front_read(struct front *front, size_t *out_count);

/** front_frame - the frame at, below the count of the last front_read;
 *  borrowed until the next one. */
const struct front_frame *front_frame(const struct front *front, size_t at);

/** front_send - a kernel_send; context is the front. */
bool front_send(void *context, const struct kernel_peer *peer,
                struct sein_slice frame);

const struct front_counters *front_counters(const struct front *front);

#endif
