/* What can go is sealed, stored and sent. */
#include "client/lib/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "client/lib/clock.h"
#include "client/lib/pairs.h"
#include "client/lib/seal.h"
#include "proto/trust/identity.h"
#include "proto/wire/msg_letter.h"
#include "proto/wire/pack.h"

/* A put of up to 64 letters of the smallest size; what is larger goes in more
 * frames.  The rest of the frame is its head. */
#define PUT_BYTES_MAX (200U * 1024U)
#define SEAL_BATCH 256U
/* Requests that letters may take; the others are for what cannot wait. */
#define PUTS_MAX (CLIENT_REQUESTS_MAX - 12U)
#define ITEM_BYTES_MAX (SEIN_LETTER_MAX + SEIN_DESK_MAX + 16U)

/* ---- sealing ----------------------------------------------------------------
 */

/* The letters of one batch, their jobs, and what holds their views. */
struct batch {
    struct letter letters[SEAL_BATCH];
    struct seal_job jobs[SEAL_BATCH];
    size_t count;
    int64_t asked; /* the first row whose desk is being asked for, or 0 */
};

static void
free_batch(struct batch *batch)
{
    if (batch == NULL)
        return;
    seal_free(batch->jobs, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        letter_free(&batch->letters[i]);
    free(batch);
}

/* Whether a letter may be sealed now; else the reason why it waits. */
static enum sein_err
judge(struct client *client, const struct letter_row *row, int64_t now_ms)
{
    struct sein_home *home = client->home;
    const struct keystore_pair *pair = home_key(home, now_ms, NULL);
    enum sein_err err = sein_may(home->dir, &pair->public_key.key_id,
                                 SEIN_MAY_PUT, row->from, now_ms, NULL, NULL);

    if (err == SEIN_OK)
        err = outbox_may(home, row->kind, row->from, row->to, row->circle,
                         &row->thread);
    return err;
}

/* What stands around a letter's content: the epoch that it is of, and, between
 * two who were introduced, the key of the household. */
static enum sein_err
fill_scope(struct sein_home *home, const struct letter_row *row, int64_t now_ms,
           struct seal_job *job)
{
    const struct sein_circle *circle =
        sein_directory_circle(home->dir, row->circle);
    struct sein_dir_epoch epoch = { 0 };
    struct pair pair = { 0 };
    enum sein_err err = SEIN_ENOENT;

    if (!sein_letter_opens_thread(row->kind))
        err = pairs_find(home->db, &row->thread, row->to, &pair);
    if (err == SEIN_OK) {
        job->paired = true;
        job->draft.epoch = (uint32_t)pair.own.epoch;
        pairs_psk(&pair.own, &job->psk);
    } else if (err == SEIN_ENOENT) {
        if (circle != NULL && sein_circle_epoch_now(circle, now_ms, &epoch))
            job->draft.epoch = (uint32_t)epoch.epoch;
        err = SEIN_OK;
    }
    presence_wipe(&pair.own);
    return err;
}

static enum sein_err
fill_job(struct client *client, const struct letter_row *row,
         const struct prekeys_peer *peer, int64_t now_ms, struct seal_job *out)
{
    struct sein_home *home = client->home;
    const struct keystore_pair *pair = home_key(home, now_ms, NULL);
    enum sein_err err = SEIN_OK;

    *out = (struct seal_job){
        .draft = {
            .circle = row->circle,
            .letter_id = row->letter_id,
            .from = row->from,
            .to = row->to,
            .to_prekey_id = peer->id,
            .key_id = pair->public_key.key_id,
            .created = (int64_t)row->created,
            .kind = row->kind,
            .thread = row->thread,
            .dir_version = sein_directory_version(home->dir),
            .dir_hash = *sein_directory_hash(home->dir),
            .content = row->content,
        },
        .secret = pair->sign_secret,
    };
    memcpy(out->prekey, peer->pk, sizeof out->prekey);
    err = fill_scope(home, row, now_ms, out);
    return err == SEIN_OK
               ? sein_letter_expiry(&row->letter_id, SEIN_LETTER_LIFE_MS,
                                    &out->draft.expires)
               : err;
}

/* A wait is an outcome of a row, not of the pump. */
static bool
is_wait(enum sein_err err)
{
    return !localdb_is_trouble(err);
}

static enum sein_err
set_wait(struct client *client, const struct letter_row *row,
         enum sein_err reason)
{
    if (row->wait == (uint64_t)reason)
        return SEIN_OK;
    return letters_set_wait(client->home->db, row->id, reason);
}

/* A receipt that could never be sent is of no use after a letter's life. */
static bool
is_stale_receipt(const struct letter_row *row, int64_t now_ms)
{
    return row->kind == SEIN_LETTER_RECEIPT &&
           (int64_t)row->created + SEIN_LETTER_LIFE_MS < now_ms;
}

/* One letter into the batch, or its reason to wait into its row. */
static enum sein_err
add_to_batch(struct client *client, struct batch *batch, struct letter *letter,
             int64_t now_ms)
{
    struct letter_row *row = &letter->row;
    const struct prekeys_peer *peer = NULL;
    enum sein_err err = SEIN_OK;

    if (is_stale_receipt(row, now_ms)) {
        err = letters_remove(client->home->db, row->id);
        letter_free(letter);
        return err;
    }
    /* What waited longer than a letter lives begins anew. */
    if (sein_letter_id_time(&row->letter_id) + SEIN_LETTER_LIFE_MS <= now_ms)
        err = outbox_renew(client->home, row, now_ms);
    if (err == SEIN_OK)
        err = judge(client, row, now_ms);
    if (err == SEIN_OK) {
        peer = client_peer(client, row->to);
        if (peer == NULL) {
            /* Asked for now; the answer begins the walk again from here. */
            if (batch->asked == 0)
                batch->asked = row->id;
            letter_free(letter);
            return SEIN_OK;
        }
        err = peer->err;
    }
    if (err == SEIN_OK)
        err = fill_job(client, row, peer, now_ms, &batch->jobs[batch->count]);
    if (err == SEIN_OK) {
        batch->letters[batch->count++] = *letter;
        *letter = (struct letter){ 0 };
        return SEIN_OK;
    }
    if (is_wait(err))
        err = set_wait(client, row, err);
    letter_free(letter);
    return err;
}

static enum sein_err
store_sealed(struct localdb *db, const struct letter_row *row,
             const struct seal_job *job)
{
    static const char sql[] =
        "INSERT INTO outgoing (id, letter_id, sealed) VALUES (?1, ?2, ?3)";
    struct localdb_query *query = NULL;
    struct sein_slice id =
        sein_slice_of(row->letter_id.bytes, sizeof row->letter_id.bytes);
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, row->id);
    localdb_set_bytes(query, 2, id);
    localdb_set_sealed(query, 3, "outgoing", id,
                       sein_slice_of(job->item, job->item_len));
    return localdb_run(&query);
}

static enum sein_err
store_batch(struct client *client, struct batch *batch)
{
    struct localdb *db = client->home->db;
    enum sein_err err = SEIN_OK;

    seal_all(batch->jobs, batch->count);
    for (size_t i = 0; i < batch->count && err == SEIN_OK; i++) {
        struct letter_row *row = &batch->letters[i].row;

        err = batch->jobs[i].err;
        if (err == SEIN_OK)
            err = store_sealed(db, row, &batch->jobs[i]);
        else if (is_wait(err))
            err = set_wait(client, row, err);
        if (err == SEIN_OK && row->wait != 0 && batch->jobs[i].err == SEIN_OK)
            err = letters_set_wait(db, row->id, SEIN_OK);
        if (err == SEIN_OK && batch->jobs[i].err == SEIN_OK &&
            row->id <= client->outgoing_after)
            client->outgoing_after = row->id - 1;
    }
    return err;
}

static enum sein_err
fill_batch(struct client *client, struct batch *batch, int64_t now_ms)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_walk_begin(client->home->db, LETTERS_UNSEALED,
                                           client->sealing_after, &walk);

    for (size_t seen = 0; err == SEIN_OK && batch->count < SEAL_BATCH &&
                          (batch->asked == 0 || seen < SEAL_BATCH);
         seen++) {
        err = letters_walk_next(&walk, &letter);
        if (err == SEIN_OK) {
            client->sealing_after = letter.row.id;
            err = add_to_batch(client, batch, &letter, now_ms);
        }
    }
    letters_walk_end(&walk);
    if (batch->asked != 0)
        client->sealing_after = batch->asked - 1;
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* Seal the next rows that have no sealed bytes. */
static enum sein_err
seal_some(struct client *client, int64_t now_ms, size_t *out_count)
{
    struct batch *batch = calloc(1, sizeof *batch);
    enum sein_err err = SEIN_OK;

    if (batch == NULL)
        return SEIN_ENOMEM;
    err = localdb_begin(client->home->db);
    if (err == SEIN_OK)
        err = fill_batch(client, batch, now_ms);
    if (err == SEIN_OK && batch->count > 0)
        err = store_batch(client, batch);
    if (err == SEIN_OK)
        err = localdb_commit(client->home->db);
    localdb_rollback(client->home->db); /* no-op when committed */
    *out_count = batch->count;
    free_batch(batch);
    return err;
}

/* ---- sending ----------------------------------------------------------------
 */

/* What goes into one put. */
struct put {
    struct client_request *request;
    uint8_t *items; /* CLIENT->frame is built from it */
    size_t len;
};

/* An item whose letter is past its end is sealed anew. */
static bool
is_over(struct sein_slice bytes, int64_t now_ms)
{
    struct sein_put_item item = { 0 };
    struct sein_letter_view view = { 0 };

    if (sein_schema_decode_all(&sein_put_item_schema, bytes, &item) !=
            SEIN_OK ||
        sein_letter_split(item.letter, &view) != SEIN_OK)
        return true;
    return (int64_t)view.header.expires <= now_ms;
}

static enum sein_err
renew_row(struct client *client, int64_t row, int64_t now_ms)
{
    struct letter letter = { 0 };
    enum sein_err err = localdb_begin(client->home->db);

    if (err == SEIN_OK)
        err = letters_get(client->home->db, row, &letter);
    if (err == SEIN_OK)
        err = outbox_renew(client->home, &letter.row, now_ms);
    else if (err == SEIN_ENOENT)
        err = outbox_remove_sealed(client->home->db, row);
    if (err == SEIN_OK)
        err = localdb_commit(client->home->db);
    localdb_rollback(client->home->db); /* no-op when committed */
    letter_free(&letter);
    if (row <= client->sealing_after)
        client->sealing_after = row - 1;
    return err;
}

static void
add_item(struct put *put, int64_t row, struct sein_slice letter_id,
         struct sein_slice bytes)
{
    struct client_request *request = put->request;
    struct client_item *item = &request->items[request->count];

    *item = (struct client_item){ .row = row, .open = true };
    memcpy(item->op_id.bytes, letter_id.at, SEIN_ID_BYTES);
    sein_hash_of(bytes, &item->item_hash);
    memcpy(put->items + put->len, bytes.at, bytes.len);
    put->len += bytes.len;
    request->count++;
    request->open++;
}

/* The next sealed rows, as many as fit one put.  out_over: a row that must be
 * sealed anew first, 0 none. */
static enum sein_err
gather(struct client *client, struct put *put, int64_t now_ms,
       int64_t *out_over)
{
    static const char sql[] = "SELECT id, letter_id, sealed FROM outgoing"
                              " WHERE id > ?1 ORDER BY id";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(client->home->db, sql, &query);

    if (err == SEIN_OK)
        localdb_set_int(query, 1, client->outgoing_after);
    while (err == SEIN_OK && put->request->count < CLIENT_ITEMS_MAX) {
        struct localdb_plain plain = { 0 };
        struct sein_slice id = { 0 };
        int64_t row = 0;

        err = localdb_step(query);
        if (err != SEIN_OK)
            break;
        row = localdb_get_int(query, 0);
        id = localdb_get_bytes(query, 1);
        err = localdb_get_sealed(query, 2, "outgoing", id, &plain);
        if (err != SEIN_OK)
            break;
        if (put->len + plain.bytes.len > PUT_BYTES_MAX && put->len > 0) {
            localdb_plain_free(&plain);
            break;
        }
        client->outgoing_after = row;
        if (is_over(plain.bytes, now_ms)) {
            *out_over = row;
            localdb_plain_free(&plain);
            break;
        }
        if (id.len == SEIN_ID_BYTES &&
            !client_in_flight(client, SEIN_KIND_PUT, row))
            add_item(put, row, id, plain.bytes);
        localdb_plain_free(&plain);
    }
    localdb_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static void
send_put(struct client *client, const struct put *put)
{
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);

    sein_frame_begin(&out, SEIN_KIND_PUT, put->request->req);
    sein_pack_array(&out, put->request->count);
    sein_write_bytes(&out, put->items, put->len);
    client_send(client, sein_slice_of(out.at, out.len), put->request);
}

/* One put, if there is anything for it. */
static enum sein_err
put_some(struct client *client, int64_t now_ms, size_t *out_count)
{
    struct put put = { 0 };
    int64_t over = 0;
    enum sein_err err = SEIN_OK;

    *out_count = 0;
    put.items = malloc(PUT_BYTES_MAX + ITEM_BYTES_MAX);
    if (put.items == NULL)
        return SEIN_ENOMEM;
    put.request = client_begin_request(client, SEIN_KIND_PUT);
    if (put.request == NULL)
        goto done;
    err = gather(client, &put, now_ms, &over);
    if (err != SEIN_OK || put.request->count == 0)
        put.request->req = 0;
    else
        send_put(client, &put);
    *out_count = put.request->count;
    if (err == SEIN_OK && over != 0)
        err = renew_row(client, over, now_ms);

done:
    free(put.items);
    return err;
}

static size_t
open_puts(const struct client *client)
{
    size_t open = 0;

    for (size_t i = 0; i < CLIENT_REQUESTS_MAX; i++)
        open += client->requests[i].req != 0 &&
                client->requests[i].kind == SEIN_KIND_PUT;
    return open;
}

/* ---- withdrawing ------------------------------------------------------------
 */

static void
add_withdrawal(struct sein_writer *out, struct client_request *request,
               const struct letter_row *row)
{
    struct sein_withdraw_item form = { .from = row->from,
                                       .letter_id = row->letter_id,
                                       .op_id = row->withdraw };
    struct client_item *item = &request->items[request->count];
    size_t begin = out->len;

    /* Its bounds are those of a stored row. */
    if (sein_schema_encode(&sein_withdraw_item_schema, &form, out) != SEIN_OK)
        return;
    *item = (struct client_item){ .op_id = row->withdraw,
                                  .row = row->id,
                                  .open = true };
    sein_hash_of(sein_slice_of(out->at + begin, out->len - begin),
                 &item->item_hash);
    request->count++;
    request->open++;
}

static enum sein_err
gather_withdrawals(struct client *client, struct sein_writer *out,
                   struct client_request *request)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_walk_begin(
        client->home->db, LETTERS_WITHDRAWING, client->withdraw_after, &walk);

    while (err == SEIN_OK && request->count < CLIENT_ITEMS_MAX) {
        bool sealed = false;

        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        client->withdraw_after = letter.row.id;
        err = outbox_is_sealed(client->home->db, letter.row.id, &sealed);
        if (err == SEIN_OK && !sealed)
            add_withdrawal(out, request, &letter.row);
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
withdraw_some(struct client *client)
{
    uint8_t
        items[CLIENT_ITEMS_MAX * (SEIN_DESK_MAX + 2U * SEIN_ID_BYTES + 16U)];
    struct sein_writer list = sein_writer_of(items, sizeof items);
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);
    struct client_request *request =
        client_begin_request(client, SEIN_KIND_WITHDRAW);
    enum sein_err err = SEIN_OK;

    if (request == NULL)
        return SEIN_OK;
    err = gather_withdrawals(client, &list, request);
    if (err != SEIN_OK || request->count == 0) {
        request->req = 0;
        return err;
    }
    sein_frame_begin(&out, SEIN_KIND_WITHDRAW, request->req);
    sein_pack_array(&out, request->count);
    sein_write_bytes(&out, list.at, list.len);
    client_send(client, sein_slice_of(out.at, out.len), request);
    return SEIN_OK;
}

/* ---- the pump ---------------------------------------------------------------
 */

enum sein_err
outbox_pump(struct client *client)
{
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = SEIN_OK;

    if (now_ms < client->hold_until_ms)
        return SEIN_OK;
    err = withdraw_some(client);
    while (err == SEIN_OK && client->link != NULL &&
           open_puts(client) < PUTS_MAX) {
        size_t sent = 0;
        size_t sealed = 0;
        int64_t before = client->sealing_after;

        err = put_some(client, now_ms, &sent);
        if (err != SEIN_OK || sent > 0)
            continue;
        err = seal_some(client, now_ms, &sealed);
        /* Nothing sealed, and nothing left to look at. */
        if (sealed == 0 && client->sealing_after == before)
            break;
    }
    return err;
}
