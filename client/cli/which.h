/* What commands about one signal share. */
#ifndef SEIN_CLIENT_CLI_WHICH_H
#define SEIN_CLIENT_CLI_WHICH_H

#include "client/cli/options.h"
#include "client/cli/view.h"
#include "client/include/sein.h"

/** cli_which - LETTER, or --circle with --source_id; else a usage error. */
int cli_which(const struct cli_context *context,
              const struct cli_parsed *parsed, struct sein_which *out_which);

/** cli_finish - close the home after an action.  What was done stands; only
 *  whether it travelled is still to be said. */
int cli_finish(const struct cli_context *context, struct sein_home **home,
               int error);

typedef int cli_act_on(struct sein_home *, const struct sein_which *,
                       const char *, sein_visit *, void *);

/** cli_act - a whole command about one signal: parse, open, act, finish.
 *
 * option   whose value act gets, NULL when it was not given */
int cli_act(struct cli_context *context, const char *name, const char *option,
            int argc, char **argv, cli_act_on *act, view_function *view);

#endif
