#include "broker/kernel/directory.h"

#include <string.h>

#include "proto/wire/pack.h"

/* Around a part, and around the items of a list, in a frame. */
#define FRAME_HEAD_MAX 64U
#define HEAD_ENTRY_MAX (SEIN_HEAD_MAX + SEIN_SIG_BYTES + 8U)
#define PREKEY_ENTRY_MAX (SEIN_PREKEY_MAX + SEIN_SIG_BYTES + 8U)
#define DESK_ENTRY_MAX \
    (SEIN_DESK_MAX + 16U + SEIN_PREKEYS_SERVED_MAX * PREKEY_ENTRY_MAX)

_Static_assert(SEIN_HEADS_MAX *HEAD_ENTRY_MAX + FRAME_HEAD_MAX <=
                   SEIN_FRAME_MAX,
               "the longest heads fits a frame");
_Static_assert(SEIN_DESKS_MAX *DESK_ENTRY_MAX + FRAME_HEAD_MAX <=
                   SEIN_FRAME_MAX,
               "the longest prekeys fits a frame");
_Static_assert(SEIN_PART_MAX + FRAME_HEAD_MAX <= SEIN_FRAME_MAX,
               "the longest part fits a frame");

enum sein_err
directory_check(const struct kernel *kernel, struct request *request)
{
    if (!effects_full(&kernel->effects))
        return SEIN_OK;
    request->at_ms = kernel->now_ms;
    return SEIN_EBUSY;
}

static enum sein_err
read_stored(struct kernel *kernel, const struct sein_dir_get *get,
            struct sein_dir_part *part)
{
    uint8_t *buffer = effects_alloc(&kernel->effects, SEIN_PART_MAX);
    struct sein_writer out = sein_writer_of(buffer, SEIN_PART_MAX);
    size_t total = 0;
    enum sein_err err = SEIN_OK;

    if (buffer == NULL)
        return SEIN_ENOMEM;
    err = kernel_ops(kernel)->directory_read(kernel->turn.txn, get->version,
                                             (size_t)get->offset, SEIN_PART_MAX,
                                             &out, &total, &part->version);
    if (err != SEIN_OK)
        return err == SEIN_ENOENT ? err : kernel_fatal(err);
    part->total = total;
    part->part = sein_slice_of(out.at, out.len);
    return SEIN_OK;
}

/* The one in force is in memory. */
static void
read_current(const struct kernel *kernel, const struct sein_dir_get *get,
             struct sein_dir_part *part)
{
    struct sein_slice all = sein_directory_bytes(kernel->dir);
    size_t left = get->offset < all.len ? all.len - (size_t)get->offset : 0;

    part->version = sein_directory_version(kernel->dir);
    part->total = all.len;
    if (left > 0)
        part->part = sein_slice_of(all.at + get->offset,
                                   left < SEIN_PART_MAX ? left : SEIN_PART_MAX);
}

enum sein_err
directory_get(struct kernel *kernel, struct request *request)
{
    const struct sein_dir_get *get = &request->as.dir_get;
    uint64_t newest = sein_directory_version(kernel->dir);
    struct sein_dir_part part = { .newest = newest, .offset = get->offset };
    enum sein_err err = SEIN_OK;

    if (get->version == 0 || get->version == newest)
        read_current(kernel, get, &part);
    else if (get->offset > SEIN_DIRECTORY_MAX)
        return SEIN_ERANGE;
    else
        err = read_stored(kernel, get, &part);
    if (err != SEIN_OK)
        return err;
    if (get->offset > part.total)
        return SEIN_ERANGE;
    return effects_object(&kernel->effects, request->peer, EFFECT_ANSWER,
                          SEIN_KIND_DIR_PART, request->req,
                          &sein_dir_part_schema, &part,
                          FRAME_HEAD_MAX + part.part.len);
}

/* A frame of a list, begun; its items follow. */
static enum sein_err
begin_list(struct kernel *kernel, const struct request *request,
           enum sein_kind kind, size_t count, size_t entry_max,
           struct effect **out_effect, struct sein_writer *out)
{
    size_t max = FRAME_HEAD_MAX + count * entry_max;
    uint8_t *buffer = effects_alloc(&kernel->effects, max);
    enum sein_err err = SEIN_OK;

    if (buffer == NULL)
        return SEIN_ENOMEM;
    err = effects_add(&kernel->effects, request->peer, EFFECT_ANSWER,
                      request->req, out_effect);
    if (err != SEIN_OK)
        return err;
    *out = sein_writer_of(buffer, max);
    sein_frame_begin(out, kind, request->req);
    sein_pack_array(out, count);
    return SEIN_OK;
}

static enum sein_err
end_list(struct effect *effect, const struct sein_writer *out)
{
    return sein_writer_done(out, &effect->frame) == SEIN_OK ? SEIN_OK
                                                            : SEIN_EIO;
}

/* The prekeys of one desk, encoded as they are walked over. */
struct prekey_list {
    struct sein_writer out;
    size_t count;
};

static enum sein_err
visit_prekey(void *context, const struct store_prekey *prekey)
{
    struct prekey_list *list = context;
    struct sein_signed_prekey entry = { .statement = prekey->statement };

    memcpy(entry.signature, prekey->signature, sizeof entry.signature);
    list->count++;
    return sein_schema_encode(&sein_signed_prekey_schema, &entry, &list->out);
}

static enum sein_err
read_last(const struct kernel *kernel, struct sein_slice name,
          int64_t *out_last_ms)
{
    const struct desk *desk = desk_find(kernel, name);
    struct store_desk row = { 0 };
    enum sein_err err = SEIN_OK;

    if (desk != NULL)
        row.last_read_ms = desk->last_read_ms;
    else
        err = kernel_ops(kernel)->desk_get(kernel->turn.txn, name, &row);
    *out_last_ms = row.last_read_ms;
    return err;
}

static enum sein_err
encode_prekeys(const struct kernel *kernel, struct sein_slice name,
               struct sein_writer *out)
{
    uint8_t buffer[SEIN_PREKEYS_SERVED_MAX * PREKEY_ENTRY_MAX];
    struct prekey_list list = { .out = sein_writer_of(buffer, sizeof buffer) };
    int64_t last_ms = 0;
    enum sein_err err = SEIN_OK;

    /* What is no desk has neither readers nor prekeys. */
    if (sein_directory_desk(kernel->dir, name) != NULL) {
        err = read_last(kernel, name, &last_ms);
        if (err == SEIN_OK)
            err = kernel_ops(kernel)->prekey_each(kernel->turn.txn, name,
                                                  SEIN_PREKEYS_SERVED_MAX,
                                                  visit_prekey, &list);
    }
    if (err != SEIN_OK)
        return err;
    sein_pack_array(out, 3);
    sein_pack_text(out, name);
    sein_pack_uint(out, last_ms > 0 ? (uint64_t)last_ms : 0);
    sein_pack_array(out, list.count);
    sein_write_bytes(out, list.out.at, list.out.len);
    return list.out.failed ? SEIN_EINTERNAL : SEIN_OK;
}

enum sein_err
directory_prekey_get(struct kernel *kernel, struct request *request)
{
    struct sein_items items = { 0 };
    struct sein_writer out = { 0 };
    struct effect *effect = NULL;
    enum sein_err err =
        begin_list(kernel, request, SEIN_KIND_PREKEYS, request->count,
                   DESK_ENTRY_MAX, &effect, &out);

    if (err == SEIN_OK)
        err = sein_items_begin(request->body, SEIN_DESKS_MAX, &items);
    while (err == SEIN_OK) {
        struct sein_slice name = { 0 };

        err = sein_items_next_text(&items, &name);
        if (err == SEIN_OK)
            err = kernel_fatal(encode_prekeys(kernel, name, &out));
    }
    return err == SEIN_ENOENT ? end_list(effect, &out) : err;
}

/* Heads, encoded as they are walked over; the list's length comes first. */
struct head_list {
    struct sein_writer out;
    size_t count;
};

static enum sein_err
visit_head(void *context, const struct store_head *head)
{
    struct head_list *list = context;
    struct sein_signed_head entry = { .head = head->head };

    memcpy(entry.signature, head->signature, sizeof entry.signature);
    list->count++;
    return sein_schema_encode(&sein_signed_head_schema, &entry, &list->out);
}

enum sein_err
directory_heads_get(struct kernel *kernel, struct request *request)
{
    const struct sein_heads_get *get = &request->as.heads_get;
    size_t max = (size_t)get->count;
    uint8_t *buffer = effects_alloc(&kernel->effects, max * HEAD_ENTRY_MAX);
    struct head_list list = { 0 };
    struct sein_writer out = { 0 };
    struct effect *effect = NULL;
    enum sein_err err = SEIN_OK;

    if (buffer == NULL)
        return SEIN_ENOMEM;
    list.out = sein_writer_of(buffer, max * HEAD_ENTRY_MAX);
    err = kernel_ops(kernel)->head_each(kernel->turn.txn, get->from, max,
                                        visit_head, &list);
    if (err != SEIN_OK || list.out.failed)
        return kernel_fatal(err == SEIN_OK ? SEIN_EINTERNAL : err);
    err = begin_list(kernel, request, SEIN_KIND_HEADS, list.count,
                     HEAD_ENTRY_MAX, &effect, &out);
    if (err != SEIN_OK)
        return err;
    sein_write_bytes(&out, list.out.at, list.out.len);
    return end_list(effect, &out);
}

static enum sein_err
get_receipt(struct kernel *kernel, const struct request *request,
            const struct request_item *item, struct verdict *verdict)
{
    const struct sein_op_item *asked = &item->as.op;
    enum sein_err err = SEIN_OK;

    verdict->op_id = asked->op_id;
    err = kernel_ops(kernel)->op_get(kernel->turn.txn,
                                     request->key->member->entry.oin,
                                     &asked->op_id, &verdict->op);
    if (err == SEIN_ENOENT) {
        verdict->code = err;
        return SEIN_OK;
    }
    if (err != SEIN_OK)
        return kernel_fatal(err);
    verdict->has_op = true;
    return SEIN_OK;
}

enum sein_err
directory_receipt_get(struct kernel *kernel, struct request *request)
{
    return confirm_each(kernel, request, get_receipt);
}
