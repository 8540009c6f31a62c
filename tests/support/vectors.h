/*
 * Test vectors: JSON files under tests/vectors, read with the path from the
 * top of the tree.  Whatever is missing or malformed fails the test at once.
 */
#ifndef SEIN_TESTS_SUPPORT_VECTORS_H
#define SEIN_TESTS_SUPPORT_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "proto/base/bytes.h"

/** vectors_load - gives the document; json_decref frees it. */
json_t *vectors_load(const char *path);

/** vectors_array - borrows the array of that name, never an empty one. */
const json_t *vectors_array(const json_t *object, const char *name);

/** vectors_hex - the bytes of a field in hex, at most out_max of them. */
struct sein_slice vectors_hex(const json_t *object, const char *name,
                              uint8_t *out, size_t out_max);

/** vectors_text - borrows a text field; an absent field is an empty slice. */
struct sein_slice vectors_text(const json_t *object, const char *name);

#endif
