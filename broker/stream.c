#include "broker/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    int fd; /* -1: free */
    int64_t until_ms;
    size_t request_len;
    size_t sent;
    bool answering;
    struct text answer;
    uint8_t request[STREAM_REQUEST_MAX];
    char buffer[STREAM_ANSWER_MAX];
};

/* A connection's buffers are there only while it is. */
struct stream {
    int fd;
    stream_handler *handler;
    void *context;
    struct connection *connections[STREAM_CONNECTIONS_MAX];
};

enum sein_err
stream_new(int fd, stream_handler *handler, void *context,
           struct stream **out_stream)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL) {
        (void)close(fd); /* ours now, and of no use */
        return SEIN_ENOMEM;
    }
    stream->fd = fd;
    stream->handler = handler;
    stream->context = context;
    *out_stream = stream;
    return SEIN_OK;
}

static void
end(struct stream *stream, size_t at)
{
    struct connection *connection = stream->connections[at];

    if (connection == NULL)
        return;
    stream->connections[at] = NULL;
    (void)close(connection->fd); /* the answer is away, or given up */
    free(connection);
}

void
stream_free(struct stream **stream)
{
    if (*stream == NULL)
        return;
    for (size_t i = 0; i < STREAM_CONNECTIONS_MAX; i++)
        end(*stream, i);
    (void)close((*stream)->fd); /* a listener keeps nothing back */
    free(*stream);
    *stream = NULL;
}

size_t
stream_items(const struct stream *stream, zmq_pollitem_t *items)
{
    size_t count = 0;
    bool room = false;

    if (stream == NULL)
        return 0;
    for (size_t i = 0; i < STREAM_CONNECTIONS_MAX; i++) {
        const struct connection *connection = stream->connections[i];

        if (connection == NULL) {
            room = true;
            continue;
        }
        items[count++] = (zmq_pollitem_t){
            .fd = connection->fd,
            .events = connection->answering ? ZMQ_POLLOUT : ZMQ_POLLIN,
        };
    }
    if (room)
        items[count++] =
            (zmq_pollitem_t){ .fd = stream->fd, .events = ZMQ_POLLIN };
    return count;
}

static bool
set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static void
take_connection(struct stream *stream, int64_t mono_ms)
{
    struct connection *connection = NULL;
    size_t at = 0;
    int fd = accept(stream->fd, NULL, NULL);

    if (fd < 0)
        return; /* gone again */
    while (at < STREAM_CONNECTIONS_MAX && stream->connections[at] != NULL)
        at++;
    if (at < STREAM_CONNECTIONS_MAX)
        connection = calloc(1, sizeof *connection);
    if (connection == NULL || !set_flags(fd)) {
        free(connection);
        (void)close(fd); /* nobody was answered */
        return;
    }
    connection->fd = fd;
    connection->until_ms = mono_ms + STREAM_DEADLINE_MS;
    text_init(&connection->answer, connection->buffer,
              sizeof connection->buffer);
    stream->connections[at] = connection;
}

/* Each of the two steps: false when the connection is over. */
static bool
go_on_reading(struct stream *stream, struct connection *connection)
{
    size_t left = STREAM_REQUEST_MAX - connection->request_len;
    ssize_t got = recv(connection->fd,
                       connection->request + connection->request_len, left, 0);
    struct sein_slice request;

    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    connection->request_len += (size_t)got;
    request = sein_slice_of(connection->request, connection->request_len);
    if (stream->handler(stream->context, request, &connection->answer) ==
        STREAM_ANSWER)
        connection->answering = true;
    return connection->answering ||
           connection->request_len < STREAM_REQUEST_MAX;
}

static bool
go_on_writing(struct connection *connection)
{
    const struct text *answer = &connection->answer;
    ssize_t put = send(connection->fd, answer->at + connection->sent,
                       answer->len - connection->sent, MSG_NOSIGNAL);

    if (put < 0)
        return errno == EAGAIN || errno == EINTR;
    connection->sent += (size_t)put;
    return connection->sent < answer->len;
}

static size_t
find(const struct stream *stream, int fd)
{
    size_t at = 0;

    while (at < STREAM_CONNECTIONS_MAX && (stream->connections[at] == NULL ||
                                           stream->connections[at]->fd != fd))
        at++;
    return at;
}

void
stream_handle(struct stream *stream, const zmq_pollitem_t *items,
              int64_t mono_ms)
{
    zmq_pollitem_t now[STREAM_ITEMS_MAX];
    size_t count = stream_items(stream, now);

    for (size_t i = 0; i < count; i++) {
        size_t at = find(stream, items[i].fd);
        struct connection *connection =
            at < STREAM_CONNECTIONS_MAX ? stream->connections[at] : NULL;

        if (connection == NULL) {
            if (items[i].revents != 0)
                take_connection(stream, mono_ms);
            continue;
        }
        if (items[i].revents == 0 && mono_ms < connection->until_ms)
            continue;
        if (mono_ms >= connection->until_ms ||
            !(connection->answering ? go_on_writing(connection)
                                    : go_on_reading(stream, connection)))
            end(stream, at);
    }
}

int64_t
stream_deadline(const struct stream *stream)
{
    int64_t first = INT64_MAX;

    if (stream == NULL)
        return first;
    for (size_t i = 0; i < STREAM_CONNECTIONS_MAX; i++) {
        if (stream->connections[i] != NULL &&
            stream->connections[i]->until_ms < first)
            first = stream->connections[i]->until_ms;
    }
    return first;
}
