#include "client/govern/govern.h"

#include <stdlib.h>
#include <string.h>

#include "client/govern/govern_parts.h"

/* ---- why -------------------------------------------------------------------
 */

enum sein_err
govern_blame(struct govern *govern, enum sein_err err, struct place place,
             const char *detail, const char *nl, const char *en)
{
    const char *copy =
        detail == NULL ? "" : arena_format(&govern->arena, "%s", detail);

    govern->why = (struct govern_problem){
        .err = err,
        .file = place.file == NULL ? "" : place.file,
        .line = place.line,
        .section = place.section == NULL ? "" : place.section,
        .field = place.field == NULL ? "" : place.field,
        .detail = copy,
        .nl = nl,
        .en = en,
    };
    govern->has_why = true;
    return err;
}

enum sein_err
govern_blame_text(struct govern *govern, enum sein_err err, const char *field,
                  const char *detail)
{
    return govern_blame(govern, err, (struct place){ .field = field }, detail,
                        sein_err_text_nl(err), sein_err_text(err));
}

const struct govern_problem *
govern_why(const struct govern *govern)
{
    return govern->has_why ? &govern->why : NULL;
}

const struct govern_problem *
govern_problems(const struct govern *govern, size_t *out_count)
{
    *out_count = govern->problems.count;
    return govern->problems.items;
}

/* ---- files ------------------------------------------------------------------
 */

const char *
govern_full_path(struct govern *govern, const char *path)
{
    return arena_format(&govern->arena, "%s/%s", govern->path, path);
}

const char *
govern_hex(struct govern *govern, const uint8_t *at, size_t len)
{
    char hex[2 * SEIN_SIG_BYTES + 1];

    sein_hex(sein_slice_of(at, len), hex, sizeof hex);
    return arena_format(&govern->arena, "%s", hex);
}

struct govern_file *
govern_file(struct govern *govern, const char *path)
{
    for (size_t i = 0; i < govern->file_count; i++) {
        if (strcmp(govern->files[i].path, path) == 0)
            return &govern->files[i];
    }
    return NULL;
}

/* Adds a file with its text; problems in it are told by govern_rebuild. */
static struct govern_file *
add_file(struct govern *govern, const char *path, const char *stem,
         const char *text, bool on_disk)
{
    struct govern_file *files = arena_more(&govern->arena, govern->files,
                                           govern->file_count, sizeof *files);
    struct problems unheard = { .arena = &govern->arena };
    struct govern_file *file = NULL;

    if (files == NULL)
        return NULL;
    govern->files = files;
    file = &files[govern->file_count++];
    *file = (struct govern_file){ .path = path,
                                  .stem = stem,
                                  .was = on_disk ? text : NULL };
    file->bad = conf_read(path, text, &unheard, &file->conf) != SEIN_OK;
    return file;
}

struct govern_file *
govern_new_file(struct govern *govern, const char *folder, const char *stem,
                const char *text)
{
    const char *path =
        arena_format(&govern->arena, "%s/%s" GOVERN_CONF, folder, stem);

    return add_file(govern, path, arena_format(&govern->arena, "%s", stem),
                    text, false);
}

static enum sein_err
load_file(struct govern *govern, const char *path, const char *stem)
{
    struct sein_slice text = { 0 };
    enum sein_err err = folder_read(
        &govern->arena, govern_full_path(govern, path), CONF_FILE_MAX, &text);

    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "", path);
    return add_file(govern, path, stem, (const char *)text.at, true) == NULL
               ? SEIN_ENOMEM
               : SEIN_OK;
}

static enum sein_err
load_folder(struct govern *govern, const char *folder)
{
    const char *const *names = NULL;
    size_t count = 0;
    enum sein_err err =
        folder_list(&govern->arena, govern_full_path(govern, folder),
                    GOVERN_CONF, &names, &count);

    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        size_t len = strlen(names[i]) - strlen(GOVERN_CONF);

        err = load_file(
            govern, arena_format(&govern->arena, "%s/%s", folder, names[i]),
            arena_format(&govern->arena, "%.*s", (int)len, names[i]));
    }
    return err;
}

/* Whether a file lies in that folder. */
static bool
lies_in(const struct govern_file *file, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(file->path, folder, len) == 0 && file->path[len] == '/';
}

static void
read_model_file(struct govern *govern, struct govern_file *file)
{
    struct model_reader reader = { &govern->arena, &govern->problems,
                                   &file->conf };
    /* Again, to hear what is wrong in it now. */
    enum sein_err err =
        conf_read(file->path, file->conf.text, &govern->problems, &file->conf);

    file->bad = err != SEIN_OK;
    if (lies_in(file, GOVERN_BROKERS))
        model_read_broker(&reader, &govern->model);
    else if (lies_in(file, GOVERN_MEMBERS))
        model_read_member(&reader, file->stem, &govern->model);
    else if (lies_in(file, GOVERN_CIRCLES))
        model_read_circle(&reader, file->stem, &govern->model);
    else
        model_read_governance(&reader, &govern->model);
}

enum sein_err
govern_rebuild(struct govern *govern)
{
    govern->model = (struct model){ 0 };
    govern->problems = (struct problems){ .arena = &govern->arena };
    for (size_t i = 0; i < govern->file_count; i++)
        read_model_file(govern, &govern->files[i]);
    if (govern->arena.failed)
        return SEIN_ENOMEM;
    model_sort(&govern->model);
    /* What cannot be read would only give false contradictions. */
    if (govern->problems.count == 0)
        model_check(&govern->model, &govern->problems);
    return govern->arena.failed ? SEIN_ENOMEM : SEIN_OK;
}

/* ---- opening ----------------------------------------------------------------
 */

static enum sein_err
load_all(struct govern *govern)
{
    enum sein_err err = load_file(govern, GOVERN_GOVERNANCE, "governance");

    if (err == SEIN_OK)
        err = load_folder(govern, GOVERN_BROKERS);
    if (err == SEIN_OK)
        err = load_folder(govern, GOVERN_MEMBERS);
    if (err == SEIN_OK)
        err = load_folder(govern, GOVERN_CIRCLES);
    if (err == SEIN_OK)
        err = govern_rebuild(govern);
    if (err == SEIN_OK)
        err = chain_list(govern);
    govern->opened = govern->model;
    return err;
}

enum sein_err
govern_open(const char *path, int64_t now_ms, struct govern **out_govern)
{
    struct govern *govern = calloc(1, sizeof *govern);
    enum sein_err err = SEIN_OK;

    if (govern == NULL)
        return SEIN_ENOMEM;
    govern->now_ms = now_ms;
    govern->path = arena_format(&govern->arena, "%s", path);
    err = load_all(govern);
    if (err == SEIN_OK) {
        *out_govern = govern;
        govern = NULL;
    }
    govern_close(&govern);
    return err;
}

void
govern_close(struct govern **govern)
{
    struct govern *gone = *govern;

    *govern = NULL;
    if (gone == NULL)
        return;
    sein_directory_free(&gone->newest);
    arena_free(&gone->arena);
    free(gone);
}

/* ---- changing
 * ---------------------------------------------------------------- */

enum sein_err
govern_sound(struct govern *govern, const char *path)
{
    for (size_t i = 0; i < govern->problems.count; i++) {
        const struct govern_problem *problem = &govern->problems.items[i];

        if (problem->whole || strcmp(problem->file, path) != 0)
            continue;
        govern->why = *problem;
        govern->has_why = true;
        return problem->err;
    }
    return SEIN_OK;
}

enum sein_err
govern_editable(struct govern *govern, const struct govern_file *file)
{
    return file->bad ? govern_sound(govern, file->path) : SEIN_OK;
}

enum sein_err
govern_set(struct govern *govern, struct govern_file *file, const char *kind,
           const char *name, const char *field, const char *value)
{
    enum sein_err err =
        conf_set(&file->conf, &govern->arena, kind, name, field, value);
    struct place place = { .file = file->path,
                           .section = kind,
                           .field = field };

    if (err != SEIN_EFORMAT)
        return err;
    return govern_blame(govern, err, place, value,
                        "dit kan zo niet in een leesbaar bestand staan; laat "
                        "regeleinden, ; en zeer lange woorden weg",
                        "this cannot stand in a readable file; leave out line "
                        "breaks, ; and very long words");
}

enum sein_err
govern_pair(struct govern *govern, const char *option, const char *text,
            const char **out_name, const char **out_value)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text)
        return govern_blame(govern, SEIN_EFORMAT,
                            (struct place){ .field = option }, text,
                            "dit is geen naam=waarde; schrijf het zo",
                            "this is not name=value; write it so");
    *out_name =
        arena_format(&govern->arena, "%.*s", (int)(equals - text), text);
    *out_value = equals + 1;
    return SEIN_OK;
}

static bool
changed(const struct govern_file *file)
{
    return file->was == NULL || strcmp(file->was, file->conf.text) != 0;
}

enum sein_err
govern_commit(struct govern *govern)
{
    for (size_t i = 0; i < govern->file_count; i++) {
        struct govern_file *file = &govern->files[i];
        enum sein_err err = SEIN_OK;

        if (!changed(file))
            continue;
        err = folder_write(govern_full_path(govern, file->path),
                           sein_slice_text(file->conf.text), FOLDER_SHARED);
        if (err != SEIN_OK)
            return govern_blame_text(govern, err, "", file->path);
        file->was = file->conf.text;
    }
    return SEIN_OK;
}

const char *const *
govern_files(struct govern *govern)
{
    const char **names =
        arena_new(&govern->arena, govern->file_count + 1, sizeof *names);
    size_t count = 0;

    for (size_t i = 0; names != NULL && i < govern->file_count; i++) {
        if (changed(&govern->files[i]))
            names[count++] = govern->files[i].path;
    }
    return names;
}

/* ---- looking
 * ----------------------------------------------------------------- */

static enum sein_err
compare_models(struct govern *govern, const struct model *before,
               const struct model *after, const struct govern_change **out,
               size_t *out_count)
{
    struct contents left = { 0 };
    struct contents right = { 0 };
    struct changes changes = { 0 };
    enum sein_err err = contents_make(before, &govern->arena, &left);

    if (err == SEIN_OK)
        err = contents_make(after, &govern->arena, &right);
    if (err == SEIN_OK)
        err = contents_compare(&left, &right, &govern->arena, &changes);
    if (err != SEIN_OK)
        return err;
    *out = changes.items;
    *out_count = changes.count;
    return SEIN_OK;
}

enum sein_err
govern_changes(struct govern *govern, enum govern_since since,
               const struct govern_change **out_changes, size_t *out_count)
{
    enum sein_err err =
        since == GOVERN_SINCE_SIGNED ? chain_newest(govern) : SEIN_OK;

    if (err != SEIN_OK)
        return err;
    return compare_models(govern,
                          since == GOVERN_SINCE_SIGNED ? &govern->newest_model
                                                       : &govern->opened,
                          &govern->model, out_changes, out_count);
}

static enum sein_err
model_of(struct govern *govern, uint64_t version, struct model *out_model)
{
    if (version > 0)
        return chain_model(govern, version, out_model);
    *out_model = govern->model;
    return SEIN_OK;
}

enum sein_err
govern_between(struct govern *govern, uint64_t from, uint64_t to,
               const struct govern_change **out, size_t *out_count)
{
    struct model before = { 0 };
    struct model after = { 0 };
    enum sein_err err = model_of(govern, from, &before);

    if (err == SEIN_OK)
        err = model_of(govern, to, &after);
    if (err != SEIN_OK)
        return err;
    return compare_models(govern, &before, &after, out, out_count);
}

enum sein_err
govern_contents(struct govern *govern, uint64_t version,
                const struct govern_change **out_contents, size_t *out_count)
{
    struct model model = { 0 };
    struct contents contents = { 0 };
    struct changes changes = { 0 };
    enum sein_err err = model_of(govern, version, &model);

    if (err == SEIN_OK)
        err = contents_make(&model, &govern->arena, &contents);
    if (err == SEIN_OK)
        err = contents_list(&contents, &govern->arena, &changes);
    if (err != SEIN_OK)
        return err;
    *out_contents = changes.items;
    *out_count = changes.count;
    return SEIN_OK;
}

/* ---- moments
 * ------------------------------------------------------------------ */

enum sein_err
govern_now(int64_t *out_ms)
{
    return moment_now(out_ms);
}

enum sein_err
govern_moment(const char *text, int64_t now_ms, int64_t *out_ms)
{
    if (strcmp(text, "now") == 0) {
        *out_ms = now_ms;
        return SEIN_OK;
    }
    return moment_parse(sein_slice_text(text), MOMENT_BEGINS, out_ms);
}

void
govern_moment_text(int64_t ms, char out_text[static GOVERN_MOMENT_BYTES])
{
    moment_format(ms, MOMENT_BEGINS, out_text);
}
