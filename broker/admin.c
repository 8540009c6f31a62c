#include "broker/admin.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/stream.h"

struct verb_row {
    const char *word;
    enum admin_verb verb;
    bool has_path;
};

static const struct verb_row verbs[] = {
    { "status", ADMIN_STATUS, false },
    { "reload", ADMIN_RELOAD, false },
    { "drain", ADMIN_DRAIN, false },
    { "backup", ADMIN_BACKUP, true },
};

static enum sein_err
read_verb(const struct verb_row *row, struct sein_slice rest,
          struct admin_command *out_command)
{
    struct admin_command command = { .verb = row->verb };
    enum sein_err err = SEIN_OK;

    if (!row->has_path) {
        if (rest.len > 0)
            return SEIN_EUSAGE;
        *out_command = command;
        return SEIN_OK;
    }
    if (rest.len < 2 || rest.at[0] != ' ' || rest.at[1] != '/')
        return SEIN_EUSAGE;
    err = sein_slice_copy_text(sein_slice_of(rest.at + 1, rest.len - 1),
                               command.path, sizeof command.path);
    if (err != SEIN_OK)
        return SEIN_EUSAGE;
    *out_command = command;
    return SEIN_OK;
}

enum sein_err
admin_read(struct sein_slice request, struct admin_command *out_command)
{
    const uint8_t *end = NULL;
    struct sein_slice line;

    if (request.len > 0)
        end = memchr(request.at, '\n', request.len);
    if (end == NULL)
        return SEIN_EWIRE;
    line = sein_slice_of(request.at, (size_t)(end - request.at));
    if (line.len + 1 != request.len)
        return SEIN_EUSAGE;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        size_t len = strlen(verbs[i].word);

        if (line.len >= len && memcmp(line.at, verbs[i].word, len) == 0)
            return read_verb(&verbs[i],
                             sein_slice_of(line.at + len, line.len - len),
                             out_command);
    }
    return SEIN_EUSAGE;
}

static bool
send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = send(fd, text, len, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text += put;
        len -= (size_t)put;
    }
    return true;
}

/* Until the broker closes: the answer may take as long as a backup takes. */
static enum sein_err
print_answer(int fd, FILE *out, bool *out_ok)
{
    static const char good[] = "{\"ok\":true";
    char buffer[4096];
    bool first = true;

    *out_ok = false;
    for (;;) {
        ssize_t got = recv(fd, buffer, sizeof buffer, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return SEIN_EIO;
        if (got == 0)
            return first || fflush(out) != 0 ? SEIN_EIO : SEIN_OK;
        if (first)
            *out_ok = (size_t)got >= sizeof good - 1 &&
                      memcmp(buffer, good, sizeof good - 1) == 0;
        first = false;
        if (fwrite(buffer, 1, (size_t)got, out) != (size_t)got)
            return SEIN_EIO;
    }
}

enum sein_err
admin_ask(const char *socket_path, const char *line, FILE *out, bool *out_ok)
{
    char request[STREAM_REQUEST_MAX];
    int written = snprintf(request, sizeof request, "%s\n", line);
    int fd = -1;
    enum sein_err err = SEIN_OK;

    if (written < 0 || (size_t)written >= sizeof request)
        return SEIN_ETOOLONG;
    err = stream_connect_local(socket_path, &fd);
    if (err != SEIN_OK)
        return err;
    err = send_all(fd, request, (size_t)written) ? print_answer(fd, out, out_ok)
                                                 : SEIN_EIO;
    (void)close(fd); /* the answer was read to its end */
    return err;
}
