/*
 * A message in a thread: free text between its two parties.
 *
 * Threads: safe.  Source: PROTOCOL.md section 9.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_MESSAGE_H
#define SEIN_PROTO_BLIND_CONTENT_MESSAGE_H

#include "proto/base/limits.h"
#include "proto/wire/schema.h"

/** The text has 1..SEIN_NOTE_MAX bytes; borrowed. */
struct sein_message {
    uint64_t at;
    struct sein_slice text;
};
extern const struct sein_schema sein_message_schema;

#endif
