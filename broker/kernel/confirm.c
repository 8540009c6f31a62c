#include "broker/kernel/confirm.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/pack.h"

/* A head with its signature, and what MessagePack adds. */
#define HEAD_ENTRY_MAX (SEIN_HEAD_MAX + SEIN_SIG_BYTES + 8U)
#define VERDICT_MAX (SEIN_RECEIPT_MAX + SEIN_ID_BYTES + 32U)

_Static_assert(SEIN_ITEMS_MAX *(HEAD_ENTRY_MAX + VERDICT_MAX) + 16U <=
                   SEIN_FRAME_MAX,
               "the longest confirm fits a frame");

static enum sein_err
open_answer(struct kernel *kernel, const struct request *request,
            struct verdicts **out_verdicts)
{
    struct effects *effects = &kernel->effects;
    struct verdicts *verdicts = effects_alloc(effects, sizeof *verdicts);
    struct effect *effect = NULL;
    enum sein_err err = SEIN_OK;

    if (verdicts == NULL)
        return SEIN_ENOMEM;
    verdicts->list =
        effects_alloc(effects, request->count * sizeof *verdicts->list);
    if (verdicts->list == NULL)
        return SEIN_ENOMEM;
    verdicts->max = request->count;
    if (sein_slice_copy_text(request->key->member->entry.oin,
                             verdicts->oin.text,
                             sizeof verdicts->oin.text) != SEIN_OK)
        return SEIN_EIO;
    err = effects_add(effects, request->peer, EFFECT_ANSWER, request->req,
                      &effect);
    if (err != SEIN_OK)
        return err;
    effect->verdicts = verdicts;
    *out_verdicts = verdicts;
    return SEIN_OK;
}

static struct verdict *
add_verdict(struct verdicts *verdicts, const struct request_item *item)
{
    struct verdict *verdict = &verdicts->list[verdicts->count++];

    assert(verdicts->count <= verdicts->max);
    sein_hash_of(item->raw, &verdict->op.item_hash);
    return verdict;
}

/* What the result of one item means: SEIN_OK, or what ends the turn. */
static enum sein_err
judge(struct kernel *kernel, const struct request *request,
      struct verdict *verdict, enum sein_err err)
{
    bool full = err == SEIN_EFULL && verdict->at_ms > 0;

    if (err == SEIN_OK || (kernel_is_fatal(err) && !full))
        return err;
    verdict->code = err;
    kernel->counters.items_refused++;
    kernel_tell(kernel, KERNEL_EVENT_REFUSED, request->key_id, NULL,
                &verdict->op_id, err);
    return SEIN_OK;
}

enum sein_err
confirm_each(struct kernel *kernel, const struct request *request,
             confirm_one *one)
{
    struct sein_items items = { 0 };
    struct verdicts *verdicts = NULL;
    enum sein_err err = sein_items_begin(request->body, SEIN_ITEMS_MAX, &items);

    if (err == SEIN_OK)
        err = open_answer(kernel, request, &verdicts);
    while (err == SEIN_OK) {
        struct request_item item = { 0 };
        struct verdict *verdict = NULL;

        assert(request->schema->size <= sizeof item.as);
        err = sein_items_next(&items, request->schema, &item.as, &item.raw);
        if (err != SEIN_OK)
            break;
        verdict = add_verdict(verdicts, &item);
        err = one(kernel, request, &item, verdict);
        err = judge(kernel, request, verdict, err);
        sodium_memzero(&item, sizeof item);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* The receipts of one confirm on their way into it, by head. */
struct encoding {
    const struct verdicts *verdicts;
    struct sein_slice *receipts;  /* per item; empty: none */
    const struct verdict **order; /* of those with an operation, by head */
    size_t order_count;
    struct sein_writer heads;
    size_t head_count;
};

/* By head: each head is looked up once, however the items are mixed. */
static int
compare_head(const void *a, const void *b)
{
    const struct verdict *const *left = a;
    const struct verdict *const *right = b;
    uint64_t one = (*left)->op.head_seq;
    uint64_t other = (*right)->op.head_seq;

    if (one != other)
        return one < other ? -1 : 1;
    return (*left > *right) - (*left < *right);
}

static void
sort_by_head(struct encoding *encoding)
{
    const struct verdicts *verdicts = encoding->verdicts;

    for (size_t i = 0; i < verdicts->count; i++) {
        if (verdicts->list[i].has_op)
            encoding->order[encoding->order_count++] = &verdicts->list[i];
    }
    qsort(encoding->order, encoding->order_count, sizeof encoding->order[0],
          compare_head);
}

static void
pack_head(struct encoding *encoding, const struct receipts_page *page)
{
    sein_pack_array(&encoding->heads, 2);
    sein_pack_bytes(&encoding->heads,
                    sein_slice_of(page->head, page->head_len));
    sein_pack_bytes(&encoding->heads,
                    sein_slice_of(page->signature, sizeof page->signature));
    encoding->head_count++;
}

static enum sein_err
encode_receipt(struct kernel *kernel, struct encoding *encoding,
               const struct receipts_page *page, const struct verdict *verdict)
{
    const struct verdicts *verdicts = encoding->verdicts;
    struct sein_writer out = { 0 };
    enum sein_err err =
        effects_reserve(&kernel->effects, SEIN_RECEIPT_MAX, &out);

    if (err != SEIN_OK)
        return err;
    err = receipts_write(page, sein_slice_text(verdicts->oin.text),
                         &verdict->op_id, &verdict->op,
                         encoding->head_count - 1, &out);
    if (err == SEIN_ENOENT) {
        kernel_tell(kernel, KERNEL_EVENT_DAMAGED, NULL, NULL, &verdict->op_id,
                    SEIN_EDAMAGED);
        return SEIN_OK;
    }
    if (err != SEIN_OK)
        return kernel_fatal(err);
    return effects_keep(&kernel->effects, &out,
                        &encoding->receipts[verdict - verdicts->list]);
}

static enum sein_err
encode_receipts(struct kernel *kernel, struct encoding *encoding)
{
    const struct receipts_page *page = NULL;
    uint64_t head_seq = 0;

    for (size_t i = 0; i < encoding->order_count; i++) {
        const struct verdict *verdict = encoding->order[i];
        enum sein_err err = SEIN_OK;

        if (i == 0 || verdict->op.head_seq != head_seq) {
            head_seq = verdict->op.head_seq;
            err = receipts_page_of(&kernel->receipts, kernel->turn.txn,
                                   head_seq, &page);
            if (err == SEIN_OK)
                pack_head(encoding, page);
        }
        /* Its leaves are forgotten: there is no receipt any more. */
        if (err == SEIN_ENOENT)
            page = NULL;
        else if (err != SEIN_OK)
            return kernel_fatal(err);
        if (page != NULL)
            err = encode_receipt(kernel, encoding, page, verdict);
        if (err != SEIN_OK && err != SEIN_ENOENT)
            return err;
    }
    return SEIN_OK;
}

static enum sein_err
encode_frame(struct kernel *kernel, const struct encoding *encoding,
             struct effect *effect)
{
    const struct verdicts *verdicts = encoding->verdicts;
    struct sein_writer out = { 0 };
    enum sein_err err = effects_reserve(&kernel->effects, SEIN_FRAME_MAX, &out);

    if (err != SEIN_OK)
        return err;
    sein_frame_begin(&out, SEIN_KIND_CONFIRM, effect->req);
    sein_pack_array(&out, 2);
    sein_pack_array(&out, encoding->head_count);
    sein_write_bytes(&out, encoding->heads.at, encoding->heads.len);
    sein_pack_array(&out, verdicts->count);
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict *verdict = &verdicts->list[i];

        sein_pack_array(&out, 4);
        sein_pack_bytes(&out, sein_slice_of(verdict->op_id.bytes,
                                            sizeof verdict->op_id.bytes));
        sein_pack_uint(&out, (uint64_t)verdict->code);
        sein_pack_uint(&out, verdict->at_ms > 0 ? (uint64_t)verdict->at_ms : 0);
        sein_pack_bytes(&out, encoding->receipts[i]);
    }
    return effects_keep(&kernel->effects, &out, &effect->frame);
}

static enum sein_err
encoding_init(struct kernel *kernel, const struct verdicts *verdicts,
              struct encoding *encoding)
{
    size_t count = verdicts->count;
    size_t heads_max = count * HEAD_ENTRY_MAX;
    uint8_t *heads = effects_alloc(&kernel->effects, heads_max);

    encoding->verdicts = verdicts;
    encoding->receipts =
        effects_alloc(&kernel->effects, count * sizeof *encoding->receipts);
    encoding->order =
        effects_alloc(&kernel->effects, count * sizeof *encoding->order);
    if (heads == NULL || encoding->receipts == NULL || encoding->order == NULL)
        return SEIN_ENOMEM;
    encoding->heads = sein_writer_of(heads, heads_max);
    return SEIN_OK;
}

enum sein_err
confirm_encode(struct kernel *kernel, struct effect *effect)
{
    struct encoding encoding = { 0 };
    enum sein_err err = encoding_init(kernel, effect->verdicts, &encoding);

    if (err != SEIN_OK)
        return err;
    sort_by_head(&encoding);
    err = encode_receipts(kernel, &encoding);
    return err == SEIN_OK ? encode_frame(kernel, &encoding, effect) : err;
}
