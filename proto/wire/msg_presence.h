/*
 * The verb presence: put, withdraw, accept; and what the broker delivers when
 * two desks stand under one tag.
 *
 * Each struct is one object of PROTOCOL.md section 10 and its schema writes and
 * reads it.  Views borrow the frame.
 */
#ifndef SEIN_PROTO_WIRE_MSG_PRESENCE_H
#define SEIN_PROTO_WIRE_MSG_PRESENCE_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/**
 * What a member leaves behind under a tag (PROTOCOL.md section 17).
 *
 * note and core are encoded objects of trust/presence.h.  The tag is in none
 * of them: whoever passes a deposit on does not pass on the tag.
 */
struct sein_deposit {
    struct sein_slice note;
    uint8_t nmac[SEIN_HASH_BYTES];
    struct sein_slice core;
    uint8_t mac[SEIN_HASH_BYTES];
    uint8_t psig[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_deposit_schema;

/** The half that each side of a mutual match gets before both accepted. */
struct sein_deposit_note {
    struct sein_slice note;
    uint8_t nmac[SEIN_HASH_BYTES];
};
extern const struct sein_schema sein_deposit_note_schema;

/** Register under a tag; the operation's id is the presence id in the note. */
struct sein_presence_put_item {
    struct sein_slice from;
    struct sein_tag tag;
    struct sein_slice deposit; /* one encoded sein_deposit */
};
extern const struct sein_schema sein_presence_put_item_schema;

/** Take back a presence, whatever came of it. */
struct sein_presence_withdraw_item {
    struct sein_slice from;
    struct sein_presence_id presence_id;
    struct sein_op_id op_id;
};
extern const struct sein_schema sein_presence_withdraw_item_schema;

/** Say yes to a mutual match. */
struct sein_match_accept_item {
    struct sein_slice from;
    struct sein_match_id match_id;
    struct sein_op_id op_id;
};
extern const struct sein_schema sein_match_accept_item_schema;

/* What a match item tells; enum sein_event_type goes on from here. */
enum sein_match_type {
    SEIN_MATCH_NOTICE = 4,   /* mutual: there is somebody; deposit is a
                              * sein_deposit_note */
    SEIN_MATCH_REVEALED = 5, /* deposit is a sein_deposit */
    SEIN_MATCH_ENDED = 6,    /* deposit is empty */
};

/** An item of type SEIN_ITEM_MATCH on a desk's queue. */
struct sein_match_item {
    uint64_t v;
    uint64_t type; /* enum sein_match_type */
    struct sein_op_id event_id;
    struct sein_match_id match_id;
    struct sein_presence_id presence_id; /* the recipient's own */
    struct sein_slice desk;              /* the recipient's own */
    struct sein_slice circle;
    uint64_t epoch;
    uint64_t at;
    struct sein_slice deposit; /* the other side's, see type */
};
extern const struct sein_schema sein_match_item_schema;

#endif
