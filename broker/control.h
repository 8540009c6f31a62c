/*
 * Answering the operator: the admin commands, the metrics, and reloading.
 *
 * Threads: the loop's.
 */
#ifndef SEIN_BROKER_CONTROL_H
#define SEIN_BROKER_CONTROL_H

#include "broker/stream.h"

struct broker;

/** control_admin, control_metrics - stream handlers; context: the broker. */
stream_handler control_admin;
stream_handler control_metrics;

/**
 * control_reload - configuration and incoming directories, each verified first
 * and then put in force whole; what is wrong leaves the old one.
 *
 * out  an answer in JSON is added; NULL: only the log is told
 * Returns whether all of it was right.
 */
bool control_reload(struct broker *broker, struct text *out);

/** control_drain - begin to stop: nothing new is taken. */
void control_drain(struct broker *broker);

#endif
