#include "client/lib/ending.h"

#include <string.h>

#include "client/lib/outbox.h"
#include "client/lib/presences_want.h"
#include "proto/blind/content/closing.h"
#include "proto/wire/schema.h"

#define ENDING_BYTES (SEIN_TEXT_MAX + 64U)

static bool
is_over(uint64_t state)
{
    return state == LETTER_WITHDRAWING || state == LETTER_WITHDRAWN ||
           state == LETTER_ERASED;
}

/* One letter of ours.  What was never sealed was never sent: it only changes
 * here; for the rest the broker is asked first. */
static enum sein_err
withdraw_one(struct sein_home *home, struct letter_row *row,
             struct sein_slice reason, int64_t now_ms)
{
    bool sealed = false;
    enum sein_err err = SEIN_OK;

    if (row->direction != LETTER_SENT ||
        (row->kind != SEIN_LETTER_SIGNAL &&
         row->kind != SEIN_LETTER_CORRECTION) ||
        is_over(row->state))
        return SEIN_OK;
    if (row->state == LETTER_QUEUED)
        err = outbox_is_sealed(home->db, row->id, &sealed);
    if (err != SEIN_OK)
        return err;
    row->reason = reason;
    if (row->state == LETTER_QUEUED && !sealed) {
        letter_set_state(row, LETTER_WITHDRAWN, now_ms);
        row->content = (struct sein_slice){ 0 };
    } else {
        letter_set_state(row, LETTER_WITHDRAWING, now_ms);
        sein_random_id(row->withdraw.bytes);
    }
    return letters_update(home->db, row);
}

enum sein_err
ending_withdraw_thread(struct sein_home *home,
                       const struct sein_thread_id *thread,
                       struct sein_slice reason, int64_t now_ms)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_walk_thread(home->db, thread, &walk);

    while (err == SEIN_OK) {
        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        err = withdraw_one(home, &letter.row, reason, now_ms);
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    return err == SEIN_ENOENT ? presences_release(home, thread) : err;
}

enum sein_err
ending_close(struct sein_home *home, struct letter_row *row,
             struct sein_slice reason, const struct sein_op_id *operation,
             int64_t now_ms)
{
    struct sein_ending content = { .at = (uint64_t)now_ms,
                                   .letter_id = row->letter_id,
                                   .reason = reason };
    struct outbox_letter letter = {
        .kind = SEIN_LETTER_CLOSING,
        .circle = row->circle,
        .from = row->from,
        .to = row->to,
        .thread = row->thread,
        .operation = *operation,
    };
    struct sein_letter_id id;
    uint8_t bytes[ENDING_BYTES];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    enum sein_err err = SEIN_OK;

    if (is_over(row->state))
        return SEIN_EWITHDRAWN;
    if (letter_has_mark(row, LETTER_CLOSED))
        return SEIN_ECLOSED;
    err = outbox_may(home, letter.kind, row->from, row->to, row->circle,
                     &row->thread);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_ending_schema, &content, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &letter.content);
    if (err == SEIN_OK)
        err = outbox_queue(home, &letter, now_ms, &id);
    if (err != SEIN_OK)
        return err;
    letter_note(row, LETTER_CLOSED, now_ms);
    row->reason = reason;
    err = letters_update(home->db, row);
    return err == SEIN_OK ? presences_release(home, &row->thread) : err;
}
