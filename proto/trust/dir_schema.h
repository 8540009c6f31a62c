/*
 * The objects of a signed directory as plain structs with their schemas: what
 * directory.h reads and what the governance tool writes.
 *
 * Views borrow the directory's bytes.  Source: PROTOCOL.md section 6.
 */
#ifndef SEIN_PROTO_TRUST_DIR_SCHEMA_H
#define SEIN_PROTO_TRUST_DIR_SCHEMA_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/* What a desk may do in a circle; bits of sein_dir_role.roles. */
enum sein_role {
    SEIN_ROLE_SIGNAL = 1,
    SEIN_ROLE_INTRODUCED = 2,
    SEIN_ROLE_COORDINATE = 4,
    SEIN_ROLE_WATCH = 8,
    SEIN_ROLE_FEEDBACK = 16,
    SEIN_ROLE_AGGREGATE = 32,
    SEIN_ROLE_KEYHOLDER = 64,
    SEIN_ROLE_STEWARD = 128,
    SEIN_ROLE_ALL = 255,
};

/* What a presence's handle stands for; a set of them is a sum of bits. */
enum sein_link {
    SEIN_LINK_ADDRESS = 1,
    SEIN_LINK_PERSON = 2,
    SEIN_LINK_PARENT = 3,
    SEIN_LINK_NAME = 4,
};
#define SEIN_LINK_BIT(link) (UINT64_C(1) << ((link)-1U))
#define SEIN_LINKS_ALL UINT64_C(15)

enum sein_reveal {
    SEIN_REVEAL_NONE = 0,
    SEIN_REVEAL_DIRECT = 1,
    SEIN_REVEAL_MUTUAL = 2,
};

struct sein_dir_signed { /* array */
    struct sein_slice dir;
    struct sein_list signatures; /* of sein_dir_signature */
};

struct sein_dir_signature { /* array */
    uint8_t governor[SEIN_KEY_BYTES];
    uint8_t signature[SEIN_SIG_BYTES];
};

struct sein_dir_root { /* map, as are all below */
    struct sein_list brokers;
    struct sein_list circles;
    uint64_t expires;
    struct sein_slice governance; /* one sein_dir_governance */
    uint64_t issued;
    struct sein_list members;
    uint8_t prev[SEIN_HASH_BYTES];
    uint64_t v;
    uint64_t version;
};

struct sein_dir_governance {
    struct sein_list keys; /* of sein_dir_governor, ascending by pk */
    uint64_t threshold;
};

struct sein_dir_governor {
    struct sein_slice name;
    uint8_t pk[SEIN_KEY_BYTES];
};

struct sein_dir_area { /* four-digit postcodes, both ends included */
    uint64_t from;
    uint64_t to;
};

struct sein_dir_broker {
    struct sein_list areas;
    uint8_t curve[SEIN_KEY_BYTES];
    struct sein_slice endpoint;
    struct sein_slice name;
    struct sein_slice operator_oin; /* "operator" */
    uint8_t receipt[SEIN_KEY_BYTES];
    struct sein_slice supplier;
};

struct sein_dir_member {
    struct sein_list desks;
    struct sein_slice domain;
    struct sein_list keys;
    uint64_t left_at; /* 0: has not left */
    struct sein_slice name;
    struct sein_slice oin;
    struct sein_slice supplier;
};

struct sein_dir_key {
    uint64_t active_from;
    uint8_t curve[SEIN_KEY_BYTES];
    struct sein_list desks; /* of text, names without OIN; absent: all */
    struct sein_key_id key_id;
    uint64_t retired_at; /* 0: not */
    uint64_t revoked_at; /* 0: not */
    uint8_t sign[SEIN_KEY_BYTES];
};

struct sein_dir_desk {
    struct sein_list areas;
    struct sein_slice hours;
    struct sein_slice mandate;
    struct sein_slice name; /* without OIN */
    struct sein_slice phone;
    struct sein_list roles;     /* of sein_dir_role, ascending by circle */
    struct sein_slice stand_in; /* OIN/name */
    struct sein_slice title;
};

struct sein_dir_role {
    struct sein_slice circle;
    uint64_t links; /* SEIN_LINK_BITs it may use; 0: all */
    uint64_t roles; /* bits of enum sein_role */
};

struct sein_dir_circle {
    struct sein_slice basis;
    uint64_t basis_ends;
    uint64_t collect_days;       /* 0: SEIN_COLLECT_DAYS_DEFAULT */
    struct sein_list epochs;     /* of sein_dir_epoch, ascending */
    struct sein_list exceptions; /* of sein_dir_exception */
    struct sein_slice id;
    struct sein_list kinds;      /* of sein_dir_code, with arrears */
    struct sein_list labels;     /* of sein_dir_label, ascending by oin */
    struct sein_list link_pairs; /* of sein_dir_link_pair, ascending */
    struct sein_list outcomes;   /* of sein_dir_code, without arrears */
    struct sein_slice purpose;
    struct sein_list quota_exceptions; /* of sein_dir_quota_exception */
    uint64_t quota_per_day;            /* 0: SEIN_QUOTA_DEFAULT */
    struct sein_list regie_order;      /* of text: desks, first goes first */
    uint64_t regie_silence_days;       /* 0: silence never ends regie */
    uint64_t retention_days;
    uint64_t reveal; /* enum sein_reveal */
    struct sein_slice title;
};

struct sein_dir_code {
    bool arrears; /* kinds only: attestations are required */
    struct sein_slice code;
    struct sein_slice en;
    struct sein_slice nl;
};

struct sein_dir_label {
    struct sein_slice label;
    struct sein_slice oin;
};

struct sein_dir_exception {
    struct sein_slice label;
    struct sein_slice reason;
};

/** One key of a circle's keyholders, named before it is made. */
struct sein_dir_epoch {
    uint64_t epoch;
    uint64_t handle_version;
    struct sein_list holders; /* of text: desks, by ascending index from 1 */
    uint64_t match_until;
    uint64_t not_before;
    struct sein_slice pepper_check; /* SEIN_ID_BYTES; none: no pack yet */
    struct sein_slice record;       /* one epoch record; none: not made yet */
    struct sein_list signatures;    /* of SEIN_SIG_BYTES, by index */
    uint64_t t;
};

/** Presences with these links match, either way round; a <= b. */
struct sein_dir_link_pair {
    uint64_t a;
    uint64_t b;
};

struct sein_dir_quota_exception {
    uint64_t from;
    struct sein_slice oin;
    uint64_t per_day;
    uint64_t until;
};

extern const struct sein_schema sein_dir_signed_schema;
extern const struct sein_schema sein_dir_signature_schema;
extern const struct sein_schema sein_dir_root_schema;
extern const struct sein_schema sein_dir_governance_schema;
extern const struct sein_schema sein_dir_governor_schema;
extern const struct sein_schema sein_dir_area_schema;
extern const struct sein_schema sein_dir_broker_schema;
extern const struct sein_schema sein_dir_member_schema;
extern const struct sein_schema sein_dir_key_schema;
extern const struct sein_schema sein_dir_desk_schema;
extern const struct sein_schema sein_dir_role_schema;
extern const struct sein_schema sein_dir_circle_schema;
extern const struct sein_schema sein_dir_code_schema;
extern const struct sein_schema sein_dir_label_schema;
extern const struct sein_schema sein_dir_exception_schema;
extern const struct sein_schema sein_dir_epoch_schema;
extern const struct sein_schema sein_dir_link_pair_schema;
extern const struct sein_schema sein_dir_quota_exception_schema;

/**
 * sein_endpoint_check - tcp://host:port; a host is a name, an IPv4 address or
 * an IPv6 address in brackets.
 *
 * Errors:  SEIN_EFORMAT it is not written so.
 */
SEIN_CHECKED enum sein_err sein_endpoint_check(struct sein_slice endpoint);

#endif
