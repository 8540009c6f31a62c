#include "broker/broker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zmq.h>

#include "broker/control.h"
#include "broker/sandbox.h"
#include "broker/selftest.h"
#include "proto/trust/may.h"

#define DIRECTORY_WARN_MS (14 * SEIN_MS_PER_DAY)
#define ZMQ_SOCKETS_MAX 64 /* ours; connections are not counted */

static void __attribute__((format(printf, 2, 3)))
explain(struct broker_fault *fault, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
}

struct kernel_quota
broker_quota(const struct config *config)
{
    return (struct kernel_quota){
        .letters_max = config->letters_max,
        .bytes_max = config->bytes_max,
        .presences_max = config->presences_max,
        .items_per_s = config->items_per_s,
        .items_burst = config->items_burst,
        .sessions_max = config->sessions_max,
    };
}

const struct sein_directory *
broker_directory(const struct broker *broker)
{
    return broker->kernel != NULL ? kernel_directory(broker->kernel)
                                  : broker->first_directory;
}

bool
broker_listed(const struct broker *broker)
{
    const struct sein_broker *entry = sein_directory_broker_by_curve(
        broker_directory(broker), broker->keys->curve_public);

    return entry != NULL &&
           memcmp(entry->entry.receipt, broker->keys->receipt_public,
                  sizeof entry->entry.receipt) == 0;
}

bool
broker_ready(const struct broker *broker)
{
    return broker->state == BROKER_SERVING && !broker->full &&
           broker_listed(broker) &&
           !sein_directory_expired(broker_directory(broker),
                                   broker->clock.now_ms);
}

void
broker_told(void *context, const char *file, uint64_t version,
            enum sein_err err)
{
    struct broker *broker = context;

    if (err != SEIN_OK)
        log_write(broker->log, LOG_DIRECTORY_REFUSED,
                  LOG_FIELDS(log_own(LOG_KEY_FILE, file),
                             log_int(LOG_KEY_VERSION, (int64_t)version),
                             log_err(LOG_KEY_REASON, err)));
}

void
broker_tell_directory(struct broker *broker)
{
    const struct sein_directory *dir = broker_directory(broker);
    int64_t version = (int64_t)sein_directory_version(dir);
    int64_t left_ms = sein_directory_expires_at(dir) - broker->clock.now_ms;
    int64_t days = left_ms / SEIN_MS_PER_DAY;

    log_write(broker->log, LOG_DIRECTORY_IN_FORCE,
              LOG_FIELDS(log_int(LOG_KEY_VERSION, version),
                         log_int(LOG_KEY_DAYS, days)));
    if (left_ms < DIRECTORY_WARN_MS)
        log_write(broker->log, LOG_DIRECTORY_ENDING,
                  LOG_FIELDS(log_int(LOG_KEY_VERSION, version),
                             log_int(LOG_KEY_DAYS, days)));
    if (!broker_listed(broker))
        log_write(broker->log, LOG_BROKER_UNLISTED,
                  LOG_FIELDS(log_int(LOG_KEY_VERSION, version)));
}

/* ---- the parts that are called back ----------------------------------------
 */

static enum sein_err
look_up_member(void *context, const uint8_t curve[static SEIN_KEY_BYTES],
               struct sein_key_id *out_key_id)
{
    struct broker *broker = context;
    const struct sein_directory *dir = broker_directory(broker);
    const struct sein_key *key = sein_directory_key_by_curve(dir, curve);
    const struct sein_slice no_desk = { 0 };
    enum sein_err err = SEIN_EKEY;

    if (key != NULL)
        err = sein_may(dir, &key->entry.key_id, SEIN_MAY_CONNECT, no_desk,
                       broker->clock.now_ms, NULL, NULL);
    if (err == SEIN_OK)
        *out_key_id = key->entry.key_id;
    else if (broker->state != BROKER_STARTING)
        log_write(broker->log, LOG_CONNECTION_REFUSED,
                  LOG_FIELDS(log_err(LOG_KEY_REASON, err),
                             log_id(LOG_KEY_KEY, curve + SEIN_ID_BYTES)));
    return err;
}

static void
log_kernel_event(void *context, const struct kernel_event *event)
{
    static const enum log_event names[] = {
        [KERNEL_EVENT_SESSION_OPEN] = LOG_SESSION_OPEN,
        [KERNEL_EVENT_SESSION_CLOSED] = LOG_SESSION_CLOSED,
        [KERNEL_EVENT_TAKEN_OVER] = LOG_TAKEN_OVER,
        [KERNEL_EVENT_REFUSED] = LOG_REFUSED,
        [KERNEL_EVENT_LEASE_OVER] = LOG_LEASE_OVER,
        [KERNEL_EVENT_NOT_COLLECTED] = LOG_NOT_COLLECTED,
        [KERNEL_EVENT_EXPIRED] = LOG_EXPIRED,
        [KERNEL_EVENT_DESK_UNREAD] = LOG_DESK_UNREAD,
        [KERNEL_EVENT_DAMAGED] = LOG_DAMAGED,
        [KERNEL_EVENT_KEYHOLDER_READY] = LOG_KEYHOLDER_READY,
        [KERNEL_EVENT_KEYHOLDER_GONE] = LOG_KEYHOLDER_GONE,
        [KERNEL_EVENT_PRESENCE_ENDED] = LOG_PRESENCE_ENDED,
    };
    static const struct sein_op_id no_op = { { 0 } };
    static const struct sein_key_id no_key = { { 0 } };
    struct broker *broker = context;
    struct log_field fields[4];
    size_t count = 0;

    if (memcmp(&event->key_id, &no_key, sizeof no_key) != 0)
        fields[count++] = log_id(LOG_KEY_KEY, event->key_id.bytes);
    if (event->desk.text[0] != '\0')
        fields[count++] = log_desk(LOG_KEY_DESK, &event->desk);
    if (memcmp(&event->op_id, &no_op, sizeof no_op) != 0)
        fields[count++] = log_id(LOG_KEY_OP, event->op_id.bytes);
    if (event->err != SEIN_OK)
        fields[count++] = log_err(LOG_KEY_REASON, event->err);
    log_write(broker->log, names[event->type], fields, count);
}

/* ---- opening, step by step --------------------------------------------------
 */

static enum sein_err
open_config(struct broker *broker, struct broker_fault *fault)
{
    struct config_fault wrong = { 0 };
    enum sein_err err =
        config_read(broker->config_path, &broker->config, &wrong);

    if (err == SEIN_OK)
        err = config_check_run(&broker->config, &wrong);
    if (err == SEIN_OK)
        return SEIN_OK;
    if (wrong.line > 0)
        explain(fault, "%s, line %u: %s", broker->config_path, wrong.line,
                wrong.text);
    else
        explain(fault, "%s: %s", broker->config_path, wrong.text);
    return err;
}

static enum sein_err
open_process(struct broker *broker, struct broker_fault *fault)
{
    const struct config *config = &broker->config;
    uint64_t got = 0;
    enum sein_err err = sandbox_descriptors(config->descriptors, &got);

    if (err == SEIN_OK)
        err = sandbox_become(config->user);
    if (err == SEIN_ENOENT) {
        explain(fault,
                "there is no user \"%s\" on this machine; see [broker] "
                "user",
                config->user);
        return SEIN_ECONFIG;
    }
    if (err != SEIN_OK) {
        explain(fault, "the process could not be set up: %s", strerror(errno));
        return err;
    }
    err = log_new(config->log_file, (enum log_level)config->log_level,
                  &broker->log);
    if (err != SEIN_OK) {
        explain(fault, "the log %s cannot be written: %s", config->log_file,
                strerror(errno));
        return err;
    }
    log_tick(broker->log, &broker->clock);
    log_write(broker->log, LOG_STARTING,
              LOG_FIELDS(log_own(LOG_KEY_PROGRAM_VERSION, SEIN_VERSION)));
    if (got < config->descriptors)
        log_write(
            broker->log, LOG_DESCRIPTORS_FEW,
            LOG_FIELDS(log_int(LOG_KEY_COUNT_OF, (int64_t)got),
                       log_int(LOG_KEY_WANTED, (int64_t)config->descriptors)));
    return SEIN_OK;
}

static enum sein_err
open_keys(struct broker *broker, struct broker_fault *fault)
{
    const char *why = NULL;
    enum sein_err err = keys_load(broker->config.keys_dir, &broker->keys, &why);

    if (err == SEIN_OK)
        return SEIN_OK;
    explain(fault, "%s: %s", broker->config.keys_dir, why);
    return err == SEIN_ENOENT ? SEIN_ECONFIG : err;
}

static enum sein_err
open_mark(struct broker *broker, struct broker_fault *fault)
{
    enum sein_err err = mark_open(broker->config.mark, &broker->mark);

    if (err == SEIN_OK)
        return SEIN_OK;
    if (err == SEIN_EEXIST)
        explain(fault, "another seinhuisd is using %s; stop it first",
                broker->config.mark);
    else
        explain(fault, "%s cannot be opened: %s", broker->config.mark,
                strerror(errno));
    return err;
}

static enum sein_err
open_store(struct broker *broker, struct broker_fault *fault)
{
    const char *path = broker->config.store_dir;
    enum sein_err err = SEIN_OK;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        explain(fault, "%s cannot be made: %s", path, strerror(errno));
        return SEIN_EIO;
    }
    err = store_sqlite_ops.open(path, &broker->store);
    if (err != SEIN_OK)
        explain(fault, "the store in %s cannot be opened: %s", path,
                sein_err_text(err));
    return err;
}

/* Whether nothing stands under the key that is missing. */
static enum sein_err
has_presences(struct broker *broker, bool *out_any)
{
    const struct store_ops *ops = broker->store->ops;
    struct store_txn *txn = NULL;
    uint64_t count = 0;
    enum sein_err err = ops->begin(broker->store, &txn);

    if (err == SEIN_OK)
        err = ops->presence_count(txn, sein_slice_text(""), &count);
    ops->rollback(&txn); /* only read */
    if (err == SEIN_OK)
        *out_any = count > 0;
    return err;
}

/* A broker from before there were presences gets the key now. */
static enum sein_err
open_idx_key(struct broker *broker, struct broker_fault *fault)
{
    const char *folder = broker->config.keys_dir;
    const char *why = NULL;
    size_t made = 0;
    bool any = true;
    enum sein_err err = keys_load_idx(folder, broker->keys, &why);

    if (err == SEIN_ENOENT) {
        err = has_presences(broker, &any);
        if (err == SEIN_OK)
            err = any ? SEIN_ENOENT : keys_make(folder, &made);
        if (err == SEIN_OK)
            err = keys_load_idx(folder, broker->keys, &why);
    }
    if (err == SEIN_OK)
        return SEIN_OK;
    explain(fault, "%s: %s", folder, why);
    return err == SEIN_ENOENT ? SEIN_ECONFIG : err;
}

/* One log of heads for one history: a store that was put back gets another. */
static enum sein_err
resume_log(struct broker *broker, struct broker_fault *fault)
{
    static const char *const reasons[] = {
        [MARK_CONTINUES] = "continues",
        [MARK_FIRST] = "first",
        [MARK_RESTORED] = "restored",
        [MARK_MISSING] = "mark_missing",
    };
    enum mark_finding finding = MARK_CONTINUES;
    enum sein_err err = mark_resume(broker->mark, broker->store, &finding);

    if (err != SEIN_OK) {
        explain(fault, "the store's log cannot be resumed: %s",
                sein_err_text(err));
        return err;
    }
    if (finding != MARK_CONTINUES)
        log_write(
            broker->log, LOG_IDENTITY_NEW,
            LOG_FIELDS(log_id(LOG_KEY_LOG_ID, mark_log_id(broker->mark)->bytes),
                       log_own(LOG_KEY_REASON, reasons[finding])));
    return SEIN_OK;
}

static enum sein_err
open_directory(struct broker *broker, struct broker_fault *fault)
{
    const struct config *config = &broker->config;
    struct sein_directory **current = &broker->first_directory;
    struct sein_directory *newer = NULL;
    struct sein_hash fingerprint;
    int64_t now_ms = broker->clock.now_ms;
    enum sein_err err = SEIN_OK;

    config_governance(config, &fingerprint);
    err = directories_load(broker->store, &fingerprint, now_ms, current);
    if (err != SEIN_OK && err != SEIN_ENOENT) {
        explain(fault, "the directory in the store is not accepted: %s: %s",
                sein_err_code(err), sein_err_text(err));
        return SEIN_ECONFIG;
    }
    if (mkdir(config->incoming, 0700) != 0 && errno != EEXIST) {
        explain(fault, "%s cannot be made: %s", config->incoming,
                strerror(errno));
        return SEIN_EIO;
    }
    err = directories_take(broker->store, config->incoming, &fingerprint,
                           now_ms, *current, broker_told, broker, &newer);
    if (err != SEIN_OK) {
        explain(fault, "the directories in %s cannot be taken: %s",
                config->incoming, sein_err_text(err));
        return err;
    }
    if (newer != NULL) {
        sein_directory_free(current);
        *current = newer;
    }
    if (*current == NULL) {
        explain(fault,
                "there is no directory that governance %.8s... signed; put the "
                "signed directory into %s as a file that ends in .dir (refused "
                "ones are in the log)",
                config->governance, config->incoming);
        return SEIN_ECONFIG;
    }
    if (!broker_listed(broker)) {
        explain(fault,
                "directory version %" PRIu64 " does not list the keys "
                "in %s; give the line that seinhuisd --init prints to "
                "the governance",
                sein_directory_version(*current), config->keys_dir);
        return SEIN_ECONFIG;
    }
    return SEIN_OK;
}

static enum sein_err
open_kernel(struct broker *broker, struct broker_fault *fault)
{
    const struct kernel_config config = {
        .receipt_secret = broker->keys->receipt_secret,
        .idx_key = broker->keys->idx,
        .quota = broker_quota(&broker->config),
        .event = log_kernel_event,
        .event_context = broker,
    };
    enum sein_err err =
        kernel_new(&config, &broker->first_directory, &broker->kernel);

    if (err != SEIN_OK)
        explain(fault, "the kernel cannot be made: %s", sein_err_text(err));
    return err;
}

/* The handler first: a socket that is bound before it lets nobody in, but one
 * whose handler went missing must be noticed, which the self-test does. */
static enum sein_err
open_transport(struct broker *broker, struct broker_fault *fault)
{
    const char *listen = broker->config.listen;
    enum sein_err err = SEIN_ENOMEM;

    broker->zmq = zmq_ctx_new();
    if (broker->zmq == NULL ||
        zmq_ctx_set(broker->zmq, ZMQ_IO_THREADS,
                    (int)broker->config.io_threads) != 0 ||
        zmq_ctx_set(broker->zmq, ZMQ_MAX_SOCKETS, ZMQ_SOCKETS_MAX) != 0) {
        explain(fault, "the transport cannot be made: %s", strerror(errno));
        return err;
    }
    err = zap_new(broker->zmq, FRONT_ZAP_DOMAIN, look_up_member, broker,
                  &broker->zap);
    if (err == SEIN_OK)
        err = front_new(broker->zmq, listen, broker->keys->curve_secret,
                        &broker->front);
    if (err == SEIN_EEXIST)
        explain(fault,
                "%s is in use; stop the other program or choose "
                "another [broker] listen",
                listen);
    else if (err != SEIN_OK)
        explain(fault, "%s cannot be listened on: %s", listen,
                zmq_strerror(errno));
    return err;
}

static enum sein_err
test_door(struct broker *broker, struct broker_fault *fault)
{
    enum selftest_step step = SELFTEST_UNKNOWN_KEY;
    enum sein_err err =
        selftest_run(broker->zmq, front_endpoint(broker->front),
                     broker->keys->curve_public, broker->zap, &step);

    if (err == SEIN_OK) {
        log_write(broker->log, LOG_SELFTEST_PASSED, NULL, 0);
        return SEIN_OK;
    }
    log_write(broker->log, LOG_SELFTEST_FAILED,
              LOG_FIELDS(log_own(LOG_KEY_STEP, selftest_step_name(step)),
                         log_err(LOG_KEY_ERROR, err)));
    explain(fault,
            "the self-test \"%s\" failed (%s): strangers might get in, "
            "so this broker does not run",
            selftest_step_name(step), sein_err_code(err));
    return err;
}

static enum sein_err
open_control(struct broker *broker, struct broker_fault *fault)
{
    const struct config *config = &broker->config;
    uint16_t port = 0;
    int fd = -1;
    enum sein_err err = SEIN_OK;

    if (config->admin_socket[0] != '\0') {
        err = stream_listen_local(config->admin_socket, &fd);
        if (err == SEIN_OK)
            err = stream_new(fd, control_admin, broker, &broker->admin);
        if (err != SEIN_OK) {
            explain(fault, "the admin socket %s cannot be made: %s",
                    config->admin_socket, strerror(errno));
            return err;
        }
    }
    if (config->metrics_listen[0] != '\0') {
        err = stream_listen_loopback(config->metrics_listen, &fd, &port);
        if (err == SEIN_OK)
            err = stream_new(fd, control_metrics, broker, &broker->metrics);
        if (err != SEIN_OK) {
            explain(fault, "metrics cannot be given on %s: %s",
                    config->metrics_listen, strerror(errno));
            return err;
        }
        broker->metrics_port = port;
    }
    return SEIN_OK;
}

enum sein_err
broker_open(const char *config_path, struct broker *broker,
            struct broker_fault *out_fault)
{
    static enum sein_err (*const steps[])(struct broker *,
                                          struct broker_fault *) = {
        open_config, open_process,   open_keys,  open_mark,
        open_store,  open_idx_key,   resume_log, open_directory,
        open_kernel, open_transport, test_door,  open_control,
    };

    *broker = (struct broker){ .config_path = config_path };
    broker->notify.fd = -1;
    clock_read(&broker->clock);
    broker->started_at_ms = broker->clock.now_ms;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum sein_err err = steps[i](broker, out_fault);

        if (err != SEIN_OK)
            return err;
        clock_read(&broker->clock);
        if (broker->log != NULL)
            log_tick(broker->log, &broker->clock);
    }
    notify_open(&broker->notify);
    broker_tell_directory(broker);
    return SEIN_OK;
}

void
broker_close(struct broker *broker)
{
    if (broker->admin != NULL)
        (void)unlink(broker->config.admin_socket); /* next start removes it */
    stream_free(&broker->admin);
    stream_free(&broker->metrics);
    front_free(&broker->front);
    zap_free(&broker->zap);
    if (broker->zmq != NULL)
        (void)zmq_ctx_term(broker->zmq); /* waits for LINGER at most */
    broker->zmq = NULL;
    kernel_free(&broker->kernel);
    sein_directory_free(&broker->first_directory);
    if (broker->store != NULL)
        broker->store->ops->close(&broker->store);
    mark_free(&broker->mark);
    keys_free(&broker->keys);
    notify_close(&broker->notify);
    log_free(&broker->log);
}
