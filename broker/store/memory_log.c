#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"

static int
compare_op(const void *a, const void *b)
{
    const struct memory_op *left = a;
    const struct memory_op *right = b;
    int order = strcmp(left->oin.text, right->oin.text);

    if (order != 0)
        return order;
    return memcmp(left->op_id.bytes, right->op_id.bytes, SEIN_ID_BYTES);
}

static int
compare_op_time(const void *a, const void *b)
{
    const struct memory_op *left = a;
    const struct memory_op *right = b;

    if (left->op.time_ms != right->op.time_ms)
        return left->op.time_ms < right->op.time_ms ? -1 : 1;
    return compare_op(a, b);
}

static int
compare_head(const void *a, const void *b)
{
    const struct memory_head *left = a;
    const struct memory_head *right = b;

    return memory_order(left->head.seq, right->head.seq);
}

void
memory_log_init(struct memory_store *memory)
{
    memory->ops.compare = compare_op;
    memory->ops.owns = true;
    memory->op_times.compare = compare_op_time;
    memory->heads.compare = compare_head;
    memory->heads.owns = true;
}

enum sein_err
memory_log_get(struct store_txn *txn, struct sein_log_id *out_log_id)
{
    const struct memory_store *memory = memory_of(txn);

    if (!memory->meta.has_log)
        return SEIN_ENOENT;
    *out_log_id = memory->meta.log_id;
    return SEIN_OK;
}

/* A changed copy takes the place of an operation that is there. */
static enum sein_err
op_replace(struct memory_store *memory, const struct memory_op *old,
           const struct store_op *op)
{
    struct memory_op *row = malloc(sizeof *row);
    enum sein_err err = SEIN_OK;

    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    *row = *old;
    row->op = *op;
    err = memory_drop(memory, &memory->op_times, old);
    if (err != SEIN_OK)
        goto done;
    err = memory_drop(memory, &memory->ops, old);
    if (err != SEIN_OK)
        goto done;
    err = memory_add(memory, &memory->ops, row);
    if (err != SEIN_OK)
        goto done;
    err = memory_add(memory, &memory->op_times, row);
    row = NULL; /* ops owns it, whatever op_times said */

done:
    free(row);
    return err;
}

enum sein_err
memory_log_start(struct store_txn *txn, const struct sein_log_id *log_id)
{
    struct memory_store *memory = memory_of(txn);

    while (memory->heads.count > 0) {
        size_t last = memory->heads.count - 1;
        enum sein_err err =
            memory_drop(memory, &memory->heads, memory->heads.rows[last]);

        if (err != SEIN_OK)
            return err;
    }
    for (size_t i = 0; i < memory->ops.count; i++) {
        const struct memory_op *old = memory->ops.rows[i];
        struct store_op op = old->op;
        enum sein_err err = SEIN_OK;

        op.head_seq = 0;
        err = op_replace(memory, old, &op);
        if (err != SEIN_OK)
            return err;
    }
    memory->meta.has_log = true;
    memory->meta.log_id = *log_id;
    return SEIN_OK;
}

static enum sein_err
head_new(const struct store_head *head, struct memory_head **out_row)
{
    struct memory_head *row = NULL;
    size_t len = 0;
    enum sein_err err = sein_add_len(head->head.len, head->leaves.len, &len);

    if (err != SEIN_OK)
        return err;
    err = sein_add_len(len, sizeof *row, &len);
    if (err != SEIN_OK)
        return err;
    row = malloc(len);
    if (row == NULL)
        return SEIN_ENOMEM;
    row->head = *head;
    if (head->head.len > 0)
        memcpy(row->bytes, head->head.at, head->head.len);
    if (head->leaves.len > 0)
        memcpy(row->bytes + head->head.len, head->leaves.at, head->leaves.len);
    row->head.head.at = row->bytes;
    row->head.leaves.at = row->bytes + head->head.len;
    *out_row = row;
    return SEIN_OK;
}

enum sein_err
memory_head_put(struct store_txn *txn, const struct store_head *head)
{
    struct memory_store *memory = memory_of(txn);
    struct memory_head *row = NULL;
    enum sein_err err = head_new(head, &row);

    if (err != SEIN_OK)
        return memory_fail(memory, err);
    err = memory_add(memory, &memory->heads, row);
    if (err != SEIN_OK)
        free(row);
    return err;
}

enum sein_err
memory_head_each(struct store_txn *txn, uint64_t from, size_t max,
                 store_head_visit *visit, void *context)
{
    const struct memory_store *memory = memory_of(txn);
    const struct memory_head key = { .head.seq = from };
    size_t at = memory_table_seek(&memory->heads, &key);

    for (size_t n = 0; n < max && at < memory->heads.count; n++, at++) {
        const struct memory_head *row = memory->heads.rows[at];
        enum sein_err err = visit(context, &row->head);

        if (err != SEIN_OK)
            return memory_visited(err);
    }
    return SEIN_OK;
}

enum sein_err
memory_head_last(struct store_txn *txn, store_head_visit *visit, void *context)
{
    const struct memory_store *memory = memory_of(txn);
    const struct memory_head *row = NULL;

    if (memory->heads.count == 0)
        return SEIN_ENOENT;
    row = memory->heads.rows[memory->heads.count - 1];
    return memory_visited(visit(context, &row->head));
}

enum sein_err
memory_op_get(struct store_txn *txn, struct sein_slice oin,
              const struct sein_op_id *op_id, struct store_op *out_op)
{
    struct memory_op key = { .op_id = *op_id };
    const struct memory_op *row = NULL;
    enum sein_err err =
        sein_slice_copy_text(oin, key.oin.text, sizeof key.oin.text);

    if (err != SEIN_OK)
        return err;
    row = memory_table_find(&memory_of(txn)->ops, &key);
    if (row == NULL)
        return SEIN_ENOENT;
    *out_op = row->op;
    return SEIN_OK;
}

enum sein_err
memory_op_put(struct store_txn *txn, struct sein_slice oin,
              const struct sein_op_id *op_id, const struct store_op *op)
{
    struct memory_store *memory = memory_of(txn);
    struct memory_op key = { .op_id = *op_id, .op = *op };
    const struct memory_op *old = NULL;
    struct memory_op *row = NULL;
    enum sein_err err =
        sein_slice_copy_text(oin, key.oin.text, sizeof key.oin.text);

    if (err != SEIN_OK)
        return err;
    old = memory_table_find(&memory->ops, &key);
    if (old != NULL && old->op.head_seq == 0)
        return op_replace(memory, old, op);
    if (old != NULL)
        return SEIN_EEXIST;
    row = malloc(sizeof *row);
    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    *row = key;
    err = memory_add(memory, &memory->ops, row);
    if (err != SEIN_OK) {
        free(row);
        return err;
    }
    return memory_add(memory, &memory->op_times, row);
}

static enum sein_err
leaves_forget(struct memory_store *memory, int64_t before_ms, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < memory->heads.count && count < max; i++) {
        const struct memory_head *old = memory->heads.rows[i];
        struct store_head head = old->head;
        enum sein_err err = SEIN_OK;

        if (head.time_ms >= before_ms || head.leaves.len == 0)
            continue;
        head.leaves = sein_slice_of(NULL, 0);
        err = memory_drop(memory, &memory->heads, old);
        if (err != SEIN_OK)
            return err;
        err = memory_head_put(&memory->txn.base, &head);
        if (err != SEIN_OK)
            return err;
        count++;
    }
    return SEIN_OK;
}

enum sein_err
memory_op_forget(struct store_txn *txn, int64_t before_ms, size_t max,
                 size_t *out_count)
{
    struct memory_store *memory = memory_of(txn);
    size_t count = 0;

    while (count < max && memory->op_times.count > 0) {
        const struct memory_op *row = memory->op_times.rows[0];
        enum sein_err err = SEIN_OK;

        if (row->op.time_ms >= before_ms)
            break;
        err = memory_drop(memory, &memory->op_times, row);
        if (err != SEIN_OK)
            return err;
        err = memory_drop(memory, &memory->ops, row);
        if (err != SEIN_OK)
            return err;
        count++;
    }
    *out_count = count;
    return leaves_forget(memory, before_ms, max);
}
