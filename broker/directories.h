/*
 * Which signed directory is in force: the newest of the store, then whatever
 * follows on it in the folder of incoming files.
 *
 * A file is believed for its signatures alone; it is verified first, stored
 * next, and only then given to the caller to swap in.
 *  1. What is stored was accepted, one version after the other.
 *  2. What is refused changes nothing, here or in the store.
 * Threads: one thread per store.  Source: PROTOCOL.md section 6.
 */
#ifndef SEIN_BROKER_DIRECTORIES_H
#define SEIN_BROKER_DIRECTORIES_H

#include "broker/store/store.h"
#include "proto/trust/directory.h"

#define DIRECTORIES_FILES_MAX 1024U

/** Told for each file that was taken (SEIN_OK) or refused; a file that the
 *  store already has is not mentioned.  version is 0 when it was not read. */
typedef void directories_told(void *context, const char *file, uint64_t version,
                              enum sein_err err);

/**
 * directories_load - the newest of the store, all signatures checked again.
 *
 * fingerprint  of the governance that this broker believes, or believed when
 *              an older version that is still stored was signed
 * out_dir      gives; it may have expired
 *
 * Errors:  SEIN_ENOENT the store has none; SEIN_EFINGERPRINT none of what is
 *          stored was signed by that governance; those of
 *          sein_directory_accept_next and of the store.
 */
SEIN_CHECKED enum sein_err directories_load(struct store *store,
                                            const struct sein_hash *fingerprint,
                                            int64_t now_ms,
                                            struct sein_directory **out_dir);

/**
 * directories_take - verify and store what is new in a folder.
 *
 * current      borrows; NULL: there is none yet, and the lowest version that
 *              the fingerprint's governance signed starts the chain
 * out_dir      gives the newest; NULL when nothing was taken
 *
 * Errors:  SEIN_EIO the folder cannot be read; SEIN_ENOMEM; those of the store.
 *          A bad file is no error here: it is told.
 */
SEIN_CHECKED enum sein_err
directories_take(struct store *store, const char *folder,
                 const struct sein_hash *fingerprint, int64_t now_ms,
                 const struct sein_directory *current, directories_told *told,
                 void *context, struct sein_directory **out_dir);

#endif
