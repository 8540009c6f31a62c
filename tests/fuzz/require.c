#include "tests/fuzz/require.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/allocator_interface.h>

/* Of the one thread that a target has. */
static size_t allocations;
static bool hooked;

void
require(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "required: %s\n", what);
    abort();
}

void
require_same(struct sein_slice a, struct sein_slice b, const char *what)
{
    require(a.len == b.len, what);
    require(a.len == 0 || memcmp(a.at, b.at, a.len) == 0, what);
}

void
require_within(struct sein_slice view, struct sein_slice whole)
{
    if (view.len == 0)
        return;
    require(view.at >= whole.at && view.len <= whole.len &&
                (size_t)(view.at - whole.at) <= whole.len - view.len,
            "a view lies inside of what was read");
}

static void
count_allocation(const volatile void *at, size_t size)
{
    (void)at;
    (void)size;
    allocations++;
}

static void
ignore_free(const volatile void *at)
{
    (void)at;
}

void
require_no_memory_begin(void)
{
    void *volatile one = NULL;

    if (!hooked) {
        require(__sanitizer_install_malloc_and_free_hooks(count_allocation,
                                                          ignore_free) != 0,
                "malloc can be watched");
        /* The watch itself is tried once: a compiler must not drop this. */
        one = malloc(1);
        free(one);
        require(allocations == 1, "malloc is watched");
        hooked = true;
    }
    allocations = 0;
}

void
require_no_memory_end(void)
{
    require(allocations == 0, "nothing is allocated");
}

uint8_t
fuzz_byte(struct sein_slice *rest)
{
    uint8_t byte = 0;

    if (rest->len == 0)
        return 0;
    byte = rest->at[0];
    *rest = sein_slice_of(rest->at + 1, rest->len - 1);
    return byte;
}

struct sein_slice
fuzz_until(struct sein_slice *rest, uint8_t separator)
{
    const uint8_t *found =
        rest->len > 0 ? memchr(rest->at, separator, rest->len) : NULL;
    struct sein_slice part = *rest;

    if (found == NULL) {
        *rest = sein_slice_of(rest->at, 0);
        return part;
    }
    part.len = (size_t)(found - rest->at);
    *rest = sein_slice_of(found + 1, rest->len - part.len - 1);
    return part;
}
