/*
 * Feedback: how a signal came out, as a code of the circle's closed list.
 *
 * Threads: safe.  Source: PROTOCOL.md section 9.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_FEEDBACK_H
#define SEIN_PROTO_BLIND_CONTENT_FEEDBACK_H

#include "proto/wire/schema.h"

struct sein_feedback {
    uint64_t at;
    struct sein_slice outcome; /* borrowed */
};
extern const struct sein_schema sein_feedback_schema;

/**
 * sein_feedback_check - whether the outcome is written as a code; whether it
 * stands on the circle's list is asked of the directory.
 *
 * Errors:  SEIN_ECODE.
 */
SEIN_CHECKED enum sein_err
sein_feedback_check(const struct sein_feedback *feedback);

#endif
