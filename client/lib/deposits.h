/*
 * Deposits: ours as they are made, others' as they are judged.
 *
 * What the broker says about a household is believed only under the keys that
 * this home itself computed for it: a note, a whole deposit.  Nothing of what
 * fails here may be shown or answered (PROTOCOL.md section 17).
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_DEPOSITS_H
#define SEIN_CLIENT_LIB_DEPOSITS_H

#include "client/lib/home.h"
#include "client/lib/presences.h"
#include "proto/trust/presence.h"

/**
 * deposits_make - the deposit of a row that has its keys, for its presence_id,
 * under the key that this home acts with now; the row becomes READY.
 *
 * It lives as long as the circle keeps presences, at most to the end of the
 * epoch.  The row is not stored.
 * Errors:  SEIN_ENOTADMITTED; those of sein_may_presence, SEIN_EEPOCH among
 *          them; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err deposits_make(struct sein_home *home,
                                         struct presence *row, int64_t now_ms);

/**
 * deposits_renew - a new id and time for a row, which is stored; in an epoch
 * that is over it begins anew as WANTED.
 *
 * Errors:  those of localdb.h; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err deposits_renew(struct sein_home *home,
                                          struct presence *row, int64_t now_ms);

/**
 * deposits_check_note - what a mutual match shows of the other side.
 *
 * own      the row of the presence that the broker names
 * note     one encoded sein_deposit_note
 * out_note views borrow note
 *
 * Errors:  SEIN_EMAC not by somebody with the household's keys; SEIN_EDEPOSIT
 *          it is our own, of another circle or epoch, or has a label that
 *          the circle does not have; SEIN_EPRESENCELIFE its time is over;
 *          SEIN_ELINK it may not meet ours; else those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
deposits_check_note(const struct sein_directory *dir,
                    const struct presence *own, struct sein_slice note,
                    int64_t now_ms, struct sein_presence_note *out_note);

/**
 * deposits_check - a whole deposit of the other side.
 *
 * deposit  one encoded sein_deposit
 * out_view views borrow deposit
 *
 * Errors:  SEIN_EMAC; SEIN_EDEPOSIT, also for another label than the
 *          directory's; SEIN_EPRESENCELIFE; SEIN_ETIME it was made more than 2
 *          minutes ahead; SEIN_ESIG not signed for this tag; SEIN_EDIRNEWER it
 *          names a directory that we do not have yet; SEIN_EDIRROLLBACK another
 *          one of our version; SEIN_EKEY, SEIN_EDESK, SEIN_EDESKKEY,
 *          SEIN_ENOTYET, SEIN_ERETIRED, SEIN_ELEFT, SEIN_EREVOKED of its key;
 *          those of sein_may_match; else those of sein_presence_open.
 */
SEIN_CHECKED enum sein_err deposits_check(const struct sein_directory *dir,
                                          const struct presence *own,
                                          struct sein_slice deposit,
                                          int64_t now_ms,
                                          struct sein_presence_view *out_view);

/** deposits_label - the reveal label of a member in a circle; empty when the
 *  circle gives it none. */
struct sein_slice deposits_label(const struct sein_circle *circle,
                                 struct sein_slice oin);

#endif
