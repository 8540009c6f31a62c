/* The contract of broker/store/store.h, against every backend. */
#include "broker/store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/wire/msg_letter.h"

#define PATH_BYTES 512
#define SEQS_MAX 64
#define A "00000099000000001000"
#define B "00000099000000002000"
#define DESK A "/wijkteam"
#define OTHER A "/wijkteam-noord"

struct fixture {
    const struct store_ops *ops;
    struct store *store;
    struct store_txn *txn;
    char folder[PATH_BYTES];
};

/* What a walk saw. */
struct seen {
    uint64_t seqs[SEQS_MAX];
    size_t count;
    size_t stop_at; /* end the walk after so many; 0: never */
    struct sein_slice bytes;
    bool had_bytes;
};

static struct sein_slice
text(const char *string)
{
    return sein_slice_text(string);
}

static void
remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;

    assert_non_null(folder);
    for (entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[PATH_BYTES * 2];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        assert_int_equal(unlink(name), 0);
    }
    assert_int_equal(closedir(folder), 0);
    assert_int_equal(rmdir(path), 0);
}

static void
make_folder(char *out, size_t out_max)
{
    (void)snprintf(out, out_max, "/tmp/sein-store-XXXXXX");
    assert_non_null(mkdtemp(out));
}

static int
set_up(void **state, const struct store_ops *ops)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->ops = ops;
    make_folder(f->folder, sizeof f->folder);
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_OK);
    assert_int_equal(ops->begin(f->store, &f->txn), SEIN_OK);
    *state = f;
    return 0;
}

static int
set_up_sqlite(void **state)
{
    return set_up(state, &store_sqlite_ops);
}

static int
set_up_memory(void **state)
{
    return set_up(state, &store_memory_ops);
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    f->ops->close(&f->store);
    assert_null(f->store);
    remove_folder(f->folder);
    free(f);
    return 0;
}

static void
begin(struct fixture *f)
{
    assert_int_equal(f->ops->begin(f->store, &f->txn), SEIN_OK);
}

static void
commit(struct fixture *f)
{
    assert_int_equal(f->ops->commit(&f->txn), SEIN_OK);
    assert_null(f->txn);
    f->ops->rollback(&f->txn); /* accepts one that was committed */
    begin(f);
}

static void
rollback(struct fixture *f)
{
    f->ops->rollback(&f->txn);
    assert_null(f->txn);
    begin(f);
}

static void
maintain(struct fixture *f)
{
    assert_int_equal(f->ops->commit(&f->txn), SEIN_OK);
    assert_int_equal(f->ops->maintain(f->store), SEIN_OK);
    assert_int_equal(f->ops->unmaintained(f->store), 0);
    begin(f);
}

static bool
on_disk(const struct fixture *f)
{
    return strcmp(f->ops->scheme, "sqlite") == 0;
}

static void
reopen(struct fixture *f)
{
    f->ops->close(&f->store);
    f->txn = NULL;
    assert_int_equal(f->ops->open(f->folder, &f->store), SEIN_OK);
    begin(f);
}

/* A letter with its number in its id and its bytes. */
static struct store_item
letter(const char *desk, const char *from, uint8_t number)
{
    static const uint8_t bytes[512] = { 1, 2, 3 };
    struct store_item item = { .type = SEIN_ITEM_LETTER };

    (void)snprintf(item.desk.text, sizeof item.desk.text, "%s", desk);
    (void)snprintf(item.from.text, sizeof item.from.text, "%s", from);
    (void)snprintf(item.circle.text, sizeof item.circle.text, "schulden");
    item.letter_id.bytes[15] = number;
    item.from_key.bytes[0] = 7;
    item.accepted_at_ms = 1000 + number;
    item.expires_at_ms = 5000 + number;
    item.collect_by_ms = 3000 + number;
    item.bytes = sein_slice_of(bytes, 100 + (size_t)number);
    return item;
}

static uint64_t
put(struct fixture *f, const char *desk, const char *from, uint8_t number)
{
    struct store_item item = letter(desk, from, number);
    uint64_t seq = 0;

    assert_int_equal(f->ops->item_put(f->txn, &item, &seq), SEIN_OK);
    return seq;
}

static enum sein_err
see_item(void *context, const struct store_item *item)
{
    struct seen *seen = context;

    assert_true(seen->count < SEQS_MAX);
    seen->seqs[seen->count++] = item->seq;
    seen->had_bytes = seen->had_bytes || item->bytes.len > 0;
    return seen->count == seen->stop_at ? SEIN_ECANCELED : SEIN_OK;
}

static enum sein_err
refuse_item(void *context, const struct store_item *item)
{
    (void)context;
    (void)item;
    return SEIN_EQUOTA;
}

static struct seen
each(struct fixture *f, const char *desk, uint64_t after, size_t max)
{
    struct seen seen = { 0 };

    assert_int_equal(
        f->ops->item_each(f->txn, text(desk), after, max, see_item, &seen),
        SEIN_OK);
    return seen;
}

static struct seen
due(struct fixture *f, enum store_due which, int64_t now, size_t max)
{
    struct seen seen = { 0 };

    assert_int_equal(f->ops->item_due(f->txn, which, now, max, see_item, &seen),
                     SEIN_OK);
    assert_false(seen.had_bytes);
    return seen;
}

static struct seen
unread(struct fixture *f, int64_t before, size_t max)
{
    struct seen seen = { 0 };

    assert_int_equal(f->ops->unread_due(f->txn, before, max, see_item, &seen),
                     SEIN_OK);
    assert_false(seen.had_bytes);
    return seen;
}

static void
assert_usage(struct fixture *f, const char *oin, uint64_t letters,
             uint64_t bytes)
{
    struct store_usage usage = { 99, 99 };

    assert_int_equal(f->ops->usage_get(f->txn, text(oin), &usage), SEIN_OK);
    assert_int_equal(usage.letters, letters);
    assert_int_equal(usage.bytes, bytes);
}

static void
assert_all(struct fixture *f, uint64_t letters, uint64_t bytes)
{
    struct store_usage all = { 99, 99 };

    assert_int_equal(f->ops->count(f->txn, &all), SEIN_OK);
    assert_int_equal(all.letters, letters);
    assert_int_equal(all.bytes, bytes);
}

static void
test_one_transaction(void **state)
{
    struct fixture *f = *state;
    struct store_txn *second = NULL;
    struct store_txn *none = NULL;

    assert_int_equal(f->ops->begin(f->store, &second), SEIN_EINTERNAL);
    assert_null(second);
    assert_int_equal(f->ops->maintain(f->store), SEIN_EINTERNAL);
    f->ops->rollback(&none);
    commit(f);
    assert_false(f->ops->full(f->store));
}

static void
test_item_comes_back_as_it_went(void **state)
{
    struct fixture *f = *state;
    struct store_item item = letter(DESK, B "/afdeling", 4);
    struct store_item back = { 0 };
    uint64_t seq = 0;

    assert_int_equal(f->ops->item_put(f->txn, &item, &seq), SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->item_get(f->txn, seq, &back), SEIN_OK);
    assert_true(back.seq == seq && back.type == SEIN_ITEM_LETTER);
    assert_string_equal(back.desk.text, DESK);
    assert_string_equal(back.from.text, B "/afdeling");
    assert_string_equal(back.circle.text, "schulden");
    assert_memory_equal(&back.letter_id, &item.letter_id, SEIN_ID_BYTES);
    assert_memory_equal(&back.from_key, &item.from_key, SEIN_ID_BYTES);
    assert_int_equal(back.accepted_at_ms, 1004);
    assert_int_equal(back.expires_at_ms, 5004);
    assert_int_equal(back.collect_by_ms, 3004);
    assert_int_equal(back.bytes.len, 0);
    memset(&back, 0, sizeof back);
    assert_int_equal(f->ops->item_find(f->txn, &item.letter_id, &back),
                     SEIN_OK);
    assert_int_equal(back.seq, seq);
    assert_int_equal(back.bytes.len, 0);
}

static enum sein_err
same_bytes(void *context, const struct store_item *item)
{
    const struct store_item *want = context;

    assert_true(sein_slice_equal(item->bytes, want->bytes));
    return SEIN_OK;
}

static void
test_item_bytes_of_every_size(void **state)
{
    static const size_t sizes[] = { 0, 1, 1024, 4096, 16384, 16500, 70000 };
    static uint8_t bytes[70000];
    struct fixture *f = *state;

    randombytes_buf(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct store_item item = letter(DESK, B "/x", (uint8_t)(i + 1));
        uint64_t seq = 0;

        item.bytes = sein_slice_of(bytes, sizes[i]);
        assert_int_equal(f->ops->item_put(f->txn, &item, &seq), SEIN_OK);
        assert_int_equal(f->ops->item_each(f->txn, text(DESK), seq - 1, 1,
                                           same_bytes, &item),
                         SEIN_OK);
    }
}

static void
test_item_absent_and_twice(void **state)
{
    struct fixture *f = *state;
    struct store_item item = letter(DESK, B "/x", 1);
    struct sein_letter_id unknown = { { 9 } };
    uint64_t first = put(f, DESK, B "/x", 1);
    uint64_t seq = 77;

    assert_int_equal(f->ops->item_put(f->txn, &item, &seq), SEIN_EEXIST);
    assert_int_equal(seq, 77);
    assert_usage(f, B, 1, 101);
    assert_int_equal(f->ops->item_get(f->txn, first + 1, &item), SEIN_ENOENT);
    assert_int_equal(f->ops->item_get(f->txn, UINT64_MAX, &item), SEIN_ENOENT);
    assert_int_equal(f->ops->item_find(f->txn, &unknown, &item), SEIN_ENOENT);
    assert_int_equal(f->ops->item_erase(f->txn, first + 1), SEIN_ENOENT);
    assert_int_equal(f->ops->item_reported(f->txn, 0), SEIN_ENOENT);
    /* What was refused leaves the transaction whole. */
    commit(f);
    assert_int_equal(each(f, DESK, 0, 10).count, 1);
}

static void
test_item_walk(void **state)
{
    struct fixture *f = *state;
    uint64_t seqs[5];
    struct seen seen = { 0 };

    for (uint8_t i = 0; i < 5; i++) {
        seqs[i] = put(f, DESK, B "/x", (uint8_t)(9 - i));
        (void)put(f, OTHER, B "/x", (uint8_t)(20 + i));
    }
    seen = each(f, DESK, 0, SEQS_MAX);
    assert_int_equal(seen.count, 5);
    assert_memory_equal(seen.seqs, seqs, sizeof seqs);
    assert_true(seqs[0] < seqs[1] && seqs[3] < seqs[4]);
    assert_int_equal(each(f, DESK, 0, 2).count, 2);
    assert_int_equal(each(f, DESK, 0, 0).count, 0);
    seen = each(f, DESK, seqs[1], 2);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.seqs[0], seqs[2]);
    assert_int_equal(each(f, DESK, seqs[4], 2).count, 0);
    assert_int_equal(each(f, DESK, UINT64_MAX, 2).count, 0);
    assert_int_equal(each(f, A "/onbekend", 0, 2).count, 0);
    memset(&seen, 0, sizeof seen);
    seen.stop_at = 3;
    assert_int_equal(
        f->ops->item_each(f->txn, text(DESK), 0, 10, see_item, &seen), SEIN_OK);
    assert_int_equal(seen.count, 3);
    assert_int_equal(
        f->ops->item_each(f->txn, text(DESK), 0, 10, refuse_item, NULL),
        SEIN_EQUOTA);
    commit(f); /* a visitor's refusal is not the transaction's */
}

static void
test_item_erase_and_seq(void **state)
{
    struct fixture *f = *state;
    uint64_t first = put(f, DESK, B "/x", 1);
    uint64_t second = put(f, DESK, B "/x", 2);
    struct store_item item = { 0 };

    assert_int_equal(f->ops->item_erase(f->txn, second), SEIN_OK);
    assert_int_equal(f->ops->item_erase(f->txn, second), SEIN_ENOENT);
    commit(f);
    assert_int_equal(f->ops->item_erase(f->txn, first), SEIN_OK);
    commit(f);
    assert_all(f, 0, 0);
    assert_usage(f, B, 0, 0);
    if (on_disk(f))
        reopen(f);
    /* Neither number comes back, and the id is free. */
    assert_true(put(f, DESK, B "/x", 2) > second);
    assert_int_equal(f->ops->item_get(f->txn, second, &item), SEIN_ENOENT);
}

static void
test_rollback_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct sein_log_id log = { { 1 } };
    struct sein_op_id op_id = { { 2 } };
    struct store_op op = { .head_seq = 1, .time_ms = 5 };
    struct store_head head = { .seq = 1, .head = text("head") };
    struct store_desk desk = { .last_read_ms = 9 };
    struct store_prekey prekey = { .seq = 1, .statement = text("s") };
    uint64_t kept = put(f, DESK, B "/x", 1);
    struct seen seen = { 0 };
    struct store_item item = { 0 };

    commit(f);
    (void)put(f, DESK, B "/x", 2);
    assert_int_equal(f->ops->item_erase(f->txn, kept), SEIN_OK);
    assert_int_equal(f->ops->log_start(f->txn, &log), SEIN_OK);
    assert_int_equal(f->ops->op_put(f->txn, text(B), &op_id, &op), SEIN_OK);
    assert_int_equal(f->ops->head_put(f->txn, &head), SEIN_OK);
    assert_int_equal(f->ops->desk_put(f->txn, text(DESK), &desk), SEIN_OK);
    assert_int_equal(f->ops->prekey_put(f->txn, text(DESK), &prekey), SEIN_OK);
    assert_int_equal(f->ops->directory_put(f->txn, 1, 5, text("dir")), SEIN_OK);
    rollback(f);

    seen = each(f, DESK, 0, 9);
    assert_true(seen.count == 1 && seen.seqs[0] == kept);
    assert_int_equal(f->ops->item_get(f->txn, kept, &item), SEIN_OK);
    assert_int_equal(item.collect_by_ms, 3001);
    assert_usage(f, B, 1, 101);
    assert_all(f, 1, 101);
    assert_int_equal(f->ops->log_get(f->txn, &log), SEIN_ENOENT);
    assert_int_equal(f->ops->op_get(f->txn, text(B), &op_id, &op), SEIN_ENOENT);
    assert_int_equal(f->ops->desk_get(f->txn, text(DESK), &desk), SEIN_OK);
    assert_int_equal(desk.last_read_ms, 0);
    assert_int_equal(f->ops->head_last(f->txn, NULL, NULL), SEIN_ENOENT);
}

static void
test_close_rolls_back(void **state)
{
    struct fixture *f = *state;

    (void)put(f, DESK, B "/x", 1);
    commit(f);
    (void)put(f, DESK, B "/x", 2);
    reopen(f);
    assert_int_equal(each(f, DESK, 0, 9).count, 1);
    assert_all(f, 1, 101);
}

static void
test_item_due(void **state)
{
    struct fixture *f = *state;
    uint64_t late = put(f, DESK, B "/x", 30);
    uint64_t early = put(f, OTHER, B "/x", 10);
    struct store_item event = { .type = SEIN_ITEM_EVENT,
                                .desk = { B "/x" },
                                .letter_id = { { 8 } },
                                .expires_at_ms = 5020,
                                .bytes = text("event") };
    uint64_t seq = 0;
    struct seen seen = { 0 };

    assert_int_equal(f->ops->item_put(f->txn, &event, &seq), SEIN_OK);
    assert_int_equal(due(f, STORE_DUE_COLLECT, 3009, 9).count, 0);
    seen = due(f, STORE_DUE_COLLECT, 3030, 9);
    assert_true(seen.count == 2 && seen.seqs[0] == early &&
                seen.seqs[1] == late);
    assert_int_equal(due(f, STORE_DUE_COLLECT, 3030, 1).seqs[0], early);
    assert_int_equal(f->ops->item_reported(f->txn, early), SEIN_OK);
    seen = due(f, STORE_DUE_COLLECT, 9999, 9);
    assert_true(seen.count == 1 && seen.seqs[0] == late);
    assert_int_equal(f->ops->item_reported(f->txn, early), SEIN_OK);
    seen = due(f, STORE_DUE_EXPIRED, 5030, 9);
    assert_true(seen.count == 3 && seen.seqs[0] == late &&
                seen.seqs[1] == early && seen.seqs[2] == seq);
    assert_int_equal(f->ops->item_reported(f->txn, late), SEIN_OK);
    seen = due(f, STORE_DUE_EXPIRED, 5030, 9);
    assert_true(seen.count == 3 && seen.seqs[0] == early &&
                seen.seqs[1] == seq && seen.seqs[2] == late);
    assert_int_equal(due(f, STORE_DUE_EXPIRED, 5019, 9).count, 1);
    assert_int_equal(due(f, STORE_DUE_EXPIRED, 5009, 9).count, 0);
    assert_int_equal(each(f, OTHER, 0, 9).count, 1);
    assert_usage(f, B, 2, 240);
    assert_all(f, 3, 245);
}

static void
test_usage_is_per_sender(void **state)
{
    struct fixture *f = *state;
    struct store_item event = { .type = SEIN_ITEM_EVENT,
                                .desk = { A "/x" },
                                .letter_id = { { 8 } },
                                .bytes = text("event") };
    uint64_t first = put(f, DESK, B "/x", 1);
    uint64_t seq = 0;

    (void)put(f, DESK, B "/y", 2);
    (void)put(f, DESK, A "/x", 3);
    assert_int_equal(f->ops->item_put(f->txn, &event, &seq), SEIN_OK);
    assert_usage(f, B, 2, 203);
    assert_usage(f, A, 1, 103);
    assert_usage(f, "00000099000000003000", 0, 0);
    assert_all(f, 4, 311);
    assert_int_equal(f->ops->item_erase(f->txn, first), SEIN_OK);
    assert_int_equal(f->ops->item_erase(f->txn, seq), SEIN_OK);
    assert_usage(f, B, 1, 102);
    assert_all(f, 2, 205);
}

static void
test_unread(void **state)
{
    struct fixture *f = *state;
    uint64_t b_first = put(f, DESK, B "/x", 1);
    uint64_t a_first = put(f, DESK, A "/x", 3);
    uint64_t other = put(f, OTHER, B "/x", 4);
    struct store_desk read = { .last_read_ms = 1500 };
    struct store_item event = { .type = SEIN_ITEM_EVENT,
                                .desk = { B "/leeg" },
                                .letter_id = { { 8 } },
                                .accepted_at_ms = 1 };
    struct seen seen = { 0 };
    uint64_t seq = 0;

    (void)put(f, DESK, B "/x", 5);
    assert_int_equal(f->ops->item_put(f->txn, &event, &seq), SEIN_OK);
    /* Never read, but nothing waits that long. */
    assert_int_equal(unread(f, 1001, 9).count, 0);
    seen = unread(f, 1500, 9);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.seqs[0], a_first);
    assert_int_equal(seen.seqs[1], b_first);
    assert_int_equal(seen.seqs[2], other);
    assert_int_equal(unread(f, 1500, 2).count, 2);
    assert_int_equal(unread(f, 1003, 9).seqs[0], b_first);
    /* Who was told is not told again ... */
    assert_int_equal(f->ops->unread_told(f->txn, text(DESK), text(B "/x")),
                     SEIN_OK);
    assert_int_equal(f->ops->unread_told(f->txn, text(DESK), text(B "/x")),
                     SEIN_OK);
    seen = unread(f, 1500, 9);
    assert_true(seen.count == 2 && seen.seqs[0] == a_first);
    /* ... until the desk was read; a desk read since then is not unread. */
    assert_int_equal(f->ops->desk_put(f->txn, text(DESK), &read), SEIN_OK);
    seen = unread(f, 1500, 9);
    assert_true(seen.count == 1 && seen.seqs[0] == other);
    seen = unread(f, 1501, 9);
    assert_int_equal(seen.count, 3);
    commit(f);
}

static void
test_desk(void **state)
{
    struct fixture *f = *state;
    struct store_desk desk = { .home_id = { { 3 } }, .last_read_ms = 42 };
    struct store_desk back = { .last_read_ms = 1 };

    assert_int_equal(f->ops->desk_get(f->txn, text(DESK), &back), SEIN_OK);
    assert_true(back.last_read_ms == 0 && back.home_id.bytes[0] == 0);
    assert_int_equal(f->ops->desk_put(f->txn, text(DESK), &desk), SEIN_OK);
    desk.last_read_ms = 43;
    assert_int_equal(f->ops->desk_put(f->txn, text(DESK), &desk), SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->desk_get(f->txn, text(DESK), &back), SEIN_OK);
    assert_true(back.last_read_ms == 43 && back.home_id.bytes[0] == 3);
    assert_int_equal(f->ops->desk_get(f->txn, text(OTHER), &back), SEIN_OK);
    assert_int_equal(back.last_read_ms, 0);
}

static enum sein_err
see_head(void *context, const struct store_head *head)
{
    struct seen *seen = context;

    seen->seqs[seen->count++] = head->seq;
    seen->had_bytes = head->leaves.len > 0;
    assert_int_equal(head->head.len, 5);
    assert_memory_equal(head->head.at, "head", 4);
    assert_int_equal(head->signature[63], 9);
    return seen->count == seen->stop_at ? SEIN_ECANCELED : SEIN_OK;
}

static void
put_head(struct fixture *f, uint64_t seq, int64_t time_ms)
{
    struct store_head head = { .seq = seq, .time_ms = time_ms };

    head.head = text("head1");
    head.signature[63] = 9;
    head.leaves = text("12345678901234567890123456789012");
    assert_int_equal(f->ops->head_put(f->txn, &head), SEIN_OK);
    assert_int_equal(f->ops->head_put(f->txn, &head), SEIN_EEXIST);
}

static void
test_heads(void **state)
{
    struct fixture *f = *state;
    struct seen seen = { 0 };

    assert_int_equal(f->ops->head_last(f->txn, see_head, &seen), SEIN_ENOENT);
    for (uint64_t i = 1; i <= 4; i++)
        put_head(f, i, (int64_t)i * 10);
    commit(f);
    assert_int_equal(f->ops->head_last(f->txn, see_head, &seen), SEIN_OK);
    assert_true(seen.count == 1 && seen.seqs[0] == 4 && seen.had_bytes);
    memset(&seen, 0, sizeof seen);
    assert_int_equal(f->ops->head_each(f->txn, 2, 2, see_head, &seen), SEIN_OK);
    assert_true(seen.count == 2 && seen.seqs[0] == 2 && seen.seqs[1] == 3);
    memset(&seen, 0, sizeof seen);
    seen.stop_at = 1;
    assert_int_equal(f->ops->head_each(f->txn, 0, 9, see_head, &seen), SEIN_OK);
    assert_int_equal(seen.count, 1);
    assert_int_equal(f->ops->head_each(f->txn, 5, 9, NULL, NULL), SEIN_OK);
    assert_int_equal(f->ops->head_each(f->txn, UINT64_MAX, 9, NULL, NULL),
                     SEIN_OK);
}

static bool
has_leaves(struct fixture *f, uint64_t seq)
{
    struct seen seen = { 0 };

    assert_int_equal(f->ops->head_each(f->txn, seq, 1, see_head, &seen),
                     SEIN_OK);
    assert_int_equal(seen.seqs[0], seq);
    return seen.had_bytes;
}

static enum sein_err
put_op(struct fixture *f, const char *oin, uint8_t number, uint64_t head_seq)
{
    struct sein_op_id id = { { number } };
    struct store_op op = { .type = 2,
                           .time_ms = number * 10,
                           .head_seq = head_seq,
                           .leaf_index = number };

    op.item_hash.bytes[31] = number;
    op.k_event[31] = (uint8_t)(number + 1);
    return f->ops->op_put(f->txn, text(oin), &id, &op);
}

static enum sein_err
get_op(struct fixture *f, const char *oin, uint8_t number,
       struct store_op *out_op)
{
    struct sein_op_id id = { { number } };

    return f->ops->op_get(f->txn, text(oin), &id, out_op);
}

static void
test_ops(void **state)
{
    struct fixture *f = *state;
    struct store_op op = { 0 };

    assert_int_equal(put_op(f, A, 1, 4), SEIN_OK);
    assert_int_equal(put_op(f, A, 1, 5), SEIN_EEXIST);
    assert_int_equal(put_op(f, B, 1, 6), SEIN_OK);
    commit(f);
    assert_int_equal(get_op(f, A, 1, &op), SEIN_OK);
    assert_true(op.head_seq == 4 && op.type == 2 && op.time_ms == 10);
    assert_true(op.leaf_index == 1 && op.item_hash.bytes[31] == 1);
    assert_int_equal(op.k_event[31], 2);
    assert_int_equal(get_op(f, B, 1, &op), SEIN_OK);
    assert_int_equal(op.head_seq, 6);
    assert_int_equal(get_op(f, A, 2, &op), SEIN_ENOENT);
}

static void
test_forget(void **state)
{
    struct fixture *f = *state;
    struct store_op op = { 0 };
    size_t count = 99;

    for (uint8_t i = 1; i <= 5; i++) {
        put_head(f, i, i * 10);
        assert_int_equal(put_op(f, A, i, i), SEIN_OK);
    }
    assert_int_equal(f->ops->op_forget(f->txn, 10, 9, &count), SEIN_OK);
    assert_int_equal(count, 0);
    assert_int_equal(f->ops->op_forget(f->txn, 40, 2, &count), SEIN_OK);
    assert_int_equal(count, 2);
    assert_true(!has_leaves(f, 1) && !has_leaves(f, 2) && has_leaves(f, 3));
    assert_int_equal(get_op(f, A, 2, &op), SEIN_ENOENT);
    assert_int_equal(get_op(f, A, 3, &op), SEIN_OK);
    assert_int_equal(f->ops->op_forget(f->txn, 40, 2, &count), SEIN_OK);
    assert_int_equal(count, 1);
    assert_true(!has_leaves(f, 3) && has_leaves(f, 4));
    assert_int_equal(get_op(f, A, 4, &op), SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->op_forget(f->txn, 99, 9, &count), SEIN_OK);
    assert_int_equal(count, 2);
    rollback(f);
    assert_int_equal(get_op(f, A, 4, &op), SEIN_OK);
    assert_true(has_leaves(f, 4) && !has_leaves(f, 1));
}

static enum sein_err
put_letter_op(struct fixture *f, int64_t id_ms, int64_t time_ms)
{
    struct sein_letter_id letter_id;
    struct sein_op_id id;
    struct store_op op = { .time_ms = time_ms, .head_seq = 1 };

    sein_letter_id_new(id_ms, &letter_id);
    memcpy(id.bytes, letter_id.bytes, sizeof id.bytes);
    return f->ops->op_put(f->txn, text(A), &id, &op);
}

/* First sent long ago, or by a clock that is ahead: what counts is when it was
 * accepted. */
static void
test_forget_letters(void **state)
{
    struct fixture *f = *state;
    const int64_t now = INT64_C(1767225600000);
    size_t count = 0;

    assert_int_equal(put_letter_op(f, now, now), SEIN_OK);
    assert_int_equal(put_letter_op(f, now - 1, now - 1), SEIN_OK);
    assert_int_equal(put_letter_op(f, now - SEIN_LETTER_LIFE_MS, now), SEIN_OK);
    assert_int_equal(put_letter_op(f, now - 1 + SEIN_CLOCK_AHEAD_MS, now - 1),
                     SEIN_OK);
    assert_int_equal(put_op(f, A, 1, 1), SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->op_forget(f->txn, now, 9, &count), SEIN_OK);
    assert_int_equal(count, 3);
    rollback(f);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(f->ops->op_forget(f->txn, now, 1, &count), SEIN_OK);
        assert_int_equal(count, 1);
    }
    assert_int_equal(f->ops->op_forget(f->txn, now, 1, &count), SEIN_OK);
    assert_int_equal(count, 0);
    assert_int_equal(f->ops->op_forget(f->txn, now + 1, 9, &count), SEIN_OK);
    assert_int_equal(count, 2);
}

static void
test_log_start(void **state)
{
    struct fixture *f = *state;
    struct sein_log_id first = { { 1 } };
    struct sein_log_id second = { { 2 } };
    struct sein_log_id back = { { 0 } };
    struct store_op op = { 0 };

    assert_int_equal(f->ops->log_get(f->txn, &back), SEIN_ENOENT);
    assert_int_equal(f->ops->log_start(f->txn, &first), SEIN_OK);
    put_head(f, 1, 10);
    assert_int_equal(put_op(f, A, 1, 1), SEIN_OK);
    commit(f);
    if (on_disk(f))
        reopen(f);
    assert_int_equal(f->ops->log_get(f->txn, &back), SEIN_OK);
    assert_int_equal(back.bytes[0], 1);
    assert_int_equal(f->ops->log_start(f->txn, &second), SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->log_get(f->txn, &back), SEIN_OK);
    assert_int_equal(back.bytes[0], 2);
    assert_int_equal(f->ops->head_last(f->txn, NULL, NULL), SEIN_ENOENT);
    put_head(f, 1, 20);
    /* The operation is known still, and can be made a leaf of the new log. */
    assert_int_equal(get_op(f, A, 1, &op), SEIN_OK);
    assert_int_equal(op.head_seq, 0);
    assert_int_equal(put_op(f, A, 1, 7), SEIN_OK);
    assert_int_equal(put_op(f, A, 1, 8), SEIN_EEXIST);
    assert_int_equal(get_op(f, A, 1, &op), SEIN_OK);
    assert_int_equal(op.head_seq, 7);
}

static enum sein_err
see_prekey(void *context, const struct store_prekey *prekey)
{
    struct seen *seen = context;

    seen->seqs[seen->count++] = prekey->seq;
    assert_int_equal(prekey->not_after_ms, (int64_t)prekey->seq * 7);
    assert_true(sein_slice_is(prekey->statement, "statement"));
    assert_int_equal(prekey->signature[0], prekey->seq);
    return SEIN_OK;
}

static enum sein_err
put_prekey(struct fixture *f, const char *desk, uint64_t seq)
{
    struct store_prekey prekey = { .seq = seq, .statement = text("statement") };

    prekey.not_after_ms = (int64_t)seq * 7;
    prekey.signature[0] = (uint8_t)seq;
    return f->ops->prekey_put(f->txn, text(desk), &prekey);
}

static void
test_prekeys(void **state)
{
    struct fixture *f = *state;
    struct seen seen = { 0 };

    for (uint64_t i = 1; i <= SEIN_PREKEYS_SERVED_MAX + 1; i++)
        assert_int_equal(put_prekey(f, DESK, i), SEIN_OK);
    assert_int_equal(put_prekey(f, DESK, 3), SEIN_EEXIST);
    assert_int_equal(put_prekey(f, OTHER, 1), SEIN_OK);
    commit(f);
    assert_int_equal(
        f->ops->prekey_each(f->txn, text(DESK), 9, see_prekey, &seen), SEIN_OK);
    assert_int_equal(seen.count, SEIN_PREKEYS_SERVED_MAX);
    assert_true(seen.seqs[0] == 4 && seen.seqs[1] == 3 && seen.seqs[2] == 2);
    memset(&seen, 0, sizeof seen);
    assert_int_equal(
        f->ops->prekey_each(f->txn, text(DESK), 1, see_prekey, &seen), SEIN_OK);
    assert_true(seen.count == 1 && seen.seqs[0] == 4);
    memset(&seen, 0, sizeof seen);
    assert_int_equal(
        f->ops->prekey_each(f->txn, text(OTHER), 9, see_prekey, &seen),
        SEIN_OK);
    assert_int_equal(seen.count, 1);
}

static enum sein_err
read_directory(struct fixture *f, uint64_t version, size_t offset, size_t max,
               const char *want)
{
    uint8_t buffer[8] = "xx";
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    size_t total = 0;
    uint64_t found = 0;
    enum sein_err err = SEIN_OK;

    out.len = 2; /* appends */
    err = f->ops->directory_read(f->txn, version, offset, max, &out, &total,
                                 &found);
    if (err != SEIN_OK) {
        assert_true(total == 0 && found == 0 && out.len == 2);
        return err;
    }
    assert_int_equal(total, 10);
    assert_int_equal(out.len, 2 + strlen(want));
    assert_memory_equal(buffer + 2, want, strlen(want));
    assert_true(version == 0 || found == version);
    return SEIN_OK;
}

static void
test_directories(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_directory(f, 0, 0, 9, ""), SEIN_ENOENT);
    assert_int_equal(f->ops->directory_put(f->txn, 2, 20, text("2234567890")),
                     SEIN_OK);
    assert_int_equal(f->ops->directory_put(f->txn, 1, 10, text("1234567890")),
                     SEIN_OK);
    assert_int_equal(f->ops->directory_put(f->txn, 1, 10, text("other")),
                     SEIN_EEXIST);
    commit(f);
    assert_int_equal(read_directory(f, 0, 0, 4, "2234"), SEIN_OK);
    assert_int_equal(read_directory(f, 1, 0, 4, "1234"), SEIN_OK);
    assert_int_equal(read_directory(f, 1, 4, 6, "567890"), SEIN_OK);
    assert_int_equal(read_directory(f, 1, 8, 99, "90"), SEIN_OK);
    assert_int_equal(read_directory(f, 1, 10, 99, ""), SEIN_OK);
    assert_int_equal(read_directory(f, 1, 11, 99, ""), SEIN_OK);
    assert_int_equal(read_directory(f, 1, 0, 7, ""), SEIN_ETOOLONG);
    assert_int_equal(read_directory(f, 3, 0, 4, ""), SEIN_ENOENT);
    assert_int_equal(read_directory(f, UINT64_MAX, 0, 4, ""), SEIN_ENOENT);
    assert_int_equal(f->ops->directory_forget(f->txn, 10), SEIN_OK);
    assert_int_equal(read_directory(f, 1, 0, 4, "1234"), SEIN_OK);
    assert_int_equal(f->ops->directory_forget(f->txn, 99), SEIN_OK);
    assert_int_equal(read_directory(f, 1, 0, 4, ""), SEIN_ENOENT);
    assert_int_equal(read_directory(f, 2, 0, 4, "2234"), SEIN_OK);
}

static void
test_reopen_keeps_all(void **state)
{
    struct fixture *f = *state;
    struct seen seen = { 0 };
    struct store_item item = letter(DESK, B "/x", 1);
    uint64_t seq = 0;

    seq = put(f, DESK, B "/x", 1);
    put_head(f, 1, 10);
    assert_int_equal(put_prekey(f, DESK, 1), SEIN_OK);
    assert_int_equal(f->ops->directory_put(f->txn, 1, 1, text("1234567890")),
                     SEIN_OK);
    commit(f);
    reopen(f);
    assert_int_equal(
        f->ops->item_each(f->txn, text(DESK), 0, 9, same_bytes, &item),
        SEIN_OK);
    assert_int_equal(f->ops->item_get(f->txn, seq, &item), SEIN_OK);
    assert_int_equal(f->ops->head_last(f->txn, see_head, &seen), SEIN_OK);
    assert_int_equal(read_directory(f, 0, 0, 4, "1234"), SEIN_OK);
    assert_usage(f, B, 1, 101);
}

static void
test_backup(void **state)
{
    struct fixture *f = *state;
    char folder[PATH_BYTES];
    struct store *copy = NULL;

    make_folder(folder, sizeof folder);
    (void)put(f, DESK, B "/x", 1);
    assert_int_equal(f->ops->commit(&f->txn), SEIN_OK);
    if (on_disk(f)) {
        struct store *original = f->store;

        assert_int_equal(f->ops->backup(f->store, folder), SEIN_OK);
        assert_int_equal(f->ops->backup(f->store, folder), SEIN_EEXIST);
        assert_int_equal(f->ops->backup(f->store, "/nowhere/at/all"), SEIN_EIO);
        begin(f);
        (void)put(f, DESK, B "/x", 2);
        assert_int_equal(f->ops->backup(f->store, folder), SEIN_EINTERNAL);
        commit(f);
        assert_int_equal(each(f, DESK, 0, 9).count, 2);
        rollback(f);
        f->ops->rollback(&f->txn);
        assert_int_equal(f->ops->open(folder, &copy), SEIN_OK);
        f->store = copy;
        begin(f);
        assert_int_equal(each(f, DESK, 0, 9).count, 1);
        assert_true(put(f, DESK, B "/x", 3) > 1);
        f->ops->close(&copy);
        f->store = original;
    } else {
        assert_int_equal(f->ops->backup(f->store, folder), SEIN_ENOTSUP);
    }
    f->txn = NULL;
    remove_folder(folder);
}

/* Random work, then every way of reading must agree with a plain list. */
static void
test_random_work_agrees(void **state)
{
    struct fixture *f = *state;
    uint64_t seqs[200] = { 0 };
    bool saved[200] = { false };
    uint64_t bytes = 0;
    uint64_t letters = 0;

    for (int round = 0; round < 60; round++) {
        uint64_t before[200];
        bool keep = randombytes_uniform(3) != 0;

        memcpy(before, seqs, sizeof before);
        for (int i = 0; i < 20; i++) {
            uint8_t n = (uint8_t)randombytes_uniform(200);

            if (seqs[n] == 0) {
                seqs[n] = put(f, n % 2 != 0 ? DESK : OTHER, B "/x", n);
            } else {
                assert_int_equal(f->ops->item_erase(f->txn, seqs[n]), SEIN_OK);
                seqs[n] = 0;
            }
        }
        if (keep)
            commit(f);
        else
            rollback(f);
        if (!keep)
            memcpy(seqs, before, sizeof seqs);
        if (round % 10 == 9)
            maintain(f);
    }
    for (size_t n = 0; n < 200; n++) {
        struct store_item item = letter(DESK, B "/x", (uint8_t)n);
        enum sein_err err = f->ops->item_find(f->txn, &item.letter_id, &item);

        saved[n] = err == SEIN_OK;
        assert_int_equal(err, seqs[n] != 0 ? SEIN_OK : SEIN_ENOENT);
        assert_true(!saved[n] || item.seq == seqs[n]);
        letters += saved[n] ? 1 : 0;
        bytes += saved[n] ? 100 + n : 0;
    }
    assert_usage(f, B, letters, bytes);
    assert_all(f, letters, bytes);
}

#define SQLITE(test)                                          \
    {                                                         \
#test " sqlite", test, set_up_sqlite, tear_down, NULL \
    }
#define BOTH(test)                                            \
    SQLITE(test),                                             \
    {                                                         \
#test " memory", test, set_up_memory, tear_down, NULL \
    }

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_one_transaction),
        BOTH(test_item_comes_back_as_it_went),
        BOTH(test_item_bytes_of_every_size),
        BOTH(test_item_absent_and_twice),
        BOTH(test_item_walk),
        BOTH(test_item_erase_and_seq),
        BOTH(test_rollback_leaves_nothing),
        SQLITE(test_close_rolls_back),
        BOTH(test_item_due),
        BOTH(test_usage_is_per_sender),
        BOTH(test_unread),
        BOTH(test_desk),
        BOTH(test_heads),
        BOTH(test_ops),
        BOTH(test_forget),
        BOTH(test_forget_letters),
        BOTH(test_log_start),
        BOTH(test_prekeys),
        BOTH(test_directories),
        SQLITE(test_reopen_keeps_all),
        BOTH(test_backup),
        BOTH(test_random_work_agrees),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
