/* The inside of a letter: what somebody with the right keys may have sealed. */
#include "proto/blind/content/content.h"
#include "proto/blind/letter.h"
#include "proto/blind/letter_pad.h"
#include "tests/fuzz/require.h"

static uint8_t padded[SEIN_LETTER_BUCKET_MAX];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice plain = sein_slice_of(data, size);
    struct sein_letter_inner inner = { 0 };
    struct sein_letter_body body;
    size_t len = 0;

    if (sein_letter_unpad(plain, &inner) != SEIN_OK)
        return 0;
    require_within(inner.body, plain);
    require_within(sein_slice_of(inner.signature, SEIN_SIG_BYTES), plain);
    require(sein_letter_pad(inner.body, inner.signature, padded, sizeof(padded),
                            &len) == SEIN_OK,
            "what was laid out can be laid out");
    require_same(plain, sein_slice_of(padded, len), "there is one form");
    if (sein_schema_decode_all(&sein_letter_body_schema, inner.body, &body) ==
        SEIN_OK)
        (void)sein_content_check(body.kind, body.content);
    return 0;
}
