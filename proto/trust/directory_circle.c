#include "proto/trust/directory.h"

bool
sein_circle_ended(const struct sein_circle *circle, int64_t now_ms)
{
    return now_ms >= (int64_t)circle->entry.basis_ends;
}

uint64_t
sein_circle_collect_days(const struct sein_circle *circle)
{
    return circle->entry.collect_days != 0 ? circle->entry.collect_days
                                           : SEIN_COLLECT_DAYS_DEFAULT;
}

static bool
find_code(struct sein_list list, struct sein_slice code,
          struct sein_dir_code *out_code)
{
    struct sein_items items = { 0 };
    struct sein_dir_code at = { 0 };

    if (sein_items_begin(list.raw, SEIN_CODES_MAX, &items) != SEIN_OK)
        return false;
    while (sein_items_next(&items, &sein_dir_code_schema, &at, NULL) ==
           SEIN_OK) {
        if (sein_slice_equal(at.code, code)) {
            *out_code = at;
            return true;
        }
    }
    return false;
}

bool
sein_circle_kind(const struct sein_circle *circle, struct sein_slice code,
                 struct sein_dir_code *out_code)
{
    return find_code(circle->entry.kinds, code, out_code);
}

bool
sein_circle_outcome(const struct sein_circle *circle, struct sein_slice code,
                    struct sein_dir_code *out_code)
{
    return find_code(circle->entry.outcomes, code, out_code);
}

bool
sein_epoch_open(const struct sein_dir_epoch *epoch, int64_t now_ms)
{
    return epoch->record.len > 0 && (int64_t)epoch->not_before <= now_ms &&
           now_ms < (int64_t)epoch->match_until;
}

bool
sein_circle_epoch(const struct sein_circle *circle, uint64_t epoch,
                  struct sein_dir_epoch *out_epoch)
{
    struct sein_items items = { 0 };
    struct sein_dir_epoch at = { 0 };

    if (sein_items_begin(circle->entry.epochs.raw, SEIN_EPOCHS_MAX, &items) !=
        SEIN_OK)
        return false;
    while (sein_items_next(&items, &sein_dir_epoch_schema, &at, NULL) ==
           SEIN_OK) {
        if (at.epoch == epoch) {
            *out_epoch = at;
            return true;
        }
    }
    return false;
}

bool
sein_circle_epoch_now(const struct sein_circle *circle, int64_t now_ms,
                      struct sein_dir_epoch *out_epoch)
{
    struct sein_items items = { 0 };
    struct sein_dir_epoch at = { 0 };
    bool found = false;

    if (sein_items_begin(circle->entry.epochs.raw, SEIN_EPOCHS_MAX, &items) !=
        SEIN_OK)
        return false;
    /* They ascend: the last that is open is the newest. */
    while (sein_items_next(&items, &sein_dir_epoch_schema, &at, NULL) ==
           SEIN_OK) {
        if (!sein_epoch_open(&at, now_ms))
            continue;
        *out_epoch = at;
        found = true;
    }
    return found;
}

uint64_t
sein_epoch_holder_index(const struct sein_dir_epoch *epoch,
                        struct sein_slice desk)
{
    struct sein_slice at = { 0 };

    for (uint64_t index = 1; sein_epoch_holder_desk(epoch, index, &at);
         index++) {
        if (sein_slice_equal(at, desk))
            return index;
    }
    return 0;
}

bool
sein_epoch_holder_desk(const struct sein_dir_epoch *epoch, uint64_t index,
                       struct sein_slice *out_desk)
{
    struct sein_items items = { 0 };
    struct sein_slice desk = { 0 };

    if (index == 0 || index > epoch->holders.count ||
        sein_items_begin(epoch->holders.raw, SEIN_HOLDERS_MAX, &items) !=
            SEIN_OK)
        return false;
    for (uint64_t i = 0; i < index; i++) {
        if (sein_items_next_text(&items, &desk) != SEIN_OK)
            return false;
    }
    *out_desk = desk;
    return true;
}

/* What a link's handle is: a person and a parent are both a BSN. */
static uint64_t
handle_of(uint64_t link)
{
    return link == SEIN_LINK_PARENT ? SEIN_LINK_PERSON : link;
}

bool
sein_link_pair_can_meet(uint64_t a, uint64_t b)
{
    return a >= SEIN_LINK_ADDRESS && a <= SEIN_LINK_NAME &&
           handle_of(a) == handle_of(b);
}

bool
sein_circle_links_match(const struct sein_circle *circle, uint64_t a,
                        uint64_t b)
{
    struct sein_items items = { 0 };
    struct sein_dir_link_pair pair = { 0 };

    if (sein_items_begin(circle->entry.link_pairs.raw, SEIN_LINK_PAIRS_MAX,
                         &items) != SEIN_OK)
        return false;
    while (sein_items_next(&items, &sein_dir_link_pair_schema, &pair, NULL) ==
           SEIN_OK) {
        if ((pair.a == a && pair.b == b) || (pair.a == b && pair.b == a))
            return true;
    }
    return false;
}

uint64_t
sein_circle_quota(const struct sein_circle *circle, struct sein_slice oin,
                  int64_t now_ms)
{
    struct sein_items items = { 0 };
    struct sein_dir_quota_exception at = { 0 };
    uint64_t usual = circle->entry.quota_per_day != 0
                         ? circle->entry.quota_per_day
                         : SEIN_QUOTA_DEFAULT;

    if (sein_items_begin(circle->entry.quota_exceptions.raw, SEIN_MEMBERS_MAX,
                         &items) != SEIN_OK)
        return usual;
    while (sein_items_next(&items, &sein_dir_quota_exception_schema, &at,
                           NULL) == SEIN_OK) {
        if (sein_slice_equal(at.oin, oin) && (int64_t)at.from <= now_ms &&
            now_ms < (int64_t)at.until)
            return at.per_day;
    }
    return usual;
}
