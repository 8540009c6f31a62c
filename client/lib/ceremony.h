/*
 * A key without a dealer, as one holder sees it: what it was told so far, and
 * what it may say next.
 *
 * It sends and stores nothing itself.  The owner keeps the opening, the secret
 * of ceremony_secret and every content that ceremony_take believed; feeding
 * them again in any order after a restart leads to the same place.
 *  1. A deal is believed iff its commitments are t points, its proof holds and
 *     its share fits; what does not hold names its maker (ceremony_culprit) and
 *     ends the ceremony.
 *  2. The record is the same for all who believed the same deals: the
 *     transcript hash in it shows when somebody told two stories.
 * Threads: one thread per ceremony.  Source: PROTOCOL.md section 19.
 */
#ifndef SEIN_CLIENT_LIB_CEREMONY_H
#define SEIN_CLIENT_LIB_CEREMONY_H

#include "proto/blind/content/ceremony.h"
#include "proto/blind/dkg.h"
#include "proto/blind/share.h"
#include "proto/trust/line.h"

struct ceremony;

#define CEREMONY_CONTENT_MAX 4096U

/** The bytes of one content. */
struct ceremony_content {
    uint8_t bytes[CEREMONY_CONTENT_MAX];
    size_t len;
};

/**
 * ceremony_open - write the opening of a ceremony that the directory named.
 *
 * named    the epoch in the directory, without a record
 * holders  one per holder, in its order, with the key that will sign
 *
 * Errors:  SEIN_ERECORD holders are not those that were named; SEIN_EEXIST the
 *          epoch has a record; those of sein_schema_encode.
 */
SEIN_CHECKED enum sein_err
ceremony_open(struct sein_slice circle, struct sein_slice purpose,
              const struct sein_dir_epoch *named,
              const struct sein_epoch_holder *holders, size_t n,
              struct ceremony_content *out_open);

/**
 * ceremony_new - join one that was opened.
 *
 * dir      the directory in force: what it names must be what was opened
 * open     borrowed; copied
 * desk     this holder's
 * secret   NULL to begin; or that of ceremony_secret, to go on
 *
 * Errors:  SEIN_ECIRCLE; SEIN_EEPOCH, SEIN_ERECORD it is not what the
 *          directory names; SEIN_EDESK, SEIN_EKEY, SEIN_EDESKKEY a holder's
 *          desk or key; SEIN_EROLE this desk is no holder of it; SEIN_ENOMEM;
 *          those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
ceremony_new(const struct sein_directory *dir, struct sein_slice open,
             struct sein_slice desk, const struct sein_dkg_polynomial *secret,
             struct ceremony **out_ceremony);
void ceremony_free(struct ceremony **ceremony);

/** ceremony_secret - what must be kept, sealed, before anything is sent. */
const struct sein_dkg_polynomial *
ceremony_secret(const struct ceremony *ceremony);

size_t ceremony_holder_count(const struct ceremony *ceremony);
uint64_t ceremony_own_index(const struct ceremony *ceremony);
/** ceremony_holder - by index, from 1. */
const struct sein_epoch_holder *ceremony_holder(const struct ceremony *ceremony,
                                                uint64_t index);

/** ceremony_deal - round 1 for one other holder; the caller wipes it. */
SEIN_CHECKED enum sein_err ceremony_deal(const struct ceremony *ceremony,
                                         uint64_t to,
                                         struct ceremony_content *out_deal);

/**
 * ceremony_take - a content of round 1 or 2 from another holder.
 *
 * from     the desk that signed the letter
 * A seal that comes before the last deal is kept and judged then.
 *
 * Errors:  SEIN_EPARTY from is no other holder, or the content is of another
 *          ceremony; SEIN_EEXIST the same was there before; SEIN_ESHARE the
 *          deal does not hold, or differs from an earlier one: ceremony_culprit
 *          names who; SEIN_ERECORD a seal is of another transcript or signs
 *          another record: the same; SEIN_ECONTENT; those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err ceremony_take(struct ceremony *ceremony,
                                         struct sein_slice from,
                                         struct sein_slice content);

/** ceremony_culprit - the index of who broke it, 0: nobody did. */
uint64_t ceremony_culprit(const struct ceremony *ceremony);

/** ceremony_missing - holders that are waited for in round 1, or, when all
 *  dealt, in round 2; bit index. */
uint64_t ceremony_missing(const struct ceremony *ceremony, unsigned *out_round);

/**
 * ceremony_seal - round 2, the same for all: signs the record.
 *
 * sign_secret  of the key that the opening names for this holder
 * Errors:  SEIN_ESHARES not all have dealt; those of sein_dkg_sum and of
 *          sein_epoch_record_encode.
 */
SEIN_CHECKED enum sein_err
ceremony_seal(struct ceremony *ceremony,
              const uint8_t sign_secret[static SEIN_SIGN_SECRET_BYTES],
              struct ceremony_content *out_seal);

/**
 * ceremony_finish - the record with all signatures, and the own share.
 *
 * Errors:  SEIN_ESHARES a seal is missing; SEIN_ERECORD it was broken.
 */
SEIN_CHECKED enum sein_err ceremony_finish(const struct ceremony *ceremony,
                                           struct sein_epoch_line *out_line,
                                           struct sein_share *out_share);

#endif
