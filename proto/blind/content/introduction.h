/*
 * The introduction: what two desks that verified each other's presence write
 * first.  Whom to call, the sender's own deposit, and who has the regie as far
 * as the sender knows; nothing of what is the matter.
 *
 * Threads: safe.  Source: PROTOCOL.md sections 9 and 16.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_INTRODUCTION_H
#define SEIN_PROTO_BLIND_CONTENT_INTRODUCTION_H

#include "proto/base/limits.h"
#include "proto/wire/schema.h"

struct sein_introduction {
    uint64_t at;
    struct sein_slice contact; /* empty iff absent; borrowed, as the next two */
    struct sein_slice deposit; /* the sender's whole current sein_deposit */
    struct sein_list regie;    /* of byte strings: signed statements of
                                * blind/regie.h, oldest first */
};
extern const struct sein_schema sein_introduction_schema;

/**
 * sein_introduction_check - that the deposit does not contradict itself, and
 * that the list holds byte strings of a statement's size; who signed them is
 * asked of others.
 *
 * Errors:  those of sein_presence_open and wire/unpack.h; SEIN_ERANGE a
 *          statement is empty or above SEIN_REGIE_MAX.
 */
SEIN_CHECKED enum sein_err
sein_introduction_check(const struct sein_introduction *introduction);

/**
 * sein_introduction_next - the next statement of the list, which the caller
 * opened with sein_items_begin.
 *
 * Errors:  SEIN_ENOENT none is left; else as sein_introduction_check.
 */
SEIN_CHECKED enum sein_err
sein_introduction_next(struct sein_items *items,
                       struct sein_slice *out_statement);

#endif
