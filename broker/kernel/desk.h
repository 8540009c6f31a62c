/*
 * Desks that were read since the kernel was made: by which home, how far, and
 * whose turn it is.
 *
 *  1. A session gets what is on a desk iff it subscribed and desk.home_id is
 *     its own: taking over needs no more than changing desk.home_id.
 *  2. Every item of a desk with seq <= desk.cursor was handed out, or is gone.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 13.
 */
#ifndef SEIN_BROKER_KERNEL_DESK_H
#define SEIN_BROKER_KERNEL_DESK_H

#include "broker/kernel/delivery.h"
#include "broker/kernel/kernel.h"
#include "broker/kernel/table.h"

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
    uint64_t cursor;             /* see 2 */
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

/** desks_end_turn - make what the turn changed last, or undo it. */
void desks_end_turn(struct kernel *kernel, bool committed);

#endif
