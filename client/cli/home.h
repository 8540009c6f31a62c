/*
 * Opening a home as a person does it: where it is, what unlocks it, and what is
 * said when it cannot be opened.
 */
#ifndef SEIN_CLIENT_CLI_HOME_H
#define SEIN_CLIENT_CLI_HOME_H

#include "client/cli/options.h"
#include "client/include/sein.h"

/** A passphrase is at most this long, with its NUL. */
#define HOME_PASSPHRASE_MAX 1024U
#define HOME_PATH_MAX 4096U

/**
 * Which home and what unlocks it.  home_unlock_deinit wipes the passphrase.
 * unlock's texts point into this struct, so it is not copied.
 */
struct home_unlock {
    char path[HOME_PATH_MAX];
    char key_file[HOME_PATH_MAX];
    char session[HOME_PATH_MAX];
    char passphrase[HOME_PASSPHRASE_MAX];
    struct sein_unlock unlock;
};

/**
 * home_unlock_find - path and way to unlock, from options and surroundings.
 *
 * The first that is there: --key-file, SEIN_KEY_FILE, --passphrase-file, the
 * service credential sein-key, the login's unlocked session.  With ask true and
 * none of these, a person at a terminal is asked for the passphrase.
 *
 * Returns CLI_OK, or an exit code after saying what is wrong.
 */
int home_unlock_find(const struct cli_context *context, bool ask, bool twice,
                     struct home_unlock *out_unlock);
void home_unlock_deinit(struct home_unlock *unlock);

/** home_open - find, unlock and open; says what is wrong.  out_home gives:
 *  sein_home_close. */
int home_open(const struct cli_context *context, struct sein_home **out_home);

/** home_failed - say what a failing call of a home had to say; its exit code.
 */
int home_failed(const struct cli_context *context, const struct sein_home *home,
                int error);

/**
 * home_sync - send and receive what waits, unless --offline.
 *
 * A broker that does not answer is said on context->err and gives its exit
 * code: what was sent is safe in the outbox.
 */
int home_sync(const struct cli_context *context, struct sein_home *home);

/** home_pairs - the options given as pairs for the library, at most max; they
 *  borrow argv.  Returns how many. */
size_t home_pairs(const struct cli_parsed *parsed, struct sein_pair *out_pairs,
                  size_t max);

/** home_print - a sein_visit that prints each document on a line of its own;
 *  context is the FILE. */
int home_print(void *context, const char *json);

#endif
