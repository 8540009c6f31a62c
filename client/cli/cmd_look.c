/* Looking: what came in, what was sent, who is there, what was done. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "client/cli/access.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "client/cli/view.h"

#define PAIRS_MAX 16
#define FIELD_MAX 40

/* clang-format off */
const struct cli_option sent_options[] = {
    { "circle", "NAME", "de kring, samen met --source_id", "the circle, with --source_id" },
    { "source_id", "TEXT", "uw eigen nummer", "your own number" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option take_options[] = {
    { "by", "NAME", "voor wie (anders uzelf)", "for whom (else yourself)" },
    { "release", NULL, "geef het sein weer vrij", "let go of the signal" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option watch_options[] = {
    { "once", NULL, "stop na het eerste dat binnenkomt", "stop after the first that comes in" },
    { NULL, NULL, NULL, NULL },
};

#define HOUSEHOLD_OPTIONS \
    { "postcode", "1506AB", "postcode", "postcode" }, \
    { "huisnummer", "TEXT", "huisnummer", "house number" }, \
    { "huisletter", "TEXT", "huisletter", "house letter" }, \
    { "huisnummertoevoeging", "TEXT", "toevoeging", "addition" }, \
    { "aanduiding", "to|by", "tegenover of bij", "opposite or near" }, \
    { "bsn", "BSN", "BSN", "BSN" }

const struct cli_option journal_options[] = {
    HOUSEHOLD_OPTIONS,
    { NULL, NULL, NULL, NULL },
};

const struct cli_option handle_options[] = {
    HOUSEHOLD_OPTIONS,
    { "name", "TEXT", "achternaam, samen met --birth_date", "surname, with --birth_date" },
    { "birth_date", "DATE", "geboortedatum", "birth date" },
    { NULL, NULL, NULL, NULL },
};
/* clang-format on */

/* Needs no home and no network: integrators try theirs with it. */
int
cmd_handle(struct cli_context *context, int argc, char **argv)
{
    struct sein_pair pairs[PAIRS_MAX];
    struct cli_parsed parsed;
    struct view_context show = { context, view_handle };
    char field[FIELD_MAX] = "";
    int error = 0;
    int code =
        options_parse(context, options_command("handle"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    error = sein_handle(pairs, access_pairs(&parsed, pairs, PAIRS_MAX),
                        view_visit, &show, field, sizeof field);
    if (error == 0)
        return CLI_OK;
    (void)say_error(context, (enum sein_err)error, field, "");
    return CLI_DATA;
}

static int
close_with(const struct cli_context *context, struct sein_home **home,
           int error, int synced)
{
    int code = error == 0 ? synced : access_failed(context, *home, error);

    sein_home_close(home);
    return code;
}

int
cmd_sent(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_sent };
    struct sein_which which = { 0 };
    bool one = false;
    int synced = CLI_OK;
    int code =
        options_parse(context, options_command("sent"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    which.letter_id = parsed.argument_count > 0 ? parsed.arguments[0] : NULL;
    which.circle = options_value(&parsed, "circle");
    which.source_id = options_value(&parsed, "source_id");
    one = which.letter_id != NULL || which.source_id != NULL;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    synced = access_sync(context, home);
    return close_with(context, &home,
                      sein_sent(home, one ? &which : NULL, view_visit, &show),
                      synced);
}

int
cmd_inbox(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_inbox };
    int synced = CLI_OK;
    int code =
        options_parse(context, options_command("inbox"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    synced = access_sync(context, home);
    return close_with(context, &home, sein_inbox(home, view_visit, &show),
                      synced);
}

int
cmd_show(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_show };
    int error = 0;
    int code =
        options_parse(context, options_command("show"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    error = sein_show(home, parsed.arguments[0], view_visit, &show);
    /* That it was read is told to the sender. */
    return close_with(context, &home, error,
                      error == 0 ? access_sync(context, home) : CLI_OK);
}

int
cmd_take(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_happened };
    const char *person = NULL;
    int code =
        options_parse(context, options_command("take"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    person = options_value(&parsed, "by");
    if (person == NULL)
        person = context->actor;
    if (options_value(&parsed, "release") != NULL)
        person = "";
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    return close_with(
        context, &home,
        sein_take(home, parsed.arguments[0], person, view_visit, &show),
        CLI_OK);
}

int
cmd_journal(struct cli_context *context, int argc, char **argv)
{
    struct sein_pair pairs[PAIRS_MAX];
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_journal };
    int code =
        options_parse(context, options_command("journal"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    return close_with(context, &home,
                      sein_journal(home, pairs,
                                   access_pairs(&parsed, pairs, PAIRS_MAX),
                                   view_visit, &show),
                      CLI_OK);
}

int
cmd_desks(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_desk };
    int synced = CLI_OK;
    int code =
        options_parse(context, options_command("desks"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    synced = access_sync(context, home);
    return close_with(
        context, &home,
        sein_desks(home, parsed.argument_count > 0 ? parsed.arguments[0] : NULL,
                   view_visit, &show),
        synced);
}

static volatile sig_atomic_t stop_asked;

static void
ask_stop(int number)
{
    (void)number; /* whichever it was, it means stop */
    stop_asked = 1;
}

/* Counts what came in while it prints it. */
struct watch_view {
    struct view_context view;
    unsigned seen;
    bool told_down; /* that the broker does not answer */
};

static int
visit_watch(void *context, const char *json)
{
    struct watch_view *watch = context;
    int error = view_visit(&watch->view, json);

    watch->seen++;
    watch->told_down = false;
    (void)fflush(watch->view.context->out); /* a failure shows at the end */
    return error;
}

/* A broker that restarts is no reason to stop watching: said once, and then
 * dialled again. */
static int
watch_turn(struct sein_home *home, struct watch_view *watch,
           struct pollfd *out_poll, int *out_next_ms)
{
    int error = sein_process(home, visit_watch, watch, out_next_ms);

    out_poll->fd = -1;
    if (error == SEIN_OK) {
        if (sein_fd(home, &out_poll->fd) != SEIN_OK)
            out_poll->fd = -1; /* about to dial */
        return SEIN_OK;
    }
    if (error != SEIN_EUNREACHABLE)
        return error;
    if (!watch->told_down)
        (void)say_error(watch->view.context, SEIN_EUNREACHABLE, NULL, NULL);
    watch->told_down = true;
    return SEIN_OK;
}

static int
watch_loop(struct sein_home *home, struct watch_view *watch, bool once)
{
    int error = sein_connect(home);
    int next_ms = 0;

    while (error == 0 && stop_asked == 0 && !(once && watch->seen > 0)) {
        struct pollfd poll_fd = { .events = POLLIN };

        error = watch_turn(home, watch, &poll_fd, &next_ms);
        if (error != 0 || (once && watch->seen > 0))
            break;
        if (poll(&poll_fd, 1, next_ms) < 0 && errno != EINTR)
            error = SEIN_EIO;
    }
    sein_disconnect(home);
    return error;
}

int
cmd_watch(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct watch_view watch = { .view = { context, view_happened } };
    struct sigaction action = { .sa_handler = ask_stop };
    int code =
        options_parse(context, options_command("watch"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    (void)sigaction(SIGINT, &action, NULL); /* fails for no valid signal */
    (void)sigaction(SIGTERM, &action, NULL);
    return close_with(
        context, &home,
        watch_loop(home, &watch, options_value(&parsed, "once") != NULL),
        CLI_OK);
}
