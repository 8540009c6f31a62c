#include "client/keyholder/settings.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

#define NAME_COMPARED_MAX 32U /* longer names are not like any of ours */

enum setting_type { SETTING_DESK, SETTING_TEXT, SETTING_PATH, SETTING_NUMBER };

struct setting_row {
    const char *section;
    const char *key;
    enum setting_type type;
    size_t offset, size;
    const char *standard; /* NULL: it must be there */
    const char *help;
};

#define AT(member) \
    offsetof(struct settings, member), sizeof(((struct settings *)NULL)->member)

/* clang-format off */
static const struct setting_row rows[] = {
    { "keyholder", "desk", SETTING_DESK, AT(desk), NULL,
      "the desk that this program evaluates for, OIN/name" },
    { "keyholder", "name", SETTING_TEXT, AT(name), NULL,
      "the organisation's name, for the join request" },
    { "keyholder", "dir", SETTING_PATH, AT(folder), NULL,
      "folder of keys, shares and records, mode 0700" },
    { "keyholder", "key_file", SETTING_PATH, AT(key_file), NULL,
      "file that unlocks the keys, mode 0600; keep it apart from the folder" },
    { "keyholder", "window", SETTING_NUMBER, AT(window), "64",
      "requests that the broker may send ahead, 1 to 256" },
    { "broker", "invitation", SETTING_PATH, AT(invitation), NULL,
      "file with the invitation, one line" },
};
/* clang-format on */
#define ROW_COUNT (sizeof rows / sizeof rows[0])

struct parse {
    struct sein_slice rest; /* lines not yet handed out */
    unsigned line;          /* of the one handed out last */
    const char *folder;
    struct settings *settings;
    struct settings_fault *fault;
    bool failed;
    bool seen[ROW_COUNT];
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

/* ---- values ---- */

static bool
set_text(const char *value, char *out, size_t size)
{
    size_t len = strlen(value);

    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    }
    if (len >= size)
        return false;
    memcpy(out, value, len + 1);
    return true;
}

static bool
set_path(const char *value, const char *folder, char *out, size_t size)
{
    char path[2 * SETTINGS_PATH_MAX];
    int len =
        snprintf(path, sizeof path, "%s%s%s", value[0] == '/' ? "" : folder,
                 value[0] == '/' ? "" : "/", value);

    return len > 0 && (size_t)len < sizeof path && set_text(path, out, size);
}

static bool
set_window(const char *value, uint64_t *out)
{
    uint64_t number = 0;

    for (const char *c = value; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || number > SEIN_EVAL_WINDOW_MAX)
            return false;
        number = number * 10 + (uint64_t)(*c - '0');
    }
    if (number == 0 || number > SEIN_EVAL_WINDOW_MAX)
        return false;
    *out = number;
    return true;
}

static bool
set(struct parse *parse, const struct setting_row *row, const char *value,
    const char **out_why)
{
    char *text = (char *)parse->settings + row->offset;

    switch (row->type) {
    case SETTING_DESK:
        *out_why = "a desk, as 00000001003214345000/sleutels";
        return sein_desk_check(sein_slice_text(value)) == SEIN_OK &&
               set_text(value, text, row->size);
    case SETTING_TEXT:
        *out_why = "a text of at most 128 bytes";
        return set_text(value, text, row->size);
    case SETTING_PATH:
        *out_why = "a path of at most 1000 bytes";
        return set_path(value, parse->folder, text, row->size);
    case SETTING_NUMBER:
        *out_why = "a whole number from 1 to 256";
        /* Rows of this type lie on members of type uint64_t. */
        return set_window(value, (uint64_t *)(void *)text);
    }
    return false;
}

/* ---- names that are not ours ---- */

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

static void
fail_section(struct parse *parse, const char *section)
{
    const char *best = NULL;
    size_t best_distance = 4;

    for (size_t i = 0; i < ROW_COUNT; i++) {
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
    const struct setting_row *best = NULL;
    size_t best_distance = 4;

    for (size_t i = 0; i < ROW_COUNT; i++) {
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

/* ---- lines ---- */

/* A section's line reaches the INI reader only when we know the section, for
 * it says nothing about one without keys. */
static void
check_section_line(struct parse *parse, const char *line)
{
    char name[SETTINGS_LINE_MAX + 1];
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
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].section, name) == 0)
            return;
    }
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
    if (len > SETTINGS_LINE_MAX || (size_t)max < len + 2) {
        fail(parse, "the line is longer than %u bytes; shorten it",
             SETTINGS_LINE_MAX);
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

static void
take_value(struct parse *parse, size_t at, const char *value)
{
    const struct setting_row *row = &rows[at];
    const char *why = NULL;

    if (parse->seen[at])
        fail(parse, "\"%s\" in [%s] stands there twice; keep one", row->key,
             row->section);
    else if (value[0] == '\0')
        fail(parse, "\"%s\" in [%s] is empty; fill it in or leave it out",
             row->key, row->section);
    else if (!set(parse, row, value, &why))
        fail(parse, "\"%s\" in [%s] is to be %s", row->key, row->section, why);
    parse->seen[at] = true;
}

/* inih's handler: 1 is fine, 0 is an error. */
static int
take_key(void *context, const char *section, const char *key, const char *value)
{
    struct parse *parse = context;

    if (parse->failed)
        return 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].section, section) != 0 ||
            strcmp(rows[i].key, key) != 0)
            continue;
        take_value(parse, i, value);
        return parse->failed ? 0 : 1;
    }
    if (section[0] == '\0')
        fail(parse, "\"%.40s\" stands before the first [section]", key);
    else
        fail_key(parse, section, key);
    return 0;
}

static void
check_all(struct parse *parse)
{
    const char *why = NULL;

    parse->line = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (parse->seen[i])
            continue;
        if (rows[i].standard == NULL)
            fail(parse, "\"%s\" in [%s] is missing: %s", rows[i].key,
                 rows[i].section, rows[i].help);
        else if (!set(parse, &rows[i], rows[i].standard, &why))
            fail(parse, "the default of \"%s\" is wrong", rows[i].key);
    }
}

enum sein_err
settings_parse(struct sein_slice bytes, const char *folder,
               struct settings *out_settings, struct settings_fault *out_fault)
{
    struct settings settings = { .window = 0 };
    struct settings_fault fault = { 0 };
    struct parse parse = {
        .rest = bytes, .folder = folder, .settings = &settings, .fault = &fault
    };
    int bad_line = ini_parse_stream(next_line, &parse, take_key, &parse);

    if (bad_line != 0 && !parse.failed) {
        parse.line = bad_line > 0 ? (unsigned)bad_line : 0;
        fail(&parse, "the line is no comment, no [section] and no key = value");
    }
    if (!parse.failed)
        check_all(&parse);
    if (parse.failed) {
        *out_fault = fault;
        return SEIN_ECONFIG;
    }
    *out_settings = settings;
    return SEIN_OK;
}

/* ---- the file ---- */

static enum sein_err __attribute__((format(printf, 3, 4)))
refuse(struct settings_fault *fault, enum sein_err err, const char *format, ...)
{
    va_list arguments;

    *fault = (struct settings_fault){ 0 };
    va_start(arguments, format);
    (void)vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return err;
}

static enum sein_err
read_file(int fd, char *buffer, size_t *out_len, struct settings_fault *fault)
{
    struct stat about;
    ssize_t got = 0;
    size_t len = 0;

    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return refuse(fault, SEIN_EIO, "this is not an ordinary file");
    if ((about.st_mode & S_IWOTH) != 0)
        return refuse(fault, SEIN_EIO,
                      "everybody may write this file; take that right away "
                      "with chmod o-w");
    while (len < SETTINGS_FILE_MAX &&
           (got = read(fd, buffer + len, SETTINGS_FILE_MAX - len)) > 0)
        len += (size_t)got;
    if (got < 0 || len == SETTINGS_FILE_MAX)
        return refuse(fault, SEIN_EIO,
                      "it cannot be read, or has more than %u bytes",
                      SETTINGS_FILE_MAX);
    *out_len = len;
    return SEIN_OK;
}

/* The folder of a path as an absolute path. */
static bool
folder_of(const char *path, char out[static SETTINGS_PATH_MAX])
{
    char here[SETTINGS_PATH_MAX] = "";
    const char *slash = strrchr(path, '/');
    int len = slash == NULL ? 0 : (int)(slash - path);
    int written = 0;

    if (path[0] != '/' && getcwd(here, sizeof here) == NULL)
        return false;
    written = snprintf(out, SETTINGS_PATH_MAX, "%s%s%.*s", here,
                       path[0] == '/' || len == 0 ? "" : "/", len, path);
    return written >= 0 && (size_t)written < SETTINGS_PATH_MAX;
}

enum sein_err
settings_read(const char *path, struct settings *out_settings,
              struct settings_fault *out_fault)
{
    char folder[SETTINGS_PATH_MAX];
    char *buffer = malloc(SETTINGS_FILE_MAX);
    size_t len = 0;
    int fd = -1;
    enum sein_err err = SEIN_OK;

    if (buffer == NULL)
        return refuse(out_fault, SEIN_ENOMEM, "too little memory");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        err = refuse(out_fault, SEIN_ENOENT,
                     "there is no such file, or it may not be read");
        goto done;
    }
    if (!folder_of(path, folder)) {
        err = refuse(out_fault, SEIN_EIO, "its path is too long");
        goto done;
    }
    err = read_file(fd, buffer, &len, out_fault);
    if (err == SEIN_OK)
        err = settings_parse(sein_slice_of((const uint8_t *)buffer, len),
                             folder, out_settings, out_fault);

done:
    if (fd >= 0)
        (void)close(fd); /* only read */
    free(buffer);
    return err;
}

void
settings_help(FILE *out)
{
    const char *section = "";

    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(section, rows[i].section) != 0)
            (void)fprintf(out, "%s[%s]\n", i == 0 ? "" : "\n", rows[i].section);
        section = rows[i].section;
        (void)fprintf(out, "# %s\n%s = %s\n", rows[i].help, rows[i].key,
                      rows[i].standard == NULL ? "..." : rows[i].standard);
    }
}
