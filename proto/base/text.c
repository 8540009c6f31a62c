#include "proto/base/text.h"

#include <utf8proc.h>

enum sein_err
sein_utf8_check(struct sein_slice text)
{
    size_t at = 0;

    while (at < text.len) {
        utf8proc_int32_t sign = 0;
        utf8proc_ssize_t len = utf8proc_iterate(
            text.at + at, (utf8proc_ssize_t)(text.len - at), &sign);

        if (len <= 0)
            return SEIN_EUTF8;
        at += (size_t)len;
    }
    return SEIN_OK;
}

size_t
sein_utf8_count(struct sein_slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += (text.at[i] & 0xc0) != 0x80;
    return count;
}

static bool
is_space(uint8_t sign)
{
    return sign == ' ' || (sign >= '\t' && sign <= '\r');
}

struct sein_slice
sein_text_trim(struct sein_slice text)
{
    while (text.len > 0 && is_space(text.at[0]))
        text = sein_slice_of(text.at + 1, text.len - 1);
    while (text.len > 0 && is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}
