#include "broker/kernel/deliver.h"

#include <string.h>

#include "proto/wire/pack.h"

/* version, kind, req 0 and the three heads around them: a byte each. */
#define FRAME_HEAD_BYTES 4U
/* Of the array of items: one byte up to 15, then three. */
#define ITEMS_HEAD_MAX 3U
#define ITEMS_HEAD_SMALL 15U
/* An item without its desk and bytes: an array head, two numbers of nine, a
 * type, a text head of two and a byte string head of five. */
#define ITEM_OVERHEAD 32U

/* One frame on its way to one session, from one desk. */
struct batch {
    struct kernel *kernel;
    struct session *session;
    struct desk *desk;
    struct sein_writer out; /* the items; the heads come in front */
    size_t count;
    size_t room;
    bool full;           /* another item did not fit */
    size_t seen;         /* items that the store showed */
    struct delivery *at; /* the one that is fetched again; NULL: new ones */
    bool found;          /* at's item is still there */
};

static enum sein_err
pack_item(struct batch *batch, const struct store_item *item)
{
    struct sein_deliver_item out = { .seq = item->seq,
                                     .accepted_at =
                                         (uint64_t)item->accepted_at_ms,
                                     .type = item->type,
                                     .item = item->bytes };

    out.desk = sein_slice_text(item->desk.text);
    return sein_schema_encode(&sein_deliver_item_schema, &out, &batch->out);
}

static bool
fits(const struct batch *batch, const struct store_item *item)
{
    size_t left = batch->out.max - batch->out.len;
    size_t need = ITEM_OVERHEAD + strlen(item->desk.text);

    return left >= need && left - need >= item->bytes.len;
}

/* A new item: note it, and go past it. */
static enum sein_err
visit_new(void *context, const struct store_item *item)
{
    struct batch *batch = context;
    enum sein_err err = SEIN_OK;

    if (item->expires_at_ms > batch->kernel->now_ms) {
        if (!fits(batch, item)) {
            batch->full = true;
            return SEIN_ECANCELED;
        }
        err =
            delivery_out(batch->kernel, batch->session, batch->desk, item->seq);
        if (err == SEIN_OK)
            err = pack_item(batch, item);
        if (err != SEIN_OK)
            return err;
        batch->count++;
        batch->kernel->counters.items_delivered++;
    }
    batch->seen++;
    batch->desk->cursor = item->seq;
    return SEIN_OK;
}

/* One that went back: the same item with the same seq, if it is still there. */
static enum sein_err
visit_again(void *context, const struct store_item *item)
{
    struct batch *batch = context;

    if (item->seq != batch->at->seq ||
        item->expires_at_ms <= batch->kernel->now_ms)
        return SEIN_ECANCELED;
    batch->found = true;
    if (!fits(batch, item)) {
        batch->full = true;
        return SEIN_ECANCELED;
    }
    delivery_out_again(batch->kernel, batch->session, batch->at);
    batch->count++;
    batch->kernel->counters.items_redelivered++;
    return pack_item(batch, item);
}

/* The rest was visited: go on without the damaged one. */
static enum sein_err
pass_damaged(const struct batch *batch, enum sein_err err)
{
    if (err != SEIN_EDAMAGED)
        return err == SEIN_OK ? SEIN_OK : kernel_fatal(err);
    kernel_tell(batch->kernel, KERNEL_EVENT_DAMAGED, NULL,
                batch->desk->name.text, NULL, err);
    return SEIN_OK;
}

static enum sein_err
fill_again(struct batch *batch)
{
    struct kernel *kernel = batch->kernel;
    struct sein_slice name = sein_slice_text(batch->desk->name.text);

    while (batch->desk->back.first != NULL && batch->count < batch->room &&
           !batch->full) {
        enum sein_err err = SEIN_OK;

        batch->at = batch->desk->back.first;
        batch->found = false;
        err = kernel_ops(kernel)->item_each(
            kernel->turn.txn, name, batch->at->seq - 1, 1, visit_again, batch);
        err = pass_damaged(batch, err);
        if (err != SEIN_OK)
            return err;
        if (!batch->found)
            delivery_forget(kernel, batch->at);
    }
    return SEIN_OK;
}

static enum sein_err
fill_new(struct batch *batch)
{
    struct kernel *kernel = batch->kernel;
    struct sein_slice name = sein_slice_text(batch->desk->name.text);
    size_t max = batch->room - batch->count;
    enum sein_err err = SEIN_OK;

    if (batch->full || max == 0 || !batch->desk->more)
        return SEIN_OK;
    batch->seen = 0;
    desk_touch(kernel, batch->desk);
    err = kernel_ops(kernel)->item_each(
        kernel->turn.txn, name, batch->desk->cursor, max, visit_new, batch);
    /* Fewer than asked: none is left, unless damaged ones took their place. */
    batch->desk->more = batch->full || batch->seen == max ||
                        (err == SEIN_EDAMAGED && batch->seen > 0);
    return pass_damaged(batch, err);
}

/* The heads are known last, so they are written in front of the items. */
static enum sein_err
send_batch(struct batch *batch, uint8_t *start)
{
    struct kernel *kernel = batch->kernel;
    size_t head = FRAME_HEAD_BYTES +
                  (batch->count > ITEMS_HEAD_SMALL ? ITEMS_HEAD_MAX : 1U);
    size_t space = FRAME_HEAD_BYTES + ITEMS_HEAD_MAX;
    struct sein_writer front = sein_writer_of(start + (space - head), head);
    struct sein_writer whole = sein_writer_of(start, SEIN_FRAME_MAX);
    struct sein_slice bytes = { 0 };
    struct effect *effect = NULL;
    enum sein_err err = SEIN_OK;

    sein_frame_begin(&front, SEIN_KIND_DELIVER, 0);
    sein_pack_array(&front, batch->count);
    if (front.failed || front.len != head || batch->out.failed)
        return SEIN_EINTERNAL;
    whole.len = space + batch->out.len;
    err = effects_keep(&kernel->effects, &whole, &bytes);
    if (err == SEIN_OK)
        err = effects_add(&kernel->effects, &batch->session->peer,
                          EFFECT_COMMITTED, 0, &effect);
    if (err != SEIN_OK)
        return err;
    effect->frame =
        sein_slice_of(bytes.at + (space - head), bytes.len - (space - head));
    kernel->turn.delivered_bytes += bytes.len;
    return SEIN_OK;
}

/* A frame of what waits on a desk to one session; none when nothing does. */
static enum sein_err
deliver_frame(struct kernel *kernel, struct desk *desk, struct session *session)
{
    struct batch batch = { .kernel = kernel, .session = session, .desk = desk };
    const size_t space = FRAME_HEAD_BYTES + ITEMS_HEAD_MAX;
    uint64_t room = session_room(session);
    struct sein_writer out = { 0 };
    enum sein_err err = effects_reserve(&kernel->effects, SEIN_FRAME_MAX, &out);

    if (err != SEIN_OK)
        return err;
    batch.room = room < SEIN_ITEMS_MAX ? (size_t)room : SEIN_ITEMS_MAX;
    batch.out = sein_writer_of(out.at + space, out.max - space);
    err = fill_again(&batch);
    if (err == SEIN_OK)
        err = fill_new(&batch);
    if (err != SEIN_OK || batch.count == 0)
        return err;
    return send_batch(&batch, out.at);
}

/* Whose turn it is: the next that reads the desk for its home, may do so at
 * this moment, and has room. */
static struct session *
next_reader(struct kernel *kernel, struct desk *desk)
{
    struct subscription *first = desk->reader;
    struct subscription *at = first;

    if (first == NULL)
        return NULL;
    do {
        struct session *session = at->session;

        at = at->after;
        if (session_room(session) == 0 ||
            memcmp(&session->home_id, &desk->home_id, sizeof desk->home_id) !=
                0)
            continue;
        if (sein_may(kernel->dir, &session->key_id, SEIN_MAY_READ,
                     sein_slice_text(desk->name.text), kernel->now_ms, NULL,
                     NULL) != SEIN_OK)
            continue;
        desk->reader = at;
        return session;
    } while (at != first);
    return NULL;
}

static enum sein_err
deliver_desk(struct kernel *kernel, struct desk *desk)
{
    while (desk->more || desk->back.first != NULL) {
        struct session *session = next_reader(kernel, desk);
        enum sein_err err = SEIN_OK;

        if (session == NULL)
            return SEIN_OK;
        if (kernel->turn.delivered_bytes >= DELIVER_BYTES_MAX) {
            desk_wake(kernel, desk);
            return SEIN_OK;
        }
        err = deliver_frame(kernel, desk, session);
        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}

enum sein_err
deliver_all(struct kernel *kernel)
{
    while (kernel->turn.delivered_bytes < DELIVER_BYTES_MAX) {
        struct desk *desk = desk_take_hot(kernel);
        enum sein_err err = SEIN_OK;

        if (desk == NULL)
            return SEIN_OK;
        err = deliver_desk(kernel, desk);
        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}
