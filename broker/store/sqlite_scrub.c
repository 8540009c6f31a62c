#include "broker/store/sqlite_scrub.h"

#include <string.h>

#define FILE_HEADER_BYTES 100U
#define LEAF_HEADER_BYTES 8U
#define INNER_HEADER_BYTES 12U

#define KIND_INNER_INDEX 2U
#define KIND_INNER_TABLE 5U
#define KIND_LEAF_INDEX 10U
#define KIND_LEAF_TABLE 13U

static size_t
read_u16(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

static size_t
header_bytes(uint8_t kind)
{
    switch (kind) {
    case KIND_INNER_INDEX:
    case KIND_INNER_TABLE:
        return INNER_HEADER_BYTES;
    case KIND_LEAF_INDEX:
    case KIND_LEAF_TABLE:
        return LEAF_HEADER_BYTES;
    default:
        return 0;
    }
}

void
sqlite_scrub_page(uint8_t *page, size_t len, bool first)
{
    size_t start = first ? FILE_HEADER_BYTES : 0;
    size_t header = 0;
    size_t gap = 0;
    size_t cells = 0;

    if (len < start + INNER_HEADER_BYTES)
        return;
    header = header_bytes(page[start]);
    if (header == 0)
        return;
    gap = start + header + 2 * read_u16(page + start + 3);
    cells = read_u16(page + start + 5);
    if (cells <= gap || cells > len)
        return;
    memset(page + gap, 0, cells - gap);
}
