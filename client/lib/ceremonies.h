/*
 * Ceremonies of a home: keys made with the other keyholders, over letters.
 *
 * Each call goes as far as it can and stops where a letter of somebody else is
 * needed; what was said stays the same after a restart.
 *  1. The secret is durable before a letter leaves that was made from it: both
 *     are written in one transaction.
 *  2. Once the share was handed out as a file, secret and shares are gone from
 *     the home; the record stays.
 * Threads: one thread per home.  Source: PROTOCOL.md section 19.
 */
#ifndef SEIN_CLIENT_LIB_CEREMONIES_H
#define SEIN_CLIENT_LIB_CEREMONIES_H

#include <jansson.h>

#include "client/lib/home.h"

struct ceremonies_request {
    const char *circle;
    uint64_t epoch;
    bool open;              /* begin it: one of the holders does */
    bool abandon;           /* forget what this home has of it */
    const char *purpose;    /* with open; NULL: a standing text */
    const char *share_path; /* where the share goes at the end; may be NULL */
};

/**
 * ceremonies_step - go on with one ceremony.
 *
 * out_doc  gives: {circle, epoch, round, holders: [{index, desk, state}],
 *          missing: [desk], culprit, done, record, share}
 *
 * Errors:  SEIN_ENOTJOINED, SEIN_ENOTADMITTED; SEIN_ECIRCLE; SEIN_EEPOCH the
 *          directory does not name that epoch; SEIN_EROLE no desk of this home
 *          holds a share of it; SEIN_ENOENT nobody has opened it, or there is
 *          nothing to abandon; SEIN_EEXIST it was opened before, or the share's
 *          file is there already; SEIN_EKEY a holder has no active key; those
 *          of ceremony.h, localdb.h and files.h.
 */
SEIN_CHECKED enum sein_err
ceremonies_step(struct sein_home *home,
                const struct ceremonies_request *request, json_t **out_doc);

#endif
