/*
 * The content of a signal, a correction and a referral: one form.
 *
 * Which kinds of worry there are, and which of them are arrears, is the
 * circle's affair; the caller looks it up in the directory.
 * Threads: all functions are safe.  Source: PROTOCOL.md section 9.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_SIGNAL_H
#define SEIN_PROTO_BLIND_CONTENT_SIGNAL_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

struct sein_handle;

/* Whether the resident knows. */
enum sein_informed {
    SEIN_INFORMED_YES = 1,
    SEIN_INFORMED_DEFERRED = 2, /* with a reason and a review date */
    SEIN_INFORMED_NO = 3,       /* with a reason */
};

#define SEIN_URGENCY_NORMAL 0U
#define SEIN_URGENCY_THREATENING 1U

/* Bounds of its texts, in bytes. */
#define SEIN_AANDUIDING_CHARS 2U
#define SEIN_HUISNUMMER_MAX 32U
#define SEIN_SOURCE_ID_MAX 64U

/** A field is absent iff its slice has no bytes; days are written 2026-01-31.
 *  Everything is borrowed. */
struct sein_signal {
    struct sein_slice aanduiding; /* "to" or "by" */
    uint64_t amount_cents;
    struct sein_slice birth_date;
    struct sein_slice bsn;
    struct sein_slice contact;
    struct sein_slice contact_tried;    /* attestation */
    struct sein_slice help_pointed_out; /* attestation */
    struct sein_slice huisletter;
    struct sein_slice huisnummer;
    struct sein_slice huisnummertoevoeging;
    uint64_t informed; /* enum sein_informed */
    struct sein_slice informed_reason;
    struct sein_slice informed_review;
    struct sein_slice kind; /* code of the circle's list */
    struct sein_slice name; /* surname */
    struct sein_slice note;
    struct sein_slice offer_made; /* attestation */
    struct sein_slice parent_bsn;
    struct sein_slice postcode;      /* canonical */
    struct sein_slice reminder_sent; /* attestation */
    struct sein_letter_id replaces;  /* zeros: corrects nothing */
    bool shielded;
    struct sein_slice since;
    struct sein_slice source_id;
    uint64_t urgency;
};
extern const struct sein_schema sein_signal_schema;

/**
 * sein_signal_check - the rules between and inside the fields.
 *
 * letter_kind  SEIN_LETTER_SIGNAL, _CORRECTION or _REFERRAL
 * arrears      whether the circle marks the kind so; false for a recipient, who
 *              leaves that to the sender
 * out_field    may be NULL; set on an error to the name of the first field that
 *              is wrong, a static string
 *
 * Errors:  SEIN_EKIND another letter kind; SEIN_ECODE kind is not written as a
 *          code; SEIN_EMIXEDADDRESS neither address nor bsn; SEIN_EREQUIRED
 *          half an address, no source_id, or a correction that names nothing;
 *          SEIN_ECONTENT replaces in another kind; SEIN_EINFORMED; SEIN_EDATE;
 *          SEIN_EATTEST; SEIN_EBSN; SEIN_EPOSTCODE, SEIN_EHUISNUMMER,
 *          SEIN_ETOEVOEGING, SEIN_EAANDUIDING of the address, a postcode that
 *          is not canonical among them; SEIN_ENOTE more than 1,000 characters.
 */
SEIN_CHECKED enum sein_err sein_signal_check(const struct sein_signal *signal,
                                             uint64_t letter_kind, bool arrears,
                                             const char **out_field);

/** sein_signal_has_address - whether it names a written address. */
bool sein_signal_has_address(const struct sein_signal *signal);

/**
 * sein_signal_address_handle - the address in its canonical form.
 *
 * Errors:  SEIN_EMIXEDADDRESS it has no address; else as blind/handle.h.
 */
SEIN_CHECKED enum sein_err
sein_signal_address_handle(const struct sein_signal *signal,
                           struct sein_handle *out_handle);

/**
 * sein_note_check - whether a note has at most SEIN_NOTE_CHARS_MAX characters.
 *
 * note     UTF-8
 * Errors:  SEIN_ENOTE.
 */
SEIN_CHECKED enum sein_err sein_note_check(struct sein_slice note);

#endif
