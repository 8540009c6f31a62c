/*
 * The receipt letter: a desk tells the sender what became of a letter.
 *
 * Not to be mixed up with the broker's receipts (trust/receipt.h).
 * Threads: safe.  Source: PROTOCOL.md section 9.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_RECEIPT_H
#define SEIN_PROTO_BLIND_CONTENT_RECEIPT_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

enum sein_receipt_status {
    SEIN_RECEIPT_RECEIVED = 1, /* it is durable at the recipient */
    SEIN_RECEIPT_READ = 2,     /* somebody saw it */
    SEIN_RECEIPT_ERASED = 3,   /* after a withdrawal */
};

struct sein_receipt_content {
    uint64_t at;
    struct sein_letter_id letter_id; /* the letter it is about */
    uint64_t status;                 /* enum sein_receipt_status */
};
extern const struct sein_schema sein_receipt_content_schema;

#endif
