/*
 * The institutions of a circle pack, read from a file of addresses.
 *
 * Threads: one at a time.
 */
#ifndef SEIN_CLIENT_LIB_PACKS_MARKS_H
#define SEIN_CLIENT_LIB_PACKS_MARKS_H

#include "client/lib/home.h"
#include "proto/blind/pack.h"

/** Caller-allocated; all zero is an empty list. */
struct packs_marks {
    uint8_t (*at)[SEIN_ID_BYTES];
    size_t count; /* at most SEIN_PACK_MARKS_MAX */
};

void packs_marks_deinit(struct packs_marks *marks);

/**
 * packs_marks_read - the mark of each address in a CSV file.
 *
 * pepper   of the pack that they are for
 * out_marks  written as far as it came, also on an error
 *
 * Errors:  those of csv.h; SEIN_ECOLUMN a column that no address has;
 *          SEIN_ECOLUMNTWICE; SEIN_ENOCOLUMN postcode or huisnummer is
 *          missing; SEIN_EFIELDS another number of fields than columns; those
 *          of sein_handle_from_address; SEIN_ERANGE more than
 *          SEIN_PACK_MARKS_MAX.  The home's problem names column and line.
 */
SEIN_CHECKED enum sein_err
packs_marks_read(struct sein_home *home, const char *path,
                 const uint8_t pepper[static SEIN_PEPPER_BYTES],
                 struct packs_marks *out_marks);

#endif
