/*
 * What is wrong in a folder: each with its place and what to do about it.
 *
 * Reading goes on after a problem, so that people see them all at once.
 * Threads: one at a time per list.
 */
#ifndef SEIN_CLIENT_GOVERN_PROBLEMS_H
#define SEIN_CLIENT_GOVERN_PROBLEMS_H

#include "client/govern/arena.h"
#include "client/govern/govern.h"

struct problems {
    struct arena *arena;
    struct govern_problem *items;
    size_t count;
    bool whole; /* what is added now lies between files */
};

/** Where a problem is; texts are borrowed and outlive the list. */
struct place {
    const char *file;
    size_t line;         /* 0: the whole file */
    const char *section; /* as "desk noord"; "" none */
    const char *field;   /* "" none */
};

/**
 * problems_add - remember one.
 *
 * detail   what stands there, copied; NULL: nothing
 * nl, en   static sentences: what is wrong; what to do
 */
void problems_add(struct problems *problems, enum sein_err err,
                  struct place place, const char *detail, const char *nl,
                  const char *en);

#endif
