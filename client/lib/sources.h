/*
 * What a member sent under which number of its own.
 *
 * A source_id is scoped per member and circle.  The content that was sent under
 * it last is remembered as a keyed hash, so that the same content again is
 * known as a duplicate and other content as a correction.
 * Threads: one thread per home.  Errors of all calls: those of localdb.h.
 */
#ifndef SEIN_CLIENT_LIB_SOURCES_H
#define SEIN_CLIENT_LIB_SOURCES_H

#include "client/lib/localdb.h"
#include "proto/base/ids.h"

struct source {
    struct sein_letter_id first;  /* the signal */
    struct sein_letter_id latest; /* it, or its newest correction */
    struct localdb_hash content;  /* of the latest */
};

/** sources_find - what stands under a number.  Errors: SEIN_ENOENT. */
SEIN_CHECKED enum sein_err sources_find(struct localdb *db,
                                        struct sein_slice circle,
                                        struct sein_slice source_id,
                                        struct source *out_source);

/** sources_set - put it there; within a transaction. */
SEIN_CHECKED enum sein_err sources_set(struct localdb *db,
                                       struct sein_slice circle,
                                       struct sein_slice source_id,
                                       const struct source *source);

/** sources_hash - what a number is known by in an import's own memory. */
void sources_hash(const struct localdb *db, struct sein_slice circle,
                  struct sein_slice source_id, struct localdb_hash *out_hash);

#endif
