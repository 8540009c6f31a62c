#include "client/govern/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    max_align_t room[];
};

void
arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *gone = arena->blocks;

        arena->blocks = gone->next;
        free(gone);
    }
    arena->failed = false;
}

void *
arena_new(struct arena *arena, size_t count, size_t size)
{
    struct arena_block *block = NULL;
    size_t len = 0;

    if (sein_mul_len(count, size, &len) == SEIN_OK &&
        sein_add_len(len, sizeof *block, &len) == SEIN_OK)
        block = calloc(1, len);
    if (block == NULL) {
        arena->failed = true;
        return NULL;
    }
    block->next = arena->blocks;
    arena->blocks = block;
    return block->room;
}

void *
arena_more(struct arena *arena, void *array, size_t count, size_t size)
{
    void *larger = NULL;

    /* Full at 0, 1, 2, 4, 8, ... elements. */
    if (array != NULL && (count & (count - 1)) != 0)
        return array;
    larger = arena_new(arena, count == 0 ? 1 : count * 2, size);
    if (larger != NULL && array != NULL)
        memcpy(larger, array, count * size);
    return larger;
}

char *
arena_text(struct arena *arena, struct sein_slice text)
{
    char *copy = arena_new(arena, text.len + 1, 1);

    if (copy != NULL && text.len > 0)
        memcpy(copy, text.at, text.len);
    return copy;
}

struct sein_slice
arena_bytes(struct arena *arena, struct sein_slice bytes)
{
    uint8_t *copy = bytes.len > 0 ? arena_new(arena, bytes.len, 1) : NULL;

    if (copy == NULL)
        return (struct sein_slice){ 0 };
    memcpy(copy, bytes.at, bytes.len);
    return sein_slice_of(copy, bytes.len);
}

const char *
arena_format(struct arena *arena, const char *format, ...)
{
    va_list list;
    char *text = NULL;
    int len = 0;

    va_start(list, format);
    len = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (len < 0)
        return "";
    text = arena_new(arena, (size_t)len + 1, 1);
    if (text == NULL)
        return "";
    va_start(list, format);
    (void)vsnprintf(text, (size_t)len + 1, format, list); /* measured above */
    va_end(list);
    return text;
}
