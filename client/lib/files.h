/*
 * Small files of a home, written so that after a power cut there is the old
 * one or the new one, mode 0600 whatever the umask says.
 *
 * Threads: safe on distinct paths.
 */
#ifndef SEIN_CLIENT_LIB_FILES_H
#define SEIN_CLIENT_LIB_FILES_H

#include "proto/base/bytes.h"

/** The longest path that libsein makes, with its NUL. */
#define FILES_PATH_MAX 4096U

/**
 * files_join - folder/name.
 *
 * Errors:  SEIN_ETOOLONG.
 */
SEIN_CHECKED enum sein_err files_join(const char *folder, const char *name,
                                      char out_path[static FILES_PATH_MAX]);

/** files_make_folder - a folder of mode 0700; one that exists is fine when it
 *  is ours and nobody else may enter it.
 *
 * Errors:  SEIN_EIO, SEIN_EFULL; SEIN_ECONFIG others may enter it. */
SEIN_CHECKED enum sein_err files_make_folder(const char *path);

/** files_exists - whether there is anything of that name. */
bool files_exists(const char *path);

/**
 * files_write - put bytes in a file, whole or not at all.
 *
 * Errors:  SEIN_EIO, SEIN_EFULL, SEIN_ETOOLONG.
 */
SEIN_CHECKED enum sein_err files_write(const char *path,
                                       struct sein_slice bytes);

/**
 * files_read - a whole file of at most max bytes.
 *
 * private_only  refuse one that others than the owner may read
 * Errors:  SEIN_ENOENT there is none; SEIN_ECONFIG others may read it;
 *          SEIN_ETOOLONG; SEIN_EIO.
 */
SEIN_CHECKED enum sein_err files_read(const char *path, bool private_only,
                                      uint8_t *out, size_t max,
                                      size_t *out_len);

/** files_remove - unlink; one that is not there is fine. */
SEIN_CHECKED enum sein_err files_remove(const char *path);

#endif
