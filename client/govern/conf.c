#include "client/govern/conf.h"

#include <ctype.h>
#include <string.h>

#include <ini.h>

#include "proto/base/text.h"

/* What inih's own buffer holds, less line end and NUL. */
#define LINE_MAX_BYTES 190U

struct reading {
    struct conf *conf;
    struct problems *problems;
    const char *at; /* the rest of the text */
    size_t line;
    bool indented;
    bool skip; /* this line was refused: inih gets an empty one */
    size_t faults;
};

static void
fault(struct reading *reading, const char *field, const char *nl,
      const char *en)
{
    struct conf *conf = reading->conf;
    struct place place = {
        .file = conf->file,
        .line = reading->line,
        .section = conf->count > 0 ? conf->sections[conf->count - 1].title : "",
        .field = field,
    };

    reading->faults++;
    reading->skip = true;
    problems_add(reading->problems, SEIN_ECONFIG, place, NULL, nl, en);
}

const struct conf_section *
conf_section(const struct conf *conf, const char *kind, const char *name)
{
    for (size_t i = 0; i < conf->count; i++) {
        if (strcmp(conf->sections[i].kind, kind) == 0 &&
            strcmp(conf->sections[i].name, name) == 0)
            return &conf->sections[i];
    }
    return NULL;
}

const struct conf_entry *
conf_entry(const struct conf_section *section, const char *name)
{
    for (size_t i = 0; section != NULL && i < section->count; i++) {
        if (strcmp(section->entries[i].name, name) == 0)
            return &section->entries[i];
    }
    return NULL;
}

/* Begins a section with a title as "desk noord". */
static void
begin_section(struct reading *reading, struct sein_slice title)
{
    struct arena *arena = reading->problems->arena;
    struct conf *conf = reading->conf;
    struct conf_section *sections =
        arena_more(arena, conf->sections, conf->count, sizeof *sections);
    const uint8_t *space =
        title.len > 0 ? memchr(title.at, ' ', title.len) : NULL;
    size_t kind_len = space == NULL ? title.len : (size_t)(space - title.at);
    struct conf_section section = { .line = reading->line,
                                    .last_line = reading->line };

    section.title = arena_text(arena, title);
    section.kind = arena_text(arena, sein_slice_of(title.at, kind_len));
    section.name = "";
    if (space != NULL)
        section.name = arena_text(
            arena,
            sein_text_trim(sein_slice_of(space + 1, title.len - kind_len - 1)));
    if (sections == NULL || section.title == NULL || section.kind == NULL ||
        section.name == NULL)
        return;
    if (conf->count > 0 &&
        conf_section(conf, section.kind, section.name) != NULL)
        fault(reading, section.title,
              "deze sectie staat er tweemaal; voeg ze samen",
              "this section stands there twice; join the two");
    conf->sections = sections;
    sections[conf->count++] = section;
}

static void
check_section(struct reading *reading, struct sein_slice line)
{
    if (line.at[line.len - 1] != ']' || line.len < 3) {
        fault(reading, "",
              "een sectie staat tussen [ en ], alleen op haar regel; verbeter "
              "de regel",
              "a section stands between [ and ], alone on its line; correct "
              "the line");
    } else if (line.len - 2 > CONF_SECTION_MAX) {
        fault(reading, "", "de naam van de sectie is te lang; kort haar in",
              "the section's name is too long; shorten it");
    } else {
        begin_section(reading,
                      sein_text_trim(sein_slice_of(line.at + 1, line.len - 2)));
    }
}

/* Whether text looks like "name = ...": what nobody means to go on with. */
static bool
looks_like_field(struct sein_slice line)
{
    size_t i = 0;

    while (i < line.len &&
           (islower(line.at[i]) || line.at[i] == '_' || line.at[i] == '.'))
        i++;
    if (i == 0)
        return false;
    while (i < line.len && line.at[i] == ' ')
        i++;
    return i < line.len && line.at[i] == '=';
}

static void
check_entry(struct reading *reading, struct sein_slice line)
{
    const struct conf_section *section =
        &reading->conf->sections[reading->conf->count - 1];
    const uint8_t *equals = memchr(line.at, '=', line.len);
    const uint8_t *colon = memchr(line.at, ':', line.len);
    struct sein_slice name = { 0 };

    if (reading->indented && section->count > 0) {
        if (looks_like_field(line))
            fault(reading, "",
                  "een ingesprongen regel gaat verder met de vorige; haal de "
                  "spaties ervoor weg",
                  "an indented line goes on with the one above; remove the "
                  "spaces in front of it");
        return;
    }
    if (equals == NULL || equals == line.at ||
        (colon != NULL && colon < equals)) {
        fault(reading, "",
              "de regel is geen naam = waarde; verbeter haar, of zet er # voor",
              "the line is not name = value; correct it, or put # in front");
        return;
    }
    name = sein_text_trim(sein_slice_of(line.at, (size_t)(equals - line.at)));
    if (name.len > CONF_NAME_MAX)
        fault(reading, "", "de naam voor = is te lang; kort hem in",
              "the name in front of = is too long; shorten it");
}

static bool
has_inline_comment(struct sein_slice line)
{
    for (size_t i = 1; i < line.len; i++) {
        if (line.at[i] == ';' && isspace(line.at[i - 1]))
            return true;
    }
    return false;
}

static bool
has_control(struct sein_slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] < ' ' && line.at[i] != '\t')
            return true;
    }
    return false;
}

/* The comment that a file begins with stays in front of its first field. */
static void
keep_head(struct reading *reading, struct sein_slice line)
{
    struct conf_section *top = &reading->conf->sections[0];

    if (line.len > 0 && top->last_line + 1 == reading->line)
        top->last_line = reading->line;
}

static void
check_line(struct reading *reading, struct sein_slice whole)
{
    struct sein_slice line = sein_text_trim(whole);

    reading->skip = false;
    reading->indented = whole.len > 0 && isspace(whole.at[0]);
    if (line.len == 0 || line.at[0] == '#' || line.at[0] == ';') {
        reading->skip = true; /* a comment may be as long as it likes */
        keep_head(reading, line);
        return;
    }
    if (whole.len > LINE_MAX_BYTES)
        fault(reading, "",
              "de regel is langer dan 190 bytes; ga verder op een volgende "
              "regel die met spaties begint",
              "the line is longer than 190 bytes; go on in a next line that "
              "begins with spaces");
    else if (has_control(line))
        fault(reading, "", "er staat een stuurteken in de regel; haal het weg",
              "there is a control character in the line; remove it");
    else if (has_inline_comment(line))
        fault(reading, "",
              "achter een spatie begint ; een opmerking en wat volgt valt weg; "
              "zet opmerkingen op een eigen regel",
              "behind a space ; begins a comment and what follows is lost; put "
              "comments on a line of their own");
    else if (line.at[0] == '[' && !reading->indented)
        check_section(reading, line);
    else
        check_entry(reading, line);
}

/* inih asks for the next line here. */
static char *
next_line(char *out, int max, void *stream)
{
    struct reading *reading = stream;
    const char *end = NULL;
    size_t len = 0;

    if (*reading->at == '\0')
        return NULL;
    end = strchr(reading->at, '\n');
    len = end == NULL ? strlen(reading->at) : (size_t)(end - reading->at);
    reading->line++;
    check_line(
        reading,
        sein_slice_of((const uint8_t *)reading->at,
                      len > 0 && reading->at[len - 1] == '\r' ? len - 1 : len));
    if (reading->skip || len + 2 > (size_t)max) {
        memcpy(out, "\n", 2);
    } else {
        memcpy(out, reading->at, len);
        memcpy(out + len, "\n", 2);
    }
    reading->at += len + (end == NULL ? 0 : 1);
    return out;
}

static int
take_entry(void *user, const char *section_title, const char *name,
           const char *value)
{
    struct reading *reading = user;
    struct arena *arena = reading->problems->arena;
    struct conf_section *section =
        &reading->conf->sections[reading->conf->count - 1];
    struct conf_entry *entries = NULL;

    (void)section_title; /* begin_section saw it, with its line */
    section->last_line = reading->line;
    if (reading->indented && section->count > 0) {
        struct conf_entry *last = &section->entries[section->count - 1];

        last->value = arena_format(arena, "%s%s%s", last->value,
                                   *last->value == '\0' ? "" : " ", value);
        last->last_line = reading->line;
        return 1;
    }
    if (conf_entry(section, name) != NULL) {
        fault(reading, arena_format(arena, "%s", name),
              "dit veld staat er tweemaal; houd er een",
              "this field stands there twice; keep one");
        return 1;
    }
    entries =
        arena_more(arena, section->entries, section->count, sizeof *entries);
    if (entries == NULL)
        return 0;
    section->entries = entries;
    entries[section->count++] = (struct conf_entry){
        .name = arena_format(arena, "%s", name),
        .value = arena_format(arena, "%s", value),
        .first_line = reading->line,
        .last_line = reading->line,
    };
    return 1;
}

enum sein_err
conf_read(const char *file, const char *text, struct problems *problems,
          struct conf *out_conf)
{
    struct reading reading = { .problems = problems, .at = text };
    int failed = 0;

    *out_conf = (struct conf){ .file = file, .text = text };
    reading.conf = out_conf;
    begin_section(&reading, sein_slice_text(""));
    if (out_conf->count == 0)
        return SEIN_ENOMEM;
    if (sein_utf8_check(sein_slice_text(text)) != SEIN_OK) {
        problems_add(problems, SEIN_EUTF8, (struct place){ .file = file }, NULL,
                     sein_err_text_nl(SEIN_EUTF8), sein_err_text(SEIN_EUTF8));
        return SEIN_ECONFIG;
    }
    failed = ini_parse_stream(next_line, &reading, take_entry, &reading);
    if (problems->arena->failed)
        return SEIN_ENOMEM;
    if (failed != 0 && reading.faults == 0) {
        reading.line = failed > 0 ? (size_t)failed : 0;
        fault(&reading, "", "de regel is niet te lezen; verbeter haar",
              "the line cannot be read; correct it");
    }
    return reading.faults > 0 ? SEIN_ECONFIG : SEIN_OK;
}
