/*
 * The directories that a home has accepted: a chain, each version checked
 * against the one before, the newest in force.
 *
 *  1. home->dir only ever goes up by one accepted version, or from none to the
 *     first one that the invitation vouches for.
 * Threads: one thread per home.  Source: PROTOCOL.md section 6.
 */
#ifndef SEIN_CLIENT_LIB_DIRSTORE_H
#define SEIN_CLIENT_LIB_DIRSTORE_H

#include "client/lib/home.h"

/** dirstore_load - put the newest stored version in home->dir; none is fine.
 *
 * Errors:  SEIN_ETAMPERED; those of localdb.h. */
SEIN_CHECKED enum sein_err dirstore_load(struct sein_home *home);

/**
 * dirstore_accept - check, store and put in force the next version (or, without
 * one, the first).
 *
 * bytes    a whole signed directory; borrowed
 * Errors:  those of sein_directory_accept_first and _accept_next, after which
 *          home->dir is as it was; those of localdb.h; SEIN_ENOTJOINED.
 */
SEIN_CHECKED enum sein_err dirstore_accept(struct sein_home *home,
                                           struct sein_slice bytes,
                                           int64_t now_ms);

/** dirstore_desk_title - how people know a desk: its title and its member's
 *  name; empty views when the directory does not list it. */
void dirstore_desk_title(const struct sein_home *home, struct sein_slice desk,
                         struct sein_slice *out_title,
                         struct sein_slice *out_member);

#endif
