/* What commands about one signal share. */
#ifndef SEIN_CLIENT_CLI_WHICH_H
#define SEIN_CLIENT_CLI_WHICH_H

#include "client/cli/options.h"
#include "client/include/sein.h"

/** cli_which - LETTER, or --circle with --source_id; else a usage error. */
int cli_which(const struct cli_context *context,
              const struct cli_parsed *parsed, struct sein_which *out_which);

/** cli_finish - close the home after an action.  What was done stands; only
 *  whether it travelled is still to be said. */
int cli_finish(const struct cli_context *context, struct sein_home **home,
               int error);

#endif
