/*
 * Regie in a home: the statements and releases that are held under each
 * presence, and what is said and passed on because of them.
 *
 * What came in is kept as it travelled, and judged anew each time it is looked
 * at, with the directory of that moment (blind/regie.h).
 *  1. A row is one that verified when it was taken; it goes with its presence.
 *  2. What is new is passed on once, in the transaction that takes it.
 * Within a transaction of the caller, but for regie_load.
 * Threads: one thread per home.  Source: PROTOCOL.md section 16.
 */
#ifndef SEIN_CLIENT_LIB_REGIE_H
#define SEIN_CLIENT_LIB_REGIE_H

#include "client/lib/client.h"
#include "client/lib/home.h"
#include "client/lib/meetings.h"
#include "proto/blind/content/introduction.h"
#include "proto/blind/content/regie.h"
#include "proto/blind/regie.h"

/** An array of the longest chain that an introduction carries. */
#define REGIE_CHAIN_BYTES (SEIN_REGIE_CHAIN_MAX * (SEIN_REGIE_MAX + 3U) + 1U)

/** One row as it travelled. */
struct regie_row {
    bool is_release;
    size_t len;
    uint8_t bytes[SEIN_REGIE_MAX];
};

/** What is held under one presence; views borrow rows. */
struct regie {
    struct regie_row *rows;
    size_t row_count;
    struct sein_regie_view *views; /* of the statements that verify */
    size_t *view_rows;             /* the row of each */
    size_t count;
    const struct sein_regie_view *head; /* NULL: nobody holds it */
    const struct sein_release *release; /* that ends head, for us; or NULL */
    size_t release_row;
    struct sein_release found; /* where release points */
};

/**
 * regie_load - all of a presence, judged.
 *
 * out_regie  gives; regie_free
 * Errors:  those of localdb.h; SEIN_ENOMEM.  Cost: a few signatures a row.
 */
SEIN_CHECKED enum sein_err regie_load(struct sein_home *home,
                                      const struct presence *own,
                                      int64_t now_ms, struct regie **out_regie);
void regie_free(struct regie **regie);

/**
 * regie_take - a statement or release that a letter brought.
 *
 * from     the desk that it came from; it does not get it back
 * Errors:  those of sein_regie_verify, sein_release_verify; SEIN_EQUOTA more
 *          than are kept; those of localdb.h.
 */
SEIN_CHECKED enum sein_err regie_take(struct client *client,
                                      const struct presence *own,
                                      struct sein_slice from,
                                      const struct sein_regie_content *content,
                                      int64_t now_ms);

/** regie_take_chain - those of an introduction; one that does not verify is
 *  passed over.  Errors: those of localdb.h. */
SEIN_CHECKED enum sein_err
regie_take_chain(struct client *client, const struct presence *own,
                 struct sein_slice from,
                 const struct sein_introduction *introduction, int64_t now_ms);

/** regie_chain - what an introduction carries: the one that counts and what
 *  leads up to it, oldest first; empty when nobody holds it. */
SEIN_CHECKED enum sein_err regie_chain(struct sein_home *home,
                                       const struct presence *own,
                                       int64_t now_ms,
                                       uint8_t buffer[static REGIE_CHAIN_BYTES],
                                       struct sein_list *out_list);

/** regie_tell_peer - the same as letters, to a desk that was introduced under
 *  another link. */
SEIN_CHECKED enum sein_err regie_tell_peer(struct sein_home *home,
                                           const struct presence *own,
                                           const struct meeting *meeting,
                                           int64_t now_ms);

/**
 * regie_accept - say that we hold it, to all that we are introduced to there.
 *
 * Who holds it already goes on with a new statement.
 * Errors:  SEIN_EALONE nobody is introduced to us there; SEIN_EREGIE another
 *          desk holds it; SEIN_ETOOLONG; those of localdb.h.
 */
SEIN_CHECKED enum sein_err regie_accept(struct sein_home *home,
                                        const struct presence *own,
                                        int64_t now_ms);

/** regie_release - let go, to one desk or (empty) to anyone.
 *
 * Errors:  SEIN_EREGIE we do not hold it; SEIN_EALONE that desk, or anybody, is
 *          not introduced to us there; those of localdb.h. */
SEIN_CHECKED enum sein_err regie_release(struct sein_home *home,
                                         const struct presence *own,
                                         struct sein_slice to, int64_t now_ms);

/** regie_propose - to one desk, that it takes it; or (empty) to all, that we
 *  do.  Never names a third desk.
 *
 * Errors:  SEIN_EALONE; those of localdb.h. */
SEIN_CHECKED enum sein_err regie_propose(struct sein_home *home,
                                         const struct presence *own,
                                         struct sein_slice to, int64_t now_ms);

#endif
