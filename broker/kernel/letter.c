#include "broker/kernel/letter.h"

#include <string.h>

#include "broker/kernel/notice.h"
#include "broker/kernel/operation.h"
#include "broker/kernel/quota.h"
#include "proto/trust/identity.h"
#include "proto/wire/pack.h"

/* How long after last_read_ms was written a desk may have been handed letters
 * without another writing: a minute, and a lease without being heard. */
#define READ_SLACK_MS (SEIN_MS_PER_MIN + SEIN_LEASE_MS)
/* The frame acked: what stands around its items, and one item. */
#define ACKED_FRAME_MAX 32U
#define ACKED_ITEM_MAX 16U

/* One letter on its way in. */
struct putting {
    const struct sein_put_item *item;
    struct sein_letter_view view;
    const struct sein_desk *from;
};

/* Whatever is wrong with a letter, its verdict names it if its id is there. */
static void
read_letter_id(struct sein_slice letter, struct sein_op_id *out_id)
{
    struct sein_letter_header header = { 0 };
    struct sein_reader in = sein_reader_of(letter);
    struct sein_slice bytes = { 0 };
    enum sein_err err = sein_read_lp(&in, &bytes);

    if (err == SEIN_OK)
        err =
            sein_schema_decode_all(&sein_letter_header_schema, bytes, &header);
    if (err == SEIN_OK)
        memcpy(out_id->bytes, header.letter_id.bytes, sizeof out_id->bytes);
}

static enum sein_err
check_times(const struct sein_letter_header *header, int64_t now_ms)
{
    int64_t made_ms = sein_letter_id_time(&header->letter_id);
    int64_t expires_ms = (int64_t)header->expires;
    int64_t last_ms = made_ms + SEIN_LETTER_LIFE_MS + SEIN_MS_PER_HOUR - 1;

    if (made_ms > now_ms + SEIN_CLOCK_AHEAD_MS)
        return SEIN_ETIME;
    if (made_ms < now_ms - SEIN_LETTER_LIFE_MS || expires_ms <= now_ms)
        return SEIN_ELIFE;
    return expires_ms <= last_ms - last_ms % SEIN_MS_PER_HOUR ? SEIN_OK
                                                              : SEIN_ELIFE;
}

static enum sein_err
check_put(const struct kernel *kernel, const struct request *request,
          struct putting *putting, struct verdict *verdict)
{
    const struct sein_letter_header *header = &putting->view.header;
    enum sein_err err =
        sein_may(kernel->dir, request->key_id, SEIN_MAY_PUT,
                 putting->item->from, kernel->now_ms, NULL, &putting->from);

    if (err == SEIN_OK)
        err = sein_may_route(kernel->dir, putting->from, header->to,
                             header->circle, kernel->now_ms);
    if (err == SEIN_OK)
        err = check_times(header, kernel->now_ms);
    if (err == SEIN_OK)
        err = operation_room(kernel, verdict);
    if (err == SEIN_OK)
        err =
            quota_take_item(kernel, request->session->member, &verdict->at_ms);
    if (err == SEIN_OK)
        err = quota_check_waiting(kernel, request->key->member->entry.oin,
                                  putting->item->letter.len, &verdict->at_ms);
    return err;
}

/* The names were checked by whoever let them pass until here. */
static enum sein_err
make_item(const struct kernel *kernel, const struct request *request,
          const struct putting *putting, struct store_item *item)
{
    const struct sein_letter_header *header = &putting->view.header;
    const struct sein_circle *circle =
        sein_directory_circle(kernel->dir, header->circle);
    enum sein_err err = sein_slice_copy_text(header->to, item->desk.text,
                                             sizeof item->desk.text);

    if (err == SEIN_OK)
        err = sein_slice_copy_text(putting->item->from, item->from.text,
                                   sizeof item->from.text);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(header->circle, item->circle.text,
                                   sizeof item->circle.text);
    if (err == SEIN_OK && circle == NULL)
        err = SEIN_ECIRCLE;
    if (err != SEIN_OK)
        return err;
    item->type = SEIN_ITEM_LETTER;
    item->letter_id = header->letter_id;
    item->from_key = *request->key_id;
    item->accepted_at_ms = kernel->now_ms;
    item->expires_at_ms = (int64_t)header->expires;
    item->collect_by_ms =
        kernel->now_ms +
        (int64_t)sein_circle_collect_days(circle) * SEIN_MS_PER_DAY;
    item->bytes = putting->item->letter;
    return SEIN_OK;
}

static enum sein_err
store_letter(struct kernel *kernel, const struct request *request,
             const struct putting *putting, struct verdict *verdict)
{
    struct store_item item = { 0 };
    struct desk *desk = NULL;
    uint64_t seq = 0;
    enum sein_err err = make_item(kernel, request, putting, &item);

    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->item_put(kernel->turn.txn, &item, &seq);
    if (err == SEIN_EFULL)
        verdict->at_ms = kernel->now_ms + KERNEL_FULL_RETRY_MS;
    /* Another member's letter waits under this id: nothing to prove to us. */
    if (err == SEIN_EEXIST)
        return SEIN_ECONFLICT;
    if (err != SEIN_OK)
        return err == SEIN_EFULL ? err : kernel_fatal(err);
    err = operation_accept(kernel, request, SEIN_LEAF_LETTER, verdict);
    if (err != SEIN_OK)
        return err;
    kernel->counters.items_put++;
    desk = desk_find(kernel, putting->view.header.to);
    if (desk != NULL) {
        desk->more = true;
        desk_wake(kernel, desk);
    }
    return SEIN_OK;
}

static enum sein_err
put_one(struct kernel *kernel, const struct request *request,
        const struct request_item *item, struct verdict *verdict)
{
    struct putting putting = { .item = &item->as.put };
    bool repeat = false;
    enum sein_err err = SEIN_OK;

    read_letter_id(putting.item->letter, &verdict->op_id);
    err = operation_repeat(kernel, request, verdict, &repeat);
    if (err != SEIN_OK || repeat)
        return err;
    err = sein_letter_split(putting.item->letter, &putting.view);
    if (err == SEIN_OK)
        err = check_put(kernel, request, &putting, verdict);
    if (err == SEIN_OK)
        err = store_letter(kernel, request, &putting, verdict);
    return err;
}

enum sein_err
letter_put(struct kernel *kernel, struct request *request)
{
    return confirm_each(kernel, request, put_one);
}

/* Whether somebody may hold a copy.  Nothing is written when a letter is handed
 * out, so about the time before this kernel it is only known who was reading:
 * who cannot rule it out says yes, and a withdrawal letter follows. */
static enum sein_err
was_handed_out(const struct kernel *kernel, const struct store_item *item,
               const struct store_op *put, bool *out_handed)
{
    struct sein_slice name = sein_slice_text(item->desk.text);
    const struct desk *desk = desk_find(kernel, name);
    struct store_desk row = { 0 };
    enum sein_err err = SEIN_OK;

    *out_handed = true;
    if (desk != NULL && item->seq <= desk->cursor)
        return SEIN_OK;
    if (desk != NULL)
        row.last_read_ms = desk->read_before_ms;
    else
        err = kernel_ops(kernel)->desk_get(kernel->turn.txn, name, &row);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    *out_handed = put->head_seq < kernel->first_head && row.last_read_ms > 0 &&
                  row.last_read_ms + READ_SLACK_MS >= item->accepted_at_ms;
    return SEIN_OK;
}

/* Finds the letter as this desk's own.  SEIN_EDELIVERED, SEIN_ENOENT. */
static enum sein_err
find_letter(const struct kernel *kernel, const struct request *request,
            const struct sein_withdraw_item *asked, struct store_item *item)
{
    const struct store_ops *ops = kernel_ops(kernel);
    struct sein_op_id put_id;
    struct store_op put = { 0 };
    bool handed = false;
    enum sein_err err = SEIN_OK;

    memcpy(put_id.bytes, asked->letter_id.bytes, sizeof put_id.bytes);
    err = ops->op_get(kernel->turn.txn, request->key->member->entry.oin,
                      &put_id, &put);
    if (err == SEIN_OK && put.type != (uint64_t)SEIN_LEAF_LETTER)
        return SEIN_ENOENT;
    if (err != SEIN_OK)
        return err == SEIN_ENOENT ? err : kernel_fatal(err);
    err = ops->item_find(kernel->turn.txn, &asked->letter_id, item);
    if (err == SEIN_ENOENT)
        return SEIN_EDELIVERED;
    if (err != SEIN_OK)
        return kernel_fatal(err);
    if (item->type != SEIN_ITEM_LETTER ||
        !sein_slice_is(asked->from, item->from.text))
        return SEIN_ENOENT;
    err = was_handed_out(kernel, item, &put, &handed);
    if (err != SEIN_OK)
        return err;
    return handed ? SEIN_EDELIVERED : SEIN_OK;
}

static enum sein_err
withdraw_one(struct kernel *kernel, const struct request *request,
             const struct request_item *asked_item, struct verdict *verdict)
{
    const struct sein_withdraw_item *asked = &asked_item->as.withdraw;
    struct store_item item = { 0 };
    bool repeat = false;
    enum sein_err err = SEIN_OK;

    verdict->op_id = asked->op_id;
    err = operation_repeat(kernel, request, verdict, &repeat);
    if (err != SEIN_OK || repeat)
        return err;
    err = sein_may(kernel->dir, request->key_id, SEIN_MAY_WITHDRAW, asked->from,
                   kernel->now_ms, NULL, NULL);
    if (err == SEIN_OK)
        err = find_letter(kernel, request, asked, &item);
    if (err == SEIN_OK && !receipts_room(&kernel->receipts))
        err = SEIN_EBUSY;
    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->item_erase(kernel->turn.txn, item.seq);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->counters.items_withdrawn++;
    return operation_accept(kernel, request, SEIN_LEAF_WITHDRAW, verdict);
}

enum sein_err
letter_withdraw(struct kernel *kernel, struct request *request)
{
    return confirm_each(kernel, request, withdraw_one);
}

enum sein_err
letter_credit(struct kernel *kernel, struct request *request)
{
    request->session->window = request->as.credit.window;
    session_wake(kernel, request->session);
    return SEIN_OK;
}

/* The recipient will not have it: its sender is told. */
static enum sein_err
tell_refused(struct kernel *kernel, const struct sein_ack_item *ack)
{
    struct store_item item = { 0 };
    enum sein_err err =
        kernel_ops(kernel)->item_get(kernel->turn.txn, ack->seq, &item);

    if (err == SEIN_ENOENT)
        return SEIN_OK;
    if (err != SEIN_OK)
        return kernel_fatal(err);
    return notice_put(kernel, SEIN_EVENT_REFUSED, &item, ack->status);
}

static enum sein_err
ack_one(struct kernel *kernel, const struct request *request,
        const struct sein_ack_item *ack)
{
    struct delivery *delivery = delivery_find(kernel, ack->seq);
    enum sein_err err = SEIN_OK;

    if (delivery == NULL || delivery->session != request->session ||
        !sein_slice_is(ack->desk, delivery->desk->name.text))
        return SEIN_ECOLLECTED;
    err = sein_may(kernel->dir, request->key_id, SEIN_MAY_READ, ack->desk,
                   kernel->now_ms, NULL, NULL);
    if (err == SEIN_OK && ack->status != 0)
        err = tell_refused(kernel, ack);
    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->item_erase(kernel->turn.txn, ack->seq);
    /* It expired meanwhile: what was asked is done. */
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    kernel->counters.items_acked++;
    delivery_acked(kernel, delivery);
    return SEIN_OK;
}

static enum sein_err
ack_all(struct kernel *kernel, const struct request *request,
        struct sein_writer *out)
{
    struct sein_items items = { 0 };
    enum sein_err err = sein_items_begin(request->body, SEIN_ITEMS_MAX, &items);

    while (err == SEIN_OK) {
        struct sein_ack_item ack = { 0 };
        struct sein_acked_item acked = { 0 };

        err = sein_items_next(&items, &sein_ack_item_schema, &ack, NULL);
        if (err != SEIN_OK)
            break;
        err = ack_one(kernel, request, &ack);
        if (kernel_is_fatal(err))
            break;
        acked.seq = ack.seq;
        acked.code = (uint64_t)err;
        err = sein_schema_encode(&sein_acked_item_schema, &acked, out);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

enum sein_err
letter_ack(struct kernel *kernel, struct request *request)
{
    size_t max = ACKED_FRAME_MAX + request->count * ACKED_ITEM_MAX;
    uint8_t *buffer = effects_alloc(&kernel->effects, max);
    struct sein_writer out = { 0 };
    struct effect *effect = NULL;
    enum sein_err err = SEIN_OK;

    if (buffer == NULL)
        return SEIN_ENOMEM;
    out = sein_writer_of(buffer, max);
    err = effects_add(&kernel->effects, request->peer, EFFECT_ANSWER,
                      request->req, &effect);
    if (err != SEIN_OK)
        return err;
    sein_frame_begin(&out, SEIN_KIND_ACKED, request->req);
    sein_pack_array(&out, request->count);
    err = ack_all(kernel, request, &out);
    if (err == SEIN_OK && sein_writer_done(&out, &effect->frame) != SEIN_OK)
        err = SEIN_EINTERNAL;
    session_wake(kernel, request->session);
    return err == SEIN_OK ? SEIN_OK : kernel_fatal(err);
}
