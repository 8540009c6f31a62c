/*
 * The broker's own items on a desk's queue.
 *
 * Each struct is one object of PROTOCOL.md section 10 and its schema writes and
 * reads it.  Views borrow the frame.
 */
#ifndef SEIN_PROTO_WIRE_MSG_EVENT_H
#define SEIN_PROTO_WIRE_MSG_EVENT_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/* PROTOCOL.md section 10; 4 to 6 are kept for matches. */
enum sein_event_type {
    SEIN_EVENT_NOT_COLLECTED = 1,
    SEIN_EVENT_REFUSED = 2,
    SEIN_EVENT_DESK_UNREAD = 3,
};

/** The longest encoded event: fixed parts, two names, three times. */
#define SEIN_EVENT_MAX 192U

/** Something that the broker has to say about a letter. */
struct sein_event {
    uint64_t v;
    uint64_t type;
    struct sein_op_id event_id;
    struct sein_letter_id letter_id;
    struct sein_slice desk;
    struct sein_slice circle;
    uint64_t at;
    uint64_t code;
};
extern const struct sein_schema sein_event_schema;

#endif
