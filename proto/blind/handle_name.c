#include "proto/blind/handle.h"

#include <stdbool.h>

#include <utf8proc.h>

#include "proto/base/date.h"
#include "proto/blind/sign.h"

/* One code point never decomposes into more. */
#define DECOMPOSED_MAX 8U

/*
 * The words of the prefixes that the basic registration of persons knows (its
 * table 36), with the abbreviations that are written for them.  One list for
 * all languages: dropping too much meets more people of one birth date, and
 * people look before they act; dropping too little misses them silently.
 */
static const char *const prefixes[] = {
    "a",   "aan",   "af",    "al",    "am",  "auf",    "aus",    "ben",
    "bij", "bin",   "boven", "d",     "da",  "dal",    "dall",   "dalla",
    "das", "de",    "deca",  "degli", "dei", "del",    "dela",   "della",
    "dem", "den",   "der",   "des",   "di",  "die",    "do",     "don",
    "dos", "du",    "el",    "gen",   "het", "i",      "il",     "im",
    "in",  "l",     "la",    "las",   "le",  "les",    "lo",     "los",
    "of",  "onder", "op",    "over",  "s",   "t",      "te",     "ten",
    "ter", "tho",   "thoe",  "thor",  "to",  "toe",    "tot",    "uijt",
    "uit", "unter", "v",     "v/d",   "van", "vanden", "vander", "vd",
    "ver", "vom",   "von",   "voor",  "vor", "zu",     "zum",    "zur",
};

/* Of these, what is also a whole surname when nothing else is written. */
static const char *const also_names[] = {
    "das", "di", "do", "don", "du", "la", "le", "lo", "to",
};

/* Letters that do not decompose, after case folding (ẞ and ß are ss then). */
static const struct {
    int32_t sign;
    const char *letters;
} letters[] = {
    { 0x00e6, "ae" }, /* æ */
    { 0x00f0, "d" },  /* ð */
    { 0x00f8, "o" },  /* ø */
    { 0x00fe, "th" }, /* þ */
    { 0x0111, "d" },  /* đ */
    { 0x0127, "h" },  /* ħ */
    { 0x0131, "i" },  /* ı */
    { 0x0133, "ij" }, /* ĳ */
    { 0x0140, "l" },  /* ŀ */
    { 0x0142, "l" },  /* ł */
    { 0x014b, "n" },  /* ŋ */
    { 0x0153, "oe" }, /* œ */
    { 0x0167, "t" },  /* ŧ */
    { 0x0259, "e" },  /* ə */
};

static bool
is_among(struct sein_slice word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sein_slice_is(word, words[i]))
            return true;
    }
    return false;
}

static bool
is_prefix(struct sein_slice word)
{
    return is_among(word, prefixes, sizeof prefixes / sizeof prefixes[0]);
}

/* ---- from any sign to a-z, space, comma and slash --------------------- */

static enum sein_err
fold_sign(int32_t sign, struct sein_writer *folded)
{
    if (sein_sign_is_space(sign) || sein_sign_is_hyphen(sign) ||
        sein_sign_is_apostrophe(sign) || sign == '.' || sign == 0x00b7) {
        sein_write_u8(folded, ' ');
        return SEIN_OK;
    }
    if (sein_sign_is_letter(sign) || sign == ',' || sign == '/') {
        sein_write_u8(folded, (uint8_t)sign);
        return SEIN_OK;
    }
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i].sign == sign) {
            sein_write_text(folded, letters[i].letters);
            return SEIN_OK;
        }
    }
    return SEIN_ENAME;
}

static enum sein_err
fold(struct sein_slice text, struct sein_writer *folded)
{
    while (text.len > 0) {
        int32_t parts[DECOMPOSED_MAX];
        int32_t sign = 0;
        int last_class = UTF8PROC_BOUNDCLASS_START;
        utf8proc_ssize_t count = 0;
        enum sein_err err = sein_sign_read(&text, &sign);

        if (err != SEIN_OK)
            return err;
        count = utf8proc_decompose_char(sign, parts, DECOMPOSED_MAX,
                                        UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                            UTF8PROC_STRIPMARK,
                                        &last_class);
        if (count < 0 || count > (utf8proc_ssize_t)DECOMPOSED_MAX)
            return SEIN_ENAME;
        for (utf8proc_ssize_t i = 0; i < count; i++) {
            err = fold_sign(parts[i], folded);
            if (err != SEIN_OK)
                return err;
        }
    }
    return folded->failed ? SEIN_ETOOLONG : SEIN_OK;
}

/* ---- words ------------------------------------------------------------ */

/* A slash belongs to its word, for "v/d". */
static bool
in_word(uint8_t sign)
{
    return sein_sign_is_letter(sign) || sign == '/';
}

/* Take the first word off text; text stays when there is none. */
static bool
take_word(struct sein_slice *text, struct sein_slice *out_word)
{
    size_t start = 0;
    size_t end = 0;

    while (start < text->len && !in_word(text->at[start]))
        start++;
    if (start == text->len)
        return false;
    end = start;
    while (end < text->len && in_word(text->at[end]))
        end++;
    *out_word = sein_slice_of(text->at + start, end - start);
    *text = sein_slice_of(text->at + end, text->len - end);
    return true;
}

static bool
holds(struct sein_slice text, uint8_t sign)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == sign)
            return true;
    }
    return false;
}

/* "Berg, van den": behind the comma stand prefixes and nothing else. */
static enum sein_err
cut_at_comma(struct sein_slice *text)
{
    struct sein_slice behind = { 0 };
    struct sein_slice word = { 0 };
    size_t len = 0;

    while (len < text->len && text->at[len] != ',')
        len++;
    if (len == text->len)
        return SEIN_OK;
    behind = sein_slice_of(text->at + len + 1, text->len - len - 1);
    if (holds(behind, ','))
        return SEIN_ENAME;
    while (take_word(&behind, &word)) {
        if (!is_prefix(word))
            return SEIN_ENAME;
    }
    text->len = len;
    return SEIN_OK;
}

/* What is left of the name when its leading prefixes go. */
static enum sein_err
drop_prefixes(struct sein_slice *text)
{
    struct sein_slice rest = *text;
    struct sein_slice word = { 0 };
    size_t dropped = 0;

    while (take_word(&rest, &word)) {
        if (!is_prefix(word))
            return SEIN_OK;
        *text = rest;
        dropped++;
    }
    if (dropped != 1 ||
        !is_among(word, also_names, sizeof also_names / sizeof also_names[0]))
        return SEIN_ENAME;
    *text = word;
    return SEIN_OK;
}

static enum sein_err
write_name(struct sein_slice name, struct sein_date birth_date,
           struct sein_handle *out_handle)
{
    char date[SEIN_DATE_CHARS + 1];
    struct sein_writer writer =
        sein_writer_of(out_handle->text, sizeof out_handle->text);

    if (holds(name, '/'))
        return SEIN_ENAME;
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] != ' ')
            sein_write_u8(&writer, name.at[i]);
    }
    sein_date_format(birth_date, date);
    sein_write_u8(&writer, '/');
    sein_write_text(&writer, date);
    out_handle->kind = SEIN_HANDLE_NAME;
    out_handle->len = writer.len;
    return SEIN_OK;
}

enum sein_err
sein_handle_from_name(struct sein_slice surname, struct sein_slice birth_date,
                      struct sein_handle *out_handle)
{
    uint8_t bytes[SEIN_NAME_MAX];
    struct sein_writer folded = sein_writer_of(bytes, sizeof bytes);
    struct sein_slice name = { 0 };
    struct sein_date date = { 0 };
    enum sein_err err = SEIN_OK;

    if (surname.len > SEIN_NAME_MAX)
        return SEIN_ETOOLONG;
    err = fold(surname, &folded);
    if (err != SEIN_OK)
        return err;
    name = sein_slice_of(folded.at, folded.len);
    err = cut_at_comma(&name);
    if (err != SEIN_OK)
        return err;
    err = drop_prefixes(&name);
    if (err != SEIN_OK)
        return err;
    err = sein_date_parse(birth_date, &date);
    if (err != SEIN_OK)
        return err;
    return write_name(name, date, out_handle);
}
