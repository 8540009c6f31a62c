/*
 * The directory of a keyholder: one accepted version, and how it goes up.
 *
 *  1. dir only ever goes up by one accepted version, or from none to the first
 *     one that the invitation vouches for.
 * Threads: one thread per chain.  Source: PROTOCOL.md section 6.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_CHAIN_H
#define SEIN_CLIENT_KEYHOLDER_CHAIN_H

#include "client/keyholder/records.h"
#include "proto/trust/directory.h"

struct chain {
    struct records *records;
    struct sein_hash fingerprint; /* of the governance, from the invitation */
    struct sein_directory *dir;   /* NULL before the first */
};

/** chain_open - with the version that was stored last, if any; chain_close
 *  frees it.
 *
 * Errors:  SEIN_ETAMPERED it does not read any more; those of records.h. */
SEIN_CHECKED enum sein_err chain_open(struct records *records,
                                      const struct sein_hash *fingerprint,
                                      struct chain *out_chain);
void chain_close(struct chain *chain);

/**
 * chain_accept - check, store and put in force the next version, or the first.
 *
 * Errors:  those of sein_directory_accept_first and _accept_next, after which
 *          all is as it was; those of records.h.
 */
SEIN_CHECKED enum sein_err
chain_accept(struct chain *chain, struct sein_slice bytes, int64_t now_ms);

#endif
