/*
 * The verifiable oblivious pseudorandom function: RFC 9497,
 * ristretto255-SHA512, mode 0x01 (VOPRF), and no other mode.
 *
 * Who evaluates sees a blinded element and never the input; who asked can check
 * that the key was the one whose public half it knows.
 * Threads: all functions are safe.
 */
#ifndef SEIN_PROTO_BLIND_OPRF_H
#define SEIN_PROTO_BLIND_OPRF_H

#include "proto/blind/ristretto.h"

#define SEIN_OPRF_OUTPUT_BYTES 64U

/** A discrete-logarithm-equality proof over a whole batch: c, then s. */
struct sein_proof {
    uint8_t bytes[SEIN_PROOF_BYTES];
};

/**
 * sein_oprf_blind - hide an input.
 *
 * input    borrowed, at most 65535 bytes
 * blind    NULL: a random one; else this (published vectors)
 * out_blind  written; the caller wipes it; out_blinded  what may be sent
 *
 * Errors:  SEIN_ETOOLONG; SEIN_ELOWORDER the input hashes to the identity.
 * Source:  RFC 9497 section 3.3.1, Blind.  Cost: one hash to the group, one
 *          multiplication.  Secret: input and blind.
 */
SEIN_CHECKED enum sein_err sein_oprf_blind(struct sein_slice input,
                                           const struct sein_scalar *blind,
                                           struct sein_scalar *out_blind,
                                           struct sein_element *out_blinded);

/**
 * sein_oprf_blind_evaluate - a keyholder's part, for count elements.
 *
 * blinded  borrowed; each came out of sein_element_read
 * out_evaluated  written, count of them
 *
 * Errors:  SEIN_ELOWORDER a result is the identity.
 * Source:  RFC 9497 section 3.3.2, BlindEvaluate without its proof.
 */
SEIN_CHECKED enum sein_err
sein_oprf_blind_evaluate(const struct sein_scalar *secret,
                         const struct sein_element *blinded, size_t count,
                         struct sein_element *out_evaluated);

/**
 * sein_oprf_generate_proof - that all of a batch was evaluated with one key.
 *
 * count    1..SEIN_EVAL_BATCH_MAX
 * nonce    NULL: a random one; else this (published vectors): used twice, it
 *          gives away the key
 *
 * Errors:  SEIN_ERANGE count; SEIN_ELOWORDER.
 * Source:  RFC 9497 section 2.2.1, GenerateProof with ComputeCompositesFast.
 */
SEIN_CHECKED enum sein_err sein_oprf_generate_proof(
    const struct sein_scalar *secret, const struct sein_element *public_key,
    const struct sein_element *blinded, const struct sein_element *evaluated,
    size_t count, const struct sein_scalar *nonce,
    struct sein_proof *out_proof);

/**
 * sein_oprf_verify_proof - SEIN_OK iff the batch was evaluated with the secret
 * of public_key.
 *
 * Errors:  SEIN_EDLEQ it was not, or the proof is malformed; SEIN_ERANGE
 *          count.
 * Source:  RFC 9497 section 2.2.2, VerifyProof.
 */
SEIN_CHECKED enum sein_err
sein_oprf_verify_proof(const struct sein_element *public_key,
                       const struct sein_element *blinded,
                       const struct sein_element *evaluated, size_t count,
                       const struct sein_proof *proof);

/**
 * sein_oprf_finalize - the output that belongs to an input.
 *
 * evaluated  whose proof was verified
 * out_output  written; the caller wipes it
 *
 * Errors:  SEIN_ESCALAR the blind is 0; SEIN_ETOOLONG; SEIN_ELOWORDER.
 * Source:  RFC 9497 section 3.3.2, Finalize without its proof.
 */
SEIN_CHECKED enum sein_err
sein_oprf_finalize(struct sein_slice input, const struct sein_scalar *blind,
                   const struct sein_element *evaluated,
                   uint8_t out_output[static SEIN_OPRF_OUTPUT_BYTES]);

#endif
