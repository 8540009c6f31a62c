#include "client/lib/notices.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/content_doc.h"
#include "client/lib/docs.h"
#include "client/lib/household.h"
#include "client/lib/letters.h"
#include "client/lib/meetings.h"
#include "proto/blind/content/introduction.h"
#include "proto/blind/content/signal.h"
#include "proto/wire/schema.h"

#define KEY_MAX (HOUSEHOLD_KEY_BYTES + SEIN_CIRCLE_MAX + SEIN_DESK_MAX + 8U)

struct notices {
    struct sein_home *home;
    json_t *list;
    json_t *by_key; /* borrowed by list too */
};

static const char *
link_word(uint64_t link)
{
    static const char *const words[] = {
        [SEIN_LINK_ADDRESS] = "address",
        [SEIN_LINK_PERSON] = "person",
        [SEIN_LINK_PARENT] = "parent",
        [SEIN_LINK_NAME] = "name",
    };

    return link < SEIN_LINK_ADDRESS || link > SEIN_LINK_NAME ? "unknown"
                                                             : words[link];
}

/* Adds a value to a list that holds each once; takes value. */
static void
add_once(json_t *list, json_t *value)
{
    json_t *known = NULL;
    size_t i = 0;

    json_array_foreach(list, i, known)
    {
        if (json_equal(known, value)) {
            json_decref(value);
            return;
        }
    }
    (void)json_array_append_new(list, value);
}

static json_t *
link_pair(const struct presence *own, const struct meeting *meeting)
{
    json_t *doc = json_object();

    docs_set(doc, "own", json_string(link_word(own->link)));
    docs_set(doc, "peer", json_string(link_word(meeting->link)));
    return doc;
}

/* ---- a household ------------------------------------------------------------
 */

static json_t *
find_notice(struct notices *notices, const struct presence *own,
            const char *household)
{
    char key[KEY_MAX];
    json_t *doc = NULL;

    (void)snprintf(key, sizeof key, "%s|%s|%s", own->circle.text,
                   own->desk.text, household);
    doc = json_object_get(notices->by_key, key);
    if (doc == NULL) {
        doc = json_object();
        docs_set(doc, "circle", docs_string(own->circle.text));
        docs_set(doc, "desk", docs_string(own->desk.text));
        docs_set(doc, "source_ids", json_array());
        docs_set(doc, "links", json_array());
        docs_set(doc, "labels", json_array());
        docs_set(doc, "matches", json_array());
        docs_set(doc, "parties", json_array());
        if (json_object_set(notices->by_key, key, doc) != 0 ||
            json_array_append_new(notices->list, doc) != 0)
            doc = NULL;
    }
    sodium_memzero(key, sizeof key);
    return doc;
}

/* What a letter of a thread says of the household; its number is told when it
 * is our own. */
static void
describe(json_t *doc, const struct letter_row *row,
         const struct sein_signal *signal)
{
    docs_set(doc, "letter_id", docs_id(row->letter_id.bytes));
    docs_set(doc, "address", content_doc_address(signal));
    if (row->direction == LETTER_SENT && row->source_id.len > 0)
        add_once(json_object_get(doc, "source_ids"), docs_text(row->source_id));
}

/* The newest signal that a thread still has. */
static enum sein_err
notice_of_thread(struct notices *notices, const struct presence *own,
                 const struct sein_thread_id *thread, json_t **out_doc)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    struct sein_signal signal = { 0 };
    char household[HOUSEHOLD_KEY_BYTES];
    enum sein_err err = letters_walk_thread(notices->home->db, thread, &walk);

    *out_doc = NULL;
    while (err == SEIN_OK) {
        err = letters_walk_next(&walk, &letter);
        if (err != SEIN_OK)
            break;
        if (household_is_about(letter.row.kind) && letter.row.content.len > 0 &&
            letter.row.state != LETTER_SUPERSEDED &&
            letter.row.state != LETTER_REPLACED &&
            sein_schema_decode_all(&sein_signal_schema, letter.row.content,
                                   &signal) == SEIN_OK) {
            household_key(&signal, household);
            *out_doc = find_notice(notices, own, household);
            if (*out_doc != NULL)
                describe(*out_doc, &letter.row, &signal);
        }
        letter_free(&letter);
    }
    letters_walk_end(&walk);
    sodium_memzero(household, sizeof household);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* ---- who else ---------------------------------------------------------------
 */

static void
add_match(json_t *notice, const struct presence *own,
          const struct meeting *meeting)
{
    json_t *doc = json_object();

    docs_set(doc, "match_id", docs_id(meeting->match_id.bytes));
    docs_set(doc, "link", link_pair(own, meeting));
    docs_set(doc, "label", docs_string(meeting->label));
    docs_set(doc, "state", json_string(meeting_state_word(meeting->state)));
    docs_set(doc, "since", docs_time((int64_t)meeting->noticed_at));
    (void)json_array_append_new(json_object_get(notice, "matches"), doc);
}

static bool
is_introduced(const struct meeting *meeting)
{
    return !sodium_is_zero(meeting->intro_in.bytes,
                           sizeof meeting->intro_in.bytes);
}

static json_t *
new_party(struct notices *notices, const struct meeting *meeting)
{
    json_t *doc = json_object();
    const struct sein_desk *desk = sein_directory_desk(
        notices->home->dir, sein_slice_text(meeting->peer.text));

    docs_set(doc, "desk", docs_string(meeting->peer.text));
    if (desk != NULL) {
        docs_set(doc, "name", docs_text(desk->member->entry.name));
        docs_set(doc, "title", docs_text(desk->entry.title));
        docs_set(doc, "mandate", docs_text(desk->entry.mandate));
        docs_set(doc, "phone", docs_text(desk->entry.phone));
        docs_set(doc, "hours", docs_text(desk->entry.hours));
        docs_set(doc, "stand_in", docs_text(desk->entry.stand_in));
    }
    docs_set(doc, "label", docs_string(meeting->label));
    docs_set(doc, "links", json_array());
    docs_set(doc, "state", json_string(meeting_state_word(meeting->state)));
    docs_set(doc, "since", docs_time((int64_t)meeting->revealed_at));
    return doc;
}

static json_t *
find_party(struct notices *notices, json_t *notice,
           const struct meeting *meeting)
{
    json_t *parties = json_object_get(notice, "parties");
    json_t *party = NULL;
    size_t i = 0;

    json_array_foreach(parties, i, party)
    {
        const char *desk = json_string_value(json_object_get(party, "desk"));

        if (desk != NULL && strcmp(desk, meeting->peer.text) == 0)
            return party;
    }
    party = new_party(notices, meeting);
    return json_array_append_new(parties, party) == 0 ? party : NULL;
}

/* What its introduction said: whom to call, and that it came. */
static enum sein_err
add_introduction(struct notices *notices, json_t *party,
                 const struct meeting *meeting)
{
    struct sein_introduction content = { 0 };
    struct letter letter = { 0 };
    enum sein_err err = letters_find(notices->home->db, &meeting->intro_in,
                                     LETTER_RECEIVED, &letter);

    if (err == SEIN_ENOENT)
        return SEIN_OK;
    if (err != SEIN_OK)
        return err;
    if (sein_schema_decode_all(&sein_introduction_schema, letter.row.content,
                               &content) == SEIN_OK &&
        content.contact.len > 0)
        docs_set(party, "contact", docs_text(content.contact));
    docs_set(party, "introduction", docs_id(letter.row.letter_id.bytes));
    docs_set(party, "state", json_string("introduced"));
    letter_free(&letter);
    return SEIN_OK;
}

static enum sein_err
add_party(struct notices *notices, json_t *notice, const struct presence *own,
          const struct meeting *meeting)
{
    json_t *party = find_party(notices, notice, meeting);
    enum sein_err err = SEIN_OK;

    if (party == NULL)
        return SEIN_ENOMEM;
    add_once(json_object_get(party, "links"), link_pair(own, meeting));
    if (meeting->state == MEETING_REVEALED && is_introduced(meeting))
        err = add_introduction(notices, party, meeting);
    return err;
}

static enum sein_err
add_meeting(struct notices *notices, json_t *notice, const struct presence *own,
            const struct meeting *meeting)
{
    bool live =
        meeting->state != MEETING_PARTED && meeting->state != MEETING_ENDED;

    if (live) {
        add_once(json_object_get(notice, "links"), link_pair(own, meeting));
        if (meeting->label[0] != '\0')
            add_once(json_object_get(notice, "labels"),
                     json_string(meeting->label));
    }
    if (meeting->peer.text[0] != '\0')
        return add_party(notices, notice, own, meeting);
    if (live)
        add_match(notice, own, meeting);
    return SEIN_OK;
}

/* A meeting shows at every household that our presence is for. */
static enum sein_err
place_meeting(struct notices *notices, const struct meeting *meeting)
{
    struct presence own = { 0 };
    struct sein_thread_id thread;
    json_t *last = NULL;
    enum sein_err err =
        presences_get(notices->home->db, meeting->presence, &own);

    for (int64_t i = 0; err == SEIN_OK; i++) {
        json_t *notice = NULL;

        err = presences_thread_at(notices->home->db, own.id, i, &thread);
        if (err == SEIN_OK)
            err = notice_of_thread(notices, &own, &thread, &notice);
        if (err == SEIN_OK && notice != NULL && notice != last)
            err = add_meeting(notices, notice, &own, meeting);
        last = notice;
    }
    presence_wipe(&own);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* ---- states -----------------------------------------------------------------
 */

static size_t
count_state(json_t *notice, const char *list, const char *state)
{
    json_t *entry = NULL;
    size_t count = 0;
    size_t i = 0;

    json_array_foreach(json_object_get(notice, list), i, entry)
    {
        const char *word = json_string_value(json_object_get(entry, "state"));

        count += word != NULL && strcmp(word, state) == 0;
    }
    return count;
}

/* What there is to do first. */
static void
set_state(json_t *notice)
{
    static const struct {
        const char *list;
        const char *state;
        const char *word;
    } first[] = {
        { "matches", "noticed", "new" },
        { "parties", "introduced", "introduced" },
        { "parties", "revealed", "revealed" },
        { "matches", "accepting", "accepted" },
        { "matches", "accepted", "accepted" },
        { "matches", "declined", "declined" },
    };
    const char *state = "ended";

    for (size_t i = sizeof first / sizeof first[0]; i > 0; i--) {
        if (count_state(notice, first[i - 1].list, first[i - 1].state) > 0)
            state = first[i - 1].word;
    }
    docs_set(notice, "state", json_string(state));
}

enum sein_err
notices_list(struct sein_home *home, json_t **out_list)
{
    struct notices notices = { .home = home,
                               .list = json_array(),
                               .by_key = json_object() };
    struct meetings_walk walk = { 0 };
    struct meeting meeting = { 0 };
    json_t *notice = NULL;
    size_t i = 0;
    enum sein_err err = meetings_walk_state(home->db, 0, &walk);

    while (err == SEIN_OK) {
        err = meetings_walk_next(&walk, &meeting);
        if (err == SEIN_OK)
            err = place_meeting(&notices, &meeting);
    }
    meetings_walk_end(&walk);
    json_decref(notices.by_key);
    if (err != SEIN_ENOENT) {
        json_decref(notices.list);
        return err;
    }
    json_array_foreach(notices.list, i, notice)
    {
        set_state(notice);
    }
    *out_list = notices.list;
    return SEIN_OK;
}
