/*
 * From a handle to what is evaluated, and from the output to the tag and the
 * keys that only those share who know the household.
 *
 *  1. Neither the input nor a key leaves the member; a tag goes to the broker.
 *  2. Circle and epoch are in every hash: tags of two of them are unrelated.
 * Threads: all functions are safe.
 */
#ifndef SEIN_PROTO_BLIND_HOUSEHOLD_H
#define SEIN_PROTO_BLIND_HOUSEHOLD_H

#include "proto/base/ids.h"
#include "proto/blind/handle.h"
#include "proto/blind/oprf.h"

#define SEIN_PEPPER_BYTES 32U
#define SEIN_OPRF_INPUT_BYTES 64U

/** A purpose, and which of its keys. */
struct sein_blind_scope {
    struct sein_slice circle;
    uint32_t epoch;
};

/** Secret but for the tag; the holder wipes it. */
struct sein_household_keys {
    struct sein_tag tag;
    uint8_t presence[SEIN_KEY_BYTES];  /* kp: MACs of notes and presences */
    uint8_t intro_psk[SEIN_KEY_BYTES]; /* ki: see struct sein_letter_psk */
};

/**
 * sein_household_input - x, what is blinded.
 *
 * pepper   of the circle pack
 * kind     enum sein_handle_kind; canonical: what blind/handle.h gave
 * out_input  written; the caller wipes it
 *
 * Source:  PROTOCOL.md section 18.  Secret: all but scope and kind.
 */
void sein_household_input(const uint8_t pepper[static SEIN_PEPPER_BYTES],
                          const struct sein_blind_scope *scope, uint8_t kind,
                          struct sein_slice canonical,
                          uint8_t out_input[static SEIN_OPRF_INPUT_BYTES]);

/**
 * sein_household_derive - the tag and the keys.
 *
 * output   of sein_oprf_finalize; the caller wipes it
 * Source:  PROTOCOL.md section 18; HKDF-Expand of RFC 5869 with SHA-512.
 */
void sein_household_derive(const uint8_t output[static SEIN_OPRF_OUTPUT_BYTES],
                           const struct sein_blind_scope *scope,
                           struct sein_household_keys *out_keys);

/** sein_note_mac, sein_presence_mac - MACs under kp of a note and of a core. */
void sein_note_mac(const struct sein_household_keys *keys,
                   struct sein_slice note,
                   uint8_t out_mac[static SEIN_HASH_BYTES]);
void sein_presence_mac(const struct sein_household_keys *keys,
                       struct sein_slice core,
                       uint8_t out_mac[static SEIN_HASH_BYTES]);

/**
 * sein_pair_thread - the thread in which two desks that were introduced under a
 * tag write to each other; both can name it, nobody opens it.
 *
 * desk_a, desk_b  as sein_desk_check passes them, in either order
 * Source:  PROTOCOL.md section 16.
 */
void sein_pair_thread(const struct sein_household_keys *keys,
                      struct sein_slice desk_a, struct sein_slice desk_b,
                      struct sein_thread_id *out_thread);

/** sein_mac_check - SEIN_EMAC unless the two are the same; constant time. */
SEIN_CHECKED enum sein_err
sein_mac_check(const uint8_t expected[static SEIN_HASH_BYTES],
               const uint8_t found[static SEIN_HASH_BYTES]);

/** sein_pepper_check - what the directory says of a pepper. */
void sein_pepper_check(const uint8_t pepper[static SEIN_PEPPER_BYTES],
                       const struct sein_blind_scope *scope,
                       uint8_t out_check[static SEIN_ID_BYTES]);

/** sein_institution_mark - how a pack lists a publicly known institution. */
void sein_institution_mark(const uint8_t pepper[static SEIN_PEPPER_BYTES],
                           struct sein_slice canonical,
                           uint8_t out_mark[static SEIN_ID_BYTES]);

#endif
