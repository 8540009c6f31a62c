#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

json_t *
vectors_load(const char *path)
{
    json_error_t error;
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
    json_t *document = json_load_file(path, flags, &error);

    if (document == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return document;
}

const json_t *
vectors_array(const json_t *object, const char *name)
{
    const json_t *array = json_object_get(object, name);

    if (!json_is_array(array) || json_array_size(array) == 0)
        fail_msg("no array %s, or an empty one", name);
    return array;
}

struct sein_slice
vectors_hex(const json_t *object, const char *name, uint8_t *out,
            size_t out_max)
{
    struct sein_slice text = vectors_text(object, name);
    size_t len = text.len / 2;

    if (json_object_get(object, name) == NULL || len > out_max)
        fail_msg("field %s is absent or too long", name);
    /* sein_unhex takes a signature at most; longer fields go in pieces. */
    for (size_t at = 0; at < len || (at == 0 && text.len % 2 != 0);
         at += SEIN_UNHEX_MAX) {
        size_t take = len - at < SEIN_UNHEX_MAX ? len - at : SEIN_UNHEX_MAX;
        size_t last = at + take == len ? text.len - 2 * at : 2 * take;

        assert_int_equal(
            sein_unhex(sein_slice_of(text.at + 2 * at, last), out + at, take),
            SEIN_OK);
    }
    return sein_slice_of(out, len);
}

struct sein_slice
vectors_text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    if (value == NULL)
        return (struct sein_slice){ 0 };
    if (!json_is_string(value))
        fail_msg("field %s is no text", name);
    return sein_slice_of((const uint8_t *)json_string_value(value),
                         json_string_length(value));
}
