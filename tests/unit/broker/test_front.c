#include "broker/front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <zmq.h>

#include "broker/zap.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

/* A front and its handler, and one member on the other side of real CURVE. */
struct rig {
    void *zmq;
    struct zap *zap;
    struct front *front;
    void *member;
    uint8_t curve_public[SEIN_KEY_BYTES];
    uint8_t curve_secret[SEIN_KEY_BYTES];
    uint8_t member_public[SEIN_KEY_BYTES];
    uint8_t member_secret[SEIN_KEY_BYTES];
};

static enum sein_err
look_up(void *context, const uint8_t curve[static SEIN_KEY_BYTES],
        struct sein_key_id *out_key_id)
{
    const struct rig *rig = context;

    if (memcmp(curve, rig->member_public, SEIN_KEY_BYTES) != 0)
        return SEIN_EKEY;
    memset(out_key_id->bytes, 0xcd, sizeof out_key_id->bytes);
    return SEIN_OK;
}

static void *
connect_member(struct rig *rig, const char *routing_id)
{
    void *member = zmq_socket(rig->zmq, ZMQ_DEALER);
    int zero = 0;

    (void)zmq_setsockopt(member, ZMQ_LINGER, &zero, sizeof zero);
    (void)zmq_setsockopt(member, ZMQ_CURVE_SERVERKEY, rig->curve_public,
                         SEIN_KEY_BYTES);
    (void)zmq_setsockopt(member, ZMQ_CURVE_PUBLICKEY, rig->member_public,
                         SEIN_KEY_BYTES);
    (void)zmq_setsockopt(member, ZMQ_CURVE_SECRETKEY, rig->member_secret,
                         SEIN_KEY_BYTES);
    if (routing_id != NULL)
        (void)zmq_setsockopt(member, ZMQ_ROUTING_ID, routing_id,
                             strlen(routing_id));
    assert_int_equal(zmq_connect(member, front_endpoint(rig->front)), 0);
    return member;
}

static void
open_rig(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    (void)crypto_box_keypair(rig->curve_public, rig->curve_secret);
    (void)crypto_box_keypair(rig->member_public, rig->member_secret);
    rig->zmq = zmq_ctx_new();
    assert_int_equal(
        zap_new(rig->zmq, FRONT_ZAP_DOMAIN, look_up, rig, &rig->zap), SEIN_OK);
    assert_int_equal(front_new(rig->zmq, "tcp://127.0.0.1:*", rig->curve_secret,
                               &rig->front),
                     SEIN_OK);
    rig->member = connect_member(rig, NULL);
}

static void
close_rig(struct rig *rig)
{
    if (rig->member != NULL)
        (void)zmq_close(rig->member);
    front_free(&rig->front);
    assert_null(rig->front);
    zap_free(&rig->zap);
    (void)zmq_ctx_term(rig->zmq);
}

/* As the loop does it: handshakes answered, then whatever waits is read. */
static size_t
read_some(struct rig *rig)
{
    size_t count = 0;

    for (int i = 0; i < 100 && count == 0; i++) {
        zmq_pollitem_t items[2] = {
            { .socket = front_socket(rig->front), .events = ZMQ_POLLIN },
            { .socket = zap_socket(rig->zap), .events = ZMQ_POLLIN },
        };

        assert_true(zmq_poll(items, 2, 100) >= 0);
        assert_int_equal(zap_handle(rig->zap), SEIN_OK);
        assert_int_equal(front_read(rig->front, &count), SEIN_OK);
    }
    return count;
}

static void
say(void *member, const char *text, bool more)
{
    assert_true(zmq_send(member, text, strlen(text), more ? ZMQ_SNDMORE : 0) >=
                0);
}

static int
int_option(struct rig *rig, int option)
{
    int value = -1;
    size_t len = sizeof value;

    assert_int_equal(
        zmq_getsockopt(front_socket(rig->front), option, &value, &len), 0);
    return value;
}

/* zmq_poll first: it is what leaves the routing frame without its metadata. */
static void
test_who_said_it_is_read_from_the_body(void **state)
{
    static const uint8_t wanted[SEIN_ID_BYTES] = {
        0xcd, 0xcd, 0xcd, 0xcd, 0xcd, 0xcd, 0xcd, 0xcd,
        0xcd, 0xcd, 0xcd, 0xcd, 0xcd, 0xcd, 0xcd, 0xcd,
    };
    struct rig rig;
    const struct front_frame *frame = NULL;

    (void)state;
    open_rig(&rig);
    say(rig.member, "hello", false);
    assert_int_equal(read_some(&rig), 1);
    frame = front_frame(rig.front, 0);
    assert_memory_equal(frame->key_id.bytes, wanted, sizeof wanted);
    assert_true(sein_slice_is(frame->bytes, "hello"));
    assert_int_equal(frame->peer.len, 5);
    close_rig(&rig);
}

static void
test_multipart_is_ignored_and_counted(void **state)
{
    struct rig rig;

    (void)state;
    open_rig(&rig);
    for (int i = 0; i < 1000; i++)
        say(rig.member, "part", true);
    say(rig.member, "end", false);
    say(rig.member, "two", true);
    say(rig.member, "parts", false);
    say(rig.member, "one", false);
    assert_int_equal(read_some(&rig), 1);
    assert_true(sein_slice_is(front_frame(rig.front, 0)->bytes, "one"));
    assert_int_equal(front_counters(rig.front)->multipart, 2);
    close_rig(&rig);
}

/* It could wait for another connection to go, and take its place. */
static void
test_a_chosen_routing_id_is_not_served(void **state)
{
    struct rig rig;
    void *chooser = NULL;

    (void)state;
    open_rig(&rig);
    chooser = connect_member(&rig, "chosen");
    say(chooser, "hello", false);
    for (int i = 0; i < 100 && front_counters(rig.front)->own_routing == 0;
         i++) {
        zmq_pollitem_t items[2] = {
            { .socket = front_socket(rig.front), .events = ZMQ_POLLIN },
            { .socket = zap_socket(rig.zap), .events = ZMQ_POLLIN },
        };
        size_t count = 0;

        assert_true(zmq_poll(items, 2, 100) >= 0);
        assert_int_equal(zap_handle(rig.zap), SEIN_OK);
        assert_int_equal(front_read(rig.front, &count), SEIN_OK);
        assert_int_equal(count, 0);
    }
    assert_int_equal(front_counters(rig.front)->own_routing, 1);
    (void)zmq_close(chooser);
    close_rig(&rig);
}

static void
test_a_turn_is_bounded(void **state)
{
    struct rig rig;
    size_t count = 0;
    size_t total = 0;

    (void)state;
    open_rig(&rig);
    for (unsigned i = 0; i < FRONT_TURN_FRAMES + 10; i++)
        say(rig.member, "x", false);
    while (total < FRONT_TURN_FRAMES + 10) {
        count = read_some(&rig);
        assert_true(count > 0 && count <= FRONT_TURN_FRAMES);
        total += count;
    }
    assert_int_equal(total, FRONT_TURN_FRAMES + 10);
    close_rig(&rig);
}

/* One byte more than a frame may have ends the connection, not the broker. */
static void
test_frames_are_bounded(void **state)
{
    static uint8_t big[SEIN_FRAME_MAX + 1];
    struct rig rig;
    void *second = NULL;

    (void)state;
    open_rig(&rig);
    assert_true(zmq_send(rig.member, big, SEIN_FRAME_MAX, 0) >= 0);
    assert_int_equal(read_some(&rig), 1);
    assert_int_equal(front_frame(rig.front, 0)->bytes.len, SEIN_FRAME_MAX);
    assert_true(zmq_send(rig.member, big, SEIN_FRAME_MAX + 1, 0) >= 0);
    second = connect_member(&rig, NULL);
    say(second, "after", false);
    assert_int_equal(read_some(&rig), 1);
    assert_true(sein_slice_is(front_frame(rig.front, 0)->bytes, "after"));
    (void)zmq_close(second);
    close_rig(&rig);
}

static void
test_sending(void **state)
{
    const struct kernel_peer nobody = { .len = 5, .bytes = { 0, 9, 9, 9, 9 } };
    struct rig rig;
    struct kernel_peer peer;
    char answer[16] = "";

    (void)state;
    open_rig(&rig);
    say(rig.member, "hello", false);
    assert_int_equal(read_some(&rig), 1);
    peer = front_frame(rig.front, 0)->peer;
    assert_true(front_send(rig.front, &peer, sein_slice_text("answer")));
    assert_int_equal(zmq_recv(rig.member, answer, sizeof answer, 0), 6);
    assert_string_equal(answer, "answer");
    assert_false(front_send(rig.front, &nobody, sein_slice_text("answer")));
    assert_int_equal(front_counters(rig.front)->unsent, 1);
    /* What failed left nothing half sent behind. */
    assert_true(front_send(rig.front, &peer, sein_slice_text("again")));
    assert_int_equal(zmq_recv(rig.member, answer, sizeof answer, 0), 5);
    close_rig(&rig);
}

/* A peer that reads nothing: its queue fills, and nobody waits for it. */
static void
test_a_full_queue_is_told(void **state)
{
    static uint8_t block[65536];
    struct rig rig;
    struct kernel_peer peer;
    unsigned sent = 0;

    (void)state;
    open_rig(&rig);
    say(rig.member, "hello", false);
    assert_int_equal(read_some(&rig), 1);
    peer = front_frame(rig.front, 0)->peer;
    while (sent < 20000 &&
           front_send(rig.front, &peer, sein_slice_of(block, sizeof block)))
        sent++;
    assert_true(sent < 20000);
    assert_int_equal(front_counters(rig.front)->unsent, 1);
    close_rig(&rig);
}

static void
test_what_libzmq_gets_wrong_by_default(void **state)
{
    struct rig rig;
    char domain[32] = "";
    size_t len = sizeof domain;
    int64_t frame_max = 0;
    size_t frame_len = sizeof frame_max;

    (void)state;
    open_rig(&rig);
    assert_int_equal(int_option(&rig, ZMQ_CURVE_SERVER), 1);
    assert_int_equal(int_option(&rig, ZMQ_MECHANISM), ZMQ_CURVE);
    assert_int_equal(int_option(&rig, ZMQ_ZAP_ENFORCE_DOMAIN), 1);
    assert_int_equal(int_option(&rig, ZMQ_HANDSHAKE_IVL), 5000);
    assert_true(int_option(&rig, ZMQ_HEARTBEAT_IVL) > 0);
    assert_int_equal(
        zmq_getsockopt(front_socket(rig.front), ZMQ_ZAP_DOMAIN, domain, &len),
        0);
    assert_string_equal(domain, FRONT_ZAP_DOMAIN);
    assert_int_equal(zmq_getsockopt(front_socket(rig.front), ZMQ_MAXMSGSIZE,
                                    &frame_max, &frame_len),
                     0);
    assert_int_equal(frame_max, SEIN_FRAME_MAX + 33);
    close_rig(&rig);
}

static void
test_an_address_in_use(void **state)
{
    struct rig rig;
    struct front *second = NULL;

    (void)state;
    open_rig(&rig);
    assert_int_equal(front_new(rig.zmq, front_endpoint(rig.front),
                               rig.curve_secret, &second),
                     SEIN_EEXIST);
    assert_int_equal(
        front_new(rig.zmq, "tcp://192.0.2.1:1", rig.curve_secret, &second),
        SEIN_EIO);
    assert_null(second);
    close_rig(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_said_it_is_read_from_the_body),
        cmocka_unit_test(test_multipart_is_ignored_and_counted),
        cmocka_unit_test(test_a_chosen_routing_id_is_not_served),
        cmocka_unit_test(test_a_turn_is_bounded),
        cmocka_unit_test(test_frames_are_bounded),
        cmocka_unit_test(test_sending),
        cmocka_unit_test(test_a_full_queue_is_told),
        cmocka_unit_test(test_what_libzmq_gets_wrong_by_default),
        cmocka_unit_test(test_an_address_in_use),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
