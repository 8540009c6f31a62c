#include "broker/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "proto/base/limits.h"

void
text_init(struct text *text, char *buffer, size_t max)
{
    *text = (struct text){ .at = buffer, .max = max };
    buffer[0] = '\0';
}

void
text_add(struct text *text, const char *format, ...)
{
    size_t left = text->max - text->len;
    va_list arguments;
    int written = 0;

    if (text->failed)
        return;
    va_start(arguments, format);
    written = vsnprintf(text->at + text->len, left, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written >= left) {
        text->at[text->len] = '\0';
        text->failed = true;
        return;
    }
    text->len += (size_t)written;
}

void
text_add_json(struct text *text, const char *string)
{
    text_add(text, "\"");
    for (; *string != '\0'; string++) {
        unsigned char c = (unsigned char)*string;

        if (c == '"' || c == '\\')
            text_add(text, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            text_add(text, "\\u%04x", c);
        else
            text_add(text, "%c", c);
    }
    text_add(text, "\"");
}

void
text_add_time(struct text *text, int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / SEIN_MS_PER_S);
    struct tm parts;

    if (at_ms < 0 || gmtime_r(&seconds, &parts) == NULL) {
        text_add(text, "-");
        return;
    }
    text_add(text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
             parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
             parts.tm_sec, (int)(at_ms % SEIN_MS_PER_S));
}
