/*
 * What the governance does, offline, on a folder of readable files: admit,
 * retire and revoke, and make the signed directory of it.
 *
 *   governance.conf   threshold, governors and their public keys
 *   brokers/NAME.conf, members/OIN.conf, circles/ID.conf
 *   draft/            the next version while signatures are gathered
 *   signed/000001.dir the signed versions: what a broker is given
 *
 * No secret key of a governor lies in the folder.
 *  1. An opened folder is a picture of its files and of the changes made since;
 *     the disk changes in govern_commit and govern_sign only.
 *  2. What a call reports as a problem names file, line, section and field, and
 *     says in Dutch and English what to do.
 * Threads: one at a time per opened folder; sodium_init must have been called.
 * Source:  PROTOCOL.md sections 6 and 14.
 */
#ifndef SEIN_CLIENT_GOVERN_GOVERN_H
#define SEIN_CLIENT_GOVERN_GOVERN_H

#include <stdbool.h>

#include "proto/base/ids.h"

struct govern;

/** Views live as long as the opened folder. */
struct govern_problem {
    enum sein_err err;
    const char *file;    /* within the folder; "" none */
    size_t line;         /* 0: the whole file */
    const char *section; /* "" none */
    const char *field;   /* "" none */
    const char *detail;  /* what stands there; "" nothing */
    const char *nl;      /* what is wrong; what to do */
    const char *en;
    bool whole; /* between files: a later change may solve it */
};

/** One difference: something came, went or has another value. */
struct govern_change {
    char op;             /* '+', '-', '~' */
    const char *kind;    /* "member", "desk", "key", "circle", ... */
    const char *kind_nl; /* "deelnemer", "loket", ... */
    const char *id;      /* "OIN/noord" */
    const char *field;   /* of '~'; "" else */
    const char *before;
    const char *after;
};

/** Eight groups of four hex digits. */
#define GOVERN_FINGERPRINT_BYTES 40U
/** 64 hex digits and a NUL. */
#define GOVERN_HEX_BYTES (2U * SEIN_HASH_BYTES + 1U)
#define GOVERN_PATH_MAX 4096U
/** An invitation with its NUL. */
#define GOVERN_LINE_BYTES 4096U
/** "2027-12-31T12:00:00.250Z" and a NUL. */
#define GOVERN_MOMENT_BYTES 25U

/**
 * govern_now - the time of the machine, in ms since 1970 UTC.
 *
 * A build for tests adds the ms in the file that SEIN_TEST_CLOCK names.
 * Errors:  SEIN_EIO; SEIN_EFORMAT that file holds no number.
 */
SEIN_CHECKED enum sein_err govern_now(int64_t *out_ms);

/** govern_moment - "2027-12-31" (its beginning in Amsterdam), a full UTC time,
 *  or "now".  Errors: SEIN_EDATE. */
SEIN_CHECKED enum sein_err govern_moment(const char *text, int64_t now_ms,
                                         int64_t *out_ms);
void govern_moment_text(int64_t ms, char out_text[static GOVERN_MOMENT_BYTES]);

/* ---- keys of governors ----------------------------------------------------
 */

/** A governor's key as its file holds it, less the secret. */
struct govern_key {
    char name[SEIN_NAME_MAX + 1];
    uint8_t pk[SEIN_KEY_BYTES];
};

/**
 * govern_keygen - make a governor's key in a file of its own (0600).
 *
 * Errors:  SEIN_EEXIST there is a file; SEIN_EFORMAT the name cannot stand in
 *          it; SEIN_EFULL; SEIN_EIO.
 */
SEIN_CHECKED enum sein_err govern_keygen(const char *path, const char *name,
                                         struct govern_key *out_key);
/** govern_key_read - its public part.
 *
 * Errors:  SEIN_ENOENT; SEIN_EIO; SEIN_ECONFIG it is no such file; SEIN_EKEY
 *          others may read it. */
SEIN_CHECKED enum sein_err govern_key_read(const char *path,
                                           struct govern_key *out_key);

/* ---- a folder -------------------------------------------------------------
 */

/**
 * govern_create - begin a folder with one governor.
 *
 * Errors:  SEIN_EEXIST there is a governance.conf; SEIN_ERANGE threshold is
 *          not 1..16; SEIN_EFORMAT the name cannot stand in a file; SEIN_EFULL;
 *          SEIN_EIO.
 */
SEIN_CHECKED enum sein_err govern_create(const char *path,
                                         const struct govern_key *governor,
                                         uint64_t threshold);

/**
 * govern_open - read all files and all signed versions.
 *
 * out_govern  gives; govern_close.  Problems in the files do not fail it.
 * Errors:     SEIN_ENOENT there is no governance.conf; SEIN_EIO; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err govern_open(const char *path, int64_t now_ms,
                                       struct govern **out_govern);
void govern_close(struct govern **govern);

/** govern_problems - what is wrong in the files and the changes so far. */
const struct govern_problem *govern_problems(const struct govern *govern,
                                             size_t *out_count);
/** govern_why - the last failing call's own problem; NULL: it has none. */
const struct govern_problem *govern_why(const struct govern *govern);

/**
 * govern_notes - what is allowed, and yet worth a look before signing: a key
 * that was taken out instead of retired, a legal basis that ended, postcodes of
 * a member that left, a circle's key under which nothing meets or that ends
 * soon.
 *
 * Errors:  as govern_changes.
 */
SEIN_CHECKED enum sein_err govern_notes(struct govern *govern,
                                        const struct govern_problem **out_notes,
                                        size_t *out_count);

/** govern_changes - from the last signed version to the folder with its
 *  changes, or from what the folder was when it was opened. */
enum govern_since { GOVERN_SINCE_SIGNED, GOVERN_SINCE_OPENED };
SEIN_CHECKED enum sein_err
govern_changes(struct govern *govern, enum govern_since since,
               const struct govern_change **out_changes, size_t *out_count);

/** govern_between - of two signed versions; 0 for `to`: the folder.
 *
 * Errors:  SEIN_ENOENT no such version; SEIN_ENOMEM; as govern_read. */
SEIN_CHECKED enum sein_err govern_between(struct govern *govern, uint64_t from,
                                          uint64_t to,
                                          const struct govern_change **out,
                                          size_t *out_count);

/** govern_contents - everything in a version (0: the folder) as fields: op is
 *  '+' for each thing, '~' for each of its fields, in `after`. */
SEIN_CHECKED enum sein_err
govern_contents(struct govern *govern, uint64_t version,
                const struct govern_change **out_contents, size_t *out_count);

/** govern_commit - write the changed files.
 *
 * Errors:  SEIN_EFULL; SEIN_EIO. */
SEIN_CHECKED enum sein_err govern_commit(struct govern *govern);
/** govern_files - the files that were changed; ends with NULL.  NULL: out of
 *  memory. */
const char *const *govern_files(struct govern *govern);

/* ---- changes --------------------------------------------------------------
 * All change the picture only.  Errors beside those named: SEIN_EFORMAT a text
 * cannot stand in a file; SEIN_ECONFIG the file concerned has problems;
 * SEIN_ENOMEM.  govern_why tells more. */

/** govern_set_governor - add one, or with replace give it another key.
 *
 * Errors:  SEIN_EEXIST. */
SEIN_CHECKED enum sein_err
govern_set_governor(struct govern *govern, const char *name,
                    const uint8_t pk[static SEIN_KEY_BYTES], bool replace);
/** govern_drop_governor - Errors: SEIN_ENOENT. */
SEIN_CHECKED enum sein_err govern_drop_governor(struct govern *govern,
                                                const char *name);
/** govern_set_threshold - Errors: SEIN_ERANGE more than there are governors. */
SEIN_CHECKED enum sein_err govern_set_threshold(struct govern *govern,
                                                uint64_t threshold);

/** govern_add_broker - from the line that the broker printed.
 *
 * Errors:  SEIN_EEXIST another with that name; those of sein_broker_line_read.
 */
SEIN_CHECKED enum sein_err govern_add_broker(struct govern *govern,
                                             const char *line, bool replace);

/** What to admit: NULL and 0 leave a thing as it is.  Borrowed. */
struct govern_desk {
    const char *name;
    const char *title;
    const char *mandate;
    const char *hours;
    const char *phone;
    const char *stand_in;
    const char *const *areas; /* "1500-1599" */
    size_t area_count;
    const char *const *roles; /* "schulden=signal,feedback" */
    size_t role_count;
    const char *const *links; /* "jeugd=address,parent" */
    size_t link_count;
};

struct govern_admission {
    const char *line; /* the join request */
    const char *name; /* NULL: as the request says */
    const char *domain;
    const char *supplier;
    int64_t active_from_ms; /* 0: when the folder was opened */
    const struct govern_desk *desks;
    size_t desk_count;
    const struct govern_desk *every; /* what all its desks get; may be NULL */
    const char *const *labels;       /* "jeugd=zorg" */
    size_t label_count;
    bool rotate; /* retire what the new key replaces */
    int64_t retire_at_ms;
    const struct sein_key_id *old; /* with rotate: only this one; may be NULL */
};

/** What a request says, for people to compare. */
struct govern_request {
    struct sein_oin oin;
    char name[SEIN_NAME_MAX + 1];
    struct sein_key_id key_id;
    char fingerprint[GOVERN_FINGERPRINT_BYTES];
    int64_t at_ms;
    bool known; /* there is such a member already */
};

/** govern_request_read - verify and read a join request.
 *
 * Errors:  those of sein_join_read. */
SEIN_CHECKED enum sein_err
govern_request_read(struct govern *govern, const char *line,
                    struct govern_request *out_request);
/** govern_fingerprint_equal - as people type it: spaces and case ignored. */
bool govern_fingerprint_equal(const char *typed, const char *fingerprint);

/**
 * govern_admit - a new member, or a further key of one that is there.
 *
 * Errors:  SEIN_EEXIST the key is there already; SEIN_EREVOKED it was revoked;
 *          SEIN_EREQUIRED domain or desk is missing for a new member;
 * SEIN_ECODE desk name or domain; SEIN_ECIRCLE; SEIN_EROLE; SEIN_ERANGE area;
 *          SEIN_EMEMBER rotate for one that is not there; those of
 *          sein_join_read.
 */
SEIN_CHECKED enum sein_err
govern_admit(struct govern *govern, const struct govern_admission *admission);

/** govern_leave - Errors: SEIN_EMEMBER; SEIN_ELEFT it has left already. */
SEIN_CHECKED enum sein_err govern_leave(struct govern *govern, const char *oin,
                                        int64_t at_ms);
/**
 * govern_end_key - retire or revoke.
 *
 * key       hex of the key id, at least 8 digits that fit one key only; spaces
 *           are ignored
 * out_id    which one it is
 * Errors:   SEIN_EKEY none fits, or more than one; SEIN_EREVOKED, SEIN_ERETIRED
 *           it is so already (a retired key can be revoked).
 */
enum govern_end { GOVERN_RETIRE, GOVERN_REVOKE };
SEIN_CHECKED enum sein_err govern_end_key(struct govern *govern,
                                          const char *key, enum govern_end end,
                                          int64_t at_ms,
                                          struct sein_key_id *out_id);

/** A circle's rules; NULL leaves one as it is, "" removes it.  Borrowed. */
struct govern_circle {
    const char *id;
    const char *title;
    const char *purpose;
    const char *basis;
    const char *basis_ends;
    const char *retention_days;
    const char *collect_days;
    const char *reveal;
    const char *const *kinds; /* "huur=arrears|Huur|Rent" */
    size_t kind_count;
    const char *const *outcomes; /* "contact=Contact|Contact" */
    size_t outcome_count;
    const char *const *labels; /* "OIN=zorg" */
    size_t label_count;
    const char *const *exceptions; /* "zorg=reason" */
    size_t exception_count;
    const char *link_pairs; /* "address-address, person-parent" */
    const char *quota_per_day;
    const char *const *quotas; /* "OIN=900|2027-03-01|2027-03-31" */
    size_t quota_count;
    const char *regie_order; /* "OIN/noord, OIN/zuid" */
    const char *regie_silence_days;
    const char *from; /* a file whose text the circle begins with */
};

/** govern_set_circle - make or change one.
 *
 * Errors:  SEIN_ECIRCLE its id is not written so; SEIN_EEXIST from, and there
 *          is one; SEIN_ENOENT no such file. */
SEIN_CHECKED enum sein_err govern_set_circle(struct govern *govern,
                                             const struct govern_circle *rules);
bool govern_has_circle(const struct govern *govern, const char *id);

/** A key of a circle's keyholders, named before they make it; NULL leaves a
 *  thing as it is.  Borrowed. */
struct govern_epoch {
    const char *circle;
    uint64_t number;
    const char *threshold;
    const char *holders; /* "OIN/noord, OIN/zuid", by index from 1 */
    const char *not_before;
    const char *match_until; /* a day counts whole */
};

/**
 * govern_name_epoch - name one, or name it otherwise while it is not made.
 *
 * Every holder gets role keyholder in the circle.
 * Errors:  SEIN_ECIRCLE; SEIN_EDESK a holder is no desk of this directory;
 *          SEIN_EREQUIRED a new one lacks something; SEIN_EEXIST its record is
 *          there already; SEIN_ERANGE its number.
 */
SEIN_CHECKED enum sein_err govern_name_epoch(struct govern *govern,
                                             const struct govern_epoch *epoch);

/**
 * govern_set_pepper - what a member's circle pack must answer to.
 *
 * check    32 hex digits, from who made the pack
 * Errors:  SEIN_ECIRCLE; SEIN_ENOENT it is not named; SEIN_EFORMAT.
 */
SEIN_CHECKED enum sein_err govern_set_pepper(struct govern *govern,
                                             const char *circle,
                                             uint64_t number,
                                             const char *check);

/**
 * govern_take_record - the record that all holders of an epoch signed.
 *
 * path     of a file with its one line
 * Errors:  SEIN_ENOENT no such file, or the directory names no such epoch;
 *          SEIN_EIO; SEIN_ECIRCLE; SEIN_EEXIST it has another record;
 *          the folder's first problem, when it has any; those of
 *          sein_epoch_line_read, sein_directory_read and sein_epoch_check.
 */
SEIN_CHECKED enum sein_err govern_take_record(struct govern *govern,
                                              const char *path);

/* ---- inviting and signing -------------------------------------------------
 */

/** govern_fingerprint - of the governance that the newest version has, or of
 *  the folder's when nothing is signed: what a broker's operator pins (hex),
 *  and people compare by telephone (groups).
 *
 * Errors:  the newest version cannot be read. */
SEIN_CHECKED enum sein_err
govern_fingerprint(struct govern *govern, char out_hex[static GOVERN_HEX_BYTES],
                   char out_groups[static GOVERN_FINGERPRINT_BYTES]);

/**
 * govern_invite - the line that a new member pins its trust on.
 *
 * broker           a name, or NULL when there is only one
 * out_fingerprint  of the governance, to compare by telephone
 * Errors:  SEIN_ENOENT no such broker; SEIN_EAMBIGUOUS there are several; the
 *          newest version cannot be read.
 */
SEIN_CHECKED enum sein_err
govern_invite(struct govern *govern, const char *broker,
              char out_line[static GOVERN_LINE_BYTES],
              char out_fingerprint[static GOVERN_FINGERPRINT_BYTES]);

/** How a folder and its signed versions stand. */
struct govern_state {
    uint64_t version; /* newest signed; 0 none */
    int64_t issued_at_ms;
    int64_t expires_at_ms;
    int64_t days_left; /* below 0: expired */
    uint64_t threshold;
    size_t governor_count;
    char fingerprint[GOVERN_FINGERPRINT_BYTES]; /* of the newest, else folder */
    char first_fingerprint[GOVERN_FINGERPRINT_BYTES]; /* of version 1 */
    struct sein_hash hash;                            /* of the newest */
    uint64_t draft_version;                           /* 0 none */
    char path[GOVERN_PATH_MAX]; /* of the newest; "" none */
};

/**
 * govern_verify - check the chain of signed versions from the first.
 *
 * Expired is no error here: days_left tells it.
 * Errors:  SEIN_ENOENT nothing is signed yet; SEIN_EDIRCHAIN a version is
 *          missing; those of sein_directory_accept_next.
 */
SEIN_CHECKED enum sein_err govern_verify(struct govern *govern,
                                         struct govern_state *out_state);

struct govern_signing {
    const char *key_file; /* NULL: only make the draft */
    const char *detached; /* NULL: the signature goes into draft/ */
    uint64_t days;        /* 1..45 */
    bool fresh;           /* a new draft, whatever was signed of the old one */
};

/** What is signed and what lacks. */
struct govern_signed {
    uint64_t version;
    int64_t expires_at_ms;
    struct sein_hash hash;
    size_t old_have, old_need; /* 0, 0 for version 1 */
    size_t new_have, new_need;
    bool complete;
    bool drafted;               /* a new draft was made */
    char path[GOVERN_PATH_MAX]; /* the signed version, or the draft */
};

/**
 * govern_sign - make the next version, or put one more signature under it.
 *
 * Errors:  SEIN_EDIRINVALID and others: there are problems; SEIN_EKEY the key
 *          is no governor's, or others may read its file; SEIN_EEXIST it signed
 *          already; SEIN_EDIRNEWER detached, and the draft is not what the
 *          folder says; SEIN_ENOENT detached, and there is no draft;
 *          SEIN_ERANGE days; SEIN_ETIME the clock is before the last version;
 *          SEIN_EDIREXPIRED detached, and the draft's time is over; those of
 *          govern_verify; SEIN_EFULL; SEIN_EIO.
 */
SEIN_CHECKED enum sein_err govern_sign(struct govern *govern,
                                       const struct govern_signing *signing,
                                       struct govern_signed *out_signed);

/**
 * govern_gather - take in a signature that was made elsewhere.
 *
 * dry      only check it: nothing is written
 * Errors:  SEIN_ENOENT no such file or no draft; SEIN_ECONFIG it is no
 *          signature; SEIN_EDIRCHAIN it is under another draft; SEIN_ESIG;
 *          SEIN_EDIREXPIRED the draft's time is over;
 *          SEIN_EKEY not of a governor; SEIN_EEXIST.
 */
SEIN_CHECKED enum sein_err govern_gather(struct govern *govern,
                                         const char *path, bool dry,
                                         struct govern_signed *out_signed);

#endif
