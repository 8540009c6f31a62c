/*
 * One batch of handles on its way to tags: which keyholder to ask what, and
 * what came of it.
 *
 * It sends nothing itself.  The owner asks blinder_next what to send, gives
 * answers to blinder_take and failures to blinder_fail, and looks again when
 * blinder_deadline is over.
 *  1. At most t holders are asked at once, and one more for each that failed,
 *     or did not answer within BLINDER_PATIENCE_MS.
 *  2. An answer counts iff its signature, its request, its elements and its
 *     proof hold; what does not hold names its maker (blinder_culprits).
 *  3. Inputs, blinds and answers are wiped when the keys are there, or with
 *     the blinder.
 * Threads: one thread per blinder.  Source: PROTOCOL.md section 18.
 */
#ifndef SEIN_CLIENT_LIB_BLINDER_H
#define SEIN_CLIENT_LIB_BLINDER_H

#include "proto/blind/household.h"
#include "proto/blind/threshold.h"
#include "proto/trust/epoch.h"

/* protocol: a holder that takes longer gets a colleague beside it. */
#define BLINDER_PATIENCE_MS (2 * SEIN_MS_PER_S)

struct blinder;

/** One handle, and the presence that its tag is for. */
struct blinder_item {
    uint8_t kind; /* enum sein_handle_kind */
    struct sein_slice canonical;
    struct sein_presence_id presence_id;
};

/** An epoch's key as it is checked: P_i of each holder, computed once. */
struct blinder_epoch {
    uint8_t bytes[SEIN_EPOCH_RECORD_MAX];
    struct sein_epoch_record record; /* its views borrow bytes: never copy */
    struct sein_element publics[SEIN_HOLDERS_MAX]; /* by index - 1 */
};

/** Who asks. */
struct blinder_asker {
    struct sein_slice desk;
    struct sein_key_id key_id;
    const uint8_t *sign_secret; /* SEIN_SIGN_SECRET_BYTES */
    uint64_t dir_version;
    uint8_t actor[SEIN_ID_BYTES]; /* this month's pseudonym of the employee */
};

/** What to send to one holder: the three parts of a sein_eval. */
struct blinder_ask {
    uint64_t index;
    struct sein_slice holder;
    struct sein_slice request;
    uint8_t signature[SEIN_SIG_BYTES];
};

/**
 * blinder_epoch_read - the points of a record.
 *
 * record   borrows: bytes that sein_epoch_check passed; copied, since the
 *          directory that carries them may be swapped meanwhile
 * Errors:  SEIN_ELOWORDER a commitment, or what it makes of a holder, is no
 *          point to compute with; those of sein_epoch_record_decode.
 */
SEIN_CHECKED enum sein_err blinder_epoch_read(struct sein_slice record,
                                              struct blinder_epoch *out_epoch);

/**
 * blinder_new - blind a batch.
 *
 * epoch, asker  keep: they and what they point to outlive the blinder
 * pepper   borrows; of the pack of this circle and epoch
 * items    borrow, count of them, 1..SEIN_EVAL_BATCH_MAX
 * avoid    holders to ask last (BLINDER_HOLDER_BITs), those that failed lately
 *
 * Errors:  SEIN_ERANGE count; SEIN_ENOMEM no locked memory; those of
 *          sein_oprf_blind.
 */
SEIN_CHECKED enum sein_err
blinder_new(const struct blinder_epoch *epoch,
            const struct blinder_asker *asker,
            const uint8_t pepper[static SEIN_PEPPER_BYTES],
            const struct blinder_item *items, size_t count, uint64_t avoid,
            struct blinder **out_blinder);
void blinder_free(struct blinder **blinder);

#define BLINDER_HOLDER_BIT(index) (UINT64_C(1) << (index))

/**
 * blinder_next - the next holder to ask now, if any.
 *
 * out_ask  written; its views live until the blinder's next call
 * Errors:  SEIN_ENOENT nobody is to be asked now; SEIN_ESHARES too few are
 *          left, it will not become anything; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err blinder_next(struct blinder *blinder, int64_t now_ms,
                                        struct blinder_ask *out_ask);

/** blinder_deadline - when blinder_next will have another; INT64_MAX never. */
int64_t blinder_deadline(const struct blinder *blinder);

/**
 * blinder_take - an answer.
 *
 * index    the holder that was asked; dir: the directory in force
 *
 * Errors:  SEIN_ENOENT that holder was not asked, or has answered; those of
 *          the reply itself, which then is that holder's failure:
 *          SEIN_EEVAL it is not an answer to what was asked, or not signed by
 *          a key of that holder; SEIN_EDLEQ its proof is wrong (both culprits);
 *          or the code with which it refused.
 */
SEIN_CHECKED enum sein_err
blinder_take(struct blinder *blinder, const struct sein_directory *dir,
             uint64_t index, struct sein_slice reply,
             const uint8_t signature[static SEIN_SIG_BYTES], int64_t now_ms);

/** blinder_fail - that holder will not answer: away, or cut off. */
void blinder_fail(struct blinder *blinder, uint64_t index);

/** blinder_culprits - holders whose answer was wrong: evidence, not absence. */
uint64_t blinder_culprits(const struct blinder *blinder);

/** blinder_reason - why it does not become anything: what a holder refused
 *  with last, else SEIN_ESHARES. */
enum sein_err blinder_reason(const struct blinder *blinder);

/** blinder_retry_at - the latest time that a refusal named, 0 for none. */
int64_t blinder_retry_at(const struct blinder *blinder);

/** blinder_done - whether blinder_finish will work. */
bool blinder_done(const struct blinder *blinder);

/**
 * blinder_finish - the tag and the keys of each item, in their order.
 *
 * out_keys  written, count of them; the caller wipes them
 * Errors:  SEIN_ESHARES not yet; those of sein_threshold_combine and
 *          sein_oprf_finalize.
 */
SEIN_CHECKED enum sein_err blinder_finish(struct blinder *blinder,
                                          struct sein_household_keys *out_keys);

#endif
