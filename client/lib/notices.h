/*
 * Notices: who else is involved with a household, one per desk, circle and
 * household, however many links and parties there are.
 *
 * Made anew from what is stored each time, so that a notice is updated and
 * never doubled.
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_NOTICES_H
#define SEIN_CLIENT_LIB_NOTICES_H

#include <jansson.h>

#include "client/lib/home.h"

/**
 * notices_list - an array of {circle, desk, letter_id, address, source_ids,
 * links: [{own, peer}], labels, matches: [{match_id, link, label, state}],
 * parties: [{desk, name, title, mandate, phone, hours, stand_in, contact,
 * label, links, state, since}], counts, state}.
 *
 * matches are those who are not known by name yet.  letter_id is the newest
 * signal of the household: what accept, decline and unlink are told.
 * out_list gives; json_decref
 * Errors:  those of localdb.h.
 * Cost:    linear in the meetings and their signals.
 */
SEIN_CHECKED enum sein_err notices_list(struct sein_home *home,
                                        json_t **out_list);

#endif
