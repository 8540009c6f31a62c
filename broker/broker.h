/*
 * All parts of a running broker in one struct that main owns: how they are
 * put together, in which order, and how they are taken apart.
 *
 *  1. Before broker_open returns SEIN_OK nothing that a member sent is handled,
 *     and the broker has seen its own door refuse strangers.
 *  2. A directory is in force, and it was accepted for its signatures.
 * Threads: one thread, the loop's; libzmq has its own.
 */
#ifndef SEIN_BROKER_BROKER_H
#define SEIN_BROKER_BROKER_H

#include "broker/clock.h"
#include "broker/config.h"
#include "broker/directories.h"
#include "broker/front.h"
#include "broker/kernel/kernel.h"
#include "broker/keys.h"
#include "broker/log.h"
#include "broker/mark.h"
#include "broker/notify.h"
#include "broker/store/store.h"
#include "broker/stream.h"
#include "broker/zap.h"

enum broker_state {
    BROKER_STARTING,
    BROKER_SERVING,
    BROKER_DRAINING, /* finishing what is under way */
    BROKER_STOPPED,
};

/* What upkeep.c remembers. */
struct upkeep {
    int64_t maintained_ms;
    int64_t disk_ms;
    uint64_t erased; /* erased items when the files were last cleaned */
    uint64_t room;   /* free on the disk, when it was looked at last */
    struct front_counters dropped; /* what the log was told of */
};

struct broker {
    struct config config;
    const char *config_path;
    enum broker_state state;
    struct clock clock;
    int64_t started_at_ms;
    struct log *log;
    struct keys *keys;
    struct store *store;
    struct mark *mark;
    void *zmq;
    struct zap *zap;
    struct front *front;
    struct kernel *kernel;
    struct stream *admin;
    struct stream *metrics;
    uint16_t metrics_port;
    struct notify notify;
    /* Directory in force while there is no kernel yet to keep it. */
    struct sein_directory *first_directory;
    bool full;           /* new letters are refused for lack of space */
    bool dirty;          /* committed since the files were last cleaned */
    uint64_t store_full; /* turns that found the disk full */
    struct upkeep upkeep;
};

/** Why a start failed, for people. */
struct broker_fault {
    char text[512];
};

/**
 * broker_open - from configuration to listening.
 *
 * config_path  keeps
 * broker       written; broker_close also takes apart a half-built one
 *
 * Errors:  SEIN_ECONFIG something the operator must set right (configuration,
 *          keys, no or no right directory); SEIN_EEXIST another broker uses
 *          this store or address; SEIN_EIO; SEIN_ENOMEM; SEIN_EINTERNAL the
 *          self-test failed; SEIN_EVERSION a newer store; those of the store.
 */
SEIN_CHECKED enum sein_err broker_open(const char *config_path,
                                       struct broker *broker,
                                       struct broker_fault *out_fault);
void broker_close(struct broker *broker);

/** broker_directory - the one in force. */
const struct sein_directory *broker_directory(const struct broker *broker);

/** broker_listed - whether the directory in force names our keys. */
bool broker_listed(const struct broker *broker);

/** broker_ready - whether members are served in full. */
bool broker_ready(const struct broker *broker);

/** broker_quota - the kernel's part of a configuration. */
struct kernel_quota broker_quota(const struct config *config);

/** broker_tell_directory - log the one in force, and what is wrong with it. */
void broker_tell_directory(struct broker *broker);

/** broker_told - a directories_told that writes the log; context: broker. */
void broker_told(void *context, const char *file, uint64_t version,
                 enum sein_err err);

#endif
