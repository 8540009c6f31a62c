/*
 * seinhuisd --init: keys, folders and a first configuration, and the line that
 * the governance puts into the directory.
 *
 * What is there is kept; keys are never overwritten.
 * Threads: the first one, before others are started.
 */
#ifndef SEIN_BROKER_INIT_H
#define SEIN_BROKER_INIT_H

#include "broker/arguments.h"

/**
 * init_run - do it; the line goes to stdout, the rest to stderr.
 *
 * Errors:  SEIN_EUSAGE an option is missing, or contradicts a configuration
 *          that is there; SEIN_ECONFIG that one is wrong; SEIN_EIO something
 *          could not be made; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err init_run(const struct arguments *arguments);

#endif
