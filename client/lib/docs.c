#include "client/lib/docs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/trust/may.h"

int
docs_visit(const json_t *doc, sein_visit *visit, void *context)
{
    char *text = json_dumps(doc, JSON_COMPACT);
    int result = 0;

    if (text == NULL)
        return SEIN_ENOMEM;
    result = visit(context, text);
    free(text);
    return result;
}

json_t *
docs_text(struct sein_slice text)
{
    if (text.len == 0)
        return json_null();
    return json_stringn((const char *)text.at, text.len);
}

json_t *
docs_string(const char *text)
{
    return docs_text(sein_slice_text(text));
}

json_t *
docs_id(const uint8_t bytes[static SEIN_ID_BYTES])
{
    char hex[2 * SEIN_ID_BYTES + 1];

    sein_hex(sein_slice_of(bytes, SEIN_ID_BYTES), hex, sizeof hex);
    return json_string(hex);
}

json_t *
docs_time(int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / SEIN_MS_PER_S);
    struct tm parts = { 0 };
    char text[48];

    if (at_ms <= 0 || gmtime_r(&seconds, &parts) == NULL)
        return json_null();
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                   parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                   parts.tm_hour, parts.tm_min, parts.tm_sec,
                   (int)(at_ms % SEIN_MS_PER_S));
    return json_string(text);
}

/* The texts of the error list say what is wrong; what to do. */
static json_t *
half(const char *text, bool mend)
{
    const char *semicolon = strstr(text, "; ");

    if (semicolon == NULL)
        return json_string(text);
    if (mend)
        return json_string(semicolon + 2);
    return json_stringn(text, (size_t)(semicolon - text));
}

json_t *
docs_problem(enum sein_err err, bool mend)
{
    json_t *doc = json_object();

    docs_set(doc, "nl", half(sein_err_text_nl(err), mend));
    docs_set(doc, "en", half(sein_err_text(err), mend));
    return doc;
}

void
docs_set(json_t *doc, const char *name, json_t *value)
{
    /* Out of memory leaves the field out; nothing depends on one. */
    if (value != NULL)
        (void)json_object_set_new(doc, name, value);
}

static json_t *
event(const char *name)
{
    json_t *doc = json_object();

    docs_set(doc, "event", json_string(name));
    return doc;
}

static void
set_code(json_t *doc, enum sein_err code)
{
    docs_set(doc, "code", json_string(sein_err_code(code)));
    docs_set(doc, "reason", docs_problem(code, false));
    docs_set(doc, "mend", docs_problem(code, true));
}

json_t *
docs_alarm(enum sein_err code, const char *about)
{
    json_t *doc = event("alarm");

    docs_set(doc, "about", docs_string(about));
    set_code(doc, code);
    return doc;
}

json_t *
docs_connected(void)
{
    return event("connected");
}

json_t *
docs_clock(int64_t ahead_ms)
{
    json_t *doc = event("clock");

    docs_set(doc, "ahead_s", json_integer(ahead_ms / SEIN_MS_PER_S));
    set_code(doc, SEIN_ETIME);
    return doc;
}

json_t *
docs_refused(enum sein_err code, uint64_t at)
{
    json_t *doc = event("refused");

    docs_set(doc, "at", docs_time(at > INT64_MAX ? 0 : (int64_t)at));
    set_code(doc, code);
    return doc;
}

json_t *
docs_directory(const struct sein_directory *dir)
{
    json_t *doc = event("directory");

    docs_set(doc, "version",
             json_integer((json_int_t)sein_directory_version(dir)));
    docs_set(doc, "expires", docs_time(sein_directory_expires_at(dir)));
    return doc;
}

json_t *
docs_directory_refused(enum sein_err code)
{
    json_t *doc = event("directory_refused");

    set_code(doc, code);
    return doc;
}

json_t *
docs_desk_unread(const char *desk, int64_t last_read_ms)
{
    json_t *doc = event("desk_unread");

    docs_set(doc, "desk", json_string(desk));
    docs_set(doc, "last_read", docs_time(last_read_ms));
    return doc;
}

json_t *
docs_waiting(enum sein_err code, const char *desk)
{
    json_t *doc = event("waiting");

    docs_set(doc, "desk", docs_string(desk));
    set_code(doc, code);
    return doc;
}

json_t *
docs_tags_wait(enum sein_err code, const char *circle, int64_t at_ms)
{
    json_t *doc = event("tags_wait");

    docs_set(doc, "circle", docs_string(circle));
    docs_set(doc, "again_at", docs_time(at_ms));
    set_code(doc, code);
    return doc;
}

json_t *
docs_sent(const struct sein_letter_id *id, enum sein_err code)
{
    json_t *doc = event("sent");

    docs_set(doc, "letter_id", docs_id(id->bytes));
    if (code == SEIN_OK)
        docs_set(doc, "state", json_string("accepted"));
    else
        set_code(doc, code);
    return doc;
}

json_t *
docs_received(const struct letter_row *row)
{
    json_t *doc = event("received");

    docs_set(doc, "letter_id", docs_id(row->letter_id.bytes));
    docs_set(doc, "thread", docs_id(row->thread.bytes));
    docs_set(doc, "what", json_string(docs_kind_word(row->kind)));
    docs_set(doc, "circle", docs_text(row->circle));
    docs_set(doc, "from", docs_text(row->from));
    docs_set(doc, "to", docs_text(row->to));
    docs_set(doc, "quarantine", json_boolean(row->quarantine));
    return doc;
}

json_t *
docs_letter_refused(const struct sein_letter_id *id, enum sein_err code)
{
    json_t *doc = event("letter_refused");

    docs_set(doc, "letter_id", docs_id(id->bytes));
    set_code(doc, code);
    return doc;
}

json_t *
docs_state(const struct letter_row *row)
{
    json_t *doc = event("state");

    docs_set(doc, "letter_id", docs_id(row->letter_id.bytes));
    docs_set(doc, "circle", docs_text(row->circle));
    docs_set(doc, "state", json_string(letter_state_word(row->state)));
    if (row->state == LETTER_REFUSED)
        set_code(doc, sein_err_from_wire(row->code));
    return doc;
}

json_t *
docs_unread_event(const struct sein_event *unread)
{
    json_t *doc = event("desk_unread");

    docs_set(doc, "desk", docs_text(unread->desk));
    docs_set(doc, "circle", docs_text(unread->circle));
    docs_set(doc, "letter_id", docs_id(unread->letter_id.bytes));
    return doc;
}

const char *
docs_kind_word(uint64_t kind)
{
    static const char *const words[SEIN_LETTER_KIND_COUNT] = {
        [SEIN_LETTER_SIGNAL] = "signal",
        [SEIN_LETTER_CORRECTION] = "correction",
        [SEIN_LETTER_WITHDRAWAL] = "withdrawal",
        [SEIN_LETTER_CLOSING] = "closing",
        [SEIN_LETTER_FEEDBACK] = "feedback",
        [SEIN_LETTER_MESSAGE] = "message",
        [SEIN_LETTER_RECEIPT] = "receipt",
        [SEIN_LETTER_INVITATION] = "invitation",
        [SEIN_LETTER_REFERRAL] = "referral",
        [SEIN_LETTER_CONSULT] = "consult",
        [SEIN_LETTER_INTRODUCTION] = "introduction",
        [SEIN_LETTER_REGIE] = "regie",
        [SEIN_LETTER_PARTING] = "parting",
        [SEIN_LETTER_CEREMONY] = "ceremony",
    };

    return sein_letter_known(kind) ? words[kind] : "newer";
}

json_t *
docs_marks(const struct letter_row *row)
{
    json_t *list = json_array();

    for (size_t i = 0; i < row->mark_count; i++) {
        json_t *mark = json_object();

        docs_set(mark, "state",
                 json_string(letter_state_word(row->marks[i].state)));
        docs_set(mark, "at", docs_time((int64_t)row->marks[i].at));
        (void)json_array_append_new(list, mark);
    }
    return list;
}
