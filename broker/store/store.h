/*
 * The contract of what the broker keeps: items that wait, operations that were
 * accepted, heads of the log, desks, prekeys, directories.
 *
 * A backend is a const struct store_ops; its handles begin with the two structs
 * below.  One contract test runs against every backend
 * (tests/unit/broker/store/test_store.c).
 *  1. What a committed transaction wrote is there after any crash; what a
 *     transaction wrote that did not commit is not.
 *  2. One transaction is open at a time.
 *  3. An erased item's bytes are nowhere in the backend's files after the next
 *     maintain (PROTOCOL.md; property P8).
 *  4. usage counts exactly the letters (type 0) that are there, per OIN of
 *     `from`.
 * Errors common to all:
 *  SEIN_EIO    the disk failed; the caller stops and recovers from disk.  Until
 *              the store is opened anew, begin gives SEIN_EIO again.
 *  SEIN_EFULL  no space.  From then on full() holds and new letters are
 * refused, so that what is left serves erasing, until a maintain finds room
 *              again.  Such a refusal changes nothing and the transaction goes
 *              on; when it cannot go on, all its later calls and its commit
 * give SEIN_EFULL too. SEIN_ENOMEM the transaction must be rolled back; the
 * store goes on. Threads: one thread per store.
 */
#ifndef SEIN_BROKER_STORE_STORE_H
#define SEIN_BROKER_STORE_STORE_H

#include "proto/base/ids.h"

struct store_ops;

/* What a tag is stored under: never the tag (PROTOCOL.md section 17). */
struct store_idx {
    uint8_t bytes[SEIN_ID_BYTES];
};

/** What every backend's handle begins with. */
struct store {
    const struct store_ops *ops;
};

/** What every backend's transaction begins with. */
struct store_txn {
    struct store *store;
};

/** One item on a desk's queue: a letter, or an event of the broker. */
struct store_item {
    uint64_t seq;               /* given by item_put; ascending, never reused */
    uint64_t type;              /* SEIN_ITEM_LETTER or SEIN_ITEM_EVENT */
    struct sein_desk_name desk; /* on whose queue */
    struct sein_letter_id letter_id; /* an event's own event_id for an event */
    struct sein_desk_name from;      /* return desk; empty for an event */
    struct sein_key_id from_key;     /* zeros for an event */
    struct sein_circle_name circle;
    int64_t accepted_at_ms;
    int64_t expires_at_ms;
    int64_t collect_by_ms;   /* when to report it; 0 iff reported or never */
    struct sein_slice bytes; /* the letter or event as it is delivered */
};

/** An accepted operation, by which the same id gives the same receipt.  That of
 *  a letter has the letter's id, whose time is at most SEIN_CLOCK_AHEAD_MS
 * after time_ms: so it was accepted. */
struct store_op {
    struct sein_hash item_hash;
    uint8_t k_event[SEIN_HASH_BYTES];
    uint64_t type; /* enum sein_leaf_type */
    int64_t time_ms;
    uint64_t head_seq;
    uint64_t leaf_index;
};

/** A head with the leaves under it; leaves is empty after 30 days. */
struct store_head {
    uint64_t seq;
    int64_t time_ms;
    struct sein_slice head; /* as transmitted */
    uint8_t signature[SEIN_SIG_BYTES];
    struct sein_slice leaves; /* count * 32 bytes */
};

struct store_desk {
    struct sein_home_id home_id; /* zeros iff never read */
    int64_t last_read_ms;
};

struct store_prekey {
    uint64_t seq;
    int64_t not_after_ms;
    struct sein_slice statement;
    uint8_t signature[SEIN_SIG_BYTES];
};

struct store_usage {
    uint64_t letters;
    uint64_t bytes;
};

/** A desk's presence under an idx: at most one. */
struct store_presence {
    uint64_t seq; /* given by presence_put */
    struct sein_presence_id presence_id;
    struct store_idx idx;
    struct sein_circle_name circle;
    uint64_t epoch;
    struct sein_desk_name desk;
    struct sein_key_id key_id;
    uint64_t link;
    int64_t put_at_ms;
    int64_t expires_at_ms;
    size_t deposit_len;
    uint8_t deposit[SEIN_DEPOSIT_MAX]; /* as it was put */
};

/** One side of a match. */
struct store_side {
    struct sein_desk_name desk;
    uint64_t link;     /* that the other side was, or will be, shown */
    uint64_t item_seq; /* of the last match item for it; 0 iff none */
    bool here;         /* its presence has not ended since */
    bool told;         /* it knows, or has an item that says so */
    bool accepted;
};

/** Two desks under one idx; sides[0].desk is below sides[1].desk. */
struct store_match {
    struct sein_match_id match_id;
    struct store_idx idx;
    struct store_side sides[2];
    bool revealed;
    bool ended; /* kept so that an accept is answered as ever */
};

/** Presences that a member put on one day (UTC) in one circle and epoch. */
struct store_deposits {
    struct sein_circle_name circle;
    uint64_t epoch;
    uint64_t day; /* since 1970 */
    struct sein_oin oin;
};

/* Called once per row; views live until it returns.  It must not use the
 * transaction that it is called from.  A result other than SEIN_OK ends the
 * walk; SEIN_ECANCELED ends it without being an error. */
typedef enum sein_err store_item_visit(void *context,
                                       const struct store_item *item);
typedef enum sein_err store_head_visit(void *context,
                                       const struct store_head *head);
typedef enum sein_err store_prekey_visit(void *context,
                                         const struct store_prekey *prekey);

enum store_due {
    STORE_DUE_COLLECT, /* collect_by_ms set and <= now */
    STORE_DUE_EXPIRED, /* expires_at_ms <= now */
};

/* ---- what a transaction does ---- */

/* The log's identity; SEIN_ENOENT before the first log_start.  A start
 * drops the heads of the log before, and numbering begins again at 1.
 * Operations accepted under the log before stay known, with head_seq 0:
 * no receipt can be built for them. */
typedef enum sein_err store_log_get(struct store_txn *txn,
                                    struct sein_log_id *out_log_id);
typedef enum sein_err store_log_start(struct store_txn *txn,
                                      const struct sein_log_id *log_id);
/* SEIN_EEXIST the seq is there. */
typedef enum sein_err store_head_put(struct store_txn *txn,
                                     const struct store_head *head);
/* Ascending from seq `from`, at most max; visit is called per head. */
typedef enum sein_err store_head_each(struct store_txn *txn, uint64_t from,
                                      size_t max, store_head_visit *visit,
                                      void *context);
/* The newest; SEIN_ENOENT when there is none. */
typedef enum sein_err store_head_last(struct store_txn *txn,
                                      store_head_visit *visit, void *context);

/* SEIN_ENOENT / SEIN_EEXIST as the names say; op_put replaces an operation
 * whose head_seq is 0, which is then a leaf of the new log. */
typedef enum sein_err store_op_get(struct store_txn *txn, struct sein_slice oin,
                                   const struct sein_op_id *op_id,
                                   struct store_op *out_op);
typedef enum sein_err store_op_put(struct store_txn *txn, struct sein_slice oin,
                                   const struct sein_op_id *op_id,
                                   const struct store_op *op);
/* Forgets operations older than before_ms, and the leaves of heads that
 * are older; at most max of each.  out_count: operations forgotten. */
typedef enum sein_err store_op_forget(struct store_txn *txn, int64_t before_ms,
                                      size_t max, size_t *out_count);

/* Keeps a copy of item->bytes; item->seq is not looked at.  SEIN_EEXIST the
 * letter id is there; SEIN_EFULL when full() and it is a letter. */
typedef enum sein_err store_item_put(struct store_txn *txn,
                                     const struct store_item *item,
                                     uint64_t *out_seq);
/* Ascending seq > after on one desk's queue, at most max.  An item whose
 * bytes are not those that were put is passed over, and SEIN_EDAMAGED is
 * the result once the others were visited: the caller reports it and goes
 * on; such an item is due and expires as any other. */
typedef enum sein_err store_item_each(struct store_txn *txn,
                                      struct sein_slice desk, uint64_t after,
                                      size_t max, store_item_visit *visit,
                                      void *context);
/* One item; bytes is left empty.  SEIN_ENOENT. */
typedef enum sein_err store_item_get(struct store_txn *txn, uint64_t seq,
                                     struct store_item *out_item);
typedef enum sein_err store_item_find(struct store_txn *txn,
                                      const struct sein_letter_id *letter_id,
                                      struct store_item *out_item);
typedef enum sein_err store_item_erase(struct store_txn *txn, uint64_t seq);
/* Sets collect_by_ms to 0. */
typedef enum sein_err store_item_reported(struct store_txn *txn, uint64_t seq);
/* Letters and events that are due, at most max; bytes is left empty.  They
 * come by the earlier of collect_by_ms, if set, and expires_at_ms; then by
 * seq. */
typedef enum sein_err store_item_due(struct store_txn *txn, enum store_due due,
                                     int64_t now_ms, size_t max,
                                     store_item_visit *visit, void *context);
/* Oldest letter per (desk, from) on desks whose last_read_ms is before
 * read_before_ms, that waits since before read_before_ms and whose sender
 * was not told since the desk was last read; bytes is left empty. */
typedef enum sein_err store_unread_due(struct store_txn *txn,
                                       int64_t read_before_ms, size_t max,
                                       store_item_visit *visit, void *context);
typedef enum sein_err store_unread_told(struct store_txn *txn,
                                        struct sein_slice desk,
                                        struct sein_slice from);

/* A desk without a row reads as zeros. */
typedef enum sein_err store_desk_get(struct store_txn *txn,
                                     struct sein_slice desk,
                                     struct store_desk *out_desk);
/* Also forgets who was told that the desk is unread. */
typedef enum sein_err store_desk_put(struct store_txn *txn,
                                     struct sein_slice desk,
                                     const struct store_desk *desk_row);

/* Highest seq first, at most max. */
typedef enum sein_err store_prekey_each(struct store_txn *txn,
                                        struct sein_slice desk, size_t max,
                                        store_prekey_visit *visit,
                                        void *context);
/* Keeps the newest SEIN_PREKEYS_SERVED_MAX of a desk; SEIN_EEXIST. */
typedef enum sein_err store_prekey_put(struct store_txn *txn,
                                       struct sein_slice desk,
                                       const struct store_prekey *prekey);

/* Signed directories by version; SEIN_EEXIST. */
typedef enum sein_err store_directory_put(struct store_txn *txn,
                                          uint64_t version,
                                          int64_t issued_at_ms,
                                          struct sein_slice bytes);
/* Appends version's bytes from offset on, at most max, to out; out_total is
 * the whole length; nothing is appended from offset == total on.  version
 * 0 is the newest.  SEIN_ENOENT; SEIN_ETOOLONG out is too small. */
typedef enum sein_err store_directory_read(struct store_txn *txn,
                                           uint64_t version, size_t offset,
                                           size_t max, struct sein_writer *out,
                                           size_t *out_total,
                                           uint64_t *out_version);
/* Never forgets the newest. */
typedef enum sein_err store_directory_forget(struct store_txn *txn,
                                             int64_t issued_before_ms);

typedef enum sein_err store_usage_get(struct store_txn *txn,
                                      struct sein_slice oin,
                                      struct store_usage *out_usage);

/* What stands, once written, gives SEIN_EDAMAGED when it is no longer what
 * was written; what was read of it is in out then, seq or match_id always.
 */

/* Replaces the desk's presence under that idx, if there is one;
 * presence->seq is not looked at.  SEIN_EEXIST the presence_id is there;
 * SEIN_EFULL when full(): nothing was written. */
typedef enum sein_err store_presence_put(struct store_txn *txn,
                                         const struct store_presence *presence);
/* SEIN_ENOENT. */
typedef enum sein_err
store_presence_get(struct store_txn *txn,
                   const struct sein_presence_id *presence_id,
                   struct store_presence *out_presence);
typedef enum sein_err store_presence_at(struct store_txn *txn,
                                        const struct store_idx *idx,
                                        struct sein_slice desk,
                                        struct store_presence *out_presence);
/* The next desk under an idx in order of desk, after a desk or, when that
 * is empty, from the first.  SEIN_ENOENT none. */
typedef enum sein_err store_presence_next(struct store_txn *txn,
                                          const struct store_idx *idx,
                                          struct sein_slice after,
                                          struct store_presence *out_presence);
/* How many stand under an idx. */
typedef enum sein_err store_presence_under(struct store_txn *txn,
                                           const struct store_idx *idx,
                                           uint64_t *out_count);
/* The one that expires first, if it has by now_ms.  SEIN_ENOENT none. */
typedef enum sein_err store_presence_due(struct store_txn *txn, int64_t now_ms,
                                         struct store_presence *out_presence);
/* The next by seq, of all.  SEIN_ENOENT none. */
typedef enum sein_err store_presence_walk(struct store_txn *txn, uint64_t after,
                                          struct store_presence *out_presence);
/* SEIN_ENOENT. */
typedef enum sein_err store_presence_erase(struct store_txn *txn, uint64_t seq);
/* How many a member has; of an empty oin, how many all have. */
typedef enum sein_err store_presence_count(struct store_txn *txn,
                                           struct sein_slice oin,
                                           uint64_t *out_count);

/* SEIN_EEXIST: its id, or one of the same two desks under the idx that has
 * not ended. */
typedef enum sein_err store_match_put(struct store_txn *txn,
                                      const struct store_match *match);
/* SEIN_ENOENT. */
typedef enum sein_err store_match_get(struct store_txn *txn,
                                      const struct sein_match_id *match_id,
                                      struct store_match *out_match);
/* The one of two desks, in order, that has not ended.  SEIN_ENOENT. */
typedef enum sein_err store_match_pair(struct store_txn *txn,
                                       const struct store_idx *idx,
                                       struct sein_slice first,
                                       struct sein_slice second,
                                       struct store_match *out_match);
/* The next of a desk under an idx by match_id; after NULL: the first.
 * SEIN_ENOENT none. */
typedef enum sein_err store_match_next(struct store_txn *txn,
                                       const struct store_idx *idx,
                                       struct sein_slice desk,
                                       const struct sein_match_id *after,
                                       struct store_match *out_match);
/* Writes link, item_seq, here, told, accepted, revealed and ended.
 * SEIN_ENOENT. */
typedef enum sein_err store_match_update(struct store_txn *txn,
                                         const struct store_match *match);
/* SEIN_ENOENT. */
typedef enum sein_err store_match_erase(struct store_txn *txn,
                                        const struct sein_match_id *match_id);
/* Of all, ended ones too. */
typedef enum sein_err store_match_count(struct store_txn *txn,
                                        uint64_t *out_count);

/* For the keyholders: that a presence was put.  A second time is none. */
typedef enum sein_err
store_deposit_put(struct store_txn *txn, const struct store_deposits *deposits,
                  const struct sein_presence_id *presence_id);
/* The next by day, circle, epoch and oin; after NULL: the first.
 * SEIN_ENOENT none. */
typedef enum sein_err store_deposit_next(struct store_txn *txn,
                                         const struct store_deposits *after,
                                         struct store_deposits *out_deposits);
/* Ids ascending, after one or, when NULL, from the first; at most max. */
typedef enum sein_err
store_deposit_ids(struct store_txn *txn, const struct store_deposits *deposits,
                  const struct sein_presence_id *after, size_t max,
                  struct sein_presence_id *out_ids, size_t *out_count);
/* Forgets those of days before; at most max.  out_count: how many. */
typedef enum sein_err store_deposit_forget(struct store_txn *txn,
                                           uint64_t before_day, size_t max,
                                           size_t *out_count);
/* Forgets one list; at most max of its ids.  out_count: how many. */
typedef enum sein_err store_deposit_drop(struct store_txn *txn,
                                         const struct store_deposits *deposits,
                                         size_t max, size_t *out_count);

/* The last list that a keyholder's desk acknowledged, in the order of
 * deposit_next; of those before it there is none that it should still get.
 * SEIN_ENOENT it acknowledged none. */
typedef enum sein_err store_listed_get(struct store_txn *txn,
                                       struct sein_slice desk,
                                       struct store_deposits *out_deposits);
typedef enum sein_err store_listed_put(struct store_txn *txn,
                                       struct sein_slice desk,
                                       const struct store_deposits *deposits);
/* The latest day of all that were acknowledged; 0 when there is none. */
typedef enum sein_err store_listed_day(struct store_txn *txn,
                                       uint64_t *out_day);

/* All waiting letters, events and match items, for status and metrics:
 * letters counts them all. */
typedef enum sein_err store_count(struct store_txn *txn,
                                  struct store_usage *out_all);

/* All of these: a slot of struct store_ops each, and a function of each
 * backend. */
/* clang-format off */
#define STORE_CALLS(X) \
    X(log_get) X(log_start) \
    X(head_put) X(head_each) X(head_last) \
    X(op_get) X(op_put) X(op_forget) \
    X(item_put) X(item_each) X(item_get) X(item_find) X(item_erase) \
    X(item_reported) X(item_due) \
    X(unread_due) X(unread_told) \
    X(desk_get) X(desk_put) \
    X(prekey_each) X(prekey_put) \
    X(directory_put) X(directory_read) X(directory_forget) \
    X(usage_get) \
    X(presence_put) X(presence_get) X(presence_at) X(presence_next) \
    X(presence_under) X(presence_due) X(presence_walk) X(presence_erase) \
    X(presence_count) \
    X(match_put) X(match_get) X(match_pair) X(match_next) X(match_update) \
    X(match_erase) X(match_count) \
    X(deposit_put) X(deposit_next) X(deposit_ids) X(deposit_forget) \
    X(deposit_drop) \
    X(listed_get) X(listed_put) X(listed_day) \
    X(count)
/* clang-format on */

/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member */
#define STORE_SLOT(name) store_##name *name;
struct store_ops {
    const char *scheme; /* "sqlite", "memory" */

    /* out_store gives: close frees it.  path is a folder that exists, with the
     * backend's files in it; a newer schema than ours is SEIN_EVERSION, what
     * is no database SEIN_EDAMAGED, one that is in use SEIN_EBUSY.  In memory,
     * path is not looked at and close forgets everything. */
    enum sein_err (*open)(const char *path, struct store **out_store);
    void (*close)(struct store **store);

    /* SEIN_EINTERNAL when one is open already. */
    enum sein_err (*begin)(struct store *store, struct store_txn **out_txn);
    /* Durable when SEIN_OK.  Takes *txn, whatever the result. */
    enum sein_err (*commit)(struct store_txn **txn);
    /* Accepts NULL and a transaction that was committed. */
    void (*rollback)(struct store_txn **txn);

    STORE_CALLS(STORE_SLOT)

    /* Between transactions: move the write-ahead log into the database and
     * empty it, so that what was erased is gone from the files. */
    enum sein_err (*maintain)(struct store *store);
    /* Whether new letters are refused for want of space. */
    bool (*full)(const struct store *store);
    /* Bytes that a maintain would move now: the caller maintains after an
     * erasure, and before this grows past what the disk should carry. */
    uint64_t (*unmaintained)(const struct store *store);
    /* Between transactions: a consistent copy into another folder, which is
     * made when it is absent, while in use.  SEIN_EEXIST a copy is there;
     * SEIN_ENOTSUP in memory. */
    enum sein_err (*backup)(struct store *store, const char *to_path);
};
#undef STORE_SLOT

/* The database, in the folder that is opened. */
#define STORE_SQLITE_FILE "seinhuis.db"
extern const struct store_ops store_sqlite_ops;
extern const struct store_ops store_memory_ops;

#endif
