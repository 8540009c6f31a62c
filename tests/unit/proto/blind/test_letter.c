#include "proto/blind/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/blind/letter_pad.h"
#include "proto/trust/identity.h"
#include "proto/trust/may.h"
#include "tests/support/letter_craft.h"

#define NOW INT64_C(1767225600000) /* 2026-01-01, a whole hour */
#define FROM "00000099000000001000/huur"
#define TO "00000099000000002000/noord"
#define BUCKETS 4U
/* lp32's length, the signature, and the length in front. */
#define AROUND_BODY (4U + 4U + 64U)

static const size_t buckets[BUCKETS] = { 1024, 4096, 16384, 65536 };

/* One sender, one recipient, and room for what they exchange. */
struct fixture {
    uint8_t sign_pk[SEIN_KEY_BYTES];
    uint8_t sign_sk[SEIN_SIGN_SECRET_BYTES];
    struct sein_hpke_pair pair;
    struct sein_letter_psk psk;
    struct sein_letter_draft draft;
    uint8_t content[SEIN_LETTER_BUCKET_MAX];
    uint8_t letter[SEIN_LETTER_MAX];
    size_t letter_len;
    uint8_t scratch[SEIN_LETTER_BUCKET_MAX];
    struct sein_opened_letter opened;
    struct craft craft;
};

static int
setup(void **state)
{
    struct fixture *fix = calloc(1, sizeof *fix);
    struct sein_letter_draft *draft = NULL;

    if (fix == NULL)
        return -1;
    crypto_sign_keypair(fix->sign_pk, fix->sign_sk);
    sein_hpke_generate(&fix->pair);
    randombytes_buf(&fix->psk, sizeof fix->psk);
    memset(fix->content, 'c', sizeof fix->content);
    draft = &fix->draft;
    draft->circle = sein_slice_text("schulden");
    draft->epoch = 7;
    draft->from = sein_slice_text(FROM);
    draft->to = sein_slice_text(TO);
    sein_letter_id_new(NOW, &draft->letter_id);
    memcpy(draft->thread.bytes, draft->letter_id.bytes, SEIN_ID_BYTES);
    sein_random_id(draft->to_prekey_id.bytes);
    sein_random_id(draft->key_id.bytes);
    draft->expires = NOW + SEIN_LETTER_LIFE_MS;
    draft->created = NOW;
    draft->kind = SEIN_LETTER_SIGNAL;
    draft->dir_version = 3;
    randombytes_buf(&draft->dir_hash, sizeof draft->dir_hash);
    draft->content = sein_slice_of(fix->content, 100);
    *state = fix;
    return 0;
}

static int
teardown(void **state)
{
    free(*state);
    return 0;
}

static enum sein_err
seal_with(struct fixture *fix, const struct sein_letter_psk *psk)
{
    return sein_letter_seal(&fix->draft, fix->pair.pk, fix->sign_sk, psk,
                            fix->letter, sizeof fix->letter, &fix->letter_len);
}

static enum sein_err
open_bytes(struct fixture *fix, struct sein_slice letter,
           const struct sein_letter_psk *psk)
{
    return sein_letter_open(letter, &fix->pair, psk, fix->scratch,
                            sizeof fix->scratch, &fix->opened);
}

static enum sein_err
open_with(struct fixture *fix, const struct sein_letter_psk *psk)
{
    return open_bytes(fix, sein_slice_of(fix->letter, fix->letter_len), psk);
}

static size_t
sealed_len(const struct fixture *fix)
{
    size_t header_len = (size_t)fix->letter[0] << 8 | fix->letter[1];

    return fix->letter_len - 2 - header_len - SEIN_HPKE_OVERHEAD;
}

static void
assert_carried(const struct fixture *fix)
{
    const struct sein_letter_draft *draft = &fix->draft;
    const struct sein_letter_header *header = &fix->opened.view.header;
    const struct sein_letter_body *body = &fix->opened.body;

    assert_true(sein_slice_equal(header->circle, draft->circle));
    assert_int_equal(header->epoch, draft->epoch);
    assert_memory_equal(&header->letter_id, &draft->letter_id, SEIN_ID_BYTES);
    assert_true(sein_slice_equal(header->to, draft->to));
    assert_memory_equal(&header->to_prekey_id, &draft->to_prekey_id,
                        SEIN_ID_BYTES);
    assert_int_equal(header->expires, draft->expires);
    assert_true(sein_slice_equal(body->from, draft->from));
    assert_memory_equal(&body->key_id, &draft->key_id, SEIN_ID_BYTES);
    assert_int_equal(body->created, draft->created);
    assert_int_equal(body->kind, draft->kind);
    assert_memory_equal(&body->thread, &draft->thread, SEIN_ID_BYTES);
    assert_int_equal(body->dir_version, draft->dir_version);
    assert_memory_equal(&body->dir_hash, &draft->dir_hash, SEIN_HASH_BYTES);
    assert_true(sein_slice_equal(body->content, draft->content));
    assert_int_equal(sein_sig_verify(SEIN_SIG_LETTER, fix->opened.signed_bytes,
                                     fix->opened.signature, fix->sign_pk),
                     SEIN_OK);
}

/* The bytes that a body takes around its content, the content's own head
 * aside. */
static size_t
body_overhead(struct fixture *fix)
{
    struct sein_slice content = fix->draft.content;
    size_t overhead = 0;

    fix->draft.content = sein_slice_of(fix->content, 1);
    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
    overhead = fix->opened.signed_bytes.len - 1 - 2;
    fix->draft.content = content;
    return overhead;
}

static void
round_trip(struct fixture *fix, size_t content_len, size_t bucket)
{
    fix->draft.content = sein_slice_of(fix->content, content_len);
    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    assert_int_equal(sealed_len(fix), bucket);
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
    assert_carried(fix);
}

static void
test_every_size_to_its_limit(void **state)
{
    struct fixture *fix = *state;
    size_t overhead = body_overhead(fix);

    round_trip(fix, 1, 1024);
    for (size_t i = 0; i + 1 < BUCKETS; i++) {
        size_t limit = buckets[i] - AROUND_BODY - overhead - 3;

        round_trip(fix, limit, buckets[i]);
        round_trip(fix, limit + 1, buckets[i + 1]);
    }
    round_trip(fix, SEIN_LETTER_CONTENT_MAX, 65536);
    fix->draft.content =
        sein_slice_of(fix->content, SEIN_LETTER_CONTENT_MAX + 1);
    assert_int_equal(seal_with(fix, NULL), SEIN_ETOOLONG);
}

static void
test_longest_names_fit(void **state)
{
    struct fixture *fix = *state;

    fix->draft.circle = sein_slice_text("abcdefghijklmnopqrstuvwxyz012345");
    fix->draft.from = sein_slice_text(
        "00000099000000001000/abcdefghijklmnopqrstuvwxyz012345");
    fix->draft.to = sein_slice_text(
        "00000099000000002000/abcdefghijklmnopqrstuvwxyz012345");
    fix->draft.epoch = UINT32_MAX;
    fix->draft.kind = UINT64_MAX;
    fix->draft.dir_version = UINT64_MAX;
    fix->draft.created = INT64_MAX;
    round_trip(fix, SEIN_LETTER_CONTENT_MAX, 65536);
}

static void
test_receipts_have_the_smallest_size(void **state)
{
    struct fixture *fix = *state;
    size_t limit = 1024 - AROUND_BODY - body_overhead(fix) - 3;

    fix->draft.kind = SEIN_LETTER_RECEIPT;
    round_trip(fix, limit, 1024);
    fix->draft.content = sein_slice_of(fix->content, limit + 1);
    assert_int_equal(seal_with(fix, NULL), SEIN_ETOOLONG);
}

static void
test_no_two_seals_alike(void **state)
{
    struct fixture *fix = *state;
    uint8_t first[2048];
    uint8_t hint[SEIN_ID_BYTES];

    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    assert_true(fix->letter_len <= sizeof first);
    memcpy(first, fix->letter, fix->letter_len);
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
    memcpy(hint, fix->opened.view.header.hint, sizeof hint);
    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
    assert_memory_not_equal(hint, fix->opened.view.header.hint, sizeof hint);
    assert_memory_not_equal(first + 256, fix->letter + 256, 512);
}

static void
test_psk_and_base_are_apart(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_psk other = fix->psk;

    assert_int_equal(seal_with(fix, &fix->psk), SEIN_OK);
    assert_int_equal(open_with(fix, &fix->psk), SEIN_OK);
    assert_carried(fix);
    assert_int_equal(open_with(fix, NULL), SEIN_EOPEN);
    other.ki[0] ^= 1;
    assert_int_equal(open_with(fix, &other), SEIN_EOPEN);
    other = fix->psk;
    other.tag[31] ^= 1;
    assert_int_equal(open_with(fix, &other), SEIN_EOPEN);

    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    assert_int_equal(open_with(fix, &fix->psk), SEIN_EOPEN);
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
}

static void
test_hint_tells_the_psk(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_psk other = fix->psk;
    struct sein_letter_header header = { 0 };
    uint8_t mac[SEIN_HASH_BYTES];

    assert_int_equal(seal_with(fix, &fix->psk), SEIN_OK);
    assert_int_equal(open_with(fix, &fix->psk), SEIN_OK);
    header = fix->opened.view.header;
    assert_true(sein_letter_hint_match(&fix->psk, &header));
    sein_mac(fix->psk.ki, "hint",
             sein_slice_of(fix->draft.letter_id.bytes, SEIN_ID_BYTES), mac);
    assert_memory_equal(header.hint, mac, SEIN_ID_BYTES);
    other.ki[5] ^= 4;
    assert_false(sein_letter_hint_match(&other, &header));
    header.letter_id.bytes[15] ^= 1;
    assert_false(sein_letter_hint_match(&fix->psk, &header));

    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
    assert_false(sein_letter_hint_match(&fix->psk, &fix->opened.view.header));
}

/* A copy that ends where the letter ends: a read behind it is seen. */
static enum sein_err
open_exact(struct fixture *fix, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    enum sein_err err = SEIN_OK;

    assert_non_null(copy);
    memcpy(copy, fix->letter, len);
    err = open_bytes(fix, sein_slice_of(copy, len), NULL);
    free(copy);
    return err;
}

static void
test_every_truncation_is_refused(void **state)
{
    struct fixture *fix = *state;
    size_t front = 0;

    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    front = fix->letter_len - 1024 - SEIN_HPKE_TAG_BYTES;
    for (size_t len = 0; len < fix->letter_len; len++)
        assert_int_equal(open_exact(fix, len),
                         len < front ? SEIN_EWIRE : SEIN_ESIZE);
    assert_int_equal(open_exact(fix, fix->letter_len), SEIN_OK);
    assert_int_equal(open_exact(fix, fix->letter_len + 1), SEIN_ESIZE);
}

static void
test_every_byte_counts(void **state)
{
    struct fixture *fix = *state;
    size_t enc_at = 0;
    size_t ct_at = 0;

    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    ct_at = fix->letter_len - 1024 - SEIN_HPKE_TAG_BYTES;
    enc_at = ct_at - SEIN_HPKE_ENC_BYTES;
    for (size_t i = 0; i < fix->letter_len; i++) {
        enum sein_err err = SEIN_OK;

        fix->letter[i] ^= (uint8_t)(1U << i % 7);
        err = open_with(fix, NULL);
        fix->letter[i] ^= (uint8_t)(1U << i % 7);
        if (i < enc_at)
            assert_int_not_equal(err, SEIN_OK);
        else
            assert_int_equal(err, SEIN_EOPEN);
    }
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
}

static void
test_opens_only_for_its_prekey(void **state)
{
    struct fixture *fix = *state;
    struct sein_hpke_pair right = fix->pair;

    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    sein_hpke_generate(&fix->pair);
    assert_int_equal(open_with(fix, NULL), SEIN_EOPEN);
    fix->pair = right;
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
}

/* The outside and inside of the fixture's draft, for crafting. */
static void
take_apart(struct fixture *fix, struct sein_letter_header *out_header,
           struct sein_letter_body *out_body)
{
    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
    *out_header = fix->opened.view.header;
    *out_body = fix->opened.body;
}

/* Seals body under header, whatever header the body holds. */
static enum sein_err
open_crafted(struct fixture *fix, const struct sein_letter_header *header,
             const struct sein_letter_body *body)
{
    static const char circle[] = "schulden";
    struct sein_opened_letter out = { 0 };
    uint8_t *scratch = calloc(1, SEIN_LETTER_BUCKET_MAX);
    enum sein_err err = SEIN_OK;

    assert_non_null(scratch);
    craft_header(&fix->craft, header);
    craft_body(&fix->craft, body);
    craft_plain(&fix->craft, fix->sign_sk,
                sein_letter_bucket(AROUND_BODY + fix->craft.body.len));
    craft_seal(&fix->craft,
               sein_slice_is(header->circle, circle) ? circle : "jeugd",
               (uint32_t)header->epoch, fix->pair.pk, NULL);
    err = sein_letter_open(fix->craft.letter, &fix->pair, NULL, scratch,
                           SEIN_LETTER_BUCKET_MAX, &out);
    /* Never written, or wiped again. */
    if (err != SEIN_OK)
        assert_true(sodium_is_zero(scratch, fix->craft.plain.len));
    free(scratch);
    return err;
}

static void
test_crafted_opens(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_header header = { 0 };
    struct sein_letter_body body = { 0 };

    take_apart(fix, &header, &body);
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_OK);
}

/* Mode psk as the protocol's text has it: info, psk and psk_id. */
static void
test_crafted_psk_opens(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_header header = { 0 };
    struct sein_letter_body body = { 0 };

    take_apart(fix, &header, &body);
    craft_header(&fix->craft, &header);
    craft_body(&fix->craft, &body);
    craft_plain(&fix->craft, fix->sign_sk, 1024);
    craft_seal(&fix->craft, "schulden", 7, fix->pair.pk, &fix->psk);
    assert_int_equal(open_bytes(fix, fix->craft.letter, &fix->psk), SEIN_OK);
    assert_carried(fix);
    assert_int_equal(open_bytes(fix, fix->craft.letter, NULL), SEIN_EOPEN);
    craft_seal(&fix->craft, "schulden", 8, fix->pair.pk, &fix->psk);
    assert_int_equal(open_bytes(fix, fix->craft.letter, &fix->psk), SEIN_EOPEN);
    craft_seal(&fix->craft, "jeugd", 7, fix->pair.pk, &fix->psk);
    assert_int_equal(open_bytes(fix, fix->craft.letter, &fix->psk), SEIN_EOPEN);
}

/* Somebody who opened a letter seals its signed body again, as if it had been
 * meant for another desk, circle, time or thread. */
static void
test_body_under_another_header(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_header first = { 0 };
    struct sein_letter_header header = { 0 };
    struct sein_letter_body body = { 0 };

    take_apart(fix, &first, &body);
    header = first;
    header.circle = sein_slice_text("jeugd");
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_EHEADER);
    header = first;
    header.epoch++;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_EHEADER);
    header = first;
    header.letter_id.bytes[15] ^= 1;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_EHEADER);
    header = first;
    header.to = sein_slice_text("00000099000000003000/noord");
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_EHEADER);
    header = first;
    header.to_prekey_id.bytes[0] ^= 1;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_EHEADER);
    header = first;
    header.expires -= (uint64_t)SEIN_MS_PER_HOUR;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_EHEADER);
    header = first;
    header.hint[0] ^= 1;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_EHEADER);
}

/* The broker changes the outside and leaves the ciphertext as it is. */
static void
test_header_swapped_on_the_way(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_header header = { 0 };
    struct sein_letter_body body = { 0 };
    size_t front = 0;

    take_apart(fix, &header, &body);
    craft_header(&fix->craft, &header);
    front = 2 + fix->craft.header.len;
    header.to = sein_slice_text("00000099000000002000/zuid_");
    craft_header(&fix->craft, &header);
    assert_int_equal(2 + fix->craft.header.len, front);
    memcpy(fix->letter + 2, fix->craft.header_bytes, front - 2);
    assert_int_equal(open_with(fix, NULL), SEIN_EOPEN);
}

static void
test_life_is_bounded(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_header header = { 0 };
    struct sein_letter_body body = { 0 };

    take_apart(fix, &header, &body);
    header.expires += (uint64_t)SEIN_MS_PER_HOUR;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_ELIFE);
    header.expires =
        (uint64_t)INT64_MAX - (uint64_t)INT64_MAX % (uint64_t)SEIN_MS_PER_HOUR;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_ELIFE);
    header.expires = 1;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_ELIFE);
}

static void
test_body_is_checked(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_header header = { 0 };
    struct sein_letter_body first = { 0 };
    struct sein_letter_body body = { 0 };

    take_apart(fix, &header, &first);
    body = first;
    body.from = sein_slice_text("00000099000000001000/Huur");
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_EDESK);
    body = first;
    body.thread.bytes[0] ^= 1;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_ECONTENT);
    body.kind = SEIN_LETTER_MESSAGE;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_OK);
    body.kind = 20;
    assert_int_equal(open_crafted(fix, &header, &body), SEIN_OK);
}

/* Seals what stands in craft.plain and opens it. */
static enum sein_err
open_plain(struct fixture *fix)
{
    craft_seal(&fix->craft, "schulden", 7, fix->pair.pk, NULL);
    return open_bytes(fix, fix->craft.letter, NULL);
}

static void
craft_usual(struct fixture *fix, size_t bucket)
{
    struct sein_letter_header header = { 0 };
    struct sein_letter_body body = { 0 };

    take_apart(fix, &header, &body);
    craft_header(&fix->craft, &header);
    craft_body(&fix->craft, &body);
    craft_plain(&fix->craft, fix->sign_sk, bucket);
}

static void
test_filling_is_checked(void **state)
{
    struct fixture *fix = *state;
    uint8_t *plain = fix->craft.plain_bytes;
    size_t used = 0;

    craft_usual(fix, 1024);
    used = AROUND_BODY + fix->craft.body.len;
    assert_int_equal(open_plain(fix), SEIN_OK);
    for (size_t i = used; i < 1024; i++) {
        plain[i] = 0x80;
        assert_int_equal(open_plain(fix), SEIN_EPADDING);
        plain[i] = 0;
    }
    craft_usual(fix, 4096);
    assert_int_equal(open_plain(fix), SEIN_EPADDING);
}

static void
test_body_bytes_are_all_read(void **state)
{
    struct fixture *fix = *state;
    struct craft *craft = &fix->craft;

    craft_usual(fix, 1024);
    craft->body_bytes[craft->body.len++] = 0xc0;
    craft_plain(craft, fix->sign_sk, 1024);
    assert_int_equal(open_plain(fix), SEIN_ETRAILING);
    craft->body.len -= 1;
    for (size_t len = 0; len < craft->body.len; len++) {
        struct sein_slice whole = craft->body;

        craft->body.len = len;
        craft_plain(craft, fix->sign_sk, 1024);
        craft->body = whole;
        assert_int_equal(open_plain(fix), SEIN_EWIRE);
    }
    craft->body_bytes[0] = 0x98; /* eight fields instead of nine */
    craft_plain(craft, fix->sign_sk, 1024);
    assert_int_equal(open_plain(fix), SEIN_ECONTENT);
}

static void
test_room_is_asked_for(void **state)
{
    struct fixture *fix = *state;
    uint8_t before[2048];
    size_t len = 0;

    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    len = fix->letter_len;
    assert_int_equal(sein_letter_open(sein_slice_of(fix->letter, len),
                                      &fix->pair, NULL, fix->scratch, 1023,
                                      &fix->opened),
                     SEIN_ETOOLONG);
    assert_int_equal(sein_letter_open(sein_slice_of(fix->letter, len),
                                      &fix->pair, NULL, fix->scratch, 1024,
                                      &fix->opened),
                     SEIN_OK);
    memset(fix->letter, 0x5a, sizeof before);
    memset(before, 0x5a, sizeof before);
    assert_int_equal(sein_letter_seal(&fix->draft, fix->pair.pk, fix->sign_sk,
                                      NULL, fix->letter, len - 1,
                                      &fix->letter_len),
                     SEIN_ETOOLONG);
    assert_int_equal(sein_letter_seal(&fix->draft, fix->pair.pk, fix->sign_sk,
                                      NULL, fix->letter, 0, &fix->letter_len),
                     SEIN_ETOOLONG);
    assert_memory_equal(fix->letter, before, sizeof before);
    assert_int_equal(fix->letter_len, len);
    assert_int_equal(sein_letter_seal(&fix->draft, fix->pair.pk, fix->sign_sk,
                                      NULL, fix->letter, len, &fix->letter_len),
                     SEIN_OK);
}

static void
test_weak_prekey_is_refused(void **state)
{
    struct fixture *fix = *state;
    uint8_t before[2048];

    memset(fix->pair.pk, 0, sizeof fix->pair.pk);
    memset(fix->letter, 0x5a, sizeof before);
    memset(before, 0x5a, sizeof before);
    assert_int_equal(seal_with(fix, NULL), SEIN_ELOWORDER);
    assert_memory_equal(fix->letter, before, sizeof before);
}

static void
test_draft_is_checked(void **state)
{
    struct fixture *fix = *state;
    struct sein_letter_draft good = fix->draft;

    fix->draft.circle = sein_slice_text("Schulden");
    assert_int_equal(seal_with(fix, NULL), SEIN_ECIRCLE);
    fix->draft = good;
    fix->draft.from = sein_slice_text("00000099000000001000");
    assert_int_equal(seal_with(fix, NULL), SEIN_EDESK);
    fix->draft = good;
    fix->draft.to = sein_slice_text("/noord");
    assert_int_equal(seal_with(fix, NULL), SEIN_EDESK);
    fix->draft = good;
    fix->draft.created = -1;
    assert_int_equal(seal_with(fix, NULL), SEIN_ERANGE);
    fix->draft = good;
    fix->draft.dir_version = 0;
    assert_int_equal(seal_with(fix, NULL), SEIN_ERANGE);
    fix->draft = good;
    fix->draft.content.len = 0;
    assert_int_equal(seal_with(fix, NULL), SEIN_ERANGE);
    fix->draft = good;
    fix->draft.thread.bytes[3] ^= 1;
    assert_int_equal(seal_with(fix, NULL), SEIN_ECONTENT);
    fix->draft.kind = SEIN_LETTER_WITHDRAWAL;
    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
}

static void
test_draft_life(void **state)
{
    struct fixture *fix = *state;

    fix->draft.expires = NOW + SEIN_MS_PER_HOUR;
    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    fix->draft.expires = NOW;
    assert_int_equal(seal_with(fix, NULL), SEIN_ELIFE);
    fix->draft.expires = NOW + SEIN_MS_PER_HOUR + 1;
    assert_int_equal(seal_with(fix, NULL), SEIN_ELIFE);
    fix->draft.expires = -SEIN_MS_PER_HOUR;
    assert_int_equal(seal_with(fix, NULL), SEIN_ELIFE);
    fix->draft.expires = NOW + SEIN_LETTER_LIFE_MS + SEIN_MS_PER_HOUR;
    assert_int_equal(seal_with(fix, NULL), SEIN_ELIFE);
    /* An id made within the hour lives to the next whole one. */
    sein_letter_id_new(NOW + 1, &fix->draft.letter_id);
    memcpy(fix->draft.thread.bytes, fix->draft.letter_id.bytes, SEIN_ID_BYTES);
    assert_int_equal(seal_with(fix, NULL), SEIN_OK);
    assert_int_equal(open_with(fix, NULL), SEIN_OK);
}

static void
test_expiry_rounds_up(void **state)
{
    struct sein_letter_id id = { 0 };
    int64_t expires = 5;

    (void)state;
    sein_letter_id_new(NOW, &id);
    assert_int_equal(sein_letter_expiry(&id, 0, &expires), SEIN_ELIFE);
    assert_int_equal(sein_letter_expiry(&id, -1, &expires), SEIN_ELIFE);
    assert_int_equal(sein_letter_expiry(&id, SEIN_LETTER_LIFE_MS + 1, &expires),
                     SEIN_ELIFE);
    assert_int_equal(expires, 5);
    assert_int_equal(sein_letter_expiry(&id, 1, &expires), SEIN_OK);
    assert_int_equal(expires, NOW + SEIN_MS_PER_HOUR);
    assert_int_equal(sein_letter_expiry(&id, SEIN_MS_PER_HOUR, &expires),
                     SEIN_OK);
    assert_int_equal(expires, NOW + SEIN_MS_PER_HOUR);
    assert_int_equal(sein_letter_expiry(&id, SEIN_LETTER_LIFE_MS, &expires),
                     SEIN_OK);
    assert_int_equal(expires, NOW + SEIN_LETTER_LIFE_MS);
}

static void
test_which_kinds_open_threads(void **state)
{
    (void)state;
    for (uint64_t kind = 0; kind < 30; kind++)
        assert_int_equal(sein_letter_opens_thread(kind),
                         kind == 1 || kind == 8 || kind == 9 || kind == 10 ||
                             kind == 24);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_size_to_its_limit),
        TEST(test_longest_names_fit),
        TEST(test_receipts_have_the_smallest_size),
        TEST(test_no_two_seals_alike),
        TEST(test_psk_and_base_are_apart),
        TEST(test_hint_tells_the_psk),
        TEST(test_every_truncation_is_refused),
        TEST(test_every_byte_counts),
        TEST(test_opens_only_for_its_prekey),
        TEST(test_crafted_opens),
        TEST(test_crafted_psk_opens),
        TEST(test_body_under_another_header),
        TEST(test_header_swapped_on_the_way),
        TEST(test_life_is_bounded),
        TEST(test_body_is_checked),
        TEST(test_filling_is_checked),
        TEST(test_body_bytes_are_all_read),
        TEST(test_room_is_asked_for),
        TEST(test_weak_prekey_is_refused),
        TEST(test_draft_is_checked),
        TEST(test_draft_life),
        cmocka_unit_test(test_expiry_rounds_up),
        cmocka_unit_test(test_which_kinds_open_threads),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
