#include "client/lib/blinder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/blind/dkg.h"
#include "proto/trust/identity.h"
#include "proto/wire/msg_eval.h"
#include "tests/support/fixture_epoch.h"

#define HOLDERS 5U
#define THRESHOLD 3U
#define NOW FIXTURE_NOW_MS
#define ITEMS 2U

/* A circle whose five holders are here too, so that each can lie. */
struct town {
    struct fixture_directory *fixture;
    struct sein_directory *dir;
    struct sein_dkg_polynomial polynomial; /* only tests deal */
    struct blinder_epoch epoch;
    size_t record_len;
    struct blinder_asker asker;
    struct blinder *blinder;
    struct sein_household_keys want[ITEMS];
};

static const uint8_t pepper[SEIN_PEPPER_BYTES] = { 3 };
static const char *const holder_desks[HOLDERS] = {
    FIXTURE_DESK_CORPORATIE, FIXTURE_DESK_ENERGIE, FIXTURE_DESK_SCHOOL,
    FIXTURE_DESK_JEUGDHULP,  FIXTURE_DESK_ZUID,
};
static const enum fixture_member_index holder_members[HOLDERS] = {
    FIXTURE_CORPORATIE, FIXTURE_ENERGIE,  FIXTURE_SCHOOL,
    FIXTURE_JEUGDHULP,  FIXTURE_WIJKTEAM,
};

static void
make_items(struct blinder_item items[static ITEMS])
{
    items[0] = (struct blinder_item){ SEIN_HANDLE_ADDRESS,
                                      sein_slice_text("1506AB/12"),
                                      { { 1 } } };
    items[1] = (struct blinder_item){ SEIN_HANDLE_BSN,
                                      sein_slice_text("111222333"),
                                      { { 2 } } };
}

/* What the whole key would have made of an item. */
static void
keys_of(const struct town *town, const struct blinder_item *item,
        struct sein_household_keys *out)
{
    const struct sein_blind_scope scope = { sein_slice_text("jeugd"), 1 };
    uint8_t input[SEIN_OPRF_INPUT_BYTES];
    uint8_t output[SEIN_OPRF_OUTPUT_BYTES];
    struct sein_slice slice = sein_slice_of(input, sizeof input);
    struct sein_scalar blind;
    struct sein_element blinded;

    sein_household_input(pepper, &scope, item->kind, item->canonical, input);
    assert_int_equal(sein_oprf_blind(slice, NULL, &blind, &blinded), SEIN_OK);
    assert_int_equal(sein_oprf_blind_evaluate(&town->polynomial.coefficients[0],
                                              &blinded, 1, &blinded),
                     SEIN_OK);
    assert_int_equal(sein_oprf_finalize(slice, &blind, &blinded, output),
                     SEIN_OK);
    sein_household_derive(output, &scope, out);
}

static void
make_key(struct town *town)
{
    static const struct sein_hash context;
    struct sein_dkg_public made;
    uint8_t commitments[THRESHOLD][SEIN_POINT_BYTES];
    struct fixture_circle *circle = &town->fixture->circles[FIXTURE_JEUGD];
    struct fixture_epoch *epoch = NULL;

    assert_int_equal(
        sein_dkg_begin(THRESHOLD, &context, 1, &town->polynomial, &made),
        SEIN_OK);
    for (size_t j = 0; j < THRESHOLD; j++)
        memcpy(commitments[j], made.commitments[j].bytes, SEIN_POINT_BYTES);
    epoch = fixture_epoch_name(town->fixture, circle, THRESHOLD, holder_desks,
                               HOLDERS);
    fixture_epoch_sign(town->fixture, circle, epoch,
                       (const uint8_t(*)[SEIN_POINT_BYTES])commitments);
}

static void
read_epoch(struct town *town)
{
    const struct sein_circle *circle =
        sein_directory_circle(town->dir, sein_slice_text("jeugd"));
    struct sein_dir_epoch named = { 0 };

    assert_non_null(circle);
    assert_true(sein_circle_epoch_now(circle, NOW, &named));
    assert_int_equal(sein_epoch_check(town->dir, circle->entry.id, &named,
                                      named.record, &named.signatures, NULL),
                     SEIN_OK);
    assert_int_equal(blinder_epoch_read(named.record, &town->epoch), SEIN_OK);
    town->record_len = named.record.len;
}

static int
set_up(void **state)
{
    struct town *town = calloc(1, sizeof *town);
    const struct fixture_key *key = NULL;
    struct blinder_item items[ITEMS];

    assert_non_null(town);
    town->fixture = fixture_directory_new(NOW);
    make_key(town);
    town->dir = fixture_directory_open(town->fixture);
    read_epoch(town);
    key = &town->fixture->members[FIXTURE_SCHOOL].keys[0];
    town->asker.desk = sein_slice_text(FIXTURE_DESK_SCHOOL);
    town->asker.key_id = key->key_id;
    town->asker.sign_secret = key->sign_secret;
    town->asker.dir_version = 1;
    make_items(items);
    assert_int_equal(blinder_new(&town->epoch, &town->asker, pepper, items,
                                 ITEMS, 0, &town->blinder),
                     SEIN_OK);
    for (size_t i = 0; i < ITEMS; i++)
        keys_of(town, &items[i], &town->want[i]);
    *state = town;
    return 0;
}

static int
tear_down(void **state)
{
    struct town *town = *state;

    blinder_free(&town->blinder);
    sein_directory_free(&town->dir);
    fixture_directory_free(&town->fixture);
    free(town);
    return 0;
}

enum lie {
    HONEST,
    OTHER_SHARE,
    OTHER_REQUEST,
    OTHER_INDEX,
    OTHER_SIGNER,
    ONE_TOO_FEW,
    IDENTITY,
    NO_PROOF,
    REFUSES,
    LIE_COUNT,
};

struct answer {
    uint8_t bytes[SEIN_EVAL_REPLY_MAX];
    size_t len;
    uint8_t signature[SEIN_SIG_BYTES];
};

static void
evaluate(const struct town *town, uint64_t index, enum lie lie,
         const struct sein_eval_request *request,
         struct sein_element evaluated[static SEIN_EVAL_BATCH_MAX],
         struct sein_proof *proof)
{
    uint8_t points[SEIN_EVAL_BATCH_MAX][SEIN_POINT_BYTES];
    struct sein_element blinded[SEIN_EVAL_BATCH_MAX];
    struct sein_scalar share;
    size_t count = request->blinded.count;

    sein_dkg_share(&town->polynomial, lie == OTHER_SHARE ? index + 1 : index,
                   &share);
    assert_int_equal(sein_fixed_list_read(&request->blinded, SEIN_POINT_BYTES,
                                          SEIN_EVAL_BATCH_MAX, points[0]),
                     SEIN_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sein_element_read(points[i], &blinded[i]), SEIN_OK);
    assert_int_equal(
        sein_oprf_blind_evaluate(&share, blinded, count, evaluated), SEIN_OK);
    assert_int_equal(
        sein_oprf_generate_proof(&share, &town->epoch.publics[index - 1],
                                 blinded, evaluated, count, NULL, proof),
        SEIN_OK);
    if (lie == IDENTITY)
        memset(&evaluated[0], 0, sizeof evaluated[0]);
}

static void
write_reply(uint64_t index, enum lie lie, const uint8_t *req_id,
            struct sein_slice request, const struct sein_element *evaluated,
            size_t count, const struct sein_proof *proof, struct answer *answer)
{
    struct sein_eval_reply reply = { .v = 1, .index = index };
    uint8_t list_bytes[SEIN_EVAL_REPLY_MAX];
    struct sein_writer list = sein_writer_of(list_bytes, sizeof list_bytes);
    struct sein_writer out =
        sein_writer_of(answer->bytes, sizeof answer->bytes);

    if (lie == REFUSES) {
        reply.code = SEIN_EQUOTA;
        reply.at = (uint64_t)NOW + 1000;
        reply.index = 0;
        count = 0;
    }
    if (lie == OTHER_INDEX)
        reply.index = index % HOLDERS + 1;
    if (lie == ONE_TOO_FEW)
        count--;
    memcpy(reply.req_id, req_id, SEIN_ID_BYTES);
    sein_hash_of(request, &reply.request);
    if (lie == OTHER_REQUEST)
        reply.request.bytes[0] ^= 1;
    sein_fixed_list_write(&list, evaluated[0].bytes, SEIN_POINT_BYTES, count);
    reply.evaluated.raw = sein_slice_of(list_bytes, list.len);
    reply.evaluated.count = count;
    if (lie != REFUSES && lie != NO_PROOF)
        reply.proof = sein_slice_of(proof->bytes, sizeof proof->bytes);
    assert_int_equal(sein_schema_encode(&sein_eval_reply_schema, &reply, &out),
                     SEIN_OK);
    answer->len = out.len;
}

/* What a holder makes of an ask: a whole reply, signed. */
static void
answer_ask(const struct town *town, const struct blinder_ask *ask, enum lie lie,
           struct answer *answer)
{
    size_t signer = lie == OTHER_SIGNER ? ask->index % HOLDERS : ask->index - 1;
    struct sein_eval_request request = { 0 };
    struct sein_element evaluated[SEIN_EVAL_BATCH_MAX];
    struct sein_proof proof;

    assert_int_equal(sein_schema_decode_all(&sein_eval_request_schema,
                                            ask->request, &request),
                     SEIN_OK);
    evaluate(town, ask->index, lie, &request, evaluated, &proof);
    write_reply(ask->index, lie, request.req_id, ask->request, evaluated,
                request.blinded.count, &proof, answer);
    assert_int_equal(
        sein_sig_make(
            SEIN_SIG_EVAL_RESP, sein_slice_of(answer->bytes, answer->len),
            town->fixture->members[holder_members[signer]].keys[0].sign_secret,
            answer->signature),
        SEIN_OK);
}

static enum sein_err
take(struct town *town, uint64_t index, const struct answer *answer)
{
    return blinder_take(town->blinder, town->dir, index,
                        sein_slice_of(answer->bytes, answer->len),
                        answer->signature, NOW);
}

/* Asks and answers until nobody is to be asked; the last result. */
static enum sein_err
serve(struct town *town, const enum lie *lies)
{
    enum sein_err err = SEIN_OK;

    for (;;) {
        struct blinder_ask ask = { 0 };
        struct answer answer = { 0 };

        err = blinder_next(town->blinder, NOW, &ask);
        if (err != SEIN_OK)
            return err;
        answer_ask(town, &ask, lies[ask.index - 1], &answer);
        err = take(town, ask.index, &answer);
        assert_int_equal(err == SEIN_OK, lies[ask.index - 1] == HONEST);
    }
}

static void
check_keys(struct town *town)
{
    struct sein_household_keys keys[ITEMS];

    assert_true(blinder_done(town->blinder));
    assert_int_equal(blinder_finish(town->blinder, keys), SEIN_OK);
    assert_memory_equal(keys, town->want, sizeof keys);
}

static void
test_t_honest_holders(void **state)
{
    static const enum lie lies[HOLDERS];
    struct town *town = *state;

    assert_int_equal(serve(town, lies), SEIN_ENOENT);
    assert_int_equal(blinder_culprits(town->blinder), 0);
    assert_true(blinder_deadline(town->blinder) == INT64_MAX);
    check_keys(town);
}

static void
test_requests_are_signed_and_name_their_holder(void **state)
{
    struct town *town = *state;
    uint64_t asked = 0;
    struct blinder_ask ask = { 0 };

    for (size_t i = 0; i < THRESHOLD; i++) {
        struct sein_eval_request request = { 0 };

        assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
        assert_int_equal(asked & BLINDER_HOLDER_BIT(ask.index), 0);
        asked |= BLINDER_HOLDER_BIT(ask.index);
        assert_int_equal(
            sein_sig_verify(
                SEIN_SIG_EVAL_REQ, ask.request, ask.signature,
                town->fixture->members[FIXTURE_SCHOOL].keys[0].sign),
            SEIN_OK);
        assert_int_equal(sein_schema_decode_all(&sein_eval_request_schema,
                                                ask.request, &request),
                         SEIN_OK);
        assert_true(sein_slice_is(request.holder, holder_desks[ask.index - 1]));
        assert_true(sein_slice_is(request.circle, "jeugd"));
        assert_int_equal(request.ids.count, ITEMS);
        assert_int_equal(request.blinded.count, ITEMS);
        assert_int_equal(request.ts, NOW);
    }
    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_ENOENT);
    assert_true(blinder_deadline(town->blinder) == NOW + BLINDER_PATIENCE_MS);
    assert_int_equal(
        blinder_next(town->blinder, NOW + BLINDER_PATIENCE_MS - 1, &ask),
        SEIN_ENOENT);
    assert_int_equal(
        blinder_next(town->blinder, NOW + BLINDER_PATIENCE_MS, &ask), SEIN_OK);
    assert_int_equal(asked & BLINDER_HOLDER_BIT(ask.index), 0);
}

/* Each lie of each one or two holders: the right keys, and who lied named. */
static void
test_up_to_two_liars(void **state)
{
    struct town *town = *state;
    struct blinder_item items[ITEMS];

    make_items(items);
    for (size_t pair = 0; pair < (size_t)HOLDERS * HOLDERS; pair++) {
        enum lie lie = (enum lie)(1 + pair % (LIE_COUNT - 1));
        enum lie lies[HOLDERS] = { HONEST };
        uint64_t named = 0;

        lies[pair / HOLDERS] = lie;
        lies[pair % HOLDERS] = lie;
        if (lie != REFUSES)
            named = BLINDER_HOLDER_BIT(pair / HOLDERS + 1) |
                    BLINDER_HOLDER_BIT(pair % HOLDERS + 1);
        blinder_free(&town->blinder);
        assert_int_equal(blinder_new(&town->epoch, &town->asker, pepper, items,
                                     ITEMS, 0, &town->blinder),
                         SEIN_OK);
        assert_int_equal(serve(town, lies), SEIN_ENOENT);
        assert_int_equal(blinder_culprits(town->blinder) & ~named, 0);
        check_keys(town);
    }
}

static void
test_three_liars_leave_nothing(void **state)
{
    struct town *town = *state;
    struct sein_household_keys keys[ITEMS];

    for (enum lie lie = OTHER_SHARE; lie < LIE_COUNT; lie++) {
        struct blinder_item items[ITEMS];
        enum lie lies[HOLDERS] = { HONEST, lie, HONEST, lie, lie };
        uint64_t named = BLINDER_HOLDER_BIT(2) | BLINDER_HOLDER_BIT(4) |
                         BLINDER_HOLDER_BIT(5);

        make_items(items);
        blinder_free(&town->blinder);
        assert_int_equal(blinder_new(&town->epoch, &town->asker, pepper, items,
                                     ITEMS, 0, &town->blinder),
                         SEIN_OK);
        assert_int_equal(serve(town, lies), SEIN_ESHARES);
        assert_false(blinder_done(town->blinder));
        assert_int_equal(blinder_finish(town->blinder, keys), SEIN_ESHARES);
        assert_int_equal(blinder_culprits(town->blinder),
                         lie == REFUSES ? 0 : named);
        assert_true(blinder_retry_at(town->blinder) ==
                    (lie == REFUSES ? NOW + 1000 : 0));
    }
}

static void
test_away_and_twice(void **state)
{
    struct town *town = *state;
    struct blinder_ask ask = { 0 };
    struct answer answer = { 0 };

    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
    blinder_fail(town->blinder, ask.index);
    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
    answer_ask(town, &ask, HONEST, &answer);
    assert_int_equal(take(town, ask.index, &answer), SEIN_OK);
    assert_int_equal(take(town, ask.index, &answer), SEIN_ENOENT);
    assert_int_equal(take(town, HOLDERS + 1, &answer), SEIN_ENOENT);
    /* What has answered cannot fail any more. */
    blinder_fail(town->blinder, ask.index);
    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
    /* An answer of another holder does not pass for this one's. */
    assert_int_equal(take(town, ask.index, &answer), SEIN_EEVAL);
    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
    answer_ask(town, &ask, HONEST, &answer);
    assert_int_equal(take(town, ask.index, &answer), SEIN_OK);
    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
    answer_ask(town, &ask, HONEST, &answer);
    assert_int_equal(take(town, ask.index, &answer), SEIN_OK);
    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_ENOENT);
    check_keys(town);
}

static void
test_malformed_answers(void **state)
{
    struct town *town = *state;
    struct blinder_ask ask = { 0 };
    struct answer answer = { 0 };

    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
    answer_ask(town, &ask, HONEST, &answer);
    answer.len--;
    assert_int_equal(
        sein_sig_make(SEIN_SIG_EVAL_RESP,
                      sein_slice_of(answer.bytes, answer.len),
                      town->fixture->members[holder_members[ask.index - 1]]
                          .keys[0]
                          .sign_secret,
                      answer.signature),
        SEIN_OK);
    assert_int_equal(take(town, ask.index, &answer), SEIN_EEVAL);
    assert_int_equal(blinder_culprits(town->blinder),
                     BLINDER_HOLDER_BIT(ask.index));
}

/* P9: what a revoked holder says counts for nothing. */
static void
test_a_revoked_holder(void **state)
{
    struct town *town = *state;
    struct blinder_ask ask = { 0 };
    struct answer answer = { 0 };
    struct fixture_member *member = NULL;

    assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
    answer_ask(town, &ask, HONEST, &answer);
    member = &town->fixture->members[holder_members[ask.index - 1]];
    member->keys[0].revoked_at = (uint64_t)NOW - 1;
    sein_directory_free(&town->dir);
    town->dir = fixture_directory_open(town->fixture);
    assert_int_equal(take(town, ask.index, &answer), SEIN_EEVAL);
}

static void
test_those_to_avoid_come_last(void **state)
{
    struct town *town = *state;
    struct blinder_item items[ITEMS];
    const uint64_t avoid = BLINDER_HOLDER_BIT(1) | BLINDER_HOLDER_BIT(4);

    make_items(items);
    for (size_t round = 0; round < 20; round++) {
        blinder_free(&town->blinder);
        assert_int_equal(blinder_new(&town->epoch, &town->asker, pepper, items,
                                     ITEMS, avoid, &town->blinder),
                         SEIN_OK);
        for (size_t i = 0; i < HOLDERS; i++) {
            struct blinder_ask ask = { 0 };

            assert_int_equal(blinder_next(town->blinder, NOW, &ask), SEIN_OK);
            assert_int_equal((avoid & BLINDER_HOLDER_BIT(ask.index)) != 0,
                             i >= THRESHOLD);
            blinder_fail(town->blinder, ask.index);
        }
    }
}

static void
test_bounds(void **state)
{
    struct town *town = *state;
    static struct blinder_item items[SEIN_EVAL_BATCH_MAX + 1];
    struct blinder *blinder = NULL;
    static struct blinder_epoch epoch;
    uint8_t bent[SEIN_EPOCH_RECORD_MAX];
    size_t at = 0;

    assert_int_equal(
        blinder_new(&town->epoch, &town->asker, pepper, items, 0, 0, &blinder),
        SEIN_ERANGE);
    assert_int_equal(blinder_new(&town->epoch, &town->asker, pepper, items,
                                 SEIN_EVAL_BATCH_MAX + 1, 0, &blinder),
                     SEIN_ERANGE);
    assert_int_equal(blinder_new(&town->epoch, &town->asker, pepper, items,
                                 SEIN_EVAL_BATCH_MAX, 0, &blinder),
                     SEIN_OK);
    blinder_free(&blinder);
    memcpy(bent, town->epoch.bytes, town->record_len);
    while (memcmp(bent + at, town->epoch.record.commitments[1],
                  SEIN_POINT_BYTES) != 0)
        at++;
    memset(bent + at, 0xff, SEIN_POINT_BYTES);
    assert_int_equal(
        blinder_epoch_read(sein_slice_of(bent, town->record_len), &epoch),
        SEIN_ELOWORDER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_t_honest_holders),
        TEST(test_requests_are_signed_and_name_their_holder),
        TEST(test_up_to_two_liars),
        TEST(test_three_liars_leave_nothing),
        TEST(test_away_and_twice),
        TEST(test_malformed_answers),
        TEST(test_a_revoked_holder),
        TEST(test_those_to_avoid_come_last),
        TEST(test_bounds),
#undef TEST
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
