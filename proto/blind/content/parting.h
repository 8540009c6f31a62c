/*
 * Parting: one of two desks that were introduced ends it, for both.
 *
 * Threads: safe.  Source: PROTOCOL.md sections 9 and 16.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_PARTING_H
#define SEIN_PROTO_BLIND_CONTENT_PARTING_H

#include "proto/base/limits.h"
#include "proto/wire/schema.h"

/** The two reasons there are. */
#define SEIN_PARTING_NOT_SAME "not_same_household"
#define SEIN_PARTING_ENDED "ended"

struct sein_parting {
    uint64_t at;
    struct sein_slice reason; /* one of the two; borrowed */
};
extern const struct sein_schema sein_parting_schema;

/** sein_parting_check - SEIN_ECODE unless the reason is one of the two. */
SEIN_CHECKED enum sein_err
sein_parting_check(const struct sein_parting *parting);

#endif
