/* A home: making, joining, unlocking, and how it is doing. */
#include <string.h>
#include <unistd.h>

#include "client/cli/access.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "client/cli/view.h"

#define LINE_MAX_BYTES 4096
#define FINGERPRINT_MAX_BYTES 40
#define DESKS_MAX 64

const struct cli_option init_options[] = {
    { "oin", "OIN", "het OIN van de deelnemer, 20 tekens",
      "the member's OIN, 20 characters" },
    { "name", "NAME", "hoe mensen de deelnemer noemen",
      "what people call the member" },
    { "desk", "NAME",
      "een loket van deze thuismap, meermaals te geven; geen: alle loketten",
      "a desk of this home, may be repeated; none: all desks" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option join_options[] = {
    { "fingerprint", "TEXT", "vergelijk met deze vingerafdruk van het beheer",
      "compare with this fingerprint of the governance" },
    { NULL, NULL, NULL, NULL },
};

int
cmd_init(struct cli_context *context, int argc, char **argv)
{
    const char *desks[DESKS_MAX];
    struct cli_parsed parsed;
    struct access unlock;
    struct sein_home *home = NULL;
    size_t desk_count = 0;
    int error = 0;
    int code =
        options_parse(context, options_command("init"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    if (options_value(&parsed, "oin") == NULL)
        return say_error(context, SEIN_EREQUIRED, "--oin", "");
    if (options_value(&parsed, "name") == NULL)
        return say_error(context, SEIN_EREQUIRED, "--name", "");
    desk_count = options_values(&parsed, "desk", desks, DESKS_MAX);
    code = access_find(context, true, true, &unlock);
    if (code != CLI_OK)
        goto done;
    if (unlock.unlock.key_file == NULL && unlock.unlock.passphrase == NULL) {
        code =
            say_error(context, SEIN_EREQUIRED, "--key-file",
                      say_text(context, "of --passphrase-file, of een terminal",
                               "or --passphrase-file, or a terminal"));
        goto done;
    }
    error = sein_home_create(unlock.path, options_value(&parsed, "oin"),
                             options_value(&parsed, "name"), desks, desk_count,
                             &unlock.unlock, &home);
    if (error != 0) {
        code = error == SEIN_EOIN
                   ? say_error(context, SEIN_EOIN, "--oin",
                               options_value(&parsed, "oin"))
                   : say_error(context, (enum sein_err)error, unlock.path, "");
        goto done;
    }
    if (context->json)
        (void)sein_status(home, access_print, context->out);
    else if (!context->quiet)
        fprintf(context->out, "%s %s\n%s\n",
                say_text(context, "Thuismap gemaakt in", "Home made in"),
                unlock.path,
                say_text(context, "Verder: sein join UITNODIGING",
                         "Next: sein join INVITATION"));

done:
    sein_home_close(&home);
    access_deinit(&unlock);
    return code;
}

static void
print_request(const struct cli_context *context, const char *line,
              const char *fingerprint)
{
    if (context->json) {
        fputs("{\"request\":", context->out);
        say_json_text(context->out, line);
        fputs(",\"fingerprint\":", context->out);
        say_json_text(context->out, fingerprint);
        fputs("}\n", context->out);
        return;
    }
    fprintf(context->out, "%s\n", line);
    if (context->quiet)
        return;
    fprintf(context->err, "\n%s\n  %s\n",
            say_text(context,
                     "Stuur de regel hierboven aan het beheer, en vergelijk "
                     "per telefoon deze vingerafdruk:",
                     "Send the line above to the governance, and compare this "
                     "fingerprint by telephone:"),
            fingerprint);
}

/* The invitation may be given as an argument, or as "-" on standard input. */
int
cmd_join(struct cli_context *context, int argc, char **argv)
{
    struct sein_home *home = NULL;
    struct cli_parsed parsed;
    char line[LINE_MAX_BYTES];
    char fingerprint[FINGERPRINT_MAX_BYTES];
    char typed[LINE_MAX_BYTES];
    const char *invitation = NULL;
    int error = 0;
    int code =
        options_parse(context, options_command("join"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    invitation = parsed.arguments[0];
    if (strcmp(invitation, "-") == 0) {
        if (fgets(typed, sizeof typed, stdin) == NULL)
            return say_error(context, SEIN_EREQUIRED, "INVITATION", "");
        invitation = typed;
    }
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    error =
        sein_home_join(home, invitation, options_value(&parsed, "fingerprint"),
                       line, sizeof line, fingerprint, sizeof fingerprint);
    if (error != 0)
        code = access_failed(context, home, error);
    else
        print_request(context, line, fingerprint);
    sein_home_close(&home);
    return code;
}

int
cmd_rotate(struct cli_context *context, int argc, char **argv)
{
    struct sein_home *home = NULL;
    struct cli_parsed parsed;
    char line[LINE_MAX_BYTES];
    char fingerprint[FINGERPRINT_MAX_BYTES];
    int error = 0;
    int code =
        options_parse(context, options_command("rotate"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    error = sein_home_rotate(home, line, sizeof line, fingerprint,
                             sizeof fingerprint);
    if (error != 0)
        code = access_failed(context, home, error);
    else
        print_request(context, line, fingerprint);
    sein_home_close(&home);
    return code;
}

int
cmd_unlock(struct cli_context *context, int argc, char **argv)
{
    struct access unlock;
    struct cli_parsed parsed;
    int error = 0;
    int code =
        options_parse(context, options_command("unlock"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_find(context, true, false, &unlock);
    if (code == CLI_OK && unlock.session[0] == '\0')
        code = say_error(context, SEIN_ENOENT, "XDG_RUNTIME_DIR", "");
    else if (code == CLI_OK) {
        error =
            sein_unlock_session(unlock.path, &unlock.unlock, unlock.session);
        if (error != 0)
            code = say_error(context, (enum sein_err)error, unlock.path, "");
        else
            say_line(context, "Ontgrendeld tot u zich afmeldt.",
                     "Unlocked until you log out.");
    }
    access_deinit(&unlock);
    return code;
}

int
cmd_lock(struct cli_context *context, int argc, char **argv)
{
    struct access unlock;
    struct cli_parsed parsed;
    int error = 0;
    int code =
        options_parse(context, options_command("lock"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_find(context, false, false, &unlock);
    if (code == CLI_OK && unlock.session[0] == '\0')
        code = say_error(context, SEIN_ENOENT, "XDG_RUNTIME_DIR", "");
    else if (code == CLI_OK) {
        error = sein_lock_session(unlock.path, unlock.session);
        if (error != 0)
            code = say_error(context, (enum sein_err)error, unlock.path, "");
        else
            say_line(context, "Vergrendeld.", "Locked.");
    }
    access_deinit(&unlock);
    return code;
}

/* Most commands: parse without options, open, do one thing, show it. */
static int
with_home(struct cli_context *context, const char *name, int argc, char **argv,
          bool sync, int (*call)(struct sein_home *, sein_visit *, void *),
          view_function *view)
{
    struct sein_home *home = NULL;
    struct cli_parsed parsed;
    struct view_context show = { context, view };
    int synced = CLI_OK;
    int error = 0;
    int code =
        options_parse(context, options_command(name), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    if (sync)
        synced = access_sync(context, home);
    error = call(home, view_visit, &show);
    if (error != 0)
        code = access_failed(context, home, error);
    sein_home_close(&home);
    return code != CLI_OK ? code : synced;
}

int
cmd_status(struct cli_context *context, int argc, char **argv)
{
    return with_home(context, "status", argc, argv, true, sein_status,
                     view_status);
}

static int
sync_and_tell(struct sein_home *home, sein_visit *visit, void *context)
{
    const struct view_context *show = context;

    return sein_sync(home, show->context->timeout_ms, visit, context);
}

int
cmd_sync(struct cli_context *context, int argc, char **argv)
{
    return with_home(context, "sync", argc, argv, false, sync_and_tell,
                     view_happened);
}

static int
take_over_and_tell(struct sein_home *home, sein_visit *visit, void *context)
{
    const struct view_context *show = context;

    return sein_take_over(home, show->context->timeout_ms, visit, context);
}

int
cmd_take_over(struct cli_context *context, int argc, char **argv)
{
    return with_home(context, "take-over", argc, argv, false,
                     take_over_and_tell, view_happened);
}

/* A doctor also looks at a home that does not open. */
int
cmd_doctor(struct cli_context *context, int argc, char **argv)
{
    struct access unlock;
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct doctor_count count = { .context = context };
    int error = 0;
    int code =
        options_parse(context, options_command("doctor"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    code = access_find(context, false, false, &unlock);
    if (code != CLI_OK)
        goto done;
    error = sein_home_open(unlock.path, &unlock.unlock, context->actor, &home);
    if (error != 0)
        (void)say_error(context, (enum sein_err)error, unlock.path, "");
    error = sein_doctor(home, unlock.path, view_doctor, &count);
    if (error != 0)
        code = say_error(context, (enum sein_err)error, unlock.path, "");
    else if (count.faults > 0)
        code = CLI_INCOMPLETE;

done:
    sein_home_close(&home);
    access_deinit(&unlock);
    return code;
}
