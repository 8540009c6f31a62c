/*
 * What a circle asks of a signal before it leaves the house: legal basis, code
 * list, attestations, roles, and the desk that it goes to.
 *
 * The rules are data of the signed directory; nothing here knows a circle by
 * name.  Fail closed: what the directory does not allow is refused.
 * Threads: safe.  Source: PROTOCOL.md sections 6 and 9.
 */
#ifndef SEIN_CLIENT_LIB_RULES_H
#define SEIN_CLIENT_LIB_RULES_H

#include "client/lib/signal_form.h"
#include "proto/trust/directory.h"

/** The two ends of a signal; both live as long as the directory. */
struct rules_route {
    const struct sein_desk *from;
    const struct sein_desk *to;
};

/**
 * rules_check_signal - judge a whole signal and find its route.
 *
 * key      of this home: its desks are those that may send; borrowed
 * form     as signal_form_read left it
 * out_field  set on an error to the static name of the column
 *
 * Errors:  SEIN_ECIRCLE; SEIN_ECIRCLEENDED; SEIN_ECODE the kind is not on the
 *          circle's list; SEIN_EROLE no desk of this home may signal there, or
 *          `to` may not coordinate; SEIN_ESHIELD; SEIN_EDESK; SEIN_ELEFT;
 *          SEIN_EREQUIRED neither `to` nor a postcode; SEIN_ENODESK; and those
 *          of sein_signal_check, SEIN_EATTEST among them.
 */
SEIN_CHECKED enum sein_err
rules_check_signal(const struct sein_directory *dir, const struct sein_key *key,
                   const struct signal_form *form, int64_t now_ms,
                   struct rules_route *out_route, const char **out_field);

/** rules_sender_desk - the first desk of this key with that role in a circle,
 *  NULL when there is none. */
const struct sein_desk *rules_sender_desk(const struct sein_key *key,
                                          struct sein_slice circle,
                                          enum sein_role role);

#endif
