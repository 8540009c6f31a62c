/*
 * The letters of a home, sent and received: one row each, with what became of
 * it.
 *
 * Receipt letters (kind 7) are rows only while they wait in the outbox; what
 * they say lives on in the letter that they are about.
 *  1. The columns that a row is found by say the same as its sealed part, or
 *     reading it is SEIN_ETAMPERED.
 *  2. marks are in the order in which they happened; the last one that is not
 *     about a wait is the state.
 * Threads: one thread per home.  Errors of all calls: those of localdb.h.
 */
#ifndef SEIN_CLIENT_LIB_LETTERS_H
#define SEIN_CLIENT_LIB_LETTERS_H

#include "client/lib/localdb.h"
#include "proto/base/ids.h"

/* A home with two desks has a letter between them twice. */
enum letter_direction {
    LETTER_SENT = 0,
    LETTER_RECEIVED = 1,
    LETTER_EITHER = 2, /* for finding */
};

/* Numbers are on disk and in the partial indexes of localdb.c. */
enum letter_state {
    /* sent */
    LETTER_QUEUED = 1,    /* durable here, no verdict of the broker yet */
    LETTER_ACCEPTED = 2,  /* durable at the broker, with a receipt */
    LETTER_DELIVERED = 3, /* durable at the recipient */
    LETTER_READ = 4,
    LETTER_ANSWERED = 5,
    LETTER_NOT_COLLECTED = 6,
    LETTER_REFUSED = 7,
    LETTER_WITHDRAWING = 8, /* asked for, not yet done */
    LETTER_WITHDRAWN = 9,
    LETTER_ERASED = 10, /* the recipient attests it */
    LETTER_CLOSED = 11,
    LETTER_SUPERSEDED = 12,
    /* received */
    LETTER_NEW = 20,
    LETTER_SEEN = 21,
    LETTER_REPLIED = 22,
    LETTER_ENDED = 23,      /* the sender closed it */
    LETTER_TAKEN_BACK = 24, /* the sender withdrew it; the content is gone */
    LETTER_REPLACED = 25,   /* by a correction */
};

/** The word of a state in documents; "unknown" for no such number. */
const char *letter_state_word(uint64_t state);

#define LETTER_MARKS_MAX 16U
struct letter_mark {
    uint64_t state;
    uint64_t at;
};

/** Views are borrowed: from the plain of a struct letter, or the caller's. */
struct letter_row {
    int64_t id; /* 0: not stored yet */
    struct sein_letter_id letter_id;
    struct sein_thread_id thread;
    uint64_t direction;
    uint64_t kind; /* enum sein_letter_kind, or newer */
    uint64_t state;
    uint64_t wait; /* sent: enum sein_err that says why it waits */
    struct sein_slice circle;
    struct sein_slice from;
    struct sein_slice to;
    struct sein_slice source_id; /* of signals and what corrects them */
    struct sein_slice content;   /* empty when erased */
    uint64_t created;
    uint64_t at; /* accepted by the broker; received */
    uint64_t code;
    struct letter_mark marks[LETTER_MARKS_MAX];
    size_t mark_count;
    struct sein_op_id operation; /* in the journal */
    struct sein_op_id withdraw;  /* of the withdraw request, zeros: none */
    struct sein_letter_id replaces;
    struct sein_letter_id replaced_by;
    struct sein_hash item_hash; /* of the put item, for the receipt */
    struct sein_log_id log_id;
    uint64_t head_seq; /* the head that the receipt is under */
    struct sein_slice receipt;
    struct sein_slice reason;   /* of a withdrawal or closing */
    struct sein_slice outcome;  /* of the newest feedback */
    struct sein_slice taken_by; /* who claimed it */
    bool quarantine;            /* received under a revoked key */
};

/** A row that was read, and the bytes that it borrows. */
struct letter {
    struct letter_row row;
    struct localdb_plain plain;
};
void letter_free(struct letter *letter);

/** letter_set_state - note a state with its time; the row is in it. */
void letter_set_state(struct letter_row *row, enum letter_state state,
                      int64_t at_ms);

/** letter_has_mark - whether a state was ever noted. */
bool letter_has_mark(const struct letter_row *row, enum letter_state state);

/**
 * letter_note - note a state; it becomes the row's if it says more than what
 * is known.  What is in the outbox stays LETTER_QUEUED, whatever is noted,
 * until letter_leave_queue.
 */
void letter_note(struct letter_row *row, enum letter_state state,
                 int64_t at_ms);

/** letter_leave_queue - the broker has it: the state is the most that was
 *  noted. */
void letter_leave_queue(struct letter_row *row, int64_t at_ms);

/** letters_insert - row->id is set.  Errors: SEIN_EEXIST the letter id is
 *  there already. */
SEIN_CHECKED enum sein_err letters_insert(struct localdb *db,
                                          struct letter_row *row);
SEIN_CHECKED enum sein_err letters_update(struct localdb *db,
                                          const struct letter_row *row);
SEIN_CHECKED enum sein_err letters_remove(struct localdb *db, int64_t id);
/** letters_set_wait - only why it waits. */
SEIN_CHECKED enum sein_err letters_set_wait(struct localdb *db, int64_t id,
                                            enum sein_err wait);

/** letters_find, letters_get - by letter id, by row.
 *
 * out_letter  gives; letter_free.  Errors: SEIN_ENOENT. */
SEIN_CHECKED enum sein_err letters_find(struct localdb *db,
                                        const struct sein_letter_id *letter_id,
                                        enum letter_direction direction,
                                        struct letter *out_letter);
SEIN_CHECKED enum sein_err letters_get(struct localdb *db, int64_t id,
                                       struct letter *out_letter);

/* Which rows letters_walk goes over. */
enum letters_which {
    LETTERS_SENT,        /* newest first */
    LETTERS_RECEIVED,    /* oldest first */
    LETTERS_UNSEALED,    /* oldest first: queued, without sealed bytes */
    LETTERS_WITHDRAWING, /* oldest first */
};

/**
 * Walking: letters_walk_begin, letters_walk_next until SEIN_ENOENT,
 * letters_walk_end.  Rows may be changed meanwhile.
 *
 * after    rows above this id only (for the first two: 0)
 */
struct letters_walk {
    struct localdb_query *query;
};
SEIN_CHECKED enum sein_err letters_walk_begin(struct localdb *db,
                                              enum letters_which which,
                                              int64_t after,
                                              struct letters_walk *out_walk);
SEIN_CHECKED enum sein_err
letters_walk_thread(struct localdb *db, const struct sein_thread_id *thread,
                    struct letters_walk *out_walk);
SEIN_CHECKED enum sein_err letters_walk_next(struct letters_walk *walk,
                                             struct letter *out_letter);
void letters_walk_end(struct letters_walk *walk);

/** letters_count - rows in a direction and state; state 0: all. */
SEIN_CHECKED enum sein_err letters_count(struct localdb *db,
                                         enum letter_direction direction,
                                         uint64_t state, int64_t *out_count);

#endif
