#include "client/govern/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096U
#define SHARED_MODE 0644
#define SECRET_MODE 0600
#define FOLDER_MODE 0755

static enum sein_err
from_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return SEIN_ENOENT;
    case EEXIST:
        return SEIN_EEXIST;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return SEIN_EFULL;
    case ENOMEM:
        return SEIN_ENOMEM;
    default:
        return SEIN_EIO;
    }
}

/* Reads until the end or max + 1 bytes. */
static enum sein_err
read_all(FILE *file, struct arena *arena, size_t max,
         struct sein_slice *out_bytes)
{
    uint8_t *buffer = NULL;
    size_t len = 0;
    struct stat info;

    if (fstat(fileno(file), &info) != 0 || S_ISDIR(info.st_mode))
        return SEIN_EIO;
    if (info.st_size < 0 || (uint64_t)info.st_size > max)
        return SEIN_ETOOLONG;
    buffer = arena_new(arena, (size_t)info.st_size + 1, 1);
    if (buffer == NULL)
        return SEIN_ENOMEM;
    len = fread(buffer, 1, (size_t)info.st_size, file);
    if (ferror(file) != 0 || len != (size_t)info.st_size)
        return SEIN_EIO;
    *out_bytes = sein_slice_of(buffer, len);
    return SEIN_OK;
}

enum sein_err
folder_read(struct arena *arena, const char *path, size_t max,
            struct sein_slice *out_bytes)
{
    FILE *file = fopen(path, "re");
    enum sein_err err = SEIN_OK;

    if (file == NULL)
        return from_errno(errno);
    err = read_all(file, arena, max, out_bytes);
    (void)fclose(file); /* only read */
    return err;
}

static bool
ends_on(const char *name, const char *suffix)
{
    size_t len = strlen(name);
    size_t end = strlen(suffix);

    return len > end && strcmp(name + len - end, suffix) == 0;
}

static int
compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

enum sein_err
folder_list(struct arena *arena, const char *path, const char *suffix,
            const char *const **out_names, size_t *out_count)
{
    const char **names = NULL;
    size_t count = 0;
    DIR *dir = opendir(path);
    struct dirent *entry = NULL;

    if (dir == NULL && errno != ENOENT)
        return SEIN_EIO;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || !ends_on(entry->d_name, suffix))
            continue;
        names = arena_more(arena, (void *)names, count, sizeof *names);
        if (names == NULL)
            break;
        names[count++] = arena_format(arena, "%s", entry->d_name);
    }
    if (dir != NULL)
        (void)closedir(dir); /* only read */
    if (arena->failed)
        return SEIN_ENOMEM;
    if (names != NULL)
        qsort((void *)names, count, sizeof *names, compare_names);
    *out_names = names;
    *out_count = count;
    return SEIN_OK;
}

/* Makes the folders on the way to path. */
static enum sein_err
make_parents(const char *path)
{
    char part[PATH_BYTES];

    if (strlen(path) >= sizeof part)
        return SEIN_ETOOLONG;
    for (size_t i = 1; path[i] != '\0'; i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST)
            return from_errno(errno);
    }
    return SEIN_OK;
}

static enum sein_err
write_all(int fd, struct sein_slice bytes)
{
    size_t done = 0;

    while (done < bytes.len) {
        ssize_t len = write(fd, bytes.at + done, bytes.len - done);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return from_errno(errno);
        done += (size_t)len;
    }
    return fsync(fd) == 0 ? SEIN_OK : from_errno(errno);
}

/* So that the new name survives a power cut. */
static enum sein_err
sync_parent(const char *path)
{
    char part[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : (size_t)(slash - path);
    int fd = -1;
    enum sein_err err = SEIN_OK;

    memcpy(part, slash == NULL ? "." : path, len);
    if (len == 0)
        part[len++] = '/';
    part[len] = '\0';
    fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return from_errno(errno);
    if (fsync(fd) != 0)
        err = from_errno(errno);
    (void)close(fd); /* only read */
    return err;
}

/* Writes the file beside its place; the caller gives it its name. */
static enum sein_err
write_beside(const char *beside, struct sein_slice bytes, enum folder_mode mode)
{
    mode_t rights = mode == FOLDER_SECRET ? SECRET_MODE : SHARED_MODE;
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, rights);
    enum sein_err err = SEIN_OK;

    if (fd < 0)
        return from_errno(errno);
    err = write_all(fd, bytes);
    if (close(fd) != 0 && err == SEIN_OK)
        err = from_errno(errno);
    return err;
}

static enum sein_err
write_file(const char *path, struct sein_slice bytes, enum folder_mode mode,
           bool only_new)
{
    char beside[PATH_BYTES];
    int len =
        snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
    enum sein_err err = SEIN_OK;

    if (len < 0 || (size_t)len >= sizeof beside)
        return SEIN_ETOOLONG;
    err = make_parents(path);
    if (err != SEIN_OK)
        return err;
    (void)unlink(beside); /* of an earlier run that was killed */
    err = write_beside(beside, bytes, mode);
    /* link refuses a name that exists, rename takes its place. */
    if (err == SEIN_OK && only_new && link(beside, path) != 0)
        err = from_errno(errno);
    if (err == SEIN_OK && !only_new && rename(beside, path) != 0)
        err = from_errno(errno);
    if (only_new || err != SEIN_OK)
        (void)unlink(beside); /* what matters was told already */
    return err == SEIN_OK ? sync_parent(path) : err;
}

enum sein_err
folder_write(const char *path, struct sein_slice bytes, enum folder_mode mode)
{
    return write_file(path, bytes, mode, false);
}

enum sein_err
folder_write_new(const char *path, struct sein_slice bytes,
                 enum folder_mode mode)
{
    return write_file(path, bytes, mode, true);
}

enum sein_err
folder_remove(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? SEIN_OK : SEIN_EIO;
}

bool
folder_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool
folder_private(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}
