#include "proto/trust/directory_parts.h"

#include <stdlib.h>
#include <string.h>

static int
compare_key_id(const void *wanted, const void *at)
{
    const struct sein_key *const *key = at;

    return memcmp(wanted, (*key)->entry.key_id.bytes, SEIN_ID_BYTES);
}

const struct sein_key *
sein_directory_key(const struct sein_directory *dir,
                   const struct sein_key_id *key_id)
{
    const struct sein_key **found =
        bsearch(key_id->bytes, dir->by_id, dir->key_count, sizeof *dir->by_id,
                compare_key_id);

    return found == NULL ? NULL : *found;
}

static int
compare_curve(const void *wanted, const void *at)
{
    const struct sein_key *const *key = at;

    return memcmp(wanted, (*key)->entry.curve, SEIN_KEY_BYTES);
}

const struct sein_key *
sein_directory_key_by_curve(const struct sein_directory *dir,
                            const uint8_t curve[static SEIN_KEY_BYTES])
{
    const struct sein_key **found =
        bsearch(curve, dir->by_curve, dir->key_count, sizeof *dir->by_curve,
                compare_curve);

    return found == NULL ? NULL : *found;
}

static int
compare_oin(const void *wanted, const void *at)
{
    const struct sein_slice *oin = wanted;
    const struct sein_member *member = at;

    return sein_slice_compare(*oin, member->entry.oin);
}

const struct sein_member *
sein_directory_member(const struct sein_directory *dir, struct sein_slice oin)
{
    return bsearch(&oin, dir->members, dir->member_count, sizeof *dir->members,
                   compare_oin);
}

static int
compare_desk(const void *wanted, const void *at)
{
    const struct sein_slice *name = wanted;
    const struct sein_desk *desk = at;

    return sein_slice_compare(*name, desk->entry.name);
}

const struct sein_desk *
sein_directory_desk(const struct sein_directory *dir, struct sein_slice desk)
{
    const struct sein_member *member = NULL;
    struct sein_slice name = { 0 };

    if (sein_desk_check(desk) != SEIN_OK)
        return NULL;
    member = sein_directory_member(dir, sein_desk_oin(desk));
    if (member == NULL)
        return NULL;
    name = sein_slice_of(desk.at + SEIN_OIN_CHARS + 1,
                         desk.len - SEIN_OIN_CHARS - 1);
    return bsearch(&name, member->desks, member->desk_count,
                   sizeof *member->desks, compare_desk);
}

static int
compare_circle(const void *wanted, const void *at)
{
    const struct sein_slice *id = wanted;
    const struct sein_circle *circle = at;

    return sein_slice_compare(*id, circle->entry.id);
}

const struct sein_circle *
sein_directory_circle(const struct sein_directory *dir, struct sein_slice id)
{
    return bsearch(&id, dir->circles, dir->circle_count, sizeof *dir->circles,
                   compare_circle);
}

const struct sein_broker *
sein_directory_broker_by_curve(const struct sein_directory *dir,
                               const uint8_t curve[static SEIN_KEY_BYTES])
{
    for (size_t i = 0; i < dir->broker_count; i++) {
        if (memcmp(dir->brokers[i].entry.curve, curve, SEIN_KEY_BYTES) == 0)
            return &dir->brokers[i];
    }
    return NULL;
}

const struct sein_member *
sein_directory_members(const struct sein_directory *dir, size_t *out_count)
{
    *out_count = dir->member_count;
    return dir->members;
}

const struct sein_circle *
sein_directory_circles(const struct sein_directory *dir, size_t *out_count)
{
    *out_count = dir->circle_count;
    return dir->circles;
}

const struct sein_broker *
sein_directory_brokers(const struct sein_directory *dir, size_t *out_count)
{
    *out_count = dir->broker_count;
    return dir->brokers;
}

static bool
since(uint64_t moment, int64_t at_ms)
{
    return moment != 0 && (int64_t)moment <= at_ms;
}

enum sein_key_status
sein_key_status_at(const struct sein_key *key, int64_t at_ms)
{
    if (since(key->entry.revoked_at, at_ms))
        return SEIN_KEY_REVOKED;
    if (since(key->entry.retired_at, at_ms))
        return SEIN_KEY_RETIRED;
    if ((int64_t)key->entry.active_from > at_ms)
        return SEIN_KEY_NOT_YET;
    if (since(key->member->entry.left_at, at_ms))
        return SEIN_KEY_LEFT;
    return SEIN_KEY_ACTIVE;
}

bool
sein_key_acts_for(const struct sein_key *key, const struct sein_desk *desk)
{
    struct sein_items items = { 0 };
    struct sein_slice name = { 0 };

    if (key->member != desk->member)
        return false;
    if (key->entry.desks.count == 0)
        return true;
    if (sein_items_begin(key->entry.desks.raw, SEIN_MEMBER_DESKS_MAX, &items) !=
        SEIN_OK)
        return false;
    while (sein_items_next_text(&items, &name) == SEIN_OK) {
        if (sein_slice_equal(name, desk->entry.name))
            return true;
    }
    return false;
}

/* The desk's role in a circle; false when it has none. */
static bool
find_role(const struct sein_desk *desk, struct sein_slice circle,
          struct sein_dir_role *out_role)
{
    struct sein_items items = { 0 };
    struct sein_dir_role role = { 0 };

    if (sein_items_begin(desk->entry.roles.raw, SEIN_CIRCLES_MAX, &items) !=
        SEIN_OK)
        return false;
    while (sein_items_next(&items, &sein_dir_role_schema, &role, NULL) ==
           SEIN_OK) {
        if (sein_slice_equal(role.circle, circle)) {
            *out_role = role;
            return true;
        }
    }
    return false;
}

uint64_t
sein_desk_roles(const struct sein_desk *desk, struct sein_slice circle)
{
    struct sein_dir_role role = { 0 };

    return find_role(desk, circle, &role) ? role.roles : 0;
}

uint64_t
sein_desk_links(const struct sein_desk *desk, struct sein_slice circle)
{
    struct sein_dir_role role = { 0 };

    if (!find_role(desk, circle, &role))
        return 0;
    return role.links != 0 ? role.links : SEIN_LINKS_ALL;
}
