#include <assert.h>
#include <errno.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "client/include/sein.h"

#define DEFAULT_TIMEOUT_S 30
#define MS_PER_S 1000
#define MANY 1000000

/* clang-format off */
const struct cli_command cli_commands[] = {
    { "init", cmd_init, "", 0, 0,
      "maak een thuismap met sleutels voor de loketten van een deelnemer",
      "make a home with keys for the desks of one member", init_options, false },
    { "join", cmd_join, "INVITATION", 1, 1,
      "sluit aan: leg de uitnodiging vast en geef de regel voor het beheer",
      "join: pin the invitation and give the line for the governance", join_options, false },
    { "unlock", cmd_unlock, "", 0, 0,
      "ontgrendel de thuismap voor deze aanmelding",
      "unlock the home for this login", NULL, false },
    { "lock", cmd_lock, "", 0, 0,
      "vergrendel de thuismap weer", "lock the home again", NULL, false },
    { "status", cmd_status, "", 0, 0,
      "alles op een scherm: loketten, register, post", "all on one screen: desks, directory, post", NULL, false },
    { "doctor", cmd_doctor, "", 0, 0,
      "zoek wat er mis is, met wat eraan te doen is",
      "look for what is wrong, with what to do about it", NULL, false },
    { "handle", cmd_handle, "", 0, 0,
      "toon hoe een adres, BSN of naam wordt vergeleken; er gaat niets naar buiten",
      "show how an address, BSN or name is compared; nothing leaves this machine", handle_options, false },
    { "signal", cmd_signal, "", 0, 0,
      "geef een sein over een huishouden", "give a signal about a household", signal_options, false },
    { "import", cmd_import, "FILE.csv", 1, 1,
      "geef een sein per regel van een CSV-bestand; per regel een oordeel",
      "give a signal per row of a CSV file; a verdict per row", import_options, false },
    { "sent", cmd_sent, "[LETTER]", 0, 1,
      "wat ik stuurde en hoe het ermee staat", "what I sent and what became of it", sent_options, false },
    { "inbox", cmd_inbox, "", 0, 0,
      "wat er binnenkwam, per huishouden", "what came in, by household", NULL, false },
    { "take", cmd_take, "LETTER", 1, 1,
      "neem een sein op je, of voor een collega", "claim a signal, for oneself or a colleague", take_options, false },
    { "watch", cmd_watch, "", 0, 0,
      "blijf verbonden en meld wat er binnenkomt, zonder huishoudens te noemen",
      "stay connected and tell what comes in, without naming households", watch_options, false },
    { "show", cmd_show, "LETTER", 1, 1,
      "een sein met alles wat erover heen en weer ging", "a signal with all that was said about it", NULL, false },
    { "reply", cmd_reply, "LETTER TEXT", 2, 2,
      "antwoord met een bericht", "answer with a message", NULL, false },
    { "feedback", cmd_feedback, "LETTER OUTCOME", 2, 2,
      "meld de uitkomst terug, met een code van de kring",
      "report the outcome, with a code of the circle", NULL, false },
    { "refer", cmd_refer, "LETTER", 1, 1,
      "verwijs een huishouden door naar een ander loket", "refer a household to another desk", refer_options, false },
    { "consult", cmd_consult, "TEXT", 1, 1,
      "vraag een ander loket om overleg, of nodig het uit", "consult another desk, or invite it", consult_options, false },
    { "withdraw", cmd_withdraw, "[LETTER]", 0, 1,
      "trek een sein in dat er niet had moeten zijn: het wordt overal gewist",
      "withdraw a signal that should not have been: it is erased everywhere", which_options, false },
    { "close", cmd_close, "[LETTER]", 0, 1,
      "sluit een sein: de zorg is voorbij", "close a signal: the worry is over", which_options, false },
    { "accept", cmd_accept, "[LETTER]", 0, 1,
      "zeg ja op de melding rond een huishouden: wie ook ja zegt, ziet wie u bent",
      "accept the notice around a household: who accepts too sees who you are", match_options, false },
    { "decline", cmd_decline, "[LETTER]", 0, 1,
      "leg een melding weg; de ander merkt daar niets van",
      "put a notice away; the other side sees nothing of it", match_options, false },
    { "unlink", cmd_unlink, "[LETTER]", 0, 1,
      "dit is niet hetzelfde huishouden: ontkoppel aan beide kanten",
      "this is not the same household: unlink it on both sides", unlink_options, false },
    { "regie", cmd_regie, "status|propose|accept|release [LETTER]", 1, 2,
      "wie de regie heeft; met accept neemt u die, en ziet de hele groep dat",
      "who coordinates; with accept you do, and the whole group sees it", regie_options, false },
    { "renew", cmd_renew, "[LETTER]", 0, 1,
      "houd de aanwezigheid rond een huishouden langer in stand",
      "keep the presence around a household for longer", renew_options, false },
    { "desks", cmd_desks, "[CIRCLE]", 0, 1,
      "wie er meedoen, met mandaat, bereikbaarheid en vervanging",
      "who takes part, with mandate, hours and stand-in", NULL, false },
    { "journal", cmd_journal, "", 0, 0,
      "wie deed wat, ook voor het recht op inzage", "who did what, also for the right of access", journal_options, false },
    { "take-over", cmd_take_over, "", 0, 0,
      "lees deze loketten voortaan in deze thuismap", "read these desks in this home from now on", NULL, false },
    { "rotate", cmd_rotate, "", 0, 0,
      "maak een nieuwe sleutel en geef de regel voor het beheer",
      "make a new key and give the line for the governance", NULL, false },
    { "circle", cmd_circle, "pack CIRCLE|take FILE", 2, 2,
      "maak als kringbeheerder een kringpakket, of lees er een in",
      "make a circle pack as its steward, or take one in", circle_options, false },
    { "keyholder", cmd_keyholder, "ceremony CIRCLE", 2, 2,
      "maak met de andere sleutelhouders de sleutel van een kring",
      "make the key of a circle with the other keyholders", keyholder_options, false },
    { "sync", cmd_sync, "", 0, 0,
      "stuur en haal de post", "send and fetch the post", NULL, false },
    { "directory", cmd_directory, "...", 0, MANY,
      "het register van het beheer, zonder netwerk: zie sein directory --help",
      "the governance's directory, offline: see sein directory --help", NULL, true },
    { "completion", cmd_completion, "bash|scd", 1, 1,
      "aanvulling voor de shell, of de handleiding als scdoc",
      "completion for the shell, or the manual as scdoc", NULL, false },
    { "help", cmd_help, "[COMMAND]", 0, 1,
      "hulp bij een opdracht", "help about a command", NULL, false },
    { NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, false },
};
/* clang-format on */

static const char *
default_lang(void)
{
    static const char *const names[] = { "SEIN_LANG", "LC_ALL", "LC_MESSAGES",
                                         "LANG" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return strncmp(value, "en", 2) == 0 ? "en" : "nl";
    }
    return "nl";
}

static const char *
default_actor(void)
{
    const struct passwd *user = getpwuid(getuid());

    return user == NULL ? "unknown" : user->pw_name;
}

/* The shared options may stand anywhere; what is left is the command's own. */
struct frame {
    struct cli_context context;
    const char *timeout; /* as it was given; NULL: not */
    bool help;
    int argc;
    char **argv;
};

/* Read when all else was: an error is told in the language that is asked for
 * behind it. */
static int
set_timeout(struct frame *frame)
{
    char *end = NULL;
    long seconds = 0;

    if (frame->timeout == NULL)
        return CLI_OK;
    seconds = strtol(frame->timeout, &end, 10);
    if (end == frame->timeout || *end != '\0' || seconds < 1 || seconds > 3600)
        return say_error(&frame->context, SEIN_ERANGE, "--timeout",
                         frame->timeout);
    frame->context.timeout_ms = (int)seconds * MS_PER_S;
    return CLI_OK;
}

static int
set_lang(struct frame *frame, const char *value)
{
    assert(value != NULL); /* an option with a value has one */
    if (strcmp(value, "nl") != 0 && strcmp(value, "en") != 0)
        return say_error(&frame->context, SEIN_EUSAGE, "--lang", value);
    frame->context.lang = strcmp(value, "en") == 0 ? "en" : "nl";
    return CLI_OK;
}

static int
set_shared(struct frame *frame, const char *name, const char *value)
{
    struct cli_context *context = &frame->context;

    if (strcmp(name, "home") == 0)
        context->home = value;
    else if (strcmp(name, "key-file") == 0)
        context->key_file = value;
    else if (strcmp(name, "passphrase-file") == 0)
        context->passphrase_file = value;
    else if (strcmp(name, "as") == 0)
        context->actor = value;
    else if (strcmp(name, "timeout") == 0)
        frame->timeout = value;
    else if (strcmp(name, "offline") == 0)
        context->offline = true;
    else if (strcmp(name, "json") == 0)
        context->json = true;
    else if (strcmp(name, "quiet") == 0)
        context->quiet = true;
    else if (strcmp(name, "dry-run") == 0)
        context->dry_run = true;
    else if (strcmp(name, "lang") == 0)
        return set_lang(frame, value);
    else
        frame->help = true;
    return CLI_OK;
}

static const struct cli_option *
find_shared(const char *argument, const char **out_value)
{
    size_t len = 0;

    if (strncmp(argument, "--", 2) != 0)
        return NULL;
    len = strcspn(argument + 2, "=");
    for (const struct cli_option *at = options_shared; at->name != NULL; at++) {
        if (strlen(at->name) == len &&
            strncmp(at->name, argument + 2, len) == 0) {
            *out_value = argument[2 + len] == '=' ? argument + 3 + len : NULL;
            return at;
        }
    }
    return NULL;
}

/* A command that reads its own arguments has a --key-file of its own meaning;
 * so the shared options that it may want stay in its argv. */
static bool
leave_to_command(const char *command, const char *name)
{
    return command != NULL && strcmp(command, "directory") == 0 &&
           (strcmp(name, "help") == 0 || strcmp(name, "timeout") == 0 ||
            strcmp(name, "key-file") == 0 || strcmp(name, "home") == 0);
}

static int
read_shared(struct frame *frame, int argc, char **argv)
{
    const char *command = NULL;
    bool plain = false;

    for (int at = 1; at < argc; at++) {
        const char *value = NULL;
        const struct cli_option *option =
            plain ? NULL : find_shared(argv[at], &value);
        int code = CLI_OK;

        plain = plain || strcmp(argv[at], "--") == 0;
        if (option == NULL || leave_to_command(command, option->name)) {
            if (command == NULL && argv[at][0] != '-')
                command = argv[at];
            frame->argv[frame->argc++] = argv[at];
            continue;
        }
        if (option->value != NULL && value == NULL) {
            if (at + 1 >= argc)
                return say_error(&frame->context, SEIN_EUSAGE, argv[at], "");
            value = argv[++at];
        }
        code = set_shared(frame, option->name, value);
        if (code != CLI_OK)
            return code;
    }
    return set_timeout(frame);
}

static int
print_overview(const struct cli_context *context)
{
    fprintf(context->out, "sein %s - %s\n\n", sein_version(),
            say_text(context, "seinen tussen organisaties rond een huishouden",
                     "signals between organisations around a household"));
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++)
        fprintf(context->out, "  %-10s %s\n", at->name,
                say_text(context, at->nl, at->en));
    fprintf(context->out, "\n%s\n",
            say_text(context, "sein OPDRACHT --help zegt meer.",
                     "sein COMMAND --help says more."));
    return CLI_OK;
}

int
cmd_help(struct cli_context *context, int argc, char **argv)
{
    const struct cli_command *command = NULL;

    if (argc < 2)
        return print_overview(context);
    command = options_command(argv[1]);
    if (command == NULL)
        return say_error(context, SEIN_EUSAGE, argv[1], "");
    options_help(context, command);
    return CLI_OK;
}

static void
complete_bash(const struct cli_context *context)
{
    fputs("_sein() {\n    local words\n    case ${COMP_WORDS[1]} in\n",
          context->out);
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++) {
        fprintf(context->out, "    %s) words='", at->name);
        for (const struct cli_option *option = at->options;
             option != NULL && option->name != NULL; option++)
            fprintf(context->out, "--%s ", option->name);
        fputs("--help' ;;\n", context->out);
    }
    fputs("    esac\n    [ \"$COMP_CWORD\" -eq 1 ] && words='", context->out);
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++)
        fprintf(context->out, "%s ", at->name);
    fputs("'\n    COMPREPLY=($(compgen -W \"$words\" -- "
          "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
          "complete -o default -F _sein sein\n",
          context->out);
}

/* scdoc reads an underscore as the begin of underlined text. */
static void
put_scdoc(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("_*\\<>#", *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void
manual_options(const struct cli_context *context,
               const struct cli_option *option)
{
    for (; option != NULL && option->name != NULL; option++) {
        fputs("\t*--", context->out);
        put_scdoc(context->out, option->name);
        fputc('*', context->out);
        if (option->value != NULL) {
            fputc(' ', context->out);
            put_scdoc(context->out, option->value);
        }
        fputs("\n\t\t", context->out);
        put_scdoc(context->out, say_text(context, option->nl, option->en));
        fputs("\n\n", context->out);
    }
}

/* The part of sein.1 that this table knows best; the rest is in sein.1.scd. */
static void
write_manual(const struct cli_context *context)
{
    fputs("# COMMANDS\n\n", context->out);
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++) {
        fprintf(context->out, "*sein %s* ", at->name);
        put_scdoc(context->out, at->arguments);
        fputs("\n\t", context->out);
        put_scdoc(context->out, say_text(context, at->nl, at->en));
        fputs("\n\n", context->out);
        manual_options(context, at->options);
    }
    fputs("# OPTIONS\n\n", context->out);
    manual_options(context, options_shared);
}

int
cmd_completion(struct cli_context *context, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "bash") == 0)
        complete_bash(context);
    else if (argc == 2 && strcmp(argv[1], "scd") == 0)
        write_manual(context);
    else
        return say_usage(context, "sein completion bash|scd",
                         argc > 1 ? argv[1] : "");
    return CLI_OK;
}

static int
run(struct frame *frame)
{
    const struct cli_command *command = NULL;

    if (frame->argc > 0 && strcmp(frame->argv[0], "--version") == 0) {
        fprintf(frame->context.out, "sein %s\n", sein_version());
        return CLI_OK;
    }
    if (frame->argc == 0) {
        (void)print_overview(&frame->context);
        return frame->help ? CLI_OK : CLI_USAGE;
    }
    command = options_command(frame->argv[0]);
    if (command == NULL)
        return say_usage(&frame->context, "sein COMMAND ...", frame->argv[0]);
    if (frame->help) {
        options_help(&frame->context, command);
        return CLI_OK;
    }
    return command->run(&frame->context, frame->argc, frame->argv);
}

int
main(int argc, char **argv)
{
    struct frame frame = { .context = {
                               .lang = default_lang(),
                               .actor = default_actor(),
                               .timeout_ms = DEFAULT_TIMEOUT_S * MS_PER_S,
                               .out = stdout,
                               .err = stderr,
                           } };
    int code = CLI_OK;

    (void)setlocale(LC_CTYPE, "");
    (void)umask(S_IRWXG | S_IRWXO);
    (void)signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return CLI_OS;
    frame.argv = calloc((size_t)argc + 1, sizeof *frame.argv);
    if (frame.argv == NULL)
        return CLI_OS;
    code = read_shared(&frame, argc, argv);
    if (code == CLI_OK)
        code = run(&frame);
    free(frame.argv);
    /* A full disk or closed pipe shows only now. */
    if (fflush(stdout) != 0 && code == CLI_OK)
        code = CLI_IO;
    return code;
}
