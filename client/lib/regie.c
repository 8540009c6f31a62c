#include "client/lib/regie.h"

#include <string.h>

#include <sodium.h>

#include "client/lib/docs.h"
#include "client/lib/pairs.h"
#include "client/lib/regie_rows.h"
#include "proto/wire/pack.h"

/* ---- letters ----------------------------------------------------------------
 */

static enum sein_err
queue(struct sein_home *home, const struct presence *own,
      const struct meeting *meeting, const struct sein_regie_content *content,
      int64_t now_ms)
{
    struct sein_letter_id id;

    return pairs_queue(home, own, meeting, SEIN_LETTER_REGIE,
                       &sein_regie_content_schema, content, now_ms, &id);
}

/* Whom a letter of ours goes to; an empty name is nobody, or for to all. */
struct audience {
    struct sein_slice to;
    struct sein_slice not_to;
    struct sein_slice nor_to;
};

static bool
is_meant(const struct audience *audience, const struct meeting *meeting)
{
    struct sein_slice peer = sein_slice_text(meeting->peer.text);

    return meeting->state == MEETING_REVEALED &&
           (audience->to.len == 0 || sein_slice_equal(audience->to, peer)) &&
           !sein_slice_equal(audience->not_to, peer) &&
           !sein_slice_equal(audience->nor_to, peer);
}

static enum sein_err
queue_to_all(struct sein_home *home, const struct presence *own,
             const struct audience *audience,
             const struct sein_regie_content *content, int64_t now_ms,
             size_t *out_count)
{
    struct meetings_walk walk = { 0 };
    struct meeting meeting = { 0 };
    size_t count = 0;
    enum sein_err err = meetings_walk_presence(home->db, own->id, &walk);

    while (err == SEIN_OK) {
        err = meetings_walk_next(&walk, &meeting);
        if (err != SEIN_OK || !is_meant(audience, &meeting))
            continue;
        err = queue(home, own, &meeting, content, now_ms);
        count++;
    }
    meetings_walk_end(&walk);
    *out_count = count;
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* ---- what comes in ----------------------------------------------------------
 */

static void
tell(struct client *client, const struct presence *own,
     struct sein_slice holder, bool released)
{
    json_t *doc = json_object();

    docs_set(doc, "event", json_string("regie"));
    docs_set(doc, "circle", docs_string(own->circle.text));
    docs_set(doc, "desk", docs_text(holder));
    docs_set(doc, "state", json_string(released ? "released" : "held"));
    client_tell(client, doc);
}

/* New: kept, told, and passed on as it is. */
static enum sein_err
take_new(struct client *client, const struct presence *own,
         const struct audience *audience,
         const struct sein_regie_content *content, bool pass_on, int64_t now_ms)
{
    bool released = content->release.len > 0;
    struct sein_regie_content onward = *content;
    size_t count = 0;
    enum sein_err err =
        regie_insert(client->home->db, own, released,
                     released ? content->release : content->statement);

    onward.at = (uint64_t)now_ms;
    if (err == SEIN_OK && pass_on)
        err =
            queue_to_all(client->home, own, audience, &onward, now_ms, &count);
    if (err == SEIN_OK)
        tell(client, own, audience->nor_to, released);
    return err;
}

static enum sein_err
check_room(struct sein_home *home, const struct presence *own)
{
    static const char sql[] = "SELECT count(*) FROM regie WHERE presence = ?1";
    struct localdb_query *query = NULL;
    int64_t held = 0;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, own->id);
    err = localdb_step(query);
    if (err == SEIN_OK)
        held = localdb_get_int(query, 0);
    localdb_end(&query);
    if (err != SEIN_OK)
        return err;
    return held < (int64_t)SEIN_REGIE_HELD_MAX ? SEIN_OK : SEIN_EQUOTA;
}

enum sein_err
regie_take(struct client *client, const struct presence *own,
           struct sein_slice from, const struct sein_regie_content *content,
           int64_t now_ms)
{
    const struct sein_regie_place place = regie_place(client->home, own);
    bool released = content->release.len > 0;
    struct sein_slice bytes = released ? content->release : content->statement;
    struct audience audience = { .not_to = from };
    struct sein_regie_view view = { .ends = 0 };
    struct sein_release release = { .v = 0 };
    bool held = false;
    enum sein_err err = regie_holds(client->home->db, own, bytes, &held);

    if (err != SEIN_OK || held)
        return err;
    if (released)
        err = sein_release_verify(&place, bytes, now_ms, &release);
    else
        err = sein_regie_verify(&place, bytes, now_ms, &view);
    if (err == SEIN_OK)
        err = check_room(client->home, own);
    if (err != SEIN_OK)
        return err;
    audience.nor_to = released ? release.holder : view.statement.holder;
    /* A release to one desk names it, so it goes no further. */
    return take_new(client, own, &audience, content, release.to.len == 0,
                    now_ms);
}

/* What is somebody else's fault, and not our own trouble. */
static bool
is_fault(enum sein_err err)
{
    return !localdb_is_trouble(err) && err != SEIN_EINTERNAL;
}

enum sein_err
regie_take_chain(struct client *client, const struct presence *own,
                 struct sein_slice from,
                 const struct sein_introduction *introduction, int64_t now_ms)
{
    struct sein_items items = { 0 };
    struct sein_regie_content content = { .at = introduction->at };
    enum sein_err err =
        sein_items_begin(introduction->regie.raw, SEIN_REGIE_CHAIN_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_introduction_next(&items, &content.statement);
        if (err != SEIN_OK)
            break;
        err = regie_take(client, own, from, &content, now_ms);
        if (is_fault(err))
            err = SEIN_OK;
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* ---- the chain --------------------------------------------------------------
 */

/* Rows of the head and what leads up to it, newest first. */
static size_t
chain_of(const struct regie *regie, size_t rows[static SEIN_REGIE_CHAIN_MAX])
{
    const struct sein_regie_view *next = regie->head;
    size_t count = 0;

    while (next != NULL && count < SEIN_REGIE_CHAIN_MAX) {
        const struct sein_regie_view *before = NULL;

        rows[count++] = regie->view_rows[next - regie->views];
        for (size_t i = 0; i < regie->count; i++) {
            if (memcmp(&regie->views[i].hash, &next->statement.prev,
                       sizeof next->hash) == 0)
                before = &regie->views[i];
        }
        next = before;
    }
    return count;
}

enum sein_err
regie_chain(struct sein_home *home, const struct presence *own, int64_t now_ms,
            uint8_t buffer[static REGIE_CHAIN_BYTES],
            struct sein_list *out_list)
{
    struct sein_writer out = sein_writer_of(buffer, REGIE_CHAIN_BYTES);
    size_t rows[SEIN_REGIE_CHAIN_MAX];
    struct regie *regie = NULL;
    size_t count = 0;
    enum sein_err err = regie_load(home, own, now_ms, &regie);

    if (err != SEIN_OK)
        return err;
    count = chain_of(regie, rows);
    sein_pack_array(&out, count);
    for (size_t i = count; i > 0; i--)
        sein_pack_bytes(&out, regie_row_bytes(&regie->rows[rows[i - 1]]));
    regie_free(&regie);
    *out_list = (struct sein_list){ { 0 }, 0 };
    if (count > 0) {
        out_list->count = count;
        err = sein_writer_done(&out, &out_list->raw);
    }
    return err;
}

enum sein_err
regie_tell_peer(struct sein_home *home, const struct presence *own,
                const struct meeting *meeting, int64_t now_ms)
{
    struct sein_regie_content content = { .at = (uint64_t)now_ms };
    size_t rows[SEIN_REGIE_CHAIN_MAX];
    struct regie *regie = NULL;
    enum sein_err err = regie_load(home, own, now_ms, &regie);

    if (err != SEIN_OK)
        return err;
    for (size_t i = chain_of(regie, rows); err == SEIN_OK && i > 0; i--) {
        content.statement = regie_row_bytes(&regie->rows[rows[i - 1]]);
        err = queue(home, own, meeting, &content, now_ms);
    }
    regie_free(&regie);
    return err;
}

/* ---- what we say ------------------------------------------------------------
 */

/* Kept and sent; who is not introduced to anybody has nobody to say it to. */
static enum sein_err
say(struct sein_home *home, const struct presence *own, struct sein_slice to,
    const struct sein_regie_content *content, int64_t now_ms)
{
    const struct audience audience = { .to = to };
    bool released = content->release.len > 0;
    size_t count = 0;
    enum sein_err err =
        queue_to_all(home, own, &audience, content, now_ms, &count);

    if (err == SEIN_OK && count == 0)
        err = SEIN_EALONE;
    if (err != SEIN_OK || content->propose.len > 0)
        return err;
    return regie_insert(home->db, own, released,
                        released ? content->release : content->statement);
}

static enum sein_err
fill_next(struct sein_home *home, const struct presence *own,
          const struct regie *regie, int64_t now_ms,
          struct sein_regie_statement *out)
{
    const struct sein_circle *circle =
        sein_directory_circle(home->dir, out->circle);
    const struct sein_regie_view *head = regie->head;
    enum sein_err err = SEIN_OK;

    if (circle == NULL)
        return SEIN_ECIRCLE;
    err = sein_regie_vacancy_for(circle, head, regie->release,
                                 sein_slice_text(own->desk.text), now_ms,
                                 &out->vacancy);
    if (err != SEIN_OK || head == NULL)
        return err;
    out->seq = head->statement.seq + 1;
    out->prev = head->hash;
    if (head->statement.at > out->at)
        out->at = head->statement.at; /* its clock is ahead of ours */
    if (out->vacancy != SEIN_REGIE_RELEASED)
        return SEIN_OK;
    out->release = regie_row_bytes(&regie->rows[regie->release_row]);
    if (regie->release->at > out->at)
        out->at = regie->release->at;
    return SEIN_OK;
}

enum sein_err
regie_accept(struct sein_home *home, const struct presence *own, int64_t now_ms)
{
    const struct keystore_pair *pair = home_key(home, now_ms, NULL);
    uint8_t bytes[SEIN_REGIE_MAX];
    size_t len = 0;
    struct regie *regie = NULL;
    struct sein_regie_content content = { .at = (uint64_t)now_ms };
    struct sein_regie_statement statement = {
        .circle = sein_slice_text(own->circle.text),
        .epoch = own->epoch,
        .seq = 1,
        .holder = sein_slice_text(own->desk.text),
        .key_id = pair->public_key.key_id,
        .deposit = presence_deposit(own),
        .at = (uint64_t)now_ms,
    };
    enum sein_err err = regie_load(home, own, now_ms, &regie);

    if (err == SEIN_OK)
        err = fill_next(home, own, regie, now_ms, &statement);
    if (err == SEIN_OK)
        err = sein_regie_sign(&own->keys, &statement, pair->sign_secret, bytes,
                              sizeof bytes, &len);
    content.statement = sein_slice_of(bytes, len);
    if (err == SEIN_OK)
        err = say(home, own, (struct sein_slice){ 0 }, &content, now_ms);
    regie_free(&regie);
    return err;
}

enum sein_err
regie_release(struct sein_home *home, const struct presence *own,
              struct sein_slice to, int64_t now_ms)
{
    const struct keystore_pair *pair = home_key(home, now_ms, NULL);
    uint8_t bytes[SEIN_RELEASE_MAX];
    size_t len = 0;
    struct regie *regie = NULL;
    struct sein_regie_content content = { .at = (uint64_t)now_ms };
    struct sein_release release = {
        .circle = sein_slice_text(own->circle.text),
        .epoch = own->epoch,
        .holder = sein_slice_text(own->desk.text),
        .key_id = pair->public_key.key_id,
        .to = to,
        .at = (uint64_t)now_ms,
    };
    enum sein_err err = regie_load(home, own, now_ms, &regie);

    if (err == SEIN_OK &&
        (regie->head == NULL ||
         !sein_slice_equal(regie->head->statement.holder, release.holder)))
        err = SEIN_EREGIE;
    if (err == SEIN_OK) {
        release.seq = regie->head->statement.seq;
        release.statement = regie->head->hash;
        err = sein_release_sign(&own->keys, &release, pair->sign_secret, bytes,
                                sizeof bytes, &len);
    }
    content.release = sein_slice_of(bytes, len);
    if (err == SEIN_OK)
        err = say(home, own, to, &content, now_ms);
    regie_free(&regie);
    return err;
}

enum sein_err
regie_propose(struct sein_home *home, const struct presence *own,
              struct sein_slice to, int64_t now_ms)
{
    const struct sein_regie_content content = {
        .at = (uint64_t)now_ms,
        .propose = to.len > 0 ? to : sein_slice_text(own->desk.text),
    };

    return say(home, own, to, &content, now_ms);
}
