/*
 * What must happen now and then, whoever asks for nothing: erased bytes leave
 * the files, the disk is looked at, the operator is told what was
 * dropped.
 *
 *  1. What was erased is gone from the files at most UPKEEP_ERASE_MS later.
 *  2. The store's log is emptied soon after it holds UPKEEP_BYTES_MAX, or a
 *     part of what the disk has left.
 * Threads: the loop's.  Source: PROTOCOL.md; property "erased means erased".
 */
#ifndef SEIN_BROKER_UPKEEP_H
#define SEIN_BROKER_UPKEEP_H

#include "broker/broker.h"

#define UPKEEP_IDLE_MS 2000
#define UPKEEP_ERASE_MS 10000
#define UPKEEP_QUIET_MS 60000
#define UPKEEP_BYTES_MAX (UINT64_C(32) * 1024 * 1024)
#define UPKEEP_DISK_MS 1000

/** upkeep_found_full - a turn found the disk full: nothing new for now. */
void upkeep_found_full(struct broker *broker);

/**
 * upkeep_run - whatever is due.
 *
 * idle     nobody waits for an answer just now
 * Errors:  SEIN_EIO the disk failed.
 */
SEIN_CHECKED enum sein_err upkeep_run(struct broker *broker, bool idle);

/** upkeep_wait_ms - until something is due; INT64_MAX: nothing is. */
int64_t upkeep_wait_ms(const struct broker *broker);

#endif
