#include "broker/config_table.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/bytes.h"

#define AT(member) \
    offsetof(struct config, member), sizeof(((struct config *)NULL)->member)

/* clang-format off */
static const struct config_row rows[] = {
{ "broker", "name", CONFIG_TEXT, CONFIG_ALWAYS, false, AT(name), 0, 0, NULL, NULL,
  "name of this broker, as the directory shows it" },
{ "broker", "listen", CONFIG_LISTEN, CONFIG_ALWAYS, false, AT(listen), 0, 0, NULL, NULL,
  "address and port to bind, as tcp://0.0.0.0:5670; port 0 takes any free one" },
{ "broker", "endpoint", CONFIG_ENDPOINT, CONFIG_ALWAYS, false, AT(endpoint), 0, 0, NULL, NULL,
  "where members reach this broker, as tcp://seinhuis.example.nl:5670" },
{ "broker", "operator", CONFIG_OIN, CONFIG_ALWAYS, false, AT(operator_oin), 0, 0, NULL, NULL,
  "OIN of the organisation that runs this broker" },
{ "broker", "supplier", CONFIG_TEXT, CONFIG_OPTIONAL, false, AT(supplier), 0, 0, NULL, NULL,
  "who supplies the machine, when that is another party" },
{ "broker", "user", CONFIG_TEXT, CONFIG_OPTIONAL, false, AT(user), 0, 0, NULL, NULL,
  "system user to become when started as root" },
{ "store", "dir", CONFIG_PATH, CONFIG_ALWAYS, false, AT(store_dir), 0, 0, NULL, NULL,
  "folder of the database" },
{ "store", "mark", CONFIG_PATH, CONFIG_OPTIONAL, false, AT(mark), 0, 0, NULL, NULL,
  "file that tells a restored database from the last one; keep it out of backups "
  "(log.mark beside the folder of the database)" },
{ "keys", "dir", CONFIG_PATH, CONFIG_ALWAYS, false, AT(keys_dir), 0, 0, NULL, NULL,
  "folder of this broker's own keys, mode 0700" },
{ "directory", "incoming", CONFIG_PATH, CONFIG_ALWAYS, true, AT(incoming), 0, 0, NULL, NULL,
  "folder where signed directories (*.dir) are put; looked at when starting and reloading" },
{ "directory", "governance", CONFIG_FINGERPRINT, CONFIG_TO_RUN, false, AT(governance), 0, 0, NULL, NULL,
  "fingerprint of the governance, 64 hex digits: whom this broker believes" },
{ "limits", "letters_max", CONFIG_NUMBER, CONFIG_OPTIONAL, true, AT(letters_max),
  1, UINT64_C(1) << 32, "letters", "250000",
  "letters of one member that may wait at once" },
{ "limits", "bytes_max", CONFIG_NUMBER, CONFIG_OPTIONAL, true, AT(bytes_max),
  65536, UINT64_C(1) << 44, "bytes", "1073741824",
  "bytes of one member that may wait at once" },
{ "limits", "presences_max", CONFIG_NUMBER, CONFIG_OPTIONAL, true, AT(presences_max),
  1, UINT64_C(1) << 32, "presences", "250000",
  "presences of one member that may be live at once" },
{ "limits", "items_per_s", CONFIG_NUMBER, CONFIG_OPTIONAL, true, AT(items_per_s),
  1, 10000000, "items per second", "5000",
  "letters and other requests that one member may send, lasting" },
{ "limits", "items_burst", CONFIG_NUMBER, CONFIG_OPTIONAL, true, AT(items_burst),
  1, 100000000, "items", "100000",
  "the same, at once: a monthly batch" },
{ "limits", "sessions_max", CONFIG_NUMBER, CONFIG_OPTIONAL, true, AT(sessions_max),
  1, 10000, "connections", "64",
  "connections of one member at once" },
{ "limits", "io_threads", CONFIG_NUMBER, CONFIG_OPTIONAL, false, AT(io_threads),
  1, 16, "threads", "2",
  "threads that encrypt and move bytes" },
{ "limits", "descriptors", CONFIG_NUMBER, CONFIG_OPTIONAL, false, AT(descriptors),
  256, 10000000, "files", "65536",
  "open files wanted: one for each connection" },
{ "admin", "socket", CONFIG_SOCKET, CONFIG_OPTIONAL, false, AT(admin_socket), 0, 0, NULL, NULL,
  "local socket for seinhuisd --admin; none without it" },
{ "metrics", "listen", CONFIG_LOOPBACK, CONFIG_OPTIONAL, false, AT(metrics_listen), 0, 0, NULL, NULL,
  "loopback address for /metrics, /livez and /readyz, as 127.0.0.1:9670; none without it" },
{ "log", "file", CONFIG_LOG_TARGET, CONFIG_OPTIONAL, true, AT(log_file), 0, 0, NULL, "stderr",
  "file to append to, or stderr" },
{ "log", "level", CONFIG_LEVEL, CONFIG_OPTIONAL, true, AT(log_level), 0, 0, NULL, "info",
  "debug, info, warn or error" },
};
/* clang-format on */

const struct config_row *
config_rows(size_t *out_count)
{
    *out_count = sizeof rows / sizeof rows[0];
    return rows;
}

static bool
parse_number(const char *text, uint64_t max, uint64_t *out_number)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (*text < '0' || *text > '9' || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out_number = number;
    return true;
}

/* host:port; any_port also takes 0 and *. */
static bool
is_host_port(const char *text, bool any_port)
{
    const char *colon = strrchr(text, ':');
    uint64_t port = 0;

    if (colon == NULL || colon == text)
        return false;
    for (const char *c = text; c < colon; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr(".-[]:*", *c) != NULL;

        if (!plain)
            return false;
    }
    if (any_port && strcmp(colon + 1, "*") == 0)
        return true;
    return parse_number(colon + 1, 65535, &port) && (any_port || port > 0);
}

static bool
is_endpoint(const char *text, bool any_port)
{
    static const char scheme[] = "tcp://";

    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return false;
    text += sizeof scheme - 1;
    return is_host_port(text, any_port) && (any_port || text[0] != '*');
}

static bool
is_loopback(const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t host = colon == NULL ? 0 : (size_t)(colon - text);
    uint64_t port = 0;
    bool known = (host == 9 && memcmp(text, "127.0.0.1", 9) == 0) ||
                 (host == 5 && memcmp(text, "[::1]", 5) == 0);

    return known && parse_number(colon + 1, 65535, &port);
}

static bool
is_text(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    }
    return true;
}

/* Lower-case hex without the spaces between groups. */
static bool
set_fingerprint(const char *value, char *out, size_t size)
{
    uint8_t bytes[SEIN_HASH_BYTES];
    char packed[2 * SEIN_HASH_BYTES + 1];
    size_t len = 0;

    for (; *value != '\0'; value++) {
        if (*value == ' ')
            continue;
        if (len == sizeof packed - 1)
            return false;
        packed[len++] = *value;
    }
    packed[len] = '\0';
    if (sein_unhex(sein_slice_text(packed), bytes, sizeof bytes) != SEIN_OK)
        return false;
    sein_hex(sein_slice_of(bytes, sizeof bytes), out, size);
    return true;
}

static bool
set_text(const char *value, char *out, size_t size)
{
    size_t len = strlen(value);

    if (len >= size)
        return false;
    memcpy(out, value, len + 1);
    return true;
}

static bool
set_path(const char *value, const char *folder, char *out, size_t size)
{
    int written = value[0] == '/' ? snprintf(out, size, "%s", value)
                                  : snprintf(out, size, "%s/%s", folder, value);

    return written > 0 && (size_t)written < size;
}

static bool
set_number(const struct config_row *row, const char *value, uint64_t *out)
{
    uint64_t number = 0;

    if (!parse_number(value, row->max, &number) || number < row->min)
        return false;
    *out = number;
    return true;
}

static bool
set_level(const char *value, uint64_t *out)
{
    enum log_level level = LOG_INFO;

    if (log_level_find(value, &level) != SEIN_OK)
        return false;
    *out = (uint64_t)level;
    return true;
}

enum sein_err
config_set(const struct config_row *row, const char *value, const char *folder,
           struct config *config, const char **out_why)
{
    char *text = (char *)config + row->offset;
    /* Rows of these types lie on members of type uint64_t. */
    uint64_t *number = (uint64_t *)(void *)text;
    bool ok = false;

    switch (row->type) {
    case CONFIG_TEXT:
        *out_why = "a text of at most 128 bytes";
        ok = is_text(value) && set_text(value, text, row->size);
        break;
    case CONFIG_OIN:
        *out_why = "an OIN of 20 characters, as 00000001003214345000";
        ok = sein_oin_check(sein_slice_text(value)) == SEIN_OK &&
             set_text(value, text, row->size);
        break;
    case CONFIG_PATH:
        *out_why = "a path of at most 1000 bytes";
        ok = is_text(value) && set_path(value, folder, text, row->size);
        break;
    case CONFIG_SOCKET:
        *out_why = "a path of at most 107 bytes with its folder; choose a "
                   "shorter one, as /run/seinhuis/admin.sock";
        ok = is_text(value) && set_path(value, folder, text, row->size) &&
             strlen(text) < CONFIG_SOCKET_MAX;
        break;
    case CONFIG_LOG_TARGET:
        *out_why = "a path, or stderr";
        ok = strcmp(value, "stderr") == 0
                 ? set_text(value, text, row->size)
                 : is_text(value) && set_path(value, folder, text, row->size);
        break;
    case CONFIG_ENDPOINT:
        *out_why = "tcp://host:port with a port from 1 to 65535";
        ok = is_endpoint(value, false) && set_text(value, text, row->size);
        break;
    case CONFIG_LISTEN:
        *out_why = "tcp://address:port";
        ok = is_endpoint(value, true) && set_text(value, text, row->size);
        break;
    case CONFIG_LOOPBACK:
        *out_why = "127.0.0.1:port or [::1]:port, nothing that others reach";
        ok = is_loopback(value) && set_text(value, text, row->size);
        break;
    case CONFIG_FINGERPRINT:
        *out_why = "64 hex digits";
        ok = set_fingerprint(value, text, row->size);
        break;
    case CONFIG_NUMBER:
        *out_why = "a whole number within its range; see --help-config";
        ok = set_number(row, value, number);
        break;
    case CONFIG_LEVEL:
        *out_why = "debug, info, warn or error";
        ok = set_level(value, number);
        break;
    }
    return ok ? SEIN_OK : SEIN_EFORMAT;
}
