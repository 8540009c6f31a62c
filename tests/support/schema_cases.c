#include "tests/support/schema_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/wire/pack.h"

#define OBJECT_MAX 1024U
#define NO_ROW SIZE_MAX
/* Up to this size each truncation is tried; beyond it those near both ends and
 * one in CUT_STEP between. */
#define CUT_ALL_MAX 16384U
#define CUT_ENDS 512U
#define CUT_STEP 9973U

/* Which of the rows are written, and how. */
struct plan {
    enum sein_layout layout;
    const struct schema_case *rows;
    size_t count;
    size_t special;      /* this row is written with the measure, or NO_ROW */
    uint64_t measure;    /* a value, or a length */
    bool zeroed;         /* and its bytes are zeros */
    size_t left_out;     /* this row is not written, or NO_ROW */
    bool all;            /* optional rows too */
    uint64_t at_most;    /* with all: 1 writes maxima, 0 minima */
    const char *unknown; /* one more key, in its place, or NULL; an array gets
                          * one more element */
};

struct encoded {
    uint8_t *at;
    size_t len;
};

static uint64_t
usual_measure(const struct plan *plan, const struct schema_case *row)
{
    uint64_t least = row->optional && row->min == 0 ? 1 : row->min;

    if (row->type == SEIN_FIELD_FIXED || plan->at_most != 0)
        return row->max;
    return least;
}

static void
write_value(struct sein_writer *out, const struct schema_case *row,
            uint64_t measure, uint8_t sign)
{
    uint8_t *fill = NULL;

    if (row->type == SEIN_FIELD_UINT) {
        sein_pack_uint(out, measure);
        return;
    }
    if (row->type == SEIN_FIELD_BOOL) {
        sein_pack_bool(out, measure != 0);
        return;
    }
    if (row->type == SEIN_FIELD_LIST) {
        sein_pack_array(out, measure);
        for (uint64_t i = 0; i < measure; i++)
            sein_pack_uint(out, i & 1);
        return;
    }
    if (row->type == SEIN_FIELD_MAP) {
        sein_pack_array(out, 0);
        return;
    }
    fill = malloc(measure + 1);
    assert_non_null(fill);
    memset(fill, sign, measure + 1);
    if (row->type == SEIN_FIELD_TEXT)
        sein_pack_text(out, sein_slice_of(fill, measure));
    else
        sein_pack_bytes(out, sein_slice_of(fill, measure));
    free(fill);
}

static bool
is_written(const struct plan *plan, size_t row)
{
    if (row == plan->left_out)
        return false;
    return row == plan->special || plan->all || !plan->rows[row].optional;
}

/* Room for every row at its largest, and one too long, with its head. */
static size_t
room_of(const struct plan *plan)
{
    size_t room = 64;

    for (size_t i = 0; i < plan->count; i++) {
        room += strlen(plan->rows[i].name) + 32;
        if (plan->rows[i].type != SEIN_FIELD_UINT)
            room += (size_t)plan->rows[i].max;
    }
    return room;
}

static void
write_unknown(struct sein_writer *out, enum sein_layout layout,
              const char *unknown)
{
    if (layout == SEIN_LAYOUT_MAP)
        sein_pack_text(out, sein_slice_text(unknown));
    sein_pack_uint(out, 1);
}

static struct encoded
encode(const struct plan *plan)
{
    struct encoded encoded = { malloc(room_of(plan)), 0 };
    struct sein_writer out = sein_writer_of(encoded.at, room_of(plan));
    bool map = plan->layout == SEIN_LAYOUT_MAP;
    const char *unknown = plan->unknown;
    size_t pairs = unknown != NULL ? 1 : 0;

    assert_non_null(encoded.at);
    for (size_t i = 0; i < plan->count; i++)
        pairs += is_written(plan, i) ? 1 : 0;
    if (map)
        sein_pack_map(&out, pairs);
    else
        sein_pack_array(&out, pairs);
    for (size_t i = 0; i < plan->count; i++) {
        const struct schema_case *row = &plan->rows[i];

        if (map && unknown != NULL && strcmp(unknown, row->name) < 0) {
            write_unknown(&out, plan->layout, unknown);
            unknown = NULL;
        }
        if (!is_written(plan, i))
            continue;
        if (map)
            sein_pack_text(&out, sein_slice_text(row->name));
        write_value(&out, row,
                    i == plan->special ? plan->measure
                                       : usual_measure(plan, row),
                    i == plan->special && plan->zeroed ? 0 : 'a');
    }
    if (unknown != NULL)
        write_unknown(&out, plan->layout, unknown);
    assert_false(out.failed);
    encoded.len = out.len;
    return encoded;
}

/* Decodes a copy that ends where its bytes end, so that a read behind them is
 * seen by the sanitizer. */
static enum sein_err
decode(const struct sein_schema *schema, const uint8_t *at, size_t len,
       void *object)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    enum sein_err err = SEIN_OK;

    assert_non_null(copy);
    memcpy(copy, at, len);
    err = sein_schema_decode_all(schema, sein_slice_of(copy, len), object);
    free(copy);
    return err;
}

static enum sein_err
try_plan(const struct sein_schema *schema, const struct plan *plan)
{
    _Alignas(max_align_t) uint8_t object[OBJECT_MAX];
    struct encoded encoded = encode(plan);
    enum sein_err err = SEIN_OK;

    assert_true(schema->size <= sizeof object);
    err = decode(schema, encoded.at, encoded.len, object);
    free(encoded.at);
    return err;
}

static struct plan
plan_of(const struct sein_schema *schema, const struct schema_case *rows,
        size_t count)
{
    return (struct plan){ .layout = schema->layout,
                          .rows = rows,
                          .count = count,
                          .special = NO_ROW,
                          .left_out = NO_ROW };
}

static size_t
next_cut(size_t cut, size_t len)
{
    bool between = cut >= CUT_ENDS && cut + CUT_ENDS < len;

    if (len <= CUT_ALL_MAX || !between)
        return cut + 1;
    return cut + CUT_STEP + CUT_ENDS < len ? cut + CUT_STEP : len - CUT_ENDS;
}

/* What decodes encodes to the same bytes, and each byte is needed. */
static void
check_whole(const struct sein_schema *schema, const struct plan *plan)
{
    _Alignas(max_align_t) uint8_t object[OBJECT_MAX];
    struct encoded encoded = encode(plan);
    uint8_t *again = malloc(encoded.len);
    struct sein_writer out = sein_writer_of(again, encoded.len);

    assert_non_null(again);
    assert_int_equal(
        sein_schema_decode_all(schema, sein_slice_of(encoded.at, encoded.len),
                               object),
        SEIN_OK);
    assert_int_equal(sein_schema_encode(schema, object, &out), SEIN_OK);
    assert_int_equal(out.len, encoded.len);
    assert_memory_equal(again, encoded.at, encoded.len);
    for (size_t len = 0; len < encoded.len; len = next_cut(len, encoded.len))
        assert_int_equal(decode(schema, encoded.at, len, object), SEIN_EWIRE);
    encoded.at[encoded.len] = 0xc2;
    assert_int_equal(decode(schema, encoded.at, encoded.len + 1, object),
                     SEIN_ETRAILING);
    free(again);
    free(encoded.at);
}

static void
check_measure(const struct sein_schema *schema, struct plan plan, size_t row,
              uint64_t measure, enum sein_err expected)
{
    enum sein_err err = SEIN_OK;

    plan.special = row;
    plan.measure = measure;
    err = try_plan(schema, &plan);
    if (err != expected)
        print_error("%s at %llu: %s\n", plan.rows[row].name,
                    (unsigned long long)measure, sein_err_code(err));
    assert_int_equal(err, expected);
}

static void
check_bounds(const struct sein_schema *schema, const struct plan *plan,
             size_t row)
{
    const struct schema_case *field = &plan->rows[row];

    if (field->type == SEIN_FIELD_MAP)
        return;
    check_measure(schema, *plan, row, field->max, SEIN_OK);
    if (field->type == SEIN_FIELD_BOOL) {
        check_measure(schema, *plan, row, 0,
                      field->optional ? SEIN_ECANON : SEIN_OK);
        return;
    }
    if (field->max < UINT64_MAX)
        check_measure(schema, *plan, row, field->max + 1, SEIN_ERANGE);
    if (field->type == SEIN_FIELD_FIXED) {
        check_measure(schema, *plan, row, field->max - 1, SEIN_ERANGE);
        return;
    }
    if (field->min > 0)
        check_measure(schema, *plan, row, field->min - 1, SEIN_ERANGE);
    if (field->min > 0 || !field->optional)
        check_measure(schema, *plan, row, field->min, SEIN_OK);
    else
        check_measure(schema, *plan, row, 0, SEIN_ECANON);
}

static void
check_presence(const struct sein_schema *schema, const struct plan *plan,
               size_t row)
{
    const struct schema_case *field = &plan->rows[row];
    struct plan without = *plan;

    without.left_out = row;
    without.all = true;
    assert_int_equal(try_plan(schema, &without),
                     field->optional ? SEIN_OK : SEIN_ECONTENT);
    if (field->type != SEIN_FIELD_FIXED)
        return;
    without = *plan;
    without.special = row;
    without.measure = field->max;
    without.zeroed = true;
    assert_int_equal(try_plan(schema, &without),
                     field->optional ? SEIN_ECANON : SEIN_OK);
}

void
schema_cases_run(const struct sein_schema *schema,
                 const struct schema_case *rows, size_t count)
{
    static const char *const unknowns[] = { "!", "h_unknown", "~" };
    struct plan plan = plan_of(schema, rows, count);

    check_whole(schema, &plan);
    plan.all = true;
    check_whole(schema, &plan);
    plan.at_most = 1;
    check_whole(schema, &plan);
    for (size_t i = 0; i < sizeof unknowns / sizeof unknowns[0]; i++) {
        plan.unknown = unknowns[i];
        assert_int_equal(try_plan(schema, &plan), SEIN_ECONTENT);
    }
    plan = plan_of(schema, rows, count);
    for (size_t row = 0; row < count; row++) {
        check_bounds(schema, &plan, row);
        check_presence(schema, &plan, row);
    }
}
