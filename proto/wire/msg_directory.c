#include "proto/wire/msg_directory.h"

static const struct sein_field dir_get_fields[] = {
    { "version", SEIN_FIELD_UINT, false, offsetof(struct sein_dir_get, version),
      0, UINT64_MAX },
    { "offset", SEIN_FIELD_UINT, false, offsetof(struct sein_dir_get, offset),
      0, UINT64_MAX },
};
const struct sein_schema sein_dir_get_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, dir_get_fields, struct sein_dir_get);

static const struct sein_field dir_part_fields[] = {
    { "version", SEIN_FIELD_UINT, false,
      offsetof(struct sein_dir_part, version), 1, UINT64_MAX },
    { "newest", SEIN_FIELD_UINT, false, offsetof(struct sein_dir_part, newest),
      1, UINT64_MAX },
    { "total", SEIN_FIELD_UINT, false, offsetof(struct sein_dir_part, total), 1,
      SEIN_DIRECTORY_MAX },
    { "offset", SEIN_FIELD_UINT, false, offsetof(struct sein_dir_part, offset),
      0, SEIN_DIRECTORY_MAX },
    { "part", SEIN_FIELD_BYTES, false, offsetof(struct sein_dir_part, part), 0,
      SEIN_PART_MAX },
};
const struct sein_schema sein_dir_part_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, dir_part_fields, struct sein_dir_part);

static const struct sein_field signed_prekey_fields[] = {
    { "statement", SEIN_FIELD_BYTES, false,
      offsetof(struct sein_signed_prekey, statement), 1, SEIN_PREKEY_MAX },
    { "signature", SEIN_FIELD_FIXED, false,
      offsetof(struct sein_signed_prekey, signature), 0, SEIN_SIG_BYTES },
};
const struct sein_schema sein_signed_prekey_schema = SEIN_SCHEMA(
    SEIN_LAYOUT_ARRAY, signed_prekey_fields, struct sein_signed_prekey);

static const struct sein_field prekeys_item_fields[] = {
    { "desk", SEIN_FIELD_TEXT, false, offsetof(struct sein_prekeys_item, desk),
      1, SEIN_DESK_MAX },
    { "last_read_at", SEIN_FIELD_UINT, false,
      offsetof(struct sein_prekeys_item, last_read_at), 0, UINT64_MAX },
    { "prekeys", SEIN_FIELD_LIST, false,
      offsetof(struct sein_prekeys_item, prekeys), 0, SEIN_PREKEYS_SERVED_MAX },
};
const struct sein_schema sein_prekeys_item_schema = SEIN_SCHEMA(
    SEIN_LAYOUT_ARRAY, prekeys_item_fields, struct sein_prekeys_item);

static const struct sein_field heads_get_fields[] = {
    { "from", SEIN_FIELD_UINT, false, offsetof(struct sein_heads_get, from), 0,
      UINT64_MAX },
    { "count", SEIN_FIELD_UINT, false, offsetof(struct sein_heads_get, count),
      1, SEIN_HEADS_MAX },
};
const struct sein_schema sein_heads_get_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, heads_get_fields, struct sein_heads_get);

static const struct sein_field op_item_fields[] = {
    { "op_id", SEIN_FIELD_FIXED, false, offsetof(struct sein_op_item, op_id), 0,
      SEIN_ID_BYTES },
};
const struct sein_schema sein_op_item_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, op_item_fields, struct sein_op_item);
