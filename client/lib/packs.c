#include "client/lib/packs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/clock.h"
#include "client/lib/files.h"
#include "client/lib/packs_marks.h"

/* "pack/" CIRCLE "/" EPOCH */
#define NAME_MAX_BYTES (5U + SEIN_CIRCLE_MAX + 1U + 10U + 1U)

static const struct sein_desk *
steward_desk(const struct sein_home *home, struct sein_slice circle,
             const struct sein_key **out_key, int64_t now_ms)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    size_t count = 0;

    (void)home_key(home, now_ms, out_key);
    if (*out_key == NULL || home_desks(home, now_ms, desks, &count) != SEIN_OK)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if ((sein_desk_roles(desks[i], circle) & SEIN_ROLE_STEWARD) != 0)
            return desks[i];
    }
    return NULL;
}

static enum sein_err
begin(struct sein_home *home, const char *circle, uint64_t epoch,
      int64_t now_ms, struct sein_pack *out_pack)
{
    const struct sein_desk *desk = NULL;
    const struct sein_key *key = NULL;

    if (home->dir == NULL)
        return SEIN_ENOTJOINED;
    if (epoch == 0 || epoch > UINT32_MAX)
        return home_note(home, SEIN_ERANGE, "epoch", NULL);
    if (sein_directory_circle(home->dir, sein_slice_text(circle)) == NULL)
        return home_note(home, SEIN_ECIRCLE, "circle", circle);
    desk = steward_desk(home, sein_slice_text(circle), &key, now_ms);
    if (desk == NULL)
        return home_note(home, SEIN_EROLE, "circle", "steward");
    out_pack->circle = sein_slice_text(circle);
    out_pack->epoch = epoch;
    out_pack->desk = sein_slice_text(desk->id.text);
    out_pack->key_id = key->entry.key_id;
    out_pack->made_at = (uint64_t)now_ms;
    randombytes_buf(out_pack->pepper, sizeof out_pack->pepper);
    return SEIN_OK;
}

static enum sein_err
write_file(struct sein_home *home, const struct sein_pack *pack,
           const struct packs_marks *marks, const char *out_path)
{
    const struct keystore_pair *pair =
        home_key(home, (int64_t)pack->made_at, NULL);
    uint8_t *bytes = sodium_malloc(SEIN_PACK_MAX);
    size_t len = 0;
    enum sein_err err = SEIN_OK;

    if (bytes == NULL)
        return SEIN_ENOMEM;
    err = sein_pack_write(pack, marks->at, marks->count, pair->sign_secret,
                          bytes, SEIN_PACK_MAX, &len);
    if (err == SEIN_OK)
        err = files_write(out_path, sein_slice_of(bytes, len));
    sodium_free(bytes);
    return err;
}

enum sein_err
packs_make(struct sein_home *home, const char *circle, uint64_t epoch,
           const char *institutions, const char *out_path,
           struct packs_made *out_made)
{
    struct sein_pack pack = { 0 };
    struct packs_marks marks = { 0 };
    struct sein_blind_scope scope = { { 0 }, 0 };
    enum sein_err err = begin(home, circle, epoch, sein_clock_ms(), &pack);

    if (err == SEIN_OK && files_exists(out_path))
        err = home_note(home, SEIN_EEXIST, "out", out_path);
    if (err == SEIN_OK && institutions != NULL)
        err = packs_marks_read(home, institutions, pack.pepper, &marks);
    if (err == SEIN_OK)
        err = write_file(home, &pack, &marks, out_path);
    if (err == SEIN_OK) {
        scope.circle = pack.circle;
        scope.epoch = (uint32_t)epoch;
        sein_pepper_check(pack.pepper, &scope, out_made->check);
        out_made->mark_count = marks.count;
        (void)snprintf(out_made->desk.text, sizeof out_made->desk.text, "%.*s",
                       (int)pack.desk.len, (const char *)pack.desk.at);
    }
    sodium_memzero(&pack, sizeof pack);
    packs_marks_deinit(&marks);
    return err;
}

static void
name_of(struct sein_slice circle, uint64_t epoch,
        char out[static NAME_MAX_BYTES])
{
    (void)snprintf(out, NAME_MAX_BYTES, "pack/%.*s/%u", (int)circle.len,
                   (const char *)circle.at, (unsigned)epoch);
}

enum sein_err
packs_take(struct sein_home *home, const char *path,
           struct localdb_plain *out_plain, struct sein_pack *out_pack)
{
    char name[NAME_MAX_BYTES];
    struct sein_pack pack = { 0 };
    uint8_t *bytes = NULL;
    size_t len = 0;
    enum sein_err err = SEIN_OK;

    if (home->dir == NULL)
        return SEIN_ENOTJOINED;
    bytes = malloc(SEIN_PACK_MAX);
    if (bytes == NULL)
        return SEIN_ENOMEM;
    err = files_read(path, false, bytes, SEIN_PACK_MAX, &len);
    if (err != SEIN_OK)
        err = home_note(home, err, "", path);
    if (err == SEIN_OK)
        err = sein_pack_open(home->dir, sein_slice_of(bytes, len),
                             sein_clock_ms(), &pack);
    if (err == SEIN_OK) {
        name_of(pack.circle, pack.epoch, name);
        err = localdb_set_meta(home->db, name, sein_slice_of(bytes, len));
    }
    if (err == SEIN_OK)
        err = packs_get(home, pack.circle, pack.epoch, out_plain, out_pack);
    sodium_memzero(&pack, sizeof pack);
    sodium_memzero(bytes, SEIN_PACK_MAX);
    free(bytes);
    return err;
}

enum sein_err
packs_get(struct sein_home *home, struct sein_slice circle, uint64_t epoch,
          struct localdb_plain *out_plain, struct sein_pack *out_pack)
{
    char name[NAME_MAX_BYTES];
    enum sein_err err = SEIN_OK;

    if (home->dir == NULL)
        return SEIN_ENOTJOINED;
    if (circle.len > SEIN_CIRCLE_MAX || epoch > UINT32_MAX)
        return SEIN_ENOPACK;
    name_of(circle, epoch, name);
    err = localdb_get_meta(home->db, name, out_plain);
    if (err == SEIN_ENOENT)
        return SEIN_ENOPACK;
    if (err != SEIN_OK)
        return err;
    err =
        sein_pack_open(home->dir, out_plain->bytes, sein_clock_ms(), out_pack);
    if (err != SEIN_OK)
        localdb_plain_free(out_plain);
    return err;
}
