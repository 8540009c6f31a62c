/*
 * The configuration of a keyholder: INI, read as strictly as the broker's.
 *
 * Unknown and repeated keys, unknown sections, empty values, lines that the INI
 * reader would cut and NUL bytes are refused with their line.
 *  1. Every path in a struct settings begins with '/'; one that does not in the
 *     file is taken from the file's own folder.
 * Threads: safe on distinct objects.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_SETTINGS_H
#define SEIN_CLIENT_KEYHOLDER_SETTINGS_H

#include <stdio.h>

#include "proto/base/ids.h"

/* The INI reader keeps 200 bytes of a line with its end and a NUL. */
#define SETTINGS_LINE_MAX 197U
#define SETTINGS_FILE_MAX (64U * 1024U)
#define SETTINGS_PATH_MAX 1024U

struct settings {
    char desk[SEIN_DESK_MAX + 1];
    char name[SEIN_NAME_MAX + 1];
    char folder[SETTINGS_PATH_MAX];
    char key_file[SETTINGS_PATH_MAX];
    uint64_t window;
    char invitation[SETTINGS_PATH_MAX];
};

/** What is wrong, for people: names key and value, and what to do. */
struct settings_fault {
    unsigned line; /* 0: not about one line */
    char text[320];
};

/**
 * settings_read - the file at path.
 *
 * out_fault  written when an error is returned
 * Errors:  SEIN_ENOENT no such file; SEIN_EIO it cannot be read, or anyone may
 *          write it; SEIN_ECONFIG its contents.
 */
SEIN_CHECKED enum sein_err settings_read(const char *path,
                                         struct settings *out_settings,
                                         struct settings_fault *out_fault);

/** settings_parse - the same of bytes; folder is what relative paths start at.
 *
 * Errors:  SEIN_ECONFIG. */
SEIN_CHECKED enum sein_err settings_parse(struct sein_slice bytes,
                                          const char *folder,
                                          struct settings *out_settings,
                                          struct settings_fault *out_fault);

/** settings_help - every key with its default, for people. */
void settings_help(FILE *out);

#endif
