/*
 * One request on its way through check and proceed.
 *
 * Decoding comes first: whoever handles a request sees none that did not decode
 * wholly, every item of its list included.
 * Threads: safe on distinct requests.  Source: PROTOCOL.md section 10.
 */
#ifndef SEIN_BROKER_KERNEL_REQUEST_H
#define SEIN_BROKER_KERNEL_REQUEST_H

#include "broker/kernel/kernel.h"
#include "proto/wire/frame.h"
#include "proto/wire/msg_directory.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/msg_letter.h"
#include "proto/wire/msg_presence.h"

struct session;

/** One of the items in a body, by the kind of the request. */
struct request_item {
    struct sein_slice raw; /* as sent: what its receipt is over */
    union {
        struct sein_put_item put;
        struct sein_withdraw_item withdraw;
        struct sein_signed_prekey prekey;
        struct sein_op_item op;
        struct sein_presence_put_item presence_put;
        struct sein_presence_withdraw_item presence_withdraw;
        struct sein_match_accept_item match_accept;
    } as;
};

/** A frame of a peer that was decoded. */
struct request {
    const struct kernel_peer *peer;
    const struct sein_key_id *key_id;
    const struct sein_key *key; /* of the directory in force */
    struct session *session;    /* NULL iff SESSION_NEW */
    uint64_t kind;
    uint64_t req;
    struct sein_slice body;
    size_t count; /* items in body, every one of which decodes by schema */
    const struct sein_schema *schema;
    int64_t at_ms; /* goes with an error: when to try again, or since when */
    union {
        struct sein_hello hello;
        struct sein_credit credit;
        struct sein_dir_get dir_get;
        struct sein_heads_get heads_get;
        struct request_eval {
            struct sein_eval frame;
            struct sein_eval_request request; /* inside it */
        } eval;
        struct sein_eval_ready eval_ready;
        struct sein_eval_answer eval_answer;
        struct sein_deposits_ack deposits_ack;
    } as;
};

/**
 * request_decode - take a frame apart into req, kind, body, count, schema and
 * as.
 *
 * bytes    borrowed as long as the request lives
 * Errors:  SEIN_EKIND no kind that a client sends; SEIN_EVERSION; SEIN_ERANGE a
 * list that is empty or too long; else those of wire/frame.h and wire/schema.h.
 * req is set as soon as it is known.
 */
SEIN_CHECKED enum sein_err request_decode(struct sein_slice bytes,
                                          struct request *request);

#endif
