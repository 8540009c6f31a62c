/*
 * Meetings: who else stands under a presence of ours, as far as that was
 * verified.
 *
 *     NOTICED → ACCEPTING → ACCEPTED → REVEALED → PARTED or ENDED
 *         ↘ DECLINED
 *
 * In a circle that reveals directly a meeting begins as REVEALED.  Declining
 * sends nothing, so that nobody can tell it from silence.
 *  1. A row exists iff the other side's note held under our own keys; it names
 *     the other side iff its whole deposit did.
 *  2. A pair that was parted stays parted, also when the other side comes back
 *     under the tag.
 * Threads: one thread per home.  Errors of all calls: those of localdb.h.
 * Source: PROTOCOL.md sections 16 and 17.
 */
#ifndef SEIN_CLIENT_LIB_MEETINGS_H
#define SEIN_CLIENT_LIB_MEETINGS_H

#include "client/lib/localdb.h"
#include "client/lib/presences.h"

/* Numbers are on disk. */
enum meeting_state {
    MEETING_NOTICED = 1,
    MEETING_DECLINED = 2,  /* here only */
    MEETING_ACCEPTING = 3, /* we said yes; the broker has not confirmed it */
    MEETING_ACCEPTED = 4,
    MEETING_REVEALED = 5,
    MEETING_PARTED = 6, /* one of the two says: another household */
    MEETING_ENDED = 7,  /* the other side, or ours, is not there any more */
};

/** The word of a state in documents; "unknown" for no such number. */
const char *meeting_state_word(uint64_t state);

struct meeting {
    int64_t id; /* 0: not stored yet */
    struct sein_match_id match_id;
    int64_t presence; /* row of ours */
    uint64_t state;
    struct sein_thread_id thread; /* of the pair; zeros before the reveal */
    uint64_t link;                /* the other side's, as is label */
    char label[SEIN_LABEL_MAX + 1];
    struct sein_desk_name peer; /* empty before the reveal, as is deposit */
    uint8_t deposit[SEIN_DEPOSIT_MAX];
    size_t deposit_len;
    struct sein_op_id accept; /* of the request; zeros: none */
    uint64_t noticed_at;
    uint64_t revealed_at;
    uint64_t ended_at;
    struct sein_letter_id intro_out; /* zeros: none */
    struct sein_letter_id intro_in;
};

SEIN_CHECKED enum sein_err meetings_insert(struct localdb *db,
                                           struct meeting *meeting);
SEIN_CHECKED enum sein_err meetings_update(struct localdb *db,
                                           const struct meeting *meeting);
/** meetings_remove_all - those of a presence, which goes too. */
SEIN_CHECKED enum sein_err meetings_remove_all(struct localdb *db,
                                               int64_t presence);
/** meetings_end_all - ours is not there any more. */
SEIN_CHECKED enum sein_err meetings_end_all(struct localdb *db,
                                            int64_t presence);

/** Finding: by row; by match and our presence; by the pair's thread and the
 *  desk of the other side, empty for any (a home with both desks has two rows
 *  of one pair).  Errors: SEIN_ENOENT. */
SEIN_CHECKED enum sein_err meetings_get(struct localdb *db, int64_t id,
                                        struct meeting *out);
SEIN_CHECKED enum sein_err meetings_find(struct localdb *db,
                                         const struct sein_match_id *match_id,
                                         int64_t presence, struct meeting *out);
SEIN_CHECKED enum sein_err
meetings_find_thread(struct localdb *db, const struct sein_thread_id *thread,
                     struct sein_slice peer, struct meeting *out);

/** Walking, oldest first: those of a state (0: all), of a presence, or of the
 *  presences of a thread of signals; next until SEIN_ENOENT.  Rows may be
 *  changed meanwhile. */
struct meetings_walk {
    struct localdb_query *query;
};
SEIN_CHECKED enum sein_err meetings_walk_state(struct localdb *db,
                                               uint64_t state,
                                               struct meetings_walk *out);
SEIN_CHECKED enum sein_err meetings_walk_presence(struct localdb *db,
                                                  int64_t presence,
                                                  struct meetings_walk *out);
SEIN_CHECKED enum sein_err
meetings_walk_household(struct localdb *db, const struct sein_thread_id *thread,
                        struct meetings_walk *out);
SEIN_CHECKED enum sein_err meetings_walk_next(struct meetings_walk *walk,
                                              struct meeting *out);
void meetings_walk_end(struct meetings_walk *walk);

/**
 * meetings_introduced - whether we introduced ourselves to that desk before
 * around a household that this presence is for, under whatever link.
 *
 * Cost: linear in the meetings of those households.
 */
SEIN_CHECKED enum sein_err meetings_introduced(struct localdb *db,
                                               const struct meeting *meeting,
                                               bool *out_introduced);

/** meetings_part - remember a pair that is not one household;
 *  meetings_is_parted asks. */
SEIN_CHECKED enum sein_err meetings_part(struct localdb *db,
                                         const struct presence *own,
                                         struct sein_slice peer,
                                         int64_t now_ms);
SEIN_CHECKED enum sein_err meetings_is_parted(struct localdb *db,
                                              const struct presence *own,
                                              struct sein_slice peer,
                                              bool *out_parted);

#endif
