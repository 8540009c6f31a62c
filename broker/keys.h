/*
 * The broker's own keys: a CURVE pair for the transport, an Ed25519 pair that
 * signs the heads of its log, and the key that a presence's idx is made with
 * (PROTOCOL.md section 17), which is never in the database.
 *
 * Each secret is one line of hex in a file of mode 0600; the public halves are
 * computed.  Files are made once and never overwritten.
 * Secret: a struct keys lies in memory of sodium_malloc and is wiped when
 * freed.  Threads: read-only after loading.
 */
#ifndef SEIN_BROKER_KEYS_H
#define SEIN_BROKER_KEYS_H

#include "proto/base/bytes.h"
#include "proto/base/limits.h"

#define KEYS_CURVE_FILE "curve.key"
#define KEYS_RECEIPT_FILE "receipt.key"
#define KEYS_IDX_FILE "idx.key"

struct keys {
    uint8_t curve_public[SEIN_KEY_BYTES];
    uint8_t curve_secret[SEIN_KEY_BYTES];
    uint8_t receipt_public[SEIN_KEY_BYTES];
    uint8_t receipt_secret[SEIN_SIGN_SECRET_BYTES];
    uint8_t idx[SEIN_KEY_BYTES]; /* zeros until keys_load_idx */
};

/**
 * keys_make - make the files that are not there yet, and the folder.
 *
 * folder     borrowed
 * out_made   how many files were made, 0 to 3
 * Errors:    SEIN_EIO the folder or a file could not be made; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err keys_make(const char *folder, size_t *out_made);

/**
 * keys_load - read the two pairs.
 *
 * out_keys  gives; free with keys_free
 * out_why   set on an error: a sentence for the operator
 * Errors:   SEIN_ENOENT a file is missing; SEIN_ECONFIG others may read it, or
 *           it does not hold a key; SEIN_EIO; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err keys_load(const char *folder, struct keys **out_keys,
                                     const char **out_why);

/**
 * keys_load_idx - read the third into keys.
 *
 * A broker from before there were presences has none: its caller makes it with
 * keys_make when, and only when, the store holds no presence.
 * Errors:  as keys_load; keys is untouched.
 */
SEIN_CHECKED enum sein_err keys_load_idx(const char *folder, struct keys *keys,
                                         const char **out_why);
void keys_free(struct keys **keys);

#endif
