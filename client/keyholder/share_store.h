/*
 * The shares that this keyholder holds: a file for each epoch of a circle,
 * sealed (XChaCha20-Poly1305) under the home key of its keystore.
 *
 * Threads: safe on distinct folders.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_SHARE_STORE_H
#define SEIN_CLIENT_KEYHOLDER_SHARE_STORE_H

#include "proto/blind/share.h"
#include "proto/trust/directory.h"

/**
 * share_store_put - seal a share in its file; the one that was there is
 * replaced.
 *
 * home_key borrowed, as keystore_home_key gives it
 * Errors:  SEIN_EIO, SEIN_EFULL, SEIN_ETOOLONG, SEIN_EINTERNAL.
 */
SEIN_CHECKED enum sein_err
share_store_put(const char *folder,
                const uint8_t home_key[static SEIN_KEY_BYTES],
                const struct sein_share *share);

/**
 * share_store_get - open one; the caller wipes it.
 *
 * Errors:  SEIN_ENOENT there is none; SEIN_ETAMPERED it does not open, or is of
 *          another epoch; SEIN_ECONFIG others may read the file; SEIN_EIO,
 *          SEIN_ETOOLONG.
 */
SEIN_CHECKED enum sein_err share_store_get(
    const char *folder, const uint8_t home_key[static SEIN_KEY_BYTES],
    struct sein_slice circle, uint64_t epoch, struct sein_share *out_share);

/**
 * share_store_check - whether a share is the one that the epoch's record asks
 * of that desk.
 *
 * out_public  its public half, for proofs
 * Errors:  SEIN_ECIRCLE, SEIN_EEPOCH no such circle or epoch, or its record is
 *          not made; SEIN_EROLE the desk is no holder of it; SEIN_ESHARE it
 *          does not fit; else those of sein_epoch_record_decode and
 *          sein_element_read.
 */
SEIN_CHECKED enum sein_err share_store_check(const struct sein_directory *dir,
                                             struct sein_slice desk,
                                             const struct sein_share *share,
                                             struct sein_element *out_public);

#endif
