/*
 * Letters that ask colleagues for something that is no signal: an invitation to
 * a consultation table, and a consult.
 *
 * Threads: safe.  Source: PROTOCOL.md section 9.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_INVITATION_H
#define SEIN_PROTO_BLIND_CONTENT_INVITATION_H

#include "proto/base/limits.h"
#include "proto/wire/schema.h"

#define SEIN_HEADINGS_MAX 1000U

/** All views are borrowed. */
struct sein_table_invitation {
    uint64_t at;
    struct sein_slice day;      /* 2026-01-31 */
    struct sein_slice headings; /* 1..SEIN_HEADINGS_MAX bytes */
    struct sein_slice purpose;  /* 1..SEIN_TEXT_MAX bytes */
};
extern const struct sein_schema sein_table_invitation_schema;

struct sein_consult {
    uint64_t at;
    struct sein_slice text; /* 1..SEIN_NOTE_MAX bytes */
};
extern const struct sein_schema sein_consult_schema;

/**
 * sein_table_invitation_check - whether its day exists.
 *
 * Errors:  SEIN_EDATE.
 */
SEIN_CHECKED enum sein_err
sein_table_invitation_check(const struct sein_table_invitation *invitation);

#endif
