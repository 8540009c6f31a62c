#include "broker/clock.h"

#include <time.h>

#include "proto/base/limits.h"

#ifdef SEIN_TEST_BUILD
#include <stdio.h>
#include <stdlib.h>

#define CLOCK_ENV "SEIN_TEST_CLOCK"

/* A file that cannot be read, or is just being written, changes nothing. */
static void
read_offset(struct clock *clock)
{
    const char *path = getenv(CLOCK_ENV);
    FILE *file = NULL;
    long long offset = 0;

    if (path == NULL)
        return;
    file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fscanf(file, "%lld", &offset) == 1)
        clock->offset_ms = offset;
    (void)fclose(file); /* only read */
}

bool
clock_is_tested(void)
{
    return getenv(CLOCK_ENV) != NULL;
}
#else
static void
read_offset(struct clock *clock)
{
    (void)clock; /* real time only */
}

bool
clock_is_tested(void)
{
    return false;
}
#endif

static int64_t
read_ms(clockid_t id)
{
    struct timespec at = { 0 };

    (void)clock_gettime(id, &at); /* cannot fail for these two */
    return (int64_t)at.tv_sec * SEIN_MS_PER_S + at.tv_nsec / 1000000;
}

void
clock_read(struct clock *clock)
{
    int64_t mono_ms = 0;

    read_offset(clock);
    mono_ms = read_ms(CLOCK_MONOTONIC) + clock->offset_ms;
    clock->now_ms = read_ms(CLOCK_REALTIME) + clock->offset_ms;
    if (mono_ms > clock->mono_ms)
        clock->mono_ms = mono_ms;
}
