/* sein.h: errors, and a home as a whole. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/client.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/files.h"
#include "client/lib/lock.h"
#include "proto/trust/line.h"

#ifndef SEIN_VERSION
#error "SEIN_VERSION comes from the makefile"
#endif

const char *
sein_version(void)
{
    return SEIN_VERSION;
}

const char *
sein_error_code(int error)
{
    return sein_err_code(sein_err_from_wire(error < 0 ? 1 : (uint64_t)error));
}

const char *
sein_error_text(int error, const char *lang)
{
    enum sein_err err = sein_err_from_wire(error < 0 ? 1 : (uint64_t)error);

    return lang != NULL && strcmp(lang, "nl") == 0 ? sein_err_text_nl(err)
                                                   : sein_err_text(err);
}

void
sein_home_problem(const struct sein_home *home,
                  struct sein_problem *out_problem)
{
    *out_problem = home == NULL ? (struct sein_problem){ 0 } : home->problem;
}

void
api_begin(struct sein_home *home)
{
    home->problem = (struct sein_problem){ 0 };
}

int
api_end(struct sein_home *home, enum sein_err err)
{
    if (err != SEIN_OK && home->problem.error != (int)err)
        (void)home_note(home, err, NULL, NULL);
    return (int)err;
}

enum sein_err
api_give(json_t *doc, sein_visit *visit, void *context)
{
    int result = 0;

    if (doc == NULL)
        return SEIN_ENOMEM;
    if (visit != NULL)
        result = docs_visit(doc, visit, context);
    json_decref(doc);
    if (result == SEIN_ENOMEM)
        return SEIN_ENOMEM;
    return result == 0 ? SEIN_OK : SEIN_ECANCELED;
}

static enum sein_err
check_desk_name(const char *oin, const char *name)
{
    char desk[SEIN_DESK_MAX + 2];
    int len = snprintf(desk, sizeof desk, "%s/%s", oin, name);

    if (len < 0 || (size_t)len >= sizeof desk)
        return SEIN_EDESK;
    return sein_desk_check(sein_slice_text(desk));
}

static enum sein_err
fill_profile(const char *oin, const char *name, const char *const *desks,
             size_t desk_count, struct home_profile *out)
{
    enum sein_err err = SEIN_OK;

    if (sein_oin_check(sein_slice_text(oin)) != SEIN_OK)
        return SEIN_EOIN;
    if (name[0] == '\0' || strlen(name) > HOME_NAME_MAX)
        return SEIN_ENAME;
    if (desk_count > SEIN_DESKS_MAX)
        return SEIN_ERANGE;
    (void)snprintf(out->oin.text, sizeof out->oin.text, "%s", oin);
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    for (size_t i = 0; i < desk_count && err == SEIN_OK; i++) {
        err = check_desk_name(oin, desks[i]);
        if (err == SEIN_OK)
            (void)snprintf(out->desks[i], sizeof out->desks[i], "%s", desks[i]);
    }
    out->desk_count = desk_count;
    return err;
}

int
sein_home_create(const char *path, const char *oin, const char *name,
                 const char *const *desks, size_t desk_count,
                 const struct sein_unlock *unlock, struct sein_home **out_home)
{
    struct home_profile profile = { 0 };
    enum sein_err err = fill_profile(oin, name, desks, desk_count, &profile);

    return (int)(err == SEIN_OK ? home_create(path, &profile, unlock, out_home)
                                : err);
}

int
sein_home_open(const char *path, const struct sein_unlock *unlock,
               const char *actor, struct sein_home **out_home)
{
    return (int)home_open(path, unlock, actor, out_home);
}

void
sein_home_close(struct sein_home **home)
{
    if (home == NULL || *home == NULL)
        return;
    sein_disconnect(*home);
    home_close(home);
}

int
sein_home_holder(const char *path, char *out_text, size_t out_max)
{
    return (int)lock_holder(path, out_text, out_max);
}

int
sein_unlock_session(const char *path, const struct sein_unlock *unlock,
                    const char *session)
{
    struct keystore *keys = NULL;
    char file[FILES_PATH_MAX];
    enum sein_err err = files_join(path, "keystore", file);

    if (err == SEIN_OK)
        err = keystore_open(file, unlock, &keys);
    if (err == SEIN_OK)
        err = keystore_save_session(keys, session);
    keystore_free(&keys);
    return (int)err;
}

int
sein_lock_session(const char *path, const char *session)
{
    char file[FILES_PATH_MAX];
    enum sein_err err = files_join(path, "keystore", file);

    return (int)(err == SEIN_OK ? keystore_forget_session(file, session) : err);
}

/* ---- joining ----------------------------------------------------------------
 */

static enum sein_err
write_request(struct sein_home *home, const struct keystore_pair *pair,
              char *out_line, size_t out_max, char *out_fingerprint,
              size_t fingerprint_max)
{
    struct sein_join_request request = { .oin = home->profile.oin,
                                         .at_ms = sein_clock_ms(),
                                         .desk_count =
                                             home->profile.desk_count };
    char line[SEIN_LINE_MAX];
    char fingerprint[SEIN_FINGERPRINT_TEXT_BYTES];
    enum sein_err err = SEIN_OK;

    memcpy(request.name, home->profile.name, sizeof home->profile.name);
    memcpy(request.sign, pair->public_key.sign, sizeof request.sign);
    memcpy(request.curve, pair->public_key.curve, sizeof request.curve);
    memcpy(request.desks, home->profile.desks, sizeof request.desks);
    err = sein_join_write(&request, pair->sign_secret, line);
    if (err != SEIN_OK)
        return err;
    sein_fingerprint_text(pair->public_key.key_id.bytes, fingerprint);
    if (strlen(line) >= out_max || strlen(fingerprint) >= fingerprint_max)
        return SEIN_ETOOLONG;
    memcpy(out_line, line, strlen(line) + 1);
    memcpy(out_fingerprint, fingerprint, strlen(fingerprint) + 1);
    return SEIN_OK;
}

/* As people write down what they hear: spaces and case do not count. */
static bool
same_fingerprint(const struct sein_invitation *invitation, const char *heard)
{
    char hex[2 * SEIN_ID_BYTES + 1];
    size_t at = 0;

    sein_hex(sein_slice_of(invitation->fingerprint.bytes, SEIN_ID_BYTES), hex,
             sizeof hex);
    for (; *heard != '\0'; heard++) {
        if (isspace((unsigned char)*heard))
            continue;
        if (at >= sizeof hex - 1 || tolower((unsigned char)*heard) != hex[at])
            return false;
        at++;
    }
    return at == sizeof hex - 1;
}

/* Another trust root than the one that was pinned is another network: a home
 * that has a directory does not change sides. */
static enum sein_err
pin(struct sein_home *home, const char *text, const char *fingerprint)
{
    struct sein_invitation invitation = { 0 };
    struct home_trust trust = { .joined = true };
    enum sein_err err = sein_invitation_read(text, &invitation);

    if (err != SEIN_OK)
        return home_note(home, err, "invitation", NULL);
    if (fingerprint != NULL && !same_fingerprint(&invitation, fingerprint))
        return home_note(home, SEIN_EFINGERPRINT, "fingerprint", NULL);
    if (home->dir != NULL &&
        memcmp(home->trust.fingerprint.bytes, invitation.fingerprint.bytes,
               SEIN_HASH_BYTES) != 0)
        return home_note(home, SEIN_EFINGERPRINT, "invitation", NULL);
    (void)snprintf(trust.endpoint, sizeof trust.endpoint, "%s",
                   invitation.endpoint);
    memcpy(trust.curve, invitation.curve, sizeof trust.curve);
    trust.fingerprint = invitation.fingerprint;
    return home_save_trust(home, &trust);
}

int
sein_home_join(struct sein_home *home, const char *invitation,
               const char *fingerprint, char *out_line, size_t out_max,
               char *out_fingerprint, size_t fingerprint_max)
{
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = pin(home, invitation, fingerprint);
    if (err == SEIN_OK)
        err =
            write_request(home, home_key(home, sein_clock_ms(), NULL), out_line,
                          out_max, out_fingerprint, fingerprint_max);
    return api_end(home, err);
}

/* A pair that the directory does not list yet is the one to ask for; only
 * when there is none, one more is made. */
static enum sein_err
pending_pair(struct sein_home *home, const struct keystore_pair **out_pair)
{
    size_t count = 0;
    const struct keystore_pair *pairs = keystore_pairs(home->keys, &count);
    const struct keystore_pair *newest = &pairs[count - 1];

    if (home->dir == NULL)
        return SEIN_ENOTJOINED;
    if (sein_directory_key(home->dir, &newest->public_key.key_id) == NULL) {
        *out_pair = newest;
        return SEIN_OK;
    }
    return keystore_add_pair(home->keys, sein_clock_ms(), out_pair);
}

int
sein_home_rotate(struct sein_home *home, char *out_line, size_t out_max,
                 char *out_fingerprint, size_t fingerprint_max)
{
    const struct keystore_pair *pair = NULL;
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = pending_pair(home, &pair);
    if (err == SEIN_OK)
        err = write_request(home, pair, out_line, out_max, out_fingerprint,
                            fingerprint_max);
    return api_end(home, err);
}
