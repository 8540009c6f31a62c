/*
 * A model as a flat list of things with named fields: what is shown, and what
 * two versions are compared by.
 *
 * Fields are named as in the readable files.
 *  1. Things of one kind stand together, ascending by id.
 */
#ifndef SEIN_CLIENT_GOVERN_CONTENTS_H
#define SEIN_CLIENT_GOVERN_CONTENTS_H

#include "client/govern/model.h"

struct thing_field {
    const char *name;
    const char *value; /* never "" */
};

struct thing {
    size_t kind; /* in the order of the table in contents.c */
    const char *id;
    struct thing_field *fields;
    size_t count;
};

struct contents {
    struct thing *things;
    size_t count;
};

/** Every change between two contents, or all of one. */
struct changes {
    struct govern_change *items;
    size_t count;
};

/** contents_make - Errors: SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err contents_make(const struct model *model,
                                         struct arena *arena,
                                         struct contents *out_contents);

/** contents_compare - Errors: SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err contents_compare(const struct contents *before,
                                            const struct contents *after,
                                            struct arena *arena,
                                            struct changes *out_changes);

/** contents_list - every thing as '+', every field of it as '~' with its value
 * in after.  Errors: SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err contents_list(const struct contents *contents,
                                         struct arena *arena,
                                         struct changes *out_changes);

#endif
