#include "broker/kernel/notice.h"

#include "proto/trust/identity.h"

/* Nobody acts on an older one: letters live no longer either. */
#define NOTICE_LIFE_MS SEIN_LETTER_LIFE_MS

static enum sein_err
encode(const struct kernel *kernel, enum sein_event_type type,
       const struct store_item *letter, uint64_t code,
       const struct sein_op_id *event_id, struct sein_writer *out)
{
    struct sein_event event = { .v = 1,
                                .type = (uint64_t)type,
                                .event_id = *event_id,
                                .letter_id = letter->letter_id,
                                .at = (uint64_t)kernel->now_ms,
                                .code = code };

    event.desk = sein_slice_text(letter->desk.text);
    event.circle = sein_slice_text(letter->circle.text);
    return sein_schema_encode(&sein_event_schema, &event, out);
}

/* item->bytes on item->desk, under an id that nobody else has. */
static enum sein_err
put_item(struct kernel *kernel, struct store_item *item,
         const struct sein_op_id *event_id, uint64_t *out_seq)
{
    item->accepted_at_ms = kernel->now_ms;
    for (size_t i = 0; i < sizeof event_id->bytes; i++)
        item->letter_id.bytes[i] = event_id->bytes[i];
    return kernel_ops(kernel)->item_put(kernel->turn.txn, item, out_seq);
}

static enum sein_err
add_leaf(struct kernel *kernel, const struct store_item *item,
         const struct sein_op_id *event_id)
{
    struct sein_leaf_event leaf = { .type = SEIN_LEAF_EVENT,
                                    .op_id = *event_id };
    struct store_op op;

    leaf.oin = sein_desk_oin(sein_slice_text(item->desk.text));
    sein_hash_of(item->bytes, &leaf.item_hash);
    return receipts_add(&kernel->receipts, kernel->turn.txn, &leaf, &op);
}

static enum sein_err
queue(struct kernel *kernel, struct store_item *item,
      const struct sein_op_id *event_id, uint64_t *out_seq)
{
    struct desk *desk = NULL;
    enum sein_err err = put_item(kernel, item, event_id, out_seq);

    if (err == SEIN_OK)
        err = add_leaf(kernel, item, event_id);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    kernel->counters.events_made++;
    desk = desk_find(kernel, sein_slice_text(item->desk.text));
    if (desk != NULL) {
        desk->more = true;
        desk_wake(kernel, desk);
    }
    return SEIN_OK;
}

enum sein_err
notice_put(struct kernel *kernel, enum sein_event_type type,
           const struct store_item *letter, uint64_t code)
{
    uint8_t buffer[SEIN_EVENT_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct store_item item = { .type = SEIN_ITEM_EVENT,
                               .desk = letter->from,
                               .circle = letter->circle,
                               .expires_at_ms =
                                   kernel->now_ms + NOTICE_LIFE_MS };
    struct sein_op_id event_id;
    uint64_t seq = 0;
    enum sein_err err = SEIN_OK;

    if (letter->type != SEIN_ITEM_LETTER ||
        sein_directory_desk(kernel->dir, sein_slice_text(letter->from.text)) ==
            NULL)
        return SEIN_OK;
    if (!receipts_room(&kernel->receipts))
        return SEIN_EBUSY;
    sein_random_id(event_id.bytes);
    err = encode(kernel, type, letter, code, &event_id, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &item.bytes);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    return queue(kernel, &item, &event_id, &seq);
}

enum sein_err
notice_put_match(struct kernel *kernel, const struct store_presence *own,
                 const struct sein_op_id *event_id, struct sein_slice bytes,
                 int64_t expires_at_ms, uint64_t *out_seq)
{
    struct store_item item = { .type = SEIN_ITEM_MATCH,
                               .desk = own->desk,
                               .circle = own->circle,
                               .expires_at_ms = expires_at_ms,
                               .bytes = bytes };

    if (sein_directory_desk(kernel->dir, sein_slice_text(own->desk.text)) ==
        NULL)
        return SEIN_OK;
    if (!receipts_room(&kernel->receipts))
        return SEIN_EBUSY;
    return queue(kernel, &item, event_id, out_seq);
}
