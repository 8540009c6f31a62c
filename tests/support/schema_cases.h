/*
 * What every closed form must stand: each bound, each truncation, each field
 * too many, too few or out of place.
 *
 * The rows are written down again in the test, from PROTOCOL.md, with bare
 * numbers: a slip in a schema's own table shows.
 */
#ifndef SEIN_TESTS_SUPPORT_SCHEMA_CASES_H
#define SEIN_TESTS_SUPPORT_SCHEMA_CASES_H

#include "proto/wire/schema.h"

/** One field as PROTOCOL.md has it; for FIXED max is the exact length, of a
 *  LIST min and max count its elements. */
struct schema_case {
    const char *name;
    enum sein_field_type type;
    bool optional;
    uint64_t min, max;
};

/**
 * schema_cases_run - try a schema, of a map or an array, against its rows;
 * fails the cmocka test that calls it.
 *
 * rows     in the order in which they are written
 */
void schema_cases_run(const struct sein_schema *schema,
                      const struct schema_case *rows, size_t count);

#endif
