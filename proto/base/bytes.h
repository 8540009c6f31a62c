/*
 * Bounded reading and writing of bytes, and lengths that cannot wrap.
 *
 * A reader walks over borrowed bytes and never past their end; a writer fills
 * a caller's buffer and remembers that it overflowed.
 *  1. reader.at + reader.left stays the end that it was made with.
 *  2. writer.failed iff some write did not fit; then nothing more is written.
 */
#ifndef SEIN_PROTO_BASE_BYTES_H
#define SEIN_PROTO_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/error.h"

/** Borrowed bytes: somebody else owns them and outlives this view. */
struct sein_slice {
    const uint8_t *at; /* NULL iff len is 0 and the value is absent */
    size_t len;        /* bytes */
};

/** The longest that sein_unhex takes: a signature. */
#define SEIN_UNHEX_MAX 64U

struct sein_reader {
    const uint8_t *at;
    size_t left;
};

struct sein_writer {
    uint8_t *at;
    size_t len;
    size_t max;
    bool failed;
};

/** sein_slice_of - a view of len bytes at at; of text without its NUL. */
struct sein_slice sein_slice_of(const uint8_t *at, size_t len);
struct sein_slice sein_slice_text(const char *text);

/** sein_slice_equal - same length and bytes; not constant time. */
bool sein_slice_equal(struct sein_slice a, struct sein_slice b);

/** sein_slice_is - whether the slice spells text. */
bool sein_slice_is(struct sein_slice slice, const char *text);

/** sein_slice_compare - like memcmp, shorter first on a tie. */
int sein_slice_compare(struct sein_slice a, struct sein_slice b);

/**
 * sein_slice_copy_text - a NUL-terminated copy of a slice.
 *
 * out      written, out_max bytes with the NUL
 * Errors:  SEIN_ETOOLONG it does not fit; SEIN_EFORMAT it holds a NUL byte.
 */
SEIN_CHECKED enum sein_err sein_slice_copy_text(struct sein_slice slice,
                                                char *out, size_t out_max);

/**
 * sein_add_len, sein_mul_len - checked arithmetic on lengths.
 *
 * Errors:  SEIN_ETOOLONG the result does not fit size_t.
 */
SEIN_CHECKED enum sein_err sein_add_len(size_t a, size_t b, size_t *out_sum);
SEIN_CHECKED enum sein_err sein_mul_len(size_t a, size_t b,
                                        size_t *out_product);

/**
 * Reading.  All big-endian; a slice that is read borrows the reader's bytes.
 *
 * Errors:  SEIN_EWIRE fewer bytes remain than asked; nothing is consumed.
 * Threads: safe on distinct readers.
 */
struct sein_reader sein_reader_of(struct sein_slice bytes);
SEIN_CHECKED enum sein_err sein_read_u8(struct sein_reader *reader,
                                        uint8_t *out_value);
SEIN_CHECKED enum sein_err sein_read_u16(struct sein_reader *reader,
                                         uint16_t *out_value);
SEIN_CHECKED enum sein_err sein_read_u32(struct sein_reader *reader,
                                         uint32_t *out_value);
SEIN_CHECKED enum sein_err sein_read_u64(struct sein_reader *reader,
                                         uint64_t *out_value);
SEIN_CHECKED enum sein_err sein_read_bytes(struct sein_reader *reader,
                                           size_t len,
                                           struct sein_slice *out_bytes);
/** sein_read_lp, _lp32 - u16be or u32be length, then that many bytes. */
SEIN_CHECKED enum sein_err sein_read_lp(struct sein_reader *reader,
                                        struct sein_slice *out_bytes);
SEIN_CHECKED enum sein_err sein_read_lp32(struct sein_reader *reader,
                                          struct sein_slice *out_bytes);
/** sein_read_end - SEIN_ETRAILING unless every byte was consumed. */
SEIN_CHECKED enum sein_err sein_read_end(const struct sein_reader *reader);

/**
 * Writing.  A write that does not fit sets writer->failed; the caller asks
 * once, at the end, with sein_writer_done.
 */
struct sein_writer sein_writer_of(uint8_t *buffer, size_t max);
void sein_write_u8(struct sein_writer *writer, uint8_t value);
void sein_write_u16(struct sein_writer *writer, uint16_t value);
void sein_write_u32(struct sein_writer *writer, uint32_t value);
void sein_write_u64(struct sein_writer *writer, uint64_t value);
void sein_write_bytes(struct sein_writer *writer, const uint8_t *at,
                      size_t len);
void sein_write_slice(struct sein_writer *writer, struct sein_slice bytes);
void sein_write_text(struct sein_writer *writer, const char *text);
/** sein_write_lp, _lp32 - u16be or u32be length, then the bytes. */
void sein_write_lp(struct sein_writer *writer, struct sein_slice bytes);
void sein_write_lp32(struct sein_writer *writer, struct sein_slice bytes);
void sein_write_zeros(struct sein_writer *writer, size_t len);
/** sein_writer_done - SEIN_ETOOLONG when a write did not fit, else the view. */
SEIN_CHECKED enum sein_err sein_writer_done(const struct sein_writer *writer,
                                            struct sein_slice *out_bytes);

/**
 * sein_hex - lower-case hex of bytes with a NUL.
 *
 * out      written, out_max bytes, at least 2 * len + 1; an out that is too
 *          small is our own mistake and stops the program.
 */
void sein_hex(struct sein_slice bytes, char *out, size_t out_max);

/**
 * sein_unhex - exactly len bytes from 2 * len hex digits of either case.
 *
 * out      written, len bytes, at most SEIN_UNHEX_MAX; untouched on error
 *
 * Errors:  SEIN_EFORMAT another length, or a sign that is no hex digit.
 */
SEIN_CHECKED enum sein_err sein_unhex(struct sein_slice text, uint8_t *out,
                                      size_t len);

#endif
