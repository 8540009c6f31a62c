/*
 * The signed directory: who takes part, and the rules for believing it.
 *
 * A struct sein_directory is one accepted version: its bytes, and an index over
 * them.  It never changes; a new version is a new object, swapped whole.
 *  1. A directory exists iff it is valid (PROTOCOL.md section 6).
 *  2. One made by _accept_first or _accept_next also carries enough signatures.
 *  3. Every view it gives out lives as long as the directory.
 * Looking up costs at most O(log n) or one hash; nothing here reads a clock.
 * Threads: read-only after making, so safe to share.
 */
#ifndef SEIN_PROTO_TRUST_DIRECTORY_H
#define SEIN_PROTO_TRUST_DIRECTORY_H

#include "proto/trust/dir_schema.h"

struct sein_directory;

/** A member's desk, with the member and its full OIN/name. */
struct sein_desk {
    struct sein_desk_name id; /* OIN/name */
    struct sein_dir_desk entry;
    const struct sein_member *member;
};

struct sein_key {
    struct sein_dir_key entry;
    const struct sein_member *member;
};

struct sein_member {
    struct sein_dir_member entry;
    const struct sein_key *keys;
    size_t key_count;
    const struct sein_desk *desks;
    size_t desk_count;
};

struct sein_circle {
    struct sein_dir_circle entry;
};

struct sein_broker {
    struct sein_dir_broker entry;
};

/* PROTOCOL.md section 6, "Key status". */
enum sein_key_status {
    SEIN_KEY_ACTIVE,
    SEIN_KEY_NOT_YET,
    SEIN_KEY_LEFT,
    SEIN_KEY_RETIRED,
    SEIN_KEY_REVOKED,
};

/**
 * sein_directory_read - decode and check a signed directory, signatures aside.
 *
 * bytes    borrowed; a whole signed directory; copied
 * out_dir  gives; free with sein_directory_free
 *
 * Errors:  SEIN_ETOOLONG more than SEIN_DIRECTORY_MAX; SEIN_EVERSION v is not
 * 1; SEIN_ELABEL a label covers too few members; SEIN_EAMBIGUOUS two
 *          coordinating desks cover one postcode; SEIN_EHOLDERS the holders of
 *          an epoch are not apart; SEIN_ERECORD an epoch record is not what the
 *          directory named; SEIN_EDIRINVALID any other contradiction;
 *          SEIN_ENOMEM; else those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err sein_directory_read(struct sein_slice bytes,
                                               struct sein_directory **out_dir);

/**
 * sein_directory_accept_first - what a joiner starts from.
 *
 * fingerprint  of the governance, from the invitation
 * Errors:  SEIN_EFINGERPRINT another governance; SEIN_EDIRTHRESHOLD too few
 *          valid signatures; SEIN_ESIG a signature by a governor that does not
 *          verify; SEIN_EDIREXPIRED; SEIN_ETIME issued more than 2 minutes
 *          ahead of now; else as sein_directory_read.
 */
SEIN_CHECKED enum sein_err
sein_directory_accept_first(struct sein_slice bytes,
                            const struct sein_hash *fingerprint, int64_t now_ms,
                            struct sein_directory **out_dir);

/**
 * sein_directory_accept_next - the version that follows on old.
 *
 * An expired version is accepted: it may be a link; ask _expired before use.
 * Errors:  SEIN_EEXIST the same version with the same bytes; SEIN_EDIRROLLBACK
 * a lower version, or the same version with other bytes; SEIN_EDIRCHAIN more
 * than one ahead, or prev is not old's hash; SEIN_EDIRTHRESHOLD too few of the
 * old or of the new governors; else as above.
 */
SEIN_CHECKED enum sein_err
sein_directory_accept_next(const struct sein_directory *old,
                           struct sein_slice bytes, int64_t now_ms,
                           struct sein_directory **out_dir);

void sein_directory_free(struct sein_directory **dir);

uint64_t sein_directory_version(const struct sein_directory *dir);
int64_t sein_directory_expires_at(const struct sein_directory *dir);
bool sein_directory_expired(const struct sein_directory *dir, int64_t now_ms);
const struct sein_dir_root *
sein_directory_root(const struct sein_directory *dir);
/** sein_directory_hash - H of the dir bytes: what letters carry as dir_hash. */
const struct sein_hash *sein_directory_hash(const struct sein_directory *dir);
/** sein_directory_bytes - the whole signed directory, as it was read. */
struct sein_slice sein_directory_bytes(const struct sein_directory *dir);
void sein_directory_fingerprint(const struct sein_directory *dir,
                                struct sein_hash *out_fingerprint);
/** sein_governance_fingerprint - of governors in ascending order of pk. */
void sein_governance_fingerprint(uint64_t threshold,
                                 const struct sein_dir_governor *governors,
                                 size_t count,
                                 struct sein_hash *out_fingerprint);

/** Finding: NULL when absent. */
const struct sein_key *sein_directory_key(const struct sein_directory *dir,
                                          const struct sein_key_id *key_id);
const struct sein_key *
sein_directory_key_by_curve(const struct sein_directory *dir,
                            const uint8_t curve[static SEIN_KEY_BYTES]);
const struct sein_member *
sein_directory_member(const struct sein_directory *dir, struct sein_slice oin);
const struct sein_desk *sein_directory_desk(const struct sein_directory *dir,
                                            struct sein_slice desk);
const struct sein_circle *
sein_directory_circle(const struct sein_directory *dir, struct sein_slice id);
const struct sein_broker *
sein_directory_broker_by_curve(const struct sein_directory *dir,
                               const uint8_t curve[static SEIN_KEY_BYTES]);

/** All of them, in the directory's order. */
const struct sein_member *
sein_directory_members(const struct sein_directory *dir, size_t *out_count);
const struct sein_circle *
sein_directory_circles(const struct sein_directory *dir, size_t *out_count);
const struct sein_broker *
sein_directory_brokers(const struct sein_directory *dir, size_t *out_count);

enum sein_key_status sein_key_status_at(const struct sein_key *key,
                                        int64_t at_ms);
/** sein_key_acts_for - whether the key may act for that desk, status aside. */
bool sein_key_acts_for(const struct sein_key *key,
                       const struct sein_desk *desk);

/** sein_desk_roles - bits of enum sein_role in that circle, 0 for none. */
uint64_t sein_desk_roles(const struct sein_desk *desk,
                         struct sein_slice circle);
/** sein_desk_links - SEIN_LINK_BITs that the desk may use in that circle, 0 for
 *  none; without a role there it may use none. */
uint64_t sein_desk_links(const struct sein_desk *desk,
                         struct sein_slice circle);

/** sein_circle_ended - whether its legal basis is over. */
bool sein_circle_ended(const struct sein_circle *circle, int64_t now_ms);
uint64_t sein_circle_collect_days(const struct sein_circle *circle);
/** sein_circle_kind, _outcome - false when the code is not on the list. */
bool sein_circle_kind(const struct sein_circle *circle, struct sein_slice code,
                      struct sein_dir_code *out_code);
bool sein_circle_outcome(const struct sein_circle *circle,
                         struct sein_slice code,
                         struct sein_dir_code *out_code);

/**
 * sein_circle_epoch - the entry of an epoch, made or only named.
 *
 * Returns false when the circle has none of that number.
 */
bool sein_circle_epoch(const struct sein_circle *circle, uint64_t epoch,
                       struct sein_dir_epoch *out_epoch);

/**
 * sein_circle_epoch_now - the epoch that new presences go under: the newest
 * that is open.
 *
 * Returns false when none is.
 */
bool sein_circle_epoch_now(const struct sein_circle *circle, int64_t now_ms,
                           struct sein_dir_epoch *out_epoch);

/** sein_epoch_open - whether its key is made and not_before <= now <
 *  match_until. */
bool sein_epoch_open(const struct sein_dir_epoch *epoch, int64_t now_ms);

/** sein_epoch_holder_index - from 1; 0 when the desk holds no share of it. */
uint64_t sein_epoch_holder_index(const struct sein_dir_epoch *epoch,
                                 struct sein_slice desk);
/** sein_epoch_holder_desk - the desk with that index; false when none has. */
bool sein_epoch_holder_desk(const struct sein_dir_epoch *epoch, uint64_t index,
                            struct sein_slice *out_desk);

/** sein_link_pair_can_meet - whether two links are about handles of one kind,
 *  so that they can have one tag: address with address, name with name, person
 *  and parent with either of the two. */
bool sein_link_pair_can_meet(uint64_t a, uint64_t b);

/** sein_circle_links_match - whether the circle lets presences with these two
 *  links meet, either way round; a circle without pairs lets none. */
bool sein_circle_links_match(const struct sein_circle *circle, uint64_t a,
                             uint64_t b);

/**
 * sein_circle_quota - handles a day that a member may have evaluated.
 *
 * Of the member's exceptions the first holds for which from <= now < until.
 * Returns SEIN_QUOTA_DEFAULT where the circle names nothing.
 */
uint64_t sein_circle_quota(const struct sein_circle *circle,
                           struct sein_slice oin, int64_t now_ms);

/**
 * sein_directory_desk_for - the coordinating desk that covers a postcode.
 *
 * postcode4  1000..9999
 * Errors:  SEIN_ECIRCLE no such circle; SEIN_ENODESK none covers it.
 */
SEIN_CHECKED enum sein_err
sein_directory_desk_for(const struct sein_directory *dir,
                        struct sein_slice circle, uint64_t postcode4,
                        const struct sein_desk **out_desk);

#endif
