/* sein.h: who else is involved. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/introductions.h"
#include "client/lib/meetings.h"
#include "client/lib/presences_want.h"
#include "proto/blind/content/signal.h"
#include "proto/wire/schema.h"

/* What is done to the meetings of one household. */
struct act {
    struct sein_home *home;
    struct letter about; /* a signal of the household */
    const char *action;
    const char *match_id; /* NULL: all */
    const char *desk;     /* NULL: all */
    json_t *done;         /* documents, given when it is durable */
    int64_t now_ms;
};

typedef enum sein_err act_on(struct act *act, const struct presence *own,
                             struct meeting *meeting, bool *out_done);

/* A signal that we sent, or that we took with --join. */
static enum sein_err
find_about(struct act *act, const struct sein_which *which)
{
    enum sein_err err = api_find_sent(act->home, which, &act->about);

    if (err == SEIN_ENOENT && which->letter_id != NULL)
        err = api_find_received(act->home, which->letter_id, &act->about);
    return err;
}

static bool
is_meant(const struct act *act, const struct meeting *meeting)
{
    struct sein_match_id id;

    if (act->desk != NULL && strcmp(act->desk, meeting->peer.text) != 0)
        return false;
    if (act->match_id == NULL)
        return true;
    return sein_unhex(sein_slice_text(act->match_id), id.bytes,
                      sizeof id.bytes) == SEIN_OK &&
           memcmp(id.bytes, meeting->match_id.bytes, sizeof id.bytes) == 0;
}

static json_t *
happened(const struct act *act, const struct presence *own,
         const struct meeting *meeting)
{
    json_t *doc = json_object();

    docs_set(doc, "event", json_string(act->action));
    docs_set(doc, "match_id", docs_id(meeting->match_id.bytes));
    docs_set(doc, "circle", docs_string(own->circle.text));
    docs_set(doc, "letter_id", docs_id(act->about.row.letter_id.bytes));
    docs_set(doc, "label", docs_string(meeting->label));
    if (meeting->peer.text[0] != '\0')
        docs_set(doc, "desk", docs_string(meeting->peer.text));
    docs_set(doc, "state", json_string(meeting_state_word(meeting->state)));
    return doc;
}

static enum sein_err
act_on_one(struct act *act, struct meeting *meeting, act_on *on)
{
    struct presence own = { 0 };
    bool done = false;
    enum sein_err err = presences_get(act->home->db, meeting->presence, &own);

    if (err == SEIN_OK)
        err = on(act, &own, meeting, &done);
    if (err == SEIN_OK && done)
        (void)json_array_append_new(act->done, happened(act, &own, meeting));
    presence_wipe(&own);
    return err;
}

static enum sein_err
act_on_all(struct act *act, act_on *on)
{
    struct meetings_walk walk = { 0 };
    struct meeting meeting = { 0 };
    enum sein_err err =
        meetings_walk_household(act->home->db, &act->about.row.thread, &walk);

    while (err == SEIN_OK) {
        err = meetings_walk_next(&walk, &meeting);
        if (err == SEIN_OK && is_meant(act, &meeting))
            err = act_on_one(act, &meeting, on);
    }
    meetings_walk_end(&walk);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
act_durably(struct act *act, act_on *on)
{
    enum sein_err err = localdb_begin(act->home->db);

    if (err == SEIN_OK)
        err = act_on_all(act, on);
    if (err == SEIN_OK && json_array_size(act->done) == 0)
        err = SEIN_ENOMATCH;
    if (err == SEIN_OK)
        err = api_log_access(act->home, NULL, act->action, &act->about.row,
                             NULL, json_array_size(act->done), act->now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(act->home->db);
    localdb_rollback(act->home->db); /* no-op when committed */
    return err;
}

static int
act_and_tell(struct act *act, const struct sein_which *which, act_on *on,
             sein_visit *visit, void *context)
{
    json_t *doc = NULL;
    size_t i = 0;
    enum sein_err err = SEIN_OK;

    api_begin(act->home);
    act->now_ms = sein_clock_ms();
    act->done = json_array();
    err = act->home->dir == NULL ? SEIN_ENOTJOINED : find_about(act, which);
    if (err == SEIN_OK)
        err = act_durably(act, on);
    if (err == SEIN_OK) {
        json_array_foreach(act->done, i, doc)
        {
            if (err == SEIN_OK)
                err = api_give(json_incref(doc), visit, context);
        }
    }
    json_decref(act->done);
    letter_free(&act->about);
    return api_end(act->home, err);
}

/* ---- yes and no -------------------------------------------------------------
 */

static enum sein_err
accept_one(struct act *act, const struct presence *own, struct meeting *meeting,
           bool *out_done)
{
    (void)own;
    if (meeting->state != MEETING_NOTICED && meeting->state != MEETING_DECLINED)
        return SEIN_OK;
    meeting->state = MEETING_ACCEPTING;
    sein_random_id(meeting->accept.bytes);
    *out_done = true;
    return meetings_update(act->home->db, meeting);
}

int
sein_accept(struct sein_home *home, const struct sein_which *which,
            const char *match_id, sein_visit *visit, void *context)
{
    struct act act = { .home = home, .action = "accept", .match_id = match_id };

    return act_and_tell(&act, which, accept_one, visit, context);
}

static enum sein_err
decline_one(struct act *act, const struct presence *own,
            struct meeting *meeting, bool *out_done)
{
    (void)own;
    if (act->match_id != NULL && (meeting->state == MEETING_ACCEPTING ||
                                  meeting->state == MEETING_ACCEPTED ||
                                  meeting->state == MEETING_REVEALED))
        return SEIN_EACCEPTED;
    if (meeting->state != MEETING_NOTICED)
        return SEIN_OK;
    meeting->state = MEETING_DECLINED;
    *out_done = true;
    return meetings_update(act->home->db, meeting);
}

int
sein_decline(struct sein_home *home, const struct sein_which *which,
             const char *match_id, sein_visit *visit, void *context)
{
    struct act act = { .home = home,
                       .action = "decline",
                       .match_id = match_id };

    return act_and_tell(&act, which, decline_one, visit, context);
}

static enum sein_err
unlink_one(struct act *act, const struct presence *own, struct meeting *meeting,
           bool *out_done)
{
    if (meeting->state != MEETING_REVEALED)
        return SEIN_OK;
    *out_done = true;
    return introductions_part(act->home, own, meeting, act->now_ms);
}

int
sein_unlink(struct sein_home *home, const struct sein_which *which,
            const char *desk, sein_visit *visit, void *context)
{
    struct act act = { .home = home, .action = "unlink", .desk = desk };

    return act_and_tell(&act, which, unlink_one, visit, context);
}

/* ---- a new time -------------------------------------------------------------
 */

static enum sein_err
renew_durably(struct act *act, size_t *out_count)
{
    enum sein_err err = localdb_begin(act->home->db);

    if (err == SEIN_OK)
        err = presences_renew(act->home, &act->about.row.thread, act->now_ms,
                              out_count);
    if (err == SEIN_OK && *out_count == 0)
        err = SEIN_ENOENT;
    if (err == SEIN_OK)
        err = api_log_access(act->home, NULL, act->action, &act->about.row,
                             NULL, *out_count, act->now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(act->home->db);
    localdb_rollback(act->home->db); /* no-op when committed */
    return err;
}

int
sein_renew(struct sein_home *home, const struct sein_which *which,
           sein_visit *visit, void *context)
{
    struct act act = { .home = home,
                       .action = "renew",
                       .now_ms = sein_clock_ms() };
    size_t count = 0;
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = home->dir == NULL ? SEIN_ENOTJOINED : find_about(&act, which);
    if (err == SEIN_OK)
        err = renew_durably(&act, &count);
    if (err == SEIN_OK) {
        json_t *doc = json_object();

        docs_set(doc, "event", json_string("renew"));
        docs_set(doc, "letter_id", docs_id(act.about.row.letter_id.bytes));
        docs_set(doc, "presences", json_integer((json_int_t)count));
        err = api_give(doc, visit, context);
    }
    letter_free(&act.about);
    return api_end(home, err);
}
