/*
 * What travels about regie: a proposal between two desks, or one of the signed
 * objects of blind/regie.h, which everybody passes on as it is.
 *
 * Threads: safe.  Source: PROTOCOL.md sections 9 and 16.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_REGIE_H
#define SEIN_PROTO_BLIND_CONTENT_REGIE_H

#include "proto/base/limits.h"
#include "proto/wire/schema.h"

/** Exactly one of the three is there; all are borrowed. */
struct sein_regie_content {
    uint64_t at;
    struct sein_slice propose;   /* a desk that the sender would have */
    struct sein_slice release;   /* a signed release */
    struct sein_slice statement; /* a signed statement */
};
extern const struct sein_schema sein_regie_content_schema;

/**
 * sein_regie_content_check - that one of the three is there, and a proposed
 * desk written as one.
 *
 * Errors:  SEIN_ECONTENT none of them, or more than one; SEIN_EDESK.
 */
SEIN_CHECKED enum sein_err
sein_regie_content_check(const struct sein_regie_content *regie);

#endif
