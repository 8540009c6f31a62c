/*
 * One signal as it is handed in, to its verdict: new, the same again, a
 * correction, or refused.
 *
 * Threads: one thread per home.
 */
#ifndef SEIN_CLIENT_LIB_SUBMIT_H
#define SEIN_CLIENT_LIB_SUBMIT_H

#include <jansson.h>

#include "client/lib/home.h"
#include "client/lib/letters.h"
#include "client/lib/signal_form.h"

enum submit_verdict {
    SUBMIT_ACCEPTED,
    SUBMIT_DUPLICATE,
    SUBMIT_SUPERSEDED,
    SUBMIT_REJECTED,
};

struct submit_result {
    enum submit_verdict verdict;
    struct sein_letter_id letter_id; /* of the duplicate: the first one */
    struct sein_desk_name to;
    enum sein_err code;  /* why it was rejected */
    const char *field;   /* the column, NULL for none; static */
    uint64_t line;       /* 0: not of a file */
    uint64_t other_line; /* SEIN_ETWICE: where it stands first */
    bool queued;         /* accepted, and not yet proven at the broker */
};

/** Columns whose sealing decides nothing: what is the same content. */
struct submit_content {
    uint8_t *bytes; /* the encoded content; submit_free wipes it */
    size_t len;
    struct localdb_hash hash;
};

/**
 * submit_judge - everything that needs no database row: rules and content.
 *
 * form     as signal_form_read left it
 * out_route  the desks; live as long as the directory
 * Errors:  those of rules_check_signal, with out_field; SEIN_ENOMEM.
 */
struct rules_route;
SEIN_CHECKED enum sein_err
submit_judge(struct sein_home *home, const struct signal_form *form,
             int64_t now_ms, struct rules_route *out_route,
             struct submit_content *out_content, const char **out_field);
void submit_free(struct submit_content *content);

/**
 * submit_store - take a judged signal into the outbox; within a transaction.
 *
 * Rejected here: SEIN_EWITHDRAWN, SEIN_ECLOSED what stood under that source_id
 * was ended.  Errors: those of localdb.h.
 */
SEIN_CHECKED enum sein_err submit_store(struct sein_home *home,
                                        const struct signal_form *form,
                                        const struct rules_route *route,
                                        const struct submit_content *content,
                                        const struct sein_op_id *operation,
                                        int64_t now_ms,
                                        struct submit_result *out_result);

/** submit_doc - the verdict as a document; gives.
 *
 * letter   the stored letter, for its receipt; NULL when there is none */
json_t *submit_doc(struct sein_slice source_id, struct sein_slice circle,
                   const struct submit_result *result,
                   const struct letter_row *letter);

/** submit_receipt - the broker's receipt of a letter as a document; null when
 *  it has none yet. */
json_t *submit_receipt(const struct letter_row *row);

#endif
