/*
 * What a keyholder does with a request: every check, then the quota, then the
 * log, and only then its share.
 *
 * Errors of a request are answers: a refusal is signed like a reply, so that
 * the member knows that it came from the keyholder and not from the broker.
 *  1. Nothing is evaluated that was not taken from the member's quota and
 *     written in the log, durably.
 *  2. The same bytes get the same reply for SEIN_EVAL_REPEAT_MS, free.
 * The input behind a blinded element is not known here.
 * Threads: one thread per evaluator.  Source: PROTOCOL.md section 18.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_EVALUATOR_H
#define SEIN_CLIENT_KEYHOLDER_EVALUATOR_H

#include "client/keyholder/records.h"
#include "client/keyholder/repeats.h"
#include "proto/trust/directory.h"

struct holding;

struct holding_setup {
    struct sein_desk_name desk; /* that it evaluates for */
    const char *folder;         /* of the shares; keeps */
    const uint8_t *home_key;    /* seals them; keeps */
    struct records *records;    /* keeps */
};

struct holding_counters {
    uint64_t evaluated, repeated, refused, elements;
};

/** holding_new - without shares in memory: each is read when first asked for.
 *
 * setup    borrows the struct
 * Errors:  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err holding_new(const struct holding_setup *setup,
                                       struct holding **out_holding);
void holding_free(struct holding **holding);

/** holding_forget - wipe the shares in memory: another directory is in force.
 */
void holding_forget(struct holding *holding);

/**
 * evaluator_answer - the reply to one request, evaluated or refused.
 *
 * dir      in force
 * secret   signs the reply: of a key that may act for the desk
 * request, signature  as they came
 * out_code SEIN_OK, or why it was refused; SEIN_EDIRNEWER: a newer directory is
 *          to be fetched
 * Errors:  of this program only, after which nothing was answered: SEIN_EIO,
 *          SEIN_ENOMEM, SEIN_ETAMPERED, SEIN_ELOCKED, SEIN_EINTERNAL.
 */
SEIN_CHECKED enum sein_err
evaluator_answer(struct holding *holding, const struct sein_directory *dir,
                 const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                 struct sein_slice request,
                 const uint8_t signature[static SEIN_SIG_BYTES], int64_t now_ms,
                 struct repeats_reply *out_reply, enum sein_err *out_code);

const struct holding_counters *holding_counters(const struct holding *holding);

#endif
