/*
 * UTF-8 text that others wrote.
 * Threads: safe.  Source: RFC 3629, through libutf8proc.
 */
#ifndef SEIN_PROTO_BASE_TEXT_H
#define SEIN_PROTO_BASE_TEXT_H

#include "proto/base/bytes.h"

/** sein_utf8_check - whether the bytes are UTF-8, without overlong forms and
 *  surrogates.
 *
 * Errors:  SEIN_EUTF8.  Cost: linear. */
SEIN_CHECKED enum sein_err sein_utf8_check(struct sein_slice text);

/** sein_utf8_count - how many characters a text has that passed the check. */
size_t sein_utf8_count(struct sein_slice text);

/** sein_text_trim - the text without ASCII white space around it. */
struct sein_slice sein_text_trim(struct sein_slice text);

#endif
