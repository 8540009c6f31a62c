/*
 * The only place where libsein reads a clock.
 *
 * In a test build (SEIN_TEST_BUILD) the wall clock is moved by the
 * milliseconds that stand, as text, in the file that the environment variable
 * SEIN_TEST_CLOCK names, so that a scenario can let weeks pass.
 * Threads: safe.
 */
#ifndef SEIN_CLIENT_LIB_CLOCK_H
#define SEIN_CLIENT_LIB_CLOCK_H

#include <stdint.h>

/** sein_clock_ms - wall time, milliseconds since 1970 UTC. */
int64_t sein_clock_ms(void);

/** sein_clock_monotonic_ms - for durations and timers; never moved. */
int64_t sein_clock_monotonic_ms(void);

#endif
