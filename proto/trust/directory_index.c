#include "proto/trust/directory_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* calloc of nothing may give NULL, which would read as no memory. */
static void *
new_array(size_t count, size_t size)
{
    return calloc(count > 0 ? count : 1, size);
}

/* Decodes a list into the entries of an array of larger structs: the first at
 * `first`, each next one `stride` bytes further. */
static enum sein_err
fill_entries(struct sein_list list, const struct sein_schema *schema,
             void *first, size_t stride)
{
    struct sein_items items = { 0 };
    uint8_t *at = first;
    enum sein_err err = sein_items_begin(list.raw, list.count, &items);

    for (size_t i = 0; err == SEIN_OK && i < list.count; i++) {
        err = sein_items_next(&items, schema, at, NULL);
        at += stride;
    }
    return err;
}

static enum sein_err
index_brokers(struct sein_directory *dir)
{
    struct sein_list list = dir->root.brokers;

    dir->brokers = new_array(list.count, sizeof *dir->brokers);
    if (dir->brokers == NULL)
        return SEIN_ENOMEM;
    dir->broker_count = list.count;
    return fill_entries(list, &sein_dir_broker_schema, &dir->brokers[0].entry,
                        sizeof *dir->brokers);
}

static enum sein_err
index_circles(struct sein_directory *dir)
{
    struct sein_list list = dir->root.circles;

    dir->circles = new_array(list.count, sizeof *dir->circles);
    if (dir->circles == NULL)
        return SEIN_ENOMEM;
    dir->circle_count = list.count;
    return fill_entries(list, &sein_dir_circle_schema, &dir->circles[0].entry,
                        sizeof *dir->circles);
}

/* Members first, without what hangs below them: that gives the counts. */
static enum sein_err
index_members(struct sein_directory *dir)
{
    struct sein_list list = dir->root.members;
    enum sein_err err = SEIN_OK;

    dir->members = new_array(list.count, sizeof *dir->members);
    if (dir->members == NULL)
        return SEIN_ENOMEM;
    dir->member_count = list.count;
    err = fill_entries(list, &sein_dir_member_schema, &dir->members[0].entry,
                       sizeof *dir->members);
    for (size_t i = 0; err == SEIN_OK && i < list.count; i++) {
        dir->key_count += dir->members[i].entry.keys.count;
        dir->desk_count += dir->members[i].entry.desks.count;
    }
    return err;
}

static enum sein_err
index_keys_of(struct sein_member *member, struct sein_key *keys)
{
    member->keys = keys;
    member->key_count = member->entry.keys.count;
    for (size_t i = 0; i < member->key_count; i++)
        keys[i].member = member;
    return fill_entries(member->entry.keys, &sein_dir_key_schema,
                        &keys[0].entry, sizeof *keys);
}

static void
name_desk(struct sein_desk *desk)
{
    struct sein_writer out =
        sein_writer_of((uint8_t *)desk->id.text, sizeof desk->id.text - 1);

    sein_write_slice(&out, desk->member->entry.oin);
    sein_write_text(&out, "/");
    sein_write_slice(&out, desk->entry.name);
    assert(!out.failed); /* the rows of oin and name bound them */
}

static enum sein_err
index_desks_of(struct sein_member *member, struct sein_desk *desks)
{
    enum sein_err err = SEIN_OK;

    member->desks = desks;
    member->desk_count = member->entry.desks.count;
    err = fill_entries(member->entry.desks, &sein_dir_desk_schema,
                       &desks[0].entry, sizeof *desks);
    for (size_t i = 0; err == SEIN_OK && i < member->desk_count; i++) {
        desks[i].member = member;
        name_desk(&desks[i]);
    }
    return err;
}

static enum sein_err
index_below_members(struct sein_directory *dir)
{
    struct sein_key *keys = NULL;
    struct sein_desk *desks = NULL;
    enum sein_err err = SEIN_OK;

    dir->keys = new_array(dir->key_count, sizeof *dir->keys);
    dir->desks = new_array(dir->desk_count, sizeof *dir->desks);
    if (dir->keys == NULL || dir->desks == NULL)
        return SEIN_ENOMEM;
    keys = dir->keys;
    desks = dir->desks;
    for (size_t i = 0; err == SEIN_OK && i < dir->member_count; i++) {
        struct sein_member *member = &dir->members[i];

        err = index_keys_of(member, keys);
        if (err == SEIN_OK)
            err = index_desks_of(member, desks);
        keys += member->key_count;
        desks += member->desk_count;
    }
    return err;
}

static int
compare_ids(const void *a, const void *b)
{
    const struct sein_key *const *left = a;
    const struct sein_key *const *right = b;

    return memcmp((*left)->entry.key_id.bytes, (*right)->entry.key_id.bytes,
                  SEIN_ID_BYTES);
}

static int
compare_curves(const void *a, const void *b)
{
    const struct sein_key *const *left = a;
    const struct sein_key *const *right = b;

    return memcmp((*left)->entry.curve, (*right)->entry.curve, SEIN_KEY_BYTES);
}

static enum sein_err
sort_keys(struct sein_directory *dir)
{
    size_t count = dir->key_count;

    dir->by_id = new_array(count, sizeof *dir->by_id);
    dir->by_curve = new_array(count, sizeof *dir->by_curve);
    if (dir->by_id == NULL || dir->by_curve == NULL)
        return SEIN_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        dir->by_id[i] = &dir->keys[i];
        dir->by_curve[i] = &dir->keys[i];
    }
    qsort(dir->by_id, count, sizeof *dir->by_id, compare_ids);
    qsort(dir->by_curve, count, sizeof *dir->by_curve, compare_curves);
    return SEIN_OK;
}

enum sein_err
sein_directory_index(struct sein_directory *dir)
{
    enum sein_err err = index_brokers(dir);

    if (err == SEIN_OK)
        err = index_circles(dir);
    if (err == SEIN_OK)
        err = index_members(dir);
    if (err == SEIN_OK)
        err = index_below_members(dir);
    if (err == SEIN_OK)
        err = sort_keys(dir);
    return err;
}
