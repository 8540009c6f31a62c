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

static enum sein_err
put_item(struct kernel *kernel, const struct store_item *letter,
         const struct sein_op_id *event_id, struct sein_slice bytes)
{
    struct store_item item = { .type = SEIN_ITEM_EVENT,
                               .desk = letter->from,
                               .circle = letter->circle,
                               .accepted_at_ms = kernel->now_ms,
                               .expires_at_ms = kernel->now_ms + NOTICE_LIFE_MS,
                               .bytes = bytes };
    uint64_t seq = 0;

    for (size_t i = 0; i < sizeof event_id->bytes; i++)
        item.letter_id.bytes[i] = event_id->bytes[i];
    return kernel_ops(kernel)->item_put(kernel->turn.txn, &item, &seq);
}

static enum sein_err
add_leaf(struct kernel *kernel, const struct store_item *letter,
         const struct sein_op_id *event_id, struct sein_slice bytes)
{
    struct sein_leaf_event leaf = { .type = SEIN_LEAF_EVENT,
                                    .op_id = *event_id };
    struct store_op op;

    leaf.oin = sein_desk_oin(sein_slice_text(letter->from.text));
    sein_hash_of(bytes, &leaf.item_hash);
    return receipts_add(&kernel->receipts, kernel->turn.txn, &leaf, &op);
}

enum sein_err
notice_put(struct kernel *kernel, enum sein_event_type type,
           const struct store_item *letter, uint64_t code)
{
    struct sein_slice to = sein_slice_text(letter->from.text);
    uint8_t buffer[SEIN_EVENT_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_slice bytes = { 0 };
    struct sein_op_id event_id;
    struct desk *desk = NULL;
    enum sein_err err = SEIN_OK;

    if (letter->type != SEIN_ITEM_LETTER ||
        sein_directory_desk(kernel->dir, to) == NULL)
        return SEIN_OK;
    if (!receipts_room(&kernel->receipts))
        return SEIN_EBUSY;
    sein_random_id(event_id.bytes);
    err = encode(kernel, type, letter, code, &event_id, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &bytes);
    if (err == SEIN_OK)
        err = put_item(kernel, letter, &event_id, bytes);
    if (err == SEIN_OK)
        err = add_leaf(kernel, letter, &event_id, bytes);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    kernel->counters.events_made++;
    desk = desk_find(kernel, to);
    if (desk != NULL) {
        desk->more = true;
        desk_wake(kernel, desk);
    }
    return SEIN_OK;
}
