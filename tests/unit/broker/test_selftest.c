#include "broker/selftest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <zmq.h>

#include "broker/front.h"

struct door {
    void *zmq;
    struct zap *zap;
    struct front *front;
    uint8_t curve_public[SEIN_KEY_BYTES];
    uint8_t curve_secret[SEIN_KEY_BYTES];
};

static enum sein_err
admit_nobody(void *context, const uint8_t curve[static SEIN_KEY_BYTES],
             struct sein_key_id *out_key_id)
{
    (void)context;
    (void)curve;
    (void)out_key_id;
    return SEIN_EKEY;
}

static enum sein_err
admit_all(void *context, const uint8_t curve[static SEIN_KEY_BYTES],
          struct sein_key_id *out_key_id)
{
    (void)context;
    memcpy(out_key_id->bytes, curve, sizeof out_key_id->bytes);
    return SEIN_OK;
}

static void
open_door(struct door *door, zap_lookup *lookup)
{
    *door = (struct door){ 0 };
    (void)crypto_box_keypair(door->curve_public, door->curve_secret);
    door->zmq = zmq_ctx_new();
    assert_non_null(door->zmq);
    if (lookup != NULL)
        assert_int_equal(
            zap_new(door->zmq, FRONT_ZAP_DOMAIN, lookup, NULL, &door->zap),
            SEIN_OK);
    assert_int_equal(front_new(door->zmq, "tcp://127.0.0.1:*",
                               door->curve_secret, &door->front),
                     SEIN_OK);
}

static void
close_door(struct door *door)
{
    front_free(&door->front);
    zap_free(&door->zap);
    (void)zmq_ctx_term(door->zmq);
}

static void
test_strangers_are_refused(void **state)
{
    enum selftest_step step = SELFTEST_UNKNOWN_KEY;
    struct door door;

    (void)state;
    open_door(&door, admit_nobody);
    assert_int_equal(selftest_run(door.zmq, front_endpoint(door.front),
                                  door.curve_public, door.zap, &step),
                     SEIN_OK);
    assert_true(zap_counters(door.zap)->refused >= 1);
    close_door(&door);
}

static void
test_a_handler_that_admits_all_is_noticed(void **state)
{
    enum selftest_step step = SELFTEST_NO_CURVE;
    struct door door;

    (void)state;
    open_door(&door, admit_all);
    assert_int_equal(selftest_run(door.zmq, front_endpoint(door.front),
                                  door.curve_public, door.zap, &step),
                     SEIN_EINTERNAL);
    assert_int_equal(step, SELFTEST_UNKNOWN_KEY);
    close_door(&door);
}

/* Refused, but not by whom it should be: a handler that nobody asks. */
static void
test_a_handler_of_another_context_is_noticed(void **state)
{
    enum selftest_step step = SELFTEST_NO_CURVE;
    struct door with;
    struct door without;

    (void)state;
    open_door(&with, admit_nobody);
    open_door(&without, NULL);
    assert_int_equal(selftest_run(without.zmq, front_endpoint(without.front),
                                  without.curve_public, with.zap, &step),
                     SEIN_EINTERNAL);
    assert_int_equal(step, SELFTEST_UNKNOWN_KEY);
    close_door(&without);
    close_door(&with);
}

/* A CURVE server whose author forgot handler, domain and option 93: libzmq
 * lets everyone in, and the self-test is what notices. */
static void
test_a_forgotten_handler_is_noticed(void **state)
{
    enum selftest_step step = SELFTEST_NO_CURVE;
    uint8_t public_key[SEIN_KEY_BYTES];
    uint8_t secret_key[SEIN_KEY_BYTES];
    char endpoint[256];
    size_t len = sizeof endpoint;
    int on = 1;
    void *zmq = zmq_ctx_new();
    void *router = zmq_socket(zmq, ZMQ_ROUTER);

    (void)state;
    (void)crypto_box_keypair(public_key, secret_key);
    (void)zmq_setsockopt(router, ZMQ_CURVE_SERVER, &on, sizeof on);
    (void)zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret_key,
                         sizeof secret_key);
    assert_int_equal(zmq_bind(router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &len),
                     0);
    assert_int_equal(selftest_run(zmq, endpoint, public_key, NULL, &step),
                     SEIN_EINTERNAL);
    assert_int_equal(step, SELFTEST_UNKNOWN_KEY);
    (void)zmq_close(router);
    (void)zmq_ctx_term(zmq);
}

/* The same with the front's options: nobody gets in at all. */
static void
test_the_front_without_handler_lets_nobody_in(void **state)
{
    enum selftest_step step = SELFTEST_UNKNOWN_KEY;
    struct door door;

    (void)state;
    open_door(&door, NULL);
    assert_int_equal(selftest_run(door.zmq, front_endpoint(door.front),
                                  door.curve_public, NULL, &step),
                     SEIN_OK);
    close_door(&door);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers_are_refused),
        cmocka_unit_test(test_a_handler_that_admits_all_is_noticed),
        cmocka_unit_test(test_a_handler_of_another_context_is_noticed),
        cmocka_unit_test(test_a_forgotten_handler_is_noticed),
        cmocka_unit_test(test_the_front_without_handler_lets_nobody_in),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
