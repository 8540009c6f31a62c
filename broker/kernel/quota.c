#include "broker/kernel/quota.h"

#include <stdlib.h>
#include <string.h>

#define MILLI 1000U
/* What waits goes when somebody reads it: nobody knows when, so now and then.
 */
#define WAITING_RETRY_MS (10 * SEIN_MS_PER_MIN)
/* Of a bucket that is never filled again. */
#define NEVER_RETRY_MS SEIN_MS_PER_DAY

static struct member *
member_find(const struct kernel *kernel, struct sein_slice oin, uint64_t hash)
{
    struct table_node *node = table_first(&kernel->members, hash);

    for (; node != NULL; node = table_again(node)) {
        struct member *member = (struct member *)node;

        if (sein_slice_is(oin, member->oin.text))
            return member;
    }
    return NULL;
}

enum sein_err
member_open(struct kernel *kernel, struct sein_slice oin,
            struct member **out_member)
{
    uint64_t hash = table_hash(&kernel->members, oin);
    struct member *member = member_find(kernel, oin, hash);
    enum sein_err err = SEIN_OK;

    if (member != NULL)
        goto done;
    member = calloc(1, sizeof *member);
    if (member == NULL)
        return SEIN_ENOMEM;
    err = sein_slice_copy_text(oin, member->oin.text, sizeof member->oin.text);
    if (err != SEIN_OK) {
        free(member);
        return err;
    }
    member->millitokens = kernel->config.quota.items_burst * MILLI;
    member->filled_at_ms = kernel->now_ms;
    table_insert(&kernel->members, &member->node, hash);

done:
    *out_member = member;
    return SEIN_OK;
}

/* items_per_s tokens a second are items_per_s millitokens a millisecond. */
static void
fill(const struct kernel *kernel, struct member *member)
{
    uint64_t rate = kernel->config.quota.items_per_s;
    uint64_t full = kernel->config.quota.items_burst * MILLI;
    int64_t passed_ms = kernel->now_ms - member->filled_at_ms;
    uint64_t missing = 0;

    if (member->millitokens > full)
        member->millitokens = full; /* the quota was lowered */
    missing = full - member->millitokens;
    member->filled_at_ms = kernel->now_ms;
    if (passed_ms <= 0 || rate == 0)
        return;
    if ((uint64_t)passed_ms > missing / rate)
        member->millitokens = full;
    else
        member->millitokens += (uint64_t)passed_ms * rate;
}

enum sein_err
quota_take_item(const struct kernel *kernel, struct member *member,
                int64_t *out_at_ms)
{
    uint64_t rate = kernel->config.quota.items_per_s;

    fill(kernel, member);
    if (member->millitokens >= MILLI) {
        member->millitokens -= MILLI;
        return SEIN_OK;
    }
    *out_at_ms = kernel->now_ms + NEVER_RETRY_MS;
    if (rate > 0)
        *out_at_ms = kernel->now_ms +
                     (int64_t)((MILLI - member->millitokens - 1) / rate + 1);
    return SEIN_EQUOTA;
}

enum sein_err
quota_check_waiting(const struct kernel *kernel, struct sein_slice oin,
                    size_t len, int64_t *out_at_ms)
{
    const struct kernel_quota *quota = &kernel->config.quota;
    struct store_usage usage = { 0 };
    enum sein_err err =
        kernel_ops(kernel)->usage_get(kernel->turn.txn, oin, &usage);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    if (usage.letters < quota->letters_max && usage.bytes < quota->bytes_max &&
        len <= quota->bytes_max - usage.bytes)
        return SEIN_OK;
    *out_at_ms = kernel->now_ms + WAITING_RETRY_MS;
    return SEIN_EQUOTA;
}

enum sein_err
quota_check_presences(const struct kernel *kernel, struct sein_slice oin,
                      int64_t *out_at_ms)
{
    uint64_t count = 0;
    enum sein_err err =
        kernel_ops(kernel)->presence_count(kernel->turn.txn, oin, &count);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    if (count < kernel->config.quota.presences_max)
        return SEIN_OK;
    *out_at_ms = kernel->now_ms + WAITING_RETRY_MS;
    return SEIN_EQUOTA;
}

enum sein_err
quota_check_session(const struct kernel *kernel, struct sein_slice oin,
                    int64_t *out_at_ms)
{
    const struct member *member =
        member_find(kernel, oin, table_hash(&kernel->members, oin));
    uint64_t open = member == NULL ? 0 : member->sessions;

    /* A connection that is gone keeps its place for a lease. */
    *out_at_ms = kernel->now_ms + kernel->config.lease_ms;
    if (open >= kernel->config.quota.sessions_max)
        return SEIN_EQUOTA;
    return kernel->sessions.count < SESSIONS_MAX ? SEIN_OK : SEIN_EBUSY;
}
