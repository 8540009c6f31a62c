#include "client/lib/letters.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/wire/pack.h"
#include "proto/wire/schema.h"

/* The sealed part, a map: absent costs nothing. */
struct row_form {
    uint64_t at;
    struct sein_slice circle;
    uint64_t code;
    struct sein_slice content;
    uint64_t created;
    uint64_t direction;
    struct sein_slice from;
    uint64_t head_seq;
    uint8_t id[SEIN_ID_BYTES];
    uint8_t item_hash[SEIN_HASH_BYTES];
    uint64_t kind;
    uint8_t log_id[SEIN_ID_BYTES];
    struct sein_list marks;
    uint8_t operation[SEIN_ID_BYTES];
    struct sein_slice outcome;
    bool quarantine;
    struct sein_slice reason;
    struct sein_slice receipt;
    uint8_t replaced_by[SEIN_ID_BYTES];
    uint8_t replaces[SEIN_ID_BYTES];
    struct sein_slice source_id;
    uint64_t state;
    struct sein_slice taken_by;
    uint8_t thread[SEIN_ID_BYTES];
    struct sein_slice to;
    uint8_t withdraw[SEIN_ID_BYTES];
};

#define ROW_TEXT_MAX 1024U
#define ROW(name, type, member, max)                                \
    {                                                               \
        name, type, true, offsetof(struct row_form, member), 0, max \
    }
static const struct sein_field row_fields[] = {
    ROW("at", SEIN_FIELD_UINT, at, INT64_MAX),
    ROW("circle", SEIN_FIELD_TEXT, circle, SEIN_CIRCLE_MAX),
    ROW("code", SEIN_FIELD_UINT, code, UINT32_MAX),
    ROW("content", SEIN_FIELD_BYTES, content, SEIN_LETTER_CONTENT_MAX),
    ROW("created", SEIN_FIELD_UINT, created, INT64_MAX),
    ROW("direction", SEIN_FIELD_UINT, direction, LETTER_RECEIVED),
    ROW("from", SEIN_FIELD_TEXT, from, SEIN_DESK_MAX),
    ROW("head_seq", SEIN_FIELD_UINT, head_seq, UINT64_MAX),
    ROW("id", SEIN_FIELD_FIXED, id, SEIN_ID_BYTES),
    ROW("item_hash", SEIN_FIELD_FIXED, item_hash, SEIN_HASH_BYTES),
    ROW("kind", SEIN_FIELD_UINT, kind, UINT64_MAX),
    ROW("log_id", SEIN_FIELD_FIXED, log_id, SEIN_ID_BYTES),
    ROW("marks", SEIN_FIELD_LIST, marks, LETTER_MARKS_MAX),
    ROW("operation", SEIN_FIELD_FIXED, operation, SEIN_ID_BYTES),
    ROW("outcome", SEIN_FIELD_TEXT, outcome, SEIN_CODE_MAX),
    ROW("quarantine", SEIN_FIELD_BOOL, quarantine, 0),
    ROW("reason", SEIN_FIELD_TEXT, reason, SEIN_TEXT_MAX),
    ROW("receipt", SEIN_FIELD_BYTES, receipt, ROW_TEXT_MAX),
    ROW("replaced_by", SEIN_FIELD_FIXED, replaced_by, SEIN_ID_BYTES),
    ROW("replaces", SEIN_FIELD_FIXED, replaces, SEIN_ID_BYTES),
    ROW("source_id", SEIN_FIELD_TEXT, source_id, ROW_TEXT_MAX),
    ROW("state", SEIN_FIELD_UINT, state, UINT32_MAX),
    ROW("taken_by", SEIN_FIELD_TEXT, taken_by, ROW_TEXT_MAX),
    ROW("thread", SEIN_FIELD_FIXED, thread, SEIN_ID_BYTES),
    ROW("to", SEIN_FIELD_TEXT, to, SEIN_DESK_MAX),
    ROW("withdraw", SEIN_FIELD_FIXED, withdraw, SEIN_ID_BYTES),
};
static const struct sein_schema row_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, row_fields, struct row_form);

static const struct sein_field mark_fields[] = {
    { "state", SEIN_FIELD_UINT, false, offsetof(struct letter_mark, state), 0,
      UINT32_MAX },
    { "at", SEIN_FIELD_UINT, false, offsetof(struct letter_mark, at), 0,
      INT64_MAX },
};
static const struct sein_schema mark_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, mark_fields, struct letter_mark);

#define MARKS_BYTES (1U + LETTER_MARKS_MAX * 16U)
/* Everything in a row beside its content. */
#define ROW_REST_MAX (4U * ROW_TEXT_MAX)

static const char *const state_words[] = {
    [LETTER_QUEUED] = "queued",
    [LETTER_ACCEPTED] = "accepted",
    [LETTER_DELIVERED] = "delivered",
    [LETTER_READ] = "read",
    [LETTER_ANSWERED] = "answered",
    [LETTER_NOT_COLLECTED] = "not_collected",
    [LETTER_REFUSED] = "refused",
    [LETTER_WITHDRAWING] = "withdrawing",
    [LETTER_WITHDRAWN] = "withdrawn",
    [LETTER_ERASED] = "erased",
    [LETTER_CLOSED] = "closed",
    [LETTER_SUPERSEDED] = "superseded",
    [LETTER_NEW] = "new",
    [LETTER_SEEN] = "read",
    [LETTER_REPLIED] = "answered",
    [LETTER_ENDED] = "closed",
    [LETTER_TAKEN_BACK] = "withdrawn",
    [LETTER_REPLACED] = "superseded",
};

const char *
letter_state_word(uint64_t state)
{
    if (state >= sizeof state_words / sizeof state_words[0] ||
        state_words[state] == NULL)
        return "unknown";
    return state_words[state];
}

void
letter_free(struct letter *letter)
{
    localdb_plain_free(&letter->plain);
    letter->row = (struct letter_row){ 0 };
}

void
letter_set_state(struct letter_row *row, enum letter_state state, int64_t at_ms)
{
    /* The oldest marks but the first go when a history gets that long. */
    if (row->mark_count == LETTER_MARKS_MAX) {
        memmove(&row->marks[1], &row->marks[2],
                (LETTER_MARKS_MAX - 2) * sizeof row->marks[0]);
        row->mark_count--;
    }
    row->marks[row->mark_count++] =
        (struct letter_mark){ .state = state, .at = (uint64_t)at_ms };
    row->state = state;
}

bool
letter_has_mark(const struct letter_row *row, enum letter_state state)
{
    for (size_t i = 0; i < row->mark_count; i++) {
        if (row->marks[i].state == (uint64_t)state)
            return true;
    }
    return false;
}

/* How much a state says: a lower one does not take the place of a higher. */
static unsigned
rank(uint64_t state)
{
    static const uint8_t ranks[] = {
        [LETTER_QUEUED] = 0,        [LETTER_ACCEPTED] = 1,
        [LETTER_NOT_COLLECTED] = 2, [LETTER_REFUSED] = 2,
        [LETTER_DELIVERED] = 3,     [LETTER_READ] = 4,
        [LETTER_ANSWERED] = 5,      [LETTER_CLOSED] = 6,
        [LETTER_SUPERSEDED] = 6,    [LETTER_WITHDRAWING] = 7,
        [LETTER_WITHDRAWN] = 8,     [LETTER_ERASED] = 9,
        [LETTER_NEW] = 0,           [LETTER_SEEN] = 1,
        [LETTER_REPLIED] = 2,       [LETTER_ENDED] = 3,
        [LETTER_REPLACED] = 3,      [LETTER_TAKEN_BACK] = 4,
    };

    return state < sizeof ranks ? ranks[state] : 0;
}

void
letter_note(struct letter_row *row, enum letter_state state, int64_t at_ms)
{
    uint64_t before = row->state;

    if (state != LETTER_ANSWERED && letter_has_mark(row, state))
        return;
    letter_set_state(row, state, at_ms);
    if (before == LETTER_QUEUED || rank(before) > rank((uint64_t)state))
        row->state = before;
}

void
letter_leave_queue(struct letter_row *row, int64_t at_ms)
{
    uint64_t best =
        row->state == LETTER_QUEUED ? (uint64_t)LETTER_ACCEPTED : row->state;

    letter_set_state(row, LETTER_ACCEPTED, at_ms);
    for (size_t i = 0; i < row->mark_count; i++) {
        if (rank(row->marks[i].state) > rank(best))
            best = row->marks[i].state;
    }
    row->state = best;
}

/* ---- between row and bytes --------------------------------------------------
 */

static enum sein_err
encode_marks(const struct letter_row *row, uint8_t *buffer, size_t max,
             struct sein_list *out_list)
{
    struct sein_writer out = sein_writer_of(buffer, max);
    enum sein_err err = SEIN_OK;

    out_list->count = row->mark_count;
    if (row->mark_count == 0)
        return SEIN_OK;
    sein_pack_array(&out, row->mark_count);
    for (size_t i = 0; i < row->mark_count && err == SEIN_OK; i++)
        err = sein_schema_encode(&mark_schema, &row->marks[i], &out);
    return err == SEIN_OK ? sein_writer_done(&out, &out_list->raw) : err;
}

static void
row_to_form(const struct letter_row *row, struct row_form *out)
{
    *out = (struct row_form){
        .at = row->at,
        .circle = row->circle,
        .code = row->code,
        .content = row->content,
        .created = row->created,
        .direction = row->direction,
        .from = row->from,
        .head_seq = row->head_seq,
        .kind = row->kind,
        .outcome = row->outcome,
        .quarantine = row->quarantine,
        .reason = row->reason,
        .receipt = row->receipt,
        .source_id = row->source_id,
        .state = row->state,
        .taken_by = row->taken_by,
        .to = row->to,
    };
    memcpy(out->id, row->letter_id.bytes, sizeof out->id);
    memcpy(out->item_hash, row->item_hash.bytes, sizeof out->item_hash);
    memcpy(out->log_id, row->log_id.bytes, sizeof out->log_id);
    memcpy(out->operation, row->operation.bytes, sizeof out->operation);
    memcpy(out->replaced_by, row->replaced_by.bytes, sizeof out->replaced_by);
    memcpy(out->replaces, row->replaces.bytes, sizeof out->replaces);
    memcpy(out->thread, row->thread.bytes, sizeof out->thread);
    memcpy(out->withdraw, row->withdraw.bytes, sizeof out->withdraw);
}

static void
form_to_row(const struct row_form *form, struct letter_row *out)
{
    *out = (struct letter_row){
        .at = form->at,
        .circle = form->circle,
        .code = form->code,
        .content = form->content,
        .created = form->created,
        .direction = form->direction,
        .from = form->from,
        .head_seq = form->head_seq,
        .kind = form->kind,
        .outcome = form->outcome,
        .quarantine = form->quarantine,
        .reason = form->reason,
        .receipt = form->receipt,
        .source_id = form->source_id,
        .state = form->state,
        .taken_by = form->taken_by,
        .to = form->to,
    };
    memcpy(out->letter_id.bytes, form->id, sizeof form->id);
    memcpy(out->item_hash.bytes, form->item_hash, sizeof form->item_hash);
    memcpy(out->log_id.bytes, form->log_id, sizeof form->log_id);
    memcpy(out->operation.bytes, form->operation, sizeof form->operation);
    memcpy(out->replaced_by.bytes, form->replaced_by, sizeof form->replaced_by);
    memcpy(out->replaces.bytes, form->replaces, sizeof form->replaces);
    memcpy(out->thread.bytes, form->thread, sizeof form->thread);
    memcpy(out->withdraw.bytes, form->withdraw, sizeof form->withdraw);
}

/* out is malloc'ed; the caller wipes and frees it. */
static enum sein_err
encode_row(const struct letter_row *row, uint8_t **out, size_t *out_max,
           struct sein_slice *out_bytes)
{
    struct row_form form = { 0 };
    uint8_t marks[MARKS_BYTES];
    size_t max = row->content.len + ROW_REST_MAX;
    uint8_t *buffer = malloc(max);
    struct sein_writer writer = sein_writer_of(buffer, max);
    enum sein_err err = SEIN_OK;

    if (buffer == NULL)
        return SEIN_ENOMEM;
    row_to_form(row, &form);
    err = encode_marks(row, marks, sizeof marks, &form.marks);
    if (err == SEIN_OK)
        err = sein_schema_encode(&row_schema, &form, &writer);
    if (err == SEIN_OK)
        err = sein_writer_done(&writer, out_bytes);
    if (err != SEIN_OK) {
        sodium_memzero(buffer, max);
        free(buffer);
        return err;
    }
    *out = buffer;
    *out_max = max;
    return SEIN_OK;
}

static enum sein_err
decode_row(struct sein_slice bytes, struct letter_row *out)
{
    struct row_form form = { 0 };
    struct sein_items items = { 0 };
    enum sein_err err = sein_schema_decode_all(&row_schema, bytes, &form);

    if (err != SEIN_OK)
        return SEIN_ETAMPERED;
    form_to_row(&form, out);
    err = sein_items_begin(form.marks.raw, LETTER_MARKS_MAX, &items);
    while (err == SEIN_OK) {
        err = sein_items_next(&items, &mark_schema,
                              &out->marks[out->mark_count], NULL);
        if (err == SEIN_OK)
            out->mark_count++;
    }
    return err == SEIN_ENOENT ? SEIN_OK : SEIN_ETAMPERED;
}

/* ---- rows -------------------------------------------------------------------
 */

#define COLUMNS "id, letter_id, thread, direction, kind, state, wait, sealed"

static bool
same(struct localdb_query *query, int column, const uint8_t *bytes)
{
    struct sein_slice found = localdb_get_bytes(query, column);

    return found.len == SEIN_ID_BYTES &&
           memcmp(found.at, bytes, SEIN_ID_BYTES) == 0;
}

static enum sein_err
read_row(struct localdb_query *query, struct letter *out_letter)
{
    struct letter letter = { 0 };
    enum sein_err err = localdb_get_sealed(
        query, 7, "letter", localdb_get_bytes(query, 1), &letter.plain);

    if (err == SEIN_OK)
        err = decode_row(letter.plain.bytes, &letter.row);
    if (err != SEIN_OK)
        goto done;
    letter.row.id = localdb_get_int(query, 0);
    letter.row.wait = (uint64_t)localdb_get_int(query, 6);
    if (!same(query, 1, letter.row.letter_id.bytes) ||
        !same(query, 2, letter.row.thread.bytes) ||
        (uint64_t)localdb_get_int(query, 3) != letter.row.direction ||
        (uint64_t)localdb_get_int(query, 4) != letter.row.kind ||
        (uint64_t)localdb_get_int(query, 5) != letter.row.state) {
        err = SEIN_ETAMPERED;
        goto done;
    }
    *out_letter = letter;
    letter = (struct letter){ 0 };

done:
    letter_free(&letter);
    return err;
}

static void
bind_row(struct localdb_query *query, const struct letter_row *row,
         struct sein_slice bytes)
{
    struct sein_slice id =
        sein_slice_of(row->letter_id.bytes, sizeof row->letter_id.bytes);

    localdb_set_bytes(query, 1, id);
    localdb_set_bytes(
        query, 2, sein_slice_of(row->thread.bytes, sizeof row->thread.bytes));
    localdb_set_int(query, 3, (int64_t)row->direction);
    localdb_set_int(query, 4, (int64_t)row->kind);
    localdb_set_int(query, 5, (int64_t)row->state);
    localdb_set_int(query, 6, (int64_t)row->wait);
    localdb_set_sealed(query, 7, "letter", id, bytes);
}

static enum sein_err
write_row(struct localdb *db, const char *sql, const struct letter_row *row)
{
    struct localdb_query *query = NULL;
    struct sein_slice bytes = { 0 };
    uint8_t *buffer = NULL;
    size_t max = 0;
    enum sein_err err = encode_row(row, &buffer, &max, &bytes);

    if (err != SEIN_OK)
        return err;
    err = localdb_start(db, sql, &query);
    if (err == SEIN_OK) {
        bind_row(query, row, bytes);
        if (row->id != 0)
            localdb_set_int(query, 8, row->id);
        err = localdb_run(&query);
    }
    sodium_memzero(buffer, max);
    free(buffer);
    return err;
}

enum sein_err
letters_insert(struct localdb *db, struct letter_row *row)
{
    static const char sql[] =
        "INSERT INTO letter (letter_id, thread, direction, kind, state, wait,"
        " sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    enum sein_err err = SEIN_OK;

    row->id = 0;
    err = write_row(db, sql, row);
    if (err == SEIN_OK)
        row->id = localdb_last_row(db);
    return err;
}

enum sein_err
letters_update(struct localdb *db, const struct letter_row *row)
{
    static const char sql[] =
        "UPDATE letter SET letter_id = ?1, thread = ?2, direction = ?3,"
        " kind = ?4, state = ?5, wait = ?6, sealed = ?7 WHERE id = ?8";

    return write_row(db, sql, row);
}

static enum sein_err
run_with_int(struct localdb *db, const char *sql, int64_t first, int64_t second)
{
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, first);
    if (second >= 0)
        localdb_set_int(query, 2, second);
    return localdb_run(&query);
}

enum sein_err
letters_remove(struct localdb *db, int64_t id)
{
    static const char sql[] = "DELETE FROM letter WHERE id = ?1";

    return run_with_int(db, sql, id, -1);
}

enum sein_err
letters_set_wait(struct localdb *db, int64_t id, enum sein_err wait)
{
    static const char sql[] = "UPDATE letter SET wait = ?2 WHERE id = ?1";

    return run_with_int(db, sql, id, (int64_t)wait);
}

enum sein_err
letters_find(struct localdb *db, const struct sein_letter_id *letter_id,
             enum letter_direction direction, struct letter *out_letter)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM letter WHERE letter_id = ?1"
        " AND (?2 = 2 OR direction = ?2) ORDER BY direction LIMIT 1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1,
                      sein_slice_of(letter_id->bytes, sizeof letter_id->bytes));
    localdb_set_int(query, 2, (int64_t)direction);
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = read_row(query, out_letter);
    localdb_end(&query);
    return err;
}

enum sein_err
letters_get(struct localdb *db, int64_t id, struct letter *out_letter)
{
    static const char sql[] = "SELECT " COLUMNS " FROM letter WHERE id = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, id);
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = read_row(query, out_letter);
    localdb_end(&query);
    return err;
}

enum sein_err
letters_walk_begin(struct localdb *db, enum letters_which which, int64_t after,
                   struct letters_walk *out_walk)
{
    static const char *const sql[] = {
        [LETTERS_SENT] = "SELECT " COLUMNS " FROM letter"
                         " WHERE direction = 0 AND id > ?1 ORDER BY id DESC",
        [LETTERS_RECEIVED] = "SELECT " COLUMNS " FROM letter"
                             " WHERE direction = 1 AND id > ?1 ORDER BY id",
        [LETTERS_UNSEALED] = "SELECT " COLUMNS " FROM letter"
                             " WHERE state = 1 AND id > ?1 AND id NOT IN"
                             " (SELECT id FROM outgoing) ORDER BY id",
        [LETTERS_WITHDRAWING] = "SELECT " COLUMNS " FROM letter"
                                " WHERE state = 8 AND id > ?1 ORDER BY id",
    };
    enum sein_err err = localdb_start(db, sql[which], &out_walk->query);

    if (err == SEIN_OK)
        localdb_set_int(out_walk->query, 1, after);
    return err;
}

enum sein_err
letters_walk_thread(struct localdb *db, const struct sein_thread_id *thread,
                    struct letters_walk *out_walk)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM letter WHERE letter_id = ?1"
        " UNION ALL SELECT " COLUMNS " FROM letter"
        " WHERE thread = ?1 AND thread <> letter_id ORDER BY id";
    enum sein_err err = localdb_start(db, sql, &out_walk->query);

    if (err == SEIN_OK)
        localdb_set_bytes(out_walk->query, 1,
                          sein_slice_of(thread->bytes, sizeof thread->bytes));
    return err;
}

enum sein_err
letters_walk_next(struct letters_walk *walk, struct letter *out_letter)
{
    enum sein_err err = localdb_step(walk->query);

    return err == SEIN_OK ? read_row(walk->query, out_letter) : err;
}

void
letters_walk_end(struct letters_walk *walk)
{
    localdb_end(&walk->query);
}

enum sein_err
letters_count(struct localdb *db, enum letter_direction direction,
              uint64_t state, int64_t *out_count)
{
    static const char sql[] = "SELECT count(*) FROM letter WHERE direction = ?1"
                              " AND (?2 = 0 OR state = ?2) AND kind <> 7";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, (int64_t)direction);
    localdb_set_int(query, 2, (int64_t)state);
    err = localdb_step(query);
    if (err == SEIN_OK)
        *out_count = localdb_get_int(query, 0);
    localdb_end(&query);
    return err;
}
