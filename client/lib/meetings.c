#include "client/lib/meetings.h"

#include <string.h>

#include <sodium.h>

#include "client/lib/clock.h"
#include "proto/wire/schema.h"

/* The sealed part, a map: absent costs nothing. */
struct form {
    uint8_t accept[SEIN_ID_BYTES];
    struct sein_slice deposit;
    uint64_t ended_at;
    uint8_t intro_in[SEIN_ID_BYTES];
    uint8_t intro_out[SEIN_ID_BYTES];
    struct sein_slice label;
    uint64_t link;
    uint64_t noticed_at;
    struct sein_slice peer;
    uint64_t presence;
    uint64_t revealed_at;
    uint64_t state;
    uint8_t thread[SEIN_ID_BYTES];
};

#define ROW(type, name, max) SEIN_ROW(type, name, true, form, 0, max)
static const struct sein_field fields[] = {
    ROW(FIXED, accept, SEIN_ID_BYTES),    ROW(BYTES, deposit, SEIN_DEPOSIT_MAX),
    ROW(UINT, ended_at, INT64_MAX),       ROW(FIXED, intro_in, SEIN_ID_BYTES),
    ROW(FIXED, intro_out, SEIN_ID_BYTES), ROW(TEXT, label, SEIN_LABEL_MAX),
    ROW(UINT, link, UINT32_MAX),          ROW(UINT, noticed_at, INT64_MAX),
    ROW(TEXT, peer, SEIN_DESK_MAX),       ROW(UINT, presence, INT64_MAX),
    ROW(UINT, revealed_at, INT64_MAX),    ROW(UINT, state, UINT32_MAX),
    ROW(FIXED, thread, SEIN_ID_BYTES),
};
static const struct sein_schema schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, fields, struct form);
#define FORM_BYTES (SEIN_DEPOSIT_MAX + 512U)

static const char *const words[] = {
    [MEETING_NOTICED] = "noticed",     [MEETING_DECLINED] = "declined",
    [MEETING_ACCEPTING] = "accepting", [MEETING_ACCEPTED] = "accepted",
    [MEETING_REVEALED] = "revealed",   [MEETING_PARTED] = "parted",
    [MEETING_ENDED] = "ended",
};

const char *
meeting_state_word(uint64_t state)
{
    if (state >= sizeof words / sizeof words[0] || words[state] == NULL)
        return "unknown";
    return words[state];
}

/* ---- between row and bytes --------------------------------------------------
 */

static enum sein_err
encode(const struct meeting *row, uint8_t *buffer, struct sein_slice *out)
{
    struct sein_writer writer = sein_writer_of(buffer, FORM_BYTES);
    struct form form = {
        .deposit = sein_slice_of(row->deposit, row->deposit_len),
        .ended_at = row->ended_at,
        .label = sein_slice_text(row->label),
        .link = row->link,
        .noticed_at = row->noticed_at,
        .peer = sein_slice_text(row->peer.text),
        .presence = (uint64_t)row->presence,
        .revealed_at = row->revealed_at,
        .state = row->state,
    };
    enum sein_err err = SEIN_OK;

    memcpy(form.accept, row->accept.bytes, sizeof form.accept);
    memcpy(form.intro_in, row->intro_in.bytes, sizeof form.intro_in);
    memcpy(form.intro_out, row->intro_out.bytes, sizeof form.intro_out);
    memcpy(form.thread, row->thread.bytes, sizeof form.thread);
    err = sein_schema_encode(&schema, &form, &writer);
    return err == SEIN_OK ? sein_writer_done(&writer, out) : err;
}

static enum sein_err
decode(struct sein_slice bytes, struct meeting *out)
{
    struct form form = { 0 };
    enum sein_err err = sein_schema_decode_all(&schema, bytes, &form);

    if (err == SEIN_OK)
        err = sein_slice_copy_text(form.label, out->label, sizeof out->label);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(form.peer, out->peer.text,
                                   sizeof out->peer.text);
    if (err != SEIN_OK)
        return SEIN_ETAMPERED;
    out->ended_at = form.ended_at;
    out->link = form.link;
    out->noticed_at = form.noticed_at;
    out->presence = (int64_t)form.presence;
    out->revealed_at = form.revealed_at;
    out->state = form.state;
    out->deposit_len = form.deposit.len;
    if (form.deposit.len > 0)
        memcpy(out->deposit, form.deposit.at, form.deposit.len);
    memcpy(out->accept.bytes, form.accept, sizeof form.accept);
    memcpy(out->intro_in.bytes, form.intro_in, sizeof form.intro_in);
    memcpy(out->intro_out.bytes, form.intro_out, sizeof form.intro_out);
    memcpy(out->thread.bytes, form.thread, sizeof form.thread);
    return SEIN_OK;
}

#define COLUMNS "m.id, m.match_id, m.presence, m.thread, m.state, m.sealed"

static enum sein_err
read_row(struct localdb_query *query, struct meeting *out)
{
    struct localdb_plain plain = { 0 };
    struct sein_slice id = localdb_get_bytes(query, 1);
    enum sein_err err = SEIN_OK;

    if (id.len != SEIN_ID_BYTES)
        return SEIN_ETAMPERED;
    *out = (struct meeting){ .id = localdb_get_int(query, 0) };
    memcpy(out->match_id.bytes, id.at, SEIN_ID_BYTES);
    err = localdb_get_sealed(query, 5, "meeting", id, &plain);
    if (err == SEIN_OK)
        err = decode(plain.bytes, out);
    if (err == SEIN_OK &&
        (localdb_get_int(query, 2) != out->presence ||
         !sein_slice_equal(
             localdb_get_bytes(query, 3),
             sein_slice_of(out->thread.bytes, sizeof out->thread.bytes)) ||
         (uint64_t)localdb_get_int(query, 4) != out->state))
        err = SEIN_ETAMPERED;
    localdb_plain_free(&plain);
    return err;
}

static enum sein_err
read_one(struct localdb_query **query, struct meeting *out)
{
    enum sein_err err = localdb_step(*query);

    if (err == SEIN_OK)
        err = read_row(*query, out);
    localdb_end(query);
    return err;
}

/* ---- rows -------------------------------------------------------------------
 */

static enum sein_err
write_row(struct localdb *db, const char *sql, const struct meeting *row)
{
    struct localdb_query *query = NULL;
    struct sein_slice id =
        sein_slice_of(row->match_id.bytes, sizeof row->match_id.bytes);
    struct sein_slice bytes = { 0 };
    uint8_t buffer[FORM_BYTES];
    enum sein_err err = encode(row, buffer, &bytes);

    if (err == SEIN_OK)
        err = localdb_start(db, sql, &query);
    if (err != SEIN_OK)
        goto done;
    localdb_set_bytes(query, 1, id);
    localdb_set_int(query, 2, row->presence);
    localdb_set_bytes(
        query, 3, sein_slice_of(row->thread.bytes, sizeof row->thread.bytes));
    localdb_set_int(query, 4, (int64_t)row->state);
    localdb_set_sealed(query, 5, "meeting", id, bytes);
    if (row->id != 0)
        localdb_set_int(query, 6, row->id);
    err = localdb_run(&query);

done:
    sodium_memzero(buffer, sizeof buffer);
    return err;
}

enum sein_err
meetings_insert(struct localdb *db, struct meeting *meeting)
{
    static const char sql[] =
        "INSERT INTO meeting (match_id, presence, thread, state, sealed)"
        " VALUES (?1, ?2, ?3, ?4, ?5)";
    enum sein_err err = SEIN_OK;

    meeting->id = 0;
    err = write_row(db, sql, meeting);
    if (err == SEIN_OK)
        meeting->id = localdb_last_row(db);
    return err;
}

enum sein_err
meetings_update(struct localdb *db, const struct meeting *meeting)
{
    static const char sql[] =
        "UPDATE meeting SET match_id = ?1, presence = ?2, thread = ?3,"
        " state = ?4, sealed = ?5 WHERE id = ?6";

    return write_row(db, sql, meeting);
}

enum sein_err
meetings_remove_all(struct localdb *db, int64_t presence)
{
    static const char sql[] = "DELETE FROM meeting WHERE presence = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, presence);
    return localdb_run(&query);
}

enum sein_err
meetings_end_all(struct localdb *db, int64_t presence)
{
    struct meetings_walk walk = { 0 };
    struct meeting meeting = { 0 };
    enum sein_err err = meetings_walk_presence(db, presence, &walk);

    while (err == SEIN_OK) {
        err = meetings_walk_next(&walk, &meeting);
        if (err != SEIN_OK)
            break;
        meeting.state = MEETING_ENDED;
        meeting.ended_at = (uint64_t)sein_clock_ms();
        err = meetings_update(db, &meeting);
    }
    meetings_walk_end(&walk);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

enum sein_err
meetings_get(struct localdb *db, int64_t id, struct meeting *out)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM meeting m WHERE m.id = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, id);
    return read_one(&query, out);
}

enum sein_err
meetings_find(struct localdb *db, const struct sein_match_id *match_id,
              int64_t presence, struct meeting *out)
{
    static const char sql[] = "SELECT " COLUMNS " FROM meeting m"
                              " WHERE m.match_id = ?1 AND m.presence = ?2";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1,
                      sein_slice_of(match_id->bytes, sizeof match_id->bytes));
    localdb_set_int(query, 2, presence);
    return read_one(&query, out);
}

enum sein_err
meetings_find_thread(struct localdb *db, const struct sein_thread_id *thread,
                     struct sein_slice peer, struct meeting *out)
{
    static const char sql[] = "SELECT " COLUMNS " FROM meeting m"
                              " WHERE m.thread = ?1 ORDER BY m.id DESC";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err == SEIN_OK)
        localdb_set_bytes(query, 1,
                          sein_slice_of(thread->bytes, sizeof thread->bytes));
    while (err == SEIN_OK) {
        err = localdb_step(query);
        if (err == SEIN_OK)
            err = read_row(query, out);
        if (err == SEIN_OK &&
            (peer.len == 0 || sein_slice_is(peer, out->peer.text)))
            break;
    }
    localdb_end(&query);
    return err;
}

/* ---- walking ----------------------------------------------------------------
 */

enum sein_err
meetings_walk_state(struct localdb *db, uint64_t state,
                    struct meetings_walk *out)
{
    static const char all[] = "SELECT " COLUMNS " FROM meeting m ORDER BY m.id";
    static const char one[] = "SELECT " COLUMNS " FROM meeting m"
                              " WHERE m.state = ?1 ORDER BY m.id";
    enum sein_err err = localdb_start(db, state == 0 ? all : one, &out->query);

    if (err == SEIN_OK && state != 0)
        localdb_set_int(out->query, 1, (int64_t)state);
    return err;
}

enum sein_err
meetings_walk_presence(struct localdb *db, int64_t presence,
                       struct meetings_walk *out)
{
    static const char sql[] = "SELECT " COLUMNS " FROM meeting m"
                              " WHERE m.presence = ?1 ORDER BY m.id";
    enum sein_err err = localdb_start(db, sql, &out->query);

    if (err == SEIN_OK)
        localdb_set_int(out->query, 1, presence);
    return err;
}

enum sein_err
meetings_walk_household(struct localdb *db, const struct sein_thread_id *thread,
                        struct meetings_walk *out)
{
    static const char sql[] = "SELECT " COLUMNS " FROM presence_for f"
                              " JOIN meeting m ON m.presence = f.presence"
                              " WHERE f.thread = ?1 ORDER BY m.id";
    enum sein_err err = localdb_start(db, sql, &out->query);

    if (err == SEIN_OK)
        localdb_set_bytes(out->query, 1,
                          sein_slice_of(thread->bytes, sizeof thread->bytes));
    return err;
}

enum sein_err
meetings_walk_next(struct meetings_walk *walk, struct meeting *out)
{
    enum sein_err err = localdb_step(walk->query);

    return err == SEIN_OK ? read_row(walk->query, out) : err;
}

void
meetings_walk_end(struct meetings_walk *walk)
{
    localdb_end(&walk->query);
}

/* ---- pairs ------------------------------------------------------------------
 */

static bool
is_set(const struct sein_letter_id *id)
{
    return !sodium_is_zero(id->bytes, sizeof id->bytes);
}

enum sein_err
meetings_introduced(struct localdb *db, const struct meeting *meeting,
                    bool *out_introduced)
{
    static const char sql[] = "SELECT " COLUMNS " FROM presence_for mine"
                              " JOIN presence_for f ON f.thread = mine.thread"
                              " JOIN meeting m ON m.presence = f.presence"
                              " WHERE mine.presence = ?1 AND m.state = 5";
    struct localdb_query *query = NULL;
    struct meeting other = { 0 };
    enum sein_err err = localdb_start(db, sql, &query);

    *out_introduced = false;
    if (err == SEIN_OK)
        localdb_set_int(query, 1, meeting->presence);
    while (err == SEIN_OK && !*out_introduced) {
        err = localdb_step(query);
        if (err == SEIN_OK)
            err = read_row(query, &other);
        if (err == SEIN_OK && is_set(&other.intro_out) &&
            strcmp(other.peer.text, meeting->peer.text) == 0)
            *out_introduced = true;
    }
    localdb_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static void
pair_of(const struct localdb *db, const struct presence *own,
        struct sein_slice peer, struct localdb_hash *out_hash)
{
    uint8_t bytes[SEIN_DESK_MAX + SEIN_HASH_BYTES + 4U];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);

    sein_write_lp(&out, sein_slice_text(own->desk.text));
    sein_write_bytes(&out, own->keys.tag.bytes, sizeof own->keys.tag.bytes);
    localdb_hash_of(db, "parted", sein_slice_of(bytes, out.len), peer,
                    out_hash);
    sodium_memzero(bytes, sizeof bytes);
}

enum sein_err
meetings_part(struct localdb *db, const struct presence *own,
              struct sein_slice peer, int64_t now_ms)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO parted (pair, at) VALUES (?1, ?2)";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    pair_of(db, own, peer, &hash);
    localdb_set_hash(query, 1, &hash);
    localdb_set_int(query, 2, now_ms);
    return localdb_run(&query);
}

enum sein_err
meetings_is_parted(struct localdb *db, const struct presence *own,
                   struct sein_slice peer, bool *out_parted)
{
    static const char sql[] = "SELECT 1 FROM parted WHERE pair = ?1";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    pair_of(db, own, peer, &hash);
    localdb_set_hash(query, 1, &hash);
    err = localdb_step(query);
    localdb_end(&query);
    *out_parted = err == SEIN_OK;
    return err == SEIN_ENOENT ? SEIN_OK : err;
}
