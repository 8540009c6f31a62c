#include <stdlib.h>
#include <string.h>

#include "client/cli/cmd_directory.h"
#include "client/cli/say.h"
#include "client/govern/govern.h"

#define KEY_HEX_BYTES (2 * SEIN_KEY_BYTES + 1)

static int
required(const struct directory_run *run, const char *option,
         const char **out_value)
{
    *out_value = options_value(&run->parsed, option);
    if (*out_value != NULL && **out_value != '\0')
        return CLI_OK;
    return say_error(run->context, SEIN_EREQUIRED, option, NULL);
}

/* A small number, or 0 and an error said. */
static int
read_number(const struct directory_run *run, const char *option,
            uint64_t fallback, uint64_t *out_value)
{
    const char *text = options_value(&run->parsed, option);
    char *end = NULL;
    long value = 0;

    *out_value = fallback;
    if (text == NULL)
        return CLI_OK;
    value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < 1 ||
        value > (long)SEIN_GOVERNORS_MAX)
        return say_error(run->context, SEIN_ERANGE, option, text);
    *out_value = (uint64_t)value;
    return CLI_OK;
}

static void
print_key(const struct cli_context *context, const struct govern_key *key,
          const char *file)
{
    char hex[KEY_HEX_BYTES];

    sein_hex(sein_slice_of(key->pk, sizeof key->pk), hex, sizeof hex);
    if (!context->json) {
        fprintf(context->out, "%s\n", hex);
        return;
    }
    fputs("{\"name\":", context->out);
    say_json_text(context->out, key->name);
    fputs(",\"pk\":", context->out);
    say_json_text(context->out, hex);
    fputs(",\"key\":", context->out);
    say_json_text(context->out, file);
    fputs("}\n", context->out);
}

static int
bad_name(const struct cli_context *context, const char *name)
{
    return say_reason(context, SEIN_EFORMAT, "NAME", name,
                      "een naam van een beheerder heeft 1 tot 39 tekens, "
                      "zonder [ ] ; # en =; kies een andere",
                      "a governor's name has 1 to 39 characters, without [ ] ; "
                      "# and =; choose another");
}

/* Makes a key, or reads the one that is there. */
static int
key_for(const struct directory_run *run, const char *name, const char *file,
        struct govern_key *out_key)
{
    enum sein_err err = govern_keygen(file, name, out_key);

    if (err == SEIN_EFORMAT)
        return bad_name(run->context, name);
    if (err == SEIN_EEXIST)
        err = govern_key_read(file, out_key);
    if (err != SEIN_OK)
        return say_error(run->context, err, "--key", file);
    if (strcmp(out_key->name, name) != 0)
        return say_reason(run->context, SEIN_EEXIST, "--key", file,
                          "dit is de sleutel van een andere beheerder; kies "
                          "een ander bestand of noem hem met --governor",
                          "this is another governor's key; choose another "
                          "file or name them with --governor");
    return CLI_OK;
}

static int
nothing_made(const struct cli_context *context)
{
    if (context->json)
        fputs("{\"dry_run\":true}\n", context->out);
    say_line(context, "proef: er is niets gemaakt",
             "dry run: nothing was made");
    return CLI_OK;
}

int
directory_init(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    struct govern_key key;
    const char *name = NULL;
    const char *file = NULL;
    const char *folder = NULL;
    uint64_t threshold = 0;
    enum sein_err err = SEIN_OK;
    int code = directory_parse(&run, context, argc, argv);

    if (code == CLI_OK)
        code = required(&run, "governor", &name);
    if (code == CLI_OK)
        code = required(&run, "key", &file);
    if (code == CLI_OK)
        code = read_number(&run, "threshold", 1, &threshold);
    if (code == CLI_OK && context->dry_run)
        return nothing_made(context);
    if (code == CLI_OK)
        code = key_for(&run, name, file, &key);
    if (code != CLI_OK)
        return code;
    folder = run.parsed.arguments[0];
    err = govern_create(folder, &key, threshold);
    if (err == SEIN_EEXIST)
        return say_reason(context, err, folder, NULL,
                          "in deze map staat al een register; kies een andere "
                          "map",
                          "there is a directory in this folder already; "
                          "choose another folder");
    if (err != SEIN_OK)
        return say_error(context, err, folder, NULL);
    if (context->json) {
        print_key(context, &key, file);
        return CLI_OK;
    }
    say_line(context,
             "De map is begonnen.  Hierna: broker, circle, admit, sign.",
             "The folder is begun.  Next: broker, circle, admit, sign.");
    return CLI_OK;
}

int
directory_keygen(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    struct govern_key key;
    const char *name = NULL;
    const char *file = NULL;
    enum sein_err err = SEIN_OK;
    int code = directory_parse(&run, context, argc, argv);

    if (code == CLI_OK)
        code = required(&run, "name", &name);
    if (code == CLI_OK && context->dry_run)
        return nothing_made(context);
    if (code != CLI_OK)
        return code;
    file = run.parsed.arguments[0];
    err = govern_keygen(file, name, &key);
    if (err == SEIN_EFORMAT)
        return bad_name(context, name);
    if (err != SEIN_OK)
        return say_error(context, err, file, NULL);
    print_key(context, &key, file);
    return CLI_OK;
}

static int
change_governor(struct directory_run *run, const char *name)
{
    const char *pk_text = options_value(&run->parsed, "pk");
    bool replace = options_value(&run->parsed, "replace") != NULL;
    uint8_t pk[SEIN_KEY_BYTES];
    enum sein_err err = SEIN_OK;

    if (options_value(&run->parsed, "remove") != NULL) {
        err = govern_drop_governor(run->govern, name);
    } else {
        int code = required(run, "pk", &pk_text);

        if (code != CLI_OK)
            return code;
        err = sein_unhex(sein_slice_text(pk_text), pk, sizeof pk);
        if (err != SEIN_OK)
            return say_error(run->context, err, "--pk", pk_text);
        err = govern_set_governor(run->govern, name, pk, replace);
    }
    return err == SEIN_OK ? CLI_OK : directory_fail(run, err, "NAME", name);
}

int
directory_governor(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    uint64_t threshold = 0;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = read_number(&run, "threshold", 0, &threshold);
    if (code == CLI_OK && run.parsed.argument_count == 0 && threshold == 0)
        code = say_usage(context, "sein directory governor [NAME] [options]",
                         say_text(context, "noem een beheerder of --threshold",
                                  "name a governor or --threshold"));
    if (code == CLI_OK && run.parsed.argument_count > 0)
        code = change_governor(&run, run.parsed.arguments[0]);
    if (code == CLI_OK && threshold > 0) {
        enum sein_err err = govern_set_threshold(run.govern, threshold);

        if (err != SEIN_OK)
            code = directory_fail(&run, err, "--threshold", NULL);
    }
    if (code == CLI_OK)
        code = directory_apply(&run, NULL);
    directory_end(&run);
    return code;
}

int
directory_broker(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK) {
        err = govern_add_broker(run.govern, run.parsed.arguments[0],
                                options_value(&run.parsed, "replace") != NULL);
        code = err == SEIN_OK ? directory_apply(&run, NULL)
                              : directory_fail(&run, err, "LINE", NULL);
    }
    directory_end(&run);
    return code;
}

/* The line alone on the output, so that a script can take it. */
static void
print_invitation(const struct cli_context *context, const char *line,
                 const char *fingerprint)
{
    if (!context->json) {
        fprintf(context->out, "%s\n", line);
        if (!context->quiet)
            fprintf(context->err, "%s: %s\n",
                    say_text(context, "vingerafdruk van het beheer",
                             "fingerprint of the governance"),
                    fingerprint);
        return;
    }
    fputs("{\"invitation\":", context->out);
    say_json_text(context->out, line);
    fputs(",\"fingerprint\":", context->out);
    say_json_text(context->out, fingerprint);
    fputs("}\n", context->out);
}

/* In hex for the broker's configuration, in groups for the telephone. */
int
directory_fingerprint(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    char hex[GOVERN_HEX_BYTES];
    char groups[GOVERN_FINGERPRINT_BYTES];
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK) {
        err = govern_fingerprint(run.govern, hex, groups);
        if (err != SEIN_OK)
            code = directory_fail(&run, err, NULL, NULL);
    }
    if (code == CLI_OK) {
        if (context->json)
            fprintf(context->out, "{\"hex\":\"%s\",\"fingerprint\":\"%s\"}\n",
                    hex, groups);
        else
            fprintf(context->out, "%s\n%s%s", hex, context->quiet ? "" : groups,
                    context->quiet ? "" : "\n");
    }
    directory_end(&run);
    return code;
}

int
directory_invite(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    char line[GOVERN_LINE_BYTES];
    char fingerprint[GOVERN_FINGERPRINT_BYTES];
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK) {
        err = govern_invite(run.govern, options_value(&run.parsed, "broker"),
                            line, fingerprint);
        if (err != SEIN_OK)
            code = directory_fail(&run, err, NULL, NULL);
    }
    if (code == CLI_OK)
        print_invitation(context, line, fingerprint);
    directory_end(&run);
    return code;
}

/* ---- circles ----------------------------------------------------------------
 */

/* Every value of the lists that a circle's options make. */
struct circle_lists {
    const char *kinds[OPTIONS_GIVEN_MAX];
    const char *outcomes[OPTIONS_GIVEN_MAX];
    const char *labels[OPTIONS_GIVEN_MAX];
    const char *exceptions[OPTIONS_GIVEN_MAX];
    const char *quotas[OPTIONS_GIVEN_MAX];
};

static void
read_rules(const struct cli_parsed *parsed, struct circle_lists *lists,
           struct govern_circle *out)
{
    *out = (struct govern_circle){
        .id = parsed->arguments[0],
        .title = options_value(parsed, "title"),
        .purpose = options_value(parsed, "purpose"),
        .basis = options_value(parsed, "basis"),
        .basis_ends = options_value(parsed, "basis-ends"),
        .retention_days = options_value(parsed, "retention-days"),
        .collect_days = options_value(parsed, "collect-days"),
        .reveal = options_value(parsed, "reveal"),
        .kinds = lists->kinds,
        .kind_count =
            options_values(parsed, "kind", lists->kinds, OPTIONS_GIVEN_MAX),
        .outcomes = lists->outcomes,
        .outcome_count = options_values(parsed, "outcome", lists->outcomes,
                                        OPTIONS_GIVEN_MAX),
        .labels = lists->labels,
        .label_count =
            options_values(parsed, "label", lists->labels, OPTIONS_GIVEN_MAX),
        .exceptions = lists->exceptions,
        .exception_count = options_values(parsed, "exception",
                                          lists->exceptions, OPTIONS_GIVEN_MAX),
        .link_pairs = options_value(parsed, "link-pairs"),
        .quota_per_day = options_value(parsed, "quota-per-day"),
        .quotas = lists->quotas,
        .quota_count =
            options_values(parsed, "quota", lists->quotas, OPTIONS_GIVEN_MAX),
        .regie_order = options_value(parsed, "regie-order"),
        .regie_silence_days = options_value(parsed, "regie-silence-days"),
        .from = options_value(parsed, "from"),
    };
}

/* Without options: what is wrong with this circle. */
static int
check_circle(const struct directory_run *run, const char *id)
{
    char file[64];
    size_t count = 0;
    const struct govern_problem *problems =
        govern_problems(run->govern, &count);
    int code = CLI_OK;

    if (!govern_has_circle(run->govern, id))
        return say_error(run->context, SEIN_ECIRCLE, id, NULL);
    (void)snprintf(file, sizeof file, "circles/%.40s.conf", id);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(problems[i].file, file) == 0)
            code = directory_problem(run, &problems[i]);
    }
    if (code == CLI_OK && run->context->json)
        fputs("{\"ok\":true}\n", run->context->out);
    else if (code == CLI_OK)
        say_line(run->context, "de kring klopt", "the circle is right");
    return code;
}

int
directory_circle(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    struct circle_lists lists;
    struct govern_circle rules;
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK) {
        bool given = run.parsed.given_count >
                     (options_value(&run.parsed, "folder") != NULL ? 1U : 0U);

        read_rules(&run.parsed, &lists, &rules);
        if (!given) {
            code = check_circle(&run, rules.id);
        } else {
            err = govern_set_circle(run.govern, &rules);
            code = err == SEIN_OK ? directory_apply(&run, NULL)
                                  : directory_fail(&run, err, rules.id, NULL);
        }
    }
    directory_end(&run);
    return code;
}
