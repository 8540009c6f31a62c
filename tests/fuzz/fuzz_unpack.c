/* Single values of MessagePack: what is read is written back as the same
 * bytes, by type, and stepping over a value ends where reading it ends. */
#include "proto/base/limits.h"
#include "proto/wire/pack.h"
#include "proto/wire/unpack.h"
#include "tests/fuzz/require.h"

static uint8_t written[SEIN_FRAME_MAX];

static void again(struct sein_reader *in, struct sein_writer *out);

static bool
again_leaf(struct sein_reader *in, struct sein_writer *out)
{
    struct sein_slice view = { 0 };
    uint64_t number = 0;
    bool truth = false;

    if (sein_unpack_uint(in, &number) == SEIN_OK)
        sein_pack_uint(out, number);
    else if (sein_unpack_bool(in, &truth) == SEIN_OK)
        sein_pack_bool(out, truth);
    else if (sein_unpack_bytes(in, &view) == SEIN_OK)
        sein_pack_bytes(out, view);
    else if (sein_unpack_text(in, &view) == SEIN_OK)
        sein_pack_text(out, view);
    else
        return false;
    return true;
}

/* Recursion is bounded: only what sein_unpack_value passed gets here. */
static void
again(struct sein_reader *in, struct sein_writer *out)
{
    size_t count = 0;

    if (again_leaf(in, out))
        return;
    if (sein_unpack_array(in, &count) == SEIN_OK) {
        sein_pack_array(out, count);
        for (size_t i = 0; i < count; i++)
            again(in, out);
        return;
    }
    require(sein_unpack_map(in, &count) == SEIN_OK, "a value has a type");
    sein_pack_map(out, count);
    for (size_t i = 0; i < 2 * count; i++)
        again(in, out);
}

/* Each typed read alone, on bytes that may be anything. */
static void
read_as_each(struct sein_slice bytes)
{
    struct sein_reader in = sein_reader_of(bytes);
    struct sein_slice view = { 0 };
    uint64_t number = 0;
    size_t count = 0;
    bool truth = false;

    (void)sein_unpack_uint(&in, &number);
    (void)sein_unpack_bool(&in, &truth);
    (void)sein_unpack_bytes(&in, &view);
    require_within(view, bytes);
    (void)sein_unpack_text(&in, &view);
    require_within(view, bytes);
    if (sein_unpack_array(&in, &count) == SEIN_OK)
        require(count <= bytes.len, "a count is bounded by what remains");
    if (sein_unpack_map(&in, &count) == SEIN_OK)
        require(count <= bytes.len, "a count is bounded by what remains");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice bytes = sein_slice_of(data, size);
    struct sein_reader in = sein_reader_of(bytes);
    struct sein_writer writer = sein_writer_of(written, sizeof(written));
    struct sein_slice raw = { 0 };
    struct sein_slice same = { 0 };

    require_no_memory_begin();
    read_as_each(bytes);
    if (size <= sizeof(written) && sein_unpack_value(&in, &raw) == SEIN_OK) {
        require(raw.at == data && raw.len == size - in.left,
                "a value ends where the next begins");
        in = sein_reader_of(raw);
        again(&in, &writer);
        require(in.left == 0, "reading ends where stepping over ended");
        require(sein_writer_done(&writer, &same) == SEIN_OK, "it fits");
        require_same(raw, same, "there is one form");
    }
    require_no_memory_end();
    return 0;
}
