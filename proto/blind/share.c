#include "proto/blind/share.h"

#include <string.h>

#include <sodium.h>

#include "proto/wire/schema.h"

struct share_form {
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    uint64_t index;
    uint8_t share[SEIN_SCALAR_BYTES];
};

/* clang-format off */
static const struct sein_field share_fields[] = {
    SEIN_ROW(UINT, v, false, share_form, 1, 1),
    SEIN_ROW(TEXT, circle, false, share_form, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, share_form, 1, UINT32_MAX),
    SEIN_ROW(UINT, index, false, share_form, 1, SEIN_HOLDERS_MAX),
    SEIN_ROW(FIXED, share, false, share_form, 0, SEIN_SCALAR_BYTES),
};
static const struct sein_schema share_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, share_fields, struct share_form);
/* clang-format on */

enum sein_err
sein_share_encode(const struct sein_share *share,
                  uint8_t out[static SEIN_SHARE_FILE_MAX], size_t *out_len)
{
    struct share_form form = { .v = 1,
                               .circle = sein_slice_text(share->circle.text),
                               .epoch = share->epoch,
                               .index = share->index };
    struct sein_writer writer = sein_writer_of(out, SEIN_SHARE_FILE_MAX);
    enum sein_err err = SEIN_OK;

    memcpy(form.share, share->secret.bytes, sizeof form.share);
    err = sein_schema_encode(&share_schema, &form, &writer);
    sodium_memzero(&form, sizeof form);
    if (err == SEIN_OK && writer.failed)
        err = SEIN_ETOOLONG;
    if (err == SEIN_OK)
        *out_len = writer.len;
    return err;
}

enum sein_err
sein_share_decode(struct sein_slice bytes, struct sein_share *out_share)
{
    struct share_form form = { 0 };
    struct sein_share share = { 0 };
    enum sein_err err = sein_schema_decode_all(&share_schema, bytes, &form);

    if (err == SEIN_OK)
        err = sein_circle_check(form.circle);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(form.circle, share.circle.text,
                                   sizeof share.circle.text);
    if (err == SEIN_OK)
        err = sein_scalar_read(form.share, &share.secret);
    share.epoch = form.epoch;
    share.index = form.index;
    if (err == SEIN_OK)
        *out_share = share;
    sodium_memzero(&form, sizeof form);
    sodium_memzero(&share, sizeof share);
    return err;
}
