#include "broker/store/sqlite_room.h"

enum sein_err
sqlite_log_get(struct store_txn *txn, struct sein_log_id *out_log_id)
{
    const struct sqlite_store *sqlite = sqlite_of(txn);

    if (!sqlite->meta.has_log)
        return SEIN_ENOENT;
    *out_log_id = sqlite->meta.log_id;
    return SEIN_OK;
}

enum sein_err
sqlite_log_start(struct store_txn *txn, const struct sein_log_id *log_id)
{
    struct sqlite_store *sqlite = sqlite_of(txn);
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_HEAD_DROP, &query);

    if (err == SEIN_OK)
        err = sqlite_run(txn, query);
    if (err == SEIN_OK)
        err = sqlite_use(txn, QUERY_OP_CUT, &query);
    if (err == SEIN_OK)
        err = sqlite_run(txn, query);
    if (err == SEIN_OK)
        err = sqlite_use(txn, QUERY_META_LOG, &query);
    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(log_id->bytes, SEIN_ID_BYTES));
    err = sqlite_run(txn, query);
    if (err != SEIN_OK)
        return err;
    sqlite->meta.leaves_from = 1;
    sqlite->meta.has_log = true;
    sqlite->meta.log_id = *log_id;
    return SEIN_OK;
}

enum sein_err
sqlite_head_put(struct store_txn *txn, const struct store_head *head)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_HEAD_PUT, &query);

    if (err != SEIN_OK)
        return err;
    if (head->seq >= INT64_MAX)
        return SEIN_ERANGE;
    sqlite_bind_number(query, 1, head->seq);
    sqlite_bind_int(query, 2, head->time_ms);
    sqlite_bind_blob_or_empty(query, 3, head->head);
    sqlite_bind_blob(query, 4, sein_slice_of(head->signature, SEIN_SIG_BYTES));
    if (head->leaves.len > 0)
        sqlite_bind_blob(query, 5, head->leaves);
    return sqlite_run(txn, query);
}

static enum sein_err
head_visit(const struct sqlite_query *query, store_head_visit *visit,
           void *context)
{
    struct store_head head = { 0 };
    enum sein_err err =
        sqlite_column_fixed(query, 3, head.signature, sizeof head.signature);

    if (err != SEIN_OK)
        return err;
    head.seq = sqlite_column_number(query, 0);
    head.time_ms = sqlite_column_int(query, 1);
    head.head = sqlite_column_bytes(query, 2);
    head.leaves = sqlite_column_bytes(query, 4);
    return visit(context, &head);
}

enum sein_err
sqlite_head_each(struct store_txn *txn, uint64_t from, size_t max,
                 store_head_visit *visit, void *context)
{
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_HEAD_EACH, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, from);
    sqlite_bind_number(query, 2, max);
    err = sqlite_next(txn, query, &row);
    while (err == SEIN_OK && row) {
        err = head_visit(query, visit, context);
        if (err == SEIN_OK)
            err = sqlite_next(txn, query, &row);
    }
    sqlite_query_reset(query);
    return sqlite_visited(err);
}

enum sein_err
sqlite_head_last(struct store_txn *txn, store_head_visit *visit, void *context)
{
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_HEAD_LAST, &query);

    if (err != SEIN_OK)
        return err;
    err = sqlite_next(txn, query, &row);
    if (err == SEIN_OK)
        err = row ? head_visit(query, visit, context) : SEIN_ENOENT;
    sqlite_query_reset(query);
    return sqlite_visited(err);
}

static enum sein_err
op_read(const struct sqlite_query *query, struct store_op *out_op)
{
    struct store_op op = { 0 };
    enum sein_err err =
        sqlite_column_fixed(query, 4, op.item_hash.bytes, SEIN_HASH_BYTES);

    if (err != SEIN_OK)
        return err;
    err = sqlite_column_fixed(query, 5, op.k_event, SEIN_HASH_BYTES);
    if (err != SEIN_OK)
        return err;
    op.type = sqlite_column_number(query, 0);
    op.time_ms = sqlite_column_int(query, 1);
    op.head_seq = sqlite_column_number(query, 2);
    op.leaf_index = sqlite_column_number(query, 3);
    *out_op = op;
    return SEIN_OK;
}

enum sein_err
sqlite_op_get(struct store_txn *txn, struct sein_slice oin,
              const struct sein_op_id *op_id, struct store_op *out_op)
{
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_OP_GET, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(op_id->bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 2, oin);
    err = sqlite_next(txn, query, &row);
    if (err == SEIN_OK)
        err = row ? op_read(query, out_op) : SEIN_ENOENT;
    sqlite_query_reset(query);
    return err;
}

enum sein_err
sqlite_op_put(struct store_txn *txn, struct sein_slice oin,
              const struct sein_op_id *op_id, const struct store_op *op)
{
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, QUERY_OP_PUT, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_blob(query, 1, sein_slice_of(op_id->bytes, SEIN_ID_BYTES));
    sqlite_bind_text(query, 2, oin);
    sqlite_bind_number(query, 3, op->type);
    sqlite_bind_int(query, 4, op->time_ms);
    sqlite_bind_number(query, 5, op->head_seq);
    sqlite_bind_number(query, 6, op->leaf_index);
    sqlite_bind_blob(query, 7,
                     sein_slice_of(op->item_hash.bytes, SEIN_HASH_BYTES));
    sqlite_bind_blob(query, 8, sein_slice_of(op->k_event, SEIN_HASH_BYTES));
    err = sqlite_run(txn, query);
    if (err != SEIN_OK)
        return err;
    /* One that has its head was left as it is. */
    return sqlite_db_changes(sqlite_of(txn)->db) > 0 ? SEIN_OK : SEIN_EEXIST;
}

/* The first head, from leaves_from on, whose leaves stay. */
static enum sein_err
leaves_keep_from(struct store_txn *txn, int64_t before_ms, size_t max,
                 uint64_t *out_seq)
{
    uint64_t seq = sqlite_of(txn)->meta.leaves_from;
    struct sqlite_query *query = NULL;
    bool row = false;
    enum sein_err err = sqlite_use(txn, QUERY_LEAVES_OLD, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, seq);
    sqlite_bind_number(query, 2, max);
    err = sqlite_next(txn, query, &row);
    while (err == SEIN_OK && row && sqlite_column_int(query, 1) < before_ms) {
        seq = sqlite_column_number(query, 0) + 1;
        err = sqlite_next(txn, query, &row);
    }
    sqlite_query_reset(query);
    if (err == SEIN_OK)
        *out_seq = seq;
    return err;
}

/* Heads follow each other in time: none is looked at again. */
static enum sein_err
leaves_forget(struct store_txn *txn, int64_t before_ms, size_t max)
{
    struct sqlite_meta *meta = &sqlite_of(txn)->meta;
    struct sqlite_query *query = NULL;
    uint64_t keep = 0;
    enum sein_err err = leaves_keep_from(txn, before_ms, max, &keep);

    if (err != SEIN_OK || keep == meta->leaves_from)
        return err;
    err = sqlite_use(txn, QUERY_LEAVES_FORGET, &query);
    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, meta->leaves_from);
    sqlite_bind_number(query, 2, keep);
    err = sqlite_run(txn, query);
    if (err != SEIN_OK)
        return err;
    err = sqlite_use(txn, QUERY_META_LEAVES, &query);
    if (err != SEIN_OK)
        return err;
    sqlite_bind_number(query, 1, keep);
    meta->leaves_from = keep;
    return sqlite_run(txn, query);
}

/* The first id that a letter of this time can have, all of whose kind are
 * above those of a time before. */
static struct sein_op_id
first_id(int64_t time_ms)
{
    struct sein_op_id id = { { 0 } };

    for (size_t i = 0; i < 6 && time_ms > 0; i++)
        id.bytes[i] = (uint8_t)((uint64_t)time_ms >> (8 * (5 - i)));
    return id;
}

static enum sein_err
op_forget(struct store_txn *txn, enum sqlite_query_name name, int64_t before_ms,
          size_t max, size_t *count)
{
    struct sein_op_id end = first_id(before_ms + SEIN_CLOCK_AHEAD_MS);
    struct sqlite_query *query = NULL;
    enum sein_err err = sqlite_use(txn, name, &query);

    if (err != SEIN_OK)
        return err;
    sqlite_bind_int(query, 1, before_ms);
    sqlite_bind_number(query, 2, max - *count);
    if (name == QUERY_OP_FORGET_LETTERS)
        sqlite_bind_blob(query, 3, sein_slice_of(end.bytes, SEIN_ID_BYTES));
    err = sqlite_run(txn, query);
    if (err == SEIN_OK)
        *count += (size_t)sqlite_db_changes(sqlite_of(txn)->db);
    return err;
}

enum sein_err
sqlite_op_forget(struct store_txn *txn, int64_t before_ms, size_t max,
                 size_t *out_count)
{
    size_t count = 0;
    enum sein_err err =
        op_forget(txn, QUERY_OP_FORGET_LETTERS, before_ms, max, &count);

    if (err == SEIN_OK)
        err = op_forget(txn, QUERY_OP_FORGET_OTHERS, before_ms, max, &count);
    if (err == SEIN_OK)
        err = leaves_forget(txn, before_ms, max);
    if (err == SEIN_OK)
        *out_count = count;
    return err;
}
