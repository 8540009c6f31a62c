/* What the table in main.c names; each is described there and in --help. */
#ifndef SEIN_CLIENT_CLI_COMMANDS_H
#define SEIN_CLIENT_CLI_COMMANDS_H

#include "client/cli/options.h"

extern const struct cli_option init_options[];
extern const struct cli_option join_options[];
extern const struct cli_option signal_options[];
extern const struct cli_option import_options[];
extern const struct cli_option which_options[];
extern const struct cli_option match_options[];
extern const struct cli_option regie_options[];
extern const struct cli_option unlink_options[];
extern const struct cli_option renew_options[];
extern const struct cli_option refer_options[];
extern const struct cli_option consult_options[];
extern const struct cli_option sent_options[];
extern const struct cli_option take_options[];
extern const struct cli_option watch_options[];
extern const struct cli_option journal_options[];
extern const struct cli_option handle_options[];
extern const struct cli_option circle_options[];
extern const struct cli_option keyholder_options[];

int cmd_init(struct cli_context *context, int argc, char **argv);
int cmd_join(struct cli_context *context, int argc, char **argv);
int cmd_unlock(struct cli_context *context, int argc, char **argv);
int cmd_lock(struct cli_context *context, int argc, char **argv);
int cmd_status(struct cli_context *context, int argc, char **argv);
int cmd_doctor(struct cli_context *context, int argc, char **argv);
int cmd_sync(struct cli_context *context, int argc, char **argv);
int cmd_rotate(struct cli_context *context, int argc, char **argv);
int cmd_take_over(struct cli_context *context, int argc, char **argv);

int cmd_signal(struct cli_context *context, int argc, char **argv);
int cmd_import(struct cli_context *context, int argc, char **argv);
int cmd_withdraw(struct cli_context *context, int argc, char **argv);
int cmd_close(struct cli_context *context, int argc, char **argv);
int cmd_feedback(struct cli_context *context, int argc, char **argv);
int cmd_reply(struct cli_context *context, int argc, char **argv);
int cmd_refer(struct cli_context *context, int argc, char **argv);
int cmd_consult(struct cli_context *context, int argc, char **argv);

int cmd_accept(struct cli_context *context, int argc, char **argv);
int cmd_decline(struct cli_context *context, int argc, char **argv);
int cmd_regie(struct cli_context *context, int argc, char **argv);
int cmd_unlink(struct cli_context *context, int argc, char **argv);
int cmd_renew(struct cli_context *context, int argc, char **argv);

int cmd_handle(struct cli_context *context, int argc, char **argv);
int cmd_sent(struct cli_context *context, int argc, char **argv);
int cmd_inbox(struct cli_context *context, int argc, char **argv);
int cmd_take(struct cli_context *context, int argc, char **argv);
int cmd_watch(struct cli_context *context, int argc, char **argv);
int cmd_show(struct cli_context *context, int argc, char **argv);
int cmd_journal(struct cli_context *context, int argc, char **argv);
int cmd_desks(struct cli_context *context, int argc, char **argv);
int cmd_keyholder(struct cli_context *context, int argc, char **argv);
int cmd_circle(struct cli_context *context, int argc, char **argv);
int cmd_completion(struct cli_context *context, int argc, char **argv);
int cmd_help(struct cli_context *context, int argc, char **argv);

#endif
