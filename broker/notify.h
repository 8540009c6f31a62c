/*
 * Telling systemd that we are ready, alive or stopping: sd_notify(3) by hand,
 * so that no library of theirs lies in a process that reads the network.
 *
 * Without NOTIFY_SOCKET everything here is nothing.
 * Threads: one thread per object.
 */
#ifndef SEIN_BROKER_NOTIFY_H
#define SEIN_BROKER_NOTIFY_H

#include "proto/base/bytes.h"

struct notify {
    int fd;              /* -1: nobody listens */
    int64_t watchdog_ms; /* how often to say that we are alive; 0: never */
    int64_t said_ms;
};

/** notify_open - from the environment.  An address that cannot be used is as
 *  none: that a service manager is deaf is no reason not to serve. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/** notify_say - one state, such as "READY=1" or "STOPPING=1". */
void notify_say(const struct notify *notify, const char *state);

/** notify_alive - say so, when it is time. */
void notify_alive(struct notify *notify, int64_t mono_ms);

#endif
