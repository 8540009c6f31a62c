/*
 * A signed directory for tests: the demo's, as plain structs that a test may
 * alter before it is encoded and signed.
 *
 *     struct fixture_directory *demo = fixture_directory_new(FIXTURE_NOW_MS);
 *     struct sein_directory *dir = fixture_directory_open(demo);
 *     ... demo->members[FIXTURE_SCHOOL].keys[0].sign_secret signs as school ...
 *     sein_directory_free(&dir);
 *     fixture_directory_free(&demo);
 *
 * Members corporatie, energie, school, jeugdhulp and wijkteam, each with one
 * key; circles jeugd and schulden; one broker; three governors of whom two must
 * sign.  All keys come from fixed seeds, so two runs see the same bytes.
 * Nothing is put in order while encoding: what a test breaks stays broken.
 * sodium_init must have been called.  Not for programs: the keys are known.
 */
#ifndef SEIN_TESTS_SUPPORT_FIXTURE_DIRECTORY_H
#define SEIN_TESTS_SUPPORT_FIXTURE_DIRECTORY_H

#include "proto/trust/directory.h"

/** 2026-01-05 12:00 UTC, a Monday. */
#define FIXTURE_NOW_MS INT64_C(1767614400000)

#define FIXTURE_MEMBERS_MAX 32U
#define FIXTURE_KEYS_MAX 4U
#define FIXTURE_DESKS_MAX 5U
#define FIXTURE_ROLES_MAX 256U
#define FIXTURE_AREAS_MAX 256U
#define FIXTURE_CIRCLES_MAX 256U
#define FIXTURE_CODES_MAX 12U
#define FIXTURE_GOVERNORS_MAX 6U
#define FIXTURE_BROKERS_MAX 2U
#define FIXTURE_EPOCHS_MAX 3U

enum fixture_member_index {
    FIXTURE_CORPORATIE, /* desk incasso */
    FIXTURE_ENERGIE,    /* desk incasso */
    FIXTURE_SCHOOL,     /* desk zorgteam */
    FIXTURE_JEUGDHULP,  /* desk aanmelding */
    FIXTURE_WIJKTEAM,   /* desks noord (1500-1599) and zuid (1700-1799) */
    FIXTURE_MEMBER_COUNT,
};

enum fixture_circle_index {
    FIXTURE_JEUGD,
    FIXTURE_SCHULDEN,
    FIXTURE_CIRCLE_COUNT,
};

#define FIXTURE_OIN_CORPORATIE "00000099000000010000"
#define FIXTURE_OIN_ENERGIE "00000099000000020000"
#define FIXTURE_OIN_SCHOOL "00000099000000030000"
#define FIXTURE_OIN_JEUGDHULP "00000099000000040000"
#define FIXTURE_OIN_WIJKTEAM "00000099000000050000"
#define FIXTURE_OIN_OPERATOR "00000099000000060000"

#define FIXTURE_DESK_CORPORATIE FIXTURE_OIN_CORPORATIE "/incasso"
#define FIXTURE_DESK_ENERGIE FIXTURE_OIN_ENERGIE "/incasso"
#define FIXTURE_DESK_SCHOOL FIXTURE_OIN_SCHOOL "/zorgteam"
#define FIXTURE_DESK_JEUGDHULP FIXTURE_OIN_JEUGDHULP "/aanmelding"
#define FIXTURE_DESK_NOORD FIXTURE_OIN_WIJKTEAM "/noord"
#define FIXTURE_DESK_ZUID FIXTURE_OIN_WIJKTEAM "/zuid"

struct fixture_governor {
    const char *name;
    uint8_t pk[SEIN_KEY_BYTES];
    uint8_t secret[SEIN_SIGN_SECRET_BYTES];
};

struct fixture_broker {
    const char *endpoint;
    const char *name;
    const char *operator_oin;
    const char *supplier; /* NULL: absent */
    uint8_t curve[SEIN_KEY_BYTES];
    uint8_t curve_secret[SEIN_KEY_BYTES];
    uint8_t receipt[SEIN_KEY_BYTES];
    uint8_t receipt_secret[SEIN_SIGN_SECRET_BYTES];
};

struct fixture_key {
    struct sein_key_id key_id;
    uint8_t sign[SEIN_KEY_BYTES];
    uint8_t sign_secret[SEIN_SIGN_SECRET_BYTES];
    uint8_t curve[SEIN_KEY_BYTES];
    uint8_t curve_secret[SEIN_KEY_BYTES];
    uint64_t active_from;
    uint64_t retired_at;
    uint64_t revoked_at;
    const char *desks[FIXTURE_DESKS_MAX];
    size_t desk_count; /* 0: all desks */
};

struct fixture_role {
    const char *circle;
    uint64_t roles;
    uint64_t links; /* 0: absent, all of them */
};

struct fixture_desk {
    const char *name;
    const char *title;
    const char *phone;    /* NULL: absent, as the next three */
    const char *hours;    /* */
    const char *mandate;  /* */
    const char *stand_in; /* OIN/name */
    struct sein_dir_area areas[FIXTURE_AREAS_MAX];
    size_t area_count;
    struct fixture_role roles[FIXTURE_ROLES_MAX];
    size_t role_count;
};

struct fixture_member {
    const char *oin;
    const char *name;
    const char *domain;
    const char *supplier; /* NULL: absent */
    uint64_t left_at;
    struct fixture_key keys[FIXTURE_KEYS_MAX];
    size_t key_count;
    struct fixture_desk desks[FIXTURE_DESKS_MAX];
    size_t desk_count;
};

struct fixture_code {
    const char *code;
    bool arrears;
};

/** A label of a member, or an exception with its reason. */
struct fixture_label {
    const char *label;
    const char *other; /* the OIN, or the reason */
};

/** An epoch as it was named, and its record once that is made: see
 *  fixture_epoch.h. */
struct fixture_epoch {
    uint64_t epoch;
    uint64_t handle_version;
    uint64_t t;
    uint64_t not_before;
    uint64_t match_until;
    const char *holders[SEIN_HOLDERS_MAX];
    size_t holder_count;
    uint8_t pepper_check[SEIN_ID_BYTES + 1];
    size_t pepper_check_len; /* 0: absent */
    uint8_t record[SEIN_EPOCH_RECORD_MAX];
    size_t record_len; /* 0: not made */
    uint8_t signatures[SEIN_HOLDERS_MAX][SEIN_SIG_BYTES];
    size_t signature_count;
};

struct fixture_quota {
    uint64_t from;
    const char *oin;
    uint64_t per_day;
    uint64_t until;
};

struct fixture_circle {
    const char *id;
    const char *title;
    const char *purpose;
    const char *basis;
    uint64_t basis_ends;
    uint64_t collect_days;
    uint64_t retention_days;
    uint64_t reveal;
    struct fixture_code kinds[FIXTURE_CODES_MAX];
    size_t kind_count;
    struct fixture_code outcomes[FIXTURE_CODES_MAX];
    size_t outcome_count;
    struct fixture_label labels[FIXTURE_MEMBERS_MAX];
    size_t label_count;
    struct fixture_label exceptions[FIXTURE_CODES_MAX];
    size_t exception_count;
    struct fixture_epoch epochs[FIXTURE_EPOCHS_MAX];
    size_t epoch_count;
    struct sein_dir_link_pair link_pairs[SEIN_LINK_PAIRS_MAX];
    size_t link_pair_count;
    struct fixture_quota quotas[FIXTURE_CODES_MAX];
    size_t quota_count;
    uint64_t quota_per_day;
    const char *regie_order[FIXTURE_CODES_MAX];
    size_t regie_count;
    uint64_t regie_silence_days;
};

struct fixture_directory {
    uint64_t v;
    uint64_t version;
    uint8_t prev[SEIN_HASH_BYTES];
    uint64_t issued;
    uint64_t expires;
    uint64_t threshold;
    struct fixture_governor governors[FIXTURE_GOVERNORS_MAX];
    size_t governor_count;
    struct fixture_broker brokers[FIXTURE_BROKERS_MAX];
    size_t broker_count;
    struct fixture_circle circles[FIXTURE_CIRCLES_MAX];
    size_t circle_count;
    struct fixture_member members[FIXTURE_MEMBERS_MAX];
    size_t member_count;
};

/** Encoded bytes; free bytes.at with fixture_bytes_free. */
struct fixture_bytes {
    uint8_t *at;
    size_t len;
};

/** fixture_directory_new - the demo's directory, version 1, issued at now. */
struct fixture_directory *fixture_directory_new(int64_t now_ms);
void fixture_directory_free(struct fixture_directory **fixture);

/** fixture_key_make - a key from a seed of its own, active since for ever. */
void fixture_key_make(struct fixture_key *key, uint8_t seed);
void fixture_governor_make(struct fixture_governor *governor, const char *name,
                           uint8_t seed);
/** fixture_governors_sort - ascending by pk, as a directory wants them. */
void fixture_governors_sort(struct fixture_directory *fixture);

/**
 * fixture_member_add - one more member at the end, with one key and one desk
 * "loket" without roles.  oin must sort behind the others.
 */
struct fixture_member *fixture_member_add(struct fixture_directory *fixture,
                                          const char *oin, const char *name,
                                          uint8_t seed);

/** fixture_role_add - the desk gets these roles in that circle, as one more
 *  entry at the end. */
void fixture_role_add(struct fixture_desk *desk, const char *circle,
                      uint64_t roles);

/**
 * fixture_directory_encode - the signed directory, by all its governors or by
 * those given.
 *
 * Errors:  those of sein_schema_encode, when a test made a value that cannot be
 *          written.
 */
SEIN_CHECKED enum sein_err
fixture_directory_encode(const struct fixture_directory *fixture,
                         struct fixture_bytes *out_bytes);
SEIN_CHECKED enum sein_err
fixture_directory_encode_by(const struct fixture_directory *fixture,
                            const struct fixture_governor *signers,
                            size_t count, struct fixture_bytes *out_bytes);
void fixture_bytes_free(struct fixture_bytes *bytes);
struct sein_slice fixture_bytes_slice(const struct fixture_bytes *bytes);

/** fixture_directory_open - encoded, signed, read; stops the test when that
 *  fails.  Free with sein_directory_free. */
struct sein_directory *
fixture_directory_open(const struct fixture_directory *fixture);

/** fixture_directory_follow - make it the next version after dir. */
void fixture_directory_follow(struct fixture_directory *fixture,
                              const struct sein_directory *dir);

#endif
