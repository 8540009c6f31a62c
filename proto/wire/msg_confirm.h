/*
 * Verdicts with their receipts, many to a frame, under shared heads.
 *
 * Each struct is one object of PROTOCOL.md section 10 and its schema writes and
 * reads it.  Views borrow the frame.
 */
#ifndef SEIN_PROTO_WIRE_MSG_CONFIRM_H
#define SEIN_PROTO_WIRE_MSG_CONFIRM_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/** The longest encoded head and receipt; see trust/receipt.h. */
#define SEIN_HEAD_MAX 160U
#define SEIN_RECEIPT_MAX (64U + 34U * (SEIN_TREE_DEPTH_MAX + 1U))

/** b→c: heads and the verdicts under them. */
struct sein_confirm {
    struct sein_list heads;
    struct sein_list verdicts;
};
extern const struct sein_schema sein_confirm_schema;

/** A head and its signature. */
struct sein_signed_head {
    struct sein_slice head;
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_signed_head_schema;

/** What became of one operation. */
struct sein_verdict {
    struct sein_op_id op_id;
    uint64_t code;
    uint64_t at;
    struct sein_slice receipt;
};
extern const struct sein_schema sein_verdict_schema;

#endif
