#include "broker/selftest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>
#include <zmq.h>

#define ENDPOINT_MAX 300U
#define POLL_MS 100L

/* What a client's monitor tells of its handshake. */
enum outcome { OUTCOME_NONE, OUTCOME_REFUSED, OUTCOME_LET_IN };

struct attempt {
    void *client;
    void *monitor;
};

/* One each: libzmq frees such a name some time after its socket is closed. */
static const char *const monitor_endpoints[SELFTEST_STEP_COUNT] = {
    [SELFTEST_UNKNOWN_KEY] = "inproc://seinhuis.selftest.key",
    [SELFTEST_NO_CURVE] = "inproc://seinhuis.selftest.null",
};

const char *
selftest_step_name(enum selftest_step step)
{
    static const char *const names[SELFTEST_STEP_COUNT] = {
        [SELFTEST_UNKNOWN_KEY] = "unknown_key",
        [SELFTEST_NO_CURVE] = "no_curve",
    };

    return names[step];
}

/* A socket bound to every address is tried on loopback. */
static enum sein_err
reachable(const char *endpoint, char out[static ENDPOINT_MAX])
{
    const char *port = strrchr(endpoint, ':');
    int written = 0;

    if (port == NULL)
        return SEIN_EIO;
    if (strncmp(endpoint, "tcp://0.0.0.0:", 14) == 0)
        written = snprintf(out, ENDPOINT_MAX, "tcp://127.0.0.1%s", port);
    else if (strncmp(endpoint, "tcp://[::]:", 11) == 0)
        written = snprintf(out, ENDPOINT_MAX, "tcp://[::1]%s", port);
    else
        written = snprintf(out, ENDPOINT_MAX, "%s", endpoint);
    return written > 0 && (size_t)written < ENDPOINT_MAX ? SEIN_OK : SEIN_EIO;
}

static bool
set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool
set_strange_key(void *client, const uint8_t *curve_public)
{
    uint8_t public_key[SEIN_KEY_BYTES];
    uint8_t secret_key[SEIN_KEY_BYTES];
    bool ok = false;

    (void)crypto_box_keypair(public_key, secret_key); /* cannot fail */
    ok = zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, curve_public,
                        SEIN_KEY_BYTES) == 0 &&
         zmq_setsockopt(client, ZMQ_CURVE_PUBLICKEY, public_key,
                        sizeof public_key) == 0 &&
         zmq_setsockopt(client, ZMQ_CURVE_SECRETKEY, secret_key,
                        sizeof secret_key) == 0;
    sodium_memzero(secret_key, sizeof secret_key);
    return ok;
}

static void
attempt_end(struct attempt *attempt)
{
    if (attempt->client != NULL) {
        (void)zmq_socket_monitor(attempt->client, NULL, 0); /* stops it */
        (void)zmq_close(attempt->client);                   /* a socket */
    }
    if (attempt->monitor != NULL)
        (void)zmq_close(attempt->monitor); /* a socket */
}

static enum sein_err
attempt_begin(void *zmq, enum selftest_step step, const char *endpoint,
              const uint8_t *curve_public, struct attempt *attempt)
{
    attempt->client = zmq_socket(zmq, ZMQ_DEALER);
    attempt->monitor = zmq_socket(zmq, ZMQ_PAIR);
    if (attempt->client == NULL || attempt->monitor == NULL)
        return SEIN_ENOMEM;
    if (!set_int(attempt->client, ZMQ_LINGER, 0) ||
        !set_int(attempt->monitor, ZMQ_LINGER, 0) ||
        (strchr(endpoint, '[') != NULL &&
         !set_int(attempt->client, ZMQ_IPV6, 1)))
        return SEIN_EIO;
    if (step == SELFTEST_UNKNOWN_KEY &&
        !set_strange_key(attempt->client, curve_public))
        return SEIN_EIO;
    if (zmq_socket_monitor(attempt->client, monitor_endpoints[step],
                           ZMQ_EVENT_ALL) != 0 ||
        zmq_connect(attempt->monitor, monitor_endpoints[step]) != 0 ||
        zmq_connect(attempt->client, endpoint) != 0)
        return SEIN_EIO;
    return SEIN_OK;
}

/* Both parts of one monitor event, if one waits. */
static enum outcome
next_outcome(void *monitor, enum selftest_step step)
{
    uint8_t event[6]; /* u16 event, u32 value, in host order */
    char address[ENDPOINT_MAX];
    uint16_t number = 0;

    if (zmq_recv(monitor, event, sizeof event, ZMQ_DONTWAIT) !=
        (int)sizeof event)
        return OUTCOME_NONE;
    (void)zmq_recv(monitor, address, sizeof address, 0); /* its second part */
    memcpy(&number, event, sizeof number);
    if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        return OUTCOME_LET_IN;
    if (number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ||
        number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
        number == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
        return OUTCOME_REFUSED;
    /* Without CURVE the other side may just hang up. */
    return step == SELFTEST_NO_CURVE && number == ZMQ_EVENT_DISCONNECTED
               ? OUTCOME_REFUSED
               : OUTCOME_NONE;
}

static int64_t
mono_ms(void)
{
    struct timespec at = { 0 };

    /* Real time, also in a test build: a peer's handshake takes real time. */
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * SEIN_MS_PER_S + at.tv_nsec / 1000000;
}

/* Until the handshake ended one way or the other; the handler is ours to run
 * meanwhile. */
static enum sein_err
await(struct attempt *attempt, enum selftest_step step, struct zap *zap)
{
    int64_t until_ms = mono_ms() + SELFTEST_WAIT_MS;
    enum outcome outcome = OUTCOME_NONE;
    enum sein_err err = SEIN_OK;

    while (outcome == OUTCOME_NONE) {
        zmq_pollitem_t items[2] = {
            { .socket = attempt->monitor, .events = ZMQ_POLLIN },
            { .socket = zap == NULL ? NULL : zap_socket(zap),
              .events = ZMQ_POLLIN },
        };

        if (mono_ms() >= until_ms)
            return SEIN_ETIMEOUT;
        if (zmq_poll(items, zap == NULL ? 1 : 2, POLL_MS) < 0 && errno != EINTR)
            return SEIN_EIO;
        if (zap != NULL)
            err = zap_handle(zap);
        if (err != SEIN_OK)
            return err;
        outcome = next_outcome(attempt->monitor, step);
    }
    return outcome == OUTCOME_REFUSED ? SEIN_OK : SEIN_EINTERNAL;
}

static enum sein_err
run_step(void *zmq, const char *endpoint, const uint8_t *curve_public,
         struct zap *zap, enum selftest_step step)
{
    uint64_t refused = zap == NULL ? 0 : zap_counters(zap)->refused;
    struct attempt attempt = { 0 };
    enum sein_err err =
        attempt_begin(zmq, step, endpoint, curve_public, &attempt);

    if (err == SEIN_OK)
        err = await(&attempt, step, zap);
    attempt_end(&attempt);
    /* Refused, but not by our handler: then by what? */
    if (err == SEIN_OK && step == SELFTEST_UNKNOWN_KEY && zap != NULL &&
        zap_counters(zap)->refused == refused)
        err = SEIN_EINTERNAL;
    return err;
}

enum sein_err
selftest_run(void *zmq, const char *endpoint,
             const uint8_t curve_public[static SEIN_KEY_BYTES], struct zap *zap,
             enum selftest_step *out_step)
{
    char target[ENDPOINT_MAX];
    enum sein_err err = reachable(endpoint, target);

    for (int i = 0; i < SELFTEST_STEP_COUNT && err == SEIN_OK; i++) {
        *out_step = (enum selftest_step)i;
        err = run_step(zmq, target, curve_public, zap, *out_step);
    }
    return err;
}
