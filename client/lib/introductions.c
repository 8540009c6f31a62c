#include "client/lib/introductions.h"

#include <string.h>

#include <sodium.h>

#include "client/lib/letters.h"
#include "client/lib/pairs.h"
#include "client/lib/regie.h"
#include "proto/blind/content/introduction.h"
#include "proto/blind/content/parting.h"
#include "proto/blind/content/signal.h"

/* The contact that a signal of ours names, if it is one. */
static void
note_contact(const struct letter_row *row,
             char out[static SEIN_CONTACT_MAX + 1])
{
    struct sein_signal signal = { 0 };

    if (row->direction != LETTER_SENT ||
        (row->kind != SEIN_LETTER_SIGNAL &&
         row->kind != SEIN_LETTER_CORRECTION) ||
        sein_schema_decode_all(&sein_signal_schema, row->content, &signal) !=
            SEIN_OK ||
        signal.contact.len == 0)
        return;
    if (sein_slice_copy_text(signal.contact, out, SEIN_CONTACT_MAX + 1) !=
        SEIN_OK)
        out[0] = '\0'; /* the schema's bound is ours */
}

static enum sein_err
contact_of_thread(struct localdb *db, const struct sein_thread_id *thread,
                  char out[static SEIN_CONTACT_MAX + 1])
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_walk_thread(db, thread, &walk);

    while (err == SEIN_OK) {
        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        note_contact(&letter.row, out);
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* Of a signal of ours that the presence is for, the newest of its thread. */
static enum sein_err
find_contact(struct localdb *db, const struct presence *own,
             char out[static SEIN_CONTACT_MAX + 1])
{
    struct sein_thread_id thread;
    enum sein_err err = SEIN_OK;

    out[0] = '\0';
    for (int64_t i = 0; err == SEIN_OK && out[0] == '\0'; i++) {
        err = presences_thread_at(db, own->id, i, &thread);
        if (err == SEIN_OK)
            err = contact_of_thread(db, &thread, out);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* ---- letters of a pair ------------------------------------------------------
 */

enum sein_err
introductions_send(struct sein_home *home, const struct presence *own,
                   struct meeting *meeting, int64_t now_ms)
{
    char contact[SEIN_CONTACT_MAX + 1];
    struct sein_introduction content = {
        .at = (uint64_t)now_ms,
        .deposit = presence_deposit(own),
    };
    uint8_t chain[REGIE_CHAIN_BYTES];
    bool introduced = false;
    enum sein_err err = meetings_introduced(home->db, meeting, &introduced);

    if (err != SEIN_OK)
        return err;
    if (introduced)
        return regie_tell_peer(home, own, meeting, now_ms);
    err = find_contact(home->db, own, contact);
    content.contact = sein_slice_text(contact);
    if (err == SEIN_OK)
        err = regie_chain(home, own, now_ms, chain, &content.regie);
    if (err == SEIN_OK)
        err = pairs_queue(home, own, meeting, SEIN_LETTER_INTRODUCTION,
                          &sein_introduction_schema, &content, now_ms,
                          &meeting->intro_out);
    return err == SEIN_OK ? meetings_update(home->db, meeting) : err;
}

enum sein_err
introductions_part(struct sein_home *home, const struct presence *own,
                   struct meeting *meeting, int64_t now_ms)
{
    struct sein_parting content = {
        .at = (uint64_t)now_ms,
        .reason = sein_slice_text(SEIN_PARTING_NOT_SAME),
    };
    struct sein_letter_id id;
    enum sein_err err =
        pairs_queue(home, own, meeting, SEIN_LETTER_PARTING,
                    &sein_parting_schema, &content, now_ms, &id);

    meeting->state = MEETING_PARTED;
    meeting->ended_at = (uint64_t)now_ms;
    if (err == SEIN_OK)
        err = meetings_update(home->db, meeting);
    return err == SEIN_OK
               ? meetings_part(home->db, own,
                               sein_slice_text(meeting->peer.text), now_ms)
               : err;
}
