/*
 * Opening a home as a person does it: where it is, what unlocks it, and what is
 * said when it cannot be opened.
 */
#ifndef SEIN_CLIENT_CLI_ACCESS_H
#define SEIN_CLIENT_CLI_ACCESS_H

#include "client/cli/options.h"
#include "client/include/sein.h"

/** A passphrase is at most this long, with its NUL. */
#define ACCESS_PASSPHRASE_MAX 1024U
#define ACCESS_PATH_MAX 4096U

/**
 * Which home and what unlocks it.  access_deinit wipes the passphrase.
 * unlock's texts point into this struct, so it is not copied.
 */
struct access {
    char path[ACCESS_PATH_MAX];
    char key_file[ACCESS_PATH_MAX];
    char session[ACCESS_PATH_MAX];
    char passphrase[ACCESS_PASSPHRASE_MAX];
    struct sein_unlock unlock;
};

/**
 * access_find - path and way to unlock, from options and surroundings.
 *
 * The first that is there: --key-file, SEIN_KEY_FILE, --passphrase-file, the
 * service credential sein-key, the login's unlocked session.  With ask true and
 * none of these, a person at a terminal is asked for the passphrase.
 *
 * Returns CLI_OK, or an exit code after saying what is wrong.
 */
int access_find(const struct cli_context *context, bool ask, bool twice,
                struct access *out_unlock);
void access_deinit(struct access *unlock);

/** access_open - find, unlock and open; says what is wrong.  out_home gives:
 *  sein_home_close. */
int access_open(const struct cli_context *context, struct sein_home **out_home);

/** access_failed - say what a failing call of a home had to say; its exit code.
 */
int access_failed(const struct cli_context *context,
                  const struct sein_home *home, int error);

/**
 * access_sync - send and receive what waits, unless --offline.
 *
 * A broker that does not answer is said on context->err and gives its exit
 * code: what was sent is safe in the outbox.
 */
int access_sync(const struct cli_context *context, struct sein_home *home);

/** access_pairs - the options given as pairs for the library, at most max; they
 *  borrow argv.  Returns how many. */
size_t access_pairs(const struct cli_parsed *parsed,
                    struct sein_pair *out_pairs, size_t max);

/** access_print - a sein_visit that prints each document on a line of its own;
 *  context is the FILE. */
int access_print(void *context, const char *json);

#endif
