/*
 * The one error list: what can go wrong anywhere in the house.
 *
 * Each row is (symbol, number, code, English, Dutch).  The number travels on
 * the wire and is never reused; the code is the stable word in logs, JSON and
 * man pages; each text says what is wrong and, after the semicolon, what to do.
 * Ranges: 0-19 general, 20-39 wire, 40-69 trust, 70-99 blind and letters,
 * 100-139 broker, 140-199 client.
 */
#ifndef SEIN_PROTO_BASE_ERROR_H
#define SEIN_PROTO_BASE_ERROR_H

#include <stdint.h>

#include "proto/base/error_list.h"

/** Marks a function whose result must be looked at. */
#define SEIN_CHECKED __attribute__((warn_unused_result))

/* NOLINTNEXTLINE(bugprone-macro-parentheses): an enumerator takes none. */
#define SEIN_ERROR_ENUM(symbol, number, code, en, nl) symbol = number,
enum sein_err { SEIN_ERROR_LIST(SEIN_ERROR_ENUM) };
#undef SEIN_ERROR_ENUM

/** sein_err_code - the stable word of an error, "unknown" for no such number.
 *
 * Returns a static string.  Threads: safe. */
const char *sein_err_code(enum sein_err err);

/** sein_err_text - the English sentence, with the mend behind the semicolon.
 *
 * Returns a static string.  Threads: safe. */
const char *sein_err_text(enum sein_err err);

/** sein_err_text_nl - the same in Dutch.
 *
 * Returns a static string.  Threads: safe. */
const char *sein_err_text_nl(enum sein_err err);

/**
 * sein_err_from_wire - the error that a peer's number stands for.
 *
 * Returns SEIN_EUNKNOWN for a number that is not on the list: a newer peer.
 * Threads: safe.  Source: PROTOCOL.md section 12.
 */
enum sein_err sein_err_from_wire(uint64_t number);

#endif
