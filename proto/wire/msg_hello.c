#include "proto/wire/msg_hello.h"

static const struct sein_field hello_fields[] = {
    { "home_id", SEIN_FIELD_FIXED, false, offsetof(struct sein_hello, home_id),
      0, SEIN_ID_BYTES },
    { "dir_version", SEIN_FIELD_UINT, false,
      offsetof(struct sein_hello, dir_version), 0, UINT64_MAX },
    { "take_over", SEIN_FIELD_BOOL, false,
      offsetof(struct sein_hello, take_over), 0, 0 },
    { "desks", SEIN_FIELD_LIST, false, offsetof(struct sein_hello, desks), 0,
      SEIN_DESKS_MAX },
};
const struct sein_schema sein_hello_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, hello_fields, struct sein_hello);

static const struct sein_field welcome_fields[] = {
    { "log_id", SEIN_FIELD_FIXED, false, offsetof(struct sein_welcome, log_id),
      0, SEIN_ID_BYTES },
    { "dir_version", SEIN_FIELD_UINT, false,
      offsetof(struct sein_welcome, dir_version), 0, UINT64_MAX },
    { "now", SEIN_FIELD_UINT, false, offsetof(struct sein_welcome, now), 0,
      UINT64_MAX },
    { "lease_ms", SEIN_FIELD_UINT, false,
      offsetof(struct sein_welcome, lease_ms), 0, UINT64_MAX },
    { "credit_max", SEIN_FIELD_UINT, false,
      offsetof(struct sein_welcome, credit_max), 0, UINT64_MAX },
};
const struct sein_schema sein_welcome_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, welcome_fields, struct sein_welcome);

static const struct sein_field pong_fields[] = {
    { "now", SEIN_FIELD_UINT, false, offsetof(struct sein_pong, now), 0,
      UINT64_MAX },
    { "dir_version", SEIN_FIELD_UINT, false,
      offsetof(struct sein_pong, dir_version), 0, UINT64_MAX },
};
const struct sein_schema sein_pong_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, pong_fields, struct sein_pong);

static const struct sein_field error_fields[] = {
    { "code", SEIN_FIELD_UINT, false, offsetof(struct sein_error_body, code), 0,
      UINT64_MAX },
    { "at", SEIN_FIELD_UINT, false, offsetof(struct sein_error_body, at), 0,
      UINT64_MAX },
};
const struct sein_schema sein_error_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, error_fields, struct sein_error_body);
