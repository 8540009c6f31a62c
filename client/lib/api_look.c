/* sein.h: looking at what was sent and received. */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/include/sein.h"
#include "client/lib/alarms.h"
#include "client/lib/api.h"
#include "client/lib/clock.h"
#include "client/lib/content_doc.h"
#include "client/lib/docs.h"
#include "client/lib/household.h"
#include "client/lib/journal.h"
#include "client/lib/outbox.h"
#include "client/lib/prekeys.h"
#include "client/lib/signal_form.h"
#include "client/lib/submit.h"
#include "proto/blind/handle.h"

/* ---- sent -------------------------------------------------------------------
 */

static void
set_id_unless_zero(json_t *doc, const char *name, const uint8_t *id)
{
    if (!sodium_is_zero(id, SEIN_ID_BYTES))
        docs_set(doc, name, docs_id(id));
}

static void
set_wait(json_t *doc, const struct letter_row *row)
{
    enum sein_err wait = sein_err_from_wire(row->wait);

    if (row->state != LETTER_QUEUED || wait == SEIN_OK)
        return;
    docs_set(doc, "waits", json_string(sein_err_code(wait)));
    docs_set(doc, "reason", docs_problem(wait, false));
    docs_set(doc, "mend", docs_problem(wait, true));
}

static json_t *
sent_doc(const struct sein_home *home, const struct letter_row *row)
{
    json_t *doc = json_object();

    docs_set(doc, "letter_id", docs_id(row->letter_id.bytes));
    docs_set(doc, "thread", docs_id(row->thread.bytes));
    docs_set(doc, "what", json_string(docs_kind_word(row->kind)));
    docs_set(doc, "circle", docs_text(row->circle));
    docs_set(doc, "from", docs_text(row->from));
    docs_set(doc, "to", docs_text(row->to));
    content_doc_add(doc, home->dir, row);
    docs_set(doc, "source_id", docs_text(row->source_id));
    docs_set(doc, "created_at", docs_time((int64_t)row->created));
    docs_set(doc, "state", json_string(letter_state_word(row->state)));
    docs_set(doc, "states", docs_marks(row));
    if (row->outcome.len > 0)
        docs_set(doc, "outcome", docs_text(row->outcome));
    if (row->state == LETTER_REFUSED) {
        enum sein_err code = sein_err_from_wire(row->code);

        docs_set(doc, "code", json_string(sein_err_code(code)));
        docs_set(doc, "reason", docs_problem(code, false));
        docs_set(doc, "mend", docs_problem(code, true));
    }
    set_wait(doc, row);
    set_id_unless_zero(doc, "replaces", row->replaces.bytes);
    set_id_unless_zero(doc, "replaced_by", row->replaced_by.bytes);
    docs_set(doc, "receipt", submit_receipt(row));
    return doc;
}

static enum sein_err
walk_sent(struct sein_home *home, sein_visit *visit, void *context)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_walk_begin(home->db, LETTERS_SENT, 0, &walk);

    while (err == SEIN_OK) {
        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        if (letter.row.kind != SEIN_LETTER_RECEIPT)
            err = api_give(sent_doc(home, &letter.row), visit, context);
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

int
sein_sent(struct sein_home *home, const struct sein_which *which,
          sein_visit *visit, void *context)
{
    struct letter letter = { 0 };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    if (which == NULL)
        return api_end(home, walk_sent(home, visit, context));
    err = api_find_sent(home, which, &letter);
    if (err == SEIN_OK)
        err = api_give(sent_doc(home, &letter.row), visit, context);
    letter_free(&letter);
    return api_end(home, err);
}

/* ---- received ---------------------------------------------------------------
 */

int
sein_inbox(struct sein_home *home, sein_visit *visit, void *context)
{
    json_t *doc = NULL;
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = household_inbox(home, now_ms, &doc);
    if (err == SEIN_OK)
        err = api_log_access(home, NULL, "inbox", NULL, NULL, 0, now_ms);
    if (err == SEIN_OK)
        err = api_give(doc, visit, context);
    else
        json_decref(doc);
    return api_end(home, err);
}

static json_t *
shown_doc(const struct sein_home *home, const struct letter_row *row)
{
    json_t *doc = NULL;

    if (row->direction == LETTER_SENT)
        return sent_doc(home, row);
    doc = json_object();
    docs_set(doc, "letter_id", docs_id(row->letter_id.bytes));
    docs_set(doc, "thread", docs_id(row->thread.bytes));
    docs_set(doc, "circle", docs_text(row->circle));
    content_doc_sender(doc, home->dir, row->from);
    docs_set(doc, "to", docs_text(row->to));
    content_doc_add(doc, home->dir, row);
    docs_set(doc, "state", json_string(letter_state_word(row->state)));
    docs_set(doc, "states", docs_marks(row));
    docs_set(doc, "sent_at", docs_time((int64_t)row->created));
    docs_set(doc, "received_at", docs_time((int64_t)row->at));
    docs_set(doc, "taken_by", docs_text(row->taken_by));
    docs_set(doc, "quarantine", json_boolean(row->quarantine));
    if (row->reason.len > 0)
        docs_set(doc, "reason", docs_text(row->reason));
    set_id_unless_zero(doc, "replaces", row->replaces.bytes);
    set_id_unless_zero(doc, "replaced_by", row->replaced_by.bytes);
    return doc;
}

static enum sein_err
thread_doc(struct sein_home *home, const struct sein_thread_id *thread,
           json_t **out_list)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    json_t *list = json_array();
    enum sein_err err = letters_walk_thread(home->db, thread, &walk);

    while (err == SEIN_OK) {
        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        if (letter.row.kind != SEIN_LETTER_RECEIPT &&
            json_array_append_new(list, shown_doc(home, &letter.row)) != 0)
            err = SEIN_ENOMEM;
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    if (err != SEIN_ENOENT) {
        json_decref(list);
        return err;
    }
    *out_list = list;
    return SEIN_OK;
}

/* Reading is told once, and written down each time. */
static enum sein_err
note_read(struct sein_home *home, struct letter_row *row, int64_t now_ms)
{
    bool first = row->direction == LETTER_RECEIVED && row->state == LETTER_NEW;
    enum sein_err err = localdb_begin(home->db);

    if (err == SEIN_OK && first) {
        letter_note(row, LETTER_SEEN, now_ms);
        err = letters_update(home->db, row);
    }
    if (err == SEIN_OK && first && !row->quarantine &&
        sein_letter_known(row->kind))
        err = outbox_queue_receipt(home, row, SEIN_RECEIPT_READ, now_ms);
    if (err == SEIN_OK)
        err =
            api_log_access(home, &row->operation, "show", row, NULL, 0, now_ms);
    if (err == SEIN_OK)
        err = localdb_commit(home->db);
    localdb_rollback(home->db); /* no-op when committed */
    return err;
}

int
sein_show(struct sein_home *home, const char *letter_id, sein_visit *visit,
          void *context)
{
    struct sein_which which = { .letter_id = letter_id };
    struct letter letter = { 0 };
    json_t *list = NULL;
    json_t *doc = NULL;
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = api_find_received(home, letter_id, &letter);
    if (err == SEIN_ENOENT)
        err = api_find_sent(home, &which, &letter);
    if (err == SEIN_OK)
        err = note_read(home, &letter.row, sein_clock_ms());
    if (err == SEIN_OK)
        err = thread_doc(home, &letter.row.thread, &list);
    if (err == SEIN_OK) {
        doc = json_object();
        docs_set(doc, "letter_id", docs_id(letter.row.letter_id.bytes));
        docs_set(doc, "letter", shown_doc(home, &letter.row));
        docs_set(doc, "letters", list);
        err = api_give(doc, visit, context);
    }
    letter_free(&letter);
    return api_end(home, err);
}

/* ---- journal ----------------------------------------------------------------
 */

struct journal_reader {
    sein_visit *visit;
    void *context;
};

static enum sein_err
visit_entry(void *context, const struct journal_entry *entry)
{
    const struct journal_reader *reader = context;
    json_t *doc = json_object();

    docs_set(doc, "at", docs_time(entry->at_ms));
    docs_set(
        doc, "log",
        json_string(entry->log == JOURNAL_ACCESS ? "access" : "processing"));
    docs_set(doc, "operation", docs_text(entry->action));
    docs_set(doc, "operation_id", docs_id(entry->operation.bytes));
    set_id_unless_zero(doc, "letter_id", entry->letter_id.bytes);
    set_id_unless_zero(doc, "former_letter_id", entry->former_id.bytes);
    if (entry->circle.len > 0)
        docs_set(doc, "circle", docs_text(entry->circle));
    if (entry->from.len > 0)
        docs_set(doc, "from", docs_text(entry->from));
    if (entry->to.len > 0)
        docs_set(doc, "to", docs_text(entry->to));
    if (entry->detail.len > 0)
        docs_set(doc, "detail", docs_text(entry->detail));
    if (entry->count > 0)
        docs_set(doc, "count", json_integer((json_int_t)entry->count));
    if (entry->log == JOURNAL_ACCESS)
        docs_set(doc, "actor", docs_text(entry->actor));
    return api_give(doc, reader->visit, reader->context);
}

/* What a household is looked for by: an address, a BSN, or both. */
static enum sein_err
read_handles(struct sein_home *home, const struct sein_pair *pairs,
             size_t count, struct journal_handles *out_handles)
{
    struct sein_signal signal = { 0 };
    char postcode[SEIN_POSTCODE_CHARS + 1];
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < count; i++) {
        struct sein_slice value = sein_slice_text(pairs[i].value);
        const char *name = pairs[i].name;

        if (strcmp(name, "postcode") == 0) {
            err = sein_handle_postcode(value, postcode, NULL);
            if (err != SEIN_OK)
                return home_note(home, err, name, NULL);
            signal.postcode = sein_slice_text(postcode);
        } else if (strcmp(name, "huisnummer") == 0) {
            signal.huisnummer = value;
        } else if (strcmp(name, "huisletter") == 0) {
            signal.huisletter = value;
        } else if (strcmp(name, "huisnummertoevoeging") == 0) {
            signal.huisnummertoevoeging = value;
        } else if (strcmp(name, "aanduiding") == 0) {
            signal.aanduiding = value;
        } else if (strcmp(name, "bsn") == 0) {
            struct sein_handle handle = { 0 };

            err = sein_handle_from_bsn(value, &handle);
            sodium_memzero(&handle, sizeof handle);
            if (err != SEIN_OK)
                return home_note(home, err, name, NULL);
            signal.bsn = value;
        } else {
            return home_note(home, SEIN_ECOLUMN, name, NULL);
        }
    }
    journal_handles_of(home->db, &signal, out_handles);
    return out_handles->count > 0
               ? SEIN_OK
               : home_note(home, SEIN_EMIXEDADDRESS, "postcode", NULL);
}

int
sein_journal(struct sein_home *home, const struct sein_pair *pairs,
             size_t count, sein_visit *visit, void *context)
{
    struct journal_reader reader = { visit, context };
    struct journal_handles handles = { 0 };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    if (count > 0)
        err = read_handles(home, pairs, count, &handles);
    /* Looking into the journal is itself an access. */
    if (err == SEIN_OK)
        err = api_log_access(home, NULL, "journal", NULL, NULL, 0,
                             sein_clock_ms());
    if (err == SEIN_OK)
        err = journal_walk(home->db, count > 0 ? &handles : NULL, visit_entry,
                           &reader);
    return api_end(home, err);
}

/* ---- desks ------------------------------------------------------------------
 */

static json_t *
role_words(uint64_t roles)
{
    static const char *const words[] = { "signal",     "introduced",
                                         "coordinate", "watch",
                                         "feedback",   "aggregate",
                                         "keyholder",  "steward" };
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((roles & (UINT64_C(1) << i)) != 0)
            (void)json_array_append_new(list, json_string(words[i]));
    }
    return list;
}

static json_t *
area_list(struct sein_list areas)
{
    struct sein_items items = { 0 };
    struct sein_dir_area area = { 0 };
    json_t *list = json_array();
    enum sein_err err = sein_items_begin(areas.raw, SIZE_MAX, &items);

    while (err == SEIN_OK) {
        char text[16];

        err = sein_items_next(&items, &sein_dir_area_schema, &area, NULL);
        if (err != SEIN_OK)
            break;
        (void)snprintf(text, sizeof text, "%u-%u", (unsigned)area.from,
                       (unsigned)area.to);
        (void)json_array_append_new(list, json_string(text));
    }
    return list;
}

static json_t *
role_map(const struct sein_desk *desk)
{
    struct sein_items items = { 0 };
    struct sein_dir_role role = { 0 };
    json_t *map = json_object();
    enum sein_err err =
        sein_items_begin(desk->entry.roles.raw, SIZE_MAX, &items);

    while (err == SEIN_OK) {
        char circle[SEIN_CIRCLE_MAX + 1];

        err = sein_items_next(&items, &sein_dir_role_schema, &role, NULL);
        if (err == SEIN_OK &&
            sein_slice_copy_text(role.circle, circle, sizeof circle) == SEIN_OK)
            docs_set(map, circle, role_words(role.roles));
    }
    return map;
}

static enum sein_err
desk_doc(struct sein_home *home, const struct sein_desk *desk, json_t **out_doc)
{
    struct sein_slice id = sein_slice_text(desk->id.text);
    json_t *doc = json_object();
    int64_t last_read = 0;
    int64_t asked = 0;
    enum sein_err err = prekeys_last_read(home, id, &last_read, &asked);

    if (err != SEIN_OK && err != SEIN_ENOENT) {
        json_decref(doc);
        return err;
    }
    docs_set(doc, "desk", docs_text(id));
    docs_set(doc, "name", docs_text(desk->member->entry.name));
    docs_set(doc, "title", docs_text(desk->entry.title));
    docs_set(doc, "domain", docs_text(desk->member->entry.domain));
    docs_set(doc, "mandate", docs_text(desk->entry.mandate));
    docs_set(doc, "phone", docs_text(desk->entry.phone));
    docs_set(doc, "hours", docs_text(desk->entry.hours));
    docs_set(doc, "stand_in", docs_text(desk->entry.stand_in));
    docs_set(doc, "areas", area_list(desk->entry.areas));
    docs_set(doc, "roles", role_map(desk));
    docs_set(doc, "last_read_at", docs_time(last_read));
    docs_set(doc, "asked_at", docs_time(asked));
    *out_doc = doc;
    return SEIN_OK;
}

static enum sein_err
walk_desks(struct sein_home *home, const char *circle, sein_visit *visit,
           void *context)
{
    size_t member_count = 0;
    const struct sein_member *members =
        sein_directory_members(home->dir, &member_count);
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < member_count && err == SEIN_OK; i++) {
        for (size_t k = 0; k < members[i].desk_count && err == SEIN_OK; k++) {
            const struct sein_desk *desk = &members[i].desks[k];
            json_t *doc = NULL;

            if (circle != NULL &&
                sein_desk_roles(desk, sein_slice_text(circle)) == 0)
                continue;
            err = desk_doc(home, desk, &doc);
            if (err == SEIN_OK)
                err = api_give(doc, visit, context);
        }
    }
    return err;
}

int
sein_desks(struct sein_home *home, const char *circle, sein_visit *visit,
           void *context)
{
    enum sein_err err = SEIN_OK;

    api_begin(home);
    if (home->dir == NULL)
        err = SEIN_ENOTJOINED;
    else if (circle != NULL &&
             sein_directory_circle(home->dir, sein_slice_text(circle)) == NULL)
        err = home_note(home, SEIN_ECIRCLE, "circle", NULL);
    else
        err = walk_desks(home, circle, visit, context);
    return api_end(home, err);
}
