#include "broker/log.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/text.h"

#define LOG_LINE_MAX 1024U
#define LOG_ID_SHOWN 4U /* bytes, so 8 hex digits */

struct event_row {
    const char *name;
    enum log_level level;
    bool bounded; /* a peer can cause it */
};

/* clang-format off */
static const struct event_row events[LOG_EVENT_COUNT] = {
    [LOG_STARTING]           = { "starting",           LOG_INFO,  false },
    [LOG_READY]              = { "ready",              LOG_INFO,  false },
    [LOG_DRAINING]           = { "draining",           LOG_INFO,  false },
    [LOG_STOPPED]            = { "stopped",            LOG_INFO,  false },
    [LOG_SELFTEST_PASSED]    = { "selftest_passed",    LOG_INFO,  false },
    [LOG_SELFTEST_FAILED]    = { "selftest_failed",    LOG_ERROR, false },
    [LOG_IDENTITY_NEW]       = { "log_identity_new",   LOG_WARN,  false },
    [LOG_DIRECTORY_IN_FORCE] = { "directory_in_force", LOG_INFO,  false },
    [LOG_DIRECTORY_REFUSED]  = { "directory_refused",  LOG_ERROR, false },
    [LOG_DIRECTORY_ENDING]   = { "directory_ending",   LOG_WARN,  false },
    [LOG_BROKER_UNLISTED]    = { "broker_unlisted",    LOG_ERROR, false },
    [LOG_RELOADED]           = { "reloaded",           LOG_INFO,  false },
    [LOG_RELOAD_REFUSED]     = { "reload_refused",     LOG_ERROR, false },
    [LOG_NEEDS_RESTART]      = { "needs_restart",      LOG_WARN,  false },
    [LOG_STORE_FULL]         = { "store_full",         LOG_ERROR, true },
    [LOG_STORE_ROOM]         = { "store_room",         LOG_INFO,  true },
    [LOG_STORE_FAILED]       = { "store_failed",       LOG_ERROR, false },
    [LOG_MAINTAIN_FAILED]    = { "maintain_failed",    LOG_WARN,  true },
    [LOG_BACKUP_DONE]        = { "backup_done",        LOG_INFO,  false },
    [LOG_BACKUP_FAILED]      = { "backup_failed",      LOG_ERROR, false },
    [LOG_DESCRIPTORS_FEW]    = { "descriptors_few",    LOG_WARN,  false },
    [LOG_DROPPED_FRAMES]     = { "dropped_frames",     LOG_WARN,  true },
    [LOG_CONNECTION_REFUSED] = { "connection_refused", LOG_INFO,  true },
    [LOG_SESSION_OPEN]       = { "session_open",       LOG_INFO,  true },
    [LOG_SESSION_CLOSED]     = { "session_closed",     LOG_INFO,  true },
    [LOG_TAKEN_OVER]         = { "desk_taken_over",    LOG_WARN,  true },
    [LOG_REFUSED]            = { "refused",            LOG_INFO,  true },
    [LOG_LEASE_OVER]         = { "lease_over",         LOG_INFO,  true },
    [LOG_NOT_COLLECTED]      = { "not_collected",      LOG_INFO,  true },
    [LOG_EXPIRED]            = { "expired",            LOG_INFO,  true },
    [LOG_DESK_UNREAD]        = { "desk_unread",        LOG_WARN,  true },
    [LOG_DAMAGED]            = { "damaged",            LOG_ERROR, true },
    [LOG_KEYHOLDER_READY]    = { "keyholder_ready",    LOG_INFO,  true },
    [LOG_KEYHOLDER_GONE]     = { "keyholder_gone",     LOG_WARN,  true },
    [LOG_PRESENCE_ENDED]     = { "presence_ended",     LOG_INFO,  true },
};

static const char *const keys[LOG_KEY_COUNT] = {
    [LOG_KEY_ADDRESS]         = "address",
    [LOG_KEY_COUNT_OF]        = "count",
    [LOG_KEY_DAYS]            = "days",
    [LOG_KEY_DESK]            = "desk",
    [LOG_KEY_ENDPOINT]        = "endpoint",
    [LOG_KEY_ERROR]           = "error",
    [LOG_KEY_FILE]            = "file",
    [LOG_KEY_FOLDER]          = "folder",
    [LOG_KEY_KEY]             = "key",
    [LOG_KEY_LINE]            = "line",
    [LOG_KEY_LOG_ID]          = "log_id",
    [LOG_KEY_OP]              = "op",
    [LOG_KEY_PROGRAM_VERSION] = "program",
    [LOG_KEY_REASON]          = "reason",
    [LOG_KEY_SEQ]             = "seq",
    [LOG_KEY_SETTING]         = "setting",
    [LOG_KEY_STEP]            = "step",
    [LOG_KEY_VERSION]         = "version",
    [LOG_KEY_WANTED]          = "wanted",
};

static const char *const levels[LOG_LEVEL_COUNT] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info",
    [LOG_WARN]  = "warn",  [LOG_ERROR] = "error",
};
/* clang-format on */

struct burst {
    int64_t since_ms;
    uint64_t written;
    uint64_t left_out;
};

struct log {
    int fd;
    enum log_level level;
    struct clock clock;
    struct burst bursts[LOG_EVENT_COUNT];
    uint64_t lost;
};

struct log_field
log_int(enum log_key key, int64_t number)
{
    return (struct log_field){ .key = key,
                               .type = LOG_TYPE_INT,
                               .value.number = number };
}

struct log_field
log_err(enum log_key key, enum sein_err err)
{
    return (
        struct log_field){ .key = key, .type = LOG_TYPE_ERR, .value.err = err };
}

struct log_field
log_id(enum log_key key, const uint8_t id[static SEIN_ID_BYTES])
{
    return (
        struct log_field){ .key = key, .type = LOG_TYPE_ID, .value.id = id };
}

struct log_field
log_desk(enum log_key key, const struct sein_desk_name *desk)
{
    return (struct log_field){ .key = key,
                               .type = LOG_TYPE_DESK,
                               .value.text = desk->text };
}

struct log_field
log_own(enum log_key key, const char *text)
{
    return (struct log_field){ .key = key,
                               .type = LOG_TYPE_OWN,
                               .value.text = text };
}

static enum sein_err
open_target(const char *path, int *out_fd)
{
    int fd = -1;

    if (strcmp(path, "stderr") == 0)
        fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    else
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return SEIN_EIO;
    *out_fd = fd;
    return SEIN_OK;
}

enum sein_err
log_new(const char *path, enum log_level level, struct log **out_log)
{
    struct log *log = calloc(1, sizeof *log);
    enum sein_err err = SEIN_OK;

    if (log == NULL)
        return SEIN_ENOMEM;
    log->fd = -1;
    log->level = level;
    clock_read(&log->clock);
    err = open_target(path, &log->fd);
    if (err != SEIN_OK) {
        log_free(&log);
        return err;
    }
    *out_log = log;
    return SEIN_OK;
}

void
log_free(struct log **log)
{
    if (*log == NULL)
        return;
    if ((*log)->fd >= 0)
        (void)close((*log)->fd); /* lines went out with write already */
    free(*log);
    *log = NULL;
}

enum sein_err
log_reopen(struct log *log, const char *path, enum log_level level)
{
    int fd = -1;
    enum sein_err err = open_target(path, &fd);

    if (err != SEIN_OK)
        return err;
    (void)close(log->fd); /* as above */
    log->fd = fd;
    log->level = level;
    return SEIN_OK;
}

void
log_tick(struct log *log, const struct clock *clock)
{
    log->clock = *clock;
}

/* The operator's text may hold what would break a line apart. */
static void
add_own(struct text *line, const char *text)
{
    bool plain = text[0] != '\0';

    for (const char *c = text; *c != '\0'; c++)
        plain = plain && *c > ' ' && *c < 0x7f && strchr("\"\\=", *c) == NULL;
    if (plain)
        text_add(line, "%s", text);
    else
        text_add_json(line, text);
}

static void
add_field(struct text *line, const struct log_field *field)
{
    char hex[2 * LOG_ID_SHOWN + 1];

    text_add(line, " %s=", keys[field->key]);
    switch (field->type) {
    case LOG_TYPE_INT:
        text_add(line, "%lld", (long long)field->value.number);
        break;
    case LOG_TYPE_ERR:
        text_add(line, "%s", sein_err_code(field->value.err));
        break;
    case LOG_TYPE_ID:
        sein_hex(sein_slice_of(field->value.id + SEIN_ID_BYTES - LOG_ID_SHOWN,
                               LOG_ID_SHOWN),
                 hex, sizeof hex);
        text_add(line, "%s", hex);
        break;
    case LOG_TYPE_DESK:
        if (sein_desk_check(sein_slice_text(field->value.text)) == SEIN_OK)
            text_add(line, "%s", field->value.text);
        else
            text_add(line, "-");
        break;
    case LOG_TYPE_OWN:
        add_own(line, field->value.text);
        break;
    }
}

/* Whether this line may be written; *out_left_out what was not, before it. */
static bool
may_write(struct log *log, enum log_event event, uint64_t *out_left_out)
{
    struct burst *burst = &log->bursts[event];

    *out_left_out = 0;
    if (!events[event].bounded)
        return true;
    if (burst->written == 0 ||
        log->clock.mono_ms - burst->since_ms >= LOG_WINDOW_MS) {
        *out_left_out = burst->left_out;
        *burst = (struct burst){ .since_ms = log->clock.mono_ms };
    }
    if (burst->written >= LOG_BURST) {
        burst->left_out++;
        return false;
    }
    burst->written++;
    return true;
}

void
log_write(struct log *log, enum log_event event, const struct log_field *fields,
          size_t count)
{
    const struct event_row *row = &events[event];
    char buffer[LOG_LINE_MAX];
    struct text line;
    uint64_t left_out = 0;

    assert(row->name != NULL);
    if (row->level < log->level || !may_write(log, event, &left_out))
        return;
    text_init(&line, buffer, sizeof buffer - 1);
    text_add_time(&line, log->clock.now_ms);
    text_add(&line, " %s %s", levels[row->level], row->name);
    for (size_t i = 0; i < count; i++)
        add_field(&line, &fields[i]);
    if (left_out > 0)
        text_add(&line, " left_out=%llu", (unsigned long long)left_out);
    buffer[line.len] = '\n'; /* one byte was kept for it */
    if (write(log->fd, buffer, line.len + 1) != (ssize_t)(line.len + 1))
        log->lost++;
}

uint64_t
log_lost(const struct log *log)
{
    return log->lost;
}

const char *
log_level_name(enum log_level level)
{
    return levels[level];
}

enum sein_err
log_level_find(const char *name, enum log_level *out_level)
{
    for (size_t i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (strcmp(levels[i], name) == 0) {
            *out_level = (enum log_level)i;
            return SEIN_OK;
        }
    }
    return SEIN_EFORMAT;
}
