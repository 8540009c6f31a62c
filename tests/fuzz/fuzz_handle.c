/* Handles of what people write.  The first byte chooses, parts are separated
 * by newlines; what is canonical stays as it is when it is read again. */
#include "proto/blind/handle.h"
#include "tests/fuzz/require.h"

static void
check_form(const struct sein_handle *handle)
{
    require(handle->len > 0 && handle->len <= sizeof(handle->text),
            "a handle has a bounded length");
    for (size_t i = 0; i < handle->len; i++)
        require(handle->text[i] > ' ' && handle->text[i] < 0x7f,
                "a handle is visible ASCII");
}

static void
require_stays(const struct sein_handle *a, enum sein_err err,
              const struct sein_handle *b)
{
    require(err == SEIN_OK, "what is canonical is accepted");
    require_same(sein_handle_text(a), sein_handle_text(b),
                 "what is canonical stays");
}

static void
try_address(struct sein_slice rest)
{
    struct sein_address address = { 0 };
    struct sein_handle handle;
    struct sein_handle again;
    struct sein_slice text = { 0 };

    address.postcode = fuzz_until(&rest, '\n');
    address.huisnummer = fuzz_until(&rest, '\n');
    address.huisletter = fuzz_until(&rest, '\n');
    address.huisnummertoevoeging = fuzz_until(&rest, '\n');
    address.aanduiding = fuzz_until(&rest, '\n');
    if (sein_handle_from_address(&address, &handle, NULL) != SEIN_OK)
        return;
    check_form(&handle);
    text = sein_handle_text(&handle);
    address.postcode = fuzz_until(&text, '/');
    address.huisnummer = fuzz_until(&text, '/');
    address.huisletter = sein_slice_of(NULL, 0);
    address.huisnummertoevoeging = fuzz_until(&text, '/');
    address.aanduiding = text;
    require_stays(&handle, sein_handle_from_address(&address, &again, NULL),
                  &again);
}

static void
try_bsn(struct sein_slice rest)
{
    struct sein_handle handle;
    struct sein_handle again;

    if (sein_handle_from_bsn(rest, &handle) != SEIN_OK)
        return;
    check_form(&handle);
    require_stays(&handle,
                  sein_handle_from_bsn(sein_handle_text(&handle), &again),
                  &again);
}

static void
try_name(struct sein_slice rest)
{
    struct sein_slice surname = fuzz_until(&rest, '\n');
    struct sein_handle handle;
    struct sein_handle again;
    struct sein_slice text = { 0 };

    if (sein_handle_from_name(surname, rest, &handle) != SEIN_OK)
        return;
    check_form(&handle);
    text = sein_handle_text(&handle);
    surname = fuzz_until(&text, '/');
    /* Words that were joined may spell a prefix, which is no name alone. */
    if (sein_handle_from_name(surname, text, &again) == SEIN_OK)
        require_stays(&handle, SEIN_OK, &again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice rest = sein_slice_of(data, size);

    switch (fuzz_byte(&rest) % 3) {
    case 0:
        try_address(rest);
        break;
    case 1:
        try_bsn(rest);
        break;
    default:
        try_name(rest);
    }
    return 0;
}
