/*
 * Handles: what people write, in the one form that two organisations share.
 *
 * Two written addresses (BSNs, names) mean the same household (person) iff
 * their canonical texts are the same bytes.  A changed rule silently breaks
 * matches, so the rules carry a version and tests/vectors/handle.json is what
 * every implementation passes.  The rules are literal: nothing is guessed,
 * looked up or corrected; what does not fit is refused.
 *  1. handle.text holds only ASCII, and len bytes of it, without a NUL.
 *  2. handle.kind says which of the three makers below gave it.
 */
#ifndef SEIN_PROTO_BLIND_HANDLE_H
#define SEIN_PROTO_BLIND_HANDLE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/error.h"
#include "proto/base/limits.h"

#define SEIN_HANDLE_VERSION 1U

/** The numbers travel: they are part of what is hashed into a tag. */
enum sein_handle_kind {
    SEIN_HANDLE_ADDRESS = 0x01,
    SEIN_HANDLE_BSN = 0x02,
    SEIN_HANDLE_NAME = 0x03,
};

/** Personal data; the caller wipes it when it is done. */
struct sein_handle {
    enum sein_handle_kind kind;
    uint8_t text[SEIN_HANDLE_MAX];
    size_t len;
};

/** A written address, as it came; UTF-8; an absent part is an empty slice. */
struct sein_address {
    struct sein_slice postcode;
    struct sein_slice huisnummer;
    struct sein_slice huisletter;
    struct sein_slice huisnummertoevoeging;
    struct sein_slice aanduiding;
};

/** Bits of out_warnings.  The postcode holds F, I, O, Q, U or Y, which were
 * hardly issued: probably another letter or a digit was meant. */
#define SEIN_HANDLE_WARN_POSTCODE 0x01U

/** sein_handle_text - borrows the canonical text of a handle. */
struct sein_slice sein_handle_text(const struct sein_handle *handle);

/**
 * sein_handle_postcode - the canonical postcode alone, as 1506AB, with a NUL.
 *
 * text         borrowed; white space anywhere in it is ignored
 * out_warnings set to the warning bits; NULL when nobody asks
 *
 * Errors:  SEIN_EPOSTCODE  it is not four digits, the first above zero, and
 *                          two letters; or the letters are SA, SD or SS.
 * Threads: safe.  Source: PROTOCOL.md section 9, handles.
 */
SEIN_CHECKED enum sein_err
sein_handle_postcode(struct sein_slice text,
                     char out_text[static SEIN_POSTCODE_CHARS + 1],
                     unsigned *out_warnings);

/**
 * sein_handle_from_address - POSTCODE/NUMBER/REST/AANDUIDING.
 *
 * address      borrowed.  NUMBER is the leading digits of huisnummer, without
 *              its leading zeros; REST is what is left of huisnummer, then
 *              huisletter, then huisnummertoevoeging, in upper case without
 *              separators; AANDUIDING is to, by or nothing.  Empty parts keep
 *              their slash: 1506AB/118/B2HOOG/, 1506AB/12//to.
 * out_warnings set to the warning bits; NULL when nobody asks
 *
 * Errors:  SEIN_EPOSTCODE   as sein_handle_postcode
 *          SEIN_EHUISNUMMER huisnummer does not begin with 1..99999
 *          SEIN_ETOEVOEGING REST has more than SEIN_TOEVOEGING_MAX signs, or
 *                           another sign than ASCII letters and digits
 *          SEIN_EAANDUIDING it is neither to, by nor empty
 *          Each also stands for bytes of its part that are not UTF-8.  Of
 *          several the first in this order is given.
 * Threads: safe.  Source: PROTOCOL.md section 9, handles.
 */
SEIN_CHECKED enum sein_err
sein_handle_from_address(const struct sein_address *address,
                         struct sein_handle *out_handle,
                         unsigned *out_warnings);

/**
 * sein_handle_from_bsn - nine digits.
 *
 * text     borrowed; white space and dots are ignored; of eight digits the
 *          leading zero was lost and is put back
 *
 * Errors:  SEIN_EBSN another number of digits, another sign, all zeros, or
 *          the eleven test fails: 9A+8B+7C+6D+5E+4F+3G+2H-1I = 0 mod 11.
 * Threads: safe.  Source: PROTOCOL.md section 9, handles.
 */
SEIN_CHECKED enum sein_err sein_handle_from_bsn(struct sein_slice text,
                                                struct sein_handle *out_handle);

/**
 * sein_handle_from_name - the folded surname, a slash and the birth date.
 *
 * surname    borrowed, UTF-8 in any normal form, at most SEIN_NAME_MAX bytes.
 *            Prefixes (van, de, ...) in front or behind a comma are left out;
 *            case, accents, hyphens, spaces, apostrophes and dots are folded:
 *            "'s-Gravesande" and "GRAVESANDE" are gravesande.
 * birth_date borrowed; as sein_date_parse takes it
 *
 * Errors:  SEIN_ENAME    nothing is left, or it holds digits or signs that do
 *                        not fold to the letters a-z
 *          SEIN_EUTF8    surname is not UTF-8
 *          SEIN_ETOOLONG surname has more than SEIN_NAME_MAX bytes
 *          SEIN_EDATE    as sein_date_parse
 * Threads: safe.  Source: PROTOCOL.md section 9, handles.
 */
SEIN_CHECKED enum sein_err
sein_handle_from_name(struct sein_slice surname, struct sein_slice birth_date,
                      struct sein_handle *out_handle);

#endif
