#include "proto/trust/directory_parts.h"

#include <stdlib.h>
#include <string.h>

#include "proto/trust/identity.h"

static enum sein_err
require(bool holds)
{
    return holds ? SEIN_OK : SEIN_EDIRINVALID;
}

static bool
all_zero(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] != 0)
            return false;
    }
    return true;
}

static enum sein_err
check_root(const struct sein_dir_root *root)
{
    bool first = root->version == 1;

    if (root->expires <= root->issued ||
        root->expires - root->issued > SEIN_DIRECTORY_LIFE_MS)
        return SEIN_EDIRINVALID;
    return require(first == all_zero(root->prev, sizeof root->prev));
}

static enum sein_err
check_areas(struct sein_list areas)
{
    struct sein_items items = { 0 };
    struct sein_dir_area area = { 0 };
    enum sein_err err = sein_items_begin(areas.raw, SEIN_AREAS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_dir_area_schema, &area, NULL);
        if (err == SEIN_OK && area.from > area.to)
            return SEIN_EDIRINVALID;
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* A CURVE key and a sign key stand once, a broker's and a member's too. */
static bool
broker_keys_unique(const struct sein_directory *dir, size_t index)
{
    const struct sein_dir_broker *broker = &dir->brokers[index].entry;

    for (size_t i = 0; i < index; i++) {
        const struct sein_dir_broker *other = &dir->brokers[i].entry;

        if (memcmp(broker->curve, other->curve, SEIN_KEY_BYTES) == 0 ||
            memcmp(broker->receipt, other->receipt, SEIN_KEY_BYTES) == 0)
            return false;
    }
    for (size_t i = 0; i < dir->key_count; i++) {
        if (memcmp(broker->receipt, dir->keys[i].entry.sign, SEIN_KEY_BYTES) ==
            0)
            return false;
    }
    return sein_directory_key_by_curve(dir, broker->curve) == NULL;
}

static enum sein_err
check_brokers(const struct sein_directory *dir)
{
    for (size_t i = 0; i < dir->broker_count; i++) {
        const struct sein_dir_broker *broker = &dir->brokers[i].entry;
        enum sein_err err = check_areas(broker->areas);

        if (err != SEIN_OK)
            return err;
        if (sein_endpoint_check(broker->endpoint) != SEIN_OK ||
            sein_oin_check(broker->operator_oin) != SEIN_OK ||
            !broker_keys_unique(dir, i))
            return SEIN_EDIRINVALID;
    }
    return SEIN_OK;
}

static int
compare_signs(const void *a, const void *b)
{
    const struct sein_key *const *left = a;
    const struct sein_key *const *right = b;

    return memcmp((*left)->entry.sign, (*right)->entry.sign, SEIN_KEY_BYTES);
}

static enum sein_err
check_signs_unique(const struct sein_directory *dir)
{
    const struct sein_key **sorted = NULL;
    enum sein_err err = SEIN_OK;

    if (dir->key_count == 0)
        return SEIN_OK;
    sorted = calloc(dir->key_count, sizeof *sorted);
    if (sorted == NULL)
        return SEIN_ENOMEM;
    memcpy((void *)sorted, (const void *)dir->by_id,
           dir->key_count * sizeof *sorted);
    qsort((void *)sorted, dir->key_count, sizeof *sorted, compare_signs);
    for (size_t i = 1; err == SEIN_OK && i < dir->key_count; i++)
        err = require(compare_signs(&sorted[i - 1], &sorted[i]) != 0);
    free((void *)sorted);
    return err;
}

static enum sein_err
check_keys_unique(const struct sein_directory *dir)
{
    for (size_t i = 1; i < dir->key_count; i++) {
        const struct sein_dir_key *id = &dir->by_id[i]->entry;
        const struct sein_dir_key *curve = &dir->by_curve[i]->entry;

        if (memcmp(dir->by_id[i - 1]->entry.key_id.bytes, id->key_id.bytes,
                   SEIN_ID_BYTES) == 0 ||
            memcmp(dir->by_curve[i - 1]->entry.curve, curve->curve,
                   SEIN_KEY_BYTES) == 0)
            return SEIN_EDIRINVALID;
    }
    return check_signs_unique(dir);
}

static enum sein_err
check_key(const struct sein_dir_key *key)
{
    struct sein_items items = { 0 };
    struct sein_slice name = { 0 };
    struct sein_key_id id = { 0 };
    enum sein_err err =
        sein_items_begin(key->desks.raw, SEIN_MEMBER_DESKS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next_text(&items, &name);
        /* A desk's name is written like a code. */
        if (err == SEIN_OK)
            err = require(sein_code_check(name) == SEIN_OK);
    }
    if (err != SEIN_ENOENT)
        return err;
    sein_key_id_of(key->sign, key->curve, &id);
    return require(memcmp(id.bytes, key->key_id.bytes, sizeof id.bytes) == 0);
}

static enum sein_err
check_roles(const struct sein_directory *dir, struct sein_list roles)
{
    struct sein_items items = { 0 };
    struct sein_dir_role role = { 0 };
    struct sein_slice before = { 0 };
    enum sein_err err = sein_items_begin(roles.raw, SEIN_CIRCLES_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_dir_role_schema, &role, NULL);
        if (err != SEIN_OK)
            break;
        err = require(sein_slice_compare(before, role.circle) < 0 &&
                      sein_directory_circle(dir, role.circle) != NULL);
        before = role.circle;
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
check_desk(const struct sein_directory *dir, const struct sein_dir_desk *desk)
{
    enum sein_err err = require(sein_code_check(desk->name) == SEIN_OK);

    if (err == SEIN_OK)
        err = check_areas(desk->areas);
    if (err == SEIN_OK)
        err = check_roles(dir, desk->roles);
    return err;
}

static enum sein_err
check_member(const struct sein_directory *dir, const struct sein_member *member)
{
    enum sein_err err =
        require(sein_oin_check(member->entry.oin) == SEIN_OK &&
                sein_code_check(member->entry.domain) == SEIN_OK);

    for (size_t i = 0; err == SEIN_OK && i < member->key_count; i++)
        err = check_key(&member->keys[i].entry);
    for (size_t i = 0; err == SEIN_OK && i < member->desk_count; i++) {
        err = check_desk(dir, &member->desks[i].entry);
        if (err == SEIN_OK && i > 0)
            err = require(sein_slice_compare(member->desks[i - 1].entry.name,
                                             member->desks[i].entry.name) < 0);
    }
    return err;
}

/* Circles were checked before, so that roles can look them up. */
static enum sein_err
check_members(const struct sein_directory *dir)
{
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < dir->member_count; i++) {
        err = check_member(dir, &dir->members[i]);
        if (err == SEIN_OK && i > 0)
            err = require(sein_slice_compare(dir->members[i - 1].entry.oin,
                                             dir->members[i].entry.oin) < 0);
    }
    /* Only now are all members and desks known to be in order. */
    for (size_t i = 0; err == SEIN_OK && i < dir->desk_count; i++) {
        struct sein_slice stand_in = dir->desks[i].entry.stand_in;

        if (stand_in.len > 0)
            err = require(sein_directory_desk(dir, stand_in) != NULL);
    }
    return err;
}

static int
compare_slices(const void *a, const void *b)
{
    const struct sein_slice *left = a;
    const struct sein_slice *right = b;

    return sein_slice_compare(*left, *right);
}

static enum sein_err
check_codes(struct sein_list list, bool arrears_allowed)
{
    struct sein_slice codes[SEIN_CODES_MAX];
    struct sein_items items = { 0 };
    struct sein_dir_code code = { 0 };
    size_t count = 0;
    enum sein_err err = sein_items_begin(list.raw, SEIN_CODES_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_dir_code_schema, &code, NULL);
        if (err != SEIN_OK)
            break;
        err = require(sein_code_check(code.code) == SEIN_OK &&
                      (arrears_allowed || !code.arrears));
        codes[count++] = code.code;
    }
    if (err != SEIN_ENOENT)
        return err;
    err = SEIN_OK;
    qsort(codes, count, sizeof codes[0], compare_slices);
    for (size_t i = 1; err == SEIN_OK && i < count; i++)
        err = require(sein_slice_compare(codes[i - 1], codes[i]) != 0);
    return err;
}

static enum sein_err
check_circle(const struct sein_dir_circle *circle)
{
    size_t count = 0;
    enum sein_err err = require(sein_circle_check(circle->id) == SEIN_OK);

    if (err == SEIN_OK)
        err = check_codes(circle->kinds, true);
    if (err == SEIN_OK)
        err = check_codes(circle->outcomes, false);
    if (err == SEIN_OK)
        err = sein_items_check(circle->exceptions.raw, SEIN_CODES_MAX,
                               &sein_dir_exception_schema, &count);
    return err;
}

static enum sein_err
check_circles(const struct sein_directory *dir)
{
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < dir->circle_count; i++) {
        err = check_circle(&dir->circles[i].entry);
        if (err == SEIN_OK && i > 0)
            err = require(sein_slice_compare(dir->circles[i - 1].entry.id,
                                             dir->circles[i].entry.id) < 0);
    }
    return err;
}

enum sein_err
sein_directory_check(const struct sein_directory *dir)
{
    enum sein_err err = check_root(&dir->root);

    if (err == SEIN_OK)
        err = check_keys_unique(dir);
    if (err == SEIN_OK)
        err = check_brokers(dir);
    if (err == SEIN_OK)
        err = check_circles(dir);
    if (err == SEIN_OK)
        err = check_members(dir);
    for (size_t i = 0; err == SEIN_OK && i < dir->circle_count; i++)
        err = sein_directory_check_labels(dir, &dir->circles[i].entry);
    for (size_t i = 0; err == SEIN_OK && i < dir->circle_count; i++)
        err = sein_directory_check_epochs(dir, &dir->circles[i].entry);
    return err;
}
