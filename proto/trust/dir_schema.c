#include "proto/trust/dir_schema.h"

#include <string.h>

#define SIGNATURES_MAX SEIN_GOVERNORS_MAX
#define BROKERS_MAX 16U

/* clang-format off */
static const struct sein_field signed_fields[] = {
    SEIN_ROW(BYTES, dir, false, sein_dir_signed, 1, SEIN_DIRECTORY_MAX),
    SEIN_ROW(LIST, signatures, false, sein_dir_signed, 1, SIGNATURES_MAX),
};

static const struct sein_field signature_fields[] = {
    SEIN_ROW(FIXED, governor, false, sein_dir_signature, 0, SEIN_KEY_BYTES),
    SEIN_ROW(FIXED, signature, false, sein_dir_signature, 0, SEIN_SIG_BYTES),
};

static const struct sein_field root_fields[] = {
    SEIN_ROW(LIST, brokers, false, sein_dir_root, 1, BROKERS_MAX),
    SEIN_ROW(LIST, circles, true, sein_dir_root, 0, SEIN_CIRCLES_MAX),
    SEIN_ROW(UINT, expires, false, sein_dir_root, 1, INT64_MAX),
    SEIN_ROW(MAP, governance, false, sein_dir_root, 0, 0),
    SEIN_ROW(UINT, issued, false, sein_dir_root, 0, INT64_MAX),
    SEIN_ROW(LIST, members, true, sein_dir_root, 0, SEIN_MEMBERS_MAX),
    SEIN_ROW(FIXED, prev, false, sein_dir_root, 0, SEIN_HASH_BYTES),
    SEIN_ROW(UINT, v, false, sein_dir_root, 0, UINT64_MAX),
    SEIN_ROW(UINT, version, false, sein_dir_root, 1, INT64_MAX),
};

static const struct sein_field governance_fields[] = {
    SEIN_ROW(LIST, keys, false, sein_dir_governance, 1, SEIN_GOVERNORS_MAX),
    SEIN_ROW(UINT, threshold, false, sein_dir_governance, 1, SEIN_GOVERNORS_MAX),
};

static const struct sein_field governor_fields[] = {
    SEIN_ROW(TEXT, name, false, sein_dir_governor, 1, SEIN_NAME_MAX),
    SEIN_ROW(FIXED, pk, false, sein_dir_governor, 0, SEIN_KEY_BYTES),
};

static const struct sein_field area_fields[] = {
    SEIN_ROW(UINT, from, false, sein_dir_area, SEIN_POSTCODE4_MIN,
        SEIN_POSTCODE4_MAX),
    SEIN_ROW(UINT, to, false, sein_dir_area, SEIN_POSTCODE4_MIN,
        SEIN_POSTCODE4_MAX),
};

static const struct sein_field broker_fields[] = {
    SEIN_ROW(LIST, areas, true, sein_dir_broker, 0, SEIN_AREAS_MAX),
    SEIN_ROW(FIXED, curve, false, sein_dir_broker, 0, SEIN_KEY_BYTES),
    SEIN_ROW(TEXT, endpoint, false, sein_dir_broker, 1, SEIN_ENDPOINT_MAX),
    SEIN_ROW(TEXT, name, false, sein_dir_broker, 1, SEIN_NAME_MAX),
    { "operator", SEIN_FIELD_TEXT, false,
      offsetof(struct sein_dir_broker, operator_oin), 1, SEIN_OIN_CHARS },
    SEIN_ROW(FIXED, receipt, false, sein_dir_broker, 0, SEIN_KEY_BYTES),
    SEIN_ROW(TEXT, supplier, true, sein_dir_broker, 0, SEIN_NAME_MAX),
};

static const struct sein_field member_fields[] = {
    SEIN_ROW(LIST, desks, false, sein_dir_member, 1, SEIN_MEMBER_DESKS_MAX),
    SEIN_ROW(TEXT, domain, false, sein_dir_member, 1, SEIN_CODE_MAX),
    SEIN_ROW(LIST, keys, false, sein_dir_member, 1, SEIN_MEMBER_KEYS_MAX),
    SEIN_ROW(UINT, left_at, true, sein_dir_member, 0, INT64_MAX),
    SEIN_ROW(TEXT, name, false, sein_dir_member, 1, SEIN_NAME_MAX),
    SEIN_ROW(TEXT, oin, false, sein_dir_member, 1, SEIN_OIN_CHARS),
    SEIN_ROW(TEXT, supplier, true, sein_dir_member, 0, SEIN_NAME_MAX),
};

static const struct sein_field key_fields[] = {
    SEIN_ROW(UINT, active_from, false, sein_dir_key, 0, INT64_MAX),
    SEIN_ROW(FIXED, curve, false, sein_dir_key, 0, SEIN_KEY_BYTES),
    SEIN_ROW(LIST, desks, true, sein_dir_key, 0, SEIN_MEMBER_DESKS_MAX),
    SEIN_ROW(FIXED, key_id, false, sein_dir_key, 0, SEIN_ID_BYTES),
    SEIN_ROW(UINT, retired_at, true, sein_dir_key, 0, INT64_MAX),
    SEIN_ROW(UINT, revoked_at, true, sein_dir_key, 0, INT64_MAX),
    SEIN_ROW(FIXED, sign, false, sein_dir_key, 0, SEIN_KEY_BYTES),
};

static const struct sein_field desk_fields[] = {
    SEIN_ROW(LIST, areas, true, sein_dir_desk, 0, SEIN_AREAS_MAX),
    SEIN_ROW(TEXT, hours, true, sein_dir_desk, 0, SEIN_TEXT_MAX),
    SEIN_ROW(TEXT, mandate, true, sein_dir_desk, 0, SEIN_TEXT_MAX),
    SEIN_ROW(TEXT, name, false, sein_dir_desk, 1, SEIN_DESK_NAME_MAX),
    SEIN_ROW(TEXT, phone, true, sein_dir_desk, 0, SEIN_TEXT_MAX),
    SEIN_ROW(LIST, roles, true, sein_dir_desk, 0, SEIN_CIRCLES_MAX),
    SEIN_ROW(TEXT, stand_in, true, sein_dir_desk, 0, SEIN_DESK_MAX),
    SEIN_ROW(TEXT, title, false, sein_dir_desk, 1, SEIN_NAME_MAX),
};

static const struct sein_field role_fields[] = {
    SEIN_ROW(TEXT, circle, false, sein_dir_role, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(UINT, links, true, sein_dir_role, 0, SEIN_LINKS_ALL),
    SEIN_ROW(UINT, roles, false, sein_dir_role, 1, SEIN_ROLE_ALL),
};

static const struct sein_field circle_fields[] = {
    SEIN_ROW(TEXT, basis, false, sein_dir_circle, 1, SEIN_TEXT_MAX),
    SEIN_ROW(UINT, basis_ends, false, sein_dir_circle, 0, INT64_MAX),
    SEIN_ROW(UINT, collect_days, true, sein_dir_circle, 0, SEIN_COLLECT_DAYS_MAX),
    SEIN_ROW(LIST, epochs, true, sein_dir_circle, 0, SEIN_EPOCHS_MAX),
    SEIN_ROW(LIST, exceptions, true, sein_dir_circle, 0, SEIN_CODES_MAX),
    SEIN_ROW(TEXT, id, false, sein_dir_circle, 1, SEIN_CIRCLE_MAX),
    SEIN_ROW(LIST, kinds, true, sein_dir_circle, 0, SEIN_CODES_MAX),
    SEIN_ROW(LIST, labels, true, sein_dir_circle, 0, SEIN_MEMBERS_MAX),
    SEIN_ROW(LIST, link_pairs, true, sein_dir_circle, 0, SEIN_LINK_PAIRS_MAX),
    SEIN_ROW(LIST, outcomes, true, sein_dir_circle, 0, SEIN_CODES_MAX),
    SEIN_ROW(TEXT, purpose, false, sein_dir_circle, 1, SEIN_TEXT_MAX),
    SEIN_ROW(LIST, quota_exceptions, true, sein_dir_circle, 0,
        SEIN_MEMBERS_MAX),
    SEIN_ROW(UINT, quota_per_day, true, sein_dir_circle, 0, SEIN_QUOTA_MAX),
    SEIN_ROW(LIST, regie_order, true, sein_dir_circle, 0, SEIN_CODES_MAX),
    SEIN_ROW(UINT, regie_silence_days, true, sein_dir_circle, 0,
        SEIN_RETENTION_DAYS_MAX),
    SEIN_ROW(UINT, retention_days, false, sein_dir_circle, 1,
        SEIN_RETENTION_DAYS_MAX),
    SEIN_ROW(UINT, reveal, true, sein_dir_circle, 0, SEIN_REVEAL_MUTUAL),
    SEIN_ROW(TEXT, title, false, sein_dir_circle, 1, SEIN_NAME_MAX),
};

static const struct sein_field code_fields[] = {
    SEIN_ROW(BOOL, arrears, true, sein_dir_code, 0, 0),
    SEIN_ROW(TEXT, code, false, sein_dir_code, 1, SEIN_CODE_MAX),
    SEIN_ROW(TEXT, en, false, sein_dir_code, 1, SEIN_TEXT_MAX),
    SEIN_ROW(TEXT, nl, false, sein_dir_code, 1, SEIN_TEXT_MAX),
};

static const struct sein_field label_fields[] = {
    SEIN_ROW(TEXT, label, false, sein_dir_label, 1, SEIN_LABEL_MAX),
    SEIN_ROW(TEXT, oin, false, sein_dir_label, 1, SEIN_OIN_CHARS),
};

static const struct sein_field exception_fields[] = {
    SEIN_ROW(TEXT, label, false, sein_dir_exception, 1, SEIN_LABEL_MAX),
    SEIN_ROW(TEXT, reason, false, sein_dir_exception, 1, SEIN_TEXT_MAX),
};

static const struct sein_field epoch_fields[] = {
    SEIN_ROW(UINT, epoch, false, sein_dir_epoch, 1, UINT32_MAX),
    SEIN_ROW(UINT, handle_version, false, sein_dir_epoch, 1, UINT32_MAX),
    SEIN_ROW(LIST, holders, false, sein_dir_epoch, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
    SEIN_ROW(UINT, match_until, false, sein_dir_epoch, 1, INT64_MAX),
    SEIN_ROW(UINT, not_before, false, sein_dir_epoch, 1, INT64_MAX),
    SEIN_ROW(BYTES, pepper_check, true, sein_dir_epoch, 0, SEIN_ID_BYTES),
    SEIN_ROW(BYTES, record, true, sein_dir_epoch, 0, SEIN_EPOCH_RECORD_MAX),
    SEIN_ROW(LIST, signatures, true, sein_dir_epoch, 0, SEIN_HOLDERS_MAX),
    SEIN_ROW(UINT, t, false, sein_dir_epoch, SEIN_HOLDERS_MIN,
        SEIN_HOLDERS_MAX),
};

static const struct sein_field link_pair_fields[] = {
    SEIN_ROW(UINT, a, false, sein_dir_link_pair, 1, SEIN_LINK_NAME),
    SEIN_ROW(UINT, b, false, sein_dir_link_pair, 1, SEIN_LINK_NAME),
};

static const struct sein_field quota_exception_fields[] = {
    SEIN_ROW(UINT, from, false, sein_dir_quota_exception, 1, INT64_MAX),
    SEIN_ROW(TEXT, oin, false, sein_dir_quota_exception, 1, SEIN_OIN_CHARS),
    SEIN_ROW(UINT, per_day, false, sein_dir_quota_exception, 1,
        SEIN_QUOTA_MAX),
    SEIN_ROW(UINT, until, false, sein_dir_quota_exception, 1, INT64_MAX),
};

const struct sein_schema sein_dir_signed_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, signed_fields, struct sein_dir_signed);
const struct sein_schema sein_dir_signature_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, signature_fields, struct sein_dir_signature);
const struct sein_schema sein_dir_root_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, root_fields, struct sein_dir_root);
const struct sein_schema sein_dir_governance_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, governance_fields, struct sein_dir_governance);
const struct sein_schema sein_dir_governor_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, governor_fields, struct sein_dir_governor);
const struct sein_schema sein_dir_area_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, area_fields, struct sein_dir_area);
const struct sein_schema sein_dir_broker_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, broker_fields, struct sein_dir_broker);
const struct sein_schema sein_dir_member_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, member_fields, struct sein_dir_member);
const struct sein_schema sein_dir_key_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, key_fields, struct sein_dir_key);
const struct sein_schema sein_dir_desk_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, desk_fields, struct sein_dir_desk);
const struct sein_schema sein_dir_role_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, role_fields, struct sein_dir_role);
const struct sein_schema sein_dir_circle_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, circle_fields, struct sein_dir_circle);
const struct sein_schema sein_dir_code_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, code_fields, struct sein_dir_code);
const struct sein_schema sein_dir_label_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, label_fields, struct sein_dir_label);
const struct sein_schema sein_dir_exception_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, exception_fields, struct sein_dir_exception);
const struct sein_schema sein_dir_epoch_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, epoch_fields, struct sein_dir_epoch);
const struct sein_schema sein_dir_link_pair_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, link_pair_fields, struct sein_dir_link_pair);
const struct sein_schema sein_dir_quota_exception_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_MAP, quota_exception_fields,
                struct sein_dir_quota_exception);
/* clang-format on */

#define ENDPOINT_SCHEME "tcp://"
#define PORT_MAX 65535U
#define PORT_DIGITS_MAX 5U

static bool
host_sign(uint8_t sign)
{
    return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') ||
           (sign >= '0' && sign <= '9') || sign == '-' || sign == '.' ||
           sign == '_';
}

/* A name or an IPv4 address; or an IPv6 address between brackets. */
static bool
host_ok(struct sein_slice host)
{
    bool six =
        host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';

    if (six)
        host = sein_slice_of(host.at + 1, host.len - 2);
    for (size_t i = 0; i < host.len; i++) {
        if (!host_sign(host.at[i]) && !(six && host.at[i] == ':'))
            return false;
    }
    return host.len > 0;
}

static bool
port_ok(struct sein_slice port)
{
    uint32_t number = 0;

    if (port.len == 0 || port.len > PORT_DIGITS_MAX || port.at[0] == '0')
        return false;
    for (size_t i = 0; i < port.len; i++) {
        if (port.at[i] < '0' || port.at[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(port.at[i] - '0');
    }
    return number <= PORT_MAX;
}

enum sein_err
sein_endpoint_check(struct sein_slice endpoint)
{
    size_t scheme = strlen(ENDPOINT_SCHEME);
    size_t colon = endpoint.len;

    if (endpoint.len > SEIN_ENDPOINT_MAX || endpoint.len < scheme ||
        memcmp(endpoint.at, ENDPOINT_SCHEME, scheme) != 0)
        return SEIN_EFORMAT;
    while (colon > scheme && endpoint.at[colon - 1] != ':')
        colon--;
    if (colon == scheme)
        return SEIN_EFORMAT;
    if (!host_ok(sein_slice_of(endpoint.at + scheme, colon - 1 - scheme)) ||
        !port_ok(sein_slice_of(endpoint.at + colon, endpoint.len - colon)))
        return SEIN_EFORMAT;
    return SEIN_OK;
}
