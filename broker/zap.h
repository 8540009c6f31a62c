/*
 * The ZAP 1.0 handler: from the CURVE key of a connection to a member's key.
 *
 * It must be bound before the front.  It answers 200 with the key id in hex as
 * user id, or 400; it knows one mechanism and one domain, and whatever is not
 * exactly a request of that form is refused.
 * Threads: one thread per handler.  Source: ZeroMQ RFC 27.
 */
#ifndef SEIN_BROKER_ZAP_H
#define SEIN_BROKER_ZAP_H

#include "proto/base/ids.h"

struct zap;

/** Who belongs to a CURVE key.  SEIN_OK and *out_key_id, or why it may not
 *  connect. */
typedef enum sein_err zap_lookup(void *context,
                                 const uint8_t curve[static SEIN_KEY_BYTES],
                                 struct sein_key_id *out_key_id);

struct zap_counters {
    uint64_t accepted;
    uint64_t refused; /* well-formed, but not admitted */
    uint64_t
        malformed; /* another version, domain or mechanism, or no request */
};

/**
 * zap_new - bind inproc://zeromq.zap.01 in a zmq context.
 *
 * lookup   keeps, with context; may change what it answers at any time
 * out_zap  gives; free with zap_free
 * Errors:  SEIN_EEXIST the context has a handler; SEIN_ENOMEM; SEIN_EIO.
 */
SEIN_CHECKED enum sein_err zap_new(void *zmq, const char *domain,
                                   zap_lookup *lookup, void *context,
                                   struct zap **out_zap);
void zap_free(struct zap **zap);

/** zap_socket - for zmq_poll. */
void *zap_socket(const struct zap *zap);

/** zap_handle - answer what waits, at most some dozens at a time.
 *
 * Errors:  SEIN_EIO the socket is gone. */
SEIN_CHECKED enum sein_err zap_handle(struct zap *zap);

const struct zap_counters *zap_counters(const struct zap *zap);

#endif
