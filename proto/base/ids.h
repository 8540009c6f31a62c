/*
 * Fixed-width identifiers as types of their own, so that a tag can never be
 * passed for a letter id; and the three names that travel as text: OIN, desk
 * (OIN/name) and circle.
 */
#ifndef SEIN_PROTO_BASE_IDS_H
#define SEIN_PROTO_BASE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/limits.h"

/** UUIDv7 layout (RFC 9562 section 5.7): the time of the first sending. */
struct sein_letter_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

/** First 16 bytes of a hash of the public keys; see trust/identity.h. */
struct sein_key_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

struct sein_prekey_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

/** What an operation of one member is called, so that it happens once. */
struct sein_op_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

/** The letter_id of the signal that opened the thread. */
struct sein_thread_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

struct sein_home_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

struct sein_log_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

/** Random: tells neither when it was made nor next to what. */
struct sein_presence_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

struct sein_match_id {
    uint8_t bytes[SEIN_ID_BYTES];
};

/** What the broker sees instead of a handle; see blind/household.h. */
struct sein_tag {
    uint8_t bytes[SEIN_HASH_BYTES];
};

struct sein_hash {
    uint8_t bytes[SEIN_HASH_BYTES];
};

/** NUL-terminated names; empty iff absent. */
struct sein_oin {
    char text[SEIN_OIN_CHARS + 1];
};

struct sein_desk_name {
    char text[SEIN_DESK_MAX + 1];
};

struct sein_circle_name {
    char text[SEIN_CIRCLE_MAX + 1];
};

/**
 * sein_letter_id_new - a fresh UUIDv7: 48 bits of now, version, random rest.
 *
 * Ids made by one process in one millisecond are in random order.
 */
void sein_letter_id_new(int64_t now_ms, struct sein_letter_id *out_id);

/** sein_letter_id_time - the milliseconds in front of a letter id. */
int64_t sein_letter_id_time(const struct sein_letter_id *id);

/** sein_random_id - 16 random bytes, for every id that must not tell a time. */
void sein_random_id(uint8_t out_bytes[static SEIN_ID_BYTES]);

/**
 * sein_oin_check - an OIN: 8 characters of prefix, 8 or 9 of main number,
 * 4 or 3 zeros.
 *
 * text     borrowed; nothing is trimmed
 * Errors:  SEIN_EOIN another length, an unknown prefix (00000001 RSIN,
 *          00000003 KvK, 00000004 sub-OIN, 00000007 BRIN, 00000099 test), a
 *          main number that is not digits (BRIN: capitals and digits) or only
 *          zeros, or no zeros at the end.
 * Source:  Logius, OIN-nummersystematiek.
 */
SEIN_CHECKED enum sein_err sein_oin_check(struct sein_slice text);

/**
 * sein_desk_check - OIN/name with 1..32 of a-z, 0-9, '-' and '_' as name.
 *
 * Errors:  SEIN_EDESK it is not written so.  The OIN is checked too.
 */
SEIN_CHECKED enum sein_err sein_desk_check(struct sein_slice text);

/** sein_desk_oin - the OIN in front of a desk that sein_desk_check passed. */
struct sein_slice sein_desk_oin(struct sein_slice desk);

/**
 * sein_circle_check - 1..32 of a-z, 0-9 and '-'.
 *
 * Errors:  SEIN_ECIRCLE it is not written so.
 */
SEIN_CHECKED enum sein_err sein_circle_check(struct sein_slice text);

/** sein_code_check - a code of a list: 1..32 of a-z, 0-9, '_' and '-'.
 *
 * Errors:  SEIN_ECODE it is not written so. */
SEIN_CHECKED enum sein_err sein_code_check(struct sein_slice text);

#endif
