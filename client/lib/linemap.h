/*
 * Which source_id of a file stood on which line with which content: keyed
 * hashes only, so that 60,000 rows take 3 MB.
 *
 * Open addressing; grows by doubling; never shrinks.
 * Threads: one at a time per map.
 */
#ifndef SEIN_CLIENT_LIB_LINEMAP_H
#define SEIN_CLIENT_LIB_LINEMAP_H

#include "client/lib/localdb.h"

struct linemap_row {
    struct localdb_hash source;
    struct localdb_hash content;
    uint64_t line; /* 0: a free place */
};

/** Caller-allocated; all zero is an empty map. */
struct linemap {
    struct linemap_row *rows;
    size_t count;
    size_t max; /* a power of two, or 0 */
};

void linemap_deinit(struct linemap *map);

/**
 * linemap_add - remember a row, unless its source was there already.
 *
 * out_first  set to the row that stood first: this one, or the earlier one;
 *            valid until the next linemap_add
 * Errors:    SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err linemap_add(struct linemap *map,
                                       const struct linemap_row *row,
                                       const struct linemap_row **out_first);

#endif
