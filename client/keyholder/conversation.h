/*
 * The conversation of a keyholder with its broker, out only: a machine that
 * takes a turn whenever there is something to read or a deadline has passed.
 *
 *     DOWN → DIALLING → DIRECTORY → HELLO → READY
 *
 * The directory comes first, because every request is judged by it.  In READY
 * requests are answered as they come, one after the other.  A connection that
 * breaks goes back to DOWN and is dialled again after a while.
 * Threads: one thread per conversation.  Source: PROTOCOL.md sections 10, 13.
 */
#ifndef SEIN_CLIENT_KEYHOLDER_CONVERSATION_H
#define SEIN_CLIENT_KEYHOLDER_CONVERSATION_H

#include "client/keyholder/chain.h"
#include "client/keyholder/evaluator.h"
#include "client/lib/link.h"
#include "proto/wire/frame.h"

enum conversation_stage {
    CONVERSATION_DOWN,
    CONVERSATION_DIALLING,
    CONVERSATION_DIRECTORY,
    CONVERSATION_HELLO,
    CONVERSATION_READY,
};

/** What people may want to know; text is a sentence, or empty. */
typedef void conversation_tell(void *context, const char *event,
                               enum sein_err err, const char *text);

struct conversation_setup {
    const char *endpoint;        /* keeps */
    const uint8_t *broker_curve; /* keeps */
    const struct keystore *keys; /* keeps */
    struct chain *chain;         /* keeps */
    struct holding *holding;     /* keeps */
    struct records *records;     /* keeps */
    struct sein_desk_name desk;
    uint64_t window;
    conversation_tell *tell;
    void *context;
};

/** A directory on its way in. */
struct conversation_fetch {
    bool under_way;
    bool earlier; /* looking back for the governance of the invitation */
    uint64_t version;
    uint8_t *bytes;
    size_t len;
    size_t total;
};

struct conversation {
    struct conversation_setup setup;
    struct link *link;
    enum conversation_stage stage;
    enum sein_err reason; /* why it is DOWN */
    bool final;           /* dialling again would not help */
    struct conversation_fetch fetch;
    uint64_t newest_seen;     /* directory version */
    uint64_t refused_version; /* that the broker gave and we did not take */
    int64_t retry_at_ms;      /* monotonic, as are all below */
    int64_t backoff_ms;
    int64_t sent_at_ms; /* of the request that is open */
    int64_t pinged_at_ms;
    int64_t asked_at_ms; /* whether there is a newer directory */
    uint64_t next_req;
    uint64_t ready_req; /* of eval_ready */
    bool waiting;       /* for the answer to hello, dir_get or ping */
    uint8_t *frame;     /* SEIN_FRAME_MAX bytes to build frames in */
};

/** conversation_new - a machine in DOWN that dials at its first turn.
 *
 * setup    borrows the struct
 * Errors:  SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err
conversation_new(const struct conversation_setup *setup,
                 struct conversation **out_conversation);
void conversation_free(struct conversation **conversation);

/**
 * conversation_turn - take what came, do what is next; does not wait.
 *
 * Errors:  of this program only, after which it should end: SEIN_EIO,
 *          SEIN_ENOMEM, SEIN_ETAMPERED, SEIN_ELOCKED, SEIN_EINTERNAL.  What
 *          goes wrong with the broker is in stage and reason.
 */
SEIN_CHECKED enum sein_err conversation_turn(struct conversation *conversation);

/** conversation_fd - readable when a turn is due; -1 when there is none. */
int conversation_fd(const struct conversation *conversation);
/** conversation_next_ms - how long at most until the next turn is due. */
int conversation_next_ms(const struct conversation *conversation);

/** conversation_bye - leave in good order: nothing more is asked of us. */
void conversation_bye(struct conversation *conversation);

/* ---- for the parts of the machine ---- */

/** conversation_send - build and send a frame of one object; the connection is
 *  given up when that fails. */
void conversation_send(struct conversation *conversation, enum sein_kind kind,
                       const struct sein_schema *schema, const void *object);
void conversation_give_up(struct conversation *conversation,
                          enum sein_err reason, bool final);
/** conversation_say_hello - the directory is as new as it gets. */
void conversation_say_hello(struct conversation *conversation);

/* conversation_dir.c */
void conversation_begin_directory(struct conversation *conversation);
SEIN_CHECKED enum sein_err
conversation_take_dir_part(struct conversation *conversation,
                           struct sein_slice body);
void conversation_forget_fetch(struct conversation *conversation);

#endif
