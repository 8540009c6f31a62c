#include "broker/arguments.h"

#include <getopt.h>
#include <string.h>

#define CONFIG_STANDARD "/etc/seinhuis/seinhuisd.conf"
#define CONFIG_NAME "seinhuisd.conf"

enum option_id {
    OPTION_CONFIG = 1000,
    OPTION_DIR,
    OPTION_INIT,
    OPTION_NAME,
    OPTION_LISTEN,
    OPTION_ENDPOINT,
    OPTION_OPERATOR,
    OPTION_SUPPLIER,
    OPTION_GOVERNANCE,
    OPTION_DROP_PRESENCES,
    OPTION_CHECK,
    OPTION_ADMIN,
    OPTION_HELP_CONFIG,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_END,
};

struct option_row {
    enum option_id id;
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
};

/* clang-format off */
static const struct option_row rows[] = {
    { OPTION_CONFIG, "config", "FILE", "configuration (" CONFIG_STANDARD ")" },
    { OPTION_DIR, "dir", "FOLDER", "the same as --config FOLDER/" CONFIG_NAME },
    { OPTION_INIT, "init", NULL,
      "make keys, folders and a configuration that are not there yet; print the line for the governance" },
    { OPTION_NAME, "name", "TEXT", "with --init: name of this broker" },
    { OPTION_LISTEN, "listen", "ADDRESS", "with --init: where to listen (the port of the endpoint, on all addresses)" },
    { OPTION_ENDPOINT, "endpoint", "ADDRESS", "with --init: where members reach it, tcp://host:port" },
    { OPTION_OPERATOR, "operator", "OIN", "with --init: organisation that runs it" },
    { OPTION_SUPPLIER, "supplier", "TEXT", "with --init: who supplies the machine" },
    { OPTION_GOVERNANCE, "governance", "HEX", "with --init: fingerprint of the governance" },
    { OPTION_DROP_PRESENCES, "drop-presences", NULL,
      "with --init, when idx.key is lost: erase the presences that stand under it" },
    { OPTION_CHECK, "check-config", NULL, "read the configuration, say what is wrong, stop" },
    { OPTION_ADMIN, "admin", "COMMAND", "ask a running broker: status, reload, drain, or backup FOLDER" },
    { OPTION_HELP_CONFIG, "help-config", NULL, "every key of the configuration" },
    { OPTION_VERSION, "version", NULL, "the version" },
    { OPTION_HELP, "help", NULL, "this text" },
};
/* clang-format on */
#define ROW_COUNT (sizeof rows / sizeof rows[0])

void
arguments_help(FILE *out)
{
    (void)fprintf(
        out, "seinhuisd - blind broker of sealed letters\n\n"
             "usage: seinhuisd [--config FILE | --dir FOLDER] [ACTION]\n\n"
             "Without an action it runs until SIGTERM; SIGHUP reloads.\n\n");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char left[40];

        (void)snprintf(left, sizeof left, "--%s%s%s", rows[i].name,
                       rows[i].argument == NULL ? "" : " ",
                       rows[i].argument == NULL ? "" : rows[i].argument);
        (void)fprintf(out, "  %-20s %s\n", left, rows[i].help);
    }
    (void)fprintf(out, "\nSee seinhuisd(8) and seinhuisd.conf(5).\n");
}

static void
fill_getopt(struct option out[static ROW_COUNT + 1])
{
    memset(out, 0, (ROW_COUNT + 1) * sizeof *out);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        out[i].name = rows[i].name;
        out[i].has_arg =
            rows[i].argument == NULL ? no_argument : required_argument;
        out[i].val = (int)rows[i].id;
    }
}

static bool
set_path(struct arguments *arguments, const char *folder, const char *name)
{
    int written =
        snprintf(arguments->config_path, sizeof arguments->config_path,
                 "%s%s%s", folder, name[0] == '\0' ? "" : "/", name);

    return written > 0 && (size_t)written < sizeof arguments->config_path;
}

static bool
set_action(struct arguments *arguments, enum arguments_action action)
{
    if (arguments->action != ARGUMENTS_RUN && arguments->action != action) {
        (void)fprintf(stderr, "seinhuisd: one action at a time; see --help\n");
        return false;
    }
    arguments->action = action;
    return true;
}

static bool
take(struct arguments *arguments, int id, const char *value)
{
    switch (id) {
    case OPTION_CONFIG:
        return set_path(arguments, value, "");
    case OPTION_DIR:
        return set_path(arguments, value, CONFIG_NAME);
    case OPTION_INIT:
        return set_action(arguments, ARGUMENTS_INIT);
    case OPTION_NAME:
        arguments->name = value;
        return true;
    case OPTION_LISTEN:
        arguments->listen = value;
        return true;
    case OPTION_ENDPOINT:
        arguments->endpoint = value;
        return true;
    case OPTION_OPERATOR:
        arguments->operator_oin = value;
        return true;
    case OPTION_SUPPLIER:
        arguments->supplier = value;
        return true;
    case OPTION_GOVERNANCE:
        arguments->governance = value;
        return true;
    case OPTION_DROP_PRESENCES:
        arguments->drop_presences = true;
        return true;
    case OPTION_CHECK:
        return set_action(arguments, ARGUMENTS_CHECK);
    case OPTION_ADMIN:
        (void)snprintf(arguments->admin_line, sizeof arguments->admin_line,
                       "%s", value);
        return set_action(arguments, ARGUMENTS_ADMIN);
    case OPTION_HELP_CONFIG:
        return set_action(arguments, ARGUMENTS_HELP_CONFIG);
    case OPTION_VERSION:
        return set_action(arguments, ARGUMENTS_VERSION);
    case OPTION_HELP:
        return set_action(arguments, ARGUMENTS_HELP);
    default:
        (void)fprintf(stderr, "see seinhuisd --help\n");
        return false;
    }
}

/* Only "--admin backup FOLDER" has a word behind its arguments. */
static bool
take_rest(struct arguments *arguments, int argc, char **argv)
{
    size_t len = strlen(arguments->admin_line);

    if (optind == argc)
        return true;
    if (arguments->action == ARGUMENTS_ADMIN && optind + 1 == argc) {
        int written =
            snprintf(arguments->admin_line + len,
                     sizeof arguments->admin_line - len, " %s", argv[optind]);

        return written > 0 &&
               (size_t)written < sizeof arguments->admin_line - len;
    }
    (void)fprintf(stderr,
                  "seinhuisd: \"%s\" is one word too many; see "
                  "--help\n",
                  argv[optind]);
    return false;
}

static bool
only_for_init(const struct arguments *arguments)
{
    bool any = arguments->name != NULL || arguments->listen != NULL ||
               arguments->endpoint != NULL || arguments->operator_oin != NULL ||
               arguments->supplier != NULL || arguments->governance != NULL ||
               arguments->drop_presences;

    if (!any || arguments->action == ARGUMENTS_INIT)
        return true;
    (void)fprintf(stderr, "seinhuisd: name, listen, endpoint, operator, "
                          "supplier and governance stand in the configuration; "
                          "as options they, and --drop-presences, go with "
                          "--init\n");
    return false;
}

enum sein_err
arguments_read(int argc, char **argv, struct arguments *out_arguments)
{
    struct option table[ROW_COUNT + 1];
    struct arguments arguments = { .action = ARGUMENTS_RUN };
    int id = 0;

    fill_getopt(table);
    (void)set_path(&arguments, CONFIG_STANDARD, "");
    while ((id = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (!take(&arguments, id, optarg))
            return SEIN_EUSAGE;
    }
    if (!take_rest(&arguments, argc, argv) || !only_for_init(&arguments))
        return SEIN_EUSAGE;
    *out_arguments = arguments;
    return SEIN_OK;
}
