/*
 * A presence as everybody without the household's keys sees it: the note and
 * the core of a deposit, and the signature that ties them to a tag.
 *
 * The two MACs of a deposit are made and checked where the household's keys
 * are (blind/household.h); here they are bytes.  The tag is in no object: it
 * goes with the deposit once, to the broker, and under the signature.
 *  1. A struct sein_presence_view exists iff note and core of one deposit say
 *     the same.
 * Threads: safe.  Source: PROTOCOL.md section 17.
 */
#ifndef SEIN_PROTO_TRUST_PRESENCE_H
#define SEIN_PROTO_TRUST_PRESENCE_H

#include "proto/wire/msg_presence.h"

#define SEIN_PRESENCE_VERSION 1U

/** What the other side of a mutual match gets to see first, an array. */
struct sein_presence_note {
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    struct sein_presence_id presence_id;
    uint64_t link; /* enum sein_link */
    struct sein_slice label;
    uint64_t expires; /* days since 1970 */
};
extern const struct sein_schema sein_presence_note_schema;

/** Who left it, and for how long, an array. */
struct sein_presence_core {
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    struct sein_slice org;  /* OIN */
    struct sein_slice desk; /* OIN/name of that org */
    struct sein_key_id key_id;
    struct sein_presence_id presence_id;
    uint64_t link;
    uint64_t created;
    uint64_t expires;
    struct sein_hash note_hash;
    uint64_t dir_version;
    struct sein_hash dir_hash;
};
extern const struct sein_schema sein_presence_core_schema;

/** A deposit taken apart; the views borrow its bytes. */
struct sein_presence_view {
    struct sein_deposit deposit;
    struct sein_presence_note note;
    struct sein_presence_core core;
};

/**
 * sein_presence_open - decode deposit, note and core, and check that they say
 * the same: circle, epoch, presence id, link, the note's hash, the day of
 * expiry; and that the desk is one of the org.
 *
 * deposit  borrowed; one encoded sein_deposit; nothing of it is verified yet
 * Errors:  SEIN_EVERSION; SEIN_ECIRCLE, SEIN_EOIN, SEIN_EDESK names not
 *          written so; SEIN_EDEPOSIT note and core differ, or it expires not
 *          later than it was created; else those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
sein_presence_open(struct sein_slice deposit,
                   struct sein_presence_view *out_view);

/**
 * sein_presence_sign - SIG "presence" over core || mac || tag.
 *
 * core     borrowed; as it travels
 * out_sig  written; untouched on error
 * Errors:  SEIN_ETOOLONG more than SEIN_CORE_MAX bytes; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err
sein_presence_sign(struct sein_slice core,
                   const uint8_t mac[static SEIN_HASH_BYTES],
                   const struct sein_tag *tag,
                   const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                   uint8_t out_sig[static SEIN_SIG_BYTES]);

/**
 * sein_presence_verify - that a key signed the deposit for this tag.
 *
 * public_key  of the key that the core names
 * Errors:     SEIN_ESIG; SEIN_ETOOLONG; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err
sein_presence_verify(const struct sein_presence_view *view,
                     const struct sein_tag *tag,
                     const uint8_t public_key[static SEIN_KEY_BYTES]);

#endif
