/*
 * One table per object: the same rows write it, read it and check it.
 *
 * A schema lists the fields of a plain C struct.  As an ARRAY every field is
 * present, in the order of the rows.  As a MAP the rows are in ascending order
 * of their names, and a field that holds its zero (0, false, no bytes, no
 * elements) is left out: an optional field that is written out as zero is not
 * canonical, and a field that is not optional must be there.
 *
 * Nothing is allocated: bytes, text and lists are views into what was read.
 */
#ifndef SEIN_PROTO_WIRE_SCHEMA_H
#define SEIN_PROTO_WIRE_SCHEMA_H

#include <stddef.h>

#include "proto/base/bytes.h"

enum sein_field_type {
    SEIN_FIELD_UINT,  /* uint64_t, min..max */
    SEIN_FIELD_BOOL,  /* bool */
    SEIN_FIELD_FIXED, /* uint8_t[max], a byte string of exactly max bytes */
    SEIN_FIELD_BYTES, /* struct sein_slice, min..max bytes */
    SEIN_FIELD_TEXT,  /* struct sein_slice, min..max bytes of UTF-8 */
    SEIN_FIELD_LIST,  /* struct sein_list, min..max elements */
    SEIN_FIELD_MAP,   /* struct sein_slice, the raw bytes of one inner value */
};

/** An encoded array: its elements are read with sein_items_*. */
struct sein_list {
    struct sein_slice raw; /* with the array's head; len 0 iff absent */
    size_t count;
};

struct sein_field {
    const char *name;
    enum sein_field_type type;
    bool optional;
    size_t offset; /* of the member in the struct */
    uint64_t min, max;
};

enum sein_layout { SEIN_LAYOUT_ARRAY, SEIN_LAYOUT_MAP };

struct sein_schema {
    enum sein_layout layout;
    size_t count;
    const struct sein_field *fields;
    size_t size; /* of the struct */
};

/* Rows are written as
 *   { "name", SEIN_FIELD_UINT, false, offsetof(struct x, name), 0, 9 },
 * or, where the struct's member has the field's name, so: */
#define SEIN_ROW(type, name, optional, object, min, max)                   \
    {                                                                      \
#name, SEIN_FIELD_##type, optional, offsetof(struct object, name), \
            min, max                                                       \
    }
#define SEIN_SCHEMA(layout, fields, type)                                  \
    {                                                                      \
        layout, sizeof(fields) / sizeof((fields)[0]), fields, sizeof(type) \
    }

/**
 * sein_schema_decode - read one object.
 *
 * in       advanced behind the object
 * out      a struct of schema->size bytes; all zero first, then filled; its
 *          contents are undefined after an error; views borrow in's bytes
 *
 * Errors:  those of wire/unpack.h; SEIN_ECONTENT an unknown or missing field,
 *          a wrong count of elements; SEIN_ERANGE a number, length or count
 *          outside its row; SEIN_ECANON keys not ascending, or a zero that
 *          should have been left out.
 * Threads: safe.  Source: PROTOCOL.md section 2.
 */
SEIN_CHECKED enum sein_err sein_schema_decode(const struct sein_schema *schema,
                                              struct sein_reader *in,
                                              void *out);

/** sein_schema_decode_all - the same of a whole slice.
 *
 * Errors:  also SEIN_ETRAILING bytes behind the object. */
SEIN_CHECKED enum sein_err
sein_schema_decode_all(const struct sein_schema *schema,
                       struct sein_slice bytes, void *out);

/**
 * sein_schema_encode - write one object.
 *
 * The caller's values are checked like a peer's: what was written decodes.
 * The raw bytes of lists and inner values are the caller's to get right.
 * Errors:  SEIN_ERANGE a value outside its row; SEIN_EUTF8; SEIN_ECONTENT a
 *          required field is absent.  An overflow is remembered by out.
 */
SEIN_CHECKED enum sein_err sein_schema_encode(const struct sein_schema *schema,
                                              const void *object,
                                              struct sein_writer *out);

/** An array being read, element by element. */
struct sein_items {
    struct sein_reader in;
    size_t left; /* elements still to read */
};

/** sein_items_begin - open an encoded array of at most max elements; a list
 *  that was absent reads as empty.
 *
 * Errors:  those of wire/unpack.h; SEIN_ERANGE more than max elements. */
SEIN_CHECKED enum sein_err sein_items_begin(struct sein_slice array, size_t max,
                                            struct sein_items *out_items);

/**
 * sein_items_next - decode the next element.
 *
 * out_raw  set to the element's bytes as sent (what a hash covers); may be NULL
 * Errors:  SEIN_ENOENT none is left and no byte remains; SEIN_ETRAILING none is
 *          left but bytes remain; else as sein_schema_decode.
 */
SEIN_CHECKED enum sein_err sein_items_next(struct sein_items *items,
                                           const struct sein_schema *schema,
                                           void *out,
                                           struct sein_slice *out_raw);

/** sein_items_next_text, _next_raw - the same for text and for any value. */
SEIN_CHECKED enum sein_err sein_items_next_text(struct sein_items *items,
                                                struct sein_slice *out_text);
SEIN_CHECKED enum sein_err sein_items_next_raw(struct sein_items *items,
                                               struct sein_slice *out_raw);

/**
 * sein_items_check - decode every element once, so that whoever handles them
 * later sees none that is wrong.
 *
 * out_count  set to the number of elements
 * Errors:    as sein_items_next, without SEIN_ENOENT.
 */
SEIN_CHECKED enum sein_err sein_items_check(struct sein_slice array, size_t max,
                                            const struct sein_schema *schema,
                                            size_t *out_count);

#endif
