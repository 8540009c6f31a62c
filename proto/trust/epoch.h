/*
 * Epoch records: what the keyholders of a circle say of the key that they made
 * together, each under its own signature.
 *
 * Before a ceremony the directory names threshold, holders and window of an
 * epoch (struct sein_dir_epoch); afterwards it carries the record beside them.
 *  1. What decodes has n holders with index 1 to n and t commitments, 2 <= t <=
 *     n; no desk, key or commitment stands twice, no commitment is all zeros.
 *  2. What sein_epoch_check passes also says what the directory named, under
 *     the signatures of all n holders.
 * Whether the commitments are points of the group is not seen here: who
 * computes with them asks that of blind.
 * Threads: safe.  Source: PROTOCOL.md section 6, "Epoch record".
 */
#ifndef SEIN_PROTO_TRUST_EPOCH_H
#define SEIN_PROTO_TRUST_EPOCH_H

#include "proto/trust/directory.h"

#define SEIN_EPOCH_VERSION 1U

struct sein_epoch_holder { /* array */
    uint64_t index;        /* from 1 */
    struct sein_slice desk;
    struct sein_key_id key_id; /* signs the record for that desk */
};
extern const struct sein_schema sein_epoch_holder_schema;

/** A record as it travels: its lists not looked into yet. */
struct sein_epoch_form { /* array */
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    uint64_t t;
    uint64_t n;
    struct sein_list holders;     /* of sein_epoch_holder */
    struct sein_list commitments; /* of SEIN_POINT_BYTES */
    uint64_t not_before;
    uint64_t match_until;
    struct sein_hash transcript;
};
extern const struct sein_schema sein_epoch_form_schema;

/** A record read whole; circle and desks borrow its bytes. */
struct sein_epoch_record {
    struct sein_slice circle;
    uint64_t epoch;
    size_t t;
    size_t n;
    struct sein_epoch_holder holders[SEIN_HOLDERS_MAX];      /* n */
    uint8_t commitments[SEIN_HOLDERS_MAX][SEIN_POINT_BYTES]; /* t: A[0] first */
    uint64_t not_before;
    uint64_t match_until;
    struct sein_hash transcript; /* of the ceremony */
};

/**
 * sein_epoch_record_decode - read a record; who signed it is not asked.
 *
 * bytes       borrowed, 1..SEIN_EPOCH_RECORD_MAX bytes
 * out_record  written; undefined after an error; views borrow bytes
 *
 * Errors:  SEIN_ETOOLONG; SEIN_EVERSION v is not 1; SEIN_ERECORD it breaks the
 *          first invariant; else those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
sein_epoch_record_decode(struct sein_slice bytes,
                         struct sein_epoch_record *out_record);

/**
 * sein_epoch_record_encode - write a record: what the holders sign.
 *
 * record   borrowed; the index of each holder must be there
 * out      written, at most max bytes
 * out_len  set to the bytes written
 *
 * Errors:  SEIN_ERECORD it breaks the first invariant; SEIN_ETOOLONG it does
 *          not fit max or SEIN_EPOCH_RECORD_MAX; else those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
sein_epoch_record_encode(const struct sein_epoch_record *record, uint8_t *out,
                         size_t max, size_t *out_len);

/**
 * sein_epoch_check - whether a record is the one that the directory asked for.
 *
 * A key that was retired or revoked since does not undo its signature: the
 * governance signs the directory that carries the record, or does not.
 * circle      its name
 * named       the directory's entry of the epoch; its own record is not read
 * record      borrowed; signatures: its SIG "epoch", of SEIN_SIG_BYTES each, by
 *             index
 * out_record  NULL, or written when all is well; views borrow record
 *
 * Errors:  SEIN_ERECORD it names another circle, epoch, t, holder, not_before
 *          or match_until, or has not one signature per holder; SEIN_EDESK,
 *          SEIN_EKEY, SEIN_EDESKKEY a holder's desk or key is not in the
 *          directory, or the key not allowed for the desk; SEIN_ESIG a
 *          signature is wrong; SEIN_ENOMEM; else as sein_epoch_record_decode.
 * Cost:    n signatures to verify.
 */
SEIN_CHECKED enum sein_err
sein_epoch_check(const struct sein_directory *dir, struct sein_slice circle,
                 const struct sein_dir_epoch *named, struct sein_slice record,
                 const struct sein_list *signatures,
                 struct sein_epoch_record *out_record);

#endif
