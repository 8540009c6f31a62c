#include "proto/wire/frame.h"

#include "proto/base/limits.h"
#include "proto/wire/pack.h"

#define FRAME_FIELDS 4U

static const struct sein_field frame_fields[] = {
    { "version", SEIN_FIELD_UINT, false, offsetof(struct sein_frame, version),
      0, UINT64_MAX },
    { "kind", SEIN_FIELD_UINT, false, offsetof(struct sein_frame, kind), 0,
      UINT64_MAX },
    { "req", SEIN_FIELD_UINT, false, offsetof(struct sein_frame, req), 0,
      UINT64_MAX },
    { "body", SEIN_FIELD_MAP, false, offsetof(struct sein_frame, body), 0, 0 },
};
static const struct sein_schema frame_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, frame_fields, struct sein_frame);

enum sein_err
sein_frame_decode(struct sein_slice bytes, struct sein_frame *out_frame)
{
    enum sein_err err = SEIN_OK;

    if (bytes.len > SEIN_FRAME_MAX)
        return SEIN_ETOOLONG;
    err = sein_schema_decode_all(&frame_schema, bytes, out_frame);
    if (err == SEIN_OK && out_frame->version != SEIN_FRAME_VERSION)
        err = SEIN_EVERSION;
    return err;
}

void
sein_frame_begin(struct sein_writer *out, enum sein_kind kind, uint64_t req)
{
    sein_pack_array(out, FRAME_FIELDS);
    sein_pack_uint(out, SEIN_FRAME_VERSION);
    sein_pack_uint(out, (uint64_t)kind);
    sein_pack_uint(out, req);
}

enum sein_err
sein_frame_encode(enum sein_kind kind, uint64_t req,
                  const struct sein_schema *schema, const void *object,
                  uint8_t *buffer, size_t max, struct sein_slice *out_frame)
{
    struct sein_writer out = sein_writer_of(buffer, max);
    enum sein_err err = SEIN_OK;

    sein_frame_begin(&out, kind, req);
    err = sein_schema_encode(schema, object, &out);
    return err == SEIN_OK ? sein_writer_done(&out, out_frame) : err;
}
