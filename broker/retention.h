/*
 * What the broker does because time passed: it tells senders what was not
 * collected or is not being read, erases what expired, forgets what was kept
 * long enough.
 *
 * Every notice is written in the transaction that makes it unnecessary to
 * write it again.
 * Threads: one thread per kernel.  Source: PROTOCOL.md sections 10 and 11.
 */
#ifndef SEIN_BROKER_RETENTION_H
#define SEIN_BROKER_RETENTION_H

#include "broker/kernel/state.h"

/* Of each sort in one sweep. */
#define RETENTION_SWEEP_MAX 256U
#define RETENTION_EVERY_MS (30 * SEIN_MS_PER_S)

/**
 * retention_sweep - one bounded sweep; sets kernel->sweep_at_ms, to now when
 * more waits to be done.
 *
 * Errors:  those that end a turn.
 */
SEIN_CHECKED enum sein_err retention_sweep(struct kernel *kernel);

#endif
