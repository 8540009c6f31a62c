#include "broker/directories.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME_MAX 256U
#define FILE_SUFFIX ".dir"
#define PATH_MAX_HERE 1400U

struct incoming {
    char name[FILE_NAME_MAX];
    uint64_t version; /* 0: could not be read */
    enum sein_err err;
};

/* Everything that one look at the folder needs. */
struct look {
    struct store *store;
    const char *folder;
    const struct sein_hash *fingerprint;
    int64_t now_ms;
    directories_told *told;
    void *context;
    uint8_t *buffer; /* SEIN_DIRECTORY_MAX + 1 bytes: one file at a time */
    struct incoming *files;
    size_t file_count;
    struct sein_directory **taken; /* accepted, not yet stored */
    size_t taken_count;
};

/* Also for a chain's first link, which may have expired long ago: it is judged
 * at the time that it was made, or now when it says that it is from later. */
static enum sein_err
accept_base(struct sein_slice bytes, const struct sein_hash *fingerprint,
            int64_t now_ms, struct sein_directory **out_dir)
{
    struct sein_directory *seen = NULL;
    enum sein_err err = sein_directory_read(bytes, &seen);
    uint64_t issued = 0;

    if (err != SEIN_OK)
        return err;
    issued = sein_directory_root(seen)->issued;
    sein_directory_free(&seen);
    if (issued < (uint64_t)now_ms)
        now_ms = (int64_t)issued;
    return sein_directory_accept_first(bytes, fingerprint, now_ms, out_dir);
}

static enum sein_err
read_stored(struct store_txn *txn, uint64_t version, uint8_t *buffer,
            struct sein_slice *out_bytes, uint64_t *out_version)
{
    struct sein_writer writer = sein_writer_of(buffer, SEIN_DIRECTORY_MAX);
    size_t total = 0;
    enum sein_err err = txn->store->ops->directory_read(
        txn, version, 0, SEIN_DIRECTORY_MAX, &writer, &total, out_version);

    if (err != SEIN_OK)
        return err;
    return sein_writer_done(&writer, out_bytes);
}

/* From the newest down to the first whose governance is the one we believe. */
static enum sein_err
load_base(struct store_txn *txn, const struct sein_hash *fingerprint,
          int64_t now_ms, uint8_t *buffer, struct sein_directory **out_dir,
          uint64_t *out_newest)
{
    struct sein_slice bytes;
    uint64_t version = 0;
    enum sein_err err = read_stored(txn, 0, buffer, &bytes, &version);

    if (err != SEIN_OK)
        return err;
    *out_newest = version;
    for (;;) {
        err = accept_base(bytes, fingerprint, now_ms, out_dir);
        if (err != SEIN_EFINGERPRINT || version <= 1)
            return err;
        version--;
        err = read_stored(txn, version, buffer, &bytes, &version);
        if (err != SEIN_OK)
            return err == SEIN_ENOENT ? SEIN_EFINGERPRINT : err;
    }
}

enum sein_err
directories_load(struct store *store, const struct sein_hash *fingerprint,
                 int64_t now_ms, struct sein_directory **out_dir)
{
    uint8_t *buffer = malloc(SEIN_DIRECTORY_MAX);
    struct store_txn *txn = NULL;
    struct sein_directory *dir = NULL;
    uint64_t newest = 0;
    enum sein_err err = SEIN_ENOMEM;

    if (buffer == NULL)
        return err;
    err = store->ops->begin(store, &txn);
    if (err != SEIN_OK)
        goto done;
    err = load_base(txn, fingerprint, now_ms, buffer, &dir, &newest);
    while (err == SEIN_OK && sein_directory_version(dir) < newest) {
        struct sein_directory *next = NULL;
        struct sein_slice bytes;
        uint64_t version = sein_directory_version(dir) + 1;

        err = read_stored(txn, version, buffer, &bytes, &version);
        if (err == SEIN_OK)
            err = sein_directory_accept_next(dir, bytes, now_ms, &next);
        if (err == SEIN_OK) {
            sein_directory_free(&dir);
            dir = next;
        }
    }
    if (err != SEIN_OK)
        goto done;
    *out_dir = dir;
    dir = NULL;

done:
    sein_directory_free(&dir);
    store->ops->rollback(&txn); /* only read */
    free(buffer);
    return err;
}

static enum sein_err
read_file(struct look *look, const char *name, struct sein_slice *out_bytes)
{
    char path[PATH_MAX_HERE];
    struct stat about;
    size_t len = 0;
    ssize_t got = 0;
    int fd = -1;

    if (snprintf(path, sizeof path, "%s/%s", look->folder, name) >=
        (int)sizeof path)
        return SEIN_EIO;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return SEIN_EIO;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        got = -1;
    while (got >= 0 && len <= SEIN_DIRECTORY_MAX) {
        got = read(fd, look->buffer + len, SEIN_DIRECTORY_MAX + 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    (void)close(fd); /* only read */
    if (got < 0)
        return SEIN_EIO;
    if (len > SEIN_DIRECTORY_MAX)
        return SEIN_ETOOLONG;
    *out_bytes = sein_slice_of(look->buffer, len);
    return SEIN_OK;
}

static bool
is_incoming(const char *name)
{
    size_t len = strlen(name);
    size_t suffix = sizeof FILE_SUFFIX - 1;

    return name[0] != '.' && len > suffix && len < FILE_NAME_MAX &&
           strcmp(name + len - suffix, FILE_SUFFIX) == 0;
}

static int
compare_files(const void *a, const void *b)
{
    const struct incoming *x = a;
    const struct incoming *y = b;

    if (x->version != y->version)
        return x->version < y->version ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* The version says in which order they are tried; nothing is believed yet. */
static void
look_at(struct look *look, const char *name)
{
    struct incoming *file = &look->files[look->file_count++];
    struct sein_directory *seen = NULL;
    struct sein_slice bytes;

    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->err = read_file(look, name, &bytes);
    if (file->err == SEIN_OK)
        file->err = sein_directory_read(bytes, &seen);
    if (file->err == SEIN_OK)
        file->version = sein_directory_version(seen);
    sein_directory_free(&seen);
}

static enum sein_err
list_files(struct look *look)
{
    DIR *folder = opendir(look->folder);
    const struct dirent *entry = NULL;

    if (folder == NULL)
        return SEIN_EIO;
    while (look->file_count < DIRECTORIES_FILES_MAX &&
           (entry = readdir(folder)) != NULL) {
        if (is_incoming(entry->d_name))
            look_at(look, entry->d_name);
    }
    (void)closedir(folder); /* only read */
    qsort(look->files, look->file_count, sizeof *look->files, compare_files);
    return SEIN_OK;
}

/* An older version: harmless when it is the one that we had, unless nothing
 * newer lies beside it, for then somebody offers it as the newest. */
static enum sein_err
judge_old(struct look *look, struct sein_slice bytes, uint64_t version,
          bool is_last)
{
    uint8_t *stored = malloc(SEIN_DIRECTORY_MAX);
    struct store_txn *txn = NULL;
    struct sein_slice ours;
    enum sein_err err = SEIN_ENOMEM;

    if (stored == NULL)
        return err;
    err = look->store->ops->begin(look->store, &txn);
    if (err != SEIN_OK)
        goto done;
    err = read_stored(txn, version, stored, &ours, &version);
    if (err == SEIN_OK)
        err = is_last || !sein_slice_equal(ours, bytes) ? SEIN_EDIRROLLBACK
                                                        : SEIN_EEXIST;
    else if (err == SEIN_ENOENT)
        err = is_last ? SEIN_EDIRROLLBACK : SEIN_EEXIST;

done:
    look->store->ops->rollback(&txn); /* only read */
    free(stored);
    return err;
}

static enum sein_err
judge(struct look *look, size_t at, const struct sein_directory *before,
      struct sein_directory **out_dir)
{
    const struct incoming *file = &look->files[at];
    struct sein_slice bytes;
    enum sein_err err = file->err;

    if (err == SEIN_OK)
        err = read_file(look, file->name, &bytes);
    if (err != SEIN_OK)
        return err;
    if (before == NULL)
        return accept_base(bytes, look->fingerprint, look->now_ms, out_dir);
    if (file->version < sein_directory_version(before))
        return judge_old(look, bytes, file->version,
                         at + 1 == look->file_count);
    return sein_directory_accept_next(before, bytes, look->now_ms, out_dir);
}

static void
tell(const struct look *look, size_t at, enum sein_err err)
{
    if (err != SEIN_EEXIST)
        look->told(look->context, look->files[at].name, look->files[at].version,
                   err);
}

static bool
ends_the_look(enum sein_err err)
{
    return err == SEIN_ENOMEM || err == SEIN_EFULL;
}

/* One after the other; what is accepted is what the next one follows on. */
static enum sein_err
accept_files(struct look *look, const struct sein_directory *current)
{
    const struct sein_directory *before = current;

    for (size_t i = 0; i < look->file_count; i++) {
        struct sein_directory *dir = NULL;
        enum sein_err err = judge(look, i, before, &dir);

        if (ends_the_look(err))
            return err;
        if (err != SEIN_OK) {
            tell(look, i, err);
            continue;
        }
        look->taken[look->taken_count++] = dir;
        before = dir;
    }
    return SEIN_OK;
}

static const char *
file_of(const struct look *look, uint64_t version)
{
    for (size_t i = 0; i < look->file_count; i++) {
        if (look->files[i].version == version)
            return look->files[i].name;
    }
    return "-";
}

/* An expired version may be a link, but not the end of the chain. */
static void
drop_expired(struct look *look)
{
    while (look->taken_count > 0) {
        struct sein_directory **last = &look->taken[look->taken_count - 1];
        uint64_t version = sein_directory_version(*last);

        if (!sein_directory_expired(*last, look->now_ms))
            return;
        look->told(look->context, file_of(look, version), version,
                   SEIN_EDIREXPIRED);
        sein_directory_free(last);
        look->taken_count--;
    }
}

static enum sein_err
store_taken(struct look *look)
{
    const struct store_ops *ops = look->store->ops;
    struct store_txn *txn = NULL;
    enum sein_err err = ops->begin(look->store, &txn);

    if (err != SEIN_OK)
        return err;
    for (size_t i = 0; i < look->taken_count && err == SEIN_OK; i++) {
        const struct sein_directory *dir = look->taken[i];

        err = ops->directory_put(txn, sein_directory_version(dir),
                                 (int64_t)sein_directory_root(dir)->issued,
                                 sein_directory_bytes(dir));
    }
    if (err == SEIN_OK)
        err = ops->directory_forget(txn, look->now_ms - SEIN_DIRECTORY_KEEP_MS);
    if (err == SEIN_OK)
        err = ops->commit(&txn);
    ops->rollback(&txn); /* no-op when committed */
    return err;
}

static enum sein_err
take_all(struct look *look, const struct sein_directory *current,
         struct sein_directory **out_dir)
{
    enum sein_err err = list_files(look);

    if (err == SEIN_OK)
        err = accept_files(look, current);
    if (err != SEIN_OK)
        return err;
    drop_expired(look);
    if (look->taken_count == 0) {
        *out_dir = NULL;
        return SEIN_OK;
    }
    err = store_taken(look);
    if (err != SEIN_OK)
        return err;
    for (size_t i = 0; i < look->taken_count; i++) {
        uint64_t version = sein_directory_version(look->taken[i]);

        look->told(look->context, file_of(look, version), version, SEIN_OK);
    }
    look->taken_count--;
    *out_dir = look->taken[look->taken_count];
    return SEIN_OK;
}

enum sein_err
directories_take(struct store *store, const char *folder,
                 const struct sein_hash *fingerprint, int64_t now_ms,
                 const struct sein_directory *current, directories_told *told,
                 void *context, struct sein_directory **out_dir)
{
    struct look look = { .store = store,
                         .folder = folder,
                         .fingerprint = fingerprint,
                         .now_ms = now_ms,
                         .told = told,
                         .context = context };
    enum sein_err err = SEIN_ENOMEM;

    look.buffer = malloc(SEIN_DIRECTORY_MAX + 1);
    look.files = calloc(DIRECTORIES_FILES_MAX, sizeof *look.files);
    look.taken = calloc(DIRECTORIES_FILES_MAX, sizeof *look.taken);
    if (look.buffer != NULL && look.files != NULL && look.taken != NULL)
        err = take_all(&look, current, out_dir);
    for (size_t i = 0; look.taken != NULL && i < look.taken_count; i++)
        sein_directory_free(&look.taken[i]);
    free(look.taken);
    free(look.files);
    free(look.buffer);
    return err;
}
