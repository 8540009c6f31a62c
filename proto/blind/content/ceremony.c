#include "proto/blind/content/ceremony.h"

#include "proto/wire/unpack.h"

#define ROUNDS 3U

/* clang-format off */
static const struct sein_field open_fields[] = {
    SEIN_ROW(UINT, v, false, sein_ceremony_open, 1, 1),
    SEIN_ROW(UINT, round, false, sein_ceremony_open, 0, 0),
    SEIN_ROW(TEXT, circle, false, sein_ceremony_open, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_ceremony_open, 1, UINT32_MAX),
    SEIN_ROW(TEXT, purpose, false, sein_ceremony_open, 1, SEIN_TEXT_MAX),
    SEIN_ROW(UINT, t, false, sein_ceremony_open, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
    SEIN_ROW(LIST, holders, false, sein_ceremony_open, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
    SEIN_ROW(UINT, not_before, false, sein_ceremony_open, 1, INT64_MAX),
    SEIN_ROW(UINT, match_until, false, sein_ceremony_open, 1, INT64_MAX),
    SEIN_ROW(FIXED, random, false, sein_ceremony_open, 0, SEIN_HASH_BYTES),
};

static const struct sein_field deal_fields[] = {
    SEIN_ROW(UINT, v, false, sein_ceremony_deal, 1, 1),
    SEIN_ROW(UINT, round, false, sein_ceremony_deal, 1, 1),
    SEIN_ROW(FIXED, context, false, sein_ceremony_deal, 0, SEIN_HASH_BYTES),
    SEIN_ROW(LIST, commitments, false, sein_ceremony_deal, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
    SEIN_ROW(FIXED, possession, false, sein_ceremony_deal, 0,
        SEIN_CEREMONY_POSSESSION_BYTES),
    SEIN_ROW(FIXED, share, false, sein_ceremony_deal, 0, SEIN_SCALAR_BYTES),
};

static const struct sein_field seal_fields[] = {
    SEIN_ROW(UINT, v, false, sein_ceremony_seal, 1, 1),
    SEIN_ROW(UINT, round, false, sein_ceremony_seal, 2, 2),
    SEIN_ROW(FIXED, context, false, sein_ceremony_seal, 0, SEIN_HASH_BYTES),
    SEIN_ROW(FIXED, transcript, false, sein_ceremony_seal, 0, SEIN_HASH_BYTES),
    SEIN_ROW(FIXED, signature, false, sein_ceremony_seal, 0, SEIN_SIG_BYTES),
};

const struct sein_schema sein_ceremony_open_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, open_fields, struct sein_ceremony_open);
const struct sein_schema sein_ceremony_deal_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, deal_fields, struct sein_ceremony_deal);
const struct sein_schema sein_ceremony_seal_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, seal_fields, struct sein_ceremony_seal);
/* clang-format on */

/* All three begin with v and round. */
enum sein_err
sein_ceremony_round(struct sein_slice content, uint64_t *out_round)
{
    struct sein_reader in = sein_reader_of(content);
    size_t count = 0;
    uint64_t v = 0;
    uint64_t round = 0;
    enum sein_err err = sein_unpack_array(&in, &count);

    if (err == SEIN_OK)
        err = sein_unpack_uint(&in, &v);
    if (err == SEIN_OK)
        err = sein_unpack_uint(&in, &round);
    if (err != SEIN_OK)
        return err;
    if (round >= ROUNDS)
        return SEIN_ECONTENT;
    *out_round = round;
    return SEIN_OK;
}
