/* A request to the metrics. */
#include "broker/http.h"
#include "tests/fuzz/require.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice request = sein_slice_of(data, size);
    struct sein_slice path = { 0 };
    unsigned status = 0;

    if (http_read(request, &status, &path) == HTTP_INCOMPLETE) {
        require(size < HTTP_REQUEST_MAX, "a long request is over");
        return 0;
    }
    require(status == 200 || (status >= 400 && status < 600),
            "it is answered or refused");
    if (status != 200)
        return 0;
    require(path.len > 0 && path.at[0] == '/', "a path begins with a slash");
    require(path.at >= data && path.at + path.len <= data + size,
            "and is a part of the request");
    return 0;
}
