/*
 * The only reader of the system's clocks, once a turn.
 *
 *  1. mono_ms never goes backwards.
 * In a test build both clocks are moved by the milliseconds that stand in the
 * file that SEIN_TEST_CLOCK names, read again at each clock_read.
 * Threads: one thread per clock.
 */
#ifndef SEIN_BROKER_CLOCK_H
#define SEIN_BROKER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
    int64_t now_ms;    /* wall, since 1970 UTC */
    int64_t mono_ms;   /* for durations */
    int64_t offset_ms; /* added to both; 0 outside test builds */
};

/** clock_read - both clocks as they are now. */
void clock_read(struct clock *clock);

/** clock_is_tested - whether time comes from a file, so that whoever waits
 *  must look again soon. */
bool clock_is_tested(void);

#endif
