#include "broker/init.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/config_table.h"
#include "broker/keys.h"
#include "broker/lost_idx.h"
#include "proto/trust/line.h"

#define SETTINGS_MAX 12U

/* Members reach the endpoint; this machine listens on its port everywhere. */
static void
listen_from(const char *endpoint, char *out, size_t max)
{
    const char *port = strrchr(endpoint, ':');

    (void)snprintf(out, max, "tcp://0.0.0.0%s", port == NULL ? "" : port);
}

/* The settings that --init fills in; the table knows the rest. */
static size_t
gather(const struct arguments *arguments, char *listen, size_t max,
       struct config_setting out[static SETTINGS_MAX])
{
    const struct config_setting settings[] = {
        { "broker", "name", arguments->name },
        { "broker", "listen", arguments->listen },
        { "broker", "endpoint", arguments->endpoint },
        { "broker", "operator", arguments->operator_oin },
        { "broker", "supplier", arguments->supplier },
        { "store", "dir", "store" },
        { "keys", "dir", "keys" },
        { "directory", "incoming", "incoming" },
        { "directory", "governance", arguments->governance },
        { "admin", "socket", "admin.sock" },
    };

    memcpy(out, settings, sizeof settings);
    if (arguments->listen == NULL) {
        listen_from(arguments->endpoint, listen, max);
        out[1].value = listen;
    }
    return sizeof settings / sizeof settings[0];
}

static enum sein_err
check_given(const struct arguments *arguments)
{
    if (arguments->name != NULL && arguments->endpoint != NULL &&
        arguments->operator_oin != NULL)
        return SEIN_OK;
    (void)fprintf(stderr,
                  "seinhuisd: %s is not there yet; to make it, give --name, "
                  "--endpoint and --operator\n",
                  arguments->config_path);
    return SEIN_EUSAGE;
}

/* Each value is checked as it will be when it is read, before a byte of it is
 * written. */
static enum sein_err
check_settings(const struct config_setting *settings, size_t count)
{
    struct config scratch = { 0 };
    size_t row_count = 0;
    const struct config_row *rows = config_rows(&row_count);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < row_count && settings[i].value != NULL; j++) {
            const char *why = NULL;

            if (strcmp(rows[j].section, settings[i].section) != 0 ||
                strcmp(rows[j].key, settings[i].key) != 0)
                continue;
            if (settings[i].value[0] != '\0' &&
                strpbrk(settings[i].value, ";\r\n") == NULL &&
                config_set(&rows[j], settings[i].value, "/", &scratch, &why) ==
                    SEIN_OK)
                continue;
            (void)fprintf(stderr, "seinhuisd: --%s is to be %s\n",
                          settings[i].key,
                          why == NULL ? "filled in, without a semicolon" : why);
            return SEIN_EUSAGE;
        }
    }
    return SEIN_OK;
}

static enum sein_err
write_config(const char *path, const struct config_setting *settings,
             size_t count)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    enum sein_err err = SEIN_EIO;

    if (file == NULL) {
        (void)fprintf(stderr, "seinhuisd: %s cannot be made: %s\n", path,
                      strerror(errno));
        if (fd >= 0)
            (void)close(fd); /* nothing was written */
        return err;
    }
    err = config_write(file, settings, count);
    if (fsync(fd) != 0)
        err = SEIN_EIO;
    if (fclose(file) != 0)
        err = SEIN_EIO;
    if (err == SEIN_OK)
        (void)fprintf(stderr, "made %s\n", path);
    else
        (void)fprintf(stderr, "seinhuisd: %s cannot be written\n", path);
    return err;
}

static enum sein_err
make_config_folder(const char *path)
{
    char folder[CONFIG_PATH_MAX];
    char *slash = NULL;

    (void)snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder)
        return SEIN_OK;
    *slash = '\0';
    if (mkdir(folder, 0700) == 0 || errno == EEXIST)
        return SEIN_OK;
    (void)fprintf(stderr, "seinhuisd: %s cannot be made: %s\n", folder,
                  strerror(errno));
    return SEIN_EIO;
}

static enum sein_err
make_config(const struct arguments *arguments)
{
    struct config_setting settings[SETTINGS_MAX];
    char listen[CONFIG_ENDPOINT_MAX];
    size_t count = 0;
    enum sein_err err = check_given(arguments);

    if (err != SEIN_OK)
        return err;
    count = gather(arguments, listen, sizeof listen, settings);
    err = check_settings(settings, count);
    if (err == SEIN_OK)
        err = make_config_folder(arguments->config_path);
    if (err == SEIN_OK)
        err = write_config(arguments->config_path, settings, count);
    return err;
}

/* What the option would have been, had it stood in the file. */
static bool
agrees(const struct config_setting *setting, const struct config *config)
{
    struct config scratch = { 0 };
    size_t count = 0;
    const struct config_row *rows = config_rows(&count);
    const char *why = NULL;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].section, setting->section) != 0 ||
            strcmp(rows[i].key, setting->key) != 0)
            continue;
        return config_set(&rows[i], setting->value, "/", &scratch, &why) ==
                   SEIN_OK &&
               strcmp((const char *)&scratch + rows[i].offset,
                      (const char *)config + rows[i].offset) == 0;
    }
    return false;
}

/* A configuration that is there is the operator's; options may only agree. */
static enum sein_err
check_agrees(const struct arguments *arguments, const struct config *config)
{
    const struct config_setting settings[] = {
        { "broker", "name", arguments->name },
        { "broker", "listen", arguments->listen },
        { "broker", "endpoint", arguments->endpoint },
        { "broker", "operator", arguments->operator_oin },
        { "broker", "supplier", arguments->supplier },
        { "directory", "governance", arguments->governance },
    };

    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (settings[i].value == NULL || agrees(&settings[i], config))
            continue;
        (void)fprintf(stderr,
                      "seinhuisd: %s is there, and \"%s\" in [%s] is not what "
                      "--%s says; change it there\n",
                      arguments->config_path, settings[i].key,
                      settings[i].section, settings[i].key);
        return SEIN_EUSAGE;
    }
    return SEIN_OK;
}

static enum sein_err
make_folders(const struct config *config)
{
    const char *const folders[] = { config->store_dir, config->incoming };

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (mkdir(folders[i], 0700) != 0 && errno != EEXIST) {
            (void)fprintf(stderr, "seinhuisd: %s cannot be made: %s\n",
                          folders[i], strerror(errno));
            return SEIN_EIO;
        }
    }
    return SEIN_OK;
}

static enum sein_err
print_line(const struct config *config)
{
    struct sein_broker_line line = { 0 };
    char text[SEIN_LINE_MAX];
    const char *why = NULL;
    struct keys *keys = NULL;
    enum sein_err err = keys_load(config->keys_dir, &keys, &why);

    if (err != SEIN_OK) {
        (void)fprintf(stderr, "seinhuisd: %s: %s\n", config->keys_dir, why);
        return err == SEIN_ENOENT ? SEIN_EIO : err;
    }
    (void)snprintf(line.name, sizeof line.name, "%s", config->name);
    (void)snprintf(line.endpoint, sizeof line.endpoint, "%s", config->endpoint);
    (void)snprintf(line.supplier, sizeof line.supplier, "%s", config->supplier);
    (void)snprintf(line.operator_oin.text, sizeof line.operator_oin.text, "%s",
                   config->operator_oin);
    memcpy(line.curve, keys->curve_public, sizeof line.curve);
    memcpy(line.receipt, keys->receipt_public, sizeof line.receipt);
    err = sein_broker_line_write(&line, keys->receipt_secret, text);
    keys_free(&keys);
    if (err != SEIN_OK) {
        (void)fprintf(stderr, "seinhuisd: the line cannot be written: %s\n",
                      sein_err_text(err));
        return err;
    }
    return printf("%s\n", text) < 0 || fflush(stdout) != 0 ? SEIN_EIO : SEIN_OK;
}

enum sein_err
init_run(const struct arguments *arguments)
{
    struct config_fault fault = { 0 };
    struct config config;
    size_t made = 0;
    enum sein_err err = SEIN_OK;

    if (access(arguments->config_path, F_OK) != 0)
        err = make_config(arguments);
    if (err != SEIN_OK)
        return err;
    err = config_read(arguments->config_path, &config, &fault);
    if (err != SEIN_OK) {
        (void)fprintf(stderr, "seinhuisd: %s, line %u: %s\n",
                      arguments->config_path, fault.line, fault.text);
        return err;
    }
    err = check_agrees(arguments, &config);
    if (err == SEIN_OK)
        err = make_folders(&config);
    if (err != SEIN_OK)
        return err;
    err = lost_idx_check(&config, arguments->drop_presences);
    if (err != SEIN_OK)
        return err;
    err = keys_make(config.keys_dir, &made);
    if (err != SEIN_OK) {
        (void)fprintf(stderr, "seinhuisd: keys cannot be made in %s: %s\n",
                      config.keys_dir, strerror(errno));
        return err;
    }
    (void)fprintf(stderr,
                  made == 0 ? "kept the keys in %s\n" : "made keys in %s\n",
                  config.keys_dir);
    (void)fprintf(stderr, "give this line to the governance:\n");
    return print_line(&config);
}
