#include "client/lib/submit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/docs.h"
#include "client/lib/ending.h"
#include "client/lib/journal.h"
#include "client/lib/outbox.h"
#include "client/lib/presences_want.h"
#include "client/lib/rules.h"
#include "client/lib/sources.h"
#include "proto/wire/msg_confirm.h"

/* The texts of a signal have bounds of their own; this holds all of them. */
#define SIGNAL_BYTES_MAX 16384U

/* ---- judging ----------------------------------------------------------------
 */

static enum sein_err
encode(const struct sein_signal *signal, struct submit_content *out)
{
    uint8_t *bytes = malloc(SIGNAL_BYTES_MAX);
    struct sein_writer writer = sein_writer_of(bytes, SIGNAL_BYTES_MAX);
    struct sein_slice view = { 0 };
    enum sein_err err = SEIN_ENOMEM;

    if (bytes == NULL)
        return err;
    err = sein_schema_encode(&sein_signal_schema, signal, &writer);
    if (err == SEIN_OK)
        err = sein_writer_done(&writer, &view);
    if (err != SEIN_OK) {
        free(bytes);
        return err;
    }
    out->bytes = bytes;
    out->len = view.len;
    return SEIN_OK;
}

void
submit_free(struct submit_content *content)
{
    if (content->bytes == NULL)
        return;
    sodium_memzero(content->bytes, content->len);
    free(content->bytes);
    *content = (struct submit_content){ 0 };
}

enum sein_err
submit_judge(struct sein_home *home, const struct signal_form *form,
             int64_t now_ms, struct rules_route *out_route,
             struct submit_content *out_content, const char **out_field)
{
    const struct sein_key *key = NULL;
    enum sein_err err = SEIN_OK;

    (void)home_key(home, now_ms, &key);
    if (key == NULL)
        return SEIN_ENOTADMITTED;
    err =
        rules_check_signal(home->dir, key, form, now_ms, out_route, out_field);
    if (err != SEIN_OK)
        return err;
    *out_field = NULL;
    err = encode(&form->signal, out_content);
    if (err != SEIN_OK)
        return err;
    /* A desk that is named is part of what was said; one that the postcode
     * leads to may change with the directory. */
    localdb_hash_of(home->db, "content",
                    sein_slice_of(out_content->bytes, out_content->len),
                    form->to, &out_content->hash);
    return SEIN_OK;
}

/* ---- storing ----------------------------------------------------------------
 */

/* What a store works on. */
struct store {
    struct sein_home *home;
    const struct signal_form *form;
    const struct rules_route *route;
    const struct submit_content *content;
    const struct sein_op_id *operation;
    int64_t now_ms;
};

static enum sein_err
log_sent(const struct store *store, const struct sein_letter_id *id,
         const char *action)
{
    struct journal_entry entry = {
        .at_ms = store->now_ms,
        .operation = *store->operation,
        .action = sein_slice_text(action),
        .letter_id = *id,
        .circle = sein_slice_text(store->form->circle.text),
        .from = sein_slice_text(store->route->from->id.text),
        .to = sein_slice_text(store->route->to->id.text),
    };

    journal_handles_of(store->home->db, &store->form->signal, &entry.handles);
    return journal_add(store->home->db, &entry);
}

static enum sein_err
queue(const struct store *store, const struct letter_row *former,
      struct sein_slice content, struct sein_letter_id *out_id)
{
    struct outbox_letter letter = {
        .kind = former == NULL ? SEIN_LETTER_SIGNAL : SEIN_LETTER_CORRECTION,
        .circle = sein_slice_text(store->form->circle.text),
        .from = sein_slice_text(store->route->from->id.text),
        .to = sein_slice_text(store->route->to->id.text),
        .content = content,
        .source_id = store->form->signal.source_id,
        .operation = *store->operation,
    };

    if (former != NULL) {
        letter.thread = former->thread;
        letter.replaces = former->letter_id;
    }
    return outbox_queue(store->home, &letter, store->now_ms, out_id);
}

static enum sein_err
queue_new(const struct store *store, struct sein_letter_id *out_id)
{
    enum sein_err err = queue(
        store, NULL, sein_slice_of(store->content->bytes, store->content->len),
        out_id);

    return err == SEIN_OK ? log_sent(store, out_id, "send") : err;
}

static enum sein_err
queue_correction(const struct store *store, struct letter_row *former,
                 struct sein_letter_id *out_id)
{
    struct sein_signal signal = store->form->signal;
    struct submit_content content = { 0 };
    enum sein_err err = SEIN_OK;

    signal.replaces = former->letter_id;
    err = encode(&signal, &content);
    if (err == SEIN_OK)
        err = queue(store, former, sein_slice_of(content.bytes, content.len),
                    out_id);
    submit_free(&content);
    if (err != SEIN_OK)
        return err;
    former->replaced_by = *out_id;
    letter_note(former, LETTER_SUPERSEDED, store->now_ms);
    err = letters_update(store->home->db, former);
    return err == SEIN_OK ? log_sent(store, out_id, "correct") : err;
}

static bool
same_desks(const struct store *store, const struct letter_row *former)
{
    return sein_slice_is(former->from, store->route->from->id.text) &&
           sein_slice_is(former->to, store->route->to->id.text);
}

/* The household of a signal of ours, where the circle lets members meet around
 * it; what another signal of it made is shared. */
static enum sein_err
want_presences(const struct store *store, const struct sein_letter_id *id)
{
    struct presences_wish wish = {
        .circle = sein_slice_text(store->form->circle.text),
        .desk = sein_slice_text(store->route->from->id.text),
        .signal = &store->form->signal,
    };
    struct letter letter = { 0 };
    enum sein_err err = letters_find(store->home->db, id, LETTER_SENT, &letter);

    if (err != SEIN_OK)
        return err;
    wish.thread = letter.row.thread; /* a correction's is the signal's */
    letter_free(&letter);
    return presences_want(store->home, &wish);
}

/* Other content under a number that was used: a correction where the signal
 * still stands, a new signal where it never arrived or goes elsewhere now. */
static enum sein_err
supersede(const struct store *store, struct letter_row *former,
          struct submit_result *result)
{
    enum sein_err err = SEIN_OK;

    switch (former->state) {
    case LETTER_WITHDRAWING:
    case LETTER_WITHDRAWN:
    case LETTER_ERASED:
        result->code = SEIN_EWITHDRAWN;
        break;
    default:
        if (letter_has_mark(former, LETTER_CLOSED))
            result->code = SEIN_ECLOSED;
        break;
    }
    if (result->code != SEIN_OK) {
        result->verdict = SUBMIT_REJECTED;
        result->field = "source_id";
        return SEIN_OK;
    }
    result->verdict = SUBMIT_SUPERSEDED;
    result->queued = true;
    if (same_desks(store, former) && former->state != LETTER_REFUSED &&
        former->state != LETTER_NOT_COLLECTED)
        return queue_correction(store, former, &result->letter_id);
    err = queue_new(store, &result->letter_id);
    if (err == SEIN_OK && !same_desks(store, former))
        err = ending_withdraw_thread(store->home, &former->thread,
                                     sein_slice_text("goes to another desk"),
                                     store->now_ms);
    return err;
}

static enum sein_err
store_again(const struct store *store, struct source *source,
            struct submit_result *result)
{
    struct letter former = { 0 };
    enum sein_err err =
        letters_find(store->home->db, &source->latest, LETTER_SENT, &former);

    if (err == SEIN_ENOENT) {
        result->verdict = SUBMIT_ACCEPTED;
        result->queued = true;
        err = queue_new(store, &result->letter_id);
        source->first = result->letter_id;
        return err;
    }
    if (err != SEIN_OK)
        return err;
    if (memcmp(source->content.bytes, store->content->hash.bytes,
               sizeof source->content.bytes) == 0) {
        result->verdict = SUBMIT_DUPLICATE;
        result->letter_id = source->latest;
        result->queued = former.row.state == LETTER_QUEUED;
    } else {
        err = supersede(store, &former.row, result);
    }
    letter_free(&former);
    return err;
}

enum sein_err
submit_store(struct sein_home *home, const struct signal_form *form,
             const struct rules_route *route,
             const struct submit_content *content,
             const struct sein_op_id *operation, int64_t now_ms,
             struct submit_result *out_result)
{
    struct store store = { home, form, route, content, operation, now_ms };
    struct submit_result result = { .line = out_result->line,
                                    .to = route->to->id };
    struct sein_slice circle = sein_slice_text(form->circle.text);
    struct source source = { 0 };
    enum sein_err err =
        sources_find(home->db, circle, form->signal.source_id, &source);

    if (err == SEIN_OK) {
        err = store_again(&store, &source, &result);
    } else if (err == SEIN_ENOENT) {
        result.verdict = SUBMIT_ACCEPTED;
        result.queued = true;
        err = queue_new(&store, &result.letter_id);
        source.first = result.letter_id;
    }
    if (err == SEIN_OK && (result.verdict == SUBMIT_ACCEPTED ||
                           result.verdict == SUBMIT_SUPERSEDED)) {
        source.latest = result.letter_id;
        source.content = content->hash;
        err = sources_set(home->db, circle, form->signal.source_id, &source);
        if (err == SEIN_OK)
            err = want_presences(&store, &result.letter_id);
    }
    if (err == SEIN_OK)
        *out_result = result;
    return err;
}

/* ---- the verdict as a document ----------------------------------------------
 */

static json_t *
base64_of(struct sein_slice bytes)
{
    char text[2 * SEIN_RECEIPT_MAX];

    if (sodium_base64_ENCODED_LEN(
            bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING) > sizeof text)
        return json_null();
    (void)sodium_bin2base64(text, sizeof text, bytes.at, bytes.len,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return json_string(text);
}

json_t *
submit_receipt(const struct letter_row *row)
{
    json_t *doc = NULL;
    char hex[2 * SEIN_HASH_BYTES + 1];

    if (row == NULL || row->receipt.len == 0)
        return json_null();
    doc = json_object();
    sein_hex(sein_slice_of(row->item_hash.bytes, SEIN_HASH_BYTES), hex,
             sizeof hex);
    docs_set(doc, "log", docs_id(row->log_id.bytes));
    docs_set(doc, "head", json_integer((json_int_t)row->head_seq));
    docs_set(doc, "item", json_string(hex));
    docs_set(doc, "at", docs_time((int64_t)row->at));
    docs_set(doc, "proof", base64_of(row->receipt));
    return doc;
}

/* A reason that names both lines of a file. */
static json_t *
both_lines(const struct submit_result *result)
{
    json_t *doc = json_object();
    char text[200];

    (void)snprintf(text, sizeof text,
                   "regel %llu en regel %llu hebben dezelfde source_id met "
                   "andere inhoud",
                   (unsigned long long)result->other_line,
                   (unsigned long long)result->line);
    docs_set(doc, "nl", json_string(text));
    (void)snprintf(text, sizeof text,
                   "line %llu and line %llu have the same source_id with "
                   "different content",
                   (unsigned long long)result->other_line,
                   (unsigned long long)result->line);
    docs_set(doc, "en", json_string(text));
    return doc;
}

static void
set_rejection(json_t *doc, const struct submit_result *result)
{
    docs_set(doc, "code", json_string(sein_err_code(result->code)));
    docs_set(doc, "field",
             result->field == NULL ? json_null() : json_string(result->field));
    if (result->code == SEIN_ETWICE && result->other_line > 0) {
        json_t *lines = json_array();

        (void)json_array_append_new(
            lines, json_integer((json_int_t)result->other_line));
        (void)json_array_append_new(lines,
                                    json_integer((json_int_t)result->line));
        docs_set(doc, "lines", lines);
        docs_set(doc, "reason", both_lines(result));
    } else {
        docs_set(doc, "reason", docs_problem(result->code, false));
    }
    docs_set(doc, "mend", docs_problem(result->code, true));
}

json_t *
submit_doc(struct sein_slice source_id, struct sein_slice circle,
           const struct submit_result *result, const struct letter_row *letter)
{
    static const char *const words[] = {
        [SUBMIT_ACCEPTED] = "accepted",
        [SUBMIT_DUPLICATE] = "duplicate",
        [SUBMIT_SUPERSEDED] = "superseded",
        [SUBMIT_REJECTED] = "rejected",
    };
    json_t *doc = json_object();

    docs_set(doc, "source_id", docs_text(source_id));
    docs_set(doc, "line",
             result->line == 0 ? json_null()
                               : json_integer((json_int_t)result->line));
    docs_set(doc, "verdict", json_string(words[result->verdict]));
    docs_set(doc, "circle", docs_text(circle));
    if (result->verdict == SUBMIT_REJECTED) {
        set_rejection(doc, result);
        return doc;
    }
    docs_set(doc, "letter_id", docs_id(result->letter_id.bytes));
    docs_set(doc, "to", docs_string(result->to.text));
    if (letter != NULL)
        docs_set(doc, "state", json_string(letter_state_word(letter->state)));
    docs_set(doc, "receipt", submit_receipt(letter));
    if (result->queued)
        docs_set(doc, "queued", json_true());
    if (result->queued && letter != NULL && letter->wait != 0)
        docs_set(doc, "waits",
                 json_string(sein_err_code(sein_err_from_wire(letter->wait))));
    return doc;
}
