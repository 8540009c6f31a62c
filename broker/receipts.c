#include "broker/receipts.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"

#define LEAVES_FIRST 64U
/* What an idle broker holds on to. */
#define LEAVES_KEPT 1024U

void
receipts_init(struct receipts *receipts, const uint8_t *secret)
{
    *receipts = (struct receipts){ .secret = secret };
}

static void
page_clear(struct receipts_page *page)
{
    sein_tree_deinit(&page->tree);
    free(page->leaves);
    *page = (struct receipts_page){ 0 };
}

void
receipts_deinit(struct receipts *receipts)
{
    page_clear(&receipts->now);
    page_clear(&receipts->then);
    free(receipts->leaves);
    *receipts = (struct receipts){ 0 };
}

/* Where the chain of heads goes on. */
struct newest {
    uint64_t seq;
    struct sein_hash hash;
};

static enum sein_err
visit_newest(void *context, const struct store_head *head)
{
    struct newest *newest = context;

    newest->seq = head->seq;
    sein_hash_of(head->head, &newest->hash);
    return SEIN_OK;
}

static enum sein_err
start_log(struct receipts *receipts, struct store_txn *txn)
{
    struct sein_log_id log_id;
    enum sein_err err = SEIN_OK;

    sein_random_id(log_id.bytes);
    err = txn->store->ops->log_start(txn, &log_id);
    if (err != SEIN_OK)
        return err;
    receipts->log_id = log_id;
    receipts->changed = true;
    return SEIN_OK;
}

static enum sein_err
load(struct receipts *receipts, struct store_txn *txn)
{
    const struct store_ops *ops = txn->store->ops;
    struct newest newest = { 0 };
    enum sein_err err = ops->log_get(txn, &receipts->log_id);

    if (err == SEIN_ENOENT)
        err = start_log(receipts, txn);
    if (err != SEIN_OK)
        return err;
    err = ops->head_last(txn, visit_newest, &newest);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    receipts->seq = newest.seq;
    receipts->prev = newest.hash;
    receipts->loaded = true;
    return SEIN_OK;
}

enum sein_err
receipts_begin(struct receipts *receipts, struct store_txn *txn, int64_t now_ms)
{
    receipts->now_ms = now_ms;
    receipts->count = 0;
    receipts->changed = false;
    return receipts->loaded ? SEIN_OK : load(receipts, txn);
}

bool
receipts_room(const struct receipts *receipts)
{
    return receipts->count < SEIN_TREE_LEAVES_MAX;
}

size_t
receipts_left(const struct receipts *receipts)
{
    return SEIN_TREE_LEAVES_MAX - receipts->count;
}

static enum sein_err
reserve_leaf(struct receipts *receipts)
{
    size_t max = receipts->max == 0 ? LEAVES_FIRST : receipts->max * 2;
    struct sein_hash *leaves = NULL;

    if (!receipts_room(receipts))
        return SEIN_ERANGE;
    if (receipts->count < receipts->max)
        return SEIN_OK;
    leaves = realloc(receipts->leaves, max * sizeof *leaves);
    if (leaves == NULL)
        return SEIN_ENOMEM;
    receipts->leaves = leaves;
    receipts->max = max;
    return SEIN_OK;
}

enum sein_err
receipts_add(struct receipts *receipts, struct store_txn *txn,
             const struct sein_leaf_event *event, struct store_op *out_op)
{
    struct sein_leaf_event timed = *event;
    struct store_op op = { .item_hash = event->item_hash,
                           .type = (uint64_t)event->type,
                           .time_ms = receipts->now_ms,
                           .head_seq = receipts->seq + 1,
                           .leaf_index = receipts->count };
    enum sein_err err = reserve_leaf(receipts);

    if (err != SEIN_OK)
        return err;
    randombytes_buf(op.k_event, sizeof op.k_event);
    timed.time = (uint64_t)receipts->now_ms;
    err = txn->store->ops->op_put(txn, event->oin, &event->op_id, &op);
    if (err != SEIN_OK)
        return err;
    sein_leaf_make(&timed, op.k_event, &receipts->leaves[receipts->count]);
    receipts->count++;
    *out_op = op;
    return SEIN_OK;
}

static enum sein_err
sign_head(struct receipts *receipts, struct receipts_page *page)
{
    struct sein_head head = { .v = 1,
                              .log_id = receipts->log_id,
                              .seq = page->seq,
                              .prev = receipts->prev,
                              .count = page->count,
                              .time = (uint64_t)receipts->now_ms };

    sein_tree_get_root(&page->tree, &head.root);
    return sein_head_sign(&head, receipts->secret, page->head,
                          sizeof page->head, &page->head_len, page->signature);
}

static enum sein_err
store_page(const struct receipts *receipts, const struct receipts_page *page,
           struct store_txn *txn)
{
    struct store_head row = { .seq = page->seq,
                              .time_ms = receipts->now_ms,
                              .head =
                                  sein_slice_of(page->head, page->head_len) };

    memcpy(row.signature, page->signature, sizeof row.signature);
    row.leaves = sein_slice_of(page->leaves[0].bytes,
                               page->count * sizeof page->leaves[0]);
    return txn->store->ops->head_put(txn, &row);
}

enum sein_err
receipts_seal(struct receipts *receipts, struct store_txn *txn)
{
    struct receipts_page *page = &receipts->now;
    enum sein_err err = SEIN_OK;

    page_clear(page);
    if (receipts->count == 0)
        return SEIN_OK;
    /* The page takes the leaves over; the next turn makes its own. */
    page->leaves = receipts->leaves;
    page->count = receipts->count;
    page->seq = receipts->seq + 1;
    receipts->leaves = NULL;
    receipts->max = 0;
    receipts->count = 0;
    err = sein_tree_init(&page->tree, page->leaves, page->count);
    if (err == SEIN_OK)
        err = sign_head(receipts, page);
    if (err == SEIN_OK)
        err = store_page(receipts, page, txn);
    return err;
}

/* A head as it was stored, copied out of the store's walk. */
struct lookup {
    uint64_t seq;
    struct receipts_page *page;
    enum sein_err err;
};

static enum sein_err
copy_page(struct receipts_page *page, const struct store_head *row)
{
    size_t count = row->leaves.len / sizeof(struct sein_hash);

    if (row->head.len > sizeof page->head ||
        row->leaves.len % sizeof(struct sein_hash) != 0 ||
        count > SEIN_TREE_LEAVES_MAX)
        return SEIN_EDAMAGED;
    if (count == 0)
        return SEIN_ENOENT;
    page->leaves = malloc(row->leaves.len);
    if (page->leaves == NULL)
        return SEIN_ENOMEM;
    memcpy(page->leaves, row->leaves.at, row->leaves.len);
    memcpy(page->head, row->head.at, row->head.len);
    memcpy(page->signature, row->signature, sizeof page->signature);
    page->head_len = row->head.len;
    page->count = count;
    page->seq = row->seq;
    return sein_tree_init(&page->tree, page->leaves, page->count);
}

static enum sein_err
visit_page(void *context, const struct store_head *row)
{
    struct lookup *lookup = context;

    if (row->seq == lookup->seq)
        lookup->err = copy_page(lookup->page, row);
    return SEIN_ECANCELED;
}

enum sein_err
receipts_page_of(struct receipts *receipts, struct store_txn *txn,
                 uint64_t head_seq, const struct receipts_page **out_page)
{
    struct lookup lookup = { .seq = head_seq,
                             .page = &receipts->then,
                             .err = SEIN_ENOENT };
    enum sein_err err = SEIN_OK;

    if (head_seq == 0)
        return SEIN_ENOENT;
    if (head_seq == receipts->now.seq) {
        *out_page = &receipts->now;
        return SEIN_OK;
    }
    if (head_seq == receipts->then.seq) {
        *out_page = &receipts->then;
        return SEIN_OK;
    }
    page_clear(&receipts->then);
    err = txn->store->ops->head_each(txn, head_seq, 1, visit_page, &lookup);
    if (err == SEIN_OK)
        err = lookup.err;
    if (err != SEIN_OK) {
        page_clear(&receipts->then);
        return err;
    }
    *out_page = &receipts->then;
    return SEIN_OK;
}

/* A receipt that would not verify is not given: the row is damaged. */
static bool
page_holds(const struct receipts_page *page, struct sein_slice oin,
           const struct sein_op_id *op_id, const struct store_op *op)
{
    struct sein_leaf_event event = { .type = (enum sein_leaf_type)op->type,
                                     .oin = oin,
                                     .op_id = *op_id,
                                     .item_hash = op->item_hash,
                                     .time = (uint64_t)op->time_ms };
    struct sein_hash leaf;

    if (op->head_seq != page->seq || op->leaf_index >= page->count ||
        op->type >= (uint64_t)SEIN_LEAF_TYPE_COUNT)
        return false;
    sein_leaf_make(&event, op->k_event, &leaf);
    return memcmp(leaf.bytes, page->leaves[op->leaf_index].bytes,
                  sizeof leaf.bytes) == 0;
}

enum sein_err
receipts_write(const struct receipts_page *page, struct sein_slice oin,
               const struct sein_op_id *op_id, const struct store_op *op,
               uint64_t head, struct sein_writer *out)
{
    struct sein_hash path[SEIN_TREE_DEPTH_MAX];
    size_t depth = 0;
    enum sein_err err = SEIN_OK;

    if (!page_holds(page, oin, op_id, op))
        return SEIN_ENOENT;
    err = sein_tree_get_path(&page->tree, op->leaf_index, path, &depth);
    if (err != SEIN_OK)
        return err;
    return sein_receipt_encode(op->k_event, (uint64_t)op->time_ms,
                               op->leaf_index, path, depth, head, out);
}

void
receipts_end(struct receipts *receipts, bool committed)
{
    if (committed && receipts->now.seq != 0) {
        receipts->seq = receipts->now.seq;
        sein_hash_of(sein_slice_of(receipts->now.head, receipts->now.head_len),
                     &receipts->prev);
    }
    if (!committed)
        receipts->loaded = false;
    page_clear(&receipts->now);
    page_clear(&receipts->then);
    receipts->count = 0;
    if (receipts->max > LEAVES_KEPT) {
        free(receipts->leaves);
        receipts->leaves = NULL;
        receipts->max = 0;
    }
}
