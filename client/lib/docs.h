/*
 * Documents: what libsein tells, as JSON.
 *
 * Functions that make a document give it (json_decref), or NULL when memory is
 * out, which every user of a document takes for nothing to tell.  Events never
 * hold data about a household: they may end up in a log.
 * Threads: safe on distinct documents.
 */
#ifndef SEIN_CLIENT_LIB_DOCS_H
#define SEIN_CLIENT_LIB_DOCS_H

#include <jansson.h>

#include "client/include/sein.h"
#include "client/lib/letters.h"
#include "proto/trust/directory.h"
#include "proto/wire/msg_event.h"

/** docs_visit - write a document and give it to the visitor; borrows doc.
 *
 * Returns what the visitor returned; SEIN_ENOMEM it could not be written. */
int docs_visit(const json_t *doc, sein_visit *visit, void *context);

/* Values; each gives. */
json_t *docs_text(struct sein_slice text); /* null when empty */
json_t *docs_string(const char *text);
json_t *docs_id(const uint8_t bytes[static SEIN_ID_BYTES]);
/** docs_time - 2026-01-31T12:00:00.000Z; null for 0. */
json_t *docs_time(int64_t at_ms);
/** docs_problem - {"nl", "en"}: what is wrong (mend false) or what to do. */
json_t *docs_problem(enum sein_err err, bool mend);

/** docs_set - put a value under a name; takes value; NULL is left out. */
void docs_set(json_t *doc, const char *name, json_t *value);

/* Events of a connection: {"event": ..., ...}. */
json_t *docs_alarm(enum sein_err code, const char *about);
json_t *docs_connected(void); /* again, after it was down */
json_t *docs_clock(int64_t ahead_ms);
json_t *docs_refused(enum sein_err code, uint64_t at);
json_t *docs_directory(const struct sein_directory *dir);
json_t *docs_directory_refused(enum sein_err code);
json_t *docs_desk_unread(const char *desk, int64_t last_read_ms);
json_t *docs_waiting(enum sein_err code, const char *desk);
/** docs_tags_wait - presences of a circle cannot be made before at_ms. */
json_t *docs_tags_wait(enum sein_err code, const char *circle, int64_t at_ms);
json_t *docs_sent(const struct sein_letter_id *id, enum sein_err code);
json_t *docs_received(const struct letter_row *row);
json_t *docs_letter_refused(const struct sein_letter_id *id,
                            enum sein_err code);
json_t *docs_state(const struct letter_row *row);
json_t *docs_unread_event(const struct sein_event *event);

/** docs_kind_word - the word of a letter kind; "newer" when it is unknown. */
const char *docs_kind_word(uint64_t kind);

/** docs_marks - [{"state", "at"}, ...]. */
json_t *docs_marks(const struct letter_row *row);

#endif
