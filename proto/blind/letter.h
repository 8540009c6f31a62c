/*
 * Letters: what two desks say to each other, signed, padded and sealed.
 *
 * Sealing: body, signed, laid out in the smallest of four sizes, HPKE to the
 * recipient's prekey with the header as AAD.  Opening is the way back, and
 * gives nothing out before every layer held.  Whether the signer is who it says
 * it is comes after, in letter_verify.h, which asks the directory.
 *
 * Deliberately not here: whether the letter id was seen before (the client
 * remembers), who may send what (sein_may_letter), what the content means
 * (content/content.h), and any storing or sending.
 *  1. A struct sein_opened_letter is filled iff header and body agree byte for
 *     byte, the filling was zeros and the size was the smallest that fits.
 *  2. It proves nothing about `from` until sein_letter_verify returned SEIN_OK.
 * Threads: all functions are safe on distinct buffers; sodium_init must have
 * been called.
 */
#ifndef SEIN_PROTO_BLIND_LETTER_H
#define SEIN_PROTO_BLIND_LETTER_H

#include "proto/base/ids.h"
#include "proto/base/limits.h"
#include "proto/wire/msg_letter.h"

struct sein_hpke_pair;

/** What mode psk adds: the keys of an introduction; secret. */
struct sein_letter_psk {
    uint8_t ki[SEIN_KEY_BYTES];
    uint8_t tag[SEIN_KEY_BYTES];
};

/** A letter's inside (PROTOCOL.md section 8); views borrow its bytes. */
struct sein_letter_body {
    struct sein_slice header; /* the outside's bytes again */
    struct sein_slice from;
    struct sein_key_id key_id;
    uint64_t created;
    uint64_t kind; /* enum sein_letter_kind, or one that is newer */
    struct sein_thread_id thread;
    uint64_t dir_version;
    struct sein_hash dir_hash;
    struct sein_slice content; /* a map, content/content.h */
};
extern const struct sein_schema sein_letter_body_schema;

/** All that a sender decides about a letter; every view is borrowed. */
struct sein_letter_draft {
    struct sein_slice circle;
    uint32_t epoch; /* 0 in a circle without keyholders */
    struct sein_letter_id letter_id;
    struct sein_slice from; /* OIN/name */
    struct sein_slice to;   /* OIN/name */
    struct sein_prekey_id to_prekey_id;
    int64_t expires; /* a whole hour: sein_letter_expiry */
    struct sein_key_id key_id;
    int64_t created;
    uint64_t kind;
    struct sein_thread_id thread; /* the letter id when it opens the thread */
    uint64_t dir_version;
    struct sein_hash dir_hash;
    struct sein_slice content;
};

/** A letter that opened; view borrows the letter, the rest the scratch. */
struct sein_opened_letter {
    struct sein_letter_view view;
    struct sein_letter_body body;
    struct sein_slice signed_bytes; /* the body as it travelled */
    const uint8_t *signature;       /* SEIN_SIG_BYTES */
};

/**
 * sein_letter_expiry - when a letter with this id and life ends.
 *
 * life_ms  1 .. SEIN_LETTER_LIFE_MS
 * out_expires  set to the id's time plus life, rounded up to a whole hour
 *
 * Errors:  SEIN_ELIFE life_ms is outside its range.
 */
SEIN_CHECKED enum sein_err sein_letter_expiry(const struct sein_letter_id *id,
                                              int64_t life_ms,
                                              int64_t *out_expires);

/** sein_letter_opens_thread - whether letters of that kind open a thread, so
 *  that their thread is their own letter id: signal, invitation, referral and
 *  consult. */
bool sein_letter_opens_thread(uint64_t kind);

/**
 * sein_letter_seal - sign, pad and seal one letter for one recipient.
 *
 * draft    borrowed
 * prekey   borrowed; the public half that draft->to_prekey_id names
 * secret   borrowed; the Ed25519 secret of draft->key_id
 * psk      borrowed; NULL for mode base
 * out      written, max bytes, SEIN_LETTER_MAX always suffice; untouched
 *          unless SEIN_OK is returned; may not overlap the input
 * out_len  set to the letter's length in bytes
 *
 * Errors:  SEIN_ECIRCLE, SEIN_EDESK a name not written so; SEIN_ELIFE expires
 *          is not a whole hour, not after the id's time, or more than 30 days
 *          (rounded up) after it; SEIN_ECONTENT the thread of an opening letter
 *          is not its id; SEIN_ERANGE created is negative, or another field is
 *          outside its bounds; SEIN_ETOOLONG the content does not fit, is above
 *          SEIN_LETTER_CONTENT_MAX, does not fit the smallest size in a
 *          receipt, or max is too small; SEIN_ELOWORDER the prekey is a weak
 *          point; SEIN_ENOMEM.
 * Secret:  what is in the clear on the way is wiped, whatever the result.
 * Source:  PROTOCOL.md section 8.
 */
SEIN_CHECKED enum sein_err
sein_letter_seal(const struct sein_letter_draft *draft,
                 const uint8_t prekey[static SEIN_KEY_BYTES],
                 const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                 const struct sein_letter_psk *psk, uint8_t *out, size_t max,
                 size_t *out_len);

/**
 * sein_letter_open - split, open and decode one letter.
 *
 * letter   borrowed
 * prekey   borrowed; the pair that the header's to_prekey_id names
 * psk      borrowed; the one whose hint matched, NULL for mode base
 * scratch  written, scratch_max bytes, SEIN_LETTER_BUCKET_MAX always suffice;
 *          the caller keeps it as long as *out_opened and wipes it after;
 *          wiped here on an error
 *
 * Errors:  those of sein_letter_split; SEIN_ELIFE expires is more than 30 days
 *          (rounded up) after the id's time; SEIN_ETOOLONG scratch is too
 *          small; SEIN_EOPEN it does not open with these keys, or was changed;
 *          SEIN_ELOWORDER; SEIN_EPADDING the length in front is wrong, a
 *          smaller size would have done, or the filling is not zeros;
 *          SEIN_EHEADER the header inside is another; SEIN_EDESK from is not
 *          written so; SEIN_ECONTENT the thread of an opening letter is not its
 *          id; else those of wire/schema.h for the body.
 * Source:  PROTOCOL.md section 8.
 */
SEIN_CHECKED enum sein_err
sein_letter_open(struct sein_slice letter, const struct sein_hpke_pair *prekey,
                 const struct sein_letter_psk *psk, uint8_t *scratch,
                 size_t scratch_max, struct sein_opened_letter *out_opened);

/** sein_letter_hint - what a letter sealed with psk shows in its header.
 *
 * Source:  PROTOCOL.md section 8: MAC(ki, "hint", letter_id), 16 bytes. */
void sein_letter_hint(const struct sein_letter_psk *psk,
                      const struct sein_letter_id *letter_id,
                      uint8_t out_hint[static SEIN_ID_BYTES]);

/** sein_letter_hint_match - whether a letter was sealed with that psk.
 *
 * Secret:  compares in constant time. */
bool sein_letter_hint_match(const struct sein_letter_psk *psk,
                            const struct sein_letter_header *header);

#endif
