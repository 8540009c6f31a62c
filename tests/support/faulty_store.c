#include "tests/support/faulty_store.h"

#include <stdlib.h>

static struct faulty_store *
faulty_of(struct store_txn *txn)
{
    return (struct faulty_store *)txn->store;
}

static bool
fails(struct faulty_store *faulty)
{
    faulty->calls++;
    return faulty->calls == faulty->fail_at;
}

/* Each passes on to the operation of the same name on the inner store. */
#define PASS(name, params, args)                      \
    static enum sein_err faulty_##name params         \
    {                                                 \
        struct faulty_store *faulty = faulty_of(txn); \
                                                      \
        if (fails(faulty))                            \
            return faulty->with;                      \
        return faulty->inner->ops->name args;         \
    }
#define TXN struct store_txn *txn
#define INNER faulty->inner_txn

/* clang-format off */
PASS(log_get, (TXN, struct sein_log_id *out), (INNER, out))
PASS(log_start, (TXN, const struct sein_log_id *id), (INNER, id))
PASS(head_put, (TXN, const struct store_head *head), (INNER, head))
PASS(head_each, (TXN, uint64_t from, size_t max, store_head_visit *visit,
                 void *context),
     (INNER, from, max, visit, context))
PASS(head_last, (TXN, store_head_visit *visit, void *context),
     (INNER, visit, context))
PASS(op_get, (TXN, struct sein_slice oin, const struct sein_op_id *id,
              struct store_op *out),
     (INNER, oin, id, out))
PASS(op_put, (TXN, struct sein_slice oin, const struct sein_op_id *id,
              const struct store_op *op),
     (INNER, oin, id, op))
PASS(op_forget, (TXN, int64_t before_ms, size_t max, size_t *out),
     (INNER, before_ms, max, out))
PASS(item_put, (TXN, const struct store_item *item, uint64_t *out),
     (INNER, item, out))
PASS(item_each, (TXN, struct sein_slice desk, uint64_t after, size_t max,
                 store_item_visit *visit, void *context),
     (INNER, desk, after, max, visit, context))
PASS(item_get, (TXN, uint64_t seq, struct store_item *out), (INNER, seq, out))
PASS(item_find, (TXN, const struct sein_letter_id *id, struct store_item *out),
     (INNER, id, out))
PASS(item_erase, (TXN, uint64_t seq), (INNER, seq))
PASS(item_reported, (TXN, uint64_t seq), (INNER, seq))
PASS(item_due, (TXN, enum store_due due, int64_t now_ms, size_t max,
                store_item_visit *visit, void *context),
     (INNER, due, now_ms, max, visit, context))
PASS(unread_due, (TXN, int64_t before_ms, size_t max, store_item_visit *visit,
                  void *context),
     (INNER, before_ms, max, visit, context))
PASS(unread_told, (TXN, struct sein_slice desk, struct sein_slice from),
     (INNER, desk, from))
PASS(desk_get, (TXN, struct sein_slice desk, struct store_desk *out),
     (INNER, desk, out))
PASS(desk_put, (TXN, struct sein_slice desk, const struct store_desk *row),
     (INNER, desk, row))
PASS(prekey_each, (TXN, struct sein_slice desk, size_t max,
                   store_prekey_visit *visit, void *context),
     (INNER, desk, max, visit, context))
PASS(prekey_put, (TXN, struct sein_slice desk, const struct store_prekey *row),
     (INNER, desk, row))
PASS(directory_put, (TXN, uint64_t version, int64_t issued_ms,
                     struct sein_slice bytes),
     (INNER, version, issued_ms, bytes))
PASS(directory_read, (TXN, uint64_t version, size_t offset, size_t max,
                      struct sein_writer *out, size_t *total,
                      uint64_t *out_version),
     (INNER, version, offset, max, out, total, out_version))
PASS(directory_forget, (TXN, int64_t before_ms), (INNER, before_ms))
PASS(usage_get, (TXN, struct sein_slice oin, struct store_usage *out),
     (INNER, oin, out))
PASS(presence_put, (TXN, const struct store_presence *row), (INNER, row))
PASS(presence_get, (TXN, const struct sein_presence_id *id,
                    struct store_presence *out),
     (INNER, id, out))
PASS(presence_at, (TXN, const struct store_idx *idx, struct sein_slice desk,
                   struct store_presence *out),
     (INNER, idx, desk, out))
PASS(presence_next, (TXN, const struct store_idx *idx, struct sein_slice after,
                     struct store_presence *out),
     (INNER, idx, after, out))
PASS(presence_under, (TXN, const struct store_idx *idx, uint64_t *out),
     (INNER, idx, out))
PASS(presence_due, (TXN, int64_t now_ms, struct store_presence *out),
     (INNER, now_ms, out))
PASS(presence_walk, (TXN, uint64_t after, struct store_presence *out),
     (INNER, after, out))
PASS(presence_erase, (TXN, uint64_t seq), (INNER, seq))
PASS(presence_count, (TXN, struct sein_slice oin, uint64_t *out),
     (INNER, oin, out))
PASS(match_put, (TXN, const struct store_match *row), (INNER, row))
PASS(match_get, (TXN, const struct sein_match_id *id, struct store_match *out),
     (INNER, id, out))
PASS(match_pair, (TXN, const struct store_idx *idx, struct sein_slice first,
                  struct sein_slice second, struct store_match *out),
     (INNER, idx, first, second, out))
PASS(match_next, (TXN, const struct store_idx *idx, struct sein_slice desk,
                  const struct sein_match_id *after, struct store_match *out),
     (INNER, idx, desk, after, out))
PASS(match_update, (TXN, const struct store_match *row), (INNER, row))
PASS(match_erase, (TXN, const struct sein_match_id *id), (INNER, id))
PASS(match_count, (TXN, uint64_t *out), (INNER, out))
PASS(deposit_put, (TXN, const struct store_deposits *row,
                   const struct sein_presence_id *id),
     (INNER, row, id))
PASS(deposit_next, (TXN, const struct store_deposits *after,
                    struct store_deposits *out),
     (INNER, after, out))
PASS(deposit_ids, (TXN, const struct store_deposits *row,
                   const struct sein_presence_id *after, size_t max,
                   struct sein_presence_id *out, size_t *out_count),
     (INNER, row, after, max, out, out_count))
PASS(deposit_forget, (TXN, uint64_t before_day, size_t max, size_t *out),
     (INNER, before_day, max, out))
PASS(deposit_drop, (TXN, const struct store_deposits *list, size_t max,
                    size_t *out),
     (INNER, list, max, out))
PASS(listed_get, (TXN, struct sein_slice desk, struct store_deposits *out),
     (INNER, desk, out))
PASS(listed_put, (TXN, struct sein_slice desk,
                  const struct store_deposits *list),
     (INNER, desk, list))
PASS(listed_day, (TXN, uint64_t *out), (INNER, out))
PASS(count, (TXN, struct store_usage *out), (INNER, out))
/* clang-format on */

static enum sein_err
faulty_begin(struct store *store, struct store_txn **out_txn)
{
    struct faulty_store *faulty = (struct faulty_store *)store;
    enum sein_err err = SEIN_OK;

    if (fails(faulty))
        return faulty->with;
    err = faulty->inner->ops->begin(faulty->inner, &faulty->inner_txn);
    if (err == SEIN_OK)
        *out_txn = &faulty->txn;
    return err;
}

static void
faulty_rollback(struct store_txn **txn)
{
    struct faulty_store *faulty = NULL;

    if (*txn == NULL)
        return;
    faulty = faulty_of(*txn);
    faulty->inner->ops->rollback(&faulty->inner_txn);
    *txn = NULL;
}

static enum sein_err
faulty_commit(struct store_txn **txn)
{
    struct faulty_store *faulty = faulty_of(*txn);

    if (fails(faulty)) {
        faulty_rollback(txn);
        return faulty->with;
    }
    *txn = NULL;
    return faulty->inner->ops->commit(&faulty->inner_txn);
}

static void
faulty_close(struct store **store)
{
    struct faulty_store *faulty = (struct faulty_store *)*store;

    if (faulty == NULL)
        return;
    faulty->inner->ops->close(&faulty->inner);
    free(faulty);
    *store = NULL;
}

static enum sein_err
faulty_maintain(struct store *store)
{
    struct faulty_store *faulty = (struct faulty_store *)store;

    return faulty->inner->ops->maintain(faulty->inner);
}

static bool
faulty_full(const struct store *store)
{
    const struct faulty_store *faulty = (const struct faulty_store *)store;

    return faulty->inner->ops->full(faulty->inner);
}

static uint64_t
faulty_unmaintained(const struct store *store)
{
    const struct faulty_store *faulty = (const struct faulty_store *)store;

    return faulty->inner->ops->unmaintained(faulty->inner);
}

static enum sein_err
faulty_backup(struct store *store, const char *to_path)
{
    struct faulty_store *faulty = (struct faulty_store *)store;

    return faulty->inner->ops->backup(faulty->inner, to_path);
}

/* clang-format off */
#define FAULTY_SLOT(name) .name = faulty_##name,
static const struct store_ops faulty_ops = {
    .scheme = "faulty",
    .close = faulty_close,
    .begin = faulty_begin,
    .commit = faulty_commit,
    .rollback = faulty_rollback,
    .maintain = faulty_maintain,
    .full = faulty_full,
    .unmaintained = faulty_unmaintained,
    .backup = faulty_backup,
    STORE_CALLS(FAULTY_SLOT)
};
/* clang-format on */

struct store *
faulty_store_new(struct store **inner)
{
    struct faulty_store *faulty = calloc(1, sizeof *faulty);

    if (faulty == NULL)
        return NULL;
    faulty->base.ops = &faulty_ops;
    faulty->txn.store = &faulty->base;
    faulty->inner = *inner;
    *inner = NULL;
    return &faulty->base;
}

void
faulty_store_arm(struct store *store, uint64_t nth, enum sein_err with)
{
    struct faulty_store *faulty = (struct faulty_store *)store;

    faulty->calls = 0;
    faulty->fail_at = nth;
    faulty->with = with;
}

bool
faulty_store_fired(const struct store *store)
{
    const struct faulty_store *faulty = (const struct faulty_store *)store;

    return faulty->fail_at != 0 && faulty->calls >= faulty->fail_at;
}
