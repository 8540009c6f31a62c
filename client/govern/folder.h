/*
 * The files of a governance folder: listed, read and written whole.
 *
 * A file is written beside its place, synced, then renamed: it is the old one
 * or the new one, never half.
 * Threads: safe on distinct folders.
 */
#ifndef SEIN_CLIENT_GOVERN_FOLDER_H
#define SEIN_CLIENT_GOVERN_FOLDER_H

#include "client/govern/arena.h"

/** Rights of what is written. */
enum folder_mode {
    FOLDER_SHARED, /* 0644 under the umask: nothing in it is secret */
    FOLDER_SECRET, /* 0600, whatever the umask is */
};

/**
 * folder_read - a whole file.
 *
 * out_bytes  in the arena, with a NUL behind it that is not counted
 * Errors:    SEIN_ENOENT; SEIN_EIO; SEIN_ETOOLONG; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err folder_read(struct arena *arena, const char *path,
                                       size_t max,
                                       struct sein_slice *out_bytes);

/**
 * folder_list - the names in a folder that end on suffix, ascending.
 *
 * An absent folder lists as empty; names that begin with a dot are left out.
 * Errors:  SEIN_EIO; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err folder_list(struct arena *arena, const char *path,
                                       const char *suffix,
                                       const char *const **out_names,
                                       size_t *out_count);

/**
 * folder_write - a whole file, in a folder that is made when absent.
 *
 * Errors:  SEIN_EFULL; SEIN_EIO; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err
folder_write(const char *path, struct sein_slice bytes, enum folder_mode mode);

/** folder_write_new - the same, unless there is a file already.
 *
 * Errors:  also SEIN_EEXIST. */
SEIN_CHECKED enum sein_err folder_write_new(const char *path,
                                            struct sein_slice bytes,
                                            enum folder_mode mode);

/** folder_remove - SEIN_OK too when it was not there; else SEIN_EIO. */
SEIN_CHECKED enum sein_err folder_remove(const char *path);

bool folder_exists(const char *path);

/** folder_private - whether nobody but its owner may read the file. */
bool folder_private(const char *path);

#endif
