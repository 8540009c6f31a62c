#include "proto/trust/directory_parts.h"

#include <stdlib.h>

/* Index of a circle that the check has seen to be there. */
static size_t
circle_index(const struct sein_directory *dir, struct sein_slice id)
{
    return (size_t)(sein_directory_circle(dir, id) - dir->circles);
}

/* Adds a cover for each area of the desk; with no room given it only counts. */
static enum sein_err
add_areas(struct sein_directory *dir, const struct sein_desk *desk,
          size_t circle, bool count_only)
{
    struct sein_items items = { 0 };
    struct sein_dir_area area = { 0 };
    enum sein_err err =
        sein_items_begin(desk->entry.areas.raw, SEIN_AREAS_MAX, &items);

    if (err != SEIN_OK)
        return err;
    while (true) {
        err = sein_items_next(&items, &sein_dir_area_schema, &area, NULL);
        if (err != SEIN_OK)
            return err == SEIN_ENOENT ? SEIN_OK : err;
        if (!count_only)
            dir->covers[dir->cover_count] =
                (struct sein_cover){ circle, area.from, area.to, desk };
        dir->cover_count++;
    }
}

static enum sein_err
add_desk(struct sein_directory *dir, const struct sein_desk *desk,
         bool count_only)
{
    struct sein_items items = { 0 };
    struct sein_dir_role role = { 0 };
    enum sein_err err =
        sein_items_begin(desk->entry.roles.raw, SEIN_CIRCLES_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_dir_role_schema, &role, NULL);
        if (err == SEIN_OK && (role.roles & SEIN_ROLE_COORDINATE) != 0)
            err = add_areas(dir, desk, circle_index(dir, role.circle),
                            count_only);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
add_all(struct sein_directory *dir, bool count_only)
{
    enum sein_err err = SEIN_OK;

    dir->cover_count = 0;
    for (size_t i = 0; err == SEIN_OK && i < dir->desk_count; i++) {
        err = add_desk(dir, &dir->desks[i], count_only);
        if (dir->cover_count > SEIN_COVERS_MAX)
            return SEIN_EDIRINVALID;
    }
    return err;
}

static int
compare_covers(const void *a, const void *b)
{
    const struct sein_cover *left = a;
    const struct sein_cover *right = b;

    if (left->circle != right->circle)
        return left->circle < right->circle ? -1 : 1;
    return (left->from > right->from) - (left->from < right->from);
}

/* One desk may name a postcode twice: such ranges become one.  A range of
 * another desk that begins inside is what a sender could not decide. */
static enum sein_err
merge(struct sein_directory *dir)
{
    size_t kept = 0;

    for (size_t i = 0; i < dir->cover_count; i++) {
        const struct sein_cover *next = &dir->covers[i];
        struct sein_cover *last = kept > 0 ? &dir->covers[kept - 1] : NULL;

        if (last == NULL || last->circle != next->circle ||
            next->from > last->to)
            dir->covers[kept++] = *next;
        else if (last->desk != next->desk)
            return SEIN_EAMBIGUOUS;
        else if (next->to > last->to)
            last->to = next->to;
    }
    dir->cover_count = kept;
    return SEIN_OK;
}

enum sein_err
sein_directory_cover(struct sein_directory *dir)
{
    enum sein_err err = add_all(dir, true);

    if (err != SEIN_OK || dir->cover_count == 0)
        return err;
    dir->covers = calloc(dir->cover_count, sizeof *dir->covers);
    if (dir->covers == NULL)
        return SEIN_ENOMEM;
    err = add_all(dir, false);
    if (err != SEIN_OK)
        return err;
    qsort(dir->covers, dir->cover_count, sizeof *dir->covers, compare_covers);
    return merge(dir);
}

/* The last cover of the circle that begins at or before the postcode. */
static const struct sein_cover *
find_cover(const struct sein_directory *dir, size_t circle, uint64_t postcode4)
{
    struct sein_cover wanted = { .circle = circle, .from = postcode4 };
    size_t low = 0;
    size_t high = dir->cover_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_covers(&dir->covers[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &dir->covers[low - 1] : NULL;
}

enum sein_err
sein_directory_desk_for(const struct sein_directory *dir,
                        struct sein_slice circle, uint64_t postcode4,
                        const struct sein_desk **out_desk)
{
    const struct sein_circle *found = sein_directory_circle(dir, circle);
    const struct sein_cover *cover = NULL;
    size_t index = 0;

    if (found == NULL)
        return SEIN_ECIRCLE;
    index = (size_t)(found - dir->circles);
    cover = find_cover(dir, index, postcode4);
    if (cover == NULL || cover->circle != index || postcode4 > cover->to)
        return SEIN_ENODESK;
    *out_desk = cover->desk;
    return SEIN_OK;
}
