#include "proto/trust/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define LEAF_PREFIX 0U
#define NODE_PREFIX 1U
/* A subtree of 2^n leaves for each bit of a count. */
#define STACK_MAX (8U * sizeof(size_t))

void
sein_tree_leaf_hash(struct sein_slice leaf, struct sein_hash *out_hash)
{
    static const uint8_t prefix = LEAF_PREFIX;
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &prefix, 1);
    crypto_hash_sha256_update(&state, leaf.at, leaf.len);
    crypto_hash_sha256_final(&state, out_hash->bytes);
}

static struct sein_hash
leaf_hash(const struct sein_hash *leaf)
{
    struct sein_hash hash;

    sein_tree_leaf_hash(sein_slice_of(leaf->bytes, sizeof leaf->bytes), &hash);
    return hash;
}

static struct sein_hash
node_hash(const struct sein_hash *left, const struct sein_hash *right)
{
    uint8_t laid[1 + 2 * SEIN_HASH_BYTES] = { NODE_PREFIX };
    struct sein_hash hash;

    memcpy(laid + 1, left->bytes, SEIN_HASH_BYTES);
    memcpy(laid + 1 + SEIN_HASH_BYTES, right->bytes, SEIN_HASH_BYTES);
    (void)crypto_hash_sha256(hash.bytes, laid, sizeof laid);
    return hash;
}

/* Roots of full subtrees, the largest first: one for each bit of `leaves`. */
struct stack {
    struct sein_hash roots[STACK_MAX];
    size_t depth;
    size_t leaves;
};

static void
push(struct stack *stack, struct sein_hash hash)
{
    for (size_t bit = stack->leaves; (bit & 1) != 0; bit >>= 1)
        hash = node_hash(&stack->roots[--stack->depth], &hash);
    stack->roots[stack->depth++] = hash;
    stack->leaves++;
}

static void
fold(const struct stack *stack, struct sein_hash *out_root)
{
    struct sein_hash root;

    if (stack->depth == 0) {
        (void)crypto_hash_sha256(out_root->bytes, NULL, 0);
        return;
    }
    root = stack->roots[stack->depth - 1];
    for (size_t i = stack->depth - 1; i > 0; i--)
        root = node_hash(&stack->roots[i - 1], &root);
    *out_root = root;
}

void
sein_tree_root(const struct sein_hash *leaves, size_t count,
               struct sein_hash *out_root)
{
    struct stack stack;

    stack.depth = 0;
    stack.leaves = 0;
    for (size_t i = 0; i < count; i++)
        push(&stack, leaf_hash(&leaves[i]));
    fold(&stack, out_root);
}

void
sein_tree_hash_root(const struct sein_hash *leaf_hashes, size_t count,
                    struct sein_hash *out_root)
{
    struct stack stack;

    stack.depth = 0;
    stack.leaves = 0;
    for (size_t i = 0; i < count; i++)
        push(&stack, leaf_hashes[i]);
    fold(&stack, out_root);
}

static bool
in_tree(size_t index, size_t count)
{
    return index < count && count <= SEIN_TREE_LEAVES_MAX;
}

enum sein_err
sein_tree_path(const struct sein_hash *leaves, size_t count, size_t index,
               struct sein_hash out_path[static SEIN_TREE_DEPTH_MAX],
               size_t *out_count)
{
    size_t found = 0;

    if (!in_tree(index, count))
        return SEIN_ERANGE;
    /* The sibling at each level spans `width` leaves, fewer at the edge, and
     * none when the node is carried up alone. */
    for (size_t width = 1; width < count; width *= 2) {
        size_t first = (index / width ^ 1) * width;
        size_t spans = 0;

        if (first >= count)
            continue;
        spans = count - first < width ? count - first : width;
        sein_tree_root(leaves + first, spans, &out_path[found++]);
    }
    *out_count = found;
    return SEIN_OK;
}

/* A level with an odd count carries its last node up unchanged: the same tree
 * as splitting at the largest power of two. */
static size_t
level_above(size_t count)
{
    return count / 2 + (count & 1);
}

static size_t
node_count(size_t leaves)
{
    size_t sum = leaves;

    for (size_t level = leaves; level > 1;) {
        level = level_above(level);
        sum += level;
    }
    return sum;
}

enum sein_err
sein_tree_init(struct sein_tree *tree, const struct sein_hash *leaves,
               size_t count)
{
    struct sein_hash *level = NULL;

    if (!in_tree(0, count))
        return SEIN_ERANGE;
    level = calloc(node_count(count), sizeof *level);
    if (level == NULL)
        return SEIN_ENOMEM;
    *tree = (struct sein_tree){ .nodes = level, .count = count };
    for (size_t i = 0; i < count; i++)
        level[i] = leaf_hash(&leaves[i]);
    for (size_t len = count; len > 1; len = level_above(len)) {
        struct sein_hash *above = level + len;

        for (size_t i = 0; i + 1 < len; i += 2)
            above[i / 2] = node_hash(&level[i], &level[i + 1]);
        if ((len & 1) != 0)
            above[len / 2] = level[len - 1];
        level = above;
    }
    return SEIN_OK;
}

void
sein_tree_deinit(struct sein_tree *tree)
{
    free(tree->nodes);
    *tree = (struct sein_tree){ 0 };
}

void
sein_tree_get_root(const struct sein_tree *tree, struct sein_hash *out_root)
{
    assert(tree->count > 0);
    *out_root = tree->nodes[node_count(tree->count) - 1];
}

enum sein_err
sein_tree_get_path(const struct sein_tree *tree, size_t index,
                   struct sein_hash out_path[static SEIN_TREE_DEPTH_MAX],
                   size_t *out_count)
{
    const struct sein_hash *level = tree->nodes;
    size_t found = 0;

    if (!in_tree(index, tree->count))
        return SEIN_ERANGE;
    for (size_t len = tree->count; len > 1; len = level_above(len)) {
        if ((index ^ 1) < len)
            out_path[found++] = level[index ^ 1];
        level += len;
        index /= 2;
    }
    *out_count = found;
    return SEIN_OK;
}

/* RFC 9162 section 2.1.3.2; fn and sn are its names. */
enum sein_err
sein_tree_hash_verify(const struct sein_hash *leaf_hash, size_t index,
                      size_t count, const struct sein_hash *path,
                      size_t path_count, const struct sein_hash *root)
{
    struct sein_hash folded = *leaf_hash;
    size_t fn = index;
    size_t sn = count - 1;

    if (index >= count)
        return SEIN_EPROOF;
    for (size_t i = 0; i < path_count; i++) {
        if (sn == 0)
            return SEIN_EPROOF;
        if ((fn & 1) != 0 || fn == sn) {
            folded = node_hash(&path[i], &folded);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            folded = node_hash(&folded, &path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(folded.bytes, root->bytes, SEIN_HASH_BYTES) == 0
               ? SEIN_OK
               : SEIN_EPROOF;
}

enum sein_err
sein_tree_verify(const struct sein_hash *leaf, size_t index, size_t count,
                 const struct sein_hash *path, size_t path_count,
                 const struct sein_hash *root)
{
    struct sein_hash hash = leaf_hash(leaf);

    return sein_tree_hash_verify(&hash, index, count, path, path_count, root);
}
