/*
 * How much a member may have evaluated: elements a day (UTC) in a circle.
 *
 * The counter is the holder's own and durable; it is taken before anything is
 * computed, and never given back.
 * Threads: one thread per records.  Source: PROTOCOL.md section 10.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_RATELIMIT_H
#define SEIN_CLIENT_KEYHOLDER_RATELIMIT_H

#include "client/keyholder/records.h"
#include "proto/trust/directory.h"

/** ratelimit_quota - elements a day: the circle's, or that of an exception for
 *  the member that holds now; SEIN_QUOTA_DEFAULT when the circle says nothing.
 */
uint64_t ratelimit_quota(const struct sein_circle *circle,
                         struct sein_slice oin, int64_t now_ms);

/**
 * ratelimit_take - count elements, in the transaction that is open.
 *
 * out_at_ms  set with SEIN_EQUOTA: the next day
 * Errors:    SEIN_EQUOTA not so many are left, and none is taken; those of
 *            records.h.
 */
SEIN_CHECKED enum sein_err ratelimit_take(struct records *records,
                                          struct sein_slice circle,
                                          struct sein_slice oin, uint64_t count,
                                          uint64_t per_day, int64_t now_ms,
                                          int64_t *out_at_ms);

/** ratelimit_forget - days long past.  Errors: those of records.h. */
SEIN_CHECKED enum sein_err ratelimit_forget(struct records *records,
                                            int64_t now_ms);

#endif
