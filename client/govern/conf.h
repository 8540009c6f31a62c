/*
 * One readable file of the folder: INI, read strictly, and changed so that a
 * person's own lines and comments stay.
 *
 * inih reads; what it lets pass (lines cut at 200 bytes, the same key or
 * section twice, text behind " ;" dropped) is a problem here, with its line.
 * A value that is too long for a line goes on in indented lines.
 *  1. sections[0] is what stands before the first [section]; its kind is "".
 *  2. No section holds a name twice, and no two sections have the same kind
 *     and name, once conf_read gave SEIN_OK.
 * Threads: one at a time per arena.
 */
#ifndef SEIN_CLIENT_GOVERN_CONF_H
#define SEIN_CLIENT_GOVERN_CONF_H

#include "client/govern/problems.h"

/** A folder's file is a few screens; a circle with 4096 labels has 400 KiB. */
#define CONF_FILE_MAX (1024U * 1024U)
/** inih keeps names and sections in 50 bytes. */
#define CONF_NAME_MAX 48U
/** "[key " and 32 hex digits fit well within it. */
#define CONF_SECTION_MAX 48U

struct conf_entry {
    const char *name;
    const char *value; /* "" when the line has none */
    size_t first_line;
    size_t last_line;
};

/** "[desk noord]": kind "desk", name "noord". */
struct conf_section {
    const char *title; /* "desk noord" */
    const char *kind;
    const char *name;
    size_t line;      /* of its title; 0 for sections[0] */
    size_t last_line; /* of its last entry, its title, or the comment that the
                       * file begins with */
    struct conf_entry *entries;
    size_t count;
};

struct conf {
    const char *file; /* within the folder, as "members/0000.conf" */
    const char *text;
    struct conf_section *sections;
    size_t count;
};

/**
 * conf_read - read one file's text.
 *
 * file, text  kept; both NUL-terminated
 * out_conf    written, also when there are problems: what could be read
 * Errors:     SEIN_ECONFIG problems were added; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err conf_read(const char *file, const char *text,
                                     struct problems *problems,
                                     struct conf *out_conf);

/** conf_section, conf_entry - NULL when absent. */
const struct conf_section *conf_section(const struct conf *conf,
                                        const char *kind, const char *name);
const struct conf_entry *conf_entry(const struct conf_section *section,
                                    const char *name);

/**
 * conf_set - give a field a value, in a section that is made when absent.
 *
 * kind, name  of the section; "" and "": what stands before the first one
 * value       NULL or "": the field goes
 * conf        read anew from the changed text; untouched on error
 * Errors:     SEIN_EFORMAT the value cannot stand in such a file (a line
 *             break, " ;", a word of 150 bytes); SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err conf_set(struct conf *conf, struct arena *arena,
                                    const char *kind, const char *name,
                                    const char *field, const char *value);

/** conf_drop - take a whole section out.
 *
 * Errors:  SEIN_ENOENT; SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err conf_drop(struct conf *conf, struct arena *arena,
                                     const char *kind, const char *name);

#endif
