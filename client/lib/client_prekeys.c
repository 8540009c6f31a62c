/* Prekeys of a connection: ours are looked after, others' are asked for. */
#include "client/lib/client.h"

#include <stdlib.h>
#include <string.h>

#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/outbox.h"
#include "proto/wire/msg_directory.h"
#include "proto/wire/pack.h"

/* What was served is asked again after this long. */
#define PEER_FRESH_MS SEIN_MS_PER_HOUR
#define PEERS_PER_REQUEST SEIN_DESKS_MAX
#define STATEMENTS_PER_REQUEST 32U

enum sein_err
client_begin_prekeys(struct client *client)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);
    struct client_request *request = NULL;
    size_t count = 0;
    enum sein_err err =
        home_desks(client->home, sein_clock_ms(), desks, &count);

    if (err != SEIN_OK)
        return err;
    if (count == 0)
        return SEIN_OK; /* a key without desks only connects */
    request = client_begin_request(client, SEIN_KIND_PREKEY_GET);
    if (request == NULL)
        return SEIN_EINTERNAL;
    sein_frame_begin(&out, SEIN_KIND_PREKEY_GET, request->req);
    sein_pack_array(&out, count);
    for (size_t i = 0; i < count; i++)
        sein_pack_text(&out, sein_slice_text(desks[i]->id.text));
    client_send(client, sein_slice_of(out.at, out.len), request);
    return SEIN_OK;
}

static enum sein_err
write_statement(struct sein_writer *out, struct client_request *request,
                const struct prekeys_statement *statement)
{
    struct sein_signed_prekey item = {
        .statement = sein_slice_of(statement->bytes, statement->len),
    };
    struct client_item *open = &request->items[request->count];
    size_t begin = out->len;
    enum sein_err err = SEIN_OK;

    memcpy(item.signature, statement->signature, sizeof item.signature);
    err = sein_schema_encode(&sein_signed_prekey_schema, &item, out);
    if (err != SEIN_OK)
        return err;
    *open = (struct client_item){ .open = true };
    memcpy(open->op_id.bytes, statement->id.bytes, sizeof open->op_id.bytes);
    sein_hash_of(sein_slice_of(out->at + begin, out->len - begin),
                 &open->item_hash);
    request->count++;
    request->open++;
    return SEIN_OK;
}

enum sein_err
client_put_prekeys(struct client *client)
{
    struct prekeys_statement statements[STATEMENTS_PER_REQUEST];
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);
    struct client_request *request = NULL;
    size_t count = 0;
    enum sein_err err = prekeys_pending(client->home, statements,
                                        STATEMENTS_PER_REQUEST, &count);

    if (err != SEIN_OK)
        return err;
    /* Other requests may be under way; then the rest follows later. */
    client->prekeys_dirty = false;
    if (count == 0)
        return SEIN_OK;
    request = client_begin_request(client, SEIN_KIND_PREKEY_PUT);
    if (request == NULL) {
        client->prekeys_dirty = true;
        return SEIN_OK;
    }
    sein_frame_begin(&out, SEIN_KIND_PREKEY_PUT, request->req);
    sein_pack_array(&out, count);
    for (size_t i = 0; i < count && err == SEIN_OK; i++)
        err = write_statement(&out, request, &statements[i]);
    if (err == SEIN_OK)
        client_send(client, sein_slice_of(out.at, out.len), request);
    /* More than one request's worth: put the rest when these are confirmed. */
    if (count == STATEMENTS_PER_REQUEST)
        client->prekeys_dirty = true;
    return err;
}

/* ---- others -----------------------------------------------------------------
 */

void
client_forget_peers(struct client *client)
{
    client->peer_count = 0;
}

static struct client_peer *
find_peer(struct client *client, struct sein_slice desk)
{
    for (size_t i = 0; i < client->peer_count; i++) {
        if (sein_slice_is(desk, client->peers[i].prekey.desk.text))
            return &client->peers[i];
    }
    return NULL;
}

static struct client_peer *
add_peer(struct client *client, struct sein_slice desk)
{
    struct client_peer *peer = NULL;

    if (client->peer_count == client->peer_max) {
        size_t max = client->peer_max == 0 ? 16 : 2 * client->peer_max;
        struct client_peer *more =
            realloc(client->peers, max * sizeof *client->peers);

        if (more == NULL)
            return NULL;
        client->peers = more;
        client->peer_max = max;
    }
    peer = &client->peers[client->peer_count];
    *peer = (struct client_peer){ 0 };
    if (sein_slice_copy_text(desk, peer->prekey.desk.text,
                             sizeof peer->prekey.desk.text) != SEIN_OK)
        return NULL;
    client->peer_count++;
    return peer;
}

const struct prekeys_peer *
client_peer(struct client *client, struct sein_slice desk)
{
    struct client_peer *peer = find_peer(client, desk);
    int64_t now_ms = sein_clock_monotonic_ms();

    if (peer == NULL)
        peer = add_peer(client, desk);
    if (peer == NULL)
        return NULL; /* no memory: the letter waits */
    if (peer->answered && (now_ms - peer->asked_at_ms > PEER_FRESH_MS ||
                           (peer->prekey.err == SEIN_OK &&
                            peer->prekey.not_after <= sein_clock_ms()))) {
        peer->answered = false;
        peer->asked_at_ms = 0;
    }
    return peer->answered ? &peer->prekey : NULL;
}

enum sein_err
client_ask_peers(struct client *client)
{
    struct client_peer *asked[PEERS_PER_REQUEST];
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);
    struct client_request *request = NULL;
    size_t count = 0;

    for (size_t i = 0; i < client->peer_count && count < PEERS_PER_REQUEST;
         i++) {
        if (!client->peers[i].answered && client->peers[i].asked_at_ms == 0)
            asked[count++] = &client->peers[i];
    }
    if (count == 0)
        return SEIN_OK;
    request = client_begin_request(client, SEIN_KIND_PREKEY_GET);
    if (request == NULL)
        return SEIN_OK;
    sein_frame_begin(&out, SEIN_KIND_PREKEY_GET, request->req);
    sein_pack_array(&out, count);
    for (size_t i = 0; i < count; i++) {
        sein_pack_text(&out, sein_slice_text(asked[i]->prekey.desk.text));
        asked[i]->asked_at_ms = sein_clock_monotonic_ms();
    }
    client_send(client, sein_slice_of(out.at, out.len), request);
    return SEIN_OK;
}

/* Said before a sender relies on it. */
static void
tell_unread(struct client *client, struct client_peer *peer)
{
    int64_t last = peer->prekey.last_read_at;

    if (peer->told_unread || sein_clock_ms() - last < SEIN_DESK_UNREAD_MS)
        return;
    peer->told_unread = true;
    client_tell(client, docs_desk_unread(peer->prekey.desk.text, last));
}

static enum sein_err
take_other(struct client *client, const struct sein_prekeys_item *item)
{
    struct client_peer *peer = find_peer(client, item->desk);
    enum sein_err err = SEIN_OK;

    if (peer == NULL)
        return SEIN_OK; /* not asked for */
    err = prekeys_take(client->home, item, sein_clock_ms(), &peer->prekey);
    if (err != SEIN_OK)
        return err;
    peer->answered = true;
    /* What was looked at without it is looked at again. */
    client->sealing_after = 0;
    if (peer->prekey.err != SEIN_OK)
        client_tell(client,
                    docs_waiting(peer->prekey.err, peer->prekey.desk.text));
    tell_unread(client, peer);
    return SEIN_OK;
}

static enum sein_err
take_item(struct client *client, const struct sein_prekeys_item *item)
{
    size_t pending = 0;
    enum sein_err err = SEIN_OK;

    if (client->stage != CLIENT_PREKEYS)
        return take_other(client, item);
    if (!home_owns_desk(client->home, item->desk))
        return SEIN_EDESK;
    err = prekeys_check_own(client->home, item, sein_clock_ms(), &pending);
    if (err == SEIN_OK && pending > 0)
        client->prekeys_dirty = true;
    return err;
}

enum sein_err
client_take_prekeys(struct client *client, struct sein_slice body)
{
    struct sein_items items = { 0 };
    struct sein_prekeys_item item = { 0 };
    enum sein_err err = sein_items_begin(body, SEIN_DESKS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_prekeys_item_schema, &item, NULL);
        if (err == SEIN_OK)
            err = take_item(client, &item);
    }
    if (err != SEIN_ENOENT)
        return err;
    if (client->stage == CLIENT_PREKEYS)
        return prekeys_erase_old(client->home, sein_clock_ms());
    return SEIN_OK;
}
