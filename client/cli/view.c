#include "client/cli/view.h"

#include <stdarg.h>
#include <string.h>

#include "client/cli/say.h"
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

static void
put_json_scalar(FILE *out, json_t *value)
{
    if (json_is_string(value))
        put_text(out, json_string_value(value));
    else if (json_is_integer(value))
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "ja" : "nee", out);
    else
        fputs("-", out);
}

/* Any document as indented "name: value" lines: for status and the like, whose
 * names are their own explanation. */
static void
put_tree(const struct cli_context *context, json_t *value, int depth)
{
    const char *name = NULL;
    json_t *child = NULL;
    void *iterator = NULL;

    for (iterator = json_object_iter(value); iterator != NULL;
         iterator = json_object_iter_next(value, iterator)) {
        name = json_object_iter_key(iterator);
        child = json_object_iter_value(iterator);
        fprintf(context->out, "%*s%s:", depth * 2, "", name);
        if (json_is_object(child) || json_is_array(child)) {
            fputc('\n', context->out);
            put_tree(context, child, depth + 1);
            continue;
        }
        fputc(' ', context->out);
        put_json_scalar(context->out, child);
        fputc('\n', context->out);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        child = json_array_get(value, i);
        if (json_is_object(child)) {
            fprintf(context->out, "%*s-\n", depth * 2, "");
            put_tree(context, child, depth + 1);
            continue;
        }
        fprintf(context->out, "%*s- ", depth * 2, "");
        put_json_scalar(context->out, child);
        fputc('\n', context->out);
    }
}

void
view_status(const struct cli_context *context, json_t *document)
{
    put_tree(context, document, 0);
}

void
view_handle(const struct cli_context *context, json_t *document)
{
    put_tree(context, document, 0);
}

void
view_happened(const struct cli_context *context, json_t *document)
{
    fprintf(context->out, "%s", text_of(document, "event"));
    if (text_of(document, "desk")[0] != '\0')
        fprintf(context->out, "  %s", text_of(document, "desk"));
    if (text_of(document, "letter_id")[0] != '\0')
        fprintf(context->out, "  %s", text_of(document, "letter_id"));
    if (said(context, document, "text")[0] != '\0') {
        fputs("  ", context->out);
        put_text(context->out, said(context, document, "text"));
    }
    fputc('\n', context->out);
}

static const char *
verdict_word(const struct cli_context *context, const char *verdict)
{
    static const char *const words[][2] = {
        { "accepted", "aangenomen" },   { "duplicate", "al bekend" },
        { "superseded", "vervangen" },  { "rejected", "geweigerd" },
        { "withdrawn", "ingetrokken" }, { "closed", "gesloten" },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], verdict) == 0)
            return say_text(context, words[i][1], words[i][0]);
    }
    return verdict;
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
            verdict_word(context, text_of(document, "verdict")));
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
    put_text(context->out, text_of(document, "source_id"));
    fprintf(context->out, "  %s/%s  %s  %s", text_of(document, "circle"),
            text_of(document, "kind"), text_of(document, "to"),
            text_of(document, "state"));
    if (said(context, document, "outcome")[0] != '\0')
        fprintf(context->out, "  %s", said(context, document, "outcome"));
    if (said(context, document, "reason")[0] != '\0') {
        fputs("  ", context->out);
        put_text(context->out, said(context, document, "reason"));
    }
    fputc('\n', context->out);
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
        fprintf(context->out, "  %s",
                say_text(context, "BEDREIGEND", "THREATENING"));
    fprintf(context->out, "  %s\n      %s: ", text_of(signal, "state"),
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

void
view_inbox(const struct cli_context *context, json_t *document)
{
    json_t *households = json_object_get(document, "households");
    json_t *quarantine = json_object_get(document, "quarantine");
    json_t *other = json_object_get(document, "other");

    fprintf(context->out, "%zu %s\n", json_array_size(households),
            say_text(context, "huishoudens", "households"));
    for (size_t i = 0; i < json_array_size(households); i++)
        put_household(context, json_array_get(households, i));
    if (json_array_size(other) > 0) {
        fprintf(context->out, "\n%s\n", say_text(context, "Overig", "Other"));
        put_tree(context, other, 1);
    }
    if (json_array_size(quarantine) > 0) {
        fprintf(context->out, "\n%s\n",
                say_text(context,
                         "QUARANTAINE: sleutel ingetrokken, bel de afzender",
                         "QUARANTINE: key revoked, check by telephone"));
        put_tree(context, quarantine, 1);
    }
}

void
view_show(const struct cli_context *context, json_t *document)
{
    put_tree(context, document, 0);
}

void
view_journal(const struct cli_context *context, json_t *document)
{
    fprintf(context->out, "%s  %-14s %s", text_of(document, "at"),
            text_of(document, "operation"), text_of(document, "letter_id"));
    if (text_of(document, "actor")[0] != '\0') {
        fputs("  ", context->out);
        put_text(context->out, text_of(document, "actor"));
    }
    fputc('\n', context->out);
}

void
view_desk(const struct cli_context *context, json_t *document)
{
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
              text_of(document, "last_read_at"));
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
