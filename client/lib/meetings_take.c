#include "client/lib/meetings_take.h"

#include <string.h>

#include <sodium.h>

#include "client/lib/deposits.h"
#include "client/lib/docs.h"
#include "client/lib/introductions.h"
#include "client/lib/regie.h"
#include "proto/blind/content/introduction.h"

/* One item, and the presence of ours that it names. */
struct taking {
    struct client *client;
    struct sein_slice bytes;
    struct sein_match_item item;
    struct presence own;
    struct meeting meeting;
    bool known; /* the meeting has a row */
    int64_t now_ms;
};

/* What a member may do without anybody breaking a word: its key was revoked, or
 * it left, while this was on its way. */
static bool
is_innocent(enum sein_err err)
{
    return err == SEIN_EREVOKED || err == SEIN_ELEFT;
}

static enum sein_err
sound_alarm(struct client *client, enum sein_err code, struct sein_slice circle,
            struct sein_slice evidence)
{
    char about[SEIN_CIRCLE_MAX + 16U] = "match ";
    enum sein_err err = sein_slice_copy_text(circle, about + strlen(about),
                                             sizeof about - strlen(about));

    if (err != SEIN_OK)
        return err;
    err = client_alarm(client, code, about, evidence);
    return err == SEIN_OK ? code : err;
}

/* Judgements that are the fault of who said it. */
static bool
is_lie(enum sein_err err)
{
    return err != SEIN_OK && !localdb_is_trouble(err) &&
           err != SEIN_EDIRNEWER && err != SEIN_EINTERNAL && !is_innocent(err);
}

static enum sein_err
refuse(struct taking *taking, enum sein_err err)
{
    return is_lie(err) ? sound_alarm(taking->client, err, taking->item.circle,
                                     taking->bytes)
                       : err;
}

/* ---- finding ----------------------------------------------------------------
 */

/* Our presence: SEIN_ENOENT when what is said is of no use any more. */
static enum sein_err
find_own(struct taking *taking)
{
    const struct sein_match_item *item = &taking->item;
    struct presence *own = &taking->own;
    enum sein_err err =
        presences_find(taking->client->home->db, &item->presence_id, own);

    if (err == SEIN_ENOENT)
        return SEIN_EMAC; /* not one of ours */
    if (err != SEIN_OK)
        return err;
    if (!sein_slice_is(item->desk, own->desk.text) ||
        !sein_slice_is(item->circle, own->circle.text) ||
        item->epoch != own->epoch)
        return SEIN_EDEPOSIT;
    return own->state == PRESENCE_LIVE || own->state == PRESENCE_READY
               ? SEIN_OK
               : SEIN_ENOENT;
}

static enum sein_err
find_meeting(struct taking *taking)
{
    enum sein_err err =
        meetings_find(taking->client->home->db, &taking->item.match_id,
                      taking->own.id, &taking->meeting);

    taking->known = err == SEIN_OK;
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
store(struct taking *taking)
{
    struct localdb *db = taking->client->home->db;
    struct meeting *meeting = &taking->meeting;

    return taking->known ? meetings_update(db, meeting)
                         : meetings_insert(db, meeting);
}

static void
tell(struct taking *taking, const char *event)
{
    json_t *doc = json_object();

    docs_set(doc, "event", json_string(event));
    docs_set(doc, "circle", docs_string(taking->own.circle.text));
    docs_set(doc, "desk", docs_string(taking->own.desk.text));
    client_tell(taking->client, doc);
}

/* ---- notice -----------------------------------------------------------------
 */

static void
begin_meeting(struct taking *taking)
{
    taking->meeting = (struct meeting){
        .match_id = taking->item.match_id,
        .presence = taking->own.id,
        .state = MEETING_NOTICED,
        .noticed_at = (uint64_t)taking->now_ms,
    };
}

/* What was shown once may not become something else before the reveal. */
static bool
differs(const struct meeting *meeting, uint64_t link, struct sein_slice label)
{
    return meeting->link != link || !sein_slice_is(label, meeting->label);
}

static enum sein_err
take_notice(struct taking *taking)
{
    struct sein_presence_note note = { 0 };
    struct meeting *meeting = &taking->meeting;
    enum sein_err err =
        deposits_check_note(taking->client->home->dir, &taking->own,
                            taking->item.deposit, taking->now_ms, &note);

    if (err != SEIN_OK)
        return err;
    if (taking->known) {
        if (meeting->state != MEETING_REVEALED &&
            differs(meeting, note.link, note.label))
            return SEIN_EDEPOSIT;
        return SEIN_OK; /* said again */
    }
    begin_meeting(taking);
    meeting->link = note.link;
    err =
        sein_slice_copy_text(note.label, meeting->label, sizeof meeting->label);
    if (err == SEIN_OK)
        err = store(taking);
    if (err == SEIN_OK)
        tell(taking, "notice");
    return err;
}

/* ---- reveal -----------------------------------------------------------------
 */

static bool
reveals_directly(const struct taking *taking)
{
    const struct sein_circle *circle = sein_directory_circle(
        taking->client->home->dir, sein_slice_text(taking->own.circle.text));

    return circle != NULL && circle->entry.reveal == SEIN_REVEAL_DIRECT;
}

/* Whether a reveal may come now; nobody but us says yes for us. */
static enum sein_err
may_reveal(struct taking *taking, const struct sein_presence_view *view)
{
    struct meeting *meeting = &taking->meeting;

    if (!taking->known) {
        begin_meeting(taking);
        return reveals_directly(taking) ? SEIN_OK : SEIN_EDEPOSIT;
    }
    switch (meeting->state) {
    case MEETING_ACCEPTING:
    case MEETING_ACCEPTED:
        return differs(meeting, view->note.link, view->note.label)
                   ? SEIN_EDEPOSIT
                   : SEIN_OK;
    case MEETING_REVEALED:
    case MEETING_PARTED:
        /* Renewed, by whom it was. */
        return sein_slice_is(view->core.desk, meeting->peer.text)
                   ? SEIN_OK
                   : SEIN_EDEPOSIT;
    case MEETING_ENDED:
        return SEIN_ENOENT;
    default:
        return reveals_directly(taking) ? SEIN_OK : SEIN_EDEPOSIT;
    }
}

static enum sein_err
fill_peer(struct meeting *meeting, const struct sein_presence_view *view,
          struct sein_slice deposit)
{
    enum sein_err err = sein_slice_copy_text(
        view->core.desk, meeting->peer.text, sizeof meeting->peer.text);

    if (err == SEIN_OK)
        err = sein_slice_copy_text(view->note.label, meeting->label,
                                   sizeof meeting->label);
    if (err != SEIN_OK || deposit.len > sizeof meeting->deposit)
        return err == SEIN_OK ? SEIN_ETOOLONG : err;
    meeting->link = view->note.link;
    memcpy(meeting->deposit, deposit.at, deposit.len);
    meeting->deposit_len = deposit.len;
    return SEIN_OK;
}

/* For the first time: the pair's thread, and our introduction. */
static enum sein_err
reveal_first(struct taking *taking)
{
    struct meeting *meeting = &taking->meeting;
    struct sein_home *home = taking->client->home;
    struct sein_slice peer = sein_slice_text(meeting->peer.text);
    bool parted = false;
    enum sein_err err =
        meetings_is_parted(home->db, &taking->own, peer, &parted);

    if (err != SEIN_OK)
        return err;
    meeting->state = parted ? MEETING_PARTED : MEETING_REVEALED;
    meeting->revealed_at = (uint64_t)taking->now_ms;
    sein_pair_thread(&taking->own.keys, sein_slice_text(taking->own.desk.text),
                     peer, &meeting->thread);
    err = store(taking);
    if (err == SEIN_OK && !parted)
        err = introductions_send(home, &taking->own, meeting, taking->now_ms);
    if (err == SEIN_OK && !parted)
        tell(taking, "revealed");
    return err;
}

static enum sein_err
take_revealed(struct taking *taking)
{
    struct sein_presence_view view = { 0 };
    struct meeting *meeting = &taking->meeting;
    uint64_t before = meeting->state;
    enum sein_err err =
        deposits_check(taking->client->home->dir, &taking->own,
                       taking->item.deposit, taking->now_ms, &view);

    if (err == SEIN_OK)
        err = may_reveal(taking, &view);
    if (err == SEIN_OK)
        err = fill_peer(meeting, &view, taking->item.deposit);
    if (err != SEIN_OK)
        return err;
    if (taking->known &&
        (before == MEETING_REVEALED || before == MEETING_PARTED))
        return store(taking);
    taking->client->retry_held = true;
    return reveal_first(taking);
}

/* ---- ended ------------------------------------------------------------------
 */

static enum sein_err
take_ended(struct taking *taking)
{
    struct meeting *meeting = &taking->meeting;

    if (!taking->known || meeting->state == MEETING_ENDED)
        return SEIN_OK;
    if (meeting->state == MEETING_REVEALED)
        tell(taking, "ended");
    meeting->state = MEETING_ENDED;
    meeting->ended_at = (uint64_t)taking->now_ms;
    return store(taking);
}

/* ---- items ------------------------------------------------------------------
 */

static enum sein_err
take_by_type(struct taking *taking)
{
    switch (taking->item.type) {
    case SEIN_MATCH_NOTICE:
        return take_notice(taking);
    case SEIN_MATCH_REVEALED:
        return take_revealed(taking);
    case SEIN_MATCH_ENDED:
        return take_ended(taking);
    default:
        return SEIN_ENOTSUP;
    }
}

enum sein_err
meetings_take(struct client *client, struct sein_slice desk,
              struct sein_slice item, int64_t now_ms)
{
    struct taking taking = { .client = client,
                             .bytes = item,
                             .now_ms = now_ms };
    enum sein_err err =
        sein_schema_decode_all(&sein_match_item_schema, item, &taking.item);

    if (err != SEIN_OK)
        return sound_alarm(client, err, sein_slice_text("broker"), item);
    if (!sein_slice_equal(desk, taking.item.desk))
        return refuse(&taking, SEIN_EDESK);
    err = find_own(&taking);
    if (err == SEIN_OK)
        err = find_meeting(&taking);
    if (err == SEIN_OK)
        err = take_by_type(&taking);
    if (err == SEIN_ENOENT)
        err = SEIN_OK; /* we are not there any more: nothing to do with it */
    err = refuse(&taking, err);
    presence_wipe(&taking.own);
    return err;
}

enum sein_err
meetings_take_introduction(struct client *client, struct meeting *meeting,
                           const struct presence *own,
                           const struct letter_row *row, int64_t now_ms)
{
    struct sein_introduction content = { 0 };
    struct sein_presence_view view = { 0 };
    enum sein_err err = sein_schema_decode_all(&sein_introduction_schema,
                                               row->content, &content);

    if (err == SEIN_OK)
        err = deposits_check(client->home->dir, own, content.deposit, now_ms,
                             &view);
    if (err == SEIN_OK && !sein_slice_is(view.core.desk, meeting->peer.text))
        err = SEIN_EPARTY;
    if (is_lie(err))
        return sound_alarm(client, err, row->circle, content.deposit);
    if (err == SEIN_OK)
        err = fill_peer(meeting, &view, content.deposit);
    if (err != SEIN_OK)
        return err;
    meeting->intro_in = row->letter_id;
    err = meetings_update(client->home->db, meeting);
    return err == SEIN_OK
               ? regie_take_chain(client, own, row->from, &content, now_ms)
               : err;
}
