#include "proto/blind/ristretto.h"

#include <string.h>

#include <sodium.h>

#define HASH_BYTES crypto_hash_sha512_BYTES
#define HASH_BLOCK_BYTES 128U
#define EXPAND_MAX ((size_t)255 * HASH_BYTES)

_Static_assert(crypto_core_ristretto255_BYTES == SEIN_POINT_BYTES, "element");
_Static_assert(crypto_core_ristretto255_SCALARBYTES == SEIN_SCALAR_BYTES,
               "scalar");
_Static_assert(crypto_core_ristretto255_HASHBYTES == SEIN_UNIFORM_BYTES,
               "uniform bytes");
_Static_assert(crypto_core_ristretto255_NONREDUCEDSCALARBYTES ==
                   SEIN_UNIFORM_BYTES,
               "uniform scalar");

enum sein_err
sein_scalar_read(const uint8_t bytes[static SEIN_SCALAR_BYTES],
                 struct sein_scalar *out_scalar)
{
    uint8_t wide[SEIN_UNIFORM_BYTES] = { 0 };
    struct sein_scalar reduced;
    bool fine = false;

    memcpy(wide, bytes, SEIN_SCALAR_BYTES);
    crypto_core_ristretto255_scalar_reduce(reduced.bytes, wide);
    fine = sodium_memcmp(reduced.bytes, bytes, SEIN_SCALAR_BYTES) == 0 &&
           sodium_is_zero(bytes, SEIN_SCALAR_BYTES) == 0;
    if (fine)
        *out_scalar = reduced;
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(&reduced, sizeof reduced);
    return fine ? SEIN_OK : SEIN_ESCALAR;
}

void
sein_scalar_random(struct sein_scalar *out_scalar)
{
    crypto_core_ristretto255_scalar_random(out_scalar->bytes);
}

struct sein_scalar
sein_scalar_small(uint64_t number)
{
    struct sein_scalar scalar = { { 0 } };

    for (size_t i = 0; i < sizeof number; i++)
        scalar.bytes[i] = (uint8_t)(number >> (8 * i));
    return scalar;
}

void
sein_scalar_add(const struct sein_scalar *a, const struct sein_scalar *b,
                struct sein_scalar *out)
{
    crypto_core_ristretto255_scalar_add(out->bytes, a->bytes, b->bytes);
}

void
sein_scalar_sub(const struct sein_scalar *a, const struct sein_scalar *b,
                struct sein_scalar *out)
{
    crypto_core_ristretto255_scalar_sub(out->bytes, a->bytes, b->bytes);
}

void
sein_scalar_mul(const struct sein_scalar *a, const struct sein_scalar *b,
                struct sein_scalar *out)
{
    crypto_core_ristretto255_scalar_mul(out->bytes, a->bytes, b->bytes);
}

enum sein_err
sein_scalar_invert(const struct sein_scalar *a, struct sein_scalar *out)
{
    if (crypto_core_ristretto255_scalar_invert(out->bytes, a->bytes) != 0)
        return SEIN_ESCALAR;
    return SEIN_OK;
}

static enum sein_err
refuse_identity(const struct sein_element *element)
{
    return sodium_is_zero(element->bytes, SEIN_POINT_BYTES) != 0
               ? SEIN_ELOWORDER
               : SEIN_OK;
}

enum sein_err
sein_element_read(const uint8_t bytes[static SEIN_POINT_BYTES],
                  struct sein_element *out_element)
{
    struct sein_element element;

    memcpy(element.bytes, bytes, SEIN_POINT_BYTES);
    if (refuse_identity(&element) != SEIN_OK ||
        crypto_core_ristretto255_is_valid_point(element.bytes) != 1)
        return SEIN_ELOWORDER;
    *out_element = element;
    return SEIN_OK;
}

enum sein_err
sein_element_add(const struct sein_element *a, const struct sein_element *b,
                 struct sein_element *out)
{
    if (crypto_core_ristretto255_add(out->bytes, a->bytes, b->bytes) != 0)
        return SEIN_ELOWORDER;
    return refuse_identity(out);
}

enum sein_err
sein_element_mul(const struct sein_scalar *scalar, const struct sein_element *a,
                 struct sein_element *out)
{
    if (crypto_scalarmult_ristretto255(out->bytes, scalar->bytes, a->bytes) !=
        0)
        return SEIN_ELOWORDER;
    return SEIN_OK;
}

enum sein_err
sein_element_base(const struct sein_scalar *scalar, struct sein_element *out)
{
    if (crypto_scalarmult_ristretto255_base(out->bytes, scalar->bytes) != 0)
        return SEIN_ELOWORDER;
    return SEIN_OK;
}

bool
sein_element_equal(const struct sein_element *a, const struct sein_element *b)
{
    return sodium_memcmp(a->bytes, b->bytes, SEIN_POINT_BYTES) == 0;
}

static void
hash_slice(crypto_hash_sha512_state *hash, struct sein_slice bytes)
{
    if (bytes.len > 0)
        (void)crypto_hash_sha512_update(hash, bytes.at, bytes.len);
}

/* What every block ends with: its number and the tag, with its length. */
static void
end_block(crypto_hash_sha512_state *hash, uint8_t number, struct sein_slice dst,
          uint8_t out[static HASH_BYTES])
{
    uint8_t dst_len = (uint8_t)dst.len;

    hash_slice(hash, sein_slice_of(&number, sizeof number));
    hash_slice(hash, dst);
    hash_slice(hash, sein_slice_of(&dst_len, sizeof dst_len));
    (void)crypto_hash_sha512_final(hash, out);
}

static void
first_block(const struct sein_slice *parts, size_t part_count,
            struct sein_slice dst, size_t out_len,
            uint8_t out[static HASH_BYTES])
{
    static const uint8_t zeros[HASH_BLOCK_BYTES];
    crypto_hash_sha512_state hash;
    const uint8_t len[2] = { (uint8_t)(out_len >> 8), (uint8_t)out_len };

    (void)crypto_hash_sha512_init(&hash);
    hash_slice(&hash, sein_slice_of(zeros, sizeof zeros));
    for (size_t i = 0; i < part_count; i++)
        hash_slice(&hash, parts[i]);
    hash_slice(&hash, sein_slice_of(len, sizeof len));
    end_block(&hash, 0, dst, out);
    sodium_memzero(&hash, sizeof hash);
}

enum sein_err
sein_expand_message(const struct sein_slice *parts, size_t part_count,
                    struct sein_slice dst, uint8_t *out, size_t out_len)
{
    uint8_t first[HASH_BYTES];
    uint8_t block[HASH_BYTES] = { 0 };
    uint8_t number = 0;

    if (dst.len == 0 || dst.len > SEIN_DST_MAX || out_len == 0 ||
        out_len > EXPAND_MAX)
        return SEIN_ERANGE;
    first_block(parts, part_count, dst, out_len, first);
    while (out_len > 0) {
        crypto_hash_sha512_state hash;
        size_t take = out_len < HASH_BYTES ? out_len : HASH_BYTES;

        for (size_t i = 0; i < HASH_BYTES; i++)
            block[i] ^= first[i];
        number++;
        (void)crypto_hash_sha512_init(&hash);
        hash_slice(&hash, sein_slice_of(block, sizeof block));
        end_block(&hash, number, dst, block);
        memcpy(out, block, take);
        out += take;
        out_len -= take;
        sodium_memzero(&hash, sizeof hash);
    }
    sodium_memzero(first, sizeof first);
    sodium_memzero(block, sizeof block);
    return SEIN_OK;
}

enum sein_err
sein_hash_to_element(const struct sein_slice *parts, size_t part_count,
                     struct sein_slice dst, struct sein_element *out)
{
    uint8_t uniform[SEIN_UNIFORM_BYTES];
    enum sein_err err =
        sein_expand_message(parts, part_count, dst, uniform, sizeof uniform);

    if (err != SEIN_OK)
        return err;
    (void)crypto_core_ristretto255_from_hash(out->bytes, uniform);
    sodium_memzero(uniform, sizeof uniform);
    return refuse_identity(out);
}

enum sein_err
sein_hash_to_scalar(const struct sein_slice *parts, size_t part_count,
                    struct sein_slice dst, struct sein_scalar *out)
{
    uint8_t uniform[SEIN_UNIFORM_BYTES];
    enum sein_err err =
        sein_expand_message(parts, part_count, dst, uniform, sizeof uniform);

    if (err != SEIN_OK)
        return err;
    crypto_core_ristretto255_scalar_reduce(out->bytes, uniform);
    sodium_memzero(uniform, sizeof uniform);
    return SEIN_OK;
}
