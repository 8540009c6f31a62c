/*
 * How a letter's plaintext is laid out: only four lengths leave the house, so
 * that a length tells little.
 *
 * Threads: safe on distinct buffers.  Source: PROTOCOL.md section 8.
 */
#ifndef SEIN_PROTO_BLIND_LETTER_PAD_H
#define SEIN_PROTO_BLIND_LETTER_PAD_H

#include "proto/base/bytes.h"
#include "proto/base/limits.h"

/** What the layout puts in front of a body: u32be(len), and lp32's own. */
#define SEIN_LETTER_BODY_AT 8U

/** What sein_letter_unpad finds; views borrow the plaintext. */
struct sein_letter_inner {
    struct sein_slice body;
    const uint8_t *signature; /* SEIN_SIG_BYTES */
};

/**
 * sein_letter_pad - lay out a letter's plaintext in the smallest of its sizes.
 *
 * body      borrowed
 * signature borrowed, SIG("letter", body)
 * out       written, max bytes; untouched unless SEIN_OK is returned; may not
 *           overlap the input
 * out_len   set to the padded length: 1024, 4096, 16384 or 65536
 *
 * Errors:  SEIN_ETOOLONG it does not fit the largest size, or max.
 * Source:  PROTOCOL.md section 8: u32be(len) || lp32(body) || signature ||
 *          zeros.
 */
SEIN_CHECKED enum sein_err
sein_letter_pad(struct sein_slice body,
                const uint8_t signature[static SEIN_SIG_BYTES], uint8_t *out,
                size_t max, size_t *out_len);

/**
 * sein_letter_unpad - the way back.
 *
 * Errors:  SEIN_EPADDING a length does not fit, a smaller size would have
 *          done, or the filling is not zeros.
 */
SEIN_CHECKED enum sein_err
sein_letter_unpad(struct sein_slice plaintext,
                  struct sein_letter_inner *out_inner);

#endif
