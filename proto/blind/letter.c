#include "proto/blind/letter.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/blind/hpke.h"
#include "proto/blind/letter_pad.h"
#include "proto/trust/identity.h"
#include "proto/trust/may.h"

#define LETTER_VERSION 1U
#define LETTER_SUITE 1U
#define INFO_LABEL "seinhuis/1/hpke"
#define PSK_LABEL "seinhuis/1/psk"
/* lp(INFO_LABEL) || lp(circle) || u32be(epoch) */
#define INFO_MAX (2U + sizeof INFO_LABEL - 1U + 2U + SEIN_CIRCLE_MAX + 4U)
/* PSK_LABEL || tag || lp(circle) || u32be(epoch) */
#define PSK_INPUT_MAX \
    (sizeof PSK_LABEL - 1U + SEIN_KEY_BYTES + 2U + SEIN_CIRCLE_MAX + 4U)
/* What a body holds around its content, encoded: see the rows below. */
#define BODY_OVERHEAD_MAX (2U * SEIN_LETTER_HEADER_MAX)

static const struct sein_field body_fields[] = {
    { "header", SEIN_FIELD_BYTES, false,
      offsetof(struct sein_letter_body, header), 1, SEIN_LETTER_HEADER_MAX },
    { "from", SEIN_FIELD_TEXT, false, offsetof(struct sein_letter_body, from),
      1, SEIN_DESK_MAX },
    { "key_id", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_letter_body, key_id), 0, SEIN_ID_BYTES },
    { "created", SEIN_FIELD_UINT, false,
      offsetof(struct sein_letter_body, created), 0, INT64_MAX },
    { "kind", SEIN_FIELD_UINT, false, offsetof(struct sein_letter_body, kind),
      0, UINT64_MAX },
    { "thread", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_letter_body, thread), 0, SEIN_ID_BYTES },
    { "dir_version", SEIN_FIELD_UINT, false,
      offsetof(struct sein_letter_body, dir_version), 1, UINT64_MAX },
    { "dir_hash", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_letter_body, dir_hash), 0, SEIN_HASH_BYTES },
    { "content", SEIN_FIELD_BYTES, false,
      offsetof(struct sein_letter_body, content), 1, SEIN_LETTER_INNER_MAX },
};
const struct sein_schema sein_letter_body_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, body_fields, struct sein_letter_body);

static int64_t
round_up_to_hour(int64_t at)
{
    int64_t past = at % SEIN_MS_PER_HOUR;

    return past == 0 ? at : at + SEIN_MS_PER_HOUR - past;
}

enum sein_err
sein_letter_expiry(const struct sein_letter_id *id, int64_t life_ms,
                   int64_t *out_expires)
{
    if (life_ms < 1 || life_ms > SEIN_LETTER_LIFE_MS)
        return SEIN_ELIFE;
    *out_expires = round_up_to_hour(sein_letter_id_time(id) + life_ms);
    return SEIN_OK;
}

/* No letter ends later than the longest life of its id allows. */
static enum sein_err
check_life(const struct sein_letter_id *id, int64_t expires)
{
    int64_t latest = 0;
    enum sein_err err = sein_letter_expiry(id, SEIN_LETTER_LIFE_MS, &latest);

    if (err != SEIN_OK)
        return err;
    return expires <= latest ? SEIN_OK : SEIN_ELIFE;
}

bool
sein_letter_opens_thread(uint64_t kind)
{
    return kind == SEIN_LETTER_SIGNAL || kind == SEIN_LETTER_INVITATION ||
           kind == SEIN_LETTER_REFERRAL || kind == SEIN_LETTER_CONSULT ||
           kind == SEIN_LETTER_CEREMONY;
}

/* A letter that opens a thread gives it its own id; otherwise it could be
 * slipped into a thread of others. */
static enum sein_err
check_thread(uint64_t kind, const struct sein_letter_id *id,
             const struct sein_thread_id *thread)
{
    if (!sein_letter_opens_thread(kind))
        return SEIN_OK;
    return memcmp(id->bytes, thread->bytes, SEIN_ID_BYTES) == 0 ? SEIN_OK
                                                                : SEIN_ECONTENT;
}

void
sein_letter_hint(const struct sein_letter_psk *psk,
                 const struct sein_letter_id *letter_id,
                 uint8_t out_hint[static SEIN_ID_BYTES])
{
    uint8_t mac[SEIN_HASH_BYTES];

    sein_mac(psk->ki, "hint", sein_slice_of(letter_id->bytes, SEIN_ID_BYTES),
             mac);
    memcpy(out_hint, mac, SEIN_ID_BYTES);
    sodium_memzero(mac, sizeof mac);
}

bool
sein_letter_hint_match(const struct sein_letter_psk *psk,
                       const struct sein_letter_header *header)
{
    uint8_t hint[SEIN_ID_BYTES];

    sein_letter_hint(psk, &header->letter_id, hint);
    return sodium_memcmp(hint, header->hint, sizeof hint) == 0;
}

/* The two inputs of HPKE that circle and epoch make. */
struct sealing {
    uint8_t info[INFO_MAX];
    struct sein_slice info_slice;
    struct sein_hash psk_id;
    struct sein_hpke_psk hpke_psk;
    const struct sein_hpke_psk *psk; /* NULL iff mode base */
};

static enum sein_err
make_psk_id(const struct sein_letter_psk *psk, struct sein_slice circle,
            uint32_t epoch, struct sein_hash *out_id)
{
    uint8_t input[PSK_INPUT_MAX];
    struct sein_writer writer = sein_writer_of(input, sizeof input);
    struct sein_slice bytes = { 0 };
    enum sein_err err = SEIN_OK;

    sein_write_text(&writer, PSK_LABEL);
    sein_write_bytes(&writer, psk->tag, sizeof psk->tag);
    sein_write_lp(&writer, circle);
    sein_write_u32(&writer, epoch);
    err = sein_writer_done(&writer, &bytes);
    if (err == SEIN_OK)
        sein_hash_of(bytes, out_id);
    sodium_memzero(input, sizeof input);
    return err;
}

static enum sein_err
make_sealing(struct sealing *sealing, const struct sein_letter_psk *psk,
             struct sein_slice circle, uint32_t epoch)
{
    struct sein_writer writer = { 0 };
    enum sein_err err = SEIN_OK;

    *sealing = (struct sealing){ 0 };
    writer = sein_writer_of(sealing->info, sizeof sealing->info);
    sein_write_lp(&writer, sein_slice_text(INFO_LABEL));
    sein_write_lp(&writer, circle);
    sein_write_u32(&writer, epoch);
    err = sein_writer_done(&writer, &sealing->info_slice);
    if (err != SEIN_OK || psk == NULL)
        return err;
    err = make_psk_id(psk, circle, epoch, &sealing->psk_id);
    if (err != SEIN_OK)
        return err;
    sealing->hpke_psk = (struct sein_hpke_psk){
        .psk = psk->ki,
        .psk_id = sein_slice_of(sealing->psk_id.bytes, SEIN_HASH_BYTES),
    };
    sealing->psk = &sealing->hpke_psk;
    return SEIN_OK;
}

/* A sender must not make what every recipient refuses. */
static enum sein_err
check_draft(const struct sein_letter_draft *draft)
{
    enum sein_err err = SEIN_OK;

    if (sein_circle_check(draft->circle) != SEIN_OK)
        return SEIN_ECIRCLE;
    if (sein_desk_check(draft->from) != SEIN_OK ||
        sein_desk_check(draft->to) != SEIN_OK)
        return SEIN_EDESK;
    if (draft->expires % SEIN_MS_PER_HOUR != 0 ||
        draft->expires <= sein_letter_id_time(&draft->letter_id))
        return SEIN_ELIFE;
    err = check_life(&draft->letter_id, draft->expires);
    if (err != SEIN_OK)
        return err;
    if (draft->content.len > SEIN_LETTER_CONTENT_MAX)
        return SEIN_ETOOLONG;
    return check_thread(draft->kind, &draft->letter_id, &draft->thread);
}

static enum sein_err
encode_header(const struct sein_letter_draft *draft,
              const struct sein_letter_psk *psk, uint8_t *buffer, size_t max,
              struct sein_slice *out_header)
{
    struct sein_letter_header header = {
        .v = LETTER_VERSION,
        .suite = LETTER_SUITE,
        .circle = draft->circle,
        .epoch = draft->epoch,
        .letter_id = draft->letter_id,
        .to = draft->to,
        .to_prekey_id = draft->to_prekey_id,
        .expires = (uint64_t)draft->expires,
    };
    struct sein_writer writer = sein_writer_of(buffer, max);
    enum sein_err err = SEIN_OK;

    /* In mode base the hint is random, so that nobody sees the mode. */
    if (psk != NULL)
        sein_letter_hint(psk, &draft->letter_id, header.hint);
    else
        sein_random_id(header.hint);
    err = sein_schema_encode(&sein_letter_header_schema, &header, &writer);
    return err == SEIN_OK ? sein_writer_done(&writer, out_header) : err;
}

static enum sein_err
encode_body(const struct sein_letter_draft *draft, struct sein_slice header,
            uint8_t *buffer, size_t max, struct sein_slice *out_body)
{
    /* A time before 1970 becomes one that its row refuses. */
    struct sein_letter_body body = {
        .header = header,
        .from = draft->from,
        .key_id = draft->key_id,
        .created = (uint64_t)draft->created,
        .kind = draft->kind,
        .thread = draft->thread,
        .dir_version = draft->dir_version,
        .dir_hash = draft->dir_hash,
        .content = draft->content,
    };
    struct sein_writer writer = sein_writer_of(buffer, max);
    enum sein_err err =
        sein_schema_encode(&sein_letter_body_schema, &body, &writer);

    return err == SEIN_OK ? sein_writer_done(&writer, out_body) : err;
}

/* Signs the body and lays it out. */
static enum sein_err
make_plaintext(uint64_t kind, struct sein_slice body,
               const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
               uint8_t *buffer, size_t max, struct sein_slice *out_plain)
{
    uint8_t signature[SEIN_SIG_BYTES];
    size_t len = 0;
    enum sein_err err = SEIN_OK;

    err = sein_sig_make(SEIN_SIG_LETTER, body, secret, signature);
    if (err != SEIN_OK)
        return err;
    err = sein_letter_pad(body, signature, buffer, max, &len);
    if (err != SEIN_OK)
        return err;
    /* All receipts look alike: none is larger than the smallest letter. */
    if (kind == SEIN_LETTER_RECEIPT && len != sein_letter_bucket(0))
        return SEIN_ETOOLONG;
    *out_plain = sein_slice_of(buffer, len);
    return SEIN_OK;
}

/* Writes lp(header) || enc || ct, nothing of it on an error. */
static enum sein_err
seal_out(const struct sealing *sealing,
         const uint8_t prekey[static SEIN_KEY_BYTES], struct sein_slice header,
         struct sein_slice plain, uint8_t *out, size_t max, size_t *out_len)
{
    size_t front = 2 + header.len;
    size_t len = front + plain.len + SEIN_HPKE_OVERHEAD;
    struct sein_writer writer = sein_writer_of(out, front);
    enum sein_err err = SEIN_OK;

    if (len > max)
        return SEIN_ETOOLONG;
    err = sein_hpke_seal(prekey, sealing->psk, sealing->info_slice, header,
                         plain, out + front, max - front);
    if (err != SEIN_OK)
        return err;
    sein_write_lp(&writer, header);
    *out_len = len;
    return SEIN_OK;
}

enum sein_err
sein_letter_seal(const struct sein_letter_draft *draft,
                 const uint8_t prekey[static SEIN_KEY_BYTES],
                 const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                 const struct sein_letter_psk *psk, uint8_t *out, size_t max,
                 size_t *out_len)
{
    uint8_t header_bytes[SEIN_LETTER_HEADER_MAX];
    uint8_t *scratch = NULL; /* the body, and behind it the plaintext */
    size_t body_max = 0;
    size_t plain_max = 0;
    struct sealing sealing = { 0 };
    struct sein_slice header = { 0 };
    struct sein_slice body = { 0 };
    struct sein_slice plain = { 0 };
    enum sein_err err = check_draft(draft);

    if (err != SEIN_OK)
        return err;
    body_max = draft->content.len + BODY_OVERHEAD_MAX;
    plain_max =
        sein_letter_bucket(SEIN_LETTER_BODY_AT + body_max + SEIN_SIG_BYTES);
    scratch = malloc(body_max + plain_max);
    if (scratch == NULL)
        return SEIN_ENOMEM;
    err = make_sealing(&sealing, psk, draft->circle, draft->epoch);
    if (err != SEIN_OK)
        goto done;
    err = encode_header(draft, psk, header_bytes, sizeof header_bytes, &header);
    if (err != SEIN_OK)
        goto done;
    err = encode_body(draft, header, scratch, body_max, &body);
    if (err != SEIN_OK)
        goto done;
    err = make_plaintext(draft->kind, body, secret, scratch + body_max,
                         plain_max, &plain);
    if (err != SEIN_OK)
        goto done;
    err = seal_out(&sealing, prekey, header, plain, out, max, out_len);

done:
    sodium_memzero(&sealing, sizeof sealing);
    sodium_memzero(scratch, body_max + plain_max);
    free(scratch);
    return err;
}

/* The ciphertext's layer: plaintext into scratch. */
static enum sein_err
open_plaintext(const struct sein_letter_view *view,
               const struct sein_hpke_pair *prekey,
               const struct sein_letter_psk *psk, uint8_t *scratch,
               size_t plain_len)
{
    struct sein_slice sealed =
        sein_slice_of(view->enc, SEIN_HPKE_ENC_BYTES + view->ct.len);
    struct sealing sealing = { 0 };
    enum sein_err err = make_sealing(&sealing, psk, view->header.circle,
                                     (uint32_t)view->header.epoch);

    if (err == SEIN_OK)
        err = sein_hpke_open(prekey, sealing.psk, sealing.info_slice,
                             view->header_bytes, sealed, scratch, plain_len);
    sodium_memzero(&sealing, sizeof sealing);
    return err;
}

/* The plaintext's layers: filling, form, and the header once more. */
static enum sein_err
read_plaintext(struct sein_slice plain, struct sein_opened_letter *opened)
{
    struct sein_letter_inner inner = { 0 };
    enum sein_err err = sein_letter_unpad(plain, &inner);

    if (err != SEIN_OK)
        return err;
    err = sein_schema_decode_all(&sein_letter_body_schema, inner.body,
                                 &opened->body);
    if (err != SEIN_OK)
        return err;
    if (!sein_slice_equal(opened->body.header, opened->view.header_bytes))
        return SEIN_EHEADER;
    if (sein_desk_check(opened->body.from) != SEIN_OK)
        return SEIN_EDESK;
    opened->signed_bytes = inner.body;
    opened->signature = inner.signature;
    return check_thread(opened->body.kind, &opened->view.header.letter_id,
                        &opened->body.thread);
}

enum sein_err
sein_letter_open(struct sein_slice letter, const struct sein_hpke_pair *prekey,
                 const struct sein_letter_psk *psk, uint8_t *scratch,
                 size_t scratch_max, struct sein_opened_letter *out_opened)
{
    struct sein_opened_letter opened = { 0 };
    size_t plain_len = 0;
    enum sein_err err = sein_letter_split(letter, &opened.view);

    if (err != SEIN_OK)
        return err;
    err = check_life(&opened.view.header.letter_id,
                     (int64_t)opened.view.header.expires);
    if (err != SEIN_OK)
        return err;
    plain_len = opened.view.ct.len - SEIN_HPKE_TAG_BYTES;
    if (plain_len > scratch_max)
        return SEIN_ETOOLONG;
    err = open_plaintext(&opened.view, prekey, psk, scratch, plain_len);
    if (err != SEIN_OK)
        return err;
    err = read_plaintext(sein_slice_of(scratch, plain_len), &opened);
    if (err != SEIN_OK) {
        sodium_memzero(scratch, plain_len);
        return err;
    }
    *out_opened = opened;
    return SEIN_OK;
}
