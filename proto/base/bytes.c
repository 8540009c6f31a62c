#include "proto/base/bytes.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

struct sein_slice
sein_slice_of(const uint8_t *at, size_t len)
{
    return (struct sein_slice){ .at = at, .len = len };
}

struct sein_slice
sein_slice_text(const char *text)
{
    return sein_slice_of((const uint8_t *)text, strlen(text));
}

bool
sein_slice_equal(struct sein_slice a, struct sein_slice b)
{
    return sein_slice_compare(a, b) == 0;
}

bool
sein_slice_is(struct sein_slice slice, const char *text)
{
    return sein_slice_equal(slice, sein_slice_text(text));
}

int
sein_slice_compare(struct sein_slice a, struct sein_slice b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.at, b.at, shared);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

enum sein_err
sein_slice_copy_text(struct sein_slice slice, char *out, size_t out_max)
{
    if (slice.len >= out_max)
        return SEIN_ETOOLONG;
    if (slice.len > 0 && memchr(slice.at, 0, slice.len) != NULL)
        return SEIN_EFORMAT;
    if (slice.len > 0)
        memcpy(out, slice.at, slice.len);
    out[slice.len] = '\0';
    return SEIN_OK;
}

enum sein_err
sein_add_len(size_t a, size_t b, size_t *out_sum)
{
    size_t sum = 0;

    if (__builtin_add_overflow(a, b, &sum))
        return SEIN_ETOOLONG;
    *out_sum = sum;
    return SEIN_OK;
}

enum sein_err
sein_mul_len(size_t a, size_t b, size_t *out_product)
{
    size_t product = 0;

    if (__builtin_mul_overflow(a, b, &product))
        return SEIN_ETOOLONG;
    *out_product = product;
    return SEIN_OK;
}

struct sein_reader
sein_reader_of(struct sein_slice bytes)
{
    return (struct sein_reader){ .at = bytes.at, .left = bytes.len };
}

enum sein_err
sein_read_bytes(struct sein_reader *reader, size_t len,
                struct sein_slice *out_bytes)
{
    if (len > reader->left)
        return SEIN_EWIRE;
    *out_bytes = sein_slice_of(reader->at, len);
    if (len > 0)
        reader->at += len;
    reader->left -= len;
    return SEIN_OK;
}

static enum sein_err
read_be(struct sein_reader *reader, size_t width, uint64_t *out_value)
{
    struct sein_slice bytes = { 0 };
    uint64_t value = 0;
    enum sein_err err = sein_read_bytes(reader, width, &bytes);

    if (err != SEIN_OK)
        return err;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | bytes.at[i];
    *out_value = value;
    return SEIN_OK;
}

enum sein_err
sein_read_u8(struct sein_reader *reader, uint8_t *out_value)
{
    uint64_t value = 0;
    enum sein_err err = read_be(reader, 1, &value);

    if (err == SEIN_OK)
        *out_value = (uint8_t)value;
    return err;
}

enum sein_err
sein_read_u16(struct sein_reader *reader, uint16_t *out_value)
{
    uint64_t value = 0;
    enum sein_err err = read_be(reader, 2, &value);

    if (err == SEIN_OK)
        *out_value = (uint16_t)value;
    return err;
}

enum sein_err
sein_read_u32(struct sein_reader *reader, uint32_t *out_value)
{
    uint64_t value = 0;
    enum sein_err err = read_be(reader, 4, &value);

    if (err == SEIN_OK)
        *out_value = (uint32_t)value;
    return err;
}

enum sein_err
sein_read_u64(struct sein_reader *reader, uint64_t *out_value)
{
    return read_be(reader, 8, out_value);
}

/* A length prefix and its bytes go together: on an error neither is taken. */
static enum sein_err
read_prefixed(struct sein_reader *reader, size_t width,
              struct sein_slice *out_bytes)
{
    struct sein_reader ahead = *reader;
    uint64_t len = 0;
    enum sein_err err = read_be(&ahead, width, &len);

    if (err != SEIN_OK)
        return err;
    err = sein_read_bytes(&ahead, (size_t)len, out_bytes);
    if (err != SEIN_OK)
        return err;
    *reader = ahead;
    return SEIN_OK;
}

enum sein_err
sein_read_lp(struct sein_reader *reader, struct sein_slice *out_bytes)
{
    return read_prefixed(reader, 2, out_bytes);
}

enum sein_err
sein_read_lp32(struct sein_reader *reader, struct sein_slice *out_bytes)
{
    return read_prefixed(reader, 4, out_bytes);
}

enum sein_err
sein_read_end(const struct sein_reader *reader)
{
    return reader->left == 0 ? SEIN_OK : SEIN_ETRAILING;
}

struct sein_writer
sein_writer_of(uint8_t *buffer, size_t max)
{
    return (struct sein_writer){ .at = buffer, .max = max };
}

void
sein_write_bytes(struct sein_writer *writer, const uint8_t *at, size_t len)
{
    if (writer->failed || len > writer->max - writer->len) {
        writer->failed = true;
        return;
    }
    if (len > 0)
        memcpy(writer->at + writer->len, at, len);
    writer->len += len;
}

void
sein_write_slice(struct sein_writer *writer, struct sein_slice bytes)
{
    sein_write_bytes(writer, bytes.at, bytes.len);
}

void
sein_write_text(struct sein_writer *writer, const char *text)
{
    sein_write_slice(writer, sein_slice_text(text));
}

static void
write_be(struct sein_writer *writer, size_t width, uint64_t value)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    sein_write_bytes(writer, bytes, width);
}

void
sein_write_u8(struct sein_writer *writer, uint8_t value)
{
    write_be(writer, 1, value);
}

void
sein_write_u16(struct sein_writer *writer, uint16_t value)
{
    write_be(writer, 2, value);
}

void
sein_write_u32(struct sein_writer *writer, uint32_t value)
{
    write_be(writer, 4, value);
}

void
sein_write_u64(struct sein_writer *writer, uint64_t value)
{
    write_be(writer, 8, value);
}

void
sein_write_lp(struct sein_writer *writer, struct sein_slice bytes)
{
    if (bytes.len > UINT16_MAX) {
        writer->failed = true;
        return;
    }
    sein_write_u16(writer, (uint16_t)bytes.len);
    sein_write_slice(writer, bytes);
}

void
sein_write_lp32(struct sein_writer *writer, struct sein_slice bytes)
{
    if (bytes.len > UINT32_MAX) {
        writer->failed = true;
        return;
    }
    sein_write_u32(writer, (uint32_t)bytes.len);
    sein_write_slice(writer, bytes);
}

void
sein_write_zeros(struct sein_writer *writer, size_t len)
{
    if (writer->failed || len > writer->max - writer->len) {
        writer->failed = true;
        return;
    }
    if (len > 0)
        memset(writer->at + writer->len, 0, len);
    writer->len += len;
}

enum sein_err
sein_writer_done(const struct sein_writer *writer, struct sein_slice *out_bytes)
{
    if (writer->failed)
        return SEIN_ETOOLONG;
    *out_bytes = sein_slice_of(writer->at, writer->len);
    return SEIN_OK;
}

void
sein_hex(struct sein_slice bytes, char *out, size_t out_max)
{
    assert(bytes.len < out_max / 2 || bytes.len * 2 + 1 <= out_max);
    if (bytes.len == 0)
        out[0] = '\0';
    else
        (void)sodium_bin2hex(out, out_max, bytes.at, bytes.len);
}

enum sein_err
sein_unhex(struct sein_slice text, uint8_t *out, size_t len)
{
    size_t wrote = 0;
    const char *end = NULL;
    uint8_t bytes[SEIN_UNHEX_MAX];

    if (len > sizeof bytes || text.len != 2 * len)
        return SEIN_EFORMAT;
    if (sodium_hex2bin(bytes, len, (const char *)text.at, text.len, NULL,
                       &wrote, &end) != 0 ||
        wrote != len || end != (const char *)text.at + text.len)
        return SEIN_EFORMAT;
    memcpy(out, bytes, len);
    sodium_memzero(bytes, sizeof bytes);
    return SEIN_OK;
}
