/* sein.h: who coordinates. */
#include <string.h>

#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/presences.h"
#include "client/lib/regie.h"

/* What is asked about the groups of one household. */
struct ask {
    struct sein_home *home;
    struct letter about; /* a signal of the household */
    const char *action;
    struct sein_slice desk;
    json_t *done;
    enum sein_err last; /* why a group was passed over */
    int64_t now_ms;
};

typedef enum sein_err act_on(struct ask *ask, const struct presence *own);

static enum sein_err
look(struct ask *ask, const struct presence *own)
{
    (void)ask;
    (void)own;
    return SEIN_OK;
}

static enum sein_err
propose(struct ask *ask, const struct presence *own)
{
    return regie_propose(ask->home, own, ask->desk, ask->now_ms);
}

static enum sein_err
accept(struct ask *ask, const struct presence *own)
{
    return regie_accept(ask->home, own, ask->now_ms);
}

static enum sein_err
release(struct ask *ask, const struct presence *own)
{
    return regie_release(ask->home, own, ask->desk, ask->now_ms);
}

static const struct {
    const char *name;
    act_on *act;
    bool takes_desk;
} actions[] = {
    { "status", look, false },
    { "propose", propose, true },
    { "accept", accept, false },
    { "release", release, true },
};

static act_on *
find_action(const struct ask *ask)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, ask->action) == 0 &&
            (actions[i].takes_desk || ask->desk.len == 0))
            return actions[i].act;
    }
    return NULL;
}

/* ---- the document of a group ------------------------------------------------
 */

static const char *
state_of(const struct ask *ask, const struct presence *own,
         const struct regie *regie)
{
    static const char *const words[] = { "held", "released", "ended",
                                         "silent" };
    const struct sein_circle *circle = sein_directory_circle(
        ask->home->dir, sein_slice_text(own->circle.text));
    struct sein_slice anybody = { 0 };
    uint64_t vacancy = SEIN_REGIE_NONE;

    if (regie->head == NULL || circle == NULL)
        return "vacant";
    /* Held when nobody else could take it now. */
    if (sein_regie_vacancy_for(circle, regie->head, regie->release, anybody,
                               ask->now_ms, &vacancy) != SEIN_OK)
        vacancy =
            regie->release != NULL ? SEIN_REGIE_RELEASED : SEIN_REGIE_NONE;
    return words[vacancy];
}

static enum sein_err
describe(struct ask *ask, const struct presence *own)
{
    static const char *const links[] = { "", "address", "person", "parent",
                                         "name" };
    struct regie *regie = NULL;
    json_t *doc = NULL;
    enum sein_err err = regie_load(ask->home, own, ask->now_ms, &regie);

    if (err != SEIN_OK)
        return err;
    doc = json_object();
    docs_set(doc, "event", json_string("regie"));
    docs_set(doc, "action", json_string(ask->action));
    docs_set(doc, "circle", docs_string(own->circle.text));
    docs_set(doc, "letter_id", docs_id(ask->about.row.letter_id.bytes));
    if (own->link < sizeof links / sizeof links[0])
        docs_set(doc, "link", json_string(links[own->link]));
    docs_set(doc, "state", json_string(state_of(ask, own, regie)));
    if (regie->head != NULL) {
        const struct sein_regie_statement *head = &regie->head->statement;

        docs_set(doc, "desk", docs_text(head->holder));
        docs_set(doc, "seq", json_integer((json_int_t)head->seq));
        docs_set(doc, "since", docs_time((int64_t)head->at));
        docs_set(doc, "own",
                 json_boolean(sein_slice_is(head->holder, own->desk.text)));
    }
    (void)json_array_append_new(ask->done, doc);
    regie_free(&regie);
    return SEIN_OK;
}

/* ---- all groups -------------------------------------------------------------
 */

/* A group in which this cannot be is passed over; the others are not. */
static bool
is_passed_over(enum sein_err err)
{
    return err == SEIN_EALONE || err == SEIN_EREGIE;
}

static enum sein_err
act_on_all(struct ask *ask, act_on *act)
{
    struct presences_walk walk = { 0 };
    struct presence own = { 0 };
    enum sein_err err =
        presences_walk_thread(ask->home->db, &ask->about.row.thread, &walk);

    while (err == SEIN_OK) {
        err = presences_walk_next(&walk, &own);
        if (err != SEIN_OK || own.state != PRESENCE_LIVE)
            continue;
        err = act(ask, &own);
        if (err == SEIN_OK) {
            err = describe(ask, &own);
        } else if (is_passed_over(err)) {
            /* That somebody holds it says more than that nobody is there. */
            if (ask->last != SEIN_EREGIE)
                ask->last = err;
            err = SEIN_OK;
        }
    }
    presences_walk_end(&walk);
    presence_wipe(&own);
    if (err != SEIN_ENOENT)
        return err;
    return json_array_size(ask->done) > 0 ? SEIN_OK : ask->last;
}

static enum sein_err
act_durably(struct ask *ask, act_on *act)
{
    enum sein_err err = localdb_begin(ask->home->db);

    if (err == SEIN_OK)
        err = act_on_all(ask, act);
    if (err == SEIN_OK)
        err = api_log_access(ask->home, NULL, "regie", &ask->about.row,
                             ask->action, json_array_size(ask->done),
                             ask->now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(ask->home->db);
    localdb_rollback(ask->home->db); /* no-op when committed */
    return err;
}

static enum sein_err
find_about(struct ask *ask, const struct sein_which *which)
{
    enum sein_err err = api_find_sent(ask->home, which, &ask->about);

    if (err == SEIN_ENOENT && which->letter_id != NULL)
        err = api_find_received(ask->home, which->letter_id, &ask->about);
    return err;
}

int
sein_regie(struct sein_home *home, const struct sein_which *which,
           const char *action, const char *desk, sein_visit *visit,
           void *context)
{
    struct ask ask = { .home = home,
                       .action = action,
                       .last = SEIN_EALONE,
                       .now_ms = sein_clock_ms() };
    act_on *act = NULL;
    json_t *doc = NULL;
    size_t i = 0;
    enum sein_err err = SEIN_OK;

    api_begin(home);
    if (desk != NULL)
        ask.desk = sein_slice_text(desk);
    act = find_action(&ask);
    if (act == NULL)
        return api_end(home, home_note(home, SEIN_EUSAGE, "action", NULL));
    ask.done = json_array();
    err = home->dir == NULL ? SEIN_ENOTJOINED : find_about(&ask, which);
    if (err == SEIN_OK)
        err = act_durably(&ask, act);
    if (err == SEIN_OK) {
        json_array_foreach(ask.done, i, doc)
        {
            if (err == SEIN_OK)
                err = api_give(json_incref(doc), visit, context);
        }
    }
    json_decref(ask.done);
    letter_free(&ask.about);
    return api_end(home, err);
}
