#include "broker/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Only these two: what others can reach is refused. */
static bool
loopback_address(const char *text, union address *out, socklen_t *out_len)
{
    const char *colon = strrchr(text, ':');
    unsigned long port = 0;
    char *end = NULL;

    if (colon == NULL)
        return false;
    port = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || port > 65535)
        return false;
    memset(out, 0, sizeof *out);
    if (colon - text == 9 && memcmp(text, "127.0.0.1", 9) == 0) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)port);
        out->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        *out_len = sizeof out->v4;
        return true;
    }
    if (colon - text != 5 || memcmp(text, "[::1]", 5) != 0)
        return false;
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons((uint16_t)port);
    out->v6.sin6_addr = in6addr_loopback;
    *out_len = sizeof out->v6;
    return true;
}

static enum sein_err
listen_on(const struct sockaddr *address, socklen_t len, int *out_fd)
{
    int fd = socket(address->sa_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    enum sein_err err = SEIN_EIO;

    if (fd < 0)
        return SEIN_EIO;
    if (address->sa_family != AF_UNIX &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        goto done;
    if (bind(fd, address, len) != 0) {
        err = errno == EADDRINUSE ? SEIN_EEXIST : SEIN_EIO;
        goto done;
    }
    if (listen(fd, BACKLOG) != 0)
        goto done;
    *out_fd = fd;
    return SEIN_OK;

done:
    (void)close(fd); /* it never listened */
    return err;
}

enum sein_err
stream_listen_loopback(const char *address, int *out_fd, uint16_t *out_port)
{
    union address at;
    socklen_t len = 0;
    int fd = -1;
    enum sein_err err = SEIN_OK;

    if (!loopback_address(address, &at, &len))
        return SEIN_EFORMAT;
    err = listen_on(&at.any, len, &fd);
    if (err != SEIN_OK)
        return err;
    if (getsockname(fd, &at.any, &len) != 0) {
        (void)close(fd); /* of no use without its port */
        return SEIN_EIO;
    }
    *out_port =
        ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
    *out_fd = fd;
    return SEIN_OK;
}

static bool
local_address(const char *path, struct sockaddr_un *out, socklen_t *out_len)
{
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof out->sun_path)
        return false;
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    memcpy(out->sun_path, path, len);
    *out_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    return true;
}

enum sein_err
stream_connect_local(const char *path, int *out_fd)
{
    struct sockaddr_un address;
    socklen_t len = 0;
    int fd = -1;

    if (!local_address(path, &address, &len))
        return SEIN_EUNREACHABLE;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return SEIN_EUNREACHABLE;
    if (connect(fd, (const struct sockaddr *)&address, len) != 0) {
        (void)close(fd); /* nobody is there */
        return SEIN_EUNREACHABLE;
    }
    *out_fd = fd;
    return SEIN_OK;
}

/* What a broker that was killed leaves behind does not answer. */
static bool
remove_dead(const char *path)
{
    struct stat about;
    int fd = -1;

    if (lstat(path, &about) != 0 || !S_ISSOCK(about.st_mode))
        return false;
    if (stream_connect_local(path, &fd) == SEIN_OK) {
        (void)close(fd); /* somebody is there */
        return false;
    }
    return unlink(path) == 0;
}

enum sein_err
stream_listen_local(const char *path, int *out_fd)
{
    struct sockaddr_un address;
    socklen_t len = 0;
    enum sein_err err = SEIN_OK;
    mode_t before = 0;

    if (!local_address(path, &address, &len))
        return SEIN_EIO;
    before = umask(0177); /* so that it is 0600 from its first moment */
    err = listen_on((const struct sockaddr *)&address, len, out_fd);
    if (err == SEIN_EEXIST && remove_dead(path))
        err = listen_on((const struct sockaddr *)&address, len, out_fd);
    (void)umask(before); /* cannot fail */
    return err;
}
