#include "broker/turn.h"

#include "broker/failpoint.h"
#include "broker/upkeep.h"

/* Frames go in until one ends the turn; *next is the first not taken. */
static enum sein_err
take_frames(struct broker *broker, size_t *next, size_t count)
{
    while (*next < count) {
        const struct front_frame *frame = front_frame(broker->front, *next);
        enum sein_err err = SEIN_OK;

        (*next)++;
        err = kernel_take(broker->kernel, &frame->peer, &frame->key_id,
                          frame->bytes);
        if (err != SEIN_OK)
            return err;
        FAILPOINT("authorised");
        FAILPOINT_FRAME(frame->bytes);
    }
    FAILPOINT("taken");
    return SEIN_OK;
}

static enum sein_err
sweep(struct broker *broker)
{
    enum sein_err err = SEIN_OK;

    if (kernel_next_deadline(broker->kernel) > broker->clock.now_ms)
        return SEIN_OK;
    err = kernel_sweep(broker->kernel);
    FAILPOINT("expiry");
    return err;
}

/* Everything up to the commit. */
static enum sein_err
fill(struct broker *broker, struct store_txn *txn, size_t *next, size_t count,
     bool *out_changed, bool *out_mark)
{
    enum sein_err err = kernel_begin(broker->kernel, txn, broker->clock.now_ms);

    if (err != SEIN_OK)
        return err;
    FAILPOINT("begin");
    err = take_frames(broker, next, count);
    if (err == SEIN_OK)
        err = sweep(broker);
    if (err == SEIN_OK)
        err = kernel_seal(broker->kernel, out_changed);
    if (err != SEIN_OK)
        return err;
    FAILPOINT("sealed");
    *out_mark =
        *out_changed && mark_is_due(broker->mark, broker->clock.mono_ms);
    if (*out_mark)
        err = mark_prepare(broker->mark, txn);
    /* Expiry and the like change rows without making a head. */
    if (err == SEIN_ENOENT) {
        *out_mark = false;
        err = SEIN_OK;
    }
    return err;
}

static enum sein_err
commit(struct broker *broker, struct store_txn **txn, bool marks)
{
    enum sein_err err = SEIN_OK;

    if (FAILPOINT_PLANTED("receipt_before_commit"))
        kernel_finish(broker->kernel, SEIN_OK, front_send, broker->front);
    FAILPOINT("before_commit");
    err = broker->store->ops->commit(txn);
    if (err != SEIN_OK)
        return err;
    FAILPOINT("after_commit");
    broker->dirty = true;
    if (marks)
        err = mark_write(broker->mark, broker->clock.mono_ms);
    return err;
}

enum sein_err
turn_run(struct broker *broker, size_t from, size_t count, size_t *out_next)
{
    const struct store_ops *ops = broker->store->ops;
    struct store_txn *txn = NULL;
    bool changed = false;
    bool marks = false;
    size_t next = from;
    enum sein_err err = ops->begin(broker->store, &txn);

    if (err != SEIN_OK)
        return err;
    err = fill(broker, txn, &next, count, &changed, &marks);
    if (err == SEIN_OK && changed)
        err = commit(broker, &txn, marks);
    ops->rollback(&txn); /* no-op when committed */
    if (err == SEIN_EFULL)
        upkeep_found_full(broker);
    FAILPOINT("before_receipt");
    if (!FAILPOINT_PLANTED("receipt_before_commit") || !changed)
        kernel_finish(broker->kernel, err, front_send, broker->front);
    FAILPOINT("after_receipt");
    if (err != SEIN_OK && err != SEIN_EFULL)
        return err;
    *out_next = next;
    return SEIN_OK;
}

bool
turn_is_due(const struct broker *broker)
{
    return kernel_has_work(broker->kernel) ||
           kernel_next_deadline(broker->kernel) <= broker->clock.now_ms;
}
