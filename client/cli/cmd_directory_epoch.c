#include <stdlib.h>
#include <string.h>

#include "client/cli/cmd_directory.h"
#include "client/cli/say.h"
#include "client/govern/govern.h"

/* An epoch's number has at most as many digits as 2^32. */
#define NUMBER_DIGITS_MAX 10U

static int
read_epoch(const struct directory_run *run, const char *place, const char *text,
           uint64_t *out_number)
{
    uint64_t number = 0;
    size_t len = strlen(text);
    bool good = len > 0 && len <= NUMBER_DIGITS_MAX;

    for (size_t i = 0; good && i < len; i++) {
        good = text[i] >= '0' && text[i] <= '9';
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    if (!good || number < 1 || number > UINT32_MAX)
        return say_error(run->context, SEIN_ERANGE, place, text);
    *out_number = number;
    return CLI_OK;
}

/* Writes what was changed, or says why it could not be. */
static int
finish(struct directory_run *run, enum sein_err err, const char *field)
{
    return err == SEIN_OK ? directory_apply(run, NULL)
                          : directory_fail(run, err, field, NULL);
}

int
directory_epoch(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    struct govern_epoch epoch = { 0 };
    const char *number = NULL;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK) {
        number = options_value(&run.parsed, "epoch");
        if (number == NULL)
            code = say_error(context, SEIN_EREQUIRED, "--epoch", NULL);
        else
            code = read_epoch(&run, "--epoch", number, &epoch.number);
    }
    if (code == CLI_OK) {
        epoch.circle = run.parsed.arguments[0];
        epoch.threshold = options_value(&run.parsed, "threshold");
        epoch.holders = options_value(&run.parsed, "holders");
        epoch.not_before = options_value(&run.parsed, "not-before");
        epoch.match_until = options_value(&run.parsed, "match-until");
        code = finish(&run, govern_name_epoch(run.govern, &epoch), "--epoch");
    }
    directory_end(&run);
    return code;
}

int
directory_pepper(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    uint64_t number = 0;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = read_epoch(&run, "EPOCH", run.parsed.arguments[1], &number);
    if (code == CLI_OK)
        code = finish(&run,
                      govern_set_pepper(run.govern, run.parsed.arguments[0],
                                        number, run.parsed.arguments[2]),
                      "CHECKHEX");
    directory_end(&run);
    return code;
}

int
directory_epoch_record(struct cli_context *context, int argc, char **argv)
{
    struct directory_run run;
    int code = directory_begin(&run, context, argc, argv);

    if (code == CLI_OK)
        code = finish(&run,
                      govern_take_record(run.govern, run.parsed.arguments[0]),
                      "FILE");
    directory_end(&run);
    return code;
}
