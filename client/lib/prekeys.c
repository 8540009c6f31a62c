#include "client/lib/prekeys.h"

#include <string.h>

#include <sodium.h>

#include "client/lib/alarms.h"
#include "proto/blind/hpke.h"
#include "proto/trust/identity.h"

/* A sender's clock may be behind ours by this much. */
#define EARLY_MS SEIN_MS_PER_HOUR
/* The next one begins a day before the last one ends. */
#define OVERLAP_MS SEIN_MS_PER_DAY

enum confirmed { PENDING = 0, CONFIRMED = 1, DROPPED = 2 };

struct own_form { /* array: a row of the table prekey */
    struct sein_slice statement;
    uint8_t signature[SEIN_SIG_BYTES];
    uint8_t sk[SEIN_KEY_BYTES];
};
static const struct sein_field own_fields[] = {
    { "statement", SEIN_FIELD_BYTES, false,
      offsetof(struct own_form, statement), 1, SEIN_PREKEY_MAX },
    { "signature", SEIN_FIELD_FIXED, false,
      offsetof(struct own_form, signature), 0, SEIN_SIG_BYTES },
    { "sk", SEIN_FIELD_FIXED, false, offsetof(struct own_form, sk), 0,
      SEIN_KEY_BYTES },
};
static const struct sein_schema own_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, own_fields, struct own_form);
#define OWN_BYTES (SEIN_PREKEY_MAX + SEIN_SIG_BYTES + SEIN_KEY_BYTES + 16U)

struct mark_form { /* array: a row of the table mark */
    uint64_t seq;
    uint8_t hash[SEIN_HASH_BYTES];
    uint64_t last_read_at;
    uint64_t asked_at;
};
static const struct sein_field mark_fields[] = {
    { "seq", SEIN_FIELD_UINT, false, offsetof(struct mark_form, seq), 0,
      INT64_MAX },
    { "hash", SEIN_FIELD_FIXED, false, offsetof(struct mark_form, hash), 0,
      SEIN_HASH_BYTES },
    { "last_read_at", SEIN_FIELD_UINT, false,
      offsetof(struct mark_form, last_read_at), 0, INT64_MAX },
    { "asked_at", SEIN_FIELD_UINT, false, offsetof(struct mark_form, asked_at),
      0, INT64_MAX },
};
static const struct sein_schema mark_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, mark_fields, struct mark_form);

static void
desk_hash(const struct sein_home *home, struct sein_slice desk,
          struct localdb_hash *out)
{
    localdb_hash_of(home->db, "desk", desk, (struct sein_slice){ 0 }, out);
}

static struct sein_slice
id_slice(const struct sein_prekey_id *id)
{
    return sein_slice_of(id->bytes, sizeof id->bytes);
}

/* ---- own: what was made last ------------------------------------------------
 */

/* The newest of a desk of ours; statement stays empty when there is none. */
struct newest {
    uint8_t bytes[SEIN_PREKEY_MAX];
    struct sein_slice statement;
    struct sein_prekey prekey; /* its views borrow bytes */
    struct sein_hash hash;
};

static enum sein_err
keep_newest(struct sein_slice statement, struct newest *out)
{
    if (statement.len == 0 || statement.len > sizeof out->bytes)
        return SEIN_ETAMPERED;
    memcpy(out->bytes, statement.at, statement.len);
    out->statement = sein_slice_of(out->bytes, statement.len);
    sein_hash_of(out->statement, &out->hash);
    return sein_schema_decode_all(&sein_prekey_schema, out->statement,
                                  &out->prekey) == SEIN_OK
               ? SEIN_OK
               : SEIN_ETAMPERED;
}

static enum sein_err
read_own(struct localdb_query *query, int id_column, int sealed_column,
         struct localdb_plain *plain, struct own_form *out_form)
{
    enum sein_err err =
        localdb_get_sealed(query, sealed_column, "prekey",
                           localdb_get_bytes(query, id_column), plain);

    if (err == SEIN_OK &&
        sein_schema_decode_all(&own_schema, plain->bytes, out_form) != SEIN_OK)
        err = SEIN_ETAMPERED;
    return err;
}

static enum sein_err
load_newest(struct sein_home *home, struct sein_slice desk, struct newest *out)
{
    static const char sql[] = "SELECT prekey_id, sealed FROM prekey"
                              " WHERE desk = ?1 AND confirmed <> 2"
                              " ORDER BY rowid DESC LIMIT 1";
    struct localdb_query *query = NULL;
    struct localdb_plain plain = { 0 };
    struct own_form form = { 0 };
    struct localdb_hash hash;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    desk_hash(home, desk, &hash);
    localdb_set_hash(query, 1, &hash);
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = read_own(query, 0, 1, &plain, &form);
    if (err == SEIN_OK)
        err = keep_newest(form.statement, out);
    localdb_end(&query);
    localdb_plain_free(&plain);
    sodium_memzero(&form, sizeof form);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* ---- own: making the next ---------------------------------------------------
 */

static enum sein_err
store_own(struct sein_home *home, const struct sein_prekey *prekey,
          const struct own_form *form)
{
    static const char sql[] =
        "INSERT INTO prekey (prekey_id, desk, seq, erase_at, confirmed, sealed)"
        " VALUES (?1, ?2, ?3, ?4, 0, ?5)";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    uint8_t bytes[OWN_BYTES];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_slice view = { 0 };
    enum sein_err err = sein_schema_encode(&own_schema, form, &out);

    if (err == SEIN_OK)
        err = sein_writer_done(&out, &view);
    if (err == SEIN_OK)
        err = localdb_start(home->db, sql, &query);
    if (err == SEIN_OK) {
        desk_hash(home, prekey->desk, &hash);
        localdb_set_bytes(query, 1, id_slice(&prekey->prekey_id));
        localdb_set_hash(query, 2, &hash);
        localdb_set_int(query, 3, (int64_t)prekey->seq);
        localdb_set_int(query, 4,
                        (int64_t)prekey->not_after + SEIN_LETTER_LIFE_MS +
                            SEIN_LETTER_GRACE_MS);
        localdb_set_sealed(query, 5, "prekey", id_slice(&prekey->prekey_id),
                           view);
        err = localdb_run(&query);
    }
    sodium_memzero(bytes, sizeof bytes);
    return err;
}

/* One more statement behind newest, which becomes it. */
static enum sein_err
make_next(struct sein_home *home, struct sein_slice desk, int64_t now_ms,
          struct newest *newest)
{
    const struct keystore_pair *pair = home_key(home, now_ms, NULL);
    struct sein_hpke_pair secret = { 0 };
    struct own_form form = { 0 };
    uint8_t statement[SEIN_PREKEY_MAX];
    size_t len = 0;
    int64_t begin = now_ms - EARLY_MS;
    struct sein_prekey prekey = { .v = 1,
                                  .desk = desk,
                                  .seq = newest->prekey.seq + 1,
                                  .prev = newest->hash,
                                  .key_id = pair->public_key.key_id };
    enum sein_err err = SEIN_OK;

    if (newest->statement.len > 0 &&
        (int64_t)newest->prekey.not_after - OVERLAP_MS > begin)
        begin = (int64_t)newest->prekey.not_after - OVERLAP_MS;
    prekey.not_before = (uint64_t)begin;
    prekey.not_after = (uint64_t)(begin + SEIN_PREKEY_LIFE_MS);
    sein_random_id(prekey.prekey_id.bytes);
    sein_hpke_generate(&secret);
    memcpy(prekey.pk, secret.pk, sizeof prekey.pk);
    memcpy(form.sk, secret.sk, sizeof form.sk);
    err = sein_prekey_sign(&prekey, pair->sign_secret, statement,
                           sizeof statement, &len, form.signature);
    form.statement = sein_slice_of(statement, len);
    if (err == SEIN_OK)
        err = store_own(home, &prekey, &form);
    if (err == SEIN_OK)
        err = keep_newest(form.statement, newest);
    sodium_memzero(&secret, sizeof secret);
    sodium_memzero(&form, sizeof form);
    return err;
}

/* One in force, and the next one ahead. */
static enum sein_err
make_missing(struct sein_home *home, struct sein_slice desk, int64_t now_ms,
             struct newest *newest)
{
    enum sein_err err = SEIN_OK;

    while (err == SEIN_OK && (newest->statement.len == 0 ||
                              (int64_t)newest->prekey.not_before <= now_ms))
        err = make_next(home, desk, now_ms, newest);
    return err;
}

/* ---- own: against what the broker serves ------------------------------------
 */

static enum sein_err
drop_unconfirmed(struct sein_home *home, struct sein_slice desk)
{
    static const char sql[] =
        "UPDATE prekey SET confirmed = 2 WHERE desk = ?1 AND confirmed = 0";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    desk_hash(home, desk, &hash);
    localdb_set_hash(query, 1, &hash);
    return localdb_run(&query);
}

enum known { KNOWN_NOT, KNOWN_PENDING, KNOWN_CONFIRMED };

/* Whether a served statement is one of ours; and it is confirmed by that. */
static enum sein_err
find_served(struct sein_home *home, const struct sein_prekey *served,
            struct sein_slice statement, enum known *out_known)
{
    static const char sql[] =
        "SELECT prekey_id, confirmed, sealed FROM prekey WHERE prekey_id = ?1";
    struct localdb_query *query = NULL;
    struct localdb_plain plain = { 0 };
    struct own_form form = { 0 };
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1, id_slice(&served->prekey_id));
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = read_own(query, 0, 2, &plain, &form);
    *out_known = KNOWN_NOT;
    if (err == SEIN_OK && sein_slice_equal(form.statement, statement))
        *out_known = localdb_get_int(query, 1) == PENDING ? KNOWN_PENDING
                                                          : KNOWN_CONFIRMED;
    localdb_end(&query);
    localdb_plain_free(&plain);
    sodium_memzero(&form, sizeof form);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
set_confirmed(struct sein_home *home, const struct sein_prekey_id *id,
              enum confirmed value)
{
    static const char sql[] =
        "UPDATE prekey SET confirmed = ?2 WHERE prekey_id = ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1, id_slice(id));
    localdb_set_int(query, 2, value);
    return localdb_run(&query);
}

static enum sein_err
raise_own(struct sein_home *home, enum sein_err code, struct sein_slice desk,
          struct sein_slice statement, int64_t now_ms)
{
    struct sein_desk_name name = { 0 };
    enum sein_err err = sein_slice_copy_text(desk, name.text, sizeof name.text);

    return err == SEIN_OK
               ? alarms_raise(home->db, code, name.text, statement, now_ms)
               : err;
}

/* Statements of ours behind the served one are put again. */
static enum sein_err
resume_after(struct sein_home *home, struct sein_slice desk, uint64_t seq)
{
    static const char sql[] = "UPDATE prekey SET confirmed = 0"
                              " WHERE desk = ?1 AND seq > ?2 AND confirmed = 1";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    desk_hash(home, desk, &hash);
    localdb_set_hash(query, 1, &hash);
    localdb_set_int(query, 2, (int64_t)seq);
    return localdb_run(&query);
}

static enum sein_err
has_confirmed_after(struct sein_home *home, struct sein_slice desk,
                    uint64_t seq, bool *out_has)
{
    static const char sql[] = "SELECT count(*) FROM prekey WHERE desk = ?1"
                              " AND seq > ?2 AND confirmed = 1";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    desk_hash(home, desk, &hash);
    localdb_set_hash(query, 1, &hash);
    localdb_set_int(query, 2, (int64_t)seq);
    err = localdb_step(query);
    if (err == SEIN_OK)
        *out_has = localdb_get_int(query, 0) > 0;
    localdb_end(&query);
    return err;
}

/* What the broker serves lies behind what it confirmed: it went back. */
static enum sein_err
check_rollback(struct sein_home *home, struct sein_slice desk,
               struct sein_slice statement, uint64_t seq, int64_t now_ms)
{
    bool back = false;
    enum sein_err err = has_confirmed_after(home, desk, seq, &back);

    if (err == SEIN_OK && back)
        err = raise_own(home, SEIN_EPREKEYBACK, desk, statement, now_ms);
    return err == SEIN_OK ? resume_after(home, desk, seq) : err;
}

static enum sein_err
check_served(struct sein_home *home, struct sein_slice desk,
             const struct sein_signed_prekey *served, int64_t now_ms,
             struct newest *newest)
{
    struct sein_prekey prekey = { 0 };
    enum known known = KNOWN_NOT;
    enum sein_err err = sein_prekey_verify(home->dir, served->statement,
                                           served->signature, now_ms, &prekey);

    /* Not by one of our keys, or not for this desk: nothing to go on from. */
    if (err != SEIN_OK || !sein_slice_equal(prekey.desk, desk))
        return raise_own(home, err == SEIN_OK ? SEIN_EDESK : err, desk,
                         served->statement, now_ms);
    err = find_served(home, &prekey, served->statement, &known);
    if (err != SEIN_OK)
        return err;
    if (known != KNOWN_NOT) {
        err = set_confirmed(home, &prekey.prekey_id, CONFIRMED);
        return err == SEIN_OK ? check_rollback(home, desk, served->statement,
                                               prekey.seq, now_ms)
                              : err;
    }
    /* Made by another home of this desk.  A home without any of its own has
     * just taken over; else somebody publishes beside us. */
    if (newest->statement.len > 0)
        err = raise_own(home, SEIN_EHOME, desk, served->statement, now_ms);
    if (err == SEIN_OK)
        err = drop_unconfirmed(home, desk);
    if (err == SEIN_OK)
        err = keep_newest(served->statement, newest);
    if (err == SEIN_OK)
        /* Ours come behind it, but do not wait for its end. */
        newest->prekey.not_after = newest->prekey.not_before = 0;
    return err;
}

static enum sein_err
count_pending(struct sein_home *home, size_t *out_pending)
{
    static const char sql[] = "SELECT count(*) FROM prekey WHERE confirmed = 0";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    err = localdb_step(query);
    if (err == SEIN_OK)
        *out_pending = (size_t)localdb_get_int(query, 0);
    localdb_end(&query);
    return err;
}

enum sein_err
prekeys_check_own(struct sein_home *home, const struct sein_prekeys_item *item,
                  int64_t now_ms, size_t *out_pending)
{
    struct newest newest = { 0 };
    struct sein_items served = { 0 };
    struct sein_signed_prekey first = { 0 };
    enum sein_err err = localdb_begin(home->db);

    if (err == SEIN_OK)
        err = load_newest(home, item->desk, &newest);
    if (err == SEIN_OK)
        err = sein_items_begin(item->prekeys.raw, SEIN_PREKEYS_SERVED_MAX,
                               &served);
    if (err == SEIN_OK)
        err =
            sein_items_next(&served, &sein_signed_prekey_schema, &first, NULL);
    if (err == SEIN_ENOENT)
        err = check_rollback(home, item->desk, newest.statement, 0, now_ms);
    else if (err == SEIN_OK)
        err = check_served(home, item->desk, &first, now_ms, &newest);
    if (err == SEIN_OK)
        err = make_missing(home, item->desk, now_ms, &newest);
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    return err == SEIN_OK ? count_pending(home, out_pending) : err;
}

enum sein_err
prekeys_pending(struct sein_home *home, struct prekeys_statement *out,
                size_t max, size_t *out_count)
{
    static const char sql[] = "SELECT prekey_id, sealed FROM prekey"
                              " WHERE confirmed = 0 ORDER BY rowid";
    struct localdb_query *query = NULL;
    size_t count = 0;
    enum sein_err err = localdb_start(home->db, sql, &query);

    while (err == SEIN_OK && count < max) {
        struct localdb_plain plain = { 0 };
        struct own_form form = { 0 };

        err = localdb_step(query);
        if (err == SEIN_OK)
            err = read_own(query, 0, 1, &plain, &form);
        if (err == SEIN_OK) {
            struct prekeys_statement *statement = &out[count++];

            memcpy(statement->id.bytes, localdb_get_bytes(query, 0).at,
                   SEIN_ID_BYTES);
            memcpy(statement->bytes, form.statement.at, form.statement.len);
            statement->len = form.statement.len;
            memcpy(statement->signature, form.signature, SEIN_SIG_BYTES);
        }
        localdb_plain_free(&plain);
        sodium_memzero(&form, sizeof form);
    }
    localdb_end(&query);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    *out_count = count;
    return SEIN_OK;
}

enum sein_err
prekeys_confirm(struct sein_home *home, const struct sein_prekey_id *id,
                enum sein_err verdict, int64_t now_ms)
{
    enum sein_err err = SEIN_OK;

    if (verdict == SEIN_OK || verdict == SEIN_EDUPLICATE)
        return set_confirmed(home, id, CONFIRMED);
    err = alarms_raise(home->db, verdict, "prekey", id_slice(id), now_ms);
    return err == SEIN_OK ? set_confirmed(home, id, DROPPED) : err;
}

enum sein_err
prekeys_secret(struct sein_home *home, const struct sein_prekey_id *id,
               struct sein_hpke_pair *out_pair)
{
    static const char sql[] =
        "SELECT prekey_id, sealed FROM prekey WHERE prekey_id = ?1";
    struct localdb_query *query = NULL;
    struct localdb_plain plain = { 0 };
    struct own_form form = { 0 };
    struct sein_prekey prekey = { 0 };
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1, id_slice(id));
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = read_own(query, 0, 1, &plain, &form);
    if (err == SEIN_OK &&
        sein_schema_decode_all(&sein_prekey_schema, form.statement, &prekey) !=
            SEIN_OK)
        err = SEIN_ETAMPERED;
    if (err == SEIN_OK) {
        memcpy(out_pair->sk, form.sk, sizeof out_pair->sk);
        memcpy(out_pair->pk, prekey.pk, sizeof out_pair->pk);
    }
    localdb_end(&query);
    localdb_plain_free(&plain);
    sodium_memzero(&form, sizeof form);
    return err;
}

enum sein_err
prekeys_erase_old(struct sein_home *home, int64_t now_ms)
{
    static const char sql[] = "DELETE FROM prekey WHERE erase_at <= ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, now_ms);
    err = localdb_run(&query);
    if (err == SEIN_OK && localdb_changes(home->db) > 0)
        err = localdb_scrub(home->db);
    return err;
}

/* ---- others' ----------------------------------------------------------------
 */

static enum sein_err
load_mark(struct sein_home *home, struct sein_slice desk,
          struct mark_form *out_form)
{
    static const char sql[] = "SELECT desk, sealed FROM mark WHERE desk = ?1";
    struct localdb_query *query = NULL;
    struct localdb_plain plain = { 0 };
    struct localdb_hash hash;
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    desk_hash(home, desk, &hash);
    localdb_set_hash(query, 1, &hash);
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = localdb_get_sealed(query, 1, "mark", desk, &plain);
    if (err == SEIN_OK &&
        sein_schema_decode_all(&mark_schema, plain.bytes, out_form) != SEIN_OK)
        err = SEIN_ETAMPERED;
    localdb_end(&query);
    localdb_plain_free(&plain);
    return err;
}

static enum sein_err
save_mark(struct sein_home *home, struct sein_slice desk,
          const struct mark_form *form)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO mark (desk, sealed) VALUES (?1, ?2)";
    struct localdb_query *query = NULL;
    struct localdb_hash hash;
    uint8_t bytes[80];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_slice view = { 0 };
    enum sein_err err = sein_schema_encode(&mark_schema, form, &out);

    if (err == SEIN_OK)
        err = sein_writer_done(&out, &view);
    if (err == SEIN_OK)
        err = localdb_start(home->db, sql, &query);
    if (err != SEIN_OK)
        return err;
    desk_hash(home, desk, &hash);
    localdb_set_hash(query, 1, &hash);
    localdb_set_sealed(query, 2, "mark", desk, view);
    return localdb_run(&query);
}

/* Whether the newest one served may come after what we saw; the mark moves. */
static enum sein_err
check_mark(struct mark_form *form, const struct sein_prekey *newest,
           struct sein_slice statement)
{
    struct sein_prekey_mark mark = { .seq = form->seq };
    enum sein_err err = SEIN_OK;

    memcpy(mark.hash.bytes, form->hash, sizeof form->hash);
    err = sein_prekey_regress(&mark, newest->seq, statement);
    if (err != SEIN_OK)
        return err;
    if (form->seq > 0 && newest->seq == form->seq + 1 &&
        memcmp(newest->prev.bytes, form->hash, sizeof form->hash) != 0)
        return SEIN_EPREKEYBACK;
    if (newest->seq > form->seq) {
        struct sein_hash hash;

        sein_hash_of(statement, &hash);
        form->seq = newest->seq;
        memcpy(form->hash, hash.bytes, sizeof form->hash);
    }
    return SEIN_OK;
}

/* The newest that is in force; served ones are newest first. */
static enum sein_err
choose(struct sein_home *home, const struct sein_prekeys_item *item,
       int64_t now_ms, struct mark_form *mark, struct prekeys_peer *out)
{
    struct sein_items served = { 0 };
    struct sein_signed_prekey one = { 0 };
    struct sein_prekey prekey = { 0 };
    uint64_t above = 0;
    enum sein_err err =
        sein_items_begin(item->prekeys.raw, SEIN_PREKEYS_SERVED_MAX, &served);

    if (err != SEIN_OK)
        return err;
    for (size_t i = 0;; i++) {
        err = sein_items_next(&served, &sein_signed_prekey_schema, &one, NULL);
        if (err == SEIN_ENOENT)
            return i == 0 && mark->seq > 0 ? SEIN_EPREKEYBACK : SEIN_ENOPREKEY;
        if (err == SEIN_OK)
            err = sein_prekey_verify(home->dir, one.statement, one.signature,
                                     now_ms, &prekey);
        if (err == SEIN_OK && !sein_slice_equal(prekey.desk, item->desk))
            err = SEIN_EDESK;
        if (err == SEIN_OK && i > 0 && prekey.seq >= above)
            err = SEIN_EPREKEYBACK;
        if (err == SEIN_OK && i == 0)
            err = check_mark(mark, &prekey, one.statement);
        if (err != SEIN_OK)
            return err;
        above = prekey.seq;
        if ((int64_t)prekey.not_before <= now_ms &&
            now_ms < (int64_t)prekey.not_after)
            break;
    }
    out->id = prekey.prekey_id;
    memcpy(out->pk, prekey.pk, sizeof out->pk);
    out->not_after = (int64_t)prekey.not_after;
    return SEIN_OK;
}

enum sein_err
prekeys_take(struct sein_home *home, const struct sein_prekeys_item *item,
             int64_t now_ms, struct prekeys_peer *out_peer)
{
    struct prekeys_peer peer = { 0 };
    struct mark_form mark = { 0 };
    enum sein_err err =
        sein_slice_copy_text(item->desk, peer.desk.text, sizeof peer.desk.text);

    if (err == SEIN_OK)
        err = load_mark(home, item->desk, &mark);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    peer.err = choose(home, item, now_ms, &mark, &peer);
    peer.last_read_at = (int64_t)item->last_read_at;
    mark.last_read_at =
        item->last_read_at <= INT64_MAX ? item->last_read_at : 0;
    mark.asked_at = (uint64_t)now_ms;
    err = save_mark(home, item->desk, &mark);
    if (err == SEIN_OK && peer.err != SEIN_OK && peer.err != SEIN_ENOPREKEY)
        err = alarms_raise(home->db, peer.err, peer.desk.text,
                           item->prekeys.raw, now_ms);
    if (err == SEIN_OK)
        *out_peer = peer;
    return err;
}

enum sein_err
prekeys_last_read(struct sein_home *home, struct sein_slice desk,
                  int64_t *out_at_ms, int64_t *out_asked_ms)
{
    struct mark_form mark = { 0 };
    enum sein_err err = load_mark(home, desk, &mark);

    if (err == SEIN_OK) {
        *out_at_ms = (int64_t)mark.last_read_at;
        *out_asked_ms = (int64_t)mark.asked_at;
    }
    return err;
}
