/*
 * What a person sees: the library's JSON documents as lines on a terminal.
 *
 * With --json a document is printed as it came; without, a view_function lays
 * it out.  The shell is a stand-in for a screen, so one document fits one.
 */
#ifndef SEIN_CLIENT_CLI_VIEW_H
#define SEIN_CLIENT_CLI_VIEW_H

#include <jansson.h>

#include "client/cli/command.h"

typedef void view_function(const struct cli_context *context, json_t *document);

/** The context of view_visit. */
struct view_context {
    const struct cli_context *context;
    view_function *view;
};

/** view_visit - a sein_visit: prints or lays out each document. */
int view_visit(void *context, const char *json);

view_function view_status, view_happened, view_verdict, view_sent, view_inbox,
    view_show, view_journal, view_desk, view_handle, view_pack_made,
    view_pack_taken, view_ceremony;

/** The context of view_doctor, which counts what is wrong. */
struct doctor_count {
    const struct cli_context *context;
    unsigned faults;
};
int view_doctor(void *context, const char *json);

#endif
