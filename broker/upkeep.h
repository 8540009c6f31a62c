/*
 * What must happen now and then, whoever asks for nothing: erased bytes leave
 * the files, the disk's free space is looked at, the operator is told what was
 * dropped.
 *
 *  1. What was erased is gone from the files at most UPKEEP_ERASE_MS later.
 *  2. The write-ahead log is emptied before UPKEEP_BYTES_MAX went into it.
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

/** upkeep_taken - frames of so many bytes went into the store. */
void upkeep_taken(struct broker *broker, uint64_t bytes);

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
