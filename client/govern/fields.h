/*
 * The fields of a readable file as values: each checked, and told with its
 * line when it is wrong.
 *
 * An absent optional field gives "", 0 or nothing; so does a wrong one, and
 * then there is a problem.
 */
#ifndef SEIN_CLIENT_GOVERN_FIELDS_H
#define SEIN_CLIENT_GOVERN_FIELDS_H

#include "client/govern/model.h"
#include "client/govern/moment.h"

/** fields_fault - a problem with one field of a section; names it when the
 *  field is there. */
void fields_fault(const struct model_reader *reader, enum sein_err err,
                  const struct conf_section *section, const char *field,
                  const char *detail, const char *nl, const char *en);

/** fields_known - every other name in the section is a problem.
 *  names ends with NULL; one that ends with '.' stands for all it begins. */
void fields_known(const struct model_reader *reader,
                  const struct conf_section *section, const char *const *names);

/** fields_sections - every section of another kind is a problem, and one of
 *  these without a name when it needs one.  kinds ends with NULL. */
void fields_sections(const struct model_reader *reader,
                     const char *const *kinds);

const char *fields_text(const struct model_reader *reader,
                        const struct conf_section *section, const char *name,
                        bool required, size_t max);

uint64_t fields_number(const struct model_reader *reader,
                       const struct conf_section *section, const char *name,
                       bool required, uint64_t min, uint64_t max);

uint64_t fields_moment(const struct model_reader *reader,
                       const struct conf_section *section, const char *name,
                       bool required, enum moment_edge edge);

/** fields_hex - exactly len bytes, required. */
void fields_hex(const struct model_reader *reader,
                const struct conf_section *section, const char *name,
                uint8_t *out, size_t len);

struct model_areas fields_areas(const struct model_reader *reader,
                                const struct conf_section *section,
                                const char *name);

/**
 * fields_split - one part of a text, white space around it removed.
 *
 * rest  moved behind the part and its separator; NULL: there is no more
 * Returns false when rest was NULL.
 */
bool fields_split(const char **rest, char separator,
                  struct sein_slice *out_part);

/** fields_area - "1500-1599" or "1506".  SEIN_EFORMAT, SEIN_ERANGE. */
SEIN_CHECKED enum sein_err fields_area(struct sein_slice text,
                                       struct model_area *out_area);

#endif
