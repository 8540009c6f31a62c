/*
 * The doctor: is everything as it should be, and if not, what to do.
 *
 * Each check is a function with a name, what it found in a few words, and its
 * mend in Dutch and English.  Nothing is changed; all of it takes at most five
 * seconds, most of them the broker's.
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_DOCTOR_H
#define SEIN_CLIENT_LIB_DOCTOR_H

#include "client/include/sein.h"
#include "client/lib/home.h"

struct doctor_request {
    const char *path; /* of the home */
    sein_visit *visit;
    void *context;
};

/**
 * doctor_run - make every check that can be made.
 *
 * home     NULL: it could not be opened; then only its folder is looked at
 * Errors:  SEIN_ENOMEM, SEIN_ECANCELED.  What is wrong is in the documents.
 */
SEIN_CHECKED enum sein_err doctor_run(struct sein_home *home,
                                      const struct doctor_request *request);

#endif
