/*
 * The file in which a holder's share of an epoch's key goes from the ceremony
 * to the program that evaluates with it.
 *
 * The file holds a secret: who has t of them has the key.  It is handed over
 * with mode 0600 and removed as soon as it was taken in.
 * Threads: all functions are safe.
 * Source:  an array [v uint 1, circle text, epoch uint, index uint, share
 *          bin(32)] in the encoding of PROTOCOL.md section 2.
 */
#ifndef SEIN_PROTO_BLIND_SHARE_H
#define SEIN_PROTO_BLIND_SHARE_H

#include "proto/base/ids.h"
#include "proto/blind/ristretto.h"

/** Bytes of the longest file. */
#define SEIN_SHARE_FILE_MAX 128U

/** A share; secret. */
struct sein_share {
    struct sein_circle_name circle;
    uint64_t epoch;
    uint64_t index; /* from 1 */
    struct sein_scalar secret;
};

/**
 * sein_share_encode - a share as bytes; the caller wipes them.
 *
 * out      written, at most SEIN_SHARE_FILE_MAX bytes
 * out_len  set to the bytes written
 * Errors:  those of sein_schema_encode.
 */
SEIN_CHECKED enum sein_err
sein_share_encode(const struct sein_share *share,
                  uint8_t out[static SEIN_SHARE_FILE_MAX], size_t *out_len);

/**
 * sein_share_decode - read one; whether it fits an epoch's commitments is asked
 * of sein_share_check.
 *
 * out_share  written when all is well; the caller wipes it
 * Errors:  SEIN_ESCALAR; SEIN_ECIRCLE; else those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err sein_share_decode(struct sein_slice bytes,
                                             struct sein_share *out_share);

#endif
