/*
 * The presences of a home: for each desk and handle that a circle may match,
 * one row, from the first signal that names it to the last that needs it.
 *
 *     WANTED → READY → LIVE → (ENDING →) gone
 *          ↘ NONE        ↘ LAPSED
 *
 * A row is bound to the threads of the signals that it is for; when the last of
 * them ends it is taken back.  It keeps the household's keys, by which
 * everything that comes in about it is judged.
 *  1. A circle, desk and handle have at most one row that is not ENDING.
 *  2. Keys are there iff the row was READY once.
 * Threads: one thread per home.  Errors of all calls: those of localdb.h.
 * Secret: the keys; who reads a row wipes it with presence_wipe.
 * Source: PROTOCOL.md sections 17 and 18.
 */
#ifndef SEIN_CLIENT_LIB_PRESENCES_H
#define SEIN_CLIENT_LIB_PRESENCES_H

#include "client/lib/localdb.h"
#include "proto/blind/handle.h"
#include "proto/blind/household.h"

/* Numbers are on disk. */
enum presence_state {
    PRESENCE_WANTED = 1, /* has no tag yet */
    PRESENCE_READY = 2,  /* its deposit is made; no verdict of the broker yet */
    PRESENCE_LIVE = 3,
    PRESENCE_ENDING = 4, /* nothing needs it: the broker is to erase it */
    PRESENCE_NONE = 5,   /* makes none; code says why */
    PRESENCE_LAPSED = 6, /* its time was over, its signals are not */
};

/** The word of a state in documents; "unknown" for no such number. */
const char *presence_state_word(uint64_t state);

struct presence {
    int64_t id; /* 0: not stored yet */
    struct sein_presence_id presence_id;
    struct sein_presence_id former; /* before it was renewed; zeros: none */
    uint64_t state;
    struct sein_circle_name circle;
    uint64_t epoch; /* 0 while it has no tag */
    struct sein_desk_name desk;
    uint64_t kind; /* enum sein_handle_kind */
    uint8_t handle[SEIN_HANDLE_MAX];
    size_t handle_len;
    uint64_t link; /* enum sein_link */
    struct sein_household_keys keys;
    uint64_t created; /* the deposit's, as is expires */
    uint64_t expires;
    uint8_t deposit[SEIN_DEPOSIT_MAX]; /* one encoded sein_deposit */
    size_t deposit_len;
    struct sein_op_id withdraw; /* of the request; zeros: none */
    uint64_t code;              /* why it waits, or there is none */
};

void presence_wipe(struct presence *presence);
struct sein_slice presence_handle(const struct presence *presence);
struct sein_slice presence_deposit(const struct presence *presence);
struct sein_blind_scope presence_scope(const struct presence *presence);
/** presence_is_own - whether an id is one that this row has or had. */
bool presence_is_own(const struct presence *presence,
                     const struct sein_presence_id *id);

/** presences_insert - the id is set. */
SEIN_CHECKED enum sein_err presences_insert(struct localdb *db,
                                            struct presence *presence);
SEIN_CHECKED enum sein_err presences_update(struct localdb *db,
                                            const struct presence *presence);
/** presences_remove - with its bindings. */
SEIN_CHECKED enum sein_err presences_remove(struct localdb *db, int64_t id);

/** Finding: by row; by an id that it has or had; by circle, desk and handle,
 *  one that is not ENDING.  Errors: SEIN_ENOENT. */
SEIN_CHECKED enum sein_err presences_get(struct localdb *db, int64_t id,
                                         struct presence *out);
SEIN_CHECKED enum sein_err presences_find(struct localdb *db,
                                          const struct sein_presence_id *id,
                                          struct presence *out);
SEIN_CHECKED enum sein_err
presences_find_handle(struct localdb *db, struct sein_slice circle,
                      struct sein_slice desk, uint64_t kind,
                      struct sein_slice handle, struct presence *out);

/** Walking, in the order in which they were made: those in a state (0: all), or
 *  those of a thread; next until SEIN_ENOENT.  Rows may be changed meanwhile.
 */
struct presences_walk {
    struct localdb_query *query;
};
SEIN_CHECKED enum sein_err presences_walk_state(struct localdb *db,
                                                uint64_t state, int64_t after,
                                                struct presences_walk *out);
SEIN_CHECKED enum sein_err
presences_walk_thread(struct localdb *db, const struct sein_thread_id *thread,
                      struct presences_walk *out);
SEIN_CHECKED enum sein_err presences_walk_next(struct presences_walk *walk,
                                               struct presence *out);
void presences_walk_end(struct presences_walk *walk);

/** presences_bind - it is for that thread; again is fine. */
SEIN_CHECKED enum sein_err presences_bind(struct localdb *db, int64_t id,
                                          const struct sein_thread_id *thread);
/** presences_unbind - all of a thread. */
SEIN_CHECKED enum sein_err
presences_unbind(struct localdb *db, const struct sein_thread_id *thread);
/** presences_rebind - a thread got another id. */
SEIN_CHECKED enum sein_err presences_rebind(struct localdb *db,
                                            const struct sein_thread_id *from,
                                            const struct sein_thread_id *to);
/** presences_thread_at - the index-th thread that a row is for, from 0.
 *
 * Errors:  SEIN_ENOENT it has no more. */
SEIN_CHECKED enum sein_err
presences_thread_at(struct localdb *db, int64_t id, int64_t index,
                    struct sein_thread_id *out_thread);
/** presences_count - rows in a state. */
SEIN_CHECKED enum sein_err presences_count(struct localdb *db, uint64_t state,
                                           int64_t *out_count);

#endif
