/*
 * What stands in letters: one closed form per kind.
 *
 * A sender fills the struct of the family, checks it and encodes it with
 * sein_schema_encode; a recipient asks sein_content_check first and decodes
 * with the family's schema after.
 * Threads: all functions are safe.  Source: PROTOCOL.md section 9.
 */
#ifndef SEIN_PROTO_BLIND_CONTENT_CONTENT_H
#define SEIN_PROTO_BLIND_CONTENT_CONTENT_H

#include "proto/base/bytes.h"

/**
 * sein_content_check - decode a content by its letter's kind and check its
 * rules.
 *
 * The circle's lists are not asked: the directory may have changed since the
 * letter was made, and arrears attestations are the sender's duty.
 * Errors:  SEIN_EKIND a kind that this version does not know: kept and shown as
 *          "made by a newer version"; those of wire/schema.h; those of the
 *          family's own check.
 */
SEIN_CHECKED enum sein_err sein_content_check(uint64_t kind,
                                              struct sein_slice content);

#endif
