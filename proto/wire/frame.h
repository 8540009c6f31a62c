/*
 * One message, one frame: version, kind, request number, body.
 * Source: PROTOCOL.md sections 3 and 10.
 */
#ifndef SEIN_PROTO_WIRE_FRAME_H
#define SEIN_PROTO_WIRE_FRAME_H

#include "proto/base/bytes.h"
#include "proto/wire/schema.h"

#define SEIN_FRAME_VERSION 1U

/* Numbers of PROTOCOL.md section 10; never reused. */
enum sein_kind {
    SEIN_KIND_HELLO = 1,
    SEIN_KIND_WELCOME = 2,
    SEIN_KIND_PING = 3,
    SEIN_KIND_PONG = 4,
    SEIN_KIND_BYE = 5,
    SEIN_KIND_ERROR = 6,
    SEIN_KIND_PUT = 10,
    SEIN_KIND_CONFIRM = 11,
    SEIN_KIND_WITHDRAW = 12,
    SEIN_KIND_CREDIT = 13,
    SEIN_KIND_DELIVER = 14,
    SEIN_KIND_ACK = 15,
    SEIN_KIND_ACKED = 16,
    SEIN_KIND_PRESENCE_PUT = 20,
    SEIN_KIND_PRESENCE_WITHDRAW = 21,
    SEIN_KIND_MATCH_ACCEPT = 22,
    SEIN_KIND_EVAL = 30,
    SEIN_KIND_EVAL_ASK = 31,
    SEIN_KIND_EVAL_ANSWER = 32,
    SEIN_KIND_EVAL_RELAYED = 33,
    SEIN_KIND_EVAL_READY = 34,
    SEIN_KIND_DEPOSITS = 35,
    SEIN_KIND_DEPOSITS_ACK = 36,
    SEIN_KIND_DIR_GET = 40,
    SEIN_KIND_DIR_PART = 41,
    SEIN_KIND_PREKEY_PUT = 42,
    SEIN_KIND_PREKEY_GET = 43,
    SEIN_KIND_PREKEYS = 44,
    SEIN_KIND_HEADS_GET = 45,
    SEIN_KIND_HEADS = 46,
    SEIN_KIND_RECEIPT_GET = 47,
    SEIN_KIND_COUNT = 48,
};

struct sein_frame {
    uint64_t version;
    uint64_t kind; /* any number: a peer may be newer */
    uint64_t req;
    struct sein_slice body; /* the encoded array, structurally checked */
};

/**
 * sein_frame_decode - take a frame apart.
 *
 * bytes    borrowed; out_frame->body points into them
 * Errors:  SEIN_ETOOLONG more than SEIN_FRAME_MAX bytes; SEIN_EVERSION another
 *          version (out_frame->req is set, so that it can be answered); else
 *          those of wire/schema.h.
 * Threads: safe.
 */
SEIN_CHECKED enum sein_err sein_frame_decode(struct sein_slice bytes,
                                             struct sein_frame *out_frame);

/** sein_frame_begin - write all but the body, which the caller writes next. */
void sein_frame_begin(struct sein_writer *out, enum sein_kind kind,
                      uint64_t req);

/**
 * sein_frame_encode - a whole frame whose body is one object.
 *
 * buffer   written, max bytes
 * out_frame  set to the bytes written
 * Errors:  SEIN_ETOOLONG; those of sein_schema_encode.
 */
SEIN_CHECKED enum sein_err sein_frame_encode(enum sein_kind kind, uint64_t req,
                                             const struct sein_schema *schema,
                                             const void *object,
                                             uint8_t *buffer, size_t max,
                                             struct sein_slice *out_frame);

#endif
