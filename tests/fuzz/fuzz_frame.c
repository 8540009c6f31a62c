/* A frame from the wire: what decodes is written back as the same bytes. */
#include "proto/base/limits.h"
#include "proto/wire/frame.h"
#include "tests/fuzz/require.h"

static uint8_t written[SEIN_FRAME_MAX + 64];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice bytes = sein_slice_of(data, size);
    struct sein_writer writer = sein_writer_of(written, sizeof(written));
    struct sein_slice again = { 0 };
    struct sein_frame frame = { 0 };

    require_no_memory_begin();
    if (sein_frame_decode(bytes, &frame) == SEIN_OK) {
        require(frame.version == SEIN_FRAME_VERSION, "the version is ours");
        require_within(frame.body, bytes);
        sein_frame_begin(&writer, (enum sein_kind)frame.kind, frame.req);
        sein_write_slice(&writer, frame.body);
        require(sein_writer_done(&writer, &again) == SEIN_OK, "it fits");
        if (frame.kind <= SEIN_KIND_COUNT)
            require_same(bytes, again, "there is one form");
    }
    require_no_memory_end();
    return 0;
}
