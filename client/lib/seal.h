/*
 * Sealing many letters at once, on two threads.
 *
 * A job is made ready by whoever knows home and directory; sealing it touches
 * nothing but the job.
 * Threads: seal_all uses one more than the caller's, and waits for it.
 */
#ifndef SEIN_CLIENT_LIB_SEAL_H
#define SEIN_CLIENT_LIB_SEAL_H

#include "proto/blind/letter.h"

/** One letter to be sealed into the item that a put carries. */
struct seal_job {
    struct sein_letter_draft draft; /* views are borrowed */
    uint8_t prekey[SEIN_KEY_BYTES];
    bool paired; /* sealed with psk too */
    struct sein_letter_psk psk;
    const uint8_t *secret; /* SEIN_SIGN_SECRET_BYTES, borrowed */
    enum sein_err err;     /* set by sealing */
    uint8_t *item;         /* gives: array of from and letter; free */
    size_t item_len;
    struct sein_hash item_hash;
};

/** seal_all - seal count jobs; each has its own result. */
void seal_all(struct seal_job *jobs, size_t count);

/** seal_free - free what sealing gave, and wipe the keys. */
void seal_free(struct seal_job *jobs, size_t count);

#endif
