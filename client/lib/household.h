/*
 * The inbox of a home, by household: what came in at all its desks, over all
 * the circles they are in, grouped by address.
 *
 * Grouping is local and literal: the same canonical address is one household.
 * A BSN that was seen at two addresses is told at both and never merges them.
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_HOUSEHOLD_H
#define SEIN_CLIENT_LIB_HOUSEHOLD_H

#include <jansson.h>

#include "client/lib/home.h"
#include "proto/blind/content/signal.h"

/** A canonical address, or "bsn:" with nine digits, with its NUL. */
#define HOUSEHOLD_KEY_BYTES (SEIN_HANDLE_MAX + 8U)

/** household_key - what signals of one household have in common; without an
 *  address a signal stands by itself, under its BSN. */
void household_key(const struct sein_signal *signal,
                   char out[static HOUSEHOLD_KEY_BYTES]);

/** household_is_about - whether letters of that kind name a household. */
bool household_is_about(uint64_t kind);

/**
 * household_inbox - the document of sein_inbox.
 *
 * out_doc  gives; json_decref
 * Errors:  those of localdb.h.
 */
SEIN_CHECKED enum sein_err household_inbox(struct sein_home *home,
                                           int64_t now_ms, json_t **out_doc);

#endif
