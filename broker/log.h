/*
 * The broker's log: one line per event,
 *     2026-01-31T12:00:00.000Z info directory_taken version=7 expires_days=44
 *
 * What happened is an enum and what goes with it are typed fields: nothing
 * that a peer wrote can reach a line.  Ids are shortened to their last 8 hex
 * digits.  A line that cannot be written is counted, never waited for.
 *  1. An event that a peer can cause is written at most LOG_BURST times in
 *     LOG_WINDOW_MS; what is left out is told with the next one ("left_out").
 * Threads: one thread per log.
 */
#ifndef SEIN_BROKER_LOG_H
#define SEIN_BROKER_LOG_H

#include "broker/clock.h"
#include "proto/base/ids.h"

#define LOG_BURST 50U
#define LOG_WINDOW_MS 10000

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_LEVEL_COUNT };

enum log_event {
    LOG_STARTING,
    LOG_READY,
    LOG_DRAINING,
    LOG_STOPPED,
    LOG_SELFTEST_PASSED,
    LOG_SELFTEST_FAILED,
    LOG_IDENTITY_NEW, /* the log of heads begins anew */
    LOG_DIRECTORY_IN_FORCE,
    LOG_DIRECTORY_REFUSED,
    LOG_DIRECTORY_ENDING, /* expires within two weeks, or has expired */
    LOG_BROKER_UNLISTED,  /* the directory does not name our keys */
    LOG_RELOADED,
    LOG_RELOAD_REFUSED,
    LOG_NEEDS_RESTART, /* a changed setting that a reload cannot apply */
    LOG_STORE_FULL,
    LOG_STORE_ROOM,
    LOG_STORE_FAILED,
    LOG_MAINTAIN_FAILED,
    LOG_BACKUP_DONE,
    LOG_BACKUP_FAILED,
    LOG_DESCRIPTORS_FEW,
    LOG_DROPPED_FRAMES, /* ignored before they reached the kernel */
    LOG_CONNECTION_REFUSED,
    LOG_SESSION_OPEN,
    LOG_SESSION_CLOSED,
    LOG_TAKEN_OVER,
    LOG_REFUSED,
    LOG_LEASE_OVER,
    LOG_NOT_COLLECTED,
    LOG_EXPIRED,
    LOG_DESK_UNREAD,
    LOG_DAMAGED,
    LOG_KEYHOLDER_READY,
    LOG_KEYHOLDER_GONE,
    LOG_PRESENCE_ENDED,
    LOG_EVENT_COUNT,
};

enum log_key {
    LOG_KEY_ADDRESS,
    LOG_KEY_COUNT_OF,
    LOG_KEY_DAYS,
    LOG_KEY_DESK,
    LOG_KEY_ENDPOINT,
    LOG_KEY_ERROR,
    LOG_KEY_FILE,
    LOG_KEY_FOLDER,
    LOG_KEY_KEY,
    LOG_KEY_LINE,
    LOG_KEY_LOG_ID,
    LOG_KEY_OP,
    LOG_KEY_PROGRAM_VERSION,
    LOG_KEY_REASON,
    LOG_KEY_SEQ,
    LOG_KEY_SETTING,
    LOG_KEY_STEP,
    LOG_KEY_VERSION,
    LOG_KEY_WANTED,
    LOG_KEY_COUNT,
};

enum log_type {
    LOG_TYPE_INT,
    LOG_TYPE_ERR,
    LOG_TYPE_ID,
    LOG_TYPE_DESK,
    LOG_TYPE_OWN
};

struct log_field {
    enum log_key key;
    enum log_type type;
    union {
        int64_t number;
        enum sein_err err;
        const uint8_t *id;
        const char *text;
    } value;
};

/** Making fields; all borrow until log_write returned. */
struct log_field log_int(enum log_key key, int64_t number);
struct log_field log_err(enum log_key key, enum sein_err err);
struct log_field log_id(enum log_key key,
                        const uint8_t id[static SEIN_ID_BYTES]);
/** A desk is written only when it is spelled as one; else "-". */
struct log_field log_desk(enum log_key key, const struct sein_desk_name *desk);
/** The operator's own text: a path, a setting, an endpoint, a fixed word of
 *  the program.  Never text of a peer. */
struct log_field log_own(enum log_key key, const char *text);

#define LOG_FIELDS(...)                                     \
    (const struct log_field[]){ __VA_ARGS__ },              \
        sizeof((const struct log_field[]){ __VA_ARGS__ }) / \
            sizeof(struct log_field)

struct log;

/**
 * log_new - a log to a file (appended, made with mode 0600) or to stderr.
 *
 * path     borrows; "stderr" for standard error
 * out_log  gives; free with log_free
 * Errors:  SEIN_EIO it cannot be opened; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err log_new(const char *path, enum log_level level,
                                   struct log **out_log);
void log_free(struct log **log);

/** log_reopen - the same after the file was renamed, or another file or level;
 *  on an error the old one stays.  Errors: as log_new. */
SEIN_CHECKED enum sein_err log_reopen(struct log *log, const char *path,
                                      enum log_level level);

/** log_tick - the time of the lines from now on. */
void log_tick(struct log *log, const struct clock *clock);

void log_write(struct log *log, enum log_event event,
               const struct log_field *fields, size_t count);

/** log_lost - lines that could not be written. */
uint64_t log_lost(const struct log *log);

/** log_level_name, log_level_find - "debug" ... "error".
 *  Errors: SEIN_EFORMAT none of them. */
const char *log_level_name(enum log_level level);
SEIN_CHECKED enum sein_err log_level_find(const char *name,
                                          enum log_level *out_level);

#endif
