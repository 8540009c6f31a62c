#include "client/lib/clock.h"

#include <time.h>
#ifdef SEIN_TEST_BUILD
#include <stdio.h>
#include <stdlib.h>
#endif

#include "proto/base/limits.h"

#define NS_PER_MS 1000000

static int64_t
read_clock(clockid_t clock)
{
    struct timespec now = { 0 };

    (void)clock_gettime(clock, &now); /* both clocks always exist */
    return (int64_t)now.tv_sec * SEIN_MS_PER_S + now.tv_nsec / NS_PER_MS;
}

#ifdef SEIN_TEST_BUILD
static int64_t
test_offset_ms(void)
{
    const char *path = getenv("SEIN_TEST_CLOCK");
    char text[32] = { 0 };
    FILE *file = path == NULL ? NULL : fopen(path, "re");

    if (file == NULL)
        return 0;
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    (void)fclose(file); /* it was only read */
    return strtoll(text, NULL, 10);
}
#endif

int64_t
sein_clock_ms(void)
{
#ifdef SEIN_TEST_BUILD
    return read_clock(CLOCK_REALTIME) + test_offset_ms();
#else
    return read_clock(CLOCK_REALTIME);
#endif
}

int64_t
sein_clock_monotonic_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}
