/*
 * The outbox: letters that are durable here and not yet proven durable at the
 * broker.
 *
 * A letter's content is stored first, in its row of the table letter.  It is
 * sealed when it is first sent, because only then the recipient's prekey is
 * known; the sealed bytes are stored before they leave, and the same bytes go
 * again until there is a verdict.  What cannot go says why in row.wait.
 *  1. A row in LETTER_QUEUED without sealed bytes was never sent.
 *  2. A letter id is used for one sealing only.
 * Threads: one thread per home; sealing itself uses one more.
 * Source: PROTOCOL.md sections 8, 10 and 15.
 */
#ifndef SEIN_CLIENT_LIB_OUTBOX_H
#define SEIN_CLIENT_LIB_OUTBOX_H

#include "client/lib/client.h"
#include "client/lib/letters.h"
#include "proto/blind/content/receipt.h"
#include "proto/trust/may.h"
#include "proto/trust/receipt.h"

/** A letter to be queued; views are borrowed. */
struct outbox_letter {
    uint64_t kind;
    struct sein_slice circle;
    struct sein_slice from;
    struct sein_slice to;
    struct sein_thread_id thread; /* zeros: it opens one */
    struct sein_slice content;
    struct sein_slice source_id;
    struct sein_letter_id replaces;
    struct sein_op_id operation;
};

/**
 * outbox_may - the table of PROTOCOL.md section 9, before anything is stored.
 *
 * Errors:  SEIN_ENOTJOINED; SEIN_EDESK of from; those of sein_may_route and
 *          sein_may_letter.
 */
SEIN_CHECKED enum sein_err outbox_may(struct sein_home *home, uint64_t kind,
                                      struct sein_slice from,
                                      struct sein_slice to,
                                      struct sein_slice circle,
                                      const struct sein_thread_id *thread);

/**
 * outbox_queue - store a letter; within a transaction of the caller.
 *
 * out_id   set to its letter id
 * Errors:  those of localdb.h.
 */
SEIN_CHECKED enum sein_err outbox_queue(struct sein_home *home,
                                        const struct outbox_letter *letter,
                                        int64_t now_ms,
                                        struct sein_letter_id *out_id);

/** outbox_queue_receipt - tell the sender of a letter what became of it. */
SEIN_CHECKED enum sein_err outbox_queue_receipt(struct sein_home *home,
                                                const struct letter_row *about,
                                                enum sein_receipt_status status,
                                                int64_t now_ms);

/** outbox_pump - seal and send what can go now. */
SEIN_CHECKED enum sein_err outbox_pump(struct client *client);

/** Within the transaction of a confirm: the broker took it, with proof; refused
 *  it; answered a withdrawal. */
SEIN_CHECKED enum sein_err outbox_take_accepted(struct client *client,
                                                const struct client_item *item,
                                                const struct sein_head *head,
                                                struct sein_slice receipt);
SEIN_CHECKED enum sein_err outbox_take_refused(struct client *client,
                                               const struct client_item *item,
                                               enum sein_err code,
                                               int64_t at_ms);
SEIN_CHECKED enum sein_err outbox_take_withdrawn(struct client *client,
                                                 const struct client_item *item,
                                                 enum sein_err code);

/** outbox_take_refusal - a whole request was answered with an error. */
SEIN_CHECKED enum sein_err outbox_take_refusal(struct client *client,
                                               struct client_request *request,
                                               enum sein_err code,
                                               int64_t at_ms);

/** outbox_renew - drop the sealed bytes of a row, and give it a new id
 *  so that it can be sealed anew; the journal links both.  Within a
 *  transaction. */
SEIN_CHECKED enum sein_err outbox_renew(struct sein_home *home,
                                        struct letter_row *row, int64_t now_ms);

/** outbox_is_sealed - whether a row has sealed bytes; _remove_sealed drops
 *  them. */
SEIN_CHECKED enum sein_err outbox_is_sealed(struct localdb *db, int64_t row,
                                            bool *out_sealed);
SEIN_CHECKED enum sein_err outbox_remove_sealed(struct localdb *db,
                                                int64_t row);

/** outbox_cancel - a queued letter that was never sent: the row is removed.
 *
 * Errors:  SEIN_EBUSY it was sealed already, so it may have been sent. */
SEIN_CHECKED enum sein_err outbox_cancel(struct sein_home *home,
                                         const struct letter_row *row);

#endif
