#include "client/lib/linemap.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_MAX 1024U

void
linemap_deinit(struct linemap *map)
{
    free(map->rows);
    *map = (struct linemap){ 0 };
}

/* The place of a source, or the free place where it would go.  The hashes are
 * keyed: nobody outside can make them collide. */
static struct linemap_row *
place(const struct linemap *map, const struct localdb_hash *source)
{
    size_t at = 0;

    memcpy(&at, source->bytes, sizeof at);
    for (;; at++) {
        struct linemap_row *row = &map->rows[at & (map->max - 1)];

        if (row->line == 0 ||
            memcmp(row->source.bytes, source->bytes, sizeof source->bytes) == 0)
            return row;
    }
}

static enum sein_err
grow(struct linemap *map)
{
    struct linemap more = { .max = map->max == 0 ? FIRST_MAX : 2 * map->max };

    more.rows = calloc(more.max, sizeof *more.rows);
    if (more.rows == NULL)
        return SEIN_ENOMEM;
    for (size_t i = 0; i < map->max; i++) {
        if (map->rows[i].line != 0)
            *place(&more, &map->rows[i].source) = map->rows[i];
    }
    more.count = map->count;
    free(map->rows);
    *map = more;
    return SEIN_OK;
}

enum sein_err
linemap_add(struct linemap *map, const struct linemap_row *row,
            const struct linemap_row **out_first)
{
    struct linemap_row *found = NULL;
    enum sein_err err = SEIN_OK;

    if (map->count + 1 > map->max / 2)
        err = grow(map);
    if (err != SEIN_OK)
        return err;
    found = place(map, &row->source);
    if (found->line == 0) {
        *found = *row;
        map->count++;
    }
    *out_first = found;
    return SEIN_OK;
}
