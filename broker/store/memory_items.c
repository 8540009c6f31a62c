#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"
#include "proto/wire/msg_letter.h"

struct usage_row {
    struct sein_oin oin;
    struct store_usage usage;
};

static int
order_time(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
compare_seq(const void *a, const void *b)
{
    const struct memory_item *left = a;
    const struct memory_item *right = b;

    return memory_order(left->item.seq, right->item.seq);
}

static int
compare_id(const void *a, const void *b)
{
    const struct memory_item *left = a;
    const struct memory_item *right = b;

    return memcmp(left->item.letter_id.bytes, right->item.letter_id.bytes,
                  SEIN_ID_BYTES);
}

static int
compare_desk(const void *a, const void *b)
{
    const struct memory_item *left = a;
    const struct memory_item *right = b;
    int order = strcmp(left->item.desk.text, right->item.desk.text);

    return order != 0 ? order : compare_seq(a, b);
}

static int
compare_sender(const void *a, const void *b)
{
    const struct memory_item *left = a;
    const struct memory_item *right = b;
    int order = strcmp(left->item.desk.text, right->item.desk.text);

    if (order == 0)
        order = strcmp(left->item.from.text, right->item.from.text);
    return order != 0 ? order : compare_seq(a, b);
}

static int64_t
due_of(const struct store_item *item)
{
    if (item->collect_by_ms == 0 || item->collect_by_ms > item->expires_at_ms)
        return item->expires_at_ms;
    return item->collect_by_ms;
}

static int
compare_due(const void *a, const void *b)
{
    const struct memory_item *left = a;
    const struct memory_item *right = b;
    int order = order_time(due_of(&left->item), due_of(&right->item));

    return order != 0 ? order : compare_seq(a, b);
}

static int
compare_usage(const void *a, const void *b)
{
    const struct usage_row *left = a;
    const struct usage_row *right = b;

    return strcmp(left->oin.text, right->oin.text);
}

void
memory_items_init(struct memory_store *memory)
{
    memory->items.compare = compare_seq;
    memory->items.owns = true;
    memory->by_id.compare = compare_id;
    memory->by_desk.compare = compare_desk;
    memory->by_sender.compare = compare_sender;
    memory->by_due.compare = compare_due;
    memory->usage.compare = compare_usage;
    memory->usage.owns = true;
}

static void
usage_change(struct store_usage *usage, size_t len, bool more)
{
    usage->letters += more ? 1 : UINT64_MAX;
    usage->bytes += more ? (uint64_t)len : UINT64_MAX - (uint64_t)len + 1;
}

/* The sum over the item's OIN, and the sum over all, go up or down by it. */
static enum sein_err
usage_count(struct memory_store *memory, const struct store_item *item,
            bool more)
{
    struct usage_row key = { 0 };
    const struct usage_row *old = NULL;
    struct usage_row *row = NULL;
    enum sein_err err = SEIN_OK;

    usage_change(&memory->meta.all, item->bytes.len, more);
    if (item->type != SEIN_ITEM_LETTER)
        return SEIN_OK;
    (void)memcpy(key.oin.text, item->from.text, SEIN_OIN_CHARS);
    old = memory_table_find(&memory->usage, &key);
    row = malloc(sizeof *row);
    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    *row = old != NULL ? *old : key;
    usage_change(&row->usage, item->bytes.len, more);
    if (old != NULL)
        err = memory_drop(memory, &memory->usage, old);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->usage, row);
    if (err != SEIN_OK)
        free(row);
    return err;
}

static enum sein_err
item_new(const struct store_item *item, uint64_t seq,
         struct memory_item **out_row)
{
    struct memory_item *row = NULL;
    size_t len = 0;
    enum sein_err err = sein_add_len(sizeof *row, item->bytes.len, &len);

    if (err != SEIN_OK)
        return err;
    row = malloc(len);
    if (row == NULL)
        return SEIN_ENOMEM;
    row->item = *item;
    row->item.seq = seq;
    row->item.bytes.at = row->bytes;
    if (item->bytes.len > 0)
        memcpy(row->bytes, item->bytes.at, item->bytes.len);
    *out_row = row;
    return SEIN_OK;
}

/* takes row, whatever the result */
static enum sein_err
item_link(struct memory_store *memory, struct memory_item *row)
{
    enum sein_err err = memory_add(memory, &memory->items, row);

    if (err != SEIN_OK) {
        free(row);
        return err;
    }
    err = memory_add(memory, &memory->by_id, row);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->by_desk, row);
    if (err == SEIN_OK && row->item.type == SEIN_ITEM_LETTER)
        err = memory_add(memory, &memory->by_sender, row);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->by_due, row);
    return err;
}

static enum sein_err
item_unlink(struct memory_store *memory, const struct memory_item *row)
{
    enum sein_err err = memory_drop(memory, &memory->by_id, row);

    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->by_desk, row);
    if (err == SEIN_OK && row->item.type == SEIN_ITEM_LETTER)
        err = memory_drop(memory, &memory->by_sender, row);
    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->by_due, row);
    if (err == SEIN_OK)
        err = memory_drop(memory, &memory->items, row);
    return err;
}

enum sein_err
memory_item_put(struct store_txn *txn, const struct store_item *item,
                uint64_t *out_seq)
{
    struct memory_store *memory = memory_of(txn);
    struct memory_item key = { .item.letter_id = item->letter_id };
    struct memory_item *row = NULL;
    enum sein_err err = SEIN_OK;

    if (memory_table_find(&memory->by_id, &key) != NULL)
        return SEIN_EEXIST;
    err = item_new(item, memory->meta.seq + 1, &row);
    if (err != SEIN_OK)
        return memory_fail(memory, err);
    err = item_link(memory, row);
    if (err != SEIN_OK)
        return err;
    err = usage_count(memory, item, true);
    if (err != SEIN_OK)
        return err;
    *out_seq = ++memory->meta.seq;
    return SEIN_OK;
}

enum sein_err
memory_item_each(struct store_txn *txn, struct sein_slice desk, uint64_t after,
                 size_t max, store_item_visit *visit, void *context)
{
    const struct memory_table *table = &memory_of(txn)->by_desk;
    struct memory_item key = { .item.seq = after };
    size_t at = 0;
    enum sein_err err =
        sein_slice_copy_text(desk, key.item.desk.text, sizeof key.item.desk);

    if (err != SEIN_OK)
        return err;
    at = memory_table_seek(table, &key);
    for (size_t n = 0; n < max && at < table->count; at++) {
        const struct memory_item *row = table->rows[at];

        if (strcmp(row->item.desk.text, key.item.desk.text) != 0)
            break;
        if (row->item.seq == after)
            continue;
        err = visit(context, &row->item);
        if (err != SEIN_OK)
            return memory_visited(err);
        n++;
    }
    return SEIN_OK;
}

static struct store_item
without_bytes(const struct store_item *item)
{
    struct store_item copy = *item;

    copy.bytes = sein_slice_of(NULL, 0);
    return copy;
}

enum sein_err
memory_item_get(struct store_txn *txn, uint64_t seq,
                struct store_item *out_item)
{
    const struct memory_item key = { .item.seq = seq };
    const struct memory_item *row =
        memory_table_find(&memory_of(txn)->items, &key);

    if (row == NULL)
        return SEIN_ENOENT;
    *out_item = without_bytes(&row->item);
    return SEIN_OK;
}

enum sein_err
memory_item_find(struct store_txn *txn, const struct sein_letter_id *letter_id,
                 struct store_item *out_item)
{
    const struct memory_item key = { .item.letter_id = *letter_id };
    const struct memory_item *row =
        memory_table_find(&memory_of(txn)->by_id, &key);

    if (row == NULL)
        return SEIN_ENOENT;
    *out_item = without_bytes(&row->item);
    return SEIN_OK;
}

enum sein_err
memory_item_erase(struct store_txn *txn, uint64_t seq)
{
    struct memory_store *memory = memory_of(txn);
    const struct memory_item key = { .item.seq = seq };
    const struct memory_item *row = memory_table_find(&memory->items, &key);
    enum sein_err err = SEIN_OK;

    if (row == NULL)
        return SEIN_ENOENT;
    err = item_unlink(memory, row);
    if (err != SEIN_OK)
        return err;
    return usage_count(memory, &row->item, false);
}

enum sein_err
memory_item_reported(struct store_txn *txn, uint64_t seq)
{
    struct memory_store *memory = memory_of(txn);
    const struct memory_item key = { .item.seq = seq };
    const struct memory_item *old = memory_table_find(&memory->items, &key);
    struct memory_item *row = NULL;
    enum sein_err err = SEIN_OK;

    if (old == NULL)
        return SEIN_ENOENT;
    err = item_new(&old->item, seq, &row);
    if (err != SEIN_OK)
        return memory_fail(memory, err);
    row->item.collect_by_ms = 0;
    err = item_unlink(memory, old);
    if (err != SEIN_OK) {
        free(row);
        return err;
    }
    return item_link(memory, row);
}

static bool
is_due(const struct store_item *item, enum store_due due, int64_t now_ms)
{
    if (due == STORE_DUE_COLLECT)
        return item->collect_by_ms != 0 && item->collect_by_ms <= now_ms;
    return item->expires_at_ms <= now_ms;
}

enum sein_err
memory_item_due(struct store_txn *txn, enum store_due due, int64_t now_ms,
                size_t max, store_item_visit *visit, void *context)
{
    const struct memory_table *table = &memory_of(txn)->by_due;

    for (size_t i = 0, n = 0; n < max && i < table->count; i++) {
        const struct memory_item *row = table->rows[i];
        struct store_item item = without_bytes(&row->item);
        enum sein_err err = SEIN_OK;

        if (due_of(&item) > now_ms)
            break;
        if (!is_due(&item, due, now_ms))
            continue;
        err = visit(context, &item);
        if (err != SEIN_OK)
            return memory_visited(err);
        n++;
    }
    return SEIN_OK;
}

enum sein_err
memory_unread_due(struct store_txn *txn, int64_t read_before_ms, size_t max,
                  store_item_visit *visit, void *context)
{
    const struct memory_store *memory = memory_of(txn);
    const struct memory_table *table = &memory->by_sender;
    size_t at = 0;

    for (size_t n = 0; n < max && at < table->count;) {
        const struct memory_item *row = table->rows[at];
        struct memory_item next = { .item = row->item };

        if (row->item.accepted_at_ms < read_before_ms &&
            memory_desk_unread(memory, &row->item.desk, &row->item.from,
                               read_before_ms)) {
            struct store_item item = without_bytes(&row->item);
            enum sein_err err = visit(context, &item);

            if (err != SEIN_OK)
                return memory_visited(err);
            n++;
        }
        /* The first of the next pair of desk and sender. */
        next.item.seq = UINT64_MAX;
        at = memory_table_seek(table, &next);
    }
    return SEIN_OK;
}

enum sein_err
memory_usage_get(struct store_txn *txn, struct sein_slice oin,
                 struct store_usage *out_usage)
{
    struct usage_row key = { 0 };
    const struct usage_row *row = NULL;
    enum sein_err err =
        sein_slice_copy_text(oin, key.oin.text, sizeof key.oin.text);

    if (err != SEIN_OK)
        return err;
    row = memory_table_find(&memory_of(txn)->usage, &key);
    *out_usage = row != NULL ? row->usage : (struct store_usage){ 0 };
    return SEIN_OK;
}
