/*
 * The one loop: sockets, signals, timers, turns.
 *
 * SIGHUP reloads.  SIGTERM or SIGINT drains and stops; a second one stops at
 * once, which loses nothing that was accepted.
 * Threads: the calling one.
 */
#ifndef SEIN_BROKER_LOOP_H
#define SEIN_BROKER_LOOP_H

#include "broker/broker.h"

/** loop_block_signals - before any thread is started, so that all of them
 *  leave the signals to the loop.
 *
 * out_fd   gives: a descriptor that signals are read from; close it
 * Errors:  SEIN_EIO. */
SEIN_CHECKED enum sein_err loop_block_signals(int *out_fd);

/**
 * loop_run - until told to stop.
 *
 * broker   opened; its state is BROKER_STOPPED afterwards
 * Errors:  SEIN_EIO the disk failed: nothing was acknowledged since;
 *          SEIN_ENOMEM; SEIN_ECANCELED stopped at once by a second signal.
 */
SEIN_CHECKED enum sein_err loop_run(struct broker *broker, int signal_fd);

#endif
