/*
 * Receipts: a Merkle tree over the leaves of one commit, a signed head, and a
 * path from a leaf to it.
 *
 * Signing costs once per commit; a receipt is checked with hashes and one
 * signature.  Threads: safe on distinct objects.
 * Source: PROTOCOL.md section 11; RFC 6962 section 2.1, RFC 9162 section 2.1.3.
 */
#ifndef SEIN_PROTO_TRUST_RECEIPT_H
#define SEIN_PROTO_TRUST_RECEIPT_H

#include "proto/base/ids.h"
#include "proto/wire/msg_confirm.h"
#include "proto/wire/schema.h"

enum sein_leaf_type {
    SEIN_LEAF_LETTER,
    SEIN_LEAF_WITHDRAW,
    SEIN_LEAF_PREKEY,
    SEIN_LEAF_EVENT,
};

/** A head, an array. */
struct sein_head {
    uint64_t v;
    struct sein_log_id log_id;
    uint64_t seq;
    struct sein_hash prev;
    struct sein_hash root;
    uint64_t count;
    uint64_t time;
};
extern const struct sein_schema sein_head_schema;

/** A receipt, an array; path views borrow its bytes. */
struct sein_receipt {
    uint8_t k_event[SEIN_HASH_BYTES];
    uint64_t time;
    uint64_t index;
    struct sein_list path; /* of bin(32), from the leaf up */
    uint64_t head;         /* index into the confirm's heads */
};
extern const struct sein_schema sein_receipt_schema;

/** What a leaf says; the views are borrowed. */
struct sein_leaf_event {
    enum sein_leaf_type type;
    struct sein_slice oin;
    struct sein_op_id op_id;
    struct sein_hash item_hash; /* H(item as sent) */
    uint64_t time;
};

/** sein_leaf_make - HMAC-SHA256(k_event, event). */
void sein_leaf_make(const struct sein_leaf_event *event,
                    const uint8_t k_event[static SEIN_HASH_BYTES],
                    struct sein_hash *out_leaf);

/** sein_tree_root - over count leaves; of none: H of nothing.
 *
 * Cost: linear.  Memory: O(log count) on the stack. */
void sein_tree_root(const struct sein_hash *leaves, size_t count,
                    struct sein_hash *out_root);

/**
 * sein_tree_path - the hashes from leaf index up to the root.
 *
 * out_path  written, at most SEIN_TREE_DEPTH_MAX; out_count set
 * Errors:   SEIN_ERANGE index >= count or count > SEIN_TREE_LEAVES_MAX.
 * Cost:     linear in count; sein_tree_paths gives all at once.
 */
SEIN_CHECKED enum sein_err
sein_tree_path(const struct sein_hash *leaves, size_t count, size_t index,
               struct sein_hash out_path[static SEIN_TREE_DEPTH_MAX],
               size_t *out_count);

/**
 * A tree whose nodes are kept, so that each path costs O(log count).
 * caller-allocated: sein_tree_init gives memory, sein_tree_deinit frees it.
 */
struct sein_tree {
    struct sein_hash *nodes;
    size_t count; /* leaves */
};
SEIN_CHECKED enum sein_err sein_tree_init(struct sein_tree *tree,
                                          const struct sein_hash *leaves,
                                          size_t count);
void sein_tree_deinit(struct sein_tree *tree);
void sein_tree_get_root(const struct sein_tree *tree,
                        struct sein_hash *out_root);
SEIN_CHECKED enum sein_err
sein_tree_get_path(const struct sein_tree *tree, size_t index,
                   struct sein_hash out_path[static SEIN_TREE_DEPTH_MAX],
                   size_t *out_count);

/**
 * sein_tree_verify - fold a path and compare with the root.
 *
 * Errors:  SEIN_EPROOF.
 */
SEIN_CHECKED enum sein_err sein_tree_verify(const struct sein_hash *leaf,
                                            size_t index, size_t count,
                                            const struct sein_hash *path,
                                            size_t path_count,
                                            const struct sein_hash *root);

/** sein_head_sign - encode and sign; out_head at most SEIN_HEAD_MAX bytes. */
SEIN_CHECKED enum sein_err
sein_head_sign(const struct sein_head *head,
               const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
               uint8_t *out_head, size_t max, size_t *out_len,
               uint8_t out_sig[static SEIN_SIG_BYTES]);

/** sein_head_verify - signature first, then decode.  Errors: SEIN_ESIG;
 *  SEIN_EVERSION; those of wire/schema.h. */
SEIN_CHECKED enum sein_err
sein_head_verify(struct sein_slice head,
                 const uint8_t sig[static SEIN_SIG_BYTES],
                 const uint8_t receipt_key[static SEIN_KEY_BYTES],
                 struct sein_head *out_head);

/** sein_head_follows - whether next comes right after head in one chain.
 *
 * head_bytes  as transmitted.  Errors: SEIN_ECHAIN. */
SEIN_CHECKED enum sein_err sein_head_follows(const struct sein_head *head,
                                             struct sein_slice head_bytes,
                                             const struct sein_head *next);

/**
 * sein_receipt_encode - one receipt; out at most SEIN_RECEIPT_MAX bytes.
 */
SEIN_CHECKED enum sein_err
sein_receipt_encode(const uint8_t k_event[static SEIN_HASH_BYTES],
                    uint64_t time, uint64_t index, const struct sein_hash *path,
                    size_t path_count, uint64_t head, struct sein_writer *out);

/**
 * sein_receipt_verify - that an operation stands under a verified head.
 *
 * event    what the member did; its time is taken from the receipt
 * head     already verified with sein_head_verify
 * Errors:  SEIN_EPROOF; those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err sein_receipt_verify(struct sein_slice receipt,
                                               struct sein_leaf_event event,
                                               const struct sein_head *head);

#endif
