#include "broker/kernel/presence.h"

#include <string.h>

#include <sodium.h>

#include "broker/failpoint.h"
#include "broker/kernel/deposits.h"
#include "broker/kernel/match.h"
#include "broker/kernel/operation.h"
#include "broker/kernel/quota.h"
#include "proto/trust/identity.h"
#include "proto/trust/presence.h"

/* An operation stays known for 30 days: what was put before cannot be put
 * again after it was withdrawn. */
#define CREATED_MAX_MS (SEIN_RECEIPT_KEEP_MS - SEIN_CLOCK_AHEAD_MS)
/* lp(circle) || u32be(epoch) || tag */
#define IDX_INPUT_MAX (2U + SEIN_CIRCLE_MAX + 4U + SEIN_HASH_BYTES)

_Static_assert(crypto_auth_hmacsha256_KEYBYTES == SEIN_KEY_BYTES, "K_idx");
_Static_assert(crypto_auth_hmacsha256_BYTES >= SEIN_ID_BYTES, "idx");

/* One presence on its way in. */
struct putting {
    const struct sein_presence_put_item *item;
    struct sein_presence_view view;
    const struct sein_desk *desk;
    struct store_idx idx;
    struct store_presence former; /* of the desk under this idx, if any */
    bool renews;
};

static bool
same_id(const void *a, const void *b)
{
    return memcmp(a, b, SEIN_ID_BYTES) == 0;
}

/* PROTOCOL.md section 17.  The tag goes no further than this. */
static void
make_idx(const struct kernel *kernel, const struct putting *putting,
         struct store_idx *out_idx)
{
    uint8_t input[IDX_INPUT_MAX];
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    struct sein_writer out = sein_writer_of(input, sizeof input);

    sein_write_lp(&out, putting->view.core.circle);
    sein_write_u32(&out, (uint32_t)putting->view.core.epoch);
    sein_write_bytes(&out, putting->item->tag.bytes,
                     sizeof putting->item->tag.bytes);
    (void)crypto_auth_hmacsha256(mac, input, out.len, kernel->config.idx_key);
    memcpy(out_idx->bytes, mac, sizeof out_idx->bytes);
    sodium_memzero(input, sizeof input);
}

static enum sein_err
check_times(const struct kernel *kernel, const struct sein_presence_core *core)
{
    const struct sein_circle *circle =
        sein_directory_circle(kernel->dir, core->circle);
    struct sein_dir_epoch epoch = { 0 };
    int64_t life_ms = 0;

    if (circle == NULL || !sein_circle_epoch(circle, core->epoch, &epoch))
        return SEIN_EEPOCH;
    life_ms = (int64_t)circle->entry.retention_days * SEIN_MS_PER_DAY;
    if ((int64_t)core->created > kernel->now_ms + SEIN_CLOCK_AHEAD_MS)
        return SEIN_ETIME;
    if ((int64_t)core->created < kernel->now_ms - CREATED_MAX_MS ||
        (int64_t)core->expires <= kernel->now_ms ||
        core->expires > epoch.match_until ||
        core->expires - core->created > (uint64_t)life_ms)
        return SEIN_EPRESENCELIFE;
    return SEIN_OK;
}

static enum sein_err
check_directory(const struct kernel *kernel,
                const struct sein_presence_core *core)
{
    uint64_t version = sein_directory_version(kernel->dir);

    if (core->dir_version > version)
        return SEIN_EDIRNEWER;
    if (core->dir_version == version &&
        memcmp(&core->dir_hash, sein_directory_hash(kernel->dir),
               sizeof core->dir_hash) != 0)
        return SEIN_EDIRCHAIN;
    return SEIN_OK;
}

/* Who puts it, as what, where and for how long. */
static enum sein_err
check_right(const struct kernel *kernel, const struct request *request,
            struct putting *putting)
{
    const struct sein_presence_core *core = &putting->view.core;
    enum sein_err err =
        sein_may(kernel->dir, request->key_id, SEIN_MAY_PRESENCE,
                 putting->item->from, kernel->now_ms, NULL, &putting->desk);

    if (err == SEIN_OK && (!sein_slice_equal(putting->item->from, core->desk) ||
                           !same_id(request->key_id, &core->key_id)))
        err = SEIN_EDEPOSIT;
    if (err == SEIN_OK)
        err = sein_may_presence(kernel->dir, putting->desk, core->circle,
                                core->epoch, core->link, kernel->now_ms);
    if (err == SEIN_OK)
        err = check_times(kernel, core);
    return err == SEIN_OK ? check_directory(kernel, core) : err;
}

/* Whatever comes of it has room in this turn, or nothing is done. */
static enum sein_err
check_leaves(struct kernel *kernel, const struct store_idx *idx)
{
    size_t leaves = 0;
    enum sein_err err = match_leaves(kernel, idx, &leaves);

    if (err != SEIN_OK)
        return err;
    return leaves <= receipts_left(&kernel->receipts) ? SEIN_OK : SEIN_EBUSY;
}

static enum sein_err
find_former(struct kernel *kernel, struct putting *putting)
{
    const struct store_ops *ops = kernel_ops(kernel);
    struct store_presence other;
    enum sein_err err = ops->presence_get(
        kernel->turn.txn, &putting->view.core.presence_id, &other);

    if (err == SEIN_OK || err == SEIN_EDAMAGED)
        return SEIN_ECONFLICT; /* another's, with nothing to prove to us */
    if (err != SEIN_ENOENT)
        return kernel_fatal(err);
    err = ops->presence_at(kernel->turn.txn, &putting->idx, putting->item->from,
                           &putting->former);
    putting->renews = err == SEIN_OK || err == SEIN_EDAMAGED;
    return putting->renews || err == SEIN_ENOENT ? SEIN_OK : kernel_fatal(err);
}

static enum sein_err
check_room(struct kernel *kernel, const struct request *request,
           struct putting *putting, struct verdict *verdict)
{
    enum sein_err err = operation_room(kernel, verdict);

    if (err == SEIN_OK)
        err = check_leaves(kernel, &putting->idx);
    if (err == SEIN_OK)
        err =
            quota_take_item(kernel, request->session->member, &verdict->at_ms);
    if (err == SEIN_OK)
        err = find_former(kernel, putting);
    if (err == SEIN_OK && !putting->renews)
        err = quota_check_presences(kernel, request->key->member->entry.oin,
                                    &verdict->at_ms);
    return err;
}

/* The names were checked when the deposit was opened. */
static enum sein_err
make_row(const struct kernel *kernel, const struct putting *putting,
         struct store_presence *out)
{
    const struct sein_presence_core *core = &putting->view.core;
    enum sein_err err = sein_slice_copy_text(core->circle, out->circle.text,
                                             sizeof out->circle.text);

    if (err == SEIN_OK)
        err = sein_slice_copy_text(core->desk, out->desk.text,
                                   sizeof out->desk.text);
    if (err != SEIN_OK)
        return err;
    out->presence_id = core->presence_id;
    out->idx = putting->idx;
    out->epoch = core->epoch;
    out->key_id = core->key_id;
    out->link = core->link;
    out->put_at_ms = kernel->now_ms;
    out->expires_at_ms = (int64_t)core->expires;
    out->deposit_len = putting->item->deposit.len;
    memcpy(out->deposit, putting->item->deposit.at, out->deposit_len);
    return SEIN_OK;
}

static enum sein_err
store_presence(struct kernel *kernel, const struct request *request,
               const struct putting *putting, struct verdict *verdict)
{
    struct store_presence row = { 0 };
    enum sein_err err = make_row(kernel, putting, &row);

    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->presence_put(kernel->turn.txn, &row);
    if (err == SEIN_EFULL)
        verdict->at_ms = kernel->now_ms + KERNEL_FULL_RETRY_MS;
    if (err != SEIN_OK)
        return err == SEIN_EFULL ? err : kernel_fatal(err);
    err = operation_accept(kernel, request, SEIN_LEAF_PRESENCE, verdict);
    if (err == SEIN_OK)
        err = deposits_note(kernel, &row);
    if (err != SEIN_OK)
        return err;
    FAILPOINT("rows");
    if (putting->renews)
        kernel->counters.presences_renewed++;
    else
        kernel->counters.presences_put++;
    return match_meet(kernel, &row);
}

static enum sein_err
put_one(struct kernel *kernel, const struct request *request,
        const struct request_item *item, struct verdict *verdict)
{
    struct putting putting = { .item = &item->as.presence_put };
    bool repeat = false;
    enum sein_err err =
        sein_presence_open(putting.item->deposit, &putting.view);

    if (err != SEIN_OK)
        return err;
    memcpy(verdict->op_id.bytes, putting.view.core.presence_id.bytes,
           sizeof verdict->op_id.bytes);
    err = operation_repeat(kernel, request, verdict, &repeat);
    if (err != SEIN_OK || repeat)
        return err;
    make_idx(kernel, &putting, &putting.idx);
    err = check_right(kernel, request, &putting);
    if (err == SEIN_OK)
        err = check_room(kernel, request, &putting, verdict);
    /* After the bucket: it is the costly part. */
    if (err == SEIN_OK)
        err = sein_presence_verify(&putting.view, &putting.item->tag,
                                   request->key->entry.sign);
    return err == SEIN_OK ? store_presence(kernel, request, &putting, verdict)
                          : err;
}

enum sein_err
presence_put(struct kernel *kernel, struct request *request)
{
    return confirm_each(kernel, request, put_one);
}

/* ---- an end ---- */

/* Takes away a presence and what there is because of it. */
static enum sein_err
end_presence(struct kernel *kernel, const struct store_presence *presence)
{
    enum sein_err err = match_leave(kernel, presence);

    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->presence_erase(kernel->turn.txn, presence->seq);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    return SEIN_OK;
}

static enum sein_err
withdraw_one(struct kernel *kernel, const struct request *request,
             const struct request_item *item, struct verdict *verdict)
{
    const struct sein_presence_withdraw_item *asked =
        &item->as.presence_withdraw;
    struct store_presence presence = { 0 };
    bool repeat = false;
    enum sein_err err = SEIN_OK;

    verdict->op_id = asked->op_id;
    err = operation_repeat(kernel, request, verdict, &repeat);
    if (err != SEIN_OK || repeat)
        return err;
    err = sein_may(kernel->dir, request->key_id, SEIN_MAY_WITHDRAW, asked->from,
                   kernel->now_ms, NULL, NULL);
    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->presence_get(kernel->turn.txn,
                                           &asked->presence_id, &presence);
    if (err != SEIN_OK && err != SEIN_ENOENT && err != SEIN_EDAMAGED)
        return kernel_fatal(err);
    if (err == SEIN_ENOENT || !sein_slice_is(asked->from, presence.desk.text))
        return SEIN_ENOENT;
    err = check_leaves(kernel, &presence.idx);
    if (err == SEIN_OK)
        err = end_presence(kernel, &presence);
    if (err != SEIN_OK)
        return err;
    FAILPOINT("rows");
    kernel->counters.presences_withdrawn++;
    return operation_accept(kernel, request, SEIN_LEAF_PRESENCE_WITHDRAW,
                            verdict);
}

enum sein_err
presence_withdraw(struct kernel *kernel, struct request *request)
{
    return confirm_each(kernel, request, withdraw_one);
}

/* ---- accept ---- */

/* The match with the asking desk's own side and live presence.  What the other
 * side did, or whether it is still there, makes no difference. */
static enum sein_err
find_own(struct kernel *kernel, const struct sein_match_accept_item *asked,
         struct store_match *match, size_t *out_side,
         struct store_presence *own)
{
    const struct store_ops *ops = kernel_ops(kernel);
    size_t side = 0;
    enum sein_err err =
        ops->match_get(kernel->turn.txn, &asked->match_id, match);

    if (err == SEIN_ENOENT || err == SEIN_EDAMAGED)
        return SEIN_ENOENT;
    if (err != SEIN_OK)
        return kernel_fatal(err);
    if (!sein_slice_is(asked->from, match->sides[0].desk.text))
        side = 1;
    if (!sein_slice_is(asked->from, match->sides[side].desk.text))
        return SEIN_ENOENT;
    err = ops->presence_at(kernel->turn.txn, &match->idx, asked->from, own);
    if (err != SEIN_OK && err != SEIN_ENOENT && err != SEIN_EDAMAGED)
        return kernel_fatal(err);
    if (err != SEIN_OK || !match->sides[side].here ||
        own->expires_at_ms <= kernel->now_ms)
        return SEIN_ENOENT;
    *out_side = side;
    return SEIN_OK;
}

static enum sein_err
check_accept(struct kernel *kernel, const struct request *request,
             const struct sein_match_accept_item *asked,
             struct store_match *match, size_t *out_side,
             struct store_presence *own, struct verdict *verdict)
{
    const struct sein_desk *desk = NULL;
    enum sein_err err =
        sein_may(kernel->dir, request->key_id, SEIN_MAY_PRESENCE, asked->from,
                 kernel->now_ms, NULL, &desk);

    if (err == SEIN_OK)
        err = operation_room(kernel, verdict);
    if (err == SEIN_OK)
        err =
            quota_take_item(kernel, request->session->member, &verdict->at_ms);
    if (err == SEIN_OK)
        err = find_own(kernel, asked, match, out_side, own);
    if (err == SEIN_OK)
        err = sein_may_presence(kernel->dir, desk,
                                sein_slice_text(own->circle.text), own->epoch,
                                own->link, kernel->now_ms);
    return err == SEIN_OK ? check_leaves(kernel, &match->idx) : err;
}

static enum sein_err
accept_one(struct kernel *kernel, const struct request *request,
           const struct request_item *item, struct verdict *verdict)
{
    const struct sein_match_accept_item *asked = &item->as.match_accept;
    struct store_match match = { 0 };
    struct store_presence own = { 0 };
    size_t side = 0;
    bool repeat = false;
    enum sein_err err = SEIN_OK;

    verdict->op_id = asked->op_id;
    err = operation_repeat(kernel, request, verdict, &repeat);
    if (err != SEIN_OK || repeat)
        return err;
    err = check_accept(kernel, request, asked, &match, &side, &own, verdict);
    if (err != SEIN_OK)
        return err;
    err = operation_accept(kernel, request, SEIN_LEAF_ACCEPT, verdict);
    if (err != SEIN_OK)
        return err;
    kernel->counters.matches_accepted++;
    return match_accept(kernel, &own, &match, side);
}

enum sein_err
presence_accept(struct kernel *kernel, struct request *request)
{
    return confirm_each(kernel, request, accept_one);
}

/* ---- what ends by itself ---- */

/* SEIN_EBUSY: the turn has no room for what it brings about. */
static enum sein_err
end_by_itself(struct kernel *kernel, const struct store_presence *presence,
              enum sein_err found)
{
    struct sein_op_id id;
    enum sein_err err = check_leaves(kernel, &presence->idx);

    if (err != SEIN_OK)
        return err;
    memcpy(id.bytes, presence->presence_id.bytes, sizeof id.bytes);
    kernel_tell(kernel,
                found == SEIN_EDAMAGED ? KERNEL_EVENT_DAMAGED
                                       : KERNEL_EVENT_PRESENCE_ENDED,
                &presence->key_id, presence->desk.text, &id, found);
    return end_presence(kernel, presence);
}

static enum sein_err
sweep_expired(struct kernel *kernel, size_t max, bool *out_more)
{
    for (size_t i = 0; i < max; i++) {
        struct store_presence presence = { 0 };
        enum sein_err err = kernel_ops(kernel)->presence_due(
            kernel->turn.txn, kernel->now_ms, &presence);

        if (err == SEIN_ENOENT)
            return SEIN_OK;
        if (err != SEIN_OK && err != SEIN_EDAMAGED)
            return kernel_fatal(err);
        err = end_by_itself(kernel, &presence, err);
        if (err == SEIN_EBUSY)
            break;
        if (err != SEIN_OK)
            return err;
        kernel->counters.presences_expired++;
    }
    *out_more = true;
    return SEIN_OK;
}

/* Whose key was revoked, whose role was taken away, who left. */
static enum sein_err
sweep_fallen(struct kernel *kernel, size_t max, bool *out_more)
{
    if (kernel->now_ms < kernel->pass_at_ms)
        return SEIN_OK;
    for (size_t i = 0; i < max; i++) {
        struct store_presence presence = { 0 };
        enum sein_err err = kernel_ops(kernel)->presence_walk(
            kernel->turn.txn, kernel->pass_seq, &presence);

        if (err == SEIN_ENOENT) {
            kernel->pass_seq = 0;
            kernel->pass_at_ms = kernel->now_ms + PRESENCE_PASS_MS;
            return SEIN_OK;
        }
        if (err != SEIN_OK && err != SEIN_EDAMAGED)
            return kernel_fatal(err);
        if (err == SEIN_EDAMAGED || !match_stands(kernel, &presence)) {
            err = end_by_itself(kernel, &presence,
                                err == SEIN_OK ? SEIN_EROLE : err);
            if (err == SEIN_OK)
                kernel->counters.presences_fallen++;
        }
        if (err == SEIN_EBUSY)
            break;
        if (err != SEIN_OK)
            return err;
        kernel->pass_seq = presence.seq;
    }
    *out_more = true;
    return SEIN_OK;
}

enum sein_err
presence_sweep(struct kernel *kernel, size_t max, bool *out_more)
{
    enum sein_err err = sweep_expired(kernel, max, out_more);

    return err == SEIN_OK ? sweep_fallen(kernel, max, out_more) : err;
}

void
presence_pass_again(struct kernel *kernel)
{
    kernel->pass_seq = 0;
    kernel->pass_at_ms = 0;
}
