#include "client/govern/fields.h"

#include <string.h>

#include "proto/base/text.h"

/* The most digits of a number in these files. */
#define DIGITS_MAX 9U

static struct place
place_of(const struct model_reader *reader, const struct conf_section *section,
         const char *field)
{
    const struct conf_entry *entry = conf_entry(section, field);

    return (struct place){
        .file = reader->conf->file,
        .line = entry != NULL ? entry->first_line : section->line,
        .section = section->title,
        .field = field,
    };
}

void
fields_fault(const struct model_reader *reader, enum sein_err err,
             const struct conf_section *section, const char *field,
             const char *detail, const char *nl, const char *en)
{
    problems_add(reader->problems, err, place_of(reader, section, field),
                 detail, nl, en);
}

static bool
is_known(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        size_t len = strlen(*names);

        if (strcmp(name, *names) == 0)
            return true;
        if ((*names)[len - 1] == '.' && strncmp(name, *names, len) == 0)
            return true;
    }
    return false;
}

void
fields_known(const struct model_reader *reader,
             const struct conf_section *section, const char *const *names)
{
    for (size_t i = 0; section != NULL && i < section->count; i++) {
        const char *name = section->entries[i].name;

        if (!is_known(name, names))
            fields_fault(reader, SEIN_ECONFIG, section, name, NULL,
                         "dit veld is hier onbekend; verbeter de naam of haal "
                         "de regel weg",
                         "this field is not known here; correct its name or "
                         "remove the line");
    }
}

void
fields_sections(const struct model_reader *reader, const char *const *kinds)
{
    const struct conf *conf = reader->conf;

    for (size_t i = 1; i < conf->count; i++) {
        const struct conf_section *section = &conf->sections[i];

        if (!is_known(section->kind, kinds))
            fields_fault(reader, SEIN_ECONFIG, section, "", NULL,
                         "deze sectie is hier onbekend; verbeter haar naam",
                         "this section is not known here; correct its name");
    }
}

const char *
fields_text(const struct model_reader *reader,
            const struct conf_section *section, const char *name, bool required,
            size_t max)
{
    const struct conf_entry *entry = conf_entry(section, name);

    if (entry == NULL || *entry->value == '\0') {
        if (required)
            fields_fault(reader, SEIN_EREQUIRED, section, name, NULL,
                         sein_err_text_nl(SEIN_EREQUIRED),
                         sein_err_text(SEIN_EREQUIRED));
        return "";
    }
    if (strlen(entry->value) > max) {
        fields_fault(reader, SEIN_ETOOLONG, section, name, NULL,
                     sein_err_text_nl(SEIN_ETOOLONG),
                     sein_err_text(SEIN_ETOOLONG));
        return "";
    }
    return entry->value;
}

static bool
read_digits(struct sein_slice text, uint64_t *out_value)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.at[i] - '0');
    }
    *out_value = value;
    return true;
}

uint64_t
fields_number(const struct model_reader *reader,
              const struct conf_section *section, const char *name,
              bool required, uint64_t min, uint64_t max)
{
    const char *text = fields_text(reader, section, name, required, 64);
    const char *bounds = NULL;
    uint64_t value = 0;

    if (*text == '\0')
        return 0;
    if (read_digits(sein_slice_text(text), &value) && value >= min &&
        value <= max)
        return value;
    bounds = arena_format(reader->arena, "%s (%llu-%llu)", text,
                          (unsigned long long)min, (unsigned long long)max);
    fields_fault(reader, SEIN_ERANGE, section, name, bounds,
                 "dit is geen getal binnen de grenzen; verbeter het",
                 "this is no number within its bounds; correct it");
    return 0;
}

uint64_t
fields_moment(const struct model_reader *reader,
              const struct conf_section *section, const char *name,
              bool required, enum moment_edge edge)
{
    const char *text = fields_text(reader, section, name, required, 64);
    int64_t ms = 0;

    if (*text == '\0')
        return 0;
    if (moment_parse(sein_slice_text(text), edge, &ms) == SEIN_OK)
        return (uint64_t)ms;
    fields_fault(reader, SEIN_EDATE, section, name, text,
                 "dit is geen dag (2027-12-31) of tijdstip "
                 "(2027-12-31T12:00:00Z); verbeter het",
                 "this is no day (2027-12-31) or moment "
                 "(2027-12-31T12:00:00Z); correct it");
    return 0;
}

void
fields_hex(const struct model_reader *reader,
           const struct conf_section *section, const char *name, uint8_t *out,
           size_t len)
{
    const char *text = fields_text(reader, section, name, true, 2 * len);

    if (*text == '\0' || sein_unhex(sein_slice_text(text), out, len) == SEIN_OK)
        return;
    fields_fault(reader, SEIN_EFORMAT, section, name, NULL,
                 "dit is geen sleutel in hexadecimale cijfers; neem hem over "
                 "van de aanvraag",
                 "this is no key in hexadecimal digits; copy it from the "
                 "request");
}

bool
fields_split(const char **rest, char separator, struct sein_slice *out_part)
{
    const char *at = *rest;
    const char *end = at == NULL ? NULL : strchr(at, separator);

    if (at == NULL)
        return false;
    *rest = end == NULL ? NULL : end + 1;
    *out_part = sein_text_trim(sein_slice_of(
        (const uint8_t *)at, end == NULL ? strlen(at) : (size_t)(end - at)));
    return true;
}

enum sein_err
fields_area(struct sein_slice text, struct model_area *out_area)
{
    struct model_area area = { 0 };

    if (text.len == 4) {
        if (!read_digits(text, &area.from))
            return SEIN_EFORMAT;
        area.to = area.from;
    } else if (text.len != 9 || text.at[4] != '-' ||
               !read_digits(sein_slice_of(text.at, 4), &area.from) ||
               !read_digits(sein_slice_of(text.at + 5, 4), &area.to)) {
        return SEIN_EFORMAT;
    }
    if (area.from < SEIN_POSTCODE4_MIN || area.to < area.from)
        return SEIN_ERANGE;
    *out_area = area;
    return SEIN_OK;
}

struct model_areas
fields_areas(const struct model_reader *reader,
             const struct conf_section *section, const char *name)
{
    const char *text = fields_text(reader, section, name, false, CONF_FILE_MAX);
    const char *rest = *text == '\0' ? NULL : text;
    struct model_areas areas = { 0 };
    struct sein_slice part = { 0 };

    while (fields_split(&rest, ',', &part)) {
        struct model_area area = { 0 };

        if (fields_area(part, &area) != SEIN_OK) {
            const char *detail = arena_text(reader->arena, part);

            fields_fault(reader, SEIN_ERANGE, section, name, detail,
                         "een gebied is een viercijferige postcode of een "
                         "reeks als 1500-1599; verbeter het",
                         "an area is a four-digit postcode or a range as "
                         "1500-1599; correct it");
            continue;
        }
        areas.items = arena_more(reader->arena, areas.items, areas.count,
                                 sizeof *areas.items);
        if (areas.items == NULL)
            return (struct model_areas){ 0 };
        areas.items[areas.count++] = area;
    }
    return areas;
}
