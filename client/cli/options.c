#include "client/cli/options.h"

#include <string.h>

#include "client/cli/say.h"

const struct cli_option options_shared[] = {
    { "home", "DIR",
      "de thuismap (anders SEIN_HOME, dan ~/.local/share/seinhuis)",
      "the home folder (else SEIN_HOME, then ~/.local/share/seinhuis)" },
    { "key-file", "FILE",
      "ontgrendel met dit sleutelbestand (anders SEIN_KEY_FILE)",
      "unlock with this key file (else SEIN_KEY_FILE)" },
    { "passphrase-file", "FILE", "ontgrendel met het wachtwoord in dit bestand",
      "unlock with the passphrase in this file" },
    { "as", "NAME", "wie handelt, voor het toegangslogboek",
      "who acts, for the access log" },
    { "timeout", "SECONDS", "hoe lang het seinhuis mag duren (30)",
      "how long the broker may take (30)" },
    { "offline", NULL, "geen verbinding met het seinhuis",
      "do not connect to the broker" },
    { "json", NULL, "antwoord als JSON", "answer as JSON" },
    { "quiet", NULL, "alleen het antwoord", "the answer only" },
    { "dry-run", NULL, "zeg wat er zou gebeuren", "say what would be done" },
    { "lang", "nl|en", "taal van de teksten", "language of the texts" },
    { "help", NULL, "deze tekst", "this text" },
    { NULL, NULL, NULL, NULL },
};

static const struct cli_option *
find_option(const struct cli_command *command, const char *name, size_t len)
{
    for (const struct cli_option *at = command->options;
         at != NULL && at->name != NULL; at++) {
        if (strlen(at->name) == len && strncmp(at->name, name, len) == 0)
            return at;
    }
    return NULL;
}

static int
wrong_usage(const struct cli_context *context,
            const struct cli_command *command, const char *what,
            const char *which)
{
    char usage[256];
    char wrong[256];

    (void)snprintf(usage, sizeof usage, "sein %s%s%s%s", command->name,
                   command->options != NULL ? " [options]" : "",
                   command->arguments[0] != '\0' ? " " : "",
                   command->arguments);
    (void)snprintf(wrong, sizeof wrong, "%s %.150s", what, which);
    return say_usage(context, usage, wrong);
}

/* --name, --name=value or --name value. */
static int
parse_option(const struct cli_context *context,
             const struct cli_command *command, int argc, char **argv, int *at,
             struct cli_parsed *parsed)
{
    const char *name = argv[*at] + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *option = find_option(command, name, len);
    const char *value = name[len] == '=' ? name + len + 1 : NULL;

    if (option == NULL)
        return wrong_usage(
            context, command,
            say_text(context, "onbekende optie", "unknown option"), argv[*at]);
    if (option->value == NULL && value != NULL)
        return wrong_usage(context, command,
                           say_text(context, "deze optie heeft geen waarde:",
                                    "this option takes no value:"),
                           option->name);
    if (option->value != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return wrong_usage(context, command,
                               say_text(context, "er ontbreekt een waarde na",
                                        "a value is missing behind"),
                               argv[*at]);
        value = argv[++*at];
    }
    if (parsed->given_count == OPTIONS_GIVEN_MAX)
        return wrong_usage(
            context, command,
            say_text(context, "te veel opties bij", "too many options at"),
            option->name);
    parsed->given[parsed->given_count].option = option;
    parsed->given[parsed->given_count++].value = value;
    return CLI_OK;
}

int
options_parse(const struct cli_context *context,
              const struct cli_command *command, int argc, char **argv,
              struct cli_parsed *out_parsed)
{
    bool only_arguments = false;

    memset(out_parsed, 0, sizeof *out_parsed);
    out_parsed->arguments = argv + 1;
    for (int at = 1; at < argc; at++) {
        int code = CLI_OK;

        if (!only_arguments && strcmp(argv[at], "--") == 0)
            only_arguments = true;
        else if (!only_arguments && strncmp(argv[at], "--", 2) == 0)
            code = parse_option(context, command, argc, argv, &at, out_parsed);
        else if (!only_arguments && argv[at][0] == '-' && argv[at][1] != '\0')
            code = wrong_usage(
                context, command,
                say_text(context, "onbekende optie", "unknown option"),
                argv[at]);
        else
            out_parsed->arguments[out_parsed->argument_count++] = argv[at];
        if (code != CLI_OK)
            return code;
    }
    if (out_parsed->argument_count < command->arguments_min)
        return wrong_usage(context, command,
                           say_text(context, "er ontbreekt een argument:",
                                    "an argument is missing:"),
                           command->arguments);
    if (out_parsed->argument_count > command->arguments_max)
        return wrong_usage(
            context, command,
            say_text(context, "onverwacht argument", "unexpected argument"),
            out_parsed->arguments[command->arguments_max]);
    return CLI_OK;
}

const char *
options_value(const struct cli_parsed *parsed, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < parsed->given_count; i++) {
        if (strcmp(parsed->given[i].option->name, name) == 0)
            value = parsed->given[i].value != NULL
                        ? parsed->given[i].value
                        : parsed->given[i].option->name;
    }
    return value;
}

size_t
options_values(const struct cli_parsed *parsed, const char *name,
               const char **out_values, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < parsed->given_count && count < max; i++) {
        if (strcmp(parsed->given[i].option->name, name) == 0)
            out_values[count++] = parsed->given[i].value;
    }
    return count;
}

static void
help_rows(const struct cli_context *context, const struct cli_option *option)
{
    for (; option != NULL && option->name != NULL; option++) {
        char left[48];

        (void)snprintf(left, sizeof left, "--%s%s%s", option->name,
                       option->value != NULL ? " " : "",
                       option->value != NULL ? option->value : "");
        fprintf(context->out, "  %-30s %s\n", left,
                say_text(context, option->nl, option->en));
    }
}

void
options_help(const struct cli_context *context,
             const struct cli_command *command)
{
    fprintf(context->out, "sein %s%s%s%s\n\n  %s\n", command->name,
            command->options != NULL ? " [options]" : "",
            command->arguments[0] != '\0' ? " " : "", command->arguments,
            say_text(context, command->nl, command->en));
    if (command->options != NULL)
        fprintf(context->out, "\n%s\n",
                say_text(context, "Opties:", "Options:"));
    help_rows(context, command->options);
    fprintf(context->out, "\n%s\n",
            say_text(context, "Voor elke opdracht:", "For every command:"));
    help_rows(context, options_shared);
}

const struct cli_command *
options_command(const char *name)
{
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0)
            return at;
    }
    return NULL;
}
