#include "proto/blind/sign.h"

#include <stddef.h>

#include <utf8proc.h>

struct range {
    int32_t first;
    int32_t last;
};

static const struct range spaces[] = {
    { 0x0009, 0x000d }, /* tab, line ends */
    { 0x0020, 0x0020 }, { 0x0085, 0x0085 },
    { 0x00a0, 0x00a0 }, /* no-break space */
    { 0x1680, 0x1680 }, { 0x180e, 0x180e },
    { 0x2000, 0x200f }, /* en to hair space, zero width, direction marks */
    { 0x2028, 0x2029 }, { 0x202f, 0x202f }, /* narrow no-break space */
    { 0x205f, 0x2060 }, { 0x3000, 0x3000 },
    { 0xfeff, 0xfeff }, /* byte order mark */
};

static const struct range hyphens[] = {
    { '-', '-' },       { 0x00ad, 0x00ad }, /* soft hyphen */
    { 0x2010, 0x2015 }, /* hyphen, non-breaking, figure, en, em, bar */
    { 0x2212, 0x2212 }, /* minus */
    { 0xfe58, 0xfe58 }, { 0xfe63, 0xfe63 }, { 0xff0d, 0xff0d },
};

static const struct range apostrophes[] = {
    { '\'', '\'' },     { '`', '`' }, { 0x00b4, 0x00b4 }, /* acute */
    { 0x02b9, 0x02bd }, /* letters that look like one */
    { 0x2018, 0x201b }, /* single quotation marks */
    { 0x2032, 0x2032 }, /* prime */
    { 0xff07, 0xff07 },
};

/* Slash, dot and comma, with the fraction slash and the wide kinds. */
static const struct range points[] = {
    { ',', ',' },       { '.', '/' },       { 0x2044, 0x2044 },
    { 0x2215, 0x2215 }, { 0xff0c, 0xff0c }, { 0xff0e, 0xff0f },
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static bool
is_in(int32_t sign, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sign >= ranges[i].first && sign <= ranges[i].last)
            return true;
    }
    return false;
}

enum sein_err
sein_sign_read(struct sein_slice *text, int32_t *out_sign)
{
    int32_t sign = 0;
    ptrdiff_t took =
        utf8proc_iterate(text->at, (utf8proc_ssize_t)text->len, &sign);

    if (took <= 0)
        return SEIN_EUTF8;
    *text = sein_slice_of(text->at + took, text->len - (size_t)took);
    *out_sign = sign;
    return SEIN_OK;
}

bool
sein_sign_is_space(int32_t sign)
{
    return is_in(sign, spaces, COUNT(spaces));
}

bool
sein_sign_is_hyphen(int32_t sign)
{
    return is_in(sign, hyphens, COUNT(hyphens));
}

bool
sein_sign_is_apostrophe(int32_t sign)
{
    return is_in(sign, apostrophes, COUNT(apostrophes));
}

bool
sein_sign_is_separator(int32_t sign)
{
    return sein_sign_is_space(sign) || sein_sign_is_hyphen(sign) ||
           is_in(sign, points, COUNT(points));
}

bool
sein_sign_is_digit(int32_t sign)
{
    return sign >= '0' && sign <= '9';
}

bool
sein_sign_is_letter(int32_t sign)
{
    return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z');
}

int32_t
sein_sign_upper(int32_t sign)
{
    return sign >= 'a' && sign <= 'z' ? sign - 'a' + 'A' : sign;
}
