#include "broker/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <zmq.h>

#include "broker/control.h"
#include "broker/failpoint.h"
#include "broker/turn.h"
#include "broker/upkeep.h"

/* Nothing that we wait for is further away than this. */
#define LOOP_WAIT_MAX_MS 60000
/* In a test build time comes from a file: look often. */
#define LOOP_WAIT_TEST_MS 20
/* Draining: how long deliveries may still be acknowledged, and how long
 * nothing may come in before we believe that nothing will. */
#define LOOP_DRAIN_MS 3000
#define LOOP_QUIET_MS 100

enum { ITEM_FRONT, ITEM_ZAP, ITEM_SIGNAL, ITEM_FIXED };

struct loop {
    struct broker *broker;
    int signal_fd;
    bool at_once; /* a second signal came */
    int64_t drain_until_ms;
    int64_t heard_ms; /* when a frame came in last */
    zmq_pollitem_t items[ITEM_FIXED + 2 * STREAM_ITEMS_MAX];
    size_t admin_count, metrics_count;
};

enum sein_err
loop_block_signals(int *out_fd)
{
    sigset_t signals;
    int fd = -1;

    (void)sigemptyset(&signals); /* these four cannot fail */
    (void)sigaddset(&signals, SIGHUP);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        return SEIN_EIO;
    fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return SEIN_EIO;
    *out_fd = fd;
    return SEIN_OK;
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Wall and monotonic deadlines, as milliseconds from now. */
static long
wait_ms(const struct loop *loop)
{
    const struct broker *broker = loop->broker;
    int64_t wall = kernel_next_deadline(broker->kernel);
    int64_t mono = earlier(stream_deadline(broker->admin),
                           stream_deadline(broker->metrics));
    int64_t wait = LOOP_WAIT_MAX_MS;

    if (turn_is_due(broker))
        return 0;
    if (wall != INT64_MAX)
        wait = earlier(wait, wall - broker->clock.now_ms);
    if (mono != INT64_MAX)
        wait = earlier(wait, mono - broker->clock.mono_ms);
    wait = earlier(wait, upkeep_wait_ms(broker));
    if (broker->state == BROKER_DRAINING)
        wait = earlier(wait, LOOP_QUIET_MS);
    if (clock_is_tested())
        wait = earlier(wait, LOOP_WAIT_TEST_MS);
    return wait > 0 ? (long)wait : 0;
}

static enum sein_err
wait_for_something(struct loop *loop)
{
    struct broker *broker = loop->broker;
    zmq_pollitem_t *items = loop->items;
    size_t count = ITEM_FIXED;

    items[ITEM_FRONT] = (zmq_pollitem_t){ .socket = front_socket(broker->front),
                                          .events = ZMQ_POLLIN };
    items[ITEM_ZAP] = (zmq_pollitem_t){ .socket = zap_socket(broker->zap),
                                        .events = ZMQ_POLLIN };
    items[ITEM_SIGNAL] =
        (zmq_pollitem_t){ .fd = loop->signal_fd, .events = ZMQ_POLLIN };
    loop->admin_count = stream_items(broker->admin, items + count);
    count += loop->admin_count;
    loop->metrics_count = stream_items(broker->metrics, items + count);
    count += loop->metrics_count;
    if (zmq_poll(items, (int)count, wait_ms(loop)) < 0 && errno != EINTR)
        return SEIN_EIO;
    clock_read(&broker->clock);
    log_tick(broker->log, &broker->clock);
    return SEIN_OK;
}

static void
handle_streams(struct loop *loop)
{
    struct broker *broker = loop->broker;
    const zmq_pollitem_t *items = loop->items + ITEM_FIXED;

    if (broker->admin != NULL)
        stream_handle(broker->admin, items, broker->clock.mono_ms);
    if (broker->metrics != NULL)
        stream_handle(broker->metrics, items + loop->admin_count,
                      broker->clock.mono_ms);
}

static void
handle_signals(struct loop *loop)
{
    struct broker *broker = loop->broker;
    struct signalfd_siginfo info;

    while (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            (void)control_reload(broker, NULL); /* the log is told */
        else if (broker->state == BROKER_DRAINING)
            loop->at_once = true;
        else
            control_drain(broker);
    }
}

static enum sein_err
run_turns(struct loop *loop)
{
    struct broker *broker = loop->broker;
    size_t count = 0;
    size_t next = 0;
    enum sein_err err = front_read(broker->front, &count);

    if (err != SEIN_OK)
        return err;
    if (count > 0) {
        FAILPOINT("frame_read");
        loop->heard_ms = broker->clock.mono_ms;
    }
    if (count == 0 && !turn_is_due(broker))
        return SEIN_OK;
    do {
        err = turn_run(broker, next, count, &next);
    } while (err == SEIN_OK && next < count);
    return err;
}

/* Draining is over when all that was handed out came back, nothing came in for
 * a moment, or the time is up. */
static bool
is_drained(struct loop *loop)
{
    struct broker *broker = loop->broker;
    int64_t now = broker->clock.mono_ms;

    if (broker->state != BROKER_DRAINING)
        return false;
    if (loop->drain_until_ms == 0) {
        loop->drain_until_ms = now + LOOP_DRAIN_MS;
        loop->heard_ms = now;
    }
    if (now >= loop->drain_until_ms)
        return true;
    return kernel_counters(broker->kernel)->outstanding == 0 &&
           now - loop->heard_ms >= LOOP_QUIET_MS;
}

static enum sein_err
one_round(struct loop *loop)
{
    struct broker *broker = loop->broker;
    bool idle = false;
    enum sein_err err = wait_for_something(loop);

    if (err != SEIN_OK)
        return err;
    handle_signals(loop);
    if (loop->at_once)
        return SEIN_ECANCELED;
    err = zap_handle(broker->zap);
    if (err != SEIN_OK)
        return err;
    idle = (loop->items[ITEM_FRONT].revents & ZMQ_POLLIN) == 0;
    err = run_turns(loop);
    if (err != SEIN_OK)
        return err;
    handle_streams(loop);
    return upkeep_run(broker, idle);
}

/* What every stop that is not a failure does last. */
static enum sein_err
finish(struct broker *broker)
{
    enum sein_err err = SEIN_OK;

    kernel_bye(broker->kernel, front_send, broker->front);
    if (broker->dirty)
        err = broker->store->ops->maintain(broker->store);
    if (err == SEIN_EFULL)
        err = SEIN_OK; /* the next start goes on with it */
    return err;
}

enum sein_err
loop_run(struct broker *broker, int signal_fd)
{
    struct loop loop = { .broker = broker, .signal_fd = signal_fd };
    enum sein_err err = SEIN_OK;

    broker->state = BROKER_SERVING;
    while (err == SEIN_OK && !is_drained(&loop))
        err = one_round(&loop);
    if (err == SEIN_OK)
        err = finish(broker);
    if (err == SEIN_OK || err == SEIN_ECANCELED)
        log_write(broker->log, LOG_STOPPED, NULL, 0);
    else
        log_write(broker->log, LOG_STORE_FAILED,
                  LOG_FIELDS(log_err(LOG_KEY_ERROR, err)));
    broker->state = BROKER_STOPPED;
    return err;
}
