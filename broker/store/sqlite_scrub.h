/*
 * Cleaning a page of a SQLite database before it is written.
 *
 * secure_delete overwrites a row that is deleted, but when SQLite spreads rows
 * over neighbouring pages it leaves copies of those that moved in the unused
 * middle of a page.  A row deleted later is then still there once.
 */
#ifndef SEIN_BROKER_STORE_SQLITE_SCRUB_H
#define SEIN_BROKER_STORE_SQLITE_SCRUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * sqlite_scrub_page - zero what lies between the list of cells and the cells.
 *
 * page     changed in place, len bytes; what is no b-tree page, or is not
 *          sound, stays as it is
 * first    whether it is page 1, which starts with the file's header
 *
 * Threads: safe on distinct pages.
 * Source:  SQLite, Database File Format, section 1.6.  A page of another kind
 *          starts with a page number, whose first byte is below the smallest
 *          b-tree kind in a file of less than 512 GiB.
 */
void sqlite_scrub_page(uint8_t *page, size_t len, bool first);

#endif
