#include "proto/blind/letter_verify.h"

#include <string.h>

#include "proto/trust/directory.h"
#include "proto/trust/identity.h"

static enum sein_err
check_outside(const struct sein_letter_header *header,
              struct sein_slice own_desk, int64_t now)
{
    if (!sein_slice_equal(header->to, own_desk))
        return SEIN_EOPEN;
    if (now - SEIN_LETTER_GRACE_MS >= (int64_t)header->expires)
        return SEIN_EEXPIRED;
    if (sein_letter_id_time(&header->letter_id) > now + SEIN_CLOCK_AHEAD_MS)
        return SEIN_ETIME;
    return SEIN_OK;
}

/* The signature before anything that the letter says of itself; only a key
 * that we do not know lets its word about a newer directory count at once. */
static enum sein_err
check_signature(const struct sein_directory *dir,
                const struct sein_opened_letter *opened,
                const struct sein_key **out_key)
{
    const struct sein_letter_body *body = &opened->body;
    const struct sein_key *key = sein_directory_key(dir, &body->key_id);
    uint64_t version = sein_directory_version(dir);
    enum sein_err err = SEIN_OK;

    if (key == NULL)
        return body->dir_version > version ? SEIN_EDIRNEWER : SEIN_EKEY;
    err = sein_sig_verify(SEIN_SIG_LETTER, opened->signed_bytes,
                          opened->signature, key->entry.sign);
    if (err != SEIN_OK)
        return err;
    if (body->dir_version > version)
        return SEIN_EDIRNEWER;
    if (body->dir_version == version &&
        memcmp(body->dir_hash.bytes, sein_directory_hash(dir)->bytes,
               SEIN_HASH_BYTES) != 0)
        return SEIN_EDIRROLLBACK;
    *out_key = key;
    return SEIN_OK;
}

static enum sein_err
judge_status(const struct sein_key *key, int64_t created, int64_t accepted_at,
             int64_t now, enum sein_letter_standing *out_standing)
{
    int64_t retired_at = (int64_t)key->entry.retired_at;

    switch (sein_key_status_at(key, now)) {
    case SEIN_KEY_ACTIVE:
    case SEIN_KEY_LEFT:
        break;
    case SEIN_KEY_REVOKED:
        *out_standing = SEIN_LETTER_QUARANTINE;
        return SEIN_OK;
    case SEIN_KEY_RETIRED:
        /* What was on its way when the key went out of use still counts. */
        if (retired_at <= accepted_at || retired_at <= created)
            return SEIN_ERETIRED;
        break;
    case SEIN_KEY_NOT_YET:
        return SEIN_ENOTYET;
    }
    *out_standing = SEIN_LETTER_GENUINE;
    return SEIN_OK;
}

enum sein_err
sein_letter_verify(const struct sein_directory *dir,
                   const struct sein_opened_letter *opened,
                   struct sein_slice own_desk, int64_t accepted_at, int64_t now,
                   enum sein_letter_standing *out_standing)
{
    const struct sein_letter_body *body = &opened->body;
    const struct sein_key *key = NULL;
    const struct sein_desk *desk = NULL;
    enum sein_err err = check_outside(&opened->view.header, own_desk, now);

    if (err != SEIN_OK)
        return err;
    err = check_signature(dir, opened, &key);
    if (err != SEIN_OK)
        return err;
    if ((int64_t)body->created > now + SEIN_CLOCK_AHEAD_MS)
        return SEIN_ETIME;
    desk = sein_directory_desk(dir, body->from);
    if (desk == NULL)
        return SEIN_EDESK;
    if (!sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    return judge_status(key, (int64_t)body->created, accepted_at, now,
                        out_standing);
}
