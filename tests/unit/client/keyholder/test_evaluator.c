/*
 * A keyholder of three, with a share that a ceremony could have made: what it
 * answers verifies, and every check refuses before anything is taken.
 */
#include "client/keyholder/evaluator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/keyholder/audit.h"
#include "client/keyholder/share_store.h"
#include "proto/blind/dkg.h"
#include "proto/blind/oprf.h"
#include "proto/trust/identity.h"
#include "tests/support/fixture_epoch.h"
#include "tests/support/store_folder.h"

#define INDEX 2U /* energie, of corporatie, energie, jeugdhulp */

struct place {
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    struct fixture_directory *fixture;
    struct fixture_epoch *epoch;
    struct sein_directory *dir;
    struct records *records;
    struct holding *holding;
    struct sein_dkg_public made;
    struct sein_share share;
    uint8_t home_key[SEIN_KEY_BYTES];
    int64_t now_ms;
    struct repeats_reply reply; /* the last one */
    enum sein_err code;
};

static void
make_share(struct place *place)
{
    const struct sein_hash context = { { 7 } };
    struct sein_dkg_polynomial polynomial;

    assert_int_equal(
        sein_dkg_begin(2, &context, INDEX, &polynomial, &place->made), SEIN_OK);
    (void)snprintf(place->share.circle.text, sizeof place->share.circle.text,
                   "jeugd");
    place->share.epoch = 1;
    place->share.index = INDEX;
    sein_dkg_share(&polynomial, INDEX, &place->share.secret);
    sein_dkg_forget(&polynomial);
}

static void
begin(struct place *place)
{
    struct holding_setup setup = { .folder = place->folder,
                                   .home_key = place->home_key,
                                   .records = place->records,
                                   .desk = { FIXTURE_DESK_ENERGIE } };

    assert_int_equal(holding_new(&setup, &place->holding), SEIN_OK);
}

static void
reopen_directory(struct place *place)
{
    sein_directory_free(&place->dir);
    place->dir = fixture_directory_open(place->fixture);
    holding_forget(place->holding);
}

static int
setup(void **state)
{
    static struct place place;
    uint8_t commitments[2][SEIN_POINT_BYTES];

    place = (struct place){ .now_ms = FIXTURE_NOW_MS, .home_key = { 9 } };
    store_folder_make(place.folder);
    (void)snprintf(place.path, sizeof place.path, "%s/records.db",
                   place.folder);
    make_share(&place);
    for (size_t i = 0; i < 2; i++)
        memcpy(commitments[i], place.made.commitments[i].bytes,
               SEIN_POINT_BYTES);
    place.fixture = fixture_directory_new(FIXTURE_NOW_MS);
    place.epoch = fixture_epoch_demo(
        place.fixture, (const uint8_t(*)[SEIN_POINT_BYTES])commitments);
    place.dir = fixture_directory_open(place.fixture);
    assert_int_equal(records_open(place.path, &place.records), SEIN_OK);
    assert_int_equal(
        share_store_put(place.folder, place.home_key, &place.share), SEIN_OK);
    begin(&place);
    *state = &place;
    return 0;
}

static int
teardown(void **state)
{
    struct place *place = *state;

    holding_free(&place->holding);
    records_close(&place->records);
    sein_directory_free(&place->dir);
    fixture_directory_free(&place->fixture);
    store_folder_remove(place->folder);
    return 0;
}

/* What is asked; zeros mean the usual. */
struct question {
    const char *holder, *circle, *desk;
    uint64_t later; /* epochs */
    uint64_t dir_version;
    int64_t ahead_ms;
    size_t count, ids;
    unsigned member; /* that signs; SCHOOL */
    bool other_key;  /* named, than that of the signature */
    bool bad_signature;
    bool bad_point;
    uint8_t fill;
};

struct asked {
    struct sein_element blinded[SEIN_EVAL_BATCH_MAX];
    size_t len;
    uint8_t bytes[2 * SEIN_EVAL_REQUEST_MAX];
    uint8_t signature[SEIN_SIG_BYTES];
};

static const char *
or_usual(const char *text, const char *usual)
{
    return text == NULL ? usual : text;
}

static struct sein_list
list_of(struct sein_writer *out, const uint8_t *pieces, size_t size,
        size_t count)
{
    size_t from = out->len;

    sein_fixed_list_write(out, pieces, size, count);
    return (struct sein_list){ sein_slice_of(out->at + from, out->len - from),
                               count };
}

static void
make(const struct place *place, const struct question *question,
     struct asked *out)
{
    const struct fixture_key *keys =
        place->fixture
            ->members[question->member == 0 ? FIXTURE_SCHOOL : question->member]
            .keys;
    size_t count = question->count == 0 ? 1 : question->count;
    uint8_t lists[2 * SEIN_EVAL_REQUEST_MAX];
    uint8_t ids[SEIN_EVAL_BATCH_MAX * SEIN_ID_BYTES];
    struct sein_writer pieces = sein_writer_of(lists, sizeof lists);
    struct sein_writer writer = sein_writer_of(out->bytes, sizeof out->bytes);
    struct sein_eval_request request = { .v = 1, .epoch = 1 + question->later };

    memset(ids, question->fill, sizeof ids);
    for (size_t i = 0; i < count; i++) {
        const uint8_t input[] = { question->fill, (uint8_t)i };
        struct sein_scalar blind;

        ids[i * SEIN_ID_BYTES] = (uint8_t)i;
        assert_int_equal(sein_oprf_blind(sein_slice_of(input, sizeof input),
                                         NULL, &blind, &out->blinded[i]),
                         SEIN_OK);
    }
    if (question->bad_point)
        memset(out->blinded[count - 1].bytes, 0, SEIN_POINT_BYTES);
    request.holder =
        sein_slice_text(or_usual(question->holder, FIXTURE_DESK_ENERGIE));
    request.circle = sein_slice_text(or_usual(question->circle, "jeugd"));
    request.desk =
        sein_slice_text(or_usual(question->desk, FIXTURE_DESK_SCHOOL));
    request.ts = (uint64_t)(place->now_ms + question->ahead_ms);
    request.key_id = keys[0].key_id;
    if (question->other_key)
        request.key_id =
            place->fixture->members[FIXTURE_JEUGDHULP].keys[0].key_id;
    request.dir_version = question->dir_version;
    memset(request.req_id, question->fill, sizeof request.req_id);
    request.ids = list_of(&pieces, ids, SEIN_ID_BYTES,
                          question->ids == 0 ? count : question->ids);
    request.blinded =
        list_of(&pieces, out->blinded[0].bytes, SEIN_POINT_BYTES, count);
    assert_int_equal(
        sein_schema_encode(&sein_eval_request_schema, &request, &writer),
        SEIN_OK);
    assert_false(writer.failed);
    out->len = writer.len;
    assert_int_equal(sein_sig_make(SEIN_SIG_EVAL_REQ,
                                   sein_slice_of(out->bytes, out->len),
                                   keys[0].sign_secret, out->signature),
                     SEIN_OK);
    if (question->bad_signature)
        out->signature[5] ^= 1;
}

static void
answer(struct place *place, const struct asked *asked)
{
    const struct fixture_key *key =
        &place->fixture->members[FIXTURE_ENERGIE].keys[0];

    assert_int_equal(evaluator_answer(place->holding, place->dir,
                                      key->sign_secret,
                                      sein_slice_of(asked->bytes, asked->len),
                                      asked->signature, place->now_ms,
                                      &place->reply, &place->code),
                     SEIN_OK);
    assert_int_equal(
        sein_sig_verify(SEIN_SIG_EVAL_RESP,
                        sein_slice_of(place->reply.bytes, place->reply.len),
                        place->reply.signature, key->sign),
        SEIN_OK);
}

/* The last reply, taken apart. */
static struct sein_eval_reply
read_reply(const struct place *place, const struct asked *asked)
{
    struct sein_eval_reply reply = { 0 };
    struct sein_hash hash;

    assert_int_equal(sein_schema_decode_all(
                         &sein_eval_reply_schema,
                         sein_slice_of(place->reply.bytes, place->reply.len),
                         &reply),
                     SEIN_OK);
    sein_hash_of(sein_slice_of(asked->bytes, asked->len), &hash);
    assert_memory_equal(reply.request.bytes, hash.bytes, sizeof hash.bytes);
    return reply;
}

static void
verify(const struct place *place, const struct asked *asked, size_t count)
{
    struct sein_eval_reply reply = read_reply(place, asked);
    struct sein_element evaluated[SEIN_EVAL_BATCH_MAX];
    struct sein_element public_half;
    struct sein_proof proof;

    assert_int_equal(reply.code, 0);
    assert_int_equal(reply.index, INDEX);
    assert_int_equal(reply.evaluated.count, count);
    assert_int_equal(reply.proof.len, SEIN_PROOF_BYTES);
    memcpy(proof.bytes, reply.proof.at, sizeof proof.bytes);
    assert_int_equal(sein_fixed_list_read(&reply.evaluated, SEIN_POINT_BYTES,
                                          SEIN_EVAL_BATCH_MAX,
                                          evaluated[0].bytes),
                     SEIN_OK);
    assert_int_equal(
        sein_share_public(place->made.commitments, 2, INDEX, &public_half),
        SEIN_OK);
    assert_int_equal(sein_oprf_verify_proof(&public_half, asked->blinded,
                                            evaluated, count, &proof),
                     SEIN_OK);
}

static uint64_t
logged(const struct place *place)
{
    struct sein_hash hash;
    uint64_t count = 0;

    assert_int_equal(audit_check(place->records, &count, &hash), SEIN_OK);
    return count;
}

static void
test_evaluation_verifies(void **state)
{
    struct place *place = *state;
    const struct question one = { .count = 1, .fill = 1 };
    const struct question batch = { .count = SEIN_EVAL_BATCH_MAX, .fill = 2 };
    static struct asked asked;

    make(place, &one, &asked);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_OK);
    verify(place, &asked, 1);
    make(place, &batch, &asked);
    answer(place, &asked);
    verify(place, &asked, SEIN_EVAL_BATCH_MAX);
    assert_int_equal(logged(place), 2);
    assert_int_equal(holding_counters(place->holding)->elements, 33);
}

static void
test_refusals(void **state)
{
    static const struct {
        struct question question;
        enum sein_err err;
    } cases[] = {
        { { .holder = FIXTURE_DESK_JEUGDHULP }, SEIN_ECONTENT },
        { { .count = 2, .ids = 1 }, SEIN_ECONTENT },
        { { .bad_signature = true }, SEIN_ESIG },
        { { .other_key = true }, SEIN_ESIG },
        { { .dir_version = 2 }, SEIN_EDIRNEWER },
        { { .desk = FIXTURE_DESK_JEUGDHULP }, SEIN_EDESKKEY },
        { { .desk = FIXTURE_DESK_ENERGIE, .member = FIXTURE_ENERGIE },
          SEIN_EROLE },
        { { .circle = "nergens" }, SEIN_ECIRCLE },
        { { .circle = "schulden" }, SEIN_EROLE },
        { { .later = 1 }, SEIN_EEPOCH },
        { { .ahead_ms = SEIN_EVAL_CLOCK_MS + 1 }, SEIN_ETIME },
        { { .ahead_ms = -SEIN_EVAL_CLOCK_MS - 1 }, SEIN_ETIME },
        { { .count = 2, .bad_point = true }, SEIN_ELOWORDER },
    };
    struct place *place = *state;
    static struct asked asked;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct question question = cases[i].question;
        struct sein_eval_reply reply = { 0 };

        question.fill = (uint8_t)(i + 1);
        make(place, &question, &asked);
        answer(place, &asked);
        assert_int_equal(place->code, cases[i].err);
        reply = read_reply(place, &asked);
        assert_int_equal(reply.code, cases[i].err);
        assert_int_equal(reply.req_id[0], i + 1);
        assert_int_equal(reply.index, 0);
        assert_int_equal(reply.evaluated.count, 0);
        assert_int_equal(reply.proof.len, 0);
    }
    /* None of it was taken from a quota or written down. */
    assert_int_equal(logged(place), 0);
    assert_int_equal(holding_counters(place->holding)->refused,
                     sizeof cases / sizeof cases[0]);
}

static void
test_within_the_time(void **state)
{
    struct place *place = *state;
    const struct question late = { .ahead_ms = -SEIN_EVAL_CLOCK_MS, .fill = 1 };
    const struct question early = { .ahead_ms = SEIN_EVAL_CLOCK_MS, .fill = 2 };
    static struct asked asked;

    make(place, &late, &asked);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_OK);
    make(place, &early, &asked);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_OK);
}

static void
test_what_is_no_request(void **state)
{
    struct place *place = *state;
    static struct asked asked;

    for (asked.len = 1; asked.len < 40; asked.len++) {
        memset(asked.bytes, 0x93, asked.len);
        answer(place, &asked);
        assert_int_not_equal(place->code, SEIN_OK);
        assert_int_not_equal(read_reply(place, &asked).code, 0);
    }
}

static void
test_revoked_key(void **state)
{
    struct place *place = *state;
    const struct question question = { .fill = 1 };
    static struct asked asked;

    make(place, &question, &asked);
    place->fixture->members[FIXTURE_SCHOOL].keys[0].revoked_at =
        (uint64_t)place->now_ms;
    reopen_directory(place);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_EREVOKED);
}

static void
test_quota(void **state)
{
    struct place *place = *state;
    struct question question = { .count = SEIN_EVAL_BATCH_MAX };
    static struct asked asked;

    place->fixture->circles[FIXTURE_JEUGD].quota_per_day = 70;
    reopen_directory(place);
    for (question.fill = 1; question.fill <= 3; question.fill++) {
        make(place, &question, &asked);
        answer(place, &asked);
        assert_int_equal(place->code,
                         question.fill < 3 ? SEIN_OK : SEIN_EQUOTA);
    }
    assert_int_equal(read_reply(place, &asked).at,
                     (place->now_ms / SEIN_MS_PER_DAY + 1) * SEIN_MS_PER_DAY);
    assert_int_equal(logged(place), 2);
    /* What is left may be used, and the next day it is whole again. */
    question.count = 6;
    make(place, &question, &asked);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_OK);
    place->now_ms += SEIN_MS_PER_DAY;
    question.count = SEIN_EVAL_BATCH_MAX;
    question.fill++;
    make(place, &question, &asked);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_OK);
}

static void
test_same_bytes_are_free(void **state)
{
    struct place *place = *state;
    const struct question question = { .count = 10, .fill = 1 };
    struct repeats_reply first;
    static struct asked asked;

    place->fixture->circles[FIXTURE_JEUGD].quota_per_day = 10;
    reopen_directory(place);
    make(place, &question, &asked);
    answer(place, &asked);
    first = place->reply;
    place->now_ms += SEIN_MS_PER_MIN;
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_OK);
    assert_int_equal(place->reply.len, first.len);
    assert_memory_equal(place->reply.bytes, first.bytes, first.len);
    assert_memory_equal(place->reply.signature, first.signature,
                        sizeof first.signature);
    /* Also after a restart. */
    holding_free(&place->holding);
    records_close(&place->records);
    assert_int_equal(records_open(place->path, &place->records), SEIN_OK);
    begin(place);
    answer(place, &asked);
    assert_memory_equal(place->reply.bytes, first.bytes, first.len);
    assert_int_equal(logged(place), 1);
    assert_int_equal(holding_counters(place->holding)->repeated, 1);
    /* A minute later its time is too old anyway. */
    place->now_ms += 2 * SEIN_MS_PER_MIN;
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_ETIME);
}

/* The program ended between the charge and the reply. */
static void
test_paid_and_not_answered(void **state)
{
    struct place *place = *state;
    const struct question question = { .count = 10, .fill = 1 };
    static const struct repeats_reply nothing;
    struct sein_hash hash;
    static struct asked asked;

    place->fixture->circles[FIXTURE_JEUGD].quota_per_day = 10;
    reopen_directory(place);
    make(place, &question, &asked);
    answer(place, &asked);
    sein_hash_of(sein_slice_of(asked.bytes, asked.len), &hash);
    assert_int_equal(
        repeats_keep(place->records, &hash, &nothing, place->now_ms), SEIN_OK);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_OK);
    verify(place, &asked, 10);
    assert_int_equal(logged(place), 1);
}

static void
test_shares_that_do_not_fit(void **state)
{
    struct place *place = *state;
    const struct question question = { .fill = 1 };
    char path[STORE_FOLDER_MAX + 32];
    static struct asked asked;

    make(place, &question, &asked);
    (void)snprintf(path, sizeof path, "%s/share.jeugd.1", place->folder);
    assert_int_equal(remove(path), 0);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_ENOENT);
    /* Of another index, and another secret. */
    place->share.index = INDEX + 1;
    assert_int_equal(
        share_store_put(place->folder, place->home_key, &place->share),
        SEIN_OK);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_ESHARE);
    place->share.index = INDEX;
    sein_scalar_random(&place->share.secret);
    assert_int_equal(
        share_store_put(place->folder, place->home_key, &place->share),
        SEIN_OK);
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_ESHARE);
    /* Sealed under another key. */
    place->home_key[0] ^= 1;
    answer(place, &asked);
    assert_int_equal(place->code, SEIN_ESHARE);
    assert_int_equal(logged(place), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_evaluation_verifies),
        CASE(test_refusals),
        CASE(test_within_the_time),
        CASE(test_what_is_no_request),
        CASE(test_revoked_key),
        CASE(test_quota),
        CASE(test_same_bytes_are_free),
        CASE(test_paid_and_not_answered),
        CASE(test_shares_that_do_not_fit),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
