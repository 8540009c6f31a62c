/*
 * A keyholder's conversation with a broker that is played here: a ROUTER with
 * CURVE, that says what a broker says and looks at what comes back.
 */
#include "client/keyholder/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <zmq.h>

#include "client/include/sein.h"
#include "client/keyholder/audit.h"
#include "client/keyholder/share_store.h"
#include "client/lib/clock.h"
#include "proto/blind/dkg.h"
#include "proto/blind/oprf.h"
#include "proto/trust/identity.h"
#include "proto/wire/msg_directory.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/pack.h"
#include "tests/support/fixture_epoch.h"
#include "tests/support/store_folder.h"

#define INDEX 2U /* energie, of corporatie, energie, jeugdhulp */
#define PATIENCE_MS 10000

struct stage {
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    char endpoint[128];
    uint8_t curve[SEIN_KEY_BYTES], curve_secret[SEIN_KEY_BYTES];
    void *zmq;
    void *router;
    uint8_t peer[32];
    size_t peer_len;
    uint8_t bytes[SEIN_FRAME_MAX]; /* of the frame taken last */
    struct fixture_directory *fixture;
    struct keystore *keys;
    struct records *records;
    struct chain chain;
    struct holding *holding;
    struct sein_dkg_public made;
    struct conversation *conversation;
    char told[32]; /* the last event */
    enum sein_err told_err;
};

static void
on_tell(void *context, const char *event, enum sein_err err, const char *text)
{
    struct stage *stage = context;

    (void)text;
    (void)snprintf(stage->told, sizeof stage->told, "%s", event);
    stage->told_err = err;
}

static void
in_folder(struct stage *stage, const char *name)
{
    (void)snprintf(stage->path, sizeof stage->path, "%s/%s", stage->folder,
                   name);
}

static void
open_router(struct stage *stage)
{
    const int yes = 1;
    size_t len = sizeof stage->endpoint;

    assert_int_equal(crypto_box_keypair(stage->curve, stage->curve_secret), 0);
    stage->zmq = zmq_ctx_new();
    stage->router = zmq_socket(stage->zmq, ZMQ_ROUTER);
    assert_int_equal(
        zmq_setsockopt(stage->router, ZMQ_CURVE_SERVER, &yes, sizeof yes), 0);
    assert_int_equal(zmq_setsockopt(stage->router, ZMQ_CURVE_SECRETKEY,
                                    stage->curve_secret, SEIN_KEY_BYTES),
                     0);
    assert_int_equal(zmq_bind(stage->router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(
        zmq_getsockopt(stage->router, ZMQ_LAST_ENDPOINT, stage->endpoint, &len),
        0);
}

/* The holder's key is that of its keystore, its share that of a ceremony. */
static void
make_house(struct stage *stage)
{
    const struct sein_hash context = { { 7 } };
    struct sein_dkg_polynomial polynomial;
    struct sein_share share = { .circle = { "jeugd" },
                                .epoch = 1,
                                .index = INDEX };
    uint8_t commitments[2][SEIN_POINT_BYTES];
    char key_file[STORE_FOLDER_MAX + 16];
    const struct sein_unlock unlock = { .key_file = key_file };
    struct fixture_key *key = NULL;
    size_t count = 0;
    const struct keystore_pair *pair = NULL;

    (void)snprintf(key_file, sizeof key_file, "%s/unlock", stage->folder);
    in_folder(stage, "keystore");
    assert_int_equal(
        keystore_create(stage->path, &unlock, sein_clock_ms(), &stage->keys),
        SEIN_OK);
    pair = keystore_pairs(stage->keys, &count);
    stage->fixture = fixture_directory_new(sein_clock_ms());
    key = &stage->fixture->members[FIXTURE_ENERGIE].keys[0];
    key->key_id = pair->public_key.key_id;
    memcpy(key->sign, pair->public_key.sign, sizeof key->sign);
    memcpy(key->sign_secret, pair->sign_secret, sizeof key->sign_secret);
    memcpy(key->curve, pair->public_key.curve, sizeof key->curve);
    assert_int_equal(
        sein_dkg_begin(2, &context, INDEX, &polynomial, &stage->made), SEIN_OK);
    sein_dkg_share(&polynomial, INDEX, &share.secret);
    for (size_t i = 0; i < 2; i++)
        memcpy(commitments[i], stage->made.commitments[i].bytes,
               SEIN_POINT_BYTES);
    (void)fixture_epoch_demo(stage->fixture,
                             (const uint8_t(*)[SEIN_POINT_BYTES])commitments);
    assert_int_equal(
        share_store_put(stage->folder, keystore_home_key(stage->keys), &share),
        SEIN_OK);
}

static void
open_conversation(struct stage *stage)
{
    struct sein_directory *dir = fixture_directory_open(stage->fixture);
    struct sein_hash fingerprint;
    struct holding_setup holding = { .folder = stage->folder,
                                     .home_key = keystore_home_key(stage->keys),
                                     .desk = { FIXTURE_DESK_ENERGIE } };
    struct conversation_setup setup = { .endpoint = stage->endpoint,
                                        .broker_curve = stage->curve,
                                        .keys = stage->keys,
                                        .chain = &stage->chain,
                                        .desk = { FIXTURE_DESK_ENERGIE },
                                        .window = 5,
                                        .tell = on_tell,
                                        .context = stage };

    sein_directory_fingerprint(dir, &fingerprint);
    sein_directory_free(&dir);
    in_folder(stage, "records.db");
    assert_int_equal(records_open(stage->path, &stage->records), SEIN_OK);
    assert_int_equal(chain_open(stage->records, &fingerprint, &stage->chain),
                     SEIN_OK);
    assert_null(stage->chain.dir);
    holding.records = stage->records;
    assert_int_equal(holding_new(&holding, &stage->holding), SEIN_OK);
    setup.records = stage->records;
    setup.holding = stage->holding;
    assert_int_equal(conversation_new(&setup, &stage->conversation), SEIN_OK);
}

static int
setup(void **state)
{
    static struct stage stage;

    memset(&stage, 0, sizeof stage);
    store_folder_make(stage.folder);
    open_router(&stage);
    make_house(&stage);
    open_conversation(&stage);
    *state = &stage;
    return 0;
}

static int
teardown(void **state)
{
    struct stage *stage = *state;
    const int none = 0;

    conversation_free(&stage->conversation);
    holding_free(&stage->holding);
    chain_close(&stage->chain);
    records_close(&stage->records);
    keystore_free(&stage->keys);
    fixture_directory_free(&stage->fixture);
    (void)zmq_setsockopt(stage->router, ZMQ_LINGER, &none, sizeof none);
    (void)zmq_close(stage->router);
    (void)zmq_ctx_term(stage->zmq);
    store_folder_remove(stage->folder);
    return 0;
}

/* ---- the broker's side ---- */

/* Turns until the broker got a frame, of that kind. */
static struct sein_frame
take(struct stage *stage, enum sein_kind kind)
{
    int64_t until_ms = sein_clock_monotonic_ms() + PATIENCE_MS;
    struct sein_frame frame = { 0 };
    int len = -1;

    while (len < 0) {
        assert_true(sein_clock_monotonic_ms() < until_ms);
        assert_int_equal(conversation_turn(stage->conversation), SEIN_OK);
        len = zmq_recv(stage->router, stage->peer, sizeof stage->peer,
                       ZMQ_DONTWAIT);
    }
    stage->peer_len = (size_t)len;
    len = zmq_recv(stage->router, stage->bytes, sizeof stage->bytes, 0);
    assert_true(len > 0);
    assert_int_equal(
        sein_frame_decode(sein_slice_of(stage->bytes, (size_t)len), &frame),
        SEIN_OK);
    assert_int_equal(frame.kind, kind);
    return frame;
}

static void
say(struct stage *stage, enum sein_kind kind, uint64_t req,
    const struct sein_schema *schema, const void *object)
{
    static uint8_t buffer[SEIN_FRAME_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);

    sein_frame_begin(&out, kind, req);
    if (schema == NULL)
        sein_pack_array(&out, 0);
    else
        assert_int_equal(sein_schema_encode(schema, object, &out), SEIN_OK);
    assert_false(out.failed);
    assert_true(zmq_send(stage->router, stage->peer, stage->peer_len,
                         ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(stage->router, buffer, out.len, 0) >= 0);
}

static void
say_error(struct stage *stage, uint64_t req, enum sein_err code)
{
    const struct sein_error_body body = { .code = (uint64_t)code };

    say(stage, SEIN_KIND_ERROR, req, &sein_error_schema, &body);
}

/* Turns until it said that. */
static void
wait_told(struct stage *stage, const char *event)
{
    int64_t until_ms = sein_clock_monotonic_ms() + PATIENCE_MS;

    while (strcmp(stage->told, event) != 0) {
        assert_true(sein_clock_monotonic_ms() < until_ms);
        assert_int_equal(conversation_turn(stage->conversation), SEIN_OK);
    }
}

/* In two parts. */
static void
give_directory(struct stage *stage, uint64_t version)
{
    struct fixture_bytes bytes = { 0 };
    struct sein_slice whole = { 0 };
    size_t half = 0;

    assert_int_equal(fixture_directory_encode(stage->fixture, &bytes), SEIN_OK);
    whole = fixture_bytes_slice(&bytes);
    half = whole.len / 2;
    for (unsigned i = 0; i < 2; i++) {
        struct sein_frame frame = take(stage, SEIN_KIND_DIR_GET);
        struct sein_dir_get get = { 0 };
        struct sein_dir_part part = { .version = version,
                                      .newest = version,
                                      .total = whole.len };

        assert_int_equal(
            sein_schema_decode_all(&sein_dir_get_schema, frame.body, &get),
            SEIN_OK);
        assert_int_equal(get.offset, i * half);
        part.offset = get.offset;
        part.part = i == 0 ? sein_slice_of(whole.at, half)
                           : sein_slice_of(whole.at + half, whole.len - half);
        say(stage, SEIN_KIND_DIR_PART, frame.req, &sein_dir_part_schema, &part);
    }
    fixture_bytes_free(&bytes);
}

/* Until it evaluates. */
static uint64_t
make_ready(struct stage *stage)
{
    const struct sein_welcome welcome = { .dir_version = 1,
                                          .lease_ms = 60000,
                                          .credit_max = 10 };
    struct sein_eval_ready ready = { 0 };
    struct sein_hello hello = { 0 };
    struct sein_frame frame = { 0 };

    give_directory(stage, 1);
    frame = take(stage, SEIN_KIND_HELLO);
    assert_int_equal(
        sein_schema_decode_all(&sein_hello_schema, frame.body, &hello),
        SEIN_OK);
    assert_int_equal(hello.desks.count, 0);
    assert_int_equal(hello.dir_version, 1);
    say(stage, SEIN_KIND_WELCOME, frame.req, &sein_welcome_schema, &welcome);
    frame = take(stage, SEIN_KIND_EVAL_READY);
    assert_int_equal(
        sein_schema_decode_all(&sein_eval_ready_schema, frame.body, &ready),
        SEIN_OK);
    assert_true(sein_slice_is(ready.desk, FIXTURE_DESK_ENERGIE));
    assert_int_equal(ready.window, 5);
    assert_string_equal(stage->told, "ready");
    return frame.req;
}

/* What the school asks, of one element. */
static void
ask(struct stage *stage, uint64_t dir_version, struct sein_element *out_blinded)
{
    const struct fixture_key *key =
        &stage->fixture->members[FIXTURE_SCHOOL].keys[0];
    const uint8_t id[SEIN_ID_BYTES] = { 3 };
    uint8_t lists[256];
    uint8_t bytes[SEIN_EVAL_REQUEST_MAX];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_writer ids = sein_writer_of(lists, 128);
    struct sein_writer points = sein_writer_of(lists + 128, 128);
    struct sein_eval_request request = {
        .v = 1, .epoch = 1, .dir_version = dir_version, .key_id = key->key_id
    };
    struct sein_eval_ask body = { .ticket = 77 };
    struct sein_scalar blind;

    assert_int_equal(
        sein_oprf_blind(sein_slice_text("handle"), NULL, &blind, out_blinded),
        SEIN_OK);
    sein_fixed_list_write(&ids, id, SEIN_ID_BYTES, 1);
    sein_fixed_list_write(&points, out_blinded->bytes, SEIN_POINT_BYTES, 1);
    request.circle = sein_slice_text("jeugd");
    request.holder = sein_slice_text(FIXTURE_DESK_ENERGIE);
    request.desk = sein_slice_text(FIXTURE_DESK_SCHOOL);
    request.ts = (uint64_t)sein_clock_ms();
    request.ids = (struct sein_list){ sein_slice_of(ids.at, ids.len), 1 };
    request.blinded =
        (struct sein_list){ sein_slice_of(points.at, points.len), 1 };
    assert_int_equal(
        sein_schema_encode(&sein_eval_request_schema, &request, &out), SEIN_OK);
    body.request = sein_slice_of(bytes, out.len);
    assert_int_equal(sein_sig_make(SEIN_SIG_EVAL_REQ, body.request,
                                   key->sign_secret, body.signature),
                     SEIN_OK);
    say(stage, SEIN_KIND_EVAL_ASK, 0, &sein_eval_ask_schema, &body);
}

static struct sein_eval_reply
take_answer(struct stage *stage)
{
    struct sein_frame frame = take(stage, SEIN_KIND_EVAL_ANSWER);
    struct sein_eval_answer answer = { 0 };
    struct sein_eval_reply reply = { 0 };

    assert_int_equal(
        sein_schema_decode_all(&sein_eval_answer_schema, frame.body, &answer),
        SEIN_OK);
    assert_int_equal(answer.ticket, 77);
    assert_int_equal(
        sein_sig_verify(SEIN_SIG_EVAL_RESP, answer.reply, answer.signature,
                        stage->fixture->members[FIXTURE_ENERGIE].keys[0].sign),
        SEIN_OK);
    assert_int_equal(
        sein_schema_decode_all(&sein_eval_reply_schema, answer.reply, &reply),
        SEIN_OK);
    return reply;
}

static void
test_evaluates(void **state)
{
    struct stage *stage = *state;
    struct sein_element blinded;
    struct sein_element evaluated;
    struct sein_element public_half;
    struct sein_proof proof;
    struct sein_eval_reply reply = { 0 };

    (void)make_ready(stage);
    ask(stage, 1, &blinded);
    reply = take_answer(stage);
    assert_int_equal(reply.code, 0);
    assert_int_equal(reply.index, INDEX);
    assert_int_equal(sein_fixed_list_read(&reply.evaluated, SEIN_POINT_BYTES, 1,
                                          evaluated.bytes),
                     SEIN_OK);
    memcpy(proof.bytes, reply.proof.at, sizeof proof.bytes);
    assert_int_equal(
        sein_share_public(stage->made.commitments, 2, INDEX, &public_half),
        SEIN_OK);
    assert_int_equal(
        sein_oprf_verify_proof(&public_half, &blinded, &evaluated, 1, &proof),
        SEIN_OK);
}

/* A request of a newer directory is refused, and the directory fetched. */
static void
test_newer_directory(void **state)
{
    struct stage *stage = *state;
    struct sein_element blinded;

    (void)make_ready(stage);
    fixture_directory_follow(stage->fixture, stage->chain.dir);
    ask(stage, 2, &blinded);
    assert_int_equal(take_answer(stage).code, SEIN_EDIRNEWER);
    {
        struct sein_frame frame = take(stage, SEIN_KIND_DIR_GET);
        struct sein_dir_part end = { .version = 1, .newest = 2 };

        end.total = sein_directory_bytes(stage->chain.dir).len;
        end.offset = end.total;
        say(stage, SEIN_KIND_DIR_PART, frame.req, &sein_dir_part_schema, &end);
    }
    give_directory(stage, 2);
    wait_told(stage, "directory_in_force");
    assert_int_equal(sein_directory_version(stage->chain.dir), 2);
    ask(stage, 2, &blinded);
    assert_int_equal(take_answer(stage).code, 0);
}

static void
test_deposits(void **state)
{
    struct stage *stage = *state;
    const uint8_t ids[2 * SEIN_ID_BYTES] = { 3 };
    uint8_t bytes[64];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_deposits list = { .epoch = 1, .day = 20000, .last = true };
    struct sein_deposits_ack ack = { 0 };
    struct sein_frame frame = { 0 };

    (void)make_ready(stage);
    sein_fixed_list_write(&out, ids, SEIN_ID_BYTES, 2);
    list.circle = sein_slice_text("jeugd");
    list.oin = sein_slice_text(FIXTURE_OIN_SCHOOL);
    list.ids = (struct sein_list){ sein_slice_of(out.at, out.len), 2 };
    say(stage, SEIN_KIND_DEPOSITS, 0, &sein_deposits_schema, &list);
    frame = take(stage, SEIN_KIND_DEPOSITS_ACK);
    assert_int_equal(
        sein_schema_decode_all(&sein_deposits_ack_schema, frame.body, &ack),
        SEIN_OK);
    assert_true(sein_slice_is(ack.circle, "jeugd"));
    assert_int_equal(ack.epoch, 1);
    assert_int_equal(ack.day, 20000);
    assert_true(sein_slice_is(ack.oin, FIXTURE_OIN_SCHOOL));
    assert_int_equal(ack.part, 0);
}

static void
test_what_ends_it(void **state)
{
    struct stage *stage = *state;
    uint64_t ready = make_ready(stage);

    say_error(stage, ready, SEIN_EROLE);
    wait_told(stage, "disconnected");
    assert_int_equal(stage->told_err, SEIN_EROLE);
    assert_int_equal(stage->conversation->stage, CONVERSATION_DOWN);
    assert_false(stage->conversation->final);
}

static void
test_taken_over(void **state)
{
    struct stage *stage = *state;

    (void)make_ready(stage);
    say_error(stage, 0, SEIN_EHOME);
    wait_told(stage, "disconnected");
    assert_true(stage->conversation->final);
    assert_int_equal(stage->conversation->reason, SEIN_EHOME);
}

static void
test_nonsense(void **state)
{
    struct stage *stage = *state;

    (void)make_ready(stage);
    say(stage, SEIN_KIND_EVAL_ASK, 0, NULL, NULL);
    wait_told(stage, "disconnected");
    assert_int_equal(stage->conversation->stage, CONVERSATION_DOWN);
}

static void
test_bye(void **state)
{
    struct stage *stage = *state;
    struct sein_eval_ready ready = { .window = 9 };
    struct sein_frame frame = { 0 };

    (void)make_ready(stage);
    conversation_bye(stage->conversation);
    stage->conversation->final = true; /* it is not to dial again */
    frame = take(stage, SEIN_KIND_EVAL_READY);
    assert_int_equal(
        sein_schema_decode_all(&sein_eval_ready_schema, frame.body, &ready),
        SEIN_OK);
    assert_int_equal(ready.window, 0);
    (void)take(stage, SEIN_KIND_BYE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_evaluates),  CASE(test_newer_directory),
        CASE(test_deposits),   CASE(test_what_ends_it),
        CASE(test_taken_over), CASE(test_nonsense),
        CASE(test_bye),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
