#include "client/lib/deposits.h"

#include <string.h>

#include <sodium.h>

#include "proto/trust/may.h"

/* ---- labels -----------------------------------------------------------------
 */

/* Calls for each label until one fits oin, or, when that is empty, label. */
static bool
find_label(const struct sein_circle *circle, struct sein_slice oin,
           struct sein_slice label, struct sein_slice *out_label)
{
    struct sein_items items = { 0 };
    struct sein_dir_label row = { 0 };
    enum sein_err err =
        sein_items_begin(circle->entry.labels.raw, SEIN_MEMBERS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_dir_label_schema, &row, NULL);
        if (err == SEIN_OK &&
            (oin.len > 0 ? sein_slice_equal(row.oin, oin)
                         : sein_slice_equal(row.label, label))) {
            *out_label = row.label;
            return true;
        }
    }
    return false;
}

struct sein_slice
deposits_label(const struct sein_circle *circle, struct sein_slice oin)
{
    struct sein_slice label = { 0 };

    (void)find_label(circle, oin, label, &label);
    return label;
}

static bool
is_label(const struct sein_circle *circle, struct sein_slice label)
{
    struct sein_slice found = { 0 };

    return label.len == 0 ||
           find_label(circle, (struct sein_slice){ 0 }, label, &found);
}

/* ---- making -----------------------------------------------------------------
 */

static uint64_t
expiry(const struct sein_circle *circle, const struct sein_dir_epoch *epoch,
       int64_t now_ms)
{
    uint64_t expires = (uint64_t)now_ms +
                       circle->entry.retention_days * (uint64_t)SEIN_MS_PER_DAY;

    return expires < epoch->match_until ? expires : epoch->match_until;
}

static enum sein_err
write_note(const struct presence *row, struct sein_slice label,
           uint8_t buffer[static SEIN_NOTE_STATEMENT_MAX],
           struct sein_slice *out)
{
    struct sein_writer writer = sein_writer_of(buffer, SEIN_NOTE_STATEMENT_MAX);
    struct sein_presence_note note = {
        .v = SEIN_PRESENCE_VERSION,
        .circle = sein_slice_text(row->circle.text),
        .epoch = row->epoch,
        .presence_id = row->presence_id,
        .link = row->link,
        .label = label,
        .expires = row->expires / (uint64_t)SEIN_MS_PER_DAY,
    };
    enum sein_err err =
        sein_schema_encode(&sein_presence_note_schema, &note, &writer);

    return err == SEIN_OK ? sein_writer_done(&writer, out) : err;
}

static enum sein_err
write_core(const struct sein_home *home, const struct presence *row,
           const struct sein_key_id *key_id, struct sein_slice note,
           uint8_t buffer[static SEIN_CORE_MAX], struct sein_slice *out)
{
    struct sein_writer writer = sein_writer_of(buffer, SEIN_CORE_MAX);
    struct sein_slice desk = sein_slice_text(row->desk.text);
    struct sein_presence_core core = {
        .v = SEIN_PRESENCE_VERSION,
        .circle = sein_slice_text(row->circle.text),
        .epoch = row->epoch,
        .org = sein_desk_oin(desk),
        .desk = desk,
        .key_id = *key_id,
        .presence_id = row->presence_id,
        .link = row->link,
        .created = row->created,
        .expires = row->expires,
        .dir_version = sein_directory_version(home->dir),
        .dir_hash = *sein_directory_hash(home->dir),
    };
    enum sein_err err = SEIN_OK;

    sein_hash_of(note, &core.note_hash);
    err = sein_schema_encode(&sein_presence_core_schema, &core, &writer);
    return err == SEIN_OK ? sein_writer_done(&writer, out) : err;
}

/* Note, core, their MACs and the signature, into the row. */
static enum sein_err
compose(const struct sein_home *home, const struct keystore_pair *pair,
        struct sein_slice label, struct presence *row)
{
    uint8_t note[SEIN_NOTE_STATEMENT_MAX];
    uint8_t core[SEIN_CORE_MAX];
    struct sein_deposit deposit = { 0 };
    struct sein_writer out = sein_writer_of(row->deposit, sizeof row->deposit);
    struct sein_slice view = { 0 };
    enum sein_err err = write_note(row, label, note, &deposit.note);

    if (err == SEIN_OK)
        err = write_core(home, row, &pair->public_key.key_id, deposit.note,
                         core, &deposit.core);
    if (err != SEIN_OK)
        return err;
    sein_note_mac(&row->keys, deposit.note, deposit.nmac);
    sein_presence_mac(&row->keys, deposit.core, deposit.mac);
    err = sein_presence_sign(deposit.core, deposit.mac, &row->keys.tag,
                             pair->sign_secret, deposit.psig);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_deposit_schema, &deposit, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &view);
    row->deposit_len = view.len;
    return err;
}

enum sein_err
deposits_make(struct sein_home *home, struct presence *row, int64_t now_ms)
{
    struct sein_slice circle_id = sein_slice_text(row->circle.text);
    struct sein_slice desk_id = sein_slice_text(row->desk.text);
    const struct keystore_pair *pair = home_key(home, now_ms, NULL);
    const struct sein_circle *circle = NULL;
    const struct sein_desk *desk = NULL;
    struct sein_dir_epoch epoch = { 0 };
    enum sein_err err =
        sein_may(home->dir, &pair->public_key.key_id, SEIN_MAY_PRESENCE,
                 desk_id, now_ms, NULL, &desk);

    if (err == SEIN_OK)
        err = sein_may_presence(home->dir, desk, circle_id, row->epoch,
                                row->link, now_ms);
    if (err != SEIN_OK)
        return err;
    circle = sein_directory_circle(home->dir, circle_id);
    if (circle == NULL || !sein_circle_epoch(circle, row->epoch, &epoch))
        return SEIN_EEPOCH;
    row->created = (uint64_t)now_ms;
    row->expires = expiry(circle, &epoch, now_ms);
    row->code = 0;
    row->state = PRESENCE_READY;
    return compose(home, pair, deposits_label(circle, desk->member->entry.oin),
                   row);
}

enum sein_err
deposits_renew(struct sein_home *home, struct presence *row, int64_t now_ms)
{
    enum sein_err err = SEIN_OK;

    row->former = row->presence_id;
    sein_random_id(row->presence_id.bytes);
    err = deposits_make(home, row, now_ms);
    if (err == SEIN_ENOMEM)
        return err;
    if (err != SEIN_OK) {
        /* Under the key of now, or not at all: the pump says why. */
        sodium_memzero(&row->keys, sizeof row->keys);
        row->epoch = 0;
        row->deposit_len = 0;
        row->state = PRESENCE_WANTED;
    }
    return presences_update(home->db, row);
}

/* ---- judging ----------------------------------------------------------------
 */

static enum sein_err
check_scope(const struct presence *own, struct sein_slice circle,
            uint64_t epoch, const struct sein_presence_id *id)
{
    if (!sein_slice_is(circle, own->circle.text) || epoch != own->epoch ||
        presence_is_own(own, id))
        return SEIN_EDEPOSIT;
    return SEIN_OK;
}

static enum sein_err
check_note_mac(const struct presence *own, struct sein_slice note,
               const uint8_t found[static SEIN_HASH_BYTES])
{
    uint8_t expected[SEIN_HASH_BYTES];

    sein_note_mac(&own->keys, note, expected);
    return sein_mac_check(expected, found);
}

enum sein_err
deposits_check_note(const struct sein_directory *dir,
                    const struct presence *own, struct sein_slice note,
                    int64_t now_ms, struct sein_presence_note *out_note)
{
    const struct sein_circle *circle =
        sein_directory_circle(dir, sein_slice_text(own->circle.text));
    struct sein_deposit_note half = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_deposit_note_schema, note, &half);

    if (err == SEIN_OK)
        err = check_note_mac(own, half.note, half.nmac);
    if (err == SEIN_OK)
        err = sein_schema_decode_all(&sein_presence_note_schema, half.note,
                                     out_note);
    if (err != SEIN_OK)
        return err;
    if (circle == NULL)
        return SEIN_ECIRCLE;
    err = check_scope(own, out_note->circle, out_note->epoch,
                      &out_note->presence_id);
    if (err != SEIN_OK)
        return err;
    if (out_note->expires < (uint64_t)(now_ms / SEIN_MS_PER_DAY))
        return SEIN_EPRESENCELIFE;
    if (!is_label(circle, out_note->label))
        return SEIN_EDEPOSIT;
    return sein_circle_links_match(circle, own->link, out_note->link)
               ? SEIN_OK
               : SEIN_ELINK;
}

/* The two MACs: by somebody who knows the household, and who, as far as that
 * is said under them, is not us. */
static enum sein_err
check_macs(const struct presence *own, const struct sein_presence_view *view)
{
    uint8_t expected[SEIN_HASH_BYTES];
    enum sein_err err =
        check_note_mac(own, view->deposit.note, view->deposit.nmac);

    if (err != SEIN_OK)
        return err;
    sein_presence_mac(&own->keys, view->deposit.core, expected);
    err = sein_mac_check(expected, view->deposit.mac);
    return err == SEIN_OK
               ? check_scope(own, view->core.circle, view->core.epoch,
                             &view->core.presence_id)
               : err;
}

static enum sein_err
check_directory(const struct sein_directory *dir,
                const struct sein_presence_core *core)
{
    uint64_t version = sein_directory_version(dir);

    if (core->dir_version > version)
        return SEIN_EDIRNEWER;
    if (core->dir_version == version &&
        memcmp(core->dir_hash.bytes, sein_directory_hash(dir)->bytes,
               SEIN_HASH_BYTES) != 0)
        return SEIN_EDIRROLLBACK;
    return SEIN_OK;
}

/* A key that is retired since still stands for what it signed before. */
static enum sein_err
check_key(const struct sein_directory *dir,
          const struct sein_presence_core *core, int64_t now_ms,
          const struct sein_key **out_key)
{
    const struct sein_key *key = sein_directory_key(dir, &core->key_id);
    const struct sein_desk *desk = sein_directory_desk(dir, core->desk);

    if (key == NULL)
        return SEIN_EKEY;
    if (desk == NULL)
        return SEIN_EDESK;
    if (!sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    *out_key = key;
    switch (sein_key_status_at(key, now_ms)) {
    case SEIN_KEY_ACTIVE:
        return SEIN_OK;
    case SEIN_KEY_RETIRED:
        return core->created < key->entry.retired_at ? SEIN_OK : SEIN_ERETIRED;
    case SEIN_KEY_NOT_YET:
        return SEIN_ENOTYET;
    case SEIN_KEY_LEFT:
        return SEIN_ELEFT;
    case SEIN_KEY_REVOKED:
        break;
    }
    return SEIN_EREVOKED;
}

static enum sein_err
check_maker(const struct sein_directory *dir, const struct presence *own,
            const struct sein_presence_view *view, int64_t now_ms)
{
    const struct sein_presence_core *core = &view->core;
    struct sein_slice circle_id = sein_slice_text(own->circle.text);
    const struct sein_circle *circle = sein_directory_circle(dir, circle_id);
    const struct sein_key *key = NULL;
    enum sein_err err = check_key(dir, core, now_ms, &key);

    if (err == SEIN_OK)
        err = sein_presence_verify(view, &own->keys.tag, key->entry.sign);
    if (err == SEIN_OK)
        err = sein_may_match(dir, circle_id, sein_slice_text(own->desk.text),
                             own->link, core->desk, core->link);
    if (err != SEIN_OK)
        return err;
    if (circle == NULL)
        return SEIN_ECIRCLE;
    return sein_slice_equal(view->note.label, deposits_label(circle, core->org))
               ? SEIN_OK
               : SEIN_EDEPOSIT;
}

enum sein_err
deposits_check(const struct sein_directory *dir, const struct presence *own,
               struct sein_slice deposit, int64_t now_ms,
               struct sein_presence_view *out_view)
{
    enum sein_err err = sein_presence_open(deposit, out_view);

    if (err == SEIN_OK)
        err = check_macs(own, out_view);
    if (err == SEIN_OK)
        err = check_directory(dir, &out_view->core);
    if (err != SEIN_OK)
        return err;
    if ((int64_t)out_view->core.created > now_ms + SEIN_CLOCK_AHEAD_MS)
        return SEIN_ETIME;
    if ((int64_t)out_view->core.expires <= now_ms)
        return SEIN_EPRESENCELIFE;
    return check_maker(dir, own, out_view, now_ms);
}
