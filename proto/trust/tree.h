/*
 * Merkle trees hashed as RFC 6962 section 2.1: leaf hash H(0x00 || leaf), node
 * H(0x01 || left || right), split at the largest power of two below the count.
 *
 * Leaves here are 32 bytes (receipt.h makes them); the functions named _hash
 * take leaf hashes instead.  Threads: safe on distinct objects.
 * Source: RFC 6962 section 2.1; RFC 9162 section 2.1.3.
 */
#ifndef SEIN_PROTO_TRUST_TREE_H
#define SEIN_PROTO_TRUST_TREE_H

#include "proto/base/ids.h"

/** sein_tree_leaf_hash - H(0x00 || leaf). */
void sein_tree_leaf_hash(struct sein_slice leaf, struct sein_hash *out_hash);

/** sein_tree_root - over count leaves; of none: H of nothing.
 *
 * Cost: linear.  Memory: O(log count) on the stack. */
void sein_tree_root(const struct sein_hash *leaves, size_t count,
                    struct sein_hash *out_root);

/** sein_tree_hash_root - the same over leaf hashes. */
void sein_tree_hash_root(const struct sein_hash *leaf_hashes, size_t count,
                         struct sein_hash *out_root);

/**
 * sein_tree_path - the hashes from leaf index up to the root.
 *
 * out_path  written, at most SEIN_TREE_DEPTH_MAX; out_count set
 * Errors:   SEIN_ERANGE index >= count or count > SEIN_TREE_LEAVES_MAX.
 * Cost:     linear in count; a struct sein_tree gives each in O(log count).
 */
SEIN_CHECKED enum sein_err
sein_tree_path(const struct sein_hash *leaves, size_t count, size_t index,
               struct sein_hash out_path[static SEIN_TREE_DEPTH_MAX],
               size_t *out_count);

/**
 * A tree whose nodes are kept, level by level from the leaf hashes up.
 * Caller-allocated: sein_tree_init gives memory, sein_tree_deinit frees it.
 */
struct sein_tree {
    struct sein_hash *nodes;
    size_t count; /* leaves */
};

/**
 * sein_tree_init - build the tree over 1..SEIN_TREE_LEAVES_MAX leaves.
 *
 * Errors:  SEIN_ERANGE another count; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err sein_tree_init(struct sein_tree *tree,
                                          const struct sein_hash *leaves,
                                          size_t count);
void sein_tree_deinit(struct sein_tree *tree);
void sein_tree_get_root(const struct sein_tree *tree,
                        struct sein_hash *out_root);
/** sein_tree_get_path - as sein_tree_path.  Errors: SEIN_ERANGE. */
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

/** sein_tree_hash_verify - the same from a leaf hash. */
SEIN_CHECKED enum sein_err
sein_tree_hash_verify(const struct sein_hash *leaf_hash, size_t index,
                      size_t count, const struct sein_hash *path,
                      size_t path_count, const struct sein_hash *root);

#endif
