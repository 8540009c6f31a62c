#include "broker/upkeep.h"

#include <string.h>
#include <sys/statvfs.h>

#include "broker/failpoint.h"

/* The log may take this part of what is free: moving it needs as much again. */
#define UPKEEP_ROOM_PART 4U
/* On a full disk every move makes room. */
#define UPKEEP_FULL_BYTES (UINT64_C(256) * 1024)

static uint64_t
erased(const struct broker *broker)
{
    const struct kernel_counters *counters = kernel_counters(broker->kernel);

    return counters->items_acked + counters->items_withdrawn +
           counters->items_expired + counters->presences_renewed +
           counters->presences_withdrawn + counters->presences_expired +
           counters->presences_fallen + counters->deposits_forgotten;
}

/* When the files must be cleaned: at once when the log grows past what it or
 * the disk should carry; soon after something was erased when nobody waits, a
 * little later in any case; when little was written, some day.  On a full disk
 * cleaning is also what finds out that there is room again. */
static int64_t
maintain_due_at(const struct broker *broker, bool idle)
{
    const struct upkeep *upkeep = &broker->upkeep;
    uint64_t bytes = broker->store->ops->unmaintained(broker->store);

    if (broker->full)
        return upkeep->maintained_ms +
               (bytes >= UPKEEP_FULL_BYTES ? 0 : UPKEEP_DISK_MS);
    if (!broker->dirty)
        return INT64_MAX;
    if (bytes >= UPKEEP_BYTES_MAX || bytes > upkeep->room / UPKEEP_ROOM_PART)
        return upkeep->maintained_ms;
    if (erased(broker) == upkeep->erased)
        return upkeep->maintained_ms + UPKEEP_QUIET_MS;
    return upkeep->maintained_ms + (idle ? UPKEEP_IDLE_MS : UPKEEP_ERASE_MS);
}

static void
set_full(struct broker *broker, bool full)
{
    if (full != broker->full)
        log_write(broker->log, full ? LOG_STORE_FULL : LOG_STORE_ROOM, NULL, 0);
    broker->full = full;
    kernel_set_full(broker->kernel, full);
}

static void
look_at_disk(struct broker *broker)
{
    struct statvfs about;

    broker->upkeep.disk_ms = broker->clock.mono_ms;
    broker->upkeep.room = UINT64_MAX;
    /* A disk that does not tell is noticed at the commit. */
    if (statvfs(broker->config.store_dir, &about) == 0)
        broker->upkeep.room =
            (uint64_t)about.f_bavail * (uint64_t)about.f_frsize;
    set_full(broker, broker->store->ops->full(broker->store));
}

static enum sein_err
maintain(struct broker *broker)
{
    uint64_t now_erased = erased(broker);
    enum sein_err err = SEIN_OK;

    FAILPOINT("checkpoint");
    err = broker->store->ops->maintain(broker->store);
    broker->upkeep.maintained_ms = broker->clock.mono_ms;
    look_at_disk(broker);
    if (err == SEIN_EIO || err == SEIN_ENOMEM)
        return err;
    if (err != SEIN_OK) {
        log_write(broker->log, LOG_MAINTAIN_FAILED,
                  LOG_FIELDS(log_err(LOG_KEY_REASON, err)));
        return SEIN_OK; /* tried again after a while */
    }
    broker->upkeep.erased = now_erased;
    broker->dirty = false;
    return SEIN_OK;
}

static void
tell_dropped(struct broker *broker)
{
    const struct front_counters *now = front_counters(broker->front);
    const struct front_counters *told = &broker->upkeep.dropped;
    uint64_t count = (now->multipart - told->multipart) +
                     (now->anonymous - told->anonymous) +
                     (now->own_routing - told->own_routing);

    if (count == 0)
        return;
    log_write(broker->log, LOG_DROPPED_FRAMES,
              LOG_FIELDS(log_int(LOG_KEY_COUNT_OF, (int64_t)count)));
    broker->upkeep.dropped = *now;
}

void
upkeep_found_full(struct broker *broker)
{
    broker->store_full++;
    set_full(broker, true);
}

enum sein_err
upkeep_run(struct broker *broker, bool idle)
{
    const struct upkeep *upkeep = &broker->upkeep;

    if (broker->clock.mono_ms - upkeep->disk_ms >= UPKEEP_DISK_MS ||
        (!broker->full && broker->store->ops->full(broker->store)))
        look_at_disk(broker);
    tell_dropped(broker);
    notify_alive(&broker->notify, broker->clock.mono_ms);
    if (broker->clock.mono_ms < maintain_due_at(broker, idle))
        return SEIN_OK;
    return maintain(broker);
}

int64_t
upkeep_wait_ms(const struct broker *broker)
{
    int64_t at = maintain_due_at(broker, true);
    int64_t alive = broker->notify.watchdog_ms;

    if (alive > 0 && broker->notify.said_ms + alive < at)
        at = broker->notify.said_ms + alive;
    if (at == INT64_MAX)
        return at;
    return at > broker->clock.mono_ms ? at - broker->clock.mono_ms : 0;
}
