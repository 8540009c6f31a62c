/* Sending: a signal, a file of them, and what follows on one. */
#include <string.h>
#include <unistd.h>

#include "client/cli/access.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "client/cli/view.h"
#include "client/cli/which.h"

#define PAIRS_MAX 64

/* clang-format off */
const struct cli_option signal_options[] = {
    { "source_id", "TEXT", "uw eigen nummer van dit sein", "your own number of this signal" },
    { "circle", "NAME", "de kring", "the circle" },
    { "kind", "CODE", "waarover, een code van de kring", "what about, a code of the circle" },
    { "urgency", "normal|threatening", "hoe dringend", "how urgent" },
    { "postcode", "1506AB", "postcode", "postcode" },
    { "huisnummer", "TEXT", "huisnummer", "house number" },
    { "huisletter", "TEXT", "huisletter", "house letter" },
    { "huisnummertoevoeging", "TEXT", "toevoeging", "addition" },
    { "aanduiding", "to|by", "tegenover of bij", "opposite or near" },
    { "bsn", "BSN", "BSN van de persoon", "BSN of the person" },
    { "parent_bsn", "BSN", "BSN van een ouder", "BSN of a parent" },
    { "birth_date", "DATE", "geboortedatum", "birth date" },
    { "amount_cents", "CENTS", "achterstand in centen", "arrears in cents" },
    { "since", "DATE", "sinds wanneer", "since when" },
    { "shielded", "yes|no", "afgeschermd: gaat alleen naar --to", "shielded: goes to --to only" },
    { "to", "OIN/DESK", "het loket (anders naar postcode)", "the desk (else by postcode)" },
    { "informed", "yes|deferred|no", "weet de inwoner ervan", "does the resident know" },
    { "informed_reason", "TEXT", "waarom niet of later", "why not, or later" },
    { "informed_review", "DATE", "wanneer opnieuw bezien", "when to look again" },
    { "contact_tried", "DATE", "verklaring: persoonlijk contact gezocht", "attestation: personal contact tried" },
    { "help_pointed_out", "DATE", "verklaring: op hulp gewezen", "attestation: help pointed out" },
    { "reminder_sent", "DATE", "verklaring: schriftelijk herinnerd", "attestation: written reminder" },
    { "offer_made", "DATE", "verklaring: doorgeven aangeboden", "attestation: offered to pass on" },
    { "note", "TEXT", "korte toelichting", "short note" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option import_options[] = {
    { "member", "NAME", "alleen de regels met deze naam in de kolom member",
      "only the rows with this name in the column member" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option which_options[] = {
    { "circle", "NAME", "de kring, samen met --source_id", "the circle, with --source_id" },
    { "source_id", "TEXT", "uw eigen nummer, in plaats van LETTER", "your own number, instead of LETTER" },
    { "reason", "TEXT", "waarom", "why" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option refer_options[] = {
    { "to", "OIN/DESK", "naar welk loket", "to which desk" },
    { "note", "TEXT", "toelichting", "note" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option consult_options[] = {
    { "circle", "NAME", "de kring", "the circle" },
    { "to", "OIN/DESK", "naar welk loket", "to which desk" },
    { "day", "DATE", "nodig uit voor overleg op deze dag", "invite for this day" },
    { "headings", "TEXT", "waarover het overleg gaat", "what the table is about" },
    { NULL, NULL, NULL, NULL },
};
/* clang-format on */

/* A visitor that remembers whether a verdict was a refusal. */
struct verdict_view {
    struct view_context view;
    bool rejected;
    bool draw_bar;
};

static void
clear_bar(const struct verdict_view *show)
{
    if (show->draw_bar)
        fputs("\r\033[K", show->view.context->err);
}

static int
visit_verdict(void *context, const char *json)
{
    struct verdict_view *show = context;

    if (strstr(json, "\"verdict\":\"rejected\"") != NULL ||
        strstr(json, "\"verdict\": \"rejected\"") != NULL)
        show->rejected = true;
    clear_bar(show);
    return view_visit(&show->view, json);
}

static int
draw_progress(void *context, uint64_t done, uint64_t total)
{
    const struct verdict_view *show = context;
    int percent = total == 0 ? 0 : (int)(done * 100 / total);

    if (show->draw_bar)
        fprintf(show->view.context->err, "\r[%-25.*s] %3d%%", percent / 4,
                "#########################", percent);
    return 0;
}

int
cli_finish(const struct cli_context *context, struct sein_home **home,
           int error)
{
    int code = error == 0 ? access_sync(context, *home)
                          : access_failed(context, *home, error);

    sein_home_close(home);
    return code;
}

int
cmd_signal(struct cli_context *context, int argc, char **argv)
{
    struct sein_pair pairs[PAIRS_MAX];
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct verdict_view show = { .view = { context, view_verdict } };
    size_t count = 0;
    int error = 0;
    int code =
        options_parse(context, options_command("signal"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    count = access_pairs(&parsed, pairs, PAIRS_MAX);
    error = sein_signal(home, pairs, count, visit_verdict, &show);
    /* The first thing after joining: the directory is still to be had. */
    if (error == SEIN_ENOTJOINED && access_sync(context, home) == CLI_OK)
        error = sein_signal(home, pairs, count, visit_verdict, &show);
    code = cli_finish(context, &home, error);
    return code == CLI_OK && show.rejected ? CLI_NO : code;
}

int
cmd_import(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct verdict_view show = {
        .view = { context, view_verdict },
        .draw_bar = isatty(fileno(context->err)) == 1 && !context->quiet,
    };
    uint64_t rejected = 0;
    int error = 0;
    int code =
        options_parse(context, options_command("import"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    if (!context->offline)
        code = access_sync(context, home);
    error =
        sein_import(home, parsed.arguments[0], options_value(&parsed, "member"),
                    visit_verdict, draw_progress, &show, &rejected);
    clear_bar(&show);
    if (error != 0)
        code = access_failed(context, home, error);
    sein_home_close(&home);
    if (rejected > 0 && (code == CLI_OK || code == CLI_UNAVAILABLE))
        code = CLI_NO;
    return code;
}

int
cli_which(const struct cli_context *context, const struct cli_parsed *parsed,
          struct sein_which *out_which)
{
    *out_which = (struct sein_which){
        .letter_id = parsed->argument_count > 0 ? parsed->arguments[0] : NULL,
        .circle = options_value(parsed, "circle"),
        .source_id = options_value(parsed, "source_id"),
    };
    if (out_which->letter_id == NULL &&
        (out_which->circle == NULL || out_which->source_id == NULL))
        return say_error(context, SEIN_EUSAGE, "LETTER",
                         say_text(context,
                                  "geef LETTER, of --circle en --source_id",
                                  "give LETTER, or --circle and --source_id"));
    return CLI_OK;
}

int
cli_act(struct cli_context *context, const char *name, const char *option,
        int argc, char **argv, cli_act_on *act, view_function *view)
{
    struct cli_parsed parsed;
    struct sein_which which;
    struct sein_home *home = NULL;
    struct view_context show = { context, view };
    int code =
        options_parse(context, options_command(name), argc, argv, &parsed);

    if (code == CLI_OK)
        code = cli_which(context, &parsed, &which);
    if (code == CLI_OK)
        code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    return cli_finish(
        context, &home,
        act(home, &which, options_value(&parsed, option), view_visit, &show));
}

int
cmd_withdraw(struct cli_context *context, int argc, char **argv)
{
    return cli_act(context, "withdraw", "reason", argc, argv, sein_withdraw,
                   view_verdict);
}

int
cmd_close(struct cli_context *context, int argc, char **argv)
{
    return cli_act(context, "close", "reason", argc, argv, sein_close,
                   view_verdict);
}

typedef int answer_function(struct sein_home *, const char *, const char *,
                            sein_visit *, void *);

static int
answer(struct cli_context *context, const char *name, int argc, char **argv,
       answer_function *send)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_happened };
    int code =
        options_parse(context, options_command(name), argc, argv, &parsed);

    if (code == CLI_OK)
        code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    return cli_finish(context, &home,
                      send(home, parsed.arguments[0], parsed.arguments[1],
                           view_visit, &show));
}

int
cmd_feedback(struct cli_context *context, int argc, char **argv)
{
    return answer(context, "feedback", argc, argv, sein_feedback);
}

int
cmd_reply(struct cli_context *context, int argc, char **argv)
{
    return answer(context, "reply", argc, argv, sein_reply);
}

int
cmd_refer(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_happened };
    int code =
        options_parse(context, options_command("refer"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    if (options_value(&parsed, "to") == NULL)
        return say_error(context, SEIN_EREQUIRED, "--to", "");
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    return cli_finish(
        context, &home,
        sein_refer(home, parsed.arguments[0], options_value(&parsed, "to"),
                   options_value(&parsed, "note"), view_visit, &show));
}

int
cmd_consult(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_happened };
    int code =
        options_parse(context, options_command("consult"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    if (options_value(&parsed, "circle") == NULL)
        return say_error(context, SEIN_EREQUIRED, "--circle", "");
    if (options_value(&parsed, "to") == NULL)
        return say_error(context, SEIN_EREQUIRED, "--to", "");
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    return cli_finish(
        context, &home,
        sein_consult(home, options_value(&parsed, "circle"),
                     options_value(&parsed, "to"), parsed.arguments[0],
                     options_value(&parsed, "day"),
                     options_value(&parsed, "headings"), view_visit, &show));
}
