/* A deposit from a member: what opens agrees with itself, and every part of it
 * lies within what was sent. */
#include "proto/base/limits.h"
#include "proto/trust/presence.h"
#include "tests/fuzz/require.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice bytes = sein_slice_of(data, size);
    struct sein_presence_view view = { 0 };

    require_no_memory_begin();
    if (sein_presence_open(bytes, &view) == SEIN_OK) {
        require_within(view.deposit.note, bytes);
        require_within(view.deposit.core, bytes);
        require_within(view.note.label, view.deposit.note);
        require_within(view.core.desk, view.deposit.core);
        require(sein_slice_equal(view.note.circle, view.core.circle),
                "one circle");
        require(sein_slice_equal(sein_desk_oin(view.core.desk), view.core.org),
                "a desk of the org");
    }
    require_no_memory_end();
    return 0;
}
