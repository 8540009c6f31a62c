#include "broker/kernel/operation.h"

static struct sein_slice
oin_of(const struct request *request)
{
    return request->key->member->entry.oin;
}

static enum sein_err
add_leaf(struct kernel *kernel, const struct request *request,
         enum sein_leaf_type type, struct verdict *verdict)
{
    struct sein_leaf_event leaf = { .type = type,
                                    .oin = oin_of(request),
                                    .op_id = verdict->op_id,
                                    .item_hash = verdict->op.item_hash };
    enum sein_err err =
        receipts_add(&kernel->receipts, kernel->turn.txn, &leaf, &verdict->op);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    verdict->has_op = true;
    return SEIN_OK;
}

enum sein_err
operation_repeat(struct kernel *kernel, const struct request *request,
                 struct verdict *verdict, bool *out_repeat)
{
    struct store_op first;
    enum sein_err err = kernel_ops(kernel)->op_get(
        kernel->turn.txn, oin_of(request), &verdict->op_id, &first);
    bool same = false;

    *out_repeat = err == SEIN_OK;
    if (err == SEIN_ENOENT)
        return SEIN_OK;
    if (err != SEIN_OK)
        return kernel_fatal(err);
    same = sein_slice_equal(
        sein_slice_of(first.item_hash.bytes, sizeof first.item_hash.bytes),
        sein_slice_of(verdict->op.item_hash.bytes,
                      sizeof verdict->op.item_hash.bytes));
    verdict->code = same ? SEIN_EDUPLICATE : SEIN_ECONFLICT;
    verdict->op = first;
    verdict->has_op = true;
    kernel->counters.items_duplicate++;
    /* Accepted under a log that is no more: it becomes a leaf of this one. */
    if (first.head_seq == 0 && receipts_room(&kernel->receipts))
        return add_leaf(kernel, request, (enum sein_leaf_type)first.type,
                        verdict);
    return SEIN_OK;
}

enum sein_err
operation_accept(struct kernel *kernel, const struct request *request,
                 enum sein_leaf_type type, struct verdict *verdict)
{
    verdict->code = SEIN_OK;
    verdict->at_ms = 0;
    return add_leaf(kernel, request, type, verdict);
}

enum sein_err
operation_room(const struct kernel *kernel, struct verdict *verdict)
{
    if (kernel->full) {
        verdict->at_ms = kernel->now_ms + KERNEL_FULL_RETRY_MS;
        return SEIN_EFULL;
    }
    return receipts_room(&kernel->receipts) ? SEIN_OK : SEIN_EBUSY;
}
