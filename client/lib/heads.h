/*
 * The broker's log as this home sees it: heads that form one chain, and
 * receipts under them.
 *
 * Checked is how far the chain was followed link by link; newest is the
 * highest signed head seen.  What lies between is asked for when there is
 * nothing else to do.
 *  1. A head counts iff the receipt key of the directory's broker signed it.
 *  2. Two different heads with one log and number are an alarm, kept as
 *     evidence; so is a chain that does not join up.
 * Threads: one thread per home.  Source: PROTOCOL.md section 11.
 */
#ifndef SEIN_CLIENT_LIB_HEADS_H
#define SEIN_CLIENT_LIB_HEADS_H

#include "client/lib/client.h"
#include "proto/trust/receipt.h"

/** The heads of one confirm; views borrow the frame. */
struct heads_set {
    struct sein_head heads[SEIN_HEADS_MAX];
    bool good[SEIN_HEADS_MAX];
    size_t count;
};

/**
 * heads_check - verify the heads of a confirm, and take them into the chain.
 *
 * Within a transaction.  A head that does not verify raises an alarm and is not
 * good.  Errors: those of localdb.h and wire/schema.h.
 */
SEIN_CHECKED enum sein_err heads_check(struct client *client,
                                       const struct sein_list *list,
                                       struct heads_set *out_set);

/**
 * heads_check_receipt - whether an operation stands under one of them.
 *
 * out_head  set to the head
 * Errors:   SEIN_EPROOF; those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
heads_check_receipt(const struct client *client, const struct heads_set *set,
                    struct sein_slice receipt, enum sein_leaf_type type,
                    const struct sein_op_id *op_id,
                    const struct sein_hash *item_hash,
                    const struct sein_head **out_head);

/** heads_get - a stored head, for whoever checks a receipt again.
 *
 * Errors:  SEIN_ENOENT; those of localdb.h. */
SEIN_CHECKED enum sein_err heads_get(struct sein_home *home,
                                     const struct sein_log_id *log_id,
                                     uint64_t seq,
                                     struct localdb_plain *out_signed_head);

/** heads_ask - ask for what lies between checked and newest, if anything. */
SEIN_CHECKED enum sein_err heads_ask(struct client *client);
SEIN_CHECKED enum sein_err heads_take(struct client *client,
                                      struct sein_slice body);

/** How far the chain was followed; for status and doctor. */
struct heads_position {
    struct sein_log_id log_id;
    uint64_t checked_seq; /* 0: nothing yet */
    struct sein_hash checked_hash;
    uint64_t newest_seq;
    struct sein_hash newest_hash;
};
SEIN_CHECKED enum sein_err heads_load_position(struct sein_home *home,
                                               struct heads_position *out);

#endif
