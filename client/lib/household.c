#include "client/lib/household.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/calendar.h"
#include "client/lib/content_doc.h"
#include "client/lib/docs.h"
#include "client/lib/letters.h"
#include "client/lib/notices.h"
#include "proto/blind/handle.h"
#include "proto/trust/may.h"
#include "proto/wire/schema.h"

struct inbox {
    struct sein_home *home;
    int64_t now_ms;
    json_t *households;
    json_t *by_key; /* key to household, borrowed by households too */
    json_t *by_bsn; /* BSN to an object of keys */
    json_t *other;
    json_t *quarantine;
};

bool
household_is_about(uint64_t kind)
{
    return kind == SEIN_LETTER_SIGNAL || kind == SEIN_LETTER_CORRECTION ||
           kind == SEIN_LETTER_REFERRAL;
}

static void
common_fields(struct inbox *inbox, json_t *doc, const struct letter_row *row)
{
    docs_set(doc, "letter_id", docs_id(row->letter_id.bytes));
    docs_set(doc, "thread", docs_id(row->thread.bytes));
    docs_set(doc, "circle", docs_text(row->circle));
    docs_set(doc, "to", docs_text(row->to));
    content_doc_sender(doc, inbox->home->dir, row->from);
    docs_set(doc, "state", json_string(letter_state_word(row->state)));
    docs_set(doc, "received_at", docs_time((int64_t)row->at));
    docs_set(doc, "sent_at", docs_time((int64_t)row->created));
    docs_set(doc, "taken_by", docs_text(row->taken_by));
    if (row->reason.len > 0)
        docs_set(doc, "reason", docs_text(row->reason));
    if (row->kind == SEIN_LETTER_CORRECTION)
        docs_set(doc, "corrects", docs_id(row->replaces.bytes));
}

/* ---- a household ------------------------------------------------------------
 */

static json_t *
new_household(const struct sein_signal *signal)
{
    json_t *doc = json_object();

    docs_set(doc, "address", content_doc_address(signal));
    docs_set(doc, "multiple", json_false());
    docs_set(doc, "clock", json_null());
    docs_set(doc, "persons", json_array());
    docs_set(doc, "beside", json_array());
    docs_set(doc, "signals", json_array());
    return doc;
}

void
household_key(const struct sein_signal *signal,
              char out[static HOUSEHOLD_KEY_BYTES])
{
    struct sein_handle handle = { 0 };

    if (sein_signal_has_address(signal) &&
        sein_signal_address_handle(signal, &handle) == SEIN_OK)
        (void)snprintf(out, HOUSEHOLD_KEY_BYTES, "%.*s", (int)handle.len,
                       (const char *)handle.text);
    else
        (void)snprintf(
            out, HOUSEHOLD_KEY_BYTES, "bsn:%.*s", (int)signal->bsn.len,
            signal->bsn.len == 0 ? "" : (const char *)signal->bsn.at);
    sodium_memzero(&handle, sizeof handle);
}

static json_t *
find_household(struct inbox *inbox, const struct sein_signal *signal,
               const char *key)
{
    json_t *household = json_object_get(inbox->by_key, key);

    if (household != NULL)
        return household;
    household = new_household(signal);
    if (household == NULL ||
        json_object_set(inbox->by_key, key, household) != 0 ||
        json_array_append_new(inbox->households, household) != 0)
        return NULL;
    return household;
}

static bool
same_person(json_t *person, const struct sein_signal *signal)
{
    const char *bsn = json_string_value(json_object_get(person, "bsn"));
    const char *name = json_string_value(json_object_get(person, "name"));
    const char *born = json_string_value(json_object_get(person, "birth_date"));

    if (bsn != NULL && signal->bsn.len > 0)
        return sein_slice_is(signal->bsn, bsn);
    return sein_slice_is(signal->bsn, bsn == NULL ? "" : bsn) &&
           sein_slice_is(signal->name, name == NULL ? "" : name) &&
           sein_slice_is(signal->birth_date, born == NULL ? "" : born);
}

static void
add_person(json_t *household, const struct sein_signal *signal)
{
    json_t *persons = json_object_get(household, "persons");
    json_t *person = NULL;
    size_t i = 0;

    if (signal->bsn.len == 0 && signal->name.len == 0 &&
        signal->birth_date.len == 0)
        return;
    json_array_foreach(persons, i, person)
    {
        if (same_person(person, signal))
            return;
    }
    person = json_object();
    docs_set(person, "bsn", docs_text(signal->bsn));
    docs_set(person, "name", docs_text(signal->name));
    docs_set(person, "birth_date", docs_text(signal->birth_date));
    (void)json_array_append_new(persons, person);
}

/* ---- the clock --------------------------------------------------------------
 */

static bool
is_running(uint64_t state)
{
    return state == LETTER_NEW || state == LETTER_SEEN;
}

static json_t *
make_clock(struct inbox *inbox, const struct letter_row *row,
           const struct sein_signal *signal)
{
    bool threatening = signal->urgency == SEIN_URGENCY_THREATENING;
    struct sein_date deadline;
    struct sein_date today;
    char text[SEIN_DATE_CHARS + 1];
    json_t *doc = NULL;

    if (!is_running(row->state) ||
        calendar_deadline((int64_t)row->at, threatening, &deadline) !=
            SEIN_OK ||
        calendar_day_of(inbox->now_ms, &today) != SEIN_OK)
        return json_null();
    doc = json_object();
    sein_date_format(deadline, text);
    docs_set(doc, "deadline", json_string(text));
    docs_set(doc, "worked_days_left",
             json_integer(calendar_worked_days_between(today, deadline)));
    docs_set(doc, "threatening", json_boolean(threatening));
    return doc;
}

/* The first that runs out is the household's. */
static void
keep_first_clock(json_t *household, json_t *clock)
{
    const char *now = json_string_value(
        json_object_get(json_object_get(household, "clock"), "deadline"));
    const char *more = json_string_value(json_object_get(clock, "deadline"));

    if (more != NULL && (now == NULL || strcmp(more, now) < 0))
        (void)json_object_set(household, "clock", clock);
}

/* ---- signals ----------------------------------------------------------------
 */

static void
note_bsn(struct inbox *inbox, struct sein_slice bsn, const char *key)
{
    char text[SEIN_BSN_CHARS + 1];
    json_t *keys = NULL;

    if (bsn.len == 0 || sein_slice_copy_text(bsn, text, sizeof text) != SEIN_OK)
        return;
    keys = json_object_get(inbox->by_bsn, text);
    if (keys == NULL) {
        keys = json_object();
        docs_set(inbox->by_bsn, text, keys);
    }
    docs_set(keys, key, json_true());
}

static enum sein_err
add_signal(struct inbox *inbox, const struct letter_row *row)
{
    struct sein_signal signal = { 0 };
    char key[HOUSEHOLD_KEY_BYTES];
    json_t *household = NULL;
    json_t *doc = NULL;
    json_t *clock = NULL;

    if (sein_schema_decode_all(&sein_signal_schema, row->content, &signal) !=
        SEIN_OK)
        return SEIN_ETAMPERED;
    household_key(&signal, key);
    household = find_household(inbox, &signal, key);
    if (household == NULL)
        return SEIN_ENOMEM;
    add_person(household, &signal);
    note_bsn(inbox, signal.bsn, key);
    note_bsn(inbox, signal.parent_bsn, key);
    doc = json_object();
    common_fields(inbox, doc, row);
    docs_set(doc, "what", json_string(docs_kind_word(row->kind)));
    docs_set(doc, "address", content_doc_address(&signal));
    content_doc_signal(doc, inbox->home->dir, row->circle, &signal);
    clock = make_clock(inbox, row, &signal);
    keep_first_clock(household, clock);
    docs_set(doc, "clock", clock);
    (void)json_array_append_new(json_object_get(household, "signals"), doc);
    if (json_array_size(json_object_get(household, "signals")) > 1)
        docs_set(household, "multiple", json_true());
    sodium_memzero(key, sizeof key);
    return SEIN_OK;
}

static enum sein_err
add_other(struct inbox *inbox, const struct letter_row *row, json_t *list)
{
    json_t *doc = json_object();

    common_fields(inbox, doc, row);
    content_doc_add(doc, inbox->home->dir, row);
    return json_array_append_new(list, doc) == 0 ? SEIN_OK : SEIN_ENOMEM;
}

static enum sein_err
add_letter(struct inbox *inbox, const struct letter_row *row)
{
    if (row->quarantine)
        return add_other(inbox, row, inbox->quarantine);
    if (row->state == LETTER_TAKEN_BACK || row->state == LETTER_REPLACED)
        return SEIN_OK;
    if (household_is_about(row->kind))
        return add_signal(inbox, row);
    return add_other(inbox, row, inbox->other);
}

/* ---- beside -----------------------------------------------------------------
 */

static void
tell_beside(struct inbox *inbox, const char *key, const char *other)
{
    json_t *household = json_object_get(inbox->by_key, key);
    json_t *address =
        json_object_get(json_object_get(inbox->by_key, other), "address");
    json_t *list = json_object_get(household, "beside");
    json_t *known = NULL;
    json_t *text = json_object_get(address, "canonical");
    size_t i = 0;

    if (!json_is_string(text))
        return; /* the other one has no address to tell */
    json_array_foreach(list, i, known)
    {
        if (json_equal(known, text))
            return;
    }
    (void)json_array_append(list, text);
}

static void
fill_beside(struct inbox *inbox)
{
    const char *bsn = NULL;
    json_t *keys = NULL;

    json_object_foreach(inbox->by_bsn, bsn, keys)
    {
        const char *key = NULL;
        json_t *ignored = NULL;

        if (json_object_size(keys) < 2)
            continue;
        json_object_foreach(keys, key, ignored)
        {
            const char *other = NULL;
            json_t *also = NULL;

            json_object_foreach(keys, other, also)
            {
                if (strcmp(key, other) != 0)
                    tell_beside(inbox, key, other);
            }
        }
    }
}

/* ---- the document -----------------------------------------------------------
 */

static json_t *
own_desks(struct inbox *inbox)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    size_t count = 0;
    json_t *list = json_array();

    if (home_desks(inbox->home, inbox->now_ms, desks, &count) != SEIN_OK)
        return list;
    for (size_t i = 0; i < count; i++) {
        json_t *doc = json_object();

        docs_set(doc, "desk", json_string(desks[i]->id.text));
        docs_set(doc, "title", docs_text(desks[i]->entry.title));
        (void)json_array_append_new(list, doc);
    }
    return list;
}

static enum sein_err
walk(struct inbox *inbox)
{
    struct letters_walk rows = { 0 };
    struct letter letter = { 0 };
    enum sein_err err =
        letters_walk_begin(inbox->home->db, LETTERS_RECEIVED, 0, &rows);

    while (err == SEIN_OK) {
        err = letters_walk_next(&rows, &letter);
        if (err != SEIN_OK)
            break;
        err = add_letter(inbox, &letter.row);
        letter_free(&letter);
    }
    letters_walk_end(&rows);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

enum sein_err
household_inbox(struct sein_home *home, int64_t now_ms, json_t **out_doc)
{
    struct inbox inbox = {
        .home = home,
        .now_ms = now_ms,
        .households = json_array(),
        .by_key = json_object(),
        .by_bsn = json_object(),
        .other = json_array(),
        .quarantine = json_array(),
    };
    json_t *doc = NULL;
    json_t *notices = NULL;
    enum sein_err err = walk(&inbox);

    if (err == SEIN_OK)
        err = notices_list(home, &notices);
    if (err == SEIN_OK) {
        fill_beside(&inbox);
        doc = json_object();
        docs_set(doc, "desks", own_desks(&inbox));
        docs_set(doc, "households", json_incref(inbox.households));
        docs_set(doc, "notices", notices);
        docs_set(doc, "other", json_incref(inbox.other));
        docs_set(doc, "quarantine", json_incref(inbox.quarantine));
        *out_doc = doc;
    }
    json_decref(inbox.households);
    json_decref(inbox.by_key);
    json_decref(inbox.by_bsn);
    json_decref(inbox.other);
    json_decref(inbox.quarantine);
    return err == SEIN_OK && doc == NULL ? SEIN_ENOMEM : err;
}
