#include "broker/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* systemd kills after the whole interval: say it twice as often. */
static int64_t
watchdog_from_environment(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");

    if (usec == NULL)
        return 0;
    if (pid != NULL && strtol(pid, NULL, 10) != (long)getpid())
        return 0;
    return (int64_t)(strtoll(usec, NULL, 10) / 1000 / 2);
}

void
notify_open(struct notify *notify)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = path == NULL ? 0 : strlen(path);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);

    *notify = (struct notify){ .fd = -1 };
    if (len == 0 || len >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* the abstract name space */
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->fd < 0)
        return;
    if (connect(notify->fd, (const struct sockaddr *)&address, size) != 0) {
        notify_close(notify);
        return;
    }
    notify->watchdog_ms = watchdog_from_environment();
}

void
notify_close(struct notify *notify)
{
    if (notify->fd >= 0)
        (void)close(notify->fd); /* a datagram socket keeps nothing back */
    notify->fd = -1;
}

void
notify_say(const struct notify *notify, const char *state)
{
    if (notify->fd >= 0)
        (void)send(notify->fd, state, strlen(state), MSG_NOSIGNAL);
}

void
notify_alive(struct notify *notify, int64_t mono_ms)
{
    if (notify->watchdog_ms == 0 ||
        mono_ms - notify->said_ms < notify->watchdog_ms)
        return;
    notify->said_ms = mono_ms;
    notify_say(notify, "WATCHDOG=1");
}
