/* Who else is involved: answering notices, and ending what was no match. */
#include "client/cli/access.h"
#include "client/cli/commands.h"
#include "client/cli/view.h"
#include "client/cli/which.h"

/* clang-format off */
const struct cli_option match_options[] = {
    { "circle", "NAME", "de kring, samen met --source_id", "the circle, with --source_id" },
    { "source_id", "TEXT", "uw eigen nummer, in plaats van LETTER", "your own number, instead of LETTER" },
    { "match", "ID", "alleen deze match (anders alle)", "this match only (else all)" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option unlink_options[] = {
    { "circle", "NAME", "de kring, samen met --source_id", "the circle, with --source_id" },
    { "source_id", "TEXT", "uw eigen nummer, in plaats van LETTER", "your own number, instead of LETTER" },
    { "desk", "OIN/DESK", "alleen dit loket (anders alle)", "this desk only (else all)" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option regie_options[] = {
    { "circle", "NAME", "de kring, samen met --source_id", "the circle, with --source_id" },
    { "source_id", "TEXT", "uw eigen nummer, in plaats van LETTER", "your own number, instead of LETTER" },
    { "desk", "OIN/DESK", "bij propose en release: alleen dit loket", "with propose and release: this desk only" },
    { NULL, NULL, NULL, NULL },
};

const struct cli_option renew_options[] = {
    { "circle", "NAME", "de kring, samen met --source_id", "the circle, with --source_id" },
    { "source_id", "TEXT", "uw eigen nummer, in plaats van LETTER", "your own number, instead of LETTER" },
    { NULL, NULL, NULL, NULL },
};
/* clang-format on */

int
cmd_accept(struct cli_context *context, int argc, char **argv)
{
    return cli_act(context, "accept", "match", argc, argv, sein_accept,
                   view_happened);
}

int
cmd_decline(struct cli_context *context, int argc, char **argv)
{
    return cli_act(context, "decline", "match", argc, argv, sein_decline,
                   view_happened);
}

int
cmd_unlink(struct cli_context *context, int argc, char **argv)
{
    return cli_act(context, "unlink", "desk", argc, argv, sein_unlink,
                   view_happened);
}

/* ACTION stands before the usual LETTER. */
int
cmd_regie(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_which which;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_happened };
    const char *action = NULL;
    int code =
        options_parse(context, options_command("regie"), argc, argv, &parsed);

    if (code != CLI_OK)
        return code;
    action = parsed.arguments[0];
    parsed.arguments++;
    parsed.argument_count--;
    code = cli_which(context, &parsed, &which);
    if (code == CLI_OK)
        code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    return cli_finish(context, &home,
                      sein_regie(home, &which, action,
                                 options_value(&parsed, "desk"), view_visit,
                                 &show));
}

static int
renew(struct sein_home *home, const struct sein_which *which,
      const char *unused, sein_visit *visit, void *context)
{
    (void)unused;
    return sein_renew(home, which, visit, context);
}

int
cmd_renew(struct cli_context *context, int argc, char **argv)
{
    return cli_act(context, "renew", "source_id", argc, argv, renew,
                   view_happened);
}
