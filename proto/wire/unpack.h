/*
 * Reading MessagePack from bytes that nobody vouches for.
 *
 * The reader walks; it never allocates, and takes no count or length on trust:
 * each is compared with the bytes that remain.  Only the canonical form passes
 * (see wire/pack.h): a longer form of the same value, a float, a negative
 * number, nil or an extension type is refused.
 *
 * Errors of all functions:
 *   SEIN_EWIRE      another type than asked, a forbidden type, cut short, or a
 *                   count or length beyond the bytes that remain
 *   SEIN_ECANON     not the shortest form, or map keys that do not ascend
 *   SEIN_EDEPTH     nested deeper than SEIN_WIRE_DEPTH_MAX
 *   SEIN_EUTF8      text that is not UTF-8
 * Views borrow the bytes read.  Cost: linear in the bytes consumed.
 * Threads: safe on distinct readers.  Source: PROTOCOL.md section 2.
 */
#ifndef SEIN_PROTO_WIRE_UNPACK_H
#define SEIN_PROTO_WIRE_UNPACK_H

#include "proto/base/bytes.h"
#include "proto/base/limits.h"

/** sein_utf8_check - SEIN_EUTF8 unless every byte belongs to a character. */
SEIN_CHECKED enum sein_err sein_utf8_check(struct sein_slice text);

SEIN_CHECKED enum sein_err sein_unpack_uint(struct sein_reader *in,
                                            uint64_t *out_value);
SEIN_CHECKED enum sein_err sein_unpack_bool(struct sein_reader *in,
                                            bool *out_value);
SEIN_CHECKED enum sein_err sein_unpack_bytes(struct sein_reader *in,
                                             struct sein_slice *out_value);
SEIN_CHECKED enum sein_err sein_unpack_text(struct sein_reader *in,
                                            struct sein_slice *out_value);
SEIN_CHECKED enum sein_err sein_unpack_array(struct sein_reader *in,
                                             size_t *out_count);
SEIN_CHECKED enum sein_err sein_unpack_map(struct sein_reader *in,
                                           size_t *out_count);

/**
 * sein_unpack_value - step over one whole value, checking all of it.
 *
 * out_raw  set to the value's encoded bytes
 */
SEIN_CHECKED enum sein_err sein_unpack_value(struct sein_reader *in,
                                             struct sein_slice *out_raw);

/** sein_unpack_inner - the same of a value that lies inside depth containers,
 *  at most SEIN_WIRE_DEPTH_MAX. */
SEIN_CHECKED enum sein_err sein_unpack_inner(struct sein_reader *in,
                                             unsigned depth,
                                             struct sein_slice *out_raw);

#endif
