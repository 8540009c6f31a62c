/*
 * The verb directory: directory parts, prekeys, heads, receipts asked again.
 *
 * Each struct is one object of PROTOCOL.md section 10 and its schema writes and
 * reads it.  Views borrow the frame.
 */
#ifndef SEIN_PROTO_WIRE_MSG_DIRECTORY_H
#define SEIN_PROTO_WIRE_MSG_DIRECTORY_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/** The longest encoded prekey statement; see trust/prekey.h. */
#define SEIN_PREKEY_MAX 256U

/** c→b: a part of a signed directory; version 0 is the newest. */
struct sein_dir_get {
    uint64_t version;
    uint64_t offset;
};
extern const struct sein_schema sein_dir_get_schema;

/** b→c: that part. */
struct sein_dir_part {
    uint64_t version;
    uint64_t newest;
    uint64_t total;
    uint64_t offset;
    struct sein_slice part;
};
extern const struct sein_schema sein_dir_part_schema;

/** A prekey statement and its signature. */
struct sein_signed_prekey {
    struct sein_slice statement;
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_signed_prekey_schema;

/** The prekeys of one desk, newest first. */
struct sein_prekeys_item {
    struct sein_slice desk;
    uint64_t last_read_at;
    struct sein_list prekeys;
};
extern const struct sein_schema sein_prekeys_item_schema;

/** c→b: heads of the log, from a sequence number on. */
struct sein_heads_get {
    uint64_t from;
    uint64_t count;
};
extern const struct sein_schema sein_heads_get_schema;

/** An operation whose receipt is asked again. */
struct sein_op_item {
    struct sein_op_id op_id;
};
extern const struct sein_schema sein_op_item_schema;

#endif
