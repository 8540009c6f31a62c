/*
 * The verb evaluate: a request to one keyholder, relayed by the broker, which
 * keeps nothing of it; and the lists of presences put, by which a keyholder
 * audits what it evaluated.
 *
 * Each struct is one object of PROTOCOL.md section 10 or 18 and its schema
 * writes and reads it.  Views borrow the frame.
 */
#ifndef SEIN_PROTO_WIRE_MSG_EVAL_H
#define SEIN_PROTO_WIRE_MSG_EVAL_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/** Client to broker: ask one keyholder. */
struct sein_eval {
    struct sein_slice holder;  /* desk */
    struct sein_slice request; /* one encoded sein_eval_request */
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_eval_schema;

/** Broker to keyholder; the ticket is the broker's own number. */
struct sein_eval_ask {
    uint64_t ticket;
    struct sein_slice request;
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_eval_ask_schema;

/** Keyholder to broker. */
struct sein_eval_answer {
    uint64_t ticket;
    struct sein_slice reply; /* one encoded sein_eval_reply */
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_eval_answer_schema;

/** Broker to client, with the request number of its sein_eval. */
struct sein_eval_relayed {
    struct sein_slice reply;
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_eval_relayed_schema;

/** Keyholder to broker: this connection evaluates for that desk, and will have
 *  at most window requests unanswered. */
struct sein_eval_ready {
    struct sein_slice desk;
    uint64_t window;
};
extern const struct sein_schema sein_eval_ready_schema;

/** Broker to keyholder: presences that one member put on one day (UTC). */
struct sein_deposits {
    struct sein_slice circle;
    uint64_t epoch;
    uint64_t day; /* days since 1970-01-01 */
    struct sein_slice oin;
    uint64_t part; /* from 0 */
    bool last;
    struct sein_list ids; /* of 16 bytes: presence ids */
};
extern const struct sein_schema sein_deposits_schema;

/** Keyholder to broker: that part is on its disk. */
struct sein_deposits_ack {
    struct sein_slice circle;
    uint64_t epoch;
    uint64_t day;
    struct sein_slice oin;
    uint64_t part;
};
extern const struct sein_schema sein_deposits_ack_schema;

/** What a member signs and a keyholder reads: SIG "eval-req". */
struct sein_eval_request {
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    struct sein_slice holder; /* desk */
    uint8_t req_id[SEIN_ID_BYTES];
    uint64_t ts;
    struct sein_slice desk;
    struct sein_key_id key_id;
    uint64_t dir_version;
    uint8_t actor[SEIN_ID_BYTES]; /* a pseudonym of the employee */
    struct sein_list ids;         /* of 16 bytes: the presences they are for */
    struct sein_list blinded;     /* of 32 bytes, as many */
};
extern const struct sein_schema sein_eval_request_schema;

/** What a keyholder signs: SIG "eval-resp".  With a code other than 0 it
 *  refuses; index is 0, evaluated and proof are empty then. */
struct sein_eval_reply {
    uint64_t v;
    uint8_t req_id[SEIN_ID_BYTES];
    struct sein_hash request; /* H of the request's bytes */
    uint64_t code;
    uint64_t at; /* with a refusal: when to try again, 0 for unknown */
    uint64_t index;
    struct sein_list evaluated; /* of 32 bytes */
    struct sein_slice proof;    /* 64 bytes, or none */
};
extern const struct sein_schema sein_eval_reply_schema;

/**
 * sein_fixed_list_read - a list of byte strings of one length.
 *
 * out      written, list.count pieces of size bytes; list.count <= max
 * Errors:  SEIN_ERANGE more than max; SEIN_ECONTENT an element that is not a
 *          byte string of that length; else those of wire/unpack.h.
 */
SEIN_CHECKED enum sein_err sein_fixed_list_read(const struct sein_list *list,
                                                size_t size, size_t max,
                                                uint8_t *out);

/** sein_fixed_list_write - the same the other way round; an overflow is
 *  remembered by out. */
void sein_fixed_list_write(struct sein_writer *out, const uint8_t *pieces,
                           size_t size, size_t count);

#endif
