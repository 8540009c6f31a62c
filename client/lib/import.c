#include "client/lib/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/api.h"
#include "client/lib/client.h"
#include "client/lib/clock.h"
#include "client/lib/csv.h"
#include "client/lib/linemap.h"
#include "client/lib/rules.h"
#include "client/lib/signal_form.h"
#include "client/lib/sources.h"
#include "client/lib/submit.h"

#define BATCH_ROWS 256U
/* Verdicts that wait for the broker; more make the reading wait. */
#define WAITING_MAX 4096U
#define TURN_MS 20
/* How long a connection may take, and how long a broker may be silent. */
#define CONNECT_MS 8000
#define SILENT_MS 30000
#define TEXT_MAX 64U

/* A row whose verdict was not told yet. */
struct pending {
    char source_id[SEIN_SOURCE_ID_MAX + 1];
    struct sein_circle_name circle;
    struct submit_result result;
    bool waiting; /* for the broker */
};

struct import {
    struct sein_home *home;
    const struct import_request *request;
    struct csv *csv;
    const char *columns[CSV_FIELDS_MAX]; /* static names; NULL: member */
    size_t column_count;
    size_t member_column; /* column_count: none */
    struct linemap lines;
    struct pending *waiting; /* a ring of WAITING_MAX */
    size_t first;
    size_t count;
    uint64_t rejected;
    uint64_t accepted;
    struct sein_op_id operation;
    bool online;
    int64_t heard_at_ms; /* monotonic: the last verdict */
};

/* ---- the header -------------------------------------------------------------
 */

static enum sein_err
note_column(struct import *import, enum sein_err err, struct sein_slice name)
{
    char text[TEXT_MAX];

    (void)snprintf(text, sizeof text, "%.*s",
                   (int)(name.len < sizeof text ? name.len : sizeof text - 1),
                   name.len == 0 ? "" : (const char *)name.at);
    return home_note(import->home, err, text, NULL);
}

static enum sein_err
read_column(struct import *import, size_t index, struct sein_slice name)
{
    const char *column = signal_form_column(name);

    if (column == NULL && import->request->member != NULL &&
        sein_slice_is(name, "member") &&
        import->member_column == CSV_FIELDS_MAX) {
        import->member_column = index;
        return SEIN_OK;
    }
    if (column == NULL)
        return note_column(import, SEIN_ECOLUMN, name);
    for (size_t i = 0; i < index; i++) {
        if (import->columns[i] == column)
            return note_column(import, SEIN_ECOLUMNTWICE, name);
    }
    import->columns[index] = column;
    return SEIN_OK;
}

static enum sein_err
read_header(struct import *import)
{
    static const char *const required[] = { "source_id", "circle", "kind" };
    struct csv_row row = { 0 };
    enum sein_err err = csv_next(import->csv, &row);

    if (err == SEIN_ENOENT)
        return SEIN_EEMPTYFILE;
    import->member_column = CSV_FIELDS_MAX;
    for (size_t i = 0; i < row.count && err == SEIN_OK; i++)
        err = read_column(import, i, row.fields[i]);
    import->column_count = row.count;
    if (err == SEIN_OK && import->request->member != NULL &&
        import->member_column == CSV_FIELDS_MAX)
        return home_note(import->home, SEIN_ENOCOLUMN, "member", NULL);
    for (size_t i = 0;
         err == SEIN_OK && i < sizeof required / sizeof required[0]; i++) {
        bool found = false;

        for (size_t k = 0; k < import->column_count; k++)
            found = found || (import->columns[k] != NULL &&
                              strcmp(import->columns[k], required[i]) == 0);
        if (!found)
            err = home_note(import->home, SEIN_ENOCOLUMN, required[i], NULL);
    }
    return err;
}

/* ---- telling ----------------------------------------------------------------
 */

static enum sein_err
tell(struct import *import, const struct pending *pending)
{
    struct letter letter = { 0 };
    enum sein_err err = SEIN_ENOENT;

    if (pending->result.verdict != SUBMIT_REJECTED)
        err = letters_find(import->home->db, &pending->result.letter_id,
                           LETTER_SENT, &letter);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    if (pending->result.verdict == SUBMIT_REJECTED)
        import->rejected++;
    err = api_give(submit_doc(sein_slice_text(pending->source_id),
                              sein_slice_text(pending->circle.text),
                              &pending->result,
                              err == SEIN_OK ? &letter.row : NULL),
                   import->request->visit, import->request->context);
    letter_free(&letter);
    return err;
}

/* The same again of what is under way: its first sending gets the verdict. */
static enum sein_err
look_at_first(struct import *import, struct pending *pending)
{
    struct letter letter = { 0 };
    enum sein_err err = letters_find(
        import->home->db, &pending->result.letter_id, LETTER_SENT, &letter);

    if (err == SEIN_OK && letter.row.state != LETTER_QUEUED)
        pending->waiting = pending->result.queued = false;
    letter_free(&letter);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* What is known in front of the ring, in the order of the file. */
static enum sein_err
tell_known(struct import *import, bool all)
{
    enum sein_err err = SEIN_OK;

    while (import->count > 0 && err == SEIN_OK) {
        struct pending *pending = &import->waiting[import->first];

        if (pending->waiting && pending->result.verdict == SUBMIT_DUPLICATE)
            err = look_at_first(import, pending);
        if (err == SEIN_OK && pending->waiting && !all)
            return SEIN_OK;
        if (err == SEIN_OK)
            err = tell(import, pending);
        import->first = (import->first + 1) % WAITING_MAX;
        import->count--;
    }
    return err;
}

/* Called by the conversation: the broker answered about a letter. */
static void
take_verdict(void *context, const struct sein_letter_id *id, enum sein_err code)
{
    struct import *import = context;

    import->heard_at_ms = sein_clock_monotonic_ms();
    /* Verdicts come about in the order of sending: near the front. */
    for (size_t i = 0; i < import->count; i++) {
        struct pending *pending =
            &import->waiting[(import->first + i) % WAITING_MAX];

        if (!pending->waiting || memcmp(pending->result.letter_id.bytes,
                                        id->bytes, sizeof id->bytes) != 0)
            continue;
        pending->waiting = false;
        pending->result.queued = code != SEIN_OK;
        return;
    }
}

/* ---- travelling -------------------------------------------------------------
 */

static enum sein_err
connect(struct import *import)
{
    struct sein_home *home = import->home;
    int64_t until = sein_clock_monotonic_ms() + CONNECT_MS;
    struct client *client = NULL;
    enum sein_err err = SEIN_OK;

    sein_disconnect(home);
    err = client_new(home, &home->client);
    if (err != SEIN_OK)
        return err;
    client = home->client;
    client->verdict = take_verdict;
    client->verdict_context = import;
    while (err == SEIN_OK && client->stage != CLIENT_READY &&
           sein_clock_monotonic_ms() < until &&
           (client->stage != CLIENT_DOWN || client->reason == SEIN_OK))
        err = client_turn(client, TURN_MS);
    import->online = err == SEIN_OK && client->stage == CLIENT_READY;
    import->heard_at_ms = sein_clock_monotonic_ms();
    return err;
}

/* Let letters go and verdicts come; give the broker up when it is gone or
 * answers nothing any more. */
static enum sein_err
travel(struct import *import, int wait_ms)
{
    struct client *client = import->home->client;
    enum sein_err err = SEIN_OK;

    if (!import->online)
        return SEIN_OK;
    err = client_turn(client, wait_ms);
    if (client->stage != CLIENT_READY ||
        sein_clock_monotonic_ms() - import->heard_at_ms > SILENT_MS)
        import->online = false;
    return err;
}

static enum sein_err
report(struct import *import)
{
    uint64_t done = 0;
    uint64_t total = 0;

    if (import->request->progress == NULL)
        return SEIN_OK;
    csv_progress(import->csv, &done, &total);
    return import->request->progress(import->request->context, done, total) == 0
               ? SEIN_OK
               : SEIN_ECANCELED;
}

/* Whether what is left in the ring can still be answered on this connection. */
static bool
can_be_answered(const struct import *import)
{
    const struct client *client = import->home->client;

    return import->online && (client_sending(client) || client->quiet < 2 ||
                              client_open_requests(client) > 0);
}

static enum sein_err
finish(struct import *import)
{
    enum sein_err err = tell_known(import, false);

    while (err == SEIN_OK && import->count > 0 && can_be_answered(import)) {
        err = travel(import, TURN_MS);
        if (err == SEIN_OK)
            err = tell_known(import, false);
        if (err == SEIN_OK)
            err = report(import);
    }
    return err == SEIN_OK ? tell_known(import, true) : err;
}

/* ---- rows -------------------------------------------------------------------
 */

/* What one row became before it was stored. */
struct import_row {
    struct signal_form form;
    struct rules_route route;
    struct submit_content content;
};

static struct pending *
new_pending(struct import *import, uint64_t line)
{
    size_t at = (import->first + import->count) % WAITING_MAX;
    struct pending *pending = &import->waiting[at];

    *pending = (struct pending){
        .result = { .verdict = SUBMIT_REJECTED, .line = line },
    };
    import->count++;
    return pending;
}

/* The names of the columns with what stands in them; more or fewer fields than
 * the header has means that data shifted. */
static enum sein_err
read_form(const struct import *import, const struct csv_row *row,
          struct signal_form *out_form, const char **out_field)
{
    struct form_pair pairs[CSV_FIELDS_MAX];
    size_t count = 0;

    if (row->count != import->column_count)
        return SEIN_EFIELDS;
    for (size_t i = 0; i < row->count; i++) {
        if (i == import->member_column)
            continue;
        pairs[count].name = sein_slice_text(import->columns[i]);
        pairs[count++].value = row->fields[i];
    }
    return signal_form_read(pairs, count, out_form, out_field);
}

/* So that a row that is refused can still be named. */
static void
name_row(const struct import *import, const struct csv_row *row,
         struct pending *pending)
{
    for (size_t i = 0; i < row->count && i < import->column_count; i++) {
        const char *column = import->columns[i];
        enum sein_err err = SEIN_OK;

        if (column == NULL)
            continue;
        if (strcmp(column, "source_id") == 0)
            err = sein_slice_copy_text(row->fields[i], pending->source_id,
                                       sizeof pending->source_id);
        else if (strcmp(column, "circle") == 0)
            err = sein_slice_copy_text(row->fields[i], pending->circle.text,
                                       sizeof pending->circle.text);
        /* What is too long to be a name is told by its line alone. */
        if (err != SEIN_OK)
            continue;
    }
}

static enum sein_err
check_lines(struct import *import, const struct import_row *row,
            struct submit_result *result, bool *out_other)
{
    struct linemap_row now = { .content = row->content.hash,
                               .line = result->line };
    const struct linemap_row *first = NULL;
    enum sein_err err = SEIN_OK;

    sources_hash(import->home->db, sein_slice_text(row->form.circle.text),
                 row->form.signal.source_id, &now.source);
    err = linemap_add(&import->lines, &now, &first);
    if (err != SEIN_OK)
        return err;
    *out_other = memcmp(first->content.bytes, now.content.bytes,
                        sizeof now.content.bytes) != 0;
    if (*out_other) {
        result->code = SEIN_ETWICE;
        result->field = "source_id";
        result->other_line = first->line;
    }
    return SEIN_OK;
}

static bool
is_own_trouble(enum sein_err err)
{
    return err == SEIN_ENOTADMITTED || err == SEIN_ENOMEM || err == SEIN_EIO ||
           err == SEIN_EFULL || err == SEIN_ETAMPERED || err == SEIN_ELOCKED ||
           err == SEIN_EINTERNAL;
}

static enum sein_err
judge_row(struct import *import, const struct csv_row *fields, int64_t now_ms,
          struct import_row *row, struct submit_result *result)
{
    enum sein_err err = read_form(import, fields, &row->form, &result->field);

    if (err == SEIN_OK)
        err = submit_judge(import->home, &row->form, now_ms, &row->route,
                           &row->content, &result->field);
    return err;
}

/* One row of the file into a verdict; within a transaction. */
static enum sein_err
take_row(struct import *import, const struct csv_row *fields, int64_t now_ms)
{
    struct pending *pending = new_pending(import, fields->line);
    struct submit_result *result = &pending->result;
    struct import_row row = { 0 };
    bool other = false;
    enum sein_err err = SEIN_OK;

    name_row(import, fields, pending);
    err = judge_row(import, fields, now_ms, &row, result);
    if (err != SEIN_OK && !is_own_trouble(err)) {
        result->code = err;
        err = SEIN_OK;
        goto done;
    }
    if (err == SEIN_OK)
        err = check_lines(import, &row, result, &other);
    if (err == SEIN_OK && !other)
        err = submit_store(import->home, &row.form, &row.route, &row.content,
                           &import->operation, now_ms, result);
    if (err == SEIN_OK && result->verdict != SUBMIT_REJECTED) {
        pending->waiting = result->queued;
        import->accepted += result->verdict != SUBMIT_DUPLICATE;
    }

done:
    submit_free(&row.content);
    sodium_memzero(&row, sizeof row);
    return err;
}

static bool
is_ours(const struct import *import, const struct csv_row *row)
{
    if (import->member_column >= CSV_FIELDS_MAX)
        return true;
    return import->member_column < row->count &&
           sein_slice_is(row->fields[import->member_column],
                         import->request->member);
}

/* A row that could not be read at all. */
static void
refuse_row(struct import *import, uint64_t line, enum sein_err err)
{
    struct pending *pending = new_pending(import, line);

    pending->result.code = err;
}

/* SEIN_ENOENT: the file is done. */
static enum sein_err
take_rows(struct import *import)
{
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < BATCH_ROWS && err == SEIN_OK; i++) {
        struct csv_row row = { 0 };

        err = csv_next(import->csv, &row);
        if (err == SEIN_EQUOTES || err == SEIN_ERANGE) {
            refuse_row(import, row.line, err);
            err = SEIN_OK;
        } else if (err == SEIN_OK && is_ours(import, &row)) {
            err = take_row(import, &row, now_ms);
        }
    }
    return err;
}

static enum sein_err
take_batch(struct import *import, bool *out_done)
{
    size_t before = import->count;
    enum sein_err err = localdb_begin(import->home->db);

    if (err == SEIN_OK)
        err = take_rows(import);
    *out_done = err == SEIN_ENOENT;
    if (err == SEIN_OK || err == SEIN_ENOENT)
        err = localdb_commit(import->home->db);
    localdb_rollback(import->home->db); /* no-op when committed */
    /* What was not stored is not told. */
    if (err != SEIN_OK)
        import->count = before;
    return err;
}

static enum sein_err
import_rows(struct import *import)
{
    bool done = false;
    enum sein_err err = SEIN_OK;

    while (err == SEIN_OK && !done) {
        err = take_batch(import, &done);
        if (err == SEIN_OK)
            err = travel(import, 0);
        while (err == SEIN_OK && import->online &&
               import->count > WAITING_MAX - BATCH_ROWS) {
            err = tell_known(import, false);
            if (err == SEIN_OK && import->count > WAITING_MAX - BATCH_ROWS)
                err = travel(import, TURN_MS);
        }
        if (err == SEIN_OK)
            err = tell_known(import, import->count > WAITING_MAX - BATCH_ROWS);
        if (err == SEIN_OK)
            err = report(import);
    }
    return err;
}

static enum sein_err
open_file(struct import *import)
{
    const char *encoding = NULL;
    char detail[256];
    enum sein_err err =
        csv_open(import->request->path, &encoding, &import->csv);

    if (err == SEIN_EUTF8 && encoding != NULL) {
        (void)snprintf(detail, sizeof detail,
                       "iconv -f %s -t UTF-8 %.120s > utf8.csv", encoding,
                       import->request->path);
        return home_note(import->home, err, "", detail);
    }
    if (err != SEIN_OK)
        return home_note(import->home, err, "", import->request->path);
    return err;
}

enum sein_err
import_run(struct sein_home *home, const struct import_request *request,
           uint64_t *out_rejected)
{
    struct import import = { .home = home, .request = request };
    enum sein_err err = SEIN_OK;

    *out_rejected = 0;
    if (home->dir == NULL)
        return SEIN_ENOTJOINED;
    sein_random_id(import.operation.bytes);
    import.waiting = calloc(WAITING_MAX, sizeof *import.waiting);
    if (import.waiting == NULL)
        return SEIN_ENOMEM;
    err = open_file(&import);
    if (err == SEIN_OK)
        err = read_header(&import);
    if (err == SEIN_OK)
        err = connect(&import);
    if (err == SEIN_OK)
        err = import_rows(&import);
    if (err == SEIN_OK)
        err = finish(&import);
    if (import.accepted > 0 &&
        api_log_access(home, &import.operation, "import", NULL, NULL,
                       import.accepted, sein_clock_ms()) != SEIN_OK &&
        err == SEIN_OK)
        err = SEIN_EIO;
    sein_disconnect(home);
    csv_close(&import.csv);
    linemap_deinit(&import.lines);
    sodium_memzero(import.waiting, WAITING_MAX * sizeof *import.waiting);
    free(import.waiting);
    *out_rejected = import.rejected;
    return err;
}
