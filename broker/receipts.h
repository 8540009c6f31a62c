/*
 * Receipts: the leaves of a turn, their tree, one signed head per commit, and
 * receipts for what was accepted now or before.
 *
 * A turn: receipts_begin, receipts_add per accepted operation, receipts_seal,
 * then receipts_write as often as wanted, and receipts_end with what became of
 * the commit.
 *  1. log_id, seq and prev are those of the newest head on disk iff loaded.
 *  2. Every operation added is in the store's table of operations and under
 *     the head that receipts_seal puts, in one transaction.
 * Threads: one thread per struct.  Source: PROTOCOL.md section 11.
 */
#ifndef SEIN_BROKER_RECEIPTS_H
#define SEIN_BROKER_RECEIPTS_H

#include "broker/store/store.h"
#include "proto/trust/receipt.h"

/** One head with its tree, ready to give paths. */
struct receipts_page {
    uint64_t seq; /* 0: none */
    uint8_t head[SEIN_HEAD_MAX];
    size_t head_len;
    uint8_t signature[SEIN_SIG_BYTES];
    struct sein_hash *leaves;
    size_t count;
    struct sein_tree tree;
};

struct receipts {
    const uint8_t *secret; /* SEIN_SIGN_SECRET_BYTES */
    bool loaded;
    struct sein_log_id log_id;
    uint64_t seq;          /* of the newest head; 0: none yet */
    struct sein_hash prev; /* its hash; zeros when there is none */
    int64_t now_ms;
    struct sein_hash *leaves; /* of this turn */
    size_t count, max;
    struct receipts_page now;  /* this turn's, once sealed */
    struct receipts_page then; /* the last one looked up */
    bool changed;              /* the log was started */
};

/** receipts_init - secret is kept; receipts_deinit frees all. */
void receipts_init(struct receipts *receipts, const uint8_t *secret);
void receipts_deinit(struct receipts *receipts);

/**
 * receipts_begin - begin a turn; reads the newest head the first time, and
 * starts a log when there is none.
 *
 * Errors:  those common to the store; SEIN_EDAMAGED the newest head is not one.
 */
SEIN_CHECKED enum sein_err receipts_begin(struct receipts *receipts,
                                          struct store_txn *txn,
                                          int64_t now_ms);

/** receipts_room - whether this turn's tree takes another leaf. */
bool receipts_room(const struct receipts *receipts);

/** receipts_left - how many more it takes. */
size_t receipts_left(const struct receipts *receipts);

/**
 * receipts_add - record an operation as accepted in this turn.
 *
 * event    borrowed; its time is not looked at
 * out_op   written: what the store keeps of it
 * Errors:  SEIN_ERANGE no room for a leaf; else those common to the store.
 */
SEIN_CHECKED enum sein_err receipts_add(struct receipts *receipts,
                                        struct store_txn *txn,
                                        const struct sein_leaf_event *event,
                                        struct store_op *out_op);

/**
 * receipts_seal - put the head over this turn's leaves; none: nothing.
 *
 * Errors:  as receipts_begin.
 */
SEIN_CHECKED enum sein_err receipts_seal(struct receipts *receipts,
                                         struct store_txn *txn);

/**
 * receipts_page_of - the head that an operation stands under; after
 * receipts_seal.
 *
 * out_page  borrowed until the next call
 * Errors:   SEIN_ENOENT its leaves are not kept any more; else as
 *           receipts_begin.
 */
SEIN_CHECKED enum sein_err
receipts_page_of(struct receipts *receipts, struct store_txn *txn,
                 uint64_t head_seq, const struct receipts_page **out_page);

/**
 * receipts_write - one receipt.
 *
 * page     the operation's
 * head     which of the confirm's heads it is
 * Errors:  SEIN_ENOENT the page does not hold the operation: damaged, or of
 *          another log.
 */
SEIN_CHECKED enum sein_err
receipts_write(const struct receipts_page *page, struct sein_slice oin,
               const struct sein_op_id *op_id, const struct store_op *op,
               uint64_t head, struct sein_writer *out);

/** receipts_end - committed: what was sealed is the newest; else it never
 *  was. */
void receipts_end(struct receipts *receipts, bool committed);

#endif
