/* What stands in letters, by kind: the first byte is the letter's kind. */
#include "proto/blind/content/content.h"
#include "proto/blind/content/signal.h"
#include "proto/blind/handle.h"
#include "tests/fuzz/require.h"

/* What passed is a signal that can be shown: its address has a handle. */
static void
look_at_signal(struct sein_slice content)
{
    struct sein_signal signal;
    struct sein_handle handle;

    if (sein_schema_decode_all(&sein_signal_schema, content, &signal) !=
        SEIN_OK)
        return;
    if (sein_signal_has_address(&signal))
        require(sein_signal_address_handle(&signal, &handle) == SEIN_OK,
                "a checked address has a handle");
    require(sein_note_check(signal.note) == SEIN_OK, "a note is short");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice content = sein_slice_of(data, size);
    uint8_t kind = fuzz_byte(&content);
    enum sein_err err = sein_content_check(kind, content);

    require(err == sein_content_check(kind, content), "it is judged once");
    if (err == SEIN_OK)
        look_at_signal(content);
    return 0;
}
