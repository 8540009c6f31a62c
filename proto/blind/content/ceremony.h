/*
 * What keyholders tell each other while they make a key: three rounds, each a
 * form of its own under one letter kind.
 *
 * Threads: safe.  Source: PROTOCOL.md section 19.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_CEREMONY_H
#define SEIN_PROTO_BLIND_CONTENT_CEREMONY_H

#include "proto/base/ids.h"
#include "proto/trust/epoch.h"
#include "proto/wire/schema.h"

#define SEIN_CEREMONY_POSSESSION_BYTES (SEIN_POINT_BYTES + SEIN_SCALAR_BYTES)

/** Round 0, of the opener to every holder; arrays, as are all three. */
struct sein_ceremony_open {
    uint64_t v;
    uint64_t round; /* 0 */
    struct sein_slice circle;
    uint64_t epoch;
    struct sein_slice purpose;
    uint64_t t;
    struct sein_list holders; /* of sein_epoch_holder, by index */
    uint64_t not_before;
    uint64_t match_until;
    uint8_t random[SEIN_HASH_BYTES];
};
extern const struct sein_schema sein_ceremony_open_schema;

/** Round 1, of holder i to holder j: all but the share is the same for all. */
struct sein_ceremony_deal {
    uint64_t v;
    uint64_t round;               /* 1 */
    struct sein_hash context;     /* H of the open's bytes */
    struct sein_list commitments; /* of SEIN_POINT_BYTES */
    uint8_t possession[SEIN_CEREMONY_POSSESSION_BYTES];
    uint8_t share[SEIN_SCALAR_BYTES]; /* f_i(j); secret */
};
extern const struct sein_schema sein_ceremony_deal_schema;

/** Round 2, of every holder to every holder: it makes the same record. */
struct sein_ceremony_seal {
    uint64_t v;
    uint64_t round; /* 2 */
    struct sein_hash context;
    struct sein_hash transcript;
    uint8_t signature[SEIN_SIG_BYTES]; /* SIG "epoch" over the record */
};
extern const struct sein_schema sein_ceremony_seal_schema;

/**
 * sein_ceremony_round - which of the three forms a content has.
 *
 * Errors:  SEIN_ECONTENT none of them; else those of wire/unpack.h.
 */
SEIN_CHECKED enum sein_err sein_ceremony_round(struct sein_slice content,
                                               uint64_t *out_round);

#endif
