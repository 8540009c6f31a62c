#include "client/lib/presences.h"

#include <string.h>

#include <sodium.h>

#include "proto/wire/schema.h"

/* The sealed part, a map: absent costs nothing. */
struct form {
    struct sein_slice circle;
    uint64_t code;
    uint64_t created;
    struct sein_slice deposit;
    struct sein_slice desk;
    uint64_t epoch;
    uint64_t expires;
    struct sein_slice handle;
    uint8_t intro_psk[SEIN_KEY_BYTES];
    uint64_t kind;
    uint64_t link;
    uint8_t presence_key[SEIN_KEY_BYTES];
    uint64_t state;
    uint8_t tag[SEIN_HASH_BYTES];
    uint8_t withdraw[SEIN_ID_BYTES];
};

#define ROW(type, name, max) SEIN_ROW(type, name, true, form, 0, max)
static const struct sein_field fields[] = {
    ROW(TEXT, circle, SEIN_CIRCLE_MAX),
    ROW(UINT, code, UINT32_MAX),
    ROW(UINT, created, INT64_MAX),
    ROW(BYTES, deposit, SEIN_DEPOSIT_MAX),
    ROW(TEXT, desk, SEIN_DESK_MAX),
    ROW(UINT, epoch, UINT32_MAX),
    ROW(UINT, expires, INT64_MAX),
    ROW(BYTES, handle, SEIN_HANDLE_MAX),
    ROW(FIXED, intro_psk, SEIN_KEY_BYTES),
    ROW(UINT, kind, UINT32_MAX),
    ROW(UINT, link, UINT32_MAX),
    ROW(FIXED, presence_key, SEIN_KEY_BYTES),
    ROW(UINT, state, UINT32_MAX),
    ROW(FIXED, tag, SEIN_HASH_BYTES),
    ROW(FIXED, withdraw, SEIN_ID_BYTES),
};
static const struct sein_schema schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, fields, struct form);
#define FORM_BYTES (SEIN_DEPOSIT_MAX + SEIN_HANDLE_MAX + 768U)

static const char *const words[] = {
    [PRESENCE_WANTED] = "waiting", [PRESENCE_READY] = "queued",
    [PRESENCE_LIVE] = "present",   [PRESENCE_ENDING] = "ending",
    [PRESENCE_NONE] = "none",      [PRESENCE_LAPSED] = "lapsed",
};

const char *
presence_state_word(uint64_t state)
{
    if (state >= sizeof words / sizeof words[0] || words[state] == NULL)
        return "unknown";
    return words[state];
}

void
presence_wipe(struct presence *presence)
{
    sodium_memzero(presence, sizeof *presence);
}

struct sein_slice
presence_handle(const struct presence *presence)
{
    return sein_slice_of(presence->handle, presence->handle_len);
}

struct sein_slice
presence_deposit(const struct presence *presence)
{
    return sein_slice_of(presence->deposit, presence->deposit_len);
}

struct sein_blind_scope
presence_scope(const struct presence *presence)
{
    return (struct sein_blind_scope){ sein_slice_text(presence->circle.text),
                                      (uint32_t)presence->epoch };
}

bool
presence_is_own(const struct presence *presence,
                const struct sein_presence_id *id)
{
    return memcmp(presence->presence_id.bytes, id->bytes, sizeof id->bytes) ==
               0 ||
           memcmp(presence->former.bytes, id->bytes, sizeof id->bytes) == 0;
}

/* ---- between row and bytes --------------------------------------------------
 */

static enum sein_err
encode(const struct presence *row, uint8_t *buffer, struct sein_slice *out)
{
    struct sein_writer writer = sein_writer_of(buffer, FORM_BYTES);
    struct form form = {
        .circle = sein_slice_text(row->circle.text),
        .code = row->code,
        .created = row->created,
        .deposit = presence_deposit(row),
        .desk = sein_slice_text(row->desk.text),
        .epoch = row->epoch,
        .expires = row->expires,
        .handle = presence_handle(row),
        .kind = row->kind,
        .link = row->link,
        .state = row->state,
    };
    enum sein_err err = SEIN_OK;

    memcpy(form.intro_psk, row->keys.intro_psk, sizeof form.intro_psk);
    memcpy(form.presence_key, row->keys.presence, sizeof form.presence_key);
    memcpy(form.tag, row->keys.tag.bytes, sizeof form.tag);
    memcpy(form.withdraw, row->withdraw.bytes, sizeof form.withdraw);
    err = sein_schema_encode(&schema, &form, &writer);
    sodium_memzero(&form, sizeof form);
    return err == SEIN_OK ? sein_writer_done(&writer, out) : err;
}

static enum sein_err
decode(struct sein_slice bytes, struct presence *out)
{
    struct form form = { 0 };
    enum sein_err err = sein_schema_decode_all(&schema, bytes, &form);

    /* The bounds are those of the schema; it is our own seal around it. */
    if (err == SEIN_OK)
        err = sein_slice_copy_text(form.circle, out->circle.text,
                                   sizeof out->circle.text);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(form.desk, out->desk.text,
                                   sizeof out->desk.text);
    if (err != SEIN_OK)
        return SEIN_ETAMPERED;
    out->code = form.code;
    out->created = form.created;
    out->epoch = form.epoch;
    out->expires = form.expires;
    out->kind = form.kind;
    out->link = form.link;
    out->state = form.state;
    out->deposit_len = form.deposit.len;
    out->handle_len = form.handle.len;
    if (form.deposit.len > 0)
        memcpy(out->deposit, form.deposit.at, form.deposit.len);
    if (form.handle.len > 0)
        memcpy(out->handle, form.handle.at, form.handle.len);
    memcpy(out->keys.intro_psk, form.intro_psk, sizeof form.intro_psk);
    memcpy(out->keys.presence, form.presence_key, sizeof form.presence_key);
    memcpy(out->keys.tag.bytes, form.tag, sizeof form.tag);
    memcpy(out->withdraw.bytes, form.withdraw, sizeof form.withdraw);
    sodium_memzero(&form, sizeof form);
    return SEIN_OK;
}

#define COLUMNS "p.id, p.presence_id, p.former, p.state, p.sealed"

static enum sein_err
read_row(struct localdb_query *query, struct presence *out)
{
    struct localdb_plain plain = { 0 };
    struct sein_slice id = localdb_get_bytes(query, 1);
    struct sein_slice former = localdb_get_bytes(query, 2);
    enum sein_err err = SEIN_OK;

    if (id.len != SEIN_ID_BYTES || former.len != SEIN_ID_BYTES)
        return SEIN_ETAMPERED;
    *out = (struct presence){ .id = localdb_get_int(query, 0) };
    memcpy(out->presence_id.bytes, id.at, SEIN_ID_BYTES);
    memcpy(out->former.bytes, former.at, SEIN_ID_BYTES);
    err = localdb_get_sealed(query, 4, "presence", id, &plain);
    if (err == SEIN_OK)
        err = decode(plain.bytes, out);
    if (err == SEIN_OK && (uint64_t)localdb_get_int(query, 3) != out->state)
        err = SEIN_ETAMPERED;
    localdb_plain_free(&plain);
    if (err != SEIN_OK)
        presence_wipe(out);
    return err;
}

static enum sein_err
read_one(struct localdb_query **query, struct presence *out)
{
    enum sein_err err = localdb_step(*query);

    if (err == SEIN_OK)
        err = read_row(*query, out);
    localdb_end(query);
    return err;
}

/* ---- finding by handle ------------------------------------------------------
 */

#define PLACE_BYTES (SEIN_CIRCLE_MAX + SEIN_DESK_MAX + 8U)

static void
hash_of(const struct localdb *db, struct sein_slice circle,
        struct sein_slice desk, uint64_t kind, struct sein_slice handle,
        struct localdb_hash *out_hash)
{
    uint8_t bytes[PLACE_BYTES];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);

    sein_write_lp(&out, circle);
    sein_write_lp(&out, desk);
    sein_write_u8(&out, (uint8_t)kind);
    localdb_hash_of(db, "presence", sein_slice_of(bytes, out.len), handle,
                    out_hash);
}

/* ---- rows -------------------------------------------------------------------
 */

static enum sein_err
write_row(struct localdb *db, const char *sql, const struct presence *row)
{
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    struct sein_slice id =
        sein_slice_of(row->presence_id.bytes, sizeof row->presence_id.bytes);
    struct sein_slice bytes = { 0 };
    uint8_t buffer[FORM_BYTES];
    enum sein_err err = encode(row, buffer, &bytes);

    if (err == SEIN_OK)
        err = localdb_start(db, sql, &query);
    if (err != SEIN_OK)
        goto done;
    hash_of(db, sein_slice_text(row->circle.text),
            sein_slice_text(row->desk.text), row->kind, presence_handle(row),
            &hash);
    localdb_set_bytes(query, 1, id);
    localdb_set_bytes(
        query, 2, sein_slice_of(row->former.bytes, sizeof row->former.bytes));
    localdb_set_hash(query, 3, &hash);
    localdb_set_int(query, 4, (int64_t)row->state);
    localdb_set_sealed(query, 5, "presence", id, bytes);
    if (row->id != 0)
        localdb_set_int(query, 6, row->id);
    err = localdb_run(&query);

done:
    sodium_memzero(buffer, sizeof buffer);
    return err;
}

enum sein_err
presences_insert(struct localdb *db, struct presence *presence)
{
    static const char sql[] =
        "INSERT INTO presence (presence_id, former, handle, state, sealed)"
        " VALUES (?1, ?2, ?3, ?4, ?5)";
    enum sein_err err = SEIN_OK;

    presence->id = 0;
    err = write_row(db, sql, presence);
    if (err == SEIN_OK)
        presence->id = localdb_last_row(db);
    return err;
}

enum sein_err
presences_update(struct localdb *db, const struct presence *presence)
{
    static const char sql[] =
        "UPDATE presence SET presence_id = ?1, former = ?2, handle = ?3,"
        " state = ?4, sealed = ?5 WHERE id = ?6";

    return write_row(db, sql, presence);
}

static enum sein_err
run_with_int(struct localdb *db, const char *sql, int64_t value)
{
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, value);
    return localdb_run(&query);
}

enum sein_err
presences_remove(struct localdb *db, int64_t id)
{
    static const char unbind[] = "DELETE FROM presence_for WHERE presence = ?1";
    static const char sql[] = "DELETE FROM presence WHERE id = ?1";
    enum sein_err err = run_with_int(db, unbind, id);

    return err == SEIN_OK ? run_with_int(db, sql, id) : err;
}

enum sein_err
presences_get(struct localdb *db, int64_t id, struct presence *out)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM presence p WHERE p.id = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, id);
    return read_one(&query, out);
}

enum sein_err
presences_find(struct localdb *db, const struct sein_presence_id *id,
               struct presence *out)
{
    static const char sql[] = "SELECT " COLUMNS " FROM presence p"
                              " WHERE p.presence_id = ?1 OR p.former = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1, sein_slice_of(id->bytes, sizeof id->bytes));
    return read_one(&query, out);
}

enum sein_err
presences_find_handle(struct localdb *db, struct sein_slice circle,
                      struct sein_slice desk, uint64_t kind,
                      struct sein_slice handle, struct presence *out)
{
    static const char sql[] = "SELECT " COLUMNS " FROM presence p"
                              " WHERE p.handle = ?1 AND p.state <> 4";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    hash_of(db, circle, desk, kind, handle, &hash);
    localdb_set_hash(query, 1, &hash);
    return read_one(&query, out);
}

/* ---- walking ----------------------------------------------------------------
 */

enum sein_err
presences_walk_state(struct localdb *db, uint64_t state, int64_t after,
                     struct presences_walk *out)
{
    static const char all[] = "SELECT " COLUMNS " FROM presence p"
                              " WHERE p.id > ?1 ORDER BY p.id";
    static const char one[] = "SELECT " COLUMNS " FROM presence p"
                              " WHERE p.id > ?1 AND p.state = ?2"
                              " ORDER BY p.id";
    enum sein_err err = localdb_start(db, state == 0 ? all : one, &out->query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(out->query, 1, after);
    if (state != 0)
        localdb_set_int(out->query, 2, (int64_t)state);
    return SEIN_OK;
}

static void
set_thread(struct localdb_query *query, int index,
           const struct sein_thread_id *thread)
{
    localdb_set_bytes(query, index,
                      sein_slice_of(thread->bytes, sizeof thread->bytes));
}

enum sein_err
presences_walk_thread(struct localdb *db, const struct sein_thread_id *thread,
                      struct presences_walk *out)
{
    static const char sql[] = "SELECT " COLUMNS " FROM presence_for f"
                              " JOIN presence p ON p.id = f.presence"
                              " WHERE f.thread = ?1 ORDER BY p.id";
    enum sein_err err = localdb_start(db, sql, &out->query);

    if (err == SEIN_OK)
        set_thread(out->query, 1, thread);
    return err;
}

enum sein_err
presences_walk_next(struct presences_walk *walk, struct presence *out)
{
    enum sein_err err = localdb_step(walk->query);

    return err == SEIN_OK ? read_row(walk->query, out) : err;
}

void
presences_walk_end(struct presences_walk *walk)
{
    localdb_end(&walk->query);
}

/* ---- what they are for ------------------------------------------------------
 */

enum sein_err
presences_bind(struct localdb *db, int64_t id,
               const struct sein_thread_id *thread)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO presence_for (presence, thread)"
        " VALUES (?1, ?2)";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, id);
    set_thread(query, 2, thread);
    return localdb_run(&query);
}

enum sein_err
presences_unbind(struct localdb *db, const struct sein_thread_id *thread)
{
    static const char sql[] = "DELETE FROM presence_for WHERE thread = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    set_thread(query, 1, thread);
    return localdb_run(&query);
}

enum sein_err
presences_rebind(struct localdb *db, const struct sein_thread_id *from,
                 const struct sein_thread_id *to)
{
    static const char sql[] =
        "UPDATE presence_for SET thread = ?2 WHERE thread = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    set_thread(query, 1, from);
    set_thread(query, 2, to);
    return localdb_run(&query);
}

enum sein_err
presences_thread_at(struct localdb *db, int64_t id, int64_t index,
                    struct sein_thread_id *out_thread)
{
    static const char sql[] = "SELECT thread FROM presence_for"
                              " WHERE presence = ?1 ORDER BY thread"
                              " LIMIT 1 OFFSET ?2";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, id);
    localdb_set_int(query, 2, index);
    err = localdb_step(query);
    if (err == SEIN_OK) {
        struct sein_slice thread = localdb_get_bytes(query, 0);

        if (thread.len == SEIN_ID_BYTES)
            memcpy(out_thread->bytes, thread.at, SEIN_ID_BYTES);
        else
            err = SEIN_ETAMPERED;
    }
    localdb_end(&query);
    return err;
}

enum sein_err
presences_count(struct localdb *db, uint64_t state, int64_t *out_count)
{
    static const char sql[] = "SELECT count(*) FROM presence WHERE state = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, (int64_t)state);
    err = localdb_step(query);
    if (err == SEIN_OK)
        *out_count = localdb_get_int(query, 0);
    localdb_end(&query);
    return err;
}
