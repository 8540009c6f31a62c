#include "proto/trust/epoch.h"

#include <assert.h>
#include <string.h>

#include "proto/trust/identity.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/pack.h"

/* clang-format off */
static const struct sein_field holder_fields[] = {
    SEIN_ROW(UINT, index, false, sein_epoch_holder, 1, SEIN_HOLDERS_MAX),
    SEIN_ROW(TEXT, desk, false, sein_epoch_holder, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, key_id, false, sein_epoch_holder, 0, SEIN_ID_BYTES),
};

static const struct sein_field form_fields[] = {
    SEIN_ROW(UINT, v, false, sein_epoch_form, 0, UINT64_MAX),
    SEIN_ROW(TEXT, circle, false, sein_epoch_form, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_epoch_form, 1, UINT32_MAX),
    SEIN_ROW(UINT, t, false, sein_epoch_form, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
    SEIN_ROW(UINT, n, false, sein_epoch_form, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
    SEIN_ROW(LIST, holders, false, sein_epoch_form, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
    SEIN_ROW(LIST, commitments, false, sein_epoch_form, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
    SEIN_ROW(UINT, not_before, false, sein_epoch_form, 1, INT64_MAX),
    SEIN_ROW(UINT, match_until, false, sein_epoch_form, 1, INT64_MAX),
    SEIN_ROW(FIXED, transcript, false, sein_epoch_form, 0, SEIN_HASH_BYTES),
};

const struct sein_schema sein_epoch_holder_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, holder_fields, struct sein_epoch_holder);
const struct sein_schema sein_epoch_form_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, form_fields, struct sein_epoch_form);
/* clang-format on */

/* Two lists of at most 16, each element with its head: a desk and a key id, or
 * a point. */
#define HOLDERS_LIST_MAX (SEIN_HOLDERS_MAX * (SEIN_DESK_MAX + 32U) + 8U)
#define COMMITMENTS_LIST_MAX (SEIN_HOLDERS_MAX * (SEIN_POINT_BYTES + 2U) + 8U)

static enum sein_err
require(bool holds)
{
    return holds ? SEIN_OK : SEIN_ERECORD;
}

static enum sein_err
check_holder(const struct sein_epoch_record *record, size_t at)
{
    const struct sein_epoch_holder *holder = &record->holders[at];
    enum sein_err err = sein_desk_check(holder->desk);

    if (err != SEIN_OK || holder->index != at + 1)
        return SEIN_ERECORD;
    for (size_t i = 0; i < at; i++) {
        const struct sein_epoch_holder *other = &record->holders[i];

        if (sein_slice_equal(other->desk, holder->desk) ||
            memcmp(other->key_id.bytes, holder->key_id.bytes, SEIN_ID_BYTES) ==
                0)
            return SEIN_ERECORD;
    }
    return SEIN_OK;
}

/* Zeros are the encoding of the identity: a key that everybody has. */
static enum sein_err
check_commitment(const struct sein_epoch_record *record, size_t at)
{
    static const uint8_t zeros[SEIN_POINT_BYTES];
    const uint8_t *point = record->commitments[at];

    if (memcmp(point, zeros, sizeof zeros) == 0)
        return SEIN_ERECORD;
    for (size_t i = 0; i < at; i++) {
        if (memcmp(record->commitments[i], point, SEIN_POINT_BYTES) == 0)
            return SEIN_ERECORD;
    }
    return SEIN_OK;
}

static enum sein_err
check_record(const struct sein_epoch_record *record)
{
    enum sein_err err =
        require(record->t >= SEIN_HOLDERS_MIN && record->t <= record->n &&
                record->n <= SEIN_HOLDERS_MAX &&
                record->not_before < record->match_until);

    if (err == SEIN_OK && sein_circle_check(record->circle) != SEIN_OK)
        err = SEIN_ERECORD;
    for (size_t i = 0; err == SEIN_OK && i < record->n; i++)
        err = check_holder(record, i);
    for (size_t i = 0; err == SEIN_OK && i < record->t; i++)
        err = check_commitment(record, i);
    return err;
}

static enum sein_err
read_holders(const struct sein_list *list, struct sein_epoch_record *out)
{
    struct sein_items items = { 0 };
    enum sein_err err = sein_items_begin(list->raw, SEIN_HOLDERS_MAX, &items);

    for (size_t i = 0; err == SEIN_OK && i < list->count; i++)
        err = sein_items_next(&items, &sein_epoch_holder_schema,
                              &out->holders[i], NULL);
    return err;
}

enum sein_err
sein_epoch_record_decode(struct sein_slice bytes,
                         struct sein_epoch_record *out_record)
{
    struct sein_epoch_form form = { 0 };
    enum sein_err err = SEIN_OK;

    if (bytes.len > SEIN_EPOCH_RECORD_MAX)
        return SEIN_ETOOLONG;
    err = sein_schema_decode_all(&sein_epoch_form_schema, bytes, &form);
    if (err != SEIN_OK)
        return err;
    if (form.v != SEIN_EPOCH_VERSION)
        return SEIN_EVERSION;
    if (form.n != form.holders.count || form.t != form.commitments.count)
        return SEIN_ERECORD;
    *out_record = (struct sein_epoch_record){
        .circle = form.circle,
        .epoch = form.epoch,
        .t = (size_t)form.t,
        .n = (size_t)form.n,
        .not_before = form.not_before,
        .match_until = form.match_until,
        .transcript = form.transcript,
    };
    err = read_holders(&form.holders, out_record);
    if (err == SEIN_OK)
        err =
            sein_fixed_list_read(&form.commitments, SEIN_POINT_BYTES,
                                 SEIN_HOLDERS_MAX, out_record->commitments[0]);
    return err == SEIN_OK ? check_record(out_record) : err;
}

static enum sein_err
lay_holders(const struct sein_epoch_record *record, struct sein_writer *out,
            struct sein_list *out_list)
{
    enum sein_err err = SEIN_OK;

    sein_pack_array(out, record->n);
    for (size_t i = 0; err == SEIN_OK && i < record->n; i++)
        err = sein_schema_encode(&sein_epoch_holder_schema, &record->holders[i],
                                 out);
    if (err == SEIN_OK)
        err = sein_writer_done(out, &out_list->raw);
    out_list->count = record->n;
    return err;
}

static enum sein_err
lay_commitments(const struct sein_epoch_record *record, struct sein_writer *out,
                struct sein_list *out_list)
{
    sein_fixed_list_write(out, record->commitments[0], SEIN_POINT_BYTES,
                          record->t);
    out_list->count = record->t;
    return sein_writer_done(out, &out_list->raw);
}

enum sein_err
sein_epoch_record_encode(const struct sein_epoch_record *record, uint8_t *out,
                         size_t max, size_t *out_len)
{
    struct sein_epoch_form form = {
        .v = SEIN_EPOCH_VERSION,
        .circle = record->circle,
        .epoch = record->epoch,
        .t = record->t,
        .n = record->n,
        .not_before = record->not_before,
        .match_until = record->match_until,
        .transcript = record->transcript,
    };
    uint8_t holders[HOLDERS_LIST_MAX];
    uint8_t commitments[COMMITMENTS_LIST_MAX];
    struct sein_writer holders_out = sein_writer_of(holders, sizeof holders);
    struct sein_writer commitments_out =
        sein_writer_of(commitments, sizeof commitments);
    struct sein_writer whole = sein_writer_of(
        out, max < SEIN_EPOCH_RECORD_MAX ? max : SEIN_EPOCH_RECORD_MAX);
    struct sein_slice bytes = { 0 };
    enum sein_err err = check_record(record);

    if (err == SEIN_OK)
        err = lay_holders(record, &holders_out, &form.holders);
    if (err == SEIN_OK)
        err = lay_commitments(record, &commitments_out, &form.commitments);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_epoch_form_schema, &form, &whole);
    if (err == SEIN_OK)
        err = sein_writer_done(&whole, &bytes);
    if (err == SEIN_OK)
        *out_len = bytes.len;
    return err;
}

/* The desks, in the order that the directory gave them. */
static enum sein_err
check_named_holders(const struct sein_epoch_record *record,
                    const struct sein_dir_epoch *named)
{
    struct sein_items items = { 0 };
    struct sein_slice desk = { 0 };
    enum sein_err err = require(record->n == named->holders.count);

    if (err == SEIN_OK)
        err = sein_items_begin(named->holders.raw, SEIN_HOLDERS_MAX, &items);
    for (size_t i = 0; err == SEIN_OK && i < record->n; i++) {
        err = sein_items_next_text(&items, &desk);
        if (err == SEIN_OK)
            err = require(sein_slice_equal(desk, record->holders[i].desk));
    }
    return err;
}

static enum sein_err
check_named(const struct sein_epoch_record *record, struct sein_slice circle,
            const struct sein_dir_epoch *named)
{
    enum sein_err err =
        require(sein_slice_equal(record->circle, circle) &&
                record->epoch == named->epoch && record->t == named->t &&
                record->not_before == named->not_before &&
                record->match_until == named->match_until);

    return err == SEIN_OK ? check_named_holders(record, named) : err;
}

static enum sein_err
check_signature(const struct sein_directory *dir, struct sein_slice record,
                const struct sein_epoch_holder *holder,
                const uint8_t signature[static SEIN_SIG_BYTES])
{
    const struct sein_desk *desk = sein_directory_desk(dir, holder->desk);
    const struct sein_key *key = sein_directory_key(dir, &holder->key_id);

    if (desk == NULL)
        return SEIN_EDESK;
    if (key == NULL)
        return SEIN_EKEY;
    if (!sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    return sein_sig_verify(SEIN_SIG_EPOCH, record, signature, key->entry.sign);
}

enum sein_err
sein_epoch_check(const struct sein_directory *dir, struct sein_slice circle,
                 const struct sein_dir_epoch *named, struct sein_slice record,
                 const struct sein_list *signatures,
                 struct sein_epoch_record *out_record)
{
    uint8_t each[SEIN_HOLDERS_MAX][SEIN_SIG_BYTES];
    struct sein_epoch_record read = { 0 };
    enum sein_err err = sein_epoch_record_decode(record, &read);

    if (err == SEIN_OK)
        err = check_named(&read, circle, named);
    if (err == SEIN_OK)
        err = require(signatures->count == read.n);
    if (err == SEIN_OK)
        err = sein_fixed_list_read(signatures, SEIN_SIG_BYTES, SEIN_HOLDERS_MAX,
                                   each[0]);
    for (size_t i = 0; err == SEIN_OK && i < read.n; i++)
        err = check_signature(dir, record, &read.holders[i], each[i]);
    if (err == SEIN_OK && out_record != NULL)
        *out_record = read;
    return err;
}
