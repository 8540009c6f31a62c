#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/trust/prekey.h"
#include "proto/wire/msg_confirm.h"
#include "proto/wire/msg_directory.h"
#include "proto/wire/pack.h"
#include "tests/support/kernel_rig.h"

#define SCHOOL FIXTURE_SCHOOL
#define TEAM FIXTURE_WIJKTEAM
#define NOORD FIXTURE_DESK_NOORD

static struct rig_confirm confirm;

static int
setup(void **state)
{
    struct rig *rig = rig_new();

    rig_sender(rig, 1, TEAM);
    *state = rig;
    return 0;
}

static int
teardown(void **state)
{
    struct rig *rig = *state;

    rig_free(&rig);
    return 0;
}

static void
ask_object(struct rig *rig, enum sein_kind kind,
           const struct sein_schema *schema, const void *object)
{
    uint8_t buffer[128];
    struct sein_slice frame = { 0 };

    assert_int_equal(sein_frame_encode(kind, ++rig->req, schema, object, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    rig_ask(rig, 1, TEAM, frame);
}

/* ---- parts of the directory ---- */

static struct sein_dir_part
get_part(struct rig *rig, uint64_t version, uint64_t offset)
{
    const struct sein_dir_get get = { .version = version, .offset = offset };
    struct sein_dir_part part = { 0 };
    struct sein_frame frame = { 0 };

    ask_object(rig, SEIN_KIND_DIR_GET, &sein_dir_get_schema, &get);
    rig_run(rig);
    rig_take_frame(rig, 1, SEIN_KIND_DIR_PART, &frame);
    assert_int_equal(
        sein_schema_decode_all(&sein_dir_part_schema, frame.body, &part),
        SEIN_OK);
    assert_int_equal(part.offset, offset);
    return part;
}

static enum sein_err
get_error(struct rig *rig, uint64_t version, uint64_t offset)
{
    const struct sein_dir_get get = { .version = version, .offset = offset };

    ask_object(rig, SEIN_KIND_DIR_GET, &sein_dir_get_schema, &get);
    rig_run(rig);
    return rig_error(rig, 1, NULL);
}

static void
test_newest_directory(void **state)
{
    struct rig *rig = *state;
    struct sein_slice all = sein_directory_bytes(kernel_directory(rig->kernel));
    struct sein_dir_part part = get_part(rig, 0, 0);

    assert_int_equal(part.version, 1);
    assert_int_equal(part.newest, 1);
    assert_int_equal(part.total, all.len);
    assert_true(sein_slice_equal(part.part, all));
    part = get_part(rig, 1, all.len - 3);
    assert_int_equal(part.part.len, 3);
    assert_memory_equal(part.part.at, all.at + all.len - 3, 3);
    part = get_part(rig, 0, all.len);
    assert_int_equal(part.part.len, 0);
    assert_int_equal(get_error(rig, 0, all.len + 1), SEIN_ERANGE);
    assert_int_equal(get_error(rig, 0, UINT64_MAX), SEIN_ERANGE);
    assert_int_equal(get_error(rig, 2, 0), SEIN_ENOENT);
    assert_int_equal(get_error(rig, 2, UINT64_MAX), SEIN_ERANGE);
}

static void
test_older_directory_in_parts(void **state)
{
    struct rig *rig = *state;
    const struct store_ops *ops = rig->store->ops;
    static uint8_t bytes[2 * SEIN_PART_MAX + 7];
    struct store_txn *txn = NULL;
    struct sein_dir_part part;
    size_t offset = 0;

    randombytes_buf(bytes, sizeof bytes);
    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(ops->directory_put(txn, 1, rig->now_ms,
                                        sein_slice_of(bytes, sizeof bytes)),
                     SEIN_OK);
    assert_int_equal(ops->commit(&txn), SEIN_OK);
    rig_swap(rig);
    for (size_t i = 0; i < 3; i++) {
        part = get_part(rig, 1, offset);
        assert_int_equal(part.version, 1);
        assert_int_equal(part.newest, 2);
        assert_int_equal(part.total, sizeof bytes);
        assert_int_equal(part.part.len, i < 2 ? SEIN_PART_MAX : 7);
        assert_memory_equal(part.part.at, bytes + offset, part.part.len);
        offset += part.part.len;
    }
    part = get_part(rig, 1, offset);
    assert_int_equal(part.part.len, 0);
    assert_int_equal(get_error(rig, 1, offset + 1), SEIN_ERANGE);
    assert_int_equal(get_part(rig, 0, 0).version, 2);
}

/* Small requests for large answers end at a bound. */
static void
test_turn_makes_only_so_much(void **state)
{
    struct rig *rig = *state;
    const struct sein_dir_get get = { .version = 1 };
    const struct store_ops *ops = rig->store->ops;
    static uint8_t bytes[SEIN_PART_MAX];
    struct store_txn *txn = NULL;
    struct sein_frame frame = { 0 };
    size_t given = 0;
    size_t busy = 0;

    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(ops->directory_put(txn, 1, rig->now_ms,
                                        sein_slice_of(bytes, sizeof bytes)),
                     SEIN_OK);
    assert_int_equal(ops->commit(&txn), SEIN_OK);
    rig_swap(rig);
    for (size_t i = 0; i < 600; i++)
        ask_object(rig, SEIN_KIND_DIR_GET, &sein_dir_get_schema, &get);
    rig_run(rig);
    while (rig_take_any(rig, 1, &frame)) {
        given += frame.kind == SEIN_KIND_DIR_PART;
        busy += frame.kind == SEIN_KIND_ERROR;
    }
    assert_int_equal(given + busy, 600);
    assert_in_range(given, 64, 256); /* 32 MiB of frames and what made them */
}

/* ---- prekeys ---- */

struct statement {
    uint8_t bytes[SEIN_PREKEY_MAX];
    size_t len;
    uint8_t signature[SEIN_SIG_BYTES];
    struct sein_prekey prekey;
};

static void
make_statement(struct rig *rig, uint64_t seq, const struct statement *before,
               const char *desk, struct statement *out)
{
    const struct fixture_key *key = &rig->fixture->members[TEAM].keys[0];

    out->prekey = (struct sein_prekey){ .v = 1, .seq = seq };
    out->prekey.desk = sein_slice_text(desk);
    out->prekey.key_id = key->key_id;
    out->prekey.not_before = (uint64_t)rig->now_ms;
    out->prekey.not_after = (uint64_t)(rig->now_ms + SEIN_PREKEY_LIFE_MS);
    sein_random_id(out->prekey.prekey_id.bytes);
    randombytes_buf(out->prekey.pk, sizeof out->prekey.pk);
    if (before != NULL)
        sein_hash_of(sein_slice_of(before->bytes, before->len),
                     &out->prekey.prev);
    assert_int_equal(sein_prekey_sign(&out->prekey, key->sign_secret,
                                      out->bytes, sizeof out->bytes, &out->len,
                                      out->signature),
                     SEIN_OK);
}

static const struct rig_verdict *
publish(struct rig *rig, unsigned peer, unsigned member,
        const struct statement *statement)
{
    struct sein_signed_prekey item = { 0 };
    uint8_t buffer[SEIN_PREKEY_MAX + 128];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_hash hash;

    item.statement = sein_slice_of(statement->bytes, statement->len);
    memcpy(item.signature, statement->signature, sizeof item.signature);
    assert_int_equal(
        sein_schema_encode(&sein_signed_prekey_schema, &item, &out), SEIN_OK);
    sein_hash_of(sein_slice_of(buffer, out.len), &hash);
    rig_items(rig, peer, member, SEIN_KIND_PREKEY_PUT,
              &sein_signed_prekey_schema, &item, 1);
    rig_run(rig);
    rig_confirm(rig, peer, SEIN_LEAF_PREKEY, rig->fixture->members[member].oin,
                &hash, &confirm);
    assert_int_equal(confirm.count, 1);
    return &confirm.verdicts[0];
}

/* What one desk's answer holds: last_read_at and the seqs of its prekeys. */
static size_t
get_prekeys(struct rig *rig, const char *desk, uint64_t *out_last_read,
            uint64_t seqs[static SEIN_PREKEYS_SERVED_MAX])
{
    uint8_t buffer[128];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_frame frame = { 0 };
    struct sein_items items = { 0 };
    struct sein_items prekeys = { 0 };
    struct sein_prekeys_item item = { 0 };
    struct sein_signed_prekey entry = { 0 };
    size_t count = 0;

    sein_frame_begin(&out, SEIN_KIND_PREKEY_GET, ++rig->req);
    sein_pack_array(&out, 1);
    sein_pack_text(&out, sein_slice_text(desk));
    rig_ask(rig, 1, TEAM, sein_slice_of(buffer, out.len));
    rig_run(rig);
    rig_take_frame(rig, 1, SEIN_KIND_PREKEYS, &frame);
    assert_int_equal(sein_items_begin(frame.body, SEIN_DESKS_MAX, &items),
                     SEIN_OK);
    assert_int_equal(
        sein_items_next(&items, &sein_prekeys_item_schema, &item, NULL),
        SEIN_OK);
    assert_true(sein_slice_is(item.desk, desk));
    *out_last_read = item.last_read_at;
    assert_int_equal(
        sein_items_begin(item.prekeys.raw, SEIN_PREKEYS_SERVED_MAX, &prekeys),
        SEIN_OK);
    while (sein_items_next(&prekeys, &sein_signed_prekey_schema, &entry,
                           NULL) == SEIN_OK) {
        struct sein_prekey prekey = { 0 };

        assert_int_equal(sein_prekey_verify(kernel_directory(rig->kernel),
                                            entry.statement, entry.signature,
                                            rig->now_ms, &prekey),
                         SEIN_OK);
        seqs[count++] = prekey.seq;
    }
    return count;
}

static void
test_prekeys_published_and_served(void **state)
{
    struct rig *rig = *state;
    struct statement all[4];
    uint64_t seqs[SEIN_PREKEYS_SERVED_MAX];
    uint64_t last_read = 0;

    assert_int_equal(get_prekeys(rig, NOORD, &last_read, seqs), 0);
    assert_int_equal(last_read, 0);
    for (size_t i = 0; i < 4; i++) {
        const struct rig_verdict *verdict = NULL;

        make_statement(rig, i + 1, i == 0 ? NULL : &all[i - 1], NOORD, &all[i]);
        verdict = publish(rig, 1, TEAM, &all[i]);
        assert_int_equal(verdict->code, SEIN_OK);
        assert_true(verdict->receipt);
        assert_memory_equal(verdict->op_id.bytes, all[i].prekey.prekey_id.bytes,
                            SEIN_ID_BYTES);
    }
    assert_int_equal(get_prekeys(rig, NOORD, &last_read, seqs), 3);
    assert_int_equal(seqs[0], 4);
    assert_int_equal(seqs[2], 2);
    /* The same again: the first receipt. */
    assert_int_equal(publish(rig, 1, TEAM, &all[1])->code, SEIN_EDUPLICATE);
    assert_true(confirm.verdicts[0].receipt);
    assert_int_equal(confirm.verdicts[0].head.seq, 2);
}

static void
test_prekeys_refused(void **state)
{
    struct rig *rig = *state;
    struct statement first, second, bad;

    make_statement(rig, 1, NULL, NOORD, &first);
    assert_int_equal(publish(rig, 1, TEAM, &first)->code, SEIN_OK);
    make_statement(rig, 2, &first, NOORD, &second);
    assert_int_equal(publish(rig, 1, TEAM, &second)->code, SEIN_OK);
    make_statement(rig, 1, NULL, NOORD, &bad);
    assert_int_equal(publish(rig, 1, TEAM, &bad)->code, SEIN_EPREKEYBACK);
    make_statement(rig, 2, &first, NOORD, &bad);
    assert_int_equal(publish(rig, 1, TEAM, &bad)->code, SEIN_EPREKEYBACK);
    make_statement(rig, 3, &first, NOORD, &bad);
    assert_int_equal(publish(rig, 1, TEAM, &bad)->code, SEIN_ECHAIN);
    make_statement(rig, 3, &second, NOORD, &bad);
    bad.signature[3] ^= 1;
    assert_int_equal(publish(rig, 1, TEAM, &bad)->code, SEIN_ESIG);
    assert_false(confirm.verdicts[0].receipt);
    /* By another member, over a statement that is sound. */
    bad.signature[3] ^= 1;
    rig_sender(rig, 2, SCHOOL);
    assert_int_equal(publish(rig, 2, SCHOOL, &bad)->code, SEIN_EDESKKEY);
    assert_int_equal(publish(rig, 1, TEAM, &bad)->code, SEIN_OK);
}

static void
test_prekeys_of_no_desk(void **state)
{
    struct rig *rig = *state;
    uint64_t seqs[SEIN_PREKEYS_SERVED_MAX];
    uint64_t last_read = 1;

    assert_int_equal(get_prekeys(rig, "nobody", &last_read, seqs), 0);
    assert_int_equal(last_read, 0);
}

static void
test_last_read_is_said(void **state)
{
    struct rig *rig = *state;
    uint64_t seqs[SEIN_PREKEYS_SERVED_MAX];
    uint64_t last_read = 0;
    int64_t read_ms = rig->now_ms;

    rig_reader(rig, 2, TEAM, 7, NOORD, 1);
    rig->now_ms += 2 * SEIN_MS_PER_DAY;
    assert_int_equal(get_prekeys(rig, NOORD, &last_read, seqs), 0);
    assert_int_equal(last_read, read_ms);
    rig_restart(rig);
    assert_int_equal(get_prekeys(rig, NOORD, &last_read, seqs), 0);
    assert_int_equal(last_read, read_ms);
}

/* ---- heads and receipts ---- */

static size_t
get_heads(struct rig *rig, uint64_t from, uint64_t count)
{
    const struct sein_heads_get get = { .from = from, .count = count };
    struct sein_frame frame = { 0 };
    struct sein_items items = { 0 };
    struct sein_head before = { 0 };
    struct sein_slice before_bytes = { 0 };
    size_t got = 0;

    ask_object(rig, SEIN_KIND_HEADS_GET, &sein_heads_get_schema, &get);
    rig_run(rig);
    rig_take_frame(rig, 1, SEIN_KIND_HEADS, &frame);
    assert_int_equal(sein_items_begin(frame.body, SEIN_HEADS_MAX, &items),
                     SEIN_OK);
    for (;; got++) {
        struct sein_signed_head entry = { 0 };
        struct sein_head head = { 0 };
        enum sein_err err =
            sein_items_next(&items, &sein_signed_head_schema, &entry, NULL);

        if (err == SEIN_ENOENT)
            return got;
        assert_int_equal(err, SEIN_OK);
        assert_int_equal(sein_head_verify(entry.head, entry.signature,
                                          rig->fixture->brokers[0].receipt,
                                          &head),
                         SEIN_OK);
        assert_int_equal(head.seq, (from == 0 ? 1 : from) + got);
        if (got > 0)
            assert_int_equal(sein_head_follows(&before, before_bytes, &head),
                             SEIN_OK);
        before = head;
        before_bytes = entry.head;
    }
}

static void
test_heads_chain_over_restarts(void **state)
{
    struct rig *rig = *state;
    struct statement all[6];
    struct sein_frame frame = { 0 };

    assert_int_equal(get_heads(rig, 1, 256), 0);
    for (size_t i = 0; i < 6; i++) {
        make_statement(rig, i + 1, i == 0 ? NULL : &all[i - 1], NOORD, &all[i]);
        assert_int_equal(publish(rig, 1, TEAM, &all[i])->code, SEIN_OK);
        if (i == 2) {
            rig_restart(rig);
            rig_sender(rig, 1, TEAM);
        }
        if (i == 3) {
            rig_empty(rig, 1, TEAM, SEIN_KIND_PING);
            rig->fail_with = SEIN_EFULL;
            rig_run(rig);
            rig_take_frame(rig, 1, SEIN_KIND_PONG, &frame);
        }
    }
    assert_int_equal(get_heads(rig, 1, 256), 6);
    assert_int_equal(get_heads(rig, 0, 256), 6);
    assert_int_equal(get_heads(rig, 3, 2), 2);
    assert_int_equal(get_heads(rig, 6, 1), 1);
    assert_int_equal(get_heads(rig, 7, 256), 0);
}

static void
test_receipts_asked_again(void **state)
{
    struct rig *rig = *state;
    struct statement statement;
    struct rig_verdict first;
    struct sein_op_item asked[2] = { 0 };

    make_statement(rig, 1, NULL, NOORD, &statement);
    first = *publish(rig, 1, TEAM, &statement);
    asked[0].op_id = first.op_id;
    asked[1].op_id.bytes[0] = 9;
    rig_items(rig, 1, TEAM, SEIN_KIND_RECEIPT_GET, &sein_op_item_schema, asked,
              2);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_PREKEY, NULL, NULL, &confirm);
    assert_int_equal(confirm.count, 2);
    assert_int_equal(confirm.verdicts[0].code, SEIN_OK);
    assert_memory_equal(&confirm.verdicts[0].head, &first.head,
                        sizeof first.head);
    assert_int_equal(confirm.verdicts[1].code, SEIN_ENOENT);
    assert_false(confirm.verdicts[1].receipt);
    assert_false(rig->changed);
    /* Somebody else's operations are nobody's business. */
    rig_sender(rig, 2, SCHOOL);
    rig_items(rig, 2, SCHOOL, SEIN_KIND_RECEIPT_GET, &sein_op_item_schema,
              asked, 1);
    rig_run(rig);
    assert_int_equal(rig_code(rig, 2), SEIN_ENOENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_newest_directory),
        CASE(test_older_directory_in_parts),
        CASE(test_turn_makes_only_so_much),
        CASE(test_prekeys_published_and_served),
        CASE(test_prekeys_refused),
        CASE(test_prekeys_of_no_desk),
        CASE(test_last_read_is_said),
        CASE(test_heads_chain_over_restarts),
        CASE(test_receipts_asked_again),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
