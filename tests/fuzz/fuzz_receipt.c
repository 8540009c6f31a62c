/* Receipts and heads of a broker that lies: an encoded head, and behind it the
 * receipt of an operation of ours. */
#include "proto/trust/receipt.h"
#include "tests/fuzz/require.h"

static struct sein_slice
encode_receipt(const struct sein_receipt *receipt, uint8_t *buffer, size_t max)
{
    struct sein_writer writer = sein_writer_of(buffer, max);
    struct sein_slice bytes = { 0 };

    require(sein_schema_encode(&sein_receipt_schema, receipt, &writer) ==
                SEIN_OK,
            "what decodes can be written");
    require(sein_writer_done(&writer, &bytes) == SEIN_OK, "it fits");
    return bytes;
}

/* What verifies does not verify at another place or in another tree. */
static void
require_tight(struct sein_slice bytes, const struct sein_leaf_event *event,
              const struct sein_head *head)
{
    uint8_t buffer[2 * SEIN_RECEIPT_MAX];
    struct sein_receipt receipt;
    struct sein_head other = *head;

    require(sein_schema_decode_all(&sein_receipt_schema, bytes, &receipt) ==
                SEIN_OK,
            "what verifies decodes");
    require(receipt.index < head->count, "an index lies in its tree");
    receipt.index ^= 1;
    require(
        sein_receipt_verify(encode_receipt(&receipt, buffer, sizeof(buffer)),
                            *event, head) != SEIN_OK,
        "another index does not verify");
    other.root.bytes[0] ^= 1;
    require(sein_receipt_verify(bytes, *event, &other) != SEIN_OK,
            "another root does not verify");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_leaf_event event = { .oin = sein_slice_text("") };
    struct sein_reader in = sein_reader_of(sein_slice_of(data, size));
    struct sein_slice rest = { 0 };
    struct sein_head head;

    require_no_memory_begin();
    if (sein_schema_decode(&sein_head_schema, &in, &head) == SEIN_OK) {
        rest = sein_slice_of(in.at, in.left);
        if (sein_receipt_verify(rest, event, &head) == SEIN_OK)
            require_tight(rest, &event, &head);
    }
    require_no_memory_end();
    return 0;
}
