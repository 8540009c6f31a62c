/*
 * Alarms: what should not happen, kept with the bytes that show it.
 *
 * A broker or member that does not keep to its signatures is told to people,
 * not only refused; what it sent is kept as evidence, sealed like every row.
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_ALARMS_H
#define SEIN_CLIENT_LIB_ALARMS_H

#include "client/lib/localdb.h"

/** The most of the evidence that is kept. */
#define ALARM_EVIDENCE_MAX 4096U
#define ALARM_ABOUT_MAX 128U

struct alarm {
    enum sein_err code;
    int64_t at_ms;
    char about[ALARM_ABOUT_MAX + 1]; /* which desk, key, log or letter */
    uint64_t count;                  /* how often it was seen */
};

/**
 * alarms_raise - keep one; the same code about the same thing is counted.
 *
 * about    a name or id, no household data
 * evidence borrowed; cut at ALARM_EVIDENCE_MAX bytes; may be empty
 * Errors:  those of localdb.h.
 */
SEIN_CHECKED enum sein_err alarms_raise(struct localdb *db, enum sein_err code,
                                        const char *about,
                                        struct sein_slice evidence,
                                        int64_t now_ms);

/** Called per alarm, newest first; false ends. */
typedef bool alarms_visit(void *context, const struct alarm *alarm);

SEIN_CHECKED enum sein_err alarms_walk(struct localdb *db, alarms_visit *visit,
                                       void *context);
SEIN_CHECKED enum sein_err alarms_count(struct localdb *db, int64_t since_ms,
                                        int64_t *out_count);

#endif
