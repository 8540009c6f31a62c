/* What each kind of letter does in the home that it reached. */
#include "client/lib/inbox.h"

#include <string.h>

#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/journal.h"
#include "client/lib/meetings_take.h"
#include "client/lib/outbox.h"
#include "client/lib/pairs.h"
#include "client/lib/regie.h"
#include "proto/blind/content/closing.h"
#include "proto/blind/content/feedback.h"
#include "proto/blind/content/regie.h"
#include "proto/blind/content/signal.h"
#include "proto/wire/msg_event.h"

/* A letter that another one is about, and that must be between the same two
 * desks in the same circle. */
static enum sein_err
find_about(struct client *client, const struct sein_letter_id *id,
           enum letter_direction direction, const struct letter_row *row,
           struct letter *out)
{
    struct letter letter = { 0 };
    struct letter_row *found = &letter.row;
    bool sent = direction == LETTER_SENT;
    enum sein_err err = letters_find(client->home->db, id, direction, &letter);

    if (err == SEIN_ENOENT)
        return SEIN_EPARTY;
    if (err != SEIN_OK)
        return err;
    if (!sein_slice_equal(sent ? found->to : found->from, row->from) ||
        !sein_slice_equal(sent ? found->from : found->to, row->to) ||
        !sein_slice_equal(found->circle, row->circle) ||
        memcmp(found->thread.bytes, row->thread.bytes,
               sizeof row->thread.bytes) != 0) {
        letter_free(&letter);
        return SEIN_EPARTY;
    }
    *out = letter;
    return SEIN_OK;
}

static struct sein_letter_id
opening_id(const struct letter_row *row)
{
    struct sein_letter_id id;

    memcpy(id.bytes, row->thread.bytes, sizeof id.bytes);
    return id;
}

static enum sein_err
write_journal(struct client *client, const struct letter_row *row,
              const char *action, const struct sein_signal *signal,
              int64_t now_ms)
{
    struct journal_entry entry = {
        .at_ms = now_ms,
        .operation = row->operation,
        .action = sein_slice_text(action),
        .letter_id = row->letter_id,
        .circle = row->circle,
        .from = row->from,
        .to = row->to,
    };

    if (signal != NULL)
        journal_handles_of(client->home->db, signal, &entry.handles);
    return journal_add(client->home->db, &entry);
}

/* ---- signals and what corrects them -----------------------------------------
 */

static enum sein_err
mark_replaced(struct client *client, const struct letter_row *row,
              const struct sein_letter_id *replaces, int64_t now_ms)
{
    struct letter letter = { 0 };
    enum sein_err err =
        find_about(client, replaces, LETTER_RECEIVED, row, &letter);

    /* What was withdrawn meanwhile, or never came, is not brought back. */
    if (err != SEIN_OK)
        return err == SEIN_EPARTY ? SEIN_OK : err;
    letter_note(&letter.row, LETTER_REPLACED, now_ms);
    letter.row.replaced_by = row->letter_id;
    err = letters_update(client->home->db, &letter.row);
    letter_free(&letter);
    return err;
}

static enum sein_err
apply_signal(struct client *client, struct letter_row *row, int64_t now_ms)
{
    struct sein_signal signal = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_signal_schema, row->content, &signal);

    if (err != SEIN_OK)
        return err;
    row->source_id = signal.source_id;
    row->replaces = signal.replaces;
    err = letters_insert(client->home->db, row);
    if (err == SEIN_OK && row->kind == SEIN_LETTER_CORRECTION)
        err = mark_replaced(client, row, &signal.replaces, now_ms);
    if (err == SEIN_OK)
        err = write_journal(client, row, "receive", &signal, now_ms);
    return err;
}

/* ---- endings ----------------------------------------------------------------
 */

/* Withdrawn is erased: the contents of the whole thread go, both ways; that
 * there was one stays. */
static enum sein_err
erase_thread(struct client *client, const struct letter_row *row,
             struct sein_slice reason, int64_t now_ms)
{
    struct localdb *db = client->home->db;
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_walk_thread(db, &row->thread, &walk);

    while (err == SEIN_OK) {
        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        if (letter.row.state != LETTER_QUEUED) {
            letter.row.content = (struct sein_slice){ 0 };
            letter.row.source_id = (struct sein_slice){ 0 };
            if (letter.row.direction == LETTER_RECEIVED) {
                letter_note(&letter.row, LETTER_TAKEN_BACK, now_ms);
                letter.row.reason = reason;
            }
            err = letters_update(db, &letter.row);
        }
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    client->scrub = true;
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
apply_withdrawal(struct client *client, struct letter_row *row, int64_t now_ms)
{
    struct sein_ending ending = { 0 };
    struct letter about = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_ending_schema, row->content, &ending);

    if (err == SEIN_OK)
        err =
            find_about(client, &ending.letter_id, LETTER_RECEIVED, row, &about);
    if (err != SEIN_OK)
        return err;
    err = erase_thread(client, row, ending.reason, now_ms);
    if (err == SEIN_OK)
        err = write_journal(client, row, "erase", NULL, now_ms);
    /* The sender is told of its signal, which is what is gone. */
    if (err == SEIN_OK)
        err = outbox_queue_receipt(client->home, &about.row,
                                   SEIN_RECEIPT_ERASED, now_ms);
    letter_free(&about);
    return err;
}

static enum sein_err
apply_closing(struct client *client, struct letter_row *row, int64_t now_ms)
{
    struct sein_ending ending = { 0 };
    struct letter about = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_ending_schema, row->content, &ending);

    if (err == SEIN_OK)
        err =
            find_about(client, &ending.letter_id, LETTER_RECEIVED, row, &about);
    if (err != SEIN_OK)
        return err;
    letter_note(&about.row, LETTER_ENDED, now_ms);
    about.row.reason = ending.reason;
    err = letters_update(client->home->db, &about.row);
    if (err == SEIN_OK)
        err = write_journal(client, row, "closed by the sender", NULL, now_ms);
    letter_free(&about);
    return err;
}

/* ---- answers ----------------------------------------------------------------
 */

/* An answer is kept, and the letter that opened the thread says so. */
static enum sein_err
apply_answer(struct client *client, struct letter_row *row,
             struct sein_slice outcome, int64_t now_ms)
{
    struct sein_letter_id id = opening_id(row);
    struct letter about = { 0 };
    enum sein_err err = letters_insert(client->home->db, row);

    if (err == SEIN_OK)
        err = write_journal(client, row, "receive answer", NULL, now_ms);
    if (err == SEIN_OK)
        err = find_about(client, &id, LETTER_SENT, row, &about);
    if (err == SEIN_EPARTY)
        return SEIN_OK; /* a message of who opened it: nothing of ours */
    if (err != SEIN_OK)
        return err;
    letter_note(&about.row, LETTER_ANSWERED, now_ms);
    if (outcome.len > 0)
        about.row.outcome = outcome;
    err = letters_update(client->home->db, &about.row);
    letter_free(&about);
    return err;
}

static enum sein_err
apply_feedback(struct client *client, struct letter_row *row, int64_t now_ms)
{
    struct sein_feedback feedback = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_feedback_schema, row->content, &feedback);

    return err == SEIN_OK ? apply_answer(client, row, feedback.outcome, now_ms)
                          : err;
}

static enum sein_err
apply_receipt(struct client *client, struct letter_row *row, int64_t now_ms)
{
    static const enum letter_state states[] = {
        [SEIN_RECEIPT_RECEIVED] = LETTER_DELIVERED,
        [SEIN_RECEIPT_READ] = LETTER_READ,
        [SEIN_RECEIPT_ERASED] = LETTER_ERASED,
    };
    struct sein_receipt_content receipt = { 0 };
    struct letter about = { 0 };
    enum sein_err err = sein_schema_decode_all(&sein_receipt_content_schema,
                                               row->content, &receipt);

    if (err == SEIN_OK)
        err = find_about(client, &receipt.letter_id, LETTER_SENT, row, &about);
    if (err != SEIN_OK)
        return err;
    letter_note(&about.row, states[receipt.status], now_ms);
    err = letters_update(client->home->db, &about.row);
    if (err == SEIN_OK)
        client_tell(client, docs_state(&about.row));
    letter_free(&about);
    return err;
}

/* ---- who was introduced -----------------------------------------------------
 */

static enum sein_err
keep_letter(struct client *client, struct letter_row *row, const char *action,
            int64_t now_ms)
{
    enum sein_err err = letters_insert(client->home->db, row);

    return err == SEIN_OK ? write_journal(client, row, action, NULL, now_ms)
                          : err;
}

static enum sein_err
apply_introduction(struct client *client, struct letter_row *row,
                   int64_t now_ms)
{
    struct pair pair = { 0 };
    enum sein_err err =
        pairs_find(client->home->db, &row->thread, row->from, &pair);

    if (err == SEIN_OK)
        err = meetings_take_introduction(client, &pair.meeting, &pair.own, row,
                                         now_ms);
    presence_wipe(&pair.own);
    return err == SEIN_OK
               ? keep_letter(client, row, "receive introduction", now_ms)
               : err;
}

/* What is said of the regie is kept apart; a proposal is a letter to read. */
static enum sein_err
apply_regie(struct client *client, struct letter_row *row, int64_t now_ms)
{
    struct pair pair = { 0 };
    struct sein_regie_content content = { 0 };
    enum sein_err err = sein_schema_decode_all(&sein_regie_content_schema,
                                               row->content, &content);

    if (err == SEIN_OK)
        err = pairs_find(client->home->db, &row->thread, row->from, &pair);
    if (err == SEIN_OK && content.propose.len == 0)
        err = regie_take(client, &pair.own, row->from, &content, now_ms);
    presence_wipe(&pair.own);
    if (err != SEIN_OK)
        return err;
    return content.propose.len > 0
               ? keep_letter(client, row, "receive regie", now_ms)
               : write_journal(client, row, "receive regie", NULL, now_ms);
}

/* The other side says that it is another household: that ends it here too. */
static enum sein_err
apply_parting(struct client *client, struct letter_row *row, int64_t now_ms)
{
    struct pair pair = { 0 };
    enum sein_err err =
        pairs_find(client->home->db, &row->thread, row->from, &pair);

    if (err == SEIN_OK) {
        pair.meeting.state = MEETING_PARTED;
        pair.meeting.ended_at = (uint64_t)now_ms;
        err = meetings_update(client->home->db, &pair.meeting);
    }
    if (err == SEIN_OK)
        err = meetings_part(client->home->db, &pair.own, row->from, now_ms);
    presence_wipe(&pair.own);
    return err == SEIN_OK ? keep_letter(client, row, "receive parting", now_ms)
                          : err;
}

enum sein_err
inbox_apply(struct client *client, struct letter_row *row, int64_t now_ms)
{
    enum sein_err err = SEIN_OK;

    switch (row->kind) {
    case SEIN_LETTER_SIGNAL:
    case SEIN_LETTER_CORRECTION:
    case SEIN_LETTER_REFERRAL:
        err = apply_signal(client, row, now_ms);
        break;
    case SEIN_LETTER_WITHDRAWAL:
        /* Its receipt says erased, about the signal. */
        return apply_withdrawal(client, row, now_ms);
    case SEIN_LETTER_CLOSING:
        err = apply_closing(client, row, now_ms);
        break;
    case SEIN_LETTER_FEEDBACK:
        err = apply_feedback(client, row, now_ms);
        break;
    case SEIN_LETTER_MESSAGE:
        err = apply_answer(client, row, (struct sein_slice){ 0 }, now_ms);
        break;
    case SEIN_LETTER_RECEIPT:
        /* Never answered by another. */
        return apply_receipt(client, row, now_ms);
    case SEIN_LETTER_INTRODUCTION:
        err = apply_introduction(client, row, now_ms);
        break;
    case SEIN_LETTER_REGIE:
        err = apply_regie(client, row, now_ms);
        break;
    case SEIN_LETTER_PARTING:
        err = apply_parting(client, row, now_ms);
        break;
    case SEIN_LETTER_INVITATION:
    case SEIN_LETTER_CONSULT:
    case SEIN_LETTER_CEREMONY:
        err = keep_letter(client, row, "receive", now_ms);
        break;
    default:
        return SEIN_EINTERNAL; /* the caller keeps these */
    }
    if (err == SEIN_OK)
        err = outbox_queue_receipt(client->home, row, SEIN_RECEIPT_RECEIVED,
                                   now_ms);
    return err;
}

/* ---- events of the broker ---------------------------------------------------
 */

static enum sein_err
note_event(struct client *client, const struct sein_event *event,
           int64_t now_ms)
{
    struct letter letter = { 0 };
    struct localdb *db = client->home->db;
    enum sein_err err =
        letters_find(db, &event->letter_id, LETTER_SENT, &letter);

    if (err != SEIN_OK)
        return err == SEIN_ENOENT ? SEIN_OK : err; /* of a receipt letter */
    if (event->type == SEIN_EVENT_REFUSED) {
        letter.row.code = (uint64_t)sein_err_from_wire(event->code);
        letter_note(&letter.row, LETTER_REFUSED, now_ms);
    } else {
        letter_note(&letter.row, LETTER_NOT_COLLECTED, now_ms);
    }
    err = letters_update(db, &letter.row);
    if (err == SEIN_OK)
        client_tell(client, docs_state(&letter.row));
    letter_free(&letter);
    return err;
}

enum sein_err
inbox_take_event(struct client *client, struct sein_slice bytes, int64_t now_ms)
{
    struct sein_event event = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_event_schema, bytes, &event);

    if (err != SEIN_OK)
        return err;
    switch (event.type) {
    case SEIN_EVENT_NOT_COLLECTED:
    case SEIN_EVENT_REFUSED:
        return note_event(client, &event, now_ms);
    case SEIN_EVENT_DESK_UNREAD:
        client_tell(client, docs_unread_event(&event));
        return SEIN_OK;
    default:
        return SEIN_OK; /* of a newer broker: acknowledged, nothing to do */
    }
}
