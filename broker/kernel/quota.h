/*
 * What one member may ask of the broker: items a second, letters and bytes
 * waiting, presences, connections.
 *
 * The bucket lives in memory; what waits is counted by the store.
 *  1. 0 <= member.millitokens <= 1000 * items_burst.
 * Threads: one thread per kernel.  Source: PROTOCOL.md section 10, put.
 */
#ifndef SEIN_BROKER_KERNEL_QUOTA_H
#define SEIN_BROKER_KERNEL_QUOTA_H

#include "broker/kernel/state.h"

/* A member that did something since the kernel was made. */
struct member {
    struct table_node node; /* by oin; first, so that it is the struct */
    struct sein_oin oin;
    uint64_t millitokens;
    int64_t filled_at_ms;
    uint64_t sessions;
};

/** member_open - find a member's counters, or make them with a full bucket.
 *
 * oin      SEIN_OIN_CHARS long, of the directory
 * Errors:  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err member_open(struct kernel *kernel,
                                       struct sein_slice oin,
                                       struct member **out_member);

/**
 * quota_take_item - one item out of the member's bucket.
 *
 * out_at_ms  set with SEIN_EQUOTA: when there is one again
 * Errors:    SEIN_EQUOTA.
 */
SEIN_CHECKED enum sein_err quota_take_item(const struct kernel *kernel,
                                           struct member *member,
                                           int64_t *out_at_ms);

/** quota_check_waiting - whether another letter of len bytes may wait.
 *
 * Errors:  SEIN_EQUOTA, with out_at_ms; those common to the store. */
SEIN_CHECKED enum sein_err quota_check_waiting(const struct kernel *kernel,
                                               struct sein_slice oin,
                                               size_t len, int64_t *out_at_ms);

/** quota_check_presences - whether the member may leave one more presence.
 *
 * Errors:  SEIN_EQUOTA, with out_at_ms; those common to the store. */
SEIN_CHECKED enum sein_err quota_check_presences(const struct kernel *kernel,
                                                 struct sein_slice oin,
                                                 int64_t *out_at_ms);

/** quota_check_session - whether one more connection of the member may open.
 *
 * Errors:  SEIN_EQUOTA of the member, SEIN_EBUSY of all; with out_at_ms. */
SEIN_CHECKED enum sein_err quota_check_session(const struct kernel *kernel,
                                               struct sein_slice oin,
                                               int64_t *out_at_ms);

#endif
