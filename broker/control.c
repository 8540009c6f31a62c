#include "broker/control.h"

#include <inttypes.h>
#include <string.h>

#include "broker/admin.h"
#include "broker/broker.h"
#include "broker/failpoint.h"
#include "broker/http.h"
#include "broker/metrics.h"

#define DAYS_WARN 14

/* What only the store knows. */
struct store_view {
    struct store_usage waiting;
    uint64_t presences;
    uint64_t matches;
    uint64_t head_seq;
};

static enum sein_err
note_seq(void *context, const struct store_head *head)
{
    uint64_t *seq = context;

    *seq = head->seq;
    return SEIN_OK;
}

static enum sein_err
look_into_store(struct broker *broker, struct store_view *out_view)
{
    const struct store_ops *ops = broker->store->ops;
    struct store_view view = { 0 };
    struct store_txn *txn = NULL;
    enum sein_err err = ops->begin(broker->store, &txn);

    if (err == SEIN_OK)
        err = ops->count(txn, &view.waiting);
    if (err == SEIN_OK)
        err = ops->presence_count(txn, sein_slice_text(""), &view.presences);
    if (err == SEIN_OK)
        err = ops->match_count(txn, &view.matches);
    if (err == SEIN_OK)
        err = ops->head_last(txn, note_seq, &view.head_seq);
    if (err == SEIN_ENOENT)
        err = SEIN_OK;   /* no head yet */
    ops->rollback(&txn); /* only read */
    if (err == SEIN_OK)
        *out_view = view;
    return err;
}

/* ---- reload -----------------------------------------------------------------
 */

/* One answer being built while files are judged. */
struct reload {
    struct broker *broker;
    struct text *out; /* NULL: nobody asked */
    bool ok;
    bool first;
};

static void
add_result(struct reload *reload, const char *name, uint64_t version,
           enum sein_err err)
{
    if (reload->out == NULL)
        return;
    text_add(reload->out, "%s{\"file\":", reload->first ? "" : ",");
    text_add_json(reload->out, name);
    text_add(reload->out, ",\"version\":%" PRIu64 ",\"code\":", version);
    text_add_json(reload->out, sein_err_code(err));
    text_add(reload->out, ",\"reason\":");
    text_add_json(reload->out, sein_err_text(err));
    text_add(reload->out, "}");
    reload->first = false;
}

static void
told(void *context, const char *file, uint64_t version, enum sein_err err)
{
    struct reload *reload = context;

    broker_told(reload->broker, file, version, err);
    add_result(reload, file, version, err);
    reload->ok = reload->ok && err == SEIN_OK;
}

static enum sein_err
reload_directories(struct reload *reload)
{
    struct broker *broker = reload->broker;
    struct sein_directory *newer = NULL;
    struct sein_hash fingerprint;
    enum sein_err err = SEIN_OK;

    config_governance(&broker->config, &fingerprint);
    err = directories_take(broker->store, broker->config.incoming, &fingerprint,
                           broker->clock.now_ms, broker_directory(broker), told,
                           reload, &newer);
    if (err != SEIN_OK || newer == NULL)
        return err;
    FAILPOINT("directory_swap");
    kernel_swap_directory(broker->kernel, &newer, broker->clock.now_ms);
    broker_tell_directory(broker);
    return SEIN_OK;
}

static void
tell_restart(struct broker *broker, const struct config *config)
{
    char name[64];
    const char *key = NULL;
    size_t at = 0;

    while ((key = config_needs_restart(&broker->config, config, &at, name,
                                       sizeof name)) != NULL)
        log_write(broker->log, LOG_NEEDS_RESTART,
                  LOG_FIELDS(log_own(LOG_KEY_SETTING, key)));
}

static enum sein_err
reload_config(struct broker *broker, struct config_fault *fault)
{
    struct config config;
    struct kernel_quota quota;
    enum sein_err err = config_read(broker->config_path, &config, fault);

    if (err == SEIN_OK)
        err = config_check_run(&config, fault);
    if (err == SEIN_OK) {
        err = log_reopen(broker->log, config.log_file,
                         (enum log_level)config.log_level);
        if (err != SEIN_OK)
            (void)snprintf(fault->text, sizeof fault->text,
                           "the log cannot be opened");
    }
    if (err != SEIN_OK) {
        log_write(broker->log, LOG_RELOAD_REFUSED,
                  LOG_FIELDS(log_own(LOG_KEY_FILE, broker->config_path),
                             log_int(LOG_KEY_LINE, fault->line),
                             log_own(LOG_KEY_REASON, fault->text)));
        return err;
    }
    tell_restart(broker, &config);
    quota = broker_quota(&config);
    kernel_set_quota(broker->kernel, &quota);
    memcpy(broker->config.incoming, config.incoming, sizeof config.incoming);
    memcpy(broker->config.log_file, config.log_file, sizeof config.log_file);
    broker->config.log_level = config.log_level;
    broker->config.letters_max = config.letters_max;
    broker->config.bytes_max = config.bytes_max;
    broker->config.presences_max = config.presences_max;
    broker->config.items_per_s = config.items_per_s;
    broker->config.items_burst = config.items_burst;
    broker->config.sessions_max = config.sessions_max;
    return SEIN_OK;
}

bool
control_reload(struct broker *broker, struct text *out)
{
    struct config_fault fault = { 0 };
    char results[STREAM_ANSWER_MAX / 2];
    struct text list = { 0 };
    struct reload reload = { .broker = broker,
                             .out = out == NULL ? NULL : &list,
                             .ok = true,
                             .first = true };
    enum sein_err config_err = reload_config(broker, &fault);
    enum sein_err err = SEIN_OK;

    text_init(&list, results, sizeof results);
    err = reload_directories(&reload);
    if (err != SEIN_OK)
        log_write(broker->log, LOG_RELOAD_REFUSED,
                  LOG_FIELDS(log_own(LOG_KEY_FOLDER, broker->config.incoming),
                             log_err(LOG_KEY_REASON, err)));
    reload.ok = reload.ok && config_err == SEIN_OK && err == SEIN_OK;
    if (reload.ok)
        log_write(broker->log, LOG_RELOADED, NULL, 0);
    if (out == NULL)
        return reload.ok;
    text_add(out, "{\"ok\":%s,\"config\":", reload.ok ? "true" : "false");
    text_add_json(out, sein_err_code(config_err));
    text_add(out, ",\"config_line\":%u,\"config_reason\":", fault.line);
    text_add_json(out, config_err == SEIN_OK ? "" : fault.text);
    text_add(out, ",\"incoming\":");
    text_add_json(out, sein_err_code(err));
    text_add(out, ",\"directory_version\":%" PRIu64 ",\"files\":[%s]}\n",
             sein_directory_version(broker_directory(broker)), results);
    return reload.ok;
}

/* ---- admin ------------------------------------------------------------------
 */

static void
answer_error(struct text *out, enum sein_err err, const char *text)
{
    text_add(out, "{\"ok\":false,\"code\":");
    text_add_json(out, sein_err_code(err));
    text_add(out, ",\"reason\":");
    text_add_json(out, text);
    text_add(out, "}\n");
}

static void
add_directory(const struct broker *broker, struct text *out)
{
    const struct sein_directory *dir = broker_directory(broker);
    int64_t left_ms = sein_directory_expires_at(dir) - broker->clock.now_ms;
    int64_t days = left_ms / SEIN_MS_PER_DAY;

    text_add(out, ",\"directory\":{\"version\":%" PRIu64 ",\"expires\":\"",
             sein_directory_version(dir));
    text_add_time(out, sein_directory_expires_at(dir));
    text_add(out, "\",\"days_left\":%" PRId64 ",\"expired\":%s,\"warn\":%s",
             days, left_ms <= 0 ? "true" : "false",
             days < DAYS_WARN ? "true" : "false");
    text_add(out, ",\"lists_this_broker\":%s}",
             broker_listed(broker) ? "true" : "false");
}

static void
answer_status(struct broker *broker, struct text *out)
{
    static const char *const states[] = {
        [BROKER_STARTING] = "starting",
        [BROKER_SERVING] = "serving",
        [BROKER_DRAINING] = "draining",
        [BROKER_STOPPED] = "stopped",
    };
    const struct kernel_counters *counters = kernel_counters(broker->kernel);
    char log_id[2 * SEIN_ID_BYTES + 1];
    struct store_view view = { 0 };
    enum sein_err err = look_into_store(broker, &view);

    if (err != SEIN_OK) {
        answer_error(out, err, sein_err_text(err));
        return;
    }
    sein_hex(sein_slice_of(mark_log_id(broker->mark)->bytes, SEIN_ID_BYTES),
             log_id, sizeof log_id);
    text_add(out, "{\"ok\":true,\"program\":\"seinhuisd\",\"version\":");
    text_add_json(out, SEIN_VERSION);
    text_add(out, ",\"name\":");
    text_add_json(out, broker->config.name);
    text_add(out, ",\"endpoint\":");
    text_add_json(out, front_endpoint(broker->front));
    text_add(out, ",\"state\":\"%s\",\"ready\":%s,\"store_full\":%s",
             states[broker->state], broker_ready(broker) ? "true" : "false",
             broker->full ? "true" : "false");
    text_add(out, ",\"started\":\"");
    text_add_time(out, broker->started_at_ms);
    text_add(out, "\",\"now\":\"");
    text_add_time(out, broker->clock.now_ms);
    text_add(out, "\"");
    add_directory(broker, out);
    text_add(out, ",\"sessions\":%" PRIu64 ",\"outstanding\":%" PRIu64,
             counters->sessions, counters->outstanding);
    text_add(out, ",\"waiting\":%" PRIu64 ",\"waiting_bytes\":%" PRIu64,
             view.waiting.letters, view.waiting.bytes);
    text_add(out, ",\"presences\":%" PRIu64 ",\"matches\":%" PRIu64,
             view.presences, view.matches);
    text_add(out, ",\"commits\":%" PRIu64 ",\"log_id\":\"%s\"",
             counters->commits, log_id);
    text_add(out, ",\"head_seq\":%" PRIu64 ",\"metrics_port\":%u}\n",
             view.head_seq, (unsigned)broker->metrics_port);
}

static void
answer_backup(struct broker *broker, const char *path, struct text *out)
{
    enum sein_err err = broker->store->ops->backup(broker->store, path);

    FAILPOINT("backup");
    /* Even after a failure: a copy may lie there. */
    mark_after_backup(broker->mark);
    if (err != SEIN_OK) {
        log_write(broker->log, LOG_BACKUP_FAILED,
                  LOG_FIELDS(log_own(LOG_KEY_FOLDER, path),
                             log_err(LOG_KEY_REASON, err)));
        answer_error(out, err, sein_err_text(err));
        return;
    }
    log_write(broker->log, LOG_BACKUP_DONE,
              LOG_FIELDS(log_own(LOG_KEY_FOLDER, path)));
    text_add(out, "{\"ok\":true,\"backup\":");
    text_add_json(out, path);
    text_add(out, "}\n");
}

void
control_drain(struct broker *broker)
{
    if (broker->state != BROKER_SERVING)
        return;
    broker->state = BROKER_DRAINING;
    kernel_drain(broker->kernel);
    log_write(broker->log, LOG_DRAINING, NULL, 0);
    notify_say(&broker->notify, "STOPPING=1");
}

enum stream_next
control_admin(void *context, struct sein_slice request, struct text *answer)
{
    struct broker *broker = context;
    struct admin_command command;
    enum sein_err err = admin_read(request, &command);

    if (err == SEIN_EWIRE)
        return STREAM_MORE;
    if (err != SEIN_OK) {
        answer_error(answer, err,
                     "say status, reload, drain or backup DIR, where DIR is an "
                     "empty folder and begins with /");
        return STREAM_ANSWER;
    }
    switch (command.verb) {
    case ADMIN_STATUS:
        answer_status(broker, answer);
        break;
    case ADMIN_RELOAD:
        (void)control_reload(broker, answer); /* the answer says it */
        break;
    case ADMIN_DRAIN:
        control_drain(broker);
        text_add(answer, "{\"ok\":true,\"state\":\"draining\"}\n");
        break;
    case ADMIN_BACKUP:
        answer_backup(broker, command.path, answer);
        break;
    }
    return STREAM_ANSWER;
}

/* ---- metrics ----------------------------------------------------------------
 */

static void
answer_metrics(struct broker *broker, struct text *answer)
{
    const struct sein_directory *dir = broker_directory(broker);
    struct store_view view = { 0 };
    char buffer[METRICS_TEXT_MAX];
    struct text body;
    struct metrics metrics = {
        .kernel = *kernel_counters(broker->kernel),
        .front = *front_counters(broker->front),
        .zap = *zap_counters(broker->zap),
        .store_full = broker->store_full,
        .log_lost = log_lost(broker->log),
        .directory_version = sein_directory_version(dir),
        .directory_expires_at_ms = sein_directory_expires_at(dir),
        .started_at_ms = broker->started_at_ms,
        .resident_bytes = metrics_resident(),
        .ready = broker_ready(broker),
    };

    if (look_into_store(broker, &view) != SEIN_OK) {
        http_answer(answer, 503, "text/plain; charset=utf-8",
                    "the store does not answer\n");
        return;
    }
    metrics.waiting = view.waiting;
    metrics.presences = view.presences;
    metrics.matches = view.matches;
    metrics.head_seq = view.head_seq;
    text_init(&body, buffer, sizeof buffer);
    metrics_write(&metrics, &body);
    http_answer(answer, 200, "text/plain; version=0.0.4; charset=utf-8",
                buffer);
}

enum stream_next
control_metrics(void *context, struct sein_slice request, struct text *answer)
{
    static const char plain[] = "text/plain; charset=utf-8";
    struct broker *broker = context;
    struct sein_slice path;
    unsigned status = 0;

    if (http_read(request, &status, &path) == HTTP_INCOMPLETE)
        return STREAM_MORE;
    if (status != 200)
        http_answer(answer, status, plain, "refused\n");
    else if (sein_slice_is(path, "/metrics"))
        answer_metrics(broker, answer);
    else if (sein_slice_is(path, "/livez"))
        http_answer(answer, 200, plain, "alive\n");
    else if (sein_slice_is(path, "/readyz") && broker_ready(broker))
        http_answer(answer, 200, plain, "ready\n");
    else if (sein_slice_is(path, "/readyz"))
        http_answer(answer, 503, plain, "not ready\n");
    else
        http_answer(answer, 404, plain, "not found\n");
    return STREAM_ANSWER;
}
