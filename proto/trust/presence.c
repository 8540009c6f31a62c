#include "proto/trust/presence.h"

#include <string.h>

#include <sodium.h>

#include "proto/trust/dir_schema.h"
#include "proto/trust/identity.h"

#define SIGNED_MAX (SEIN_CORE_MAX + 2U * SEIN_HASH_BYTES)

/* clang-format off */
static const struct sein_field note_fields[] = {
    SEIN_ROW(UINT, v, false, sein_presence_note, 0, UINT64_MAX),
    SEIN_ROW(TEXT, circle, false, sein_presence_note, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_presence_note, 1, UINT32_MAX),
    SEIN_ROW(FIXED, presence_id, false, sein_presence_note, 0, SEIN_ID_BYTES),
    SEIN_ROW(UINT, link, false, sein_presence_note, SEIN_LINK_ADDRESS,
        SEIN_LINK_NAME),
    SEIN_ROW(TEXT, label, false, sein_presence_note, 0, SEIN_LABEL_MAX),
    SEIN_ROW(UINT, expires, false, sein_presence_note, 0,
        INT64_MAX / SEIN_MS_PER_DAY),
};

static const struct sein_field core_fields[] = {
    SEIN_ROW(UINT, v, false, sein_presence_core, 0, UINT64_MAX),
    SEIN_ROW(TEXT, circle, false, sein_presence_core, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_presence_core, 1, UINT32_MAX),
    SEIN_ROW(TEXT, org, false, sein_presence_core, SEIN_OIN_CHARS,
        SEIN_OIN_CHARS),
    SEIN_ROW(TEXT, desk, false, sein_presence_core, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, key_id, false, sein_presence_core, 0, SEIN_ID_BYTES),
    SEIN_ROW(FIXED, presence_id, false, sein_presence_core, 0, SEIN_ID_BYTES),
    SEIN_ROW(UINT, link, false, sein_presence_core, SEIN_LINK_ADDRESS,
        SEIN_LINK_NAME),
    SEIN_ROW(UINT, created, false, sein_presence_core, 0, INT64_MAX),
    SEIN_ROW(UINT, expires, false, sein_presence_core, 0, INT64_MAX),
    SEIN_ROW(FIXED, note_hash, false, sein_presence_core, 0, SEIN_HASH_BYTES),
    SEIN_ROW(UINT, dir_version, false, sein_presence_core, 1, INT64_MAX),
    SEIN_ROW(FIXED, dir_hash, false, sein_presence_core, 0, SEIN_HASH_BYTES),
};

const struct sein_schema sein_presence_note_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, note_fields, struct sein_presence_note);
const struct sein_schema sein_presence_core_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, core_fields, struct sein_presence_core);
/* clang-format on */

static enum sein_err
decode(struct sein_slice deposit, struct sein_presence_view *view)
{
    enum sein_err err =
        sein_schema_decode_all(&sein_deposit_schema, deposit, &view->deposit);

    if (err == SEIN_OK)
        err = sein_schema_decode_all(&sein_presence_note_schema,
                                     view->deposit.note, &view->note);
    if (err == SEIN_OK)
        err = sein_schema_decode_all(&sein_presence_core_schema,
                                     view->deposit.core, &view->core);
    if (err != SEIN_OK)
        return err;
    if (view->note.v != SEIN_PRESENCE_VERSION ||
        view->core.v != SEIN_PRESENCE_VERSION)
        return SEIN_EVERSION;
    return SEIN_OK;
}

static enum sein_err
check_names(const struct sein_presence_core *core)
{
    enum sein_err err = sein_circle_check(core->circle);

    if (err == SEIN_OK)
        err = sein_oin_check(core->org);
    if (err == SEIN_OK)
        err = sein_desk_check(core->desk);
    return err;
}

static bool
agree(const struct sein_presence_view *view)
{
    const struct sein_presence_note *note = &view->note;
    const struct sein_presence_core *core = &view->core;
    struct sein_hash hash;

    sein_hash_of(view->deposit.note, &hash);
    return sein_slice_equal(note->circle, core->circle) &&
           note->epoch == core->epoch && note->link == core->link &&
           memcmp(&note->presence_id, &core->presence_id,
                  sizeof core->presence_id) == 0 &&
           memcmp(&hash, &core->note_hash, sizeof hash) == 0 &&
           note->expires == core->expires / (uint64_t)SEIN_MS_PER_DAY &&
           sein_slice_equal(sein_desk_oin(core->desk), core->org) &&
           core->created < core->expires;
}

enum sein_err
sein_presence_open(struct sein_slice deposit,
                   struct sein_presence_view *out_view)
{
    struct sein_presence_view view = { 0 };
    enum sein_err err = decode(deposit, &view);

    if (err == SEIN_OK)
        err = check_names(&view.core);
    if (err != SEIN_OK)
        return err;
    if (!agree(&view))
        return SEIN_EDEPOSIT;
    *out_view = view;
    return SEIN_OK;
}

static enum sein_err
lay_out(struct sein_slice core, const uint8_t mac[static SEIN_HASH_BYTES],
        const struct sein_tag *tag, uint8_t buffer[static SIGNED_MAX],
        struct sein_slice *out_bytes)
{
    struct sein_writer out = sein_writer_of(buffer, SIGNED_MAX);

    if (core.len > SEIN_CORE_MAX)
        return SEIN_ETOOLONG;
    sein_write_slice(&out, core);
    sein_write_bytes(&out, mac, SEIN_HASH_BYTES);
    sein_write_bytes(&out, tag->bytes, sizeof tag->bytes);
    return sein_writer_done(&out, out_bytes);
}

enum sein_err
sein_presence_sign(struct sein_slice core,
                   const uint8_t mac[static SEIN_HASH_BYTES],
                   const struct sein_tag *tag,
                   const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                   uint8_t out_sig[static SEIN_SIG_BYTES])
{
    uint8_t buffer[SIGNED_MAX];
    struct sein_slice bytes = { 0 };
    enum sein_err err = lay_out(core, mac, tag, buffer, &bytes);

    if (err == SEIN_OK)
        err = sein_sig_make(SEIN_SIG_PRESENCE, bytes, secret, out_sig);
    sodium_memzero(buffer, sizeof buffer);
    return err;
}

enum sein_err
sein_presence_verify(const struct sein_presence_view *view,
                     const struct sein_tag *tag,
                     const uint8_t public_key[static SEIN_KEY_BYTES])
{
    uint8_t buffer[SIGNED_MAX];
    struct sein_slice bytes = { 0 };
    enum sein_err err =
        lay_out(view->deposit.core, view->deposit.mac, tag, buffer, &bytes);

    if (err == SEIN_OK)
        err = sein_sig_verify(SEIN_SIG_PRESENCE, bytes, view->deposit.psig,
                              public_key);
    sodium_memzero(buffer, sizeof buffer);
    return err;
}
