/*
 * Handing out what waits, to whoever reads it and has room for it.
 *
 * Desks wait in a line; each is read from its cursor on, first what went back.
 * The sessions that read a desk take turns, a frame each.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 13.
 */
#ifndef SEIN_BROKER_KERNEL_DELIVER_H
#define SEIN_BROKER_KERNEL_DELIVER_H

#include "broker/kernel/state.h"

/* A turn reads at most this much; the rest waits for the next. */
#define DELIVER_BYTES_MAX (8U * 1024U * 1024U)

/** deliver_all - frames for all that fits; to be sent once it is durable.
 *
 * Errors:  those that end a turn. */
SEIN_CHECKED enum sein_err deliver_all(struct kernel *kernel);

#endif
