#include "broker/zap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <zmq.h>

#include "broker/front.h"

#define HANDLER "inproc://zeromq.zap.01"

/* One admitted CURVE key, and an asker that is no libzmq handshake. */
struct rig {
    void *zmq;
    void *asker; /* DEALER: may say anything */
    struct zap *zap;
    uint8_t admitted[SEIN_KEY_BYTES];
    enum sein_err verdict;
    unsigned asked;
};

static enum sein_err
look_up(void *context, const uint8_t curve[static SEIN_KEY_BYTES],
        struct sein_key_id *out_key_id)
{
    struct rig *rig = context;

    rig->asked++;
    if (rig->verdict != SEIN_OK)
        return rig->verdict;
    if (memcmp(curve, rig->admitted, SEIN_KEY_BYTES) != 0)
        return SEIN_EKEY;
    memset(out_key_id->bytes, 0xab, sizeof out_key_id->bytes);
    return SEIN_OK;
}

static void
open_rig(struct rig *rig)
{
    int zero = 0;
    int wait_ms = 2000;

    memset(rig, 0, sizeof *rig);
    memset(rig->admitted, 7, sizeof rig->admitted);
    rig->zmq = zmq_ctx_new();
    assert_int_equal(
        zap_new(rig->zmq, FRONT_ZAP_DOMAIN, look_up, rig, &rig->zap), SEIN_OK);
    rig->asker = zmq_socket(rig->zmq, ZMQ_DEALER);
    (void)zmq_setsockopt(rig->asker, ZMQ_LINGER, &zero, sizeof zero);
    (void)zmq_setsockopt(rig->asker, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
    assert_int_equal(zmq_connect(rig->asker, HANDLER), 0);
}

static void
close_rig(struct rig *rig)
{
    (void)zmq_close(rig->asker);
    zap_free(&rig->zap);
    assert_null(rig->zap);
    (void)zmq_ctx_term(rig->zmq);
}

struct request {
    const char *version, *domain, *mechanism;
    const void *credentials;
    size_t credentials_len;
    size_t parts; /* how many of them are sent */
};

static const struct request good_request = {
    .version = "1.0",
    .domain = FRONT_ZAP_DOMAIN,
    .mechanism = "CURVE",
    .credentials_len = SEIN_KEY_BYTES,
    .parts = 8,
};

static void
ask(struct rig *rig, const struct request *request)
{
    const struct {
        const void *at;
        size_t len;
    } parts[] = {
        { "", 0 },
        { request->version, strlen(request->version) },
        { "42", 2 },
        { request->domain, strlen(request->domain) },
        { "127.0.0.1", 9 },
        { "", 0 },
        { request->mechanism, strlen(request->mechanism) },
        { request->credentials, request->credentials_len },
        { "more", 4 },
        { "more", 4 },
    };

    for (size_t i = 0; i < request->parts; i++)
        assert_true(zmq_send(rig->asker, parts[i].at, parts[i].len,
                             i + 1 < request->parts ? ZMQ_SNDMORE : 0) >= 0);
}

static bool
wait_for(void *socket)
{
    zmq_pollitem_t item = { .socket = socket, .events = ZMQ_POLLIN };

    return zmq_poll(&item, 1, 2000) == 1;
}

/* The status of the answer; user_id gets its text. */
static void
expect_answer(struct rig *rig, const char *status, const char *user_id)
{
    static const char *const heads[] = { "", "1.0", "42" };
    char part[256];

    assert_true(wait_for(zap_socket(rig->zap)));
    assert_int_equal(zap_handle(rig->zap), SEIN_OK);
    for (int i = 0; i < 7; i++) {
        int len = zmq_recv(rig->asker, part, sizeof part - 1, 0);

        assert_true(len >= 0);
        part[len] = '\0';
        if (i < 3)
            assert_string_equal(part, heads[i]);
        if (i == 3)
            assert_string_equal(part, status);
        if (i == 5)
            assert_string_equal(part, user_id);
        if (i == 6)
            assert_string_equal(part, "");
    }
}

static void
test_a_member_gets_its_key_id(void **state)
{
    struct rig rig;
    struct request request = good_request;

    (void)state;
    open_rig(&rig);
    request.credentials = rig.admitted;
    ask(&rig, &request);
    expect_answer(&rig, "200", "abababababababababababababababab");
    assert_int_equal(zap_counters(rig.zap)->accepted, 1);
    close_rig(&rig);
}

static void
test_whoever_is_not_admitted_is_refused(void **state)
{
    static const uint8_t strange[SEIN_KEY_BYTES] = { 1 };
    struct rig rig;
    struct request request = good_request;

    (void)state;
    open_rig(&rig);
    request.credentials = strange;
    ask(&rig, &request);
    expect_answer(&rig, "400", "");
    /* What the directory says may change between two handshakes. */
    request.credentials = rig.admitted;
    rig.verdict = SEIN_EREVOKED;
    ask(&rig, &request);
    expect_answer(&rig, "400", "");
    assert_int_equal(zap_counters(rig.zap)->refused, 2);
    assert_int_equal(zap_counters(rig.zap)->accepted, 0);
    close_rig(&rig);
}

static void
test_what_is_not_our_request_is_refused(void **state)
{
    struct rig rig;
    struct request requests[7];

    (void)state;
    open_rig(&rig);
    for (size_t i = 0; i < 7; i++) {
        requests[i] = good_request;
        requests[i].credentials = rig.admitted;
    }
    requests[0].version = "1.1";
    requests[1].domain = "";
    requests[2].domain = "seinhuis2";
    requests[3].mechanism = "NULL";
    requests[4].mechanism = "PLAIN";
    requests[5].credentials_len = SEIN_KEY_BYTES - 1;
    requests[6].credentials_len = 0;
    for (size_t i = 0; i < 7; i++) {
        ask(&rig, &requests[i]);
        expect_answer(&rig, "400", "");
    }
    assert_int_equal(zap_counters(rig.zap)->malformed, 7);
    assert_int_equal(rig.asked, 0);
    close_rig(&rig);
}

/* Too few or too many parts: nothing to answer, and the next one is. */
static void
test_what_is_no_request_is_ignored(void **state)
{
    static const size_t counts[] = { 1, 2, 3, 4, 5, 6, 7, 9, 10 };
    static const char big[300] = { 1 };
    struct rig rig;
    struct request request = good_request;

    (void)state;
    open_rig(&rig);
    request.credentials = rig.admitted;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        request.parts = counts[i];
        ask(&rig, &request);
        assert_true(wait_for(zap_socket(rig.zap)));
        assert_int_equal(zap_handle(rig.zap), SEIN_OK);
        assert_int_equal(zap_counters(rig.zap)->malformed, i + 1);
    }
    request.parts = good_request.parts;
    request.credentials = big;
    request.credentials_len = sizeof big;
    ask(&rig, &request);
    assert_true(wait_for(zap_socket(rig.zap)));
    assert_int_equal(zap_handle(rig.zap), SEIN_OK);
    assert_int_equal(rig.asked, 0);
    request.credentials = rig.admitted;
    request.credentials_len = SEIN_KEY_BYTES;
    ask(&rig, &request);
    expect_answer(&rig, "200", "abababababababababababababababab");
    close_rig(&rig);
}

static void
test_there_is_one_handler(void **state)
{
    struct rig rig;
    struct zap *second = NULL;

    (void)state;
    open_rig(&rig);
    assert_int_equal(zap_new(rig.zmq, FRONT_ZAP_DOMAIN, look_up, &rig, &second),
                     SEIN_EEXIST);
    assert_null(second);
    close_rig(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_member_gets_its_key_id),
        cmocka_unit_test(test_whoever_is_not_admitted_is_refused),
        cmocka_unit_test(test_what_is_not_our_request_is_refused),
        cmocka_unit_test(test_what_is_no_request_is_ignored),
        cmocka_unit_test(test_there_is_one_handler),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
