#include "proto/blind/letter_pad.h"

#include <sodium.h>

#include "proto/wire/msg_letter.h"

/* The inner part stands behind its u32be length. */
#define INNER_AT 4U

enum sein_err
sein_letter_pad(struct sein_slice body,
                const uint8_t signature[static SEIN_SIG_BYTES], uint8_t *out,
                size_t max, size_t *out_len)
{
    struct sein_writer writer = { 0 };
    struct sein_slice plain = { 0 };
    size_t inner_len = 0;
    size_t bucket = 0;
    enum sein_err err = sein_add_len(
        body.len, SEIN_LETTER_BODY_AT - INNER_AT + SEIN_SIG_BYTES, &inner_len);

    if (err != SEIN_OK)
        return err;
    if (inner_len > SEIN_LETTER_INNER_MAX)
        return SEIN_ETOOLONG;
    bucket = sein_letter_bucket(INNER_AT + inner_len);
    if (bucket > max)
        return SEIN_ETOOLONG;
    writer = sein_writer_of(out, bucket);
    sein_write_u32(&writer, (uint32_t)inner_len);
    sein_write_lp32(&writer, body);
    sein_write_bytes(&writer, signature, SEIN_SIG_BYTES);
    sein_write_zeros(&writer, bucket - INNER_AT - inner_len);
    err = sein_writer_done(&writer, &plain);
    if (err == SEIN_OK)
        *out_len = plain.len;
    return err;
}

enum sein_err
sein_letter_unpad(struct sein_slice plaintext,
                  struct sein_letter_inner *out_inner)
{
    struct sein_reader in = sein_reader_of(plaintext);
    struct sein_reader inner_in = { 0 };
    struct sein_slice inner = { 0 };
    struct sein_slice body = { 0 };
    struct sein_slice signature = { 0 };

    if (sein_read_lp32(&in, &inner) != SEIN_OK)
        return SEIN_EPADDING;
    if (sein_letter_bucket(INNER_AT + inner.len) != plaintext.len)
        return SEIN_EPADDING;
    if (in.left > 0 && !sodium_is_zero(in.at, in.left))
        return SEIN_EPADDING;
    inner_in = sein_reader_of(inner);
    if (sein_read_lp32(&inner_in, &body) != SEIN_OK ||
        sein_read_bytes(&inner_in, SEIN_SIG_BYTES, &signature) != SEIN_OK ||
        sein_read_end(&inner_in) != SEIN_OK)
        return SEIN_EPADDING;
    *out_inner =
        (struct sein_letter_inner){ .body = body, .signature = signature.at };
    return SEIN_OK;
}
