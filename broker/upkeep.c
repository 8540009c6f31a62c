#include "broker/upkeep.h"

#include <string.h>
#include <sys/statvfs.h>

#include "broker/failpoint.h"

/* Room to spare before new letters are taken again: a quarter more. */
#define ROOM_AGAIN(reserve) ((reserve) + (reserve) / 4)

static uint64_t
erased(const struct broker *broker)
{
    const struct kernel_counters *counters = kernel_counters(broker->kernel);

    return counters->items_acked + counters->items_withdrawn +
           counters->items_expired;
}

void
upkeep_taken(struct broker *broker, uint64_t bytes)
{
    broker->upkeep.bytes += bytes;
}

/* When the files must be cleaned: soon after something was erased when nobody
 * waits, a little later in any case; when much was written; and when little
 * was, some day. */
static int64_t
maintain_due_at(const struct broker *broker, bool idle)
{
    const struct upkeep *upkeep = &broker->upkeep;

    if (!broker->dirty)
        return INT64_MAX;
    if (upkeep->bytes >= UPKEEP_BYTES_MAX)
        return upkeep->maintained_ms;
    if (erased(broker) == upkeep->erased)
        return upkeep->maintained_ms + UPKEEP_QUIET_MS;
    return upkeep->maintained_ms + (idle ? UPKEEP_IDLE_MS : UPKEEP_ERASE_MS);
}

static enum sein_err
maintain(struct broker *broker)
{
    uint64_t now_erased = erased(broker);
    enum sein_err err = SEIN_OK;

    FAILPOINT("checkpoint");
    err = broker->store->ops->maintain(broker->store);
    broker->upkeep.maintained_ms = broker->clock.mono_ms;
    if (err == SEIN_EIO || err == SEIN_ENOMEM)
        return err;
    if (err != SEIN_OK) {
        log_write(broker->log, LOG_MAINTAIN_FAILED,
                  LOG_FIELDS(log_err(LOG_KEY_REASON, err)));
        return SEIN_OK; /* tried again after a while */
    }
    broker->upkeep.erased = now_erased;
    broker->upkeep.bytes = 0;
    broker->dirty = false;
    return SEIN_OK;
}

/* New letters are refused while there is still room, so that what erases (it
 * writes too) never finds none. */
static void
look_at_disk(struct broker *broker)
{
    uint64_t reserve = broker->config.reserve_bytes;
    struct statvfs about;
    uint64_t room = 0;

    if (broker->clock.mono_ms - broker->upkeep.disk_ms < UPKEEP_DISK_MS)
        return;
    broker->upkeep.disk_ms = broker->clock.mono_ms;
    if (statvfs(broker->config.store_dir, &about) != 0)
        return; /* a disk that fails is noticed at the commit */
    room = (uint64_t)about.f_bavail * (uint64_t)about.f_frsize;
    if (!broker->full && room < reserve) {
        broker->full = true;
        log_write(broker->log, LOG_STORE_FULL, NULL, 0);
    } else if (broker->full && room >= ROOM_AGAIN(reserve)) {
        broker->full = false;
        log_write(broker->log, LOG_STORE_ROOM, NULL, 0);
    }
    kernel_set_full(broker->kernel, broker->full);
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

enum sein_err
upkeep_run(struct broker *broker, bool idle)
{
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

    if (broker->full && broker->upkeep.disk_ms + UPKEEP_DISK_MS < at)
        at = broker->upkeep.disk_ms + UPKEEP_DISK_MS;
    if (alive > 0 && broker->notify.said_ms + alive < at)
        at = broker->notify.said_ms + alive;
    if (at == INT64_MAX)
        return at;
    return at > broker->clock.mono_ms ? at - broker->clock.mono_ms : 0;
}
