/*
 * A home: the folder of one member's desks, open and locked.
 *
 *     lock      who has it now, as text; flock on it is the lock
 *     keystore  client/lib/keystore.h
 *     home.db   client/lib/localdb.h
 *
 * The other modules of libsein get the home and reach keys, database and
 * directory through it.
 *  1. The lock is held iff lock_fd >= 0; one process at a time has a home.
 *  2. dir is the newest directory that was accepted, NULL before the first.
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_HOME_H
#define SEIN_CLIENT_LIB_HOME_H

#include "client/include/sein.h"
#include "client/lib/keystore.h"
#include "client/lib/localdb.h"
#include "proto/trust/directory.h"

struct client;

#define HOME_ACTOR_MAX 128U
#define HOME_NAME_MAX 128U

/** Whose home it is. */
struct home_profile {
    struct sein_oin oin;
    char name[HOME_NAME_MAX + 1];
    char desks[SEIN_DESKS_MAX][SEIN_DESK_NAME_MAX + 1];
    size_t desk_count; /* 0: all desks of the member */
};

/** Where the broker is and whom to believe; from the invitation. */
struct home_trust {
    bool joined;
    char endpoint[256];
    uint8_t curve[SEIN_KEY_BYTES];
    struct sein_hash fingerprint;
};

struct sein_home {
    char *path;
    int lock_fd;
    struct keystore *keys;
    struct localdb *db;
    struct home_profile profile;
    struct home_trust trust;
    struct sein_directory *dir;
    struct client *client; /* NULL when not connected */
    char actor[HOME_ACTOR_MAX + 1];
    struct sein_problem problem;
};

/** home_note - remember what a failing call had to add.
 *
 * field    may be NULL; detail may be NULL; neither with household data
 * Returns err. */
enum sein_err home_note(struct sein_home *home, enum sein_err err,
                        const char *field, const char *detail);

/** home_create, home_open, home_close - as in sein.h; home_close wipes. */
SEIN_CHECKED enum sein_err home_create(const char *path,
                                       const struct home_profile *profile,
                                       const struct sein_unlock *unlock,
                                       struct sein_home **out_home);
SEIN_CHECKED enum sein_err home_open(const char *path,
                                     const struct sein_unlock *unlock,
                                     const char *actor,
                                     struct sein_home **out_home);
void home_close(struct sein_home **home);

/** home_save_trust - pin an invitation.  Errors: those of localdb.h. */
SEIN_CHECKED enum sein_err home_save_trust(struct sein_home *home,
                                           const struct home_trust *trust);

/**
 * home_key - the pair to act with now: the newest that the directory lists as
 * active; the newest of all before there is a directory.
 *
 * out_entry  may be NULL; the directory's entry of it, NULL when not listed
 */
const struct keystore_pair *home_key(const struct sein_home *home,
                                     int64_t now_ms,
                                     const struct sein_key **out_entry);

/**
 * home_desks - the desks that this home reads: those of its profile, or all
 * that its key may act for.
 *
 * out_desks  set to views that live as long as the directory
 * Errors:  SEIN_ENOTJOINED there is no directory; SEIN_ENOTADMITTED it does not
 *          list the key.
 */
SEIN_CHECKED enum sein_err
home_desks(const struct sein_home *home, int64_t now_ms,
           const struct sein_desk *out_desks[static SEIN_DESKS_MAX],
           size_t *out_count);

/** home_owns_desk - whether that desk is one of this home's member. */
bool home_owns_desk(const struct sein_home *home, struct sein_slice desk);

#endif
