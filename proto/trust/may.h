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
};

/**
 * sein_may - whether a key may use a verb for a desk.
 *
 * desk     the OIN/name acted for; ignored (may be empty) for SEIN_MAY_CONNECT
 * out_key, out_desk  may be NULL; the entries found
 *
 * Errors:  SEIN_EKEY, SEIN_EREVOKED, SEIN_ERETIRED, SEIN_ENOTYET of the key;
 *          SEIN_ELEFT the member left and the verb is put or prekey;
 *          SEIN_EDESK no such desk; SEIN_EDESKKEY not a desk of this key;
 *          SEIN_EDIREXPIRED the directory is over and the verb is put.
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
    SEIN_LETTER_KIND_COUNT = 11,
};

/** What both sides know of a thread when a letter in it is judged. */
struct sein_thread_view {
    bool known; /* false: the letter opens it */
    enum sein_letter_kind opened_with;
    struct sein_slice opener; /* desk that opened it; borrowed */
    struct sein_slice other;  /* desk it was opened to; borrowed */
    struct sein_slice circle; /* the thread never leaves it; borrowed */
};

/**
 * sein_may_letter - the table of PROTOCOL.md section 9, for sender and
 * recipient alike.
 *
 * A message goes only into a thread that a signal opened.
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

#endif
