#include "broker/store/sqlite_space.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (UINT64_C(1024) * 1024)
#define BALLAST_BYTES (1 * MIB)
/* What acknowledgements, receipts and heads may log between two moves of the
 * log; letters leave it alone. */
#define ERASE_BYTES (1 * MIB)
/* What letters may log between two moves when the database cannot grow. */
#define TURNOVER_BYTES (1 * MIB)
/* Less than this, and the next transaction may not succeed. */
#define LOW_BYTES (ERASE_BYTES / 4)
/* A letter's own bytes, with its index rows. */
#define PAGE_COST(len) ((len) + 1024)
/* In the log, with its share of pages that are written whole. */
#define LOG_COST(len) ((len) + 16384)

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

/* That of a former start is as good: on a full disk there is no room for a new
 * one until it has been found. */
static bool
find_ballast(const struct sqlite_space *space)
{
    struct stat file;

    return stat(space->ballast, &file) == 0 && S_ISREG(file.st_mode) &&
           (uint64_t)file.st_blocks * 512U >= BALLAST_BYTES;
}

/* What is left of room once every part is set apart; 0 when it is too little.
 */
static uint64_t
less(uint64_t room, uint64_t part)
{
    return room > part ? room - part : 0;
}

enum sein_err
sqlite_space_init(struct sqlite_space *space, const char *folder)
{
    int len =
        snprintf(space->ballast, sizeof space->ballast, "%s/ballast", folder);

    if (len < 0 || (size_t)len >= sizeof space->ballast)
        return SEIN_ETOOLONG;
    memcpy(space->folder, folder, strlen(folder) + 1);
    space->has_ballast = find_ballast(space);
    sqlite_space_look(space, (struct sqlite_demand){ 0 });
    return SEIN_OK;
}

static void
set_apart(struct sqlite_space *space, struct sqlite_demand demand)
{
    uint64_t room = less(free_bytes(space), demand.growth + ERASE_BYTES);

    space->log_left = room;
    space->page_left = less(room, TURNOVER_BYTES);
    /* Growth is logged first, and moved later: it takes room twice. */
    space->page_left = space->page_left / 2 + demand.free_pages;
}

void
sqlite_space_begin(struct sqlite_space *space, struct sqlite_demand demand)
{
    if (space->has_ballast && free_bytes(space) < LOW_BYTES)
        sqlite_space_exhausted(space);
    set_apart(space, demand);
}

bool
sqlite_space_take(struct sqlite_space *space, uint64_t len)
{
    if (LOG_COST(len) > space->log_left || PAGE_COST(len) > space->page_left)
        space->full = true;
    if (space->full)
        return false;
    space->log_left -= LOG_COST(len);
    space->page_left -= PAGE_COST(len);
    return true;
}

void
sqlite_space_exhausted(struct sqlite_space *space)
{
    space->full = true;
    (void)unlink(space->ballast); /* fails when it is gone already */
    space->has_ballast = false;
}

/* Not before there is room for a number of letters: else it would be full and
 * not full in turn.  The ballast comes back last, from what is to spare. */
void
sqlite_space_look(struct sqlite_space *space, struct sqlite_demand demand)
{
    if (!space->has_ballast &&
        free_bytes(space) >= BALLAST_BYTES + ERASE_BYTES + TURNOVER_BYTES)
        make_ballast(space);
    set_apart(space, demand);
    space->full = !space->has_ballast || space->log_left < TURNOVER_BYTES / 2 ||
                  space->page_left < TURNOVER_BYTES / 4;
}
