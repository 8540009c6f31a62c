#include <stdlib.h>
#include <string.h>

#include "broker/store/memory_room.h"

struct desk_row {
    struct sein_desk_name desk;
    struct store_desk state;
};

struct told_row {
    struct sein_desk_name desk;
    struct sein_desk_name from;
};

struct prekey_row {
    struct sein_desk_name desk;
    struct store_prekey prekey; /* prekey.statement is a view of bytes */
    uint8_t bytes[];
};

struct directory_row {
    uint64_t version;
    int64_t issued_at_ms;
    size_t len;
    uint8_t bytes[];
};

static int
compare_desk(const void *a, const void *b)
{
    const struct desk_row *left = a;
    const struct desk_row *right = b;

    return strcmp(left->desk.text, right->desk.text);
}

static int
compare_told(const void *a, const void *b)
{
    const struct told_row *left = a;
    const struct told_row *right = b;
    int order = strcmp(left->desk.text, right->desk.text);

    return order != 0 ? order : strcmp(left->from.text, right->from.text);
}

/* Highest seq first. */
static int
compare_prekey(const void *a, const void *b)
{
    const struct prekey_row *left = a;
    const struct prekey_row *right = b;
    int order = strcmp(left->desk.text, right->desk.text);

    return order != 0 ? order
                      : memory_order(right->prekey.seq, left->prekey.seq);
}

static int
compare_directory(const void *a, const void *b)
{
    const struct directory_row *left = a;
    const struct directory_row *right = b;

    return memory_order(left->version, right->version);
}

void
memory_desks_init(struct memory_store *memory)
{
    memory->desks.compare = compare_desk;
    memory->desks.owns = true;
    memory->told.compare = compare_told;
    memory->told.owns = true;
    memory->prekeys.compare = compare_prekey;
    memory->prekeys.owns = true;
    memory->directories.compare = compare_directory;
    memory->directories.owns = true;
}

static enum sein_err
name_of(struct sein_slice desk, struct sein_desk_name *out_name)
{
    return sein_slice_copy_text(desk, out_name->text, sizeof out_name->text);
}

bool
memory_desk_unread(const struct memory_store *memory,
                   const struct sein_desk_name *desk,
                   const struct sein_desk_name *from, int64_t read_before_ms)
{
    const struct desk_row desk_key = { .desk = *desk };
    const struct told_row told_key = { .desk = *desk, .from = *from };
    const struct desk_row *row = memory_table_find(&memory->desks, &desk_key);

    if (row != NULL && row->state.last_read_ms >= read_before_ms)
        return false;
    return memory_table_find(&memory->told, &told_key) == NULL;
}

enum sein_err
memory_unread_told(struct store_txn *txn, struct sein_slice desk,
                   struct sein_slice from)
{
    struct memory_store *memory = memory_of(txn);
    struct told_row *row = calloc(1, sizeof *row);
    enum sein_err err = SEIN_OK;

    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    err = name_of(desk, &row->desk);
    if (err == SEIN_OK)
        err = name_of(from, &row->from);
    if (err == SEIN_OK)
        err = memory_add(memory, &memory->told, row);
    if (err != SEIN_OK)
        free(row);
    return err == SEIN_EEXIST ? SEIN_OK : err;
}

enum sein_err
memory_desk_get(struct store_txn *txn, struct sein_slice desk,
                struct store_desk *out_desk)
{
    struct desk_row key = { 0 };
    const struct desk_row *row = NULL;
    enum sein_err err = name_of(desk, &key.desk);

    if (err != SEIN_OK)
        return err;
    row = memory_table_find(&memory_of(txn)->desks, &key);
    *out_desk = row != NULL ? row->state : (struct store_desk){ 0 };
    return SEIN_OK;
}

static enum sein_err
told_forget(struct memory_store *memory, const struct sein_desk_name *desk)
{
    const struct told_row key = { .desk = *desk };
    size_t at = memory_table_seek(&memory->told, &key);

    while (at < memory->told.count) {
        const struct told_row *row = memory->told.rows[at];
        enum sein_err err = SEIN_OK;

        if (strcmp(row->desk.text, desk->text) != 0)
            break;
        err = memory_drop(memory, &memory->told, row);
        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}

enum sein_err
memory_desk_put(struct store_txn *txn, struct sein_slice desk,
                const struct store_desk *desk_row)
{
    struct memory_store *memory = memory_of(txn);
    struct desk_row *row = calloc(1, sizeof *row);
    enum sein_err err = SEIN_OK;

    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    row->state = *desk_row;
    err = name_of(desk, &row->desk);
    if (err != SEIN_OK)
        goto done;
    err = told_forget(memory, &row->desk);
    if (err != SEIN_OK)
        goto done;
    if (memory_table_find(&memory->desks, row) != NULL)
        err = memory_drop(memory, &memory->desks, row);
    if (err != SEIN_OK)
        goto done;
    err = memory_add(memory, &memory->desks, row);
    if (err == SEIN_OK)
        row = NULL;

done:
    free(row);
    return err;
}

enum sein_err
memory_prekey_each(struct store_txn *txn, struct sein_slice desk, size_t max,
                   store_prekey_visit *visit, void *context)
{
    const struct memory_table *table = &memory_of(txn)->prekeys;
    struct prekey_row key = { .prekey.seq = UINT64_MAX };
    size_t at = 0;
    enum sein_err err = name_of(desk, &key.desk);

    if (err != SEIN_OK)
        return err;
    at = memory_table_seek(table, &key);
    for (size_t n = 0; n < max && at < table->count; n++, at++) {
        const struct prekey_row *row = table->rows[at];

        if (strcmp(row->desk.text, key.desk.text) != 0)
            break;
        err = visit(context, &row->prekey);
        if (err != SEIN_OK)
            return memory_visited(err);
    }
    return SEIN_OK;
}

/* Drops what follows the newest SEIN_PREKEYS_SERVED_MAX. */
static enum sein_err
prekey_trim(struct memory_store *memory, const struct sein_desk_name *desk)
{
    const struct prekey_row key = { .desk = *desk, .prekey.seq = UINT64_MAX };
    size_t at =
        memory_table_seek(&memory->prekeys, &key) + SEIN_PREKEYS_SERVED_MAX;

    while (at < memory->prekeys.count) {
        const struct prekey_row *row = memory->prekeys.rows[at];
        enum sein_err err = SEIN_OK;

        if (strcmp(row->desk.text, desk->text) != 0)
            break;
        err = memory_drop(memory, &memory->prekeys, row);
        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}

enum sein_err
memory_prekey_put(struct store_txn *txn, struct sein_slice desk,
                  const struct store_prekey *prekey)
{
    struct memory_store *memory = memory_of(txn);
    struct sein_desk_name name = { 0 };
    struct prekey_row *row = NULL;
    size_t len = 0;
    enum sein_err err = name_of(desk, &name);

    if (err != SEIN_OK)
        return err;
    err = sein_add_len(sizeof *row, prekey->statement.len, &len);
    if (err != SEIN_OK)
        return err;
    row = malloc(len);
    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    row->desk = name;
    row->prekey = *prekey;
    row->prekey.statement.at = row->bytes;
    if (prekey->statement.len > 0)
        memcpy(row->bytes, prekey->statement.at, prekey->statement.len);
    err = memory_add(memory, &memory->prekeys, row);
    if (err != SEIN_OK) {
        free(row);
        return err;
    }
    return prekey_trim(memory, &name);
}

enum sein_err
memory_directory_put(struct store_txn *txn, uint64_t version,
                     int64_t issued_at_ms, struct sein_slice bytes)
{
    struct memory_store *memory = memory_of(txn);
    struct directory_row *row = NULL;
    size_t len = 0;
    enum sein_err err = sein_add_len(sizeof *row, bytes.len, &len);

    if (err != SEIN_OK)
        return err;
    row = malloc(len);
    if (row == NULL)
        return memory_fail(memory, SEIN_ENOMEM);
    row->version = version;
    row->issued_at_ms = issued_at_ms;
    row->len = bytes.len;
    if (bytes.len > 0)
        memcpy(row->bytes, bytes.at, bytes.len);
    err = memory_add(memory, &memory->directories, row);
    if (err != SEIN_OK)
        free(row);
    return err;
}

enum sein_err
memory_directory_read(struct store_txn *txn, uint64_t version, size_t offset,
                      size_t max, struct sein_writer *out, size_t *out_total,
                      uint64_t *out_version)
{
    const struct memory_table *table = &memory_of(txn)->directories;
    const struct directory_row key = { .version = version };
    const struct directory_row *row = NULL;
    size_t len = 0;

    if (version != 0)
        row = memory_table_find(table, &key);
    else if (table->count > 0)
        row = table->rows[table->count - 1];
    if (row == NULL)
        return SEIN_ENOENT;
    if (offset < row->len)
        len = row->len - offset < max ? row->len - offset : max;
    if (out->failed || len > out->max - out->len)
        return SEIN_ETOOLONG;
    if (len > 0)
        sein_write_bytes(out, row->bytes + offset, len);
    *out_total = row->len;
    *out_version = row->version;
    return SEIN_OK;
}

enum sein_err
memory_directory_forget(struct store_txn *txn, int64_t issued_before_ms)
{
    struct memory_store *memory = memory_of(txn);
    size_t at = 0;

    while (at + 1 < memory->directories.count) {
        const struct directory_row *row = memory->directories.rows[at];
        enum sein_err err = SEIN_OK;

        if (row->issued_at_ms >= issued_before_ms) {
            at++;
            continue;
        }
        err = memory_drop(memory, &memory->directories, row);
        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}
