#include "tests/support/vfs_lossy.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define NAME "lossy"
#define SECTOR_BYTES 512
#define EARLY_ONE_IN 4

enum step_kind { STEP_WRITE, STEP_CUT };

/* Something that the file does not hold yet. */
struct step {
    enum step_kind kind;
    sqlite3_int64 offset; /* of a write; the size for a cut */
    int len;
    uint8_t *bytes;
};

struct disk {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *base;
    uint64_t random;
    uint64_t steps;
    uint64_t cut_at; /* in steps; 0 never */
    uint64_t fail_at;
    int fail_code;
    uint64_t room;
    bool off;
};

/* The base's own file lies behind it. */
struct lossy_file {
    sqlite3_file base; /* first: SQLite's view */
    struct disk *disk;
    sqlite3_file *below;
    uint8_t *image; /* what the process reads */
    size_t size;
    size_t max;
    struct step *pending;
    size_t pending_count;
    size_t pending_max;
};

/* A disk stands in SQLite's own list, and nowhere else. */
static struct disk *
find_disk(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NAME);

    return vfs == NULL ? NULL : vfs->pAppData;
}

static struct disk *
the_disk(void)
{
    struct disk *disk = find_disk();

    assert(disk != NULL);
    return disk;
}

/* xorshift64: a seed replays a run. */
static uint64_t
next_random(struct disk *disk)
{
    disk->random ^= disk->random << 13;
    disk->random ^= disk->random >> 7;
    disk->random ^= disk->random << 17;
    return disk->random;
}

static int
count_step(struct disk *disk)
{
    disk->steps++;
    if (disk->cut_at != 0 && disk->steps >= disk->cut_at)
        disk->off = true;
    if (disk->off)
        return SQLITE_IOERR;
    if (disk->fail_at != 0 && disk->steps >= disk->fail_at) {
        disk->fail_at = 0;
        return disk->fail_code;
    }
    return SQLITE_OK;
}

static int
apply(struct lossy_file *file, const struct step *step)
{
    const struct sqlite3_io_methods *methods = file->below->pMethods;

    if (step->kind == STEP_CUT)
        return methods->xTruncate(file->below, step->offset);
    return methods->xWrite(file->below, step->bytes, step->len, step->offset);
}

/* Some of what is not synced reaches a torn disk all the same, in part. */
static int
apply_early(struct lossy_file *file, const struct step *step)
{
    struct disk *disk = file->disk;
    struct step part = *step;

    if (disk->random == 0 || next_random(disk) % EARLY_ONE_IN != 0)
        return SQLITE_OK;
    if (part.kind == STEP_WRITE && part.len > SECTOR_BYTES) {
        int sectors = part.len / SECTOR_BYTES;

        part.len =
            SECTOR_BYTES * (1 + (int)(next_random(disk) % (uint64_t)sectors));
    }
    return apply(file, &part);
}

static void
forget_pending(struct lossy_file *file)
{
    for (size_t i = 0; i < file->pending_count; i++)
        free(file->pending[i].bytes);
    file->pending_count = 0;
}

static int
note_step(struct lossy_file *file, struct step step)
{
    if (file->pending_count == file->pending_max) {
        size_t max = file->pending_max == 0 ? 64 : file->pending_max * 2;
        struct step *grown = realloc(file->pending, max * sizeof *grown);

        if (grown == NULL) {
            free(step.bytes);
            return SQLITE_IOERR_NOMEM;
        }
        file->pending = grown;
        file->pending_max = max;
    }
    file->pending[file->pending_count++] = step;
    return apply_early(file, &step);
}

static int
grow_image(struct lossy_file *file, size_t size)
{
    size_t max = file->max == 0 ? 65536 : file->max;
    uint8_t *grown = NULL;

    while (max < size)
        max *= 2;
    if (max > file->max) {
        grown = realloc(file->image, max);
        if (grown == NULL)
            return SQLITE_IOERR_NOMEM;
        file->image = grown;
        file->max = max;
    }
    if (size > file->size)
        memset(file->image + file->size, 0, size - file->size);
    return SQLITE_OK;
}

static int
file_close(sqlite3_file *handle)
{
    struct lossy_file *file = (struct lossy_file *)handle;
    int code = file->below->pMethods->xClose(file->below);

    forget_pending(file);
    free(file->pending);
    free(file->image);
    file->pending = NULL;
    file->image = NULL;
    return code;
}

static int
file_read(sqlite3_file *handle, void *out, int len, sqlite3_int64 offset)
{
    const struct lossy_file *file = (const struct lossy_file *)handle;
    size_t at = (size_t)offset;
    size_t left = at < file->size ? file->size - at : 0;

    if (file->disk->off)
        return SQLITE_IOERR_READ;
    if (left >= (size_t)len) {
        memcpy(out, file->image + at, (size_t)len);
        return SQLITE_OK;
    }
    memset(out, 0, (size_t)len);
    if (left > 0)
        memcpy(out, file->image + at, left);
    return SQLITE_IOERR_SHORT_READ;
}

static int
file_write(sqlite3_file *handle, const void *bytes, int len,
           sqlite3_int64 offset)
{
    struct lossy_file *file = (struct lossy_file *)handle;
    size_t end = (size_t)offset + (size_t)len;
    size_t more = end > file->size ? end - file->size : 0;
    struct step step = { .kind = STEP_WRITE, .offset = offset, .len = len };
    int code = count_step(file->disk);

    if (code != SQLITE_OK)
        return code;
    if (more > file->disk->room)
        return SQLITE_FULL;
    code = grow_image(file, end);
    if (code != SQLITE_OK)
        return code;
    step.bytes = malloc((size_t)len);
    if (step.bytes == NULL)
        return SQLITE_IOERR_NOMEM;
    memcpy(step.bytes, bytes, (size_t)len);
    memcpy(file->image + offset, bytes, (size_t)len);
    if (file->disk->room != UINT64_MAX)
        file->disk->room -= more;
    file->size += more;
    return note_step(file, step);
}

static int
file_truncate(sqlite3_file *handle, sqlite3_int64 size)
{
    struct lossy_file *file = (struct lossy_file *)handle;
    struct step step = { .kind = STEP_CUT, .offset = size };
    int code = count_step(file->disk);

    if (code != SQLITE_OK)
        return code;
    code = grow_image(file, (size_t)size);
    if (code != SQLITE_OK)
        return code;
    if (file->disk->room != UINT64_MAX && (size_t)size < file->size)
        file->disk->room += file->size - (size_t)size;
    file->size = (size_t)size;
    return note_step(file, step);
}

/* The step into safety, in the order of writing.  The file itself is not
 * synced: what is simulated is the power, and the system stays up. */
static int
file_sync(sqlite3_file *handle, int flags)
{
    struct lossy_file *file = (struct lossy_file *)handle;
    int code = count_step(file->disk);

    (void)flags;
    for (size_t i = 0; code == SQLITE_OK && i < file->pending_count; i++)
        code = apply(file, &file->pending[i]);
    if (code == SQLITE_OK)
        forget_pending(file);
    return code;
}

static int
file_size(sqlite3_file *handle, sqlite3_int64 *out_size)
{
    const struct lossy_file *file = (const struct lossy_file *)handle;

    *out_size = (sqlite3_int64)file->size;
    return file->disk->off ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int
file_lock(sqlite3_file *handle, int level)
{
    struct lossy_file *file = (struct lossy_file *)handle;

    return file->below->pMethods->xLock(file->below, level);
}

static int
file_unlock(sqlite3_file *handle, int level)
{
    struct lossy_file *file = (struct lossy_file *)handle;

    return file->below->pMethods->xUnlock(file->below, level);
}

static int
file_check_lock(sqlite3_file *handle, int *out_held)
{
    struct lossy_file *file = (struct lossy_file *)handle;

    return file->below->pMethods->xCheckReservedLock(file->below, out_held);
}

/* Hints would reach the file past the memory. */
static int
file_control(sqlite3_file *handle, int what, void *argument)
{
    (void)handle;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int
file_sector_size(sqlite3_file *handle)
{
    struct lossy_file *file = (struct lossy_file *)handle;

    return file->below->pMethods->xSectorSize(file->below);
}

static int
file_characteristics(sqlite3_file *handle)
{
    struct lossy_file *file = (struct lossy_file *)handle;

    return file->below->pMethods->xDeviceCharacteristics(file->below);
}

/* Version 1: no shared memory, so the log's index must be the process's own. */
static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
};

static int
load_image(struct lossy_file *file)
{
    const struct sqlite3_io_methods *methods = file->below->pMethods;
    sqlite3_int64 size = 0;
    int code = methods->xFileSize(file->below, &size);

    if (code != SQLITE_OK || size == 0)
        return code;
    code = grow_image(file, (size_t)size);
    if (code != SQLITE_OK)
        return code;
    file->size = (size_t)size;
    return methods->xRead(file->below, file->image, (int)size, 0);
}

static size_t
own_file_bytes(void)
{
    size_t align = _Alignof(max_align_t);

    return (sizeof(struct lossy_file) + align - 1) / align * align;
}

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *handle, int flags,
          int *out_flags)
{
    struct disk *disk = vfs->pAppData;
    struct lossy_file *file = (struct lossy_file *)handle;
    void *behind = (uint8_t *)handle + own_file_bytes();
    int code = SQLITE_OK;

    memset(file, 0, sizeof *file);
    if (disk->off)
        return SQLITE_CANTOPEN;
    file->disk = disk;
    file->below = behind;
    code = disk->base->xOpen(disk->base, name, file->below, flags, out_flags);
    if (code != SQLITE_OK)
        return code;
    file->base.pMethods = &file_methods;
    code = load_image(file);
    if (code != SQLITE_OK) {
        (void)file_close(handle); /* the first error counts */
        file->base.pMethods = NULL;
    }
    return code;
}

static int
disk_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    const struct disk *disk = vfs->pAppData;

    if (disk->off)
        return SQLITE_IOERR_DELETE;
    return disk->base->xDelete(disk->base, name, sync_folder);
}

void
vfs_lossy_register(uint64_t torn_seed)
{
    struct disk *disk = find_disk();

    if (disk == NULL) {
        disk = calloc(1, sizeof *disk);
        assert(disk != NULL);
        disk->base = sqlite3_vfs_find(NULL);
        assert(disk->base != NULL);
        disk->vfs = *disk->base;
        disk->vfs.pNext = NULL;
        disk->vfs.zName = NAME;
        disk->vfs.pAppData = disk;
        disk->vfs.szOsFile = (int)own_file_bytes() + disk->base->szOsFile;
        disk->vfs.xOpen = disk_open;
        disk->vfs.xDelete = disk_delete;
        disk->room = UINT64_MAX;
        (void)sqlite3_vfs_register(&disk->vfs, 1); /* fails for no reason */
    }
    disk->random = torn_seed;
}

void
vfs_lossy_unregister(void)
{
    struct disk *disk = the_disk();

    (void)sqlite3_vfs_unregister(&disk->vfs); /* it was registered */
    (void)sqlite3_vfs_register(disk->base, 1);
    free(disk);
}

void
vfs_lossy_cut(void)
{
    the_disk()->off = true;
}

void
vfs_lossy_cut_after(uint64_t steps)
{
    struct disk *disk = the_disk();

    disk->cut_at = steps == 0 ? 0 : disk->steps + steps;
}

void
vfs_lossy_power_on(void)
{
    struct disk *disk = the_disk();

    disk->off = false;
    disk->cut_at = 0;
}

uint64_t
vfs_lossy_steps(void)
{
    return the_disk()->steps;
}

void
vfs_lossy_fail_after(uint64_t steps, int code)
{
    struct disk *disk = the_disk();

    disk->fail_at = steps == 0 ? 0 : disk->steps + steps;
    disk->fail_code = code;
}

void
vfs_lossy_room(uint64_t bytes)
{
    the_disk()->room = bytes;
}

void
vfs_lossy_from_environment(void)
{
    const char *mode = getenv("SEIN_TEST_VFS");

    if (mode == NULL)
        return;
    if (strcmp(mode, "lossy") == 0)
        vfs_lossy_register(0);
    if (strcmp(mode, "torn") == 0) {
        uint64_t seed = 0;

        sqlite3_randomness((int)sizeof seed, &seed);
        vfs_lossy_register(seed | 1);
    }
}
