#include "client/cli/say.h"

#include <string.h>

#include "proto/base/text.h"

/* The last error of each range and what it exits with; single errors that
 * differ from their range stand in front, in `exceptions`. */
struct exit_row {
    int last;
    int code;
};

/* clang-format off */
static const struct exit_row ranges[] = {
    { SEIN_OK, CLI_OK },
    { 19, CLI_DATA },        /* general: what was given */
    { 39, CLI_PROTOCOL },    /* wire */
    { 69, CLI_POLICY },      /* trust */
    { 78, CLI_DATA },        /* handles and texts */
    { 99, CLI_PROTOCOL },    /* letters */
    { 139, CLI_PROTOCOL },   /* broker */
    { 199, CLI_DATA },       /* client */
};

static const struct exit_row exceptions[] = {
    { SEIN_EUNKNOWN, CLI_PROTOCOL },
    { SEIN_EINTERNAL, CLI_SOFTWARE },
    { SEIN_ENOMEM, CLI_OS },
    { SEIN_ENOTSUP, CLI_USAGE },
    { SEIN_ENOENT, CLI_NO_INPUT },
    { SEIN_EEXIST, CLI_CANNOT_CREATE },
    { SEIN_EIO, CLI_IO },
    { SEIN_EFULL, CLI_IO },
    { SEIN_ECANCELED, CLI_INCOMPLETE },
    { SEIN_ETIMEOUT, CLI_TRY_LATER },
    { SEIN_EMEMBER, CLI_NO_INPUT },
    { SEIN_EDESK, CLI_NO_INPUT },
    { SEIN_ECIRCLE, CLI_NO_INPUT },
    { SEIN_EDIRINVALID, CLI_DATA },
    { SEIN_EDIRNEWER, CLI_TRY_LATER },
    { SEIN_ENOPREKEY, CLI_TRY_LATER },
    { SEIN_EPROOF, CLI_PROTOCOL },
    { SEIN_ECHAIN, CLI_PROTOCOL },
    { SEIN_ELABEL, CLI_DATA },
    { SEIN_EHOLDERS, CLI_DATA },
    { SEIN_ERECORD, CLI_DATA },
    { SEIN_EPARTY, CLI_POLICY },
    { SEIN_EREGIE, CLI_DATA },
    { SEIN_ETIME, CLI_CONFIG },
    { SEIN_EHOME, CLI_POLICY },
    { SEIN_EQUOTA, CLI_TRY_LATER },
    { SEIN_EBUSY, CLI_TRY_LATER },
    { SEIN_ENOHOME, CLI_NO_INPUT },
    { SEIN_ELOCKED, CLI_TRY_LATER },
    { SEIN_EPASSPHRASE, CLI_POLICY },
    { SEIN_ESEALED, CLI_POLICY },
    { SEIN_EUNREACHABLE, CLI_UNAVAILABLE },
    { SEIN_ENOTADMITTED, CLI_POLICY },
    { SEIN_ENOTJOINED, CLI_CONFIG },
    { SEIN_EUSAGE, CLI_USAGE },
    { SEIN_ECONFIG, CLI_CONFIG },
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *
say_text(const struct cli_context *context, const char *nl, const char *en)
{
    return strcmp(context->lang, "en") == 0 ? en : nl;
}

void
say_line(const struct cli_context *context, const char *nl, const char *en)
{
    if (!context->quiet && !context->json)
        fprintf(context->out, "%s\n", say_text(context, nl, en));
}

int
say_exit(enum sein_err err)
{
    for (size_t i = 0; i < COUNT(exceptions); i++) {
        if (exceptions[i].last == (int)err)
            return exceptions[i].code;
    }
    for (size_t i = 0; i < COUNT(ranges); i++) {
        if ((int)err <= ranges[i].last)
            return ranges[i].code;
    }
    return CLI_SOFTWARE;
}

/* How many bytes the character at text takes, 0 when it is no UTF-8. */
static size_t
character_len(const uint8_t *text, size_t left)
{
    for (size_t len = 1; len <= 4 && len <= left; len++) {
        if (sein_utf8_check(sein_slice_of(text, len)) == SEIN_OK)
            return len;
    }
    return 0;
}

static void
json_ascii(FILE *out, uint8_t sign)
{
    if (sign == '"' || sign == '\\')
        fprintf(out, "\\%c", sign);
    else if (sign == '\n')
        fputs("\\n", out);
    else if (sign == '\t')
        fputs("\\t", out);
    else if (sign < 0x20 || sign == 0x7f)
        fprintf(out, "\\u%04x", sign);
    else
        fputc(sign, out);
}

void
say_json_text(FILE *out, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t left = text == NULL ? 0 : strlen(text);

    if (text == NULL) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    while (left > 0) {
        size_t len = character_len(at, left);

        if (len == 0) {
            fputs("\\ufffd", out);
            len = 1;
        } else if (len == 1) {
            json_ascii(out, *at);
        } else {
            fwrite(at, 1, len, out);
        }
        at += len;
        left -= len;
    }
    fputc('"', out);
}

#define SENTENCE_MAX 256U

/* The part before the semicolon, and the part behind it. */
static void
split_sentence(const char *text, char reason[static SENTENCE_MAX],
               char mend[static SENTENCE_MAX])
{
    const char *semicolon = strstr(text, "; ");
    size_t len = semicolon == NULL ? strlen(text) : (size_t)(semicolon - text);

    if (len >= SENTENCE_MAX)
        len = SENTENCE_MAX - 1;
    memcpy(reason, text, len);
    reason[len] = '\0';
    mend[0] = '\0';
    if (semicolon != NULL)
        snprintf(mend, SENTENCE_MAX, "%s", semicolon + 2);
}

static void
error_json(const struct cli_context *context, enum sein_err err,
           const char *field, const char *detail, const char *nl,
           const char *en)
{
    char reason[2][SENTENCE_MAX], mend[2][SENTENCE_MAX];
    FILE *out = context->err;

    split_sentence(nl, reason[0], mend[0]);
    split_sentence(en, reason[1], mend[1]);
    fputs("{\"error\":", out);
    say_json_text(out, sein_err_code(err));
    fputs(",\"field\":", out);
    say_json_text(out, field == NULL ? "" : field);
    fputs(",\"detail\":", out);
    say_json_text(out, detail == NULL ? "" : detail);
    fputs(",\"reason\":{\"nl\":", out);
    say_json_text(out, reason[0]);
    fputs(",\"en\":", out);
    say_json_text(out, reason[1]);
    fputs("},\"mend\":{\"nl\":", out);
    say_json_text(out, mend[0]);
    fputs(",\"en\":", out);
    say_json_text(out, mend[1]);
    fputs("}}\n", out);
}

int
say_reason(const struct cli_context *context, enum sein_err err,
           const char *field, const char *detail, const char *nl,
           const char *en)
{
    if (context->json) {
        error_json(context, err, field, detail, nl, en);
        return say_exit(err);
    }
    fprintf(context->err, "sein: %s: ", sein_err_code(err));
    if (field != NULL && *field != '\0')
        fprintf(context->err, "%s: ", field);
    if (detail != NULL && *detail != '\0')
        fprintf(context->err, "%s: ", detail);
    fprintf(context->err, "%s\n", say_text(context, nl, en));
    return say_exit(err);
}

int
say_error(const struct cli_context *context, enum sein_err err,
          const char *field, const char *detail)
{
    return say_reason(context, err, field, detail, sein_err_text_nl(err),
                      sein_err_text(err));
}

int
say_usage(const struct cli_context *context, const char *usage,
          const char *wrong)
{
    int code = say_error(context, SEIN_EUSAGE, wrong, NULL);

    if (!context->json)
        fprintf(context->err, "%s%s\n",
                say_text(context, "gebruik: ", "usage: "), usage);
    return code;
}
