/*
 * What the commands of `sein directory` share.
 *
 * Each opens the folder (--folder, else the current one), changes the picture
 * of it or looks at it, and says what it did.
 */
#ifndef SEIN_CLIENT_CLI_CMD_DIRECTORY_H
#define SEIN_CLIENT_CLI_CMD_DIRECTORY_H

#include "client/cli/options.h"
#include "proto/base/error.h"

struct govern;
struct govern_change;
struct govern_problem;

/** One command on its way. */
struct directory_run {
    const struct cli_context *context;
    struct cli_parsed parsed;
    struct govern *govern;
    int64_t now_ms;
};

/** directory_parse - the arguments by the table's row of that name; CLI_OK, or
 *  what the command must return. */
int directory_parse(struct directory_run *run,
                    const struct cli_context *context, int argc, char **argv);

/** directory_begin - the same, and the folder opened; directory_end closes. */
int directory_begin(struct directory_run *run,
                    const struct cli_context *context, int argc, char **argv);
void directory_end(struct directory_run *run);

const char *directory_folder(const struct directory_run *run);

/** directory_fail - say why a call of govern failed. */
int directory_fail(const struct directory_run *run, enum sein_err err,
                   const char *field, const char *detail);

/** directory_problem - say one problem; a warning when it does not stop. */
int directory_problem(const struct directory_run *run,
                      const struct govern_problem *problem);
void directory_warn(const struct directory_run *run,
                    const struct govern_problem *problem);

/** directory_changes - print them, or as the member "changes" of an object. */
void directory_changes(const struct directory_run *run,
                       const struct govern_change *changes, size_t count);

/**
 * directory_apply - write what was changed, unless --dry-run; print it.
 *
 * extra  a piece of JSON as "\"a\":1", printed in the object; NULL none
 * Refuses when a changed file would not read back; warns of what lies between
 * files and must be solved before signing.
 */
int directory_apply(struct directory_run *run, const char *extra);

/** The commands; rows in cmd_directory.c. */
int directory_init(struct cli_context *context, int argc, char **argv);
int directory_keygen(struct cli_context *context, int argc, char **argv);
int directory_governor(struct cli_context *context, int argc, char **argv);
int directory_broker(struct cli_context *context, int argc, char **argv);
int directory_fingerprint(struct cli_context *context, int argc, char **argv);
int directory_invite(struct cli_context *context, int argc, char **argv);
int directory_admit(struct cli_context *context, int argc, char **argv);
int directory_rotate(struct cli_context *context, int argc, char **argv);
int directory_leave(struct cli_context *context, int argc, char **argv);
int directory_retire(struct cli_context *context, int argc, char **argv);
int directory_revoke(struct cli_context *context, int argc, char **argv);
int directory_circle(struct cli_context *context, int argc, char **argv);
int directory_epoch(struct cli_context *context, int argc, char **argv);
int directory_pepper(struct cli_context *context, int argc, char **argv);
int directory_epoch_record(struct cli_context *context, int argc, char **argv);
int directory_sign(struct cli_context *context, int argc, char **argv);
int directory_gather(struct cli_context *context, int argc, char **argv);
int directory_diff(struct cli_context *context, int argc, char **argv);
int directory_verify(struct cli_context *context, int argc, char **argv);
int directory_show(struct cli_context *context, int argc, char **argv);

#endif
