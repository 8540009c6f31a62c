/* sein-keyholder: parse, build, spin. */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>

#include "client/keyholder/house.h"

#define CONFIG_STANDARD "/etc/seinhuis/sein-keyholder.conf"

/* sysexits(3), as the whole house has them. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_NEGATIVE = 1,
    EXIT_USAGE = 64,
    EXIT_NO_INPUT = 66,
    EXIT_SOFTWARE = 70,
    EXIT_NO_CREATE = 73,
    EXIT_IO = 74,
    EXIT_TRY_LATER = 75,
    EXIT_NOT_ADMITTED = 77,
    EXIT_CONFIG = 78,
};

static enum exit_code
exit_code_of(enum sein_err err)
{
    static const struct {
        enum sein_err err;
        enum exit_code code;
    } rows[] = {
        { SEIN_OK, EXIT_OK },
        { SEIN_EUSAGE, EXIT_USAGE },
        { SEIN_ENOENT, EXIT_NO_INPUT },
        { SEIN_ETAMPERED, EXIT_NEGATIVE },
        { SEIN_ESHARE, EXIT_NEGATIVE },
        { SEIN_EFULL, EXIT_NO_CREATE },
        { SEIN_EIO, EXIT_IO },
        { SEIN_ENOMEM, EXIT_TRY_LATER },
        { SEIN_ELOCKED, EXIT_TRY_LATER },
        { SEIN_EHOME, EXIT_TRY_LATER },
        { SEIN_EINTERNAL, EXIT_SOFTWARE },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].err == err)
            return rows[i].code;
    }
    return EXIT_CONFIG;
}

static void
help(FILE *out)
{
    (void)fputs(
        "sein-keyholder - evaluates with one share of a circle's key\n\n"
        "usage: sein-keyholder [--config FILE] [COMMAND]\n\n"
        "  run (without a command)  serve until SIGTERM\n"
        "  init                     make keys; print the join request\n"
        "  share FILE               take in the share of a ceremony\n"
        "  audit [FROM [TO]]        evaluated and never deposited, by member;\n"
        "                           days as 2026-01-31\n"
        "  check                    read the configuration, and stop\n\n"
        "  --config FILE            " CONFIG_STANDARD "\n"
        "  --help-config            every key of the configuration\n"
        "  --version, --help\n\nSee sein-keyholder(8).\n",
        out);
}

static enum sein_err
usage(void)
{
    (void)fputs("sein-keyholder: the command line is wrong; see --help\n",
                stderr);
    return SEIN_EUSAGE;
}

static enum sein_err
read_settings(const char *path, struct settings *out_settings)
{
    struct settings_fault fault = { 0 };
    enum sein_err err = settings_read(path, out_settings, &fault);

    if (err == SEIN_OK)
        return SEIN_OK;
    if (fault.line > 0)
        (void)fprintf(stderr, "sein-keyholder: %s, line %u: %s\n", path,
                      fault.line, fault.text);
    else
        (void)fprintf(stderr, "sein-keyholder: %s: %s\n", path, fault.text);
    return err;
}

/* Until a signal, or an end that trying again would not change. */
static enum sein_err
spin(struct conversation *conversation, int signal_fd)
{
    enum sein_err err = SEIN_OK;

    for (;;) {
        struct pollfd fds[] = {
            { .fd = signal_fd, .events = POLLIN },
            { .fd = conversation_fd(conversation), .events = POLLIN },
        };

        /* Interrupted or not: what there is to see is seen below. */
        (void)poll(fds, 2, conversation_next_ms(conversation));
        if ((fds[0].revents & POLLIN) != 0)
            break;
        err = conversation_turn(conversation);
        if (err != SEIN_OK)
            return err;
        if (conversation->final)
            return conversation->reason;
    }
    conversation_bye(conversation);
    return SEIN_OK;
}

static int
open_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
tell(void *context, const char *event, enum sein_err err, const char *text)
{
    (void)context;
    (void)fprintf(
        stderr, "event=%s%s%s%s%s%s\n", event, err == SEIN_OK ? "" : " reason=",
        err == SEIN_OK ? "" : sein_err_code(err),
        text[0] == '\0' ? "" : " text=\"", text, text[0] == '\0' ? "" : "\"");
    if (strcmp(event, "ready") == 0) {
        (void)puts("sein-keyholder ready");
        (void)fflush(stdout); /* whoever waits for the line may be gone */
    }
}

static enum sein_err
run(const struct settings *settings)
{
    struct house house = { 0 };
    struct conversation *conversation = NULL;
    int signal_fd = open_signals();
    enum sein_err err = signal_fd < 0 ? SEIN_EIO : SEIN_OK;

    if (err == SEIN_OK)
        err = house_open(settings, &house);
    if (err == SEIN_OK)
        err = house_converse(&house, tell, NULL, &conversation);
    if (err == SEIN_OK)
        err = spin(conversation, signal_fd);
    if (err != SEIN_OK)
        (void)fprintf(stderr, "sein-keyholder: %s%s%s\n", house.detail,
                      house.detail[0] == '\0' ? "" : ": ", sein_err_text(err));
    conversation_free(&conversation);
    house_close(&house);
    if (signal_fd >= 0)
        (void)close(signal_fd); /* only read */
    return err;
}

static enum sein_err
with_house(const struct settings *settings, char *const *words, int count)
{
    struct house house = { 0 };
    enum sein_err err = SEIN_OK;

    if (strcmp(words[0], "init") == 0 && count == 1) {
        err = house_init(settings, &house, stdout);
    } else if (strcmp(words[0], "share") == 0 && count == 2) {
        err = house_take_share(settings, &house, words[1], stdout);
    } else if (strcmp(words[0], "audit") == 0 && count <= 3) {
        err = house_audit(settings, &house, count > 1 ? words[1] : NULL,
                          count > 2 ? words[2] : NULL, stdout);
    } else {
        return usage();
    }
    if (err != SEIN_OK)
        (void)fprintf(stderr, "sein-keyholder: %s%s%s\n", house.detail,
                      house.detail[0] == '\0' ? "" : ": ", sein_err_text(err));
    house_close(&house);
    return err;
}

static enum sein_err
act(const char *config, char *const *words, int count)
{
    struct settings settings;
    enum sein_err err = read_settings(config, &settings);

    if (err != SEIN_OK)
        return err;
    if (count == 0 || (count == 1 && strcmp(words[0], "run") == 0))
        return run(&settings);
    if (count == 1 && strcmp(words[0], "check") == 0) {
        (void)printf("%s: ok\n", config);
        return SEIN_OK;
    }
    return with_house(&settings, words, count);
}

/* No core dump: it would hold a share. */
static bool
keep_secrets(void)
{
    const struct rlimit none = { 0, 0 };

    return setrlimit(RLIMIT_CORE, &none) == 0 && sodium_init() >= 0;
}

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },
        { "help-config", no_argument, NULL, 'k' },
        { "version", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    const char *config = CONFIG_STANDARD;
    int option = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            config = optarg;
            break;
        case 'k':
            settings_help(stdout);
            return EXIT_OK;
        case 'v':
            (void)printf("sein-keyholder %s\n", SEIN_VERSION);
            return EXIT_OK;
        case 'h':
            help(stdout);
            return EXIT_OK;
        default:
            return (int)exit_code_of(usage());
        }
    }
    if (!keep_secrets()) {
        (void)fputs("sein-keyholder: this system refuses what keeps its "
                    "secrets\n",
                    stderr);
        return EXIT_SOFTWARE;
    }
    return (int)exit_code_of(act(config, argv + optind, argc - optind));
}
