/*
 * Regie: who coordinates around one household, as a chain of statements that
 * members sign and pass on; there is no place that decides.
 *
 * A statement names its maker as the holder and the statement that it follows.
 * It may follow when the holder before let go (release), was over, was silent
 * too long, or is the maker itself, who goes on.  Of all that one holds,
 * sein_regie_resolve names one.
 *  1. Resolving looks at nothing but the statements and the circle: who holds
 *     the same statements names the same holder, in whatever order they came.
 *  2. A struct sein_regie_view says nothing before sein_regie_verify was
 *     SEIN_OK; then its holder signed it, and left its deposit under this tag.
 * Deliberately not here: whom to tell, and what was passed on already.
 * Threads: all functions are safe.  Source: PROTOCOL.md section 16.
 */
#ifndef SEIN_PROTO_BLIND_REGIE_H
#define SEIN_PROTO_BLIND_REGIE_H

#include "proto/blind/household.h"
#include "proto/trust/directory.h"

#define SEIN_REGIE_VERSION 1U

/** Why a statement may follow the one before. */
enum sein_regie_vacancy {
    SEIN_REGIE_NONE = 0,     /* it is the first, or its holder goes on */
    SEIN_REGIE_RELEASED = 1, /* the holder before let go */
    SEIN_REGIE_ENDED = 2,    /* the deposit of the holder before is over */
    SEIN_REGIE_SILENT = 3,   /* the circle's regie_silence_days passed */
};

/** What a holder says, an array; views are borrowed. */
struct sein_regie_statement {
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    uint64_t seq;          /* from 1 */
    struct sein_hash prev; /* H of the statement before; zeros iff seq is 1 */
    struct sein_slice holder; /* desk */
    struct sein_key_id key_id;
    struct sein_slice deposit; /* the holder's sein_deposit */
    struct sein_slice release; /* a signed release; empty iff not released */
    uint64_t vacancy;          /* enum sein_regie_vacancy */
    uint64_t at;
};
extern const struct sein_schema sein_regie_statement_schema;

/** How a holder lets go, an array; views are borrowed. */
struct sein_release {
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    uint64_t seq;               /* of the statement that it ends */
    struct sein_hash statement; /* H of it */
    struct sein_slice holder;   /* its holder, who signs this */
    struct sein_key_id key_id;
    struct sein_slice to; /* desk; empty: to anyone */
    uint64_t at;
};
extern const struct sein_schema sein_release_schema;

/** How the two travel, arrays: bytes, MAC under ki, signature. */
struct sein_regie_signed {
    struct sein_slice statement;
    uint8_t mac[SEIN_HASH_BYTES];
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_regie_signed_schema;

struct sein_release_signed {
    struct sein_slice body;
    uint8_t mac[SEIN_HASH_BYTES];
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_release_signed_schema;

/** Where statements are judged: one tag, and what is known of its circle.
 *  All is borrowed. */
struct sein_regie_place {
    const struct sein_directory *dir;
    const struct sein_household_keys *keys;
    struct sein_blind_scope scope;
};

/** A statement that was verified; the views borrow its bytes. */
struct sein_regie_view {
    struct sein_regie_statement statement;
    struct sein_hash hash;       /* what the next one has as prev */
    uint64_t ends;               /* when the holder's deposit is over */
    struct sein_release release; /* v is 0 iff there is none */
};

/**
 * sein_regie_sign, sein_release_sign - write one, with MAC and signature.
 *
 * statement, release  borrowed, all but v, which is set here
 * secret   of the key that it names
 * out      written, max bytes, SEIN_REGIE_MAX or SEIN_RELEASE_MAX suffice;
 *          untouched unless SEIN_OK is returned
 * out_len  set to its length in bytes
 *
 * Errors:  those of sein_schema_encode; SEIN_ETOOLONG; SEIN_ENOMEM.  Whether it
 *          holds together is asked by the verifying functions.
 */
SEIN_CHECKED enum sein_err
sein_regie_sign(const struct sein_household_keys *keys,
                const struct sein_regie_statement *statement,
                const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                uint8_t *out, size_t max, size_t *out_len);
SEIN_CHECKED enum sein_err
sein_release_sign(const struct sein_household_keys *keys,
                  const struct sein_release *release,
                  const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                  uint8_t *out, size_t max, size_t *out_len);

/**
 * sein_regie_verify - whether a statement is what it says it is, by itself.
 *
 * Whether it follows the one before is asked when both are there.
 * bytes    borrowed: one encoded sein_regie_signed
 * now_ms   the verifier's clock
 *
 * Errors:  SEIN_EMAC it, or its deposit, is of another household;
 *          SEIN_EVERSION; SEIN_ECIRCLE,
 *          SEIN_EEPOCH it is of another purpose; SEIN_EKEY, SEIN_ESIG,
 *          SEIN_EDESK, SEIN_EDESKKEY who signed; SEIN_EREVOKED the key is;
 *          SEIN_ENOTYET, SEIN_ERETIRED, SEIN_ELEFT the key was, when it was
 *          made; SEIN_EROLE the holder is not introduced; SEIN_ETIME it is more
 *          than 2 minutes ahead; SEIN_EDEPOSIT the deposit contradicts itself
 *          or the statement, or was over; SEIN_ECONTENT prev, release and
 *          vacancy do not belong together; those of sein_release_verify; else
 *          those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
sein_regie_verify(const struct sein_regie_place *place, struct sein_slice bytes,
                  int64_t now_ms, struct sein_regie_view *out_view);

/**
 * sein_release_verify - whether a release is what it says it is, by itself.
 *
 * bytes    borrowed: one encoded sein_release_signed
 * Errors:  as sein_regie_verify, without SEIN_EROLE and SEIN_EDEPOSIT: who lets
 *          go need not be introduced any more.
 */
SEIN_CHECKED enum sein_err
sein_release_verify(const struct sein_regie_place *place,
                    struct sein_slice bytes, int64_t now_ms,
                    struct sein_release *out_release);

/**
 * sein_regie_follows - whether a statement may follow the one that it names.
 *
 * silence_days  the circle's regie_silence_days; 0: never
 * Errors:  SEIN_ECHAIN it names another one, another number, or is older;
 *          SEIN_EREGIE the vacancy that it claims was not there.
 */
SEIN_CHECKED enum sein_err
sein_regie_follows(const struct sein_regie_view *later,
                   const struct sein_regie_view *earlier,
                   uint64_t silence_days);

/**
 * sein_regie_resolve - the one statement that counts.
 *
 * Statements that may not follow what they name are void, with all that follow
 * them.  Of the others: those whose chain is there back to the first one before
 * those with a gap; then the highest seq; then an accept before a holder that
 * goes on; then the circle's regie_order; then the lower desk text; then the
 * lower hash.
 *
 * views    borrowed; verified, in any order, at most SEIN_REGIE_HELD_MAX
 * out_index  set to the one that counts
 *
 * Errors:  SEIN_ENOENT none counts; SEIN_ETOOLONG too many.
 * Cost:    quadratic in count.
 */
SEIN_CHECKED enum sein_err
sein_regie_resolve(const struct sein_circle *circle,
                   const struct sein_regie_view *views, size_t count,
                   size_t *out_index);

/**
 * sein_release_fits - whether a verified release ends that statement and lets
 * desk (empty: anyone) take over.
 */
bool sein_release_fits(const struct sein_release *release,
                       const struct sein_regie_view *head,
                       struct sein_slice desk);

/**
 * sein_regie_vacancy_for - why a desk may make the next statement now.
 *
 * head     what sein_regie_resolve named; NULL: there is none
 * release  verified; NULL: none is known
 * out_vacancy  set to what its statement says; SEIN_REGIE_NONE also when it is
 *          the holder
 *
 * Errors:  SEIN_EREGIE another desk holds regie.
 */
SEIN_CHECKED enum sein_err sein_regie_vacancy_for(
    const struct sein_circle *circle, const struct sein_regie_view *head,
    const struct sein_release *release, struct sein_slice desk, int64_t now_ms,
    uint64_t *out_vacancy);

#endif
