#include "proto/wire/pack.h"

#include <msgpack.h>

static int
write_packed(void *data, const char *bytes, size_t len)
{
    struct sein_writer *out = data;

    sein_write_bytes(out, (const uint8_t *)bytes, len);
    return out->failed ? -1 : 0;
}

static msgpack_packer
packer_on(struct sein_writer *out)
{
    msgpack_packer packer;

    msgpack_packer_init(&packer, out, write_packed);
    return packer;
}

/* The results below are only "did the write fit", which the writer keeps. */
void
sein_pack_uint(struct sein_writer *out, uint64_t value)
{
    msgpack_packer packer = packer_on(out);

    (void)msgpack_pack_uint64(&packer, value);
}

void
sein_pack_bool(struct sein_writer *out, bool value)
{
    msgpack_packer packer = packer_on(out);

    if (value)
        (void)msgpack_pack_true(&packer);
    else
        (void)msgpack_pack_false(&packer);
}

void
sein_pack_bytes(struct sein_writer *out, struct sein_slice value)
{
    msgpack_packer packer = packer_on(out);

    (void)msgpack_pack_bin(&packer, value.len);
    sein_write_slice(out, value);
}

void
sein_pack_text(struct sein_writer *out, struct sein_slice value)
{
    msgpack_packer packer = packer_on(out);

    (void)msgpack_pack_str(&packer, value.len);
    sein_write_slice(out, value);
}

void
sein_pack_array(struct sein_writer *out, size_t count)
{
    msgpack_packer packer = packer_on(out);

    (void)msgpack_pack_array(&packer, count);
}

void
sein_pack_map(struct sein_writer *out, size_t count)
{
    msgpack_packer packer = packer_on(out);

    (void)msgpack_pack_map(&packer, count);
}
