/* sein.h: one signal, and what follows on letters. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/ending.h"
#include "client/lib/journal.h"
#include "client/lib/outbox.h"
#include "client/lib/rules.h"
#include "client/lib/submit.h"
#include "proto/blind/content/content.h"
#include "proto/blind/content/feedback.h"
#include "proto/blind/content/invitation.h"
#include "proto/blind/content/message.h"
#include "proto/blind/content/signal.h"
#include "proto/blind/letter.h"

#define PAIRS_MAX 64U
/* A content of this file: two texts and what is around them. */
#define CONTENT_MAX (2U * SEIN_NOTE_MAX + 16384U)

/* ---- a signal ---------------------------------------------------------------
 */

static enum sein_err
read_pairs(const struct sein_pair *pairs, size_t count,
           struct signal_form *out_form, const char **out_field)
{
    struct form_pair list[PAIRS_MAX];

    if (count > PAIRS_MAX)
        return SEIN_ERANGE;
    for (size_t i = 0; i < count; i++) {
        list[i].name = sein_slice_text(pairs[i].name);
        list[i].value = sein_slice_text(pairs[i].value);
    }
    return signal_form_read(list, count, out_form, out_field);
}

static enum sein_err
store_signal(struct sein_home *home, const struct signal_form *form,
             const struct rules_route *route,
             const struct submit_content *content, int64_t now_ms,
             struct submit_result *out_result)
{
    struct sein_op_id operation;
    enum sein_err err = localdb_begin(home->db);

    sein_random_id(operation.bytes);
    if (err == SEIN_OK)
        err = submit_store(home, form, route, content, &operation, now_ms,
                           out_result);
    if (err == SEIN_OK)
        err = api_log_access(home, &operation, "signal", NULL, NULL, 1, now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    return err;
}

/* What is wrong with the home or the machine, not with the signal. */
static bool
is_own_trouble(enum sein_err err)
{
    return err == SEIN_ENOTADMITTED || err == SEIN_ENOMEM || err == SEIN_EIO ||
           err == SEIN_EFULL || err == SEIN_ETAMPERED || err == SEIN_ELOCKED ||
           err == SEIN_EINTERNAL;
}

static enum sein_err
give_verdict(struct sein_home *home, const struct signal_form *form,
             const struct submit_result *result, sein_visit *visit,
             void *context)
{
    struct letter letter = { 0 };
    enum sein_err err = SEIN_ENOENT;

    if (result->verdict != SUBMIT_REJECTED)
        err = letters_find(home->db, &result->letter_id, LETTER_SENT, &letter);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    err = api_give(submit_doc(form->signal.source_id,
                              sein_slice_text(form->circle.text), result,
                              err == SEIN_OK ? &letter.row : NULL),
                   visit, context);
    letter_free(&letter);
    return err;
}

int
sein_signal(struct sein_home *home, const struct sein_pair *pairs, size_t count,
            sein_visit *visit, void *context)
{
    struct signal_form form = { 0 };
    struct rules_route route = { 0 };
    struct submit_content content = { 0 };
    struct submit_result result = { .verdict = SUBMIT_REJECTED };
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = SEIN_OK;

    api_begin(home);
    if (home->dir == NULL)
        return api_end(home, SEIN_ENOTJOINED);
    err = read_pairs(pairs, count, &form, &result.field);
    if (err == SEIN_OK)
        err =
            submit_judge(home, &form, now_ms, &route, &content, &result.field);
    if (err == SEIN_OK)
        err = store_signal(home, &form, &route, &content, now_ms, &result);
    else if (!is_own_trouble(err)) {
        result.code = err;
        err = SEIN_OK;
    }
    if (err == SEIN_OK)
        err = give_verdict(home, &form, &result, visit, context);
    submit_free(&content);
    sodium_memzero(&form, sizeof form);
    return api_end(home, err);
}

/* ---- endings ----------------------------------------------------------------
 */

static json_t *
happened(const char *event, const struct letter_row *row)
{
    json_t *doc = json_object();

    docs_set(doc, "event", json_string(event));
    docs_set(doc, "letter_id", docs_id(row->letter_id.bytes));
    docs_set(doc, "thread", docs_id(row->thread.bytes));
    docs_set(doc, "circle", docs_text(row->circle));
    docs_set(doc, "source_id", docs_text(row->source_id));
    docs_set(doc, "state", json_string(letter_state_word(row->state)));
    return doc;
}

static enum sein_err
log_both(struct sein_home *home, const struct letter_row *row,
         const struct sein_op_id *operation, const char *action, int64_t now_ms)
{
    struct journal_entry entry = {
        .at_ms = now_ms,
        .operation = *operation,
        .action = sein_slice_text(action),
        .letter_id = row->letter_id,
        .circle = row->circle,
        .from = row->from,
        .to = row->to,
    };
    struct sein_signal signal = { 0 };
    enum sein_err err = SEIN_OK;

    /* So that what was done with a household is found by it. */
    if (row->content.len > 0 &&
        (row->kind == SEIN_LETTER_SIGNAL ||
         row->kind == SEIN_LETTER_CORRECTION ||
         row->kind == SEIN_LETTER_REFERRAL) &&
        sein_schema_decode_all(&sein_signal_schema, row->content, &signal) ==
            SEIN_OK)
        journal_handles_of(home->db, &signal, &entry.handles);
    err = journal_add(home->db, &entry);
    if (err == SEIN_OK)
        err = api_log_access(home, operation, action, row, NULL, 0, now_ms);
    return err;
}

static enum sein_err
check_reason(struct sein_home *home, const char *reason,
             struct sein_slice *out_reason)
{
    *out_reason =
        reason == NULL ? (struct sein_slice){ 0 } : sein_slice_text(reason);
    if (out_reason->len > SEIN_TEXT_MAX)
        return home_note(home, SEIN_ETOOLONG, "reason", NULL);
    return SEIN_OK;
}

static enum sein_err
end_it(struct sein_home *home, struct letter_row *row, struct sein_slice reason,
       bool withdraw, int64_t now_ms)
{
    struct sein_op_id operation;
    enum sein_err err = localdb_begin(home->db);

    sein_random_id(operation.bytes);
    if (err == SEIN_OK)
        err = log_both(home, row, &operation, withdraw ? "withdraw" : "close",
                       now_ms);
    if (err == SEIN_OK)
        err = withdraw
                  ? ending_withdraw_thread(home, &row->thread, reason, now_ms)
                  : ending_close(home, row, reason, &operation, now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    if (err == SEIN_OK && withdraw)
        err = localdb_scrub(home->db);
    return err;
}

static int
end_sent(struct sein_home *home, const struct sein_which *which,
         const char *reason, bool withdraw, sein_visit *visit, void *context)
{
    struct letter letter = { 0 };
    struct sein_slice text = { 0 };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = check_reason(home, reason, &text);
    if (err == SEIN_OK)
        err = api_find_sent(home, which, &letter);
    if (err == SEIN_OK && (letter.row.state == LETTER_WITHDRAWN ||
                           letter.row.state == LETTER_ERASED))
        err = SEIN_EWITHDRAWN;
    if (err == SEIN_OK && letter.row.kind != SEIN_LETTER_SIGNAL &&
        letter.row.kind != SEIN_LETTER_CORRECTION)
        err = home_note(home, SEIN_EKIND, "letter_id", NULL);
    if (err == SEIN_OK)
        err = end_it(home, &letter.row, text, withdraw, sein_clock_ms());
    if (err == SEIN_OK)
        err = api_give(happened(withdraw ? "withdrawn" : "closed", &letter.row),
                       visit, context);
    letter_free(&letter);
    return api_end(home, err);
}

int
sein_withdraw(struct sein_home *home, const struct sein_which *which,
              const char *reason, sein_visit *visit, void *context)
{
    return end_sent(home, which, reason, true, visit, context);
}

int
sein_close(struct sein_home *home, const struct sein_which *which,
           const char *reason, sein_visit *visit, void *context)
{
    return end_sent(home, which, reason, false, visit, context);
}

/* ---- answers ----------------------------------------------------------------
 */

/* A letter that is answered or passed on, and the content that does so. */
struct answer {
    struct letter about;
    struct outbox_letter letter;
    uint8_t *bytes; /* CONTENT_MAX */
    const char *action;
    struct sein_letter_id id;
};

static void
answer_free(struct answer *answer)
{
    letter_free(&answer->about);
    if (answer->bytes != NULL)
        sodium_memzero(answer->bytes, CONTENT_MAX);
    free(answer->bytes);
    answer->bytes = NULL;
}

/* Of a letter that we got, or, for who opened the thread, that we sent. */
static enum sein_err
answer_find(struct sein_home *home, const char *letter_id,
            struct answer *answer)
{
    struct sein_which which = { .letter_id = letter_id };
    struct letter_row *row = &answer->about.row;
    enum sein_err err = api_find_received(home, letter_id, &answer->about);
    bool received = err == SEIN_OK;

    if (err == SEIN_ENOENT)
        err = api_find_sent(home, &which, &answer->about);
    if (err != SEIN_OK)
        return err;
    if (row->quarantine)
        return SEIN_EREVOKED;
    answer->bytes = malloc(CONTENT_MAX);
    if (answer->bytes == NULL)
        return SEIN_ENOMEM;
    answer->letter.circle = row->circle;
    answer->letter.from = received ? row->to : row->from;
    answer->letter.to = received ? row->from : row->to;
    answer->letter.thread = row->thread;
    sein_random_id(answer->letter.operation.bytes);
    return SEIN_OK;
}

static enum sein_err
answer_encode(struct answer *answer, const struct sein_schema *schema,
              const void *content)
{
    struct sein_writer out = sein_writer_of(answer->bytes, CONTENT_MAX);
    enum sein_err err = sein_schema_encode(schema, content, &out);

    if (err == SEIN_OK)
        err = sein_writer_done(&out, &answer->letter.content);
    if (err == SEIN_OK)
        err = sein_content_check(answer->letter.kind, answer->letter.content);
    return err;
}

static enum sein_err
mark_replied(struct sein_home *home, struct letter_row *row, int64_t now_ms)
{
    if (row->direction != LETTER_RECEIVED)
        return SEIN_OK;
    letter_note(row, LETTER_REPLIED, now_ms);
    return letters_update(home->db, row);
}

static enum sein_err
answer_send(struct sein_home *home, struct answer *answer)
{
    const struct outbox_letter *letter = &answer->letter;
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = outbox_may(home, letter->kind, letter->from, letter->to,
                                   letter->circle, &letter->thread);

    if (err == SEIN_OK)
        err = localdb_begin(home->db);
    if (err != SEIN_OK)
        return err;
    err = outbox_queue(home, letter, now_ms, &answer->id);
    if (err == SEIN_OK && !sein_letter_opens_thread(letter->kind))
        err = mark_replied(home, &answer->about.row, now_ms);
    if (err == SEIN_OK)
        err = log_both(home, &answer->about.row, &letter->operation,
                       answer->action, now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    return err;
}

static enum sein_err
answer_give(struct answer *answer, sein_visit *visit, void *context)
{
    json_t *doc = happened(answer->action, &answer->about.row);

    docs_set(doc, "sent", docs_id(answer->id.bytes));
    docs_set(doc, "to", docs_text(answer->letter.to));
    return api_give(doc, visit, context);
}

int
sein_feedback(struct sein_home *home, const char *letter_id,
              const char *outcome, sein_visit *visit, void *context)
{
    struct answer answer = { .action = "feedback" };
    struct sein_feedback content = { .at = (uint64_t)sein_clock_ms(),
                                     .outcome = sein_slice_text(outcome) };
    const struct sein_circle *circle = NULL;
    struct sein_dir_code code = { 0 };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    answer.letter.kind = SEIN_LETTER_FEEDBACK;
    err = home->dir == NULL ? SEIN_ENOTJOINED
                            : answer_find(home, letter_id, &answer);
    if (err == SEIN_OK)
        circle = sein_directory_circle(home->dir, answer.letter.circle);
    if (err == SEIN_OK && circle == NULL)
        err = SEIN_ECIRCLE;
    if (err == SEIN_OK && !sein_circle_outcome(circle, content.outcome, &code))
        err = home_note(home, SEIN_ECODE, "outcome", NULL);
    if (err == SEIN_OK)
        err = answer_encode(&answer, &sein_feedback_schema, &content);
    if (err == SEIN_OK)
        err = answer_send(home, &answer);
    if (err == SEIN_OK)
        err = answer_give(&answer, visit, context);
    answer_free(&answer);
    return api_end(home, err);
}

static enum sein_err
check_text(struct sein_home *home, const char *field, const char *text,
           struct sein_slice *out_text)
{
    enum sein_err err = SEIN_OK;

    if (text == NULL || text[0] == '\0')
        return home_note(home, SEIN_EREQUIRED, field, NULL);
    *out_text = sein_slice_text(text);
    err = sein_note_check(*out_text);
    return err == SEIN_OK ? SEIN_OK : home_note(home, err, field, NULL);
}

int
sein_reply(struct sein_home *home, const char *letter_id, const char *text,
           sein_visit *visit, void *context)
{
    struct answer answer = { .action = "reply" };
    struct sein_message content = { .at = (uint64_t)sein_clock_ms() };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    answer.letter.kind = SEIN_LETTER_MESSAGE;
    err = check_text(home, "text", text, &content.text);
    if (err == SEIN_OK)
        err = answer_find(home, letter_id, &answer);
    if (err == SEIN_OK)
        err = answer_encode(&answer, &sein_message_schema, &content);
    if (err == SEIN_OK)
        err = answer_send(home, &answer);
    if (err == SEIN_OK)
        err = answer_give(&answer, visit, context);
    answer_free(&answer);
    return api_end(home, err);
}

/* ---- passing on -------------------------------------------------------------
 */

/* The household as it was received, under our own number; the circle stays. */
static enum sein_err
fill_referral(struct sein_home *home, struct answer *answer, const char *note)
{
    struct letter_row *row = &answer->about.row;
    struct sein_signal signal = { 0 };
    char source_id[2 * SEIN_ID_BYTES + 1];
    enum sein_err err = SEIN_OK;

    if (row->content.len == 0)
        return SEIN_EWITHDRAWN;
    if (row->kind != SEIN_LETTER_SIGNAL &&
        row->kind != SEIN_LETTER_CORRECTION &&
        row->kind != SEIN_LETTER_REFERRAL)
        return home_note(home, SEIN_EKIND, "letter_id", NULL);
    err = sein_schema_decode_all(&sein_signal_schema, row->content, &signal);
    if (err != SEIN_OK)
        return err;
    sein_hex(sein_slice_of(row->letter_id.bytes, SEIN_ID_BYTES), source_id,
             sizeof source_id);
    signal.source_id = sein_slice_text(source_id);
    signal.replaces = (struct sein_letter_id){ 0 };
    if (note != NULL && note[0] != '\0')
        err = check_text(home, "note", note, &signal.note);
    if (err == SEIN_OK)
        err = answer_encode(answer, &sein_signal_schema, &signal);
    return err;
}

int
sein_refer(struct sein_home *home, const char *letter_id, const char *to,
           const char *note, sein_visit *visit, void *context)
{
    struct answer answer = { .action = "refer" };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    answer.letter.kind = SEIN_LETTER_REFERRAL;
    err = answer_find(home, letter_id, &answer);
    if (err == SEIN_OK && answer.about.row.direction != LETTER_RECEIVED)
        err = SEIN_EPARTY;
    if (err == SEIN_OK)
        err = fill_referral(home, &answer, note);
    if (err == SEIN_OK) {
        answer.letter.to = sein_slice_text(to);
        answer.letter.thread = (struct sein_thread_id){ 0 };
        err = answer_send(home, &answer);
    }
    if (err == SEIN_OK)
        err = answer_give(&answer, visit, context);
    answer_free(&answer);
    return api_end(home, err);
}

/* ---- asking colleagues ------------------------------------------------------
 */

static enum sein_err
consult_from(struct sein_home *home, const char *circle,
             struct outbox_letter *letter)
{
    const struct sein_key *key = NULL;
    const struct sein_desk *from = NULL;

    if (home->dir == NULL)
        return SEIN_ENOTJOINED;
    (void)home_key(home, sein_clock_ms(), &key);
    if (key == NULL)
        return SEIN_ENOTADMITTED;
    letter->circle = sein_slice_text(circle);
    from = rules_sender_desk(key, letter->circle, SEIN_ROLE_COORDINATE);
    if (from == NULL)
        from = rules_sender_desk(key, letter->circle, SEIN_ROLE_INTRODUCED);
    if (from == NULL)
        return home_note(home, SEIN_EROLE, "circle", NULL);
    letter->from = sein_slice_text(from->id.text);
    sein_random_id(letter->operation.bytes);
    return SEIN_OK;
}

static enum sein_err
encode_consult(struct sein_home *home, struct answer *answer, const char *text,
               const char *day, const char *headings)
{
    struct sein_table_invitation table = {
        .at = (uint64_t)sein_clock_ms(),
    };
    struct sein_consult consult = { .at = table.at };
    enum sein_err err = SEIN_OK;

    if (day == NULL || day[0] == '\0') {
        answer->letter.kind = SEIN_LETTER_CONSULT;
        err = check_text(home, "text", text, &consult.text);
        return err == SEIN_OK
                   ? answer_encode(answer, &sein_consult_schema, &consult)
                   : err;
    }
    answer->letter.kind = SEIN_LETTER_INVITATION;
    table.day = sein_slice_text(day);
    err = check_text(home, "text", text, &table.purpose);
    if (err == SEIN_OK)
        err = check_text(home, "headings", headings, &table.headings);
    if (err == SEIN_OK)
        err = answer_encode(answer, &sein_table_invitation_schema, &table);
    return err == SEIN_EDATE ? home_note(home, err, "day", NULL) : err;
}

static enum sein_err
send_consult(struct sein_home *home, struct answer *answer)
{
    struct outbox_letter *letter = &answer->letter;
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = outbox_may(home, letter->kind, letter->from, letter->to,
                                   letter->circle, &letter->thread);

    if (err == SEIN_OK)
        err = localdb_begin(home->db);
    if (err != SEIN_OK)
        return err;
    err = outbox_queue(home, letter, now_ms, &answer->id);
    if (err == SEIN_OK) {
        answer->about.row.letter_id = answer->id;
        memcpy(answer->about.row.thread.bytes, answer->id.bytes,
               sizeof answer->id.bytes);
        answer->about.row.circle = letter->circle;
        answer->about.row.from = letter->from;
        answer->about.row.to = letter->to;
        answer->about.row.state = LETTER_QUEUED;
        err = log_both(home, &answer->about.row, &letter->operation,
                       answer->action, now_ms);
    }
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    return err;
}

int
sein_consult(struct sein_home *home, const char *circle, const char *to,
             const char *text, const char *day, const char *headings,
             sein_visit *visit, void *context)
{
    struct answer answer = { .action = "consult" };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = consult_from(home, circle, &answer.letter);
    answer.letter.to = sein_slice_text(to);
    answer.bytes = malloc(CONTENT_MAX);
    if (err == SEIN_OK && answer.bytes == NULL)
        err = SEIN_ENOMEM;
    if (err == SEIN_OK)
        err = encode_consult(home, &answer, text, day, headings);
    if (err == SEIN_OK)
        err = send_consult(home, &answer);
    if (err == SEIN_OK)
        err = answer_give(&answer, visit, context);
    answer_free(&answer);
    return api_end(home, err);
}

int
sein_take(struct sein_home *home, const char *letter_id, const char *person,
          sein_visit *visit, void *context)
{
    struct letter letter = { 0 };
    struct sein_op_id operation;
    json_t *doc = NULL;
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = SEIN_OK;

    api_begin(home);
    if (person != NULL && strlen(person) > HOME_ACTOR_MAX)
        return api_end(home, home_note(home, SEIN_ETOOLONG, "person", NULL));
    err = api_find_received(home, letter_id, &letter);
    if (err == SEIN_OK)
        err = localdb_begin(home->db);
    if (err != SEIN_OK)
        goto done;
    sein_random_id(operation.bytes);
    letter.row.taken_by =
        person == NULL ? (struct sein_slice){ 0 } : sein_slice_text(person);
    err = letters_update(home->db, &letter.row);
    if (err == SEIN_OK)
        err =
            log_both(home, &letter.row, &operation,
                     letter.row.taken_by.len > 0 ? "take" : "release", now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    if (err != SEIN_OK)
        goto done;
    doc = happened(letter.row.taken_by.len > 0 ? "taken" : "released",
                   &letter.row);
    docs_set(doc, "taken_by", docs_text(letter.row.taken_by));
    err = api_give(doc, visit, context);

done:
    localdb_rollback(home->db); /* no-op when committed */
    letter_free(&letter);
    return api_end(home, err);
}
