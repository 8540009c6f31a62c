/*
 * The ends of a signal: withdrawn (it was wrong) or closed (the risk is gone).
 *
 * Both have one form; the letter's kind says which it is.
 * Threads: safe.  Source: PROTOCOL.md section 9.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_CLOSING_H
#define SEIN_PROTO_BLIND_CONTENT_CLOSING_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/** The content of a withdrawal and of a closing. */
struct sein_ending {
    uint64_t at;
    struct sein_letter_id letter_id; /* the signal that ends */
    struct sein_slice reason;        /* empty iff absent; borrowed */
};
extern const struct sein_schema sein_ending_schema;

#endif
