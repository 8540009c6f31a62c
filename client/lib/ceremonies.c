#include "client/lib/ceremonies.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/ceremony.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/files.h"
#include "client/lib/letters.h"
#include "client/lib/outbox.h"
#include "proto/trust/identity.h"

/* "ceremony/" CIRCLE "/" EPOCH */
#define NAME_MAX_BYTES (9U + SEIN_CIRCLE_MAX + 1U + 10U + 1U)
/* What is kept: flags, t, coefficients, opening. */
#define KEPT_MAX \
    (1U + 1U + SEIN_HOLDERS_MAX * SEIN_SCALAR_BYTES + 4U + CEREMONY_CONTENT_MAX)
#define FLAG_DEALT 1U
#define FLAG_SEALED 2U
#define PURPOSE "a key of this circle"

/* One step of one ceremony. */
struct step {
    struct sein_home *home;
    const struct ceremonies_request *request;
    char name[NAME_MAX_BYTES];
    struct sein_dir_epoch named;
    const struct sein_desk *desk; /* this home's, that holds a share */
    int64_t now_ms;
    uint8_t flags;
    struct ceremony_content open; /* len 0: none yet */
    struct sein_dkg_polynomial secret;
    bool has_secret;
    struct ceremony *ceremony;
    enum sein_err broken; /* by what somebody sent */
    struct sein_epoch_line line;
    bool done;
    bool share_written;
};

/* ---- what is kept -----------------------------------------------------------
 */

static enum sein_err
keep(struct step *step)
{
    uint8_t *bytes = sodium_malloc(KEPT_MAX);
    struct sein_writer out = sein_writer_of(bytes, KEPT_MAX);
    const struct sein_dkg_polynomial *secret = ceremony_secret(step->ceremony);
    struct sein_slice kept = { 0 };
    enum sein_err err = SEIN_OK;

    if (bytes == NULL)
        return SEIN_ENOMEM;
    sein_write_u8(&out, step->flags);
    sein_write_u8(&out, (uint8_t)secret->t);
    for (size_t j = 0; j < secret->t; j++)
        sein_write_slice(&out, sein_slice_of(secret->coefficients[j].bytes,
                                             SEIN_SCALAR_BYTES));
    sein_write_lp32(&out, sein_slice_of(step->open.bytes, step->open.len));
    err = sein_writer_done(&out, &kept);
    if (err == SEIN_OK)
        err = localdb_set_meta(step->home->db, step->name, kept);
    sodium_free(bytes);
    return err;
}

static enum sein_err
read_kept(struct step *step, struct sein_slice kept)
{
    struct sein_reader in = sein_reader_of(kept);
    struct sein_slice open = { 0 };
    uint8_t t = 0;
    enum sein_err err = sein_read_u8(&in, &step->flags);

    if (err == SEIN_OK)
        err = sein_read_u8(&in, &t);
    if (err == SEIN_OK && t > SEIN_HOLDERS_MAX)
        err = SEIN_ERANGE;
    for (size_t j = 0; err == SEIN_OK && j < t; j++) {
        struct sein_slice scalar = { 0 };

        err = sein_read_bytes(&in, SEIN_SCALAR_BYTES, &scalar);
        if (err == SEIN_OK)
            memcpy(step->secret.coefficients[j].bytes, scalar.at,
                   SEIN_SCALAR_BYTES);
    }
    if (err == SEIN_OK)
        err = sein_read_lp32(&in, &open);
    if (err == SEIN_OK)
        err = sein_read_end(&in);
    if (err != SEIN_OK || open.len > sizeof step->open.bytes)
        return SEIN_ETAMPERED;
    memcpy(step->open.bytes, open.at, open.len);
    step->open.len = open.len;
    step->secret.t = t;
    step->has_secret = true;
    return SEIN_OK;
}

static enum sein_err
load(struct step *step)
{
    struct localdb_plain plain = { 0 };
    enum sein_err err = localdb_get_meta(step->home->db, step->name, &plain);

    if (err == SEIN_ENOENT)
        return SEIN_OK;
    if (err == SEIN_OK)
        err = read_kept(step, plain.bytes);
    localdb_plain_free(&plain);
    return err;
}

/* ---- who and what -----------------------------------------------------------
 */

static enum sein_err
find_own_desk(struct step *step)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    size_t count = 0;
    enum sein_err err = home_desks(step->home, step->now_ms, desks, &count);

    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        if (sein_epoch_holder_index(&step->named,
                                    sein_slice_text(desks[i]->id.text)) != 0)
            step->desk = desks[i];
    }
    return err == SEIN_OK && step->desk == NULL ? SEIN_EROLE : err;
}

static enum sein_err
find_epoch(struct step *step)
{
    const struct ceremonies_request *request = step->request;
    const struct sein_circle *circle = NULL;

    if (step->home->dir == NULL)
        return SEIN_ENOTJOINED;
    circle = sein_directory_circle(step->home->dir,
                                   sein_slice_text(request->circle));
    if (circle == NULL)
        return home_note(step->home, SEIN_ECIRCLE, "circle", request->circle);
    if (!sein_circle_epoch(circle, request->epoch, &step->named))
        return home_note(step->home, SEIN_EEPOCH, "epoch", NULL);
    (void)snprintf(step->name, sizeof step->name, "ceremony/%s/%u",
                   request->circle, (unsigned)request->epoch);
    return find_own_desk(step);
}

/* The newest key that acts for a holder's desk now. */
static enum sein_err
key_of(struct step *step, struct sein_slice name, struct sein_key_id *out_id)
{
    const struct sein_desk *desk = sein_directory_desk(step->home->dir, name);
    const struct sein_key *newest = NULL;

    for (size_t i = 0; desk != NULL && i < desk->member->key_count; i++) {
        const struct sein_key *key = &desk->member->keys[i];

        if (sein_key_acts_for(key, desk) &&
            sein_key_status_at(key, step->now_ms) == SEIN_KEY_ACTIVE &&
            (newest == NULL ||
             key->entry.active_from >= newest->entry.active_from))
            newest = key;
    }
    if (newest == NULL)
        return home_note(step->home, SEIN_EKEY, "holder", NULL);
    *out_id = newest->entry.key_id;
    return SEIN_OK;
}

static enum sein_err
open_it(struct step *step)
{
    const char *purpose = step->request->purpose;
    struct sein_epoch_holder holders[SEIN_HOLDERS_MAX];
    const struct sein_key *own = NULL;
    size_t n = step->named.holders.count;
    enum sein_err err = SEIN_OK;

    (void)home_key(step->home, step->now_ms, &own);
    if (own == NULL)
        return SEIN_ENOTADMITTED;
    for (size_t i = 0; err == SEIN_OK && i < n; i++) {
        holders[i].index = i + 1;
        if (!sein_epoch_holder_desk(&step->named, i + 1, &holders[i].desk))
            return SEIN_EEPOCH;
        if (sein_slice_is(holders[i].desk, step->desk->id.text))
            holders[i].key_id = own->entry.key_id;
        else
            err = key_of(step, holders[i].desk, &holders[i].key_id);
    }
    if (err != SEIN_OK)
        return err;
    return ceremony_open(sein_slice_text(step->request->circle),
                         sein_slice_text(purpose != NULL ? purpose : PURPOSE),
                         &step->named, holders, n, &step->open);
}

/* Called per letter of this circle that is about a ceremony. */
typedef enum sein_err each_letter(struct step *step, struct letter_row *row);

static enum sein_err
walk(struct step *step, enum letters_which which, each_letter *each)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_walk_begin(step->home->db, which, 0, &walk);

    while (err == SEIN_OK) {
        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        if (letter.row.kind == SEIN_LETTER_CEREMONY &&
            letter.row.content.len > 0 && !letter.row.quarantine &&
            sein_slice_is(letter.row.circle, step->request->circle))
            err = each(step, &letter.row);
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* The newest opening of this epoch that somebody sent. */
static enum sein_err
see_opening(struct step *step, struct letter_row *row)
{
    struct sein_ceremony_open open = { 0 };
    uint64_t round = 0;

    if (sein_ceremony_round(row->content, &round) != SEIN_OK || round != 0 ||
        sein_schema_decode_all(&sein_ceremony_open_schema, row->content,
                               &open) != SEIN_OK ||
        open.epoch != step->request->epoch ||
        row->content.len > sizeof step->open.bytes)
        return SEIN_OK;
    memcpy(step->open.bytes, row->content.at, row->content.len);
    step->open.len = row->content.len;
    return SEIN_OK;
}

/* ---- sending ----------------------------------------------------------------
 */

static enum sein_err
send_to(struct step *step, uint64_t index,
        const struct ceremony_content *content)
{
    struct outbox_letter letter = {
        .kind = SEIN_LETTER_CEREMONY,
        .circle = sein_slice_text(step->request->circle),
        .from = sein_slice_text(step->desk->id.text),
        .to = ceremony_holder(step->ceremony, index)->desk,
        .content = sein_slice_of(content->bytes, content->len),
    };
    struct sein_letter_id id;
    enum sein_err err = outbox_may(step->home, letter.kind, letter.from,
                                   letter.to, letter.circle, &letter.thread);

    sein_random_id(letter.operation.bytes);
    return err == SEIN_OK ? outbox_queue(step->home, &letter, step->now_ms, &id)
                          : err;
}

enum said { SAID_OPEN, SAID_DEAL, SAID_SEAL };

/* To every other holder, and the secret with it, in one transaction. */
static enum sein_err
say(struct step *step, enum said what, const struct ceremony_content *content)
{
    size_t n = ceremony_holder_count(step->ceremony);
    enum sein_err err = localdb_begin(step->home->db);

    if (what == SAID_DEAL)
        step->flags |= FLAG_DEALT;
    if (what == SAID_SEAL)
        step->flags |= FLAG_SEALED;
    if (err == SEIN_OK)
        err = keep(step);
    for (uint64_t i = 1; err == SEIN_OK && i <= n; i++) {
        struct ceremony_content deal;

        if (i == ceremony_own_index(step->ceremony))
            continue;
        if (what == SAID_DEAL) {
            err = ceremony_deal(step->ceremony, i, &deal);
            if (err == SEIN_OK)
                err = send_to(step, i, &deal);
            sodium_memzero(&deal, sizeof deal);
        } else {
            err = send_to(step, i, content);
        }
    }
    if (err == SEIN_OK)
        err = localdb_commit(step->home->db);
    localdb_rollback(step->home->db); /* no-op when committed */
    return err;
}

/* ---- the rounds -------------------------------------------------------------
 */

static enum sein_err
hear(struct step *step, struct letter_row *row)
{
    enum sein_err err = ceremony_take(step->ceremony, row->from, row->content);

    /* Of another ceremony, told before, or an opening: nothing to do. */
    if (err == SEIN_ESHARE || err == SEIN_ERECORD)
        step->broken = err;
    return SEIN_OK;
}

static const struct keystore_pair *
own_pair(const struct step *step)
{
    const struct sein_epoch_holder *own =
        ceremony_holder(step->ceremony, ceremony_own_index(step->ceremony));
    size_t count = 0;
    const struct keystore_pair *pairs =
        keystore_pairs(step->home->keys, &count);

    for (size_t i = 0; i < count; i++) {
        if (memcmp(pairs[i].public_key.key_id.bytes, own->key_id.bytes,
                   SEIN_ID_BYTES) == 0)
            return &pairs[i];
    }
    return NULL;
}

static enum sein_err
seal_it(struct step *step)
{
    const struct keystore_pair *pair = own_pair(step);
    bool before = (step->flags & FLAG_SEALED) != 0;
    struct ceremony_content seal;
    enum sein_err err = SEIN_OK;

    if (pair == NULL)
        return home_note(step->home, SEIN_EKEY, "key", NULL);
    err = ceremony_seal(step->ceremony, pair->sign_secret, &seal);
    if (err == SEIN_ESHARES)
        return SEIN_OK; /* not all have dealt */
    return err == SEIN_OK && !before ? say(step, SAID_SEAL, &seal) : err;
}

/* Which ceremony this is: one that was kept, opened now, or opened by
 * another. */
static enum sein_err
choose(struct step *step)
{
    enum sein_err err = load(step);

    if (err == SEIN_OK && step->request->open && step->has_secret)
        return home_note(step->home, SEIN_EEXIST, "open", NULL);
    if (err == SEIN_OK && step->request->open)
        err = open_it(step);
    else if (err == SEIN_OK && !step->has_secret)
        err = walk(step, LETTERS_RECEIVED, see_opening);
    if (err == SEIN_OK && step->open.len == 0)
        return home_note(step->home, SEIN_ENOENT, "ceremony", NULL);
    if (err == SEIN_OK)
        err = ceremony_new(
            step->home->dir, sein_slice_of(step->open.bytes, step->open.len),
            sein_slice_text(step->desk->id.text),
            step->has_secret ? &step->secret : NULL, &step->ceremony);
    if (err == SEIN_OK && step->request->open)
        err = say(step, SAID_OPEN, &step->open);
    return err;
}

/* ---- the end ----------------------------------------------------------------
 */

/* Whether a content is of the ceremony at hand, and not of another. */
static bool
is_of_this(const struct step *step, struct sein_slice content)
{
    const struct sein_slice open =
        sein_slice_of(step->open.bytes, step->open.len);
    struct sein_ceremony_deal deal = { 0 };
    struct sein_ceremony_seal seal = { 0 };
    struct sein_hash context;
    bool same = sein_slice_equal(content, open);

    sein_hash_of(open, &context);
    if (sein_schema_decode_all(&sein_ceremony_deal_schema, content, &deal) ==
        SEIN_OK)
        same = memcmp(deal.context.bytes, context.bytes, SEIN_HASH_BYTES) == 0;
    else if (sein_schema_decode_all(&sein_ceremony_seal_schema, content,
                                    &seal) == SEIN_OK)
        same = memcmp(seal.context.bytes, context.bytes, SEIN_HASH_BYTES) == 0;
    sodium_memzero(&deal, sizeof deal);
    return same;
}

static enum sein_err
forget_content(struct step *step, struct letter_row *row)
{
    if (!is_of_this(step, row->content))
        return SEIN_OK;
    row->content = (struct sein_slice){ 0 };
    return letters_update(step->home->db, row);
}

/* What the share could be made from again goes; the record stays. */
static enum sein_err
forget(struct step *step)
{
    enum sein_err err = localdb_begin(step->home->db);

    if (err == SEIN_OK)
        err = walk(step, LETTERS_RECEIVED, forget_content);
    if (err == SEIN_OK)
        err = walk(step, LETTERS_SENT, forget_content);
    if (err == SEIN_OK)
        err = localdb_set_meta(step->home->db, step->name,
                               (struct sein_slice){ 0 });
    if (err == SEIN_OK)
        err = localdb_commit(step->home->db);
    localdb_rollback(step->home->db); /* no-op when committed */
    return err == SEIN_OK ? localdb_scrub(step->home->db) : err;
}

static enum sein_err
write_share(struct step *step, const struct sein_share *share)
{
    const char *path = step->request->share_path;
    uint8_t bytes[SEIN_SHARE_FILE_MAX];
    size_t len = 0;
    enum sein_err err = SEIN_OK;

    if (path == NULL)
        return SEIN_OK;
    if (files_exists(path))
        return home_note(step->home, SEIN_EEXIST, "share", path);
    err = sein_share_encode(share, bytes, &len);
    if (err == SEIN_OK)
        err = files_write(path, sein_slice_of(bytes, len));
    sodium_memzero(bytes, sizeof bytes);
    if (err == SEIN_OK)
        step->share_written = true;
    return err;
}

static enum sein_err
finish(struct step *step)
{
    struct sein_share share = { { { 0 } }, 0, 0, { { 0 } } };
    enum sein_err err = ceremony_finish(step->ceremony, &step->line, &share);

    if (err == SEIN_ESHARES || err == SEIN_ERECORD)
        return SEIN_OK; /* the document says what is missing or broken */
    if (err == SEIN_OK)
        err = write_share(step, &share);
    step->done = err == SEIN_OK;
    sodium_memzero(&share, sizeof share);
    return err;
}

static json_t *
holders_doc(const struct step *step, uint64_t missing, unsigned round)
{
    json_t *list = json_array();

    for (uint64_t i = 1; i <= ceremony_holder_count(step->ceremony); i++) {
        const struct sein_epoch_holder *holder =
            ceremony_holder(step->ceremony, i);
        bool waited = (missing & (UINT64_C(1) << i)) != 0;
        const char *state = round == 1 ? (waited ? "waits" : "dealt")
                                       : (waited ? "dealt" : "sealed");
        json_t *doc = json_object();

        docs_set(doc, "index", json_integer((json_int_t)i));
        docs_set(doc, "desk", docs_text(holder->desk));
        docs_set(doc, "state", json_string(state));
        docs_set(doc, "culprit",
                 json_boolean(ceremony_culprit(step->ceremony) == i));
        (void)json_array_append_new(list, doc);
    }
    return list;
}

static enum sein_err
make_doc(const struct step *step, json_t **out_doc)
{
    char line[SEIN_LINE_MAX];
    unsigned round = 0;
    uint64_t missing = ceremony_missing(step->ceremony, &round);
    json_t *doc = json_object();
    enum sein_err err = SEIN_OK;

    docs_set(doc, "circle", docs_string(step->request->circle));
    docs_set(doc, "epoch", json_integer((json_int_t)step->request->epoch));
    docs_set(doc, "round", json_integer(round));
    docs_set(doc, "holders", holders_doc(step, missing, round));
    docs_set(doc, "broken", json_boolean(step->broken != SEIN_OK));
    if (step->broken != SEIN_OK) {
        docs_set(doc, "code", json_string(sein_err_code(step->broken)));
        docs_set(doc, "reason", docs_problem(step->broken, false));
        docs_set(doc, "mend", docs_problem(step->broken, true));
    }
    docs_set(doc, "done", json_boolean(step->done));
    if (step->done) {
        err = sein_epoch_line_write(&step->line, line);
        if (err == SEIN_OK)
            docs_set(doc, "record", docs_string(line));
    }
    if (step->share_written)
        docs_set(doc, "share", docs_string(step->request->share_path));
    if (err != SEIN_OK)
        json_decref(doc);
    else
        *out_doc = doc;
    return err;
}

static enum sein_err
abandon(struct step *step, json_t **out_doc)
{
    enum sein_err err = load(step);

    if (err == SEIN_OK && !step->has_secret)
        return home_note(step->home, SEIN_ENOENT, "ceremony", NULL);
    if (err == SEIN_OK)
        err = forget(step);
    if (err != SEIN_OK)
        return err;
    *out_doc = json_object();
    docs_set(*out_doc, "circle", docs_string(step->request->circle));
    docs_set(*out_doc, "epoch", json_integer((json_int_t)step->request->epoch));
    docs_set(*out_doc, "abandoned", json_true());
    return SEIN_OK;
}

static enum sein_err
run(struct step *step, json_t **out_doc)
{
    enum sein_err err = find_epoch(step);

    if (err == SEIN_OK && step->request->abandon)
        return abandon(step, out_doc);
    if (err == SEIN_OK)
        err = choose(step);
    if (err == SEIN_OK && (step->flags & FLAG_DEALT) == 0)
        err = say(step, SAID_DEAL, NULL);
    if (err == SEIN_OK)
        err = walk(step, LETTERS_RECEIVED, hear);
    if (err == SEIN_OK && step->broken == SEIN_OK)
        err = seal_it(step);
    if (err == SEIN_OK && step->broken == SEIN_OK)
        err = finish(step);
    if (err == SEIN_OK)
        err = make_doc(step, out_doc);
    if (err == SEIN_OK && step->share_written)
        err = forget(step);
    return err;
}

enum sein_err
ceremonies_step(struct sein_home *home,
                const struct ceremonies_request *request, json_t **out_doc)
{
    struct step *step = sodium_malloc(sizeof *step);
    enum sein_err err = SEIN_OK;

    if (step == NULL)
        return SEIN_ENOMEM;
    memset(step, 0, sizeof *step);
    step->home = home;
    step->request = request;
    step->now_ms = sein_clock_ms();
    err = run(step, out_doc);
    ceremony_free(&step->ceremony);
    sodium_free(step); /* wipes */
    return err;
}
