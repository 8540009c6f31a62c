/*
 * The table of configuration keys; see config.h.
 */
#ifndef SEIN_BROKER_CONFIG_TABLE_H
#define SEIN_BROKER_CONFIG_TABLE_H

#include "broker/config.h"

enum config_type {
    CONFIG_TEXT,        /* 1..128 bytes of printable UTF-8 */
    CONFIG_OIN,         /* an organisation's number */
    CONFIG_PATH,        /* a path */
    CONFIG_SOCKET,      /* a path short enough for a local socket */
    CONFIG_LOG_TARGET,  /* a path, or stderr */
    CONFIG_ENDPOINT,    /* tcp://host:port, port 1..65535 */
    CONFIG_LISTEN,      /* tcp://address:port; port 0 or * : any free one */
    CONFIG_LOOPBACK,    /* 127.0.0.1:port or [::1]:port; port 0: any free one */
    CONFIG_FINGERPRINT, /* 64 hex digits, spaces allowed */
    CONFIG_NUMBER,
    CONFIG_LEVEL,
};

enum config_need {
    CONFIG_OPTIONAL,
    CONFIG_ALWAYS, /* also for --init */
    CONFIG_TO_RUN,
};

struct config_row {
    const char *section;
    const char *key;
    enum config_type type;
    enum config_need need;
    bool reloads;
    size_t offset; /* in struct config */
    size_t size;
    uint64_t min, max; /* of a number */
    const char *unit;
    const char *standard; /* default as written; NULL: none */
    const char *help;
};

/** config_rows - all of them, those of a section together. */
const struct config_row *config_rows(size_t *out_count);

/**
 * config_set - check a value and put it into config.
 *
 * folder   what relative paths start at
 * why      set to what a right value looks like when it is refused
 * Errors:  SEIN_EFORMAT.
 */
SEIN_CHECKED enum sein_err config_set(const struct config_row *row,
                                      const char *value, const char *folder,
                                      struct config *config,
                                      const char **out_why);

#endif
