#include "broker/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#define PATH_MAX_HERE 1100U
#define KEY_LINE_CHARS (2U * SEIN_KEY_BYTES + 1U) /* with its newline */

/* What a file holds, in memory that is wiped. */
struct secret {
    uint8_t bytes[SEIN_KEY_BYTES];
    char line[KEY_LINE_CHARS + 1];
};

static bool
join(const char *folder, const char *name, char out[static PATH_MAX_HERE])
{
    int written = snprintf(out, PATH_MAX_HERE, "%s/%s", folder, name);

    return written > 0 && (size_t)written < PATH_MAX_HERE;
}

/* A new file with its bytes on disk. */
static enum sein_err
write_new(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 &&
              write(fd, line, KEY_LINE_CHARS) == (ssize_t)KEY_LINE_CHARS &&
              fsync(fd) == 0;

    if (fd >= 0 && close(fd) != 0)
        ok = false;
    return ok ? SEIN_OK : SEIN_EIO;
}

static enum sein_err
sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd); /* nothing was written through it */
    return ok ? SEIN_OK : SEIN_EIO;
}

/* Written aside and linked into place: link refuses to replace, so that a key
 * is there whole or not at all, and never overwritten. */
static enum sein_err
make_one(const char *folder, const char *name, struct secret *secret,
         size_t *made)
{
    char path[PATH_MAX_HERE];
    char aside[PATH_MAX_HERE];
    char new_name[64];
    enum sein_err err = SEIN_OK;

    (void)snprintf(new_name, sizeof new_name, "%s.%ld.new", name,
                   (long)getpid());
    if (!join(folder, name, path) || !join(folder, new_name, aside))
        return SEIN_EIO;
    if (access(path, F_OK) == 0)
        return SEIN_OK;
    randombytes_buf(secret->bytes, sizeof secret->bytes);
    sein_hex(sein_slice_of(secret->bytes, sizeof secret->bytes), secret->line,
             sizeof secret->line);
    secret->line[KEY_LINE_CHARS - 1] = '\n';
    secret->line[KEY_LINE_CHARS] = '\0';
    err = write_new(aside, secret->line);
    if (err == SEIN_OK && link(aside, path) != 0)
        err = SEIN_EIO;
    (void)unlink(aside); /* it may never have been there */
    if (err == SEIN_OK)
        err = sync_folder(folder);
    if (err == SEIN_OK)
        (*made)++;
    return err;
}

enum sein_err
keys_make(const char *folder, size_t *out_made)
{
    struct secret *secret = NULL;
    size_t made = 0;
    enum sein_err err = SEIN_OK;

    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return SEIN_EIO;
    secret = sodium_malloc(sizeof *secret);
    if (secret == NULL)
        return SEIN_ENOMEM;
    err = make_one(folder, KEYS_CURVE_FILE, secret, &made);
    if (err == SEIN_OK)
        err = make_one(folder, KEYS_RECEIPT_FILE, secret, &made);
    if (err == SEIN_OK)
        err = make_one(folder, KEYS_IDX_FILE, secret, &made);
    sodium_free(secret);
    if (err == SEIN_OK)
        *out_made = made;
    return err;
}

/* Only the owner may read it, and that is us: who can read the keys can be
 * this broker. */
static bool
is_private(int fd)
{
    struct stat about;

    return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
           about.st_uid == geteuid() && (about.st_mode & 077) == 0;
}

/* What can be wrong with a key file, by the file. */
struct key_file {
    const char *name;
    const char *missing;
    const char *open_to_others;
    const char *damaged;
};
#define KEY_FILE(file)                                                     \
    {                                                                      \
        file,                                                              \
            file " is missing; make the keys with seinhuisd --init, or "   \
                 "restore them from their backup",                         \
            file " is not ours alone; give it the broker's user as owner " \
                 "and mode 0600",                                          \
            file " does not hold one line of 64 hex digits; restore it "   \
                 "from its backup"                                         \
    }
static const struct key_file curve_file = KEY_FILE(KEYS_CURVE_FILE);
static const struct key_file receipt_file = KEY_FILE(KEYS_RECEIPT_FILE);
/* Presences that were put under another one would never be found again. */
static const struct key_file idx_file = {
    KEYS_IDX_FILE,
    KEYS_IDX_FILE " is missing, and presences are stored under it; restore it "
                  "from its backup, or see --drop-presences",
    KEYS_IDX_FILE " is not ours alone; give it the broker's user as owner and "
                  "mode 0600",
    KEYS_IDX_FILE " does not hold one line of 64 hex digits; restore it from "
                  "its backup",
};

static enum sein_err
load_one(const char *folder, const struct key_file *file, struct secret *secret,
         const char **out_why)
{
    char path[PATH_MAX_HERE];
    enum sein_err err = SEIN_ECONFIG;
    ssize_t got = 0;
    int fd = -1;

    *out_why = file->missing;
    if (!join(folder, file->name, path))
        return SEIN_EIO;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? SEIN_ENOENT : SEIN_EIO;
    if (!is_private(fd)) {
        *out_why = file->open_to_others;
        goto done;
    }
    got = read(fd, secret->line, sizeof secret->line);
    *out_why = file->damaged;
    if (got != (ssize_t)KEY_LINE_CHARS ||
        secret->line[KEY_LINE_CHARS - 1] != '\n')
        goto done;
    err = sein_unhex(
        sein_slice_of((const uint8_t *)secret->line, KEY_LINE_CHARS - 1),
        secret->bytes, sizeof secret->bytes);
    if (err != SEIN_OK)
        err = SEIN_ECONFIG;

done:
    (void)close(fd); /* only read */
    return err;
}

enum sein_err
keys_load(const char *folder, struct keys **out_keys, const char **out_why)
{
    struct keys *keys = sodium_malloc(sizeof *keys);
    struct secret *secret = sodium_malloc(sizeof *secret);
    enum sein_err err = SEIN_ENOMEM;

    *out_why = "out of memory";
    if (keys == NULL || secret == NULL)
        goto done;
    err = load_one(folder, &curve_file, secret, out_why);
    if (err != SEIN_OK)
        goto done;
    memset(keys->idx, 0, sizeof keys->idx);
    memcpy(keys->curve_secret, secret->bytes, sizeof keys->curve_secret);
    (void)crypto_scalarmult_base(keys->curve_public, keys->curve_secret);
    err = load_one(folder, &receipt_file, secret, out_why);
    if (err != SEIN_OK)
        goto done;
    (void)crypto_sign_seed_keypair(keys->receipt_public, keys->receipt_secret,
                                   secret->bytes);
    *out_keys = keys;
    keys = NULL;

done:
    sodium_free(secret);
    sodium_free(keys);
    return err;
}

enum sein_err
keys_load_idx(const char *folder, struct keys *keys, const char **out_why)
{
    struct secret *secret = sodium_malloc(sizeof *secret);
    enum sein_err err = SEIN_OK;

    *out_why = "out of memory";
    if (secret == NULL)
        return SEIN_ENOMEM;
    err = load_one(folder, &idx_file, secret, out_why);
    if (err == SEIN_OK)
        memcpy(keys->idx, secret->bytes, sizeof keys->idx);
    sodium_free(secret);
    return err;
}

void
keys_free(struct keys **keys)
{
    sodium_free(*keys);
    *keys = NULL;
}
