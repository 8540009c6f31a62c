#include "proto/trust/directory_parts.h"

#include <string.h>

#include "proto/trust/epoch.h"

static enum sein_err
require(bool holds)
{
    return holds ? SEIN_OK : SEIN_EDIRINVALID;
}

/* The desks of an epoch that hold a share, each looked up. */
struct holders {
    const struct sein_desk *desks[SEIN_HOLDERS_MAX];
    size_t count;
};

static bool
has_role(const struct sein_desk *desk, struct sein_slice circle,
         enum sein_role role)
{
    return (sein_desk_roles(desk, circle) & (uint64_t)role) != 0;
}

static enum sein_err
find_holders(const struct sein_directory *dir, struct sein_slice circle,
             struct sein_list list, struct holders *out)
{
    struct sein_items items = { 0 };
    struct sein_slice name = { 0 };
    enum sein_err err = sein_items_begin(list.raw, SEIN_HOLDERS_MAX, &items);

    for (size_t i = 0; err == SEIN_OK && i < list.count; i++) {
        const struct sein_desk *desk = NULL;

        err = sein_items_next_text(&items, &name);
        if (err != SEIN_OK)
            return err;
        desk = sein_directory_desk(dir, name);
        if (desk == NULL || !has_role(desk, circle, SEIN_ROLE_KEYHOLDER))
            return SEIN_EDIRINVALID;
        for (size_t j = 0; j < i; j++) {
            if (out->desks[j] == desk)
                return SEIN_EDIRINVALID;
        }
        out->desks[i] = desk;
        out->count = i + 1;
    }
    return err;
}

static bool
same_supplier(struct sein_slice a, struct sein_slice b)
{
    return a.len > 0 && sein_slice_equal(a, b);
}

/* Whether one hand could reach into both. */
static bool
are_close(const struct sein_desk *a, const struct sein_desk *b)
{
    return a->member == b->member ||
           same_supplier(a->member->entry.supplier, b->member->entry.supplier);
}

static bool
close_to_a_broker(const struct sein_directory *dir,
                  const struct sein_desk *desk)
{
    for (size_t i = 0; i < dir->broker_count; i++) {
        const struct sein_dir_broker *broker = &dir->brokers[i].entry;

        if (sein_slice_equal(broker->operator_oin, desk->member->entry.oin) ||
            same_supplier(broker->supplier, desk->member->entry.supplier))
            return true;
    }
    return false;
}

/* The broker sees the tags: nobody there may hold a share; and nobody may hold
 * enough shares to evaluate alone. */
static enum sein_err
check_apart(const struct sein_directory *dir, const struct holders *holders,
            uint64_t t)
{
    for (size_t i = 0; i < holders->count; i++) {
        uint64_t near = 0;

        if (close_to_a_broker(dir, holders->desks[i]))
            return SEIN_EHOLDERS;
        for (size_t j = 0; j < holders->count; j++)
            near += are_close(holders->desks[i], holders->desks[j]);
        if (near >= t)
            return SEIN_EHOLDERS;
    }
    return SEIN_OK;
}

static enum sein_err
check_record(const struct sein_directory *dir, struct sein_slice circle,
             const struct sein_dir_epoch *epoch)
{
    enum sein_err err = SEIN_OK;

    if (epoch->record.len == 0)
        return require(epoch->signatures.count == 0);
    err = sein_epoch_check(dir, circle, epoch, epoch->record,
                           &epoch->signatures, NULL);
    return err == SEIN_OK || err == SEIN_ENOMEM ? err : SEIN_ERECORD;
}

static enum sein_err
check_epoch(const struct sein_directory *dir, struct sein_slice circle,
            const struct sein_dir_epoch *epoch)
{
    struct holders holders = { 0 };
    enum sein_err err = require(epoch->t <= epoch->holders.count &&
                                epoch->not_before < epoch->match_until &&
                                (epoch->pepper_check.len == 0 ||
                                 epoch->pepper_check.len == SEIN_ID_BYTES));

    if (err == SEIN_OK)
        err = find_holders(dir, circle, epoch->holders, &holders);
    if (err == SEIN_OK)
        err = check_apart(dir, &holders, epoch->t);
    if (err == SEIN_OK)
        err = check_record(dir, circle, epoch);
    return err;
}

static enum sein_err
check_epochs(const struct sein_directory *dir,
             const struct sein_dir_circle *circle)
{
    struct sein_items items = { 0 };
    struct sein_dir_epoch epoch = { 0 };
    uint64_t before = 0;
    enum sein_err err =
        sein_items_begin(circle->epochs.raw, SEIN_EPOCHS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_dir_epoch_schema, &epoch, NULL);
        if (err != SEIN_OK)
            break;
        err = require(before < epoch.epoch);
        if (err == SEIN_OK)
            err = check_epoch(dir, circle->id, &epoch);
        before = epoch.epoch;
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
check_link_pairs(struct sein_list list)
{
    struct sein_items items = { 0 };
    struct sein_dir_link_pair before = { 0 };
    struct sein_dir_link_pair pair = { 0 };
    enum sein_err err = sein_items_begin(list.raw, SEIN_LINK_PAIRS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_dir_link_pair_schema, &pair, NULL);
        if (err != SEIN_OK)
            break;
        err = require(
            pair.a <= pair.b && sein_link_pair_can_meet(pair.a, pair.b) &&
            (before.a < pair.a || (before.a == pair.a && before.b < pair.b)));
        before = pair;
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
check_quotas(struct sein_list list)
{
    struct sein_items items = { 0 };
    struct sein_dir_quota_exception quota = { 0 };
    enum sein_err err = sein_items_begin(list.raw, SEIN_MEMBERS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_dir_quota_exception_schema, &quota,
                              NULL);
        if (err == SEIN_OK)
            err = require(quota.from < quota.until &&
                          sein_oin_check(quota.oin) == SEIN_OK);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
check_regie_order(const struct sein_directory *dir,
                  const struct sein_dir_circle *circle)
{
    const struct sein_desk *before[SEIN_CODES_MAX];
    struct sein_items items = { 0 };
    struct sein_slice name = { 0 };
    enum sein_err err =
        sein_items_begin(circle->regie_order.raw, SEIN_CODES_MAX, &items);

    for (size_t i = 0; err == SEIN_OK && i < circle->regie_order.count; i++) {
        err = sein_items_next_text(&items, &name);
        if (err != SEIN_OK)
            return err;
        before[i] = sein_directory_desk(dir, name);
        if (before[i] == NULL ||
            !has_role(before[i], circle->id, SEIN_ROLE_INTRODUCED))
            return SEIN_EDIRINVALID;
        for (size_t j = 0; j < i; j++) {
            if (before[j] == before[i])
                return SEIN_EDIRINVALID;
        }
    }
    return err;
}

enum sein_err
sein_directory_check_epochs(const struct sein_directory *dir,
                            const struct sein_dir_circle *circle)
{
    enum sein_err err = check_link_pairs(circle->link_pairs);

    if (err == SEIN_OK)
        err = check_quotas(circle->quota_exceptions);
    if (err == SEIN_OK)
        err = check_regie_order(dir, circle);
    if (err == SEIN_OK)
        err = check_epochs(dir, circle);
    return err;
}
