/* Every closed form: what decodes is written back as the same bytes, and
 * nothing is allocated. */
#include <stdalign.h>

#include "proto/base/limits.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/schemas.h"

#define ROW(number, schema) [number] = &(schema),

static const struct sein_schema *const schemas[] = { FUZZ_SCHEMAS(ROW) };

static uint8_t written[2 * SEIN_FRAME_MAX];

static void
check_views(const struct sein_schema *schema, const uint8_t *object,
            struct sein_slice whole)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct sein_field *field = &schema->fields[i];
        const void *member = object + field->offset;

        if (field->type == SEIN_FIELD_LIST)
            require_within(((const struct sein_list *)member)->raw, whole);
        else if (field->type == SEIN_FIELD_BYTES ||
                 field->type == SEIN_FIELD_TEXT ||
                 field->type == SEIN_FIELD_MAP)
            require_within(*(const struct sein_slice *)member, whole);
    }
}

/* Lists are read as lists of anything: only their own bound is known here. */
static void
walk_lists(const struct sein_schema *schema, const uint8_t *object)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct sein_field *field = &schema->fields[i];
        const struct sein_list *list = NULL;
        struct sein_items items;
        struct sein_slice raw;
        size_t count = 0;

        if (field->type != SEIN_FIELD_LIST)
            continue;
        list = (const void *)(object + field->offset);
        require(sein_items_begin(list->raw, list->count, &items) == SEIN_OK,
                "a list that was decoded can be read");
        while (sein_items_next_raw(&items, &raw) == SEIN_OK)
            count++;
        require(count == list->count, "a list has as many as it says");
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    alignas(max_align_t) uint8_t object[FUZZ_OBJECT_MAX];
    struct sein_slice bytes = sein_slice_of(data, size);
    const struct sein_schema *schema =
        schemas[fuzz_byte(&bytes) % (sizeof(schemas) / sizeof(schemas[0]))];
    struct sein_writer writer = sein_writer_of(written, sizeof(written));
    struct sein_slice again = { 0 };

    require(schema->size <= sizeof(object), "the struct fits");
    require_no_memory_begin();
    if (sein_schema_decode_all(schema, bytes, object) == SEIN_OK) {
        check_views(schema, object, bytes);
        walk_lists(schema, object);
        require(sein_schema_encode(schema, object, &writer) == SEIN_OK,
                "what decodes can be written");
        require(sein_writer_done(&writer, &again) == SEIN_OK, "it fits");
        require_same(bytes, again, "there is one form");
    }
    require_no_memory_end();
    return 0;
}
