/*
 * What was evaluated for whom, in a log of which no line can be taken out
 * unseen; and which of it came to a presence.
 *
 *  1. hash(n) = SHA-256(hash(n-1) || entry(n)), hash(0) is zeros: whoever wrote
 *     down the newest hash can tell later whether the log before it is whole.
 * Nothing here names a household: ids are random, an actor is a pseudonym.
 * Threads: one thread per records.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_AUDIT_H
#define SEIN_CLIENT_KEYHOLDER_AUDIT_H

#include "client/keyholder/records.h"
#include "proto/wire/msg_eval.h"

/** A line of the log, as an array. */
struct audit_entry {
    uint64_t v;
    uint64_t at;
    struct sein_slice circle;
    uint64_t epoch;
    struct sein_slice oin;
    struct sein_slice desk;
    struct sein_key_id key_id;
    uint8_t actor[SEIN_ID_BYTES];
    struct sein_hash request;
    struct sein_list ids;
};
extern const struct sein_schema audit_entry_schema;

/**
 * audit_note - write down a request, in the transaction that is open.
 *
 * request  decoded, its ids 16 bytes long; borrows
 */
SEIN_CHECKED enum sein_err audit_note(struct records *records,
                                      const struct sein_eval_request *request,
                                      const struct sein_hash *hash,
                                      int64_t now_ms);

/**
 * audit_note_deposits - a part of a list of presences put; the same part again
 * changes nothing.
 *
 * Errors:  SEIN_ECONTENT an id is not 16 bytes long; those of records.h.
 */
SEIN_CHECKED enum sein_err
audit_note_deposits(struct records *records,
                    const struct sein_deposits *deposits);

/**
 * audit_check - walk the whole log.
 *
 * out_count  its lines; out_hash the newest hash, zeros when it is empty
 * Errors:    SEIN_ETAMPERED a line was changed, added or taken out; those of
 *            records.h.
 */
SEIN_CHECKED enum sein_err audit_check(struct records *records,
                                       uint64_t *out_count,
                                       struct sein_hash *out_hash);

/** One member in one epoch of a circle. */
struct audit_member {
    struct sein_slice oin;
    struct sein_slice circle;
    uint64_t epoch;
    uint64_t evaluated; /* presences that tags were asked for */
    uint64_t deposited; /* those of them that were put */
    uint64_t newest_day;
};

/** Called per member; false ends. */
typedef bool audit_visit(void *context, const struct audit_member *member);

/**
 * audit_members - evaluated and deposited, from one day up to another (days
 * since 1970 UTC, both included).
 */
SEIN_CHECKED enum sein_err audit_members(struct records *records,
                                         int64_t from_day, int64_t to_day,
                                         audit_visit *visit, void *context);

#endif
