/*
 * Who is connected.
 *
 * A session belongs to one peer and the key it was opened with; a peer without
 * one is in state SESSION_NEW and costs nothing.
 *  1. Sessions stand in the order in which they were last heard.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 13.
 */
#ifndef SEIN_BROKER_KERNEL_SESSION_H
#define SEIN_BROKER_KERNEL_SESSION_H

#include "broker/kernel/delivery.h"
#include "broker/kernel/desk.h"
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

struct member;
struct evaluator;
struct ticket;

struct ticket_list {
    struct ticket *first, *last;
};

struct session {
    struct table_node node; /* by peer; first, so that it is the struct */
    struct kernel_peer peer;
    struct sein_key_id key_id;
    struct sein_home_id home_id;
    struct member *member;
    enum session_state state;
    bool opened;          /* by this turn */
    bool closed;          /* by this turn, which may still look at it */
    uint64_t window;      /* deliveries that may be outstanding */
    uint64_t outstanding; /* deliveries that are */
    struct delivery_list deliveries;
    struct subscription *desks;
    size_t desk_count;
    struct ticket_list tickets;   /* what it asked of keyholders */
    struct evaluator *evaluators; /* what it evaluates for */
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

/** sessions_end_turn - make what the turn did last, or undo it. */
void sessions_end_turn(struct kernel *kernel, bool committed);

/** sessions_free - all of them, and all desks, deliveries and members. */
void sessions_free(struct kernel *kernel);

#endif
