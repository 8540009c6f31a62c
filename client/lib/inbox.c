#include "client/lib/inbox.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/alarms.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/meetings_take.h"
#include "client/lib/threads.h"
#include "proto/blind/content/content.h"
#include "proto/blind/hpke.h"
#include "proto/blind/letter_verify.h"
#include "proto/trust/identity.h"
#include "proto/wire/msg_letter.h"
#include "proto/wire/pack.h"

#define SEEN_HASH_BYTES 16U

/* What a letter is refused with; everything else is our own trouble. */
static bool
is_refusal(enum sein_err err)
{
    return err != SEIN_OK && !localdb_is_trouble(err) &&
           err != SEIN_EDIRNEWER && err != SEIN_EINTERNAL;
}

/* ---- seen -------------------------------------------------------------------
 */

/* SEIN_OK: seen, out_status is what it was answered with.  SEIN_ENOENT: not. */
static enum sein_err
find_seen(struct localdb *db, const struct sein_letter_id *id,
          struct sein_slice letter, enum sein_err *out_status)
{
    static const char sql[] =
        "SELECT status, hash FROM seen WHERE letter_id = ?1";
    struct localdb_query *query = NULL;
    struct sein_hash hash;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1, sein_slice_of(id->bytes, sizeof id->bytes));
    err = localdb_step(query);
    if (err == SEIN_OK) {
        sein_hash_of(letter, &hash);
        *out_status =
            sein_slice_equal(localdb_get_bytes(query, 1),
                             sein_slice_of(hash.bytes, SEEN_HASH_BYTES))
                ? sein_err_from_wire((uint64_t)localdb_get_int(query, 0))
                : SEIN_EREPLAY;
    }
    localdb_end(&query);
    return err;
}

static enum sein_err
store_seen(struct localdb *db, const struct sein_letter_header *header,
           struct sein_slice letter, enum sein_err status)
{
    static const char sql[] =
        "INSERT INTO seen (letter_id, until, status, hash)"
        " VALUES (?1, ?2, ?3, ?4)";
    struct localdb_query *query = NULL;
    struct sein_hash hash;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    sein_hash_of(letter, &hash);
    localdb_set_bytes(query, 1,
                      sein_slice_of(header->letter_id.bytes, SEIN_ID_BYTES));
    localdb_set_int(query, 2, (int64_t)header->expires + SEIN_LETTER_GRACE_MS);
    localdb_set_int(query, 3, (int64_t)status);
    localdb_set_bytes(query, 4, sein_slice_of(hash.bytes, SEEN_HASH_BYTES));
    return localdb_run(&query);
}

/* After its end a letter is refused anyway. */
static enum sein_err
forget_seen(struct localdb *db, int64_t now_ms)
{
    static const char sql[] = "DELETE FROM seen WHERE until <= ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, now_ms);
    return localdb_run(&query);
}

/* ---- one letter -------------------------------------------------------------
 */

/* What is known of a letter on its way in. */
struct arrival {
    struct sein_slice desk;
    struct sein_slice letter;
    int64_t accepted_at;
    struct sein_letter_view view;
    struct sein_opened_letter opened;
    enum sein_letter_standing standing;
    bool paired;         /* it was sealed with the key of a household */
    struct presence own; /* and then that presence of ours */
    uint8_t *scratch;    /* SEIN_LETTER_BUCKET_MAX */
};

/* Its hint says whether a household of ours has the key to it. */
static enum sein_err
find_household(struct client *client, struct arrival *arrival,
               struct sein_letter_psk *out_psk)
{
    enum sein_err err =
        pairs_match(client->home->db, &arrival->view.header, &arrival->own);

    arrival->paired = err == SEIN_OK;
    if (arrival->paired)
        pairs_psk(&arrival->own, out_psk);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
open_letter(struct client *client, struct arrival *arrival, int64_t now_ms)
{
    struct sein_home *home = client->home;
    struct sein_hpke_pair pair = { 0 };
    struct sein_letter_psk psk = { 0 };
    enum sein_err err =
        prekeys_secret(home, &arrival->view.header.to_prekey_id, &pair);

    if (err == SEIN_ENOENT)
        return SEIN_EOPEN;
    if (err == SEIN_OK)
        err = find_household(client, arrival, &psk);
    if (err == SEIN_OK)
        err = sein_letter_open(arrival->letter, &pair,
                               arrival->paired ? &psk : NULL, arrival->scratch,
                               SEIN_LETTER_BUCKET_MAX, &arrival->opened);
    sodium_memzero(&pair, sizeof pair);
    sodium_memzero(&psk, sizeof psk);
    if (err == SEIN_OK)
        err = sein_letter_verify(home->dir, &arrival->opened, arrival->desk,
                                 arrival->accepted_at, now_ms,
                                 &arrival->standing);
    if (err == SEIN_EDIRNEWER)
        client_saw_version(client, arrival->opened.body.dir_version);
    return err;
}

/* Whether somebody who was not revealed yet may be about to be. */
static enum sein_err
awaits_reveal(struct localdb *db, const struct presence *own)
{
    struct meetings_walk walk = { 0 };
    struct meeting meeting = { 0 };
    enum sein_err err = meetings_walk_presence(db, own->id, &walk);

    while (err == SEIN_OK) {
        err = meetings_walk_next(&walk, &meeting);
        if (err == SEIN_OK && (meeting.state == MEETING_ACCEPTING ||
                               meeting.state == MEETING_ACCEPTED))
            break;
    }
    meetings_walk_end(&walk);
    if (err == SEIN_OK)
        return SEIN_EDIRNEWER; /* it waits, like what waits for a directory */
    return err == SEIN_ENOENT ? SEIN_EPARTY : err;
}

/* The pair that a letter sealed with a household's key is of: only who was
 * revealed under that very presence, and only while it lasts. */
static enum sein_err
find_pair(struct localdb *db, const struct arrival *arrival,
          struct threads_opening *out_opening)
{
    const struct sein_letter_body *body = &arrival->opened.body;
    struct pair *pair = &out_opening->pair;
    enum sein_err err = pairs_find(db, &body->thread, body->from, pair);

    if (err == SEIN_ENOENT)
        return awaits_reveal(db, &arrival->own);
    if (err != SEIN_OK)
        return err;
    if (pair->own.id != arrival->own.id ||
        (pair->meeting.state != MEETING_REVEALED &&
         body->kind != SEIN_LETTER_RECEIPT &&
         body->kind != SEIN_LETTER_PARTING))
        return SEIN_EPARTY;
    pairs_view(pair, &out_opening->view);
    return SEIN_OK;
}

static enum sein_err
judge(struct client *client, const struct arrival *arrival)
{
    struct sein_home *home = client->home;
    const struct sein_letter_body *body = &arrival->opened.body;
    const struct sein_letter_header *header = &arrival->opened.view.header;
    struct threads_opening opening = { 0 };
    enum sein_err err = SEIN_OK;

    if (arrival->paired)
        err = find_pair(home->db, arrival, &opening);
    else if (!sein_letter_opens_thread(body->kind))
        err = threads_open(home->db, &body->thread, &opening);
    if (err == SEIN_OK)
        err = sein_may_letter(home->dir, body->kind, body->from, header->to,
                              header->circle, &opening.view);
    if (err == SEIN_OK &&
        sein_letter_paired(body->kind, &opening.view) != arrival->paired)
        err = SEIN_EPARTY;
    if (err == SEIN_OK)
        err = sein_content_check(body->kind, body->content);
    threads_close(&opening);
    return err;
}

static void
fill_row(const struct arrival *arrival, int64_t now_ms, struct letter_row *out)
{
    const struct sein_letter_body *body = &arrival->opened.body;
    const struct sein_letter_header *header = &arrival->opened.view.header;

    *out = (struct letter_row){
        .letter_id = header->letter_id,
        .thread = body->thread,
        .direction = LETTER_RECEIVED,
        .kind = body->kind,
        .circle = header->circle,
        .from = body->from,
        .to = header->to,
        .content = body->content,
        .created = body->created,
        .at = (uint64_t)now_ms,
        .quarantine = arrival->standing == SEIN_LETTER_QUARANTINE,
    };
    sein_random_id(out->operation.bytes);
    letter_set_state(out, LETTER_NEW, now_ms);
}

/* Kept, without any effect: quarantine, and kinds of a newer version. */
static enum sein_err
keep_only(struct client *client, struct letter_row *row)
{
    return letters_insert(client->home->db, row);
}

static enum sein_err
take_opened(struct client *client, const struct arrival *arrival,
            int64_t now_ms)
{
    struct letter_row row;
    enum sein_err err = judge(client, arrival);

    if (err != SEIN_OK && err != SEIN_EKIND)
        return err;
    fill_row(arrival, now_ms, &row);
    if (row.quarantine || err == SEIN_EKIND)
        err = keep_only(client, &row);
    else
        err = inbox_apply(client, &row, now_ms);
    if (err == SEIN_OK)
        client_tell(client, docs_received(&row));
    return err;
}

/* The letter's answer: SEIN_OK saved, a refusal, SEIN_EDIRNEWER not yet, or
 * our own trouble. */
static enum sein_err
take_letter(struct client *client, struct arrival *arrival, int64_t now_ms)
{
    struct localdb *db = client->home->db;
    enum sein_err status = SEIN_OK;
    enum sein_err err = sein_letter_split(arrival->letter, &arrival->view);

    /* Without a header there is no id to remember it by. */
    if (err != SEIN_OK)
        return err;
    err = find_seen(db, &arrival->view.header.letter_id, arrival->letter,
                    &status);
    if (err == SEIN_OK)
        return status;
    if (err != SEIN_ENOENT)
        return err;
    err = open_letter(client, arrival, now_ms);
    if (err == SEIN_OK)
        err = take_opened(client, arrival, now_ms);
    if (err == SEIN_EDIRROLLBACK)
        status =
            client_alarm(client, err, "letter", arrival->view.header_bytes);
    if (status != SEIN_OK)
        return status;
    if (err == SEIN_OK || is_refusal(err)) {
        status = store_seen(db, &arrival->view.header, arrival->letter, err);
        if (status != SEIN_OK)
            return status;
        if (err != SEIN_OK)
            client_tell(client, docs_letter_refused(
                                    &arrival->view.header.letter_id, err));
    }
    return err;
}

/* ---- a frame of them --------------------------------------------------------
 */

static enum sein_err
hold(struct client *client, const struct sein_deliver_item *item)
{
    struct client_held *held = malloc(sizeof *held + (size_t)item->item.len);
    struct client_held **end = &client->held;

    if (held == NULL)
        return SEIN_ENOMEM;
    *held = (struct client_held){ .seq = item->seq,
                                  .accepted_at = item->accepted_at,
                                  .type = item->type,
                                  .len = item->item.len };
    memcpy(held->bytes, item->item.at, item->item.len);
    /* At the end: a later one may build on it. */
    while (*end != NULL)
        end = &(*end)->next;
    *end = held;
    return sein_slice_copy_text(item->desk, held->desk.text,
                                sizeof held->desk.text);
}

static enum sein_err
take_item(struct client *client, const struct sein_deliver_item *item,
          uint8_t *scratch, int64_t now_ms, enum sein_err *out_status)
{
    struct arrival arrival = {
        .desk = item->desk,
        .letter = item->item,
        .accepted_at =
            item->accepted_at > INT64_MAX ? 0 : (int64_t)item->accepted_at,
        .scratch = scratch,
    };
    enum sein_err err = SEIN_OK;

    if (!home_owns_desk(client->home, item->desk))
        err = SEIN_EDESK;
    else if (item->type == SEIN_ITEM_EVENT)
        err = inbox_take_event(client, item->item, now_ms);
    else if (item->type == SEIN_ITEM_MATCH)
        err = meetings_take(client, item->desk, item->item, now_ms);
    else if (item->type != SEIN_ITEM_LETTER)
        err = SEIN_ENOTSUP;
    else
        err = take_letter(client, &arrival, now_ms);
    sodium_memzero(scratch, SEIN_LETTER_BUCKET_MAX);
    presence_wipe(&arrival.own);
    if (err == SEIN_OK || is_refusal(err)) {
        *out_status = err;
        return SEIN_OK;
    }
    return err;
}

static enum sein_err
write_ack(struct sein_writer *out, const struct sein_deliver_item *item,
          enum sein_err status)
{
    struct sein_ack_item ack = { .seq = item->seq,
                                 .desk = item->desk,
                                 .status = (uint64_t)status };

    return sein_schema_encode(&sein_ack_item_schema, &ack, out);
}

#define ACKS_BYTES (SEIN_ITEMS_MAX * (SEIN_DESK_MAX + 24U))

/* All items into the home; acks gets what is to be answered. */
static enum sein_err
take_items(struct client *client, struct sein_slice body,
           struct sein_writer *acks, size_t *out_count)
{
    struct sein_items items = { 0 };
    struct sein_deliver_item item = { 0 };
    int64_t now_ms = sein_clock_ms();
    uint8_t *scratch = malloc(SEIN_LETTER_BUCKET_MAX);
    enum sein_err err = sein_items_begin(body, SEIN_ITEMS_MAX, &items);

    if (scratch == NULL)
        return SEIN_ENOMEM;
    while (err == SEIN_OK) {
        enum sein_err status = SEIN_OK;

        err = sein_items_next(&items, &sein_deliver_item_schema, &item, NULL);
        if (err != SEIN_OK)
            break;
        err = take_item(client, &item, scratch, now_ms, &status);
        if (err == SEIN_OK) {
            err = write_ack(acks, &item, status);
            (*out_count)++;
        } else if (err == SEIN_EDIRNEWER) {
            err = hold(client, &item);
        }
    }
    free(scratch);
    if (err == SEIN_ENOENT)
        err = forget_seen(client->home->db, now_ms);
    return err;
}

static void
send_acks(struct client *client, struct sein_slice acks, size_t count)
{
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);

    sein_frame_begin(&out, SEIN_KIND_ACK, 0);
    sein_pack_array(&out, count);
    sein_write_slice(&out, acks);
    client_send(client, sein_slice_of(out.at, out.len), NULL);
}

enum sein_err
inbox_take(struct client *client, struct sein_slice body)
{
    uint8_t buffer[ACKS_BYTES];
    struct sein_writer acks = sein_writer_of(buffer, sizeof buffer);
    size_t count = 0;
    enum sein_err err = localdb_begin(client->home->db);

    if (err != SEIN_OK)
        return err;
    client_tell_later(client);
    err = take_items(client, body, &acks, &count);
    if (err == SEIN_OK)
        err = localdb_commit(client->home->db);
    localdb_rollback(client->home->db); /* no-op when committed */
    client_tell_now(client, err == SEIN_OK);
    /* The broker forgets what is acknowledged, so that comes after. */
    if (err == SEIN_OK && count > 0)
        send_acks(client, sein_slice_of(acks.at, acks.len), count);
    if (err == SEIN_OK && client->retry_held) {
        client->retry_held = false;
        err = inbox_retry_held(client);
    }
    return err;
}

enum sein_err
inbox_retry_held(struct client *client)
{
    struct client_held *held = client->held;
    uint8_t *frame = malloc(SEIN_LETTER_MAX + SEIN_DESK_MAX + 64U);
    enum sein_err err = frame == NULL ? SEIN_ENOMEM : SEIN_OK;

    client->held = NULL;
    while (held != NULL) {
        struct client_held *next = held->next;
        struct sein_writer out =
            sein_writer_of(frame, SEIN_LETTER_MAX + SEIN_DESK_MAX + 64U);
        struct sein_deliver_item item = {
            .seq = held->seq,
            .desk = sein_slice_text(held->desk.text),
            .accepted_at = held->accepted_at,
            .type = held->type,
            .item = sein_slice_of(held->bytes, held->len),
        };

        if (err == SEIN_OK) {
            sein_pack_array(&out, 1);
            err = sein_schema_encode(&sein_deliver_item_schema, &item, &out);
        }
        if (err == SEIN_OK)
            err = inbox_take(client, sein_slice_of(out.at, out.len));
        free(held);
        held = next;
    }
    free(frame);
    return err;
}
