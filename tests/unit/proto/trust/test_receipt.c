#include "proto/trust/receipt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/pack.h"
#include "tests/support/fixture_directory.h"
#include "tests/support/schema_cases.h"

#define NOW ((uint64_t)FIXTURE_NOW_MS)
#define LEAVES 5U

/* A commit of five operations with its head, and one of their receipts. */
struct commit {
    struct fixture_key key;
    uint8_t k_event[LEAVES][SEIN_HASH_BYTES];
    struct sein_leaf_event events[LEAVES];
    struct sein_hash leaves[LEAVES];
    struct sein_head head;
    uint8_t head_bytes[SEIN_HEAD_MAX];
    size_t head_len;
    uint8_t head_sig[SEIN_SIG_BYTES];
    uint8_t receipt[SEIN_RECEIPT_MAX];
    size_t receipt_len;
};

static struct sein_leaf_event
event_of(size_t i)
{
    struct sein_leaf_event event = {
        .type = SEIN_LEAF_LETTER,
        .oin = sein_slice_text(FIXTURE_OIN_SCHOOL),
        .op_id = { { (uint8_t)(i + 1) } },
        .time = NOW,
    };

    sein_hash_of(sein_slice_of((const uint8_t *)&i, sizeof i),
                 &event.item_hash);
    return event;
}

static void
write_receipt(struct commit *commit, size_t index)
{
    struct sein_hash path[SEIN_TREE_DEPTH_MAX];
    struct sein_writer out =
        sein_writer_of(commit->receipt, sizeof commit->receipt);
    size_t count = 0;

    assert_int_equal(
        sein_tree_path(commit->leaves, LEAVES, index, path, &count), SEIN_OK);
    assert_int_equal(sein_receipt_encode(commit->k_event[index], NOW, index,
                                         path, count, 0, &out),
                     SEIN_OK);
    assert_false(out.failed);
    commit->receipt_len = out.len;
}

static void
make_commit(struct commit *commit)
{
    memset(commit, 0, sizeof *commit);
    fixture_key_make(&commit->key, 3);
    for (size_t i = 0; i < LEAVES; i++) {
        memset(commit->k_event[i], (int)i + 0x40, SEIN_HASH_BYTES);
        commit->events[i] = event_of(i);
        sein_leaf_make(&commit->events[i], commit->k_event[i],
                       &commit->leaves[i]);
    }
    commit->head = (struct sein_head){
        .v = 1,
        .log_id = { { 1 } },
        .seq = 1,
        .count = LEAVES,
        .time = NOW,
    };
    sein_tree_root(commit->leaves, LEAVES, &commit->head.root);
    assert_int_equal(sein_head_sign(&commit->head, commit->key.sign_secret,
                                    commit->head_bytes,
                                    sizeof commit->head_bytes,
                                    &commit->head_len, commit->head_sig),
                     SEIN_OK);
    write_receipt(commit, 3);
}

static struct sein_slice
receipt_of(const struct commit *commit)
{
    return sein_slice_of(commit->receipt, commit->receipt_len);
}

static struct sein_slice
head_of(const struct commit *commit)
{
    return sein_slice_of(commit->head_bytes, commit->head_len);
}

static void
test_schemas(void **state)
{
    static const struct schema_case head[] = {
        { "v", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "log_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "seq", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "prev", SEIN_FIELD_FIXED, false, 0, 32 },
        { "root", SEIN_FIELD_FIXED, false, 0, 32 },
        { "count", SEIN_FIELD_UINT, false, 1, 65536 },
        { "time", SEIN_FIELD_UINT, false, 0, INT64_MAX },
    };
    static const struct schema_case receipt[] = {
        { "k_event", SEIN_FIELD_FIXED, false, 0, 32 },
        { "time", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "index", SEIN_FIELD_UINT, false, 0, 65535 },
        { "path", SEIN_FIELD_LIST, false, 0, 16 },
        { "head", SEIN_FIELD_UINT, false, 0, 255 },
    };

    (void)state;
    schema_cases_run(&sein_head_schema, head, sizeof head / sizeof head[0]);
    schema_cases_run(&sein_receipt_schema, receipt,
                     sizeof receipt / sizeof receipt[0]);
}

/* PROTOCOL.md section 11, laid out by hand. */
static void
test_leaf_bytes(void **state)
{
    static const char *const types[] = { "letter",   "withdraw",
                                         "prekey",   "event",
                                         "presence", "presence-withdraw",
                                         "accept" };
    struct sein_leaf_event event = event_of(0);
    uint8_t k_event[SEIN_HASH_BYTES] = { 5 };

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        uint8_t laid[128];
        uint8_t known[SEIN_HASH_BYTES];
        struct sein_hash leaf;
        struct sein_writer out = sein_writer_of(laid, sizeof laid);

        sein_write_u16(&out, (uint16_t)strlen(types[i]));
        sein_write_text(&out, types[i]);
        sein_write_u16(&out, 20);
        sein_write_text(&out, FIXTURE_OIN_SCHOOL);
        sein_write_bytes(&out, event.op_id.bytes, 16);
        sein_write_bytes(&out, event.item_hash.bytes, 32);
        sein_write_u64(&out, NOW);
        crypto_auth_hmacsha256(known, laid, out.len, k_event);
        event.type = (enum sein_leaf_type)i;
        sein_leaf_make(&event, k_event, &leaf);
        assert_memory_equal(leaf.bytes, known, sizeof known);
    }
}

static void
test_every_receipt_of_a_commit(void **state)
{
    struct commit commit;
    struct sein_head head;

    (void)state;
    make_commit(&commit);
    assert_int_equal(sein_head_verify(head_of(&commit), commit.head_sig,
                                      commit.key.sign, &head),
                     SEIN_OK);
    assert_memory_equal(&head.root, &commit.head.root, sizeof head.root);
    for (size_t i = 0; i < LEAVES; i++) {
        write_receipt(&commit, i);
        commit.events[i].time = 0; /* the receipt tells it */
        for (size_t j = 0; j < LEAVES; j++)
            assert_int_equal(sein_receipt_verify(receipt_of(&commit),
                                                 commit.events[j], &head),
                             i == j ? SEIN_OK : SEIN_EPROOF);
    }
}

static void
test_a_receipt_proves_one_operation(void **state)
{
    struct commit commit;
    struct sein_leaf_event event;

    (void)state;
    make_commit(&commit);
    event = commit.events[3];
    event.type = SEIN_LEAF_WITHDRAW;
    assert_int_equal(
        sein_receipt_verify(receipt_of(&commit), event, &commit.head),
        SEIN_EPROOF);
    event = commit.events[3];
    event.oin = sein_slice_text(FIXTURE_OIN_ENERGIE);
    assert_int_equal(
        sein_receipt_verify(receipt_of(&commit), event, &commit.head),
        SEIN_EPROOF);
    event = commit.events[3];
    event.op_id.bytes[15] ^= 1;
    assert_int_equal(
        sein_receipt_verify(receipt_of(&commit), event, &commit.head),
        SEIN_EPROOF);
    event = commit.events[3];
    event.item_hash.bytes[0] ^= 1;
    assert_int_equal(
        sein_receipt_verify(receipt_of(&commit), event, &commit.head),
        SEIN_EPROOF);
    commit.head.count = 9; /* one level more */
    assert_int_equal(sein_receipt_verify(receipt_of(&commit), commit.events[3],
                                         &commit.head),
                     SEIN_EPROOF);
}

static void
test_each_byte_of_a_receipt(void **state)
{
    struct commit commit;

    (void)state;
    make_commit(&commit);
    for (size_t len = 0; len < commit.receipt_len; len++) {
        uint8_t *cut = malloc(len > 0 ? len : 1);

        assert_non_null(cut);
        memcpy(cut, commit.receipt, len);
        assert_int_equal(sein_receipt_verify(sein_slice_of(cut, len),
                                             commit.events[3], &commit.head),
                         SEIN_EWIRE);
        free(cut);
    }
    /* The last byte is the head's index, which is not a part of the proof. */
    for (size_t i = 0; i + 1 < commit.receipt_len; i++) {
        commit.receipt[i] ^= 1;
        assert_int_not_equal(sein_receipt_verify(receipt_of(&commit),
                                                 commit.events[3],
                                                 &commit.head),
                             SEIN_OK);
        commit.receipt[i] ^= 1;
    }
    commit.receipt[commit.receipt_len] = 0;
    commit.receipt_len++;
    assert_int_equal(sein_receipt_verify(receipt_of(&commit), commit.events[3],
                                         &commit.head),
                     SEIN_ETRAILING);
}

/* A path whose hashes have another length, or are no bytes at all. */
static void
test_paths_of_something_else(void **state)
{
    struct commit commit;
    static const struct {
        size_t len;
        bool text;
        enum sein_err expected;
    } samples[] = { { 31, false, SEIN_ERANGE },
                    { 33, false, SEIN_ERANGE },
                    { 32, true, SEIN_EWIRE } };

    (void)state;
    make_commit(&commit);
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        uint8_t fill[64] = { 0 };
        struct sein_writer out =
            sein_writer_of(commit.receipt, sizeof commit.receipt);
        struct sein_slice hash = sein_slice_of(fill, samples[i].len);

        sein_pack_array(&out, 5);
        sein_pack_bytes(&out, sein_slice_of(commit.k_event[3], 32));
        sein_pack_uint(&out, NOW);
        sein_pack_uint(&out, 3);
        sein_pack_array(&out, 1);
        if (samples[i].text)
            sein_pack_text(&out, hash);
        else
            sein_pack_bytes(&out, hash);
        sein_pack_uint(&out, 0);
        commit.receipt_len = out.len;
        assert_int_equal(sein_receipt_verify(receipt_of(&commit),
                                             commit.events[3], &commit.head),
                         samples[i].expected);
    }
}

static void
test_the_longest_receipt_and_head_fit(void **state)
{
    struct sein_hash path[SEIN_TREE_DEPTH_MAX + 1] = { { { 0 } } };
    uint8_t k_event[SEIN_HASH_BYTES] = { 0 };
    uint8_t buffer[SEIN_RECEIPT_MAX];
    uint8_t head_bytes[SEIN_HEAD_MAX];
    uint8_t sig[SEIN_SIG_BYTES];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_head head = { .v = 1,
                              .seq = INT64_MAX,
                              .count = SEIN_TREE_LEAVES_MAX,
                              .time = INT64_MAX };
    struct commit commit;
    size_t len = 0;

    (void)state;
    make_commit(&commit);
    assert_int_equal(
        sein_receipt_encode(k_event, INT64_MAX, SEIN_TREE_LEAVES_MAX - 1, path,
                            SEIN_TREE_DEPTH_MAX, SEIN_HEADS_MAX - 1, &out),
        SEIN_OK);
    assert_false(out.failed);
    assert_int_equal(sein_receipt_encode(k_event, 0, 0, path,
                                         SEIN_TREE_DEPTH_MAX + 1, 0, &out),
                     SEIN_ERANGE);
    assert_int_equal(
        sein_receipt_encode(k_event, 0, SEIN_TREE_LEAVES_MAX, path, 0, 0, &out),
        SEIN_ERANGE);
    assert_int_equal(sein_head_sign(&head, commit.key.sign_secret, head_bytes,
                                    sizeof head_bytes, &len, sig),
                     SEIN_OK);
    assert_int_equal(sein_head_sign(&head, commit.key.sign_secret, head_bytes,
                                    len - 1, &len, sig),
                     SEIN_ETOOLONG);
    head.count++;
    assert_int_equal(sein_head_sign(&head, commit.key.sign_secret, head_bytes,
                                    sizeof head_bytes, &len, sig),
                     SEIN_ERANGE);
}

static void
test_head_signature_comes_first(void **state)
{
    struct commit commit;
    struct sein_head head;

    (void)state;
    make_commit(&commit);
    for (size_t i = 0; i < commit.head_len; i++) {
        commit.head_bytes[i] ^= 1;
        assert_int_equal(sein_head_verify(head_of(&commit), commit.head_sig,
                                          commit.key.sign, &head),
                         SEIN_ESIG);
        commit.head_bytes[i] ^= 1;
        assert_int_equal(sein_head_verify(sein_slice_of(commit.head_bytes, i),
                                          commit.head_sig, commit.key.sign,
                                          &head),
                         SEIN_ESIG);
    }
    assert_int_equal(sein_head_verify(head_of(&commit), commit.head_sig,
                                      commit.key.curve, &head),
                     SEIN_ESIG);
}

static void
test_signed_but_not_a_head(void **state)
{
    struct commit commit;
    struct sein_writer out = { 0 };
    struct sein_head head = { 0 };

    (void)state;
    make_commit(&commit);
    commit.head.v = 2;
    assert_int_equal(sein_head_sign(&commit.head, commit.key.sign_secret,
                                    commit.head_bytes, sizeof commit.head_bytes,
                                    &commit.head_len, commit.head_sig),
                     SEIN_ERANGE);
    out = sein_writer_of(commit.head_bytes, sizeof commit.head_bytes);
    assert_int_equal(sein_schema_encode(&sein_head_schema, &commit.head, &out),
                     SEIN_OK);
    for (size_t more = 0; more < 2; more++) {
        struct sein_slice bytes =
            sein_slice_of(commit.head_bytes, out.len + more);

        commit.head_bytes[out.len] = 0;
        assert_int_equal(sein_sig_make(SEIN_SIG_HEAD, bytes,
                                       commit.key.sign_secret, commit.head_sig),
                         SEIN_OK);
        assert_int_equal(
            sein_head_verify(bytes, commit.head_sig, commit.key.sign, &head),
            more == 0 ? SEIN_EVERSION : SEIN_ETRAILING);
    }
}

static void
test_heads_form_a_chain(void **state)
{
    struct commit commit;
    struct sein_head next;
    struct sein_hash hash;

    (void)state;
    make_commit(&commit);
    sein_hash_of(head_of(&commit), &hash);
    next = commit.head;
    next.seq = 2;
    next.prev = hash;
    assert_int_equal(sein_head_follows(&commit.head, head_of(&commit), &next),
                     SEIN_OK);
    next.seq = 3;
    assert_int_equal(sein_head_follows(&commit.head, head_of(&commit), &next),
                     SEIN_ECHAIN);
    next.seq = 1;
    assert_int_equal(sein_head_follows(&commit.head, head_of(&commit), &next),
                     SEIN_ECHAIN);
    next.seq = 2;
    next.prev.bytes[0] ^= 1;
    assert_int_equal(sein_head_follows(&commit.head, head_of(&commit), &next),
                     SEIN_ECHAIN);
    next.prev = hash;
    next.log_id.bytes[0] ^= 1;
    assert_int_equal(sein_head_follows(&commit.head, head_of(&commit), &next),
                     SEIN_ECHAIN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_leaf_bytes),
        cmocka_unit_test(test_every_receipt_of_a_commit),
        cmocka_unit_test(test_a_receipt_proves_one_operation),
        cmocka_unit_test(test_each_byte_of_a_receipt),
        cmocka_unit_test(test_paths_of_something_else),
        cmocka_unit_test(test_the_longest_receipt_and_head_fit),
        cmocka_unit_test(test_head_signature_comes_first),
        cmocka_unit_test(test_signed_but_not_a_head),
        cmocka_unit_test(test_heads_form_a_chain),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
