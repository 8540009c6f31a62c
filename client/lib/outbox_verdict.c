/* What the broker answered about letters of ours. */
#include "client/lib/outbox.h"

#include <string.h>

#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "proto/blind/content/closing.h"
#include "proto/wire/schema.h"

#define CONTENT_BYTES 64U

/* ---- verdicts ---------------------------------------------------------------
 */

enum sein_err
outbox_take_accepted(struct client *client, const struct client_item *item,
                     const struct sein_head *head, struct sein_slice receipt)
{
    struct sein_home *home = client->home;
    struct letter letter = { 0 };
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = letters_get(home->db, item->row, &letter);

    if (err == SEIN_ENOENT)
        return outbox_remove_sealed(home->db, item->row);
    if (err != SEIN_OK)
        return err;
    if (letter.row.kind == SEIN_LETTER_RECEIPT) {
        err = letters_remove(home->db, item->row);
    } else {
        letter_leave_queue(&letter.row, now_ms);
        letter.row.wait = 0;
        letter.row.at = (uint64_t)now_ms;
        letter.row.item_hash = item->item_hash;
        letter.row.log_id = head->log_id;
        letter.row.head_seq = head->seq;
        letter.row.receipt = receipt;
        err = letters_update(home->db, &letter.row);
    }
    if (err == SEIN_OK)
        err = outbox_remove_sealed(home->db, item->row);
    /* A withdrawal that waited for this verdict can go now. */
    if (letter.row.state == LETTER_WITHDRAWING)
        client->withdraw_after = 0;
    letter_free(&letter);
    return err;
}

enum sein_err
outbox_take_refused(struct client *client, const struct client_item *item,
                    enum sein_err code, int64_t at_ms)
{
    struct sein_home *home = client->home;
    struct letter letter = { 0 };
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = letters_get(home->db, item->row, &letter);

    if (err == SEIN_ENOENT)
        return outbox_remove_sealed(home->db, item->row);
    if (err != SEIN_OK)
        return err;
    switch ((int)code) {
    case SEIN_EQUOTA:
    case SEIN_EBUSY:
        client->hold_until_ms = at_ms > now_ms ? at_ms : now_ms + SEIN_MS_PER_S;
        client->hold_reason = code;
        client->outgoing_after = 0;
        err = letters_set_wait(home->db, item->row, code);
        break;
    case SEIN_ELIFE:
    case SEIN_ETIME:
    case SEIN_ECONFLICT:
        /* Not under this id, ever: it begins anew. */
        err = outbox_renew(home, &letter.row, now_ms);
        if (err == SEIN_OK && code == SEIN_ETIME)
            err = letters_set_wait(home->db, item->row, code);
        if (item->row <= client->sealing_after && code != SEIN_ETIME)
            client->sealing_after = item->row - 1;
        break;
    default:
        if (letter.row.state == LETTER_WITHDRAWING) {
            letter_set_state(&letter.row, LETTER_WITHDRAWN, now_ms);
            letter.row.content = (struct sein_slice){ 0 };
            err = letters_update(home->db, &letter.row);
            if (err == SEIN_OK)
                err = outbox_remove_sealed(home->db, item->row);
            break;
        }
        /* The broker's directory is ahead of ours, or behind: tried again on
         * the next connection and with the next directory. */
        err = letters_set_wait(home->db, item->row, code);
        break;
    }
    letter_free(&letter);
    return err;
}

enum sein_err
outbox_take_refusal(struct client *client, struct client_request *request,
                    enum sein_err code, int64_t at_ms)
{
    int64_t now_ms = sein_clock_ms();

    client->hold_until_ms = at_ms > now_ms ? at_ms : now_ms + SEIN_MS_PER_S;
    client->hold_reason = code;
    client->outgoing_after = client->withdraw_after = 0;
    request->req = 0;
    client_tell(client, docs_waiting(code, ""));
    return SEIN_OK;
}

/* It was handed out already: the recipient is told by letter. */
static enum sein_err
queue_withdrawal_letter(struct sein_home *home, const struct letter_row *row,
                        int64_t now_ms)
{
    struct sein_ending content = { .at = (uint64_t)now_ms,
                                   .letter_id = row->letter_id,
                                   .reason = row->reason };
    struct outbox_letter letter = {
        .kind = SEIN_LETTER_WITHDRAWAL,
        .circle = row->circle,
        .from = row->from,
        .to = row->to,
        .thread = row->thread,
        .operation = row->operation,
    };
    struct sein_letter_id id;
    uint8_t bytes[SEIN_TEXT_MAX + CONTENT_BYTES];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    enum sein_err err = sein_schema_encode(&sein_ending_schema, &content, &out);

    if (err == SEIN_OK)
        err = sein_writer_done(&out, &letter.content);
    return err == SEIN_OK ? outbox_queue(home, &letter, now_ms, &id) : err;
}

enum sein_err
outbox_take_withdrawn(struct client *client, const struct client_item *item,
                      enum sein_err code)
{
    struct sein_home *home = client->home;
    struct letter letter = { 0 };
    int64_t now_ms = sein_clock_ms();
    bool collected = code == SEIN_EDELIVERED || code == SEIN_ENOENT;
    enum sein_err err = SEIN_OK;

    if (code != SEIN_OK && !collected)
        return SEIN_OK; /* asked again on the next connection */
    err = letters_get(home->db, item->row, &letter);
    if (err != SEIN_OK)
        return err == SEIN_ENOENT ? SEIN_OK : err;
    if (collected)
        err = queue_withdrawal_letter(home, &letter.row, now_ms);
    if (err == SEIN_OK) {
        letter_set_state(&letter.row, LETTER_WITHDRAWN, now_ms);
        /* The receipts of a letter that was handed out still name it. */
        letter.row.content = (struct sein_slice){ 0 };
        err = letters_update(home->db, &letter.row);
        client->scrub = true;
        client->sealing_after = 0;
    }
    letter_free(&letter);
    return err;
}
