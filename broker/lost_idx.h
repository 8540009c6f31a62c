/*
 * A broker whose idx.key is lost while its database holds presences: they
 * stand under a key that nobody has, so no tag finds them any more.
 *
 * Making another key is not mending: it would hide what is lost.
 * Threads: the only one, before a broker runs.
 */
#ifndef SEIN_BROKER_LOST_IDX_H
#define SEIN_BROKER_LOST_IDX_H

#include "broker/config.h"

/**
 * lost_idx_check - whether another key may be made in config->keys_dir.
 *
 * It may when the key is there, or when the database in config->store_dir is
 * not, or holds no presence.  With drop the presences are erased, with their
 * matches and with what waits because of them, so that it holds none.
 * What is wrong, or was erased, is printed on stderr.
 * Errors:  SEIN_ECONFIG presences would be lost; SEIN_EBUSY a broker is
 *          running; those of the store's open.
 */
SEIN_CHECKED enum sein_err lost_idx_check(const struct config *config,
                                          bool drop);

#endif
