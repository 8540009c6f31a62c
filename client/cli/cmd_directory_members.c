#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cmd_directory.h"
#include "client/cli/say.h"
#include "client/govern/govern.h"

#define DESKS_MAX 64U
#define VALUES_MAX OPTIONS_GIVEN_MAX
/* Until the new key is in use everywhere, the old one still signs. */
#define ROTATE_DAYS 7

/* The desks of an admission, with the room for their lists. */
struct desk_options {
    struct govern_desk every;
    struct govern_desk desks[DESKS_MAX];
    size_t desk_count;
    const char *areas[VALUES_MAX];
    size_t area_count;
    const char *roles[VALUES_MAX];
    size_t role_count;
    const char *links[VALUES_MAX];
    size_t link_count;
    const char *labels[VALUES_MAX];
};

/* ---- options
 * ------------------------------------------------------------------ */

/* One option for the desk that was named last, or for all. */
static void
take_desk_option(struct desk_options *options, struct govern_desk *desk,
                 const char *name, const char *value)
{
    if (strcmp(name, "title") == 0)
        desk->title = value;
    else if (strcmp(name, "mandate") == 0)
        desk->mandate = value;
    else if (strcmp(name, "hours") == 0)
        desk->hours = value;
    else if (strcmp(name, "phone") == 0)
        desk->phone = value;
    else if (strcmp(name, "stand-in") == 0)
        desk->stand_in = value;
    if (strcmp(name, "area") == 0) {
        /* A desk's own lie side by side: they follow its --desk. */
        if (desk->area_count == 0)
            desk->areas = &options->areas[options->area_count];
        options->areas[options->area_count++] = value;
        desk->area_count++;
    }
    if (strcmp(name, "role") == 0) {
        if (desk->role_count == 0)
            desk->roles = &options->roles[options->role_count];
        options->roles[options->role_count++] = value;
        desk->role_count++;
    }
    if (strcmp(name, "links") == 0) {
        if (desk->link_count == 0)
            desk->links = &options->links[options->link_count];
        options->links[options->link_count++] = value;
        desk->link_count++;
    }
}

static int
read_desks(const struct directory_run *run, struct desk_options *options)
{
    const struct cli_parsed *parsed = &run->parsed;
    struct govern_desk *desk = &options->every;

    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < parsed->given_count; i++) {
        const char *name = parsed->given[i].option->name;
        const char *value = parsed->given[i].value;

        if (strcmp(name, "desk") != 0) {
            take_desk_option(options, desk, name, value);
            continue;
        }
        if (options->desk_count == DESKS_MAX)
            return say_error(run->context, SEIN_ERANGE, "--desk", value);
        desk = &options->desks[options->desk_count++];
        desk->name = value;
    }
    return CLI_OK;
}

static int
read_when(const struct directory_run *run, const char *option,
          int64_t fallback_ms, int64_t *out_ms)
{
    const char *text = options_value(&run->parsed, option);
    enum sein_err err = SEIN_OK;

    *out_ms = fallback_ms;
    if (text != NULL)
        err = govern_moment(text, run->now_ms, out_ms);
    return err == SEIN_OK ? CLI_OK
                          : say_reason(run->context, err, option, text,
                                       "geef now, een dag als 2027-12-31, of "
                                       "2027-12-31T12:00:00Z",
                                       "give now, a day as 2027-12-31, or "
                                       "2027-12-31T12:00:00Z");
}

/* ---- comparing
 * ------------------------------------------------------------------ */

static void
print_request(const struct directory_run *run,
              const struct govern_request *request)
{
    const struct cli_context *context = run->context;

    if (context->json || context->quiet)
        return;
    fprintf(context->err, "%s: %s (%s)\n",
            request->known
                ? say_text(context, "volgende sleutel van deelnemer",
                           "further key of member")
                : say_text(context, "nieuwe deelnemer", "new member"),
            request->name, request->oin.text);
    fprintf(context->err, "%s: %s\n",
            say_text(context, "vingerafdruk", "fingerprint"),
            request->fingerprint);
}

/* Asks at the terminal; anything but yes is no. */
static int
ask(const struct directory_run *run)
{
    const struct cli_context *context = run->context;
    char answer[16] = "";

    fprintf(context->err, "%s ",
            say_text(context,
                     "Bel de deelnemer op een nummer dat u al had.  Leest hij "
                     "dezelfde vingerafdruk voor?  (ja/nee)",
                     "Call the member on a number that you had already.  Does "
                     "it read out the same fingerprint?  (yes/no)"));
    (void)fflush(context->err); /* the question was asked or not */
    if (fgets(answer, sizeof answer, stdin) == NULL)
        answer[0] = '\0';
    answer[strcspn(answer, "\r\n")] = '\0';
    if (strcmp(answer, "ja") == 0 || strcmp(answer, "yes") == 0)
        return CLI_OK;
    say_line(context, "niet toegelaten", "not admitted");
    return CLI_NO;
}

/* Whether people compared the fingerprint: CLI_OK, or what to return. */
static int
compare(const struct directory_run *run, const struct govern_request *request)
{
    const char *typed = options_value(&run->parsed, "fingerprint");

    if (typed != NULL && !govern_fingerprint_equal(typed, request->fingerprint))
        return say_reason(run->context, SEIN_EFINGERPRINT, "--fingerprint",
                          request->fingerprint,
                          "de vingerafdruk van de aanvraag is een andere; laat "
                          "niet toe en vraag de deelnemer een nieuwe regel, "
                          "langs een andere weg",
                          "the request's fingerprint is another; do not admit, "
                          "and ask the member for a new line, by another way");
    if (typed != NULL || options_value(&run->parsed, "yes") != NULL)
        return CLI_OK;
    if (!run->context->json && isatty(STDIN_FILENO) == 1)
        return ask(run);
    return say_reason(run->context, SEIN_EFINGERPRINT, "--fingerprint",
                      request->fingerprint,
                      "de vingerafdruk is niet vergeleken; geef wat de "
                      "deelnemer voorleest met --fingerprint, of --yes als u "
                      "al vergeleken hebt",
                      "the fingerprint was not compared; give what the member "
                      "reads out with --fingerprint, or --yes when you have "
                      "compared it");
}

/* ---- admit, rotate
 * ---------------------------------------------------------------- */

static int
apply_admission(struct directory_run *run, const struct govern_request *request)
{
    char key[2 * SEIN_ID_BYTES + 1];
    char extra[256];

    sein_hex(sein_slice_of(request->key_id.bytes, SEIN_ID_BYTES), key,
             sizeof key);
    (void)snprintf(extra, sizeof extra,
                   "\"oin\":\"%s\",\"key_id\":\"%s\",\"fingerprint\":\"%s\"",
                   request->oin.text, key, request->fingerprint);
    return directory_apply(run, extra);
}

/* A key id in hex; the spaces of a fingerprint are ignored. */
static enum sein_err
read_key_id(const char *text, struct sein_key_id *out_id)
{
    char hex[2 * SEIN_ID_BYTES + 1] = "";
    size_t len = 0;

    for (; *text != '\0'; text++) {
        if (*text == ' ')
            continue;
        if (len + 1 >= sizeof hex)
            return SEIN_EFORMAT;
        hex[len++] = *text;
    }
    return sein_unhex(sein_slice_text(hex), out_id->bytes,
                      sizeof out_id->bytes);
}

static int
read_admission(struct directory_run *run, bool rotate,
               struct desk_options *options, struct sein_key_id *old,
               struct govern_admission *out)
{
    const struct cli_parsed *parsed = &run->parsed;
    const char *old_text = options_value(parsed, "old");
    int code = read_desks(run, options);

    *out = (struct govern_admission){
        .line = parsed->arguments[0],
        .name = options_value(parsed, "name"),
        .domain = options_value(parsed, "domain"),
        .supplier = options_value(parsed, "supplier"),
        .desks = options->desks,
        .desk_count = options->desk_count,
        .every = &options->every,
        .labels = options->labels,
        .label_count =
            options_values(parsed, "label", options->labels, VALUES_MAX),
        .rotate = rotate,
    };
    if (code == CLI_OK)
        code = read_when(run, "from", run->now_ms, &out->active_from_ms);
    if (code == CLI_OK && rotate)
        code = read_when(run, "at", run->now_ms + ROTATE_DAYS * SEIN_MS_PER_DAY,
                         &out->retire_at_ms);
    if (code == CLI_OK && old_text != NULL) {
        if (read_key_id(old_text, old) != SEIN_OK)
            return say_error(run->context, SEIN_EKEY, "--old", old_text);
        out->old = old;
    }
    return code;
}

static int
admit(struct cli_context *context, int argc, char **argv, bool rotate)
{
    struct directory_run run;
    struct desk_options options;
    struct sein_key_id old;
    struct govern_admission admission;
    struct govern_request request;
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = read_admission(&run, rotate, &options, &old, &admission);
    if (code == CLI_OK) {
        err = govern_request_read(run.govern, admission.line, &request);
        if (err != SEIN_OK)
            code = directory_fail(&run, err, "LINE", NULL);
    }
    if (code == CLI_OK) {
        print_request(&run, &request);
        code = compare(&run, &request);
    }
    if (code == CLI_OK) {
        err = govern_admit(run.govern, &admission);
        code = err == SEIN_OK ? apply_admission(&run, &request)
                              : directory_fail(&run, err, "LINE", NULL);
    }
    directory_end(&run);
    return code;
}

int
directory_admit(struct cli_context *context, int argc, char **argv)
{
    return admit(context, argc, argv, false);
}

int
directory_rotate(struct cli_context *context, int argc, char **argv)
{
    return admit(context, argc, argv, true);
}

/* ---- leave, retire, revoke
 * ---------------------------------------------------------- */

int
directory_leave(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    int64_t at_ms = 0;
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = read_when(&run, "at", run.now_ms, &at_ms);
    if (code == CLI_OK) {
        err = govern_leave(run.govern, run.parsed.arguments[0], at_ms);
        code = err == SEIN_OK ? directory_apply(&run, NULL)
                              : directory_fail(&run, err, "OIN", NULL);
    }
    directory_end(&run);
    return code;
}

static int
end_key(struct cli_context *context, int argc, char **argv, enum govern_end end)
{
    struct directory_run run;
    struct sein_key_id id;
    char hex[2 * SEIN_ID_BYTES + 1];
    char extra[80];
    int64_t at_ms = 0;
    enum sein_err err = SEIN_OK;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = read_when(&run, "at", run.now_ms, &at_ms);
    if (code == CLI_OK) {
        err = govern_end_key(run.govern, run.parsed.arguments[0], end, at_ms,
                             &id);
        if (err != SEIN_OK)
            code = directory_fail(&run, err, "KEY", NULL);
    }
    if (code == CLI_OK) {
        sein_hex(sein_slice_of(id.bytes, sizeof id.bytes), hex, sizeof hex);
        (void)snprintf(extra, sizeof extra, "\"key_id\":\"%s\"", hex);
        code = directory_apply(&run, extra);
    }
    directory_end(&run);
    return code;
}

int
directory_retire(struct cli_context *context, int argc, char **argv)
{
    return end_key(context, argc, argv, GOVERN_RETIRE);
}

int
directory_revoke(struct cli_context *context, int argc, char **argv)
{
    return end_key(context, argc, argv, GOVERN_REVOKE);
}
