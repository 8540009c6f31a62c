/*
 * The keys of a home: the home key that seals its rows, and the pairs it signs
 * and connects with.
 *
 * The file: the home key, wrapped under a passphrase (Argon2id) or a key file;
 * the secrets, sealed under the home key.  A session is a file with the home
 * key itself, in a folder in memory that lives as long as a login.
 *  1. The home key never changes; the way it is wrapped could.
 *  2. Pairs are in the order in which they were made; there is at least one.
 * Threads: one thread per keystore.
 */
#ifndef SEIN_CLIENT_LIB_KEYSTORE_H
#define SEIN_CLIENT_LIB_KEYSTORE_H

#include "proto/trust/identity.h"

struct keystore;
struct sein_unlock;

/** As many as a home can have: a rotation a month for over a year. */
#define KEYSTORE_PAIRS_MAX 16U

/** One pair of key pairs, as the directory lists them; secret. */
struct keystore_pair {
    struct sein_public_key public_key;
    uint8_t sign_secret[SEIN_SIGN_SECRET_BYTES];
    uint8_t curve_secret[SEIN_KEY_BYTES];
    int64_t made_at_ms;
};

/**
 * keystore_create - make a home key and a first pair, and write the file.
 *
 * path     of the file; must not exist
 * unlock   key_file (made when absent) or passphrase; borrowed
 * out_keys gives; keystore_free
 *
 * Errors:  SEIN_EUSAGE neither is set; SEIN_EPASSPHRASE an empty passphrase or
 *          a key file of less than 32 bytes; SEIN_ECONFIG others may read the
 *          key file; SEIN_EEXIST; SEIN_EIO, SEIN_EFULL, SEIN_ENOMEM.
 * Cost:    with a passphrase about a second and 256 MiB.
 */
SEIN_CHECKED enum sein_err keystore_create(const char *path,
                                           const struct sein_unlock *unlock,
                                           int64_t now_ms,
                                           struct keystore **out_keys);

/**
 * keystore_open - read and unlock.
 *
 * Errors:  SEIN_ENOHOME there is no file; SEIN_ESEALED unlock has nothing, or
 *          its session is not there; SEIN_EPASSPHRASE it does not fit;
 *          SEIN_ETAMPERED the file was changed; SEIN_EVERSION; SEIN_ECONFIG;
 *          SEIN_EIO, SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err keystore_open(const char *path,
                                         const struct sein_unlock *unlock,
                                         struct keystore **out_keys);
void keystore_free(struct keystore **keys);

const uint8_t *keystore_home_key(const struct keystore *keys);
const struct sein_home_id *keystore_home_id(const struct keystore *keys);
const struct keystore_pair *keystore_pairs(const struct keystore *keys,
                                           size_t *out_count);

/**
 * keystore_add_pair - one more pair, written before it is given out.
 *
 * Errors:  SEIN_ETOOLONG there are KEYSTORE_PAIRS_MAX; SEIN_EIO, SEIN_EFULL.
 */
SEIN_CHECKED enum sein_err
keystore_add_pair(struct keystore *keys, int64_t now_ms,
                  const struct keystore_pair **out_pair);

/** keystore_save_session - put the home key in folder; _forget_session removes
 *  it without needing it.  Errors: SEIN_ECONFIG others may enter the folder;
 *  SEIN_EIO, SEIN_EFULL; forget: SEIN_ENOHOME. */
SEIN_CHECKED enum sein_err keystore_save_session(const struct keystore *keys,
                                                 const char *folder);
SEIN_CHECKED enum sein_err keystore_forget_session(const char *path,
                                                   const char *folder);

#endif
