#include "proto/wire/schema.h"

#include <assert.h>
#include <string.h>

#include "proto/wire/pack.h"
#include "proto/wire/unpack.h"

/* The largest struct that sein_items_check needs to look at. */
#define OBJECT_SIZE_MAX 1024U
/* A field lies inside its object; what is inside an element was counted when
 * the list around it was. */
#define OBJECT_DEPTH 1U

static bool
in_range(const struct sein_field *field, uint64_t value)
{
    return value >= field->min && value <= field->max;
}

static enum sein_err
decode_slice(const struct sein_field *field, struct sein_reader *in,
             struct sein_slice *out)
{
    enum sein_err err = field->type == SEIN_FIELD_TEXT
                            ? sein_unpack_text(in, out)
                            : sein_unpack_bytes(in, out);

    if (err == SEIN_OK && !in_range(field, out->len))
        err = SEIN_ERANGE;
    return err;
}

static enum sein_err
decode_fixed(const struct sein_field *field, struct sein_reader *in,
             uint8_t *out)
{
    struct sein_slice bytes = { 0 };
    enum sein_err err = sein_unpack_bytes(in, &bytes);

    if (err != SEIN_OK)
        return err;
    if (bytes.len != field->max)
        return SEIN_ERANGE;
    memcpy(out, bytes.at, bytes.len);
    return SEIN_OK;
}

static enum sein_err
decode_list(const struct sein_field *field, struct sein_reader *in,
            struct sein_list *out)
{
    struct sein_reader ahead = *in;
    enum sein_err err = sein_unpack_array(&ahead, &out->count);

    if (err != SEIN_OK)
        return err;
    if (!in_range(field, out->count))
        return SEIN_ERANGE;
    return sein_unpack_inner(in, OBJECT_DEPTH, &out->raw);
}

static enum sein_err
decode_field(const struct sein_field *field, struct sein_reader *in, void *at)
{
    enum sein_err err = SEIN_OK;

    switch (field->type) {
    case SEIN_FIELD_UINT:
        err = sein_unpack_uint(in, at);
        if (err == SEIN_OK && !in_range(field, *(uint64_t *)at))
            err = SEIN_ERANGE;
        return err;
    case SEIN_FIELD_BOOL:
        return sein_unpack_bool(in, at);
    case SEIN_FIELD_FIXED:
        return decode_fixed(field, in, at);
    case SEIN_FIELD_BYTES:
    case SEIN_FIELD_TEXT:
        return decode_slice(field, in, at);
    case SEIN_FIELD_LIST:
        return decode_list(field, in, at);
    case SEIN_FIELD_MAP:
        return sein_unpack_inner(in, OBJECT_DEPTH, at);
    }
    return SEIN_EINTERNAL;
}

static bool
all_zero(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] != 0)
            return false;
    }
    return true;
}

/* Whether a field holds its zero, and so is left out of a map. */
static bool
is_absent(const struct sein_field *field, const void *at)
{
    switch (field->type) {
    case SEIN_FIELD_UINT:
        return *(const uint64_t *)at == 0;
    case SEIN_FIELD_BOOL:
        return !*(const bool *)at;
    case SEIN_FIELD_FIXED:
        return all_zero(at, field->max);
    case SEIN_FIELD_BYTES:
    case SEIN_FIELD_TEXT:
    case SEIN_FIELD_MAP:
        return ((const struct sein_slice *)at)->len == 0;
    case SEIN_FIELD_LIST:
        return ((const struct sein_list *)at)->count == 0;
    }
    return true;
}

static enum sein_err
decode_array(const struct sein_schema *schema, struct sein_reader *in,
             uint8_t *out)
{
    size_t count = 0;
    enum sein_err err = sein_unpack_array(in, &count);

    if (err != SEIN_OK)
        return err;
    if (count != schema->count)
        return SEIN_ECONTENT;
    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        const struct sein_field *field = &schema->fields[i];

        err = decode_field(field, in, out + field->offset);
    }
    return err;
}

/* Steps over the rows that a map leaves out, up to the one named key. */
static enum sein_err
find_field(const struct sein_schema *schema, struct sein_slice key, size_t *row)
{
    while (*row < schema->count) {
        const struct sein_field *field = &schema->fields[*row];

        if (sein_slice_is(key, field->name))
            return SEIN_OK;
        if (!field->optional)
            return SEIN_ECONTENT;
        (*row)++;
    }
    return SEIN_ECONTENT;
}

static enum sein_err
decode_pair(const struct sein_schema *schema, struct sein_reader *in,
            uint8_t *out, struct sein_slice *before, size_t *row)
{
    const struct sein_field *field = NULL;
    struct sein_slice key = { 0 };
    enum sein_err err = sein_unpack_text(in, &key);

    if (err != SEIN_OK)
        return err;
    if (before->at != NULL && sein_slice_compare(*before, key) >= 0)
        return SEIN_ECANON;
    *before = key;
    err = find_field(schema, key, row);
    if (err != SEIN_OK)
        return err;
    field = &schema->fields[(*row)++];
    err = decode_field(field, in, out + field->offset);
    if (err == SEIN_OK && field->optional &&
        is_absent(field, out + field->offset))
        err = SEIN_ECANON;
    return err;
}

static enum sein_err
decode_map(const struct sein_schema *schema, struct sein_reader *in,
           uint8_t *out)
{
    struct sein_slice before = { 0 };
    size_t count = 0;
    size_t row = 0;
    enum sein_err err = sein_unpack_map(in, &count);

    for (size_t i = 0; err == SEIN_OK && i < count; i++)
        err = decode_pair(schema, in, out, &before, &row);
    if (err != SEIN_OK)
        return err;
    for (; row < schema->count; row++) {
        if (!schema->fields[row].optional)
            return SEIN_ECONTENT;
    }
    return SEIN_OK;
}

enum sein_err
sein_schema_decode(const struct sein_schema *schema, struct sein_reader *in,
                   void *out)
{
    memset(out, 0, schema->size);
    return schema->layout == SEIN_LAYOUT_ARRAY ? decode_array(schema, in, out)
                                               : decode_map(schema, in, out);
}

enum sein_err
sein_schema_decode_all(const struct sein_schema *schema,
                       struct sein_slice bytes, void *out)
{
    struct sein_reader in = sein_reader_of(bytes);
    enum sein_err err = sein_schema_decode(schema, &in, out);

    return err == SEIN_OK ? sein_read_end(&in) : err;
}

/* Whether the value is one that a reader would take. */
static enum sein_err
check_value(const struct sein_field *field, const void *at)
{
    uint64_t measure = field->min;

    switch (field->type) {
    case SEIN_FIELD_UINT:
        measure = *(const uint64_t *)at;
        break;
    case SEIN_FIELD_BYTES:
    case SEIN_FIELD_TEXT:
        measure = ((const struct sein_slice *)at)->len;
        break;
    case SEIN_FIELD_LIST:
        measure = ((const struct sein_list *)at)->count;
        break;
    case SEIN_FIELD_MAP:
        return is_absent(field, at) ? SEIN_ECONTENT : SEIN_OK;
    case SEIN_FIELD_BOOL:
    case SEIN_FIELD_FIXED:
        break;
    }
    if (!in_range(field, measure))
        return SEIN_ERANGE;
    return field->type == SEIN_FIELD_TEXT
               ? sein_utf8_check(*(const struct sein_slice *)at)
               : SEIN_OK;
}

static void
encode_value(const struct sein_field *field, const void *at,
             struct sein_writer *out)
{
    switch (field->type) {
    case SEIN_FIELD_UINT:
        sein_pack_uint(out, *(const uint64_t *)at);
        break;
    case SEIN_FIELD_BOOL:
        sein_pack_bool(out, *(const bool *)at);
        break;
    case SEIN_FIELD_FIXED:
        sein_pack_bytes(out, sein_slice_of(at, field->max));
        break;
    case SEIN_FIELD_BYTES:
        sein_pack_bytes(out, *(const struct sein_slice *)at);
        break;
    case SEIN_FIELD_TEXT:
        sein_pack_text(out, *(const struct sein_slice *)at);
        break;
    case SEIN_FIELD_LIST:
        if (((const struct sein_list *)at)->count == 0)
            sein_pack_array(out, 0);
        else
            sein_write_slice(out, ((const struct sein_list *)at)->raw);
        break;
    case SEIN_FIELD_MAP:
        sein_write_slice(out, *(const struct sein_slice *)at);
        break;
    }
}

enum sein_err
sein_schema_encode(const struct sein_schema *schema, const void *object,
                   struct sein_writer *out)
{
    const uint8_t *from = object;
    bool map = schema->layout == SEIN_LAYOUT_MAP;
    size_t present = 0;

    for (size_t i = 0; i < schema->count; i++) {
        const struct sein_field *field = &schema->fields[i];
        enum sein_err err = SEIN_OK;

        if (map && field->optional && is_absent(field, from + field->offset))
            continue;
        err = check_value(field, from + field->offset);
        if (err != SEIN_OK)
            return err;
        present++;
    }
    if (map)
        sein_pack_map(out, present);
    else
        sein_pack_array(out, schema->count);
    for (size_t i = 0; i < schema->count; i++) {
        const struct sein_field *field = &schema->fields[i];

        if (map && field->optional && is_absent(field, from + field->offset))
            continue;
        if (map)
            sein_pack_text(out, sein_slice_text(field->name));
        encode_value(field, from + field->offset, out);
    }
    return SEIN_OK;
}

enum sein_err
sein_items_begin(struct sein_slice array, size_t max,
                 struct sein_items *out_items)
{
    struct sein_items items = { .in = sein_reader_of(array) };
    enum sein_err err = SEIN_OK;

    if (array.len > 0)
        err = sein_unpack_array(&items.in, &items.left);
    if (err != SEIN_OK)
        return err;
    if (items.left > max)
        return SEIN_ERANGE;
    *out_items = items;
    return SEIN_OK;
}

/* ENOENT at the end, and nothing may stand behind it. */
static enum sein_err
check_left(const struct sein_items *items)
{
    if (items->left > 0)
        return SEIN_OK;
    return items->in.left == 0 ? SEIN_ENOENT : SEIN_ETRAILING;
}

enum sein_err
sein_items_next(struct sein_items *items, const struct sein_schema *schema,
                void *out, struct sein_slice *out_raw)
{
    struct sein_reader before = items->in;
    enum sein_err err = check_left(items);

    if (err != SEIN_OK)
        return err;
    err = sein_schema_decode(schema, &items->in, out);
    if (err != SEIN_OK)
        return err;
    items->left--;
    if (out_raw != NULL)
        *out_raw = sein_slice_of(before.at, before.left - items->in.left);
    return SEIN_OK;
}

enum sein_err
sein_items_next_text(struct sein_items *items, struct sein_slice *out_text)
{
    enum sein_err err = check_left(items);

    if (err == SEIN_OK)
        err = sein_unpack_text(&items->in, out_text);
    if (err == SEIN_OK)
        items->left--;
    return err;
}

enum sein_err
sein_items_next_raw(struct sein_items *items, struct sein_slice *out_raw)
{
    enum sein_err err = check_left(items);

    if (err == SEIN_OK)
        err = sein_unpack_value(&items->in, out_raw);
    if (err == SEIN_OK)
        items->left--;
    return err;
}

enum sein_err
sein_items_check(struct sein_slice array, size_t max,
                 const struct sein_schema *schema, size_t *out_count)
{
    _Alignas(max_align_t) uint8_t object[OBJECT_SIZE_MAX];
    struct sein_items items = { 0 };
    size_t count = 0;
    enum sein_err err = sein_items_begin(array, max, &items);

    assert(schema->size <= sizeof object);
    while (err == SEIN_OK) {
        err = sein_items_next(&items, schema, object, NULL);
        if (err == SEIN_OK)
            count++;
    }
    if (err != SEIN_ENOENT)
        return err;
    *out_count = count;
    return SEIN_OK;
}
