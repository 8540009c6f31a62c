#include "client/lib/presences_pump.h"

#include <string.h>

#include <sodium.h>

#include "client/lib/clock.h"
#include "client/lib/deposits.h"
#include "client/lib/docs.h"
#include "client/lib/evaluation.h"
#include "client/lib/meetings.h"
#include "client/lib/presences.h"
#include "proto/wire/msg_presence.h"
#include "proto/wire/pack.h"

/* A put of a full request fits a frame twice. */
#define ITEM_MAX (SEIN_DEPOSIT_MAX + SEIN_DESK_MAX + SEIN_HASH_BYTES + 64U)
_Static_assert(CLIENT_ITEMS_MAX *ITEM_MAX < SEIN_FRAME_MAX / 2,
               "a request of presences fits a frame");

/* The other places are for keyholders and for what cannot wait. */
#define REQUESTS_MAX (CLIENT_REQUESTS_MAX - 8U)

/* A request that is being filled; its frame is built in client->frame. */
struct filling {
    struct client *client;
    struct client_request *request; /* NULL: all places are taken */
    struct sein_writer out;
    uint8_t items[CLIENT_ITEMS_MAX * ITEM_MAX];
};

static bool
begin_filling(struct client *client, enum sein_kind kind, struct filling *out)
{
    out->client = client;
    out->out = sein_writer_of(out->items, sizeof out->items);
    out->request = client_open_requests(client) < REQUESTS_MAX
                       ? client_begin_request(client, kind)
                       : NULL;
    return out->request != NULL;
}

static bool
is_full(const struct filling *filling)
{
    return filling->request->count == CLIENT_ITEMS_MAX;
}

static enum sein_err
add_item(struct filling *filling, const struct sein_schema *schema,
         const void *object, const uint8_t op_id[static SEIN_ID_BYTES],
         int64_t row)
{
    struct client_request *request = filling->request;
    struct client_item *item = &request->items[request->count];
    size_t begin = filling->out.len;
    enum sein_err err = sein_schema_encode(schema, object, &filling->out);

    if (err != SEIN_OK)
        return err;
    *item = (struct client_item){ .row = row, .open = true };
    memcpy(item->op_id.bytes, op_id, sizeof item->op_id.bytes);
    sein_hash_of(
        sein_slice_of(filling->out.at + begin, filling->out.len - begin),
        &item->item_hash);
    request->count++;
    request->open++;
    return SEIN_OK;
}

static void
send_filled(struct filling *filling)
{
    struct client *client = filling->client;
    struct client_request *request = filling->request;
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);

    if (request->count == 0) {
        request->req = 0;
        return;
    }
    sein_frame_begin(&out, request->kind, request->req);
    sein_pack_array(&out, request->count);
    sein_write_bytes(&out, filling->items, filling->out.len);
    client_send(client, sein_slice_of(out.at, out.len), request);
}

/* ---- puts and withdrawals ---------------------------------------------------
 */

static enum sein_err
add_put(struct filling *filling, const struct presence *row)
{
    struct sein_presence_put_item item = {
        .from = sein_slice_text(row->desk.text),
        .tag = row->keys.tag,
        .deposit = presence_deposit(row),
    };

    return add_item(filling, &sein_presence_put_item_schema, &item,
                    row->presence_id.bytes, row->id);
}

static enum sein_err
add_withdrawal(struct filling *filling, const struct presence *row)
{
    struct sein_presence_withdraw_item item = {
        .from = sein_slice_text(row->desk.text),
        .presence_id = row->presence_id,
        .op_id = row->withdraw,
    };

    return add_item(filling, &sein_presence_withdraw_item_schema, &item,
                    row->withdraw.bytes, row->id);
}

/* What was refused waits for the next connection or directory. */
static enum sein_err
add_row(struct filling *filling, const struct presence *row)
{
    if (row->code != 0 ||
        client_in_flight(filling->client, filling->request->kind, row->id))
        return SEIN_OK;
    return row->state == PRESENCE_READY ? add_put(filling, row)
                                        : add_withdrawal(filling, row);
}

static enum sein_err
send_state(struct client *client, uint64_t state, enum sein_kind kind)
{
    struct filling filling;
    struct presences_walk walk = { 0 };
    struct presence row = { 0 };
    enum sein_err err = SEIN_OK;

    if (!begin_filling(client, kind, &filling))
        return SEIN_OK;
    err = presences_walk_state(client->home->db, state, 0, &walk);
    while (err == SEIN_OK && !is_full(&filling)) {
        err = presences_walk_next(&walk, &row);
        if (err == SEIN_OK)
            err = add_row(&filling, &row);
    }
    presences_walk_end(&walk);
    presence_wipe(&row);
    if (err != SEIN_OK && err != SEIN_ENOENT) {
        filling.request->req = 0;
        return err;
    }
    send_filled(&filling);
    return SEIN_OK;
}

/* ---- accepting --------------------------------------------------------------
 */

static enum sein_err
add_accept(struct filling *filling, const struct meeting *meeting)
{
    struct presence own = { 0 };
    struct sein_match_accept_item item = { .match_id = meeting->match_id,
                                           .op_id = meeting->accept };
    enum sein_err err = SEIN_OK;

    if (client_in_flight(filling->client, SEIN_KIND_MATCH_ACCEPT, meeting->id))
        return SEIN_OK;
    err = presences_get(filling->client->home->db, meeting->presence, &own);
    item.from = sein_slice_text(own.desk.text);
    if (err == SEIN_OK)
        err = add_item(filling, &sein_match_accept_item_schema, &item,
                       meeting->accept.bytes, meeting->id);
    presence_wipe(&own);
    return err;
}

static enum sein_err
send_accepts(struct client *client)
{
    struct filling filling;
    struct meetings_walk walk = { 0 };
    struct meeting meeting = { 0 };
    enum sein_err err = SEIN_OK;

    if (client->accepts_held ||
        !begin_filling(client, SEIN_KIND_MATCH_ACCEPT, &filling))
        return SEIN_OK;
    err = meetings_walk_state(client->home->db, MEETING_ACCEPTING, &walk);
    while (err == SEIN_OK && !is_full(&filling)) {
        err = meetings_walk_next(&walk, &meeting);
        if (err == SEIN_OK)
            err = add_accept(&filling, &meeting);
    }
    meetings_walk_end(&walk);
    if (err != SEIN_OK && err != SEIN_ENOENT) {
        filling.request->req = 0;
        return err;
    }
    send_filled(&filling);
    return SEIN_OK;
}

/* ---- once per connection and directory --------------------------------------
 */

static enum sein_err
refresh_row(struct sein_home *home, struct presence *row, int64_t now_ms)
{
    if (row->state == PRESENCE_LIVE && (int64_t)row->expires <= now_ms) {
        row->state = PRESENCE_LAPSED;
    } else if (row->state == PRESENCE_ENDING && row->code != 0) {
        row->code = 0;
    } else if (row->state == PRESENCE_READY && row->code != 0) {
        enum sein_err err = deposits_make(home, row, now_ms);

        if (err == SEIN_ENOMEM)
            return err;
        row->code = (uint64_t)err; /* or why it can still not be */
    } else {
        return SEIN_OK;
    }
    return presences_update(home->db, row);
}

static enum sein_err
end_lapsed(struct sein_home *home, const struct presence *row)
{
    return row->state == PRESENCE_LAPSED ? meetings_end_all(home->db, row->id)
                                         : SEIN_OK;
}

/* Time went by, or the directory changed: what lapsed, what can be tried. */
static enum sein_err
refresh(struct client *client)
{
    static const uint64_t states[] = { PRESENCE_LIVE, PRESENCE_READY,
                                       PRESENCE_ENDING };
    struct sein_home *home = client->home;
    struct presence row = { 0 };
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = localdb_begin(home->db);

    for (size_t i = 0; err == SEIN_OK && i < sizeof states / sizeof states[0];
         i++) {
        struct presences_walk walk = { 0 };

        err = presences_walk_state(home->db, states[i], 0, &walk);
        while (err == SEIN_OK) {
            err = presences_walk_next(&walk, &row);
            if (err == SEIN_OK)
                err = refresh_row(home, &row, now_ms);
            if (err == SEIN_OK)
                err = end_lapsed(home, &row);
        }
        presences_walk_end(&walk);
        if (err == SEIN_ENOENT)
            err = SEIN_OK;
    }
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    presence_wipe(&row);
    if (err == SEIN_OK)
        client->presences_fresh = true;
    client->accepts_held = false;
    evaluation_retry(client);
    return err;
}

enum sein_err
presences_pump(struct client *client)
{
    enum sein_err err = SEIN_OK;

    if (!client->presences_fresh)
        err = refresh(client);
    if (err == SEIN_OK)
        err = evaluation_pump(client);
    if (err != SEIN_OK || sein_clock_ms() < client->hold_until_ms)
        return err;
    if (client->link != NULL)
        err = send_state(client, PRESENCE_ENDING, SEIN_KIND_PRESENCE_WITHDRAW);
    if (err == SEIN_OK && client->link != NULL)
        err = send_state(client, PRESENCE_READY, SEIN_KIND_PRESENCE_PUT);
    if (err == SEIN_OK && client->link != NULL)
        err = send_accepts(client);
    return err;
}

/* ---- verdicts ---------------------------------------------------------------
 */

/* It is gone everywhere; so are its keys and whom it met. */
static enum sein_err
forget(struct client *client, int64_t row)
{
    enum sein_err err = meetings_remove_all(client->home->db, row);

    client->scrub = true;
    return err == SEIN_OK ? presences_remove(client->home->db, row) : err;
}

static enum sein_err
take_put(struct client *client, const struct client_item *item,
         enum sein_err code)
{
    struct presence row = { 0 };
    enum sein_err err = presences_get(client->home->db, item->row, &row);

    /* Renewed or given up since: then this was about a former one. */
    if (err == SEIN_OK &&
        (row.state != PRESENCE_READY ||
         memcmp(row.presence_id.bytes, item->op_id.bytes, SEIN_ID_BYTES) != 0))
        err = SEIN_ENOENT;
    if (err == SEIN_OK) {
        row.code = (uint64_t)code;
        if (code == SEIN_OK)
            row.state = PRESENCE_LIVE;
        err = presences_update(client->home->db, &row);
    }
    presence_wipe(&row);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* Absent: a renewal that never arrived left its former one there. */
static enum sein_err
take_withdrawn(struct client *client, const struct client_item *item,
               enum sein_err code)
{
    struct presence row = { 0 };
    enum sein_err err = presences_get(client->home->db, item->row, &row);

    if (err == SEIN_ENOENT)
        return SEIN_OK;
    if (err != SEIN_OK)
        return err;
    if (code == SEIN_ENOENT &&
        !sodium_is_zero(row.former.bytes, sizeof row.former.bytes)) {
        row.presence_id = row.former;
        row.former = (struct sein_presence_id){ 0 };
        sein_random_id(row.withdraw.bytes);
        err = presences_update(client->home->db, &row);
    } else if (code == SEIN_OK || code == SEIN_ENOENT) {
        err = forget(client, item->row);
    } else {
        row.code = (uint64_t)code; /* again on the next connection */
        err = presences_update(client->home->db, &row);
    }
    presence_wipe(&row);
    return err;
}

static enum sein_err
take_accept(struct client *client, const struct client_item *item,
            enum sein_err code)
{
    struct meeting meeting = { 0 };
    enum sein_err err = meetings_get(client->home->db, item->row, &meeting);

    if (err == SEIN_ENOENT ||
        (err == SEIN_OK && meeting.state != MEETING_ACCEPTING))
        return SEIN_OK;
    if (err != SEIN_OK)
        return err;
    if (code != SEIN_OK && code != SEIN_ENOENT) {
        client->accepts_held = true; /* until the next connection */
        return SEIN_OK;
    }
    /* Absent: our presence lapsed before we said yes. */
    meeting.state = code == SEIN_OK ? MEETING_ACCEPTED : MEETING_ENDED;
    return meetings_update(client->home->db, &meeting);
}

enum sein_err
presences_take_done(struct client *client, enum sein_kind kind,
                    const struct client_item *item)
{
    client->quiet = 0; /* it may make the broker say more */
    switch ((int)kind) {
    case SEIN_KIND_PRESENCE_PUT:
        return take_put(client, item, SEIN_OK);
    case SEIN_KIND_PRESENCE_WITHDRAW:
        return take_withdrawn(client, item, SEIN_OK);
    default:
        return take_accept(client, item, SEIN_OK);
    }
}

enum sein_err
presences_take_refused(struct client *client, enum sein_kind kind,
                       const struct client_item *item, enum sein_err code,
                       int64_t at_ms)
{
    int64_t now_ms = sein_clock_ms();

    if (code == SEIN_EQUOTA || code == SEIN_EBUSY) {
        client->hold_until_ms = at_ms > now_ms ? at_ms : now_ms + SEIN_MS_PER_S;
        client->hold_reason = code;
        return SEIN_OK;
    }
    switch ((int)kind) {
    case SEIN_KIND_PRESENCE_PUT:
        return take_put(client, item, code);
    case SEIN_KIND_PRESENCE_WITHDRAW:
        return take_withdrawn(client, item, code);
    default:
        return take_accept(client, item, code);
    }
}
