#include "client/lib/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sein_err
translate_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return SEIN_ENOENT;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return SEIN_EFULL;
    case ENOMEM:
        return SEIN_ENOMEM;
    case ENAMETOOLONG:
        return SEIN_ETOOLONG;
    default:
        return SEIN_EIO;
    }
}

enum sein_err
files_join(const char *folder, const char *name,
           char out_path[static FILES_PATH_MAX])
{
    int len = snprintf(out_path, FILES_PATH_MAX, "%s/%s", folder, name);

    return len > 0 && (size_t)len < FILES_PATH_MAX ? SEIN_OK : SEIN_ETOOLONG;
}

enum sein_err
files_make_folder(const char *path)
{
    struct stat found = { 0 };

    if (mkdir(path, 0700) == 0) {
        /* The umask may have taken our own rights away. */
        return chmod(path, 0700) == 0 ? SEIN_OK : translate_errno(errno);
    }
    if (errno != EEXIST)
        return translate_errno(errno);
    if (stat(path, &found) != 0)
        return translate_errno(errno);
    if (!S_ISDIR(found.st_mode))
        return SEIN_EIO;
    return found.st_uid == geteuid() && (found.st_mode & 077) == 0
               ? SEIN_OK
               : SEIN_ECONFIG;
}

bool
files_exists(const char *path)
{
    struct stat found = { 0 };

    return lstat(path, &found) == 0;
}

static enum sein_err
write_all(int fd, struct sein_slice bytes)
{
    size_t done = 0;

    while (done < bytes.len) {
        ssize_t wrote = write(fd, bytes.at + done, bytes.len - done);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return translate_errno(errno);
        done += (size_t)wrote;
    }
    return fsync(fd) == 0 ? SEIN_OK : translate_errno(errno);
}

/* The name is durable when its folder is. */
static enum sein_err
sync_folder(const char *path)
{
    char folder[FILES_PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd = -1;
    enum sein_err err = SEIN_OK;

    (void)snprintf(folder, sizeof folder, "%.*s",
                   slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return translate_errno(errno);
    if (fsync(fd) != 0)
        err = translate_errno(errno);
    (void)close(fd); /* nothing was written through it */
    return err;
}

enum sein_err
files_write(const char *path, struct sein_slice bytes)
{
    char part[FILES_PATH_MAX];
    int fd = -1;
    int len = snprintf(part, sizeof part, "%s.part", path);
    enum sein_err err = SEIN_OK;

    if (len <= 0 || (size_t)len >= sizeof part)
        return SEIN_ETOOLONG;
    (void)unlink(part); /* left over by a power cut, or absent */
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return translate_errno(errno);
    if (fchmod(fd, 0600) != 0)
        err = translate_errno(errno);
    if (err == SEIN_OK)
        err = write_all(fd, bytes);
    if (close(fd) != 0 && err == SEIN_OK)
        err = translate_errno(errno);
    if (err == SEIN_OK && rename(part, path) != 0)
        err = translate_errno(errno);
    if (err == SEIN_OK)
        return sync_folder(path);
    (void)unlink(part); /* the error is what counts */
    return err;
}

/* Root's files may be read by their group: that is how credentials come. */
static bool
is_private(const struct stat *found)
{
    mode_t refused = found->st_uid == 0 && geteuid() != 0 ? 037 : 077;

    return (found->st_mode & refused) == 0;
}

static enum sein_err
read_all(int fd, uint8_t *out, size_t max, size_t *out_len)
{
    size_t done = 0;
    uint8_t more = 0;

    while (done < max) {
        ssize_t got = read(fd, out + done, max - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return translate_errno(errno);
        if (got == 0)
            break;
        done += (size_t)got;
    }
    if (done == max && read(fd, &more, 1) != 0)
        return SEIN_ETOOLONG;
    *out_len = done;
    return SEIN_OK;
}

enum sein_err
files_read(const char *path, bool private_only, uint8_t *out, size_t max,
           size_t *out_len)
{
    struct stat found = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum sein_err err = SEIN_OK;

    if (fd < 0)
        return translate_errno(errno);
    if (fstat(fd, &found) != 0)
        err = translate_errno(errno);
    else if (private_only && !is_private(&found))
        err = SEIN_ECONFIG;
    if (err == SEIN_OK)
        err = read_all(fd, out, max, out_len);
    (void)close(fd); /* nothing was written through it */
    return err;
}

enum sein_err
files_remove(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return SEIN_OK;
    return translate_errno(errno);
}
