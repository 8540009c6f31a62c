/*
 * All that a keyholder has, open: folder, keys, records, directory, shares; and
 * what people do with it besides running.
 *
 *     lock             one program serves at a time
 *     keystore         client/lib/keystore.h
 *     records.db       client/keyholder/records.h
 *     share.*          client/keyholder/share_store.h
 *
 * Threads: one thread per house.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_HOUSE_H
#define SEIN_CLIENT_KEYHOLDER_HOUSE_H

#include "client/keyholder/conversation.h"
#include "client/keyholder/settings.h"
#include "proto/trust/line.h"

#define HOUSE_DETAIL_MAX 4096U

struct house {
    const struct settings *settings;
    int lock_fd; /* 0: not locked */
    struct sein_invitation invitation;
    struct keystore *keys;
    struct records *records;
    struct chain chain;
    struct holding *holding;
    char detail[HOUSE_DETAIL_MAX]; /* what a failure is about, for people */
};

/**
 * house_open - everything that running needs, locked; house_close closes it,
 * also after an error.
 *
 * settings keeps
 * out_house  zeros before
 * Errors:  SEIN_ELOCKED another program serves; SEIN_ENOHOME init was not run;
 *          those of files.h, keystore.h, records.h, line.h; detail says about
 *          what.
 */
SEIN_CHECKED enum sein_err house_open(const struct settings *settings,
                                      struct house *out_house);
void house_close(struct house *house);

/** house_converse - the machine that serves; conversation_free.  Errors:
 *  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err house_converse(struct house *house,
                                          conversation_tell *tell,
                                          void *context,
                                          struct conversation **out_machine);

/**
 * house_init - folder and keys that are not there yet; prints the join request
 * and the fingerprint to compare.
 */
SEIN_CHECKED enum sein_err house_init(const struct settings *settings,
                                      struct house *house, FILE *out);

/**
 * house_take_share - seal the share of a file of proto/blind/share.h.
 *
 * Also while another program serves: it is found at the next request.
 * Errors:  SEIN_ENOENT no such file; SEIN_ECONFIG others may read it; those of
 *          sein_share_decode; SEIN_ESHARE and those of share_store_check when
 *          the directory says what it is to be.
 */
SEIN_CHECKED enum sein_err house_take_share(const struct settings *settings,
                                            struct house *house,
                                            const char *path, FILE *out);

/**
 * house_audit - what was evaluated and never deposited, by member; also while
 * another program serves.
 *
 * from, to days as 2026-01-31; NULL: from the first, up to the day before
 *          yesterday, for the list of a day comes when the day is over
 * Errors:  SEIN_EDATE; SEIN_ENOENT there are no records; SEIN_ETAMPERED the log
 *          is not whole; those of records.h.
 */
SEIN_CHECKED enum sein_err house_audit(const struct settings *settings,
                                       struct house *house, const char *from,
                                       const char *to, FILE *out);

#endif
