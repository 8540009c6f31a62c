/*
 * The signs that people and their programs write: one code point at a time,
 * and which kind of separator it is.
 *
 * Spreadsheets and word processors write more kinds of space, hyphen and
 * apostrophe than a keyboard has; all kinds of one stand for the same here.
 * What one cannot see (zero width, byte order mark) counts as white space.
 */
#ifndef SEIN_PROTO_BLIND_SIGN_H
#define SEIN_PROTO_BLIND_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/error.h"

/**
 * sein_sign_read - take the next code point off the front of a UTF-8 text.
 *
 * text     borrowed, not empty; moved behind the code point
 * Errors:  SEIN_EUTF8 no well-formed UTF-8 stands there; text is untouched.
 * Threads: safe.
 */
SEIN_CHECKED enum sein_err sein_sign_read(struct sein_slice *text,
                                          int32_t *out_sign);

/** sein_sign_is_space - white space of any width, and what is invisible. */
bool sein_sign_is_space(int32_t sign);

/** sein_sign_is_hyphen - hyphens, dashes and the minus sign. */
bool sein_sign_is_hyphen(int32_t sign);

/** sein_sign_is_apostrophe - straight, curled and what is typed for it. */
bool sein_sign_is_apostrophe(int32_t sign);

/** sein_sign_is_separator - in an address: space, hyphen, slash, dot, comma. */
bool sein_sign_is_separator(int32_t sign);

/** sein_sign_is_digit, _is_letter - 0-9; a-z and A-Z; nothing else. */
bool sein_sign_is_digit(int32_t sign);
bool sein_sign_is_letter(int32_t sign);

/** sein_sign_upper - A-Z for a-z; anything else as it is. */
int32_t sein_sign_upper(int32_t sign);

#endif
