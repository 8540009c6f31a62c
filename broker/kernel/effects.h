/*
 * What a turn sends when it ends: frames, in memory that lives for the turn.
 *
 *  1. A frame of mode EFFECT_SURE is true whatever becomes of the commit.
 *  2. A frame of mode EFFECT_ANSWER becomes an error when the commit fails.
 *  3. A frame of mode EFFECT_COMMITTED is sent iff the commit was SEIN_OK.
 * Memory: bounded by EFFECTS_MAX and one frame; nothing is allocated from a
 * number that a peer declared.
 * Threads: one thread per effects.
 */
#ifndef SEIN_BROKER_KERNEL_EFFECTS_H
#define SEIN_BROKER_KERNEL_EFFECTS_H

#include "broker/kernel/kernel.h"
#include "proto/wire/frame.h"

/* A turn that made this many bytes takes no more requests that read much. */
#define EFFECTS_MAX (32U * 1024U * 1024U)

enum effect_mode { EFFECT_SURE, EFFECT_ANSWER, EFFECT_COMMITTED };

struct verdicts;

struct effect {
    struct effect *next;
    struct kernel_peer peer;
    enum effect_mode mode;
    uint64_t req;
    struct sein_slice frame;   /* empty until the head is known ... */
    struct verdicts *verdicts; /* ... iff these are there */
};

struct effects_block;
struct effects {
    struct effects_block *blocks; /* newest first */
    struct effect *first;
    struct effect **end;
    size_t used; /* bytes given out this turn */
};

void effects_init(struct effects *effects);
/** effects_reset - forget the turn; keeps one block for the next. */
void effects_reset(struct effects *effects);
void effects_deinit(struct effects *effects);

/** effects_full - whether the turn made as much as it may. */
bool effects_full(const struct effects *effects);

/** effects_alloc - size bytes of zeros until effects_reset; NULL when there is
 *  no memory. */
void *effects_alloc(struct effects *effects, size_t size);

/**
 * effects_reserve - room of max bytes to write one thing into; effects_keep
 * takes what was written and gives back the rest.  Nothing else is allocated
 * in between.
 *
 * Errors:  SEIN_ENOMEM; effects_keep: SEIN_EINTERNAL it did not fit, which is
 *          our own mistake.
 */
SEIN_CHECKED enum sein_err effects_reserve(struct effects *effects, size_t max,
                                           struct sein_writer *out_writer);
SEIN_CHECKED enum sein_err effects_keep(struct effects *effects,
                                        const struct sein_writer *writer,
                                        struct sein_slice *out_bytes);

/** effects_add - a place in the order of sending.  Errors: SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err effects_add(struct effects *effects,
                                       const struct kernel_peer *peer,
                                       enum effect_mode mode, uint64_t req,
                                       struct effect **out_effect);

/**
 * effects_object - a whole frame whose body is one object.
 *
 * max      bytes that such a frame takes at most
 * Errors:  SEIN_ENOMEM; SEIN_EINTERNAL the object is not one that decodes.
 */
SEIN_CHECKED enum sein_err effects_object(struct effects *effects,
                                          const struct kernel_peer *peer,
                                          enum effect_mode mode,
                                          enum sein_kind kind, uint64_t req,
                                          const struct sein_schema *schema,
                                          const void *object, size_t max);

/** effects_empty - a frame whose body is []. */
SEIN_CHECKED enum sein_err effects_empty(struct effects *effects,
                                         const struct kernel_peer *peer,
                                         enum effect_mode mode,
                                         enum sein_kind kind, uint64_t req);

/** effects_error - the frame error; at_ms 0 when it does not apply. */
SEIN_CHECKED enum sein_err effects_error(struct effects *effects,
                                         const struct kernel_peer *peer,
                                         enum effect_mode mode, uint64_t req,
                                         enum sein_err code, int64_t at_ms);

#endif
