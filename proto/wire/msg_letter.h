/*
 * The verb letter: put, withdraw, credit, deliver, ack, acked; and the letter's
 * own header.
 *
 * Each struct is one object of PROTOCOL.md section 10 and its schema writes and
 * reads it.  Views borrow the frame.
 */
#ifndef SEIN_PROTO_WIRE_MSG_LETTER_H
#define SEIN_PROTO_WIRE_MSG_LETTER_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/* What a delivery carries. */
#define SEIN_ITEM_LETTER 0U
#define SEIN_ITEM_EVENT 1U
#define SEIN_ITEM_MATCH 2U

/** One letter on its way in. */
struct sein_put_item {
    struct sein_slice from;
    struct sein_slice letter;
};
extern const struct sein_schema sein_put_item_schema;

/** Take back a letter that waits. */
struct sein_withdraw_item {
    struct sein_slice from;
    struct sein_letter_id letter_id;
    struct sein_op_id op_id;
};
extern const struct sein_schema sein_withdraw_item_schema;

/** How many deliveries may be outstanding. */
struct sein_credit {
    uint64_t window;
};
extern const struct sein_schema sein_credit_schema;

/** One item on its way out. */
struct sein_deliver_item {
    uint64_t seq;
    struct sein_slice desk;
    uint64_t accepted_at;
    uint64_t type;
    struct sein_slice item;
};
extern const struct sein_schema sein_deliver_item_schema;

/** What became of a delivery. */
struct sein_ack_item {
    uint64_t seq;
    struct sein_slice desk;
    uint64_t status;
};
extern const struct sein_schema sein_ack_item_schema;

/** The answer to one ack. */
struct sein_acked_item {
    uint64_t seq;
    uint64_t code;
};
extern const struct sein_schema sein_acked_item_schema;

/** A letter's header, in the clear (PROTOCOL.md section 8). */
struct sein_letter_header {
    uint64_t v;
    uint64_t suite;
    struct sein_slice circle;
    uint64_t epoch;
    struct sein_letter_id letter_id;
    struct sein_slice to;
    struct sein_prekey_id to_prekey_id;
    uint64_t expires;
    uint8_t hint[SEIN_ID_BYTES];
};
extern const struct sein_schema sein_letter_header_schema;

/** A letter taken apart; the views borrow its bytes. */
struct sein_letter_view {
    struct sein_letter_header header;
    struct sein_slice header_bytes; /* the AAD */
    const uint8_t *enc;             /* SEIN_HPKE_ENC_BYTES */
    struct sein_slice ct;
};

/**
 * sein_letter_split - the outside of a letter, without opening it.
 *
 * Errors:  SEIN_EWIRE cut short; SEIN_EVERSION, SEIN_ESUITE unknown ones;
 *          SEIN_ECIRCLE, SEIN_EDESK names not written so; SEIN_ESIZE the
 *          ciphertext is not one of the four sizes; SEIN_ELIFE expires is not
 *          a whole hour; else those of wire/schema.h.
 * Threads: safe.  Source: PROTOCOL.md section 8.
 */
SEIN_CHECKED enum sein_err sein_letter_split(struct sein_slice letter,
                                             struct sein_letter_view *out_view);

/**
 * sein_letter_bucket - the smallest padded size that holds len bytes.
 *
 * Returns 1024, 4096, 16384 or 65536; 0 when none does.
 */
size_t sein_letter_bucket(size_t len);

#endif
