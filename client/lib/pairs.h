/*
 * What two desks that were revealed to each other seal their letters with: the
 * key of the household that both know.
 *
 * Threads: one thread per home.  Errors of all calls: those of localdb.h.
 * Source: PROTOCOL.md sections 8 and 16.
 */
#ifndef SEIN_CLIENT_LIB_PAIRS_H
#define SEIN_CLIENT_LIB_PAIRS_H

#include "client/lib/home.h"
#include "client/lib/meetings.h"
#include "proto/blind/letter.h"
#include "proto/trust/may.h"
#include "proto/wire/schema.h"

/* An introduction is the longest: contact, deposit and the regie's chain. */
#define PAIRS_CONTENT_MAX                  \
    (SEIN_DEPOSIT_MAX + SEIN_CONTACT_MAX + \
     SEIN_REGIE_CHAIN_MAX * (SEIN_REGIE_MAX + 4U) + 128U)

/** A pair: its row, and the presence of ours that it is under; the holder
 *  wipes it with presence_wipe(&pair.own). */
struct pair {
    struct meeting meeting;
    struct presence own;
};

/**
 * pairs_find - the pair of a thread.
 *
 * peer     the other desk; empty for any
 * Errors:  SEIN_ENOENT no pair has that thread.
 */
SEIN_CHECKED enum sein_err pairs_find(struct localdb *db,
                                      const struct sein_thread_id *thread,
                                      struct sein_slice peer,
                                      struct pair *out_pair);

/** pairs_view - the thread of a pair as sein_may_letter judges it; borrows. */
void pairs_view(const struct pair *pair, struct sein_thread_view *out_view);

/** pairs_psk - what letters of that presence are sealed with; wipe it. */
void pairs_psk(const struct presence *own, struct sein_letter_psk *out_psk);

/**
 * pairs_match - the presence of ours whose household a letter was sealed for.
 *
 * Errors:  SEIN_ENOENT none: it is sealed in mode base, or not for us.
 * Cost:    a hash for each presence of this home.
 */
SEIN_CHECKED enum sein_err pairs_match(struct localdb *db,
                                       const struct sein_letter_header *header,
                                       struct presence *out_own);

/**
 * pairs_queue - a letter to the other side of a pair; within a transaction of
 * the caller.
 *
 * content  an object of schema, at most PAIRS_CONTENT_MAX bytes encoded
 * out_id   set to its letter id
 * Errors:  also those of sein_schema_encode.
 */
SEIN_CHECKED enum sein_err
pairs_queue(struct sein_home *home, const struct presence *own,
            const struct meeting *meeting, uint64_t kind,
            const struct sein_schema *schema, const void *content,
            int64_t now_ms, struct sein_letter_id *out_id);

#endif
