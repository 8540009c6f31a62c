#include "broker/http.h"

#include <string.h>

/* One request being read; lines are cut off the front. */
struct scan {
    struct sein_slice rest;
    unsigned hosts;
};

static bool
is_token(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
next_line(struct scan *scan, struct sein_slice *out_line)
{
    for (size_t i = 0; i + 1 < scan->rest.len; i++) {
        if (scan->rest.at[i] == '\r' && scan->rest.at[i + 1] == '\n') {
            *out_line = sein_slice_of(scan->rest.at, i);
            scan->rest =
                sein_slice_of(scan->rest.at + i + 2, scan->rest.len - i - 2);
            return true;
        }
    }
    return false;
}

static bool
starts_with(struct sein_slice slice, const char *text)
{
    size_t len = strlen(text);

    return slice.len >= len && memcmp(slice.at, text, len) == 0;
}

static bool
name_is(struct sein_slice name, const char *lower)
{
    if (name.len != strlen(lower))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];

        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (c != (uint8_t)lower[i])
            return false;
    }
    return true;
}

/* A web page of somebody else can make a browser ask here under its own name;
 * only our own names are answered. */
static bool
is_our_name(struct sein_slice host)
{
    static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i]);
        bool digits = true;

        if (!starts_with(host, names[i]))
            continue;
        if (host.len == len)
            return true;
        if (host.at[len] != ':' || host.len == len + 1 || host.len > len + 6)
            return false;
        for (size_t j = len + 1; j < host.len; j++)
            digits = digits && host.at[j] >= '0' && host.at[j] <= '9';
        return digits;
    }
    return false;
}

static unsigned
read_request_line(struct sein_slice line, struct sein_slice *out_path)
{
    static const char end[] = " HTTP/1.1";
    static const char old_end[] = " HTTP/1.0";
    size_t end_len = sizeof end - 1;
    struct sein_slice path;

    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] < ' ' || line.at[i] >= 0x7f)
            return 400;
    }
    if (!starts_with(line, "GET "))
        return line.len > 0 && is_token(line.at[0]) ? 405 : 400;
    if (line.len < 4 + 1 + end_len)
        return 400;
    path = sein_slice_of(line.at + 4, line.len - 4 - end_len);
    if (memcmp(line.at + line.len - end_len, end, end_len) != 0 &&
        memcmp(line.at + line.len - end_len, old_end, end_len) != 0)
        return starts_with(path, "/") ? 505 : 400;
    if (path.at[0] != '/' || memchr(path.at, ' ', path.len) != NULL)
        return 400;
    *out_path = path;
    return 200;
}

static unsigned
read_field(struct scan *scan, struct sein_slice line)
{
    const uint8_t *colon = memchr(line.at, ':', line.len);
    struct sein_slice name;
    struct sein_slice value;

    /* A line that begins with white space would go on with the one before. */
    if (colon == NULL || colon == line.at)
        return 400;
    name = sein_slice_of(line.at, (size_t)(colon - line.at));
    value = sein_slice_of(colon + 1, line.len - name.len - 1);
    for (size_t i = 0; i < name.len; i++) {
        if (!is_token(name.at[i]))
            return 400;
    }
    for (size_t i = 0; i < value.len; i++) {
        if ((value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] == 0x7f)
            return 400;
    }
    while (value.len > 0 && (value.at[0] == ' ' || value.at[0] == '\t'))
        value = sein_slice_of(value.at + 1, value.len - 1);
    while (value.len > 0 &&
           (value.at[value.len - 1] == ' ' || value.at[value.len - 1] == '\t'))
        value.len--;
    if (name_is(name, "content-length") || name_is(name, "transfer-encoding"))
        return 400; /* a GET here has no body */
    if (name_is(name, "host"))
        return ++scan->hosts > 1 || !is_our_name(value) ? 400 : 200;
    return 200;
}

enum http_state
http_read(struct sein_slice request, unsigned *out_status,
          struct sein_slice *out_path)
{
    struct scan scan = { .rest = request };
    struct sein_slice line;
    struct sein_slice path = { 0 };
    unsigned status = 0;

    *out_status = 431;
    if (!next_line(&scan, &line))
        return request.len < HTTP_REQUEST_MAX ? HTTP_INCOMPLETE : HTTP_COMPLETE;
    status = read_request_line(line, &path);
    while (status == 200) {
        if (!next_line(&scan, &line))
            return request.len < HTTP_REQUEST_MAX ? HTTP_INCOMPLETE
                                                  : HTTP_COMPLETE;
        if (line.len == 0)
            break;
        status = read_field(&scan, line);
    }
    if (status == 200 && (scan.hosts != 1 || scan.rest.len > 0))
        status = 400; /* no name, or something behind the end */
    *out_status = status;
    *out_path = path;
    return HTTP_COMPLETE;
}

static const char *
reason(unsigned status)
{
    switch (status) {
    case 200:
        return "OK";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Bad Request";
    }
}

void
http_answer(struct text *out, unsigned status, const char *type,
            const char *body)
{
    text_add(out,
             "HTTP/1.1 %u %s\r\n"
             "Content-Type: %s\r\n"
             "Content-Length: %zu\r\n"
             "Cache-Control: no-store\r\n"
             "X-Content-Type-Options: nosniff\r\n"
             "%s"
             "Connection: close\r\n\r\n%s",
             status, reason(status), type, strlen(body),
             status == 405 ? "Allow: GET\r\n" : "", body);
}
