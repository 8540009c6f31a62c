#include "client/lib/journal.h"

#include <string.h>

#include <sodium.h>

#include "proto/blind/content/signal.h"
#include "proto/blind/handle.h"
#include "proto/wire/schema.h"

struct entry_form { /* map */
    struct sein_slice action;
    struct sein_slice actor;
    struct sein_slice circle;
    uint64_t count;
    struct sein_slice detail;
    uint8_t former[SEIN_ID_BYTES];
    struct sein_slice from;
    uint8_t letter[SEIN_ID_BYTES];
    uint8_t operation[SEIN_ID_BYTES];
    struct sein_slice to;
};

#define ENTRY_TEXT_MAX 512U
#define ROW(name, type, member, max)                                  \
    {                                                                 \
        name, type, true, offsetof(struct entry_form, member), 0, max \
    }
static const struct sein_field entry_fields[] = {
    ROW("action", SEIN_FIELD_TEXT, action, ENTRY_TEXT_MAX),
    ROW("actor", SEIN_FIELD_TEXT, actor, ENTRY_TEXT_MAX),
    ROW("circle", SEIN_FIELD_TEXT, circle, SEIN_CIRCLE_MAX),
    ROW("count", SEIN_FIELD_UINT, count, INT64_MAX),
    ROW("detail", SEIN_FIELD_TEXT, detail, ENTRY_TEXT_MAX),
    ROW("former", SEIN_FIELD_FIXED, former, SEIN_ID_BYTES),
    ROW("from", SEIN_FIELD_TEXT, from, SEIN_DESK_MAX),
    ROW("letter", SEIN_FIELD_FIXED, letter, SEIN_ID_BYTES),
    ROW("operation", SEIN_FIELD_FIXED, operation, SEIN_ID_BYTES),
    ROW("to", SEIN_FIELD_TEXT, to, SEIN_DESK_MAX),
};
static const struct sein_schema entry_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, entry_fields, struct entry_form);
#define ENTRY_BYTES (4U * ENTRY_TEXT_MAX)

static void
add_handle(const struct localdb *db, const struct sein_handle *handle,
           struct journal_handles *out)
{
    uint8_t kind = (uint8_t)handle->kind;

    localdb_hash_of(db, "handle", sein_slice_of(&kind, 1),
                    sein_handle_text(handle), &out->hashes[out->count++]);
}

void
journal_handles_of(const struct localdb *db, const struct sein_signal *signal,
                   struct journal_handles *out_handles)
{
    struct sein_handle handle = { 0 };

    *out_handles = (struct journal_handles){ 0 };
    if (sein_signal_has_address(signal) &&
        sein_signal_address_handle(signal, &handle) == SEIN_OK)
        add_handle(db, &handle, out_handles);
    if (signal->bsn.len > 0 &&
        sein_handle_from_bsn(signal->bsn, &handle) == SEIN_OK)
        add_handle(db, &handle, out_handles);
    if (signal->parent_bsn.len > 0 &&
        sein_handle_from_bsn(signal->parent_bsn, &handle) == SEIN_OK)
        add_handle(db, &handle, out_handles);
    sodium_memzero(&handle, sizeof handle);
}

/* The seal is bound to when and in which log. */
#define KEY_BYTES 9U
static struct sein_slice
entry_key(int64_t at_ms, uint64_t log, uint8_t *buffer)
{
    struct sein_writer out = sein_writer_of(buffer, KEY_BYTES);

    sein_write_u64(&out, (uint64_t)at_ms);
    sein_write_u8(&out, (uint8_t)log);
    return sein_slice_of(buffer, out.len);
}

static void
bind_handles(struct localdb_query *query, int first,
             const struct journal_handles *handles)
{
    for (size_t i = 0; i < JOURNAL_HANDLES_MAX; i++) {
        if (i < handles->count)
            localdb_set_hash(query, first + (int)i, &handles->hashes[i]);
        else
            localdb_set_null(query, first + (int)i);
    }
}

enum sein_err
journal_add(struct localdb *db, const struct journal_entry *entry)
{
    static const char sql[] =
        "INSERT INTO journal (at, log, op, handle1, handle2, handle3, sealed)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    struct entry_form form = {
        .action = entry->action,
        .actor = entry->actor,
        .circle = entry->circle,
        .count = entry->count,
        .detail = entry->detail,
        .from = entry->from,
        .to = entry->to,
    };
    struct localdb_query *query = NULL;
    uint8_t bytes[ENTRY_BYTES];
    uint8_t key[KEY_BYTES];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_slice view = { 0 };
    enum sein_err err = SEIN_OK;

    memcpy(form.letter, entry->letter_id.bytes, sizeof form.letter);
    memcpy(form.former, entry->former_id.bytes, sizeof form.former);
    memcpy(form.operation, entry->operation.bytes, sizeof form.operation);
    err = sein_schema_encode(&entry_schema, &form, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &view);
    if (err == SEIN_OK)
        err = localdb_start(db, sql, &query);
    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, entry->at_ms);
    localdb_set_int(query, 2, (int64_t)entry->log);
    localdb_set_bytes(query, 3,
                      sein_slice_of(entry->operation.bytes, SEIN_ID_BYTES));
    bind_handles(query, 4, &entry->handles);
    localdb_set_sealed(query, 7, "journal",
                       entry_key(entry->at_ms, entry->log, key), view);
    return localdb_run(&query);
}

static void
form_to_entry(const struct entry_form *form, struct journal_entry *out)
{
    out->action = form->action;
    out->actor = form->actor;
    out->circle = form->circle;
    out->count = form->count;
    out->detail = form->detail;
    out->from = form->from;
    out->to = form->to;
    memcpy(out->letter_id.bytes, form->letter, sizeof form->letter);
    memcpy(out->former_id.bytes, form->former, sizeof form->former);
    memcpy(out->operation.bytes, form->operation, sizeof form->operation);
}

static enum sein_err
visit_row(struct localdb_query *query, journal_visit *visit, void *context)
{
    struct journal_entry entry = { .at_ms = localdb_get_int(query, 0) };
    struct localdb_plain plain = { 0 };
    struct entry_form form = { 0 };
    int64_t log = localdb_get_int(query, 1);
    uint8_t key[KEY_BYTES];
    enum sein_err err =
        localdb_get_sealed(query, 2, "journal",
                           entry_key(entry.at_ms, (uint64_t)log, key), &plain);

    if (err == SEIN_OK &&
        sein_schema_decode_all(&entry_schema, plain.bytes, &form) != SEIN_OK)
        err = SEIN_ETAMPERED;
    if (err == SEIN_OK) {
        entry.log = log == JOURNAL_ACCESS ? JOURNAL_ACCESS : JOURNAL_PROCESSING;
        form_to_entry(&form, &entry);
        err = visit(context, &entry);
    }
    localdb_plain_free(&plain);
    return err;
}

enum sein_err
journal_walk(struct localdb *db, const struct journal_handles *handles,
             journal_visit *visit, void *context)
{
    static const char all_sql[] =
        "SELECT at, log, sealed FROM journal ORDER BY id";
    static const char some_sql[] =
        "WITH hit AS (SELECT id, op FROM journal WHERE"
        " handle1 IN (?1, ?2, ?3) OR handle2 IN (?1, ?2, ?3)"
        " OR handle3 IN (?1, ?2, ?3))"
        " SELECT at, log, sealed FROM journal WHERE id IN (SELECT id FROM hit)"
        " OR (log = 1 AND op IN (SELECT op FROM hit)) ORDER BY id";
    struct localdb_query *query = NULL;
    enum sein_err err =
        localdb_start(db, handles == NULL ? all_sql : some_sql, &query);

    if (err != SEIN_OK)
        return err;
    if (handles != NULL)
        bind_handles(query, 1, handles);
    while (err == SEIN_OK) {
        err = localdb_step(query);
        if (err == SEIN_OK)
            err = visit_row(query, visit, context);
    }
    localdb_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}
