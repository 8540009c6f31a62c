/*
 * Whether an opened letter is what it says it is, by the directory.
 *
 * Deliberately not here: whether its id was seen before (the client remembers),
 * who may send what (sein_may_letter), what its content means.
 * Threads: safe; sodium_init must have been called.
 */
#ifndef SEIN_PROTO_BLIND_LETTER_VERIFY_H
#define SEIN_PROTO_BLIND_LETTER_VERIFY_H

#include "proto/blind/letter.h"

struct sein_directory;

/** How a letter that was verified is shown. */
enum sein_letter_standing {
    SEIN_LETTER_GENUINE,
    SEIN_LETTER_QUARANTINE, /* key revoked: check by telephone */
};

/**
 * sein_letter_verify - whether an opened letter is what it says it is.
 *
 * dir          borrowed; the newest that is known
 * own_desk     the desk it was delivered to
 * accepted_at  when the broker took it, from the delivery
 * now          the recipient's clock
 * out_standing set when SEIN_OK is returned: genuine, or quarantine when the
 *              key was revoked
 *
 * Errors, the first that holds:
 *          SEIN_EOPEN     it is addressed to another desk
 *          SEIN_EEXPIRED  an hour or more past expires
 *          SEIN_ETIME     the id's time is more than 2 minutes ahead
 *          SEIN_EDIRNEWER the key is not known and the letter names a newer
 *                         directory; fetch it and ask again
 *          SEIN_EKEY      the key is not known
 *          SEIN_ESIG      the signature is not by that key
 *          SEIN_EDIRNEWER it is, and the letter names a newer directory
 *          SEIN_EDIRROLLBACK  it names another directory of the same version
 *          SEIN_ETIME     created is more than 2 minutes ahead
 *          SEIN_EDESK, SEIN_EDESKKEY  no such sender; not a desk of that key
 *          SEIN_ENOTYET   the key is not active yet
 *          SEIN_ERETIRED  retired when the broker took it, or when it was made
 * and SEIN_ENOMEM when there is no memory to verify with.
 * Replay, roles and content are the caller's next steps.
 * Source:  PROTOCOL.md sections 6 and 8.
 */
SEIN_CHECKED enum sein_err
sein_letter_verify(const struct sein_directory *dir,
                   const struct sein_opened_letter *opened,
                   struct sein_slice own_desk, int64_t accepted_at, int64_t now,
                   enum sein_letter_standing *out_standing);

#endif
