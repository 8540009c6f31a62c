/*
 * Memory that is all given back at once: what an opened folder holds.
 *
 *  1. Everything an arena gave lives until arena_free.
 *  2. arena.failed iff some allocation failed; whoever fills a model asks once,
 *     at the end.
 * Threads: one at a time per arena.
 */
#ifndef SEIN_CLIENT_GOVERN_ARENA_H
#define SEIN_CLIENT_GOVERN_ARENA_H

#include "proto/base/bytes.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    bool failed;
};

/** arena_free - gives everything back; the arena is empty and usable again. */
void arena_free(struct arena *arena);

/** arena_new - count zeroed elements of size bytes; NULL: out of memory. */
void *arena_new(struct arena *arena, size_t count, size_t size);

/**
 * arena_more - room for one element more.
 *
 * array    what arena_more gave before, or NULL; count its elements in use
 * Returns the array, perhaps elsewhere; NULL: out of memory.
 */
void *arena_more(struct arena *arena, void *array, size_t count, size_t size);

/** arena_text - a NUL-terminated copy, up to a NUL inside; NULL: no memory. */
char *arena_text(struct arena *arena, struct sein_slice text);

/** arena_bytes - a copy; absent: out of memory, or there was nothing. */
struct sein_slice arena_bytes(struct arena *arena, struct sein_slice bytes);

/** arena_format - printf into new memory; "": out of memory. */
__attribute__((format(printf, 2, 3))) const char *
arena_format(struct arena *arena, const char *format, ...);

#endif
