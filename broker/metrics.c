#include "broker/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct row {
    const char *name;
    const char *type;
    const char *help;
    uint64_t value;
};

static void
write_rows(struct text *out, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add(out, "# HELP seinhuis_%s %s\n# TYPE seinhuis_%s %s\n",
                 rows[i].name, rows[i].help, rows[i].name, rows[i].type);
        text_add(out, "seinhuis_%s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
}

#define WRITE_ROWS(out, rows) \
    write_rows(out, rows, sizeof(rows) / sizeof((rows)[0]))

static uint64_t
seconds(int64_t at_ms)
{
    return at_ms < 0 ? 0 : (uint64_t)(at_ms / SEIN_MS_PER_S);
}

static void
write_items(const struct kernel_counters *kernel, struct text *out)
{
    /* clang-format off */
    const struct row rows[] = {
        { "frames_in_total", "counter", "Frames taken from members.", kernel->frames_in },
        { "frames_out_total", "counter", "Frames sent to members.", kernel->frames_out },
        { "frames_bad_total", "counter", "Frames that could not be decoded.", kernel->frames_bad },
        { "items_accepted_total", "counter", "Letters and other items accepted.", kernel->items_put },
        { "items_duplicate_total", "counter", "Items accepted before.", kernel->items_duplicate },
        { "items_refused_total", "counter", "Items refused.", kernel->items_refused },
        { "items_delivered_total", "counter", "Items handed out.", kernel->items_delivered },
        { "items_redelivered_total", "counter", "Items handed out again.", kernel->items_redelivered },
        { "items_acknowledged_total", "counter", "Items acknowledged and erased.", kernel->items_acked },
        { "items_withdrawn_total", "counter", "Items withdrawn and erased.", kernel->items_withdrawn },
        { "items_expired_total", "counter", "Items expired and erased.", kernel->items_expired },
        { "events_total", "counter", "Events made by the broker.", kernel->events_made },
        { "presences_put_total", "counter", "Presences put.", kernel->presences_put },
        { "presences_renewed_total", "counter", "Presences that replaced their desk's former one.", kernel->presences_renewed },
        { "presences_withdrawn_total", "counter", "Presences withdrawn and erased.", kernel->presences_withdrawn },
        { "presences_expired_total", "counter", "Presences expired and erased.", kernel->presences_expired },
        { "presences_fallen_total", "counter", "Presences erased because key, role or circle ended.", kernel->presences_fallen },
        { "matches_made_total", "counter", "Pairs of desks found under one tag.", kernel->matches_made },
        { "matches_accepted_total", "counter", "Accepts of members.", kernel->matches_accepted },
        { "matches_revealed_total", "counter", "Pairs told of each other.", kernel->matches_revealed },
        { "matches_ended_total", "counter", "Revealed pairs that ended.", kernel->matches_ended },
        { "evaluations_relayed_total", "counter", "Answers of keyholders passed on.", kernel->evals_relayed },
        { "evaluations_late_total", "counter", "Requests to keyholders that got no answer in time.", kernel->evals_late },
        { "evaluations_away_total", "counter", "Requests whose keyholder went away.", kernel->evals_away },
        { "evaluations_stray_total", "counter", "Answers of keyholders to nothing.", kernel->evals_stray },
        { "evaluations_waiting", "gauge", "Requests that wait for a keyholder.", kernel->evals_waiting },
        { "keyholders", "gauge", "Desks for which a connection evaluates.", kernel->keyholders },
        { "commits_total", "counter", "Commits, each with one signed head.", kernel->commits },
        { "sessions", "gauge", "Open sessions.", kernel->sessions },
        { "outstanding", "gauge", "Deliveries not yet acknowledged.", kernel->outstanding },
    };
    /* clang-format on */

    WRITE_ROWS(out, rows);
}

static void
write_door(const struct metrics *metrics, struct text *out)
{
    const struct front_counters *front = &metrics->front;
    const struct zap_counters *zap = &metrics->zap;
    /* clang-format off */
    const struct row rows[] = {
        { "connections_accepted_total", "counter", "Handshakes admitted.", zap->accepted },
        { "connections_refused_total", "counter", "Handshakes of keys that are not admitted.", zap->refused },
        { "connections_malformed_total", "counter", "Handshakes that made no sense.", zap->malformed },
        { "dropped_multipart_total", "counter", "Messages of several parts, ignored.", front->multipart },
        { "dropped_anonymous_total", "counter", "Messages without a user id, ignored.", front->anonymous },
        { "dropped_own_routing_total", "counter", "Messages of connections that chose their routing id, ignored.", front->own_routing },
        { "unsent_total", "counter", "Frames whose peer was gone or full.", front->unsent },
    };
    /* clang-format on */

    WRITE_ROWS(out, rows);
}

static void
write_house(const struct metrics *metrics, struct text *out)
{
    /* clang-format off */
    const struct row rows[] = {
        { "waiting_items", "gauge", "Letters and events that wait.", metrics->waiting.letters },
        { "waiting_bytes", "gauge", "Bytes of what waits.", metrics->waiting.bytes },
        { "presences", "gauge", "Presences that are kept.", metrics->presences },
        { "matches", "gauge", "Pairs of desks that are kept.", metrics->matches },
        { "store_full_total", "counter", "Turns refused because the disk was full.", metrics->store_full },
        { "log_lost_total", "counter", "Log lines that could not be written.", metrics->log_lost },
        { "head_seq", "gauge", "Number of the newest head.", metrics->head_seq },
        { "directory_version", "gauge", "Version of the directory in force.", metrics->directory_version },
        { "directory_expires_seconds", "gauge", "When that directory expires, since 1970.", seconds(metrics->directory_expires_at_ms) },
        { "started_seconds", "gauge", "When this program started, since 1970.", seconds(metrics->started_at_ms) },
        { "resident_memory_bytes", "gauge", "Resident memory.", metrics->resident_bytes },
        { "ready", "gauge", "1 when it serves.", metrics->ready ? 1 : 0 },
    };
    /* clang-format on */

    WRITE_ROWS(out, rows);
}

void
metrics_write(const struct metrics *metrics, struct text *out)
{
    write_items(&metrics->kernel, out);
    write_door(metrics, out);
    write_house(metrics, out);
}

uint64_t
metrics_resident(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long size = 0;
    unsigned long long resident = 0;
    long page = sysconf(_SC_PAGESIZE);

    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu %llu", &size, &resident) != 2)
        resident = 0;
    (void)fclose(file); /* only read */
    return page <= 0 ? 0 : (uint64_t)resident * (uint64_t)page;
}
