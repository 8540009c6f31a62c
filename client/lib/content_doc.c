#include "client/lib/content_doc.h"

#include <sodium.h>

#include "client/lib/docs.h"
#include "proto/blind/content/closing.h"
#include "proto/blind/content/feedback.h"
#include "proto/blind/content/introduction.h"
#include "proto/blind/content/invitation.h"
#include "proto/blind/content/message.h"
#include "proto/blind/content/regie.h"
#include "proto/blind/handle.h"
#include "proto/trust/may.h"
#include "proto/wire/schema.h"

json_t *
content_doc_address(const struct sein_signal *signal)
{
    struct sein_handle handle = { 0 };
    json_t *doc = NULL;

    if (!sein_signal_has_address(signal) ||
        sein_signal_address_handle(signal, &handle) != SEIN_OK)
        return json_null();
    doc = json_object();
    docs_set(doc, "postcode", docs_text(signal->postcode));
    docs_set(doc, "huisnummer", docs_text(signal->huisnummer));
    docs_set(doc, "huisletter", docs_text(signal->huisletter));
    docs_set(doc, "huisnummertoevoeging",
             docs_text(signal->huisnummertoevoeging));
    docs_set(doc, "aanduiding", docs_text(signal->aanduiding));
    docs_set(doc, "canonical", docs_text(sein_handle_text(&handle)));
    sodium_memzero(&handle, sizeof handle);
    return doc;
}

/* The word, and its meaning from the circle's list. */
static void
set_code_text(json_t *doc, const char *name, const struct sein_dir_code *code)
{
    json_t *text = json_object();

    docs_set(text, "nl", docs_text(code->nl));
    docs_set(text, "en", docs_text(code->en));
    docs_set(doc, name, text);
}

static void
set_if(json_t *doc, const char *name, struct sein_slice text)
{
    if (text.len > 0)
        docs_set(doc, name, docs_text(text));
}

static void
set_informed(json_t *doc, const struct sein_signal *signal)
{
    static const char *const words[] = { [SEIN_INFORMED_YES] = "yes",
                                         [SEIN_INFORMED_DEFERRED] = "deferred",
                                         [SEIN_INFORMED_NO] = "no" };

    if (signal->informed < sizeof words / sizeof words[0] &&
        words[signal->informed] != NULL)
        docs_set(doc, "informed", json_string(words[signal->informed]));
    set_if(doc, "informed_reason", signal->informed_reason);
    set_if(doc, "informed_review", signal->informed_review);
}

void
content_doc_signal(json_t *doc, const struct sein_directory *dir,
                   struct sein_slice circle, const struct sein_signal *signal)
{
    const struct sein_circle *found =
        dir == NULL ? NULL : sein_directory_circle(dir, circle);
    struct sein_dir_code code = { 0 };

    docs_set(doc, "source_id", docs_text(signal->source_id));
    docs_set(doc, "kind", docs_text(signal->kind));
    if (found != NULL && sein_circle_kind(found, signal->kind, &code))
        set_code_text(doc, "kind_text", &code);
    docs_set(doc, "urgency",
             json_string(signal->urgency == SEIN_URGENCY_THREATENING
                             ? "threatening"
                             : "normal"));
    if (signal->amount_cents > 0)
        docs_set(doc, "amount_cents",
                 json_integer((json_int_t)signal->amount_cents));
    set_if(doc, "since", signal->since);
    set_if(doc, "bsn", signal->bsn);
    set_if(doc, "parent_bsn", signal->parent_bsn);
    set_if(doc, "name", signal->name);
    set_if(doc, "birth_date", signal->birth_date);
    docs_set(doc, "shielded", json_boolean(signal->shielded));
    set_informed(doc, signal);
    set_if(doc, "contact_tried", signal->contact_tried);
    set_if(doc, "help_pointed_out", signal->help_pointed_out);
    set_if(doc, "reminder_sent", signal->reminder_sent);
    set_if(doc, "offer_made", signal->offer_made);
    set_if(doc, "contact", signal->contact);
    set_if(doc, "note", signal->note);
}

void
content_doc_sender(json_t *doc, const struct sein_directory *dir,
                   struct sein_slice from)
{
    const struct sein_desk *desk =
        dir == NULL ? NULL : sein_directory_desk(dir, from);

    docs_set(doc, "from", docs_text(from));
    if (desk == NULL)
        return;
    docs_set(doc, "from_name", docs_text(desk->member->entry.name));
    docs_set(doc, "from_title", docs_text(desk->entry.title));
    docs_set(doc, "mandate", docs_text(desk->entry.mandate));
    docs_set(doc, "phone", docs_text(desk->entry.phone));
    docs_set(doc, "hours", docs_text(desk->entry.hours));
    docs_set(doc, "stand_in", docs_text(desk->entry.stand_in));
}

static void
add_signal(json_t *doc, const struct sein_directory *dir,
           const struct letter_row *row)
{
    struct sein_signal signal = { 0 };

    if (sein_schema_decode_all(&sein_signal_schema, row->content, &signal) !=
        SEIN_OK)
        return;
    docs_set(doc, "address", content_doc_address(&signal));
    content_doc_signal(doc, dir, row->circle, &signal);
}

static void
add_feedback(json_t *doc, const struct sein_directory *dir,
             const struct letter_row *row)
{
    struct sein_feedback feedback = { 0 };
    struct sein_dir_code code = { 0 };
    const struct sein_circle *circle =
        dir == NULL ? NULL : sein_directory_circle(dir, row->circle);

    if (sein_schema_decode_all(&sein_feedback_schema, row->content,
                               &feedback) != SEIN_OK)
        return;
    docs_set(doc, "outcome", docs_text(feedback.outcome));
    if (circle != NULL && sein_circle_outcome(circle, feedback.outcome, &code))
        set_code_text(doc, "outcome_text", &code);
}

static void
add_ending(json_t *doc, const struct letter_row *row)
{
    struct sein_ending ending = { 0 };

    if (sein_schema_decode_all(&sein_ending_schema, row->content, &ending) !=
        SEIN_OK)
        return;
    docs_set(doc, "about", docs_id(ending.letter_id.bytes));
    set_if(doc, "reason", ending.reason);
}

static void
add_texts(json_t *doc, const struct letter_row *row)
{
    struct sein_message message = { 0 };
    struct sein_consult consult = { 0 };
    struct sein_regie_content regie = { 0 };
    struct sein_table_invitation table = { 0 };

    if (row->kind == SEIN_LETTER_MESSAGE &&
        sein_schema_decode_all(&sein_message_schema, row->content, &message) ==
            SEIN_OK)
        docs_set(doc, "text", docs_text(message.text));
    if (row->kind == SEIN_LETTER_CONSULT &&
        sein_schema_decode_all(&sein_consult_schema, row->content, &consult) ==
            SEIN_OK)
        docs_set(doc, "text", docs_text(consult.text));
    if (row->kind == SEIN_LETTER_REGIE &&
        sein_schema_decode_all(&sein_regie_content_schema, row->content,
                               &regie) == SEIN_OK &&
        regie.propose.len > 0)
        docs_set(doc, "propose", docs_text(regie.propose));
    if (row->kind == SEIN_LETTER_INVITATION &&
        sein_schema_decode_all(&sein_table_invitation_schema, row->content,
                               &table) == SEIN_OK) {
        docs_set(doc, "day", docs_text(table.day));
        docs_set(doc, "purpose", docs_text(table.purpose));
        docs_set(doc, "headings", docs_text(table.headings));
    }
}

static void
add_introduction(json_t *doc, const struct letter_row *row)
{
    struct sein_introduction content = { 0 };

    if (sein_schema_decode_all(&sein_introduction_schema, row->content,
                               &content) == SEIN_OK)
        set_if(doc, "contact", content.contact);
}

static json_t *
newer_text(void)
{
    json_t *doc = json_object();

    docs_set(doc, "nl", json_string("gemaakt door een nieuwere versie"));
    docs_set(doc, "en", json_string("made by a newer version"));
    return doc;
}

void
content_doc_add(json_t *doc, const struct sein_directory *dir,
                const struct letter_row *row)
{
    docs_set(doc, "what", json_string(docs_kind_word(row->kind)));
    if (!sein_letter_known(row->kind)) {
        docs_set(doc, "newer", newer_text());
        docs_set(doc, "newer_kind", json_integer((json_int_t)row->kind));
        return;
    }
    if (row->content.len == 0)
        return; /* erased */
    switch (row->kind) {
    case SEIN_LETTER_SIGNAL:
    case SEIN_LETTER_CORRECTION:
    case SEIN_LETTER_REFERRAL:
        add_signal(doc, dir, row);
        break;
    case SEIN_LETTER_WITHDRAWAL:
    case SEIN_LETTER_CLOSING:
        add_ending(doc, row);
        break;
    case SEIN_LETTER_INTRODUCTION:
        add_introduction(doc, row);
        break;
    case SEIN_LETTER_FEEDBACK:
        add_feedback(doc, dir, row);
        break;
    default:
        add_texts(doc, row);
        break;
    }
}
