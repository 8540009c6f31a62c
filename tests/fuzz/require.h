/*
 * What a fuzz target demands of a decoder, beyond not crashing.
 *
 * A demand that does not hold stops the program, so that libFuzzer keeps the
 * input.
 */
#ifndef SEIN_TESTS_FUZZ_REQUIRE_H
#define SEIN_TESTS_FUZZ_REQUIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"

/** What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** require - stop unless holds; what names the demand. */
void require(bool holds, const char *what);

/** require_same - stop unless both hold the same bytes. */
void require_same(struct sein_slice a, struct sein_slice b, const char *what);

/** require_within - stop unless the view lies inside of whole, or is empty. */
void require_within(struct sein_slice view, struct sein_slice whole);

/** require_no_memory_begin, _end - stop if malloc is called between them. */
void require_no_memory_begin(void);
void require_no_memory_end(void);

/** fuzz_byte - the first byte of what is left of an input, 0 when none is. */
uint8_t fuzz_byte(struct sein_slice *rest);

/** fuzz_until - what stands before the next separator, and steps behind it. */
struct sein_slice fuzz_until(struct sein_slice *rest, uint8_t separator);

#endif
