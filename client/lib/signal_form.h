/*
 * A signal as people and case systems write it: columns of text, made into a
 * checked struct sein_signal.
 *
 * One reader for `sein signal` and every row of `sein import`, so that both say
 * the same about the same text.  Only what can be seen in the row itself is
 * judged here; what the circle allows is the affair of rules.h.
 *  1. form->signal's views borrow the pairs and the form's own storage, so a
 *     form is not copied.
 * Threads: safe on distinct forms.
 */
#ifndef SEIN_CLIENT_LIB_SIGNAL_FORM_H
#define SEIN_CLIENT_LIB_SIGNAL_FORM_H

#include "proto/base/date.h"
#include "proto/blind/content/signal.h"

/** One column and what stands in it; views are borrowed. */
struct form_pair {
    struct sein_slice name;
    struct sein_slice value;
};

/** A field longer than this is a mistake of the export, whatever it holds. */
#define FORM_VALUE_MAX 16384U
#define FORM_DATES 7U

struct signal_form {
    struct sein_signal signal;
    struct sein_circle_name circle;
    struct sein_slice to; /* desk; absent: by postcode */
    char dates[FORM_DATES][SEIN_DATE_CHARS + 1];
    size_t date_count;
    char bsn[SEIN_BSN_CHARS + 1];
    char parent_bsn[SEIN_BSN_CHARS + 1];
    char postcode[SEIN_POSTCODE_CHARS + 1];
    char aanduiding[SEIN_AANDUIDING_CHARS + 1];
    char kind[SEIN_CODE_MAX + 1];
};

/** signal_form_column - the static name of a known column, else NULL. */
const char *signal_form_column(struct sein_slice name);

/** signal_form_column_at - the columns in the order of the manual; NULL behind
 *  the last. */
const char *signal_form_column_at(size_t index);

/**
 * signal_form_read - read every pair.
 *
 * White space around a value is ignored, and an empty value is an absent one.
 * out_field  set on an error to the static name of the column
 *
 * Errors:  SEIN_ECOLUMN an unknown column (out_field is NULL);
 *          SEIN_ECOLUMNTWICE a column stands twice; SEIN_EREQUIRED source_id,
 *          circle or kind is empty; SEIN_EINFORMED informed is empty or not
 * yes, deferred or no; SEIN_EFORMAT urgency or shielded is another word, or
 * amount_cents is not a whole number; SEIN_ETOOLONG a value above its bound;
 *          SEIN_ENOTE; SEIN_EDATE; SEIN_EBSN; SEIN_EPOSTCODE;
 *          SEIN_EAANDUIDING; SEIN_ECIRCLE, SEIN_ECODE, SEIN_EDESK a name that
 *          is not written so.
 */
SEIN_CHECKED enum sein_err signal_form_read(const struct form_pair *pairs,
                                            size_t count,
                                            struct signal_form *out_form,
                                            const char **out_field);

#endif
