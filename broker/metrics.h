/*
 * Prometheus text: what this broker counts.  No label, so no name of a member,
 * desk or circle, can stand in it.
 *
 * Threads: safe.  Source: Prometheus text exposition format 0.0.4.
 */
#ifndef SEIN_BROKER_METRICS_H
#define SEIN_BROKER_METRICS_H

#include "broker/front.h"
#include "broker/text.h"
#include "broker/zap.h"

#define METRICS_TEXT_MAX 16384U

struct metrics {
    struct kernel_counters kernel;
    struct front_counters front;
    struct zap_counters zap;
    struct store_usage waiting;
    uint64_t presences;
    uint64_t matches;
    uint64_t store_full; /* turns that found the disk full */
    uint64_t log_lost;
    uint64_t directory_version;
    int64_t directory_expires_at_ms;
    int64_t started_at_ms;
    uint64_t head_seq;
    uint64_t resident_bytes;
    bool ready;
};

/** metrics_write - all of them. */
void metrics_write(const struct metrics *metrics, struct text *out);

/** metrics_resident - this process's resident memory in bytes; 0: unknown. */
uint64_t metrics_resident(void);

#endif
