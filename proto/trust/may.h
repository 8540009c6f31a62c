/*
 * The one answer to "may this key do that now?", asked on every path: live,
 * replayed, redelivered, restored.
 *
 * Threads: safe.  Source: PROTOCOL.md sections 6, 9 and 10.
 */
#ifndef SEIN_PROTO_TRUST_MAY_H
#define SEIN_PROTO_TRUST_MAY_H

#include "proto/trust/directory.h"

enum sein_verb {
    SEIN_MAY_CONNECT,
    SEIN_MAY_READ,     /* hello for a desk, delivery, ack */
    SEIN_MAY_PUT,      /* as sender desk */
    SEIN_MAY_WITHDRAW, /* as sender desk */
    SEIN_MAY_PREKEY,   /* publish for a desk */
    SEIN_MAY_PRESENCE, /* put a presence or accept a match, as that desk */
    SEIN_MAY_EVALUATE, /* ask keyholders, as that desk */
    SEIN_MAY_HOLD,     /* evaluate for others, as that keyholder desk */
};

/**
 * sein_may - whether a key may use a verb for a desk.
 *
 * desk     the OIN/name acted for; ignored (may be empty) for SEIN_MAY_CONNECT
 * out_key, out_desk  may be NULL; the entries found
 *
 * Errors:  SEIN_EKEY, SEIN_EREVOKED, SEIN_ERETIRED, SEIN_ENOTYET of the key;
 *          SEIN_ELEFT the member left and the verb begins something: put,
 *          prekey, presence, evaluate or hold; SEIN_EDESK no such desk;
 *          SEIN_EDESKKEY not a desk of this key; SEIN_EROLE the verb is hold
 *          and the desk is keyholder of no circle; SEIN_EDIREXPIRED the
 *          directory is over and the verb is put, presence, evaluate or hold.
 */
SEIN_CHECKED enum sein_err
sein_may(const struct sein_directory *dir, const struct sein_key_id *key_id,
         enum sein_verb verb, struct sein_slice desk, int64_t now_ms,
         const struct sein_key **out_key, const struct sein_desk **out_desk);

/**
 * sein_may_route - what the broker can see of a letter's right to travel.
 *
 * from, to   desks; circle: its name
 *
 * Errors:  SEIN_ECIRCLE, SEIN_ECIRCLEENDED; SEIN_EDESK no such recipient;
 *          SEIN_ELEFT the recipient's member left; SEIN_EROLE one of the two
 *          has no role in the circle.
 */
SEIN_CHECKED enum sein_err
sein_may_route(const struct sein_directory *dir, const struct sein_desk *from,
               struct sein_slice to, struct sein_slice circle, int64_t now_ms);

/**
 * sein_may_presence - whether a desk may register under that link now.
 *
 * desk     as sein_may gave it
 * link     one enum sein_link
 *
 * Errors:  SEIN_ECIRCLE, SEIN_ECIRCLEENDED; SEIN_EROLE it is not introduced
 *          there; SEIN_ELINK its role does not have that link, or there is no
 *          such link; SEIN_EEPOCH the circle has no such epoch, or it is not
 *          open.
 */
SEIN_CHECKED enum sein_err sein_may_presence(const struct sein_directory *dir,
                                             const struct sein_desk *desk,
                                             struct sein_slice circle,
                                             uint64_t epoch, uint64_t link,
                                             int64_t now_ms);

/**
 * sein_may_evaluate - whether a desk may have a keyholder evaluate now.
 *
 * holder   the desk that is asked
 *
 * Errors:  as sein_may_presence, without SEIN_ELINK; SEIN_EROLE also when
 *          holder holds no share of that epoch.
 */
SEIN_CHECKED enum sein_err
sein_may_evaluate(const struct sein_directory *dir,
                  const struct sein_desk *desk, struct sein_slice circle,
                  uint64_t epoch, struct sein_slice holder, int64_t now_ms);

/**
 * sein_may_match - whether two presences under one tag may be told of each
 * other.
 *
 * Whether both are live, and whether circle and epoch are open, was asked when
 * they were put.
 * Errors:  SEIN_ECIRCLE; SEIN_EPARTY the two are one desk; SEIN_EDESK;
 *          SEIN_EROLE one of them is not introduced there; SEIN_ELINK the
 *          links do not match in this circle, or one is not its desk's.
 */
SEIN_CHECKED enum sein_err
sein_may_match(const struct sein_directory *dir, struct sein_slice circle,
               struct sein_slice desk_a, uint64_t link_a,
               struct sein_slice desk_b, uint64_t link_b);

/* Letter kinds, PROTOCOL.md section 9. */
enum sein_letter_kind {
    SEIN_LETTER_SIGNAL = 1,
    SEIN_LETTER_CORRECTION = 2,
    SEIN_LETTER_WITHDRAWAL = 3,
    SEIN_LETTER_CLOSING = 4,
    SEIN_LETTER_FEEDBACK = 5,
    SEIN_LETTER_MESSAGE = 6,
    SEIN_LETTER_RECEIPT = 7,
    SEIN_LETTER_INVITATION = 8,
    SEIN_LETTER_REFERRAL = 9,
    SEIN_LETTER_CONSULT = 10,
    SEIN_LETTER_INTRODUCTION = 20,
    SEIN_LETTER_REGIE = 21,
    SEIN_LETTER_PARTING = 22, /* not the same household, or ended */
    /* 23 is kept for a circle pack. */
    SEIN_LETTER_CEREMONY = 24,
    SEIN_LETTER_KIND_COUNT = 25,
};

/** sein_letter_known - whether this version knows a letter kind. */
bool sein_letter_known(uint64_t kind);

/** What both sides know of a thread when a letter in it is judged. */
struct sein_thread_view {
    bool known; /* false: the letter opens it */
    /* SEIN_LETTER_INTRODUCTION: the thread of two desks whose match was
     * verified (sein_pair_thread); no letter opened it. */
    enum sein_letter_kind opened_with;
    struct sein_slice opener; /* desk that opened it; borrowed */
    struct sein_slice other;  /* desk it was opened to; of a pair the two
                               * stand in any order; borrowed */
    struct sein_slice circle; /* the thread never leaves it; borrowed */
};

/**
 * sein_may_letter - the table of PROTOCOL.md section 9, for sender and
 * recipient alike.
 *
 * A message goes only into a thread that a signal opened, or into that of two
 * desks that were introduced and may still be.
 * thread   borrowed; NULL: not known
 * Errors:  SEIN_EKIND the kind is not one of this version (kept, not refused,
 *          by a recipient); SEIN_EDESK; SEIN_ECIRCLE; SEIN_EROLE; SEIN_EPARTY a
 *          desk that is no party of the thread, another circle, a thread that
 *          is not known to a kind that needs one, or a receipt in a thread that
 *          is not there.
 */
SEIN_CHECKED enum sein_err
sein_may_letter(const struct sein_directory *dir, uint64_t kind,
                struct sein_slice from, struct sein_slice to,
                struct sein_slice circle,
                const struct sein_thread_view *thread);

/**
 * sein_letter_paired - whether a letter is between two who were introduced, so
 * that it must be sealed with the household's key (mode psk); all others must
 * not be.
 *
 * thread   borrowed; NULL: not known
 */
bool sein_letter_paired(uint64_t kind, const struct sein_thread_view *thread);

#endif
