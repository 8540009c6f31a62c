/*
 * The content of a letter as a document for people.
 *
 * Household data: for the visitor of a home's own inbox only, never for events.
 * Threads: safe on distinct documents.
 */
#ifndef SEIN_CLIENT_LIB_CONTENT_DOC_H
#define SEIN_CLIENT_LIB_CONTENT_DOC_H

#include <jansson.h>

#include "client/lib/letters.h"
#include "proto/blind/content/signal.h"
#include "proto/trust/directory.h"

/** content_doc_address - the written address with its canonical form; null when
 *  there is none. */
json_t *content_doc_address(const struct sein_signal *signal);

/** content_doc_signal - put a signal's fields in doc, with the texts of its
 *  kind from the directory (dir may be NULL). */
void content_doc_signal(json_t *doc, const struct sein_directory *dir,
                        struct sein_slice circle,
                        const struct sein_signal *signal);

/** content_doc_sender - put who a letter is from in doc: name, desk, mandate,
 *  telephone, hours and stand-in as the directory has them. */
void content_doc_sender(json_t *doc, const struct sein_directory *dir,
                        struct sein_slice from);

/** content_doc_add - put the fields of any letter's content in doc; one that
 *  this version does not know says that a newer version made it. */
void content_doc_add(json_t *doc, const struct sein_directory *dir,
                     const struct letter_row *row);

#endif
