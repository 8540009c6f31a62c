#define _DEFAULT_SOURCE /* flock */

#include "client/lib/lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/lib/files.h"

#define COMMAND_MAX 512U

static bool
is_verb(const char *word)
{
    if (word[0] == '\0')
        return false;
    for (const char *at = word; *at != '\0'; at++) {
        if (!islower((unsigned char)*at) && *at != '-')
            return false;
    }
    return word[0] != '-';
}

/* The program and its verb; never more of its arguments, which may name a
 * household. */
static void
describe_self(char *out, size_t max)
{
    char command[COMMAND_MAX] = { 0 };
    const char *program = command;
    const char *verb = "";
    FILE *file = fopen("/proc/self/cmdline", "re");
    size_t len = 0;

    if (file != NULL) {
        len = fread(command, 1, sizeof command - 1, file);
        (void)fclose(file);
    }
    if (strlen(command) + 1 < len)
        verb = command + strlen(command) + 1;
    if (strrchr(command, '/') != NULL)
        program = strrchr(command, '/') + 1;
    (void)snprintf(out, max, "pid %ld (%.40s%s%.20s)", (long)getpid(), program,
                   is_verb(verb) ? " " : "", is_verb(verb) ? verb : "");
}

enum sein_err
lock_take(const char *folder, int *out_fd)
{
    char path[FILES_PATH_MAX];
    char text[LOCK_HOLDER_MAX];
    int fd = -1;
    enum sein_err err = files_join(folder, "lock", path);

    if (err != SEIN_OK)
        return err;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return SEIN_EIO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? SEIN_ELOCKED : SEIN_EIO;
        (void)close(fd);
        return err;
    }
    describe_self(text, sizeof text);
    /* The text is a service to people; the lock is what counts, so that a
     * full disk does not keep a home closed. */
    if (fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0 ||
        write(fd, text, strlen(text)) < 0)
        errno = 0;
    *out_fd = fd;
    return SEIN_OK;
}

void
lock_release(int *fd)
{
    if (*fd < 0)
        return;
    if (ftruncate(*fd, 0) != 0)
        errno = 0; /* a stale text is corrected by the next holder */
    (void)close(*fd);
    *fd = -1;
}

enum sein_err
lock_holder(const char *folder, char *out_text, size_t out_max)
{
    char path[FILES_PATH_MAX];
    char text[LOCK_HOLDER_MAX] = { 0 };
    int fd = -1;
    bool held = false;
    ssize_t len = 0;
    enum sein_err err = files_join(folder, "lock", path);

    if (err != SEIN_OK)
        return err;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? SEIN_ENOENT : SEIN_EIO;
    held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    len = read(fd, text, sizeof text - 1);
    (void)close(fd);
    if (!held)
        return SEIN_ENOENT;
    if (len <= 0)
        (void)snprintf(text, sizeof text, "?");
    len = snprintf(out_text, out_max, "%s", text);
    return (size_t)len < out_max ? SEIN_OK : SEIN_ETOOLONG;
}
