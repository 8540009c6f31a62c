#include "proto/wire/unpack.h"

#include "proto/base/text.h"

enum token_type {
    TOKEN_UINT,
    TOKEN_BOOL,
    TOKEN_BYTES,
    TOKEN_TEXT,
    TOKEN_ARRAY,
    TOKEN_MAP,
};

/* One head: its type and its value, length or count. */
struct token {
    enum token_type type;
    uint64_t value;
};

/* MessagePack's heads that carry their number in 2^n following bytes, with the
 * largest number that the next shorter form already holds. */
struct wide_head {
    uint8_t first;
    uint8_t width;
    enum token_type type;
    uint64_t shorter_max;
    bool has_shorter;
};

static const struct wide_head wide_heads[] = {
    { 0xc4, 1, TOKEN_BYTES, 0, false },
    { 0xc5, 2, TOKEN_BYTES, UINT8_MAX, true },
    { 0xc6, 4, TOKEN_BYTES, UINT16_MAX, true },
    { 0xcc, 1, TOKEN_UINT, 0x7f, true },
    { 0xcd, 2, TOKEN_UINT, UINT8_MAX, true },
    { 0xce, 4, TOKEN_UINT, UINT16_MAX, true },
    { 0xcf, 8, TOKEN_UINT, UINT32_MAX, true },
    { 0xd9, 1, TOKEN_TEXT, 31, true },
    { 0xda, 2, TOKEN_TEXT, UINT8_MAX, true },
    { 0xdb, 4, TOKEN_TEXT, UINT16_MAX, true },
    { 0xdc, 2, TOKEN_ARRAY, 15, true },
    { 0xdd, 4, TOKEN_ARRAY, UINT16_MAX, true },
    { 0xde, 2, TOKEN_MAP, 15, true },
    { 0xdf, 4, TOKEN_MAP, UINT16_MAX, true },
};

static enum sein_err
read_width(struct sein_reader *in, size_t width, uint64_t *out_value)
{
    struct sein_slice bytes = { 0 };
    uint64_t value = 0;
    enum sein_err err = sein_read_bytes(in, width, &bytes);

    if (err != SEIN_OK)
        return err;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | bytes.at[i];
    *out_value = value;
    return SEIN_OK;
}

static enum sein_err
read_wide_head(struct sein_reader *in, uint8_t first, struct token *out_token)
{
    for (size_t i = 0; i < sizeof wide_heads / sizeof wide_heads[0]; i++) {
        const struct wide_head *head = &wide_heads[i];
        uint64_t value = 0;
        enum sein_err err = SEIN_OK;

        if (head->first != first)
            continue;
        err = read_width(in, head->width, &value);
        if (err != SEIN_OK)
            return err;
        if (head->has_shorter && value <= head->shorter_max)
            return SEIN_ECANON;
        *out_token = (struct token){ head->type, value };
        return SEIN_OK;
    }
    return SEIN_EWIRE;
}

static enum sein_err
read_head(struct sein_reader *in, struct token *out_token)
{
    uint8_t first = 0;
    enum sein_err err = sein_read_u8(in, &first);

    if (err != SEIN_OK)
        return err;
    if (first <= 0x7f)
        *out_token = (struct token){ TOKEN_UINT, first };
    else if (first <= 0x8f)
        *out_token = (struct token){ TOKEN_MAP, first & 0x0f };
    else if (first <= 0x9f)
        *out_token = (struct token){ TOKEN_ARRAY, first & 0x0f };
    else if (first <= 0xbf)
        *out_token = (struct token){ TOKEN_TEXT, first & 0x1f };
    else if (first == 0xc2 || first == 0xc3)
        *out_token = (struct token){ TOKEN_BOOL, first & 1 };
    else
        return read_wide_head(in, first, out_token);
    return SEIN_OK;
}

/* Every element takes at least a byte and every pair two, so a larger count is
 * a lie that is seen before anything is done with it. */
static enum sein_err
check_count(const struct sein_reader *in, const struct token *token)
{
    if (token->type == TOKEN_ARRAY && token->value > in->left)
        return SEIN_EWIRE;
    if (token->type == TOKEN_MAP && token->value > in->left / 2)
        return SEIN_EWIRE;
    return SEIN_OK;
}

static enum sein_err
read_body(struct sein_reader *in, const struct token *token,
          struct sein_slice *out_value)
{
    struct sein_slice value = { 0 };
    enum sein_err err = SEIN_OK;

    if (token->value > in->left)
        return SEIN_EWIRE;
    err = sein_read_bytes(in, (size_t)token->value, &value);
    if (err == SEIN_OK && token->type == TOKEN_TEXT)
        err = sein_utf8_check(value);
    if (err == SEIN_OK)
        *out_value = value;
    return err;
}

/* A head of the type asked for, or nothing consumed. */
static enum sein_err
expect_head(struct sein_reader *in, enum token_type type,
            struct token *out_token)
{
    struct sein_reader ahead = *in;
    struct token token = { TOKEN_UINT, 0 };
    enum sein_err err = read_head(&ahead, &token);

    if (err != SEIN_OK)
        return err;
    if (token.type != type)
        return SEIN_EWIRE;
    err = check_count(&ahead, &token);
    if (err != SEIN_OK)
        return err;
    *in = ahead;
    *out_token = token;
    return SEIN_OK;
}

enum sein_err
sein_unpack_uint(struct sein_reader *in, uint64_t *out_value)
{
    struct token token = { TOKEN_UINT, 0 };
    enum sein_err err = expect_head(in, TOKEN_UINT, &token);

    if (err == SEIN_OK)
        *out_value = token.value;
    return err;
}

enum sein_err
sein_unpack_bool(struct sein_reader *in, bool *out_value)
{
    struct token token = { TOKEN_BOOL, 0 };
    enum sein_err err = expect_head(in, TOKEN_BOOL, &token);

    if (err == SEIN_OK)
        *out_value = token.value != 0;
    return err;
}

enum sein_err
sein_unpack_bytes(struct sein_reader *in, struct sein_slice *out_value)
{
    struct token token = { TOKEN_BYTES, 0 };
    enum sein_err err = expect_head(in, TOKEN_BYTES, &token);

    return err == SEIN_OK ? read_body(in, &token, out_value) : err;
}

enum sein_err
sein_unpack_text(struct sein_reader *in, struct sein_slice *out_value)
{
    struct token token = { TOKEN_TEXT, 0 };
    enum sein_err err = expect_head(in, TOKEN_TEXT, &token);

    return err == SEIN_OK ? read_body(in, &token, out_value) : err;
}

enum sein_err
sein_unpack_array(struct sein_reader *in, size_t *out_count)
{
    struct token token = { TOKEN_ARRAY, 0 };
    enum sein_err err = expect_head(in, TOKEN_ARRAY, &token);

    if (err == SEIN_OK)
        *out_count = (size_t)token.value;
    return err;
}

enum sein_err
sein_unpack_map(struct sein_reader *in, size_t *out_count)
{
    struct token token = { TOKEN_MAP, 0 };
    enum sein_err err = expect_head(in, TOKEN_MAP, &token);

    if (err == SEIN_OK)
        *out_count = (size_t)token.value;
    return err;
}

static enum sein_err walk_value(struct sein_reader *in, unsigned depth);

static enum sein_err
walk_pairs(struct sein_reader *in, uint64_t count, unsigned depth)
{
    struct sein_slice before = { 0 };

    for (uint64_t i = 0; i < count; i++) {
        struct sein_slice key = { 0 };
        enum sein_err err = sein_unpack_text(in, &key);

        if (err != SEIN_OK)
            return err;
        if (i > 0 && sein_slice_compare(before, key) >= 0)
            return SEIN_ECANON;
        before = key;
        err = walk_value(in, depth);
        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}

/* Recursion is bounded by SEIN_WIRE_DEPTH_MAX. */
static enum sein_err
walk_value(struct sein_reader *in, unsigned depth)
{
    struct token token = { TOKEN_UINT, 0 };
    struct sein_slice body = { 0 };
    enum sein_err err = read_head(in, &token);

    if (err != SEIN_OK)
        return err;
    if (token.type == TOKEN_BYTES || token.type == TOKEN_TEXT)
        return read_body(in, &token, &body);
    if (token.type != TOKEN_ARRAY && token.type != TOKEN_MAP)
        return SEIN_OK;
    if (depth == SEIN_WIRE_DEPTH_MAX)
        return SEIN_EDEPTH;
    err = check_count(in, &token);
    if (err == SEIN_OK && token.type == TOKEN_MAP)
        return walk_pairs(in, token.value, depth + 1);
    for (uint64_t i = 0; err == SEIN_OK && i < token.value; i++)
        err = walk_value(in, depth + 1);
    return err;
}

enum sein_err
sein_unpack_inner(struct sein_reader *in, unsigned depth,
                  struct sein_slice *out_raw)
{
    struct sein_reader ahead = *in;
    enum sein_err err = walk_value(&ahead, depth);

    if (err != SEIN_OK)
        return err;
    *out_raw = sein_slice_of(in->at, in->left - ahead.left);
    *in = ahead;
    return SEIN_OK;
}

enum sein_err
sein_unpack_value(struct sein_reader *in, struct sein_slice *out_raw)
{
    return sein_unpack_inner(in, 0, out_raw);
}
