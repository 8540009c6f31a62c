/*
 * Writing MessagePack in its one canonical form: shortest forms, unsigned
 * integers, booleans, byte strings, UTF-8 text, arrays and maps, nothing else.
 * The only user of msgpack-c.
 *
 * All functions write to a sein_writer, which remembers an overflow; the
 * caller asks once with sein_writer_done.  Map keys are written in strictly
 * ascending byte order by whoever writes the map (wire/schema.h does it).
 * Threads: safe on distinct writers.  Source: PROTOCOL.md section 2.
 */
#ifndef SEIN_PROTO_WIRE_PACK_H
#define SEIN_PROTO_WIRE_PACK_H

#include "proto/base/bytes.h"

void sein_pack_uint(struct sein_writer *out, uint64_t value);
void sein_pack_bool(struct sein_writer *out, bool value);
void sein_pack_bytes(struct sein_writer *out, struct sein_slice value);
void sein_pack_text(struct sein_writer *out, struct sein_slice value);
/** sein_pack_array, _map - the head; count elements (or pairs) must follow. */
void sein_pack_array(struct sein_writer *out, size_t count);
void sein_pack_map(struct sein_writer *out, size_t count);

#endif
