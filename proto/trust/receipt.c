#include "proto/trust/receipt.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/pack.h"
#include "proto/wire/unpack.h"

#define HEAD_VERSION 1U
#define HASH_HEAD_BYTES 2U /* bin 8 */

static const struct sein_field head_fields[] = {
    { "v", SEIN_FIELD_UINT, false, offsetof(struct sein_head, v), 0,
      UINT64_MAX },
    { "log_id", SEIN_FIELD_FIXED, false, offsetof(struct sein_head, log_id), 0,
      SEIN_ID_BYTES },
    { "seq", SEIN_FIELD_UINT, false, offsetof(struct sein_head, seq), 1,
      INT64_MAX },
    { "prev", SEIN_FIELD_FIXED, false, offsetof(struct sein_head, prev), 0,
      SEIN_HASH_BYTES },
    { "root", SEIN_FIELD_FIXED, false, offsetof(struct sein_head, root), 0,
      SEIN_HASH_BYTES },
    { "count", SEIN_FIELD_UINT, false, offsetof(struct sein_head, count), 1,
      SEIN_TREE_LEAVES_MAX },
    { "time", SEIN_FIELD_UINT, false, offsetof(struct sein_head, time), 0,
      INT64_MAX },
};
const struct sein_schema sein_head_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, head_fields, struct sein_head);

static const struct sein_field receipt_fields[] = {
    { "k_event", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_receipt, k_event), 0, SEIN_HASH_BYTES },
    { "time", SEIN_FIELD_UINT, false, offsetof(struct sein_receipt, time), 0,
      INT64_MAX },
    { "index", SEIN_FIELD_UINT, false, offsetof(struct sein_receipt, index), 0,
      SEIN_TREE_LEAVES_MAX - 1 },
    { "path", SEIN_FIELD_LIST, false, offsetof(struct sein_receipt, path), 0,
      SEIN_TREE_DEPTH_MAX },
    { "head", SEIN_FIELD_UINT, false, offsetof(struct sein_receipt, head), 0,
      SEIN_HEADS_MAX - 1 },
};
const struct sein_schema sein_receipt_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, receipt_fields, struct sein_receipt);

static const char *const leaf_types[SEIN_LEAF_TYPE_COUNT] = {
    [SEIN_LEAF_LETTER] = "letter",
    [SEIN_LEAF_WITHDRAW] = "withdraw",
    [SEIN_LEAF_PREKEY] = "prekey",
    [SEIN_LEAF_EVENT] = "event",
    [SEIN_LEAF_PRESENCE] = "presence",
    [SEIN_LEAF_PRESENCE_WITHDRAW] = "presence-withdraw",
    [SEIN_LEAF_ACCEPT] = "accept",
};

/* lp(type) || lp(oin) || op_id || H(item) || u64be(time) */
#define EVENT_BYTES_MAX                                                 \
    (2U + 17U + 2U + SEIN_OIN_CHARS + SEIN_ID_BYTES + SEIN_HASH_BYTES + \
     sizeof(uint64_t))

void
sein_leaf_make(const struct sein_leaf_event *event,
               const uint8_t k_event[static SEIN_HASH_BYTES],
               struct sein_hash *out_leaf)
{
    uint8_t laid[EVENT_BYTES_MAX];
    struct sein_writer out = sein_writer_of(laid, sizeof laid);

    sein_write_lp(&out, sein_slice_text(leaf_types[event->type]));
    sein_write_lp(&out, event->oin);
    sein_write_bytes(&out, event->op_id.bytes, sizeof event->op_id.bytes);
    sein_write_bytes(&out, event->item_hash.bytes,
                     sizeof event->item_hash.bytes);
    sein_write_u64(&out, event->time);
    assert(!out.failed); /* an OIN was checked before it came here */
    (void)crypto_auth_hmacsha256(out_leaf->bytes, laid, out.len, k_event);
}

enum sein_err
sein_head_sign(const struct sein_head *head,
               const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
               uint8_t *out_head, size_t max, size_t *out_len,
               uint8_t out_sig[static SEIN_SIG_BYTES])
{
    struct sein_writer out = sein_writer_of(out_head, max);
    struct sein_slice bytes = { 0 };
    enum sein_err err = head->v == HEAD_VERSION ? SEIN_OK : SEIN_ERANGE;

    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_head_schema, head, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &bytes);
    if (err == SEIN_OK)
        err = sein_sig_make(SEIN_SIG_HEAD, bytes, secret, out_sig);
    if (err == SEIN_OK)
        *out_len = bytes.len;
    return err;
}

enum sein_err
sein_head_verify(struct sein_slice head,
                 const uint8_t sig[static SEIN_SIG_BYTES],
                 const uint8_t receipt_key[static SEIN_KEY_BYTES],
                 struct sein_head *out_head)
{
    struct sein_head read = { 0 };
    enum sein_err err = sein_sig_verify(SEIN_SIG_HEAD, head, sig, receipt_key);

    if (err == SEIN_OK)
        err = sein_schema_decode_all(&sein_head_schema, head, &read);
    if (err == SEIN_OK && read.v != HEAD_VERSION)
        err = SEIN_EVERSION;
    if (err == SEIN_OK)
        *out_head = read;
    return err;
}

enum sein_err
sein_head_follows(const struct sein_head *head, struct sein_slice head_bytes,
                  const struct sein_head *next)
{
    struct sein_hash hash;

    sein_hash_of(head_bytes, &hash);
    if (memcmp(head->log_id.bytes, next->log_id.bytes,
               sizeof head->log_id.bytes) != 0 ||
        next->seq != head->seq + 1 ||
        memcmp(next->prev.bytes, hash.bytes, sizeof hash.bytes) != 0)
        return SEIN_ECHAIN;
    return SEIN_OK;
}

enum sein_err
sein_receipt_encode(const uint8_t k_event[static SEIN_HASH_BYTES],
                    uint64_t time, uint64_t index, const struct sein_hash *path,
                    size_t path_count, uint64_t head, struct sein_writer *out)
{
    uint8_t
        laid[1 + 2 + SEIN_TREE_DEPTH_MAX * (HASH_HEAD_BYTES + SEIN_HASH_BYTES)];
    struct sein_writer list = sein_writer_of(laid, sizeof laid);
    struct sein_receipt receipt = {
        .time = time,
        .index = index,
        .path = { .count = path_count },
        .head = head,
    };
    enum sein_err err = SEIN_OK;

    if (path_count > SEIN_TREE_DEPTH_MAX)
        return SEIN_ERANGE;
    memcpy(receipt.k_event, k_event, sizeof receipt.k_event);
    sein_pack_array(&list, path_count);
    for (size_t i = 0; i < path_count; i++)
        sein_pack_bytes(&list,
                        sein_slice_of(path[i].bytes, sizeof path[i].bytes));
    err = sein_writer_done(&list, &receipt.path.raw);
    return err == SEIN_OK
               ? sein_schema_encode(&sein_receipt_schema, &receipt, out)
               : err;
}

/* The list's count was bounded by its row. */
static enum sein_err
read_path(struct sein_list list, struct sein_hash *out_path)
{
    struct sein_items items = { 0 };
    enum sein_err err = sein_items_begin(list.raw, SEIN_TREE_DEPTH_MAX, &items);

    for (size_t i = 0; err == SEIN_OK && i < list.count; i++) {
        struct sein_slice hash = { 0 };

        err = sein_unpack_bytes(&items.in, &hash);
        if (err != SEIN_OK)
            return err;
        if (hash.len != SEIN_HASH_BYTES)
            return SEIN_ERANGE;
        memcpy(out_path[i].bytes, hash.at, hash.len);
    }
    return err;
}

enum sein_err
sein_receipt_verify(struct sein_slice receipt, struct sein_leaf_event event,
                    const struct sein_head *head)
{
    struct sein_receipt read = { 0 };
    struct sein_hash path[SEIN_TREE_DEPTH_MAX];
    struct sein_hash leaf;
    enum sein_err err =
        sein_schema_decode_all(&sein_receipt_schema, receipt, &read);

    if (err == SEIN_OK)
        err = read_path(read.path, path);
    if (err != SEIN_OK)
        return err;
    event.time = read.time;
    sein_leaf_make(&event, read.k_event, &leaf);
    return sein_tree_verify(&leaf, (size_t)read.index, (size_t)head->count,
                            path, read.path.count, &head->root);
}
