/* Which of many statements counts; nothing here looks at bytes or keys. */
#include <string.h>

#include "proto/blind/regie.h"

#define NOBODY SIZE_MAX

/* When silence begins to count; UINT64_MAX: never. */
static uint64_t
silent_from(const struct sein_regie_view *view, uint64_t silence_days)
{
    uint64_t silence = silence_days * (uint64_t)SEIN_MS_PER_DAY;

    return silence_days == 0 ? UINT64_MAX : view->statement.at + silence;
}

enum sein_err
sein_regie_follows(const struct sein_regie_view *later,
                   const struct sein_regie_view *earlier, uint64_t silence_days)
{
    const struct sein_regie_statement *now = &later->statement;
    const struct sein_regie_statement *then = &earlier->statement;
    bool vacant = false;

    if (memcmp(&now->prev, &earlier->hash, sizeof now->prev) != 0 ||
        now->seq != then->seq + 1 || now->at < then->at)
        return SEIN_ECHAIN;
    switch (now->vacancy) {
    case SEIN_REGIE_NONE:
        vacant = sein_slice_equal(now->holder, then->holder);
        break;
    case SEIN_REGIE_RELEASED:
        vacant = sein_release_fits(&later->release, earlier, now->holder);
        break;
    case SEIN_REGIE_ENDED:
        vacant = now->at >= earlier->ends;
        break;
    case SEIN_REGIE_SILENT:
        vacant = now->at >= silent_from(earlier, silence_days);
        break;
    default:
        break;
    }
    return vacant ? SEIN_OK : SEIN_EREGIE;
}

/* ---- the chains -------------------------------------------------------------
 */

/* What is known of a statement once the one that it names was looked at. */
enum standing {
    STANDING_UNKNOWN,
    STANDING_VOID,
    STANDING_GAP,    /* somewhere below one is not held */
    STANDING_ROOTED, /* the chain is there back to the first */
};

static size_t
find_hash(const struct sein_regie_view *views, size_t count,
          const struct sein_hash *hash)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&views[i].hash, hash, sizeof *hash) == 0)
            return i;
    }
    return NOBODY;
}

/* By what is below it; unknown when that is not judged itself. */
static enum standing
judge(const struct sein_regie_view *views, size_t count, size_t index,
      const enum standing *standings, uint64_t silence_days)
{
    const struct sein_regie_view *view = &views[index];
    size_t below = NOBODY;

    if (view->statement.seq == 1)
        return STANDING_ROOTED;
    below = find_hash(views, count, &view->statement.prev);
    if (below == NOBODY)
        return STANDING_GAP;
    if (sein_regie_follows(view, &views[below], silence_days) != SEIN_OK)
        return STANDING_VOID;
    return standings[below];
}

/* A chain has no rings, because each hash covers the one before: every round
 * judges at least one more, until nothing changes. */
static void
judge_all(const struct sein_regie_view *views, size_t count,
          uint64_t silence_days, enum standing *standings)
{
    bool again = true;

    while (again) {
        again = false;
        for (size_t i = 0; i < count; i++) {
            if (standings[i] != STANDING_UNKNOWN)
                continue;
            standings[i] = judge(views, count, i, standings, silence_days);
            again = again || standings[i] != STANDING_UNKNOWN;
        }
    }
}

/* ---- the order among them ---------------------------------------------------
 */

/* Where a desk stands in regie_order; behind all when it does not. */
static size_t
place_in_order(const struct sein_circle *circle, struct sein_slice desk)
{
    struct sein_items items = { 0 };
    struct sein_slice one = { 0 };
    size_t place = 0;
    enum sein_err err =
        sein_items_begin(circle->entry.regie_order.raw, SEIN_CODES_MAX, &items);

    for (; err == SEIN_OK; place++) {
        err = sein_items_next_text(&items, &one);
        if (err == SEIN_OK && sein_slice_equal(one, desk))
            return place;
    }
    return SIZE_MAX;
}

static bool
goes_on(const struct sein_regie_statement *statement)
{
    return statement->seq > 1 && statement->vacancy == SEIN_REGIE_NONE;
}

/* Whether a comes before b, both of one standing. */
static bool
comes_before(const struct sein_circle *circle, const struct sein_regie_view *a,
             const struct sein_regie_view *b)
{
    const struct sein_regie_statement *one = &a->statement;
    const struct sein_regie_statement *other = &b->statement;
    size_t place = place_in_order(circle, one->holder);
    size_t other_place = place_in_order(circle, other->holder);
    int text = sein_slice_compare(one->holder, other->holder);

    if (one->seq != other->seq)
        return one->seq > other->seq;
    if (goes_on(one) != goes_on(other))
        return goes_on(other);
    if (place != other_place)
        return place < other_place;
    if (text != 0)
        return text < 0;
    return memcmp(&a->hash, &b->hash, sizeof a->hash) < 0;
}

enum sein_err
sein_regie_resolve(const struct sein_circle *circle,
                   const struct sein_regie_view *views, size_t count,
                   size_t *out_index)
{
    enum standing standings[SEIN_REGIE_HELD_MAX] = { STANDING_UNKNOWN };
    size_t best = NOBODY;

    if (count > SEIN_REGIE_HELD_MAX)
        return SEIN_ETOOLONG;
    judge_all(views, count, circle->entry.regie_silence_days, standings);
    for (size_t i = 0; i < count; i++) {
        if (standings[i] < STANDING_GAP)
            continue;
        if (best == NOBODY || standings[i] > standings[best] ||
            (standings[i] == standings[best] &&
             comes_before(circle, &views[i], &views[best])))
            best = i;
    }
    if (best == NOBODY)
        return SEIN_ENOENT;
    *out_index = best;
    return SEIN_OK;
}

enum sein_err
sein_regie_vacancy_for(const struct sein_circle *circle,
                       const struct sein_regie_view *head,
                       const struct sein_release *release,
                       struct sein_slice desk, int64_t now_ms,
                       uint64_t *out_vacancy)
{
    uint64_t now = now_ms > 0 ? (uint64_t)now_ms : 0;
    uint64_t days = circle->entry.regie_silence_days;

    if (head == NULL || sein_slice_equal(head->statement.holder, desk))
        *out_vacancy = SEIN_REGIE_NONE;
    else if (release != NULL && sein_release_fits(release, head, desk))
        *out_vacancy = SEIN_REGIE_RELEASED;
    else if (now >= head->ends)
        *out_vacancy = SEIN_REGIE_ENDED;
    else if (now >= silent_from(head, days))
        *out_vacancy = SEIN_REGIE_SILENT;
    else
        return SEIN_EREGIE;
    return SEIN_OK;
}
