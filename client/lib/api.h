/*
 * What the files behind sein.h share.
 *
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_API_H
#define SEIN_CLIENT_LIB_API_H

#include <jansson.h>

#include "client/lib/home.h"
#include "client/lib/letters.h"

/** api_begin - forget the problem of the call before. */
void api_begin(struct sein_home *home);

/** api_end - what a call returns; the problem says at least which error. */
int api_end(struct sein_home *home, enum sein_err err);

/** api_give - give a document to the visitor; takes doc.
 *
 * Returns SEIN_OK, SEIN_ENOMEM, or SEIN_ECANCELED when the visitor wants to
 * stop. */
SEIN_CHECKED enum sein_err api_give(json_t *doc, sein_visit *visit,
                                    void *context);

/**
 * api_find_sent - the newest letter that a struct sein_which means.
 *
 * Errors:  SEIN_ENOENT; SEIN_EUSAGE neither id nor circle with source_id;
 *          SEIN_EFORMAT the id is not 32 hex digits; those of localdb.h.
 */
SEIN_CHECKED enum sein_err api_find_sent(struct sein_home *home,
                                         const struct sein_which *which,
                                         struct letter *out_letter);

/** api_find_received - by letter id as hex.  Errors: as above. */
SEIN_CHECKED enum sein_err api_find_received(struct sein_home *home,
                                             const char *letter_id,
                                             struct letter *out_letter);

/** api_log_access - who did what, in the access log. */
SEIN_CHECKED enum sein_err
api_log_access(struct sein_home *home, const struct sein_op_id *operation,
               const char *action, const struct letter_row *about,
               const char *detail, uint64_t count, int64_t now_ms);

#endif
