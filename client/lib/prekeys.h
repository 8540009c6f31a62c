/*
 * Prekeys: those that this home publishes for its desks, and what it has seen
 * of other desks'.
 *
 * Own: one in force and the next one published ahead, per desk; a private part
 * is durable before its statement leaves, and erased when no letter to it can
 * still come.
 * Others': the highest statement seen per desk is remembered, so that a broker
 * which serves an older one, or another in its place, is found out.
 *  1. What the broker was asked to publish is stored; the same bytes are put
 *     again until there is a verdict.
 *  2. A peer's prekey is used iff its statement verified, is in force, and
 *     nothing about it regressed.
 * Threads: one thread per home.  Source: PROTOCOL.md section 7.
 */
#ifndef SEIN_CLIENT_LIB_PREKEYS_H
#define SEIN_CLIENT_LIB_PREKEYS_H

#include "client/lib/home.h"
#include "proto/trust/prekey.h"
#include "proto/wire/msg_directory.h"

struct sein_hpke_pair;

/** What a letter to a desk is sealed with. */
struct prekeys_peer {
    struct sein_desk_name desk;
    enum sein_err err; /* SEIN_OK: usable; else why not */
    struct sein_prekey_id id;
    uint8_t pk[SEIN_KEY_BYTES];
    int64_t not_after;
    int64_t last_read_at; /* 0: never */
};

/**
 * prekeys_check_own - compare what the broker serves of a desk of ours with
 * what we know, raise alarms, and make what should be published.
 *
 * item     of a prekeys answer, newest first
 * out_pending  set to the number of statements to be put
 *
 * Errors:  those of localdb.h; SEIN_ENOTADMITTED our key is not in the
 *          directory.  A served statement that does not verify is an alarm.
 */
SEIN_CHECKED enum sein_err
prekeys_check_own(struct sein_home *home, const struct sein_prekeys_item *item,
                  int64_t now_ms, size_t *out_pending);

/** A statement of ours that was not confirmed yet. */
struct prekeys_statement {
    struct sein_prekey_id id;
    uint8_t bytes[SEIN_PREKEY_MAX];
    size_t len;
    uint8_t signature[SEIN_SIG_BYTES];
};

/** prekeys_pending - the oldest that are not confirmed, at most max. */
SEIN_CHECKED enum sein_err prekeys_pending(struct sein_home *home,
                                           struct prekeys_statement *out,
                                           size_t max, size_t *out_count);

/** prekeys_confirm - the broker took it (SEIN_OK, SEIN_EDUPLICATE) or refused
 *  it for good, which is an alarm. */
SEIN_CHECKED enum sein_err prekeys_confirm(struct sein_home *home,
                                           const struct sein_prekey_id *id,
                                           enum sein_err verdict,
                                           int64_t now_ms);

/** prekeys_secret - the pair that a letter's to_prekey_id names.
 *
 * out_pair  secret; the caller wipes it
 * Errors:   SEIN_ENOENT not one of ours, or erased. */
SEIN_CHECKED enum sein_err prekeys_secret(struct sein_home *home,
                                          const struct sein_prekey_id *id,
                                          struct sein_hpke_pair *out_pair);

/** prekeys_erase_old - erase private parts whose time is over. */
SEIN_CHECKED enum sein_err prekeys_erase_old(struct sein_home *home,
                                             int64_t now_ms);

/**
 * prekeys_take - judge what the broker serves of another desk.
 *
 * out_peer  filled; err says whether it can be used: SEIN_ENOPREKEY none in
 *           force, SEIN_EPREKEYBACK (an alarm) older than or other than seen
 *           before, or why the statement does not verify
 * Errors:   those of localdb.h.
 */
SEIN_CHECKED enum sein_err prekeys_take(struct sein_home *home,
                                        const struct sein_prekeys_item *item,
                                        int64_t now_ms,
                                        struct prekeys_peer *out_peer);

/** prekeys_last_read - when a desk was last read, as the broker said last.
 *
 * Errors:  SEIN_ENOENT it was never asked. */
SEIN_CHECKED enum sein_err prekeys_last_read(struct sein_home *home,
                                             struct sein_slice desk,
                                             int64_t *out_at_ms,
                                             int64_t *out_asked_ms);

#endif
