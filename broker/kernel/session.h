/*
 * Who is connected, what they read, and what is out for delivery.
 *
 * A session belongs to one peer and the key it was opened with; a peer without
 * one is in state SESSION_NEW and costs nothing.  A desk that was read since
 * the kernel was made has a struct desk.  A letter that waits costs nothing;
 * one that was handed out and not acknowledged has a struct delivery.
 *  1. A delivery is in the list of its session, or of its desk (it went back),
 *     or of the turn (acknowledged, not committed yet).
 *  2. session.outstanding is the length of session.deliveries.
 *  3. A session gets what is on a desk iff it subscribed and desk.home_id is
 *     its own: taking over needs no more than changing desk.home_id.
 *  4. Every item of a desk with seq <= desk.cursor was handed out, or is gone.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 13.
 */
#ifndef SEIN_BROKER_KERNEL_SESSION_H
#define SEIN_BROKER_KERNEL_SESSION_H

#include "broker/kernel/kernel.h"
#include "broker/kernel/table.h"

enum session_state {
    SESSION_NEW,
    SESSION_READY,
    SESSION_DRAINING,
    SESSION_STATE_COUNT
};

/* Connections that may have a session at once. */
#define SESSIONS_MAX 10000U

struct session;
struct desk;

struct delivery {
    struct table_node node; /* by seq; first, so that it is the struct */
    uint64_t seq;
    struct desk *desk;
    struct session *session; /* NULL iff it went back, or is acknowledged */
    struct delivery *before, *after;
    struct delivery *turn_next; /* of turn.fresh */
    bool fresh;                 /* handed out by this turn */
    bool again;                 /* and not for the first time */
};

struct delivery_list {
    struct delivery *first, *last;
};

struct subscription {
    struct session *session;
    struct desk *desk;
    struct subscription *before, *after; /* of the desk, a ring */
};

struct desk {
    struct table_node node; /* by name; first, so that it is the struct */
    struct sein_desk_name name;
    struct sein_home_id home_id;
    int64_t last_read_ms;        /* as it was last written */
    int64_t read_before_ms;      /* as it was before this kernel */
    uint64_t cursor;             /* see 4 */
    struct delivery_list back;   /* handed out before, to be handed out again */
    struct subscription *reader; /* whose turn it is; NULL iff nobody reads */
    struct desk *hot_next;
    bool more; /* something may wait beyond the cursor */
    bool hot;  /* stands in kernel.hot */

    /* As it was before this turn changed it, iff touched. */
    bool touched;
    struct desk *touched_next;
    uint64_t was_cursor;
    struct sein_home_id was_home_id;
    int64_t was_last_read_ms;
};

/* A member that did something since the kernel was made; see quota.h. */
struct member {
    struct table_node node; /* by oin; first, so that it is the struct */
    struct sein_oin oin;
    uint64_t millitokens;
    int64_t filled_at_ms;
    uint64_t sessions;
};

struct session {
    struct table_node node; /* by peer; first, so that it is the struct */
    struct kernel_peer peer;
    struct sein_key_id key_id;
    struct sein_home_id home_id;
    struct member *member;
    enum session_state state;
    bool opened;          /* by this turn */
    uint64_t window;      /* deliveries that may be outstanding */
    uint64_t outstanding; /* see 2 */
    struct delivery_list deliveries;
    struct subscription *desks;
    size_t desk_count;
    int64_t heard_at_ms;
    int64_t touch_at_ms;            /* when last_read_ms is written again */
    struct session *before, *after; /* by heard_at_ms, oldest first */
};

/** session_find - of a peer; NULL: the peer is in state SESSION_NEW. */
struct session *session_find(const struct kernel *kernel,
                             const struct kernel_peer *peer);

/**
 * session_open - a session without desks, its window 0.
 *
 * A session that the peer had is closed first.
 * Errors:  SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err session_open(struct kernel *kernel,
                                        const struct kernel_peer *peer,
                                        const struct sein_key_id *key_id,
                                        struct member *member,
                                        struct session **out_session);

/** session_close - what was outstanding goes back.  Takes *session. */
void session_close(struct kernel *kernel, struct session **session);

/** session_enter - the only place where a state changes. */
void session_enter(struct session *session, enum session_state state);

/** session_heard - the lease begins anew. */
void session_heard(struct kernel *kernel, struct session *session);

/** session_read - write down that its desks are being read, at most once a
 *  minute.  Errors: those common to the store. */
SEIN_CHECKED enum sein_err session_read(struct kernel *kernel,
                                        struct session *session);

/**
 * session_subscribe - it will read these desks; it has none yet.
 *
 * Errors:  SEIN_ENOMEM: nothing changed.
 */
SEIN_CHECKED enum sein_err session_subscribe(struct kernel *kernel,
                                             struct session *session,
                                             struct desk *const *desks,
                                             size_t count);

/** session_give_back - what it has of that desk goes back. */
void session_give_back(struct kernel *kernel, struct session *session,
                       struct desk *desk);

/** session_room - how many deliveries it may get now. */
uint64_t session_room(const struct session *session);

/** session_wake - its desks are looked at, for it has room again. */
void session_wake(struct kernel *kernel, struct session *session);

/** sessions_end_leases - close those that were not heard for a lease. */
void sessions_end_leases(struct kernel *kernel);

/** sessions_check - close those whose key may not connect any more, drop desks
 *  that they may not read any more. */
void sessions_check(struct kernel *kernel, int64_t now_ms);

/** sessions_clock_back - the clock went back by that much. */
void sessions_clock_back(struct kernel *kernel, int64_t by_ms);

/** desk_find - NULL when it was not read since the kernel was made. */
struct desk *desk_find(const struct kernel *kernel, struct sein_slice name);

/** desk_open - find it, or make it from its row.
 *
 * Errors:  SEIN_ENOMEM; those common to the store. */
SEIN_CHECKED enum sein_err desk_open(struct kernel *kernel,
                                     struct sein_slice name,
                                     struct desk **out_desk);

/** desk_touch - remember how it was, before this turn changes it. */
void desk_touch(struct kernel *kernel, struct desk *desk);

/** desk_write_read - write down that its home reads it now.
 *
 * Errors:  those common to the store. */
SEIN_CHECKED enum sein_err desk_write_read(struct kernel *kernel,
                                           struct desk *desk);

/** desk_wake - something may wait there, or somebody got room for it. */
void desk_wake(struct kernel *kernel, struct desk *desk);

/** desk_take_hot - the next desk to look at; NULL when there is none. */
struct desk *desk_take_hot(struct kernel *kernel);

/** delivery_find - what is out, or went back; NULL when the item is neither. */
struct delivery *delivery_find(const struct kernel *kernel, uint64_t seq);

/** delivery_out - note that an item is handed out by this turn.
 *
 * Errors:  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err delivery_out(struct kernel *kernel,
                                        struct session *session,
                                        struct desk *desk, uint64_t seq);
/** delivery_out_again - the same for one that went back. */
void delivery_out_again(struct kernel *kernel, struct session *session,
                        struct delivery *delivery);

/** delivery_acked - it is over iff this turn is committed. */
void delivery_acked(struct kernel *kernel, struct delivery *delivery);

/** delivery_forget - the item is gone; frees it. */
void delivery_forget(struct kernel *kernel, struct delivery *delivery);

/** sessions_end_turn - make what the turn did last, or undo it. */
void sessions_end_turn(struct kernel *kernel, bool committed);

/** sessions_free - all of them, and all desks, deliveries and members. */
void sessions_free(struct kernel *kernel);

#endif
