#include "proto/blind/content/signal.h"

#include <string.h>

#include <sodium.h>

#include "proto/blind/content/day.h"
#include "proto/blind/handle.h"
#include "proto/trust/may.h"

#define TEXT(field, low, high)                                              \
    {                                                                       \
#field, SEIN_FIELD_TEXT, true, offsetof(struct sein_signal, field), \
            low, high                                                       \
    }
#define DAY(field) TEXT(field, SEIN_DAY_CHARS, SEIN_DAY_CHARS)

static const struct sein_field signal_fields[] = {
    TEXT(aanduiding, SEIN_AANDUIDING_CHARS, SEIN_AANDUIDING_CHARS),
    { "amount_cents", SEIN_FIELD_UINT, true,
      offsetof(struct sein_signal, amount_cents), 0, INT64_MAX },
    DAY(birth_date),
    TEXT(bsn, SEIN_BSN_CHARS, SEIN_BSN_CHARS),
    TEXT(contact, 1, SEIN_CONTACT_MAX),
    DAY(contact_tried),
    DAY(help_pointed_out),
    TEXT(huisletter, 1, SEIN_HUISNUMMER_MAX),
    TEXT(huisnummer, 1, SEIN_HUISNUMMER_MAX),
    TEXT(huisnummertoevoeging, 1, SEIN_HUISNUMMER_MAX),
    { "informed", SEIN_FIELD_UINT, false,
      offsetof(struct sein_signal, informed), SEIN_INFORMED_YES,
      SEIN_INFORMED_NO },
    TEXT(informed_reason, 1, SEIN_TEXT_MAX),
    DAY(informed_review),
    { "kind", SEIN_FIELD_TEXT, false, offsetof(struct sein_signal, kind), 1,
      SEIN_CODE_MAX },
    TEXT(name, 1, SEIN_NAME_MAX),
    TEXT(note, 1, SEIN_NOTE_MAX),
    DAY(offer_made),
    TEXT(parent_bsn, SEIN_BSN_CHARS, SEIN_BSN_CHARS),
    TEXT(postcode, SEIN_POSTCODE_CHARS, SEIN_POSTCODE_CHARS),
    DAY(reminder_sent),
    { "replaces", SEIN_FIELD_FIXED, true,
      offsetof(struct sein_signal, replaces), 0, SEIN_ID_BYTES },
    { "shielded", SEIN_FIELD_BOOL, true, offsetof(struct sein_signal, shielded),
      0, 1 },
    DAY(since),
    { "source_id", SEIN_FIELD_TEXT, false,
      offsetof(struct sein_signal, source_id), 1, SEIN_SOURCE_ID_MAX },
    { "urgency", SEIN_FIELD_UINT, true, offsetof(struct sein_signal, urgency),
      SEIN_URGENCY_NORMAL, SEIN_URGENCY_THREATENING },
};
const struct sein_schema sein_signal_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, signal_fields, struct sein_signal);

/* An error, and the field that it is about. */
struct finding {
    enum sein_err err;
    const char *field;
};

static const struct finding nothing_wrong = { SEIN_OK, NULL };

static struct finding
found(enum sein_err err, const char *field)
{
    return (struct finding){ err, field };
}

/* A day that may be absent. */
struct day_field {
    struct sein_slice day;
    const char *name;
};

static struct finding
check_kind(const struct sein_signal *signal, uint64_t letter_kind)
{
    bool replaces =
        !sodium_is_zero(signal->replaces.bytes, sizeof signal->replaces.bytes);

    if (letter_kind != SEIN_LETTER_SIGNAL &&
        letter_kind != SEIN_LETTER_CORRECTION &&
        letter_kind != SEIN_LETTER_REFERRAL)
        return found(SEIN_EKIND, "kind");
    if (signal->source_id.len == 0)
        return found(SEIN_EREQUIRED, "source_id");
    if (sein_code_check(signal->kind) != SEIN_OK)
        return found(SEIN_ECODE, "kind");
    if (letter_kind == SEIN_LETTER_CORRECTION && !replaces)
        return found(SEIN_EREQUIRED, "replaces");
    if (letter_kind != SEIN_LETTER_CORRECTION && replaces)
        return found(SEIN_ECONTENT, "replaces");
    return nothing_wrong;
}

bool
sein_signal_has_address(const struct sein_signal *signal)
{
    return signal->postcode.len > 0 && signal->huisnummer.len > 0;
}

enum sein_err
sein_signal_address_handle(const struct sein_signal *signal,
                           struct sein_handle *out_handle)
{
    const struct sein_address address = {
        .postcode = signal->postcode,
        .huisnummer = signal->huisnummer,
        .huisletter = signal->huisletter,
        .huisnummertoevoeging = signal->huisnummertoevoeging,
        .aanduiding = signal->aanduiding,
    };

    if (!sein_signal_has_address(signal))
        return SEIN_EMIXEDADDRESS;
    return sein_handle_from_address(&address, out_handle, NULL);
}

/* Which column an address error is about; the addition is told by the longer
 * of the two fields that it may have come in. */
static const char *
address_field(const struct sein_signal *signal, enum sein_err err)
{
    if (err == SEIN_EPOSTCODE)
        return "postcode";
    if (err == SEIN_EAANDUIDING)
        return "aanduiding";
    if (err == SEIN_ETOEVOEGING && signal->huisnummertoevoeging.len > 0)
        return "huisnummertoevoeging";
    if (err == SEIN_ETOEVOEGING && signal->huisletter.len > 0)
        return "huisletter";
    return "huisnummer";
}

/* Whether any part of an address is filled in. */
static bool
has_address_part(const struct sein_signal *signal)
{
    return signal->postcode.len > 0 || signal->huisnummer.len > 0 ||
           signal->huisletter.len > 0 || signal->huisnummertoevoeging.len > 0 ||
           signal->aanduiding.len > 0;
}

static struct finding
check_address(const struct sein_signal *signal)
{
    struct sein_handle handle;
    struct finding finding = nothing_wrong;
    enum sein_err err = SEIN_OK;

    if (!has_address_part(signal))
        return signal->bsn.len > 0 ? nothing_wrong
                                   : found(SEIN_EMIXEDADDRESS, "postcode");
    if (signal->postcode.len == 0)
        return found(SEIN_EREQUIRED, "postcode");
    if (signal->huisnummer.len == 0)
        return found(SEIN_EREQUIRED, "huisnummer");
    err = sein_signal_address_handle(signal, &handle);
    if (err != SEIN_OK)
        return found(err, address_field(signal, err));
    /* Two homes must show one postcode in one way. */
    if (signal->postcode.len != SEIN_POSTCODE_CHARS ||
        memcmp(signal->postcode.at, handle.text, SEIN_POSTCODE_CHARS) != 0)
        finding = found(SEIN_EPOSTCODE, "postcode");
    sodium_memzero(&handle, sizeof handle);
    return finding;
}

/* Absent, or nine digits that pass the eleven test, nothing around them. */
static struct finding
check_bsn(struct sein_slice bsn, const char *name)
{
    struct sein_handle handle;
    bool same = false;

    if (bsn.len == 0)
        return nothing_wrong;
    if (sein_handle_from_bsn(bsn, &handle) != SEIN_OK)
        return found(SEIN_EBSN, name);
    same = sein_slice_equal(bsn, sein_handle_text(&handle));
    sodium_memzero(&handle, sizeof handle);
    return same ? nothing_wrong : found(SEIN_EBSN, name);
}

static struct finding
check_informed(const struct sein_signal *signal)
{
    if (signal->informed < SEIN_INFORMED_YES ||
        signal->informed > SEIN_INFORMED_NO)
        return found(SEIN_EINFORMED, "informed");
    if (signal->informed == SEIN_INFORMED_YES)
        return nothing_wrong;
    if (signal->informed_reason.len == 0)
        return found(SEIN_EINFORMED, "informed_reason");
    if (signal->informed == SEIN_INFORMED_DEFERRED &&
        signal->informed_review.len == 0)
        return found(SEIN_EINFORMED, "informed_review");
    return nothing_wrong;
}

static struct finding
check_days(const struct day_field *days, size_t count, bool required)
{
    for (size_t i = 0; i < count; i++) {
        if (days[i].day.len == 0 && required)
            return found(SEIN_EATTEST, days[i].name);
        if (days[i].day.len > 0 && sein_day_check(days[i].day) != SEIN_OK)
            return found(SEIN_EDATE, days[i].name);
    }
    return nothing_wrong;
}

static struct finding
check_dates(const struct sein_signal *signal, bool arrears)
{
    const struct day_field attestations[] = {
        { signal->contact_tried, "contact_tried" },
        { signal->help_pointed_out, "help_pointed_out" },
        { signal->reminder_sent, "reminder_sent" },
        { signal->offer_made, "offer_made" },
    };
    const struct day_field others[] = {
        { signal->birth_date, "birth_date" },
        { signal->since, "since" },
        { signal->informed_review, "informed_review" },
    };
    struct finding finding = check_days(
        attestations, sizeof attestations / sizeof attestations[0], arrears);

    if (finding.err != SEIN_OK)
        return finding;
    return check_days(others, sizeof others / sizeof others[0], false);
}

enum sein_err
sein_note_check(struct sein_slice note)
{
    size_t chars = 0;

    for (size_t i = 0; i < note.len; i++) {
        /* UTF-8: a byte 10xxxxxx goes on with the character before it. */
        if ((note.at[i] & 0xc0) != 0x80)
            chars++;
    }
    return chars <= SEIN_NOTE_CHARS_MAX ? SEIN_OK : SEIN_ENOTE;
}

static struct finding
check_all(const struct sein_signal *signal, uint64_t letter_kind, bool arrears)
{
    struct finding finding = check_kind(signal, letter_kind);

    if (finding.err == SEIN_OK)
        finding = check_address(signal);
    if (finding.err == SEIN_OK)
        finding = check_bsn(signal->bsn, "bsn");
    if (finding.err == SEIN_OK)
        finding = check_bsn(signal->parent_bsn, "parent_bsn");
    if (finding.err == SEIN_OK)
        finding = check_informed(signal);
    if (finding.err == SEIN_OK)
        finding = check_dates(signal, arrears);
    if (finding.err == SEIN_OK && sein_note_check(signal->note) != SEIN_OK)
        finding = found(SEIN_ENOTE, "note");
    return finding;
}

enum sein_err
sein_signal_check(const struct sein_signal *signal, uint64_t letter_kind,
                  bool arrears, const char **out_field)
{
    struct finding finding = check_all(signal, letter_kind, arrears);

    if (finding.err != SEIN_OK && out_field != NULL)
        *out_field = finding.field;
    return finding.err;
}
