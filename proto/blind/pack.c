#include "proto/blind/pack.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/msg_eval.h"

#define PACK_VERSION 1U
/* A byte string of 16 as msgpack writes it: head, length, bytes. */
#define BIN8 0xc4U
#define MARK_RAW_BYTES (2U + SEIN_ID_BYTES)
#define MARKS_LIST_MAX (3U + SEIN_PACK_MARKS_MAX * MARK_RAW_BYTES)

/* clang-format off */
static const struct sein_field pack_fields[] = {
    SEIN_ROW(UINT, v, false, sein_pack, 0, UINT64_MAX),
    SEIN_ROW(TEXT, circle, false, sein_pack, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, epoch, false, sein_pack, 1, UINT32_MAX),
    SEIN_ROW(FIXED, pepper, false, sein_pack, 0, SEIN_PEPPER_BYTES),
    SEIN_ROW(LIST, marks, false, sein_pack, 0, SEIN_PACK_MARKS_MAX),
    SEIN_ROW(TEXT, desk, false, sein_pack, 1, SEIN_DESK_MAX),
    SEIN_ROW(FIXED, key_id, false, sein_pack, 0, SEIN_ID_BYTES),
    SEIN_ROW(UINT, made_at, false, sein_pack, 0, INT64_MAX),
};

static const struct sein_field signed_pack_fields[] = {
    SEIN_ROW(BYTES, pack, false, sein_signed_pack, 1, SEIN_PACK_MAX),
    SEIN_ROW(FIXED, signature, false, sein_signed_pack, 0, SEIN_SIG_BYTES),
};

const struct sein_schema sein_pack_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, pack_fields, struct sein_pack);
const struct sein_schema sein_signed_pack_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, signed_pack_fields,
                struct sein_signed_pack);
/* clang-format on */

static int
compare_marks(const void *a, const void *b)
{
    return memcmp(a, b, SEIN_ID_BYTES);
}

/* Ascending, each once; how many are left. */
static size_t
order_marks(uint8_t (*marks)[SEIN_ID_BYTES], size_t count)
{
    size_t kept = 0;

    if (count == 0)
        return 0;
    qsort(marks, count, SEIN_ID_BYTES, compare_marks);
    for (size_t i = 1; i < count; i++) {
        if (memcmp(marks[kept], marks[i], SEIN_ID_BYTES) != 0)
            memcpy(marks[++kept], marks[i], SEIN_ID_BYTES);
    }
    return kept + 1;
}

static enum sein_err
write_pack(const struct sein_pack *pack, uint8_t (*marks)[SEIN_ID_BYTES],
           size_t mark_count, uint8_t *room, struct sein_slice *out_pack)
{
    struct sein_pack laid = *pack;
    struct sein_writer list = sein_writer_of(room, MARKS_LIST_MAX);
    struct sein_writer out =
        sein_writer_of(room + MARKS_LIST_MAX, SEIN_PACK_MAX);
    enum sein_err err = SEIN_OK;

    laid.v = PACK_VERSION;
    laid.marks.count = order_marks(marks, mark_count);
    sein_fixed_list_write(&list, mark_count > 0 ? marks[0] : NULL,
                          SEIN_ID_BYTES, laid.marks.count);
    err = sein_writer_done(&list, &laid.marks.raw);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_pack_schema, &laid, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, out_pack);
    sodium_memzero(&laid, sizeof laid);
    return err;
}

enum sein_err
sein_pack_write(const struct sein_pack *pack, uint8_t (*marks)[SEIN_ID_BYTES],
                size_t mark_count,
                const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                uint8_t *out, size_t max, size_t *out_len)
{
    struct sein_signed_pack made = { { 0 }, { 0 } };
    struct sein_writer writer = sein_writer_of(out, max);
    struct sein_slice done = { 0 };
    uint8_t *room = NULL;
    enum sein_err err = SEIN_OK;

    if (mark_count > SEIN_PACK_MARKS_MAX)
        return SEIN_ERANGE;
    room = sodium_malloc(MARKS_LIST_MAX + SEIN_PACK_MAX);
    if (room == NULL)
        return SEIN_ENOMEM;
    err = write_pack(pack, marks, mark_count, room, &made.pack);
    if (err == SEIN_OK)
        err = sein_sig_make(SEIN_SIG_PACK, made.pack, secret, made.signature);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_signed_pack_schema, &made, &writer);
    if (err == SEIN_OK)
        err = sein_writer_done(&writer, &done);
    if (err == SEIN_OK)
        *out_len = done.len;
    sodium_free(room);
    return err;
}

/* Each of its length, and above the one before. */
static enum sein_err
check_marks(const struct sein_list *marks)
{
    struct sein_items items = { 0 };
    struct sein_slice before = { 0 };
    struct sein_slice raw = { 0 };
    enum sein_err err =
        sein_items_begin(marks->raw, SEIN_PACK_MARKS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next_raw(&items, &raw);
        if (err != SEIN_OK)
            break;
        /* All have one head and one length, so the raw bytes compare. */
        if (raw.len != MARK_RAW_BYTES || raw.at[0] != BIN8)
            return SEIN_ECONTENT;
        if (before.len > 0 && memcmp(before.at, raw.at, raw.len) >= 0)
            return SEIN_ECANON;
        before = raw;
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
check_signer(const struct sein_directory *dir, const struct sein_pack *pack,
             const struct sein_signed_pack *made, int64_t now_ms)
{
    const struct sein_desk *desk = sein_directory_desk(dir, pack->desk);
    const struct sein_key *key = sein_directory_key(dir, &pack->key_id);

    if (sein_directory_circle(dir, pack->circle) == NULL)
        return SEIN_ECIRCLE;
    if (desk == NULL)
        return SEIN_EDESK;
    if (key == NULL)
        return SEIN_EKEY;
    if (sein_key_status_at(key, now_ms) == SEIN_KEY_REVOKED)
        return SEIN_EREVOKED;
    if (!sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    if ((sein_desk_roles(desk, pack->circle) & SEIN_ROLE_STEWARD) == 0)
        return SEIN_EROLE;
    return sein_sig_verify(SEIN_SIG_PACK, made->pack, made->signature,
                           key->entry.sign);
}

static enum sein_err
check_epoch(const struct sein_directory *dir, const struct sein_pack *pack)
{
    const struct sein_circle *circle = sein_directory_circle(dir, pack->circle);
    const struct sein_blind_scope scope = { pack->circle,
                                            (uint32_t)pack->epoch };
    struct sein_dir_epoch epoch = { 0 };
    uint8_t check[SEIN_ID_BYTES];

    if (!sein_circle_epoch(circle, pack->epoch, &epoch))
        return SEIN_EEPOCH;
    if (epoch.handle_version != SEIN_HANDLE_VERSION)
        return SEIN_ENORMALISER;
    sein_pepper_check(pack->pepper, &scope, check);
    return epoch.pepper_check.len == sizeof check &&
                   memcmp(epoch.pepper_check.at, check, sizeof check) == 0
               ? SEIN_OK
               : SEIN_EPEPPER;
}

enum sein_err
sein_pack_open(const struct sein_directory *dir, struct sein_slice bytes,
               int64_t now_ms, struct sein_pack *out_pack)
{
    struct sein_signed_pack made = { { 0 }, { 0 } };
    struct sein_pack pack = { 0 };
    enum sein_err err = SEIN_OK;

    if (bytes.len > SEIN_PACK_MAX)
        return SEIN_ETOOLONG;
    err = sein_schema_decode_all(&sein_signed_pack_schema, bytes, &made);
    if (err == SEIN_OK)
        err = sein_schema_decode_all(&sein_pack_schema, made.pack, &pack);
    if (err == SEIN_OK && pack.v != PACK_VERSION)
        err = SEIN_EVERSION;
    if (err == SEIN_OK)
        err = check_signer(dir, &pack, &made, now_ms);
    if (err == SEIN_OK)
        err = check_marks(&pack.marks);
    if (err == SEIN_OK)
        err = check_epoch(dir, &pack);
    if (err == SEIN_OK)
        *out_pack = pack;
    sodium_memzero(&pack, sizeof pack);
    return err;
}

bool
sein_pack_lists(const struct sein_pack *pack, struct sein_slice canonical)
{
    struct sein_items items = { 0 };
    struct sein_slice raw = { 0 };
    uint8_t mark[SEIN_ID_BYTES];
    bool listed = false;

    sein_institution_mark(pack->pepper, canonical, mark);
    if (sein_items_begin(pack->marks.raw, SEIN_PACK_MARKS_MAX, &items) !=
        SEIN_OK)
        return false;
    while (sein_items_next_raw(&items, &raw) == SEIN_OK)
        listed |= raw.len == MARK_RAW_BYTES &&
                  memcmp(raw.at + MARK_RAW_BYTES - SEIN_ID_BYTES, mark,
                         sizeof mark) == 0;
    return listed;
}
