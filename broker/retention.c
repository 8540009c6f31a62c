#include "broker/retention.h"

#include <string.h>

#include "broker/kernel/deposits.h"
#include "broker/kernel/notice.h"
#include "broker/kernel/presence.h"

/* What the store showed, acted upon when its walk is over. */
struct due {
    struct store_item *items;
    size_t count;
};

static enum sein_err
visit_due(void *context, const struct store_item *item)
{
    struct due *due = context;

    if (due->count == RETENTION_SWEEP_MAX)
        return SEIN_ECANCELED;
    due->items[due->count] = *item;
    due->items[due->count].bytes = (struct sein_slice){ 0 };
    due->count++;
    return SEIN_OK;
}

static void
tell(const struct kernel *kernel, enum kernel_event_type type,
     const struct store_item *item)
{
    struct sein_op_id op_id;

    memcpy(op_id.bytes, item->letter_id.bytes, sizeof op_id.bytes);
    kernel_tell(kernel, type, &item->from_key, item->desk.text, &op_id,
                SEIN_OK);
}

static enum sein_err
report_not_collected(struct kernel *kernel, const struct store_item *item)
{
    enum sein_err err =
        notice_put(kernel, SEIN_EVENT_NOT_COLLECTED, item, (uint64_t)SEIN_OK);

    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->item_reported(kernel->turn.txn, item->seq);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    tell(kernel, KERNEL_EVENT_NOT_COLLECTED, item);
    return SEIN_OK;
}

/* A letter that its sender was not told about yet is told now.  One that is
 * out for delivery stays so: its acknowledgement finds nothing to erase. */
static enum sein_err
expire(struct kernel *kernel, const struct store_item *item)
{
    enum sein_err err = SEIN_OK;

    if (item->collect_by_ms != 0)
        err = notice_put(kernel, SEIN_EVENT_NOT_COLLECTED, item,
                         (uint64_t)SEIN_EEXPIRED);
    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->item_erase(kernel->turn.txn, item->seq);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    kernel->counters.items_expired++;
    tell(kernel, KERNEL_EVENT_EXPIRED, item);
    return SEIN_OK;
}

static enum sein_err
report_unread(struct kernel *kernel, const struct store_item *item)
{
    enum sein_err err =
        notice_put(kernel, SEIN_EVENT_DESK_UNREAD, item, (uint64_t)SEIN_OK);

    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->unread_told(kernel->turn.txn,
                                          sein_slice_text(item->desk.text),
                                          sein_slice_text(item->from.text));
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    tell(kernel, KERNEL_EVENT_DESK_UNREAD, item);
    return SEIN_OK;
}

typedef enum sein_err retention_act(struct kernel *kernel,
                                    const struct store_item *item);

/* SEIN_EBUSY: the turn takes no more leaves; the next sweep goes on. */
static enum sein_err
act_on(struct kernel *kernel, struct due *due, retention_act *act, bool *more)
{
    *more = *more || due->count == RETENTION_SWEEP_MAX;
    for (size_t i = 0; i < due->count; i++) {
        enum sein_err err = act(kernel, &due->items[i]);

        if (err == SEIN_EBUSY) {
            *more = true;
            break;
        }
        if (err != SEIN_OK)
            return err;
    }
    due->count = 0;
    return SEIN_OK;
}

static enum sein_err
sweep_due(struct kernel *kernel, enum store_due which, retention_act *act,
          struct due *due, bool *more)
{
    enum sein_err err =
        kernel_ops(kernel)->item_due(kernel->turn.txn, which, kernel->now_ms,
                                     RETENTION_SWEEP_MAX, visit_due, due);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    return act_on(kernel, due, act, more);
}

static enum sein_err
sweep_unread(struct kernel *kernel, struct due *due, bool *more)
{
    enum sein_err err = kernel_ops(kernel)->unread_due(
        kernel->turn.txn, kernel->now_ms - SEIN_DESK_UNREAD_MS,
        RETENTION_SWEEP_MAX, visit_due, due);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    return act_on(kernel, due, report_unread, more);
}

static enum sein_err
forget(struct kernel *kernel, bool *more)
{
    const struct store_ops *ops = kernel_ops(kernel);
    size_t count = 0;
    enum sein_err err =
        ops->op_forget(kernel->turn.txn, kernel->now_ms - SEIN_RECEIPT_KEEP_MS,
                       RETENTION_SWEEP_MAX, &count);

    if (err == SEIN_OK)
        err = ops->directory_forget(kernel->turn.txn,
                                    kernel->now_ms - SEIN_DIRECTORY_KEEP_MS);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = kernel->turn.changed || count > 0;
    *more = *more || count == RETENTION_SWEEP_MAX;
    return SEIN_OK;
}

enum sein_err
retention_sweep(struct kernel *kernel)
{
    struct due due = { 0 };
    bool more = false;
    enum sein_err err = SEIN_OK;

    due.items = effects_alloc(&kernel->effects,
                              RETENTION_SWEEP_MAX * sizeof *due.items);
    if (due.items == NULL)
        return SEIN_ENOMEM;
    err = sweep_due(kernel, STORE_DUE_EXPIRED, expire, &due, &more);
    if (err == SEIN_OK)
        err = sweep_due(kernel, STORE_DUE_COLLECT, report_not_collected, &due,
                        &more);
    if (err == SEIN_OK)
        err = sweep_unread(kernel, &due, &more);
    if (err == SEIN_OK)
        err = presence_sweep(kernel, RETENTION_SWEEP_MAX, &more);
    if (err == SEIN_OK)
        err = deposits_sweep(kernel, RETENTION_SWEEP_MAX, &more);
    if (err == SEIN_OK)
        err = forget(kernel, &more);
    if (err == SEIN_OK)
        kernel->sweep_at_ms = kernel->now_ms + (more ? 0 : RETENTION_EVERY_MS);
    return err;
}
