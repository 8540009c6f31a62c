/*
 * Who opened a thread, as the rules for what may be sent in it need to know: a
 * letter did, or it is that of two desks who were revealed to each other.
 *
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_THREADS_H
#define SEIN_CLIENT_LIB_THREADS_H

#include "client/lib/letters.h"
#include "client/lib/pairs.h"
#include "proto/trust/may.h"

/** What a thread began with, held for its view. */
struct threads_opening {
    struct letter letter;
    struct pair pair;
    struct sein_thread_view view;
};

/** threads_open - find what opened a thread; an unknown one gives a view that
 *  says so.  out_opening gives; threads_close.
 *
 * Errors:  those of localdb.h. */
SEIN_CHECKED enum sein_err threads_open(struct localdb *db,
                                        const struct sein_thread_id *thread,
                                        struct threads_opening *out_opening);
void threads_close(struct threads_opening *opening);

#endif
