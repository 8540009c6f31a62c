#include "client/lib/signal_form.h"

#include <assert.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/blind/handle.h"

struct column {
    const char *name;
    enum sein_err (*read)(struct signal_form *form, const struct column *column,
                          struct sein_slice value);
    size_t offset; /* of the slice in struct sein_signal */
    size_t max;    /* bytes */
};

static struct sein_slice *
slice_at(struct signal_form *form, const struct column *column)
{
    return (struct sein_slice *)(void *)((uint8_t *)&form->signal +
                                         column->offset);
}

static enum sein_err
read_text(struct signal_form *form, const struct column *column,
          struct sein_slice value)
{
    if (value.len > column->max)
        return SEIN_ETOOLONG;
    *slice_at(form, column) = value;
    return SEIN_OK;
}

static enum sein_err
read_note(struct signal_form *form, const struct column *column,
          struct sein_slice value)
{
    if (sein_note_check(value) != SEIN_OK)
        return SEIN_ENOTE;
    return read_text(form, column, value);
}

static enum sein_err
read_date(struct signal_form *form, const struct column *column,
          struct sein_slice value)
{
    struct sein_date date = { 0 };
    char *text = form->dates[form->date_count];
    enum sein_err err = sein_date_parse(value, &date);

    if (err != SEIN_OK)
        return err;
    assert(form->date_count < FORM_DATES);
    form->date_count++;
    sein_date_format(date, text);
    *slice_at(form, column) = sein_slice_text(text);
    return SEIN_OK;
}

/* Names of lists are written in lower case; exports shout them. */
static enum sein_err
fold_lower(struct sein_slice value, char *out, size_t max)
{
    enum sein_err err = sein_slice_copy_text(value, out, max);

    if (err != SEIN_OK)
        return err;
    for (; *out != '\0'; out++) {
        if (*out >= 'A' && *out <= 'Z')
            *out = (char)(*out - 'A' + 'a');
    }
    return SEIN_OK;
}

static enum sein_err
read_circle(struct signal_form *form, const struct column *column,
            struct sein_slice value)
{
    (void)column; /* it has a place of its own */
    if (fold_lower(value, form->circle.text, sizeof form->circle.text) !=
        SEIN_OK)
        return SEIN_ECIRCLE;
    return sein_circle_check(sein_slice_text(form->circle.text));
}

static enum sein_err
read_kind(struct signal_form *form, const struct column *column,
          struct sein_slice value)
{
    if (fold_lower(value, form->kind, sizeof form->kind) != SEIN_OK)
        return SEIN_ECODE;
    *slice_at(form, column) = sein_slice_text(form->kind);
    return sein_code_check(sein_slice_text(form->kind));
}

static enum sein_err
read_to(struct signal_form *form, const struct column *column,
        struct sein_slice value)
{
    (void)column; /* it has a place of its own */
    form->to = value;
    return sein_desk_check(value);
}

static enum sein_err
read_bsn_into(struct sein_slice value, char out[SEIN_BSN_CHARS + 1],
              struct sein_slice *out_slice)
{
    struct sein_handle handle = { 0 };
    enum sein_err err = sein_handle_from_bsn(value, &handle);

    if (err != SEIN_OK)
        return err;
    memcpy(out, handle.text, SEIN_BSN_CHARS);
    *out_slice = sein_slice_of((const uint8_t *)out, SEIN_BSN_CHARS);
    return SEIN_OK;
}

static enum sein_err
read_bsn(struct signal_form *form, const struct column *column,
         struct sein_slice value)
{
    return read_bsn_into(value, form->bsn, slice_at(form, column));
}

static enum sein_err
read_parent_bsn(struct signal_form *form, const struct column *column,
                struct sein_slice value)
{
    return read_bsn_into(value, form->parent_bsn, slice_at(form, column));
}

/* Canonical already here: a sealed postcode has one form only. */
static enum sein_err
read_postcode(struct signal_form *form, const struct column *column,
              struct sein_slice value)
{
    enum sein_err err = sein_handle_postcode(value, form->postcode, NULL);

    if (err != SEIN_OK)
        return err;
    *slice_at(form, column) = sein_slice_text(form->postcode);
    return SEIN_OK;
}

static enum sein_err
read_aanduiding(struct signal_form *form, const struct column *column,
                struct sein_slice value)
{
    enum sein_err err =
        fold_lower(value, form->aanduiding, sizeof form->aanduiding);

    if (err != SEIN_OK || (strcmp(form->aanduiding, "to") != 0 &&
                           strcmp(form->aanduiding, "by") != 0))
        return SEIN_EAANDUIDING;
    *slice_at(form, column) = sein_slice_text(form->aanduiding);
    return SEIN_OK;
}

static enum sein_err
read_amount(struct signal_form *form, const struct column *column,
            struct sein_slice value)
{
    uint64_t amount = 0;

    (void)column; /* it has a place of its own */
    if (value.len > 15)
        return SEIN_ETOOLONG;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return SEIN_EFORMAT;
        amount = amount * 10 + (uint64_t)(value.at[i] - '0');
    }
    form->signal.amount_cents = amount;
    return SEIN_OK;
}

/* A word of a closed list, in English or Dutch. */
struct word {
    const char *en;
    const char *nl;
    uint64_t value;
};

static bool
find_word(const struct word *words, size_t count, struct sein_slice value,
          uint64_t *out_value)
{
    char lower[16];

    if (fold_lower(value, lower, sizeof lower) != SEIN_OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lower, words[i].en) == 0 ||
            strcmp(lower, words[i].nl) == 0) {
            *out_value = words[i].value;
            return true;
        }
    }
    return false;
}

static enum sein_err
read_urgency(struct signal_form *form, const struct column *column,
             struct sein_slice value)
{
    static const struct word words[] = {
        { "normal", "normaal", SEIN_URGENCY_NORMAL },
        { "threatening", "bedreigend", SEIN_URGENCY_THREATENING },
    };

    (void)column; /* it has a place of its own */
    return find_word(words, 2, value, &form->signal.urgency) ? SEIN_OK
                                                             : SEIN_EFORMAT;
}

static enum sein_err
read_informed(struct signal_form *form, const struct column *column,
              struct sein_slice value)
{
    static const struct word words[] = {
        { "yes", "ja", SEIN_INFORMED_YES },
        { "deferred", "uitgesteld", SEIN_INFORMED_DEFERRED },
        { "no", "nee", SEIN_INFORMED_NO },
    };

    (void)column; /* it has a place of its own */
    return find_word(words, 3, value, &form->signal.informed) ? SEIN_OK
                                                              : SEIN_EINFORMED;
}

static enum sein_err
read_shielded(struct signal_form *form, const struct column *column,
              struct sein_slice value)
{
    static const struct word words[] = { { "yes", "ja", 1 },
                                         { "no", "nee", 0 } };
    uint64_t shielded = 0;

    (void)column; /* it has a place of its own */
    if (!find_word(words, 2, value, &shielded))
        return SEIN_EFORMAT;
    form->signal.shielded = shielded != 0;
    return SEIN_OK;
}

#define AT(member) offsetof(struct sein_signal, member)
/* clang-format off */
static const struct column columns[] = {
    { "source_id", read_text, AT(source_id), SEIN_SOURCE_ID_MAX },
    { "circle", read_circle, 0, 0 },
    { "kind", read_kind, AT(kind), 0 },
    { "urgency", read_urgency, 0, 0 },
    { "postcode", read_postcode, AT(postcode), 0 },
    { "huisnummer", read_text, AT(huisnummer), SEIN_HUISNUMMER_MAX },
    { "huisletter", read_text, AT(huisletter), SEIN_HUISNUMMER_MAX },
    { "huisnummertoevoeging", read_text, AT(huisnummertoevoeging),
      SEIN_HUISNUMMER_MAX },
    { "aanduiding", read_aanduiding, AT(aanduiding), 0 },
    { "bsn", read_bsn, AT(bsn), 0 },
    { "parent_bsn", read_parent_bsn, AT(parent_bsn), 0 },
    { "birth_date", read_date, AT(birth_date), 0 },
    { "amount_cents", read_amount, 0, 0 },
    { "since", read_date, AT(since), 0 },
    { "shielded", read_shielded, 0, 0 },
    { "to", read_to, 0, 0 },
    { "informed", read_informed, 0, 0 },
    { "informed_reason", read_text, AT(informed_reason), SEIN_TEXT_MAX },
    { "informed_review", read_date, AT(informed_review), 0 },
    { "contact_tried", read_date, AT(contact_tried), 0 },
    { "help_pointed_out", read_date, AT(help_pointed_out), 0 },
    { "reminder_sent", read_date, AT(reminder_sent), 0 },
    { "offer_made", read_date, AT(offer_made), 0 },
    { "note", read_note, AT(note), SEIN_NOTE_MAX },
};
/* clang-format on */
#undef AT

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

static const struct column *
find_column(struct sein_slice name)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (sein_slice_is(name, columns[i].name))
            return &columns[i];
    }
    return NULL;
}

const char *
signal_form_column(struct sein_slice name)
{
    const struct column *column = find_column(name);

    return column == NULL ? NULL : column->name;
}

const char *
signal_form_column_at(size_t index)
{
    return index < COLUMN_COUNT ? columns[index].name : NULL;
}

static enum sein_err
read_pair(struct signal_form *form, const struct form_pair *pair,
          uint32_t *seen, const char **out_field)
{
    const struct column *column = find_column(pair->name);
    struct sein_slice value = sein_text_trim(pair->value);
    uint32_t bit = 0;

    if (column == NULL) {
        *out_field = NULL;
        return SEIN_ECOLUMN;
    }
    *out_field = column->name;
    bit = UINT32_C(1) << (size_t)(column - columns);
    if ((*seen & bit) != 0)
        return SEIN_ECOLUMNTWICE;
    *seen |= bit;
    if (value.len > FORM_VALUE_MAX)
        return SEIN_ETOOLONG;
    return value.len == 0 ? SEIN_OK : column->read(form, column, value);
}

static enum sein_err
check_required(const struct signal_form *form, const char **out_field)
{
    if (form->signal.source_id.len == 0)
        *out_field = "source_id";
    else if (form->circle.text[0] == '\0')
        *out_field = "circle";
    else if (form->signal.kind.len == 0)
        *out_field = "kind";
    else if (form->signal.informed == 0) {
        *out_field = "informed";
        return SEIN_EINFORMED;
    } else
        return SEIN_OK;
    return SEIN_EREQUIRED;
}

enum sein_err
signal_form_read(const struct form_pair *pairs, size_t count,
                 struct signal_form *out_form, const char **out_field)
{
    uint32_t seen = 0;

    _Static_assert(COLUMN_COUNT <= 32, "seen has a bit per column");
    memset(out_form, 0, sizeof *out_form);
    for (size_t i = 0; i < count; i++) {
        enum sein_err err = read_pair(out_form, &pairs[i], &seen, out_field);

        if (err != SEIN_OK)
            return err;
    }
    return check_required(out_form, out_field);
}
