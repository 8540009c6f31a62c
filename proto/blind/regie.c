#include "proto/blind/regie.h"

#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/trust/presence.h"

#define MAC_STATEMENT "regie"
#define MAC_RELEASE "regie-release"

static const struct sein_hash no_hash;

/* clang-format off */
static const struct sein_field statement_fields[] = {
    SEIN_ROW(UINT, v, false, sein_regie_statement, 0, UINT64_MAX),
    SEIN_ROW(TEXT, circle, false, sein_regie_statement, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_regie_statement, 1, UINT32_MAX),
    SEIN_ROW(UINT, seq, false, sein_regie_statement, 1, INT64_MAX),
    SEIN_ROW(FIXED, prev, false, sein_regie_statement, 0, SEIN_HASH_BYTES),
    SEIN_ROW(TEXT, holder, false, sein_regie_statement, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, key_id, false, sein_regie_statement, 0, SEIN_ID_BYTES),
    SEIN_ROW(BYTES, deposit, false, sein_regie_statement, 1, SEIN_DEPOSIT_MAX),
    SEIN_ROW(BYTES, release, false, sein_regie_statement, 0, SEIN_RELEASE_MAX),
    SEIN_ROW(UINT, vacancy, false, sein_regie_statement, SEIN_REGIE_NONE,
        SEIN_REGIE_SILENT),
    SEIN_ROW(UINT, at, false, sein_regie_statement, 0, INT64_MAX),
};

static const struct sein_field release_fields[] = {
    SEIN_ROW(UINT, v, false, sein_release, 0, UINT64_MAX),
    SEIN_ROW(TEXT, circle, false, sein_release, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_release, 1, UINT32_MAX),
    SEIN_ROW(UINT, seq, false, sein_release, 1, INT64_MAX),
    SEIN_ROW(FIXED, statement, false, sein_release, 0, SEIN_HASH_BYTES),
    SEIN_ROW(TEXT, holder, false, sein_release, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, key_id, false, sein_release, 0, SEIN_ID_BYTES),
    SEIN_ROW(TEXT, to, false, sein_release, 0, SEIN_DESK_MAX),
    SEIN_ROW(UINT, at, false, sein_release, 0, INT64_MAX),
};

static const struct sein_field regie_signed_fields[] = {
    SEIN_ROW(BYTES, statement, false, sein_regie_signed, 1,
        SEIN_REGIE_STATEMENT_MAX),
    SEIN_ROW(FIXED, mac, false, sein_regie_signed, 0, SEIN_HASH_BYTES),
    SEIN_ROW(FIXED, signature, false, sein_regie_signed, 0, SEIN_SIG_BYTES),
};

static const struct sein_field release_signed_fields[] = {
    SEIN_ROW(BYTES, body, false, sein_release_signed, 1, SEIN_RELEASE_BODY_MAX),
    SEIN_ROW(FIXED, mac, false, sein_release_signed, 0, SEIN_HASH_BYTES),
    SEIN_ROW(FIXED, signature, false, sein_release_signed, 0, SEIN_SIG_BYTES),
};

const struct sein_schema sein_regie_statement_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, statement_fields,
                struct sein_regie_statement);
const struct sein_schema sein_release_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, release_fields, struct sein_release);
const struct sein_schema sein_regie_signed_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, regie_signed_fields,
                struct sein_regie_signed);
const struct sein_schema sein_release_signed_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, release_signed_fields,
                struct sein_release_signed);
/* clang-format on */

/* ---- making -----------------------------------------------------------------
 */

static enum sein_err
copy_out(const struct sein_writer *made, uint8_t *out, size_t max,
         size_t *out_len)
{
    if (made->failed || made->len > max)
        return SEIN_ETOOLONG;
    memcpy(out, made->at, made->len);
    *out_len = made->len;
    return SEIN_OK;
}

enum sein_err
sein_regie_sign(const struct sein_household_keys *keys,
                const struct sein_regie_statement *statement,
                const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                uint8_t *out, size_t max, size_t *out_len)
{
    struct sein_regie_statement whole = *statement;
    struct sein_regie_signed made = { .mac = { 0 } };
    uint8_t inner[SEIN_REGIE_STATEMENT_MAX];
    uint8_t outer[SEIN_REGIE_MAX];
    struct sein_writer inside = sein_writer_of(inner, sizeof inner);
    struct sein_writer outside = sein_writer_of(outer, sizeof outer);
    enum sein_err err = SEIN_OK;

    whole.v = SEIN_REGIE_VERSION;
    err = sein_schema_encode(&sein_regie_statement_schema, &whole, &inside);
    if (err == SEIN_OK)
        err = sein_writer_done(&inside, &made.statement);
    if (err != SEIN_OK)
        return err;
    sein_mac(keys->intro_psk, MAC_STATEMENT, made.statement, made.mac);
    err = sein_sig_make(SEIN_SIG_REGIE, made.statement, secret, made.signature);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_regie_signed_schema, &made, &outside);
    return err == SEIN_OK ? copy_out(&outside, out, max, out_len) : err;
}

enum sein_err
sein_release_sign(const struct sein_household_keys *keys,
                  const struct sein_release *release,
                  const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                  uint8_t *out, size_t max, size_t *out_len)
{
    struct sein_release whole = *release;
    struct sein_release_signed made = { .mac = { 0 } };
    uint8_t inner[SEIN_RELEASE_BODY_MAX];
    uint8_t outer[SEIN_RELEASE_MAX];
    struct sein_writer inside = sein_writer_of(inner, sizeof inner);
    struct sein_writer outside = sein_writer_of(outer, sizeof outer);
    enum sein_err err = SEIN_OK;

    whole.v = SEIN_REGIE_VERSION;
    err = sein_schema_encode(&sein_release_schema, &whole, &inside);
    if (err == SEIN_OK)
        err = sein_writer_done(&inside, &made.body);
    if (err != SEIN_OK)
        return err;
    sein_mac(keys->intro_psk, MAC_RELEASE, made.body, made.mac);
    err = sein_sig_make(SEIN_SIG_REGIE_RELEASE, made.body, secret,
                        made.signature);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_release_signed_schema, &made, &outside);
    return err == SEIN_OK ? copy_out(&outside, out, max, out_len) : err;
}

/* ---- verifying --------------------------------------------------------------
 */

/* What statement and release have in common. */
struct word {
    enum sein_sig_type type;
    struct sein_slice bytes;
    const uint8_t *signature;
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    struct sein_slice desk;
    const struct sein_key_id *key_id;
    uint64_t at;
};

static enum sein_err
check_key(const struct sein_key *key, int64_t at_ms, int64_t now_ms)
{
    if (sein_key_status_at(key, now_ms) == SEIN_KEY_REVOKED)
        return SEIN_EREVOKED;
    switch (sein_key_status_at(key, at_ms)) {
    case SEIN_KEY_ACTIVE:
        return SEIN_OK;
    case SEIN_KEY_NOT_YET:
        return SEIN_ENOTYET;
    case SEIN_KEY_RETIRED:
        return SEIN_ERETIRED;
    case SEIN_KEY_REVOKED:
        return SEIN_EREVOKED;
    case SEIN_KEY_LEFT:
        break;
    }
    return SEIN_ELEFT;
}

static enum sein_err
check_word(const struct sein_regie_place *place, const struct word *word,
           int64_t now_ms, const struct sein_desk **out_desk)
{
    const struct sein_key *key = NULL;
    const struct sein_desk *desk = NULL;
    enum sein_err err = SEIN_OK;

    if (word->v != SEIN_REGIE_VERSION)
        return SEIN_EVERSION;
    if (!sein_slice_equal(word->circle, place->scope.circle))
        return SEIN_ECIRCLE;
    if (word->epoch != place->scope.epoch)
        return SEIN_EEPOCH;
    key = sein_directory_key(place->dir, word->key_id);
    if (key == NULL)
        return SEIN_EKEY;
    err = sein_sig_verify(word->type, word->bytes, word->signature,
                          key->entry.sign);
    if (err != SEIN_OK)
        return err;
    desk = sein_directory_desk(place->dir, word->desk);
    if (desk == NULL)
        return SEIN_EDESK;
    if (!sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    if ((int64_t)word->at > now_ms + SEIN_CLOCK_AHEAD_MS)
        return SEIN_ETIME;
    *out_desk = desk;
    return check_key(key, (int64_t)word->at, now_ms);
}

static enum sein_err
check_mac(const struct sein_household_keys *keys, const char *type,
          struct sein_slice bytes, const uint8_t found[static SEIN_HASH_BYTES])
{
    uint8_t expected[SEIN_HASH_BYTES];
    enum sein_err err = SEIN_OK;

    sein_mac(keys->intro_psk, type, bytes, expected);
    err = sein_mac_check(expected, found);
    sodium_memzero(expected, sizeof expected);
    return err;
}

enum sein_err
sein_release_verify(const struct sein_regie_place *place,
                    struct sein_slice bytes, int64_t now_ms,
                    struct sein_release *out_release)
{
    struct sein_release_signed found = { .mac = { 0 } };
    struct sein_release release = { 0 };
    const struct sein_desk *desk = NULL;
    struct word word = { .type = SEIN_SIG_REGIE_RELEASE };
    enum sein_err err =
        sein_schema_decode_all(&sein_release_signed_schema, bytes, &found);

    if (err == SEIN_OK)
        err = check_mac(place->keys, MAC_RELEASE, found.body, found.mac);
    if (err == SEIN_OK)
        err =
            sein_schema_decode_all(&sein_release_schema, found.body, &release);
    if (err != SEIN_OK)
        return err;
    word.bytes = found.body;
    word.signature = found.signature;
    word.v = release.v;
    word.circle = release.circle;
    word.epoch = release.epoch;
    word.desk = release.holder;
    word.key_id = &release.key_id;
    word.at = release.at;
    err = check_word(place, &word, now_ms, &desk);
    if (err == SEIN_OK && release.to.len > 0)
        err = sein_desk_check(release.to);
    if (err == SEIN_OK)
        *out_release = release;
    return err;
}

/* What the fields of a statement say of each other, releases aside. */
static enum sein_err
check_shape(const struct sein_regie_statement *statement)
{
    bool first = statement->seq == 1;
    bool begins = memcmp(&statement->prev, &no_hash, sizeof no_hash) == 0;
    bool released = statement->vacancy == SEIN_REGIE_RELEASED;

    if (first != begins || (first && statement->vacancy != SEIN_REGIE_NONE) ||
        released != (statement->release.len > 0))
        return SEIN_ECONTENT;
    return SEIN_OK;
}

/* That the holder left it under this very tag. */
static enum sein_err
check_left_here(const struct sein_regie_place *place,
                const struct sein_presence_view *view, int64_t now_ms)
{
    const struct sein_key *key =
        sein_directory_key(place->dir, &view->core.key_id);
    const struct sein_desk *desk =
        sein_directory_desk(place->dir, view->core.desk);
    uint8_t expected[SEIN_HASH_BYTES];
    enum sein_err err = SEIN_OK;

    sein_note_mac(place->keys, view->deposit.note, expected);
    err = sein_mac_check(expected, view->deposit.nmac);
    sein_presence_mac(place->keys, view->deposit.core, expected);
    if (err == SEIN_OK)
        err = sein_mac_check(expected, view->deposit.mac);
    sodium_memzero(expected, sizeof expected);
    if (err != SEIN_OK)
        return err;
    if (key == NULL)
        return SEIN_EKEY;
    if (desk == NULL || !sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    if (sein_key_status_at(key, now_ms) == SEIN_KEY_REVOKED)
        return SEIN_EREVOKED;
    return sein_presence_verify(view, &place->keys->tag, key->entry.sign);
}

static enum sein_err
check_deposit(const struct sein_regie_place *place,
              const struct sein_regie_statement *statement, int64_t now_ms,
              uint64_t *out_ends)
{
    struct sein_presence_view view = { 0 };
    const struct sein_presence_core *core = &view.core;
    enum sein_err err = sein_presence_open(statement->deposit, &view);

    if (err != SEIN_OK)
        return err;
    if (!sein_slice_equal(core->desk, statement->holder) ||
        !sein_slice_equal(core->circle, statement->circle) ||
        core->epoch != statement->epoch || core->expires <= statement->at)
        return SEIN_EDEPOSIT;
    *out_ends = core->expires;
    return check_left_here(place, &view, now_ms);
}

/* The release in a statement ends the one before it, in favour of its maker. */
static enum sein_err
check_release(const struct sein_regie_place *place, int64_t now_ms,
              struct sein_regie_view *view)
{
    const struct sein_regie_statement *statement = &view->statement;
    struct sein_release *release = &view->release;
    enum sein_err err = SEIN_OK;

    if (statement->release.len == 0)
        return SEIN_OK;
    err = sein_release_verify(place, statement->release, now_ms, release);
    if (err != SEIN_OK)
        return err;
    if (release->seq != statement->seq - 1 ||
        memcmp(&release->statement, &statement->prev,
               sizeof release->statement) != 0 ||
        release->at > statement->at ||
        (release->to.len > 0 &&
         !sein_slice_equal(release->to, statement->holder)))
        return SEIN_ECONTENT;
    return SEIN_OK;
}

static enum sein_err
check_holder(const struct sein_regie_place *place,
             const struct sein_regie_signed *found,
             const struct sein_regie_statement *statement, int64_t now_ms)
{
    const struct word word = {
        .type = SEIN_SIG_REGIE,
        .bytes = found->statement,
        .signature = found->signature,
        .v = statement->v,
        .circle = statement->circle,
        .epoch = statement->epoch,
        .desk = statement->holder,
        .key_id = &statement->key_id,
        .at = statement->at,
    };
    const struct sein_desk *desk = NULL;
    enum sein_err err = check_word(place, &word, now_ms, &desk);

    if (err != SEIN_OK)
        return err;
    return (sein_desk_roles(desk, statement->circle) & SEIN_ROLE_INTRODUCED) !=
                   0
               ? SEIN_OK
               : SEIN_EROLE;
}

enum sein_err
sein_regie_verify(const struct sein_regie_place *place, struct sein_slice bytes,
                  int64_t now_ms, struct sein_regie_view *out_view)
{
    struct sein_regie_signed found = { .mac = { 0 } };
    struct sein_regie_view view = { .ends = 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_regie_signed_schema, bytes, &found);

    if (err == SEIN_OK)
        err = check_mac(place->keys, MAC_STATEMENT, found.statement, found.mac);
    if (err == SEIN_OK)
        err = sein_schema_decode_all(&sein_regie_statement_schema,
                                     found.statement, &view.statement);
    if (err == SEIN_OK)
        err = check_holder(place, &found, &view.statement, now_ms);
    if (err == SEIN_OK)
        err = check_shape(&view.statement);
    if (err == SEIN_OK)
        err = check_deposit(place, &view.statement, now_ms, &view.ends);
    if (err == SEIN_OK)
        err = check_release(place, now_ms, &view);
    if (err != SEIN_OK)
        return err;
    sein_hash_of(found.statement, &view.hash);
    *out_view = view;
    return SEIN_OK;
}

bool
sein_release_fits(const struct sein_release *release,
                  const struct sein_regie_view *head, struct sein_slice desk)
{
    return release->seq == head->statement.seq &&
           memcmp(&release->statement, &head->hash, sizeof head->hash) == 0 &&
           sein_slice_equal(release->holder, head->statement.holder) &&
           (release->to.len == 0 || sein_slice_equal(release->to, desk));
}
