#include "broker/front.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "broker/failpoint.h"

/* In libzmq 4.3.4 but not declared in Debian's header. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

/* Messages that libzmq holds for one connection, each way.  In: as many as a
 * turn takes, so that one busy member can fill a commit; the bytes of a hostile
 * one are bounded from outside (MemoryMax).  Out: the window of section 13
 * bounds deliveries, and what cannot be queued goes back to its desk. */
#define FRONT_RECEIVE_MESSAGES ((int)FRONT_TURN_FRAMES)
#define FRONT_SEND_MESSAGES 1024
/* A total deadline, and 30 s by default: too long for silent connections. */
#define FRONT_HANDSHAKE_MS 5000
#define FRONT_HEARTBEAT_MS 15000
#define FRONT_HEARTBEAT_LOST_MS 45000
#define FRONT_LINGER_MS 1000
#define FRONT_BACKLOG 1024

/* libzmq measures a message as it travels: CURVE puts the word MESSAGE with its
 * length, a nonce, a tag and a flags byte around it (RFC 26). */
#define FRONT_CURVE_BYTES (8 + 8 + 16 + 1)

/* Routing ids that libzmq makes: a zero byte and 32 bits. */
#define FRONT_ROUTING_BYTES 5U

struct front {
    void *socket;
    char endpoint[FRONT_ENDPOINT_MAX];
    struct front_counters counters;
    size_t count;
    struct front_frame frames[FRONT_TURN_FRAMES];
    zmq_msg_t messages[FRONT_TURN_FRAMES];
};

static bool
set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool
set_options(void *socket, const uint8_t curve_secret[static SEIN_KEY_BYTES])
{
    static const char domain[] = FRONT_ZAP_DOMAIN;
    int64_t frame_max = SEIN_FRAME_MAX + FRONT_CURVE_BYTES;

    return set_int(socket, ZMQ_CURVE_SERVER, 1) &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, curve_secret,
                          SEIN_KEY_BYTES) == 0 &&
           /* Without a domain, or without enforcing it, a missing handler
            * would let everyone in. */
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, sizeof domain - 1) ==
               0 &&
           set_int(socket, ZMQ_ZAP_ENFORCE_DOMAIN, 1) &&
           set_int(socket, ZMQ_ROUTER_MANDATORY, 1) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max,
                          sizeof frame_max) == 0 &&
           set_int(socket, ZMQ_HANDSHAKE_IVL, FRONT_HANDSHAKE_MS) &&
           set_int(socket, ZMQ_HEARTBEAT_IVL, FRONT_HEARTBEAT_MS) &&
           set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, FRONT_HEARTBEAT_LOST_MS) &&
           set_int(socket, ZMQ_RCVHWM, FRONT_RECEIVE_MESSAGES) &&
           set_int(socket, ZMQ_SNDHWM, FRONT_SEND_MESSAGES) &&
           set_int(socket, ZMQ_LINGER, FRONT_LINGER_MS) &&
           set_int(socket, ZMQ_BACKLOG, FRONT_BACKLOG);
}

static enum sein_err
bind_socket(struct front *front, const char *listen)
{
    size_t len = sizeof front->endpoint;

    if (strchr(listen, '[') != NULL && !set_int(front->socket, ZMQ_IPV6, 1))
        return SEIN_EINTERNAL;
    if (zmq_bind(front->socket, listen) != 0)
        return errno == EADDRINUSE ? SEIN_EEXIST : SEIN_EIO;
    if (zmq_getsockopt(front->socket, ZMQ_LAST_ENDPOINT, front->endpoint,
                       &len) != 0)
        return SEIN_EIO;
    return SEIN_OK;
}

enum sein_err
front_new(void *zmq, const char *listen,
          const uint8_t curve_secret[static SEIN_KEY_BYTES],
          struct front **out_front)
{
    struct front *front = calloc(1, sizeof *front);
    enum sein_err err = SEIN_OK;

    if (front == NULL)
        return SEIN_ENOMEM;
    front->socket = zmq_socket(zmq, ZMQ_ROUTER);
    if (front->socket == NULL) {
        err = SEIN_ENOMEM;
        goto done;
    }
    if (!set_options(front->socket, curve_secret)) {
        err = SEIN_EINTERNAL;
        goto done;
    }
    err = bind_socket(front, listen);
    if (err != SEIN_OK)
        goto done;
    *out_front = front;
    front = NULL;

done:
    front_free(&front);
    return err;
}

static void
release(struct front *front)
{
    for (size_t i = 0; i < front->count; i++)
        (void)zmq_msg_close(&front->messages[i]); /* it was a message */
    front->count = 0;
}

void
front_free(struct front **front)
{
    if (*front == NULL)
        return;
    release(*front);
    if ((*front)->socket != NULL)
        (void)zmq_close((*front)->socket); /* it was a socket */
    free(*front);
    *front = NULL;
}

void *
front_socket(const struct front *front)
{
    return front->socket;
}

const char *
front_endpoint(const struct front *front)
{
    return front->endpoint;
}

/* The parts that are left of a message that is ignored. */
static void
drain(struct front *front)
{
    zmq_msg_t part;
    bool more = true;

    while (more) {
        (void)zmq_msg_init(&part); /* never fails */
        more = zmq_msg_recv(&part, front->socket, ZMQ_DONTWAIT) >= 0 &&
               zmq_msg_more(&part);
        (void)zmq_msg_close(&part); /* it was a message */
    }
}

static bool
read_peer(zmq_msg_t *routing, struct kernel_peer *out_peer)
{
    const uint8_t *bytes = zmq_msg_data(routing);
    size_t len = zmq_msg_size(routing);

    if (len != FRONT_ROUTING_BYTES || bytes[0] != 0)
        return false;
    out_peer->len = (uint8_t)len;
    memcpy(out_peer->bytes, bytes, len);
    return true;
}

/* The user id that our ZAP handler gave, from the body's metadata: that of the
 * routing frame is not filled in after zmq_poll. */
static bool
read_key_id(zmq_msg_t *body, struct sein_key_id *out_key_id)
{
    const char *user_id = zmq_msg_gets(body, "User-Id");

    return user_id != NULL &&
           sein_unhex(sein_slice_text(user_id), out_key_id->bytes,
                      sizeof out_key_id->bytes) == SEIN_OK;
}

/* One message into slot front->count; taken iff it is a frame. */
static bool
take_message(struct front *front, zmq_msg_t *routing)
{
    struct front_frame *frame = &front->frames[front->count];
    zmq_msg_t *body = &front->messages[front->count];

    if (!zmq_msg_more(routing)) {
        front->counters.multipart++;
        return false;
    }
    (void)zmq_msg_init(body); /* never fails */
    if (zmq_msg_recv(body, front->socket, ZMQ_DONTWAIT) < 0)
        goto ignore;
    if (zmq_msg_more(body)) {
        drain(front);
        front->counters.multipart++;
        goto ignore;
    }
    if (!read_key_id(body, &frame->key_id)) {
        front->counters.anonymous++;
        goto ignore;
    }
    if (!read_peer(routing, &frame->peer)) {
        front->counters.own_routing++;
        goto ignore;
    }
    frame->bytes = sein_slice_of(zmq_msg_data(body), zmq_msg_size(body));
    front->count++;
    return true;

ignore:
    (void)zmq_msg_close(body); /* it was a message */
    return false;
}

enum sein_err
front_read(struct front *front, size_t *out_count)
{
    size_t bytes = 0;
    size_t ignored = 0;

    release(front);
    while (front->count < FRONT_TURN_FRAMES && ignored < FRONT_TURN_FRAMES &&
           bytes < FRONT_TURN_BYTES) {
        zmq_msg_t routing;
        bool waits = false;

        (void)zmq_msg_init(&routing); /* never fails */
        waits = zmq_msg_recv(&routing, front->socket, ZMQ_DONTWAIT) >= 0;
        if (waits && take_message(front, &routing)) {
            bytes += front->frames[front->count - 1].bytes.len;
            FAILPOINT_TAP(front->frames[front->count - 1].bytes);
        } else if (waits) {
            ignored++;
        }
        (void)zmq_msg_close(&routing); /* it was a message */
        if (!waits && errno != EAGAIN && errno != EINTR)
            return SEIN_EIO;
        if (!waits)
            break;
    }
    *out_count = front->count;
    return SEIN_OK;
}

const struct front_frame *
front_frame(const struct front *front, size_t at)
{
    assert(at < front->count);
    return &front->frames[at];
}

bool
front_send(void *context, const struct kernel_peer *peer,
           struct sein_slice frame)
{
    struct front *front = context;

    /* EHOSTUNREACH and EAGAIN both come with the routing id; after it the
     * frame itself always fits. */
    if (zmq_send(front->socket, peer->bytes, peer->len,
                 ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_send(front->socket, frame.at, frame.len, ZMQ_DONTWAIT) < 0) {
        front->counters.unsent++;
        return false;
    }
    FAILPOINT_TAP(frame);
    FAILPOINT_FRAME(frame);
    return true;
}

const struct front_counters *
front_counters(const struct front *front)
{
    return &front->counters;
}
