/*
 * Circle packs of a home: making one as a steward, taking one in, and having it
 * at hand for what makes tags.
 *
 *  1. A pack lies sealed in the home, one per circle and epoch, the newest that
 *     was taken in; it is believed anew each time it is used.
 * Threads: one thread per home.  Source: PROTOCOL.md section 20.
 */
#ifndef SEIN_CLIENT_LIB_PACKS_H
#define SEIN_CLIENT_LIB_PACKS_H

#include "client/lib/home.h"
#include "proto/blind/pack.h"

/** What a steward tells the governance of a pack. */
struct packs_made {
    struct sein_desk_name desk;
    uint8_t check[SEIN_ID_BYTES];
    size_t mark_count;
};

/**
 * packs_make - a pack with a new pepper, as a file of mode 0600.
 *
 * institutions  NULL, or a CSV file with columns of addresses: postcode,
 *          huisnummer, huisletter, huisnummertoevoeging, aanduiding
 * out_path must not be there yet: a pepper is not overwritten
 *
 * Errors:  SEIN_ENOTJOINED; SEIN_ECIRCLE; SEIN_EROLE no desk of this home is a
 *          steward of the circle; SEIN_ERANGE epoch, or too many institutions;
 *          SEIN_EEXIST; those of csv.h and of handles, with column and line;
 *          those of files.h.
 */
SEIN_CHECKED enum sein_err packs_make(struct sein_home *home,
                                      const char *circle, uint64_t epoch,
                                      const char *institutions,
                                      const char *out_path,
                                      struct packs_made *out_made);

/**
 * packs_take - keep a pack that was handed over.
 *
 * out_plain  gives: what out_pack's views point into; localdb_plain_free
 * Errors:  SEIN_ENOTJOINED; those of files.h; those of sein_pack_open.
 */
SEIN_CHECKED enum sein_err packs_take(struct sein_home *home, const char *path,
                                      struct localdb_plain *out_plain,
                                      struct sein_pack *out_pack);

/**
 * packs_get - the pack of a circle and epoch.
 *
 * Errors:  SEIN_ENOPACK there is none; SEIN_ENOTJOINED; those of
 *          sein_pack_open: it is not believed any more.
 */
SEIN_CHECKED enum sein_err packs_get(struct sein_home *home,
                                     struct sein_slice circle, uint64_t epoch,
                                     struct localdb_plain *out_plain,
                                     struct sein_pack *out_pack);

#endif
