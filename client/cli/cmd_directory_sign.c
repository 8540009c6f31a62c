#include <stdlib.h>
#include <string.h>

#include "client/cli/cmd_directory.h"
#include "client/cli/say.h"
#include "client/govern/govern.h"

/* From so many days on the end is told as a warning: a holiday long. */
#define WARN_DAYS 14
#define DAYS_MAX 45L

static void
hash_text(const struct sein_hash *hash, char out[static 65])
{
    sein_hex(sein_slice_of(hash->bytes, sizeof hash->bytes), out, 65);
}

/* All that stops signing; the exit code of the first. */
static int
say_problems(const struct directory_run *run)
{
    size_t count = 0;
    const struct govern_problem *problems =
        govern_problems(run->govern, &count);
    int code = CLI_OK;

    for (size_t i = 0; i < count; i++) {
        int next = directory_problem(run, &problems[i]);

        if (code == CLI_OK)
            code = next;
    }
    return code;
}

/* ---- sign, gather
 * ---------------------------------------------------------------- */

static void
print_signed_json(const struct directory_run *run,
                  const struct govern_signed *result,
                  const struct govern_change *changes, size_t count)
{
    FILE *out = run->context->out;
    char hash[65];
    char expires[GOVERN_MOMENT_BYTES];

    hash_text(&result->hash, hash);
    govern_moment_text(result->expires_at_ms, expires);
    fprintf(out,
            "{\"version\":%llu,\"complete\":%s,\"hash\":\"%s\","
            "\"expires\":\"%s\",\"old\":{\"have\":%zu,\"need\":%zu},"
            "\"new\":{\"have\":%zu,\"need\":%zu},\"path\":",
            (unsigned long long)result->version,
            result->complete ? "true" : "false", hash, expires,
            result->old_have, result->old_need, result->new_have,
            result->new_need);
    say_json_text(out, result->path);
    fputc(',', out);
    directory_changes(run, changes, count);
    fputs("}\n", out);
}

static void
print_lacking(const struct directory_run *run,
              const struct govern_signed *result)
{
    const struct cli_context *context = run->context;

    fprintf(context->out, "%s %llu: %s\n",
            say_text(context, "ontwerp van versie", "draft of version"),
            (unsigned long long)result->version, result->path);
    if (result->old_need > 0)
        fprintf(context->out, "  %s: %zu/%zu\n",
                say_text(context, "handtekeningen van het huidige beheer",
                         "signatures of the present governance"),
                result->old_have, result->old_need);
    fprintf(context->out, "  %s: %zu/%zu\n",
            say_text(context, "handtekeningen van het nieuwe beheer",
                     "signatures of the new governance"),
            result->new_have, result->new_need);
}

static void
print_signed(const struct directory_run *run,
             const struct govern_signed *result,
             const struct govern_change *changes, size_t count)
{
    const struct cli_context *context = run->context;
    char expires[GOVERN_MOMENT_BYTES];

    if (context->json) {
        print_signed_json(run, result, changes, count);
        return;
    }
    if (context->quiet) {
        fprintf(context->out, "%s\n", result->path);
        return;
    }
    directory_changes(run, changes, count);
    if (!result->complete) {
        print_lacking(run, result);
        return;
    }
    govern_moment_text(result->expires_at_ms, expires);
    fprintf(context->out, "%s %llu: %s\n%s: %s\n",
            say_text(context, "getekend: versie", "signed: version"),
            (unsigned long long)result->version, result->path,
            say_text(context, "geldig tot", "valid until"), expires);
    say_line(context, "Zet dit bestand in de map incoming van het seinhuis.",
             "Put this file in the broker's incoming folder.");
}

static int
read_days(const struct directory_run *run, uint64_t *out_days)
{
    const char *text = options_value(&run->parsed, "days");
    char *end = NULL;
    long days = 0;

    *out_days = 0;
    if (text == NULL)
        return CLI_OK;
    days = strtol(text, &end, 10);
    if (end == text || *end != '\0' || days < 1 || days > DAYS_MAX)
        return say_reason(run->context, SEIN_ERANGE, "--days", text,
                          "een versie is 1 tot 45 dagen geldig; kies daaruit",
                          "a version is valid for 1 to 45 days; choose one of "
                          "those");
    *out_days = (uint64_t)days;
    return CLI_OK;
}

/* What is allowed and yet worth a look. */
static void
print_notes(const struct directory_run *run)
{
    const struct govern_problem *notes = NULL;
    size_t count = 0;

    if (govern_notes(run->govern, &notes, &count) != SEIN_OK)
        return; /* signing says why */
    for (size_t i = 0; i < count; i++)
        directory_warn(run, &notes[i]);
}

/* What would be signed; nothing is made. */
static int
sign_dry(const struct directory_run *run, const struct govern_change *changes,
         size_t count)
{
    const struct cli_context *context = run->context;

    if (context->json) {
        fputs("{\"dry_run\":true,", context->out);
        directory_changes(run, changes, count);
        fputs("}\n", context->out);
        return CLI_OK;
    }
    directory_changes(run, changes, count);
    say_line(context, "proef: er is niets getekend",
             "dry run: nothing was signed");
    return CLI_OK;
}

static int
sign(struct directory_run *run)
{
    const struct cli_parsed *parsed = &run->parsed;
    struct govern_signing signing = {
        .key_file = options_value(parsed, "key"),
        .detached = options_value(parsed, "detached"),
        .fresh = options_value(parsed, "new") != NULL,
    };
    struct govern_signed result;
    const struct govern_change *changes = NULL;
    size_t count = 0;
    enum sein_err err = SEIN_OK;
    int code = read_days(run, &signing.days);

    if (code == CLI_OK && signing.detached != NULL && signing.key_file == NULL)
        code = say_error(run->context, SEIN_EREQUIRED, "--key", NULL);
    if (code == CLI_OK)
        code = say_problems(run);
    if (code != CLI_OK)
        return code;
    err = govern_changes(run->govern, GOVERN_SINCE_SIGNED, &changes, &count);
    print_notes(run);
    if (err == SEIN_OK && run->context->dry_run)
        return sign_dry(run, changes, count);
    if (err == SEIN_OK)
        err = govern_sign(run->govern, &signing, &result);
    if (err != SEIN_OK)
        return directory_fail(run, err, NULL, NULL);
    print_signed(run, &result, changes, count);
    return CLI_OK;
}

int
directory_sign(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = sign(&run);
    directory_end(&run);
    return code;
}

int
directory_gather(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    struct govern_signed result = { 0 };
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    for (int i = 0; code == CLI_OK && i < run.parsed.argument_count; i++) {
        if (result.complete)
            break; /* enough signed before the last file */
        err = govern_gather(run.govern, run.parsed.arguments[i],
                            context->dry_run, &result);
        if (err != SEIN_OK)
            code = directory_fail(&run, err, run.parsed.arguments[i], NULL);
    }
    if (code == CLI_OK)
        print_signed(&run, &result, NULL, 0);
    directory_end(&run);
    return code;
}

/* ---- diff, show
 * ---------------------------------------------------------------------- */

static int
read_version(const struct directory_run *run, int at, uint64_t *out_version)
{
    const char *text = NULL;
    char *end = NULL;
    long version = 0;

    *out_version = 0;
    if (run->parsed.argument_count <= at)
        return CLI_OK;
    text = run->parsed.arguments[at];
    version = strtol(text, &end, 10);
    if (end == text || *end != '\0' || version < 1 || version > 999999)
        return say_error(run->context, SEIN_ERANGE, "VERSION", text);
    *out_version = (uint64_t)version;
    return CLI_OK;
}

static void
print_listing(const struct directory_run *run,
              const struct govern_change *changes, size_t count)
{
    const struct cli_context *context = run->context;

    if (context->json)
        fputc('{', context->out);
    directory_changes(run, changes, count);
    if (context->json)
        fputs("}\n", context->out);
    else if (count == 0)
        say_line(context, "geen verschil", "no difference");
}

int
directory_diff(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    const struct govern_change *changes = NULL;
    size_t count = 0;
    uint64_t from = 0;
    uint64_t to = 0;
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = read_version(&run, 0, &from);
    if (code == CLI_OK)
        code = read_version(&run, 1, &to);
    if (code == CLI_OK) {
        err = from == 0
                  ? govern_changes(run.govern, GOVERN_SINCE_SIGNED, &changes,
                                   &count)
                  : govern_between(run.govern, from, to, &changes, &count);
        if (err != SEIN_OK)
            code = directory_fail(&run, err, "VERSION", NULL);
    }
    if (code == CLI_OK)
        print_listing(&run, changes, count);
    directory_end(&run);
    return code;
}

int
directory_show(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    const struct govern_change *contents = NULL;
    size_t count = 0;
    uint64_t version = 0;
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = read_version(&run, 0, &version);
    if (code == CLI_OK) {
        err = govern_contents(run.govern, version, &contents, &count);
        if (err != SEIN_OK)
            code = directory_fail(&run, err, "VERSION", NULL);
    }
    if (code == CLI_OK)
        print_listing(&run, contents, count);
    directory_end(&run);
    return code;
}

/* ---- verify
 * ----------------------------------------------------------------------------
 */

static void
print_state_json(const struct cli_context *context,
                 const struct govern_state *state)
{
    char hash[65];
    char issued[GOVERN_MOMENT_BYTES];
    char expires[GOVERN_MOMENT_BYTES];

    hash_text(&state->hash, hash);
    govern_moment_text(state->issued_at_ms, issued);
    govern_moment_text(state->expires_at_ms, expires);
    fprintf(context->out,
            "{\"version\":%llu,\"hash\":\"%s\",\"issued\":\"%s\","
            "\"expires\":\"%s\",\"days_left\":%lld,\"expired\":%s,"
            "\"threshold\":%llu,\"governors\":%zu,\"fingerprint\":\"%s\","
            "\"first_fingerprint\":\"%s\",\"draft\":%llu,\"path\":",
            (unsigned long long)state->version, hash, issued, expires,
            (long long)state->days_left,
            state->days_left < 0 ? "true" : "false",
            (unsigned long long)state->threshold, state->governor_count,
            state->fingerprint, state->first_fingerprint,
            (unsigned long long)state->draft_version);
    say_json_text(context->out, state->path);
    fputs("}\n", context->out);
}

static void
print_state(const struct cli_context *context, const struct govern_state *state)
{
    char expires[GOVERN_MOMENT_BYTES];

    govern_moment_text(state->expires_at_ms, expires);
    fprintf(context->out, "%s 1-%llu %s\n",
            say_text(context, "versie", "version"),
            (unsigned long long)state->version,
            say_text(context, "kloppen en sluiten aan",
                     "are right and follow on each other"));
    fprintf(context->out, "%s: %s (%llu/%zu)\n",
            say_text(context, "beheer", "governance"), state->fingerprint,
            (unsigned long long)state->threshold, state->governor_count);
    fprintf(context->out, "%s: %s (%lld %s)\n",
            say_text(context, "geldig tot", "valid until"), expires,
            (long long)state->days_left, say_text(context, "dagen", "days"));
    if (state->draft_version != 0)
        fprintf(context->out, "%s %llu\n",
                say_text(context, "er ligt een ontwerp van versie",
                         "there is a draft of version"),
                (unsigned long long)state->draft_version);
}

/* The keys that the newest version names, and whether they are made. */
static void
print_epochs(const struct cli_context *context,
             const struct govern_change *contents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *until = "";
        bool made = false;

        if (contents[i].op != '+' || strcmp(contents[i].kind, "epoch") != 0)
            continue;
        for (size_t j = i + 1; j < count && contents[j].op == '~'; j++) {
            if (strcmp(contents[j].field, "match_until") == 0)
                until = contents[j].after;
            made |= strcmp(contents[j].field, "record") == 0;
        }
        fprintf(
            context->out, "%s %s: %s %s, %s\n",
            say_text(context, "sleutel van", "key of"), contents[i].id,
            say_text(context, "tot en met", "through"), until,
            made ? say_text(context, "gemaakt en getekend", "made and signed")
                 : say_text(context, "nog niet gemaakt", "not made yet"));
    }
}

static int
say_end(const struct cli_context *context, const struct govern_state *state)
{
    if (state->days_left < 0)
        return say_error(context, SEIN_EDIREXPIRED, state->path, NULL);
    if (state->days_left < WARN_DAYS && !context->json)
        fprintf(context->err, "%s\n",
                say_text(context,
                         "let op: teken binnenkort een nieuwe versie met sein "
                         "directory sign, anders verstuurt niemand nog iets",
                         "note: sign a new version soon with sein directory "
                         "sign, or nobody sends anything any more"));
    return CLI_OK;
}

int
directory_verify(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    struct govern_state state;
    const struct govern_change *contents = NULL;
    size_t count = 0;
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK) {
        err = govern_verify(run.govern, &state);
        if (err == SEIN_OK)
            err = govern_contents(run.govern, state.version, &contents, &count);
        if (err != SEIN_OK)
            code = directory_fail(&run, err, NULL, NULL);
    }
    if (code == CLI_OK) {
        if (context->json)
            print_state_json(context, &state);
        else
            print_state(context, &state);
        if (!context->json)
            print_epochs(context, contents, count);
        code = say_end(context, &state);
    }
    directory_end(&run);
    return code;
}
