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
#include "proto/trust/tree.h"
#include "proto/wire/msg_confirm.h"
#include "proto/wire/schema.h"

enum sein_leaf_type {
    SEIN_LEAF_LETTER,
    SEIN_LEAF_WITHDRAW,
    SEIN_LEAF_PREKEY,
    SEIN_LEAF_EVENT,
    SEIN_LEAF_PRESENCE,
    SEIN_LEAF_PRESENCE_WITHDRAW,
    SEIN_LEAF_ACCEPT,
    SEIN_LEAF_TYPE_COUNT,
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

/**
 * sein_head_sign - encode and sign; out_head at most SEIN_HEAD_MAX bytes.
 *
 * Errors:  SEIN_ERANGE a field outside its bounds; SEIN_ETOOLONG; SEIN_ENOMEM.
 */
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
 *
 * Errors:  SEIN_ERANGE a field outside its bounds.  An overflow is remembered
 *          by out.
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
