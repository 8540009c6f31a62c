/*
 * A store on another store, of which one call fails: the nth.
 *
 * Everything else is passed on.  A call that fails does nothing; a commit that
 * fails rolls back.
 */
#ifndef SEIN_TESTS_SUPPORT_FAULTY_STORE_H
#define SEIN_TESTS_SUPPORT_FAULTY_STORE_H

#include "broker/store/store.h"

struct faulty_store {
    struct store base;
    struct store_txn txn; /* the one that is given out */
    struct store *inner;
    struct store_txn *inner_txn;
    uint64_t calls;     /* so far */
    uint64_t fail_at;   /* this one fails, counted from 1; 0: none */
    enum sein_err with; /* what it fails with */
};

/** faulty_store_new - takes inner.  Closing it frees both. */
struct store *faulty_store_new(struct store **inner);

/** faulty_store_arm - the nth call from now on fails; 0: none does. */
void faulty_store_arm(struct store *store, uint64_t nth, enum sein_err with);

/** faulty_store_fired - whether it has failed since it was armed. */
bool faulty_store_fired(const struct store *store);

#endif
