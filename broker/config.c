#include "broker/config.h"

#include <assert.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

#include "broker/config_table.h"

#define ROWS_MAX 32U
#define NAME_COMPARED_MAX 32U /* longer names are not like any of ours */

struct parse {
    struct sein_slice rest; /* lines not yet handed out */
    unsigned line;          /* of the one handed out last */
    const char *folder;
    struct config *config;
    struct config_fault *fault;
    bool failed;
    bool seen[ROWS_MAX];
};

/* The first fault is the one that is told. */
static void __attribute__((format(printf, 2, 3)))
fail(struct parse *parse, const char *format, ...)
{
    va_list arguments;

    if (parse->failed)
        return;
    parse->failed = true;
    parse->fault->line = parse->line;
    va_start(arguments, format);
    (void)vsnprintf(parse->fault->text, sizeof parse->fault->text, format,
                    arguments);
    va_end(arguments);
}

/* How many letters to change, add or leave out to make one word the other. */
static size_t
distance(const char *a, const char *b)
{
    size_t row[NAME_COMPARED_MAX + 1];
    size_t len = strlen(b);

    if (len > NAME_COMPARED_MAX)
        return len;
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t shift = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);

            diagonal = row[j];
            row[j] = change < shift ? change : shift;
        }
    }
    return row[len];
}

static bool
section_known(const char *section)
{
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].section, section) == 0)
            return true;
    }
    return false;
}

static void
fail_section(struct parse *parse, const char *section)
{
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);
    const char *best = NULL;
    size_t best_distance = 3;

    for (size_t i = 0; i < count; i++) {
        size_t d = distance(section, rows[i].section);

        if (d < best_distance) {
            best_distance = d;
            best = rows[i].section;
        }
    }
    fail(parse, "unknown section [%.40s]%s%s%s", section,
         best == NULL ? "" : "; did you mean [", best == NULL ? "" : best,
         best == NULL ? "" : "]?");
}

static void
fail_key(struct parse *parse, const char *section, const char *key)
{
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);
    const struct config_row *best = NULL;
    size_t best_distance = 4;

    for (size_t i = 0; i < count; i++) {
        /* The right word in the wrong section is nearer than a typing error. */
        size_t d = distance(key, rows[i].key) +
                   (strcmp(section, rows[i].section) != 0);

        if (d < best_distance) {
            best_distance = d;
            best = &rows[i];
        }
    }
    if (best == NULL)
        fail(parse, "unknown key \"%.40s\" in [%s]; see --help-config", key,
             section);
    else
        fail(parse,
             "unknown key \"%.40s\" in [%s]; did you mean \"%s\" in [%s]?", key,
             section, best->key, best->section);
}

/* A section's line reaches the INI reader only when we know the section, for
 * it says nothing about one without keys. */
static void
check_section_line(struct parse *parse, const char *line)
{
    char name[CONFIG_LINE_MAX + 1];
    const char *end = NULL;

    line += strspn(line, " \t");
    if (line[0] != '[')
        return;
    end = strchr(line, ']');
    if (end == NULL) {
        fail(parse, "a section is written as [name]");
        return;
    }
    if (end[1 + strspn(end + 1, " \t\r\n")] != '\0' &&
        strchr(";#", end[1 + strspn(end + 1, " \t")]) == NULL) {
        fail(parse, "nothing may follow a section's name");
        return;
    }
    memcpy(name, line + 1, (size_t)(end - line - 1));
    name[end - line - 1] = '\0';
    if (!section_known(name))
        fail_section(parse, name);
}

/* fgets for inih, from memory: counts lines, and hands out nothing after the
 * first fault. */
static char *
next_line(char *out, int max, void *context)
{
    struct parse *parse = context;
    struct sein_slice *rest = &parse->rest;
    const uint8_t *end = NULL;
    size_t len = 0;

    if (rest->len == 0 || parse->failed)
        return NULL;
    parse->line++;
    end = memchr(rest->at, '\n', rest->len);
    len = end == NULL ? rest->len : (size_t)(end - rest->at);
    if (len > CONFIG_LINE_MAX || (size_t)max < len + 2) {
        fail(parse, "the line is longer than %u bytes; shorten it",
             CONFIG_LINE_MAX);
        return NULL;
    }
    if (memchr(rest->at, 0, len) != NULL) {
        fail(parse, "the line holds a NUL byte; this is no text file");
        return NULL;
    }
    len += end != NULL;
    memcpy(out, rest->at, len);
    out[len] = '\0';
    *rest = sein_slice_of(rest->at + len, rest->len - len);
    check_section_line(parse, out);
    return parse->failed ? NULL : out;
}

/* inih's handler: 1 is fine, 0 is an error. */
static int
take_key(void *context, const char *section, const char *key, const char *value)
{
    struct parse *parse = context;
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);
    const char *why = NULL;

    if (parse->failed)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].section, section) != 0 ||
            strcmp(rows[i].key, key) != 0)
            continue;
        if (parse->seen[i])
            fail(parse, "\"%s\" in [%s] stands there twice; keep one", key,
                 section);
        else if (value[0] == '\0')
            fail(parse, "\"%s\" in [%s] is empty; fill it in or leave it out",
                 key, section);
        else if (config_set(&rows[i], value, parse->folder, parse->config,
                            &why) != SEIN_OK)
            fail(parse, "\"%s\" in [%s] is to be %s", key, section, why);
        parse->seen[i] = true;
        return parse->failed ? 0 : 1;
    }
    if (section[0] == '\0')
        fail(parse, "\"%.40s\" stands before the first [section]", key);
    else
        fail_key(parse, section, key);
    return 0;
}

static enum sein_err
set_defaults(struct parse *parse)
{
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);
    const char *why = NULL;

    for (size_t i = 0; i < count; i++) {
        if (rows[i].standard != NULL &&
            config_set(&rows[i], rows[i].standard, parse->folder, parse->config,
                       &why) != SEIN_OK)
            return SEIN_EINTERNAL;
    }
    return SEIN_OK;
}

/* What cannot be a fixed default: the mark lies beside the store's folder. */
static bool
set_mark(struct config *config)
{
    const char *slash = strrchr(config->store_dir, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - config->store_dir);
    int written = 0;

    if (config->mark[0] != '\0')
        return true;
    written = snprintf(config->mark, sizeof config->mark, "%.*s/log.mark",
                       (int)len, config->store_dir);
    return written > 0 && (size_t)written < sizeof config->mark;
}

static void
check_needed(struct parse *parse, enum config_need need)
{
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);

    parse->line = 0;
    for (size_t i = 0; i < count; i++) {
        const char *text = (const char *)parse->config + rows[i].offset;

        if (rows[i].need == need && text[0] == '\0')
            fail(parse, "\"%s\" in [%s] is missing: %s", rows[i].key,
                 rows[i].section, rows[i].help);
    }
}

enum sein_err
config_parse(struct sein_slice bytes, const char *folder,
             struct config *out_config, struct config_fault *out_fault)
{
    struct config config = { 0 };
    struct config_fault fault = { 0 };
    struct parse parse = {
        .rest = bytes, .folder = folder, .config = &config, .fault = &fault
    };
    enum sein_err err = set_defaults(&parse);
    int bad_line = 0;

    if (err != SEIN_OK)
        return err;
    bad_line = ini_parse_stream(next_line, &parse, take_key, &parse);
    if (bad_line != 0 && !parse.failed) {
        parse.line = bad_line > 0 ? (unsigned)bad_line : 0;
        fail(&parse, "the line is no comment, no [section] and no key = value");
    }
    if (!parse.failed)
        check_needed(&parse, CONFIG_ALWAYS);
    if (!parse.failed && !set_mark(&config))
        fail(&parse, "the path of [store] dir is too long");
    if (parse.failed) {
        *out_fault = fault;
        return SEIN_ECONFIG;
    }
    *out_config = config;
    return SEIN_OK;
}

enum sein_err
config_check_run(const struct config *config, struct config_fault *out_fault)
{
    struct config copy = *config;
    struct config_fault fault = { 0 };
    struct parse parse = { .config = &copy, .fault = &fault };

    check_needed(&parse, CONFIG_TO_RUN);
    if (!parse.failed)
        return SEIN_OK;
    *out_fault = fault;
    return SEIN_ECONFIG;
}

static enum sein_err
read_whole(const char *path, char *buffer, size_t max, size_t *out_len,
           struct config_fault *fault)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum sein_err err = SEIN_EIO;
    ssize_t got = 0;
    size_t len = 0;

    *fault = (struct config_fault){ 0 };
    if (fd < 0) {
        (void)snprintf(fault->text, sizeof fault->text,
                       "there is no such file, or it may not be read");
        return SEIN_ENOENT;
    }
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        (void)snprintf(fault->text, sizeof fault->text,
                       "this is not an ordinary file");
        goto done;
    }
    if ((about.st_mode & S_IWOTH) != 0) {
        (void)snprintf(fault->text, sizeof fault->text,
                       "everybody may write this file; take that right away "
                       "with chmod o-w");
        goto done;
    }
    while (len < max && (got = read(fd, buffer + len, max - len)) > 0)
        len += (size_t)got;
    if (got < 0 || len == max) {
        (void)snprintf(fault->text, sizeof fault->text,
                       "it cannot be read, or has more than %u bytes",
                       CONFIG_FILE_MAX);
        goto done;
    }
    *out_len = len;
    err = SEIN_OK;

done:
    (void)close(fd); /* only read */
    return err;
}

/* The folder of a path as an absolute path. */
static bool
folder_of(const char *path, char *out, size_t max)
{
    char here[CONFIG_PATH_MAX] = "";
    const char *slash = strrchr(path, '/');
    int len = slash == NULL ? 0 : (int)(slash - path);
    int written = 0;

    if (path[0] != '/' && getcwd(here, sizeof here) == NULL)
        return false;
    written = snprintf(out, max, "%s%s%.*s", here,
                       path[0] == '/' || len == 0 ? "" : "/", len, path);
    return written >= 0 && (size_t)written < max;
}

enum sein_err
config_read(const char *path, struct config *out_config,
            struct config_fault *out_fault)
{
    char folder[CONFIG_PATH_MAX];
    char *buffer = malloc(CONFIG_FILE_MAX + 1);
    size_t len = 0;
    enum sein_err err = SEIN_ENOMEM;

    if (buffer == NULL)
        return err;
    err = read_whole(path, buffer, CONFIG_FILE_MAX + 1, &len, out_fault);
    if (err != SEIN_OK)
        goto done;
    if (!folder_of(path, folder, sizeof folder)) {
        (void)snprintf(out_fault->text, sizeof out_fault->text,
                       "its folder's path is too long");
        err = SEIN_EIO;
        goto done;
    }
    err = config_parse(sein_slice_of((const uint8_t *)buffer, len), folder,
                       out_config, out_fault);

done:
    free(buffer);
    return err;
}

void
config_governance(const struct config *config,
                  struct sein_hash *out_fingerprint)
{
    enum sein_err err =
        sein_unhex(sein_slice_text(config->governance), out_fingerprint->bytes,
                   sizeof out_fingerprint->bytes);

    assert(err == SEIN_OK); /* config_set wrote it */
    (void)err;
}

static const char *
setting_of(const struct config_row *row, const struct config_setting *settings,
           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(settings[i].section, row->section) == 0 &&
            strcmp(settings[i].key, row->key) == 0)
            return settings[i].value;
    }
    return NULL;
}

static void
write_help(FILE *out, const struct config_row *row, const char *before)
{
    (void)fprintf(out, "%s%s", before, row->help);
    if (row->unit != NULL)
        (void)fprintf(out, " (%s, %llu to %llu)", row->unit,
                      (unsigned long long)row->min,
                      (unsigned long long)row->max);
    (void)fprintf(out, "\n");
}

enum sein_err
config_write(FILE *out, const struct config_setting *settings, size_t count)
{
    size_t row_count = 0;
    const struct config_row *rows = config_rows(&row_count);

    (void)fprintf(out, "# seinhuisd; see seinhuisd.conf(5).  Paths that do not "
                       "begin with / start here.\n");
    for (size_t i = 0; i < row_count; i++) {
        const char *value = setting_of(&rows[i], settings, count);

        if (i == 0 || strcmp(rows[i].section, rows[i - 1].section) != 0)
            (void)fprintf(out, "\n[%s]\n", rows[i].section);
        write_help(out, &rows[i], "# ");
        if (value != NULL)
            (void)fprintf(out, "%s = %s\n", rows[i].key, value);
        else
            (void)fprintf(out, "#%s = %s\n", rows[i].key,
                          rows[i].standard == NULL ? "" : rows[i].standard);
    }
    return ferror(out) || fflush(out) != 0 ? SEIN_EIO : SEIN_OK;
}

void
config_help(FILE *out)
{
    static const char *const needs[] = { "", "  required",
                                         "  required to run" };
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);

    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(rows[i].section, rows[i - 1].section) != 0)
            (void)fprintf(out, "%s[%s]\n", i == 0 ? "" : "\n", rows[i].section);
        (void)fprintf(out, "%s%s%s%s%s\n", rows[i].key,
                      rows[i].standard == NULL ? "" : " = ",
                      rows[i].standard == NULL ? "" : rows[i].standard,
                      needs[rows[i].need],
                      rows[i].reloads ? "  taken at reload" : "");
        write_help(out, &rows[i], "    ");
    }
}

static bool
same(const struct config_row *row, const char *a, const char *b)
{
    if (row->type == CONFIG_NUMBER || row->type == CONFIG_LEVEL)
        return memcmp(a, b, row->size) == 0;
    return strcmp(a, b) == 0;
}

const char *
config_needs_restart(const struct config *old_config,
                     const struct config *new_config, size_t *at, char *buffer,
                     size_t max)
{
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);

    while (*at < count) {
        const struct config_row *row = &rows[(*at)++];
        const char *a = (const char *)old_config + row->offset;
        const char *b = (const char *)new_config + row->offset;

        if (row->reloads || same(row, a, b))
            continue;
        (void)snprintf(buffer, max, "%s.%s", row->section, row->key);
        return buffer;
    }
    return NULL;
}
