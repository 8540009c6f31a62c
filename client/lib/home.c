#include "client/lib/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/client.h"
#include "client/lib/clock.h"
#include "client/lib/dirstore.h"
#include "client/lib/files.h"
#include "client/lib/lock.h"
#include "proto/wire/pack.h"
#include "proto/wire/schema.h"

/* How profile and trust rest in the database, arrays. */
struct profile_form {
    struct sein_slice oin;
    struct sein_slice name;
    struct sein_list desks;
};
static const struct sein_field profile_fields[] = {
    { "oin", SEIN_FIELD_TEXT, false, offsetof(struct profile_form, oin),
      SEIN_OIN_CHARS, SEIN_OIN_CHARS },
    { "name", SEIN_FIELD_TEXT, false, offsetof(struct profile_form, name), 1,
      HOME_NAME_MAX },
    { "desks", SEIN_FIELD_LIST, false, offsetof(struct profile_form, desks), 0,
      SEIN_DESKS_MAX },
};
static const struct sein_schema profile_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, profile_fields, struct profile_form);

struct trust_form {
    struct sein_slice endpoint;
    uint8_t curve[SEIN_KEY_BYTES];
    uint8_t fingerprint[SEIN_HASH_BYTES];
};
static const struct sein_field trust_fields[] = {
    { "endpoint", SEIN_FIELD_TEXT, false, offsetof(struct trust_form, endpoint),
      1, 255 },
    { "curve", SEIN_FIELD_FIXED, false, offsetof(struct trust_form, curve), 0,
      SEIN_KEY_BYTES },
    { "fingerprint", SEIN_FIELD_FIXED, false,
      offsetof(struct trust_form, fingerprint), 0, SEIN_HASH_BYTES },
};
static const struct sein_schema trust_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, trust_fields, struct trust_form);

#define PROFILE_MAX \
    (64U + HOME_NAME_MAX + SEIN_DESKS_MAX * (SEIN_DESK_NAME_MAX + 2U))
#define TRUST_MAX 384U

enum sein_err
home_note(struct sein_home *home, enum sein_err err, const char *field,
          const char *detail)
{
    struct sein_problem *problem = &home->problem;

    *problem = (struct sein_problem){ .error = (int)err };
    (void)snprintf(problem->field, sizeof problem->field, "%s",
                   field == NULL ? "" : field);
    (void)snprintf(problem->detail, sizeof problem->detail, "%s",
                   detail == NULL ? "" : detail);
    return err;
}

/* ---- profile and trust ------------------------------------------------------
 */

static enum sein_err
save_profile(struct sein_home *home)
{
    const struct home_profile *profile = &home->profile;
    uint8_t list[PROFILE_MAX];
    uint8_t bytes[PROFILE_MAX];
    struct sein_writer names = sein_writer_of(list, sizeof list);
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_slice view = { 0 };
    struct profile_form form = {
        .oin = sein_slice_text(profile->oin.text),
        .name = sein_slice_text(profile->name),
    };
    enum sein_err err = SEIN_OK;

    sein_pack_array(&names, profile->desk_count);
    for (size_t i = 0; i < profile->desk_count; i++)
        sein_pack_text(&names, sein_slice_text(profile->desks[i]));
    err = sein_writer_done(&names, &form.desks.raw);
    form.desks.count = profile->desk_count;
    if (err == SEIN_OK)
        err = sein_schema_encode(&profile_schema, &form, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &view);
    return err == SEIN_OK ? localdb_set_meta(home->db, "profile", view) : err;
}

static enum sein_err
decode_profile(struct sein_slice bytes, struct home_profile *out)
{
    struct profile_form form = { 0 };
    struct sein_items items = { 0 };
    struct sein_slice name = { 0 };
    enum sein_err err = sein_schema_decode_all(&profile_schema, bytes, &form);

    if (err == SEIN_OK)
        err =
            sein_slice_copy_text(form.oin, out->oin.text, sizeof out->oin.text);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(form.name, out->name, sizeof out->name);
    if (err == SEIN_OK)
        err = sein_items_begin(form.desks.raw, SEIN_DESKS_MAX, &items);
    while (err == SEIN_OK) {
        err = sein_items_next_text(&items, &name);
        if (err == SEIN_OK)
            err = sein_slice_copy_text(name, out->desks[out->desk_count++],
                                       sizeof out->desks[0]);
    }
    return err == SEIN_ENOENT ? SEIN_OK : SEIN_ETAMPERED;
}

static enum sein_err
load_profile(struct sein_home *home)
{
    struct localdb_plain plain = { 0 };
    enum sein_err err = localdb_get_meta(home->db, "profile", &plain);

    if (err == SEIN_OK)
        err = decode_profile(plain.bytes, &home->profile);
    localdb_plain_free(&plain);
    return err == SEIN_ENOENT ? SEIN_ETAMPERED : err;
}

enum sein_err
home_save_trust(struct sein_home *home, const struct home_trust *trust)
{
    uint8_t bytes[TRUST_MAX];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_slice view = { 0 };
    struct trust_form form = { .endpoint = sein_slice_text(trust->endpoint) };
    enum sein_err err = SEIN_OK;

    memcpy(form.curve, trust->curve, sizeof form.curve);
    memcpy(form.fingerprint, trust->fingerprint.bytes, sizeof form.fingerprint);
    err = sein_schema_encode(&trust_schema, &form, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &view);
    if (err == SEIN_OK)
        err = localdb_set_meta(home->db, "trust", view);
    if (err == SEIN_OK) {
        home->trust = *trust;
        home->trust.joined = true;
    }
    return err;
}

static enum sein_err
load_trust(struct sein_home *home)
{
    struct localdb_plain plain = { 0 };
    struct trust_form form = { 0 };
    struct home_trust *trust = &home->trust;
    enum sein_err err = localdb_get_meta(home->db, "trust", &plain);

    if (err == SEIN_ENOENT)
        return SEIN_OK;
    if (err != SEIN_OK)
        return err;
    err = sein_schema_decode_all(&trust_schema, plain.bytes, &form);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(form.endpoint, trust->endpoint,
                                   sizeof trust->endpoint);
    if (err == SEIN_OK) {
        memcpy(trust->curve, form.curve, sizeof trust->curve);
        memcpy(trust->fingerprint.bytes, form.fingerprint,
               sizeof trust->fingerprint.bytes);
        trust->joined = true;
    }
    localdb_plain_free(&plain);
    return err == SEIN_OK ? SEIN_OK : SEIN_ETAMPERED;
}

/* ---- making, opening --------------------------------------------------------
 */

static enum sein_err
new_home(const char *path, struct sein_home **out_home)
{
    struct sein_home *home = NULL;

    if (sodium_init() < 0)
        return SEIN_EINTERNAL;
    home = calloc(1, sizeof *home);
    if (home == NULL)
        return SEIN_ENOMEM;
    home->lock_fd = -1;
    home->path = strdup(path);
    if (home->path == NULL) {
        free(home);
        return SEIN_ENOMEM;
    }
    *out_home = home;
    return SEIN_OK;
}

static enum sein_err
open_db(struct sein_home *home)
{
    char path[FILES_PATH_MAX];
    enum sein_err err = files_join(home->path, "home.db", path);

    return err == SEIN_OK
               ? localdb_open(path, keystore_home_key(home->keys), &home->db)
               : err;
}

enum sein_err
home_create(const char *path, const struct home_profile *profile,
            const struct sein_unlock *unlock, struct sein_home **out_home)
{
    struct sein_home *home = NULL;
    char keystore[FILES_PATH_MAX];
    enum sein_err err = files_join(path, "keystore", keystore);

    if (err != SEIN_OK)
        return err;
    if (files_exists(keystore))
        return SEIN_EEXIST;
    err = files_make_folder(path);
    if (err == SEIN_OK)
        err = new_home(path, &home);
    if (err == SEIN_OK)
        err = lock_take(path, &home->lock_fd);
    if (err == SEIN_OK)
        err = keystore_create(keystore, unlock, sein_clock_ms(), &home->keys);
    if (err != SEIN_OK)
        goto done;
    home->profile = *profile;
    err = open_db(home);
    if (err == SEIN_OK)
        err = save_profile(home);
    if (err != SEIN_OK) {
        /* Without a profile there is no home: the next try starts anew. */
        if (files_remove(keystore) != SEIN_OK)
            err = SEIN_EIO;
        goto done;
    }
    *out_home = home;
    home = NULL;

done:
    home_close(&home);
    return err;
}

enum sein_err
home_open(const char *path, const struct sein_unlock *unlock, const char *actor,
          struct sein_home **out_home)
{
    struct sein_home *home = NULL;
    char keystore[FILES_PATH_MAX];
    enum sein_err err = files_join(path, "keystore", keystore);

    if (err != SEIN_OK)
        return err;
    if (!files_exists(keystore))
        return SEIN_ENOHOME;
    err = new_home(path, &home);
    if (err == SEIN_OK)
        err = lock_take(path, &home->lock_fd);
    if (err == SEIN_OK)
        err = keystore_open(keystore, unlock, &home->keys);
    if (err == SEIN_OK)
        err = open_db(home);
    if (err == SEIN_OK)
        err = load_profile(home);
    if (err == SEIN_OK)
        err = load_trust(home);
    if (err == SEIN_OK)
        err = dirstore_load(home);
    if (err != SEIN_OK)
        goto done;
    (void)snprintf(home->actor, sizeof home->actor, "%s",
                   actor == NULL ? "" : actor);
    *out_home = home;
    home = NULL;

done:
    home_close(&home);
    return err;
}

void
home_close(struct sein_home **home)
{
    if (home == NULL || *home == NULL)
        return;
    client_free(&(*home)->client);
    sein_directory_free(&(*home)->dir);
    localdb_close(&(*home)->db);
    keystore_free(&(*home)->keys);
    lock_release(&(*home)->lock_fd);
    free((*home)->path);
    sodium_memzero(*home, sizeof **home);
    free(*home);
    *home = NULL;
}

/* ---- who we are in the directory --------------------------------------------
 */

const struct keystore_pair *
home_key(const struct sein_home *home, int64_t now_ms,
         const struct sein_key **out_entry)
{
    size_t count = 0;
    const struct keystore_pair *pairs = keystore_pairs(home->keys, &count);
    const struct keystore_pair *pair = &pairs[count - 1];
    const struct sein_key *entry = NULL;

    for (size_t i = count; i-- > 0 && home->dir != NULL;) {
        const struct sein_key *key =
            sein_directory_key(home->dir, &pairs[i].public_key.key_id);
        enum sein_key_status status = SEIN_KEY_REVOKED;

        if (key == NULL)
            continue;
        status = sein_key_status_at(key, now_ms);
        if (entry == NULL || status == SEIN_KEY_ACTIVE ||
            status == SEIN_KEY_LEFT) {
            pair = &pairs[i];
            entry = key;
        }
        if (status == SEIN_KEY_ACTIVE || status == SEIN_KEY_LEFT)
            break;
    }
    if (out_entry != NULL)
        *out_entry = entry;
    return pair;
}

static bool
reads_desk(const struct home_profile *profile, struct sein_slice name)
{
    if (profile->desk_count == 0)
        return true;
    for (size_t i = 0; i < profile->desk_count; i++) {
        if (sein_slice_is(name, profile->desks[i]))
            return true;
    }
    return false;
}

enum sein_err
home_desks(const struct sein_home *home, int64_t now_ms,
           const struct sein_desk *out_desks[static SEIN_DESKS_MAX],
           size_t *out_count)
{
    const struct sein_key *key = NULL;
    const struct sein_member *member = NULL;
    size_t count = 0;

    if (home->dir == NULL)
        return SEIN_ENOTJOINED;
    (void)home_key(home, now_ms, &key);
    if (key == NULL)
        return SEIN_ENOTADMITTED;
    member = key->member;
    for (size_t i = 0; i < member->desk_count && count < SEIN_DESKS_MAX; i++) {
        const struct sein_desk *desk = &member->desks[i];

        if (sein_key_acts_for(key, desk) &&
            reads_desk(&home->profile, desk->entry.name))
            out_desks[count++] = desk;
    }
    *out_count = count;
    return SEIN_OK;
}

bool
home_owns_desk(const struct sein_home *home, struct sein_slice desk)
{
    return desk.len > SEIN_OIN_CHARS &&
           sein_slice_is(sein_desk_oin(desk), home->profile.oin.text);
}
