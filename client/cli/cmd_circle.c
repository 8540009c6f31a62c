/* Circle packs: made by the steward, taken in by every member. */
#include <string.h>

#include "client/cli/access.h"
#include "client/cli/commands.h"
#include "client/cli/number.h"
#include "client/cli/say.h"
#include "client/cli/view.h"

/* clang-format off */
const struct cli_option circle_options[] = {
    { "epoch", "NUMBER", "bij pack: de periode van de sleutel", "with pack: the epoch of the key" },
    { "institutions", "FILE.csv", "bij pack: adressen van bekende instellingen, die geen merk maken", "with pack: addresses of known institutions, which make no tag" },
    { "out", "FILE", "bij pack: waar het pakket komt", "with pack: where the pack goes" },
    { NULL, NULL, NULL, NULL },
};
/* clang-format on */

static int
make(const struct cli_context *context, struct sein_home *home,
     const struct cli_parsed *parsed)
{
    struct view_context show = { context, view_pack_made };

    return sein_pack_make(home, parsed->arguments[1],
                          number_read(options_value(parsed, "epoch")),
                          options_value(parsed, "institutions"),
                          options_value(parsed, "out"), view_visit, &show);
}

/* What is missing or too much, before a home is opened. */
static int
check(const struct cli_context *context, const struct cli_parsed *parsed)
{
    bool pack = strcmp(parsed->arguments[0], "pack") == 0;

    if (!pack && strcmp(parsed->arguments[0], "take") != 0)
        return say_usage(context, "sein circle pack CIRCLE|take FILE",
                         parsed->arguments[0]);
    if (!pack && parsed->given_count > 0)
        return say_usage(context, "sein circle take FILE",
                         parsed->given[0].option->name);
    if (pack && options_value(parsed, "out") == NULL)
        return say_usage(context,
                         "sein circle pack CIRCLE --epoch NUMBER --out FILE",
                         "--out");
    if (pack && number_read(options_value(parsed, "epoch")) == 0)
        return say_usage(context,
                         "sein circle pack CIRCLE --epoch NUMBER --out FILE",
                         "--epoch");
    return CLI_OK;
}

int
cmd_circle(struct cli_context *context, int argc, char **argv)
{
    struct cli_parsed parsed;
    struct sein_home *home = NULL;
    struct view_context show = { context, view_pack_taken };
    int synced = CLI_OK;
    int error = 0;
    int code =
        options_parse(context, options_command("circle"), argc, argv, &parsed);

    if (code == CLI_OK)
        code = check(context, &parsed);
    if (code == CLI_OK)
        code = access_open(context, &home);
    if (code != CLI_OK)
        return code;
    /* The newest directory says which circle, steward and pepper there are. */
    synced = access_sync(context, home);
    if (strcmp(parsed.arguments[0], "pack") == 0)
        error = make(context, home, &parsed);
    else
        error = sein_pack_take(home, parsed.arguments[1], view_visit, &show);
    code = error == 0 ? synced : access_failed(context, home, error);
    sein_home_close(&home);
    return code;
}
