#include "client/cli/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "client/cli/say.h"

static const char *
environment(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool
join_path(char out[static ACCESS_PATH_MAX], const char *folder,
          const char *rest)
{
    int len = snprintf(out, ACCESS_PATH_MAX, "%s%s", folder, rest);

    return len > 0 && (size_t)len < ACCESS_PATH_MAX;
}

static bool
find_path(const struct cli_context *context, char out[static ACCESS_PATH_MAX])
{
    if (context->home != NULL)
        return join_path(out, context->home, "");
    if (environment("SEIN_HOME") != NULL)
        return join_path(out, environment("SEIN_HOME"), "");
    if (environment("XDG_DATA_HOME") != NULL)
        return join_path(out, environment("XDG_DATA_HOME"), "/seinhuis");
    if (environment("HOME") != NULL)
        return join_path(out, environment("HOME"), "/.local/share/seinhuis");
    return false;
}

/* One line without its end; the file is the caller's secret. */
static int
read_passphrase_file(const struct cli_context *context, const char *path,
                     char out[static ACCESS_PASSPHRASE_MAX])
{
    FILE *file = fopen(path, "r");
    char *line = NULL;

    if (file == NULL)
        return say_error(context, errno == ENOENT ? SEIN_ENOENT : SEIN_EIO,
                         "--passphrase-file", path);
    line = fgets(out, ACCESS_PASSPHRASE_MAX, file);
    (void)fclose(file); /* it was only read */
    if (line != NULL)
        out[strcspn(out, "\r\n")] = '\0';
    if (line == NULL || out[0] == '\0')
        return say_error(context, SEIN_EREQUIRED, "--passphrase-file", path);
    return CLI_OK;
}

static bool
ask_line(const struct cli_context *context, const char *question,
         char out[static ACCESS_PASSPHRASE_MAX])
{
    struct termios shown;
    struct termios hidden;
    bool ok = false;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return false;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(context->err, "%s: ", question);
    (void)fflush(context->err);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0)
        return false;
    ok = fgets(out, ACCESS_PASSPHRASE_MAX, stdin) != NULL;
    /* Whatever was typed, the terminal must echo again. */
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', context->err);
    out[strcspn(out, "\r\n")] = '\0';
    return ok && out[0] != '\0';
}

static int
ask_passphrase(const struct cli_context *context, bool twice,
               char out[static ACCESS_PASSPHRASE_MAX])
{
    char again[ACCESS_PASSPHRASE_MAX] = "";
    int code = CLI_OK;

    if (!ask_line(context, say_text(context, "Wachtwoord", "Passphrase"), out))
        return say_error(context, SEIN_EPASSPHRASE, "", "");
    if (!twice)
        return CLI_OK;
    if (!ask_line(context,
                  say_text(context, "Nogmaals, ter controle",
                           "Once more, to be sure"),
                  again) ||
        strcmp(out, again) != 0)
        code = say_error(context, SEIN_EPASSPHRASE, "",
                         say_text(context, "de twee zijn niet gelijk",
                                  "the two are not the same"));
    sodium_memzero(again, sizeof again);
    return code;
}

static bool
find_key_file(const struct cli_context *context,
              char out[static ACCESS_PATH_MAX])
{
    const char *credentials = environment("CREDENTIALS_DIRECTORY");

    if (context->key_file != NULL)
        return join_path(out, context->key_file, "");
    if (environment("SEIN_KEY_FILE") != NULL)
        return join_path(out, environment("SEIN_KEY_FILE"), "");
    return context->passphrase_file == NULL && credentials != NULL &&
           join_path(out, credentials, "/sein-key") && access(out, R_OK) == 0;
}

static void
find_session(char out[static ACCESS_PATH_MAX])
{
    const char *runtime = environment("XDG_RUNTIME_DIR");

    if (runtime == NULL || !join_path(out, runtime, "/seinhuis"))
        out[0] = '\0';
}

int
access_find(const struct cli_context *context, bool ask, bool twice,
            struct access *out_unlock)
{
    int code = CLI_OK;

    memset(out_unlock, 0, sizeof *out_unlock);
    if (!find_path(context, out_unlock->path))
        return say_error(context, SEIN_ENOHOME, "--home", "");
    find_session(out_unlock->session);
    if (find_key_file(context, out_unlock->key_file)) {
        out_unlock->unlock.key_file = out_unlock->key_file;
        return CLI_OK;
    }
    if (context->passphrase_file != NULL)
        code = read_passphrase_file(context, context->passphrase_file,
                                    out_unlock->passphrase);
    else if (ask && isatty(STDIN_FILENO) == 1)
        code = ask_passphrase(context, twice, out_unlock->passphrase);
    if (code != CLI_OK)
        return code;
    if (out_unlock->passphrase[0] != '\0')
        out_unlock->unlock.passphrase = out_unlock->passphrase;
    else if (out_unlock->session[0] != '\0')
        out_unlock->unlock.session = out_unlock->session;
    return CLI_OK;
}

void
access_deinit(struct access *unlock)
{
    sodium_memzero(unlock, sizeof *unlock);
}

static int
open_failed(const struct cli_context *context, const struct access *unlock,
            int error)
{
    const char *path = unlock->path;
    const char *key_file = unlock->unlock.key_file;
    char holder[128] = "";

    if (key_file != NULL && error == SEIN_ECONFIG)
        return say_reason(context, SEIN_ECONFIG, "--key-file", key_file,
                          "anderen mogen dit sleutelbestand lezen; chmod 600",
                          "others may read this key file; chmod 600");
    if (key_file != NULL && error == SEIN_ESEALED &&
        access(key_file, F_OK) != 0)
        return say_error(context, SEIN_ENOENT, "--key-file", key_file);
    if (error == SEIN_ELOCKED &&
        sein_home_holder(path, holder, sizeof holder) != 0)
        holder[0] = '\0';
    return say_error(context, (enum sein_err)error, path, holder);
}

int
access_open(const struct cli_context *context, struct sein_home **out_home)
{
    struct access unlock;
    int code = access_find(context, false, false, &unlock);
    int error = 0;

    if (code != CLI_OK)
        goto done;
    error =
        sein_home_open(unlock.path, &unlock.unlock, context->actor, out_home);
    /* A person who did not unlock beforehand is asked once. */
    if (error == SEIN_ESEALED && isatty(STDIN_FILENO) == 1 && !context->quiet) {
        code = ask_passphrase(context, false, unlock.passphrase);
        if (code != CLI_OK)
            goto done;
        unlock.unlock = (struct sein_unlock){ .passphrase = unlock.passphrase };
        error = sein_home_open(unlock.path, &unlock.unlock, context->actor,
                               out_home);
    }
    if (error != 0)
        code = open_failed(context, &unlock, error);

done:
    access_deinit(&unlock);
    return code;
}

int
access_failed(const struct cli_context *context, const struct sein_home *home,
              int error)
{
    struct sein_problem problem = { 0 };

    sein_home_problem(home, &problem);
    if (problem.error != error)
        problem = (struct sein_problem){ .error = error };
    return say_error(context, (enum sein_err)error, problem.field,
                     problem.detail);
}

int
access_sync(const struct cli_context *context, struct sein_home *home)
{
    int error = 0;

    if (context->offline)
        return CLI_OK;
    error = sein_sync(home, context->timeout_ms, NULL, NULL);
    return error == 0 ? CLI_OK : access_failed(context, home, error);
}

size_t
access_pairs(const struct cli_parsed *parsed, struct sein_pair *out_pairs,
             size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < parsed->given_count && count < max; i++) {
        out_pairs[count].name = parsed->given[i].option->name;
        out_pairs[count++].value = parsed->given[i].value;
    }
    return count;
}

int
access_print(void *context, const char *json)
{
    return fprintf(context, "%s\n", json) < 0 ? SEIN_EIO : 0;
}
