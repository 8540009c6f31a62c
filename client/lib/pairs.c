#include "client/lib/pairs.h"

#include <string.h>

#include <sodium.h>

#include "client/lib/outbox.h"

enum sein_err
pairs_find(struct localdb *db, const struct sein_thread_id *thread,
           struct sein_slice peer, struct pair *out_pair)
{
    enum sein_err err =
        meetings_find_thread(db, thread, peer, &out_pair->meeting);

    if (err != SEIN_OK)
        return err;
    err = presences_get(db, out_pair->meeting.presence, &out_pair->own);
    /* A meeting goes with its presence. */
    return err == SEIN_ENOENT ? SEIN_ETAMPERED : err;
}

void
pairs_view(const struct pair *pair, struct sein_thread_view *out_view)
{
    *out_view = (struct sein_thread_view){
        .known = true,
        .opened_with = SEIN_LETTER_INTRODUCTION,
        .opener = sein_slice_text(pair->own.desk.text),
        .other = sein_slice_text(pair->meeting.peer.text),
        .circle = sein_slice_text(pair->own.circle.text),
    };
}

void
pairs_psk(const struct presence *own, struct sein_letter_psk *out_psk)
{
    memcpy(out_psk->ki, own->keys.intro_psk, sizeof out_psk->ki);
    memcpy(out_psk->tag, own->keys.tag.bytes, sizeof out_psk->tag);
}

static bool
fits(const struct presence *own, const struct sein_letter_header *header)
{
    struct sein_letter_psk psk;
    bool match = false;

    if (own->epoch == 0 || own->epoch != header->epoch ||
        !sein_slice_is(header->circle, own->circle.text) ||
        !sein_slice_is(header->to, own->desk.text))
        return false;
    pairs_psk(own, &psk);
    match = sein_letter_hint_match(&psk, header);
    sodium_memzero(&psk, sizeof psk);
    return match;
}

enum sein_err
pairs_match(struct localdb *db, const struct sein_letter_header *header,
            struct presence *out_own)
{
    struct presences_walk walk = { 0 };
    enum sein_err err = SEIN_ENOENT;

    if (header->epoch == 0)
        return SEIN_ENOENT; /* nobody has a tag there */
    err = presences_walk_state(db, 0, 0, &walk);
    while (err == SEIN_OK) {
        err = presences_walk_next(&walk, out_own);
        if (err == SEIN_OK && fits(out_own, header))
            break;
    }
    presences_walk_end(&walk);
    if (err != SEIN_OK)
        presence_wipe(out_own);
    return err;
}

enum sein_err
pairs_queue(struct sein_home *home, const struct presence *own,
            const struct meeting *meeting, uint64_t kind,
            const struct sein_schema *schema, const void *content,
            int64_t now_ms, struct sein_letter_id *out_id)
{
    uint8_t bytes[PAIRS_CONTENT_MAX];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct outbox_letter letter = {
        .kind = kind,
        .circle = sein_slice_text(own->circle.text),
        .from = sein_slice_text(own->desk.text),
        .to = sein_slice_text(meeting->peer.text),
        .thread = meeting->thread,
    };
    enum sein_err err = sein_schema_encode(schema, content, &out);

    sein_random_id(letter.operation.bytes);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &letter.content);
    if (err == SEIN_OK)
        err = outbox_queue(home, &letter, now_ms, out_id);
    sodium_memzero(bytes, sizeof bytes);
    return err;
}
