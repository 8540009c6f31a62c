/*
 * Requests to keyholders that are on their way: who asked, who is to answer,
 * and whose turn it is.
 *
 * All of it is in memory and nothing of it is part of a turn: what a client
 * asked of a keyholder is not undone when a commit fails, and is gone when the
 * program ends.
 *  1. A ticket stands in one place: it waits in a queue, was asked of its
 *     evaluator, or is lost (its evaluator is gone and its client is to hear).
 *  2. ticket.client is NULL only of one that was asked: it keeps its room at
 *     the keyholder until it is answered or too late.
 *  3. A queue exists iff something waits in it; an evaluator's queues stand in
 *     a ring, so that members take turns.
 *  4. evaluator.asked_count is the length of evaluator.asked.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 13.
 */
#ifndef SEIN_BROKER_KERNEL_TICKET_H
#define SEIN_BROKER_KERNEL_TICKET_H

#include "broker/kernel/session.h"
#include "broker/kernel/table.h"
#include "proto/wire/msg_eval.h"

/* All that waits or was asked, over all keyholders: with requests of the
 * largest size 20 MiB. */
#define TICKETS_MAX 8192U

enum ticket_order {
    TICKET_BY_AGE,    /* of all */
    TICKET_BY_CLIENT, /* of one session */
    TICKET_BY_PLACE,  /* of a queue, of an evaluator, or of the lost */
    TICKET_ORDERS
};

struct queue;
struct evaluator;

struct ticket {
    struct table_node node; /* by number; first, so that it is the struct */
    uint64_t number;
    uint64_t req; /* of the client */
    int64_t taken_at_ms;
    struct session *client;
    struct evaluator *evaluator; /* NULL iff lost */
    struct queue *queue;         /* NULL iff it does not wait */
    struct ticket *before[TICKET_ORDERS], *after[TICKET_ORDERS];
    uint8_t signature[SEIN_SIG_BYTES];
    size_t request_len;
    uint8_t request[];
};

/** What one member waits for at one keyholder. */
struct queue {
    struct table_node node; /* by both; first, so that it is the struct */
    struct evaluator *evaluator;
    const struct member *member;
    struct ticket_list tickets;
    size_t count;
    struct queue *before, *after; /* of the evaluator, a ring */
};

/** A connection that evaluates for a desk. */
struct evaluator {
    struct table_node node; /* by desk; first, so that it is the struct */
    struct sein_desk_name desk;
    struct session *session;
    struct evaluator *next; /* of the session */
    uint64_t window;        /* 0: nothing more is asked */
    size_t asked_count;
    struct ticket_list asked;
    struct queue *turn; /* whose turn it is; NULL iff nothing waits */

    /* See deposits.h. */
    bool begun;                 /* upto was read from the store */
    bool any;                   /* upto is set */
    struct store_deposits upto; /* what it has, or need not have */
    int64_t look_at_ms;         /* when there may be a list for it */
    int64_t listed_at_ms;
    bool listing; /* a part of list is out */
    bool is_last; /* and it is the last one */
    uint64_t part;
    struct store_deposits list;
    struct sein_presence_id last;      /* of the part before */
    struct sein_presence_id next_last; /* of the part that is out */
};

/** What the kernel has of them. */
struct tickets {
    struct table by_number;
    struct table evaluators;
    struct table queues;
    struct ticket_list by_age;
    struct ticket_list lost;
    uint64_t next_number;
};

/** tickets_init - none; tickets_free frees all, on a half-made one too.
 *
 * Errors:  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err tickets_init(struct tickets *tickets);
void tickets_free(struct tickets *tickets);

/**
 * ticket_new - a request that waits for its turn.
 *
 * eval     borrows
 * Errors:  SEIN_EBUSY the member has as much waiting there as it may, or all
 *          have; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err ticket_new(struct kernel *kernel,
                                      struct session *client, uint64_t req,
                                      struct evaluator *evaluator,
                                      const struct sein_eval *eval);

/** ticket_find - by its number; NULL when there is none. */
struct ticket *ticket_find(const struct kernel *kernel, uint64_t number);

/** ticket_next - whose turn it is; NULL when nothing waits, or the window is
 *  full. */
struct ticket *ticket_next(const struct evaluator *evaluator);

/** ticket_asked - its evaluator has it now; the turn goes to the next member.
 */
void ticket_asked(struct kernel *kernel, struct ticket *ticket);

/** ticket_free - it is over; takes *ticket. */
void ticket_free(struct kernel *kernel, struct ticket **ticket);

/** ticket_lose - it will not be answered; its client hears of it when the turn,
 *  or the next, is sealed. */
void ticket_lose(struct kernel *kernel, struct ticket *ticket);

/** tickets_forget - what the session asked. */
void tickets_forget(struct kernel *kernel, struct session *session);

/** tickets_clock_back - the clock went back by that much. */
void tickets_clock_back(struct kernel *kernel, int64_t by_ms);

#endif
