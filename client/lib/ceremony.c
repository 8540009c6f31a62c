#include "client/lib/ceremony.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/pack.h"

#define CEREMONY_VERSION 1U
#define HOLDERS_LIST_MAX \
    (3U +                \
     SEIN_HOLDERS_MAX * (1U + 1U + 2U + SEIN_DESK_MAX + 2U + SEIN_ID_BYTES))
#define POINTS_LIST_MAX (3U + SEIN_HOLDERS_MAX * (2U + SEIN_POINT_BYTES))

_Static_assert(sizeof(struct sein_dkg_possession) ==
                   SEIN_CEREMONY_POSSESSION_BYTES,
               "a proof of possession");

/* One holder: what it dealt and sealed. */
struct party {
    struct sein_epoch_holder holder; /* its view borrows open_bytes */
    uint8_t sign[SEIN_KEY_BYTES];
    bool dealt;
    struct sein_hash deal; /* of the content */
    struct sein_dkg_public made;
    struct sein_scalar share; /* f(own index) */
    bool sealed;
    struct sein_hash transcript;
    uint8_t signature[SEIN_SIG_BYTES];
};

struct ceremony {
    uint8_t open_bytes[CEREMONY_CONTENT_MAX];
    struct sein_ceremony_open open; /* views borrow open_bytes */
    struct sein_hash context;
    size_t n;
    uint64_t own;
    struct sein_dkg_polynomial secret;
    struct party parties[SEIN_HOLDERS_MAX];
    uint64_t culprit;
    bool torn; /* two transcripts: somebody told two stories */
    struct sein_hash transcript; /* once all dealt, with ... */
    uint8_t record[SEIN_EPOCH_RECORD_MAX];
    size_t record_len; /* 0: not all dealt */
};

/* ---- opening ----------------------------------------------------------------
 */

static enum sein_err
check_named(const struct sein_dir_epoch *named,
            const struct sein_epoch_holder *holders, size_t n)
{
    struct sein_items items = { 0 };
    enum sein_err err =
        sein_items_begin(named->holders.raw, SEIN_HOLDERS_MAX, &items);

    if (err == SEIN_OK && n != named->holders.count)
        return SEIN_ERECORD;
    for (size_t i = 0; err == SEIN_OK && i < n; i++) {
        struct sein_slice desk = { 0 };

        err = sein_items_next_text(&items, &desk);
        if (err == SEIN_OK && (!sein_slice_equal(desk, holders[i].desk) ||
                               holders[i].index != i + 1))
            err = SEIN_ERECORD;
    }
    return err;
}

enum sein_err
ceremony_open(struct sein_slice circle, struct sein_slice purpose,
              const struct sein_dir_epoch *named,
              const struct sein_epoch_holder *holders, size_t n,
              struct ceremony_content *out_open)
{
    struct sein_ceremony_open open = { .v = CEREMONY_VERSION,
                                       .circle = circle,
                                       .epoch = named->epoch,
                                       .purpose = purpose,
                                       .t = named->t,
                                       .not_before = named->not_before,
                                       .match_until = named->match_until };
    uint8_t list[HOLDERS_LIST_MAX];
    struct sein_writer laid = sein_writer_of(list, sizeof list);
    struct sein_writer out =
        sein_writer_of(out_open->bytes, sizeof out_open->bytes);
    struct sein_slice bytes = { 0 };
    enum sein_err err = check_named(named, holders, n);

    if (err == SEIN_OK && named->record.len > 0)
        err = SEIN_EEXIST;
    if (err != SEIN_OK)
        return err;
    randombytes_buf(open.random, sizeof open.random);
    sein_pack_array(&laid, n);
    for (size_t i = 0; err == SEIN_OK && i < n; i++)
        err = sein_schema_encode(&sein_epoch_holder_schema, &holders[i], &laid);
    if (err == SEIN_OK)
        err = sein_writer_done(&laid, &open.holders.raw);
    open.holders.count = n;
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_ceremony_open_schema, &open, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &bytes);
    if (err == SEIN_OK)
        out_open->len = bytes.len;
    return err;
}

/* ---- joining ----------------------------------------------------------------
 */

static enum sein_err
read_party(const struct sein_directory *dir, struct ceremony *ceremony,
           size_t at)
{
    struct party *party = &ceremony->parties[at];
    const struct sein_desk *desk = sein_directory_desk(dir, party->holder.desk);
    const struct sein_key *key = sein_directory_key(dir, &party->holder.key_id);

    if (desk == NULL)
        return SEIN_EDESK;
    if (key == NULL)
        return SEIN_EKEY;
    if (!sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    memcpy(party->sign, key->entry.sign, sizeof party->sign);
    return SEIN_OK;
}

static enum sein_err
read_parties(const struct sein_directory *dir, struct ceremony *ceremony,
             struct sein_slice desk)
{
    struct sein_items items = { 0 };
    enum sein_err err =
        sein_items_begin(ceremony->open.holders.raw, SEIN_HOLDERS_MAX, &items);

    ceremony->n = ceremony->open.holders.count;
    for (size_t i = 0; err == SEIN_OK && i < ceremony->n; i++) {
        struct party *party = &ceremony->parties[i];

        err = sein_items_next(&items, &sein_epoch_holder_schema, &party->holder,
                              NULL);
        if (err == SEIN_OK)
            err = read_party(dir, ceremony, i);
        if (err == SEIN_OK && sein_slice_equal(party->holder.desk, desk))
            ceremony->own = i + 1;
    }
    if (err == SEIN_OK && ceremony->own == 0)
        err = SEIN_EROLE;
    return err;
}

static enum sein_err
check_open(const struct sein_directory *dir, const struct ceremony *ceremony)
{
    const struct sein_ceremony_open *open = &ceremony->open;
    const struct sein_circle *circle = sein_directory_circle(dir, open->circle);
    struct sein_epoch_holder holders[SEIN_HOLDERS_MAX];
    struct sein_dir_epoch named = { 0 };

    if (circle == NULL)
        return SEIN_ECIRCLE;
    if (!sein_circle_epoch(circle, open->epoch, &named))
        return SEIN_EEPOCH;
    if (open->t != named.t || open->not_before != named.not_before ||
        open->match_until != named.match_until)
        return SEIN_ERECORD;
    for (size_t i = 0; i < ceremony->n; i++)
        holders[i] = ceremony->parties[i].holder;
    return check_named(&named, holders, ceremony->n);
}

/* The own part: begun now, or as it was kept. */
static enum sein_err
begin(struct ceremony *ceremony, const struct sein_dkg_polynomial *secret)
{
    struct party *own = &ceremony->parties[ceremony->own - 1];
    enum sein_err err = SEIN_OK;

    if (secret != NULL && secret->t != ceremony->open.t)
        return SEIN_ERECORD;
    if (secret == NULL) {
        err = sein_dkg_begin((size_t)ceremony->open.t, &ceremony->context,
                             ceremony->own, &ceremony->secret, &own->made);
    } else {
        ceremony->secret = *secret;
        err = sein_dkg_commit(secret, &ceremony->context, ceremony->own,
                              &own->made);
    }
    if (err != SEIN_OK)
        return err;
    sein_dkg_share(&ceremony->secret, ceremony->own, &own->share);
    own->dealt = true;
    return SEIN_OK;
}

static enum sein_err
join(struct ceremony *ceremony, const struct sein_directory *dir,
     struct sein_slice open, struct sein_slice desk,
     const struct sein_dkg_polynomial *secret)
{
    struct sein_slice bytes = sein_slice_of(ceremony->open_bytes, open.len);
    enum sein_err err = SEIN_OK;

    memcpy(ceremony->open_bytes, open.at, open.len);
    err = sein_schema_decode_all(&sein_ceremony_open_schema, bytes,
                                 &ceremony->open);
    sein_hash_of(bytes, &ceremony->context);
    if (err == SEIN_OK)
        err = read_parties(dir, ceremony, desk);
    if (err == SEIN_OK)
        err = check_open(dir, ceremony);
    return err == SEIN_OK ? begin(ceremony, secret) : err;
}

enum sein_err
ceremony_new(const struct sein_directory *dir, struct sein_slice open,
             struct sein_slice desk, const struct sein_dkg_polynomial *secret,
             struct ceremony **out_ceremony)
{
    struct ceremony *ceremony = NULL;
    enum sein_err err = SEIN_OK;

    if (open.len == 0 || open.len > CEREMONY_CONTENT_MAX)
        return SEIN_ETOOLONG;
    ceremony = sodium_malloc(sizeof *ceremony);
    if (ceremony == NULL)
        return SEIN_ENOMEM;
    memset(ceremony, 0, sizeof *ceremony);
    err = join(ceremony, dir, open, desk, secret);
    if (err != SEIN_OK)
        ceremony_free(&ceremony);
    else
        *out_ceremony = ceremony;
    return err;
}

void
ceremony_free(struct ceremony **ceremony)
{
    sodium_free(*ceremony); /* wipes */
    *ceremony = NULL;
}

const struct sein_dkg_polynomial *
ceremony_secret(const struct ceremony *ceremony)
{
    return &ceremony->secret;
}

size_t
ceremony_holder_count(const struct ceremony *ceremony)
{
    return ceremony->n;
}

uint64_t
ceremony_own_index(const struct ceremony *ceremony)
{
    return ceremony->own;
}

const struct sein_epoch_holder *
ceremony_holder(const struct ceremony *ceremony, uint64_t index)
{
    return &ceremony->parties[index - 1].holder;
}

/* ---- round 1 ----------------------------------------------------------------
 */

enum sein_err
ceremony_deal(const struct ceremony *ceremony, uint64_t to,
              struct ceremony_content *out_deal)
{
    const struct party *own = &ceremony->parties[ceremony->own - 1];
    struct sein_ceremony_deal deal = { .v = CEREMONY_VERSION,
                                       .round = 1,
                                       .context = ceremony->context };
    struct sein_scalar share;
    uint8_t list[POINTS_LIST_MAX];
    struct sein_writer laid = sein_writer_of(list, sizeof list);
    struct sein_writer out =
        sein_writer_of(out_deal->bytes, sizeof out_deal->bytes);
    struct sein_slice bytes = { 0 };
    enum sein_err err = SEIN_OK;

    sein_fixed_list_write(&laid, own->made.commitments[0].bytes,
                          SEIN_POINT_BYTES, own->made.t);
    err = sein_writer_done(&laid, &deal.commitments.raw);
    deal.commitments.count = own->made.t;
    memcpy(deal.possession, own->made.possession.bytes, sizeof deal.possession);
    sein_dkg_share(&ceremony->secret, to, &share);
    memcpy(deal.share, share.bytes, sizeof deal.share);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_ceremony_deal_schema, &deal, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &bytes);
    if (err == SEIN_OK)
        out_deal->len = bytes.len;
    sodium_memzero(&share, sizeof share);
    sodium_memzero(&deal, sizeof deal);
    return err;
}

/* Points, proof and share of one deal. */
static enum sein_err
check_deal(const struct ceremony *ceremony, uint64_t from,
           const struct sein_ceremony_deal *deal, struct party *party)
{
    uint8_t points[SEIN_HOLDERS_MAX][SEIN_POINT_BYTES];
    enum sein_err err = SEIN_OK;

    if (deal->commitments.count != ceremony->open.t)
        return SEIN_ESHARE;
    party->made.t = (size_t)ceremony->open.t;
    err = sein_fixed_list_read(&deal->commitments, SEIN_POINT_BYTES,
                               SEIN_HOLDERS_MAX, points[0]);
    for (size_t j = 0; err == SEIN_OK && j < party->made.t; j++)
        err = sein_element_read(points[j], &party->made.commitments[j]);
    memcpy(party->made.possession.bytes, deal->possession,
           sizeof deal->possession);
    if (err == SEIN_OK)
        err = sein_dkg_check(&party->made, &ceremony->context, from);
    if (err == SEIN_OK)
        err = sein_scalar_read(deal->share, &party->share);
    if (err == SEIN_OK)
        err = sein_share_check(party->made.commitments, party->made.t,
                               ceremony->own, &party->share);
    return err == SEIN_OK ? SEIN_OK : SEIN_ESHARE;
}

static enum sein_err
blame(struct ceremony *ceremony, uint64_t index, enum sein_err err)
{
    if (ceremony->culprit == 0)
        ceremony->culprit = index;
    return err;
}

static enum sein_err
take_deal(struct ceremony *ceremony, uint64_t from, struct sein_slice content)
{
    struct party *party = &ceremony->parties[from - 1];
    struct sein_ceremony_deal deal = { 0 };
    struct sein_hash hash;
    enum sein_err err =
        sein_schema_decode_all(&sein_ceremony_deal_schema, content, &deal);

    if (err == SEIN_OK && memcmp(deal.context.bytes, ceremony->context.bytes,
                                 SEIN_HASH_BYTES) != 0)
        err = SEIN_EPARTY;
    if (err != SEIN_OK)
        goto done;
    sein_hash_of(content, &hash);
    if (party->dealt) {
        err = memcmp(hash.bytes, party->deal.bytes, sizeof hash.bytes) == 0
                  ? SEIN_EEXIST
                  : blame(ceremony, from, SEIN_ESHARE);
        goto done;
    }
    err = check_deal(ceremony, from, &deal, party);
    if (err != SEIN_OK) {
        err = blame(ceremony, from, err);
        goto done;
    }
    party->deal = hash;
    party->dealt = true;

done:
    sodium_memzero(&deal, sizeof deal);
    return err;
}

/* ---- the record -------------------------------------------------------------
 */

static bool
all_dealt(const struct ceremony *ceremony)
{
    for (size_t i = 0; i < ceremony->n; i++) {
        if (!ceremony->parties[i].dealt)
            return false;
    }
    return true;
}

/* Context, and of each holder in order its index, points and proof. */
static void
make_transcript(struct ceremony *ceremony)
{
    crypto_hash_sha256_state hash;

    (void)crypto_hash_sha256_init(&hash);
    (void)crypto_hash_sha256_update(&hash, ceremony->context.bytes,
                                    SEIN_HASH_BYTES);
    for (size_t i = 0; i < ceremony->n; i++) {
        const struct sein_dkg_public *made = &ceremony->parties[i].made;
        const uint8_t index = (uint8_t)(i + 1);

        (void)crypto_hash_sha256_update(&hash, &index, sizeof index);
        for (size_t j = 0; j < made->t; j++)
            (void)crypto_hash_sha256_update(&hash, made->commitments[j].bytes,
                                            SEIN_POINT_BYTES);
        (void)crypto_hash_sha256_update(&hash, made->possession.bytes,
                                        sizeof made->possession.bytes);
    }
    (void)crypto_hash_sha256_final(&hash, ceremony->transcript.bytes);
}

static enum sein_err
make_record(struct ceremony *ceremony)
{
    const struct sein_ceremony_open *open = &ceremony->open;
    struct sein_epoch_record record = { .circle = open->circle,
                                        .epoch = open->epoch,
                                        .t = (size_t)open->t,
                                        .n = ceremony->n,
                                        .not_before = open->not_before,
                                        .match_until = open->match_until };
    struct sein_dkg_public publics[SEIN_HOLDERS_MAX];
    struct sein_element sum[SEIN_HOLDERS_MAX];
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < ceremony->n; i++) {
        publics[i] = ceremony->parties[i].made;
        record.holders[i] = ceremony->parties[i].holder;
    }
    err = sein_dkg_sum(publics, ceremony->n, sum);
    if (err != SEIN_OK)
        return err;
    for (size_t j = 0; j < record.t; j++)
        memcpy(record.commitments[j], sum[j].bytes, SEIN_POINT_BYTES);
    make_transcript(ceremony);
    record.transcript = ceremony->transcript;
    return sein_epoch_record_encode(&record, ceremony->record,
                                    sizeof ceremony->record,
                                    &ceremony->record_len);
}

/* ---- round 2 ----------------------------------------------------------------
 */

/* Another transcript says that somebody told two stories, not who: only the
 * letters themselves, laid side by side, do. */
static enum sein_err
check_seal(struct ceremony *ceremony, size_t at)
{
    const struct party *party = &ceremony->parties[at];

    if (memcmp(party->transcript.bytes, ceremony->transcript.bytes,
               SEIN_HASH_BYTES) != 0) {
        ceremony->torn = true;
        return SEIN_ERECORD;
    }
    if (sein_sig_verify(SEIN_SIG_EPOCH,
                        sein_slice_of(ceremony->record, ceremony->record_len),
                        party->signature, party->sign) != SEIN_OK)
        return blame(ceremony, at + 1, SEIN_ERECORD);
    return SEIN_OK;
}

/* As soon as all have dealt: the record, and what was sealed before. */
static enum sein_err
settle(struct ceremony *ceremony)
{
    enum sein_err err = SEIN_OK;

    if (!all_dealt(ceremony) || ceremony->record_len > 0)
        return SEIN_OK;
    err = make_record(ceremony);
    for (size_t i = 0; err == SEIN_OK && i < ceremony->n; i++) {
        if (ceremony->parties[i].sealed)
            err = check_seal(ceremony, i);
    }
    return err;
}

static enum sein_err
take_seal(struct ceremony *ceremony, uint64_t from, struct sein_slice content)
{
    struct party *party = &ceremony->parties[from - 1];
    struct sein_ceremony_seal seal = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_ceremony_seal_schema, content, &seal);

    if (err != SEIN_OK)
        return err;
    if (memcmp(seal.context.bytes, ceremony->context.bytes, SEIN_HASH_BYTES) !=
        0)
        return SEIN_EPARTY;
    if (party->sealed)
        return memcmp(party->signature, seal.signature, SEIN_SIG_BYTES) == 0
                   ? SEIN_EEXIST
                   : blame(ceremony, from, SEIN_ERECORD);
    party->transcript = seal.transcript;
    memcpy(party->signature, seal.signature, sizeof party->signature);
    party->sealed = true;
    return ceremony->record_len > 0 ? check_seal(ceremony, from - 1) : SEIN_OK;
}

enum sein_err
ceremony_take(struct ceremony *ceremony, struct sein_slice from,
              struct sein_slice content)
{
    uint64_t index = 0;
    uint64_t round = 0;
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < ceremony->n; i++) {
        if (sein_slice_equal(ceremony->parties[i].holder.desk, from))
            index = i + 1;
    }
    if (index == 0 || index == ceremony->own)
        return SEIN_EPARTY;
    err = sein_ceremony_round(content, &round);
    if (err != SEIN_OK)
        return err;
    if (round == 0)
        return SEIN_EPARTY; /* one opening makes one ceremony */
    err = round == 1 ? take_deal(ceremony, index, content)
                     : take_seal(ceremony, index, content);
    return err == SEIN_OK ? settle(ceremony) : err;
}

uint64_t
ceremony_culprit(const struct ceremony *ceremony)
{
    return ceremony->culprit;
}

uint64_t
ceremony_missing(const struct ceremony *ceremony, unsigned *out_round)
{
    uint64_t missing = 0;

    *out_round = all_dealt(ceremony) ? 2 : 1;
    for (size_t i = 0; i < ceremony->n; i++) {
        const struct party *party = &ceremony->parties[i];

        if (*out_round == 1 ? !party->dealt : !party->sealed)
            missing |= UINT64_C(1) << (i + 1);
    }
    return missing;
}

enum sein_err
ceremony_seal(struct ceremony *ceremony,
              const uint8_t sign_secret[static SEIN_SIGN_SECRET_BYTES],
              struct ceremony_content *out_seal)
{
    struct party *own = &ceremony->parties[ceremony->own - 1];
    struct sein_ceremony_seal seal = { .v = CEREMONY_VERSION,
                                       .round = 2,
                                       .context = ceremony->context };
    struct sein_writer out =
        sein_writer_of(out_seal->bytes, sizeof out_seal->bytes);
    struct sein_slice bytes = { 0 };
    enum sein_err err = SEIN_OK;

    if (ceremony->record_len == 0)
        return SEIN_ESHARES;
    seal.transcript = ceremony->transcript;
    err = sein_sig_make(SEIN_SIG_EPOCH,
                        sein_slice_of(ceremony->record, ceremony->record_len),
                        sign_secret, seal.signature);
    if (err == SEIN_OK)
        err = sein_schema_encode(&sein_ceremony_seal_schema, &seal, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &bytes);
    if (err != SEIN_OK)
        return err;
    out_seal->len = bytes.len;
    own->transcript = ceremony->transcript;
    memcpy(own->signature, seal.signature, sizeof own->signature);
    own->sealed = true;
    return SEIN_OK;
}

enum sein_err
ceremony_finish(const struct ceremony *ceremony,
                struct sein_epoch_line *out_line, struct sein_share *out_share)
{
    struct sein_share share = { .epoch = ceremony->open.epoch,
                                .index = ceremony->own };
    struct sein_slice circle = ceremony->open.circle;
    unsigned round = 0;

    if (ceremony->torn || ceremony->culprit != 0)
        return SEIN_ERECORD;
    if (ceremony_missing(ceremony, &round) != 0)
        return SEIN_ESHARES;
    (void)snprintf(share.circle.text, sizeof share.circle.text, "%.*s",
                   (int)circle.len, (const char *)circle.at);
    for (size_t i = 0; i < ceremony->n; i++) {
        sein_scalar_add(&share.secret, &ceremony->parties[i].share,
                        &share.secret);
        memcpy(out_line->signatures[i], ceremony->parties[i].signature,
               SEIN_SIG_BYTES);
    }
    memcpy(out_line->record, ceremony->record, ceremony->record_len);
    out_line->record_len = ceremony->record_len;
    out_line->signature_count = ceremony->n;
    *out_share = share;
    sodium_memzero(&share, sizeof share);
    return SEIN_OK;
}
