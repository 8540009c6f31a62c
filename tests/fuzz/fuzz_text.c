/* Small texts: dates, hex, names, endpoints, UTF-8. */
#include <string.h>

#include "proto/base/date.h"
#include "proto/base/ids.h"
#include "proto/base/text.h"
#include "proto/trust/dir_schema.h"
#include "tests/fuzz/require.h"

static void
try_date(struct sein_slice text)
{
    char written[SEIN_DATE_CHARS + 1];
    struct sein_date date = { 0 };
    struct sein_date again = { 0 };

    if (sein_date_parse(text, &date) != SEIN_OK)
        return;
    sein_date_format(date, written);
    require(sein_date_parse(sein_slice_text(written), &again) == SEIN_OK &&
                sein_date_compare(date, again) == 0,
            "a date that was written reads back");
    require(sein_date_from_days(sein_date_to_days(date), &again) == SEIN_OK &&
                sein_date_compare(date, again) == 0,
            "days lead back to the date");
}

static void
try_hex(struct sein_slice text)
{
    uint8_t bytes[SEIN_UNHEX_MAX];
    uint8_t same[SEIN_UNHEX_MAX];
    char hex[2 * SEIN_UNHEX_MAX + 1];
    size_t len = text.len / 2;

    if (len > sizeof(bytes) || sein_unhex(text, bytes, len) != SEIN_OK)
        return;
    sein_hex(sein_slice_of(bytes, len), hex, sizeof(hex));
    require(sein_unhex(sein_slice_text(hex), same, len) == SEIN_OK &&
                memcmp(bytes, same, len) == 0,
            "hex reads back");
}

static void
try_names(struct sein_slice text)
{
    if (sein_desk_check(text) == SEIN_OK)
        require(sein_oin_check(sein_desk_oin(text)) == SEIN_OK,
                "a desk begins with an OIN");
    if (sein_circle_check(text) == SEIN_OK)
        require(sein_code_check(text) == SEIN_OK,
                "a circle's name is written as a code");
    if (sein_endpoint_check(text) == SEIN_OK)
        require(text.len <= SEIN_ENDPOINT_MAX, "an endpoint is bounded");
}

static void
try_text(struct sein_slice text)
{
    struct sein_slice trimmed = sein_text_trim(text);

    require_within(trimmed, text);
    require_same(trimmed, sein_text_trim(trimmed), "trimming is done once");
    if (sein_utf8_check(text) == SEIN_OK)
        require(sein_utf8_count(text) <= text.len,
                "a character takes a byte at least");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice text = sein_slice_of(data, size);

    require_no_memory_begin();
    try_date(text);
    try_hex(text);
    try_names(text);
    try_text(text);
    require_no_memory_end();
    return 0;
}
