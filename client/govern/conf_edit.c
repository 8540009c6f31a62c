#include <string.h>

#include "client/govern/conf.h"

/* Where a value is broken, so that files read well in 80 columns. */
#define COLUMNS 78U
#define INDENT "    "

/* The text from its first line up to line `from`, then `put`, then the rest
 * from line `to` on; lines count from 1. */
static const char *
splice(struct arena *arena, const char *text, size_t from, size_t to,
       const char *put)
{
    const char *head_end = text;
    const char *tail = NULL;
    const char *newline = "";

    for (size_t line = 1; line < from && *head_end != '\0'; line++) {
        const char *end = strchr(head_end, '\n');

        head_end = end == NULL ? head_end + strlen(head_end) : end + 1;
    }
    tail = head_end;
    for (size_t line = from; line < to && *tail != '\0'; line++) {
        const char *end = strchr(tail, '\n');

        tail = end == NULL ? tail + strlen(tail) : end + 1;
    }
    /* A last line may lack its end. */
    if (head_end > text && head_end[-1] != '\n')
        newline = "\n";
    return arena_format(arena, "%.*s%s%s%s", (int)(head_end - text), text,
                        newline, put, tail);
}

static size_t
line_count(const char *text)
{
    size_t count = 0;

    for (const char *at = text; *at != '\0'; at++)
        count += *at == '\n' || at[1] == '\0';
    return count;
}

/* "field = value\n", long values over several lines. */
static const char *
write_entry(struct arena *arena, const char *field, const char *value)
{
    const char *out = arena_format(arena, "%s = ", field);
    size_t column = strlen(out);

    while (*value != '\0') {
        size_t len = strcspn(value, " ");

        /* With the space in front; a value never begins with one. */
        if (*value == ' ')
            len = 1 + strcspn(value + 1, " ");
        if (*value == ' ' && column + len > COLUMNS) {
            out = arena_format(arena, "%s\n%s%.*s", out, INDENT, (int)len - 1,
                               value + 1);
            column = strlen(INDENT) + len - 1;
        } else {
            out = arena_format(arena, "%s%.*s", out, (int)len, value);
            column += len;
        }
        value += len;
    }
    return arena_format(arena, "%s\n", out);
}

/* Reads the changed text. */
static enum sein_err
read_back(const struct conf *conf, struct arena *arena, const char *text,
          struct conf *out_conf)
{
    struct problems problems = { .arena = arena };
    enum sein_err err = conf_read(conf->file, text, &problems, out_conf);

    return err == SEIN_ECONFIG ? SEIN_EFORMAT : err;
}

static bool
is_title(const char *kind, const char *name)
{
    return strlen(kind) + 1 + strlen(name) <= CONF_SECTION_MAX &&
           strpbrk(name, "[]") == NULL;
}

/* The text with a new section at its end, in which the field stands. */
static const char *
append_section(struct arena *arena, const struct conf *conf, const char *kind,
               const char *name, const char *entry)
{
    size_t lines = line_count(conf->text);
    const char *section =
        arena_format(arena, "%s[%s%s%s]\n%s", lines > 0 ? "\n" : "", kind,
                     *name == '\0' ? "" : " ", name, entry);

    return splice(arena, conf->text, lines + 1, lines + 1, section);
}

enum sein_err
conf_set(struct conf *conf, struct arena *arena, const char *kind,
         const char *name, const char *field, const char *value)
{
    const struct conf_section *section = conf_section(conf, kind, name);
    const struct conf_entry *entry = conf_entry(section, field);
    bool gone = value == NULL || *value == '\0';
    const char *put = gone ? "" : write_entry(arena, field, value);
    const char *text = NULL;
    struct conf changed;
    enum sein_err err = SEIN_OK;

    if (!is_title(kind, name))
        return SEIN_EFORMAT;
    if (section == NULL && gone)
        return SEIN_OK;
    if (section == NULL)
        text = append_section(arena, conf, kind, name, put);
    else if (entry != NULL)
        text = splice(arena, conf->text, entry->first_line,
                      entry->last_line + 1, put);
    else
        text = splice(arena, conf->text, section->last_line + 1,
                      section->last_line + 1, put);
    err = read_back(conf, arena, text, &changed);
    if (err != SEIN_OK)
        return err;
    /* The value must come back as it was meant. */
    entry = conf_entry(conf_section(&changed, kind, name), field);
    if (!gone && (entry == NULL || strcmp(entry->value, value) != 0))
        return SEIN_EFORMAT;
    *conf = changed;
    return SEIN_OK;
}

enum sein_err
conf_drop(struct conf *conf, struct arena *arena, const char *kind,
          const char *name)
{
    const struct conf_section *section = conf_section(conf, kind, name);
    struct conf changed;
    enum sein_err err = SEIN_OK;

    if (section == NULL)
        return SEIN_ENOENT;
    err = read_back(
        conf, arena,
        splice(arena, conf->text, section->line, section->last_line + 1, ""),
        &changed);
    if (err == SEIN_OK)
        *conf = changed;
    return err;
}
