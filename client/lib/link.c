#include "client/lib/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <zmq.h>

#define HANDSHAKE_MS 5000
#define HEARTBEAT_MS 10000
#define HEARTBEAT_TIMEOUT_MS 20000
#define LINGER_MS 200
#define MONITOR_NAME_MAX 64U

struct link {
    void *context;
    void *socket;
    void *monitor;
    int epoll;
    enum link_state state;
    enum sein_err reason;
    zmq_msg_t message;
    bool has_message;
};

static enum sein_err
set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0 ? SEIN_OK
                                                                     : SEIN_EIO;
}

static enum sein_err
set_key(void *socket, int option, const uint8_t *key)
{
    return zmq_setsockopt(socket, option, key, SEIN_KEY_BYTES) == 0 ? SEIN_OK
                                                                    : SEIN_EIO;
}

static enum sein_err
set_options(void *socket, const uint8_t *server,
            const struct keystore_pair *pair)
{
    static const struct {
        int option;
        int value;
    } rows[] = {
        { ZMQ_LINGER, LINGER_MS },
        { ZMQ_IMMEDIATE, 1 },      /* queue nothing for nobody */
        { ZMQ_RECONNECT_IVL, -1 }, /* one try; see link.h */
        { ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS },
        { ZMQ_CONNECT_TIMEOUT, HANDSHAKE_MS },
        { ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS },
        { ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS },
        { ZMQ_IPV6, 1 },
    };
    int64_t frame_max = (int64_t)SEIN_FRAME_MAX;
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && err == SEIN_OK; i++)
        err = set_int(socket, rows[i].option, rows[i].value);
    if (err == SEIN_OK && zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max,
                                         sizeof frame_max) != 0)
        err = SEIN_EIO;
    if (err == SEIN_OK)
        err = set_key(socket, ZMQ_CURVE_SERVERKEY, server);
    if (err == SEIN_OK)
        err = set_key(socket, ZMQ_CURVE_PUBLICKEY, pair->public_key.curve);
    if (err == SEIN_OK)
        err = set_key(socket, ZMQ_CURVE_SECRETKEY, pair->curve_secret);
    return err;
}

static enum sein_err
start_monitor(struct link *link)
{
    char name[MONITOR_NAME_MAX];
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_CLOSED |
                 ZMQ_EVENT_CONNECT_RETRIED;

    (void)snprintf(name, sizeof name, "inproc://link-%p", (void *)link);
    if (zmq_socket_monitor(link->socket, name, events) != 0)
        return SEIN_EIO;
    link->monitor = zmq_socket(link->context, ZMQ_PAIR);
    if (link->monitor == NULL || zmq_connect(link->monitor, name) != 0)
        return SEIN_EIO;
    return SEIN_OK;
}

static enum sein_err
watch(struct link *link, void *socket)
{
    int fd = -1;
    size_t size = sizeof fd;
    struct epoll_event event = { .events = EPOLLIN };

    if (zmq_getsockopt(socket, ZMQ_FD, &fd, &size) != 0 ||
        epoll_ctl(link->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        return SEIN_EIO;
    return SEIN_OK;
}

static enum sein_err
build(struct link *link, const char *endpoint, const uint8_t *server,
      const struct keystore_pair *pair)
{
    enum sein_err err = SEIN_OK;

    link->context = zmq_ctx_new();
    if (link->context == NULL)
        return SEIN_ENOMEM;
    link->socket = zmq_socket(link->context, ZMQ_DEALER);
    link->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (link->socket == NULL || link->epoll < 0)
        return SEIN_EIO;
    err = set_options(link->socket, server, pair);
    if (err == SEIN_OK)
        err = start_monitor(link);
    if (err == SEIN_OK)
        err = watch(link, link->socket);
    if (err == SEIN_OK)
        err = watch(link, link->monitor);
    if (err != SEIN_OK)
        return err;
    if (zmq_connect(link->socket, endpoint) != 0)
        return errno == EINVAL || errno == EPROTONOSUPPORT ? SEIN_EFORMAT
                                                           : SEIN_EUNREACHABLE;
    return SEIN_OK;
}

enum sein_err
link_open(const char *endpoint, const uint8_t server[static SEIN_KEY_BYTES],
          const struct keystore_pair *pair, struct link **out_link)
{
    struct link *link = calloc(1, sizeof *link);
    enum sein_err err = SEIN_OK;

    if (link == NULL)
        return SEIN_ENOMEM;
    link->epoll = -1;
    err = build(link, endpoint, server, pair);
    if (err == SEIN_OK) {
        *out_link = link;
        link = NULL;
    }
    link_close(&link);
    return err;
}

void
link_close(struct link **link)
{
    if (link == NULL || *link == NULL)
        return;
    if ((*link)->has_message)
        (void)zmq_msg_close(&(*link)->message);
    if ((*link)->monitor != NULL) {
        (void)zmq_setsockopt((*link)->monitor, ZMQ_LINGER, &(int){ 0 },
                             sizeof(int));
        (void)zmq_close((*link)->monitor);
    }
    if ((*link)->socket != NULL) {
        (void)zmq_socket_monitor((*link)->socket, NULL, 0);
        (void)zmq_close((*link)->socket);
    }
    if ((*link)->context != NULL)
        (void)zmq_ctx_term((*link)->context); /* waits the linger, no longer */
    if ((*link)->epoll >= 0)
        (void)close((*link)->epoll);
    free(*link);
    *link = NULL;
}

int
link_fd(const struct link *link)
{
    return link->epoll;
}

static void
take_event(struct link *link, uint16_t event)
{
    if (link->state == LINK_DOWN)
        return;
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        link->state = LINK_UP;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        link->state = LINK_DOWN;
        link->reason = SEIN_ENOTADMITTED;
        break;
    default:
        link->state = LINK_DOWN;
        link->reason = SEIN_EUNREACHABLE;
        break;
    }
}

static void
read_monitor(struct link *link)
{
    zmq_msg_t part;
    uint16_t event = 0;

    for (;;) {
        (void)zmq_msg_init(&part); /* cannot fail */
        if (zmq_msg_recv(&part, link->monitor, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(&part);
            return;
        }
        /* First part: event and value; second: the address. */
        if (zmq_msg_more(&part) && zmq_msg_size(&part) >= sizeof event) {
            memcpy(&event, zmq_msg_data(&part), sizeof event);
            take_event(link, event);
        }
        (void)zmq_msg_close(&part);
    }
}

enum link_state
link_poll(struct link *link, int timeout_ms, enum sein_err *out_reason)
{
    zmq_pollitem_t items[] = {
        { .socket = link->socket, .events = ZMQ_POLLIN },
        { .socket = link->monitor, .events = ZMQ_POLLIN },
    };

    /* Interrupted or not: what there is to see is seen below. */
    if (link->state != LINK_DOWN)
        (void)zmq_poll(items, 2, timeout_ms);
    read_monitor(link);
    if (out_reason != NULL && link->state == LINK_DOWN)
        *out_reason = link->reason;
    return link->state;
}

enum sein_err
link_send(struct link *link, struct sein_slice frame)
{
    if (zmq_send(link->socket, frame.at, frame.len, ZMQ_DONTWAIT) >= 0)
        return SEIN_OK;
    switch (errno) {
    case EAGAIN:
        return SEIN_EBUSY;
    case ENOMEM:
        return SEIN_ENOMEM;
    default:
        return SEIN_EUNREACHABLE;
    }
}

/* What follows the first part of a message that has several. */
static void
drop_rest(struct link *link)
{
    int more = 1;

    while (more) {
        (void)zmq_msg_close(&link->message);
        (void)zmq_msg_init(&link->message);
        if (zmq_msg_recv(&link->message, link->socket, ZMQ_DONTWAIT) < 0)
            return;
        more = zmq_msg_more(&link->message);
    }
}

enum sein_err
link_receive(struct link *link, struct sein_slice *out_frame)
{
    if (link->has_message)
        (void)zmq_msg_close(&link->message);
    (void)zmq_msg_init(&link->message); /* cannot fail */
    link->has_message = true;
    if (zmq_msg_recv(&link->message, link->socket, ZMQ_DONTWAIT) < 0)
        return SEIN_ENOENT;
    if (zmq_msg_more(&link->message)) {
        drop_rest(link);
        return SEIN_EWIRE;
    }
    *out_frame = sein_slice_of(zmq_msg_data(&link->message),
                               zmq_msg_size(&link->message));
    return SEIN_OK;
}
