/*
 * Replies given before: who sends the same bytes again within
 * SEIN_EVAL_REPEAT_MS gets the same reply, free, also after a restart.
 *
 * Threads: one thread per records.  Source: PROTOCOL.md section 10.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_REPEATS_H
#define SEIN_CLIENT_KEYHOLDER_REPEATS_H

#include "client/keyholder/records.h"
#include "proto/base/ids.h"

/** A reply as it travels; len 0: the request was charged, but what it got was
 *  not kept any more before the program ended. */
struct repeats_reply {
    size_t len;
    uint8_t bytes[SEIN_EVAL_REPLY_MAX];
    uint8_t signature[SEIN_SIG_BYTES];
};

/**
 * repeats_find - what that request got.
 *
 * Errors:  SEIN_ENOENT nothing, or too long ago; those of records.h.
 */
SEIN_CHECKED enum sein_err repeats_find(struct records *records,
                                        const struct sein_hash *request,
                                        int64_t now_ms,
                                        struct repeats_reply *out_reply);

/** repeats_keep - what it gets; one that is there is replaced. */
SEIN_CHECKED enum sein_err repeats_keep(struct records *records,
                                        const struct sein_hash *request,
                                        const struct repeats_reply *reply,
                                        int64_t now_ms);

/** repeats_forget - those too long ago. */
SEIN_CHECKED enum sein_err repeats_forget(struct records *records,
                                          int64_t now_ms);

#endif
