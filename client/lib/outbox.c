#include "client/lib/outbox.h"

#include <string.h>

#include "client/lib/clock.h"
#include "client/lib/journal.h"
#include "client/lib/presences.h"
#include "client/lib/threads.h"
#include "proto/blind/letter.h"

#define CONTENT_BYTES 64U

/* ---- queueing ---------------------------------------------------------------
 */

enum sein_err
outbox_may(struct sein_home *home, uint64_t kind, struct sein_slice from,
           struct sein_slice to, struct sein_slice circle,
           const struct sein_thread_id *thread)
{
    struct threads_opening opening = { 0 };
    const struct sein_desk *desk = NULL;
    enum sein_err err = SEIN_OK;

    if (home->dir == NULL)
        return SEIN_ENOTJOINED;
    desk = sein_directory_desk(home->dir, from);
    if (desk == NULL)
        return SEIN_EDESK;
    err = sein_may_route(home->dir, desk, to, circle, sein_clock_ms());
    if (err == SEIN_OK && !sein_letter_opens_thread(kind))
        err = threads_open(home->db, thread, &opening);
    if (err == SEIN_OK)
        err = sein_may_letter(home->dir, kind, from, to, circle, &opening.view);
    threads_close(&opening);
    return err;
}

enum sein_err
outbox_queue(struct sein_home *home, const struct outbox_letter *letter,
             int64_t now_ms, struct sein_letter_id *out_id)
{
    struct letter_row row = {
        .direction = LETTER_SENT,
        .kind = letter->kind,
        .circle = letter->circle,
        .from = letter->from,
        .to = letter->to,
        .source_id = letter->source_id,
        .content = letter->content,
        .created = (uint64_t)now_ms,
        .operation = letter->operation,
        .replaces = letter->replaces,
        .thread = letter->thread,
    };
    enum sein_err err = SEIN_OK;

    sein_letter_id_new(now_ms, &row.letter_id);
    if (sein_letter_opens_thread(letter->kind))
        memcpy(row.thread.bytes, row.letter_id.bytes, sizeof row.thread.bytes);
    letter_set_state(&row, LETTER_QUEUED, now_ms);
    err = letters_insert(home->db, &row);
    if (err == SEIN_OK)
        *out_id = row.letter_id;
    return err;
}

enum sein_err
outbox_queue_receipt(struct sein_home *home, const struct letter_row *about,
                     enum sein_receipt_status status, int64_t now_ms)
{
    struct sein_receipt_content content = {
        .at = (uint64_t)now_ms,
        .letter_id = about->letter_id,
        .status = (uint64_t)status,
    };
    struct outbox_letter letter = {
        .kind = SEIN_LETTER_RECEIPT,
        .circle = about->circle,
        .from = about->to,
        .to = about->from,
        .thread = about->thread,
        .operation = about->operation,
    };
    struct sein_letter_id id;
    uint8_t bytes[CONTENT_BYTES];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    enum sein_err err =
        sein_schema_encode(&sein_receipt_content_schema, &content, &out);

    if (err == SEIN_OK)
        err = sein_writer_done(&out, &letter.content);
    return err == SEIN_OK ? outbox_queue(home, &letter, now_ms, &id) : err;
}

enum sein_err
outbox_remove_sealed(struct localdb *db, int64_t row)
{
    static const char sql[] = "DELETE FROM outgoing WHERE id = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, row);
    return localdb_run(&query);
}

enum sein_err
outbox_is_sealed(struct localdb *db, int64_t row, bool *out_sealed)
{
    static const char sql[] = "SELECT 1 FROM outgoing WHERE id = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, row);
    err = localdb_step(query);
    localdb_end(&query);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    *out_sealed = err == SEIN_OK;
    return SEIN_OK;
}

enum sein_err
outbox_cancel(struct sein_home *home, const struct letter_row *row)
{
    bool sealed = false;
    enum sein_err err = outbox_is_sealed(home->db, row->id, &sealed);

    if (err != SEIN_OK)
        return err;
    return sealed ? SEIN_EBUSY : letters_remove(home->db, row->id);
}

/* What follows in a thread whose opening letter got another id. */
static enum sein_err
move_thread(struct localdb *db, const struct sein_thread_id *from,
            const struct sein_thread_id *to)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_walk_thread(db, from, &walk);

    while (err == SEIN_OK) {
        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        letter.row.thread = *to;
        err = letters_update(db, &letter.row);
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    return err == SEIN_ENOENT ? presences_rebind(db, from, to) : err;
}

enum sein_err
outbox_renew(struct sein_home *home, struct letter_row *row, int64_t now_ms)
{
    static const char action[] = "seal anew";
    struct journal_entry entry = {
        .at_ms = now_ms,
        .operation = row->operation,
        .action = sein_slice_text(action),
        .former_id = row->letter_id,
        .circle = row->circle,
        .from = row->from,
        .to = row->to,
    };
    struct sein_thread_id before = row->thread;
    enum sein_err err = outbox_remove_sealed(home->db, row->id);

    sein_letter_id_new(now_ms, &row->letter_id);
    entry.letter_id = row->letter_id;
    /* Made by a clock that was ahead: nobody would take it from the future. */
    if ((int64_t)row->created > now_ms)
        row->created = (uint64_t)now_ms;
    row->state = LETTER_QUEUED;
    row->wait = 0;
    if (sein_letter_opens_thread(row->kind))
        memcpy(row->thread.bytes, row->letter_id.bytes,
               sizeof row->thread.bytes);
    if (err == SEIN_OK)
        err = letters_update(home->db, row);
    if (err == SEIN_OK && sein_letter_opens_thread(row->kind))
        err = move_thread(home->db, &before, &row->thread);
    if (err == SEIN_OK)
        err = journal_add(home->db, &entry);
    return err;
}
