/*
 * Days as contents write them: 2026-01-31, one form only.
 *
 * Threads: safe.  Source: PROTOCOL.md section 4.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_DAY_H
#define SEIN_PROTO_BLIND_CONTENT_DAY_H

#include "proto/base/bytes.h"

#define SEIN_DAY_CHARS 10U

/**
 * sein_day_check - whether a day is written so and exists.
 *
 * Errors:  SEIN_EDATE.
 */
SEIN_CHECKED enum sein_err sein_day_check(struct sein_slice day);

#endif
