/* The outside of a letter, as the broker and a recipient take it apart. */
#include "proto/base/ids.h"
#include "proto/base/limits.h"
#include "proto/wire/msg_letter.h"
#include "tests/fuzz/require.h"

static void
check_view(struct sein_slice letter, const struct sein_letter_view *view)
{
    uint8_t buffer[2 * SEIN_LETTER_HEADER_MAX];
    struct sein_writer writer = sein_writer_of(buffer, sizeof(buffer));
    struct sein_slice again = { 0 };

    require_within(view->header_bytes, letter);
    require_within(sein_slice_of(view->enc, SEIN_HPKE_ENC_BYTES), letter);
    require_within(view->ct, letter);
    require(view->ct.at + view->ct.len == letter.at + letter.len,
            "a letter ends with its ciphertext");
    require(sein_letter_bucket(view->ct.len - SEIN_HPKE_TAG_BYTES) ==
                view->ct.len - SEIN_HPKE_TAG_BYTES,
            "a letter has one of the four sizes");
    require(sein_circle_check(view->header.circle) == SEIN_OK &&
                sein_desk_check(view->header.to) == SEIN_OK,
            "names are written as names");
    require(sein_schema_encode(&sein_letter_header_schema, &view->header,
                               &writer) == SEIN_OK,
            "a header can be written");
    require(sein_writer_done(&writer, &again) == SEIN_OK, "it fits");
    require_same(view->header_bytes, again, "there is one form");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice letter = sein_slice_of(data, size);
    struct sein_letter_view view;

    require_no_memory_begin();
    if (sein_letter_split(letter, &view) == SEIN_OK)
        check_view(letter, &view);
    require_no_memory_end();
    return 0;
}
