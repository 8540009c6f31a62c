/* Keyholders: making a key together. */
#include <string.h>

#include "client/cli/access.h"
#include "client/cli/commands.h"
#include "client/cli/number.h"
#include "client/cli/say.h"
#include "client/cli/view.h"

#define USAGE "sein keyholder ceremony CIRCLE --epoch NUMBER"

/* clang-format off */
const struct cli_option keyholder_options[] = {
    { "epoch", "NUMBER", "de periode van de sleutel", "the epoch of the key" },
    { "open", NULL, "begin: een van de houders doet dat", "begin: one of the holders does" },
    { "purpose", "TEXT", "bij --open: waarvoor", "with --open: what it is for" },
    { "share", "FILE", "waar uw aandeel komt als het klaar is", "where your share goes when it is done" },
    { "abandon", NULL, "vergeet wat deze thuismap ervan heeft", "forget what this home has of it" },
    { NULL, NULL, NULL, NULL },
};
/* clang-format on */

int
cmd_keyholder(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_ceremony };
    struct sein_ceremony_wish wish = { 0 };
    int synced = CLI_OK;
    int error = 0;
    int code = options_parse(context, options_command("keyholder"), argc, argv,
                             &parsed);

    if (code != CLI_OK)
        return code;
    if (strcmp(parsed.arguments[0], "ceremony") != 0)
        return say_usage(context, USAGE, parsed.arguments[0]);
    wish.circle = parsed.arguments[1];
    wish.epoch = number_read(options_value(&parsed, "epoch"));
    wish.open = options_value(&parsed, "open") != NULL;
    wish.abandon = options_value(&parsed, "abandon") != NULL;
    wish.purpose = options_value(&parsed, "purpose");
    wish.share_path = options_value(&parsed, "share");
    if (wish.epoch == 0)
        return say_usage(context, USAGE, "--epoch");
    if (wish.open && wish.abandon)
        return say_usage(context, USAGE, "--open --abandon");
    code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    /* What others sent first, what this one has to say after. */
    synced = access_sync(context, home);
    error = sein_ceremony(home, &wish, view_visit, &show);
    if (error == 0)
        synced = access_sync(context, home);
    code = error == 0 ? synced : access_failed(context, home, error);
    sein_home_close(&home);
    return code;
}
