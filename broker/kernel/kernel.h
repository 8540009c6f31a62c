/*
 * The broker's blind kernel: (message, member, transaction, directory, now) to
 * effects.  It has no socket, no file and no clock, so that it can be driven by
 * a simulator as well as by the loop.
 *
 * A turn:
 *  - kernel_begin: the transaction of this turn, and the time;
 *  - kernel_take, any number of messages; kernel_sweep, now and then;
 *  - kernel_seal: the head over all that was accepted, and what is delivered;
 *  - the caller commits, or rolls back when nothing changed;
 *  - kernel_finish hands out the frames to send, or, when the commit failed,
 *    what to say instead.
 * As soon as one of these fails, the caller rolls back and goes to
 * kernel_finish with that error; the kernel is then as it was before the turn.
 *  1. A frame that confirms leaves kernel_finish iff its commit was SEIN_OK.
 *  2. A peer never has more deliveries outstanding than its window.
 *  3. Who may do what is asked of sein_may and sein_may_route, on every path.
 *  4. Nothing here logs: what happened is counted in struct kernel_counters and
 *     told through kernel_config.event.
 * Threads: one thread per kernel.
 */
#ifndef SEIN_BROKER_KERNEL_KERNEL_H
#define SEIN_BROKER_KERNEL_KERNEL_H

#include "broker/store/store.h"
#include "proto/trust/directory.h"

struct kernel;

/** A ROUTER's name for a connection: only an address to answer to. */
#define KERNEL_PEER_MAX 255U
struct kernel_peer {
    uint8_t len;
    uint8_t bytes[KERNEL_PEER_MAX];
};

/* Per member; PROTOCOL.md section 10, put.  0 allows nothing; a burst is at
 * most UINT32_MAX. */
struct kernel_quota {
    uint64_t letters_max;   /* waiting at once */
    uint64_t bytes_max;     /* waiting at once */
    uint64_t presences_max; /* live at once */
    uint64_t items_per_s;   /* token bucket: items a second ... */
    uint64_t items_burst;   /* ... and how many at once */
    uint64_t sessions_max;  /* connections at once */
};

/* Something that an operator may want in the log: never a household, never a
 * payload; ids shortened by the logger. */
enum kernel_event_type {
    KERNEL_EVENT_SESSION_OPEN,
    KERNEL_EVENT_SESSION_CLOSED,
    KERNEL_EVENT_TAKEN_OVER,
    KERNEL_EVENT_REFUSED, /* a whole request or an item; err says why */
    KERNEL_EVENT_LEASE_OVER,
    KERNEL_EVENT_NOT_COLLECTED,
    KERNEL_EVENT_EXPIRED,
    KERNEL_EVENT_DESK_UNREAD,
    KERNEL_EVENT_DAMAGED,
    KERNEL_EVENT_KEYHOLDER_READY,
    KERNEL_EVENT_KEYHOLDER_GONE,
    KERNEL_EVENT_PRESENCE_ENDED, /* expired (ok), or err: may stand no longer */
};
struct kernel_event {
    enum kernel_event_type type;
    struct sein_key_id key_id;
    struct sein_desk_name desk;
    struct sein_op_id op_id;
    enum sein_err err;
};

struct kernel_counters {
    uint64_t frames_in, frames_out, frames_bad;
    uint64_t items_put, items_duplicate, items_refused;
    uint64_t items_delivered, items_acked, items_redelivered;
    uint64_t items_withdrawn, items_expired, events_made;
    uint64_t presences_put, presences_renewed, presences_withdrawn;
    uint64_t presences_expired, presences_fallen;
    uint64_t deposits_forgotten; /* ids on lists for keyholders */
    uint64_t matches_made, matches_accepted, matches_revealed, matches_ended;
    uint64_t evals_relayed, evals_late, evals_away, evals_stray;
    uint64_t evals_waiting, keyholders;
    uint64_t commits, sessions, outstanding;
};

/** Called per frame to send; false: the peer is gone or cannot take it. */
typedef bool kernel_send(void *context, const struct kernel_peer *peer,
                         struct sein_slice frame);

struct kernel_config {
    /* Signs the heads; keeps (the caller outlives the kernel). */
    const uint8_t *receipt_secret; /* SEIN_SIGN_SECRET_BYTES */
    /* What the idx of a tag is made with; keeps. */
    const uint8_t *idx_key; /* SEIN_KEY_BYTES */
    struct kernel_quota quota;
    int64_t lease_ms; /* 0: SEIN_LEASE_MS */
    /* May be NULL.  It does not call the kernel. */
    void (*event)(void *context, const struct kernel_event *event);
    void *event_context;
};

/**
 * kernel_new - a kernel without sessions.
 *
 * config   borrows the struct, keeps what it points to
 * dir      takes: the current directory; *dir is set to NULL
 * Errors:  SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err kernel_new(const struct kernel_config *config,
                                      struct sein_directory **dir,
                                      struct kernel **out_kernel);
void kernel_free(struct kernel **kernel);

/** kernel_directory - the current one; borrowed until the next swap. */
const struct sein_directory *kernel_directory(const struct kernel *kernel);

/**
 * kernel_swap_directory - put a newer directory in force, from the next message
 * on; sessions whose key may no longer connect or read are closed.
 *
 * dir      takes; already accepted by sein_directory_accept_next and stored
 */
void kernel_swap_directory(struct kernel *kernel, struct sein_directory **dir,
                           int64_t now_ms);

/** kernel_drain - from now on put, withdraw, prekey_put, receipt_get, those
 *  of presences, eval, eval_ready and hello get SEIN_EBUSY, and nothing is
 * delivered; acks and answers of keyholders are taken. */
void kernel_drain(struct kernel *kernel);

/** kernel_bye - the last word: a bye to every session, which is closed; what
 *  was outstanding goes back.  Between turns only. */
void kernel_bye(struct kernel *kernel, kernel_send *send, void *context);

/**
 * kernel_set_full - whether the disk is (nearly) full.
 *
 * While it is, an item that would store more (of put and prekey_put) gets the
 * verdict SEIN_EFULL, with a time, without writing to the transaction; what was
 * accepted before still gets its receipt, and hello, deliver, ack and withdraw
 * go on.
 */
void kernel_set_full(struct kernel *kernel, bool full);

/** kernel_set_quota - other quotas, from the next message on; borrows. */
void kernel_set_quota(struct kernel *kernel, const struct kernel_quota *quota);

/** kernel_begin - start a turn; txn is borrowed until kernel_seal returned.
 *
 * Errors:  as kernel_take. */
SEIN_CHECKED enum sein_err kernel_begin(struct kernel *kernel,
                                        struct store_txn *txn, int64_t now_ms);

/**
 * kernel_take - one frame of one peer.
 *
 * key_id   of the connection that the frame came over, from the ZAP user id of
 *          the frame itself; never from what the frame says
 * frame    borrowed until kernel_finish returned
 *
 * Errors:  only what ends the turn: SEIN_EIO, SEIN_EFULL, SEIN_ENOMEM. Whatever
 *          a peer did wrong is answered, counted, and SEIN_OK here.
 */
SEIN_CHECKED enum sein_err kernel_take(struct kernel *kernel,
                                       const struct kernel_peer *peer,
                                       const struct sein_key_id *key_id,
                                       struct sein_slice frame);

/** kernel_sweep - expiry, not collected, desk unread, leases, late keyholders,
 *  old receipts; at most a bounded amount a call.  Errors: as kernel_take. */
SEIN_CHECKED enum sein_err kernel_sweep(struct kernel *kernel);

/** kernel_seal - build tree and head, store both, read deliveries.
 *
 * out_changed  whether the transaction must be committed (false: roll back)
 * Errors: as kernel_take. */
SEIN_CHECKED enum sein_err kernel_seal(struct kernel *kernel,
                                       bool *out_changed);

/**
 * kernel_finish - end the turn.
 *
 * committed  SEIN_OK: send all.  SEIN_EFULL: nothing of the turn happened;
 *            those who asked for a change get that error, nothing is
 *            delivered.  Any other: nothing is sent at all (the caller stops,
 *            or lets its peers ask again).
 * send       false of a frame closes the peer's session
 */
void kernel_finish(struct kernel *kernel, enum sein_err committed,
                   kernel_send *send, void *context);

/** kernel_has_work - whether deliveries wait that peers have credit for, or
 *  peers are to hear of a keyholder that is gone, so that another turn should
 *  follow at once. */
bool kernel_has_work(const struct kernel *kernel);

/** kernel_next_deadline - when kernel_sweep has something to do; INT64_MAX for
 *  never. */
int64_t kernel_next_deadline(const struct kernel *kernel);

const struct kernel_counters *kernel_counters(const struct kernel *kernel);

#endif
