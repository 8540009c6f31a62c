/*
 * What the modules of the kernel share: the inside of struct kernel.
 *
 * Included by broker/kernel and broker/retention only.
 */
#ifndef SEIN_BROKER_KERNEL_STATE_H
#define SEIN_BROKER_KERNEL_STATE_H

#include "broker/kernel/effects.h"
#include "broker/kernel/kernel.h"
#include "broker/kernel/request.h"
#include "broker/kernel/session.h"
#include "broker/kernel/table.h"
#include "broker/kernel/ticket.h"
#include "broker/receipts.h"
#include "proto/trust/may.h"

/* What one turn does, forgotten when it ends. */
struct turn {
    struct store_txn *txn; /* NULL iff no turn is open */
    bool changed;          /* something was written to txn */
    struct desk *touched;
    struct delivery *fresh;     /* handed out by this turn */
    struct delivery_list acked; /* acknowledged by this turn */
    struct session *closed;     /* by this turn; what is in acked points here */
    struct kernel_counters base; /* to go back to */
    size_t delivered_bytes;
};

struct kernel {
    struct kernel_config config;
    struct sein_directory *dir;
    int64_t now_ms; /* of the turn */
    bool begun;     /* a turn was begun since the kernel was made */
    bool draining;
    bool full;           /* the disk; what would store more is refused */
    uint64_t first_head; /* the first head of this kernel's life, or later */
    struct table sessions;
    struct session *oldest, *newest; /* by when they were last heard */
    struct table desks;
    struct desk *hot, *hot_last;
    struct table deliveries;
    struct table members;
    struct tickets tickets;
    struct receipts receipts;
    struct effects effects;
    struct turn turn;
    int64_t sweep_at_ms;
    uint64_t pass_seq;  /* presences up to it were compared in this pass */
    int64_t pass_at_ms; /* when the next pass over the presences begins */
    /* Lists for keyholders up to it were looked at in this pass. */
    bool lists_any;
    struct store_deposits lists_upto;
    int64_t lists_at_ms; /* when the next pass over the lists begins */
    struct kernel_counters counters;
};

/* Beyond it a bucket's arithmetic would not fit. */
#define QUOTA_BURST_MAX UINT32_MAX
/* When a disk that was full is worth another try. */
#define KERNEL_FULL_RETRY_MS (10 * SEIN_MS_PER_S)

/** kernel_ops - the store of this turn. */
const struct store_ops *kernel_ops(const struct kernel *kernel);

/**
 * kernel_fatal - an unexpected result of the store as one that ends the turn.
 *
 * What is half done must not be committed, whatever the reason.
 */
enum sein_err kernel_fatal(enum sein_err err);

/** kernel_is_fatal - whether an error ends the turn. */
bool kernel_is_fatal(enum sein_err err);

/** kernel_tell - hand an event to the operator's log; what is NULL is left
 *  out. */
void kernel_tell(const struct kernel *kernel, enum kernel_event_type type,
                 const struct sein_key_id *key_id, const char *desk,
                 const struct sein_op_id *op_id, enum sein_err err);

#endif
