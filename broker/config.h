/*
 * The configuration file: INI, read strictly, into a plain struct.
 *
 * One table names every key with its section, type, unit, default and help; it
 * reads the file, writes the first one and prints --help-config.  Unknown and
 * repeated keys, unknown sections, empty values, lines that the INI reader
 * would cut and NUL bytes are refused with their line.  Nothing is guessed: a
 * file that is not wholly right has no effect.
 *  1. Every path in a struct config begins with '/' or is empty; one that does
 *     not in the file is taken from the file's own folder.
 *  2. Every text in it passed the check of its type.
 * Threads: safe on distinct objects.
 */
#ifndef SEIN_BROKER_CONFIG_H
#define SEIN_BROKER_CONFIG_H

#include <stdio.h>

#include "broker/log.h"
#include "proto/base/ids.h"

/* The INI reader keeps 200 bytes of a line with its end and a NUL. */
#define CONFIG_LINE_MAX 197U
#define CONFIG_FILE_MAX (64U * 1024U)
#define CONFIG_PATH_MAX 1024U
#define CONFIG_TEXT_MAX 129U
#define CONFIG_ENDPOINT_MAX 256U
#define CONFIG_SOCKET_MAX 108U /* sockaddr_un.sun_path */

struct config {
    char name[CONFIG_TEXT_MAX];
    char listen[CONFIG_ENDPOINT_MAX];
    char endpoint[CONFIG_ENDPOINT_MAX];
    char operator_oin[SEIN_OIN_CHARS + 1];
    char supplier[CONFIG_TEXT_MAX];
    char user[CONFIG_TEXT_MAX];
    char store_dir[CONFIG_PATH_MAX];
    char mark[CONFIG_PATH_MAX];
    char keys_dir[CONFIG_PATH_MAX];
    char incoming[CONFIG_PATH_MAX];
    char governance[2 * SEIN_HASH_BYTES + 1]; /* lower-case hex */
    uint64_t letters_max;
    uint64_t bytes_max;
    uint64_t presences_max;
    uint64_t items_per_s;
    uint64_t items_burst;
    uint64_t sessions_max;
    uint64_t io_threads;
    uint64_t descriptors;
    char admin_socket[CONFIG_PATH_MAX];
    char metrics_listen[CONFIG_ENDPOINT_MAX];
    char log_file[CONFIG_PATH_MAX];
    uint64_t log_level; /* enum log_level */
};

/** What is wrong, for people: names key and value, and what to do. */
struct config_fault {
    unsigned line; /* 0: not about one line */
    char text[320];
};

/**
 * config_read - the file at path.
 *
 * out_fault  written when an error is returned
 * Errors:  SEIN_ENOENT no such file; SEIN_EIO it cannot be read, or anyone may
 *          write it; SEIN_ECONFIG its contents.
 */
SEIN_CHECKED enum sein_err config_read(const char *path,
                                       struct config *out_config,
                                       struct config_fault *out_fault);

/** config_parse - the same of bytes; folder is what relative paths start at.
 *
 * Errors:  SEIN_ECONFIG. */
SEIN_CHECKED enum sein_err config_parse(struct sein_slice bytes,
                                        const char *folder,
                                        struct config *out_config,
                                        struct config_fault *out_fault);

/** config_check_run - that the keys which only running needs are there.
 *
 * Errors:  SEIN_ECONFIG. */
SEIN_CHECKED enum sein_err config_check_run(const struct config *config,
                                            struct config_fault *out_fault);

/** config_governance - the fingerprint; config passed config_check_run. */
void config_governance(const struct config *config,
                       struct sein_hash *out_fingerprint);

/** A value for config_write. */
struct config_setting {
    const char *section;
    const char *key;
    const char *value; /* NULL: leave the default, as a comment */
};

/**
 * config_write - a whole file with the help of every key as comment.
 *
 * Errors:  SEIN_EIO.
 */
SEIN_CHECKED enum sein_err
config_write(FILE *out, const struct config_setting *settings, size_t count);

/** config_help - the table, for people. */
void config_help(FILE *out);

/** config_needs_restart - "section.key" of a key, from index *at on, that
 *  differs and that a reload cannot change; NULL when there is none further. */
const char *config_needs_restart(const struct config *old_config,
                                 const struct config *new_config, size_t *at,
                                 char *buffer, size_t max);

#endif
