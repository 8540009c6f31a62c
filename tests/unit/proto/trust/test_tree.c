#include "proto/trust/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/vectors.h"

#define VECTORS "tests/vectors/rfc6962-merkle.json"
#define LEAVES_MAX 70U

/* One index of theirs is 2^64 - 1, which JSON readers hold as a real only. */
static json_t *
load_vectors(void)
{
    json_t *vectors = json_load_file(VECTORS, JSON_DECODE_INT_AS_REAL, NULL);

    assert_non_null(vectors);
    return vectors;
}

static struct sein_hash
hex_hash(const char *hex)
{
    struct sein_hash hash = { 0 };

    assert_non_null(hex);
    assert_int_equal(
        sein_unhex(sein_slice_text(hex), hash.bytes, sizeof hash.bytes),
        SEIN_OK);
    return hash;
}

/* Some proofs that must fail have a hash cut short or missing: false then. */
static bool
base64_hash(const json_t *value, struct sein_hash *out)
{
    const char *text = json_string_value(value);
    size_t len = 0;

    return text != NULL &&
           sodium_base642bin(out->bytes, sizeof out->bytes, text, strlen(text),
                             NULL, &len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len == sizeof out->bytes;
}

static void
test_published_roots(void **state)
{
    json_t *vectors = load_vectors();
    const json_t *inputs = vectors_array(vectors, "leaf_inputs_hex");
    const json_t *roots = vectors_array(vectors, "root_hashes_by_size_from_1");
    const json_t *nodes = vectors_array(vectors, "node_hashes_levels_flat");
    struct sein_hash hashes[8];
    struct sein_hash root;
    struct sein_hash known;

    (void)state;
    assert_int_equal(json_array_size(inputs), 8);
    for (size_t i = 0; i < 8; i++) {
        const char *hex = json_string_value(json_array_get(inputs, i));
        uint8_t leaf[64];

        assert_int_equal(
            sein_unhex(sein_slice_text(hex), leaf, strlen(hex) / 2), SEIN_OK);
        sein_tree_leaf_hash(sein_slice_of(leaf, strlen(hex) / 2), &hashes[i]);
        known = hex_hash(json_string_value(json_array_get(nodes, i)));
        assert_memory_equal(&hashes[i], &known, sizeof known);
        sein_tree_hash_root(hashes, i + 1, &root);
        known = hex_hash(json_string_value(json_array_get(roots, i)));
        assert_memory_equal(&root, &known, sizeof known);
    }
    sein_tree_hash_root(hashes, 0, &root);
    known = hex_hash(json_string_value(json_object_get(vectors, "empty_root")));
    assert_memory_equal(&root, &known, sizeof known);
    json_decref(vectors);
}

static size_t
size_of(const json_t *test, const char *name)
{
    double value = json_real_value(json_object_get(test, name));

    assert_true(value >= 0);
    return value < (double)UINT32_MAX ? (size_t)value : SIZE_MAX;
}

/* Whether the library takes a published inclusion proof. */
static bool
proof_holds(const json_t *test)
{
    const json_t *proof = json_object_get(test, "proof");
    size_t index = size_of(test, "leafIdx");
    size_t count = size_of(test, "treeSize");
    size_t len = json_array_size(proof);
    struct sein_hash path[32];
    struct sein_hash leaf;
    struct sein_hash root;

    if (len > 32 || !base64_hash(json_object_get(test, "leafHash"), &leaf) ||
        !base64_hash(json_object_get(test, "root"), &root))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!base64_hash(json_array_get(proof, i), &path[i]))
            return false;
    }
    return sein_tree_hash_verify(&leaf, index, count, path, len, &root) ==
           SEIN_OK;
}

static void
test_published_proofs(void **state)
{
    json_t *vectors = load_vectors();
    const json_t *tests = vectors_array(vectors, "inclusion");
    size_t good = 0;

    (void)state;
    assert_int_equal(json_array_size(tests), 98);
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        bool wrong = json_is_true(json_object_get(test, "wantErr"));

        if (proof_holds(test) == wrong)
            print_error("%s\n",
                        json_string_value(json_object_get(test, "case")));
        assert_true(proof_holds(test) != wrong);
        good += !wrong;
    }
    assert_true(good > 5 && good < 90);
    json_decref(vectors);
}

static void
fill_leaves(struct sein_hash leaves[static LEAVES_MAX])
{
    for (size_t i = 0; i < LEAVES_MAX; i++)
        memset(leaves[i].bytes, (int)i + 1, sizeof leaves[i].bytes);
}

/* The definition of RFC 6962 section 2.1, as it stands there. */
static struct sein_hash
mth(const struct sein_hash *leaves, size_t count)
{
    uint8_t laid[1 + 2 * SEIN_HASH_BYTES] = { 0x01 };
    struct sein_hash left;
    struct sein_hash right;
    struct sein_hash root;
    size_t split = 1;

    if (count == 1) {
        laid[0] = 0x00;
        memcpy(laid + 1, leaves[0].bytes, SEIN_HASH_BYTES);
        crypto_hash_sha256(root.bytes, laid, 1 + SEIN_HASH_BYTES);
        return root;
    }
    while (split * 2 < count)
        split *= 2;
    left = mth(leaves, split);
    right = mth(leaves + split, count - split);
    memcpy(laid + 1, left.bytes, SEIN_HASH_BYTES);
    memcpy(laid + 1 + SEIN_HASH_BYTES, right.bytes, SEIN_HASH_BYTES);
    crypto_hash_sha256(root.bytes, laid, sizeof laid);
    return root;
}

static void
test_roots_and_paths_of_every_size(void **state)
{
    struct sein_hash leaves[LEAVES_MAX];

    (void)state;
    fill_leaves(leaves);
    for (size_t count = 1; count <= LEAVES_MAX; count++) {
        struct sein_hash known = mth(leaves, count);
        struct sein_tree tree;
        struct sein_hash root;

        sein_tree_root(leaves, count, &root);
        assert_memory_equal(&root, &known, sizeof root);
        assert_int_equal(sein_tree_init(&tree, leaves, count), SEIN_OK);
        sein_tree_get_root(&tree, &root);
        assert_memory_equal(&root, &known, sizeof root);
        for (size_t i = 0; i < count; i++) {
            struct sein_hash path[SEIN_TREE_DEPTH_MAX];
            struct sein_hash again[SEIN_TREE_DEPTH_MAX];
            size_t len = 0;
            size_t again_len = 0;

            assert_int_equal(sein_tree_path(leaves, count, i, path, &len),
                             SEIN_OK);
            assert_int_equal(sein_tree_get_path(&tree, i, again, &again_len),
                             SEIN_OK);
            assert_int_equal(len, again_len);
            assert_memory_equal(path, again, len * sizeof path[0]);
            assert_int_equal(
                sein_tree_verify(&leaves[i], i, count, path, len, &root),
                SEIN_OK);
        }
        sein_tree_deinit(&tree);
        assert_null(tree.nodes);
    }
}

static void
test_a_path_proves_nothing_else(void **state)
{
    struct sein_hash leaves[LEAVES_MAX];
    struct sein_hash path[SEIN_TREE_DEPTH_MAX + 1] = { { { 0 } } };
    struct sein_hash root;
    size_t len = 0;

    (void)state;
    fill_leaves(leaves);
    sein_tree_root(leaves, 11, &root);
    assert_int_equal(sein_tree_path(leaves, 11, 6, path, &len), SEIN_OK);
    assert_int_equal(len, 4);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(sein_tree_verify(&leaves[6], i, 11, path, len, &root),
                         i == 6 ? SEIN_OK : SEIN_EPROOF);
    assert_int_equal(sein_tree_verify(&leaves[5], 6, 11, path, len, &root),
                     SEIN_EPROOF);
    assert_int_equal(sein_tree_verify(&leaves[6], 6, 11, path, len - 1, &root),
                     SEIN_EPROOF);
    assert_int_equal(sein_tree_verify(&leaves[6], 6, 11, path, len + 1, &root),
                     SEIN_EPROOF);
    assert_int_equal(sein_tree_verify(&leaves[6], 6, 0, path, len, &root),
                     SEIN_EPROOF);
    assert_int_equal(sein_tree_verify(&leaves[6], 6, 5, path, len, &root),
                     SEIN_EPROOF);
    root.bytes[0] ^= 1;
    assert_int_equal(sein_tree_verify(&leaves[6], 6, 11, path, len, &root),
                     SEIN_EPROOF);
}

static void
test_bounds(void **state)
{
    size_t max = SEIN_TREE_LEAVES_MAX;
    struct sein_hash *leaves = calloc(max + 1, sizeof *leaves);
    struct sein_hash path[SEIN_TREE_DEPTH_MAX];
    struct sein_hash root;
    struct sein_tree tree;
    size_t len = 0;

    (void)state;
    assert_non_null(leaves);
    assert_int_equal(sein_tree_init(&tree, leaves, 0), SEIN_ERANGE);
    assert_int_equal(sein_tree_init(&tree, leaves, max + 1), SEIN_ERANGE);
    assert_int_equal(sein_tree_path(leaves, 3, 3, path, &len), SEIN_ERANGE);
    assert_int_equal(sein_tree_path(leaves, 0, 0, path, &len), SEIN_ERANGE);
    assert_int_equal(sein_tree_path(leaves, max + 1, 0, path, &len),
                     SEIN_ERANGE);
    memset(leaves[max - 1].bytes, 7, sizeof leaves[0].bytes);
    assert_int_equal(sein_tree_init(&tree, leaves, max), SEIN_OK);
    sein_tree_get_root(&tree, &root);
    assert_int_equal(sein_tree_get_path(&tree, max - 1, path, &len), SEIN_OK);
    assert_int_equal(len, SEIN_TREE_DEPTH_MAX);
    assert_int_equal(
        sein_tree_verify(&leaves[max - 1], max - 1, max, path, len, &root),
        SEIN_OK);
    assert_int_equal(sein_tree_get_path(&tree, max, path, &len), SEIN_ERANGE);
    sein_tree_deinit(&tree);
    free(leaves);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_roots),
        cmocka_unit_test(test_published_proofs),
        cmocka_unit_test(test_roots_and_paths_of_every_size),
        cmocka_unit_test(test_a_path_proves_nothing_else),
        cmocka_unit_test(test_bounds),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
