/*
 * The broker tries its own door before it opens: a key that nobody admitted
 * and a connection without encryption must both be refused at the handshake,
 * over the very socket that members will use.
 *
 * A transport that lets everyone in after one forgotten option looks exactly
 * like one that works; only trying tells them apart.
 * Threads: the thread of front and zap.
 */
#ifndef SEIN_BROKER_SELFTEST_H
#define SEIN_BROKER_SELFTEST_H

#include "broker/zap.h"

enum selftest_step {
    SELFTEST_UNKNOWN_KEY, /* CURVE with a fresh key */
    SELFTEST_NO_CURVE,    /* mechanism NULL */
    SELFTEST_STEP_COUNT,
};

#define SELFTEST_WAIT_MS 10000

/**
 * selftest_run - try both.
 *
 * zmq            the context of the socket
 * endpoint       as bound: tcp://address:port
 * curve_public   of that socket
 * zap            the handler, which is answered from here; NULL for none (a
 *                test of this test)
 * out_step       the step that failed, when one did
 *
 * Errors:  SEIN_EINTERNAL somebody got in who should not; SEIN_ETIMEOUT no
 *          answer within SELFTEST_WAIT_MS; SEIN_EIO, SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err
selftest_run(void *zmq, const char *endpoint,
             const uint8_t curve_public[static SEIN_KEY_BYTES], struct zap *zap,
             enum selftest_step *out_step);

/** selftest_step_name - for the log. */
const char *selftest_step_name(enum selftest_step step);

#endif
