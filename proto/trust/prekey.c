#include "proto/trust/prekey.h"

#include <string.h>

#include "proto/trust/identity.h"
#include "proto/wire/msg_directory.h"

#define PREKEY_VERSION 1U
#define PREKEY_AHEAD_MS (31 * SEIN_MS_PER_DAY)

static const struct sein_field prekey_fields[] = {
    { "v", SEIN_FIELD_UINT, false, offsetof(struct sein_prekey, v), 0,
      UINT64_MAX },
    { "desk", SEIN_FIELD_TEXT, false, offsetof(struct sein_prekey, desk), 1,
      SEIN_DESK_MAX },
    { "prekey_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_prekey, prekey_id), 0, SEIN_ID_BYTES },
    { "pk", SEIN_FIELD_FIXED, false, offsetof(struct sein_prekey, pk), 0,
      SEIN_KEY_BYTES },
    { "seq", SEIN_FIELD_UINT, false, offsetof(struct sein_prekey, seq), 1,
      INT64_MAX },
    { "prev", SEIN_FIELD_FIXED, false, offsetof(struct sein_prekey, prev), 0,
      SEIN_HASH_BYTES },
    { "not_before", SEIN_FIELD_UINT, false,
      offsetof(struct sein_prekey, not_before), 0, INT64_MAX },
    { "not_after", SEIN_FIELD_UINT, false,
      offsetof(struct sein_prekey, not_after), 0, INT64_MAX },
    { "key_id", SEIN_FIELD_FIXED, false, offsetof(struct sein_prekey, key_id),
      0, SEIN_ID_BYTES },
};
const struct sein_schema sein_prekey_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, prekey_fields, struct sein_prekey);

static enum sein_err
check_life(const struct sein_prekey *prekey)
{
    if (prekey->not_after <= prekey->not_before ||
        prekey->not_after - prekey->not_before > SEIN_PREKEY_LIFE_MS)
        return SEIN_ERANGE;
    return SEIN_OK;
}

enum sein_err
sein_prekey_sign(const struct sein_prekey *prekey,
                 const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                 uint8_t *out_statement, size_t max, size_t *out_len,
                 uint8_t out_sig[static SEIN_SIG_BYTES])
{
    struct sein_writer out = sein_writer_of(out_statement, max);
    struct sein_slice statement = { 0 };
    enum sein_err err = check_life(prekey);

    if (err == SEIN_OK && prekey->v != PREKEY_VERSION)
        err = SEIN_ERANGE;
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_prekey_schema, prekey, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &statement);
    if (err == SEIN_OK)
        err = sein_sig_make(SEIN_SIG_PREKEY, statement, secret, out_sig);
    if (err == SEIN_OK)
        *out_len = statement.len;
    return err;
}

/* A statement made while its key was active stays good when the key retires;
 * a revoked key's never does. */
static enum sein_err
check_key_status(const struct sein_key *key, const struct sein_prekey *prekey,
                 int64_t now_ms)
{
    enum sein_key_status now = sein_key_status_at(key, now_ms);

    if (now == SEIN_KEY_REVOKED)
        return SEIN_EREVOKED;
    if (now == SEIN_KEY_ACTIVE ||
        sein_key_status_at(key, (int64_t)prekey->not_before) == SEIN_KEY_ACTIVE)
        return SEIN_OK;
    if (now == SEIN_KEY_RETIRED)
        return SEIN_ERETIRED;
    return now == SEIN_KEY_LEFT ? SEIN_ELEFT : SEIN_ENOTYET;
}

/* Whether the key that the statement names signed it.  The key's name stands
 * inside, so the outside is decoded first; nothing in it is used before. */
static enum sein_err
check_signature(const struct sein_directory *dir, struct sein_slice statement,
                const uint8_t sig[static SEIN_SIG_BYTES],
                struct sein_prekey *prekey, const struct sein_key **out_key)
{
    const struct sein_key *key = NULL;
    enum sein_err err =
        sein_schema_decode_all(&sein_prekey_schema, statement, prekey);

    if (err != SEIN_OK)
        return err;
    if (prekey->v != PREKEY_VERSION)
        return SEIN_EVERSION;
    key = sein_directory_key(dir, &prekey->key_id);
    if (key == NULL)
        return SEIN_EKEY;
    *out_key = key;
    return sein_sig_verify(SEIN_SIG_PREKEY, statement, sig, key->entry.sign);
}

enum sein_err
sein_prekey_verify(const struct sein_directory *dir,
                   struct sein_slice statement,
                   const uint8_t sig[static SEIN_SIG_BYTES], int64_t now_ms,
                   struct sein_prekey *out_prekey)
{
    struct sein_prekey prekey = { 0 };
    const struct sein_key *key = NULL;
    const struct sein_desk *desk = NULL;
    enum sein_err err = SEIN_OK;

    if (statement.len > SEIN_PREKEY_MAX)
        return SEIN_ETOOLONG;
    err = check_signature(dir, statement, sig, &prekey, &key);
    if (err != SEIN_OK)
        return err;
    desk = sein_directory_desk(dir, prekey.desk);
    if (desk == NULL)
        return SEIN_EDESK;
    if (!sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    err = check_life(&prekey);
    if (err == SEIN_OK)
        err = check_key_status(key, &prekey, now_ms);
    if (err == SEIN_OK)
        *out_prekey = prekey;
    return err;
}

static bool
is_marked(const struct sein_prekey_mark *mark, struct sein_slice statement)
{
    struct sein_hash hash;

    sein_hash_of(statement, &hash);
    return memcmp(hash.bytes, mark->hash.bytes, sizeof hash.bytes) == 0;
}

enum sein_err
sein_prekey_follows(const struct sein_prekey_mark *mark,
                    const struct sein_prekey *prekey,
                    struct sein_slice statement, int64_t now_ms)
{
    static const struct sein_hash none = { { 0 } };
    const struct sein_hash *prev = mark->seq == 0 ? &none : &mark->hash;

    if (prekey->seq < mark->seq)
        return SEIN_EPREKEYBACK;
    if (prekey->seq == mark->seq)
        return is_marked(mark, statement) ? SEIN_EEXIST : SEIN_EPREKEYBACK;
    /* Over a gap nothing can be compared: a store that was put back from a
     * backup lost statements that the desk's senders did see. */
    if (prekey->seq == mark->seq + 1 &&
        memcmp(prekey->prev.bytes, prev->bytes, sizeof prev->bytes) != 0)
        return SEIN_ECHAIN;
    return (int64_t)prekey->not_before > now_ms + PREKEY_AHEAD_MS ? SEIN_ETIME
                                                                  : SEIN_OK;
}

enum sein_err
sein_prekey_regress(const struct sein_prekey_mark *mark, uint64_t seq,
                    struct sein_slice statement)
{
    if (seq < mark->seq)
        return SEIN_EPREKEYBACK;
    if (mark->seq != 0 && seq == mark->seq && !is_marked(mark, statement))
        return SEIN_EPREKEYBACK;
    return SEIN_OK;
}
