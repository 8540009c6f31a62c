#include "proto/base/ids.h"

#include <string.h>

#include <sodium.h>

#define OIN_PREFIX_CHARS 8U
#define OIN_MAIN_MAX 9U
#define OIN_ZEROS_MIN 3U

void
sein_letter_id_new(int64_t now_ms, struct sein_letter_id *out_id)
{
    uint64_t at = (uint64_t)now_ms;

    randombytes_buf(out_id->bytes, sizeof out_id->bytes);
    for (size_t i = 0; i < 6; i++)
        out_id->bytes[i] = (uint8_t)(at >> (8 * (5 - i)));
    out_id->bytes[6] = (uint8_t)(0x70 | (out_id->bytes[6] & 0x0f));
    out_id->bytes[8] = (uint8_t)(0x80 | (out_id->bytes[8] & 0x3f));
}

int64_t
sein_letter_id_time(const struct sein_letter_id *id)
{
    uint64_t at = 0;

    for (size_t i = 0; i < 6; i++)
        at = at << 8 | id->bytes[i];
    return (int64_t)at;
}

void
sein_random_id(uint8_t out_bytes[static SEIN_ID_BYTES])
{
    randombytes_buf(out_bytes, SEIN_ID_BYTES);
}

static bool
is_digit(uint8_t sign)
{
    return sign >= '0' && sign <= '9';
}

static bool
is_lower(uint8_t sign)
{
    return sign >= 'a' && sign <= 'z';
}

static bool
is_upper(uint8_t sign)
{
    return sign >= 'A' && sign <= 'Z';
}

static bool
oin_prefix_is(struct sein_slice text, const char *prefix)
{
    return memcmp(text.at, prefix, OIN_PREFIX_CHARS) == 0;
}

enum sein_err
sein_oin_check(struct sein_slice text)
{
    static const char *const prefixes[] = { "00000001", "00000003", "00000004",
                                            "00000007", "00000099" };
    bool known = false;
    bool brin = false;
    bool not_zero = false;

    if (text.len != SEIN_OIN_CHARS)
        return SEIN_EOIN;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        known = known || oin_prefix_is(text, prefixes[i]);
    brin = oin_prefix_is(text, "00000007");
    for (size_t i = OIN_PREFIX_CHARS; i < OIN_PREFIX_CHARS + OIN_MAIN_MAX;
         i++) {
        if (!is_digit(text.at[i]) && !(brin && is_upper(text.at[i])))
            return SEIN_EOIN;
        not_zero = not_zero || text.at[i] != '0';
    }
    for (size_t i = SEIN_OIN_CHARS - OIN_ZEROS_MIN; i < SEIN_OIN_CHARS; i++) {
        if (text.at[i] != '0')
            return SEIN_EOIN;
    }
    return known && not_zero ? SEIN_OK : SEIN_EOIN;
}

static bool
all_code_signs(struct sein_slice text, size_t max, const char *more)
{
    if (text.len == 0 || text.len > max)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t sign = text.at[i];

        if (!is_lower(sign) && !is_digit(sign) &&
            (sign == 0 || strchr(more, sign) == NULL))
            return false;
    }
    return true;
}

enum sein_err
sein_desk_check(struct sein_slice text)
{
    struct sein_slice name = { 0 };

    if (text.len < SEIN_OIN_CHARS + 2 || text.at[SEIN_OIN_CHARS] != '/')
        return SEIN_EDESK;
    if (sein_oin_check(sein_desk_oin(text)) != SEIN_OK)
        return SEIN_EDESK;
    name = sein_slice_of(text.at + SEIN_OIN_CHARS + 1,
                         text.len - SEIN_OIN_CHARS - 1);
    return all_code_signs(name, SEIN_DESK_NAME_MAX, "-_") ? SEIN_OK
                                                          : SEIN_EDESK;
}

struct sein_slice
sein_desk_oin(struct sein_slice desk)
{
    return sein_slice_of(desk.at, SEIN_OIN_CHARS);
}

enum sein_err
sein_circle_check(struct sein_slice text)
{
    return all_code_signs(text, SEIN_CIRCLE_MAX, "-") ? SEIN_OK : SEIN_ECIRCLE;
}

enum sein_err
sein_code_check(struct sein_slice text)
{
    return all_code_signs(text, SEIN_CODE_MAX, "_-") ? SEIN_OK : SEIN_ECODE;
}
