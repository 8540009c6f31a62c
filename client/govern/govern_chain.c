#include <stdio.h>
#include <string.h>

#include "client/govern/govern_parts.h"

#define SUFFIX ".dir"
#define VERSION_DIGITS 6U

const char *
chain_path(struct govern *govern, uint64_t version)
{
    return arena_format(&govern->arena, GOVERN_SIGNED "/%06llu" SUFFIX,
                        (unsigned long long)version);
}

/* "000012.dir" */
static bool
version_of(const char *name, uint64_t *out_version)
{
    uint64_t version = 0;

    for (size_t i = 0; i < VERSION_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        version = version * 10 + (uint64_t)(name[i] - '0');
    }
    if (version == 0 || strcmp(name + VERSION_DIGITS, SUFFIX) != 0)
        return false;
    *out_version = version;
    return true;
}

static enum sein_err
read_version(struct govern *govern, uint64_t version, struct arena *arena,
             struct sein_slice *out_bytes)
{
    const char *path = chain_path(govern, version);
    enum sein_err err = folder_read(arena, govern_full_path(govern, path),
                                    SEIN_DIRECTORY_MAX, out_bytes);

    return err == SEIN_OK ? SEIN_OK : govern_blame_text(govern, err, "", path);
}

static enum sein_err
open_version(struct govern *govern, uint64_t version, struct arena *arena,
             struct sein_directory **out_dir)
{
    struct sein_slice bytes = { 0 };
    enum sein_err err = read_version(govern, version, arena, &bytes);

    if (err != SEIN_OK)
        return err;
    err = sein_directory_read(bytes, out_dir);
    return err == SEIN_OK ? SEIN_OK
                          : govern_blame_text(govern, err, "",
                                              chain_path(govern, version));
}

/* The bytes that were signed. */
static enum sein_err
inner_bytes(const struct sein_directory *dir, struct sein_slice *out_bytes)
{
    struct sein_dir_signed outside = { 0 };
    enum sein_err err = sein_schema_decode_all(
        &sein_dir_signed_schema, sein_directory_bytes(dir), &outside);

    if (err == SEIN_OK)
        *out_bytes = outside.dir;
    return err;
}

enum sein_err
chain_model(struct govern *govern, uint64_t version, struct model *out_model)
{
    struct sein_directory *dir = NULL;
    struct sein_slice bytes = { 0 };
    enum sein_err err = SEIN_OK;

    err = open_version(govern, version, &govern->arena, &dir);
    if (err == SEIN_OK)
        err = inner_bytes(dir, &bytes);
    if (err == SEIN_OK)
        err = model_decode(bytes, &govern->arena, out_model);
    sein_directory_free(&dir);
    return err;
}

static enum sein_err
read_newest(struct govern *govern)
{
    uint64_t version = govern->versions[govern->version_count - 1];
    struct sein_slice bytes = { 0 };
    enum sein_err err =
        open_version(govern, version, &govern->arena, &govern->newest);

    if (err == SEIN_OK)
        err = inner_bytes(govern->newest, &bytes);
    if (err == SEIN_OK)
        err = model_decode(bytes, &govern->arena, &govern->newest_model);
    return err;
}

enum sein_err
chain_list(struct govern *govern)
{
    const char *const *names = NULL;
    size_t count = 0;
    enum sein_err err =
        folder_list(&govern->arena, govern_full_path(govern, GOVERN_SIGNED),
                    SUFFIX, &names, &count);

    if (err != SEIN_OK)
        return err;
    govern->versions =
        arena_new(&govern->arena, count, sizeof *govern->versions);
    if (govern->versions == NULL)
        return SEIN_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (version_of(names[i], &govern->versions[govern->version_count]))
            govern->version_count++;
    }
    if (govern->version_count == 0)
        return SEIN_OK;
    err = read_newest(govern);
    /* Whoever needs the newest hears what is wrong with it. */
    govern->newest_err = err;
    govern->has_why = false;
    return err == SEIN_ENOMEM ? err : SEIN_OK;
}

enum sein_err
chain_newest(struct govern *govern)
{
    uint64_t version = 0;

    if (govern->newest_err == SEIN_OK)
        return SEIN_OK;
    version = govern->versions[govern->version_count - 1];
    return govern_blame_text(govern, govern->newest_err, "",
                             chain_path(govern, version));
}

/* The first link stands on its own governance; whether that is the right one
 * is for people to compare. */
static enum sein_err
accept_first(struct sein_slice bytes, struct sein_hash *out_fingerprint,
             struct sein_directory **out_dir)
{
    struct sein_directory *plain = NULL;
    enum sein_err err = sein_directory_read(bytes, &plain);
    int64_t issued = 0;

    if (err != SEIN_OK)
        return err;
    sein_directory_fingerprint(plain, out_fingerprint);
    issued = (int64_t)sein_directory_root(plain)->issued;
    if (sein_directory_version(plain) != 1)
        err = SEIN_EDIRCHAIN;
    sein_directory_free(&plain);
    /* At the time it was issued: as a link it may have expired. */
    return err == SEIN_OK ? sein_directory_accept_first(bytes, out_fingerprint,
                                                        issued, out_dir)
                          : err;
}

/* Accepts one more version after *dir (NULL: the first), and takes its place.
 */
static enum sein_err
accept_link(struct govern *govern, uint64_t version,
            struct sein_directory **dir, struct sein_hash *first)
{
    struct arena arena = { 0 };
    struct sein_slice bytes = { 0 };
    struct sein_directory *next = NULL;
    enum sein_err err = read_version(govern, version, &arena, &bytes);

    if (err == SEIN_OK) {
        err = *dir == NULL ? accept_first(bytes, first, &next)
                           : sein_directory_accept_next(*dir, bytes,
                                                        govern->now_ms, &next);
        if (err != SEIN_OK)
            (void)govern_blame_text(govern, err, "",
                                    chain_path(govern, version));
    }
    arena_free(&arena);
    if (err != SEIN_OK)
        return err;
    sein_directory_free(dir);
    *dir = next;
    return SEIN_OK;
}

enum sein_err
chain_check(struct govern *govern, struct sein_hash *out_first)
{
    struct sein_directory *dir = NULL;
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < govern->version_count; i++) {
        if (govern->versions[i] != i + 1)
            err = govern_blame(
                govern, SEIN_EDIRCHAIN,
                (struct place){ .file = chain_path(govern, i + 1) }, NULL,
                "deze versie ontbreekt; zet haar terug uit een reservekopie, "
                "bij een beheerder of bij het seinhuis",
                "this version is missing; put it back from a backup, another "
                "governor or the broker");
        else
            err = accept_link(govern, i + 1, &dir, out_first);
    }
    sein_directory_free(&dir);
    return err;
}

static void
state_of_governance(const struct sein_hash *fingerprint,
                    char out_text[static GOVERN_FINGERPRINT_BYTES])
{
    sein_fingerprint_text(fingerprint->bytes, out_text);
}

enum sein_err
govern_verify(struct govern *govern, struct govern_state *out_state)
{
    const struct sein_directory *newest = govern->newest;
    struct sein_hash first = { { 0 } };
    struct sein_hash fingerprint = { { 0 } };
    struct govern_state state = { 0 };
    const struct model *model = &govern->newest_model;
    int64_t left = 0;
    enum sein_err err = SEIN_OK;

    if (govern->version_count == 0)
        return govern_blame(govern, SEIN_ENOENT,
                            (struct place){ .file = GOVERN_SIGNED "/" }, NULL,
                            "er is nog niets getekend; gebruik sein directory "
                            "sign",
                            "nothing is signed yet; use sein directory sign");
    err = chain_check(govern, &first);
    if (err != SEIN_OK || newest == NULL)
        return err;
    sein_directory_fingerprint(newest, &fingerprint);
    state_of_governance(&fingerprint, state.fingerprint);
    state_of_governance(&first, state.first_fingerprint);
    state.version = model->version;
    state.issued_at_ms = (int64_t)model->issued;
    state.expires_at_ms = (int64_t)model->expires;
    left = state.expires_at_ms - govern->now_ms;
    state.days_left =
        left >= 0 ? left / SEIN_MS_PER_DAY : -1 - -left / SEIN_MS_PER_DAY;
    state.threshold = model->threshold;
    state.governor_count = model->governor_count;
    state.hash = *sein_directory_hash(newest);
    (void)snprintf(state.path, sizeof state.path, "%s",
                   govern_full_path(govern, chain_path(govern, state.version)));
    if (folder_exists(govern_full_path(
            govern, arena_format(&govern->arena, GOVERN_DRAFT "/%06llu" SUFFIX,
                                 (unsigned long long)state.version + 1))))
        state.draft_version = state.version + 1;
    *out_state = state;
    return SEIN_OK;
}
