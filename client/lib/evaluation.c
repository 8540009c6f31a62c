#include "client/lib/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/blinder.h"
#include "client/lib/calendar.h"
#include "client/lib/clock.h"
#include "client/lib/deposits.h"
#include "client/lib/docs.h"
#include "client/lib/packs.h"
#include "client/lib/presences.h"
#include "proto/trust/may.h"
#include "proto/wire/msg_eval.h"

/* What keyholders or circle could not do is tried again after this long. */
#define RETRY_MS SEIN_MS_PER_MIN
/* A keyholder that failed is asked last for so long. */
#define AVOID_MS (10 * SEIN_MS_PER_MIN)

/* A request under way, and the keyholder that it is for. */
struct asked {
    uint64_t req; /* 0: none */
    uint64_t index;
};

struct evaluation {
    struct blinder *blinder; /* NULL: no batch is under way */
    struct blinder_epoch epoch;
    struct blinder_asker asker; /* borrows desk, below */
    struct sein_circle_name circle;
    struct sein_desk_name desk;
    int64_t rows[SEIN_EVAL_BATCH_MAX]; /* of the table presence */
    size_t count;
    struct asked asked[SEIN_HOLDERS_MAX];
    uint64_t avoid; /* holders that failed lately, of that circle */
    int64_t avoid_until_ms;
    int64_t next_ms; /* not before; both are wall time */
};

void
evaluation_free(struct evaluation **evaluation)
{
    if (*evaluation == NULL)
        return;
    blinder_free(&(*evaluation)->blinder);
    free(*evaluation);
    *evaluation = NULL;
}

bool
evaluation_under_way(const struct client *client)
{
    return client->evaluation != NULL && client->evaluation->blinder != NULL;
}

void
evaluation_retry(struct client *client)
{
    if (client->evaluation != NULL)
        client->evaluation->next_ms = 0;
}

static void
avoid(struct evaluation *evaluation, uint64_t index)
{
    evaluation->avoid |= BLINDER_HOLDER_BIT(index);
    evaluation->avoid_until_ms = sein_clock_ms() + AVOID_MS;
}

/* ---- beginning a batch ------------------------------------------------------
 */

/* The handles of a batch while they are blinded. */
struct batch {
    struct blinder_item items[SEIN_EVAL_BATCH_MAX];
    struct presence rows[SEIN_EVAL_BATCH_MAX];
    struct localdb_plain plain;
    struct sein_pack pack;
    enum sein_err err; /* why this circle and desk wait */
    bool begun;
};

static void
free_batch(struct batch *batch)
{
    if (batch == NULL)
        return;
    localdb_plain_free(&batch->plain);
    sodium_memzero(batch, sizeof *batch);
    free(batch);
}

static enum sein_err
set_code(struct sein_home *home, struct presence *row, enum sein_err code)
{
    if (row->code == (uint64_t)code)
        return SEIN_OK;
    row->code = (uint64_t)code;
    return presences_update(home->db, row);
}

/* Who acts is known to the keyholders by a word of this month only. */
static enum sein_err
fill_actor(const struct sein_home *home, int64_t now_ms,
           uint8_t out_actor[static SEIN_ID_BYTES])
{
    struct sein_date today;
    char text[SEIN_DATE_CHARS + 1];
    struct localdb_hash hash;
    enum sein_err err = calendar_day_of(now_ms, &today);

    if (err != SEIN_OK)
        return err;
    sein_date_format(today, text);
    localdb_hash_of(home->db, "actor",
                    sein_slice_of((const uint8_t *)text, strlen("2026-01")),
                    sein_slice_text(home->actor), &hash);
    memcpy(out_actor, hash.bytes, SEIN_ID_BYTES);
    return SEIN_OK;
}

static enum sein_err
fill_asker(struct sein_home *home, struct evaluation *evaluation,
           int64_t now_ms)
{
    const struct keystore_pair *pair = home_key(home, now_ms, NULL);
    struct sein_slice desk = sein_slice_text(evaluation->desk.text);

    evaluation->asker = (struct blinder_asker){
        .desk = desk,
        .key_id = pair->public_key.key_id,
        .sign_secret = pair->sign_secret,
        .dir_version = sein_directory_version(home->dir),
    };
    return fill_actor(home, now_ms, evaluation->asker.actor);
}

/* Everything that must be there before this desk may ask in this circle. */
static enum sein_err
prepare(struct sein_home *home, struct evaluation *evaluation,
        struct batch *batch, int64_t now_ms)
{
    struct sein_slice circle_id = sein_slice_text(evaluation->circle.text);
    struct sein_slice desk_id = sein_slice_text(evaluation->desk.text);
    const struct sein_circle *circle =
        sein_directory_circle(home->dir, circle_id);
    const struct keystore_pair *pair = home_key(home, now_ms, NULL);
    const struct sein_desk *desk = NULL;
    struct sein_slice holder = { 0 };
    struct sein_dir_epoch epoch = { 0 };
    enum sein_err err =
        sein_may(home->dir, &pair->public_key.key_id, SEIN_MAY_EVALUATE,
                 desk_id, now_ms, NULL, &desk);

    if (err != SEIN_OK)
        return err;
    if (circle == NULL)
        return SEIN_ECIRCLE;
    if (!sein_circle_epoch_now(circle, now_ms, &epoch) ||
        !sein_epoch_holder_desk(&epoch, 1, &holder))
        return SEIN_EEPOCH;
    err = sein_may_evaluate(home->dir, desk, circle_id, epoch.epoch, holder,
                            now_ms);
    if (err == SEIN_OK)
        err = packs_get(home, circle_id, epoch.epoch, &batch->plain,
                        &batch->pack);
    if (err == SEIN_OK)
        err = blinder_epoch_read(epoch.record, &evaluation->epoch);
    return err == SEIN_OK ? fill_asker(home, evaluation, now_ms) : err;
}

static bool
is_group(const struct evaluation *evaluation, const struct presence *row)
{
    return strcmp(evaluation->circle.text, row->circle.text) == 0 &&
           strcmp(evaluation->desk.text, row->desk.text) == 0;
}

static enum sein_err
begin_group(struct client *client, struct evaluation *evaluation,
            struct batch *batch, const struct presence *row, int64_t now_ms)
{
    if (strcmp(evaluation->circle.text, row->circle.text) != 0 ||
        now_ms >= evaluation->avoid_until_ms)
        evaluation->avoid = 0;
    evaluation->circle = row->circle;
    evaluation->desk = row->desk;
    localdb_plain_free(&batch->plain);
    batch->begun = true;
    batch->err = prepare(client->home, evaluation, batch, now_ms);
    return localdb_is_trouble(batch->err) ? batch->err : SEIN_OK;
}

/* One row into the batch, or its reason to wait into its row. */
static enum sein_err
add_row(struct client *client, struct evaluation *evaluation,
        struct batch *batch, struct presence *row, int64_t now_ms)
{
    size_t at = evaluation->count;
    enum sein_err err = SEIN_OK;

    if (at > 0 && !is_group(evaluation, row))
        return SEIN_OK; /* of a later batch */
    if (!batch->begun || !is_group(evaluation, row))
        err = begin_group(client, evaluation, batch, row, now_ms);
    if (err != SEIN_OK)
        return err;
    if (batch->err != SEIN_OK)
        return set_code(client->home, row, batch->err);
    if (row->kind == SEIN_HANDLE_ADDRESS &&
        sein_pack_lists(&batch->pack, presence_handle(row))) {
        row->state = PRESENCE_NONE;
        return set_code(client->home, row, SEIN_EINSTITUTION);
    }
    batch->rows[at] = *row;
    batch->items[at] = (struct blinder_item){
        .kind = (uint8_t)row->kind,
        .canonical = presence_handle(&batch->rows[at]),
        .presence_id = row->presence_id,
    };
    evaluation->rows[at] = row->id;
    evaluation->count++;
    return SEIN_OK;
}

static enum sein_err
gather(struct client *client, struct evaluation *evaluation,
       struct batch *batch, int64_t now_ms)
{
    struct presences_walk walk = { 0 };
    struct presence row = { 0 };
    enum sein_err err =
        presences_walk_state(client->home->db, PRESENCE_WANTED, 0, &walk);

    while (err == SEIN_OK && evaluation->count < SEIN_EVAL_BATCH_MAX) {
        err = presences_walk_next(&walk, &row);
        if (err == SEIN_OK)
            err = add_row(client, evaluation, batch, &row, now_ms);
    }
    presences_walk_end(&walk);
    presence_wipe(&row);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
begin(struct client *client, struct evaluation *evaluation, int64_t now_ms)
{
    struct batch *batch = calloc(1, sizeof *batch);
    enum sein_err err = SEIN_OK;

    if (batch == NULL)
        return SEIN_ENOMEM;
    evaluation->count = 0;
    memset(evaluation->asked, 0, sizeof evaluation->asked);
    err = localdb_begin(client->home->db);
    if (err == SEIN_OK)
        err = gather(client, evaluation, batch, now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(client->home->db);
    localdb_rollback(client->home->db); /* no-op when committed */
    if (err == SEIN_OK && evaluation->count > 0)
        err = blinder_new(&evaluation->epoch, &evaluation->asker,
                          batch->pack.pepper, batch->items, evaluation->count,
                          evaluation->avoid, &evaluation->blinder);
    else
        evaluation->next_ms = now_ms + RETRY_MS;
    free_batch(batch);
    return err;
}

/* ---- asking -----------------------------------------------------------------
 */

static struct asked *
find_asked(struct evaluation *evaluation, uint64_t req)
{
    for (size_t i = 0; i < SEIN_HOLDERS_MAX; i++) {
        if (evaluation->asked[i].req == req)
            return &evaluation->asked[i];
    }
    return NULL;
}

static void
send_ask(struct client *client, struct evaluation *evaluation,
         const struct blinder_ask *ask)
{
    struct client_request *request =
        client_begin_request(client, SEIN_KIND_EVAL);
    struct asked *asked = find_asked(evaluation, 0);
    struct sein_eval form = { .holder = ask->holder, .request = ask->request };

    if (request == NULL || asked == NULL) {
        blinder_fail(evaluation->blinder, ask->index);
        return;
    }
    *asked = (struct asked){ .req = request->req, .index = ask->index };
    memcpy(form.signature, ask->signature, sizeof form.signature);
    client_send_object(client, SEIN_KIND_EVAL, request, &sein_eval_schema,
                       &form);
}

static enum sein_err
ask_next(struct client *client, struct evaluation *evaluation, int64_t now_ms)
{
    enum sein_err err = SEIN_OK;

    while (err == SEIN_OK && client->link != NULL &&
           client_open_requests(client) < CLIENT_REQUESTS_MAX) {
        struct blinder_ask ask = { 0 };

        err = blinder_next(evaluation->blinder, now_ms, &ask);
        if (err == SEIN_OK)
            send_ask(client, evaluation, &ask);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* ---- the end of a batch -----------------------------------------------------
 */

/* Answers that still come are of no use; who is late with one is slow. */
static void
end_batch(struct client *client, struct evaluation *evaluation)
{
    for (size_t i = 0; i < SEIN_HOLDERS_MAX; i++) {
        if (evaluation->asked[i].req == 0)
            continue;
        client_forget_request(client, evaluation->asked[i].req);
        avoid(evaluation, evaluation->asked[i].index);
    }
    memset(evaluation->asked, 0, sizeof evaluation->asked);
    blinder_free(&evaluation->blinder);
}

static enum sein_err
store_one(struct sein_home *home, const struct evaluation *evaluation,
          size_t index, const struct sein_household_keys *keys, int64_t now_ms)
{
    struct presence row = { 0 };
    enum sein_err err = presences_get(home->db, evaluation->rows[index], &row);

    /* Nothing asks for it any more, or it was begun anew. */
    if (err == SEIN_ENOENT || (err == SEIN_OK && row.state != PRESENCE_WANTED))
        err = SEIN_OK;
    else if (err == SEIN_OK) {
        row.keys = *keys;
        row.epoch = evaluation->epoch.record.epoch;
        err = deposits_make(home, &row, now_ms);
        if (err != SEIN_OK && err != SEIN_ENOMEM) {
            sodium_memzero(&row.keys, sizeof row.keys);
            row.epoch = 0;
            row.code = (uint64_t)err;
            err = SEIN_OK;
        }
        if (err == SEIN_OK)
            err = presences_update(home->db, &row);
    }
    presence_wipe(&row);
    return err;
}

static enum sein_err
store_all(struct sein_home *home, const struct evaluation *evaluation,
          const struct sein_household_keys *keys, int64_t now_ms)
{
    enum sein_err err = localdb_begin(home->db);

    for (size_t i = 0; err == SEIN_OK && i < evaluation->count; i++)
        err = store_one(home, evaluation, i, &keys[i], now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    return err;
}

static enum sein_err
finish(struct client *client, struct evaluation *evaluation, int64_t now_ms)
{
    struct sein_household_keys keys[SEIN_EVAL_BATCH_MAX];
    enum sein_err err = blinder_finish(evaluation->blinder, keys);

    end_batch(client, evaluation);
    if (err == SEIN_OK)
        err = store_all(client->home, evaluation, keys, now_ms);
    sodium_memzero(keys, sizeof keys);
    return err;
}

/* Why, into the rows; and when again. */
static enum sein_err
fail(struct client *client, struct evaluation *evaluation, int64_t now_ms)
{
    struct sein_home *home = client->home;
    struct presence row = { 0 };
    enum sein_err code = blinder_reason(evaluation->blinder);
    int64_t retry_ms = blinder_retry_at(evaluation->blinder);
    enum sein_err err = SEIN_OK;

    /* A quota says when there is more; the whole batch waits for that. */
    evaluation->next_ms =
        retry_ms > now_ms + RETRY_MS ? retry_ms : now_ms + RETRY_MS;
    end_batch(client, evaluation);
    client_tell(client, docs_tags_wait(code, evaluation->circle.text,
                                       evaluation->next_ms));
    err = localdb_begin(home->db);
    for (size_t i = 0; err == SEIN_OK && i < evaluation->count; i++) {
        err = presences_get(home->db, evaluation->rows[i], &row);
        if (err == SEIN_OK && row.state == PRESENCE_WANTED)
            err = set_code(home, &row, code);
        else if (err == SEIN_ENOENT)
            err = SEIN_OK;
    }
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    presence_wipe(&row);
    return err;
}

enum sein_err
evaluation_pump(struct client *client)
{
    struct evaluation *evaluation = client->evaluation;
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = SEIN_OK;

    if (evaluation == NULL) {
        evaluation = calloc(1, sizeof *evaluation);
        if (evaluation == NULL)
            return SEIN_ENOMEM;
        client->evaluation = evaluation;
    }
    if (evaluation->blinder == NULL) {
        int64_t waiting = 0;

        if (now_ms >= evaluation->next_ms)
            err = presences_count(client->home->db, PRESENCE_WANTED, &waiting);
        if (err == SEIN_OK && waiting > 0)
            err = begin(client, evaluation, now_ms);
        if (err != SEIN_OK || evaluation->blinder == NULL)
            return err;
    }
    if (blinder_done(evaluation->blinder))
        return finish(client, evaluation, now_ms);
    err = ask_next(client, evaluation, now_ms);
    return err == SEIN_ESHARES ? fail(client, evaluation, now_ms) : err;
}

/* ---- answers ----------------------------------------------------------------
 */

static enum sein_err
name_culprit(struct client *client, const struct evaluation *evaluation,
             uint64_t index, enum sein_err code, struct sein_slice evidence)
{
    char desk[SEIN_DESK_MAX + 1];
    enum sein_err err = sein_slice_copy_text(
        evaluation->epoch.record.holders[index - 1].desk, desk, sizeof desk);

    return err == SEIN_OK ? client_alarm(client, code, desk, evidence) : err;
}

enum sein_err
evaluation_take(struct client *client, uint64_t req, struct sein_slice body)
{
    struct evaluation *evaluation = client->evaluation;
    struct asked *asked = NULL;
    struct sein_eval_relayed relayed = { 0 };
    uint64_t index = 0;
    enum sein_err err =
        sein_schema_decode_all(&sein_eval_relayed_schema, body, &relayed);

    if (err != SEIN_OK)
        return err;
    if (evaluation_under_way(client) && req != 0)
        asked = find_asked(evaluation, req);
    if (asked == NULL)
        return SEIN_OK; /* of a batch that is done */
    index = asked->index;
    *asked = (struct asked){ 0 };
    client_forget_request(client, req);
    err = blinder_take(evaluation->blinder, client->home->dir, index,
                       relayed.reply, relayed.signature, sein_clock_ms());
    if (err == SEIN_OK)
        return SEIN_OK;
    avoid(evaluation, index);
    if (err == SEIN_ENOMEM)
        return err;
    if (err == SEIN_EEVAL || err == SEIN_EDLEQ)
        return name_culprit(client, evaluation, index, err, body);
    return SEIN_OK; /* it refused, and said why */
}

void
evaluation_refused(struct client *client, uint64_t req)
{
    struct evaluation *evaluation = client->evaluation;
    struct asked *asked =
        evaluation_under_way(client) ? find_asked(evaluation, req) : NULL;

    client_forget_request(client, req);
    if (asked == NULL)
        return;
    avoid(evaluation, asked->index);
    blinder_fail(evaluation->blinder, asked->index);
    *asked = (struct asked){ 0 };
}

void
evaluation_cut(struct client *client)
{
    struct evaluation *evaluation = client->evaluation;

    if (evaluation == NULL)
        return;
    evaluation->next_ms = 0;
    for (size_t i = 0; i < SEIN_HOLDERS_MAX; i++) {
        if (evaluation->asked[i].req != 0 && evaluation->blinder != NULL)
            blinder_fail(evaluation->blinder, evaluation->asked[i].index);
    }
    memset(evaluation->asked, 0, sizeof evaluation->asked);
}
