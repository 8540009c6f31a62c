#include "client/lib/threads.h"

#include <string.h>

#include "proto/blind/letter.h"

/* A pair that is over may still say so. */
static enum sein_err
open_pair(struct localdb *db, const struct sein_thread_id *thread,
          struct threads_opening *out_opening)
{
    struct sein_slice any = { 0 };
    enum sein_err err = pairs_find(db, thread, any, &out_opening->pair);

    if (err == SEIN_OK &&
        (out_opening->pair.meeting.state == MEETING_REVEALED ||
         out_opening->pair.meeting.state == MEETING_PARTED))
        pairs_view(&out_opening->pair, &out_opening->view);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

enum sein_err
threads_open(struct localdb *db, const struct sein_thread_id *thread,
             struct threads_opening *out_opening)
{
    struct threads_opening opening = { 0 };
    struct sein_letter_id id;
    enum sein_err err = SEIN_OK;

    memcpy(id.bytes, thread->bytes, sizeof id.bytes);
    err = letters_find(db, &id, LETTER_EITHER, &opening.letter);
    if (err == SEIN_OK && !sein_letter_opens_thread(opening.letter.row.kind)) {
        letter_free(&opening.letter);
        err = SEIN_ENOENT;
    }
    if (err == SEIN_ENOENT) {
        *out_opening = (struct threads_opening){ 0 };
        return open_pair(db, thread, out_opening);
    }
    if (err != SEIN_OK)
        return err;
    opening.view = (struct sein_thread_view){
        .known = true,
        .opened_with = (enum sein_letter_kind)opening.letter.row.kind,
        .opener = opening.letter.row.from,
        .other = opening.letter.row.to,
        .circle = opening.letter.row.circle,
    };
    *out_opening = opening;
    return SEIN_OK;
}

void
threads_close(struct threads_opening *opening)
{
    letter_free(&opening->letter);
    presence_wipe(&opening->pair.own);
    opening->view = (struct sein_thread_view){ 0 };
}
