/*
 * A directory as plain structs: what the folder says, or what a signed version
 * says, so that the two can be laid side by side.
 *
 * Texts are NUL-terminated and never NULL; "" is absent, as 0 is for numbers.
 * Everything lives in the arena that it was read into.
 *  1. In a model that model_read or model_decode gave, members ascend by oin,
 *     desks and circles by name, roles by circle, labels by oin, governors by
 *     pk, keys by key id, link pairs by a, then b, quotas by oin, epochs by
 *     number.
 */
#ifndef SEIN_CLIENT_GOVERN_MODEL_H
#define SEIN_CLIENT_GOVERN_MODEL_H

#include "client/govern/conf.h"
#include "proto/base/ids.h"
#include "proto/trust/dir_schema.h"
#include "proto/trust/identity.h"

struct model_area {
    uint64_t from;
    uint64_t to;
};

struct model_areas {
    struct model_area *items;
    size_t count;
};

struct model_role {
    const char *circle;
    uint64_t roles; /* bits of enum sein_role */
    uint64_t links; /* SEIN_LINK_BITs; 0: all */
};

struct model_desk {
    const char *name;
    const char *title;
    const char *mandate;
    const char *hours;
    const char *phone;
    const char *stand_in;
    struct model_areas areas;
    struct model_role *roles;
    size_t role_count;
    size_t line;
};

struct model_key {
    struct sein_public_key pk;
    const char **desks; /* names; none: all of the member */
    size_t desk_count;
    uint64_t active_from;
    uint64_t retired_at;
    uint64_t revoked_at;
    size_t line;
};

struct model_member {
    const char *oin;
    const char *name;
    const char *domain;
    const char *supplier;
    uint64_t left_at;
    struct model_key *keys;
    size_t key_count;
    struct model_desk *desks;
    size_t desk_count;
    const char *file; /* "" when it comes from a signed version */
};

struct model_broker {
    const char *name;
    const char *endpoint;
    const char *operator_oin;
    const char *supplier;
    uint8_t curve[SEIN_KEY_BYTES];
    uint8_t receipt[SEIN_KEY_BYTES];
    struct model_areas areas;
    const char *file;
};

struct model_code {
    const char *code;
    bool arrears;
    const char *nl;
    const char *en;
};

struct model_codes {
    struct model_code *items;
    size_t count;
};

/** A label of a member, or the reason of an exception. */
struct model_pair {
    const char *name;  /* oin, or label */
    const char *value; /* label, or reason */
    size_t line;
};

struct model_pairs {
    struct model_pair *items;
    size_t count;
};

/** Links that match; a <= b. */
struct model_link_pairs {
    struct sein_dir_link_pair items[SEIN_LINK_PAIRS_MAX];
    size_t count;
};

/** A quota of one member for a time. */
struct model_quota {
    const char *oin;
    uint64_t per_day;
    uint64_t from;
    uint64_t until;
    size_t line;
};

/** Full names of desks, in an order that counts. */
struct model_desks {
    const char **items;
    size_t count;
};

struct model_epoch {
    uint64_t number;
    uint64_t threshold;
    uint64_t handle_version;
    uint64_t not_before;
    uint64_t match_until;
    struct model_desks holders;
    struct sein_slice pepper_check; /* 16 bytes; none: not known yet */
    struct sein_slice record;       /* none: not made yet */
    struct sein_slice signatures;   /* SEIN_SIG_BYTES each, by index */
    size_t line;
};

/** What governs how members find each other in a circle. */
struct model_meeting {
    struct model_link_pairs link_pairs;
    uint64_t quota_per_day; /* 0: the default */
    struct model_quota *quotas;
    size_t quota_count;
    struct model_desks regie_order;
    uint64_t regie_silence_days; /* 0: never */
    struct model_epoch *epochs;
    size_t epoch_count;
};

struct model_circle {
    const char *id;
    const char *title;
    const char *purpose;
    const char *basis;
    uint64_t basis_ends;
    uint64_t retention_days;
    uint64_t collect_days; /* 0: the default */
    uint64_t reveal;       /* enum sein_reveal */
    struct model_codes kinds;
    struct model_codes outcomes;
    struct model_pairs labels;
    struct model_pairs exceptions;
    struct model_meeting meeting;
    const char *file;
};

struct model_governor {
    const char *name;
    uint8_t pk[SEIN_KEY_BYTES];
    size_t line;
};

struct model {
    uint64_t threshold;
    struct model_governor *governors;
    size_t governor_count;
    struct model_broker *brokers;
    size_t broker_count;
    struct model_member *members;
    size_t member_count;
    struct model_circle *circles;
    size_t circle_count;
    /* Of a signed version only. */
    uint64_t version;
    uint64_t issued;
    uint64_t expires;
};

/** What reading a file adds to; borrowed. */
struct model_reader {
    struct arena *arena;
    struct problems *problems;
    const struct conf *conf;
};

/* Each reads one file into the model; what is wrong becomes a problem.
 * stem is the file's name without .conf. */
void model_read_governance(const struct model_reader *reader,
                           struct model *model);
void model_read_broker(const struct model_reader *reader, struct model *model);
void model_read_member(const struct model_reader *reader, const char *stem,
                       struct model *model);
void model_read_circle(const struct model_reader *reader, const char *stem,
                       struct model *model);

/** model_read_meeting - of a circle's file, for model_read_circle. */
void model_read_meeting(const struct model_reader *reader,
                        struct model_meeting *out_meeting);

/** model_sort - into the orders of invariant 1, once all files are read. */
void model_sort(struct model *model);

/**
 * model_check - what a directory must be as a whole (PROTOCOL.md section 6),
 * each contradiction told with its file.
 */
void model_check(const struct model *model, struct problems *problems);

/** model_check_meeting - of one circle, for model_check. */
void model_check_meeting(const struct model *model,
                         const struct model_circle *circle,
                         struct problems *problems);

/**
 * model_encode - the canonical bytes of `dir`.
 *
 * prev       H of the version before; zeros for version 1
 * out_bytes  in the arena
 * Errors:    SEIN_ETOOLONG; SEIN_ENOMEM; those of sein_schema_encode.
 */
SEIN_CHECKED enum sein_err
model_encode(const struct model *model,
             const uint8_t prev[static SEIN_HASH_BYTES], struct arena *arena,
             struct sein_slice *out_bytes);

/**
 * model_decode - the same back, from bytes that sein_directory_read passed.
 *
 * Errors:  those of wire/schema.h; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err model_decode(struct sein_slice dir_bytes,
                                        struct arena *arena,
                                        struct model *out_model);

/** model_fingerprint - of the governance; governors are in order. */
void model_fingerprint(const struct model *model,
                       struct sein_hash *out_fingerprint);

const struct model_member *model_member(const struct model *model,
                                        const char *oin);
const struct model_circle *model_circle(const struct model *model,
                                        const char *id);
/** model_desk - of a full name OIN/name; NULL when absent. */
const struct model_desk *model_desk(const struct model *model,
                                    const char *desk);

/** model_member_of - whose desk that is, by the OIN in its full name. */
const struct model_member *model_member_of(const struct model *model,
                                           const char *desk);
const struct model_epoch *model_epoch(const struct model_circle *circle,
                                      uint64_t number);
/** model_roles_in - bits of enum sein_role; 0 without a role there. */
uint64_t model_roles_in(const struct model_desk *desk, const char *circle);

/** model_role_bit - 0 when there is no such role. */
uint64_t model_role_bit(struct sein_slice word);
/** model_role_text - "signal, feedback". */
const char *model_role_text(uint64_t roles, struct arena *arena);
/** model_link - the number of a link's word; 0 when there is no such link. */
uint64_t model_link(struct sein_slice word);
/** model_links_text - "address, parent", of SEIN_LINK_BITs. */
const char *model_links_text(uint64_t links, struct arena *arena);
/** model_link_pairs_text - "address-address, person-parent". */
const char *model_link_pairs_text(const struct model_link_pairs *pairs,
                                  struct arena *arena);
/** model_desks_text - "OIN/noord, OIN/zuid". */
const char *model_desks_text(const struct model_desks *desks,
                             struct arena *arena);
/** model_areas_text - "1500-1599, 1700-1799". */
const char *model_areas_text(const struct model_areas *areas,
                             struct arena *arena);

#endif
