/* seinhuisd: parse, build, spin. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/admin.h"
#include "broker/arguments.h"
#include "broker/broker.h"
#include "broker/init.h"
#include "broker/loop.h"
#include "broker/sandbox.h"

/* sysexits(3), as the whole house has them. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_NEGATIVE = 1,
    EXIT_USAGE = 64,
    EXIT_NO_INPUT = 66,
    EXIT_UNREACHABLE = 69,
    EXIT_SOFTWARE = 70,
    EXIT_NO_CREATE = 73,
    EXIT_IO = 74,
    EXIT_TRY_LATER = 75,
    EXIT_CONFIG = 78,
};

static enum exit_code
exit_code_of(enum sein_err err)
{
    struct row {
        enum sein_err err;
        enum exit_code code;
    };
    static const struct row rows[] = {
        { SEIN_OK, EXIT_OK },
        { SEIN_ECANCELED, EXIT_OK }, /* stopped at once, as asked */
        { SEIN_EUSAGE, EXIT_USAGE },
        { SEIN_ENOENT, EXIT_NO_INPUT },
        { SEIN_EUNREACHABLE, EXIT_UNREACHABLE },
        { SEIN_EIO, EXIT_IO },
        { SEIN_EFULL, EXIT_NO_CREATE },
        { SEIN_EEXIST, EXIT_TRY_LATER },
        { SEIN_ENOMEM, EXIT_TRY_LATER },
        { SEIN_ECONFIG, EXIT_CONFIG },
        { SEIN_EVERSION, EXIT_CONFIG },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].err == err)
            return rows[i].code;
    }
    return EXIT_SOFTWARE;
}

static enum sein_err
read_config(const struct arguments *arguments, struct config *out_config)
{
    struct config_fault fault = { 0 };
    enum sein_err err = config_read(arguments->config_path, out_config, &fault);

    if (err == SEIN_OK && arguments->action == ARGUMENTS_CHECK)
        err = config_check_run(out_config, &fault);
    if (err == SEIN_OK)
        return SEIN_OK;
    if (fault.line > 0)
        (void)fprintf(stderr, "seinhuisd: %s, line %u: %s\n",
                      arguments->config_path, fault.line, fault.text);
    else
        (void)fprintf(stderr, "seinhuisd: %s: %s\n", arguments->config_path,
                      fault.text);
    return err;
}

static enum sein_err
check_config(const struct arguments *arguments)
{
    struct config config;
    enum sein_err err = read_config(arguments, &config);

    if (err == SEIN_OK)
        (void)printf("%s: ok\n", arguments->config_path);
    return err;
}

static int
ask(const struct arguments *arguments)
{
    struct config config;
    bool ok = false;
    enum sein_err err = read_config(arguments, &config);

    if (err != SEIN_OK)
        return (int)exit_code_of(err);
    if (config.admin_socket[0] == '\0') {
        (void)fprintf(stderr, "seinhuisd: %s names no [admin] socket\n",
                      arguments->config_path);
        return EXIT_CONFIG;
    }
    err = admin_ask(config.admin_socket, arguments->admin_line, stdout, &ok);
    if (err == SEIN_OK)
        return ok ? EXIT_OK : EXIT_NEGATIVE;
    (void)fprintf(stderr,
                  "seinhuisd: no answer from %s (%s); is the broker "
                  "running?\n",
                  config.admin_socket, sein_err_code(err));
    return (int)exit_code_of(err);
}

static enum sein_err
run(const struct arguments *arguments)
{
    struct broker_fault fault = { "" };
    struct broker broker;
    int signal_fd = -1;
    enum sein_err err = loop_block_signals(&signal_fd);

    if (err != SEIN_OK) {
        (void)fprintf(stderr, "seinhuisd: signals cannot be awaited\n");
        return err;
    }
    err = broker_open(arguments->config_path, &broker, &fault);
    if (err != SEIN_OK) {
        (void)fprintf(stderr, "seinhuisd: %s\n", fault.text);
        goto done;
    }
    log_write(
        broker.log, LOG_READY,
        LOG_FIELDS(log_own(LOG_KEY_ENDPOINT, front_endpoint(broker.front))));
    (void)printf("seinhuisd ready on %s\n", front_endpoint(broker.front));
    (void)fflush(stdout); /* whoever waits for the line may be gone */
    notify_say(&broker.notify, "READY=1");
    err = loop_run(&broker, signal_fd);

done:
    broker_close(&broker);
    (void)close(signal_fd); /* only read */
    return err;
}

int
main(int argc, char **argv)
{
    struct arguments arguments;
    enum sein_err err = arguments_read(argc, argv, &arguments);

    if (err != SEIN_OK)
        return (int)exit_code_of(err);
    if (sandbox_early() != SEIN_OK || sodium_init() < 0) {
        (void)fprintf(stderr, "seinhuisd: this system refuses what keeps its "
                              "secrets\n");
        return EXIT_SOFTWARE;
    }
    switch (arguments.action) {
    case ARGUMENTS_RUN:
        return (int)exit_code_of(run(&arguments));
    case ARGUMENTS_INIT:
        return (int)exit_code_of(init_run(&arguments));
    case ARGUMENTS_CHECK:
        return (int)exit_code_of(check_config(&arguments));
    case ARGUMENTS_ADMIN:
        return ask(&arguments);
    case ARGUMENTS_HELP:
        arguments_help(stdout);
        return EXIT_OK;
    case ARGUMENTS_HELP_CONFIG:
        config_help(stdout);
        return EXIT_OK;
    case ARGUMENTS_VERSION:
        (void)printf("seinhuisd %s\n", SEIN_VERSION);
        return EXIT_OK;
    }
    return EXIT_SOFTWARE;
}
