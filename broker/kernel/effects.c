#include "broker/kernel/effects.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/msg_hello.h"
#include "proto/wire/pack.h"

/* Holds a whole frame with room beside it, so that few blocks are half used. */
#define BLOCK_BYTES ((size_t)4 * SEIN_FRAME_MAX)
/* A frame with at most three numbers and an id. */
#define SMALL_MAX 64U

struct effects_block {
    struct effects_block *next;
    size_t used;
    alignas(max_align_t) uint8_t bytes[BLOCK_BYTES];
};

void
effects_init(struct effects *effects)
{
    *effects = (struct effects){ 0 };
    effects->end = &effects->first;
}

void
effects_reset(struct effects *effects)
{
    while (effects->blocks != NULL && effects->blocks->next != NULL) {
        struct effects_block *block = effects->blocks;

        effects->blocks = block->next;
        free(block);
    }
    if (effects->blocks != NULL)
        effects->blocks->used = 0;
    effects->first = NULL;
    effects->end = &effects->first;
    effects->used = 0;
}

void
effects_deinit(struct effects *effects)
{
    effects_reset(effects);
    free(effects->blocks);
    effects_init(effects);
}

bool
effects_full(const struct effects *effects)
{
    return effects->used >= EFFECTS_MAX;
}

/* A pointer to room for max bytes in the newest block; not yet given out. */
static uint8_t *
find_room(struct effects *effects, size_t max)
{
    struct effects_block *block = effects->blocks;

    assert(max <= BLOCK_BYTES);
    if (block != NULL && BLOCK_BYTES - block->used >= max)
        return block->bytes + block->used;
    block = malloc(sizeof *block);
    if (block == NULL)
        return NULL;
    block->next = effects->blocks;
    block->used = 0;
    effects->blocks = block;
    return block->bytes;
}

static void
give_out(struct effects *effects, size_t len)
{
    size_t rounded = (len + alignof(max_align_t) - 1) / alignof(max_align_t) *
                     alignof(max_align_t);
    size_t left = BLOCK_BYTES - effects->blocks->used;

    effects->blocks->used += rounded < left ? rounded : left;
    effects->used += rounded;
}

void *
effects_alloc(struct effects *effects, size_t size)
{
    uint8_t *at = find_room(effects, size);

    if (at == NULL)
        return NULL;
    memset(at, 0, size);
    give_out(effects, size);
    return at;
}

enum sein_err
effects_reserve(struct effects *effects, size_t max,
                struct sein_writer *out_writer)
{
    uint8_t *at = find_room(effects, max);

    if (at == NULL)
        return SEIN_ENOMEM;
    *out_writer = sein_writer_of(at, max);
    return SEIN_OK;
}

enum sein_err
effects_keep(struct effects *effects, const struct sein_writer *writer,
             struct sein_slice *out_bytes)
{
    enum sein_err err = sein_writer_done(writer, out_bytes);

    if (err != SEIN_OK)
        return SEIN_EINTERNAL;
    give_out(effects, out_bytes->len);
    return SEIN_OK;
}

enum sein_err
effects_add(struct effects *effects, const struct kernel_peer *peer,
            enum effect_mode mode, uint64_t req, struct effect **out_effect)
{
    struct effect *effect = effects_alloc(effects, sizeof *effect);

    if (effect == NULL)
        return SEIN_ENOMEM;
    effect->peer = *peer;
    effect->mode = mode;
    effect->req = req;
    *effects->end = effect;
    effects->end = &effect->next;
    *out_effect = effect;
    return SEIN_OK;
}

enum sein_err
effects_object(struct effects *effects, const struct kernel_peer *peer,
               enum effect_mode mode, enum sein_kind kind, uint64_t req,
               const struct sein_schema *schema, const void *object, size_t max)
{
    struct effect *effect = NULL;
    struct sein_writer out = { 0 };
    enum sein_err err = effects_add(effects, peer, mode, req, &effect);

    if (err == SEIN_OK)
        err = effects_reserve(effects, max, &out);
    if (err != SEIN_OK)
        return err;
    sein_frame_begin(&out, kind, req);
    if (schema == NULL)
        sein_pack_array(&out, 0);
    else if (sein_schema_encode(schema, object, &out) != SEIN_OK)
        return SEIN_EINTERNAL;
    return effects_keep(effects, &out, &effect->frame);
}

enum sein_err
effects_empty(struct effects *effects, const struct kernel_peer *peer,
              enum effect_mode mode, enum sein_kind kind, uint64_t req)
{
    return effects_object(effects, peer, mode, kind, req, NULL, NULL,
                          SMALL_MAX);
}

enum sein_err
effects_error(struct effects *effects, const struct kernel_peer *peer,
              enum effect_mode mode, uint64_t req, enum sein_err code,
              int64_t at_ms)
{
    struct sein_error_body body = { .code = (uint64_t)code };

    body.at = at_ms > 0 ? (uint64_t)at_ms : 0;
    return effects_object(effects, peer, mode, SEIN_KIND_ERROR, req,
                          &sein_error_schema, &body, SMALL_MAX);
}
