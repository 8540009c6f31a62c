#include "broker/store/sqlite_space.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (UINT64_C(1024) * 1024)
#define BALLAST_BYTES (1 * MIB)
/* What acknowledgements, receipts and heads may need between two moves of the
 * log; letters leave it alone. */
#define RESERVE_BYTES (1 * MIB)
/* A letter stands in the log and in the database; with its index rows, and its
 * share of pages that are written whole. */
#define LETTER_COST(len) (2 * (len) + 16384)

static uint64_t
free_bytes(const struct sqlite_space *space)
{
    struct statvfs disk;

    /* A disk that does not tell is not full; it says so when it is. */
    if (statvfs(space->folder, &disk) != 0)
        return UINT64_MAX;
    return (uint64_t)disk.f_bavail * disk.f_frsize;
}

static void
make_ballast(struct sqlite_space *space)
{
    int fd = -1;

    if (space->has_ballast)
        return;
    fd =
        open(space->ballast, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return;
    space->has_ballast = fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
                         posix_fallocate(fd, 0, (off_t)BALLAST_BYTES) == 0;
    (void)close(fd); /* its bytes mean nothing */
    if (!space->has_ballast)
        (void)unlink(space->ballast); /* half of it would help nobody */
}

enum sein_err
sqlite_space_init(struct sqlite_space *space, const char *folder)
{
    int len =
        snprintf(space->ballast, sizeof space->ballast, "%s/ballast", folder);

    if (len < 0 || (size_t)len >= sizeof space->ballast)
        return SEIN_ETOOLONG;
    memcpy(space->folder, folder, strlen(folder) + 1);
    space->has_ballast = false;
    sqlite_space_look(space);
    return SEIN_OK;
}

void
sqlite_space_begin(struct sqlite_space *space, uint64_t growth)
{
    uint64_t room = free_bytes(space);

    space->budget = 0;
    if (room >= RESERVE_BYTES && room - RESERVE_BYTES > growth)
        space->budget = room - RESERVE_BYTES - growth;
}

bool
sqlite_space_take(struct sqlite_space *space, uint64_t len)
{
    uint64_t cost = LETTER_COST(len);

    if (cost > space->budget)
        space->full = true;
    if (space->full)
        return false;
    space->budget -= cost;
    return true;
}

void
sqlite_space_exhausted(struct sqlite_space *space)
{
    space->full = true;
    (void)unlink(space->ballast); /* fails when it is gone already */
    space->has_ballast = false;
}

/* Twice the reserve, so that one letter more does not fill it at once. */
void
sqlite_space_look(struct sqlite_space *space)
{
    make_ballast(space);
    space->full = !space->has_ballast || free_bytes(space) < 2 * RESERVE_BYTES;
}
