#include "client/cli/view.h"

#include <stdarg.h>
#include <string.h>

#include "client/cli/say.h"
#include "client/cli/words.h"
#include "client/include/sein.h"

#define SHORT_ID_CHARS 8

/* Text that others wrote goes to a terminal: control signs would be orders to
 * it, so they are shown as dots. */
static void
put_text(FILE *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';
         at++) {
        if (*at == '\n')
            fputs("\n      ", out);
        else if (*at < 0x20 || *at == 0x7f)
            fputc('.', out);
        else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) {
            fputc('.', out); /* C1 controls */
            at++;
        } else
            fputc(*at, out);
    }
}

static const char *
text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* {nl, en}, or a plain text. */
static const char *
said(const struct cli_context *context, json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    const char *text = json_string_value(
        json_is_object(value) ? json_object_get(value, context->lang) : value);

    return text == NULL ? "" : text;
}

/* Writes "label: text", and nothing when there is no text. */
static void
put_field(const struct cli_context *context, const char *indent,
          const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    fprintf(context->out, "%s%s: ", indent, label);
    put_text(context->out, text);
    fputc('\n', context->out);
}

int
view_visit(void *context, const char *json)
{
    const struct view_context *view = context;
    json_t *document = NULL;

    if (view->context->json)
        return fprintf(view->context->out, "%s\n", json) < 0 ? SEIN_EIO : 0;
    document = json_loads(json, 0, NULL);
    if (document == NULL)
        return SEIN_EINTERNAL;
    view->view(view->context, document);
    json_decref(document);
    return ferror(view->context->out) != 0 ? SEIN_EIO : 0;
}

/* ---- pieces -----------------------------------------------------------------
 */

/* "label: words" with the label in one column. */
static void
put_row(const struct cli_context *context, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    fprintf(context->out, "  %-22s ", label);
    put_text(context->out, text);
    fputc('\n', context->out);
}

static void
put_time(const struct cli_context *context, const char *label, const char *at)
{
    char text[WORDS_TIME_MAX];

    put_row(context, label, words_time(context, at, text));
}

/* What is wrong, and what to do about it. */
static void
put_problem(const struct cli_context *context, const char *indent,
            json_t *document)
{
    if (said(context, document, "reason")[0] == '\0')
        return;
    fputs(indent, context->out);
    put_text(context->out, said(context, document, "reason"));
    if (said(context, document, "mend")[0] != '\0') {
        fputs("; ", context->out);
        put_text(context->out, said(context, document, "mend"));
    }
    fputc('\n', context->out);
}

static json_int_t
number_of(json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* ---- the home ---------------------------------------------------------------
 */

static void
put_counts(const struct cli_context *context, json_t *counts)
{
    static const char *const names[] = { "waiting", "accepted", "delivered",
                                         "not_collected", "refused" };

    fprintf(context->out, "  %-22s", say_text(context, "verstuurd", "sent"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        fprintf(context->out, "%s %" JSON_INTEGER_FORMAT " %s",
                i == 0 ? "" : ",", number_of(counts, names[i]),
                words_say(context, names[i]));
    fputc('\n', context->out);
}

static void
put_alarms(const struct cli_context *context, json_t *alarms)
{
    char at[WORDS_TIME_MAX];

    for (size_t i = 0; i < json_array_size(alarms); i++) {
        json_t *alarm = json_array_get(alarms, i);

        fprintf(context->out, "\n%s  %s  ", words_say(context, "alarm"),
                words_time(context, text_of(alarm, "at"), at));
        put_text(context->out, text_of(alarm, "about"));
        if (number_of(alarm, "count") > 1)
            fprintf(context->out, "  (%" JSON_INTEGER_FORMAT "x)",
                    number_of(alarm, "count"));
        fputc('\n', context->out);
        put_problem(context, "  ", alarm);
    }
}

void
view_status(const struct cli_context *context, json_t *document)
{
    json_t *desks = json_object_get(document, "desks");
    json_t *directory = json_object_get(document, "directory");
    json_t *inbox = json_object_get(document, "inbox");

    put_text(context->out, text_of(document, "member"));
    fprintf(context->out, "  (OIN %s)\n", text_of(document, "oin"));
    for (size_t i = 0; i < json_array_size(desks); i++)
        put_row(context, i == 0 ? say_text(context, "loketten", "desks") : "",
                json_string_value(json_array_get(desks, i)));
    put_row(context, say_text(context, "sleutel", "key"),
            text_of(document, "key"));
    put_row(context, "", words_say(context, text_of(document, "key_status")));
    put_row(context, say_text(context, "seinhuis", "broker"),
            text_of(document, "broker"));
    if (json_is_object(directory)) {
        fprintf(context->out, "  %-22s %" JSON_INTEGER_FORMAT "%s\n",
                say_text(context, "register, versie", "directory, version"),
                number_of(directory, "version"),
                json_is_true(json_object_get(directory, "expired"))
                    ? say_text(context, "  VERLOPEN", "  EXPIRED")
                    : "");
        put_time(context, say_text(context, "geldig tot", "valid until"),
                 text_of(directory, "expires"));
    }
    put_counts(context, json_object_get(document, "outbox"));
    fprintf(context->out,
            "  %-22s %" JSON_INTEGER_FORMAT " (%" JSON_INTEGER_FORMAT " %s)\n",
            say_text(context, "ontvangen", "received"), number_of(inbox, "all"),
            number_of(inbox, "new"), words_say(context, "new"));
    put_time(context, say_text(context, "laatst verbonden", "last connected"),
             text_of(document, "last_sync"));
    put_alarms(context, json_object_get(document, "alarms"));
}

void
view_handle(const struct cli_context *context, json_t *document)
{
    json_t *warnings = json_object_get(document, "warnings");

    fprintf(context->out, "%s  ", text_of(document, "kind"));
    put_text(context->out, text_of(document, "canonical"));
    fputc('\n', context->out);
    for (size_t i = 0; i < json_array_size(warnings); i++)
        fprintf(
            context->out, "  %s: %s\n", say_text(context, "let op", "warning"),
            words_say(context, json_string_value(json_array_get(warnings, i))));
}

void
view_happened(const struct cli_context *context, json_t *document)
{
    fprintf(context->out, "%s", words_say(context, text_of(document, "event")));
    if (json_is_integer(json_object_get(document, "version")))
        fprintf(context->out, "  %s %" JSON_INTEGER_FORMAT,
                say_text(context, "versie", "version"),
                number_of(document, "version"));
    if (text_of(document, "what")[0] != '\0')
        fprintf(context->out, "  %s",
                words_say(context, text_of(document, "what")));
    if (text_of(document, "about")[0] != '\0') {
        fputs("  ", context->out);
        put_text(context->out, text_of(document, "about"));
    }
    if (text_of(document, "desk")[0] != '\0')
        fprintf(context->out, "  %s", text_of(document, "desk"));
    if (text_of(document, "letter_id")[0] != '\0')
        fprintf(context->out, "  %s", text_of(document, "letter_id"));
    if (strcmp(text_of(document, "event"), text_of(document, "state")) != 0 &&
        text_of(document, "state")[0] != '\0')
        fprintf(context->out, "  %s",
                words_say(context, text_of(document, "state")));
    fputc('\n', context->out);
    put_problem(context, "  ", document);
}

void
view_verdict(const struct cli_context *context, json_t *document)
{
    json_t *line = json_object_get(document, "line");

    if (json_integer_value(line) > 0)
        fprintf(context->out, "%s %" JSON_INTEGER_FORMAT "  ",
                say_text(context, "regel", "line"), json_integer_value(line));
    put_text(context->out, text_of(document, "source_id"));
    fprintf(context->out, "  %s",
            words_say(context, text_of(document, "verdict")));
    if (text_of(document, "letter_id")[0] != '\0')
        fprintf(context->out, "  %s", text_of(document, "letter_id"));
    if (json_is_true(json_object_get(document, "queued")))
        fprintf(
            context->out, "  (%s)",
            say_text(context, "wacht op het seinhuis", "waits for the broker"));
    fputc('\n', context->out);
    if (text_of(document, "code")[0] == '\0')
        return;
    fprintf(context->out, "    %s (%s): %s; %s\n", text_of(document, "field"),
            text_of(document, "code"), said(context, document, "reason"),
            said(context, document, "mend"));
}

void
view_sent(const struct cli_context *context, json_t *document)
{
    fprintf(context->out, "%s  ", text_of(document, "letter_id"));
    put_text(context->out, text_of(document, "source_id")[0] == '\0'
                               ? "-"
                               : text_of(document, "source_id"));
    fprintf(context->out, "  [%s] %s  %s  %s", text_of(document, "circle"),
            said(context, document, "kind_text")[0] == '\0'
                ? words_say(context, text_of(document, "what"))
                : said(context, document, "kind_text"),
            text_of(document, "to"),
            words_say(context, text_of(document, "state")));
    if (said(context, document, "outcome_text")[0] != '\0')
        fprintf(context->out, "  %s", said(context, document, "outcome_text"));
    fputc('\n', context->out);
    put_problem(context, "    ", document);
}

static void
put_address(const struct cli_context *context, json_t *address)
{
    static const char *const parts[] = { "huisnummer", "huisletter",
                                         "huisnummertoevoeging", "aanduiding" };

    put_text(context->out, text_of(address, "postcode"));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (text_of(address, parts[i])[0] == '\0')
            continue;
        fputc(' ', context->out);
        put_text(context->out, text_of(address, parts[i]));
    }
}

static void
put_signal(const struct cli_context *context, json_t *signal)
{
    fprintf(context->out, "    %s  [%s] %s", text_of(signal, "letter_id"),
            text_of(signal, "circle"), said(context, signal, "kind_text"));
    if (strcmp(text_of(signal, "urgency"), "threatening") == 0)
        fprintf(context->out, "  %s", words_say(context, "threatening"));
    fprintf(context->out,
            "  %s\n      %s: ", words_say(context, text_of(signal, "state")),
            say_text(context, "van", "from"));
    put_text(context->out, text_of(signal, "from_name"));
    if (text_of(signal, "from_title")[0] != '\0') {
        fputs(", ", context->out);
        put_text(context->out, text_of(signal, "from_title"));
    }
    fputs(" (", context->out);
    put_text(context->out, text_of(signal, "source_id"));
    fputs(")\n", context->out);
    put_field(context, "      ", say_text(context, "mandaat", "mandate"),
              text_of(signal, "mandate"));
    put_field(context, "      ", say_text(context, "telefoon", "telephone"),
              text_of(signal, "phone"));
    put_field(context, "      ", say_text(context, "bereikbaar", "hours"),
              text_of(signal, "hours"));
    put_field(context, "      ", say_text(context, "opgepakt door", "taken by"),
              text_of(signal, "taken_by"));
    put_field(context, "      ", say_text(context, "toelichting", "note"),
              text_of(signal, "note"));
}

static void
put_household(const struct cli_context *context, json_t *household)
{
    json_t *signals = json_object_get(household, "signals");
    json_t *clock = json_object_get(household, "clock");

    fputc('\n', context->out);
    if (json_is_object(json_object_get(household, "address")))
        put_address(context, json_object_get(household, "address"));
    else
        fputs(say_text(context, "(zonder adres)", "(without an address)"),
              context->out);
    if (json_array_size(signals) > 1)
        fprintf(context->out, "   %zu %s", json_array_size(signals),
                say_text(context, "seinen", "signals"));
    if (text_of(clock, "deadline")[0] != '\0')
        fprintf(context->out, "   %s %s",
                say_text(context, "contact voor", "contact before"),
                text_of(clock, "deadline"));
    fputc('\n', context->out);
    for (size_t i = 0; i < json_array_size(signals); i++)
        put_signal(context, json_array_get(signals, i));
}

/* A letter that is no signal, in a few lines. */
static void
put_letter(const struct cli_context *context, json_t *letter)
{
    char at[WORDS_TIME_MAX];
    bool ours = text_of(letter, "created_at")[0] != '\0';
    const char *what = said(context, letter, "kind_text");

    fprintf(context->out, "  %s  ",
            words_time(context,
                       text_of(letter, ours ? "created_at" : "sent_at"), at));
    put_text(context->out, ours ? say_text(context, "wij", "we")
                                : text_of(letter, "from_name"));
    fprintf(context->out, ", %s",
            what[0] != '\0' ? what
                            : words_say(context, text_of(letter, "what")));
    if (said(context, letter, "outcome_text")[0] != '\0')
        fprintf(context->out, ": %s", said(context, letter, "outcome_text"));
    fprintf(context->out, "  (%s)  %s\n",
            words_say(context, text_of(letter, "state")),
            text_of(letter, "letter_id"));
    put_field(context, "      ", say_text(context, "tekst", "text"),
              text_of(letter, "text"));
    put_field(context, "      ", say_text(context, "toelichting", "note"),
              text_of(letter, "note"));
    put_problem(context, "      ", letter);
}

static void
put_letters(const struct cli_context *context, const char *heading,
            json_t *letters)
{
    if (json_array_size(letters) == 0)
        return;
    fprintf(context->out, "\n%s\n", heading);
    for (size_t i = 0; i < json_array_size(letters); i++)
        put_letter(context, json_array_get(letters, i));
}

static void
put_match(const struct cli_context *context, json_t *match)
{
    json_t *link = json_object_get(match, "link");

    fprintf(context->out, "    %s  ",
            words_say(context, text_of(match, "state")));
    put_text(context->out, text_of(match, "label"));
    fprintf(context->out, "  (%s: %s, %s: %s)\n",
            say_text(context, "bij u", "with you"),
            words_say(context, text_of(link, "own")),
            say_text(context, "bij de ander", "with the other"),
            words_say(context, text_of(link, "peer")));
}

static void
put_party(const struct cli_context *context, json_t *party)
{
    fprintf(context->out, "    %s  ",
            words_say(context, text_of(party, "state")));
    put_text(context->out, text_of(party, "name"));
    fputs(", ", context->out);
    put_text(context->out, text_of(party, "title"));
    fprintf(context->out, "  %s\n", text_of(party, "desk"));
    put_field(context, "      ", say_text(context, "contact", "contact"),
              text_of(party, "contact"));
    put_field(context, "      ", say_text(context, "mandaat", "mandate"),
              text_of(party, "mandate"));
    put_field(context, "      ", say_text(context, "telefoon", "telephone"),
              text_of(party, "phone"));
    put_field(context, "      ", say_text(context, "bereikbaar", "hours"),
              text_of(party, "hours"));
    put_field(context, "      ", say_text(context, "vervanging", "stand-in"),
              text_of(party, "stand_in"));
}

/* Who else is involved, and what to do with it. */
static void
put_notice(const struct cli_context *context, json_t *notice)
{
    json_t *matches = json_object_get(notice, "matches");
    json_t *parties = json_object_get(notice, "parties");

    fprintf(context->out, "  %s  [%s] %s  ",
            words_say(context, text_of(notice, "state")),
            text_of(notice, "circle"), text_of(notice, "letter_id"));
    put_address(context, json_object_get(notice, "address"));
    fputc('\n', context->out);
    for (size_t i = 0; i < json_array_size(matches); i++)
        put_match(context, json_array_get(matches, i));
    for (size_t i = 0; i < json_array_size(parties); i++)
        put_party(context, json_array_get(parties, i));
    if (strcmp(text_of(notice, "state"), "new") == 0)
        fprintf(context->out, "    sein accept %s\n",
                text_of(notice, "letter_id"));
}

static void
put_notices(const struct cli_context *context, json_t *notices)
{
    if (json_array_size(notices) == 0)
        return;
    fprintf(context->out, "%s\n",
            say_text(context, "Ook betrokken", "Also involved"));
    for (size_t i = 0; i < json_array_size(notices); i++)
        put_notice(context, json_array_get(notices, i));
}

void
view_inbox(const struct cli_context *context, json_t *document)
{
    json_t *households = json_object_get(document, "households");
    size_t count = json_array_size(households);

    fprintf(context->out, "%zu %s\n", count,
            count == 1 ? say_text(context, "huishouden", "household")
                       : say_text(context, "huishoudens", "households"));
    for (size_t i = 0; i < count; i++)
        put_household(context, json_array_get(households, i));
    put_notices(context, json_object_get(document, "notices"));
    put_letters(context, say_text(context, "Overig", "Other"),
                json_object_get(document, "other"));
    put_letters(context,
                say_text(context,
                         "QUARANTAINE: sleutel ingetrokken, bel de afzender",
                         "QUARANTINE: key revoked, check by telephone"),
                json_object_get(document, "quarantine"));
}

/* ---- one signal -------------------------------------------------------------
 */

static void
put_people(const struct cli_context *context, json_t *signal)
{
    char desk[512];

    if (text_of(signal, "from_name")[0] != '\0') {
        (void)snprintf(desk, sizeof desk, "%s, %s",
                       text_of(signal, "from_name"),
                       text_of(signal, "from_title"));
        put_row(context, say_text(context, "van", "from"), desk);
    } else
        put_row(context, say_text(context, "van", "from"),
                text_of(signal, "from"));
    put_row(context, say_text(context, "mandaat", "mandate"),
            text_of(signal, "mandate"));
    put_row(context, say_text(context, "telefoon", "telephone"),
            text_of(signal, "phone"));
    put_row(context, say_text(context, "bereikbaar", "hours"),
            text_of(signal, "hours"));
    put_row(context, say_text(context, "vervanging", "stand-in"),
            text_of(signal, "stand_in"));
    put_row(context, say_text(context, "aan", "to"), text_of(signal, "to"));
}

/* What the sender wrote, column by column, in the order of the import. */
static void
put_content(const struct cli_context *context, json_t *signal)
{
    static const char *const rows[][3] = {
        { "source_id", "kenmerk", "source id" },
        { "bsn", "BSN", "BSN" },
        { "parent_bsn", "BSN van een ouder", "BSN of a parent" },
        { "birth_date", "geboren", "born" },
        { "since", "sinds", "since" },
        { "contact_tried", "contact gezocht", "contact tried" },
        { "help_pointed_out", "op hulp gewezen", "help pointed out" },
        { "reminder_sent", "herinnerd", "reminder sent" },
        { "offer_made", "voorstel gedaan", "offer made" },
        { "informed_reason", "reden", "reason" },
        { "informed_review", "opnieuw bekijken", "to be reviewed" },
        { "note", "toelichting", "note" },
        { "purpose", "doel", "purpose" },
        { "text", "tekst", "text" },
    };
    json_int_t cents = number_of(signal, "amount_cents");

    if (cents > 0)
        fprintf(context->out, "  %-22s %" JSON_INTEGER_FORMAT ",%02d euro\n",
                say_text(context, "bedrag", "amount"), cents / 100,
                (int)(cents % 100));
    if (json_is_true(json_object_get(signal, "shielded")))
        put_row(context, say_text(context, "AFGESCHERMD", "SHIELDED"),
                words_say(context, "yes"));
    put_row(context,
            say_text(context, "inwoner ingelicht", "resident informed"),
            words_say(context, text_of(signal, "informed")));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_row(context, say_text(context, rows[i][1], rows[i][2]),
                text_of(signal, rows[i][0]));
}

static void
put_course(const struct cli_context *context, json_t *signal)
{
    json_t *states = json_object_get(signal, "states");
    json_t *clock = json_object_get(signal, "clock");
    char at[WORDS_TIME_MAX];

    for (size_t i = 0; i < json_array_size(states); i++) {
        json_t *state = json_array_get(states, i);

        fprintf(context->out, "  %-22s %s  %s\n",
                i == 0 ? say_text(context, "verloop", "course") : "",
                words_time(context, text_of(state, "at"), at),
                words_say(context, text_of(state, "state")));
    }
    if (text_of(clock, "deadline")[0] != '\0')
        fprintf(context->out, "  %-22s %s (%" JSON_INTEGER_FORMAT " %s)\n",
                say_text(context, "contact voor", "contact before"),
                text_of(clock, "deadline"),
                number_of(clock, "worked_days_left"),
                say_text(context, "werkdagen", "working days"));
    put_row(context, say_text(context, "opgepakt door", "taken by"),
            text_of(signal, "taken_by"));
    put_problem(context, "  ", signal);
}

void
view_show(const struct cli_context *context, json_t *document)
{
    json_t *signal = json_object_get(document, "letter");
    json_t *letters = json_object_get(document, "letters");
    const char *kind = said(context, signal, "kind_text");
    bool heading = false;

    if (json_is_true(json_object_get(signal, "quarantine")))
        fprintf(context->out, "%s\n",
                say_text(context,
                         "QUARANTAINE: sleutel ingetrokken, bel de afzender",
                         "QUARANTINE: key revoked, check by telephone"));
    if (json_is_object(json_object_get(signal, "address"))) {
        put_address(context, json_object_get(signal, "address"));
        fputs("  ", context->out);
    }
    fprintf(context->out, "[%s] %s", text_of(signal, "circle"),
            kind[0] != '\0' ? kind
                            : words_say(context, text_of(signal, "what")));
    if (strcmp(text_of(signal, "urgency"), "threatening") == 0)
        fprintf(context->out, "  %s", words_say(context, "threatening"));
    fprintf(context->out, "\n  %s\n", text_of(signal, "letter_id"));
    put_people(context, signal);
    put_content(context, signal);
    put_course(context, signal);
    for (size_t i = 0; i < json_array_size(letters); i++) {
        json_t *letter = json_array_get(letters, i);

        if (strcmp(text_of(letter, "letter_id"),
                   text_of(signal, "letter_id")) == 0)
            continue;
        if (!heading)
            fprintf(context->out, "\n%s\n",
                    say_text(context, "Heen en weer", "Back and forth"));
        heading = true;
        put_letter(context, letter);
    }
}

void
view_journal(const struct cli_context *context, json_t *document)
{
    char at[WORDS_TIME_MAX];

    fprintf(context->out, "%s  %-20s %s",
            words_time(context, text_of(document, "at"), at),
            words_say(context, text_of(document, "operation")),
            text_of(document, "letter_id"));
    if (text_of(document, "actor")[0] != '\0') {
        fputs("  ", context->out);
        put_text(context->out, text_of(document, "actor"));
    }
    fputc('\n', context->out);
}

void
view_desk(const struct cli_context *context, json_t *document)
{
    char at[WORDS_TIME_MAX];

    fprintf(context->out, "%s\n  ", text_of(document, "desk"));
    put_text(context->out, text_of(document, "name"));
    fputs(", ", context->out);
    put_text(context->out, text_of(document, "title"));
    fputc('\n', context->out);
    put_field(context, "  ", say_text(context, "mandaat", "mandate"),
              text_of(document, "mandate"));
    put_field(context, "  ", say_text(context, "telefoon", "telephone"),
              text_of(document, "phone"));
    put_field(context, "  ", say_text(context, "bereikbaar", "hours"),
              text_of(document, "hours"));
    put_field(context, "  ", say_text(context, "vervanging", "stand-in"),
              text_of(document, "stand_in"));
    put_field(context, "  ", say_text(context, "laatst gelezen", "last read"),
              words_time(context, text_of(document, "last_read_at"), at));
}

/* ---- circle packs -----------------------------------------------------------
 */

static void
put_pack(const struct cli_context *context, json_t *document)
{
    put_row(context, say_text(context, "kringbeheerder", "steward"),
            text_of(document, "steward"));
    fprintf(context->out, "  %-22s %" JSON_INTEGER_FORMAT "\n",
            say_text(context, "instellingen", "institutions"),
            number_of(document, "institutions"));
}

void
view_pack_made(const struct cli_context *context, json_t *document)
{
    fprintf(context->out, "%s %s, %s %" JSON_INTEGER_FORMAT ": %s\n",
            say_text(context, "Pakket van kring", "Pack of circle"),
            text_of(document, "circle"), say_text(context, "periode", "epoch"),
            number_of(document, "epoch"), text_of(document, "file"));
    put_pack(context, document);
    fprintf(context->out,
            "%s\n  sein directory pepper %s %" JSON_INTEGER_FORMAT " %s\n%s\n",
            say_text(context, "Geef het beheer deze regel:",
                     "Give the governance this line:"),
            text_of(document, "circle"), number_of(document, "epoch"),
            text_of(document, "pepper_check"),
            say_text(context,
                     "Het bestand is geheim: geef het elk lid van hand tot "
                     "hand.",
                     "The file is a secret: hand it to each member in "
                     "person."));
}

void
view_pack_taken(const struct cli_context *context, json_t *document)
{
    fprintf(context->out, "%s %s, %s %" JSON_INTEGER_FORMAT "\n",
            say_text(context, "Ingelezen: kring", "Taken in: circle"),
            text_of(document, "circle"), say_text(context, "periode", "epoch"),
            number_of(document, "epoch"));
    put_pack(context, document);
}

void
view_ceremony(const struct cli_context *context, json_t *document)
{
    json_t *holders = json_object_get(document, "holders");

    fprintf(context->out, "%s %s, %s %" JSON_INTEGER_FORMAT "\n",
            say_text(context, "Sleutel van kring", "Key of circle"),
            text_of(document, "circle"), say_text(context, "periode", "epoch"),
            number_of(document, "epoch"));
    if (json_is_true(json_object_get(document, "abandoned"))) {
        fprintf(context->out, "  %s\n",
                say_text(context, "afgebroken en vergeten",
                         "abandoned and forgotten"));
        return;
    }
    for (size_t i = 0; i < json_array_size(holders); i++) {
        json_t *holder = json_array_get(holders, i);

        fprintf(context->out, "  %" JSON_INTEGER_FORMAT " %-55s %s%s\n",
                number_of(holder, "index"), text_of(holder, "desk"),
                words_say(context, text_of(holder, "state")),
                json_is_true(json_object_get(holder, "culprit"))
                    ? say_text(context, "  ZIJN BRIEF KLOPT NIET",
                               "  ITS LETTER IS WRONG")
                    : "");
    }
    put_problem(context, "  ", document);
    if (text_of(document, "record")[0] != '\0')
        fprintf(context->out, "%s\n%s\n",
                say_text(context, "Klaar. Geef het beheer deze regel:",
                         "Done. Give the governance this line:"),
                text_of(document, "record"));
    if (text_of(document, "share")[0] != '\0')
        fprintf(context->out, "%s: %s\n",
                say_text(context,
                         "Uw aandeel, geheim, voor sein-keyholder share",
                         "Your share, a secret, for sein-keyholder share"),
                text_of(document, "share"));
}

int
view_doctor(void *context, const char *json)
{
    struct doctor_count *count = context;
    const struct cli_context *cli = count->context;
    json_t *document = json_loads(json, 0, NULL);
    bool ok = false;

    if (document == NULL)
        return SEIN_EINTERNAL;
    ok = json_is_true(json_object_get(document, "ok"));
    if (!ok)
        count->faults++;
    if (cli->json)
        fprintf(cli->out, "%s\n", json);
    else {
        fprintf(cli->out, "%-5s %-22s ",
                ok ? "ok" : say_text(cli, "FOUT", "FAULT"),
                text_of(document, "check"));
        put_text(cli->out, text_of(document, "found"));
        fputc('\n', cli->out);
        if (!ok)
            put_field(cli, "      ", say_text(cli, "doe dit", "do this"),
                      text_of(document, strcmp(cli->lang, "en") == 0
                                            ? "fix_en"
                                            : "fix_nl"));
    }
    json_decref(document);
    return 0;
}
