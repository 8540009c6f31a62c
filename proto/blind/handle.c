#include "proto/blind/handle.h"

#include <stdbool.h>
#include <string.h>

#include "proto/blind/sign.h"

#define POSTCODE_DIGITS 4U
#define HUISNUMMER_MAX 99999U
#define AANDUIDING_CHARS 2U

struct sein_slice
sein_handle_text(const struct sein_handle *handle)
{
    return sein_slice_of(handle->text, handle->len);
}

/* ---- postcode -------------------------------------------------------- */

/* The signs that are left when white space goes: at most out_max of them. */
static enum sein_err
squeeze(struct sein_slice text, char *out, size_t out_max, size_t *out_len)
{
    size_t len = 0;

    while (text.len > 0) {
        int32_t sign = 0;
        enum sein_err err = sein_sign_read(&text, &sign);

        if (err != SEIN_OK)
            return err;
        if (sein_sign_is_space(sign))
            continue;
        if (len == out_max || sign > 0x7f)
            return SEIN_EFORMAT;
        out[len++] = (char)sein_sign_upper(sign);
    }
    *out_len = len;
    return SEIN_OK;
}

static bool
postcode_is_issued(const char postcode[static SEIN_POSTCODE_CHARS])
{
    static const char *const never[] = { "SA", "SD", "SS" };
    const char *letters = postcode + POSTCODE_DIGITS;

    if (postcode[0] == '0')
        return false;
    for (size_t i = 0; i < SEIN_POSTCODE_CHARS; i++) {
        if (i < POSTCODE_DIGITS ? !sein_sign_is_digit(postcode[i])
                                : !sein_sign_is_letter(postcode[i]))
            return false;
    }
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (memcmp(letters, never[i], 2) == 0)
            return false;
    }
    return true;
}

enum sein_err
sein_handle_postcode(struct sein_slice text,
                     char out_text[static SEIN_POSTCODE_CHARS + 1],
                     unsigned *out_warnings)
{
    char postcode[SEIN_POSTCODE_CHARS + 1] = { 0 };
    size_t len = 0;

    if (squeeze(text, postcode, SEIN_POSTCODE_CHARS, &len) != SEIN_OK ||
        len != SEIN_POSTCODE_CHARS || !postcode_is_issued(postcode))
        return SEIN_EPOSTCODE;
    memcpy(out_text, postcode, sizeof postcode);
    if (out_warnings != NULL)
        *out_warnings = strpbrk(postcode + POSTCODE_DIGITS, "FIOQUY") != NULL
                            ? SEIN_HANDLE_WARN_POSTCODE
                            : 0;
    return SEIN_OK;
}

/* ---- the other parts of an address ----------------------------------- */

/* Text without the white space in front of it; an ill-formed byte stays, for
 * whoever reads on to refuse. */
static struct sein_slice
skip_space(struct sein_slice text)
{
    while (text.len > 0) {
        struct sein_slice rest = text;
        int32_t sign = 0;

        if (sein_sign_read(&rest, &sign) != SEIN_OK ||
            !sein_sign_is_space(sign))
            break;
        text = rest;
    }
    return text;
}

/* The leading digits as text without zeros in front; text moves behind them. */
static enum sein_err
take_number(struct sein_slice *text, struct sein_slice *out_digits)
{
    struct sein_slice at = skip_space(*text);
    struct sein_slice digits = { 0 };
    uint32_t number = 0;

    while (at.len > 0 && at.at[0] == '0')
        at = sein_slice_of(at.at + 1, at.len - 1);
    digits.at = at.at;
    while (at.len > 0 && sein_sign_is_digit(at.at[0])) {
        number = 10 * number + (uint32_t)(at.at[0] - '0');
        if (number > HUISNUMMER_MAX)
            return SEIN_EHUISNUMMER;
        digits.len++;
        at = sein_slice_of(at.at + 1, at.len - 1);
    }
    if (number == 0)
        return SEIN_EHUISNUMMER;
    *text = at;
    *out_digits = digits;
    return SEIN_OK;
}

/* Append the letters and digits of one field to the rest. */
static enum sein_err
join(struct sein_slice field, struct sein_writer *rest)
{
    while (field.len > 0) {
        int32_t sign = 0;

        if (sein_sign_read(&field, &sign) != SEIN_OK)
            return SEIN_ETOEVOEGING;
        if (sein_sign_is_separator(sign))
            continue;
        if (!sein_sign_is_letter(sign) && !sein_sign_is_digit(sign))
            return SEIN_ETOEVOEGING;
        sein_write_u8(rest, (uint8_t)sein_sign_upper(sign));
        if (rest->failed)
            return SEIN_ETOEVOEGING;
    }
    return SEIN_OK;
}

static enum sein_err
join_rest(struct sein_slice left_of_number, const struct sein_address *address,
          struct sein_writer *rest)
{
    const struct sein_slice fields[] = { left_of_number, address->huisletter,
                                         address->huisnummertoevoeging };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        enum sein_err err = join(fields[i], rest);

        if (err != SEIN_OK)
            return err;
    }
    return SEIN_OK;
}

/* White space around it goes, white space within it does not. */
static enum sein_err
read_aanduiding(struct sein_slice text, const char **out_aanduiding)
{
    static const char *const known[] = { "to", "by" };
    struct sein_slice word = skip_space(text);
    struct sein_slice rest = { 0 };

    if (word.len == 0) {
        *out_aanduiding = "";
        return SEIN_OK;
    }
    if (word.len < AANDUIDING_CHARS)
        return SEIN_EAANDUIDING;
    rest =
        sein_slice_of(word.at + AANDUIDING_CHARS, word.len - AANDUIDING_CHARS);
    if (skip_space(rest).len > 0)
        return SEIN_EAANDUIDING;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (sein_sign_upper(word.at[0]) == sein_sign_upper(known[i][0]) &&
            sein_sign_upper(word.at[1]) == sein_sign_upper(known[i][1])) {
            *out_aanduiding = known[i];
            return SEIN_OK;
        }
    }
    return SEIN_EAANDUIDING;
}

/* The parts were checked and are shorter than a handle: writing cannot fail. */
static void
write_address(const char *postcode, struct sein_slice number,
              struct sein_slice rest, const char *aanduiding,
              struct sein_handle *out_handle)
{
    struct sein_writer writer =
        sein_writer_of(out_handle->text, sizeof out_handle->text);

    out_handle->kind = SEIN_HANDLE_ADDRESS;
    sein_write_text(&writer, postcode);
    sein_write_u8(&writer, '/');
    sein_write_slice(&writer, number);
    sein_write_u8(&writer, '/');
    sein_write_slice(&writer, rest);
    sein_write_u8(&writer, '/');
    sein_write_text(&writer, aanduiding);
    out_handle->len = writer.len;
}

enum sein_err
sein_handle_from_address(const struct sein_address *address,
                         struct sein_handle *out_handle, unsigned *out_warnings)
{
    char postcode[SEIN_POSTCODE_CHARS + 1];
    uint8_t rest_bytes[SEIN_TOEVOEGING_MAX];
    struct sein_writer rest = sein_writer_of(rest_bytes, sizeof rest_bytes);
    struct sein_slice left = address->huisnummer;
    struct sein_slice number = { 0 };
    const char *aanduiding = "";
    unsigned warnings = 0;
    enum sein_err err = SEIN_OK;

    err = sein_handle_postcode(address->postcode, postcode, &warnings);
    if (err != SEIN_OK)
        return err;
    err = take_number(&left, &number);
    if (err != SEIN_OK)
        return err;
    err = join_rest(left, address, &rest);
    if (err != SEIN_OK)
        return err;
    err = read_aanduiding(address->aanduiding, &aanduiding);
    if (err != SEIN_OK)
        return err;
    write_address(postcode, number, sein_slice_of(rest.at, rest.len),
                  aanduiding, out_handle);
    if (out_warnings != NULL)
        *out_warnings = warnings;
    return SEIN_OK;
}

/* ---- BSN ------------------------------------------------------------- */

static bool
passes_eleven_test(const uint8_t digits[static SEIN_BSN_CHARS])
{
    int sum = 0;
    bool not_zero = false;

    for (int i = 0; i < (int)SEIN_BSN_CHARS; i++) {
        int digit = digits[i] - '0';
        int weight = i == (int)SEIN_BSN_CHARS - 1 ? -1 : 9 - i;

        sum += weight * digit;
        not_zero = not_zero || digit != 0;
    }
    return not_zero && sum % 11 == 0;
}

enum sein_err
sein_handle_from_bsn(struct sein_slice text, struct sein_handle *out_handle)
{
    uint8_t digits[SEIN_BSN_CHARS] = { 0 };
    size_t len = 0;

    while (text.len > 0) {
        int32_t sign = 0;

        if (sein_sign_read(&text, &sign) != SEIN_OK)
            return SEIN_EBSN;
        if (sein_sign_is_space(sign) || sign == '.')
            continue;
        if (!sein_sign_is_digit(sign) || len == sizeof digits)
            return SEIN_EBSN;
        digits[len++] = (uint8_t)sign;
    }
    if (len == sizeof digits - 1) {
        memmove(digits + 1, digits, len);
        digits[0] = '0';
        len++;
    }
    if (len != sizeof digits || !passes_eleven_test(digits))
        return SEIN_EBSN;
    out_handle->kind = SEIN_HANDLE_BSN;
    memcpy(out_handle->text, digits, len);
    out_handle->len = len;
    return SEIN_OK;
}
