#include "client/lib/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/alarms.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/evaluation.h"
#include "client/lib/heads.h"
#include "client/lib/inbox.h"
#include "client/lib/outbox.h"
#include "client/lib/presences_pump.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/msg_letter.h"
#include "proto/wire/pack.h"

#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 60000
#define ANSWER_MS 30000
#define PING_MS 15000
#define FRAMES_PER_TURN 256U
#define CREDIT_WINDOW 256U
/* PROTOCOL.md section 15: a newer directory that was seen and not given. */
#define NEWER_GRACE_MS SEIN_MS_PER_HOUR
/* Pongs without a delivery before it counts as quiet: the broker may answer
 * the first in the turn that also reads what to deliver. */
#define QUIET_PONGS 2U

enum sein_err
client_new(struct sein_home *home, struct client **out_client)
{
    struct client *client = NULL;

    if (!home->trust.joined)
        return SEIN_ENOTJOINED;
    client = calloc(1, sizeof *client);
    if (client == NULL)
        return SEIN_ENOMEM;
    client->home = home;
    client->next_req = 1;
    client->backoff_ms = BACKOFF_MIN_MS;
    client->frame = malloc(SEIN_FRAME_MAX);
    if (client->frame == NULL) {
        client_free(&client);
        return SEIN_ENOMEM;
    }
    *out_client = client;
    return SEIN_OK;
}

static void
drop_held(struct client *client)
{
    while (client->held != NULL) {
        struct client_held *next = client->held->next;

        free(client->held);
        client->held = next;
    }
}

/* All that belongs to one connection. */
static void
forget_connection(struct client *client)
{
    link_close(&client->link);
    memset(client->requests, 0, sizeof client->requests);
    evaluation_cut(client);
    free(client->fetch.bytes);
    client->fetch = (struct client_fetch){ 0 };
    client_forget_peers(client);
    drop_held(client); /* the broker delivers them again */
    client->ping_open = false;
    client->quiet = 0;
    client->outgoing_after = client->sealing_after = 0;
    client->withdraw_after = 0;
    client->heads_pages = 0;
    client->presences_fresh = false;
}

void
client_free(struct client **client)
{
    if (client == NULL || *client == NULL)
        return;
    forget_connection(*client);
    evaluation_free(&(*client)->evaluation);
    free((*client)->peers);
    json_decref((*client)->later);
    free((*client)->frame);
    free(*client);
    *client = NULL;
}

void
client_give_up(struct client *client, enum sein_err reason, bool final)
{
    forget_connection(client);
    client->stage = CLIENT_DOWN;
    client->was_down = true;
    client->reason = reason;
    client->final = final;
    client->retry_at_ms = sein_clock_monotonic_ms() + client->backoff_ms;
    client->backoff_ms *= 2;
    if (client->backoff_ms > BACKOFF_MAX_MS)
        client->backoff_ms = BACKOFF_MAX_MS;
}

static struct client_request *
find_request(struct client *client, uint64_t req)
{
    for (size_t i = 0; i < CLIENT_REQUESTS_MAX && req != 0; i++) {
        if (client->requests[i].req == req)
            return &client->requests[i];
    }
    return NULL;
}

/* ---- opening a session ------------------------------------------------------
 */

static const struct keystore_pair *
newest_pair(const struct client *client)
{
    size_t count = 0;
    const struct keystore_pair *pairs =
        keystore_pairs(client->home->keys, &count);

    return &pairs[count - 1];
}

static const struct keystore_pair *
own_pair(const struct client *client)
{
    return client->newest_key ? newest_pair(client)
                              : home_key(client->home, sein_clock_ms(), NULL);
}

/* The directory that we hold may be from before a rotation: a broker that no
 * longer knows the pair that it lists may know the newest one. */
static bool
try_other_key(struct client *client)
{
    const struct keystore_pair *listed =
        home_key(client->home, sein_clock_ms(), NULL);

    client->newest_key = !client->newest_key && listed != newest_pair(client);
    return client->newest_key;
}

static enum sein_err
dial(struct client *client)
{
    const struct home_trust *trust = &client->home->trust;
    const struct keystore_pair *pair = own_pair(client);
    enum sein_err err =
        link_open(trust->endpoint, trust->curve, pair, &client->link);

    if (err == SEIN_ENOMEM)
        return err;
    if (err != SEIN_OK) {
        client_give_up(client, SEIN_EUNREACHABLE, false);
        return SEIN_OK;
    }
    client->stage = CLIENT_DIALLING;
    client->heard_at_ms = sein_clock_monotonic_ms();
    return SEIN_OK;
}

static enum sein_err
list_desks(struct client *client, uint8_t *buffer, size_t max,
           struct sein_list *out_list)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    struct sein_writer out = sein_writer_of(buffer, max);
    size_t count = 0;
    enum sein_err err =
        home_desks(client->home, sein_clock_ms(), desks, &count);

    if (err != SEIN_OK)
        return err;
    sein_pack_array(&out, count);
    for (size_t i = 0; i < count; i++)
        sein_pack_text(&out, sein_slice_text(desks[i]->id.text));
    out_list->count = count;
    return sein_writer_done(&out, &out_list->raw);
}

static void
say_hello(struct client *client)
{
    uint8_t buffer[SEIN_DESKS_MAX * (SEIN_DESK_MAX + 2U) + 8U];
    struct client_request *request =
        client_begin_request(client, SEIN_KIND_HELLO);
    struct sein_hello hello = {
        .home_id = *keystore_home_id(client->home->keys),
        .dir_version = client->home->dir == NULL
                           ? 0
                           : sein_directory_version(client->home->dir),
        .take_over = client->take_over,
    };
    enum sein_err err = list_desks(client, buffer, sizeof buffer, &hello.desks);

    if (err != SEIN_OK || request == NULL) {
        client_give_up(client, err == SEIN_OK ? SEIN_EINTERNAL : err, true);
        return;
    }
    client->stage = CLIENT_HELLO;
    client_send_object(client, SEIN_KIND_HELLO, request, &sein_hello_schema,
                       &hello);
}

static void
watch_clock(struct client *client, uint64_t broker_now)
{
    int64_t ahead = sein_clock_ms() - (int64_t)broker_now;

    client->clock_ahead_ms = ahead;
    if ((ahead > SEIN_CLOCK_AHEAD_MS || ahead < -SEIN_CLOCK_AHEAD_MS) &&
        !client->clock_told) {
        client->clock_told = true;
        client_tell(client, docs_clock(ahead));
    }
}

static enum sein_err
take_welcome(struct client *client, struct sein_slice body)
{
    struct sein_welcome welcome = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_welcome_schema, body, &welcome);

    if (err != SEIN_OK || client->stage != CLIENT_HELLO)
        return err;
    client->lease_ms =
        (int64_t)(welcome.lease_ms > INT32_MAX ? INT32_MAX : welcome.lease_ms);
    client->credit =
        welcome.credit_max < CREDIT_WINDOW ? welcome.credit_max : CREDIT_WINDOW;
    client->backoff_ms = BACKOFF_MIN_MS;
    client->take_over = false;
    client->newest_key = false;
    watch_clock(client, welcome.now);
    client->stage = CLIENT_PREKEYS;
    return client_begin_prekeys(client);
}

static void
get_ready(struct client *client)
{
    struct sein_credit credit = { .window = client->credit };

    if (client->was_down)
        client_tell(client, docs_connected());
    client->was_down = false;
    client->stage = CLIENT_READY;
    client->reason = SEIN_OK;
    client_send_object(client, SEIN_KIND_CREDIT, NULL, &sein_credit_schema,
                       &credit);
}

/* ---- frames -----------------------------------------------------------------
 */

void
client_saw_version(struct client *client, uint64_t version)
{
    if (version > client->newest_seen && version != client->refused_version)
        client->newest_seen = version;
}

static enum sein_err
take_pong(struct client *client, struct sein_slice body)
{
    struct sein_pong pong = { 0 };
    enum sein_err err = sein_schema_decode_all(&sein_pong_schema, body, &pong);

    if (err != SEIN_OK)
        return err;
    client->ping_open = false;
    client->quiet++;
    watch_clock(client, pong.now);
    client_saw_version(client, pong.dir_version);
    return SEIN_OK;
}

/* Requests whose items stay durable here until each has its verdict. */
static bool
has_items(enum sein_kind kind)
{
    return kind == SEIN_KIND_PUT || kind == SEIN_KIND_WITHDRAW ||
           kind == SEIN_KIND_PRESENCE_PUT ||
           kind == SEIN_KIND_PRESENCE_WITHDRAW ||
           kind == SEIN_KIND_MATCH_ACCEPT;
}

/* What a broker's refusal of a whole request means for the conversation. */
static enum sein_err
take_refusal(struct client *client, struct client_request *request,
             enum sein_err code, uint64_t at)
{
    enum sein_kind kind = request->kind;

    if (kind == SEIN_KIND_HELLO) {
        client_tell(client, docs_refused(code, at));
        client_give_up(client, code, code != SEIN_EBUSY);
        return SEIN_OK;
    }
    if (code == SEIN_ESESSION) {
        client_give_up(client, SEIN_EUNREACHABLE, false);
        return SEIN_OK;
    }
    if (has_items(kind))
        return outbox_take_refusal(client, request, code, (int64_t)at);
    if (kind == SEIN_KIND_DIR_GET && client->home->dir == NULL) {
        /* It keeps no earlier version to look back at. */
        bool end = client->fetch.earlier && code == SEIN_ENOENT;

        client_give_up(client, end ? SEIN_EFINGERPRINT : code, end);
        return SEIN_OK;
    }
    if (kind == SEIN_KIND_EVAL) {
        evaluation_refused(client, request->req);
        return SEIN_OK;
    }
    request->req = 0;
    if (kind == SEIN_KIND_DIR_GET) {
        /* The broker does not have our version (any more): it went back. */
        client->fetch.under_way = false;
        if (client->stage == CLIENT_DIRECTORY)
            say_hello(client);
        return client_alarm(client, SEIN_EDIRROLLBACK, "directory",
                            (struct sein_slice){ 0 });
    }
    if (kind == SEIN_KIND_PREKEY_PUT || client->stage == CLIENT_PREKEYS)
        client_give_up(client, code, false);
    return SEIN_OK;
}

static enum sein_err
take_error(struct client *client, uint64_t req, struct sein_slice body)
{
    struct sein_error_body error = { 0 };
    struct client_request *request = find_request(client, req);
    enum sein_err err =
        sein_schema_decode_all(&sein_error_schema, body, &error);
    enum sein_err code = SEIN_OK;

    if (err != SEIN_OK)
        return err;
    code = sein_err_from_wire(error.code);
    if (request != NULL)
        return take_refusal(client, request, code, error.at);
    if (code == SEIN_ESESSION || code == SEIN_EBUSY || code == SEIN_EHOME)
        client_give_up(client, code == SEIN_ESESSION ? SEIN_EUNREACHABLE : code,
                       code == SEIN_EHOME);
    return SEIN_OK;
}

static void
close_request(struct client *client, uint64_t req)
{
    struct client_request *request = find_request(client, req);

    if (request != NULL && request->open == 0)
        request->req = 0;
}

static enum sein_err
take_known(struct client *client, const struct sein_frame *frame)
{
    switch (frame->kind) {
    case SEIN_KIND_WELCOME:
        close_request(client, frame->req);
        return take_welcome(client, frame->body);
    case SEIN_KIND_PONG:
        return take_pong(client, frame->body);
    case SEIN_KIND_BYE:
        client_give_up(client, SEIN_EUNREACHABLE, false);
        return SEIN_OK;
    case SEIN_KIND_ERROR:
        return take_error(client, frame->req, frame->body);
    case SEIN_KIND_CONFIRM:
        return client_take_confirm(client, frame->body);
    case SEIN_KIND_DELIVER:
        client->quiet = 0;
        return inbox_take(client, frame->body);
    case SEIN_KIND_EVAL_RELAYED:
        return evaluation_take(client, frame->req, frame->body);
    case SEIN_KIND_DIR_PART:
        close_request(client, frame->req);
        return client_take_dir_part(client, frame->body);
    case SEIN_KIND_PREKEYS:
        close_request(client, frame->req);
        return client_take_prekeys(client, frame->body);
    case SEIN_KIND_HEADS:
        close_request(client, frame->req);
        return heads_take(client, frame->body);
    default:
        return SEIN_OK; /* acked, and what a newer broker may say */
    }
}

/* Errors of the home itself; all others are the broker's fault. */
static bool
is_local(enum sein_err err)
{
    return err == SEIN_EIO || err == SEIN_EFULL || err == SEIN_ENOMEM ||
           err == SEIN_ETAMPERED || err == SEIN_ELOCKED ||
           err == SEIN_EINTERNAL || err == SEIN_EEXIST;
}

static enum sein_err
take_frame(struct client *client, struct sein_slice bytes)
{
    struct sein_frame frame = { 0 };
    enum sein_err err = sein_frame_decode(bytes, &frame);

    client->heard_at_ms = sein_clock_monotonic_ms();
    if (err == SEIN_OK)
        err = take_known(client, &frame);
    if (err == SEIN_OK || is_local(err))
        return err;
    /* A broker that talks nonsense is left; what it said is kept. */
    client_give_up(client, err, false);
    return client_alarm(client, err, "broker", bytes);
}

static enum sein_err
take_frames(struct client *client)
{
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < FRAMES_PER_TURN && client->link != NULL; i++) {
        struct sein_slice bytes = { 0 };

        err = link_receive(client->link, &bytes);
        if (err == SEIN_ENOENT)
            return SEIN_OK;
        if (err == SEIN_OK)
            err = take_frame(client, bytes);
        else
            err = SEIN_OK; /* of several parts: ignored */
        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}

/* ---- what is next -----------------------------------------------------------
 */

static bool
answer_is_late(const struct client *client, int64_t now_ms)
{
    if (client->ping_open && now_ms - client->pinged_at_ms > ANSWER_MS)
        return true;
    for (size_t i = 0; i < CLIENT_REQUESTS_MAX; i++) {
        const struct client_request *request = &client->requests[i];

        if (request->req != 0 && now_ms - request->sent_at_ms > ANSWER_MS)
            return true;
    }
    return false;
}

static void
ping(struct client *client, int64_t now_ms)
{
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);

    sein_frame_begin(&out, SEIN_KIND_PING, 0);
    sein_pack_array(&out, 0);
    client->ping_open = true;
    client->pinged_at_ms = now_ms;
    client_send(client, sein_slice_of(out.at, out.len), NULL);
}

/* An answer to what is not under way is asked for at once when nothing else is
 * to be done, so that quiet is noticed; else now and then, for the lease. */
static void
ping_if_due(struct client *client, int64_t now_ms)
{
    bool wondering =
        client->quiet < QUIET_PONGS && client_open_requests(client) == 0;

    if (client->ping_open)
        return;
    if (wondering || now_ms - client->pinged_at_ms >= PING_MS)
        ping(client, now_ms);
}

/* A newer directory is known of: fetch it; not given within an hour, alarm. */
static enum sein_err
follow_directory(struct client *client)
{
    struct localdb *db = client->home->db;
    int64_t since = 0;
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = localdb_get_meta_int(db, "newer-since", &since);

    if (err == SEIN_OK && since == 0)
        err = localdb_set_meta_int(db, "newer-since", now_ms);
    if (err == SEIN_OK && since != 0 && now_ms - since > NEWER_GRACE_MS) {
        err = client_alarm(client, SEIN_EDIRNEWER, "directory",
                           (struct sein_slice){ 0 });
        client->hold_until_ms = now_ms + PING_MS;
        client->hold_reason = SEIN_EDIRNEWER;
    }
    return err == SEIN_OK ? client_begin_directory(client) : err;
}

static enum sein_err
advance_ready(struct client *client, int64_t now_ms)
{
    enum sein_err err = SEIN_OK;

    if (client->newest_seen > sein_directory_version(client->home->dir) &&
        !client->fetch.under_way && now_ms >= client->follow_at_ms) {
        client->follow_at_ms = now_ms + PING_MS;
        err = follow_directory(client);
    }
    if (err == SEIN_OK && client->prekeys_dirty)
        err = client_put_prekeys(client);
    if (err == SEIN_OK && client->link != NULL)
        err = outbox_pump(client);
    if (err == SEIN_OK && client->link != NULL)
        err = presences_pump(client);
    if (err == SEIN_OK && client->link != NULL)
        err = client_ask_peers(client);
    if (err == SEIN_OK && client->link != NULL &&
        client_open_requests(client) == 0)
        err = heads_ask(client);
    if (err == SEIN_OK && client->link != NULL)
        ping_if_due(client, now_ms);
    return err;
}

static enum sein_err
advance(struct client *client, int64_t now_ms)
{
    switch (client->stage) {
    case CLIENT_DOWN:
        if (client->final || now_ms < client->retry_at_ms)
            return SEIN_OK;
        return dial(client);
    case CLIENT_DIALLING:
        return SEIN_OK;
    case CLIENT_DIRECTORY:
        if (client->fetch.under_way)
            return SEIN_OK;
        say_hello(client);
        return SEIN_OK;
    case CLIENT_HELLO:
        return SEIN_OK;
    case CLIENT_PREKEYS:
        if (client_open_requests(client) > 0)
            return SEIN_OK;
        if (client->prekeys_dirty)
            return client_put_prekeys(client);
        get_ready(client);
        return SEIN_OK;
    case CLIENT_READY:
        return advance_ready(client, now_ms);
    default:
        return SEIN_EINTERNAL;
    }
}

static enum sein_err
look_at_link(struct client *client, int wait_ms)
{
    enum sein_err reason = SEIN_OK;
    enum link_state state = link_poll(client->link, wait_ms, &reason);

    if (state == LINK_UP && client->stage == CLIENT_DIALLING) {
        client->stage = CLIENT_DIRECTORY;
        return client_begin_directory(client);
    }
    return SEIN_OK;
}

static void
notice_end(struct client *client)
{
    enum sein_err reason = SEIN_OK;

    /* Looked at behind the frames: what came before the end still counts. */
    if (client->link == NULL ||
        link_poll(client->link, 0, &reason) != LINK_DOWN)
        return;
    client_give_up(client, reason, false);
    if (reason == SEIN_ENOTADMITTED && try_other_key(client)) {
        client->reason = SEIN_OK; /* it goes on */
        client->retry_at_ms = sein_clock_monotonic_ms();
    }
}

enum sein_err
client_turn(struct client *client, int wait_ms)
{
    int64_t now_ms = 0;
    enum sein_err err = SEIN_OK;

    if (client->link != NULL)
        err = look_at_link(client, wait_ms);
    if (err == SEIN_OK && client->link != NULL)
        err = take_frames(client);
    if (err != SEIN_OK)
        return err;
    notice_end(client);
    now_ms = sein_clock_monotonic_ms();
    if (client->link != NULL && answer_is_late(client, now_ms))
        client_give_up(client, SEIN_EUNREACHABLE, false);
    err = advance(client, now_ms);
    if (err == SEIN_OK && client->scrub && client_done(client)) {
        client->scrub = false;
        err = localdb_scrub(client->home->db);
    }
    return err;
}

int
client_next_ms(const struct client *client)
{
    int64_t now_ms = sein_clock_monotonic_ms();
    int64_t due = now_ms + PING_MS;

    if (client->stage == CLIENT_DOWN)
        due = client->retry_at_ms;
    else if (client->ping_open || client_open_requests(client) > 0)
        due = now_ms + SEIN_MS_PER_S;
    else if (client->pinged_at_ms + PING_MS < due)
        due = client->pinged_at_ms + PING_MS;
    return due <= now_ms ? 0 : (int)(due - now_ms);
}

bool
client_sending(const struct client *client)
{
    for (size_t i = 0; i < CLIENT_REQUESTS_MAX; i++) {
        if (client->requests[i].req != 0 &&
            client->requests[i].kind == SEIN_KIND_PUT)
            return true;
    }
    return false;
}

bool
client_done(const struct client *client)
{
    return client->stage == CLIENT_READY && client_open_requests(client) == 0 &&
           !client->prekeys_dirty && !evaluation_under_way(client) &&
           client->presences_fresh && client->quiet >= QUIET_PONGS;
}

void
client_say_bye(struct client *client)
{
    struct sein_writer out = sein_writer_of(client->frame, SEIN_FRAME_MAX);

    if (client->stage < CLIENT_HELLO || client->link == NULL)
        return;
    sein_frame_begin(&out, SEIN_KIND_BYE, 0);
    sein_pack_array(&out, 0);
    /* A courtesy: without it the lease does the same later. */
    if (link_send(client->link, sein_slice_of(out.at, out.len)) != SEIN_OK)
        client->reason = SEIN_EUNREACHABLE;
}
